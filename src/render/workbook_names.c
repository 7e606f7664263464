/*
 * workbook_names.c - names that must differ: those of sheets, and of a table's columns
 *
 * Excel takes names that differ only in case for the same, and repairs a file that
 * has two such.  Case is folded character by character, as far as the C library knows it.
 */
#include "render/workbook.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "kernel/utf8.h"

#define FIRST_SLOTS		   64
#define COLUMN_NAME_UNITS  255 /* UTF-16 units of a table's column name: Excel's limit */
#define COLUMN_NAME_SUFFIX 6   /* of which the number that makes it unique takes some */

static char *fold(const char *name);
static size_t find_slot(const NameSet *set, const char *folded);
static void grow(NameSet *set);
static char *column_name(NameSet *names, size_t col);
static char *clean_header(const Text *header);

bool
name_set_add(NameSet *set, const char *name)
{
	char *folded = fold(name);
	size_t slot;

	if (2 * set->n_names >= set->n_slots)
		grow(set);
	slot = find_slot(set, folded);
	if (set->slots[slot])
	{
		free(folded);
		return false;
	}
	set->slots[slot] = folded;
	set->n_names++;
	return true;
}

void
name_set_clear(NameSet *set)
{
	for (size_t i = 0; i < set->n_slots; i++)
		free(set->slots[i]);
	free(set->slots);
	*set = (NameSet){.slots = NULL};
}

char *
new_sheet_name(uint32_t part)
{
	const Text *given = &book.sheet->name;
	char *name = must_alloc(NULL, AN_SHEET_NAME_BYTES);

	do
		an_sheet_name(given->bytes ? given->bytes : "", given->length, part++, name);
	while (!name_set_add(&book.sheet_names, name));
	return name;
}

void
make_headers(void)
{
	NameSet names = {.slots = NULL};

	book.headers = must_alloc(NULL, book.sheet->n_columns * sizeof(char *));
	for (size_t i = 0; i < book.sheet->n_columns; i++)
	{
		if (book.has_table)
			book.headers[i] = column_name(&names, i);
		else
			book.headers[i] = book.sheet->columns[i].header.bytes;
	}
	name_set_clear(&names);
}

void
free_headers(void)
{
	for (size_t i = 0; book.has_table && i < book.sheet->n_columns; i++)
		free(book.headers[i]);
	free(book.headers);
	book.headers = NULL;
}

void
quote_sheet_name(const char *name, char *out)
{
	*out++ = '\'';
	for (; *name; name++)
	{
		if (*name == '\'')
			*out++ = '\'';
		*out++ = *name;
	}
	*out++ = '\'';
	*out = '\0';
}

/* Returns a copy in lower case. */
static char *
fold(const char *name)
{
	static locale_t locale;
	size_t length = strlen(name);
	char *folded = must_alloc(NULL, 4 * length + 1);
	char *to = folded;

	if (locale == 0)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", 0);
	while (length > 0)
	{
		size_t taken;
		uint32_t code = an_utf8_next((const unsigned char *) name, length, &taken);

		if (locale != 0)
			code = (uint32_t) towlower_l((wint_t) towupper_l((wint_t) code, locale), locale);
		else if (code >= 'A' && code <= 'Z')
			code += 'a' - 'A';
		to = an_utf8_put(to, code);
		name += taken;
		length -= taken;
	}
	*to = '\0';
	return folded;
}

/* Finds a name's slot, or the free one where it would be (FNV-1a, linear probing). */
static size_t
find_slot(const NameSet *set, const char *folded)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	size_t slot;

	for (const char *c = folded; *c; c++)
		hash = (hash ^ (unsigned char) *c) * UINT64_C(1099511628211);
	slot = (size_t) (hash ^ hash >> 32) & (set->n_slots - 1);
	while (set->slots[slot] && strcmp(set->slots[slot], folded) != 0)
		slot = (slot + 1) & (set->n_slots - 1);
	return slot;
}

static void
grow(NameSet *set)
{
	NameSet old = *set;

	set->n_slots = old.n_slots > 0 ? 2 * old.n_slots : FIRST_SLOTS;
	set->slots = must_alloc(NULL, set->n_slots * sizeof(char *));
	memset(set->slots, 0, set->n_slots * sizeof(char *));
	for (size_t i = 0; i < old.n_slots; i++)
	{
		if (old.slots[i])
			set->slots[find_slot(set, old.slots[i])] = old.slots[i];
	}
	free(old.slots);
}

/* Returns a name that no column of the table has: the header, or with a number behind it. */
static char *
column_name(NameSet *names, size_t col)
{
	char *name = clean_header(&book.sheet->columns[col].header);
	size_t length;

	if (name[0] == '\0')
	{
		name = must_alloc(name, 32);
		snprintf(name, 32, "Column%zu", col + 1);
	}
	length = strlen(name);
	name = must_alloc(name, length + 32);
	for (unsigned i = 2; !name_set_add(names, name); i++)
		snprintf(name + length, 32, "%u", i);
	return name;
}

/* Returns a copy in one line, not longer than a table's column may be called. */
static char *
clean_header(const Text *header)
{
	char *copy = must_alloc(NULL, header->length + 1);
	size_t at = 0, n_units = 0;

	memcpy(copy, header->bytes, header->length + 1);
	while (at < header->length)
	{
		size_t taken;
		uint32_t code =
			an_utf8_next((const unsigned char *) copy + at, header->length - at, &taken);

		n_units += code > 0xFFFF ? 2 : 1;
		if (n_units > COLUMN_NAME_UNITS - COLUMN_NAME_SUFFIX)
			break;
		if (code < ' ')
			copy[at] = ' ';
		at += taken;
	}
	copy[at] = '\0';
	return copy;
}

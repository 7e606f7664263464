/*
 * verify.c - the finished workbook, read once from the first to the last byte
 *
 * The library does not look whether its temporary files could be written.  Of a
 * sheet written in constant memory we know how many bytes went to its temporary
 * file; elsewhere cells and texts are counted, and tags must match in number.
 */
#include "render/workbook.h"

#include <errno.h>
#include <minizip/unzip.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_SIZE	(256 * 1024)
#define SHEET_PART	"xl/worksheets/sheet"
#define STRING_PART "xl/sharedStrings.xml"
#define NAME_SIZE	256

/* What was read of a part. */
typedef struct Reading
{
	int64_t size;	   /* bytes */
	int64_t n_begins;  /* tags that begin an element */
	int64_t n_ends;	   /* tags that end one, or both */
	int64_t n_cells;   /* elements <c> */
	int64_t n_texts;   /* elements <si> */
	char last;		   /* last byte that is no line end */
	bool in_tag;	   /* between < and > */
	char tag[4];	   /* first bytes of the tag */
	size_t tag_length; /* bytes of the tag so far */
	char before;	   /* byte before the current one */
} Reading;

/* The parts of the file that must be there, with what they must hold. */
typedef struct Expected
{
	const SheetFacts *facts; /* of each sheet */
	size_t n_sheets;		 /* how many */
	const TextFacts *texts;	 /* shared by the sheets */
	size_t n_seen;			 /* sheets that were there */
	bool texts_seen;		 /* the part of the texts was there */
} Expected;

static void verify_part(unzFile zip, char *chunk, Expected *expected);
static void verify_sheet(const Reading *reading, unsigned number, Expected *expected);
static void read_part(unzFile zip, char *chunk, bool counted, Reading *reading);
static void scan(Reading *reading, const char *bytes, size_t size);
static void end_tag(Reading *reading);
static _Noreturn void truncated(const char *what);
static _Noreturn void damaged(void);

void
verify_workbook(const char *path, const SheetFacts *facts, size_t n_sheets, const TextFacts *texts)
{
	char *chunk = must_alloc(NULL, CHUNK_SIZE);
	Expected expected = {.facts = facts, .n_sheets = n_sheets, .texts = texts};
	unzFile zip = unzOpen64(path);
	unz_global_info64 info;

	if (zip == NULL || unzGetGlobalInfo64(zip, &info) != UNZ_OK || info.number_entry == 0)
		damaged();
	for (ZPOS64_T i = 0; i < info.number_entry; i++)
	{
		if ((i == 0 ? unzGoToFirstFile(zip) : unzGoToNextFile(zip)) != UNZ_OK)
			damaged();
		verify_part(zip, chunk, &expected);
	}
	(void) unzClose(zip);
	if (expected.n_seen != n_sheets || (texts->n_texts > 0 && !expected.texts_seen))
		damaged();
}

/* Checks one part: its checksum, its end, and that it holds what it must. */
static void
verify_part(unzFile zip, char *chunk, Expected *expected)
{
	char name[NAME_SIZE];
	Reading reading = {.size = 0};
	unsigned number = 0;
	bool is_sheet;

	if (unzGetCurrentFileInfo64(zip, NULL, name, sizeof(name), NULL, 0, NULL, 0) != UNZ_OK)
		damaged();
	is_sheet = sscanf(name, SHEET_PART "%u.xml", &number) == 1;
	if (is_sheet && (number == 0 || number > expected->n_sheets))
		damaged();
	read_part(zip, chunk, !is_sheet || expected->facts[number - 1].n_cells >= 0, &reading);
	if (reading.last != '>' || reading.in_tag || reading.n_begins != reading.n_ends)
		truncated("a part of the finished file is truncated");
	if (is_sheet)
		verify_sheet(&reading, number, expected);
	if (strcmp(name, STRING_PART) == 0)
	{
		if (reading.n_texts != expected->texts->n_texts || reading.size < expected->texts->size)
			truncated("the texts of the finished file are truncated");
		expected->texts_seen = true;
	}
}

static void
verify_sheet(const Reading *reading, unsigned number, Expected *expected)
{
	const SheetFacts *facts = &expected->facts[number - 1];

	if (reading->size < facts->size || (facts->n_cells >= 0 && reading->n_cells != facts->n_cells))
		truncated("a sheet of the finished file is truncated");
	expected->n_seen++;
}

/* Reads the current part; what is in it is counted only if that is asked for. */
static void
read_part(unzFile zip, char *chunk, bool counted, Reading *reading)
{
	int n;

	if (unzOpenCurrentFile(zip) != UNZ_OK)
		damaged();
	while ((n = unzReadCurrentFile(zip, chunk, CHUNK_SIZE)) > 0)
	{
		reading->size += n;
		for (int i = n; i > 0; i--)
		{
			if (chunk[i - 1] != '\n')
			{
				reading->last = chunk[i - 1];
				break;
			}
		}
		if (counted)
			scan(reading, chunk, (size_t) n);
	}
	if (n < 0 || unzCloseCurrentFile(zip) != UNZ_OK)
		damaged();
}

/* Counts tags; the library escapes < and > wherever they are not tags. */
static void
scan(Reading *reading, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
	{
		char c = bytes[i];

		if (c == '<')
		{
			if (reading->in_tag)
				truncated("a part of the finished file is truncated");
			reading->in_tag = true;
			reading->tag_length = 0;
		}
		else if (c == '>' && reading->in_tag)
			end_tag(reading);
		else if (reading->in_tag && reading->tag_length < sizeof(reading->tag))
			reading->tag[reading->tag_length++] = c;
		reading->before = c;
	}
}

static void
end_tag(Reading *reading)
{
	const char *tag = reading->tag;
	size_t length = reading->tag_length;

	reading->in_tag = false;
	if (length == 0 || tag[0] == '?')
		return;
	if (tag[0] == '/')
	{
		reading->n_ends++;
		return;
	}
	reading->n_begins++;
	if (reading->before == '/')
		reading->n_ends++;
	reading->n_cells += tag[0] == 'c' && (length == 1 || tag[1] == ' ');
	reading->n_texts += length >= 2 && memcmp(tag, "si", 2) == 0 && (length == 2 || tag[2] == ' ');
}

/* Without an error the library wrote less than it had: the disk was full for a while. */
static _Noreturn void
truncated(const char *what)
{
	if (document.file_limit >= 0)
		errno = EFBIG;
	else
		errno = ENOSPC;
	fail_io(what);
}

static _Noreturn void
damaged(void)
{
	fail(STATE_IO_ERROR, "the finished file is damaged");
}

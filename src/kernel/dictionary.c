/*
 * dictionary.c - texts as small numbers
 *
 * Texts stand in chunks that never move, each behind its size; an array says where
 * the text of a number is, a table which number a text has.
 */
#include "kernel/dictionary.h"

#include <string.h>

#include "kernel/bytehash.h"

#define SLOTS_FIRST 16
#define CHUNK_FIRST 512
#define CHUNK_MAX	65536

/* Texts one behind the other. */
typedef struct Chunk
{
	struct Chunk *next; /* the one before it, or NULL */
	char bytes[];		/* of each text its size, its bytes and a 0 */
} Chunk;

struct AnDictionary
{
	const AnMemory *memory; /* where all of it comes from */
	uint64_t *slots;		/* table: 0, or hash in the upper and number + 1 in the lower half */
	size_t n_slots;			/* a power of two */
	char **texts;			/* for each number its text, behind its size */
	uint32_t count;			/* texts; at most three quarters of n_slots */
	Chunk *chunks;			/* the newest first */
	char *at;				/* where the next text goes */
	size_t room;			/* bytes free there */
	size_t chunk;			/* bytes of the next chunk */
};

static size_t
most_texts(size_t n_slots)
{
	return n_slots / 4 * 3;
}

AnDictionary *
an_dictionary_create(const AnMemory *memory)
{
	AnDictionary *dictionary = an_memory_take(memory, sizeof(*dictionary));

	memset(dictionary, 0, sizeof(*dictionary));
	dictionary->memory = memory;
	dictionary->chunk = CHUNK_FIRST;
	return dictionary;
}

void
an_dictionary_free(AnDictionary *dictionary)
{
	const AnMemory *memory;

	if (dictionary == NULL)
		return;
	memory = dictionary->memory;
	while (dictionary->chunks != NULL)
	{
		Chunk *chunk = dictionary->chunks;

		dictionary->chunks = chunk->next;
		an_memory_give(memory, chunk);
	}
	an_memory_give(memory, dictionary->slots);
	an_memory_give(memory, dictionary->texts);
	an_memory_give(memory, dictionary);
}

/* Makes the table and the array of texts twice as large. */
static void
grow(AnDictionary *dictionary)
{
	const AnMemory *memory = dictionary->memory;
	size_t n_slots = dictionary->n_slots > 0 ? dictionary->n_slots * 2 : SLOTS_FIRST;
	uint64_t *slots = an_memory_take(memory, n_slots * sizeof(*slots));
	char **texts = an_memory_take(memory, most_texts(n_slots) * sizeof(*texts));

	memset(slots, 0, n_slots * sizeof(*slots));
	for (size_t old = 0; old < dictionary->n_slots; old++)
	{
		size_t i = (dictionary->slots[old] >> 32) & (n_slots - 1);

		if (dictionary->slots[old] == 0)
			continue;
		while (slots[i] != 0)
			i = (i + 1) & (n_slots - 1);
		slots[i] = dictionary->slots[old];
	}
	if (dictionary->count > 0)
		memcpy(texts, dictionary->texts, dictionary->count * sizeof(*texts));
	an_memory_give(memory, dictionary->slots);
	an_memory_give(memory, dictionary->texts);
	dictionary->slots = slots;
	dictionary->n_slots = n_slots;
	dictionary->texts = texts;
}

static uint32_t
text_size(const char *text)
{
	uint32_t size;

	memcpy(&size, text - sizeof(size), sizeof(size));
	return size;
}

/* Copies a text into a chunk. */
static char *
keep_text(AnDictionary *dictionary, const void *text, size_t size)
{
	uint32_t head = (uint32_t) size;
	size_t needed = sizeof(head) + size + 1;
	char *to;

	if (needed > dictionary->room)
	{
		size_t bytes = needed > dictionary->chunk ? needed : dictionary->chunk;
		Chunk *chunk = an_memory_take(dictionary->memory, sizeof(*chunk) + bytes);

		chunk->next = dictionary->chunks;
		dictionary->chunks = chunk;
		dictionary->at = chunk->bytes;
		dictionary->room = bytes;
		if (dictionary->chunk < CHUNK_MAX)
			dictionary->chunk *= 2;
	}
	to = dictionary->at + sizeof(head);
	memcpy(dictionary->at, &head, sizeof(head));
	memcpy(to, text, size);
	to[size] = '\0';
	dictionary->at += needed;
	dictionary->room -= needed;
	return to;
}

uint32_t
an_dictionary_number(AnDictionary *dictionary, const void *text, size_t size)
{
	uint64_t hash;
	size_t i;

	if (size == 0)
		text = "";
	hash = (uint32_t) an_bytehash(text, size);
	if (dictionary->count == most_texts(dictionary->n_slots))
		grow(dictionary);
	for (i = hash & (dictionary->n_slots - 1); dictionary->slots[i] != 0;
		 i = (i + 1) & (dictionary->n_slots - 1))
	{
		uint32_t number = (uint32_t) dictionary->slots[i] - 1;
		const char *known;

		if (dictionary->slots[i] >> 32 != hash)
			continue;
		known = dictionary->texts[number];
		if (text_size(known) == size && memcmp(known, text, size) == 0)
			return number;
	}
	dictionary->texts[dictionary->count] = keep_text(dictionary, text, size);
	dictionary->slots[i] = hash << 32 | (dictionary->count + 1);
	return dictionary->count++;
}

const char *
an_dictionary_text(const AnDictionary *dictionary, uint32_t number, size_t *size)
{
	const char *text = dictionary->texts[number];

	*size = text_size(text);
	return text;
}

uint32_t
an_dictionary_count(const AnDictionary *dictionary)
{
	return dictionary->count;
}

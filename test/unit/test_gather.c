/*
 * test_gather.c - records brought together entity by entity
 *
 * Proven against a list of all records that is searched for each key from the front:
 * the same keys, each once, with the same words in the same order; for random numbers
 * of records, keys of 8 and of 0 to 300 bytes, 0 to 16 words, budgets of a byte to no
 * limit, one giant key, keys whose hashes agree, and gatherings that are filled again. Further:
 * that files hold what does not fit and memory stays near the budget; that all is
 * given back, also after a file or the caller's function failed by a jump.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/gather.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_KEY		   300

/* Memory that counts itself. */
typedef struct Heap
{
	size_t bytes; /* taken and not given back */
	size_t most;  /* the most that was */
} Heap;

static void *
take(void *owner, size_t size)
{
	Heap *heap = owner;
	max_align_t *block = malloc(sizeof(*block) + size);

	assert_non_null(block);
	memcpy(block, &size, sizeof(size));
	memset(block + 1, 0xa5, size);
	heap->bytes += size;
	if (heap->bytes > heap->most)
		heap->most = heap->bytes;
	return block + 1;
}

static void
give(void *owner, void *block)
{
	Heap *heap = owner;
	size_t size;

	if (block == NULL)
		return;
	memcpy(&size, (max_align_t *) block - 1, sizeof(size));
	heap->bytes -= size;
	free((max_align_t *) block - 1);
}

/* Files, which fail by a jump when `fail_at` calls are over. */
typedef struct Files
{
	int open;		  /* files that are */
	uint64_t calls;	  /* so far */
	uint64_t fail_at; /* the call that fails; 0: none */
	jmp_buf failed;	  /* where to */
} Files;

typedef struct File
{
	uint8_t *bytes; /* what was written */
	size_t size;
	size_t room;
	size_t at;	  /* where reading is */
	bool reading; /* rewound */
} File;

static void
count_call(Files *files)
{
	if (++files->calls == files->fail_at)
		longjmp(files->failed, 1);
}

static void *
file_create(void *owner)
{
	Files *files = owner;
	File *file;

	count_call(files);
	file = calloc(1, sizeof(*file));
	assert_non_null(file);
	files->open++;
	return file;
}

static void
file_write(void *owner, void *handle, const void *bytes, size_t size)
{
	File *file = handle;

	count_call(owner);
	assert_false(file->reading);
	if (file->room - file->size < size)
	{
		file->room = file->room * 2 + size;
		file->bytes = realloc(file->bytes, file->room);
		assert_non_null(file->bytes);
	}
	if (size > 0)
		memcpy(file->bytes + file->size, bytes, size);
	file->size += size;
}

static void
file_rewind(void *owner, void *handle)
{
	File *file = handle;

	count_call(owner);
	assert_false(file->reading);
	file->reading = true;
}

static void
file_read(void *owner, void *handle, void *bytes, size_t size)
{
	File *file = handle;

	count_call(owner);
	assert_true(file->reading);
	assert_true(file->size - file->at >= size);
	if (size > 0)
		memcpy(bytes, file->bytes + file->at, size);
	file->at += size;
}

static void
file_close(void *owner, void *handle)
{
	Files *files = owner;
	File *file = handle;

	files->open--;
	free(file->bytes);
	free(file);
}

static AnGatherFiles
files_of(Files *files)
{
	return (AnGatherFiles){.owner = files,
						   .create = file_create,
						   .write = file_write,
						   .rewind = file_rewind,
						   .read = file_read,
						   .close = file_close};
}

/* Numbers that look random, the same in every run (splitmix64). */
static uint64_t
next_random(uint64_t *seed)
{
	uint64_t x = *seed += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The bytes of key number `id`, into `key`; different ids have different bytes. Returns their size. */
static size_t
make_key(uint64_t id, bool wide, uint8_t *key)
{
	uint64_t seed = id;
	size_t size;

	if (!wide)
	{
		int64_t number = (int64_t) (id % 3 == 0 ? id : next_random(&seed));

		memcpy(key, &number, sizeof(number));
		return sizeof(number);
	}
	if (id == 0)
		return 0;
	size = id % 5 == 0 ? 4 + next_random(&seed) % (MAX_KEY - 4 + 1) : 4 + id % 20;
	/* Many begin and end alike. */
	memset(key, 'k', size);
	memcpy(key + (id % 2 == 0 ? 0 : size - 4), &(uint32_t){(uint32_t) id}, 4);
	if (id % 2 == 0)
		key[size - 1] ^= 1;
	return size;
}

/* What is gathered, as a list. */
typedef struct List
{
	bool wide;
	uint32_t n_words;
	size_t n;	   /* records */
	uint64_t *ids; /* of their keys, below n_ids */
	size_t n_ids;
	int64_t *words; /* n_words each */
	size_t *next;	/* for each id the record that must come next: n for none */
	size_t *later;	/* for each record the next one of its key, or n */
	bool *called;	/* for each id whether its call came */
	size_t n_called;
} List;

static void
free_list(List *list)
{
	free(list->ids);
	free(list->words);
	free(list->next);
	free(list->later);
	free(list->called);
}

/* n records of n_ids keys; share_giant of 256 go to one key. */
static List
make_list(uint64_t *seed, bool wide, uint32_t n_words, size_t n, size_t n_ids, unsigned share_giant)
{
	List list = {.wide = wide, .n_words = n_words, .n = n, .n_ids = n_ids};

	list.ids = malloc((n + 1) * sizeof(*list.ids));
	list.words = malloc((n * n_words + 1) * sizeof(*list.words));
	list.next = malloc((n_ids + 1) * sizeof(*list.next));
	list.later = malloc((n + 1) * sizeof(*list.later));
	list.called = calloc(n_ids + 1, sizeof(*list.called));
	for (size_t i = 0; i < n; i++)
		list.ids[i] = next_random(seed) % 256 < share_giant ? n_ids / 2 : next_random(seed) % n_ids;
	for (size_t i = 0; i < n * n_words; i++)
		list.words[i] = (int64_t) next_random(seed);
	for (size_t id = 0; id < n_ids; id++)
		list.next[id] = n;
	for (size_t i = n; i-- > 0;)
	{
		list.later[i] = list.next[list.ids[i]];
		list.next[list.ids[i]] = i;
	}
	return list;
}

static uint64_t
find_id(const List *list, const void *key, size_t size)
{
	static uint8_t bytes[MAX_KEY];

	for (uint64_t id = 0; id < list->n_ids; id++)
		if (make_key(id, list->wide, bytes) == size && memcmp(bytes, key, size) == 0)
			return id;
	fail();
	return 0;
}

static void
take_group(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	List *list = arg;
	uint64_t id = find_id(list, key, size);
	size_t i = list->next[id];

	assert_false(list->called[id]);
	list->called[id] = true;
	list->n_called++;
	for (size_t k = 0; k < n; k++)
	{
		assert_in_range(i, 0, list->n - 1);
		if (list->n_words > 0)
			assert_memory_equal(words + k * list->n_words, list->words + i * list->n_words,
								list->n_words * sizeof(int64_t));
		i = list->later[i];
	}
	assert_int_equal(i, list->n);
	if (list->n_words > 0)
		memset(words, 0, n * list->n_words * sizeof(int64_t));
}

static void
add_all(AnGather *gather, const List *list)
{
	/* A heap copy: the sanitizer sees every read behind the end.  Adding may not come back. */
	static uint8_t *copy = NULL;
	uint8_t key[MAX_KEY];

	for (size_t i = 0; i < list->n; i++)
	{
		size_t size = make_key(list->ids[i], list->wide, key);
		int64_t number;

		free(copy);
		copy = malloc(size > 0 ? size : 1);
		memcpy(copy, key, size);
		memcpy(&number, key, sizeof(number));
		if (list->wide || i % 2 == 0)
			an_gather_add(gather, size > 0 ? copy : NULL, size, list->words + i * list->n_words);
		else
			an_gather_add_int64(gather, number, list->words + i * list->n_words);
	}
}

static size_t
different(const List *list)
{
	size_t n = 0;

	for (size_t id = 0; id < list->n_ids; id++)
		n += list->next[id] < list->n;
	return n;
}

/* Fills, goes through and compares. */
static void
gather_list(AnGather *gather, List *list)
{
	add_all(gather, list);
	an_gather_each(gather, take_group, list);
	assert_int_equal(list->n_called, different(list));
	assert_false(an_gather_spilled(gather));
}

static void
test_random(void **state)
{
	static const size_t budgets[] = {0, 1, 3000, 20000, 100000, 1 << 20, SIZE_MAX};
	uint64_t seed = 1;

	(void) state;
	for (int round = 0; round < 400; round++)
	{
		Heap heap = {0, 0};
		Files files = {.open = 0};
		AnMemory memory = {take, give, &heap};
		AnGatherFiles table = files_of(&files);
		bool wide = next_random(&seed) % 2 == 0;
		uint32_t n_words = (uint32_t) (next_random(&seed) % (round % 4 == 0 ? 17 : 3));
		size_t budget = budgets[next_random(&seed) % countof(budgets)];
		AnGather *gather = an_gather_create(wide ? 0 : 8, n_words, budget, &memory,
											round % 8 == 7 ? NULL : &table);

		for (int filling = 0; filling < 3; filling++)
		{
			size_t n = next_random(&seed) % (round % 16 == 0 ? 20000 : 1000);
			size_t n_ids = 1 + next_random(&seed) % 300;
			List list = make_list(&seed, wide, n_words, n, n_ids,
								  filling == 1 ? (unsigned) next_random(&seed) % 257 : 0);

			gather_list(gather, &list);
			assert_int_equal(files.open, 0);
			free_list(&list);
		}
		an_gather_free(gather);
		assert_int_equal(heap.bytes, 0);
	}
}

/* A gathering that is empty, and one that is not gone through. */
static void
test_empty(void **state)
{
	Heap heap = {0, 0};
	Files files = {.open = 0};
	AnMemory memory = {take, give, &heap};
	AnGatherFiles table = files_of(&files);
	AnGather *gather = an_gather_create(8, 1, 1, &memory, &table);
	uint64_t seed = 2;
	List list = make_list(&seed, false, 1, 0, 1, 0);

	(void) state;
	gather_list(gather, &list);
	gather_list(gather, &list);
	free_list(&list);
	list = make_list(&seed, false, 1, 5000, 100, 0);
	assert_false(an_gather_spilled(gather));
	add_all(gather, &list);
	assert_true(an_gather_spilled(gather));
	an_gather_free(gather);
	an_gather_free(NULL);
	free_list(&list);
	assert_int_equal(files.open, 0);
	assert_int_equal(heap.bytes, 0);
}

/* Counts groups and records only, for what is too much to compare one by one; words ascend within each key. */
typedef struct Count
{
	size_t groups;
	size_t records;
} Count;

static void
count_group(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Count *count = arg;

	(void) key, (void) size;
	count->groups++;
	count->records += n;
	for (size_t i = 1; i < n; i++)
		assert_true(words[i - 1] < words[i]);
}

/* Nothing is written where it fits; where it does not, memory stays near the budget, up to several levels. */
static void
test_memory(void **state)
{
	static const struct
	{
		size_t budget, n, n_keys;
		bool spills;
	} cases[] = {
		{(size_t) 8 << 20, 300000, 100000, false}, {(size_t) 1 << 20, 300000, 100000, true},
		{(size_t) 1 << 18, 300000, 100000, true},  {(size_t) 1 << 16, 300000, 300000, true},
		{(size_t) 1 << 16, 300000, 10, true},
	};

	(void) state;
	for (size_t c = 0; c < countof(cases); c++)
	{
		Heap heap = {0, 0};
		Files files = {.open = 0};
		AnMemory memory = {take, give, &heap};
		AnGatherFiles table = files_of(&files);
		AnGather *gather = an_gather_create(8, 1, cases[c].budget, &memory, &table);
		size_t of_key = cases[c].n / cases[c].n_keys * 16;
		Count count = {0, 0};

		for (size_t i = 0; i < cases[c].n; i++)
			an_gather_add_int64(gather, (int64_t) (i % cases[c].n_keys), &(int64_t){(int64_t) i});
		assert_int_equal(an_gather_spilled(gather), cases[c].spills);
		an_gather_each(gather, count_group, &count);
		an_gather_free(gather);
		assert_int_equal(count.groups, cases[c].n_keys);
		assert_int_equal(count.records, cases[c].n);
		assert_int_equal(heap.bytes, 0);
		/* Parts, files' table and a block each come to it, and the records of a key, twice. */
		assert_in_range(heap.most, 0, cases[c].budget * 3 / 2 + 40000 + 2 * of_key);
	}
}

/* Keys whose hashes agree in all bits that deal out: never told apart by files, always by bytes. */
static uint64_t
unmix(uint64_t x)
{
	/* The inverse of MurmurHash3's final mix. */
	x ^= x >> 33;
	x *= UINT64_C(0x9cb4b2f8129337db);
	x ^= x >> 33;
	x *= UINT64_C(0x4f74430c22a54005);
	return x ^ x >> 33;
}

static void
test_collisions(void **state)
{
	Heap heap = {0, 0};
	Files files = {.open = 0};
	AnMemory memory = {take, give, &heap};
	AnGatherFiles table = files_of(&files);

	(void) state;
	for (int upper = 0; upper < 2; upper++)
	{
		AnGather *gather = an_gather_create(8, 1, 20000, &memory, &table);
		Count count = {0, 0};

		for (int64_t i = 0; i < 20000; i++)
		{
			uint64_t varied = (uint64_t) (i % 500) << (upper ? 32 : 0);

			an_gather_add_int64(gather,
								(int64_t) unmix(varied | UINT64_C(0x77) << (upper ? 0 : 32)), &i);
		}
		an_gather_each(gather, count_group, &count);
		an_gather_free(gather);
		assert_int_equal(count.groups, 500);
		assert_int_equal(count.records, 20000);
		assert_int_equal(heap.bytes, 0);
	}
}

static void
count_records(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	(void) key, (void) size, (void) words;
	*(size_t *) arg += n;
}

/* Whichever call to a file fails, the gathering can be freed. */
static void
test_failing_files(void **state)
{
	uint64_t seed = 3;
	List list = make_list(&seed, true, 1, 3000, 200, 40);
	volatile uint64_t fail_at = 1;
	volatile bool failed = true;

	(void) state;
	while (failed)
	{
		Heap heap = {0, 0};
		Files files = {.fail_at = fail_at};
		AnMemory memory = {take, give, &heap};
		AnGatherFiles table = files_of(&files);
		AnGather *gather = an_gather_create(0, 1, 6000, &memory, &table);

		failed = false;
		if (setjmp(files.failed) == 0)
		{
			size_t count = 0;

			add_all(gather, &list);
			assert_true(an_gather_spilled(gather));
			an_gather_each(gather, count_records, &count);
			assert_int_equal(count, list.n);
		}
		else
			failed = true;
		files.fail_at = 0;
		an_gather_free(gather);
		assert_int_equal(heap.bytes, 0);
		assert_int_equal(files.open, 0);
		fail_at = fail_at < 100 ? fail_at + 1 : fail_at + fail_at / 10;
	}
	assert_true(fail_at > 1000);
	free_list(&list);
}

/* A function that goes elsewhere in the middle, as an error does. */
typedef struct Jump
{
	size_t left; /* calls until it does */
	jmp_buf to;
} Jump;

static void
jump_away(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Jump *jump = arg;

	(void) key, (void) size, (void) words, (void) n;
	if (jump->left-- == 0)
		longjmp(jump->to, 1);
}

static void
test_failing_function(void **state)
{
	uint64_t seed = 4;
	List list = make_list(&seed, true, 2, 3000, 200, 40);
	volatile size_t calls;

	(void) state;
	for (calls = 0; calls < 150; calls += 7)
	{
		Heap heap = {0, 0};
		Files files = {.open = 0};
		AnMemory memory = {take, give, &heap};
		AnGatherFiles table = files_of(&files);
		AnGather *gather = an_gather_create(0, 2, calls % 2 ? 6000 : SIZE_MAX, &memory, &table);
		Jump jump = {.left = calls};

		add_all(gather, &list);
		if (setjmp(jump.to) == 0)
		{
			an_gather_each(gather, jump_away, &jump);
			fail();
		}
		an_gather_free(gather);
		assert_int_equal(heap.bytes, 0);
		assert_int_equal(files.open, 0);
	}
	free_list(&list);
}

/* Keys far larger than blocks, with small ones between them. */
static void
count_sizes(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	const uint8_t *bytes = key;
	size_t *sum = arg;

	for (size_t i = 0; i < size; i += 1000)
		assert_int_equal(bytes[i], (uint8_t) size);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(words[i], size);
	*sum += n;
}

static void
test_large_keys(void **state)
{
	static const size_t budgets[] = {0, 100000, SIZE_MAX};
	uint8_t *key = malloc(300000);
	Heap heap = {0, 0};
	Files files = {.open = 0};
	AnMemory memory = {take, give, &heap};
	AnGatherFiles table = files_of(&files);

	(void) state;
	for (size_t b = 0; b < countof(budgets); b++)
	{
		AnGather *gather = an_gather_create(0, 1, budgets[b], &memory, &table);
		size_t sum = 0;

		for (size_t i = 0; i < 400; i++)
		{
			size_t size = i % 10 == 0 ? i * 700 : i % 50;

			memset(key, (int) (uint8_t) size, size);
			an_gather_add(gather, key, size, &(int64_t){(int64_t) size});
		}
		an_gather_each(gather, count_sizes, &sum);
		assert_int_equal(sum, 400);
		an_gather_free(gather);
		assert_int_equal(heap.bytes, 0);
		assert_int_equal(files.open, 0);
	}
	free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),		  cmocka_unit_test(test_empty),
		cmocka_unit_test(test_memory),		  cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_failing_files), cmocka_unit_test(test_failing_function),
		cmocka_unit_test(test_large_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

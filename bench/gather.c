/*
 * gather.c - nanoseconds that bringing a record to its entity takes, without PostgreSQL
 *
 * Usage: gather [runs].  A line for each number of records, distribution of keys and
 * words of a record: nanoseconds a record (the least of the runs) to add all and to go
 * through them entity by entity; the same with a hash table whose entries are chained
 * and hold a vector each, as one would write it; and the ratio.
 *
 * Keys are uniform over 1 M, or by Zipf's law with exponent 1 over 1 M.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/gather.h"

#define N_KEYS 1000000

static void *
take(void *owner, size_t size)
{
	void *block = malloc(size);

	(void) owner;
	if (block == NULL)
		abort();
	return block;
}

static void
give(void *owner, void *block)
{
	(void) owner;
	free(block);
}

static const AnMemory heap = {take, give, NULL};

/* What the answer of a run is checked by. */
typedef struct Sum
{
	uint64_t keys;	  /* how many */
	uint64_t records; /* how many */
	uint64_t words;	  /* of the first words of each key, times their place */
} Sum;

static void
sum_group(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Sum *sum = arg;

	(void) key, (void) size;
	sum->keys++;
	sum->records += n;
	for (size_t i = 0; i < n; i++)
		sum->words += (uint64_t) words[i] * (i + 1);
}

static Sum
run_gather(const int64_t *keys, const int64_t *words, size_t n)
{
	AnGather *gather = an_gather_create(8, 1, SIZE_MAX, &heap, NULL);
	Sum sum = {0, 0, 0};

	for (size_t i = 0; i < n; i++)
		an_gather_add_int64(gather, keys[i], &words[i]);
	an_gather_each(gather, sum_group, &sum);
	an_gather_free(gather);
	return sum;
}

/* The other way: an entry of a chain, with a vector. */
typedef struct Entry
{
	struct Entry *next; /* in the same bucket */
	int64_t key;
	int64_t *words;
	size_t n;	 /* words */
	size_t room; /* for words */
} Entry;

static Entry *
find_entry(Entry **buckets, size_t mask, int64_t key)
{
	Entry **at = &buckets[((uint64_t) key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask];

	for (Entry *entry = *at; entry != NULL; entry = entry->next)
		if (entry->key == key)
			return entry;
	Entry *entry = calloc(1, sizeof(*entry));
	entry->key = key;
	entry->next = *at;
	*at = entry;
	return entry;
}

/* Has as many buckets from the beginning as it will need. */
static Sum
run_chained(const int64_t *keys, const int64_t *words, size_t n)
{
	size_t mask = (n < N_KEYS ? (1 << 17) : (1 << 20)) - 1;
	Entry **buckets = calloc(mask + 1, sizeof(*buckets));
	Sum sum = {0, 0, 0};

	for (size_t i = 0; i < n; i++)
	{
		Entry *entry = find_entry(buckets, mask, keys[i]);

		if (entry->n == entry->room)
		{
			entry->room = entry->room == 0 ? 2 : entry->room * 2;
			entry->words = realloc(entry->words, entry->room * sizeof(int64_t));
		}
		entry->words[entry->n++] = words[i];
	}
	for (size_t b = 0; b <= mask; b++)
		for (Entry *entry = buckets[b], *next; entry != NULL; entry = next)
		{
			next = entry->next;
			sum_group(&sum, &entry->key, 8, entry->words, entry->n);
			free(entry->words);
			free(entry);
		}
	free(buckets);
	return sum;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static double
best(Sum (*run)(const int64_t *, const int64_t *, size_t), const int64_t *keys,
	 const int64_t *words, size_t n, int runs, Sum *sum)
{
	double least = 1e9;

	for (int r = 0; r < runs; r++)
	{
		double start = seconds();

		*sum = run(keys, words, n);
		if (seconds() - start < least)
			least = seconds() - start;
	}
	return least * 1e9 / (double) n;
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

static void
make_keys(int64_t *keys, int64_t *words, size_t n, int zipf)
{
	uint64_t seed = 20260101;

	for (size_t i = 0; i < n; i++)
	{
		double u = (double) (next_random(&seed) >> 11) / 9007199254740992.0;

		/* The continuous law: ranks r in 1..N with density 1 / r. */
		keys[i] = zipf ? (int64_t) exp(u * log(N_KEYS)) : (int64_t) (u * N_KEYS);
		words[i] = (int64_t) i * 1000003;
	}
}

int
main(int argc, char **argv)
{
	static const size_t sizes[] = {1000, 100000, 3300000, 10000000};
	int runs = argc > 1 ? atoi(argv[1]) : 3;
	int64_t *keys = malloc(10000000 * sizeof(int64_t));
	int64_t *words = malloc(10000000 * sizeof(int64_t));

	if (keys == NULL || words == NULL)
		abort();
	printf("%-10s %-8s %8s %8s %7s\n", "records", "keys", "gather", "chained", "ratio");
	for (int zipf = 0; zipf <= 1; zipf++)
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		{
			Sum ours, theirs;
			double gather, chained;

			make_keys(keys, words, sizes[s], zipf);
			gather = best(run_gather, keys, words, sizes[s], runs, &ours);
			chained = best(run_chained, keys, words, sizes[s], runs, &theirs);
			if (memcmp(&ours, &theirs, sizeof(ours)) != 0)
				abort();
			printf("%-10zu %-8s %8.1f %8.1f %7.1f\n", sizes[s], zipf ? "zipf" : "uniform", gather,
				   chained, chained / gather);
		}
	free(keys);
	free(words);
	return 0;
}

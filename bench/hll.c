/*
 * hll.c - nanoseconds of the HyperLogLog kernel, without PostgreSQL
 *
 * Usage: hll [runs [name]].  Prints name, nanoseconds, and what one of them is: the
 * least of the runs.  A name measures what begins with it alone.  Merges of registers are measured by each way that the processor has.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/hash.h"
#include "kernel/hll.h"
#include "kernel/hll_estimate.h"

#define HASHES	   1000000
#define SOME	   100000 /* few enough that a busy machine does not always interrupt them */
#define CELLS	   1000
#define CELL_MAX   20000
#define CELL_USERS 100

/* Stored sketches, as a table of them would have: every one of other users. */
typedef struct Cells
{
	int n;
	size_t sizes[CELLS];
	uint8_t *bytes[CELLS];
} Cells;

static uint64_t hashes[HASHES];
static Cells small, shared, dense, imported;
static AnHll target;
static volatile uint64_t sink;
static const char *only = ""; /* how the names begin that are measured */

static void *
take_block(void *owner, size_t size)
{
	void *block = malloc(size);

	(void) owner;
	if (block == NULL)
		abort();
	return block;
}

static void
give_block(void *owner, void *block)
{
	(void) owner;
	free(block);
}

static const AnMemory heap = {take_block, give_block, NULL};

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* Empties the sketch that is measured; with n values in it if asked for. */
static void
renew(int precision, size_t n)
{
	an_hll_free(&target, &heap);
	an_hll_init(&target, precision, AN_HLL_MURMUR3);
	for (size_t i = 0; i < n; i++)
		an_hll_add(&target, hashes[HASHES - 1 - i], &heap);
}

/* Makes n cells of `users` each; user u of cell c is hash c * step + u. */
static void
make_cells(Cells *cells, int n, int users, int step, bool hll_only)
{
	uint8_t *bytes = malloc(CELL_MAX), *ranks = malloc(an_hll_registers(14));

	cells->n = n;
	for (int c = 0; c < n; c++)
	{
		AnHll hll;

		an_hll_init(&hll, 14, AN_HLL_MURMUR3);
		for (int u = 0; u < users; u++)
			an_hll_add(&hll, hashes[((size_t) c * (size_t) step + (size_t) u) % HASHES], &heap);
		if (hll_only)
		{
			an_hll_export(&hll, ranks);
			for (uint32_t i = 0; i < an_hll_registers(14); i++)
				ranks[i] >>= 2;
			an_hll_free(&hll, &heap);
			require(an_hll_import(&hll, ranks, &heap) == AN_OK);
		}
		require(an_hll_stored_max(&hll) <= CELL_MAX);
		cells->sizes[c] = an_hll_store(&hll, bytes, &heap);
		cells->bytes[c] = malloc(cells->sizes[c]);
		memcpy(cells->bytes[c], bytes, cells->sizes[c]);
		an_hll_free(&hll, &heap);
	}
	free(bytes);
	free(ranks);
}

static int
run_hash_int64(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < HASHES; i++)
		sum += an_murmur3_int64(i);
	sink = sum;
	return HASHES;
}

static int
run_hash_16(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < HASHES - 1; i++)
		sum += an_murmur3(&hashes[i], 16);
	sink = sum;
	return HASHES;
}

static int
run_add(void)
{
	for (int i = 0; i < HASHES; i++)
		an_hll_add(&target, hashes[i], &heap);
	return HASHES;
}

/* Many values of few users: every one is there already, or soon will be. */
static int
run_add_again(void)
{
	for (int i = 0; i < SOME; i++)
		an_hll_add(&target, hashes[i % 3000], &heap);
	return SOME;
}

/* Groups of few values each, as GROUP BY makes them. */
static int
run_add_groups(void)
{
	for (int i = 0; i < SOME; i += CELL_USERS)
	{
		AnHll hll;

		an_hll_init(&hll, 14, AN_HLL_MURMUR3);
		for (int u = 0; u < CELL_USERS; u++)
			an_hll_add(&hll, hashes[i + u], &heap);
		an_hll_free(&hll, &heap);
	}
	return SOME;
}

static int
merge_cells(const Cells *cells)
{
	for (int c = 0; c < cells->n; c++)
		require(an_hll_merge_stored(&target, cells->bytes[c], cells->sizes[c], &heap) == AN_OK);
	return cells->n;
}

static int
run_merge_small(void)
{
	return merge_cells(&small);
}

static int
run_merge_shared(void)
{
	return merge_cells(&shared);
}

static int
run_merge_dense(void)
{
	return merge_cells(&dense);
}

static int
run_merge_imported(void)
{
	return merge_cells(&imported);
}

static int
run_registers(void)
{
	static uint8_t from[16384];

	for (int i = 0; i < 1000; i++)
		an_hll_merge_registers(target.memory, from, sizeof(from));
	return 1000;
}

static int
run_header(void)
{
	double sum = 0;

	for (int round = 0; round < 100; round++)
	{
		for (int c = 0; c < dense.n; c++)
		{
			AnHllHeader header;

			require(an_hll_header(dense.bytes[c], AN_HLL_HEADER_SIZE, &header) == AN_OK);
			sum += header.estimate;
		}
	}
	sink = (uint64_t) sum;
	return 100 * dense.n;
}

static int
run_load_dense(void)
{
	for (int c = 0; c < dense.n; c++)
	{
		AnHll hll;

		require(an_hll_load(&hll, dense.bytes[c], dense.sizes[c], &heap) == AN_OK);
		an_hll_free(&hll, &heap);
	}
	return dense.n;
}

static int
run_load_small(void)
{
	for (int c = 0; c < small.n; c++)
	{
		AnHll hll;

		require(an_hll_load(&hll, small.bytes[c], small.sizes[c], &heap) == AN_OK);
		an_hll_free(&hll, &heap);
	}
	return small.n;
}

static int
run_store(void)
{
	static uint8_t bytes[CELL_MAX];

	for (int i = 0; i < 100; i++)
		sink = an_hll_store(&target, bytes, &heap);
	return 100;
}

static int
run_estimate(void)
{
	double sum = 0;

	for (int i = 0; i < 100; i++)
		sum += an_hll_estimate(&target);
	sink = (uint64_t) sum;
	return 100;
}

/* Measures over a sketch of so many values at the beginning of each run. */
static void
measure(const char *name, const char *what, int (*run)(void), int precision, size_t n, int runs)
{
	double best = 1e9;

	if (strncmp(name, only, strlen(only)) != 0)
		return;
	for (int r = 0; r < runs; r++)
	{
		double start, ns;

		renew(precision, n);
		start = seconds();
		ns = run();
		ns = (seconds() - start) * 1e9 / ns;
		best = ns < best ? ns : best;
	}
	printf("%-24s %9.1f   %s\n", name, best, what);
}

int
main(int argc, char **argv)
{
	static const char *const ways[] = {"scalar", "avx2", "avx512"};
	int runs = argc > 1 ? atoi(argv[1]) : 3;
	AnHllWay widest = an_hll_way();

	only = argc > 2 ? argv[2] : "";
	for (int i = 0; i < HASHES; i++)
		hashes[i] = an_murmur3_int64(i);
	make_cells(&small, CELLS, CELL_USERS, CELL_USERS, false);
	make_cells(&shared, CELLS, CELL_USERS, 2, false);
	make_cells(&dense, 200, 20000, 4000, false);
	make_cells(&imported, 200, 20000, 4000, true);
	an_hll_init(&target, 14, AN_HLL_MURMUR3);

	measure("hash_int64", "an 8-byte value", run_hash_int64, 14, 0, runs);
	measure("hash_16", "16 bytes", run_hash_16, 14, 0, runs);
	measure("add_new", "a value, 1 M different from none on", run_add, 14, 0, runs);
	measure("add_dense", "a value, to 100 000 others", run_add, 14, 100000, runs);
	measure("add_dense_11", "the same, precision 11", run_add, 11, 100000, runs);
	measure("add_again", "a value, of 3000 different ones", run_add_again, 14, 0, runs);
	measure("add_groups", "a value, 100 a group, with its sketch", run_add_groups, 14, 0, runs);
	measure("merge_small_tokens", "a cell of 100, all of 2098 users", run_merge_shared, 14, 0,
			runs);
	measure("merge_small_dense", "a cell of 100, into a dense sketch", run_merge_small, 14, 100000,
			runs);
	measure("merge_small_any", "a cell of 100, from none to 100 000", run_merge_small, 14, 0, runs);
	measure("load_small", "a cell of 100", run_load_small, 14, 0, runs);
	for (int way = 0; way <= (int) widest; way++)
	{
		char name[64];

		require(an_hll_way_set((AnHllWay) way));
		snprintf(name, sizeof(name), "registers_%s", ways[way]);
		measure(name, "16384 registers", run_registers, 14, 100000, runs);
		snprintf(name, sizeof(name), "merge_dense_%s", ways[way]);
		measure(name, "a cell of 20 000", run_merge_dense, 14, 100000, runs);
		snprintf(name, sizeof(name), "load_dense_%s", ways[way]);
		measure(name, "a cell of 20 000", run_load_dense, 14, 0, runs);
		snprintf(name, sizeof(name), "merge_imported_%s", ways[way]);
		measure(name, "a cell of 20 000, a HyperLogLog", run_merge_imported, 14, 100000, runs);
	}
	measure("header", "an estimate read", run_header, 14, 0, runs);
	measure("store_small", "a sketch of 100", run_store, 14, 100, runs);
	measure("store_tokens", "a sketch of 3500", run_store, 14, 3500, runs);
	measure("store_dense", "a sketch of 20 000", run_store, 14, 20000, runs);
	measure("estimate_dense", "a sketch of 20 000", run_estimate, 14, 20000, runs);
	printf("%-24s %9zu   bytes of a cell of 100\n", "size_small", small.sizes[0]);
	printf("%-24s %9zu   bytes of a cell of 20 000\n", "size_dense", dense.sizes[0]);
	printf("%-24s %9zu   bytes of a cell of 20 000, a HyperLogLog\n", "size_imported",
		   imported.sizes[0]);
	return 0;
}

/*
 * hll_accuracy.c - bias and error of the sketch's estimate over many random sets, beside theory
 *
 * Usage: hll_accuracy [thousandths of the seeds, 1000].  Prints Markdown: for each
 * number of values and precision the mean error, the root mean square error and
 * the error that an_hll_error gives, in percent, and how often the interval of
 * 95 % held; then the same for the same sketches without the low bits, as imports
 * are.  One sketch a seed and precision grows, and is read at each number; all
 * precisions see the same hashes (splitmix64 from a random start).
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/hll_estimate.h"

#define P_MIN	  10
#define P_MAX	  16
#define N_P		  (P_MAX - P_MIN + 1)
#define N_NUMBERS 8

/* What is read, and from how many seeds; 40960 is where HyperLogLog of p = 14 changes from counting zeros to its own formula. */
static const int numbers[N_NUMBERS] = {10, 100, 1000, 10000, 40960, 100000, 1000000, 10000000};
static const int seeds[N_NUMBERS] = {10000, 10000, 10000, 10000, 10000, 10000, 2000, 500};

/* Sums over the seeds. */
typedef struct Sums
{
	double bias;   /* estimate / n - 1 */
	double square; /* its square */
	double theory; /* an_hll_error */
	int held;	   /* n was within the interval */
	int n;		   /* seeds */
} Sums;

static Sums sums[2][N_NUMBERS][N_P];

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

static uint64_t
splitmix64(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
add_to_sums(Sums *into, const AnHll *hll, double n)
{
	double estimate = an_hll_estimate(hll), error = an_hll_error(hll);
	AnHllBounds bounds;

	if (an_hll_bounds(estimate, error, 0.95, &bounds) != AN_OK)
		abort();
	into->bias += estimate / n - 1;
	into->square += (estimate / n - 1) * (estimate / n - 1);
	into->theory += error;
	into->held += bounds.lower <= n && n <= bounds.upper;
	into->n++;
}

/* The same sketch as if it came from a HyperLogLog. */
static void
add_imported(Sums *into, const AnHll *hll, double n)
{
	static uint8_t ranks[1 << P_MAX];
	AnHll imported;

	an_hll_export(hll, ranks);
	for (uint32_t i = 0; i < an_hll_registers(hll->precision); i++)
		ranks[i] >>= 2;
	an_hll_init(&imported, hll->precision, AN_HLL_MURMUR3);
	if (an_hll_import(&imported, ranks, &heap) != AN_OK)
		abort();
	add_to_sums(into, &imported, n);
	an_hll_free(&imported, &heap);
}

static void
run_seed(int seed, int thousandths)
{
	uint64_t state = (uint64_t) seed * UINT64_C(0xd1342543de82ef95) + 1;
	AnHll hll[N_P];
	int n = 0;

	state = splitmix64(&state);
	for (int p = 0; p < N_P; p++)
		an_hll_init(&hll[p], P_MIN + p, AN_HLL_MURMUR3);
	for (int i = 0; i < N_NUMBERS && (double) seed * 1000 < (double) seeds[i] * thousandths; i++)
	{
		for (; n < numbers[i]; n++)
		{
			uint64_t hash = splitmix64(&state);

			for (int p = 0; p < N_P; p++)
				an_hll_add(&hll[p], hash, &heap);
		}
		for (int p = 0; p < N_P; p++)
		{
			add_to_sums(&sums[0][i][p], &hll[p], n);
			add_imported(&sums[1][i][p], &hll[p], n);
		}
	}
	for (int p = 0; p < N_P; p++)
		an_hll_free(&hll[p], &heap);
}

/* A number in percent, with as many places as it needs. */
static void
print_percent(double share, const char *sign)
{
	double percent = share * 100;

	printf(fabs(percent) < 0.095 ? sign[0] == '+' ? "%+.3f" : "%.3f"
		   : sign[0] == '+'		 ? "%+.2f"
								 : "%.2f",
		   percent);
}

static void
print_table(int kind)
{
	printf("\n| values | seeds |");
	for (int p = P_MIN; p <= P_MAX; p++)
		printf(" p = %d |", p);
	printf("\n|---|---|");
	for (int p = P_MIN; p <= P_MAX; p++)
		printf("---|");
	printf("\n");
	for (int i = 0; i < N_NUMBERS; i++)
	{
		if (sums[kind][i][0].n == 0)
			continue;
		printf("| %d | %d |", numbers[i], sums[kind][i][0].n);
		for (int p = 0; p < N_P; p++)
		{
			const Sums *s = &sums[kind][i][p];

			printf(" ");
			print_percent(s->bias / s->n, "+");
			printf(" / ");
			print_percent(sqrt(s->square / s->n), "");
			printf(" / ");
			print_percent(s->theory / s->n, "");
			printf(" / %.1f |", 100.0 * s->held / s->n);
		}
		printf("\n");
	}
}

int
main(int argc, char **argv)
{
	int thousandths = argc > 1 ? atoi(argv[1]) : 1000;

	for (int seed = 0; (double) seed * 1000 < (double) seeds[0] * thousandths; seed++)
		run_seed(seed, thousandths);
	printf("Bias / error (root mean square) / error by theory, in percent / held by the interval "
		   "of 95 %%\n");
	print_table(0);
	printf(
		"\nThe same sketches without what only UltraLogLog knows (imported from a HyperLogLog)\n");
	print_table(1);
	return 0;
}

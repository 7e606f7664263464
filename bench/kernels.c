/*
 * kernels.c - nanoseconds that a kernel takes for one item, without PostgreSQL
 *
 * Usage: kernels [runs].  Prints "name<TAB>nanoseconds", the least of the runs.
 * The items are those that kernels.sh puts into a table for the SQL beside them:
 * same formula, same share of gaps, same spread of times, same texts.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/calendar.h"
#include "kernel/fill.h"
#include "kernel/formula.h"
#include "kernel/frame.h"
#include "kernel/utf8.h"

#define ITEMS		 1000000
#define N_SEGMENTS	 64
#define US_PER_HOUR	 INT64_C(3600000000)
#define US_PER_DAY	 (24 * US_PER_HOUR)
#define HALF_YEAR	 (INT64_C(182) * US_PER_DAY)
#define SPREAD_YEARS 20

/* Everything that is measured over; filled once. */
typedef struct Items
{
	int64_t at[ITEMS];	   /* ascending, a minute apart */
	int64_t random[ITEMS]; /* anywhere in SPREAD_YEARS */
	double a[ITEMS];	   /* values of the formula */
	double b[ITEMS];
	double v[ITEMS];	/* values to fill */
	bool nulls[ITEMS];	/* every third is missing */
	double work[ITEMS]; /* copies that a run may change */
	bool work_nulls[ITEMS];
} Items;

typedef double (*Measured)(Items *items);

static Items items;
static AnFormula formula;
static AnSegment segments[N_SEGMENTS];

static double
run_formula(Items *in)
{
	double sum = 0;

	for (int i = 0; i < ITEMS; i++)
	{
		double values[2] = {in->a[i], in->b[i]}, result;
		bool nulls[2] = {false, false}, isnull;

		an_formula_eval(&formula, values, nulls, &result, &isnull);
		sum += isnull ? 0 : result;
	}
	return sum;
}

static double
fill(Items *in, AnFill how)
{
	an_fill_series(how, ITEMS, in->at, in->work, in->work_nulls);
	return in->work[ITEMS - 1];
}

static double
run_locf(Items *in)
{
	return fill(in, AN_FILL_LOCF);
}

static double
run_linear(Items *in)
{
	return fill(in, AN_FILL_LINEAR);
}

/* A zone of two changes of offset a year, found as the server's cache finds them: the last one first. */
static void
find_segment(void *zone, int64_t at, AnSegment *segment)
{
	static int last = 0;

	if (at < segments[last].from || at >= segments[last].to)
		for (last = 0; at >= segments[last].to; last++)
			;
	*segment = segments[last];
	(void) zone;
}

static double
bin_all(const int64_t *at, bool months)
{
	AnCalendar calendar = {.day = US_PER_DAY,
						   .min = -INT64_C(211813488000000000),
						   .end = INT64_C(9223371331200000000),
						   .find = find_segment};
	AnWidth width = {months ? 1 : 0, months ? 0 : 1, 0}, shift = {0, 0, 0};
	double sum = 0;

	if (an_calendar_init(&calendar, &width, NULL, &shift) != AN_OK)
		abort();
	for (int i = 0; i < ITEMS; i++)
	{
		int64_t start, end;

		if (an_calendar_bin(&calendar, at[i], &start, &end) != AN_OK)
			abort();
		sum += (double) start;
	}
	return sum;
}

static double
run_bin_ascending(Items *in)
{
	return bin_all(in->at, false);
}

static double
run_bin_random(Items *in)
{
	return bin_all(in->random, false);
}

static double
run_bin_month(Items *in)
{
	return bin_all(in->random, true);
}

static double
run_width(Items *in)
{
	static const char *const texts[] = {"order 1234567 paid",
										"\xe4\xb8\x8a\xe6\xb5\xb7\xe5\xb8\x82 1234567"};
	size_t lengths[] = {strlen(texts[0]), strlen(texts[1])};
	double sum = 0;

	for (int i = 0; i < ITEMS; i++)
		sum += an_utf8_width(texts[i % 2], lengths[i % 2]);
	(void) in;
	return sum;
}

/* A row of two texts and four numbers, as the server writes it for the render helper. */
static double
run_frame(Items *in)
{
	static unsigned char row[256];
	double sum = 0;

	for (int i = 0; i < ITEMS; i++)
	{
		unsigned char *to = row;

		for (int c = 0; c < 4; c++)
		{
			*to++ = AN_CELL_NUMBER;
			to = an_frame_put_double(to, in->a[i] + c);
		}
		for (int c = 0; c < 2; c++)
		{
			*to++ = AN_CELL_TEXT;
			to = an_frame_put_string(to, "order 1234567 paid", 18);
		}
		sum += row[i % 100] + (double) (to - row);
	}
	return sum;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void
measure(const char *name, Measured run, int runs)
{
	static volatile double sink;
	double best = 1e9;

	for (int r = 0; r < runs; r++)
	{
		double start;

		memcpy(items.work, items.v, sizeof(items.v));
		memcpy(items.work_nulls, items.nulls, sizeof(items.nulls));
		start = seconds();
		sink = run(&items);
		if (seconds() - start < best)
			best = seconds() - start;
	}
	(void) sink;
	printf("%s\t%.1f\n", name, best * 1e9 / ITEMS);
}

static void
make_items(void)
{
	uint64_t state = 88172645463325252u;
	AnFormulaError error;

	for (int i = 0; i < ITEMS; i++)
	{
		state ^= state << 13, state ^= state >> 7, state ^= state << 17;
		items.at[i] = INT64_C(820000000000000) + i * INT64_C(60000000);
		items.random[i] = (int64_t) (state % (uint64_t) (SPREAD_YEARS * 2 * HALF_YEAR));
		items.a[i] = (double) (i % 1000);
		items.b[i] = (double) (i % 100);
		items.v[i] = (double) i;
		items.nulls[i] = i % 3 == 0;
	}
	for (int i = 0; i < N_SEGMENTS; i++)
		segments[i] = (AnSegment){i == 0 ? INT64_MIN : i * HALF_YEAR,
								  i == N_SEGMENTS - 1 ? INT64_MAX : (i + 1) * HALF_YEAR,
								  (i % 2 - 5) * US_PER_HOUR};
	if (an_formula_parse("a / b * 100", 11, &formula, &error) != AN_OK)
		abort();
}

int
main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 3;

	make_items();
	measure("formula", run_formula, runs);
	measure("locf", run_locf, runs);
	measure("linear", run_linear, runs);
	measure("bin_ascending", run_bin_ascending, runs);
	measure("bin_random", run_bin_random, runs);
	measure("bin_month", run_bin_month, runs);
	measure("width", run_width, runs);
	measure("frame", run_frame, runs);
	return 0;
}

/*
 * answer.c - values as insights show them
 */
#include "insight/answer.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "kernel/share.h"

/* Decimals of a share. */
#define SHARE_DECIMALS 4

static Datum rounded(double share);
static int compare_texts(const void *a, const void *b, void *dictionary);

MemoryContext
an_answer_begin(void)
{
	return MemoryContextSwitchTo(
		AllocSetContextCreate(CurrentMemoryContext, "analytics rows", ALLOCSET_DEFAULT_SIZES));
}

void
an_answer_next(void)
{
	MemoryContextReset(CurrentMemoryContext);
}

void
an_answer_end(MemoryContext caller)
{
	MemoryContextDelete(MemoryContextSwitchTo(caller));
}

void
an_answer_share(int64 k, int64 n, int share, int low, int high, Datum *columns, bool *nulls)
{
	double from = 0, to = 0;
	bool known = an_share_wilson(k, n, AN_SHARE_Z95, &from, &to);

	nulls[share] = !known;
	if (known)
		columns[share] = rounded((double) k / (double) n);
	if (low == AN_ANSWER_NONE)
		return;
	nulls[low] = nulls[high] = !known;
	columns[low] = known ? rounded(from) : (Datum) 0;
	columns[high] = known ? rounded(to) : (Datum) 0;
}

/* Returns a share as numeric; all have the same number of decimals. */
static Datum
rounded(double share)
{
	return DirectFunctionCall2(numeric_round,
							   DirectFunctionCall1(float8_numeric, Float8GetDatum(share)),
							   Int32GetDatum(SHARE_DECIMALS));
}

Datum
an_answer_span(int64 span_us)
{
	Interval *span = palloc0(sizeof(Interval));

	span->day = (int32) (span_us / USECS_PER_DAY);
	span->time = span_us % USECS_PER_DAY;
	return IntervalPGetDatum(span);
}

int64
an_answer_between(TimestampTz from, TimestampTz to)
{
	int64 span_us;

	if (pg_sub_s64_overflow(to, from, &span_us))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("interval out of range")));
	return span_us;
}

uint32 *
an_answer_order(const AnDictionary *dictionary)
{
	uint32 n = an_dictionary_count(dictionary);
	uint32 *order = MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * sizeof(uint32));

	for (uint32 i = 0; i < n; i++)
		order[i] = i;
	qsort_arg(order, n, sizeof(uint32), compare_texts, unconstify(AnDictionary *, dictionary));
	return order;
}

static int
compare_texts(const void *a, const void *b, void *dictionary)
{
	size_t size_a, size_b;
	const char *text_a = an_dictionary_text(dictionary, *(const uint32 *) a, &size_a);
	const char *text_b = an_dictionary_text(dictionary, *(const uint32 *) b, &size_b);
	int order = memcmp(text_a, text_b, Min(size_a, size_b));

	return order != 0 ? order : (size_a > size_b) - (size_a < size_b);
}

Datum
an_answer_text(const AnDictionary *dictionary, uint32 number)
{
	size_t size;
	const char *text = an_dictionary_text(dictionary, number, &size);

	return PointerGetDatum(cstring_to_text_with_len(text, (int) size));
}

void *
an_answer_room(void *members, uint32 *n, uint32 number, Size size)
{
	Size room = Max((Size) number + 1, Max(16, 2 * (Size) *n));
	void *grown;

	if (number < *n)
		return members;
	grown = MemoryContextAllocExtended(CurrentMemoryContext, room * size,
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	if (members)
	{
		memcpy(grown, members, *n * size);
		pfree(members);
	}
	*n = (uint32) Min(room, PG_UINT32_MAX);
	return grown;
}

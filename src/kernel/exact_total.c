/*
 * exact_total.c - an exact sum with the number of its values
 */
#include "kernel/exact_total.h"

#include <math.h>

/* What a stored sum begins with: NaN, both infinities, that it is not zero. */
#define FLAGS_SPECIAL 7
#define FLAG_DIGITS	  16

AnStatus
an_exact_total_merge(AnExactTotal *into, const AnExactTotal *from, const AnMemory *memory)
{
	if (from->count > AN_EXACT_TOTAL_MAX - into->count)
		return AN_ERR_LIMIT;
	an_exact_sum_merge(&into->sum, &from->sum, memory);
	into->count += from->count;
	return AN_OK;
}

AnStatus
an_exact_total_sum(const AnExactTotal *total, double *sum)
{
	*sum = an_exact_sum_value(&total->sum);
	return total->sum.specials == 0 && isinf(*sum) ? AN_ERR_OUT_OF_RANGE : AN_OK;
}

AnStatus
an_exact_total_mean(const AnExactTotal *total, double *mean)
{
	*mean = an_exact_sum_mean(&total->sum, total->count);
	return total->sum.specials == 0 && isinf(*mean) ? AN_ERR_CORRUPT : AN_OK;
}

size_t
an_exact_total_store(const AnExactTotal *total, uint8_t *bytes)
{
	size_t used = 1;

	bytes[0] = AN_EXACT_TOTAL_VERSION;
	used += an_varint_put(bytes + used, total->count);
	return used + an_exact_sum_store(&total->sum, bytes + used);
}

/* Reads version and number of values, and says where the sum begins. */
static bool
read_head(const uint8_t *bytes, size_t size, uint64_t *count, size_t *at)
{
	*at = 1;
	return size > 0 && bytes[0] == AN_EXACT_TOTAL_VERSION &&
		   an_varint_get(bytes, size, at, count) && *count <= AN_EXACT_TOTAL_MAX;
}

/* Tells whether `count` values can be of the kinds that the flags of a sum name. */
static bool
enough_values(uint64_t count, uint8_t flags)
{
	uint64_t kinds = (flags & FLAG_DIGITS) != 0;

	for (uint8_t special = flags & FLAGS_SPECIAL; special; special &= special - 1)
		kinds++;
	return count >= kinds;
}

AnStatus
an_exact_total_count(const uint8_t *bytes, size_t size, uint64_t *count)
{
	size_t at;

	return read_head(bytes, size, count, &at) ? AN_OK : AN_ERR_CORRUPT;
}

AnStatus
an_exact_total_merge_stored(AnExactTotal *into, const uint8_t *bytes, size_t size,
							const AnMemory *memory)
{
	uint64_t count;
	size_t at;
	size_t used;

	if (!read_head(bytes, size, &count, &at) || at >= size || !enough_values(count, bytes[at]))
		return AN_ERR_CORRUPT;
	if (count > AN_EXACT_TOTAL_MAX - into->count)
		return AN_ERR_LIMIT;
	if (an_exact_sum_merge_stored(&into->sum, bytes + at, size - at, &used, memory) != AN_OK ||
		used != size - at)
		return AN_ERR_CORRUPT;
	into->count += count;
	return AN_OK;
}

bool
an_exact_total_check(const uint8_t *bytes, size_t size)
{
	int64_t chunks[AN_EXACT_SUM_CHUNKS];
	AnExactTotal total;
	double mean;

	an_exact_total_fixed(&total, chunks);
	if (an_exact_total_merge_stored(&total, bytes, size, NULL) != AN_OK)
		return false;
	/* The finite values alone: their mean is none of theirs, but within them. */
	total.sum.specials = 0;
	return total.count == 0 || an_exact_total_mean(&total, &mean) == AN_OK;
}

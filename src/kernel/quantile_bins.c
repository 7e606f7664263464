/*
 * quantile_bins.c - counters of the bins of a quantile sketch
 */
#include "kernel/quantile_bins.h"

#include <string.h>

/* Pages of counters that all indexes of both sides need at most; they can be told in 16 bits. */
#define PAGES_MAX (2 * (AN_BINS_MAX / AN_BINS_PAGE + 1))
_Static_assert(PAGES_MAX < UINT16_MAX, "a page must fit its directory");

void
an_bins_init(AnBins *bins)
{
	memset(bins, 0, sizeof(*bins));
}

void
an_bins_free(AnBins *bins, const AnMemory *memory)
{
	an_memory_give(memory, bins->sides[0].pages);
	an_memory_give(memory, bins->sides[1].pages);
	an_memory_give(memory, bins->counters);
	an_bins_init(bins);
}

/* Makes the directory cover a page, and a quarter more on the side where it grows. */
static void
cover(AnBinSide *side, uint32_t page, const AnMemory *memory)
{
	uint32_t limit = AN_BINS_MAX / AN_BINS_PAGE + 1;
	uint32_t first = side->first;
	uint32_t end = first + side->n;
	uint32_t slack = side->n / 4u;
	uint16_t *pages;

	if (page >= first && page < end)
		return;
	if (side->n == 0)
	{
		first = page;
		end = page + 4 < limit ? page + 4 : limit;
	}
	else if (page < first)
		first = page > slack ? page - slack : 0;
	else
		end = page + 1 + slack < limit ? page + 1 + slack : limit;
	pages = an_memory_take(memory, (end - first) * sizeof(*pages));
	memset(pages, 0, (end - first) * sizeof(*pages));
	if (side->n > 0)
		memcpy(pages + (side->first - first), side->pages, side->n * sizeof(*pages));
	an_memory_give(memory, side->pages);
	side->pages = pages;
	side->first = (uint16_t) first;
	side->n = (uint16_t) (end - first);
}

static size_t
page_size(const AnBins *bins)
{
	return AN_BINS_PAGE * (bins->wide ? sizeof(uint64_t) : sizeof(uint32_t));
}

/* Pages to have memory for, after n: twice as many, or a quarter more where that is much. */
static uint32_t
grown(uint32_t n)
{
	return n < 64 ? (n == 0 ? 1 : 2 * n) : n + n / 4;
}

/* Takes a page of zeros; returns its number, from 1. */
static uint16_t
new_page(AnBins *bins, const AnMemory *memory)
{
	size_t size = page_size(bins);

	if (bins->n_pages == bins->n_room)
	{
		uint32_t room = grown(bins->n_room);
		uint8_t *counters;

		if (room > PAGES_MAX)
			room = PAGES_MAX;
		counters = an_memory_take(memory, room * size);
		if (bins->n_pages > 0)
			memcpy(counters, bins->counters, bins->n_pages * size);
		an_memory_give(memory, bins->counters);
		bins->counters = counters;
		bins->n_room = (uint16_t) room;
	}
	memset((uint8_t *) bins->counters + bins->n_pages * size, 0, size);
	return ++bins->n_pages;
}

static void
widen(AnBins *bins, const AnMemory *memory)
{
	uint64_t *wide = an_memory_take(memory, bins->n_room * AN_BINS_PAGE * sizeof(*wide));
	const uint32_t *narrow = bins->counters;

	for (uint32_t i = 0; i < (uint32_t) bins->n_pages * AN_BINS_PAGE; i++)
		wide[i] = narrow[i];
	an_memory_give(memory, bins->counters);
	bins->counters = wide;
	bins->wide = true;
}

static uint64_t
counter_get(const AnBins *bins, uint32_t i)
{
	return bins->wide ? ((const uint64_t *) bins->counters)[i]
					  : ((const uint32_t *) bins->counters)[i];
}

void
an_bins_add_slowly(AnBins *bins, int side, uint32_t index, uint64_t count, const AnMemory *memory)
{
	AnBinSide *directory = &bins->sides[side];
	uint32_t page = index >> AN_BINS_PAGE_SHIFT;
	uint32_t counter;

	cover(directory, page, memory);
	page -= directory->first;
	if (directory->pages[page] == 0)
		directory->pages[page] = new_page(bins, memory);
	counter = (uint32_t) (directory->pages[page] - 1) * AN_BINS_PAGE + index % AN_BINS_PAGE;
	if (!bins->wide && count > UINT32_MAX - ((uint32_t *) bins->counters)[counter])
		widen(bins, memory);
	if (bins->wide)
		((uint64_t *) bins->counters)[counter] += count;
	else
		((uint32_t *) bins->counters)[counter] += (uint32_t) count;
}

/* Looks at a bin of a page that the directory covers. */
static uint64_t
count_at(const AnBins *bins, const AnBinSide *side, uint32_t index)
{
	uint16_t page = side->pages[(index >> AN_BINS_PAGE_SHIFT) - side->first];

	return page == 0
			   ? 0
			   : counter_get(bins, (uint32_t) (page - 1) * AN_BINS_PAGE + index % AN_BINS_PAGE);
}

bool
an_bins_next(const AnBins *bins, int side, uint32_t *index, uint64_t *count)
{
	const AnBinSide *directory = &bins->sides[side];
	uint32_t i = *index;
	uint32_t begin = (uint32_t) directory->first * AN_BINS_PAGE;
	uint32_t end = begin + (uint32_t) directory->n * AN_BINS_PAGE;

	for (i = i < begin ? begin : i; i < end; i++)
	{
		if (directory->pages[(i >> AN_BINS_PAGE_SHIFT) - directory->first] == 0)
			i |= AN_BINS_PAGE - 1; /* the last of its page */
		else if ((*count = count_at(bins, directory, i)) != 0)
		{
			*index = i;
			return true;
		}
	}
	return false;
}

bool
an_bins_previous(const AnBins *bins, int side, uint32_t *index, uint64_t *count)
{
	const AnBinSide *directory = &bins->sides[side];
	uint32_t begin = (uint32_t) directory->first * AN_BINS_PAGE;
	uint32_t end = begin + (uint32_t) directory->n * AN_BINS_PAGE;
	uint32_t i = *index < end ? *index + 1 : end; /* one above what is looked at */

	for (; i > begin; i--)
	{
		if (directory->pages[((i - 1) >> AN_BINS_PAGE_SHIFT) - directory->first] == 0)
			i = ((i - 1) | (AN_BINS_PAGE - 1)) - (AN_BINS_PAGE - 1) + 1; /* the first of its page */
		else if ((*count = count_at(bins, directory, i - 1)) != 0)
		{
			*index = i - 1;
			return true;
		}
	}
	return false;
}

/*
 * quantile_bins.h - counters of the bins of a quantile sketch
 *
 * Counters stand in pages of 32, and only pages with a count have memory; a
 * directory a side (negative and positive numbers) finds them.  Data that spans
 * few octaves needs a few pages; data that somebody chose so that every value
 * is in a page of its own 128 bytes for each, and at most 750 KB at 1 %, 7.5 MB
 * at 0.1 %.
 *
 * A counter has 32 bits until one of them would overflow; then all have 64.
 */
#ifndef AN_KERNEL_QUANTILE_BINS_H
#define AN_KERNEL_QUANTILE_BINS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/quantile_map.h"

#define AN_BINS_PAGE_SHIFT 5
#define AN_BINS_PAGE	   (1 << AN_BINS_PAGE_SHIFT)
#define AN_BINS_MAX		   (AN_QUANTILE_OCTAVES * AN_QUANTILE_RESOLUTION_MAX)

/* Directory of one side. */
typedef struct AnBinSide
{
	uint16_t *pages; /* page of counters for each page of indexes, from 1; 0 where all are 0 */
	uint16_t first;	 /* page of indexes that pages[0] is for */
	uint16_t n;		 /* members of pages */
} AnBinSide;

typedef struct AnBins
{
	AnBinSide sides[2]; /* [1] negative numbers, by their magnitude */
	void *counters;		/* n_room pages of uint32_t, or uint64_t where wide */
	uint16_t n_pages;	/* pages in use */
	uint16_t n_room;	/* pages that have memory */
	bool wide;			/* counters have 64 bits */
} AnBins;

/* an_bins_init makes bins without a count, without memory; an_bins_free gives memory back and leaves such. */
extern void an_bins_init(AnBins *bins);
extern void an_bins_free(AnBins *bins, const AnMemory *memory);

/* an_bins_add_slowly is an_bins_add for whatever its fast way cannot. */
extern void
an_bins_add_slowly(AnBins *bins, int side, uint32_t index, uint64_t count, const AnMemory *memory);

/* an_bins_add adds to the counter of a bin; the caller sees to it that all counts together stay below 2^63. */
static inline void
an_bins_add(AnBins *bins, int side, uint32_t index, uint64_t count, const AnMemory *memory)
{
	const AnBinSide *directory = &bins->sides[side];
	uint32_t page = (index >> AN_BINS_PAGE_SHIFT) - directory->first;
	uint32_t *counter;

	if (page < directory->n && directory->pages[page] != 0 && !bins->wide)
	{
		counter = (uint32_t *) bins->counters +
				  ((uint32_t) (directory->pages[page] - 1) << AN_BINS_PAGE_SHIFT) +
				  (index & (AN_BINS_PAGE - 1));
		if (count <= UINT32_MAX - *counter)
		{
			*counter += (uint32_t) count;
			return;
		}
	}
	an_bins_add_slowly(bins, side, index, count, memory);
}

/*
 * an_bins_next finds the first bin with a count at `*index` or above it, sets *index and
 * *count and returns true; false where there is none.  an_bins_previous finds the last one at or below.
 */
extern bool an_bins_next(const AnBins *bins, int side, uint32_t *index, uint64_t *count);
extern bool an_bins_previous(const AnBins *bins, int side, uint32_t *index, uint64_t *count);

#endif /* AN_KERNEL_QUANTILE_BINS_H */

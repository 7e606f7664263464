/*
 * runs.h - events brought together into runs: sessions, and times of being alive
 *
 * A run is events of which each follows the one before after at most gap_us; two
 * runs are further apart.  Only its first and last event and their number are
 * kept, so memory grows with the runs, whatever the number of events.  Events
 * come in any order, and the runs are the same.
 *
 * Times are microseconds in any epoch.  The smallest and the greatest int64 stand
 * for infinity: they are apart from all times but themselves.
 *
 * While events come, runs may overlap and have no order; an_runs_compact unites
 * and sorts them, and is called where room is short.  The first block may be the
 * caller's own; later ones come from AnMemory, and an_runs_free gives the last
 * one back.
 *
 * docs/sessionize.md has the stored form byte by byte.
 */
#ifndef AN_KERNEL_RUNS_H
#define AN_KERNEL_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/status.h"

#define AN_RUNS_MAX (UINT32_MAX / 2)

/* Three words and nothing between them: runs are sorted as records of words. */
typedef struct AnRun
{
	int64_t first;	  /* time of the first event */
	int64_t last;	  /* time of the last, not before the first */
	int64_t n_events; /* above 0; more than 2^63 - 1 are as many */
} AnRun;

typedef struct AnRuns
{
	AnRun *runs;	   /* what was gathered */
	uint32_t n_runs;   /* runs held */
	uint32_t capacity; /* runs that there is room for */
	int64_t gap_us;	   /* longest time between two events of a run, above 0; fixed */
	bool compact;	   /* runs are sorted, and apart */
	bool owned;		   /* runs was taken from AnMemory */
} AnRuns;

/* an_runs_apart tells whether two times, the first one not after the second, belong to different runs. */
static inline bool
an_runs_apart(int64_t from, int64_t to, int64_t gap_us)
{
	if (from == to)
		return false;
	if (from == INT64_MIN || to == INT64_MAX)
		return true;
	return (uint64_t) to - (uint64_t) from > (uint64_t) gap_us;
}

/* an_runs_init makes an empty gathering whose first block is `runs`, of n runs, which stays the caller's; it may be NULL with 0. */
extern void an_runs_init(AnRuns *runs, int64_t gap_us, AnRun *block, uint32_t n);

/* an_runs_free gives the block back and leaves the gathering empty. */
extern void an_runs_free(AnRuns *runs, const AnMemory *memory);

/*
 * an_runs_add adds an event; `scratch` is for a copy of the runs while they are
 * sorted.  AN_ERR_LIMIT where there are AN_RUNS_MAX runs already.
 */
extern AnStatus
an_runs_add(AnRuns *runs, const AnMemory *memory, const AnMemory *scratch, int64_t time);

/* an_runs_merge adds the events of another gathering with the same gap_us.  Statuses as for an_runs_add. */
extern AnStatus
an_runs_merge(AnRuns *runs, const AnMemory *memory, const AnMemory *scratch, const AnRuns *from);

/* an_runs_compact unites runs that are not apart, and sorts them. */
extern void an_runs_compact(AnRuns *runs, const AnMemory *scratch);

/* an_runs_size returns the bytes of the stored form of compact runs. */
extern size_t an_runs_size(const AnRuns *runs);

/* an_runs_write stores compact runs. */
extern void an_runs_write(const AnRuns *runs, uint8_t *bytes);

/*
 * an_runs_read makes a gathering of its stored form, with a block of `memory`.
 * AN_ERR_CORRUPT, and *runs is empty, for bytes that an_runs_write does not write.
 */
extern AnStatus
an_runs_read(AnRuns *runs, const AnMemory *memory, const uint8_t *bytes, size_t size);

#endif /* AN_KERNEL_RUNS_H */

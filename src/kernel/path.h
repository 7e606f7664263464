/*
 * path.h - the paths of one entity: which node came after which
 *
 * An event is two words, its time (microseconds) and the number of its node, in
 * ascending order (records.h).  The events are cut into runs by a gap, and each
 * run has at most one path:
 *
 *   no anchor     the nodes from the run's first event on
 *   start         from the first event of that node on
 *   end           backwards from the first event of that node
 *   start, end    from the first event of `start` to the first event of `end`
 *                 behind it; a run that does not get there has no path
 *
 * A path is told outward from its anchor: with an end alone, nodes[0] is the end
 * and nodes[1] what came before it.  It has at most max_steps nodes beyond the
 * first one.  Where repeats of a node in a row are collapsed to one, its time is that
 * of the first of them, so that the time between two nodes is from arrival to arrival.
 */
#ifndef AN_KERNEL_PATH_H
#define AN_KERNEL_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most steps of a path. */
#define AN_PATH_MAX_STEPS 100

/* No node; also the greatest number that nodes stay below. */
#define AN_PATH_NO_NODE INT32_MAX

/* What is asked; the same for all entities. */
typedef struct AnPathRule
{
	int64_t gap_us;		/* a path is cut where more lies between two events; AN_SESSION_NO_GAP */
	uint32_t start;		/* node at which paths begin, or AN_PATH_NO_NODE */
	uint32_t end;		/* node at which they end, or AN_PATH_NO_NODE */
	uint32_t max_steps; /* 1 to AN_PATH_MAX_STEPS */
	bool collapse;		/* repeats in a row are one */
} AnPathRule;

/* One path. */
typedef struct AnPath
{
	uint32_t n;							   /* nodes; 0: the run has no path */
	bool ended;							   /* no node lies beyond the last one, in this direction */
	uint32_t nodes[AN_PATH_MAX_STEPS + 1]; /* outward from the anchor */
	int64_t times[AN_PATH_MAX_STEPS + 1];  /* when each was reached */
} AnPath;

/* an_path_backward tells whether paths are told from their end. */
static inline bool
an_path_backward(const AnPathRule *rule)
{
	return rule->end != AN_PATH_NO_NODE && rule->start == AN_PATH_NO_NODE;
}

/*
 * an_path_next reads the run that begins with event `from` (below n), sets the path, and returns
 * where the next run begins.
 */
extern size_t
an_path_next(const AnPathRule *rule, const int64_t *events, size_t n, size_t from, AnPath *path);

#endif /* AN_KERNEL_PATH_H */

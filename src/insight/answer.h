/*
 * answer.h - values as insights show them: shares, spans of time, values of a breakdown
 */
#ifndef AN_INSIGHT_ANSWER_H
#define AN_INSIGHT_ANSWER_H

#include "base/base.h"

#include "kernel/dictionary.h"

/* No column. */
#define AN_ANSWER_NONE (-1)

/*
 * an_answer_begin switches to a context for the values of rows, and returns the current one;
 * an_answer_next empties it, when rows have been put out; an_answer_end deletes it and goes back.
 */
extern MemoryContext an_answer_begin(void);
extern void an_answer_next(void);
extern void an_answer_end(MemoryContext caller);

/*
 * an_answer_share sets columns to k of n as a share with 4 decimals, and to the bounds of its
 * 95 % interval (Wilson; AN_ANSWER_NONE where there are no such columns).  NULL where n is 0.
 */
extern void
an_answer_share(int64 k, int64 n, int share, int low, int high, Datum *columns, bool *nulls);

/* an_answer_span returns microseconds as an interval of days of 24 hours and the rest. */
extern Datum an_answer_span(int64 span_us);

/* an_answer_between returns the microseconds from one instant to one that is not before it; raises 22008 where they do not fit. */
extern int64 an_answer_between(TimestampTz from, TimestampTz to);

/* an_answer_order returns the numbers of a dictionary in the order of their texts, byte by byte; in the current context. */
extern uint32 *an_answer_order(const AnDictionary *dictionary);

/* an_answer_text returns a text of a dictionary as a value. */
extern Datum an_answer_text(const AnDictionary *dictionary, uint32 number);

/*
 * an_answer_room makes sure that an array with room for *n members of `size` bytes, NULL for
 * none, has member `number`; new ones are zero.  Returns the array, in the current context, and sets *n.
 */
extern void *an_answer_room(void *members, uint32 *n, uint32 number, Size size);

#endif /* AN_INSIGHT_ANSWER_H */

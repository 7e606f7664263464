/*
 * sequence.h - patterns of events in one entity's history
 *
 * A pattern is a row of items, each with an optional quantifier:
 *
 *     (?3)        an event for which condition 3 is true (conditions count from 1)
 *     (?!3)       an event for which it is not
 *     .           any event
 *     (?t<=3600)  a gap: any events, such that the seconds between the event
 *                 before and the event after are <= 3600; also < > >= ==,
 *                 decimals down to microseconds, several in a row
 *     * + ? {2} {2,} {2,5}   as often, behind any item but a gap
 *
 * White space between items is ignored.  A pattern matches where consecutive
 * events fit its items one after the other; it may begin and end anywhere.  Of
 * several matches the one that begins first is taken, then the one whose items
 * come first: `.` and (?!N) take as few events as they can, (?N) as many.  That is
 * what ClickHouse's sequenceMatch finds by backtracking.
 *
 * The pattern becomes a chain of states, and a table tells, from the last event
 * back to the first, from which states the rest can be matched: the work is events
 * times states, whatever the pattern (gaps keep a queue each).  No recursion.
 */
#ifndef AN_KERNEL_SEQUENCE_H
#define AN_KERNEL_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/status.h"

/* Limits: bytes of a pattern, and its states once quantifiers are written out. */
#define AN_SEQUENCE_TEXT_MAX   65536
#define AN_SEQUENCE_STATES_MAX 1024

/* What a state does. */
typedef enum AnSequenceStep
{
	AN_SEQUENCE_ONE,	  /* takes one event, and goes on */
	AN_SEQUENCE_OPTIONAL, /* takes one event or none, and goes on */
	AN_SEQUENCE_LOOP,	  /* takes events, and goes on when it will */
	AN_SEQUENCE_GAP,	  /* lets events pass; the next one taken lies in a range of time */
} AnSequenceStep;

/* One state of a compiled pattern. */
typedef struct AnSequenceState
{
	uint8_t step;	   /* AnSequenceStep */
	bool negated;	   /* takes events without the condition */
	int32_t condition; /* condition that it takes, from 0; -1: any event */
	uint64_t low_us;   /* gap: least time since the event before */
	uint64_t high_us;  /* gap: most time */
} AnSequenceState;

/* A compiled pattern; plain memory, may be copied. */
typedef struct AnSequence
{
	int n_states;									/* states, in the order of the pattern */
	int n_conditions;								/* highest condition that is named */
	AnSequenceState states[AN_SEQUENCE_STATES_MAX]; /* the states */
} AnSequence;

/* Where a pattern does not parse. */
typedef struct AnSequenceError
{
	const char *message; /* what is wrong, for a person */
	size_t position;	 /* byte of the text, from 0 */
} AnSequenceError;

/* A history: n events in ascending order of time; bit c of an event's words says whether condition c is true. */
typedef struct AnSequenceEvents
{
	size_t n;			   /* events */
	const int64_t *at_us;  /* their times in microseconds */
	int n_words;		   /* 64-bit words of conditions for each event */
	const uint64_t *masks; /* uint64_t[n * n_words] */
} AnSequenceEvents;

/* What a search needs from its caller. */
typedef struct AnSequenceCaller
{
	AnMemory memory;	/* all is given back */
	void (*poll)(void); /* called every few thousand events; may not return; or NULL */
} AnSequenceCaller;

/*
 * an_sequence_parse compiles a pattern.  AN_ERR_SYNTAX: it does not parse, names condition 0, a gap does
 * not stand between two events, or nothing at all would match it; AN_ERR_LIMIT: too long.  Both fill `error`.
 */
extern AnStatus
an_sequence_parse(const char *text, size_t length, AnSequence *sequence, AnSequenceError *error);

/* an_sequence_match tells whether the pattern matches anywhere. */
extern bool an_sequence_match(const AnSequence *sequence, const AnSequenceEvents *events,
							  const AnSequenceCaller *caller);

/* an_sequence_count returns how many matches there are that share no event, each after the end of the one before. */
extern size_t an_sequence_count(const AnSequence *sequence, const AnSequenceEvents *events,
								const AnSequenceCaller *caller);

/*
 * an_sequence_find writes the indexes of the events that the conditions (?N) of the first match took, in
 * ascending order, to found[], which has room for events->n, and returns how many; 0 where none matches.
 */
extern size_t an_sequence_find(const AnSequence *sequence, const AnSequenceEvents *events,
							   size_t *found, const AnSequenceCaller *caller);

#endif /* AN_KERNEL_SEQUENCE_H */

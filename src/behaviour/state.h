/*
 * state.h - the state of an aggregate over events: type behaviour_state
 *
 * A state is events (kernel/timeline.h) and the spec of the aggregate that
 * gathers them: its kind, and the arguments that are the same for every row of a
 * group.  In memory it is an expanded object of 128 bytes, the first events
 * included; all states of an aggregate share its memory context, and states with
 * the same arguments share a spec.  Flat it is a varlena of the stored form:
 * partial states travel so.
 *
 * A new aggregate over events adds its AnBehaviourKind to the list in state.c.
 */
#ifndef AN_BEHAVIOUR_STATE_H
#define AN_BEHAVIOUR_STATE_H

#include "behaviour/behaviour.h"

#include "utils/array.h"
#include "utils/expandeddatum.h"

#include "kernel/timeline.h"
#include "kernel/values.h"

/* Words of events that need no block of their own: the object has 128 bytes. */
#define AN_BEHAVIOUR_INLINE 6

/* Bits of a mask that are the number of an event's value, from 1; 0 for none. */
#define AN_BEHAVIOUR_VALUE_BITS 32

/* The kinds, as they stand in stored bytes: frozen. */
typedef enum AnBehaviourCode
{
	AN_BEHAVIOUR_WINDOW_FUNNEL = 1,
	AN_BEHAVIOUR_SEQUENCE = 2,
	AN_BEHAVIOUR_FUNNEL_AGG = 3,
} AnBehaviourCode;

typedef struct AnBehaviourKind
{
	uint8 code;		   /* AnBehaviourCode */
	const char *name;  /* the aggregate in SQL */
	uint8 flags;	   /* flags that AnTimeline.flags may have */
	Size meaning_size; /* bytes of what its parameters mean to it */
	/* reads parameters; false where they are damaged, or not of n_steps conditions.  May palloc; meaning is zeroed before. */
	bool (*read)(const uint8 *parameters, uint32 size, uint32 n_steps, void *meaning);
	/* tells whether events have values; NULL: never */
	bool (*valued)(const void *meaning);
	/* brings the events into the form that is stored, at least sorted */
	void (*compact)(AnTimeline *events, const void *meaning, const AnMemory *memory,
					const AnMemory *scratch);
} AnBehaviourKind;

typedef struct AnBehaviourSpec
{
	const AnBehaviourKind *kind; /* the aggregate */
	uint32 n_steps;				 /* conditions */
	uint32 size;				 /* bytes of the parameters */
	const uint8 *parameters;	 /* the other arguments, as they are stored */
	const void *meaning;		 /* what kind->read made of them */
	bool valued; /* events have values, in the last AN_BEHAVIOUR_VALUE_BITS of n_steps */
} AnBehaviourSpec;

typedef struct AnBehaviour
{
	ExpandedObjectHeader header;			 /* what PostgreSQL knows an expanded object by */
	const AnBehaviourSpec *spec;			 /* shared; lives longer than the state */
	AnTimeline events;						 /* what was gathered */
	int64 inline_words[AN_BEHAVIOUR_INLINE]; /* first block of the events */
} AnBehaviour;

/* A state whose events have values. */
typedef struct AnValuedBehaviour
{
	AnBehaviour state; /* what all states have */
	AnValues values;   /* the values, by number from 0 */
} AnValuedBehaviour;

/*
 * an_behaviour_spec makes a spec in `context`, with a copy of the parameters,
 * which must be sound.
 */
extern const AnBehaviourSpec *
an_behaviour_spec(MemoryContext context, const AnBehaviourKind *kind, uint32 n_steps,
				  const uint8 *parameters, uint32 size);

/* an_behaviour_same_spec raises 22023 unless two specs of a kind ask the same. */
extern void an_behaviour_same_spec(const AnBehaviourSpec *a, const AnBehaviourSpec *b);

/*
 * an_behaviour_new makes an empty state in the context that the states of this
 * aggregate share.  Raises 42809 outside an aggregate.
 */
extern AnBehaviour *an_behaviour_new(FunctionCallInfo fcinfo, const AnBehaviourSpec *spec);

/*
 * an_behaviour_arg returns the state in argument 0 of a transition or combine
 * function to be changed, NULL where it is NULL.  A flat one becomes an object
 * first.  Raises 22023 where it belongs to another kind, XX001 where damaged.
 */
extern AnBehaviour *an_behaviour_arg(FunctionCallInfo fcinfo, const AnBehaviourKind *kind);

/*
 * an_behaviour_read returns a state to read, as an object of the current context
 * where it was flat.  Errors as for an_behaviour_arg.
 */
extern AnBehaviour *an_behaviour_read(Datum value, const AnBehaviourKind *kind);

/*
 * an_behaviour_combine is the combine function of a kind: the state of all events
 * of both states.  Raises 22023 where they were gathered with different arguments.
 */
extern Datum an_behaviour_combine(FunctionCallInfo fcinfo, const AnBehaviourKind *kind);

/*
 * an_behaviour_count returns the number of conditions in argument `arg`, which has
 * this name in SQL, and the array itself.  Raises 22004, 22023 or 54000 for what is none.
 */
extern uint32 an_behaviour_count(FunctionCallInfo fcinfo, int arg, const char *function,
								 const char *name, ArrayType **conditions);

/* an_behaviour_mask sets the bits of the conditions that are true, and returns whether any is. */
extern bool an_behaviour_mask(const ArrayType *conditions, uint32 n_steps, uint64 *mask);

/*
 * an_behaviour_ascending tells whether the call has ORDER BY its argument `arg`
 * (of the aggregate, from 0), ascending: then rows come in that order.
 */
extern bool an_behaviour_ascending(FunctionCallInfo fcinfo, int arg);

/* an_behaviour_values returns the values of a state whose events have some. */
static inline AnValues *
an_behaviour_values(AnBehaviour *state)
{
	return &((AnValuedBehaviour *) state)->values;
}

/* an_behaviour_put_value sets the value of a mask of n_steps bits, in which it is 0. */
static inline void
an_behaviour_put_value(uint64 *mask, uint32 n_steps, uint32 value)
{
	uint32 bit = n_steps - AN_BEHAVIOUR_VALUE_BITS;

	mask[bit / 64] |= (uint64) value << (bit % 64);
	if (bit % 64 > 64 - AN_BEHAVIOUR_VALUE_BITS)
		mask[bit / 64 + 1] |= (uint64) value >> (64 - bit % 64);
}

/* an_behaviour_get_value returns the value of an event. */
static inline uint32
an_behaviour_get_value(const AnTimeline *events, uint32 i)
{
	uint32 bit = events->n_steps - AN_BEHAVIOUR_VALUE_BITS;
	uint64 value = an_timeline_mask(events, i, bit / 64) >> (bit % 64);

	if (bit % 64 > 64 - AN_BEHAVIOUR_VALUE_BITS)
		value |= an_timeline_mask(events, i, bit / 64 + 1) << (64 - bit % 64);
	return (uint32) value;
}

/* an_behaviour_clear_value takes the value out of a mask. */
static inline void
an_behaviour_clear_value(uint64 *mask, uint32 n_steps)
{
	uint32 bit = n_steps - AN_BEHAVIOUR_VALUE_BITS;

	mask[bit / 64] &= ~((uint64) UINT32_MAX << (bit % 64));
	if (bit % 64 > 64 - AN_BEHAVIOUR_VALUE_BITS)
		mask[bit / 64 + 1] &= ~((uint64) UINT32_MAX >> (64 - bit % 64));
}

/*
 * an_behaviour_values_read reads stored values into `values`, and the number of each
 * there into *numbers, palloc'd; returns the bytes they take, 0 where they are damaged.
 */
extern Size an_behaviour_values_read(const uint8 *bytes, Size size, AnValues *values,
									 const AnMemory *memory, uint32 **numbers, uint32 *n);

/* an_behaviour_values_arrange brings values into the form that is stored, and the events with them. */
extern void an_behaviour_values_arrange(AnBehaviour *state);

/* an_behaviour_values_size returns the bytes of the values, stored. */
extern Size an_behaviour_values_size(const AnValues *values);

/* an_behaviour_values_write stores values that are arranged, and returns their bytes. */
extern Size an_behaviour_values_write(const AnValues *values, uint8 *bytes);

/* an_behaviour_values_used tells whether events have n values, each at least once, and no others. */
extern bool an_behaviour_values_used(const AnTimeline *events, uint32 n);

/* an_behaviour_sound tells whether bytes are a stored state of any kind. */
extern bool an_behaviour_sound(const struct varlena *bytes);

/* Kinds, each in the file of its aggregate. */
extern const AnBehaviourKind an_window_funnel_kind;
extern const AnBehaviourKind an_sequence_kind;
extern const AnBehaviourKind an_funnel_agg_kind;

#endif /* AN_BEHAVIOUR_STATE_H */

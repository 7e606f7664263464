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

/* Words of events that need no block of their own: the object has 128 bytes. */
#define AN_BEHAVIOUR_INLINE 6

/* The kinds, as they stand in stored bytes: frozen. */
typedef enum AnBehaviourCode
{
	AN_BEHAVIOUR_WINDOW_FUNNEL = 1,
	AN_BEHAVIOUR_SEQUENCE = 2,
} AnBehaviourCode;

typedef struct AnBehaviourKind
{
	uint8 code;		   /* AnBehaviourCode */
	const char *name;  /* the aggregate in SQL */
	uint8 flags;	   /* flags that AnTimeline.flags may have */
	Size meaning_size; /* bytes of what its parameters mean to it */
	/* reads parameters; false where they are damaged.  May palloc; meaning is zeroed before. */
	bool (*read)(const uint8 *parameters, uint32 size, void *meaning);
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
} AnBehaviourSpec;

typedef struct AnBehaviour
{
	ExpandedObjectHeader header;			 /* what PostgreSQL knows an expanded object by */
	const AnBehaviourSpec *spec;			 /* shared; lives longer than the state */
	AnTimeline events;						 /* what was gathered */
	int64 inline_words[AN_BEHAVIOUR_INLINE]; /* first block of the events */
} AnBehaviour;

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

/* an_behaviour_sound tells whether bytes are a stored state of any kind. */
extern bool an_behaviour_sound(const struct varlena *bytes);

/* Kinds, each in the file of its aggregate. */
extern const AnBehaviourKind an_window_funnel_kind;
extern const AnBehaviourKind an_sequence_kind;

#endif /* AN_BEHAVIOUR_STATE_H */

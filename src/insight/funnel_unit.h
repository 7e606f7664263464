/*
 * funnel_unit.h - one entity of a funnel, split into units; what funnel_read.c and funnel_unit.c share
 */
#ifndef AN_INSIGHT_FUNNEL_UNIT_H
#define AN_INSIGHT_FUNNEL_UNIT_H

#include "insight/funnel.h"

/* Bits of a mask word. */
#define AN_FUNNEL_MASK_BITS 64

/* Words of the greatest mask. */
#define AN_FUNNEL_MASK_WORDS (AN_CONVERSION_MAX_CONDITIONS / AN_FUNNEL_MASK_BITS)

/* Events of one entity, or some of them, in order of time. */
typedef struct AnFunnelRun
{
	int64 *times;	  /* microseconds */
	uint64 *masks;	  /* mask words each */
	uint32 *values;	  /* rank of the breakdown's value; NULL where nothing needs it */
	uint32 *holds;	  /* number of the values that are held; the same */
	uint32 *sessions; /* number of the session; NULL where sessions do not matter */
	uint32 n;		  /* how many */
	uint32 capacity;  /* room for so many */
} AnFunnelRun;

/* The best of several runs that count as one unit. */
typedef struct AnFunnelBest
{
	uint32 level;							/* 0 while there is none */
	uint64 reached[AN_FUNNEL_MASK_WORDS];	/* steps reached in any of them */
	uint64 continued[AN_FUNNEL_MASK_WORDS]; /* the same, with a step before */
	int64 *times;							/* the chain */
	bool *taken;							/* its steps */
	int64 last;								/* when it got there */
	int64 *moments; /* by step up to the highest: its time, see set_moments */
	uint32 rank;	/* of its value of the breakdown */
} AnFunnelBest;

/* Levels at which entities are split; each has its own scratch. */
typedef enum AnFunnelSplit
{
	AN_SPLIT_VALUE,
	AN_SPLIT_SESSION,
	AN_SPLIT_HOLD,
	AN_N_SPLITS,
} AnFunnelSplit;

/* A funnel that is read. */
typedef struct AnFunnelReader
{
	AnFunnelAsk *ask;		   /* the question */
	AnConversionWork *work;	   /* the same for the kernel */
	AnFunnelFunction function; /* takes units */
	void *arg;				   /* what it is called with */
	AnMemory memory;		   /* of the statement's context */
	uint32 mask_words;		   /* words of a mask */
	uint32 n_words;			   /* words of a record */
	bool packed;			   /* a record is one word: the time, the mask below it */
	int values_word;		   /* word of a record with values: held low, breakdown high; -1 */
	int session_word;		   /* word with the session; -1 */
	int first_value;		   /* place of the columns of values among the further ones */
	bool keeps_all;			   /* events without any step matter */
	AnDictionary *values;	   /* values of the breakdown */
	uint32 *order;			   /* their numbers, in the order of their texts; then NULL's */
	uint32 *ranks;			   /* by number: its place there */
	int64 *moments;			   /* scratch: those of a chain */
	AnDictionary *holds;	   /* combinations of values that are held */
	AnDictionary *sessions;	   /* sessions of the source */
	StringInfoData text;	   /* scratch: a combination */
	AnFunnelRun run;		   /* all events of the entity */
	AnFunnelRun splits[AN_N_SPLITS]; /* the same events, group by group */
	uint64 *orders[AN_N_SPLITS];	 /* scratch to bring them there */
	Size orders_size[AN_N_SPLITS];	 /* room in it */
	const AnFunnelRun *attempted;	 /* the run whose attempts are reported */
	AnFunnelBest best;				 /* the unit under way */
	const void *key;				 /* the entity */
	size_t key_size;				 /* bytes of it */
	int64 *periods;					 /* where they begin, and the last one ends; as chains count */
	int period;						 /* the period */
} AnFunnelReader;

/* an_funnel_reserve makes room for n events; what is in there need not stay. */
extern void an_funnel_reserve(AnFunnelReader *reader, AnFunnelRun *run, uint32 n);

/* an_funnel_units sends the entity whose events are in reader->run through the steps, and hands its units on. */
extern void an_funnel_units(AnFunnelReader *reader);

#endif /* AN_INSIGHT_FUNNEL_UNIT_H */

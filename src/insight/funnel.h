/*
 * funnel.h - what the files behind funnel(), funnel_trend() and their like share
 *
 * A question (AnFunnelAsk) is read from the arguments; its events are gathered, and
 * each entity goes through the steps (kernel/conversion.h) as one unit or as many: a
 * unit is what is counted, an entity, one of its sessions, or one attempt.  What
 * came of a unit is handed on as an AnFunnelUnit.
 */
#ifndef AN_INSIGHT_FUNNEL_H
#define AN_INSIGHT_FUNNEL_H

#include "insight/step.h"

#include "kernel/conversion.h"
#include "kernel/dictionary.h"

/* What is counted. */
typedef enum AnFunnelCounting
{
	AN_COUNT_UNIQUES,  /* entities */
	AN_COUNT_TOTALS,   /* attempts */
	AN_COUNT_SESSIONS, /* sessions */
} AnFunnelCounting;

/* Which event's value of the breakdown a unit belongs to. */
typedef enum AnFunnelAttribution
{
	AN_ATTRIBUTE_FIRST, /* that of the chain's first step */
	AN_ATTRIBUTE_LAST,	/* that of its last step */
	AN_ATTRIBUTE_ALL,	/* the value that all steps have: a unit for each value */
	AN_ATTRIBUTE_STEP,	/* that of one step */
} AnFunnelAttribution;

/* No value: the number of NULL among values, which count from 1. */
#define AN_FUNNEL_NO_VALUE 0

/* A question, as it was asked. */
typedef struct AnFunnelAsk
{
	AnEvents events;				   /* whose events */
	AnSteps *steps;					   /* the steps, then the conditions of exclusions */
	AnConversion conversion;		   /* the meaning */
	AnConversionExclusion *exclusions; /* those of the meaning, to be changed */
	bool by_session;				   /* chains lie within one session */
	int64
		session_gap_us; /* sessions end where nothing happened for longer; with a session column unused */
	bool after_finish;				 /* steps behind the first may come after the range */
	AnFunnelCounting counting;		 /* units */
	List *hold;						 /* const AnExpression *: values that a chain keeps */
	char *hold_names;				 /* their names, with commas; NULL without any */
	const AnExpression *breakdown;	 /* or NULL */
	char *breakdown_name;			 /* as it was asked for */
	AnFunnelAttribution attribution; /* of the breakdown */
	int attribution_step;			 /* AN_ATTRIBUTE_STEP: which step, from 0 */
	TimestampTz start;				 /* chains begin in [start, finish) */
	TimestampTz finish;
	int n_periods;				/* where not 0, chains of each period are counted by themselves */
	const TimestampTz *periods; /* where they begin; the last one ends with `finish` */
	const char *preset;			/* name of the preset, or NULL */
} AnFunnelAsk;

/* What came of a unit. */
typedef struct AnFunnelUnit
{
	const void *key;		 /* its entity */
	size_t key_size;		 /* bytes of it */
	uint32 level;			 /* highest step reached, from 1; at least 1 */
	const uint64 *reached;	 /* a bit for each step */
	const uint64 *continued; /* the same */
	const int64 *times;		 /* of the reported chain, by step; valid where taken */
	const bool *taken;		 /* steps of the reported chain */
	uint32 value;			 /* number of its value of the breakdown, or AN_FUNNEL_NO_VALUE */
	int period;				 /* which period, 0 where there are none */
} AnFunnelUnit;

/* Takes a unit that came to step 1 at least. */
typedef void (*AnFunnelFunction)(void *arg, const AnFunnelUnit *unit);

/* Number of arguments that all functions of funnels share; their own come behind. */
#define AN_FUNNEL_ARGUMENTS 21

/*
 * an_funnel_ask reads the arguments that all functions of funnels share, from the first on.
 * Raises 22023, 22004 and 42704 for what means nothing.
 */
extern AnFunnelAsk *an_funnel_ask(FunctionCallInfo fcinfo, AnSpi *spi);

/* an_funnel_query writes the statement of a question. */
extern void an_funnel_query(AnFunnelAsk *ask);

/*
 * an_funnel_answer answers a question: `function` is called for every unit, of every
 * period.  Returns the values of the breakdown: value v is text v - 1.
 */
extern AnDictionary *an_funnel_answer(AnFunnelAsk *ask, AnFunnelFunction function, void *arg);

/* an_funnel_until returns when the window of a chain that begins before `entry` is over at the latest; DT_NOEND where that is no time. */
extern TimestampTz an_funnel_until(const AnFunnelAsk *ask, TimestampTz entry);

#endif /* AN_INSIGHT_FUNNEL_H */

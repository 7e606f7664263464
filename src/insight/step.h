/*
 * step.h - events as a user names them: steps of a funnel, the start and the return of retention
 *
 * A step is
 *
 *     "view"                                              an event's name
 *     {"event": "purchase", "where": {"plan": "pro"}}     with a filter object over columns, dimensions or properties
 *     {"event": ["cart", "wishlist"]}                     any of these
 *     {"where": "amount > 100"}                           an SQL condition, checked as in add_source; any event
 *     {"any": ["signup", {"event": "login", "where": {"os": "ios"}}]}      any of these steps
 *
 * and an object may have "name" and, where the caller allows it, "optional".
 * Names never become SQL: they are parameters.  Anything else is refused (22023,
 * with the number of the step and a hint).
 */
#ifndef AN_INSIGHT_STEP_H
#define AN_INSIGHT_STEP_H

#include "insight/events.h"

/* One step. */
typedef struct AnStep
{
	char *name;	   /* as answers show it: "name", else what it is made of */
	bool optional; /* may be left out */
	List *events;  /* char *: names of events, one of which it is; NIL for any event */
	Jsonb *filter; /* filter object, or NULL */
	char *sql;	   /* canonical SQL condition, or NULL */
	List *any;	   /* AnStep *: where not NIL, the step is any of these and nothing else */
} AnStep;

/* The steps of one statement, whose rows get a mask: bit i says that step i is satisfied. */
typedef struct AnSteps
{
	int n;					  /* steps */
	AnStep **steps;			  /* the same */
	int column;				  /* first of their columns among the further ones of the statement */
	int n_columns;			  /* how many there are; set by an_steps_select */
	bool by_name;			  /* the column is the event's name; else they are masks */
	struct AnStepName *names; /* by_name: the masks of names, in order */
	int n_names;			  /* how many */
} AnSteps;

/* an_steps_make makes an empty list of steps. */
extern AnSteps *an_steps_make(void);

/*
 * an_steps_parse adds the steps of a JSON array, or one step that is no array.  `argument` names it in
 * errors; allow_optional tells whether "optional" has a meaning there.
 */
extern void an_steps_parse(AnSteps *steps, AnEvents *events, Jsonb *json, const char *argument,
						   bool allow_optional);

/*
 * an_steps_parse_text adds one step: an event's name, or JSON where the text begins
 * with { or [ (then any of its members).  NULL is any event.
 */
extern void
an_steps_parse_text(AnSteps *steps, AnEvents *events, const char *text, const char *argument);

/* an_steps_select appends the columns that an_steps_mask reads; `column` is the place of the first among the further columns, from 0. */
extern void an_steps_select(AnSteps *steps, AnEvents *events, int column);

/* an_steps_where appends " AND (...)": only events that satisfy some step. */
extern void an_steps_where(const AnSteps *steps, AnEvents *events);

/*
 * an_steps_mask sets the mask of a row, (n + 63) / 64 words, and returns whether
 * any bit is set.
 */
extern bool
an_steps_mask(const AnSteps *steps, const Datum *values, const bool *nulls, uint64 *mask);

/*
 * an_steps_notice tells, when the rows have been read, which names of the first n steps no
 * event had, if some name had any: a typing error, mostly.  Says nothing where steps are
 * not only names.
 */
extern void an_steps_notice(const AnSteps *steps, int n);

#endif /* AN_INSIGHT_STEP_H */

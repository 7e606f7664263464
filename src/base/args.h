/*
 * args.h - arguments of SQL functions as C values
 */
#ifndef AN_BASE_ARGS_H
#define AN_BASE_ARGS_H

#include "postgres.h"
#include "fmgr.h"
#include "nodes/pg_list.h"

/* an_arg_text returns text argument `i` as a string in the current context, or NULL for SQL NULL. */
extern char *an_arg_text(FunctionCallInfo fcinfo, int i);

/* an_arg_required is an_arg_text for an argument that must be given: raises 22004 with its name. */
extern char *an_arg_required(FunctionCallInfo fcinfo, int i, const char *argument);

/* an_text_list returns the members of a text[] as a List of char *; raises 22004 for a NULL among them. */
extern List *an_text_list(Datum array, const char *argument);

/* an_text_array is the way back: a text[] of the strings of a list. */
extern Datum an_text_array(List *strings);

/*
 * an_word returns the place of `value` among n words that argument `argument` may be,
 * from 0.  Raises 22023 for another, with the nearest or all of them in the hint.
 */
extern int an_word(const char *argument, const char *value, const char *const *words, int n);

#endif /* AN_BASE_ARGS_H */

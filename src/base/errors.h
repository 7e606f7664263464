/*
 * errors.h - kernel statuses become errors here, and only here
 */
#ifndef AN_BASE_ERRORS_H
#define AN_BASE_ERRORS_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "kernel/status.h"

/*
 * an_check raises the error that belongs to a kernel status, and returns at
 * once for AN_OK.  `what` completes the message: the function or the value
 * that was refused ("time_bin width").
 */
extern void an_check(AnStatus status, const char *what);

/*
 * an_unknown raises 42704 for a missing thing: `what` "name" does not exist,
 * with the nearest of `names` (List of char *) in the hint.
 */
extern void an_unknown(const char *what, const char *name, List *names) pg_attribute_noreturn();

/*
 * an_not_null raises 22004 where an argument that must be given is NULL.
 */
extern void an_not_null(bool isnull, const char *argument);

#endif /* AN_BASE_ERRORS_H */

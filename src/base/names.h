/*
 * names.h - identifiers: validity and "did you mean"
 */
#ifndef AN_BASE_NAMES_H
#define AN_BASE_NAMES_H

#include "postgres.h"
#include "nodes/pg_list.h"

/* an_same_text tells whether two texts are the same, or both NULL. */
extern bool an_same_text(const char *a, const char *b);

/*
 * an_name_check raises 22023 unless `name` is 1 to 63 bytes of letters, digits,
 * '_', '.' or '-', beginning with a letter or '_'.  `what` names the kind of
 * thing in the message ("metric", "source").  Non-ASCII letters are allowed.
 */
extern void an_name_check(const char *what, const char *name);

/*
 * an_name_nearest returns the member of `names` (List of char *) that is nearest
 * to `name` by edit distance, or NULL where none is near enough to be a typing
 * error (distance above half the length).  The result points into the list.
 */
extern const char *an_name_nearest(const char *name, List *names);

/*
 * an_shown returns a text from outside as a message repeats it: whole up to 100
 * bytes, else a copy that is cut at a character and ends in "...".
 */
extern const char *an_shown(const char *text);

#endif /* AN_BASE_NAMES_H */

/*
 * names.h - texts of events as numbers whose order is that of the texts
 *
 * While rows come, a text is a number in the order of arrival (kernel/dictionary.h).
 * When all have come, an_names_rank gives each its rank, byte by byte: then numbers
 * compare as the texts do, and no text is looked at again but those that are shown.
 */
#ifndef AN_INSIGHT_NAMES_H
#define AN_INSIGHT_NAMES_H

#include "base/base.h"

#include "kernel/dictionary.h"

/* The number, and the rank, of NULL: behind all texts. */
#define AN_NAME_NULL PG_UINT32_MAX

typedef struct AnNames
{
	AnDictionary *texts; /* in the order of arrival */
	uint32 *order;		 /* ranked: number of each rank */
	uint32 *ranks;		 /* ranked: rank of each number */
	uint32 n;			 /* ranked: how many there are */
} AnNames;

/* an_names_make makes an empty set of names in the current context, which keeps all of it. */
extern AnNames *an_names_make(void);

/* an_names_number returns the number of a value of type text, or AN_NAME_NULL. */
extern uint32 an_names_number(AnNames *names, Datum value, bool isnull);

/* an_names_rank gives ranks, in the current context; nothing may be added afterwards. */
extern void an_names_rank(AnNames *names);

/* an_names_of returns the rank of a number. */
static inline uint32
an_names_of(const AnNames *names, uint32 number)
{
	return number == AN_NAME_NULL ? AN_NAME_NULL : names->ranks[number];
}

/* an_names_show sets a column to the text of a rank, in the current context; NULL for AN_NAME_NULL. */
extern void an_names_show(const AnNames *names, uint32 rank, Datum *value, bool *isnull);

#endif /* AN_INSIGHT_NAMES_H */

/*
 * names.c - identifiers: validity and "did you mean"
 */
#include "base/base.h"

#include <ctype.h>

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

/* Longest text that a message repeats whole. */
#define AN_SHOWN_MAX 100

/* Longest name: what fits a PostgreSQL identifier. */
#define AN_NAME_MAX (NAMEDATALEN - 1)

bool
an_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

void
an_name_check(const char *what, const char *name)
{
	size_t len = strlen(name);
	bool ok = len >= 1 && len <= AN_NAME_MAX;

	for (size_t i = 0; ok && i < len; i++)
	{
		unsigned char c = name[i];
		bool letter = IS_HIGHBIT_SET(c) || isalpha(c) || c == '_';

		ok = letter || (i > 0 && (isdigit(c) || c == '.' || c == '-'));
	}
	if (!ok)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid %s name \"%s\"", what, an_shown(name)),
			 errhint(
				 "A name has 1 to %d bytes: letters, digits, \"_\", \".\" and \"-\", and begins "
				 "with a letter or \"_\".",
				 AN_NAME_MAX)));
}

const char *
an_name_nearest(const char *name, List *names)
{
	const char *nearest = NULL;
	int len = strlen(name);
	int best = len < 3 ? len / 2 : (len + 1) / 2; /* two letters swapped make a distance of 2 */
	ListCell *lc;

	if (len > AN_NAME_MAX || best == 0)
		return NULL;
	foreach (lc, names)
	{
		const char *candidate = lfirst(lc);
		int distance;

		if (strlen(candidate) > AN_NAME_MAX)
			continue;
		distance = varstr_levenshtein_less_equal(name, len, candidate, strlen(candidate), 1, 1, 1,
												 best, true);
		if (distance < best || (distance == best && nearest == NULL))
		{
			best = distance;
			nearest = candidate;
		}
	}
	return nearest;
}

const char *
an_shown(const char *text)
{
	int len = strlen(text);

	if (len <= AN_SHOWN_MAX)
		return text;
	return psprintf("%.*s...", pg_mbcliplen(text, len, AN_SHOWN_MAX), text);
}

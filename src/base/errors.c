/*
 * errors.c - kernel statuses and missing things as errors
 */
#include "base/base.h"

/* What each status says; %s is the caller's words for what was refused. */
static const struct
{
	int sqlstate;		 /* SQLSTATE of the error */
	const char *message; /* message with one %s */
} status_texts[] = {
	[AN_ERR_ARGUMENT] = {ERRCODE_INVALID_PARAMETER_VALUE, "invalid %s"},
	[AN_ERR_OUT_OF_RANGE] = {ERRCODE_DATETIME_VALUE_OUT_OF_RANGE, "%s out of range"},
	[AN_ERR_LIMIT] = {ERRCODE_PROGRAM_LIMIT_EXCEEDED, "%s exceeds its limit"},
	[AN_ERR_SYNTAX] = {ERRCODE_SYNTAX_ERROR, "syntax error in %s"},
	[AN_ERR_CORRUPT] = {ERRCODE_DATA_CORRUPTED, "damaged %s"},
};

void
an_check(AnStatus status, const char *what)
{
	if (status != AN_OK)
		ereport(ERROR, (errcode(status_texts[status].sqlstate),
						errmsg(status_texts[status].message, what)));
}

void
an_unknown(const char *what, const char *name, List *names)
{
	const char *nearest = an_name_nearest(name, names);
	const char *maker = strcmp(what, "metric") == 0	  ? "define_metric"
						: strcmp(what, "source") == 0 ? "add_source"
													  : NULL;

	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("%s \"%s\" does not exist", what, an_shown(name)),
					nearest ? errhint("Perhaps you meant the %s \"%s\".", what, nearest)
					: maker ? errhint("Define it with analytics.%s.", maker)
							: 0));
}

void
an_not_null(bool isnull, const char *argument)
{
	if (isnull)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not be NULL", argument)));
}

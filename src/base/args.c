/*
 * args.c - arguments of SQL functions as C values
 */
#include "base/base.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

char *
an_arg_text(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

char *
an_arg_required(FunctionCallInfo fcinfo, int i, const char *argument)
{
	an_not_null(PG_ARGISNULL(i), argument);
	return an_arg_text(fcinfo, i);
}

List *
an_text_list(Datum array, const char *argument)
{
	ArrayType *a = DatumGetArrayTypeP(array);
	List *list = NIL;
	Datum *elements;
	bool *nulls;
	int n;

	if (ARR_NDIM(a) > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must be an array of one dimension, not %d",
							   argument, ARR_NDIM(a))));
	deconstruct_array(a, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		an_not_null(nulls[i], argument);
		list = lappend(list, TextDatumGetCString(elements[i]));
	}
	return list;
}

Datum
an_text_array(List *strings)
{
	Datum *elements = palloc(Max(list_length(strings), 1) * sizeof(Datum));
	ListCell *lc;

	foreach (lc, strings)
		elements[foreach_current_index(lc)] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(
		construct_array(elements, list_length(strings), TEXTOID, -1, false, TYPALIGN_INT));
}

int
an_word(const char *argument, const char *value, const char *const *words, int n)
{
	List *known = NIL;
	StringInfoData all;
	const char *nearest;

	initStringInfo(&all);
	for (int i = 0; i < n; i++)
	{
		if (strcmp(value, words[i]) == 0)
			return i;
		known = lappend(known, unconstify(char *, words[i]));
		appendStringInfo(&all, "%s%s", i == 0 ? "" : i < n - 1 ? ", " : " or ", words[i]);
	}
	nearest = an_name_nearest(value, known);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s \"%s\" is not known", argument, an_shown(value)),
					nearest ? errhint("Perhaps you meant \"%s\".", nearest)
							: errhint("Use %s.", all.data)));
}

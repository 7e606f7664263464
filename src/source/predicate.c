/*
 * predicate.c - comparisons of an expression with values from outside
 *
 * The value goes through the input function of the expression's type and becomes
 * a parameter; the operator is named with its schema, found through the type's
 * default operator class.  No text from outside becomes SQL.
 */
#include "source/source.h"

#include "access/stratnum.h"
#include "catalog/pg_operator.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

static char *operator_for(Oid type, int strategy);
static Datum value_of(Oid type, const char *value);

void
an_compare(AnQuery *query, const AnExpression *expression, int strategy, const char *value)
{
	char *sql_operator = operator_for(expression->type, strategy);
	int n = an_query_param(query, expression->type, value_of(expression->type, value), false);

	appendStringInfo(&query->sql, "(%s) %s $%d", expression->text, sql_operator, n);
}

void
an_any_of(AnQuery *query, const AnExpression *expression, List *values)
{
	char *sql_operator = operator_for(expression->type, BTEqualStrategyNumber);
	Oid array_type = get_array_type(expression->type);
	Datum *elements = palloc(Max(list_length(values), 1) * sizeof(Datum));
	ArrayType *array;
	int16 typlen;
	bool typbyval;
	char typalign;
	ListCell *lc;

	if (!OidIsValid(array_type))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("type %s has no array type", format_type_be(expression->type)),
						errhint("Filter on one value at a time.")));
	foreach (lc, values)
		elements[foreach_current_index(lc)] = value_of(expression->type, lfirst(lc));
	get_typlenbyvalalign(expression->type, &typlen, &typbyval, &typalign);
	array = construct_array(elements, list_length(values), expression->type, typlen, typbyval,
							typalign);
	appendStringInfo(&query->sql, "(%s) %s ANY ($%d)", expression->text, sql_operator,
					 an_query_param(query, array_type, PointerGetDatum(array), false));
}

/* Finds the operator of a strategy in the type's default class, as SQL with its schema. */
static char *
operator_for(Oid type, int strategy)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_EQ_OPR | TYPECACHE_BTREE_OPFAMILY);
	Oid operator_id = InvalidOid;
	HeapTuple tuple;
	char *sql;

	if (strategy == BTEqualStrategyNumber)
		operator_id = entry->eq_opr;
	else if (OidIsValid(entry->btree_opf))
		operator_id = get_opfamily_member(entry->btree_opf, entry->btree_opintype,
										  entry->btree_opintype, strategy);
	if (!OidIsValid(operator_id))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg(strategy == BTEqualStrategyNumber ? "type %s has no equality operator"
														  : "type %s has no order",
						format_type_be(type))));
	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator_id));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator_id);
	sql = psprintf(
		"OPERATOR(%s.%s)",
		quote_identifier(get_namespace_name(((Form_pg_operator) GETSTRUCT(tuple))->oprnamespace)),
		NameStr(((Form_pg_operator) GETSTRUCT(tuple))->oprname));
	ReleaseSysCache(tuple);
	return sql;
}

static Datum
value_of(Oid type, const char *value)
{
	Oid input, ioparam;

	getTypeInputInfo(type, &input, &ioparam);
	return OidInputFunctionCall(input, unconstify(char *, value), ioparam, -1);
}

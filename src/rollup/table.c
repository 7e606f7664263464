/*
 * table.c - the table of a rollup: columns, the key of a cell, indexes, comments
 *
 * Types are those that the statement of a refresh gives: they are read off it, run over no
 * event, which also shows that the creator may read what it reads.
 */
#include "rollup/create.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/typcache.h"

/* Longest text that is a key itself: 16 of them fit an entry of a B-tree. */
#define KEY_MAX 128

/* Begins the key of a longer text.  No text that begins with it is its own key. */
#define KEY_MARKER '\001'

static void check_tenant(const AnRollup *rollup);
static void watch_truncate(AnSpi *spi, const AnRollup *rollup);
static void append_columns(AnSpi *spi, const AnRollup *rollup, StringInfo sql);
static void append_column(StringInfo sql, const char *name, TupleDesc desc, int i);
static void append_key(StringInfo sql, const char *column, Oid type);
static void comment_all(AnSpi *spi, const AnRollup *rollup);
static void comment(AnSpi *spi, const AnRollup *rollup, const char *column, const char *text);
static char *words_of_state(const AnPartial *partial);

/* Returns what the unique index of a rollup holds of a text: itself, or a digest where that would be too long. */
AN_SQL(rollup_key)
{
	text *value = PG_GETARG_TEXT_PP(0);
	int n = VARSIZE_ANY_EXHDR(value);
	char key[1 + 64];
	bytea *digest;

	if (n <= KEY_MAX && (n == 0 || VARDATA_ANY(value)[0] != KEY_MARKER))
		PG_RETURN_TEXT_P(value);
	digest = DatumGetByteaPP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(value)));
	key[0] = KEY_MARKER;
	(void) hex_encode(VARDATA_ANY(digest), 32, key + 1);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(key, sizeof(key)));
}

void
an_rollup_create_table(AnSpi *spi, AnRollup *rollup, Oid schema)
{
	StringInfoData sql;

	if (OidIsValid(get_relname_relid(rollup->name, schema)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists", rollup->name),
				 errdetail("The table of a rollup has the rollup's name."),
				 errhint("Choose another name, or another schema as the first of search_path.")));
	check_tenant(rollup);
	rollup->relation = quote_qualified_identifier(get_namespace_name(schema), rollup->name);
	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s (", rollup->relation);
	append_columns(spi, rollup, &sql);
	/* Room on each page for the next version of a cell: an update that changes no key stays on its page. */
	appendStringInfoString(&sql, ") WITH (fillfactor = 70)");
	an_rollup_command(spi, sql.data);
	rollup->relid = get_relname_relid(rollup->name, schema);
	an_rollup_command(spi, psprintf("CREATE UNIQUE INDEX ON %s (%s) NULLS NOT DISTINCT",
									rollup->relation, an_rollup_key_sql(rollup)));
	if (rollup->tenant.text)
		an_rollup_command(spi, psprintf("CREATE INDEX ON %s (bucket)", rollup->relation));
	watch_truncate(spi, rollup);
	comment_all(spi, rollup);
}

/* Without its cells a rollup must not count as valid. */
static void
watch_truncate(AnSpi *spi, const AnRollup *rollup)
{
	an_rollup_command(spi,
					  psprintf("CREATE TRIGGER analytics_emptied AFTER TRUNCATE ON %s FOR EACH "
							   "STATEMENT EXECUTE FUNCTION analytics.rollup_mark()",
							   rollup->relation));
	an_rollup_command(
		spi, psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER analytics_emptied", rollup->relation));
}

/* Checks that tenants can be told apart in an index. */
static void
check_tenant(const AnRollup *rollup)
{
	TypeCacheEntry *type;
	Oid output;
	bool is_varlena;

	if (rollup->tenant.text == NULL)
		return;
	type = lookup_type_cache(rollup->tenant.type, TYPECACHE_EQ_OPR | TYPECACHE_BTREE_OPFAMILY);
	getTypeOutputInfo(rollup->tenant.type, &output, &is_varlena);
	if (!OidIsValid(type->eq_opr) || (is_varlena ? func_volatile(output) != PROVOLATILE_IMMUTABLE
												 : !OidIsValid(type->btree_opf)))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("tenants of type %s cannot be kept in a rollup",
							   format_type_be(rollup->tenant.type)),
						errhint("Make \"tenant\" of source \"%s\" a text, a number or a uuid with "
								"alter_source.",
								rollup->source->name)));
}

static void
append_columns(AnSpi *spi, const AnRollup *rollup, StringInfo sql)
{
	AnQuery query;
	TupleDesc desc;
	ListCell *lc;
	int n = 0;

	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT ");
	if (rollup->tenant.text)
		appendStringInfo(&query.sql, "(%s), ", rollup->tenant.text);
	an_rollup_bucket(&query, rollup);
	foreach (lc, rollup->dimensions)
		appendStringInfo(&query.sql, ", %s",
						 an_dimension_sql(&((AnRollupDimension *) lfirst(lc))->expression, NULL));
	foreach (lc, rollup->states)
		appendStringInfo(&query.sql, ", %s",
						 an_partial_aggregate(&((AnRollupState *) lfirst(lc))->partial, false));
	appendStringInfo(&query.sql, " FROM %s WHERE false GROUP BY 1", rollup->source->relation);
	for (int i = 2; i < list_length(rollup->dimensions) + 2 + (rollup->tenant.text != NULL); i++)
		appendStringInfo(&query.sql, ", %d", i);
	(void) an_query_run(spi, &query, 0);

	desc = SPI_tuptable->tupdesc;
	if (rollup->tenant.text)
		append_column(sql, "tenant", desc, n++);
	append_column(sql, "bucket", desc, n++);
	appendStringInfoString(sql, " NOT NULL");
	foreach (lc, rollup->dimensions)
		append_column(sql, ((AnRollupDimension *) lfirst(lc))->column, desc, n++);
	foreach (lc, rollup->states)
		append_column(sql, ((AnRollupState *) lfirst(lc))->column, desc, n++);
}

/* Appends a column with the type and collation of a result's column. */
static void
append_column(StringInfo sql, const char *name, TupleDesc desc, int i)
{
	Form_pg_attribute attribute = TupleDescAttr(desc, i);
	Oid type = getBaseType(attribute->atttypid);

	/* Without its modifier: what an event's column may hold later on must find room too. */
	appendStringInfo(
		sql, "%s%s %s", i > 0 ? ", " : "", quote_identifier(name),
		format_type_extended(type, -1, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	if (OidIsValid(attribute->attcollation) && attribute->attcollation != get_typcollation(type))
		appendStringInfo(sql, " COLLATE %s", generate_collation_name(attribute->attcollation));
}

char *
an_rollup_key_sql(const AnRollup *rollup)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	if (rollup->tenant.text)
	{
		append_key(&sql, "tenant", rollup->tenant.type);
		appendStringInfoString(&sql, ", ");
	}
	appendStringInfoString(&sql, "bucket");
	foreach (lc, rollup->dimensions)
	{
		const AnRollupDimension *dimension = lfirst(lc);

		appendStringInfoString(&sql, ", ");
		append_key(&sql, quote_identifier(dimension->column),
				   dimension->plain ? dimension->expression.type : JSONBOID);
	}
	return sql.data;
}

/* Appends a column of the key: what can be of any length, by its text. */
static void
append_key(StringInfo sql, const char *column, Oid type)
{
	if (get_typlen(type) > 0)
		appendStringInfoString(sql, column);
	else
		/* A collation under which texts are equal that differ would have one cell for them. */
		appendStringInfo(
			sql, "analytics.rollup_key((%s)::pg_catalog.text) COLLATE pg_catalog.\"C\"", column);
}

static void
comment_all(AnSpi *spi, const AnRollup *rollup)
{
	ListCell *lc;

	an_rollup_command(
		spi, psprintf("COMMENT ON TABLE %s IS %s", rollup->relation,
					  quote_literal_cstr(psprintf(
						  "Rollup %s of source %s: partial states of its metrics, by %s in %s. "
						  "Cells are written by refresh_rollup.",
						  rollup->name, rollup->source->name, an_rollup_granularity(rollup),
						  rollup->timezone))));
	if (rollup->tenant.text)
		comment(spi, rollup, "tenant", "Tenant of the events");
	comment(spi, rollup, "bucket", "When the bucket of the events begins");
	foreach (lc, rollup->dimensions)
	{
		const AnRollupDimension *dimension = lfirst(lc);

		comment(spi, rollup, dimension->column,
				psprintf("Dimension %s: %s", dimension->name, dimension->expression.text));
	}
	foreach (lc, rollup->states)
	{
		const AnRollupState *state = lfirst(lc);

		comment(spi, rollup, state->column, words_of_state(&state->partial));
	}
}

static void
comment(AnSpi *spi, const AnRollup *rollup, const char *column, const char *text)
{
	an_rollup_command(spi, psprintf("COMMENT ON COLUMN %s.%s IS %s", rollup->relation,
									quote_identifier(column), quote_literal_cstr(text)));
}

static char *
words_of_state(const AnPartial *partial)
{
	static const char *const words[AN_N_PARTIALS] = {
		[AN_PARTIAL_COUNT] = "Number of values of",
		[AN_PARTIAL_SUM] = "Sum of",
		[AN_PARTIAL_FLOAT_SUM] = "Exact sum and count of",
		[AN_PARTIAL_MIN] = "Least of",
		[AN_PARTIAL_MAX] = "Greatest of",
		[AN_PARTIAL_HLL] = "Sketch of the different values of",
		[AN_PARTIAL_DISTINCT] = "The different values of",
		[AN_PARTIAL_QUANTILE] = "Sketch of the numbers of",
	};
	char *what = partial->expression ? psprintf("%s %s", words[partial->kind], partial->expression)
									 : pstrdup("Number of events");

	return partial->filter ? psprintf("%s where %s", what, partial->filter) : what;
}

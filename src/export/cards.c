/*
 * cards.c - the figures above a table: SQL expressions over all of its rows
 *
 * They are computed by one query over the sheet's own, before it runs and in the
 * same snapshot, so the figures and the rows below them agree.
 */
#include "export/writer.h"

#include "executor/spi.h"
#include "parser/parser.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

static SPIPlanPtr prepare(const AnSheetSpec *spec, const AnBoundQuery *query);
static char *query_of_cards(const AnSheetSpec *spec, const AnBoundQuery *query);
static void take_card(const AnDocument *document, const AnCardSpec *spec, int i, AnLoneValue *card);

AnLoneValue *
an_cards_run(const AnExport *export, const AnSheetSpec *spec, const AnBoundQuery *query)
{
	int n = list_length(spec->cards);
	AnLoneValue *cards = palloc0(Max(n, 1) * sizeof(AnLoneValue));
	MemoryContext caller = CurrentMemoryContext;
	SPIExecuteOptions execution = {.read_only = true, .must_return_tuples = true};

	if (n == 0)
		return cards;
	execution.params = query->params;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (SPI_execute_plan_extended(prepare(spec, query), &execution) < 0)
		elog(ERROR, "SPI_execute_plan_extended failed");
	if (SPI_processed != 1)
		ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
						errmsg("the cards of \"%s\" give " UINT64_FORMAT " rows instead of one",
							   spec->path[0] ? spec->path : "the sheet", (uint64) SPI_processed),
						errhint("Write aggregates over the sheet's rows, such as sum(sent).")));
	MemoryContextSwitchTo(caller);
	for (int i = 0; i < n; i++)
		take_card(export->document, list_nth(spec->cards, i), i, &cards[i]);
	SPI_finish();
	return cards;
}

void
an_cards_check(const AnSheetSpec *spec, const AnBoundQuery *query)
{
	if (spec->cards != NIL)
		(void) prepare(spec, query);
}

/*
 * Plans the query of the cards.  The sheet's own comes first: only what is one query by itself goes into
 * another.  Values that are no expressions by themselves may melt into one, or give several.
 */
static SPIPlanPtr
prepare(const AnSheetSpec *spec, const AnBoundQuery *query)
{
	AnBoundQuery figures = *query;
	const CachedPlanSource *source;
	SPIPlanPtr plan;

	(void) an_query_prepare(query);
	figures.text = query_of_cards(spec, query);
	plan = an_query_prepare(&figures);
	source = linitial(SPI_plan_get_plan_sources(plan));
	if (source->resultDesc->natts != list_length(spec->cards))
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("the cards of \"%s\" give %d values instead of %d",
							   spec->path[0] ? spec->path : "the sheet", source->resultDesc->natts,
							   list_length(spec->cards)),
						errhint("Write one expression in each card, such as sum(sent).")));
	return plan;
}

/* Takes the statement without what stands behind it, a semicolon and comments, which end no subquery. */
static char *
query_of_cards(const AnSheetSpec *spec, const AnBoundQuery *query)
{
	const RawStmt *statement = linitial_node(RawStmt, raw_parser(query->text, RAW_PARSE_DEFAULT));
	const char *begin = query->text + Max(statement->stmt_location, 0);
	int length = statement->stmt_len > 0 ? statement->stmt_len : (int) strlen(begin);
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach (lc, spec->cards)
		appendStringInfo(&text, "%s(%s\n)", foreach_current_index(lc) > 0 ? ", " : "SELECT ",
						 ((AnCardSpec *) lfirst(lc))->value);
	appendStringInfo(&text, " FROM (%.*s\n) AS rows", length, begin);
	return text.data;
}

static void
take_card(const AnDocument *document, const AnCardSpec *spec, int i, AnLoneValue *card)
{
	TupleDesc tupdesc = SPI_tuptable->tupdesc;
	Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);
	Datum value = SPI_getbinval(SPI_tuptable->vals[0], tupdesc, i + 1, &card->isnull);

	an_column_init(&card->column, attribute->atttypid, attribute->atttypmod, "", document);
	if (spec->format)
		card->column.format = spec->format;
	if (!card->isnull)
		card->value = datumCopy(value, attribute->attbyval, attribute->attlen);
}

/*
 * cards.c - the figures above a table: SQL expressions over all of its rows
 *
 * They are computed by one query over the sheet's own, before it runs and in the
 * same snapshot, so the figures and the rows below them agree.
 */
#include "export/writer.h"

#include "executor/spi.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

static SPIPlanPtr prepare(const AnSheetSpec *spec, const AnBoundQuery *query);
static char *query_of_cards(const AnSheetSpec *spec, const AnBoundQuery *query);
static void check_expression(const AnCardSpec *card);
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
 * another.
 */
static SPIPlanPtr
prepare(const AnSheetSpec *spec, const AnBoundQuery *query)
{
	AnBoundQuery figures = *query;

	(void) an_query_prepare(query);
	figures.text = query_of_cards(spec, query);
	return an_query_prepare(&figures);
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
	{
		const AnCardSpec *card = lfirst(lc);

		check_expression(card);
		appendStringInfo(&text, "%s(%s\n)", foreach_current_index(lc) > 0 ? ", " : "SELECT ",
						 card->value);
	}
	appendStringInfo(&text, " FROM (%.*s\n) AS rows", length, begin);
	return text.data;
}

/*
 * Raises unless a card's value is one expression by itself: a comment that only
 * the next card ends, or a bracket that closes ours, would shift the columns.
 */
static void
check_expression(const AnCardSpec *card)
{
	List *statements = raw_parser(psprintf("SELECT (%s\n)", card->value), RAW_PARSE_DEFAULT);
	const SelectStmt *select = NULL;

	if (list_length(statements) == 1)
		select = (const SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (select == NULL || !IsA(select, SelectStmt) || select->op != SETOP_NONE ||
		list_length(select->targetList) != 1 || select->intoClause || select->fromClause ||
		select->whereClause || select->groupClause || select->havingClause ||
		select->windowClause || select->sortClause || select->limitOffset || select->limitCount ||
		select->lockingClause)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s.value \"%s\" is not one expression", card->path, an_shown(card->value)),
				 errhint("Write one value over the sheet's rows, such as sum(sent).")));
}

static void
take_card(const AnDocument *document, const AnCardSpec *spec, int i, AnLoneValue *card)
{
	TupleDesc tupdesc = SPI_tuptable->tupdesc;
	Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);
	Datum value = SPI_getbinval(SPI_tuptable->vals[0], tupdesc, i + 1, &card->isnull);

	an_column_init(&card->column, attribute->atttypid, attribute->atttypmod, "", document);
	an_column_set_format(&card->column, spec->format);
	if (!card->isnull)
		card->value = datumCopy(value, attribute->attbyval, attribute->attlen);
}

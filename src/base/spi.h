/*
 * spi.h - the one place that talks to SPI
 *
 * Between an_spi_begin and an_spi_end the search path is pinned to
 * "pg_catalog, pg_temp", so that stored expressions and our own SQL mean the
 * same thing whoever calls.  Values are always parameters.  After an error the
 * transaction's abort puts both back; nothing has to be caught.
 *
 *     AnSpi    spi;
 *     AnQuery  q;
 *
 *     an_spi_begin(&spi, AN_READ);
 *     an_query_init(&q);
 *     appendStringInfo(&q.sql, "SELECT ... WHERE name OPERATOR(pg_catalog.=) $%d",
 *                      an_query_text(&q, name));
 *     an_query_run(&spi, &q, 0);      -- rows in SPI_tuptable / SPI_processed
 *     an_spi_end(&spi);
 *
 * Memory of results belongs to the SPI context and is gone after an_spi_end:
 * copy what must stay into spi.caller.
 */
#ifndef AN_BASE_SPI_H
#define AN_BASE_SPI_H

#include "postgres.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "nodes/params.h"
#include "tcop/dest.h"

typedef enum AnSpiMode
{
	AN_READ,  /* read only: runs in the caller's snapshot, refuses writes, works on a standby */
	AN_WRITE, /* may write, sees the effects of earlier commands of the same call */
} AnSpiMode;

typedef struct AnSpi
{
	MemoryContext caller; /* context of the caller, for what must outlive an_spi_end */
	AnSpiMode mode;		  /* read or write */
	int guc_nest;		  /* nest level that holds the pinned search path */
	Snapshot
		snapshot; /* AN_WRITE: every statement sees this one and its own changes; NULL: each takes a new one */
} AnSpi;

/* an_setting sets a setting until the innermost level of settings that was opened ends: an_spi_begin opens one. */
extern void an_setting(const char *name, const char *value);

/*
 * an_spi_hold has all further statements of an AN_WRITE connection see one snapshot, taken now (or that
 * of the transaction, where its isolation level has one), and what they change themselves; until an_spi_end.
 */
extern Snapshot an_spi_hold(AnSpi *spi);

/* One statement under construction with its parameters. */
typedef struct AnQuery
{
	StringInfoData sql; /* text; parameters stand in it as $1, $2 ... */
	int n_params;		/* parameters added so far */
	int max_params;		/* room in the three arrays */
	Oid *types;			/* type of each parameter */
	Datum *values;		/* value of each; owned by whoever added it */
	bool *nulls;		/* true where the parameter is NULL */
} AnQuery;

extern void an_spi_begin(AnSpi *spi, AnSpiMode mode);
extern void an_spi_end(AnSpi *spi);

/* an_query_init starts an empty statement in the current memory context. */
extern void an_query_init(AnQuery *query);

/* an_query_param adds a parameter and returns its number (1 for $1). */
extern int an_query_param(AnQuery *query, Oid type, Datum value, bool isnull);

/* an_query_text adds a text parameter; NULL gives SQL NULL. */
extern int an_query_text(AnQuery *query, const char *value);

/*
 * an_query_run executes the statement; at most `max_rows` rows, 0 for all.
 * Returns the number of rows; they stand in SPI_tuptable.
 */
extern uint64 an_query_run(AnSpi *spi, AnQuery *query, long max_rows);

/*
 * an_query_stream executes a statement that must return rows and sends them to
 * `dest` as they come, with parallel plans and without keeping them.  Returns the number of rows.
 */
extern uint64 an_query_stream(AnSpi *spi, AnQuery *query, DestReceiver *dest);

/* Takes one row: its columns, and which of them are NULL.  They are gone after the call, and so is what it pallocs in its context. */
typedef void (*AnRowFunction)(void *arg, const Datum *values, const bool *nulls);

/* an_query_each is an_query_stream to a function, which is called with `arg` for each row. */
extern uint64 an_query_each(AnSpi *spi, AnQuery *query, AnRowFunction function, void *arg);

/* an_spi_text returns column `column` (from 1) of row `row` (from 0) as text in the current context, or NULL. */
extern char *an_spi_text(uint64 row, int column);

/* an_spi_datum returns the same value as a Datum that lives as long as SPI_tuptable. */
extern Datum an_spi_datum(uint64 row, int column, bool *isnull);

#endif /* AN_BASE_SPI_H */

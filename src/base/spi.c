/*
 * spi.c - statements with a pinned search path and real parameters
 */
#include "base/base.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

/* Sends rows to a function. */
typedef struct RowReceiver
{
	DestReceiver pub;		/* must be first */
	AnRowFunction function; /* takes the rows */
	void *arg;				/* what it is called with */
	MemoryContext context;	/* its context, reset after each row */
} RowReceiver;

static uint64 run_held(AnSpi *spi, AnQuery *query, long max_rows);
static ParamListInfo bind_params(AnQuery *query);
static void receiver_startup(DestReceiver *self, int operation, TupleDesc tupdesc);
static bool receive_row(TupleTableSlot *slot, DestReceiver *self);
static void receiver_done(DestReceiver *self);

void
an_spi_begin(AnSpi *spi, AnSpiMode mode)
{
	spi->caller = CurrentMemoryContext;
	spi->mode = mode;
	spi->snapshot = NULL;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	spi->guc_nest = NewGUCNestLevel();
	an_setting("search_path", AN_SEARCH_PATH);
}

void
an_setting(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

Snapshot
an_spi_hold(AnSpi *spi)
{
	CommandCounterIncrement();
	spi->snapshot = RegisterSnapshot(GetTransactionSnapshot());
	return spi->snapshot;
}

void
an_spi_end(AnSpi *spi)
{
	if (spi->snapshot)
		UnregisterSnapshot(spi->snapshot);
	AtEOXact_GUC(true, spi->guc_nest);
	SPI_finish();
	MemoryContextSwitchTo(spi->caller);
}

void
an_query_init(AnQuery *query)
{
	memset(query, 0, sizeof(*query));
	initStringInfo(&query->sql);
}

int
an_query_param(AnQuery *query, Oid type, Datum value, bool isnull)
{
	int i = query->n_params;

	if (i == query->max_params)
	{
		int n = query->max_params = i > 0 ? 2 * i : 8;

		query->types = i ? repalloc(query->types, n * sizeof(Oid)) : palloc(n * sizeof(Oid));
		query->values = i ? repalloc(query->values, n * sizeof(Datum)) : palloc(n * sizeof(Datum));
		query->nulls = i ? repalloc(query->nulls, n * sizeof(bool)) : palloc(n * sizeof(bool));
	}
	query->types[i] = type;
	query->values[i] = value;
	query->nulls[i] = isnull;
	return ++query->n_params;
}

int
an_query_text(AnQuery *query, const char *value)
{
	return an_query_param(query, TEXTOID, value ? CStringGetTextDatum(value) : (Datum) 0,
						  value == NULL);
}

uint64
an_query_run(AnSpi *spi, AnQuery *query, long max_rows)
{
	SPIExecuteOptions options = {0};
	int rc;

	if (spi->snapshot)
		return run_held(spi, query, max_rows);
	options.params = bind_params(query);
	options.read_only = spi->mode == AN_READ;
	options.tcount = max_rows;
	rc = SPI_execute_extended(query->sql.data, &options);
	if (rc < 0)
		elog(ERROR, "SPI_execute_extended failed: %s", SPI_result_code_string(rc));
	return SPI_processed;
}

/* Executes a statement in the snapshot that is held. */
static uint64
run_held(AnSpi *spi, AnQuery *query, long max_rows)
{
	SPIPlanPtr plan = SPI_prepare(query->sql.data, query->n_params, query->types);
	char *nulls = palloc(query->n_params + 1);
	int rc;

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	for (int i = 0; i < query->n_params; i++)
		nulls[i] = query->nulls[i] ? 'n' : ' ';
	rc = SPI_execute_snapshot(plan, query->values, nulls, spi->snapshot, InvalidSnapshot, false,
							  true, max_rows);
	if (rc < 0)
		elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(rc));
	SPI_freeplan(plan);
	return SPI_processed;
}

uint64
an_query_stream(AnSpi *spi, AnQuery *query, DestReceiver *dest)
{
	SPIExecuteOptions options = {0};
	int rc;

	options.params = bind_params(query);
	options.read_only = spi->mode == AN_READ;
	options.must_return_tuples = true;
	options.dest = dest;
	rc = SPI_execute_extended(query->sql.data, &options);
	if (rc < 0)
		elog(ERROR, "SPI_execute_extended failed: %s", SPI_result_code_string(rc));
	return SPI_processed;
}

uint64
an_query_each(AnSpi *spi, AnQuery *query, AnRowFunction function, void *arg)
{
	RowReceiver receiver = {
		.pub = {.rStartup = receiver_startup,
				.receiveSlot = receive_row,
				.rShutdown = receiver_done,
				.rDestroy = receiver_done,
				.mydest = DestNone},
		.function = function,
		.arg = arg,
		.context =
			AllocSetContextCreate(CurrentMemoryContext, "analytics row", ALLOCSET_DEFAULT_SIZES),
	};
	uint64 n = an_query_stream(spi, query, &receiver.pub);

	MemoryContextDelete(receiver.context);
	return n;
}

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc tupdesc)
{
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	MemoryContext caller = MemoryContextSwitchTo(receiver->context);

	slot_getallattrs(slot);
	receiver->function(receiver->arg, slot->tts_values, slot->tts_isnull);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(receiver->context);
	return true;
}

static void
receiver_done(DestReceiver *self)
{
}

char *
an_spi_text(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

Datum
an_spi_datum(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

/*
 * Makes the executor's form of the parameters.  They are marked constant, so
 * that the planner sees the values: partitions are pruned when it plans.
 */
static ParamListInfo
bind_params(AnQuery *query)
{
	ParamListInfo params;

	if (query->n_params == 0)
		return NULL;
	params = makeParamList(query->n_params);
	for (int i = 0; i < query->n_params; i++)
	{
		params->params[i].value = query->values[i];
		params->params[i].isnull = query->nulls[i];
		params->params[i].pflags = PARAM_FLAG_CONST;
		params->params[i].ptype = query->types[i];
	}
	return params;
}

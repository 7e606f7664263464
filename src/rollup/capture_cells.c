/*
 * capture_cells.c - the cells that changed rows belong to, and their marks
 *
 * Time and tenant of each row are computed by the executor, as the expressions of an index are:
 * as whoever changes the rows.  The marks are put into the catalog's table directly,
 * which needs no right on it (capture_write.c).
 *
 * Rows that follow each other are often of one bucket, so its bounds are kept.  A statement that
 * touches more than MAX_CELLS cells of a rollup marks whole buckets from there on.
 */
#include "rollup/capture.h"

#include "common/hashfn.h"
#include "executor/executor.h"
#include "utils/date.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Cells with a tenant of one rollup that a statement marks; further ones are marked for all tenants. */
#define MAX_CELLS 10000

/* A cell, as the key of a set. */
typedef struct CellKey
{
	TimestampTz bucket; /* its bucket, as rollup_marks has it */
	const void *tenant; /* bytes of the tenant's value; NULL: all tenants */
	Size size;			/* how many */
} CellKey;

/* The cells of one rollup. */
typedef struct RollupCells
{
	char *name;			 /* the rollup */
	ExprState *at;		 /* time of a row */
	Oid at_type;		 /* its type */
	ExprState *tenant;	 /* tenant of a row, or NULL */
	Oid tenant_type;	 /* its type */
	int16 tenant_length; /* length of the type */
	bool tenant_byval;	 /* passed by value */
	AnBinner *binner;	 /* finds buckets */
	TimestampTz start;	 /* the last bucket, [start, end); empty before the first */
	TimestampTz end;	 /* first instant after it */
	bool all;			 /* every cell is marked */
	HTAB *cells;		 /* set of CellKey */
} RollupCells;

struct AnCaptureCells
{
	MemoryContext context; /* holds everything */
	EState *estate;		   /* of the expressions */
	ExprContext *row;	   /* the row at hand */
	int n;				   /* number of rollups */
	RollupCells *rollups;  /* each */
	int guc_nest; /* level of settings that holds the search path; 0 where it is the writer's own */
};

static void begin_rollup(AnCaptureCells *cells, RollupCells *rollup, const AnCaptured *captured);
static void add_row(AnCaptureCells *cells, RollupCells *rollup);
static bool bucket_of(RollupCells *rollup, Datum at, TimestampTz *bucket);
static TimestampTz clock_of_date(DateADT date);
static void
add_cell(AnCaptureCells *cells, RollupCells *rollup, TimestampTz bucket, Datum tenant, bool all);
static uint32 hash_cell(const void *key, Size size);
static int match_cells(const void *left, const void *right, Size size);
static void write_rollup(AnMarkWriter *writer, const RollupCells *rollup);
static char *tenant_text(const RollupCells *rollup, const CellKey *key);

AnCaptureCells *
an_capture_cells_begin(List *rollups)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "analytics changed cells",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	AnCaptureCells *cells = palloc0(sizeof(AnCaptureCells));
	ListCell *lc;

	cells->context = context;
	/* Whoever changes a row may have any path, and must find the tenant that a refresh finds. */
	foreach (lc, rollups)
		if (((AnCaptured *) lfirst(lc))->calls && cells->guc_nest == 0)
			cells->guc_nest = an_canonical_begin();
	cells->estate = CreateExecutorState();
	cells->row = GetPerTupleExprContext(cells->estate);
	cells->rollups = palloc0(list_length(rollups) * sizeof(RollupCells));
	foreach (lc, rollups)
		begin_rollup(cells, &cells->rollups[cells->n++], lfirst(lc));
	MemoryContextSwitchTo(caller);
	return cells;
}

static void
begin_rollup(AnCaptureCells *cells, RollupCells *rollup, const AnCaptured *captured)
{
	HASHCTL control = {.keysize = sizeof(CellKey),
					   .entrysize = sizeof(CellKey),
					   .hash = hash_cell,
					   .match = match_cells,
					   .hcxt = cells->context};

	rollup->name = pstrdup(captured->name);
	rollup->at = ExecPrepareExpr((Expr *) captured->at, cells->estate);
	rollup->at_type = captured->at_type;
	if (captured->tenant)
	{
		rollup->tenant = ExecPrepareExpr((Expr *) captured->tenant, cells->estate);
		rollup->tenant_type = captured->tenant_type;
		get_typlenbyval(captured->tenant_type, &rollup->tenant_length, &rollup->tenant_byval);
	}
	rollup->binner = an_binner_create(&captured->width, an_zone_find(captured->zone));
	rollup->cells = hash_create("analytics changed cells", 64, &control,
								HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

void
an_capture_cells_add(AnCaptureCells *cells, TupleTableSlot *slot)
{
	cells->row->ecxt_scantuple = slot;
	for (int i = 0; i < cells->n; i++)
		if (!cells->rollups[i].all)
			add_row(cells, &cells->rollups[i]);
	ResetExprContext(cells->row);
}

void
an_capture_cells_end(AnCaptureCells *cells)
{
	AnMarkWriter writer = {0};

	for (int i = 0; i < cells->n; i++)
	{
		RollupCells *rollup = &cells->rollups[i];

		if (!rollup->all && hash_get_num_entries(rollup->cells) == 0)
			continue;
		if (writer.table == NULL)
			writer = an_marks_open();
		write_rollup(&writer, rollup);
	}
	if (writer.table)
		an_marks_close(&writer);
	FreeExecutorState(cells->estate);
	if (cells->guc_nest)
		AtEOXact_GUC(true, cells->guc_nest);
	MemoryContextDelete(cells->context);
}

void
an_capture_mark_all(List *rollups)
{
	AnMarkWriter writer;
	ListCell *lc;

	if (rollups == NIL)
		return;
	writer = an_marks_open();
	foreach (lc, rollups)
		an_mark_write(&writer, ((AnCaptured *) lfirst(lc))->name, AN_MARK_ALL, NULL);
	an_marks_close(&writer);
}

/* Adds the cell of the row at hand; an event without a time is in none. */
static void
add_row(AnCaptureCells *cells, RollupCells *rollup)
{
	bool isnull, none = true;
	Datum at = ExecEvalExprSwitchContext(rollup->at, cells->row, &isnull);
	Datum tenant = (Datum) 0;
	TimestampTz bucket;

	if (isnull)
		return;
	if (!bucket_of(rollup, at, &bucket))
	{
		rollup->all = true;
		return;
	}
	/* Marks without a tenant are of all, so those without one mark all of the bucket. */
	if (rollup->tenant && hash_get_num_entries(rollup->cells) < MAX_CELLS)
		tenant = ExecEvalExprSwitchContext(rollup->tenant, cells->row, &none);
	add_cell(cells, rollup, bucket, tenant, none);
}

/* Finds the bucket of a time; false where marks cannot say it. */
static bool
bucket_of(RollupCells *rollup, Datum at, TimestampTz *bucket)
{
	TimestampTz time =
		rollup->at_type == DATEOID ? clock_of_date(DatumGetDateADT(at)) : DatumGetTimestampTz(at);

	*bucket = time;
	if (TIMESTAMP_IS_NOBEGIN(time))
		return false;
	if (TIMESTAMP_IS_NOEND(time))
		return true;
	if (time < rollup->start || time >= rollup->end)
	{
		rollup->start = an_bin_start(rollup->binner, time);
		rollup->end = an_bin_end(rollup->binner, time);
	}
	*bucket = rollup->start;
	return true;
}

/* Returns the midnight of a date; infinite, and -infinity for a date that is out of range. */
static TimestampTz
clock_of_date(DateADT date)
{
	if (DATE_IS_NOEND(date))
		return DT_NOEND;
	if (DATE_IS_NOBEGIN(date) || date >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		return DT_NOBEGIN;
	return date * USECS_PER_DAY;
}

static void
add_cell(AnCaptureCells *cells, RollupCells *rollup, TimestampTz bucket, Datum tenant, bool all)
{
	CellKey key = {.bucket = bucket};
	CellKey *cell;
	bool found;

	if (!all && rollup->tenant_byval)
	{
		key.tenant = &tenant;
		key.size = sizeof(Datum);
	}
	else if (!all && rollup->tenant_length == -1)
	{
		struct varlena *value = PG_DETOAST_DATUM_PACKED(tenant);

		key.tenant = VARDATA_ANY(value);
		key.size = VARSIZE_ANY_EXHDR(value);
	}
	else if (!all)
	{
		key.tenant = DatumGetPointer(tenant);
		key.size = rollup->tenant_length;
	}
	cell = hash_search(rollup->cells, &key, HASH_ENTER, &found);
	if (!found && key.tenant)
	{
		cell->tenant = MemoryContextAlloc(cells->context, key.size + 1);
		memcpy(unconstify(void *, cell->tenant), key.tenant, key.size);
	}
}

static uint32
hash_cell(const void *key, Size size)
{
	const CellKey *cell = key;
	uint32 hash = hash_bytes((const unsigned char *) &cell->bucket, sizeof(TimestampTz));

	if (cell->tenant == NULL)
		return hash;
	return hash_combine(hash, hash_bytes(cell->tenant, cell->size));
}

static int
match_cells(const void *left, const void *right, Size size)
{
	const CellKey *a = left, *b = right;

	if (a->bucket != b->bucket || a->size != b->size || (a->tenant == NULL) != (b->tenant == NULL))
		return 1;
	return a->tenant ? memcmp(a->tenant, b->tenant, a->size) : 0;
}

static void
write_rollup(AnMarkWriter *writer, const RollupCells *rollup)
{
	HASH_SEQ_STATUS status;
	const CellKey *cell;

	if (rollup->all)
	{
		an_mark_write(writer, rollup->name, AN_MARK_ALL, NULL);
		return;
	}
	hash_seq_init(&status, rollup->cells);
	while ((cell = hash_seq_search(&status)) != NULL)
		an_mark_write(writer, rollup->name, cell->bucket, tenant_text(rollup, cell));
}

/* Returns the text of a cell's tenant, or NULL for all. */
static char *
tenant_text(const RollupCells *rollup, const CellKey *key)
{
	Oid function;
	bool is_varlena;
	Datum value;

	if (key->tenant == NULL)
		return NULL;
	if (rollup->tenant_length == -1)
		return pnstrdup(key->tenant, key->size);
	getTypeOutputInfo(rollup->tenant_type, &function, &is_varlena);
	if (rollup->tenant_byval)
		memcpy(&value, key->tenant, sizeof(Datum));
	else
		value = PointerGetDatum(key->tenant);
	return OidOutputFunctionCall(function, value);
}

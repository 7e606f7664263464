/*
 * heatmap.c - the rows of a query as a table with shades, line by line: heatmap()
 *
 * Rows and columns stand in the order in which their labels come.  The query's rows
 * go straight into a grid of bounded size, so that memory does not grow with them.
 */
#include "export/terminal.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

#include "kernel/dictionary.h"
#include "kernel/heatmap.h"
#include "kernel/locale.h"
#include "kernel/number_format.h"

/* Columns of the query of a heatmap. */
enum
{
	COLUMN_ROW,
	COLUMN_COLUMN,
	COLUMN_VALUE,
	N_COLUMNS,
};

#define NULL_LABEL "NULL"

/* Arguments of heatmap, by position. */
enum
{
	ARG_QUERY,
	ARG_FORMAT,
	ARG_MIN,
	ARG_MAX,
	ARG_CELLS,
	ARG_STYLE,
	ARG_COLORS,
};

/* The cells of one row of a heatmap while they come. */
typedef struct Line
{
	bool seen[AN_HEATMAP_MAX_COLUMNS];	   /* the query had this cell */
	double values[AN_HEATMAP_MAX_COLUMNS]; /* its value, NaN for NULL; where seen */
} Line;

/* Takes the rows of a heatmap's query. */
typedef struct Grid
{
	DestReceiver pub;				  /* what the executor calls; must be first */
	MemoryContext context;			  /* where the grid lives */
	MemoryContext row_context;		  /* reset after each row of the query */
	AnMemory memory;				  /* of the dictionaries: context */
	bool started;					  /* columns are known */
	char *corner;					  /* name of the first column, NULL where it has none */
	FmgrInfo output[N_COLUMNS];		  /* output functions of the labels */
	Oid value_type;					  /* base type of the values */
	AnDictionary *rows;				  /* labels of rows, in order of appearance */
	AnDictionary *columns;			  /* labels of columns, likewise */
	Line *lines[AN_HEATMAP_MAX_ROWS]; /* by number of the row's label */
} Grid;

static void get_look(FunctionCallInfo fcinfo, AnHeatmap *map, const char **format);
static const char *get_format(FunctionCallInfo fcinfo);
static Grid *read_grid(const char *query);
static void start_grid(DestReceiver *self, int operation, TupleDesc tupdesc);
static bool take_row(TupleTableSlot *slot, DestReceiver *self);
static void grid_done(DestReceiver *self);
static bool is_number(Oid type);
static int take_label(Grid *grid, TupleTableSlot *slot, int column);
static char *short_label(const AnDictionary *labels, uint32 number);
static double take_value(const Grid *grid, Datum value);
static void fill_map(const Grid *grid, const char *format, AnHeatmap *map);
static AnHeatmapText *show_labels(const AnDictionary *labels, AnSigns signs);
static AnHeatmapText server_text(const char *text, size_t size, AnSigns signs);
static const char *to_kernel(const char *text, size_t size);
static AnHeatmapText ready_text(const char *text, size_t size, AnSigns signs);
static AnHeatmapText show_value(double value, const char *format, AnSigns signs);
static void emit(FunctionCallInfo fcinfo, const AnHeatmap *map);
static void emit_line(ReturnSetInfo *rsinfo, char *line, size_t size);

/* Draws a query's rows (row, column, value) as a table with shades: heatmap(query, format, min, max, cells, style, colors). */
AN_SQL(heatmap)
{
	char *query = an_arg_required(fcinfo, ARG_QUERY, "query");
	AnHeatmap map = {0};
	const char *format;

	get_look(fcinfo, &map, &format);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	fill_map(read_grid(query), format, &map);
	an_heatmap_measure(&map);
	emit(fcinfo, &map);
	return (Datum) 0;
}

/* Reads the arguments that say how a heatmap looks. */
static void
get_look(FunctionCallInfo fcinfo, AnHeatmap *map, const char **format)
{
	static const char *const cells[] = {
		[AN_HEATMAP_BOTH] = "both", [AN_HEATMAP_VALUES] = "values", [AN_HEATMAP_SHADES] = "shades"};

	map->low = an_terminal_bound(fcinfo, ARG_MIN, "min");
	map->high = an_terminal_bound(fcinfo, ARG_MAX, "max");
	an_terminal_check_bounds(map->low, map->high);
	map->cells =
		an_word("cells", an_arg_required(fcinfo, ARG_CELLS, "cells"), cells, lengthof(cells));
	map->signs = an_terminal_signs(fcinfo, ARG_STYLE);
	an_not_null(PG_ARGISNULL(ARG_COLORS), "colors");
	map->colors = PG_GETARG_BOOL(ARG_COLORS);
	*format = get_format(fcinfo);
}

/* Reads the number format, in the encoding of the kernel. */
static const char *
get_format(FunctionCallInfo fcinfo)
{
	char *given = an_arg_text(fcinfo, ARG_FORMAT);
	const char *format;

	if (given == NULL)
		return "";
	format = to_kernel(given, strlen(given));
	if (an_number_format_check(format, strlen(format), NULL) != AN_OK)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("format \"%s\" is no number format",
							   pnstrdup(given, pg_mbcliplen(given, strlen(given), 100))),
						errhint("Formats are those of spreadsheets, such as 0%%, 0.0 or #,##0, of "
								"at most %d bytes.",
								AN_NUMBER_FORMAT_MAX)));
	return format;
}

/*
 * Runs the caller's query with the caller's rights and search path, read only.
 * Not through base/spi.h, which pins the search path for statements of our own.
 */
static Grid *
read_grid(const char *query)
{
	Grid *grid = palloc0(sizeof(Grid));
	SPIExecuteOptions options = {0};
	int result;

	grid->pub.rStartup = start_grid;
	grid->pub.receiveSlot = take_row;
	grid->pub.rShutdown = grid_done;
	grid->pub.rDestroy = grid_done;
	grid->pub.mydest = DestNone;
	grid->context = CurrentMemoryContext;
	grid->row_context = AllocSetContextCreate(CurrentMemoryContext, "analytics heatmap row",
											  ALLOCSET_DEFAULT_SIZES);
	grid->memory = an_memory(grid->context);
	grid->rows = an_dictionary_create(&grid->memory);
	grid->columns = an_dictionary_create(&grid->memory);

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	options.read_only = true;
	options.must_return_tuples = true;
	options.dest = &grid->pub;
	result = SPI_execute_extended(query, &options);
	if (result < 0)
		elog(ERROR, "SPI_execute_extended failed: %s", SPI_result_code_string(result));
	SPI_finish();
	return grid;
}

/* Looks at the columns of the query's result. */
static void
start_grid(DestReceiver *self, int operation, TupleDesc tupdesc)
{
	Grid *grid = (Grid *) self;
	const char *name;

	if (grid->started)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("query of a heatmap holds more than one statement"),
						errhint("Write one SELECT, VALUES or TABLE.")));
	if (tupdesc->natts != N_COLUMNS)
		ereport(
			ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("query of a heatmap has %d columns instead of %d", tupdesc->natts, N_COLUMNS),
			 errhint("Select the label of the row, the label of the column, and the value.")));
	grid->started = true;
	name = NameStr(TupleDescAttr(tupdesc, COLUMN_ROW)->attname);
	if (strcmp(name, "?column?") != 0)
		grid->corner = MemoryContextStrdup(grid->context, name);
	for (int i = COLUMN_ROW; i <= COLUMN_COLUMN; i++)
	{
		Oid function;
		bool varlena;

		getTypeOutputInfo(TupleDescAttr(tupdesc, i)->atttypid, &function, &varlena);
		fmgr_info_cxt(function, &grid->output[i], grid->context);
	}
	grid->value_type = getBaseType(TupleDescAttr(tupdesc, COLUMN_VALUE)->atttypid);
	if (!is_number(grid->value_type))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("values of a heatmap must be numbers, not %s",
							   format_type_be(grid->value_type)),
						errhint("Cast the third column to numeric or double precision.")));
}

/* Puts one row of the query into its cell. */
static bool
take_row(TupleTableSlot *slot, DestReceiver *self)
{
	Grid *grid = (Grid *) self;
	MemoryContext caller = MemoryContextSwitchTo(grid->row_context);
	int row, column;
	Line *line;

	slot_getallattrs(slot);
	row = take_label(grid, slot, COLUMN_ROW);
	column = take_label(grid, slot, COLUMN_COLUMN);
	if (grid->lines[row] == NULL)
		grid->lines[row] = MemoryContextAllocZero(grid->context, sizeof(Line));
	line = grid->lines[row];
	if (line->seen[column])
		ereport(
			ERROR,
			(errcode(ERRCODE_CARDINALITY_VIOLATION),
			 errmsg("query of a heatmap has more than one value for row \"%s\" and column \"%s\"",
					short_label(grid->rows, row), short_label(grid->columns, column)),
			 errhint("Group by the first two columns, or filter what else tells rows apart.")));
	line->seen[column] = true;
	line->values[column] = slot->tts_isnull[COLUMN_VALUE]
							   ? get_float8_nan()
							   : take_value(grid, slot->tts_values[COLUMN_VALUE]);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(grid->row_context);
	return true;
}

static void
grid_done(DestReceiver *self)
{
}

static bool
is_number(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID || type == FLOAT4OID ||
		   type == FLOAT8OID || type == NUMERICOID;
}

/* Returns the number of the row (column) whose label is in a column of the query; a new one if need be. */
static int
take_label(Grid *grid, TupleTableSlot *slot, int column)
{
	AnDictionary *labels = column == COLUMN_ROW ? grid->rows : grid->columns;
	int most = column == COLUMN_ROW ? AN_HEATMAP_MAX_ROWS : AN_HEATMAP_MAX_COLUMNS;
	const char *label = NULL_LABEL;
	uint32 number;

	if (!slot->tts_isnull[column])
		label = OutputFunctionCall(&grid->output[column], slot->tts_values[column]);
	number = an_dictionary_number(labels, label, strlen(label));
	if (number >= (uint32) most)
		ereport(
			ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("a heatmap has at most %d %s", most, column == COLUMN_ROW ? "rows" : "columns"),
			 errhint("The query's %s column tells the labels: group it more coarsely, or filter.",
					 column == COLUMN_ROW ? "first" : "second")));
	return (int) number;
}

/* Returns a label in the length that a message can stand. */
static char *
short_label(const AnDictionary *labels, uint32 number)
{
	size_t size;
	const char *label = an_dictionary_text(labels, number, &size);

	return pnstrdup(label, pg_mbcliplen(label, (int) Min(size, 400), 100));
}

/* Returns a value of the third column, which is not NULL, as a double; 22003 for one that is none. */
static double
take_value(const Grid *grid, Datum value)
{
	double number;

	switch (grid->value_type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case FLOAT8OID:
			return DatumGetFloat8(value);
		case NUMERICOID:
			number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
			if (isinf(number) && !numeric_is_inf(DatumGetNumeric(value)))
				ereport(ERROR,
						(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						 errmsg("value of a heatmap is out of range for type double precision")));
			return number;
		default:
			elog(ERROR, "type %u is no number", grid->value_type);
	}
}

/* Makes the map of what was read, with texts that are ready to be shown. */
static void
fill_map(const Grid *grid, const char *format, AnHeatmap *map)
{
	size_t n_rows = an_dictionary_count(grid->rows);
	size_t n_columns = an_dictionary_count(grid->columns);
	double *values = palloc(Max(n_rows * n_columns, 1) * sizeof(double));
	AnHeatmapText *shown = palloc0(Max(n_rows * n_columns, 1) * sizeof(AnHeatmapText));

	if (grid->corner != NULL)
		map->corner = server_text(grid->corner, strlen(grid->corner), map->signs);
	map->rows = show_labels(grid->rows, map->signs);
	map->columns = show_labels(grid->columns, map->signs);
	map->n_rows = n_rows;
	map->n_columns = n_columns;
	for (size_t i = 0; i < n_rows * n_columns; i++)
	{
		const Line *line = grid->lines[i / n_columns];
		size_t column = i % n_columns;

		values[i] = line->seen[column] ? line->values[column] : get_float8_nan();
		if (!isnan(values[i]) && map->cells != AN_HEATMAP_SHADES)
			shown[i] = show_value(values[i], format, map->signs);
	}
	map->values = values;
	map->shown = shown;
}

static AnHeatmapText *
show_labels(const AnDictionary *labels, AnSigns signs)
{
	uint32 n = an_dictionary_count(labels);
	AnHeatmapText *texts = palloc(Max(n, 1) * sizeof(AnHeatmapText));

	for (uint32 i = 0; i < n; i++)
	{
		size_t size;
		const char *label = an_dictionary_text(labels, i, &size);

		texts[i] = server_text(label, size, signs);
	}
	return texts;
}

/* Makes a text of the server ready. */
static AnHeatmapText
server_text(const char *text, size_t size, AnSigns signs)
{
	const char *utf8 = to_kernel(text, size);

	return ready_text(utf8, utf8 == text ? size : strlen(utf8), signs);
}

/* Returns a text in UTF-8, which kernels take; where the encoding is not known (SQL_ASCII) the text itself. */
static const char *
to_kernel(const char *text, size_t size)
{
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
		return text;
	return pg_server_to_any(text, (int) size, PG_UTF8);
}

static AnHeatmapText
ready_text(const char *text, size_t size, AnSigns signs)
{
	char ready[AN_HEATMAP_TEXT_BYTES];
	AnHeatmapText result;

	result.size = an_heatmap_text(text, size, signs, ready);
	result.bytes = pnstrdup(ready, result.size);
	return result;
}

static AnHeatmapText
show_value(double value, const char *format, AnSigns signs)
{
	char shown[AN_NUMBER_SHOWN_BYTES];
	size_t size =
		an_number_format(format, strlen(format), value, an_locale_find("en"), shown, NULL);

	return ready_text(shown, size, signs);
}

/* Returns the lines, the headings first; nothing for a query without rows. */
static void
emit(FunctionCallInfo fcinfo, const AnHeatmap *map)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *line = palloc(AN_HEATMAP_LINE_BYTES);

	if (map->n_rows == 0)
		return;
	emit_line(rsinfo, line, an_heatmap_header(map, line));
	for (size_t row = 0; row < map->n_rows; row++)
	{
		CHECK_FOR_INTERRUPTS();
		emit_line(rsinfo, line, an_heatmap_line(map, row, line));
	}
}

static void
emit_line(ReturnSetInfo *rsinfo, char *line, size_t size)
{
	bool isnull = false;
	Datum value;
	char *text = line;

	if (GetDatabaseEncoding() != PG_SQL_ASCII)
		text = pg_any_to_server(line, (int) size, PG_UTF8);
	value = PointerGetDatum(cstring_to_text_with_len(text, text == line ? size : strlen(text)));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
	pfree(DatumGetPointer(value));
}

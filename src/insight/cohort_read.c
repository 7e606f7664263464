/*
 * cohort_read.c - the members of cohorts, and what cohorts have in common
 */
#include "insight/cohort.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

/* Cohorts that are compared. */
typedef struct Overlap
{
	List *names; /* their names, char * */
	int n;		 /* how many */
	int64 *both; /* n * n: entities in both; on the diagonal, the members */
} Overlap;

static void emit_member(void *arg, const Datum *values, const bool *nulls);
static void read_names(FunctionCallInfo fcinfo, Overlap *overlap);
static void count_overlap(AnSpi *spi, Overlap *overlap);
static void add_mask(void *arg, const Datum *values, const bool *nulls);
static void emit_pair(ReturnSetInfo *rsinfo, const Overlap *overlap, int a, int b);
static Datum jaccard(int64 both, int64 either);

/* Returns the members of a cohort, in no order. */
AN_SQL(cohort_members)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	AnCohort *cohort;
	AnSpi spi;
	AnQuery query;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	an_spi_begin(&spi, AN_READ);
	cohort = an_cohort_load(&spi, name);
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT %s FROM %s", cohort->column, cohort->relation);
	(void) an_query_each(&spi, &query, emit_member, fcinfo->resultinfo);
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
emit_member(void *arg, const Datum *values, const bool *nulls)
{
	ReturnSetInfo *rsinfo = arg;

	if (!nulls[0])
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, unconstify(Datum *, values),
							 unconstify(bool *, nulls));
}

/* Compares each two of some cohorts.  Errors: 22023 fewer than two, or one twice; 54000 too many; 42704. */
AN_SQL(cohort_overlap)
{
	Overlap overlap = {NIL, 0, NULL};
	AnSpi spi;

	read_names(fcinfo, &overlap);
	InitMaterializedSRF(fcinfo, 0);
	overlap.both = palloc0(sizeof(int64) * overlap.n * overlap.n);
	an_spi_begin(&spi, AN_READ);
	count_overlap(&spi, &overlap);
	an_spi_end(&spi);
	for (int a = 0; a < overlap.n; a++)
		for (int b = a + 1; b < overlap.n; b++)
			emit_pair((ReturnSetInfo *) fcinfo->resultinfo, &overlap, a, b);
	return (Datum) 0;
}

static void
read_names(FunctionCallInfo fcinfo, Overlap *overlap)
{
	ListCell *a, *b;

	an_not_null(PG_ARGISNULL(0), "names");
	overlap->names = an_text_list(PG_GETARG_DATUM(0), "names");
	overlap->n = list_length(overlap->names);
	if (overlap->n < 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"names\" has %d cohorts, at least 2 are compared", overlap->n)));
	if (overlap->n > AN_COHORT_OVERLAP_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%d cohorts are given, the limit is %d", overlap->n,
							   AN_COHORT_OVERLAP_MAX)));
	foreach (a, overlap->names)
		for_each_from(b, overlap->names,
					  foreach_current_index(a) + 1) if (strcmp(lfirst(a), lfirst(b)) == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("cohort \"%s\" is given more than once", an_shown(lfirst(a)))));
}

/*
 * Reads every table once: an entity gets a bit for each cohort that it is in, and
 * entities with the same bits are counted.
 */
static void
count_overlap(AnSpi *spi, Overlap *overlap)
{
	AnQuery query;
	ListCell *lc;

	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT k.mask, pg_catalog.count(*) FROM ("
									   "SELECT pg_catalog.bit_or(u.bit) AS mask FROM (");
	foreach (lc, overlap->names)
	{
		const AnCohort *cohort = an_cohort_load(spi, lfirst(lc));
		int i = foreach_current_index(lc);

		appendStringInfo(&query.sql,
						 "%sSELECT c.%s AS entity, " INT64_FORMAT "::pg_catalog.int8 AS bit "
						 "FROM %s c",
						 i > 0 ? " UNION ALL " : "", cohort->column, INT64CONST(1) << i,
						 cohort->relation);
	}
	appendStringInfoString(&query.sql,
						   ") u WHERE u.entity IS NOT NULL GROUP BY u.entity) k GROUP BY k.mask");
	(void) an_query_each(spi, &query, add_mask, overlap);
}

static void
add_mask(void *arg, const Datum *values, const bool *nulls)
{
	Overlap *overlap = arg;
	int64 mask = DatumGetInt64(values[0]), entities = DatumGetInt64(values[1]);

	for (int a = 0; a < overlap->n; a++)
		for (int b = a; b < overlap->n; b++)
			if ((mask >> a & 1) && (mask >> b & 1))
				overlap->both[a * overlap->n + b] += entities;
}

static void
emit_pair(ReturnSetInfo *rsinfo, const Overlap *overlap, int a, int b)
{
	int64 members_a = overlap->both[a * overlap->n + a];
	int64 members_b = overlap->both[b * overlap->n + b];
	int64 both = overlap->both[a * overlap->n + b];
	int64 either = members_a + members_b - both;
	Datum values[8];
	bool nulls[8] = {false};

	values[0] = CStringGetTextDatum(list_nth(overlap->names, a));
	values[1] = CStringGetTextDatum(list_nth(overlap->names, b));
	values[2] = Int64GetDatum(members_a);
	values[3] = Int64GetDatum(members_b);
	values[4] = Int64GetDatum(both);
	values[5] = Int64GetDatum(members_a - both);
	values[6] = Int64GetDatum(members_b - both);
	nulls[7] = either == 0;
	values[7] = either == 0 ? (Datum) 0 : jaccard(both, either);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Returns what of either is in both, with 4 digits. */
static Datum
jaccard(int64 both, int64 either)
{
	Datum ratio = DirectFunctionCall2(numeric_div, NumericGetDatum(int64_to_numeric(both)),
									  NumericGetDatum(int64_to_numeric(either)));

	return DirectFunctionCall2(numeric_round, ratio, Int32GetDatum(4));
}

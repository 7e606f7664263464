/*
 * cached.c - cached(): from the cache, or computed by one session while others wait or take the old answer
 *
 * Who computes holds an advisory lock of the transaction, in a key space that no SQL
 * function reaches, so it is gone whatever ends the session.  It is held until the
 * answer is there for others, that is, until the transaction ends; in a transaction block, which
 * may stay open for long, only while the query runs.  A session that holds one
 * such lock never waits for another: two that ask the same in different orders cannot block each other.
 */
#include "cache/cache_private.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* Tells our locks from those of pg_advisory_lock, which has 1 or 2 there. */
#define LOCK_SPACE 0xAC

/* An answer is too old for everybody after so many times its time to live. */
#define STALE_TTLS 2

static void read_ask(FunctionCallInfo fcinfo, AnCacheAsk *ask);
static int64 read_ttl(FunctionCallInfo fcinfo, AnCacheClass class);
static List *sorted_metrics(List *metrics);
static int compare_names(const ListCell *a, const ListCell *b);
static bool young(const AnCacheAsk *ask, const AnCacheAnswer *answer, int ttls);
static bool serve(const AnCacheAsk *ask, const AnCacheAnswer *answer, int ttls, ReturnSetInfo *rs);
static void answer_ask(AnCacheAsk *ask, ReturnSetInfo *rs);
static void compute(AnCacheAsk *ask, ReturnSetInfo *rs, bool keep);
static void set_tag(const AnCacheAsk *ask, LOCKTAG *tag);
static bool lock_ask(const AnCacheAsk *ask, bool wait);
static void unlock_ask(const AnCacheAsk *ask);

/* Returns the rows of a query, each as a jsonb object, from the cache or computed. */
AN_SQL(cached)
{
	ReturnSetInfo *rs = (ReturnSetInfo *) fcinfo->resultinfo;
	AnCacheAsk ask = {0};

	read_ask(fcinfo, &ask);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	an_cache_understand(&ask);
	if (ask.kept)
		answer_ask(&ask, rs);
	else
		compute(&ask, rs, false);
	return (Datum) 0;
}

static void
read_ask(FunctionCallInfo fcinfo, AnCacheAsk *ask)
{
	char *class;

	ask->role = GetUserId();
	ask->text = an_arg_required(fcinfo, 0, "query");
	class = an_arg_required(fcinfo, 2, "class");
	ask->class = an_word("class", class, an_cache_class_names, AN_N_CACHE_CLASSES);
	ask->ttl_us = read_ttl(fcinfo, ask->class);
	ask->tenant = an_arg_text(fcinfo, 3);
	ask->any_metric = PG_ARGISNULL(4);
	if (!ask->any_metric)
		ask->metrics = sorted_metrics(an_text_list(PG_GETARG_DATUM(4), "metrics"));
}

/* Returns the time to live that a call gives, or its class has. */
static int64
read_ttl(FunctionCallInfo fcinfo, AnCacheClass class)
{
	Interval *ttl;
	Interval most = {.day = AN_CACHE_TTL_MAX_S / SECS_PER_DAY};

	if (PG_ARGISNULL(1))
		return an_cache_class_ttl_us(class);
	ttl = PG_GETARG_INTERVAL_P(1);
	if (!DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(ttl),
										  IntervalPGetDatum(&(Interval){0}))) ||
		DatumGetBool(
			DirectFunctionCall2(interval_gt, IntervalPGetDatum(ttl), IntervalPGetDatum(&most))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ttl %s is not in the range of more than 0 to %d days",
						DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(ttl))),
						AN_CACHE_TTL_MAX_S / SECS_PER_DAY),
				 errhint("Leave it out for the time to live of the class.")));
	return ttl->time + (ttl->day + (int64) ttl->month * DAYS_PER_MONTH) * USECS_PER_DAY;
}

static List *
sorted_metrics(List *metrics)
{
	List *unique = NIL;
	ListCell *lc;

	list_sort(metrics, compare_names);
	foreach (lc, metrics)
		if (unique == NIL || strcmp(llast(unique), lfirst(lc)) != 0)
			unique = lappend(unique, lfirst(lc));
	if (list_length(unique) > AN_CACHE_METRICS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%d metrics are too many for one cached query, the limit is %d",
							   list_length(unique), AN_CACHE_METRICS_MAX),
						errhint("Leave them out: then it counts as one of any metric.")));
	return unique;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static void
answer_ask(AnCacheAsk *ask, ReturnSetInfo *rs)
{
	AnCacheAnswer *answer = an_cache_kept_here(ask);

	if (answer && serve(ask, answer, 1, rs))
		return;
	answer = an_cache_find(ask);
	if (answer && serve(ask, answer, 1, rs))
		return;
	if (answer && answer->rows == NULL && young(ask, answer, 1))
	{
		/* It does not fit into the cache: nobody waits for what will not be there. */
		compute(ask, rs, false);
		return;
	}
	if (!lock_ask(ask, false))
	{
		if (answer && serve(ask, answer, STALE_TTLS, rs))
			return;
		if (an_cache_waits_for_commit() && !IsTransactionBlock())
		{
			compute(ask, rs, false);
			return;
		}
		(void) lock_ask(ask, true);
	}
	/* Whoever had the lock may have stored it meanwhile. */
	answer = an_cache_find(ask);
	if (answer && serve(ask, answer, 1, rs))
	{
		unlock_ask(ask);
		return;
	}
	compute(ask, rs, true);
	if (IsTransactionBlock())
		unlock_ask(ask);
}

/* Tells whether an answer is younger than so many times the time to live. */
static bool
young(const AnCacheAsk *ask, const AnCacheAnswer *answer, int ttls)
{
	int64 age_us = GetCurrentTimestamp() - answer->as_of;

	/* One from the future has been computed before somebody set the clock back. */
	return age_us >= 0 && age_us < ask->ttl_us * ttls;
}

/* Gives the answer to the caller if it is young enough. */
static bool
serve(const AnCacheAsk *ask, const AnCacheAnswer *answer, int ttls, ReturnSetInfo *rs)
{
	if (answer->rows == NULL || !young(ask, answer, ttls) ||
		!an_cache_emit(answer, rs->setResult, rs->setDesc))
		return false;
	an_cache_count(ask->class, AN_CACHE_HIT);
	return true;
}

static void
compute(AnCacheAsk *ask, ReturnSetInfo *rs, bool keep)
{
	AnCacheAnswer *answer;

	if (ask->kept)
		an_cache_count(ask->class, AN_CACHE_MISS);
	answer = an_cache_run(ask, rs->setResult, rs->setDesc, keep);
	if (answer)
		an_cache_keep(ask, answer);
}

static void
set_tag(const AnCacheAsk *ask, LOCKTAG *tag)
{
	uint32 words[2];

	memcpy(words, ask->key.data, sizeof(words));
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, words[0], words[1], LOCK_SPACE);
}

/* Takes the lock of an ask; tells whether it has it.  Waiting can be cancelled. */
static bool
lock_ask(const AnCacheAsk *ask, bool wait)
{
	LOCKTAG tag;

	set_tag(ask, &tag);
	return LockAcquire(&tag, ExclusiveLock, false, !wait) != LOCKACQUIRE_NOT_AVAIL;
}

static void
unlock_ask(const AnCacheAsk *ask)
{
	LOCKTAG tag;

	set_tag(ask, &tag);
	(void) LockRelease(&tag, ExclusiveLock, false);
}

/*
 * settings.c - settings of the cache, its classes, and what it counts
 *
 * Counters are unlogged sequences: they count whether the transaction commits or not,
 * nobody waits for another, no transaction id is taken, and they begin anew where the
 * cache does, after a crash.
 */
#include "cache/cache_private.h"

#include "catalog/namespace.h"
#include "commands/sequence.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

/* One entry takes at most this part of the cache, and never more than this many bytes. */
#define ENTRY_PART		4
#define ENTRY_MAX_BYTES ((int64) 256 * 1024 * 1024)

const char *const an_cache_class_names[AN_N_CACHE_CLASSES] = {"series", "aggregate", "report"};

static int ttl_s[AN_N_CACHE_CLASSES]; /* analytics.cache_ttl_*, in seconds */
static int size_mb;					  /* analytics.cache_size, in megabytes */

static void define_ttl(AnCacheClass class, const char *name, const char *text, int seconds);

void
an_cache_init(void)
{
	define_ttl(AN_CACHE_SERIES, "analytics.cache_ttl_series",
			   "How long cached answers of class series live.", 300);
	define_ttl(AN_CACHE_AGGREGATE, "analytics.cache_ttl_aggregate",
			   "How long cached answers of class aggregate live.", 900);
	define_ttl(AN_CACHE_REPORT, "analytics.cache_ttl_report",
			   "How long cached answers of class report live.", 3600);
	DefineCustomIntVariable("analytics.cache_size",
							"Most that cached answers may take, of all roles together.",
							"0 keeps nothing: every call of cached() runs its query.", &size_mb, 64,
							0, 1024 * 1024, PGC_SUSET, GUC_UNIT_MB, NULL, NULL, NULL);
	an_cache_pending_init();
}

static void
define_ttl(AnCacheClass class, const char *name, const char *text, int seconds)
{
	DefineCustomIntVariable(name, text, NULL, &ttl_s[class], seconds, 1, AN_CACHE_TTL_MAX_S,
							PGC_USERSET, GUC_UNIT_S, NULL, NULL, NULL);
}

int64
an_cache_class_ttl_us(AnCacheClass class)
{
	return ttl_s[class] * USECS_PER_SEC;
}

int64
an_cache_limit(bool one_entry)
{
	int64 all = (int64) size_mb * 1024 * 1024;

	return one_entry ? Min(all / ENTRY_PART, ENTRY_MAX_BYTES) : all;
}

void
an_cache_count(AnCacheClass class, AnCacheEvent event)
{
	char name[NAMEDATALEN];
	Oid sequence;

	snprintf(name, sizeof(name), "cache_%s_%s", an_cache_class_names[class],
			 event == AN_CACHE_HIT ? "hits" : "misses");
	sequence = get_relname_relid(name, get_namespace_oid(AN_SCHEMA, false));
	if (OidIsValid(sequence))
		(void) nextval_internal(sequence, false);
}

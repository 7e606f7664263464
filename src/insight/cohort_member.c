/*
 * cohort_member.c - in_cohort: whether one entity is a member
 *
 * A call looks into the table's index.  Where one statement asks again and again,
 * the members are read once, when as much has been spent on looking them up one by
 * one, and kept in a table in memory as long as they fit into work_mem *
 * hash_mem_multiplier: then a call costs a tenth of a microsecond or so.
 *
 * What is kept is what one snapshot sees, and is thrown away as soon as the call comes
 * with another: PL/pgSQL keeps the call site of an expression for a whole transaction.
 * Where row-level security decides about members, each is looked up.
 */
#include "insight/cohort.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/nodeHash.h"
#include "utils/builtins.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

/* A lookup in the index costs about as much as reading so many members. */
#define MEMBERS_PER_LOOKUP 8

/* Lookups before members are read at all. */
#define FEWEST_LOOKUPS 16

/* Bytes that a member takes beside its text, in a table that is half empty. */
#define MEMBER_BYTES 64

/* One member, as the table in memory keeps it. */
typedef struct Member
{
	const text *entity; /* its text, without a header of toast */
	uint32 hash;		/* hash of the text */
	char status;		/* of the slot */
} Member;

static inline uint32
hash_text(const text *entity)
{
	return hash_bytes((const unsigned char *) VARDATA_ANY(entity), VARSIZE_ANY_EXHDR(entity));
}

static inline bool
equal_text(const text *a, const text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		   memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

#define SH_PREFIX		  members
#define SH_ELEMENT_TYPE	  Member
#define SH_KEY_TYPE		  const text *
#define SH_KEY			  entity
#define SH_HASH_KEY(t, k) hash_text(k)
#define SH_EQUAL(t, a, b) equal_text(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(t, m) (m)->hash
#define SH_SCOPE		  static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* What tells two snapshots of a session apart. */
typedef struct SnapshotKey
{
	TransactionId xmin;		  /* all before are over */
	TransactionId xmax;		  /* none from here on is seen */
	uint32 n_running;		  /* transactions between that are not seen: they only become fewer */
	int32 n_sub_running;	  /* and their subtransactions */
	CommandId command;		  /* own commands that are seen */
	SubTransactionId subxact; /* own subtransaction: what a failed one wrote is gone */
	TimestampTz transaction;  /* own transaction, by its start */
	Oid user;				  /* who reads: row-level security */
} SnapshotKey;

/* What a call site keeps. */
typedef struct Site
{
	char *name;						/* the cohort; NULL where none has been found */
	SnapshotKey key;				/* the snapshot to which the rest belongs */
	MemoryContext names;			/* of `name` and `select` */
	MemoryContext context;			/* of the members in memory */
	char *select;					/* statement that reads all members */
	char *lookup;					/* statement that looks one entity up */
	char *planned;					/* the one that `plan` was made from */
	SPIPlanPtr plan;				/* the plan, or NULL */
	int64 expected;					/* how many members the catalog says there are */
	int64 lookups;					/* how many have been looked up so far */
	Size limit;						/* bytes that members may take */
	Size size;						/* bytes that they take so far */
	bool by_lookup;					/* members do not fit, or policies say who sees which */
	members_hash *reading;			/* members that are being read */
	members_hash *members;			/* all members, or NULL */
	MemoryContextCallback callback; /* frees the plan with the call site */
} Site;

static Site *site_of(FunctionCallInfo fcinfo);
static void free_site(void *arg);
static SnapshotKey current_key(void);
static void find_cohort(Site *site, const char *name, SnapshotKey key);
static bool look_up(Site *site, Datum entity);
static void make_plan(Site *site);
static bool is_worth_reading(const Site *site);
static void read_members(Site *site);
static void keep_member(void *arg, const Datum *values, const bool *nulls);

/* Tells whether an entity is a member of a cohort.  Errors: 42704, 42501 without the right to read it. */
AN_SQL(in_cohort)
{
	Site *site = site_of(fcinfo);
	text *name = PG_GETARG_TEXT_PP(0);
	SnapshotKey key = current_key();

	if (site->name == NULL || strlen(site->name) != VARSIZE_ANY_EXHDR(name) ||
		memcmp(site->name, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) != 0 ||
		memcmp(&site->key, &key, sizeof(key)) != 0)
		find_cohort(site, text_to_cstring(name), key);
	if (site->members == NULL && is_worth_reading(site))
		read_members(site);
	if (site->members)
		PG_RETURN_BOOL(members_lookup(site->members, PG_GETARG_TEXT_PP(1)) != NULL);
	PG_RETURN_BOOL(look_up(site, PG_GETARG_DATUM(1)));
}

static Site *
site_of(FunctionCallInfo fcinfo)
{
	MemoryContext parent = fcinfo->flinfo->fn_mcxt;
	Site *site = fcinfo->flinfo->fn_extra;

	if (site)
		return site;
	site = MemoryContextAllocZero(parent, sizeof(Site));
	site->names = AllocSetContextCreate(parent, "analytics cohort", ALLOCSET_SMALL_SIZES);
	site->context = AllocSetContextCreate(parent, "analytics members", ALLOCSET_DEFAULT_SIZES);
	site->callback.func = free_site;
	site->callback.arg = site;
	MemoryContextRegisterResetCallback(parent, &site->callback);
	fcinfo->flinfo->fn_extra = site;
	return site;
}

static void
free_site(void *arg)
{
	Site *site = arg;

	if (site->plan)
		(void) SPI_freeplan(site->plan);
	site->plan = NULL;
}

static SnapshotKey
current_key(void)
{
	Snapshot snapshot = GetActiveSnapshot();
	SnapshotKey key;

	memset(&key, 0, sizeof(key)); /* it is compared as bytes */
	key.xmin = snapshot->xmin;
	key.xmax = snapshot->xmax;
	key.n_running = snapshot->xcnt;
	key.n_sub_running = snapshot->subxcnt;
	key.command = snapshot->curcid;
	key.subxact = GetCurrentSubTransactionId();
	key.transaction = GetCurrentTransactionStartTimestamp();
	key.user = GetUserId();
	return key;
}

/* Finds the cohort anew, and forgets what an earlier snapshot saw. */
static void
find_cohort(Site *site, const char *name, SnapshotKey key)
{
	AnCohort *cohort;
	AnSpi spi;
	MemoryContext spi_context;

	site->name = NULL;
	site->members = NULL;
	site->lookups = 0;
	site->size = 0;
	MemoryContextReset(site->context);
	MemoryContextReset(site->names);
	an_spi_begin(&spi, AN_READ);
	cohort = an_cohort_load(&spi, name);
	spi_context = MemoryContextSwitchTo(site->names);
	site->expected = cohort->members;
	/* Policies may look at settings, which change without a new snapshot. */
	site->by_lookup = check_enable_rls(cohort->relid, InvalidOid, true) == RLS_ENABLED;
	site->select = psprintf("SELECT %s FROM %s", cohort->column, cohort->relation);
	site->lookup = psprintf("SELECT FROM %s WHERE %s OPERATOR(pg_catalog.=) $1", cohort->relation,
							cohort->column);
	site->name = pstrdup(name);
	MemoryContextSwitchTo(spi_context);
	an_spi_end(&spi);
	site->limit = get_hash_memory_limit();
	site->key = key;
}

/* Looks an entity up in the table. */
static bool
look_up(Site *site, Datum entity)
{
	bool found;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (site->plan == NULL || strcmp(site->planned, site->lookup) != 0)
		make_plan(site);
	if (SPI_execute_plan(site->plan, &entity, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look an entity up");
	found = SPI_processed > 0;
	SPI_finish();
	site->lookups++;
	return found;
}

static void
make_plan(Site *site)
{
	Oid type = TEXTOID;
	SPIPlanPtr plan = SPI_prepare(site->lookup, 1, &type);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare the lookup of an entity");
	free_site(site);
	site->planned = MemoryContextStrdup(GetMemoryChunkContext(site), site->lookup);
	site->plan = plan;
}

static bool
is_worth_reading(const Site *site)
{
	return !site->by_lookup && site->lookups >= FEWEST_LOOKUPS &&
		   site->lookups * MEMBERS_PER_LOOKUP >= site->expected &&
		   (Size) site->expected * MEMBER_BYTES <= site->limit;
}

/* Reads all members into memory; leaves none there where they do not fit. */
static void
read_members(Site *site)
{
	AnSpi spi;
	AnQuery query;

	site->reading = members_create(site->context, Max(site->expected, 1), NULL);
	an_spi_begin(&spi, AN_READ);
	an_query_init(&query);
	appendStringInfoString(&query.sql, site->select);
	(void) an_query_each(&spi, &query, keep_member, site);
	an_spi_end(&spi);
	/* Only now: a call that failed on the way must not leave a part behind. */
	if (site->by_lookup)
		MemoryContextReset(site->context);
	else
		site->members = site->reading;
}

static void
keep_member(void *arg, const Datum *values, const bool *nulls)
{
	Site *site = arg;
	text *entity;
	bool found;

	if (nulls[0] || site->by_lookup)
		return;
	entity = DatumGetTextPP(values[0]);
	site->size += MEMBER_BYTES + VARSIZE_ANY(entity);
	if (site->size > site->limit)
	{
		site->by_lookup = true;
		return;
	}
	MemoryContextSwitchTo(site->context);
	entity = memcpy(palloc(VARSIZE_ANY(entity)), entity, VARSIZE_ANY(entity));
	(void) members_insert(site->reading, entity, &found);
}

/*
 * events.c - the events of a source, brought together entity by entity
 */
#include "insight/events.h"
#include "insight/cohort.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/nodeHash.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/* How often the groups of a gathering look for a cancel. */
#define GROUPS_BETWEEN_INTERRUPTS 1024

/*
 * What a row from a worker costs beyond one that is read here, in the planner's unit: some 40 ns beside
 * the 3 us of a page.  By its own 0.1 workers would never pay where most rows matter.
 */
#define PARALLEL_TUPLE_COST 0.01

/* Columns before those of the caller: the entity, the time. */
#define FIRST_COLUMNS 2

/* A statement whose rows are gathered. */
typedef struct Gathering
{
	AnEvents *events;		  /* what is read */
	AnGather *gather;		  /* where the rows go */
	AnEventFunction function; /* makes records of them */
	void *arg;				  /* what it is called with */
	StringInfoData key;		  /* bytes of an entity whose type has no shorter way */
} Gathering;

/* Groups that are handed on. */
typedef struct Groups
{
	AnGroupFunction function; /* takes them */
	void *arg;				  /* what it is called with */
	uint32 n;				  /* how many so far */
} Groups;

static bool is_readable(const AnEvents *events);
static const AnExpression *find_key(const void *events, const char *key);
static const AnExpression *property(const AnEvents *events, const char *name);
static void run(Gathering *gathering);
static void take_row(void *arg, const Datum *values, const bool *nulls);
static void add_record(Gathering *gathering, Datum entity, const int64 *words);
static void hand_on(void *arg, const void *key, size_t size, int64_t *words, size_t n);

void
an_events_open(AnEvents *events, AnSpi *spi, const char *source, const char *timezone, char *tenant,
			   Jsonb *filters, TimestampTz start, TimestampTz finish)
{
	*events = (AnEvents){.spi = spi,
						 .tenant = tenant,
						 .filters = filters,
						 .start = start,
						 .finish = finish,
						 .context = CurrentMemoryContext};
	events->source = an_source_load(spi, source);
	events->view = an_source_time(events->source, timezone, true);
	an_query_init(&events->query);
}

void
an_events_select(AnEvents *events)
{
	const AnExpression *entity = &events->source->roles[AN_ROLE_ENTITY];

	an_value_init(&events->entity, entity->type, events->context);
	appendStringInfo(&events->query.sql, "SELECT (%s)", entity->text);
	if (events->entity_text && !is_readable(events))
	{
		appendStringInfoString(&events->query.sql, "::pg_catalog.text");
		an_value_init(&events->entity, TEXTOID, events->context);
	}
	appendStringInfo(&events->query.sql, ", %s", events->view->sql);
}

/* Tells whether the bytes of a key say what the entity is as text. */
static bool
is_readable(const AnEvents *events)
{
	switch (events->entity.type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case UUIDOID:
		case TEXTOID:
		case VARCHAROID:
			return true;
		default:
			return false;
	}
}

void
an_events_from(AnEvents *events)
{
	const AnSource *source = events->source;
	AnQuery *query = &events->query;

	appendStringInfo(&query->sql, " FROM %s WHERE ", source->relation);
	an_time_range(query, events->view, events->start, events->finish);
	appendStringInfo(&query->sql, " AND (%s) IS NOT NULL", source->roles[AN_ROLE_ENTITY].text);
	an_source_tenant(query, source, events->tenant);
	an_filters(query, find_key, events, an_cohort_filters(events));
}

static const AnExpression *
find_key(const void *events, const char *key)
{
	return an_events_dimension(events, key, "filter");
}

const AnExpression *
an_events_dimension(const AnEvents *events, const char *name, const char *what)
{
	const AnSource *source = events->source;
	bool has_events = source->roles[AN_ROLE_EVENT].text != NULL;
	List *names;
	AnDimension *dimension = an_dimension_find(events->spi, source, name, &names);
	const char *nearest;

	if (dimension)
		return &dimension->expression;
	if (has_events && strcmp(name, "event") == 0)
		return &source->roles[AN_ROLE_EVENT];
	if (source->roles[AN_ROLE_PROPERTIES].text)
		return property(events, name);
	if (has_events)
		names = lappend(names, "event");
	nearest = an_name_nearest(name, names);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s \"%s\" is not a column, dimension or property of source \"%s\"", what,
					an_shown(name), source->name),
			 nearest
				 ? errhint("Perhaps you meant \"%s\".", nearest)
				 : errhint("Name its jsonb column with alter_source('%s', properties => ...) to "
						   "use properties.",
						   source->name)));
}

/* Makes the expression of a property: its value as text. */
static const AnExpression *
property(const AnEvents *events, const char *name)
{
	AnExpression *expression = palloc(sizeof(AnExpression));

	expression->type = TEXTOID;
	expression->collation = DEFAULT_COLLATION_OID;
	expression->text =
		psprintf("(%s) OPERATOR(pg_catalog.->>) %s::pg_catalog.text",
				 events->source->roles[AN_ROLE_PROPERTIES].text, quote_literal_cstr(name));
	return expression;
}

const AnExpression *
an_events_event(const AnEvents *events)
{
	const AnSource *source = events->source;

	if (source->roles[AN_ROLE_EVENT].text == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("source \"%s\" has no event names", source->name),
						errhint("Name their column with alter_source('%s', event => ...).",
								source->name)));
	return &source->roles[AN_ROLE_EVENT];
}

AnGather *
an_events_gather(AnEvents *events, uint32 n_words, AnEventFunction function, void *arg)
{
	MemoryContext caller = MemoryContextSwitchTo(events->context);
	AnMemory *memory = palloc(sizeof(AnMemory));
	Gathering gathering = {.events = events, .function = function, .arg = arg};
	AnValueKind kind = events->entity.kind;
	bool is_number = kind == AN_VALUE_INT2 || kind == AN_VALUE_INT4 || kind == AN_VALUE_INT8 ||
					 kind == AN_VALUE_OID;

	*memory = an_memory(
		AllocSetContextCreate(events->context, "analytics events", ALLOCSET_DEFAULT_SIZES));
	initStringInfo(&gathering.key);
	gathering.gather = an_gather_create(is_number ? sizeof(int64) : 0, n_words,
										get_hash_memory_limit(), memory, an_gather_files());
	run(&gathering);
	pfree(gathering.key.data);
	MemoryContextSwitchTo(caller);
	return gathering.gather;
}

/* Runs the statement, with workers where they pay; whoever wants none sets max_parallel_workers_per_gather. */
static void
run(Gathering *gathering)
{
	int guc_nest = NewGUCNestLevel();

	if (parallel_tuple_cost > PARALLEL_TUPLE_COST)
		an_setting("parallel_tuple_cost", CppAsString2(PARALLEL_TUPLE_COST));
	(void) an_query_each(gathering->events->spi, &gathering->events->query, take_row, gathering);
	AtEOXact_GUC(true, guc_nest);
}

static void
take_row(void *arg, const Datum *values, const bool *nulls)
{
	Gathering *gathering = arg;
	int64 words[AN_GATHER_MAX_WORDS];
	TimestampTz at;

	if (nulls[0] || nulls[1])
		return;
	at = an_time_instant(gathering->events->view, values[1]);
	if (TIMESTAMP_NOT_FINITE(at))
		return;
	if (gathering->function(gathering->arg, at, values + FIRST_COLUMNS, nulls + FIRST_COLUMNS,
							words))
		add_record(gathering, values[0], words);
}

static void
add_record(Gathering *gathering, Datum entity, const int64 *words)
{
	AnValue *value = &gathering->events->entity;
	AnGather *gather = gathering->gather;
	struct varlena *content;

	switch (value->kind)
	{
		case AN_VALUE_INT8:
			an_gather_add_int64(gather, DatumGetInt64(entity), words);
			break;
		case AN_VALUE_INT4:
			an_gather_add_int64(gather, DatumGetInt32(entity), words);
			break;
		case AN_VALUE_INT2:
			an_gather_add_int64(gather, DatumGetInt16(entity), words);
			break;
		case AN_VALUE_OID:
			an_gather_add_int64(gather, DatumGetObjectId(entity), words);
			break;
		case AN_VALUE_UUID:
			an_gather_add(gather, DatumGetUUIDP(entity)->data, UUID_LEN, words);
			break;
		case AN_VALUE_BYTES:
			content = PG_DETOAST_DATUM_PACKED(entity);
			an_gather_add(gather, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content), words);
			break;
		default:
			resetStringInfo(&gathering->key);
			an_value_append(value, entity, &gathering->key);
			an_gather_add(gather, gathering->key.data, gathering->key.len, words);
	}
}

void
an_events_each(AnEvents *events, AnGather *gather, AnGroupFunction function, void *arg)
{
	Groups groups = {.function = function, .arg = arg};
	MemoryContext caller = MemoryContextSwitchTo(events->context);

	an_gather_each(gather, hand_on, &groups);
	an_gather_free(gather);
	MemoryContextSwitchTo(caller);
}

static void
hand_on(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Groups *groups = arg;

	if (groups->n++ % GROUPS_BETWEEN_INTERRUPTS == 0)
		CHECK_FOR_INTERRUPTS();
	groups->function(groups->arg, key, size, words, n);
}

char *
an_events_entity(const AnEvents *events, const void *key, size_t size)
{
	int64 number;

	switch (events->entity.kind)
	{
		case AN_VALUE_INT2:
		case AN_VALUE_INT4:
		case AN_VALUE_INT8:
		case AN_VALUE_OID:
			memcpy(&number, key, sizeof(number));
			return psprintf(INT64_FORMAT, number);
		case AN_VALUE_UUID:
			return DatumGetCString(DirectFunctionCall1(
				uuid_out, UUIDPGetDatum((pg_uuid_t *) unconstify(void *, key))));
		default:
			return pnstrdup(key, size);
	}
}

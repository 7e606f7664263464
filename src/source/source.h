/*
 * source.h - where the events are: the catalog of sources, and a source as SQL
 *
 * A source names a relation and what its columns mean: the time of an event,
 * the entity (user) that did it, and optionally the event's name, tenant,
 * session, properties and id.  Each is one scalar SQL expression over the
 * relation.  Expressions are kept in canonical form (expression.c), checked
 * again whenever they are read, and run with the rights of the caller.
 */
#ifndef AN_SOURCE_SOURCE_H
#define AN_SOURCE_SOURCE_H

#include "base/base.h"
#include "calendar/calendar.h"

/* Longest expression, in bytes. */
#define AN_EXPRESSION_MAX 8192

/* One checked expression over a relation. */
typedef struct AnExpression
{
	char *
		text; /* canonical SQL, every name outside pg_catalog with its schema; put it in parentheses */
	Oid type;		/* type of its value; a domain's base type */
	Oid collation;	/* collation of its value, 0 where the type has none */
	bool immutable; /* it depends on the row alone, not on settings or on other tables */
} AnExpression;

/* The roles that an expression of a source can play; the order of the catalog's columns. */
typedef enum AnRole
{
	AN_ROLE_AT,
	AN_ROLE_ENTITY,
	AN_ROLE_EVENT,
	AN_ROLE_TENANT,
	AN_ROLE_SESSION,
	AN_ROLE_PROPERTIES,
	AN_ROLE_EVENT_ID,
	AN_N_ROLES,
} AnRole;

/* A source, read from the catalog and checked. */
typedef struct AnSource
{
	char *name;						/* as registered */
	Oid relid;						/* its relation */
	char *relation;					/* the relation's quoted name with its schema */
	AnExpression roles[AN_N_ROLES]; /* text is NULL where the source has none */
	char *timezone;					/* the source's own zone, or NULL */
} AnSource;

/*
 * How a query looks at a source's times.  A column of type timestamp or date
 * has no instants of its own: where the query asks in the zone of the column,
 * ranges and bins are computed on the wall clock as it is stored, so that an index
 * serves and no row is converted.
 */
typedef struct AnTimeView
{
	const AnSource *source; /* the source */
	char *zone_name;		/* zone of the query's civil days */
	pg_tz *zone;			/* the same */
	char *column_zone_name; /* zone in which a timestamp column is read */
	pg_tz *column_zone;		/* the same */
	Oid type;				/* type of `sql`: timestamptz, timestamp or date */
	char *sql;				/* the time to compare and to bin */
} AnTimeView;

/*
 * an_expression_check parses and analyses one scalar expression over a relation
 * with the current search path, and returns its canonical form in the current
 * context.  `what` says in error contexts whose expression it is.  Raises errors
 * that point into the expression: syntax, unknown columns, sub-queries, aggregates,
 * window and set-returning functions, volatile functions.
 */
extern AnExpression an_expression_check(const char *text, Oid relid, const char *what);

/*
 * an_expression_node returns a canonical expression analysed over a relation: its columns are Vars of varno 1.
 * The caller has pinned the search path.  Raises the errors of an_expression_check.
 */
extern Node *an_expression_node(const char *text, Oid relid);

/*
 * an_expression_columns returns the names (List of char *) of the columns that an
 * expression mentions; works on text alone, also when a column is gone.
 */
extern List *an_expression_columns(const char *text);

/* an_expression_rename returns the text with column `old` replaced by `new`, or NULL if it does not mention it. */
extern char *an_expression_rename(const char *text, const char *old, const char *new);

/* an_expression_renamed is the same, but returns the text itself if it does not mention it; NULL of NULL. */
extern char *an_expression_renamed(char *text, const char *old, const char *new);

/*
 * an_canonical_begin opens a level of settings in which deparsed text means the same to every reader: names
 * outside pg_catalog carry their schema, constants do not depend on DateStyle.  Close it with AtEOXact_GUC(true, level).
 */
extern int an_canonical_begin(void);

/* an_source_load reads and checks a source; raises 42704 with the nearest name where there is none. */
extern AnSource *an_source_load(AnSpi *spi, const char *name);

/*
 * What a higher room keeps about sources.  Each function acts on what depends on
 * the source (or on one column of it): `cascade` drops it, otherwise it raises
 * 2BP01 if there is any.  `column_rename` follows the new name of a column; `column_retype`
 * may refuse that its type, and so its values, are altered.
 * `dropped` is called for every command that drops something, in the event trigger:
 * for relations of the room's own; and `relation_rename` for every renamed column of
 * a relation.  `altered` is called when alter_source changed the source.  Any may be NULL.
 */
typedef struct AnSourceDependent
{
	void (*drop)(AnSpi *spi, const char *source, bool cascade);
	void (*column_drop)(AnSpi *spi, const char *source, const char *column, bool cascade);
	void (*column_rename)(AnSpi *spi, const char *source, const char *old, const char *new);
	void (*column_retype)(AnSpi *spi, const char *source, const char *column);
	void (*dropped)(AnSpi *spi, bool cascade);
	void (*relation_rename)(AnSpi *spi, Oid relid, const char *old, const char *new);
	void (*altered)(AnSpi *spi, const char *source);
} AnSourceDependent;

/* an_source_register adds a room's functions; called from its init function. The struct must live for ever. */
extern void an_source_register(const AnSourceDependent *dependent);

/*
 * an_catalog_owner returns the owner of the catalog, as whom fixed statements of ours may write it where
 * the caller need have no right on it; InvalidOid while the extension is being dropped.
 */
extern Oid an_catalog_owner(void);

/* an_source_dependents_drop calls `drop` of every registered room. */
extern void an_source_dependents_drop(AnSpi *spi, const char *source, bool cascade);

/* an_source_dependents_altered calls `altered` of every registered room. */
extern void an_source_dependents_altered(AnSpi *spi, const char *source);

/*
 * an_source_restoring tells whether an event trigger runs for a command of a restore, which drops and
 * brings back by itself what stands on a source: only our catalog has to follow.  A trigger of its own
 * must ask before it opens an SPI connection of ours.
 */
extern bool an_source_restoring(void);

/* an_source_role_name returns the argument name of a role ("at", "entity" ...). */
extern const char *an_source_role_name(AnRole role);

/* an_source_zone returns the zone's name: argument, else the source's, else analytics.timezone, else TimeZone. */
extern char *an_source_zone(const AnSource *source, const char *timezone);

/*
 * an_source_time decides how a query with this zone argument (or NULL) looks at the source's times.
 * Raises 0A000 where SQL would read the zone of a timestamp column as an abbreviation.
 * `instants` asks for instants where a wall clock would do for days: bins finer than a day tell the
 * hours of a day that is 25 hours long apart.
 */
extern AnTimeView *an_source_time(const AnSource *source, const char *timezone, bool instants);

/*
 * an_wall_clock returns the wall clock of a zone at an instant; infinity stays.  Unlike SQL's
 * timezone() it never takes the zone's name for an abbreviation.
 */
extern Timestamp an_wall_clock(pg_tz *zone, TimestampTz at);

/* an_time_datum converts an instant to the type of the view: the wall clock of its zone; for dates, the first one not before. */
extern Datum an_time_datum(const AnTimeView *view, TimestampTz at);

/* an_time_instant is the way back, for values that come out of the view's bins. */
extern TimestampTz an_time_instant(const AnTimeView *view, Datum value);

/*
 * an_time_array adds ascending instants as an array parameter of the view's type and returns its number: what
 * width_bucket looks a time up in.
 */
extern int
an_time_array(AnQuery *query, const AnTimeView *view, int n, const TimestampTz *instants);

/* an_time_range appends "time >= start AND time < finish" over the view; infinite bounds are left out. */
extern void
an_time_range(AnQuery *query, const AnTimeView *view, TimestampTz start, TimestampTz finish);

/* an_time_bin appends the bin of the view's time as SQL; NULL-safe, of the view's type. */
extern void an_time_bin(AnQuery *query, const AnTimeView *view, const Interval *width);

/*
 * an_compare appends "(expression) op value" with the operator that the type's
 * own B-tree (or hash, for equality) class has for a strategy of access/stratnum.h.  The value is text
 * in the type's input form and becomes a parameter of that type.
 */
extern void
an_compare(AnQuery *query, const AnExpression *expression, int strategy, const char *value);

/* an_any_of appends "(expression) = ANY (values)"; the values as in an_compare. */
extern void an_any_of(AnQuery *query, const AnExpression *expression, List *values);

/* an_source_tenant appends " AND tenant = value"; nothing for NULL; an error where the source has no tenant. */
extern void an_source_tenant(AnQuery *query, const AnSource *source, const char *tenant);

/*
 * an_source_first returns the instant of the first event in the part of the
 * source that the caller sees, as far as it matters for coverage since `start`:
 * any instant <= start where an event exists at or before start, else the first
 * event before `finish`, else DT_NOEND.
 */
extern TimestampTz an_source_first(AnSpi *spi, const AnTimeView *view, const char *tenant,
								   TimestampTz start, TimestampTz finish);

#endif /* AN_SOURCE_SOURCE_H */

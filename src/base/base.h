/*
 * base.h - what every room with a PostgreSQL face stands on
 *
 * Errors, the export macro, settings, the clock, name suggestions and the one
 * place that talks to SPI.  It knows the kernels and PostgreSQL, no other room.
 */
#ifndef AN_BASE_BASE_H
#define AN_BASE_BASE_H

#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/files.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/schema.h"
#include "base/spi.h"
#include "base/user.h"

/*
 * AN_SQL declares a C function that SQL can call: `AN_SQL(time_bin)` begins the
 * definition of analytics_time_bin(PG_FUNCTION_ARGS).  Nothing else in the
 * library has default visibility.
 */
#define AN_SQL(name)                                                                               \
	PG_FUNCTION_INFO_V1(analytics_##name);                                                         \
	PGDLLEXPORT Datum analytics_##name(PG_FUNCTION_ARGS)

/* Schema of every object of ours, and the search path in which our SQL runs. */
#define AN_SCHEMA	   "analytics"
#define AN_SEARCH_PATH "pg_catalog, pg_temp"

/*
 * an_now returns the instant that "now" means: the setting analytics.now where
 * it is set (tests, reports as of a day), else the start of the transaction.
 */
extern TimestampTz an_now(void);

/* an_base_init defines the settings of this room; called once, from _PG_init. */
extern void an_base_init(void);

#endif /* AN_BASE_BASE_H */

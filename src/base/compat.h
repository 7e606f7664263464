/*
 * compat.h - every difference between the PostgreSQL versions that we build on
 *
 * 15 to 18 are built and tested; 16 and 19 are guarded by the same macros.  No
 * other file looks at PG_VERSION_NUM.
 */
#ifndef AN_BASE_COMPAT_H
#define AN_BASE_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "analytics needs PostgreSQL 15 or newer"
#endif

#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "storage/buffile.h"
#include "utils/acl.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h" /* no longer in postgres.h */
#endif
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

/* 18: pg_noreturn stands before a declaration; the older form behind it is gone. */
#ifndef pg_attribute_noreturn
#define pg_attribute_noreturn() __attribute__((noreturn))
#endif

/* 16: DecodeDateTime takes a DateTimeErrorExtra. */
static inline int
an_compat_decode_datetime(char **field, int *ftype, int n_fields, int *dtype, struct pg_tm *tm,
						  fsec_t *fsec, int *tz)
{
#if PG_VERSION_NUM >= 160000
	DateTimeErrorExtra extra;

	return DecodeDateTime(field, ftype, n_fields, dtype, tm, fsec, tz, &extra);
#else
	return DecodeDateTime(field, ftype, n_fields, dtype, tm, fsec, tz);
#endif
}

/* 18: ExecutorRun lost its argument execute_once, which was true for everything but cursors. */
#if PG_VERSION_NUM >= 180000
#define an_compat_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0)
#else
#define an_compat_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0, true)
#endif

/* 19: pg_plan_query takes an ExplainState. */
#if PG_VERSION_NUM >= 190000
#define an_compat_plan_query(query, text, options) pg_plan_query(query, text, options, NULL, NULL)
#else
#define an_compat_plan_query(query, text, options) pg_plan_query(query, text, options, NULL)
#endif

/* 17: who may refresh a materialized view has MAINTAIN on it; before that, who owns it. */
static inline bool
an_compat_may_refresh(Oid relid, Oid owner)
{
#if PG_VERSION_NUM >= 170000
	return pg_class_aclcheck(relid, GetUserId(), ACL_MAINTAIN) == ACLCHECK_OK;
#else
	return has_privs_of_role(GetUserId(), owner);
#endif
}

/* 16: one function tells the rights on any object. */
static inline bool
an_compat_may_use_schema(Oid schema, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(NamespaceRelationId, schema, role, ACL_USAGE) == ACLCHECK_OK;
#else
	return pg_namespace_aclcheck(schema, role, ACL_USAGE) == ACLCHECK_OK;
#endif
}

static inline bool
an_compat_may_call(Oid function, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK;
#else
	return pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK;
#endif
}

/* 17: intervals can be infinite. */
static inline bool
an_compat_interval_infinite(const Interval *interval)
{
#if PG_VERSION_NUM >= 170000
	return INTERVAL_NOT_FINITE(interval);
#else
	return false;
#endif
}

/* 16: what is written is const, and a file that ends too early is an error of its own. */
static inline void
an_compat_buffile_write(BufFile *file, const void *bytes, size_t size)
{
#if PG_VERSION_NUM >= 160000
	BufFileWrite(file, bytes, size);
#else
	BufFileWrite(file, unconstify(void *, bytes), size);
#endif
}

static inline void
an_compat_buffile_read(BufFile *file, void *bytes, size_t size)
{
#if PG_VERSION_NUM >= 160000
	BufFileReadExact(file, bytes, size);
#else
	size_t n = BufFileRead(file, bytes, size);

	if (n != size)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not read from temporary file: read only %zu of %zu bytes", n,
							   size)));
#endif
}

/* 16: a column carries the outer joins that may make it NULL; statistics are looked up without. */
static inline void
an_compat_var_plain(Var *var)
{
#if PG_VERSION_NUM >= 160000
	var->varnullingrels = NULL;
#endif
}

/* 16: the name of a type can be refused softly (parse_type.h). */
#if PG_VERSION_NUM >= 160000
#define an_compat_parse_type(text, type, typmod) ((void) parseTypeString(text, type, typmod, NULL))
#else
#define an_compat_parse_type(text, type, typmod) parseTypeString(text, type, typmod, false)
#endif

/* 16: what a setting's check hook keeps in "extra" must come from guc_malloc, before that from malloc. */
static inline void *
an_compat_guc_malloc(size_t size)
{
#if PG_VERSION_NUM >= 160000
	return guc_malloc(LOG, size);
#else
	return malloc(size);
#endif
}

/* 16: make_range can report an error softly. */
#if PG_VERSION_NUM >= 160000
#define an_compat_make_range(type, lower, upper) make_range(type, lower, upper, false, NULL)
#else
#define an_compat_make_range(type, lower, upper) make_range(type, lower, upper, false)
#endif

/* 16: the settings of a session are in a hash table, and the array of them is made when asked for (guc_tables.h). */
#if PG_VERSION_NUM >= 160000
#define an_compat_guc_variables(n) get_guc_variables(n)
#else
#define an_compat_guc_variables(n) (*(n) = GetNumConfigOptions(), get_guc_variables())
#endif

/* 16: what a query needs rights on is a list of its own beside its relations (executor.h). */
#if PG_VERSION_NUM >= 160000
#define an_compat_may_read(query)                                                                  \
	ExecCheckPermissions((query)->rtable, (query)->rteperminfos, false)
#else
#define an_compat_may_read(query) ExecCheckRTPerms((query)->rtable, false)
#endif

/* 16: one function checks rights on every kind of object (acl.h, pg_proc.h). */
#if PG_VERSION_NUM >= 160000
#define an_compat_may_execute(function, role)                                                      \
	(object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK)
#else
#define an_compat_may_execute(function, role)                                                      \
	(pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK)
#endif

/* 16: who vacuums an index names its table too. */
#if PG_VERSION_NUM >= 160000
#define an_compat_vacuum_heap(info, relation) ((info)->heaprel = (relation))
#else
#define an_compat_vacuum_heap(info, relation) ((void) (relation))
#endif

/* 17: an index access method is told that a statement's inserts are over (amapi.h). */
#if PG_VERSION_NUM >= 170000
#define an_compat_insert_cleanup(routine)				((routine)->aminsertcleanup)
#define an_compat_set_insert_cleanup(routine, function) ((routine)->aminsertcleanup = (function))
#else
#define an_compat_insert_cleanup(routine)				NULL
#define an_compat_set_insert_cleanup(routine, function) ((void) (function))
#endif

/* 18: the value of a virtual generated column is in no row. */
#if PG_VERSION_NUM >= 180000
#define an_compat_is_virtual(attribute) ((attribute)->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define an_compat_is_virtual(attribute) false
#endif

#endif /* AN_BASE_COMPAT_H */

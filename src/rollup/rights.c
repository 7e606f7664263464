/*
 * rights.c - who may be answered from a rollup
 *
 * An answer must be the one that the events would give the same user, errors included: whoever may
 * not read the source is sent there, to be told so.  Each check here is of what holds now, since
 * rights and policies change without the rollup's knowledge; all are lookups in caches.
 */
#include "rollup/policy.h"

#include "access/relation.h"
#include "base/schema.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rowsecurity.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"

static const char *refused(const AnRollup *rollup, Relation source, Relation table);
static const char *rights_refused(const AnRollup *rollup, Relation source, Relation table);
static bool may_read_events(const AnRollup *rollup);
static bool may_read_columns(const AnRollup *rollup, const char *expression);
static bool may_read_column(Oid relid, const char *name);
static const char *security_refused(const AnRollup *rollup, Relation source, Relation table);
static bool is_secured_below(const AnSource *source);
static bool secured_walker(Node *node, void *context);

bool
an_rollup_may_read(AnSpi *spi, const AnRollup *rollup, const char **why)
{
	const char *reason = "its table is gone";
	Relation source, table;

	/* The locks are kept: no policy can change between this look at it and the reader's statement. */
	source = try_relation_open(rollup->source_relid, AccessShareLock);
	if (source == NULL)
		reason = "its source is gone";
	/* Nobody waits for a table that is not his to read. */
	else if (pg_class_aclcheck(rollup->relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		reason = "no right to read its table";
	else if ((table = try_relation_open(rollup->relid, AccessShareLock)) != NULL)
	{
		reason = refused(rollup, source, table);
		relation_close(table, NoLock);
	}
	if (source)
		relation_close(source, NoLock);
	if (why)
		*why = reason;
	return reason == NULL;
}

AnRollup *
an_rollup_load_owned(AnSpi *spi, const char *name)
{
	AnRollup *rollup;
	AnUser user;
	AnQuery query;
	Oid owner = InvalidOid;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT relation::oid FROM analytics.rollups WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) > 0)
		owner = an_relation_owner(DatumGetObjectId(an_spi_datum(0, 1, &isnull)));
	if (!OidIsValid(owner))
		return an_rollup_load(spi, name);
	user = an_user_become(owner, true);
	rollup = an_rollup_load(spi, name);
	an_user_restore(user);
	return rollup;
}

/* Returns why the current user cannot be answered from a rollup, or NULL. */
static const char *
refused(const AnRollup *rollup, Relation source, Relation table)
{
	const char *reason = rights_refused(rollup, source, table);

	return reason ? reason : security_refused(rollup, source, table);
}

static const char *
rights_refused(const AnRollup *rollup, Relation source, Relation table)
{
	Oid user = GetUserId();
	Oid owner = table->rd_rel->relowner;

	/* Up to PostgreSQL 15 a table can be made into a view, whose functions run as whoever reads it. */
	if (table->rd_rel->relkind != RELKIND_RELATION)
		return "its table is no table";
	/* What a view or a foreign table shows depends on who asks; the cells are what the owner was shown. */
	if (rollup->capture == AN_CAPTURE_SCAN && user != owner)
		return "it is only for its owner";
	/* Who can write cells can make others believe in them: that is for those whose events they are. */
	if (user != owner && !has_privs_of_role(owner, source->rd_rel->relowner))
		return "its owner does not own the source";
	if (!an_compat_may_use_schema(RelationGetNamespace(table), user))
		return "no right to use its schema";
	if (!an_compat_may_use_schema(RelationGetNamespace(source), user) || !may_read_events(rollup))
		return "no right to read the source";
	return NULL;
}

/* Tells whether the current user may read all that the cells are made of, and what tells newer events. */
static bool
may_read_events(const AnRollup *rollup)
{
	ListCell *lc;

	if (pg_class_aclcheck(rollup->source_relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return true;
	if (rollup->capture == AN_CAPTURE_XID && !may_read_column(rollup->source_relid, AN_XID_COLUMN))
		return false;
	if (!may_read_columns(rollup, rollup->source->roles[AN_ROLE_AT].text) ||
		!may_read_columns(rollup, rollup->tenant.text))
		return false;
	foreach (lc, rollup->dimensions)
		if (!may_read_columns(rollup, ((AnRollupDimension *) lfirst(lc))->expression.text))
			return false;
	foreach (lc, rollup->states)
	{
		const AnPartial *partial = &((AnRollupState *) lfirst(lc))->partial;

		if (!may_read_columns(rollup, partial->expression) ||
			!may_read_columns(rollup, partial->filter))
			return false;
	}
	return true;
}

static bool
may_read_columns(const AnRollup *rollup, const char *expression)
{
	ListCell *lc;

	if (expression == NULL)
		return true;
	foreach (lc, an_expression_columns(expression))
		if (!may_read_column(rollup->source_relid, lfirst(lc)))
			return false;
	return true;
}

static bool
may_read_column(Oid relid, const char *name)
{
	AttrNumber column = get_attnum(relid, name);

	return column != InvalidAttrNumber &&
		   pg_attribute_aclcheck(relid, column, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/* Returns why row-level security could show the current user other cells than events, or NULL. */
static const char *
security_refused(const AnRollup *rollup, Relation source, Relation table)
{
	bool on_source = check_enable_rls(RelationGetRelid(source), InvalidOid, true) == RLS_ENABLED;
	bool on_table = check_enable_rls(RelationGetRelid(table), InvalidOid, true) == RLS_ENABLED;
	AnPolicyMap map;

	if (source->rd_rel->relkind == RELKIND_VIEW && is_secured_below(rollup->source))
		return "row-level security applies below the source";
	if (!on_source && !on_table)
		return NULL;
	if (!on_source)
		return "row-level security applies to its table alone";
	if (!on_table)
		return "row-level security applies to the source alone";
	/* Then the source's own error says so. */
	if (!row_security)
		return "row_security is off";
	if (row_security_policy_hook_permissive || row_security_policy_hook_restrictive)
		return "an extension adds policies of its own";
	map = an_policy_map(rollup, source, table);
	if (!an_policies_equal(an_policies(source, GetUserId(), &map),
						   an_policies(table, GetUserId(), NULL)))
		return "the policies of the source are not by tenant alone, or not those of its table";
	return NULL;
}

bool
an_source_secured(const AnSource *source)
{
	return check_enable_rls(source->relid, InvalidOid, true) == RLS_ENABLED ||
		   (get_rel_relkind(source->relid) == RELKIND_VIEW && is_secured_below(source));
}

/* Tells whether some policy decides what a view shows to the current user: rows can then differ from refresh to read. */
static bool
is_secured_below(const AnSource *source)
{
	char *sql = psprintf("SELECT FROM %s", source->relation);
	List *queries = pg_analyze_and_rewrite_fixedparams(linitial_node(RawStmt, pg_parse_query(sql)),
													   sql, NULL, 0, NULL);

	return secured_walker(linitial(queries), NULL);
}

static bool
secured_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return ((RangeTblEntry *) node)->securityQuals != NIL;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, secured_walker, context, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, secured_walker, context);
}

/*
 * rights_copy.c - a new rollup gets the rights and the row-level security of its source
 *
 * Readers look at both whenever they answer (rights.c); what stands here decides how much they can use, and
 * what plain SQL over the rollup shows, which must never be more than the source would.
 */
#include "rollup/policy.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

static void revoke_from(AnSpi *spi, const AnRollup *rollup, List *roles);
static const char *role_name(Oid role);
static List *flag_statements(const AnRollup *rollup, Relation source, Relation table);
static List *drop_statements(const AnRollup *rollup, Relation table);
static void tell(const AnRollup *rollup, List *policies, const char *about);
static void run_all(AnSpi *spi, List *statements);
static void run(AnSpi *spi, const char *sql);
static List *policies_of_source(const AnRollup *rollup, List **statements);
static char *create_policy(const AnRollup *rollup, const AnPolicy *policy);
static char *role_names(ArrayType *roles);
static void close_changed(AnSpi *spi, const AnRollup *rollup, List *policies);
static bool came_out(const AnPolicy *policy, List *own);

void
an_rollup_copy_rights(AnSpi *spi, const AnRollup *rollup)
{
	/* What a view or a foreign table shows depends on who asks; the cells are what the owner was shown. */
	if (rollup->capture == AN_CAPTURE_SCAN)
		return;
	an_rollup_copy_security(spi, rollup, NULL);
	an_rollup_copy_grants(spi, rollup, NIL);
}

void
an_rollup_copy_grants(AnSpi *spi, const AnRollup *rollup, List *roles)
{
	List *granted = NIL;
	StringInfoData sql;
	AnQuery query;
	bool isnull;
	ListCell *lc;

	an_query_init(&query);
	appendStringInfo(
		&query.sql,
		"SELECT DISTINCT a.grantee FROM pg_class c CROSS JOIN "
		"aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a "
		"WHERE c.oid = $%d AND a.privilege_type = 'SELECT' AND a.grantee <> $%d ORDER BY 1",
		an_query_param(&query, OIDOID, ObjectIdGetDatum(rollup->source_relid), false),
		an_query_param(&query, OIDOID, ObjectIdGetDatum(GetUserId()), false));
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		granted = lappend_oid(granted, DatumGetObjectId(an_spi_datum(i, 1, &isnull)));

	revoke_from(spi, rollup, list_difference_oid(roles, granted));
	if (roles)
		granted = list_difference_oid(granted, list_difference_oid(granted, roles));
	initStringInfo(&sql);
	foreach (lc, granted)
		appendStringInfo(&sql, "%s%s", sql.len ? ", " : "", role_name(lfirst_oid(lc)));
	if (granted)
		run(spi, psprintf("GRANT SELECT ON TABLE %s TO %s", rollup->relation, sql.data));
}

/* Takes SELECT away from roles, but not from the owner. */
static void
revoke_from(AnSpi *spi, const AnRollup *rollup, List *roles)
{
	ListCell *lc;

	foreach (lc, roles)
		if (lfirst_oid(lc) != GetUserId() && role_name(lfirst_oid(lc)))
			run(spi, psprintf("REVOKE SELECT ON TABLE %s FROM %s", rollup->relation,
							  role_name(lfirst_oid(lc))));
}

/* Returns a role as GRANT takes it, or NULL where there is none. */
static const char *
role_name(Oid role)
{
	const char *name = role == ACL_ID_PUBLIC ? NULL : GetUserNameFromId(role, true);

	if (role == ACL_ID_PUBLIC)
		return "PUBLIC";
	return name ? quote_identifier(name) : NULL;
}

void
an_rollup_copy_security(AnSpi *spi, const AnRollup *rollup, const char *about)
{
	Relation source = relation_open(rollup->source_relid, AccessShareLock);
	Relation table = relation_open(rollup->relid, AccessShareLock);
	List *statements =
		list_concat(drop_statements(rollup, table), flag_statements(rollup, source, table));
	bool on = source->rd_rel->relrowsecurity;
	List *policies;

	relation_close(table, NoLock);
	relation_close(source, NoLock);
	run_all(spi, statements);
	if (!on)
		return;
	statements = NIL;
	policies = policies_of_source(rollup, &statements);
	tell(rollup, policies, about);
	run_all(spi, statements);
	close_changed(spi, rollup, policies);
}

/*
 * Returns what makes row-level security count where that of the source does.  Forced upon owners it holds
 * nobody back: an owner to whom the source's policies apply creates no rollup and refreshes none.
 */
static List *
flag_statements(const AnRollup *rollup, Relation source, Relation table)
{
	bool on = source->rd_rel->relrowsecurity;
	bool force = source->rd_rel->relforcerowsecurity;
	List *statements = NIL;

	if (on != table->rd_rel->relrowsecurity)
		statements = lappend(statements, psprintf("ALTER TABLE %s %s ROW LEVEL SECURITY",
												  rollup->relation, on ? "ENABLE" : "DISABLE"));
	if (force != table->rd_rel->relforcerowsecurity)
		statements = lappend(statements, psprintf("ALTER TABLE %s %s ROW LEVEL SECURITY",
												  rollup->relation, force ? "FORCE" : "NO FORCE"));
	return statements;
}

static List *
drop_statements(const AnRollup *rollup, Relation table)
{
	List *statements = NIL;
	ListCell *lc;

	foreach (lc, an_policies(table, InvalidOid, NULL))
	{
		const AnPolicy *policy = lfirst(lc);

		statements =
			lappend(statements, psprintf("DROP POLICY %s ON %s", quote_identifier(policy->name),
										 rollup->relation));
	}
	return statements;
}

/* Tells of policies that cannot be asked of cells. */
static void
tell(const AnRollup *rollup, List *policies, const char *about)
{
	ListCell *lc;

	foreach (lc, policies)
	{
		const AnPolicy *policy = lfirst(lc);

		if (policy->qual || (about && strcmp(policy->name, about) != 0))
			continue;
		ereport(
			NOTICE,
			(errmsg("policy \"%s\" of source \"%s\" does not hold for rollup \"%s\"", policy->name,
					rollup->source->name, rollup->name),
			 errdetail(
				 "It reads more of a row than its tenant, or other tables. Whom it applies to is "
				 "answered from the source.")));
	}
}

static void
run_all(AnSpi *spi, List *statements)
{
	ListCell *lc;

	foreach (lc, statements)
		run(spi, lfirst(lc));
}

static void
run(AnSpi *spi, const char *sql)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(&query.sql, sql);
	(void) an_query_run(spi, &query, 0);
}

/* Returns the policies of the source as they are over the rollup, and puts the statements that make them. */
static List *
policies_of_source(const AnRollup *rollup, List **statements)
{
	Relation source = relation_open(rollup->source_relid, NoLock);
	Relation table = relation_open(rollup->relid, AccessShareLock);
	AnPolicyMap map = an_policy_map(rollup, source, table);
	List *policies = an_policies(source, InvalidOid, &map);
	ListCell *lc;

	foreach (lc, policies)
	{
		AnPolicy *policy = lfirst(lc);
		char *statement = create_policy(rollup, policy);

		policy->name = pstrdup(policy->name);
		policy->roles = NULL;
		if (statement)
			*statements = lappend(*statements, statement);
	}
	relation_close(table, NoLock);
	relation_close(source, NoLock);
	return policies;
}

/*
 * Returns the statement that makes a policy on the rollup.  One that cannot be asked of cells shows
 * none: where it would add rows it is left out, and where it takes some away it takes all.
 */
static char *
create_policy(const AnRollup *rollup, const AnPolicy *policy)
{
	char *condition = "false";

	if (policy->qual)
	{
		List *context = deparse_context_for(get_rel_name(rollup->relid), rollup->relid);
		int guc_nest = an_canonical_begin();

		condition = deparse_expression(policy->qual, context, false, false);
		AtEOXact_GUC(true, guc_nest);
	}
	if (policy->qual == NULL && policy->permissive)
		return NULL;
	return psprintf("CREATE POLICY %s ON %s AS %s FOR SELECT TO %s USING (%s)",
					quote_identifier(policy->name), rollup->relation,
					policy->permissive ? "PERMISSIVE" : "RESTRICTIVE", role_names(policy->roles),
					condition);
}

/* Returns the roles of a policy as CREATE POLICY takes them. */
static char *
role_names(ArrayType *roles)
{
	const Oid *oids = (const Oid *) ARR_DATA_PTR(roles);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < ARR_DIMS(roles)[0]; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "", role_name(oids[i]));
	return buf.data;
}

/*
 * Closes policies that PostgreSQL reads otherwise than it wrote them: NULLIF and IS DISTINCT FROM, for
 * instance, do not name their operator.
 */
static void
close_changed(AnSpi *spi, const AnRollup *rollup, List *policies)
{
	Relation table = relation_open(rollup->relid, AccessShareLock);
	List *own = an_policies(table, InvalidOid, NULL);
	List *statements = NIL;
	ListCell *lc;

	foreach (lc, policies)
	{
		const AnPolicy *policy = lfirst(lc);

		if (policy->qual && !came_out(policy, own))
			statements =
				lappend(statements, psprintf("ALTER POLICY %s ON %s USING (false)",
											 quote_identifier(policy->name), rollup->relation));
	}
	relation_close(table, NoLock);
	run_all(spi, statements);
}

/* Tells whether a policy is among those of the rollup as it should be. */
static bool
came_out(const AnPolicy *policy, List *own)
{
	ListCell *lc;

	foreach (lc, own)
	{
		const AnPolicy *other = lfirst(lc);

		if (strcmp(other->name, policy->name) == 0)
			return equal(other->qual, policy->qual);
	}
	return false;
}

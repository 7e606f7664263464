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

static void copy_grants(AnSpi *spi, const AnRollup *rollup);
static void copy_security(AnSpi *spi, const AnRollup *rollup);
static void run(AnSpi *spi, char *sql);
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
	copy_security(spi, rollup);
	copy_grants(spi, rollup);
}

/* Grants SELECT to whoever has it on the whole source. */
static void
copy_grants(AnSpi *spi, const AnRollup *rollup)
{
	StringInfoData grant;
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(
		&query.sql,
		"SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END "
		"FROM pg_class c CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a "
		"LEFT JOIN pg_roles r ON r.oid = a.grantee "
		"WHERE c.oid = $%d AND a.privilege_type = 'SELECT' AND a.grantee <> $%d ORDER BY 1",
		an_query_param(&query, OIDOID, ObjectIdGetDatum(rollup->source_relid), false),
		an_query_param(&query, OIDOID, ObjectIdGetDatum(GetUserId()), false));
	if (an_query_run(spi, &query, 0) == 0)
		return;
	initStringInfo(&grant);
	appendStringInfo(&grant, "GRANT SELECT ON TABLE %s TO ", rollup->relation);
	for (uint64 i = 0; i < SPI_processed; i++)
		appendStringInfo(&grant, "%s%s", i > 0 ? ", " : "", an_spi_text(i, 1));
	run(spi, grant.data);
}

/* Turns on row-level security where the source has it, with all its policies that read the tenant alone. */
static void
copy_security(AnSpi *spi, const AnRollup *rollup)
{
	Relation source = relation_open(rollup->source_relid, AccessShareLock);
	bool on = source->rd_rel->relrowsecurity;
	bool force = source->rd_rel->relforcerowsecurity;
	List *statements = NIL;
	List *policies;
	ListCell *lc;

	relation_close(source, NoLock);
	if (!on)
		return;
	run(spi, psprintf("ALTER TABLE %s ENABLE ROW LEVEL SECURITY", rollup->relation));
	/*
	 * Whom the source's policies apply to creates no rollup and refreshes none, so the owner is not
	 * held back where a forced policy holds for owners: he is one who bypasses row-level security.
	 */
	if (force)
		run(spi, psprintf("ALTER TABLE %s FORCE ROW LEVEL SECURITY", rollup->relation));
	policies = policies_of_source(rollup, &statements);
	foreach (lc, statements)
		run(spi, lfirst(lc));
	close_changed(spi, rollup, policies);
}

static void
run(AnSpi *spi, char *sql)
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
	else
		ereport(NOTICE,
				(errmsg("policy \"%s\" of source \"%s\" does not hold for rollup \"%s\"",
						policy->name, rollup->source->name, rollup->name),
				 errdetail("It reads more of a row than its tenant. Whom it applies to is answered "
						   "from the source.")));
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
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "",
						 oids[i] == ACL_ID_PUBLIC
							 ? "PUBLIC"
							 : quote_identifier(GetUserNameFromId(oids[i], false)));
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
	foreach (lc, statements)
		run(spi, lfirst(lc));
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

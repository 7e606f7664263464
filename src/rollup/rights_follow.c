/*
 * rights_follow.c - a rollup's policies and grants follow those of its source
 *
 * An event trigger looks for commands that change who sees what of a source, and repeats them on its rollups,
 * in the same transaction and as the owner of each.  Readers do not count on it (rights.c); it is for
 * plain SQL over the rollup, and for answers to stay fast.  So what cannot be repeated is a warning.
 */
#include "rollup/policy.h"

#include "access/xact.h"
#include "base/schema.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* What a command has changed. */
typedef struct Change
{
	bool all;		/* of any relation */
	List *relids;	/* relations, where it is not of any */
	bool security;	/* policies, or whether they count */
	char *policy;	/* name that the changed policy has now; NULL where it is all of them */
	List *grantees; /* roles whose rights are other ones now, as Oid; 0 for PUBLIC */
} Change;

static Change change_of(Node *statement);
static Change of_policies(List *objects);
static Change of_table(const AlterTableStmt *statement);
static Change of_grant(const GrantStmt *statement);
static void add_relation(Change *change, RangeVar *relation);
static List *rollups_over(AnSpi *spi, const Change *change);
static void follow_guarded(AnSpi *spi, const char *name, const Change *change);
static void follow(AnSpi *spi, const char *name, const Change *change);

/* Event trigger: repeats on rollups what a command did to the policies and rights of their sources. */
AN_SQL(rollup_rights)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	Change change;
	AnUser user;
	AnSpi spi;
	ListCell *lc;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("rollup_rights can only be called as an event trigger")));
	/* A restore brings policies and grants of rollups back by itself. */
	if (!OidIsValid(an_catalog_owner()) || an_source_restoring())
		PG_RETURN_NULL();
	change = change_of(data->parsetree);
	if (!change.all && change.relids == NIL)
		PG_RETURN_NULL();

	/* Whoever runs the command need have no right on our catalog. */
	user = an_user_become(an_catalog_owner(), true);
	an_spi_begin(&spi, AN_WRITE);
	foreach (lc, rollups_over(&spi, &change))
		follow_guarded(&spi, lfirst(lc), &change);
	an_spi_end(&spi);
	an_user_restore(user);
	PG_RETURN_NULL();
}

/* Finds out what a command has changed of whom it lets see what. */
static Change
change_of(Node *statement)
{
	Change change = {0};

	switch (nodeTag(statement))
	{
		case T_CreatePolicyStmt:
			change.security = true;
			change.policy = ((CreatePolicyStmt *) statement)->policy_name;
			add_relation(&change, ((CreatePolicyStmt *) statement)->table);
			return change;
		case T_AlterPolicyStmt:
			change.security = true;
			change.policy = ((AlterPolicyStmt *) statement)->policy_name;
			add_relation(&change, ((AlterPolicyStmt *) statement)->table);
			return change;
		case T_RenameStmt:
			change.security = true;
			change.policy = "";
			if (((RenameStmt *) statement)->renameType == OBJECT_POLICY)
				add_relation(&change, ((RenameStmt *) statement)->relation);
			return change;
		case T_DropStmt:
			return of_policies(((DropStmt *) statement)->removeType == OBJECT_POLICY
								   ? ((DropStmt *) statement)->objects
								   : NIL);
		case T_AlterTableStmt:
			return of_table((AlterTableStmt *) statement);
		case T_GrantStmt:
			return of_grant((GrantStmt *) statement);
		default:
			return change;
	}
}

/* Of names of policies: that of the table, and the policy's behind it. */
static Change
of_policies(List *objects)
{
	Change change = {.security = true, .policy = ""};
	ListCell *lc;

	foreach (lc, objects)
	{
		List *names = list_copy(lfirst_node(List, lc));

		names = list_truncate(names, list_length(names) - 1);
		add_relation(&change, makeRangeVarFromNameList(names));
	}
	return change;
}

static Change
of_table(const AlterTableStmt *statement)
{
	Change change = {0};
	ListCell *lc;

	foreach (lc, statement->cmds)
		switch (lfirst_node(AlterTableCmd, lc)->subtype)
		{
			case AT_EnableRowSecurity:
			case AT_DisableRowSecurity:
			case AT_ForceRowSecurity:
			case AT_NoForceRowSecurity:
				change.security = true;
				break;
			default:
				break;
		}
	if (change.security)
		add_relation(&change, statement->relation);
	return change;
}

static Change
of_grant(const GrantStmt *statement)
{
	Change change = {0};
	ListCell *lc;

	if (statement->objtype != OBJECT_TABLE)
		return change;
	foreach (lc, statement->grantees)
	{
		RoleSpec *role = lfirst_node(RoleSpec, lc);

		change.grantees = lappend_oid(change.grantees, role->roletype == ROLESPEC_PUBLIC
														   ? ACL_ID_PUBLIC
														   : get_rolespec_oid(role, true));
	}
	change.all = statement->targtype != ACL_TARGET_OBJECT;
	if (!change.all)
		foreach (lc, statement->objects)
			add_relation(&change, lfirst_node(RangeVar, lc));
	return change;
}

static void
add_relation(Change *change, RangeVar *relation)
{
	Oid relid = RangeVarGetRelid(relation, NoLock, true);

	if (OidIsValid(relid))
		change->relids = lappend_oid(change->relids, relid);
}

/* Returns the names (char *) of the rollups whose source has changed. */
static List *
rollups_over(AnSpi *spi, const Change *change)
{
	List *names = NIL;
	AnQuery query;
	bool isnull;

	an_query_init(&query);
	appendStringInfoString(
		&query.sql, "SELECT name, source_relation::oid FROM analytics.rollups ORDER BY name");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		if (change->all ||
			list_member_oid(change->relids, DatumGetObjectId(an_spi_datum(i, 2, &isnull))))
			names = lappend(names, an_spi_text(i, 1));
	return names;
}

/* Follows in a subtransaction: an error becomes a warning, for the command is not about the rollup. */
static void
follow_guarded(AnSpi *spi, const char *name, const Change *change)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner resources = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		follow(spi, name, change);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = resources;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = resources;
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
			ReThrowError(error);
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("rollup \"%s\" does not follow the rights on its source: %s", name,
						error->message),
				 errhint("Those whom the source shows something else are answered from the source; "
						 "see to who may read the rollup's table.")));
	}
	PG_END_TRY();
}

static void
follow(AnSpi *spi, const char *name, const Change *change)
{
	AnRollup *rollup = an_rollup_load_owned(spi, name);
	AnUser user;

	/* One that does not fit its source any more is used by nobody. */
	if (rollup->stale || rollup->capture == AN_CAPTURE_SCAN)
		return;
	user = an_user_become(an_relation_owner(rollup->relid), true);
	if (change->security)
		an_rollup_copy_security(spi, rollup, change->policy);
	if (change->grantees)
		an_rollup_copy_grants(spi, rollup, change->grantees);
	an_user_restore(user);
}

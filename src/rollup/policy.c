/*
 * policy.c - row-level security of a source as that of its rollup
 */
#include "rollup/policy.h"

#include "catalog/pg_authid.h"
#include "common/keywords.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

/* State of the walk that puts the rollup's column in the place of the source's. */
typedef struct Mapping
{
	const AnPolicyMap *map; /* what becomes what */
	int depth;				/* sub-queries around the node */
	bool other;				/* something else is read than the tenant */
} Mapping;

static AttrNumber tenant_column(const AnRollup *rollup);
static bool applies(const RowSecurityPolicy *policy, Oid user);
static Node *map_qual(Node *qual, const AnPolicyMap *map);
static Node *map_mutator(Node *node, void *context);
static Node *map_query(Query *query, Mapping *mapping);
static bool contains(List *policies, const AnPolicy *policy);

AnPolicyMap
an_policy_map(const AnRollup *rollup, Relation source, Relation table)
{
	AnPolicyMap map = {.from = tenant_column(rollup)};
	AttrNumber to = get_attnum(RelationGetRelid(table), "tenant");
	Form_pg_attribute attribute;

	if (to == InvalidAttrNumber)
		map.from = InvalidAttrNumber;
	if (map.from == InvalidAttrNumber)
		return map;
	attribute = TupleDescAttr(RelationGetDescr(table), to - 1);
	map.to = makeVar(1, to, attribute->atttypid, attribute->atttypmod, attribute->attcollation, 0);
	return map;
}

/*
 * Returns the column that the source's tenant is, or 0 where it is an expression, or where events of one
 * cell can have different spellings of it, which a policy may tell apart.
 */
static AttrNumber
tenant_column(const AnRollup *rollup)
{
	const char *text = rollup->tenant.text;
	int n = text ? strlen(text) : 0;
	char *name;

	if (n == 0 || !an_rollup_tenant_is_plain(rollup))
		return InvalidAttrNumber;
	/* The text is canonical: a name is quoted only where it must be. */
	if (text[0] != '"')
	{
		int keyword = ScanKeywordLookup(text, &ScanKeywords);

		if (keyword >= 0 && ScanKeywordCategories[keyword] != UNRESERVED_KEYWORD)
			return InvalidAttrNumber;
		return get_attnum(rollup->source_relid, text);
	}
	name = palloc(n);
	n = 0;
	for (const char *p = text + 1; *p; p++)
	{
		if (*p == '"' && *++p != '"')
		{
			name[n] = '\0';
			return *p ? InvalidAttrNumber : get_attnum(rollup->source_relid, name);
		}
		name[n++] = *p;
	}
	return InvalidAttrNumber;
}

List *
an_policies(Relation rel, Oid user, const AnPolicyMap *map)
{
	List *policies = NIL;
	ListCell *lc;

	if (rel->rd_rsdesc == NULL)
		return NIL;
	foreach (lc, rel->rd_rsdesc->policies)
	{
		const RowSecurityPolicy *policy = lfirst(lc);
		AnPolicy *result;

		if (policy->qual == NULL || (policy->polcmd != '*' && policy->polcmd != ACL_SELECT_CHR) ||
			!applies(policy, user))
			continue;
		result = palloc(sizeof(AnPolicy));
		result->name = policy->policy_name;
		result->permissive = policy->permissive;
		result->roles = policy->roles;
		result->qual = map ? map_qual((Node *) policy->qual, map) : (Node *) policy->qual;
		policies = lappend(policies, result);
	}
	return policies;
}

/* Tells whether a policy is for a role, or for one that it is a member of. */
static bool
applies(const RowSecurityPolicy *policy, Oid user)
{
	const Oid *roles = (const Oid *) ARR_DATA_PTR(policy->roles);

	if (!OidIsValid(user) || roles[0] == ACL_ID_PUBLIC)
		return true;
	for (int i = 0; i < ARR_DIMS(policy->roles)[0]; i++)
		if (has_privs_of_role(user, roles[i]))
			return true;
	return false;
}

/* Returns a copy of a condition over the rollup, or NULL where it cannot be asked of cells. */
static Node *
map_qual(Node *qual, const AnPolicyMap *map)
{
	Mapping mapping = {.map = map};
	Node *result;

	if (contain_volatile_functions(qual))
		return NULL;
	result = map_mutator(qual, &mapping);
	return mapping.other ? NULL : result;
}

static Node *
map_mutator(Node *node, void *context)
{
	Mapping *mapping = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return map_query((Query *) node, mapping);
	if (IsA(node, Var) && ((Var *) node)->varlevelsup == mapping->depth)
	{
		Var *var;

		if (mapping->map->to == NULL || ((Var *) node)->varattno != mapping->map->from)
			mapping->other = true;
		if (mapping->other)
			return copyObject(node);
		var = copyObject(mapping->map->to);
		var->varlevelsup = mapping->depth;
		return (Node *) var;
	}
	return expression_tree_mutator(node, map_mutator, context);
}

/*
 * A sub-query may compute, as in (SELECT current_setting(...)), which is how settings are kept from being read for each row.
 * One that reads tables is left alone: what it shows is theirs to change.
 */
static Node *
map_query(Query *query, Mapping *mapping)
{
	Query *result;
	ListCell *lc;

	foreach (lc, query->rtable)
		if (lfirst_node(RangeTblEntry, lc)->rtekind == RTE_RELATION)
			mapping->other = true;
	mapping->depth++;
	result = query_tree_mutator(query, map_mutator, mapping, 0);
	mapping->depth--;
	return (Node *) result;
}

bool
an_policies_equal(List *mapped, List *own)
{
	ListCell *lc;

	/* Permissive ones are united and the others intersected: neither order nor number counts. */
	foreach (lc, mapped)
	{
		const AnPolicy *policy = lfirst(lc);

		if (policy->qual == NULL || !contains(own, policy))
			return false;
	}
	foreach (lc, own)
		if (!contains(mapped, lfirst(lc)))
			return false;
	return true;
}

static bool
contains(List *policies, const AnPolicy *policy)
{
	ListCell *lc;

	foreach (lc, policies)
	{
		const AnPolicy *other = lfirst(lc);

		if (other->permissive == policy->permissive && equal(other->qual, policy->qual))
			return true;
	}
	return false;
}

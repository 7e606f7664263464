/*
 * policy.h - row-level security of a source as that of its rollup; private to the room
 *
 * A cell is of one tenant, so a policy can be asked of cells as well as of events where the tenant is
 * all that it reads of a row.  Policies are compared as PostgreSQL keeps them, as trees: the column of
 * the source becomes that of the rollup, and what is equal then shows the same part of both.
 */
#ifndef AN_ROLLUP_POLICY_H
#define AN_ROLLUP_POLICY_H

#include "rollup/rollup_private.h"

#include "utils/array.h"
#include "utils/rel.h"

/* A policy that decides which rows a SELECT shows. */
typedef struct AnPolicy
{
	char *name;		  /* as created; of its relation */
	bool permissive;  /* adds rows; otherwise it takes some away */
	ArrayType *roles; /* oid[]: roles that it is for, 0 for all */
	Node *qual;		  /* its condition; NULL where it cannot be asked of cells */
} AnPolicy;

/* Where the tenant is. */
typedef struct AnPolicyMap
{
	AttrNumber from; /* the source's column; 0 where the tenant is more than a column */
	Var *to;		 /* the rollup's column */
} AnPolicyMap;

/* an_policy_map finds the tenant in a source and in its rollup; both are open. */
extern AnPolicyMap an_policy_map(const AnRollup *rollup, Relation source, Relation table);

/*
 * an_policies returns the policies (AnPolicy *) that a SELECT by a role goes through, or those for all roles
 * where `user` is InvalidOid.  With a map, their conditions are copies over the rollup, or NULL where
 * they read more of a row than the tenant, or are volatile.  The rest belongs to the relation, which must stay open.
 */
extern List *an_policies(Relation rel, Oid user, const AnPolicyMap *map);

/* an_policies_equal tells whether two lists show the same rows: `mapped` of a source, `own` of its rollup. */
extern bool an_policies_equal(List *mapped, List *own);

/*
 * an_rollup_copy_security makes row-level security of a rollup that of its source: it counts where that counts, and the
 * policies are those of the source that can be asked of cells, in the place of all that there are.  A NOTICE names
 * those that cannot: all of them, or unless `about` is NULL the one of that name.  Called as the owner.
 */
extern void an_rollup_copy_security(AnSpi *spi, const AnRollup *rollup, const char *about);

/*
 * an_rollup_copy_grants grants SELECT on a rollup to whoever has it on the whole source.  `roles` (as Oid, 0 for PUBLIC), unless
 * NIL, are all that it is about: who of them no longer has it on the source loses it.  Called as the owner.
 */
extern void an_rollup_copy_grants(AnSpi *spi, const AnRollup *rollup, List *roles);

#endif /* AN_ROLLUP_POLICY_H */

/*
 * user.h - code that runs as another role for a moment
 */
#ifndef AN_BASE_USER_H
#define AN_BASE_USER_H

#include "postgres.h"

/* What an_user_restore goes back to. */
typedef struct AnUser
{
	Oid id;		  /* the user before */
	int security; /* security context before */
	int guc_nest; /* settings of the role's code are undone down to this level */
} AnUser;

/*
 * an_user_become goes on as another role, which the code that follows cannot leave.  What
 * that code sets, the search path above all, is undone by an_user_restore: our own
 * statements may come next, with greater rights.  `restricted` makes it a security-restricted
 * operation, as REFRESH MATERIALIZED VIEW is: for code that a user wrote; it can make no
 * temporary table then.  After an error the (sub)transaction's abort goes back.
 */
extern AnUser an_user_become(Oid role, bool restricted);
extern void an_user_restore(AnUser user);

#endif /* AN_BASE_USER_H */

/*
 * user.c - code that runs as another role for a moment
 */
#include "base/base.h"

#include "utils/guc.h"

AnUser
an_user_become(Oid role, bool restricted)
{
	AnUser user;

	user.guc_nest = NewGUCNestLevel();
	GetUserIdAndSecContext(&user.id, &user.security);
	SetUserIdAndSecContext(role, user.security | SECURITY_LOCAL_USERID_CHANGE |
									 (restricted ? SECURITY_RESTRICTED_OPERATION : 0));
	return user;
}

void
an_user_restore(AnUser user)
{
	AtEOXact_GUC(false, user.guc_nest);
	SetUserIdAndSecContext(user.id, user.security);
}

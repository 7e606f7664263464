/*
 * rights.c - who may be answered from a rollup
 */
#include "rollup/rollup_private.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

bool
an_rollup_may_read(AnSpi *spi, const AnRollup *rollup, const char **why)
{
	AttrNumber column = get_attnum(rollup->source_relid, AN_XID_COLUMN);

	if (pg_class_aclcheck(rollup->relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return false;
	if (rollup->capture == AN_CAPTURE_XID &&
		(column == InvalidAttrNumber ||
		 (pg_class_aclcheck(rollup->source_relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		  pg_attribute_aclcheck(rollup->source_relid, column, GetUserId(), ACL_SELECT) !=
			  ACLCHECK_OK)))
		return false;
	return check_enable_rls(rollup->source_relid, InvalidOid, true) == RLS_NONE;
}

void
an_rollup_copy_rights(AnSpi *spi, const AnRollup *rollup)
{
}

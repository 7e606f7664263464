/*
 * require.c - which types can be counted, asked before there are values
 */
#include "sketch/sketch.h"

#include "utils/lsyscache.h"

#include "sketch/distinct.h"
#include "base/value.h"

void
an_hll_require(Oid type)
{
	AnValue value;

	an_value_init(&value, type, CurrentMemoryContext);
}

void
an_distinct_require(Oid type)
{
	AnDistinctType found;

	an_distinct_type_init(&found, type, get_typcollation(getBaseType(type)), CurrentMemoryContext);
}

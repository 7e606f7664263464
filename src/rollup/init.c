/*
 * init.c - the room's setting, and what it registers
 */
#include "rollup/capture.h"
#include "rollup/create.h"

#include "utils/guc.h"

void
an_rollup_init(void)
{
	DefineCustomBoolVariable("analytics.use_rollups",
							 "Answers readers from rollups where that gives the same answer.",
							 "Turned off, readers look at the events alone.", &an_use_rollups, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	an_rollup_refresh_init();
	an_rollup_depend_init();
	an_capture_init();
}

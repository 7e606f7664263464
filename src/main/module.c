/*
 * module.c - the magic block and _PG_init: the only file that knows every room
 */
#include "base/base.h"

#include "utils/builtins.h"
#include "utils/guc.h"

#include "cache/cache.h"
#include "calendar/calendar.h"
#include "export/export.h"
#include "insight/insight.h"
#include "metric/metric.h"
#include "refresh/refresh.h"
#include "report/report.h"
#include "rollup/rollup.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

/*
 * Defines the settings and installs the hooks of every room.  Runs once in each
 * process that loads the library, by preload or by the first call.
 */
void
_PG_init(void)
{
	an_base_init();
	an_calendar_room_init();
	an_export_init();
	/* Before the metrics: whoever drops a source hears of its rollups first. */
	an_rollup_init();
	an_metric_init();
	an_insight_init();
	an_cache_init();
	an_refresh_init();
	an_report_init();
	MarkGUCPrefixReserved("analytics");
}

/* Returns the version that the library was built as. */
AN_SQL(version)
{
	PG_RETURN_TEXT_P(cstring_to_text(AN_VERSION));
}

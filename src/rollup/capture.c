#include "rollup/capture.h"
#include "utils/lsyscache.h"
AnCapture an_capture_choose(const AnSource *source, const char *capture)
{
	char k = get_rel_relkind(source->relid);
	if (strcmp(capture, "auto") != 0) return an_capture_parse(capture);
	return k == 'r' || k == 'p' ? AN_CAPTURE_XID : AN_CAPTURE_SCAN;
}
void an_capture_install(const AnRollup *rollup) {  }
void an_capture_remove(Oid relid) {  }

#ifndef AN_ROLLUP_CAPTURE_H
#define AN_ROLLUP_CAPTURE_H
#include "rollup/rollup_private.h"
extern AnCapture an_capture_choose(const AnSource *source, const char *capture);
extern void an_capture_install(const AnRollup *rollup);
extern void an_capture_remove(Oid relid);
#endif

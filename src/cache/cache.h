/*
 * cache.h - answers of queries kept for a while, and invalidated exactly
 */
#ifndef AN_CACHE_CACHE_H
#define AN_CACHE_CACHE_H

#include "base/base.h"

/*
 * an_cache_invalidate makes every answer that a tenant or a metric may be part of one
 * that is not served: for this transaction at once, for others when it commits.  NULL
 * stands for every tenant, every metric.  Returns how many answers it deleted.
 * Raises 25006 in a read-only transaction and on a standby.
 */
extern int64 an_cache_invalidate(const char *tenant, const char *metric);

/* an_cache_init defines the settings of this room; called once, from _PG_init. */
extern void an_cache_init(void);

#endif /* AN_CACHE_CACHE_H */

/*
 * insight.h - whole answers over a source; what other rooms see of it
 */
#ifndef AN_INSIGHT_INSIGHT_H
#define AN_INSIGHT_INSIGHT_H

/* an_insight_init registers what depends on relations; called once, from _PG_init. */
extern void an_insight_init(void);

#endif /* AN_INSIGHT_INSIGHT_H */

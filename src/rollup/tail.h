/*
 * tail.h - the index on the column that tells who inserted a row
 */
#ifndef AN_ROLLUP_TAIL_H
#define AN_ROLLUP_TAIL_H

/* an_tail_method returns the index access method for the column `_x`. */
extern const char *an_tail_method(void);

#endif /* AN_ROLLUP_TAIL_H */

/*
 * hex.h - stored bytes as text: \x and hexadecimal digits
 */
#ifndef AN_SKETCH_HEX_H
#define AN_SKETCH_HEX_H

#include "base/base.h"

/*
 * an_hex_read returns the bytes behind a varlena header, at a multiple of 8 as
 * palloc makes it; NULL: the text is not \x and pairs of digits.
 */
extern struct varlena *an_hex_read(const char *text);

/* an_hex_write returns the text of what is behind the header of a varlena. */
extern char *an_hex_write(const struct varlena *flat);

#endif /* AN_SKETCH_HEX_H */

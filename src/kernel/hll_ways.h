/*
 * hll_ways.h - what each way to merge registers offers (hll_merge.c chooses)
 */
#ifndef AN_KERNEL_HLL_WAYS_H
#define AN_KERNEL_HLL_WAYS_H

#include "kernel/hll_inside.h"

typedef struct AnHllMethods
{
	/* an_hll_merge_kept: n a multiple of 16 */
	void (*merge)(uint8_t *into, const uint8_t *from, size_t n, uint8_t keep);
	/* an_hll_merge_nibbles: 64 registers or more, a power of two */
	void (*merge_nibbles)(uint8_t *into, const AnHllNibbles *from, uint8_t keep);
	/* an_hll_count_codes: 512 bytes or more, a power of two */
	void (*count_codes)(const uint8_t *nibbles, size_t n, uint32_t counts[16]);
} AnHllMethods;

/* Each returns NULL where the processor or the operating system lacks its instructions. */
extern const AnHllMethods *an_hll_avx2(void);
extern const AnHllMethods *an_hll_avx512(void);

#endif /* AN_KERNEL_HLL_WAYS_H */

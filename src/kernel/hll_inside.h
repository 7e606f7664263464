/*
 * hll_inside.h - what the files of the sketch share among themselves
 *
 * hll.c holds a sketch in memory, hll_merge.c merges register arrays, hll_rice.c
 * packs tokens, hll_nibbles.c packs registers, hll_store.c is the stored form.
 */
#ifndef AN_KERNEL_HLL_INSIDE_H
#define AN_KERNEL_HLL_INSIDE_H

#include "kernel/hll.h"

/* The highest rank there is among the 38 bits above the index of a token. */
#define AN_HLL_TOKEN_RANK_MAX (65 - AN_HLL_TOKEN_BITS)

/* Codes of a nibble that stand for a value of their own; the last one stands for an escape. */
#define AN_HLL_CODES  15
#define AN_HLL_ESCAPE 15
/* A place in the codebook that has no value: no register has this one. */
#define AN_HLL_NO_VALUE 255

/*
 * The ranks seen in a register as a set: bit r + 2 is rank r, and only the highest and the two
 * below it are there.  Rank 61, the highest of any precision, is bit 63.
 */
static inline uint64_t
an_hll_register_ranks(uint8_t value)
{
	/* An empty register would have rank 0, and ranks 1 and 2 have none two below. */
	return ((uint64_t) (4 | (value & 3)) << (value >> 2)) & ~UINT64_C(7);
}

/* The register of a set of ranks that is not empty. */
static inline uint8_t
an_hll_ranks_register(uint64_t ranks)
{
	int shift = 61 - __builtin_clzll(ranks);

	return (uint8_t) (shift << 2 | (int) (ranks >> shift & 3));
}

/* an_hll_register_merge returns the register of what either has seen. */
static inline uint8_t
an_hll_register_merge(uint8_t a, uint8_t b)
{
	uint64_t ranks = an_hll_register_ranks(a) | an_hll_register_ranks(b);

	return ranks == 0 ? 0 : an_hll_ranks_register(ranks);
}

/* an_hll_make_dense gives a sketch registers, with its tokens in them; one that has them stays as it is. */
extern void an_hll_make_dense(AnHll *hll, const AnMemory *memory);

/* an_hll_make_hll_only forgets the low bits of a dense sketch, unless it has none already. */
extern void an_hll_make_hll_only(AnHll *hll);

/* an_hll_reserve makes room for n tokens more, as far as the sketch may hold them. */
extern void an_hll_reserve(AnHll *hll, uint32_t n, const AnMemory *memory);

/* an_hll_add_tokens adds n tokens, of which any may be there already.  Ascending ones need an_hll_reserve before. */
extern void an_hll_add_tokens(AnHll *hll, const uint32_t *tokens, size_t n, const AnMemory *memory);

/*
 * an_hll_place_tokens adds ascending tokens to a set that has room for them and holds nothing but those
 * that were placed before.  *next is 0 at first.
 */
extern void an_hll_place_tokens(AnHll *hll, const uint32_t *tokens, size_t n, uint32_t *next);

/* an_hll_tokens writes the tokens of a sketch, n_tokens, in ascending order. */
extern void an_hll_tokens(const AnHll *hll, uint32_t *tokens);

/*
 * Registers as nibbles: 64 registers are a block of 32 bytes, whose low nibbles are the first 32 and
 * whose high nibbles the others (16 and 16 where there are no more than 32).
 */
static inline size_t
an_hll_half_block(size_t n)
{
	return n < 64 ? n / 2 : 32;
}

/* Nibbles of n registers.  Whoever decodes them has checked that codes and escapes are as many as they should be. */
typedef struct AnHllNibbles
{
	size_t n;				/* registers: a power of two, 32 or more */
	uint8_t codebook[16];	/* values of the codes; AN_HLL_NO_VALUE for the escape */
	const uint8_t *nibbles; /* n / 2 bytes */
	const uint8_t *escapes; /* the values of code 15, in the order of the registers */
	size_t n_escapes;		/* as many as there are codes 15 */
} AnHllNibbles;

/* an_hll_merge_kept is an_hll_merge_registers, after which only the bits of `keep` stay: 0xff, or 0xfc where hll only. */
extern void an_hll_merge_kept(uint8_t *into, const uint8_t *from, size_t n, uint8_t keep);

/* an_hll_merge_nibbles does so with packed registers. */
extern void an_hll_merge_nibbles(uint8_t *into, const AnHllNibbles *from, uint8_t keep);

/* an_hll_count_codes counts each nibble of n bytes, n a power of two. */
extern void an_hll_count_codes(const uint8_t *nibbles, size_t n, uint32_t counts[16]);

/* an_hll_count_values counts each value of n registers. */
extern void an_hll_count_values(const uint8_t *registers, size_t n, uint32_t counts[256]);

/*
 * an_hll_codebook finds the 15 most frequent values, of equally frequent ones the smaller, in
 * ascending order, with AN_HLL_NO_VALUE behind them where there are fewer.  Returns how many registers have another.
 */
extern uint32_t an_hll_codebook(const uint32_t counts[256], uint8_t codebook[AN_HLL_CODES]);

/* an_hll_pack_nibbles writes codebook, nibbles and escapes of n registers. */
extern void an_hll_pack_nibbles(const uint8_t *registers, size_t n,
								const uint8_t codebook[AN_HLL_CODES], uint8_t *bytes);

/*
 * an_hll_open_nibbles finds the parts of packed registers and counts their values.  AN_ERR_CORRUPT: the
 * size is wrong, or the codebook is not the one of these values.
 */
extern AnStatus an_hll_open_nibbles(AnHllNibbles *nibbles, size_t n, const uint8_t *bytes,
									size_t size, uint32_t counts[256]);

#endif /* AN_KERNEL_HLL_INSIDE_H */

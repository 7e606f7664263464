/*
 * hll_rice.h - ascending tokens in few bits
 *
 * A token is index << 6 | rank.  Each index is written as its distance from the
 * one before, by a Rice code: the low k bits of the distance as they are, its other bits, and the
 * rank less one, in unary (so many zeros, then a one).  First come the low bits of all tokens,
 * then all unary codes, so that neither waits for the other when they are read.
 *
 * Source: R. Rice, J. Plaunt, Adaptive variable-length coding (1971); the parameter by
 * A. Kiely, Selecting the Golomb parameter in Rice coding (IPN 42-159, 2004).
 */
#ifndef AN_KERNEL_HLL_RICE_H
#define AN_KERNEL_HLL_RICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/status.h"

/* What the tokens of a stored form may be. */
typedef struct AnRiceKind
{
	int index_bits; /* an index is below 2^index_bits */
	int rank_max;	/* ranks are 1..rank_max */
	bool distinct;	/* no index comes twice (else not with the same rank) */
	uint32_t n_max; /* tokens: 1..n_max */
} AnRiceKind;

/* an_rice_parameter returns k, which follows from the number of tokens alone. */
extern int an_rice_parameter(const AnRiceKind *kind, uint32_t n);

/* an_rice_max returns the most bytes of n tokens whose ranks sum to sum_ranks. */
extern size_t an_rice_max(const AnRiceKind *kind, uint32_t n, uint64_t sum_ranks);

/* an_rice_write writes n ascending tokens and returns the bytes. */
extern size_t
an_rice_write(const AnRiceKind *kind, const uint32_t *tokens, uint32_t n, uint8_t *bytes);

/* Reads tokens. */
typedef struct AnRiceReader
{
	AnRiceKind kind;	  /* what they may be */
	const uint8_t *bytes; /* low bits, then unary codes */
	size_t size;		  /* of both */
	uint32_t left;		  /* tokens not read yet */
	int k;				  /* the parameter */
	uint64_t low_bit;	  /* where the next low bits begin */
	uint64_t word;		  /* 64 bits of the unary codes, without those that were read */
	uint64_t word_bit;	  /* where the word begins */
	uint64_t unary_bit;	  /* where the next unary code begins */
	uint64_t next_index;  /* from which the next distance counts */
	uint64_t last;		  /* token before; 0, which is none, before the first */
} AnRiceReader;

/* an_rice_open reads the number of tokens.  AN_ERR_CORRUPT: it is not possible, or k not its parameter. */
extern AnStatus an_rice_open(AnRiceReader *reader, const AnRiceKind *kind, int k,
							 const uint8_t *bytes, size_t size);

/*
 * an_rice_read reads the next tokens, all but not more than max, and returns how many.  0: none are
 * left, or among them is something that is no such token.
 */
extern size_t an_rice_read(AnRiceReader *reader, uint32_t *tokens, size_t max);

/* an_rice_end tells whether all were read, and nothing but them is there. */
extern bool an_rice_end(const AnRiceReader *reader);

#endif /* AN_KERNEL_HLL_RICE_H */

/*
 * hll.h - how many different values: an UltraLogLog sketch
 *
 * A sketch of precision p has 2^p registers.  The low p bits of a value's 64-bit
 * hash choose the register, the number of zeros at the low end of the other bits,
 * plus one, is the value's rank, 1..65-p: the convention of postgresql-hll,
 * Redis and DuckDB.  A register is a byte: 4 * (highest rank seen) + 2 * (was
 * the rank below it seen) + (and the one below that), 0 while nothing was seen.
 * Without its two low bits it is the register of a HyperLogLog.
 *
 * While few values were seen the sketch keeps them as tokens instead: 26 bits of
 * the hash, and the rank among its other 38 bits.  Registers of any precision
 * follow from tokens.  A sketch of precision p holds up to 7 * 2^(p-5) tokens
 * (3,584 at 14); with one more it becomes dense.  So its form depends on the set
 * of values alone, not on the order, on merges, or on a plan; and so do the
 * bytes of its stored form.
 *
 * A sketch imported from a HyperLogLog is "hll only": its low bits are unknown
 * (0), and so are those of a union with one.
 *
 * The relative standard error of the estimate is 0.76 / sqrt(2^p) (0.59 % at
 * 14), 1.04 / sqrt(2^p) where hll only, and below 0.01 % while there are tokens.
 *
 * Memory comes from the caller as AnMemory, and an_hll_free gives it back.
 *
 * Sources: O. Ertl, UltraLogLog (arXiv 2308.16862) and New cardinality estimation
 * algorithms for HyperLogLog sketches (1702.01284).
 */
#ifndef AN_KERNEL_HLL_H
#define AN_KERNEL_HLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/status.h"

#define AN_HLL_PRECISION_MIN	 4
#define AN_HLL_PRECISION_MAX	 18
#define AN_HLL_PRECISION_DEFAULT 14

/* A token is index << 6 | rank: the low 26 bits of the hash, and the rank 1..39 among the others. */
#define AN_HLL_TOKEN_BITS 26
#define AN_HLL_RANK_BITS  6
#define AN_HLL_RANK_MASK  63

/* The function that made the hashes; sketches of different ones cannot be merged. */
typedef enum AnHllHash
{
	AN_HLL_MURMUR3 = 0, /* an_murmur3: as postgresql-hll */
	AN_HLL_REDIS = 1,	/* an_murmur2_redis: as PFADD */
} AnHllHash;

typedef struct AnHll
{
	uint8_t precision; /* p */
	uint8_t hash;	   /* AnHllHash */
	bool hll_only;	   /* low bits of the registers are unknown; then it is dense */
	bool dense;		   /* memory holds registers, not tokens */
	uint32_t n_tokens; /* tokens held; 0 where dense */
	uint32_t n_slots;  /* slots of the token set: a power of two, or 0 without memory */
	void *memory;	   /* uint32_t[n_slots], 0 where free; or uint8_t[2^p]; or NULL while empty */
} AnHll;

/* What the first bytes of a stored sketch say. */
typedef struct AnHllHeader
{
	uint8_t version;   /* of the format: 1 */
	uint8_t encoding;  /* AnHllEncoding */
	uint8_t precision; /* p */
	uint8_t hash;	   /* AnHllHash */
	uint8_t parameter; /* k of the Rice code; 0 where the encoding has none */
	bool hll_only;	   /* as in AnHll */
	double estimate;   /* the estimate, kept so that a count reads no more than this */
} AnHllHeader;

typedef enum AnHllEncoding
{
	AN_HLL_EMPTY = 0,	/* nothing but the header */
	AN_HLL_TOKENS = 1,	/* tokens in ascending order, Rice-coded */
	AN_HLL_BYTES = 2,	/* a byte for each register, where no other form is smaller */
	AN_HLL_NIBBLES = 3, /* a nibble for each register: the 15 most frequent values, and escapes */
	AN_HLL_SPARSE = 4,	/* registers other than 0 of an hll-only sketch, Rice-coded */
} AnHllEncoding;

/* Bytes of the header: all that an_hll_header reads. */
#define AN_HLL_HEADER_SIZE 8

/* Values per precision: registers, and the tokens that fit before a sketch becomes dense. */
static inline uint32_t
an_hll_registers(int precision)
{
	return UINT32_C(1) << precision;
}

static inline uint32_t
an_hll_tokens_max(int precision)
{
	return precision < 5 ? 3 : UINT32_C(7) << (precision - 5);
}

/* an_hll_init makes an empty sketch, without memory.  The precision is in range (an assertion). */
extern void an_hll_init(AnHll *hll, int precision, AnHllHash hash);

/* an_hll_free gives the memory back and leaves the sketch empty. */
extern void an_hll_free(AnHll *hll, const AnMemory *memory);

/* an_hll_add_any is an_hll_add without the short way for registers. */
extern void an_hll_add_any(AnHll *hll, uint64_t hash, const AnMemory *memory);

/* an_hll_rank returns the rank of a value at a precision. */
static inline int
an_hll_rank(uint64_t hash, int precision)
{
	return __builtin_ctzll(hash >> precision | UINT64_C(1) << (64 - precision)) + 1;
}

/*
 * an_hll_register_add returns a register that has seen one rank more.  As a set, bit r + 2 is rank r:
 * the highest and the two below it make the new register.  No branch, as none could be foreseen.
 */
static inline uint8_t
an_hll_register_add(uint8_t value, int rank)
{
	uint64_t ranks = (uint64_t) (4 | (value & 3)) << (value >> 2);
	int shift;

	/* An empty register says rank 0, and ranks 1 and 2 have none two below. */
	ranks = (ranks & ~UINT64_C(7)) | UINT64_C(4) << rank;
	shift = 61 - __builtin_clzll(ranks);
	return (uint8_t) (shift << 2 | (int) (ranks >> shift & 3));
}

/* an_hll_add adds the value with this hash. */
static inline void
an_hll_add(AnHll *hll, uint64_t hash, const AnMemory *memory)
{
	if (hll->dense && !hll->hll_only)
	{
		uint8_t *value = (uint8_t *) hll->memory + (hash & (an_hll_registers(hll->precision) - 1));

		*value = an_hll_register_add(*value, an_hll_rank(hash, hll->precision));
	}
	else
		an_hll_add_any(hll, hash, memory);
}

/* an_hll_merge adds what `from` holds.  The result has the smaller precision.  AN_ERR_ARGUMENT: hashes differ. */
extern AnStatus an_hll_merge(AnHll *into, const AnHll *from, const AnMemory *memory);

/* an_hll_reduce makes the precision smaller: the sketch that the smaller precision would have given. */
extern void an_hll_reduce(AnHll *hll, int precision, const AnMemory *memory);

/*
 * an_hll_import gives an empty sketch the ranks of a HyperLogLog, ranks[2^p]: it
 * becomes dense and hll only, or stays empty where all are 0.  AN_ERR_CORRUPT: a rank above 65-p.
 */
extern AnStatus an_hll_import(AnHll *hll, const uint8_t *ranks, const AnMemory *memory);

/*
 * an_hll_export writes the registers, uint8_t[2^p], of any sketch: as they are
 * (with their low bits), tokens put into them.
 */
extern void an_hll_export(const AnHll *hll, uint8_t *registers);

/* an_hll_is_empty tells whether nothing was added. */
static inline bool
an_hll_is_empty(const AnHll *hll)
{
	return !hll->dense && hll->n_tokens == 0;
}

/*
 * The stored form, described in docs/hll_format.md byte by byte.
 *
 * an_hll_stored_max returns enough bytes for an_hll_store, which writes the
 * stored form with its estimate and returns its size; scratch memory is given back.
 */
extern size_t an_hll_stored_max(const AnHll *hll);
extern size_t an_hll_store(const AnHll *hll, uint8_t *bytes, const AnMemory *memory);

/* an_hll_header reads the header alone, from the first bytes.  AN_ERR_CORRUPT: not such a header, or fewer bytes. */
extern AnStatus an_hll_header(const uint8_t *bytes, size_t size, AnHllHeader *header);

/*
 * an_hll_load reads a stored form into a sketch that was not initialised.  Any
 * bytes may come: AN_ERR_CORRUPT for what an_hll_store cannot have written (the
 * estimate is not looked at); the sketch is then empty and holds no memory.
 */
extern AnStatus an_hll_load(AnHll *hll, const uint8_t *bytes, size_t size, const AnMemory *memory);

/* an_hll_merge_stored is an_hll_load and an_hll_merge in one, as fast as can be.  Errors of both; after one `into` may hold a part. */
extern AnStatus
an_hll_merge_stored(AnHll *into, const uint8_t *bytes, size_t size, const AnMemory *memory);

/* an_hll_token makes the token of a hash; an_hll_token_register its register's index and the value that it alone gives. */
extern uint32_t an_hll_token(uint64_t hash);

static inline uint32_t
an_hll_token_index(uint32_t token, int precision)
{
	return token >> AN_HLL_RANK_BITS & (an_hll_registers(precision) - 1);
}

static inline int
an_hll_token_rank(uint32_t token, int precision)
{
	/* The bits of the index that choose no register come first; the token's rank counts where all are 0. */
	uint32_t above = token >> AN_HLL_RANK_BITS >> precision;

	if (above != 0)
		return __builtin_ctz(above) + 1;
	return AN_HLL_TOKEN_BITS - precision + (int) (token & AN_HLL_RANK_MASK);
}

/*
 * Register arrays are merged by the widest instructions that the processor has.
 * All ways give the same bytes; tests choose one.
 */
typedef enum AnHllWay
{
	AN_HLL_SCALAR,
	AN_HLL_AVX2,
	AN_HLL_AVX512,
} AnHllWay;

/* an_hll_way_set chooses a way; false, and no change, where the processor cannot.  an_hll_way tells which is chosen. */
extern bool an_hll_way_set(AnHllWay way);
extern AnHllWay an_hll_way(void);

/* an_hll_merge_registers merges n registers (a multiple of 16) by the chosen way. */
extern void an_hll_merge_registers(uint8_t *into, const uint8_t *from, size_t n);

#endif /* AN_KERNEL_HLL_H */

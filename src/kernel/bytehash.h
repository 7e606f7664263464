/*
 * bytehash.h - a quick hash of bytes for tables in memory
 *
 * It is stored nowhere, so it may change: what is stored hashes with kernel/hash.h.
 */
#ifndef AN_KERNEL_BYTEHASH_H
#define AN_KERNEL_BYTEHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* an_bytehash returns 64 bits that all depend on all of the bytes. */
static inline uint64_t
an_bytehash(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	uint64_t hash = (uint64_t) size * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t word;

	for (; size >= sizeof(word); size -= sizeof(word), at += sizeof(word))
	{
		memcpy(&word, at, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, at, size);
	hash ^= word;
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ (hash >> 33);
}

#endif /* AN_KERNEL_BYTEHASH_H */

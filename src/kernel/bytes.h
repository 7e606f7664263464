/*
 * bytes.h - numbers in little-endian order, at any address, on any machine
 */
#ifndef AN_KERNEL_BYTES_H
#define AN_KERNEL_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* an_read_le64 reads 8 bytes. */
static inline uint64_t
an_read_le64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	return value;
}

/* an_read_le64_part reads n bytes, 0..8; those that are missing are 0. */
static inline uint64_t
an_read_le64_part(const uint8_t *bytes, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value |= (uint64_t) bytes[i] << 8 * i;
	return value;
}

static inline uint32_t
an_read_le32(const uint8_t *bytes)
{
	return (uint32_t) an_read_le64_part(bytes, 4);
}

static inline void
an_write_le32(uint8_t *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t) (value >> 8 * i);
}

static inline void
an_write_le64(uint8_t *bytes, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t) (value >> 8 * i);
}

#endif /* AN_KERNEL_BYTES_H */

/*
 * varint.h - unsigned integers in 1 to 10 bytes
 *
 * Seven bits a byte, the lowest first; the high bit says that another follows
 * (LEB128).  A number has one form: the shortest.
 */
#ifndef AN_KERNEL_VARINT_H
#define AN_KERNEL_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AN_VARINT_MAX 10

/* an_varint_size returns the bytes that a number takes. */
static inline size_t
an_varint_size(uint64_t value)
{
	size_t size = 1;

	while (value >= 0x80)
	{
		value >>= 7;
		size++;
	}
	return size;
}

/* an_varint_put writes a number and returns its bytes. */
static inline size_t
an_varint_put(uint8_t *bytes, uint64_t value)
{
	size_t size = 0;

	while (value >= 0x80)
	{
		bytes[size++] = (uint8_t) (value | 0x80);
		value >>= 7;
	}
	bytes[size++] = (uint8_t) value;
	return size;
}

/*
 * an_varint_get reads the number at *at of `size` bytes and moves *at behind it.
 * False where there is none: the bytes end, it is not the shortest form, or it
 * has more than 64 bits.
 */
static inline bool
an_varint_get(const uint8_t *bytes, size_t size, size_t *at, uint64_t *value)
{
	uint64_t result = 0;

	for (int i = 0; i < AN_VARINT_MAX && *at < size; i++)
	{
		uint8_t byte = bytes[(*at)++];

		if (i == AN_VARINT_MAX - 1 && byte > 1)
			return false;
		result |= (uint64_t) (byte & 0x7f) << (7 * i);
		if (byte < 0x80)
		{
			*value = result;
			return byte != 0 || i == 0;
		}
	}
	return false;
}

#endif /* AN_KERNEL_VARINT_H */

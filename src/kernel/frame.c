/*
 * frame.c - reading and writing the values of the render stream
 */
#include "kernel/frame.h"

#include <string.h>

static AnStatus take(AnFrameReader *reader, size_t size, const unsigned char **bytes);

unsigned char *
an_frame_put_u32(unsigned char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		*to++ = (unsigned char) (value >> (8 * i));
	return to;
}

unsigned char *
an_frame_put_u64(unsigned char *to, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		*to++ = (unsigned char) (value >> (8 * i));
	return to;
}

unsigned char *
an_frame_put_double(unsigned char *to, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return an_frame_put_u64(to, bits);
}

unsigned char *
an_frame_put_string(unsigned char *to, const char *bytes, size_t length)
{
	to = an_frame_put_u32(to, (uint32_t) length);
	if (length > 0)
		memcpy(to, bytes, length);
	return to + length;
}

AnStatus
an_frame_get_u8(AnFrameReader *reader, uint8_t *value)
{
	const unsigned char *bytes;

	if (take(reader, 1, &bytes) != AN_OK)
		return AN_ERR_CORRUPT;
	*value = bytes[0];
	return AN_OK;
}

AnStatus
an_frame_get_u32(AnFrameReader *reader, uint32_t *value)
{
	const unsigned char *bytes;

	if (take(reader, 4, &bytes) != AN_OK)
		return AN_ERR_CORRUPT;
	*value = 0;
	for (int i = 0; i < 4; i++)
		*value |= (uint32_t) bytes[i] << (8 * i);
	return AN_OK;
}

AnStatus
an_frame_get_u64(AnFrameReader *reader, uint64_t *value)
{
	const unsigned char *bytes;

	if (take(reader, 8, &bytes) != AN_OK)
		return AN_ERR_CORRUPT;
	*value = 0;
	for (int i = 0; i < 8; i++)
		*value |= (uint64_t) bytes[i] << (8 * i);
	return AN_OK;
}

AnStatus
an_frame_get_double(AnFrameReader *reader, double *value)
{
	uint64_t bits;

	if (an_frame_get_u64(reader, &bits) != AN_OK)
		return AN_ERR_CORRUPT;
	memcpy(value, &bits, sizeof(bits));
	return AN_OK;
}

AnStatus
an_frame_get_string(AnFrameReader *reader, const char **bytes, size_t *length)
{
	const unsigned char *at;
	uint32_t size;

	if (an_frame_get_u32(reader, &size) != AN_OK || take(reader, size, &at) != AN_OK)
		return AN_ERR_CORRUPT;
	*bytes = (const char *) at;
	*length = size;
	return AN_OK;
}

/* Hands out the next `size` bytes, if there are so many. */
static AnStatus
take(AnFrameReader *reader, size_t size, const unsigned char **bytes)
{
	if (size > (size_t) (reader->end - reader->at))
		return AN_ERR_CORRUPT;
	*bytes = reader->at;
	reader->at += size;
	return AN_OK;
}

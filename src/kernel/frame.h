/*
 * frame.h - the stream in which the server hands a result to a render helper
 *
 *     magic "ANFRAME2", then records until the end record:
 *       type (1 byte) · payload length (4 bytes) · payload
 *
 *     'O' option    name (string) · value (string): of what was begun last, the document at first
 *     'S' sheet     nothing: a table begins, with what stands around it
 *     'K' card      nothing: a figure above the table
 *     'C' column    kind (1 byte, AnColumnKind) · header (string) · number format (string)
 *     'H' chart     nothing: a chart of the sheet's rows
 *     'R' row       one cell for each column, in order
 *     'T' totals    one cell for each column, behind the last row
 *     'E' end       number of rows in all sheets (8 bytes); nothing follows
 *
 *     document = option* { sheet } end
 *     sheet    = 'S' option* { 'K' option* } { 'C' option* } { 'H' option* } { 'R' } [ 'T' ]
 *
 *     cell          tag (1 byte, AnCellTag) · text: string · number: 8 bytes, IEEE 754
 *     string        length in bytes (4 bytes) · UTF-8 without terminator
 *
 * Numbers are little-endian.  A stream that stops before its end record was cut
 * off: the reader throws away what it wrote.  Which options there are is said where
 * they are read (render/document.c).  The reader checks every length against what is left of the
 * record; AN_ERR_CORRUPT says that a record holds less than it promises.
 */
#ifndef AN_KERNEL_FRAME_H
#define AN_KERNEL_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/status.h"

#define AN_FRAME_MAGIC		"ANFRAME2"
#define AN_FRAME_MAGIC_SIZE 8
#define AN_FRAME_HEAD_SIZE	5 /* type and length of a record */
#define AN_FRAME_RECORD_MAX 0x7fffffffu

typedef enum AnRecordType
{
	AN_RECORD_OPTION = 'O',
	AN_RECORD_SHEET = 'S',
	AN_RECORD_CARD = 'K',
	AN_RECORD_COLUMN = 'C',
	AN_RECORD_CHART = 'H',
	AN_RECORD_ROW = 'R',
	AN_RECORD_TOTALS = 'T',
	AN_RECORD_END = 'E',
} AnRecordType;

/* What a column holds: decides its number format, its width and how text in it is aligned. */
typedef enum AnColumnKind
{
	AN_COLUMN_TEXT = 0,
	AN_COLUMN_INTEGER,
	AN_COLUMN_NUMBER,
	AN_COLUMN_BOOLEAN,
	AN_COLUMN_DATE,
	AN_COLUMN_TIMESTAMP,
	AN_COLUMN_TIME,
	AN_COLUMN_KINDS, /* how many there are */
} AnColumnKind;

typedef enum AnCellTag
{
	AN_CELL_NULL = 0,
	AN_CELL_TEXT,
	AN_CELL_NUMBER, /* also a date or time, as Excel's serial number of days */
	AN_CELL_FALSE,
	AN_CELL_TRUE,
} AnCellTag;

/* What is left to read of a record. */
typedef struct AnFrameReader
{
	const unsigned char *at;  /* next byte */
	const unsigned char *end; /* first byte behind the record */
} AnFrameReader;

/* Each an_frame_put_* writes at `to` and returns the place behind; the caller has made room. */
extern unsigned char *an_frame_put_u32(unsigned char *to, uint32_t value);
extern unsigned char *an_frame_put_u64(unsigned char *to, uint64_t value);
extern unsigned char *an_frame_put_double(unsigned char *to, double value);
extern unsigned char *an_frame_put_string(unsigned char *to, const char *bytes, size_t length);

/* Each an_frame_get_* reads one value; AN_ERR_CORRUPT where the record is too short. */
extern AnStatus an_frame_get_u8(AnFrameReader *reader, uint8_t *value);
extern AnStatus an_frame_get_u32(AnFrameReader *reader, uint32_t *value);
extern AnStatus an_frame_get_u64(AnFrameReader *reader, uint64_t *value);
extern AnStatus an_frame_get_double(AnFrameReader *reader, double *value);

/* an_frame_get_string points into the record: it has no terminator and lives as long as the record. */
extern AnStatus an_frame_get_string(AnFrameReader *reader, const char **bytes, size_t *length);

#endif /* AN_KERNEL_FRAME_H */

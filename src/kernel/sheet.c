/*
 * sheet.c - cell texts, sheet names and dates within Excel's limits
 */
#include "kernel/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "kernel/utf8.h"

#define ESCAPE_SIZE 7 /* _xHHHH_ */

#define SERIAL_OF_2000 36526   /* 2000-01-01 */
#define SERIAL_FIRST   61	   /* 1900-03-01 */
#define SERIAL_BEHIND  2958466 /* 10000-01-01 */
#define NUMBER_MOST	   9.99999999999999e307
#define NUMBER_LEAST   2.2250738585073e-308
#define DAY_US		   86400000000LL

static size_t escape(uint32_t code, char *to);
static bool is_escape(const unsigned char *at, const unsigned char *end);
static bool is_hex(unsigned char c);
static char *put_name(char *to, const char *bytes, size_t length, int units);

size_t
an_sheet_text(const char *bytes, size_t length, char *out, bool *cut)
{
	const unsigned char *at = (const unsigned char *) bytes;
	const unsigned char *end = at + length;
	char *to = out;
	int units = 0;

	*cut = false;
	while (at < end)
	{
		size_t taken;
		uint32_t code = an_utf8_next(at, (size_t) (end - at), &taken);
		bool escaped = (code < 0x20 && code != '\t' && code != '\n') || code == 0xFFFE ||
					   code == 0xFFFF || (code == '_' && is_escape(at, end));
		int size = escaped ? ESCAPE_SIZE : code > 0xFFFF ? 2 : 1;

		if (units + size > AN_SHEET_TEXT_UNITS)
		{
			*cut = true;
			break;
		}
		to = escaped ? to + escape(code, to) : an_utf8_put(to, code);
		units += size;
		at += taken;
	}
	return (size_t) (to - out);
}

void
an_sheet_name(const char *bytes, size_t length, uint32_t part, char *out)
{
	char suffix[16] = "";
	int units = AN_SHEET_NAME_UNITS;
	char *to;

	if (part > 1)
		units -= snprintf(suffix, sizeof(suffix), " (%u)", (unsigned) part);
	to = put_name(out, bytes, length, units);
	if (to == out)
		to = stpcpy(to, "Sheet1");
	if (out[0] == '\'')
		out[0] = '_';
	if (to[-1] == '\'')
		to[-1] = '_';
	*to = '\0';
	if (strcasecmp(out, "History") == 0)
		to = stpcpy(to, "_");
	strcpy(to, suffix);
}

bool
an_sheet_date(int32_t days, double *serial)
{
	int64_t number = (int64_t) days + SERIAL_OF_2000;

	*serial = (double) number;
	return number >= SERIAL_FIRST && number < SERIAL_BEHIND;
}

bool
an_sheet_timestamp(int64_t microseconds, double *serial)
{
	int64_t days = microseconds / DAY_US;
	int64_t rest = microseconds % DAY_US;

	if (rest < 0)
	{
		rest += DAY_US;
		days--;
	}
	days += SERIAL_OF_2000;
	*serial = (double) days + (double) rest / (double) DAY_US;
	return days >= SERIAL_FIRST && *serial < SERIAL_BEHIND;
}

bool
an_sheet_number(double number)
{
	double size = fabs(number);

	return number == 0 || (size >= NUMBER_LEAST && size <= NUMBER_MOST);
}

int
an_sheet_digits(const char *number, int *n_decimals)
{
	int digits = 0, zeros = 0, decimals = 0;
	bool fraction = false;

	*n_decimals = 0;
	if (*number == '-' || *number == '+')
		number++;
	if (*number == '\0')
		return -1;
	for (; *number; number++)
	{
		if (*number == '.' && !fraction)
		{
			fraction = true;
			continue;
		}
		if (*number < '0' || *number > '9')
			return -1;
		decimals += fraction;
		if (*number == '0')
		{
			zeros += digits > 0;
			continue;
		}
		digits += zeros + 1;
		zeros = 0;
		*n_decimals = decimals;
	}
	return digits;
}

static size_t
escape(uint32_t code, char *to)
{
	static const char hex[] = "0123456789ABCDEF";

	memcpy(to, "_x0000_", ESCAPE_SIZE);
	for (int i = 0; i < 4; i++)
		to[2 + i] = hex[code >> (12 - 4 * i) & 0xF];
	return ESCAPE_SIZE;
}

/* Tells whether a reader would take what stands here for an escape: _xHHHH_. */
static bool
is_escape(const unsigned char *at, const unsigned char *end)
{
	if (end - at < ESCAPE_SIZE || (at[1] != 'x' && at[1] != 'X') || at[6] != '_')
		return false;
	return is_hex(at[2]) && is_hex(at[3]) && is_hex(at[4]) && is_hex(at[5]);
}

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Writes as much of a sheet name as fits, at most 3 bytes a unit; returns the place behind. */
static char *
put_name(char *to, const char *bytes, size_t length, int units)
{
	const unsigned char *at = (const unsigned char *) bytes;
	const unsigned char *end = at + length;

	while (at < end)
	{
		size_t taken;
		uint32_t code = an_utf8_next(at, (size_t) (end - at), &taken);

		units -= code > 0xFFFF ? 2 : 1;
		if (units < 0)
			break;
		if (code < 0x20)
			code = ' ';
		else if (code < 0x80 && strchr("[]:*?/\\", (int) code))
			code = '_';
		else if (code == 0xFFFE || code == 0xFFFF)
			code = '_';
		to = an_utf8_put(to, code);
		at += taken;
	}
	return to;
}

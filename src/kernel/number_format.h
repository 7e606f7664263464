/*
 * number_format.h - numbers, dates and times as a spreadsheet's number format shows them
 *
 *     "#,##0"  "0.00"  "0.0%"  "#,##0.00;[Red]-#,##0.00;–"  "NT$ #,##0"  "yyyy-mm-dd hh:mm"  ""
 *
 * The language is that of ECMA-376 part 1, 18.8.31: up to four sections (positive;
 * negative;zero;text), digits 0 # ?, point and thousands, commas behind the last
 * digit (thousands, millions), %, E+00, literals in quotes or behind "\\", "_x" and "*x"
 * (a blank, nothing), colours, [h] [m] [s] and [$text] in brackets, "General", and y m d h s
 * AM/PM with fractions of seconds.  Without quotes stand $ - + / ( ) : ! ^ & ' ~ { } < > =,
 * blanks, all that is not ASCII, and letters before a dollar as in NT$.  The empty format is
 * "General": up to 15 digits, no thousands, a power of ten from 1E+15 on and below 0.0001.
 * Refused are conditions as [>=1000], fractions as "# ?/?", eras, and what Excel calls damaged.
 * Separators, names of months and days are the locale's, so one format shows 1,234.5 or
 * 1.234,5.  A date is the serial number of kernel/sheet.h.
 *
 * A negative number shows without sign in a section of its own, and without one
 * where it is rounded to zero.  Seconds are rounded to what is shown of them; days, hours
 * and minutes without seconds are cut.  A time of less than a day, or the hours of [h], need
 * no day: a format without y, m, d shows any serial number, with '-' a negative one.
 */
#ifndef AN_KERNEL_NUMBER_FORMAT_H
#define AN_KERNEL_NUMBER_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/locale.h"
#include "kernel/status.h"

#define AN_NUMBER_FORMAT_MAX  255  /* bytes of a format: Excel's limit */
#define AN_NUMBER_FILE_BYTES  1024 /* enough for a format as files have it */
#define AN_NUMBER_SHOWN_BYTES 1024 /* enough for whatever a format makes of a number */

/* Sets of what a format does, for who chooses widths and alignment. */
typedef struct AnNumberFormatInfo
{
	bool is_date;	/* shows a date or time */
	bool is_text;	/* shows no digit of the number at all */
	bool grouped;	/* separates thousands */
	bool percent;	/* multiplies by 100 */
	int n_decimals; /* digits behind the point, -1 for General */
} AnNumberFormatInfo;

/*
 * an_number_format_check tells whether a format can be understood, and if `info`
 * is not NULL what it does; AN_ERR_SYNTAX or AN_ERR_LIMIT if not.
 */
extern AnStatus an_number_format_check(const char *format, size_t length, AnNumberFormatInfo *info);

/*
 * an_number_format_file writes a format as a spreadsheet's file has it, terminated, at `out`
 * with room for AN_NUMBER_FILE_BYTES: NT$ and what is not ASCII in quotes, "General" for the empty one.
 * Returns its length; one that is not understood becomes "General".
 */
extern size_t an_number_format_file(const char *format, size_t length, char *out);

/*
 * an_number_format writes how `value` shows, terminated, at `out` with room for
 * AN_NUMBER_SHOWN_BYTES, and returns its length.  A format that is not understood is
 * taken for General, and so is one of dates where there is no such day (1900-03-01 to
 * 9999-12-31); NaN and infinities show as "NaN", "Infinity", "-Infinity".
 * Halves are rounded away from zero in decimal, as spreadsheets do: 2.345 with "0.00" is 2.35
 * though the double lies below.  `color`, if not NULL, gets the section's colour 0xRRGGBB or
 * UINT32_MAX.
 */
extern size_t an_number_format(const char *format, size_t length, double value,
							   const AnLocale *locale, char *out, uint32_t *color);

/*
 * an_number_format_text does the same for a number given as plain decimal digits ("-123456789012345678901.5"),
 * of which no digit is lost; General shows it as it is written.  Returns 0 and the empty text where `number`
 * is no such number, the format is one of dates, or the result has no room.
 */
extern size_t an_number_format_text(const char *format, size_t length, const char *number,
									size_t number_length, const AnLocale *locale, char *out);

#endif /* AN_KERNEL_NUMBER_FORMAT_H */

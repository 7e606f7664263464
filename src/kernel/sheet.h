/*
 * sheet.h - what a spreadsheet can hold: cell texts, sheet names, dates
 *
 * Limits are Excel's own ("Excel specifications and limits"); lengths count
 * UTF-16 units, as Excel does.
 */
#ifndef AN_KERNEL_SHEET_H
#define AN_KERNEL_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AN_SHEET_MAX_ROWS	 1048576
#define AN_SHEET_MAX_COLUMNS 16384
#define AN_SHEET_MAX_DIGITS	 15	   /* significant digits that a number cell keeps */
#define AN_SHEET_TEXT_UNITS	 32767 /* UTF-16 units in a cell */
#define AN_SHEET_TEXT_BYTES	 (3 * AN_SHEET_TEXT_UNITS)
#define AN_SHEET_NAME_UNITS	 31
#define AN_SHEET_NAME_BYTES	 (3 * AN_SHEET_NAME_UNITS + 1) /* with terminator */

/*
 * an_sheet_text turns any bytes into a text that a cell can hold, valid UTF-8
 * without terminator, at `out` with room for AN_SHEET_TEXT_BYTES; returns its
 * length in bytes and sets *cut if something did not fit.  What XML cannot
 * carry (control characters but tab and line feed, U+FFFE, U+FFFF) becomes
 * _xHHHH_, which spreadsheets read back (ECMA-376 part 1, 22.9.2.19); text that
 * looks like such an escape has its '_' escaped, so that it stays what it is.
 * Invalid bytes become U+FFFD.  An escape is never cut in half.
 */
extern size_t an_sheet_text(const char *bytes, size_t length, char *out, bool *cut);

/*
 * an_sheet_name makes a valid sheet name with terminator at `out`, which has
 * room for AN_SHEET_NAME_BYTES.  Characters that are not allowed become '_',
 * control characters a blank; an empty name becomes "Sheet1", the reserved
 * "History" "History_".  `part` from 2 on adds " (part)" within the limit.
 */
extern void an_sheet_name(const char *bytes, size_t length, uint32_t part, char *out);

/*
 * Both set the serial number of days that the 1900 date system has for a date
 * (days since 2000-01-01) or a local time (microseconds since 2000-01-01 00:00).
 * Return false outside 1900-03-01 to 9999-12-31: of January and February 1900
 * programs disagree, since Excel counts a February 29 that never was.  The last
 * microseconds of 9999 are outside too: as a double they are the day after.
 */
extern bool an_sheet_date(int32_t days, double *serial);
extern bool an_sheet_timestamp(int64_t microseconds, double *serial);

/*
 * an_sheet_number tells whether a number is within what Excel computes with: up
 * to 9.99999999999999E+307 and no closer to zero than 2.2250738585073E-308,
 * written with 15 digits.  What is larger may read as no number, smaller as 0.
 */
extern bool an_sheet_number(double number);

/*
 * an_sheet_digits counts the significant digits of a plain decimal number
 * ("-0012.3400" has 4) and sets where the last stands: n_decimals digits behind
 * the point are needed to write it.  Returns 0 for zero and -1 for what is no number.
 */
extern int an_sheet_digits(const char *number, int *n_decimals);

#endif /* AN_KERNEL_SHEET_H */

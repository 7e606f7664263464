/*
 * number_format_inside.h - what the files of number formats share
 *
 * number_format.c         what callers see; sections, General
 * number_format_parse.c   a format's text to tokens
 * number_format_section.c what the tokens of a section mean together
 * number_format_digits.c  decimal numbers, their rounding, and the digits of a section
 * number_format_date.c    dates and times
 */
#ifndef AN_KERNEL_NUMBER_FORMAT_INSIDE_H
#define AN_KERNEL_NUMBER_FORMAT_INSIDE_H

#include "kernel/number_format.h"

#define AN_FORMAT_SECTIONS 4

/* Digits that a number keeps: what fits into the result, and all that a format can ask behind the point. */
#define AN_DECIMAL_DIGITS (AN_NUMBER_SHOWN_BYTES + AN_NUMBER_FORMAT_MAX + 1)

typedef enum AnFormatKind
{
	AN_FORMAT_LITERAL,	 /* bytes of the format; count is 1 where it stands without quotes */
	AN_FORMAT_BLANK,	 /* a blank as wide as something */
	AN_FORMAT_NOTHING,	 /* shows nothing: filling, commas that have been understood */
	AN_FORMAT_DIGIT,	 /* count is '0', '#' or '?' */
	AN_FORMAT_POINT,	 /* between whole and fraction */
	AN_FORMAT_COMMA,	 /* thousands, while parsing */
	AN_FORMAT_PERCENT,	 /* shows '%' */
	AN_FORMAT_EXPONENT,	 /* count is '+' or '-' */
	AN_FORMAT_GENERAL,	 /* the number as General has it */
	AN_FORMAT_TEXT,		 /* @ */
	AN_FORMAT_YEAR,		 /* from here on dates; count is how many letters */
	AN_FORMAT_MONTH,	 /* minutes too, while parsing */
	AN_FORMAT_DAY,		 /* 3 and 4 are names */
	AN_FORMAT_HOUR,		 /* of the day, or of the half day beside AN_FORMAT_NOON */
	AN_FORMAT_MINUTE,	 /* of the hour */
	AN_FORMAT_SECOND,	 /* of the minute */
	AN_FORMAT_FRACTION,	 /* of the second, with the point; count is how many digits */
	AN_FORMAT_NOON,		 /* AM/PM with count 2, A/P with 1, as the format writes it */
	AN_FORMAT_ALL_HOURS, /* [h]: since the beginning */
	AN_FORMAT_ALL_MINUTES,
	AN_FORMAT_ALL_SECONDS,
} AnFormatKind;

/* Where a section of digits stands while it is read or shown. */
typedef enum AnFormatPart
{
	AN_PART_WHOLE,	  /* before the point */
	AN_PART_FRACTION, /* behind it */
	AN_PART_EXPONENT, /* behind E+ */
} AnFormatPart;

typedef struct AnFormatToken
{
	uint8_t kind;	/* AnFormatKind */
	uint8_t count;	/* see there */
	uint8_t from;	/* where its bytes stand in the format */
	uint8_t length; /* how many they are */
} AnFormatToken;

typedef struct AnFormatSection
{
	int first;			/* its first token */
	int n_tokens;		/* how many it has */
	uint32_t color;		/* 0xRRGGBB, or UINT32_MAX */
	bool is_date;		/* shows date or time */
	bool is_text;		/* has @ */
	bool has_day;		/* shows year, month or day, not only time */
	bool has_seconds;	/* shows seconds, so that they are rounded */
	bool has_noon;		/* hours go from 1 to 12 */
	bool grouped;		/* separates thousands */
	bool slash;			/* has a '/' without quotes: a fraction, if there are digits */
	int n_decimals;		/* of shown seconds, or places behind the point */
	int min_decimals;	/* of these, shown though they are zeros at the end */
	int n_whole;		/* places before the point */
	int n_exponent;		/* places of the exponent */
	int n_general;		/* how often it says General */
	int thousands;		/* how often it divides by 1000 */
	int n_percent;		/* how often it multiplies by 100 */
	bool has_exponent;	/* shows a power of ten */
	bool plus_exponent; /* with its sign even where it is not negative */
} AnFormatSection;

typedef struct AnFormat
{
	const char *text; /* what was parsed; the caller's */
	int n_sections;	  /* 1 to 4 */
	int n_numbers;	  /* sections but the one of texts */
	int n_tokens;	  /* used of tokens */
	AnFormatSection sections[AN_FORMAT_SECTIONS];
	AnFormatToken tokens[AN_NUMBER_FORMAT_MAX]; /* of all sections in order */
} AnFormat;

/* The value of a number is 0.d1d2d3... times 10 to the power of point; zero has no digits. */
typedef struct AnDecimal
{
	bool negative;					/* of zero: false */
	int n;							/* how many digits; neither the first nor the last is 0 */
	int point;						/* of zero: 0 */
	char digits[AN_DECIMAL_DIGITS]; /* '0' to '9', without terminator */
} AnDecimal;

/* A result as it grows. */
typedef struct AnShown
{
	char *out;				/* room for AN_NUMBER_SHOWN_BYTES */
	size_t length;			/* bytes so far, terminator not counted */
	bool cut;				/* something did not fit */
	const AnLocale *locale; /* separators and names */
} AnShown;

/* an_format_parse reads a format; AN_ERR_SYNTAX or AN_ERR_LIMIT, and then `format` is not to be used. */
extern AnStatus an_format_parse(const char *text, size_t length, AnFormat *format);

/* an_format_finish_section decides what the last section is, and checks that its tokens go together. */
extern AnStatus an_format_finish_section(AnFormat *format, AnFormatSection *section);

/* an_format_finish finds the section of texts: the fourth, or the last where it has @; others must have none. */
extern AnStatus an_format_finish(AnFormat *format);

/* an_decimal_of_double takes 15 significant digits of a finite number. */
extern void an_decimal_of_double(double value, AnDecimal *decimal);

/* an_decimal_of_text reads plain digits; false: it is none, or more digits than can be shown. */
extern bool an_decimal_of_text(const char *text, size_t length, AnDecimal *decimal);

/* an_decimal_round keeps so many digits behind the point, halves away from zero. */
extern void an_decimal_round(AnDecimal *decimal, int n_decimals);

/* an_format_digits shows a number, which it changes, by a section without dates; `sign` says whether with '-'. */
extern void an_format_digits(AnShown *shown, const AnFormat *format, const AnFormatSection *section,
							 AnDecimal *decimal, bool sign, const char *general);

/* an_format_date shows a serial number by a section of dates; false: there is no such day. */
extern bool an_format_date(AnShown *shown, const AnFormat *format, const AnFormatSection *section,
						   double serial, bool sign);

/* an_shown_put adds bytes, and an_shown_puts a text; what has no room is left out as a whole, and cut set. */
extern void an_shown_put(AnShown *shown, const char *bytes, size_t length);
extern void an_shown_puts(AnShown *shown, const char *text);

/* an_shown_count puts a number with zeros before it up to `width` digits. */
extern void an_shown_count(AnShown *shown, int64_t number, int width);

#endif /* AN_KERNEL_NUMBER_FORMAT_INSIDE_H */

/*
 * number_format_parse.c - a number format's text to tokens, section by section
 *
 * What is accepted is what Excel opens without repair; where it is not known
 * whether it does, the format is refused.  Source: ECMA-376 part 1, 18.8.31.
 */
#include "kernel/number_format_inside.h"

#include <string.h>

#include "kernel/utf8.h"

#define MAX_FRACTION 3 /* digits of a second: Excel's limit */
#define MAX_CURRENCY 3 /* letters before a '$' */
#define N_INDEXED	 56

typedef struct Scanner
{
	const char *text;		  /* all of the format */
	size_t length;			  /* of it */
	size_t at;				  /* what comes next */
	AnFormat *format;		  /* what is made of it */
	AnFormatSection *section; /* that which is being read */
} Scanner;

static AnStatus scan_section(Scanner *scanner);
static AnStatus scan_token(Scanner *scanner);
static AnStatus scan_literal(Scanner *scanner);
static AnStatus scan_word(Scanner *scanner);
static size_t currency_letters(const Scanner *scanner);
static AnStatus scan_letters(Scanner *scanner, AnFormatKind kind, size_t most);
static AnStatus scan_point(Scanner *scanner);
static AnStatus scan_exponent(Scanner *scanner);
static AnStatus scan_fill(Scanner *scanner);
static AnStatus scan_bracket(Scanner *scanner);
static bool is_hex_code(const char *at, size_t length);
static bool elapsed(const char *word, size_t length, AnFormatKind *kind);
static bool color_of(const char *word, size_t length, uint32_t *color);
static size_t character(const Scanner *scanner, size_t at);
static bool sees(const Scanner *scanner, const char *word);
static bool same_word(const char *at, size_t length, const char *word);
static char lower(char c);
static void add(Scanner *scanner, AnFormatKind kind, int count, size_t from, size_t length);
static AnFormatToken *last_token(const Scanner *scanner);

AnStatus
an_format_parse(const char *text, size_t length, AnFormat *format)
{
	Scanner scanner = {.text = text, .length = length, .format = format};

	format->text = text;
	format->n_sections = format->n_tokens = 0;
	if (length > AN_NUMBER_FORMAT_MAX)
		return AN_ERR_LIMIT;
	do
	{
		AnStatus status;

		if (format->n_sections == AN_FORMAT_SECTIONS)
			return AN_ERR_SYNTAX;
		status = scan_section(&scanner);
		if (status != AN_OK)
			return status;
		/* A ';' at the very end opens a last, empty section. */
	} while (scanner.at++ < length);
	if (length == 0)
	{
		add(&scanner, AN_FORMAT_GENERAL, 0, 0, 0);
		scanner.section->n_general = 1;
	}
	return an_format_finish(format);
}

/* Reads up to ';' or the end, where the scanner stops. */
static AnStatus
scan_section(Scanner *scanner)
{
	AnFormat *format = scanner->format;

	scanner->section = &format->sections[format->n_sections++];
	memset(scanner->section, 0, sizeof(AnFormatSection));
	scanner->section->first = format->n_tokens;
	scanner->section->color = UINT32_MAX;
	while (scanner->at < scanner->length && scanner->text[scanner->at] != ';')
	{
		AnStatus status = scan_token(scanner);

		if (status != AN_OK)
			return status;
	}
	return an_format_finish_section(format, scanner->section);
}

static AnStatus
scan_token(Scanner *scanner)
{
	char c = scanner->text[scanner->at];
	AnFormatKind kind = c == ',' ? AN_FORMAT_COMMA : c == '%' ? AN_FORMAT_PERCENT : AN_FORMAT_TEXT;

	switch (c)
	{
		case '0':
		case '#':
		case '?':
			add(scanner, AN_FORMAT_DIGIT, c, scanner->at++, 1);
			return AN_OK;
		case ',':
		case '%':
		case '@':
			add(scanner, kind, 0, scanner->at++, 1);
			return AN_OK;
		case '.':
			return scan_point(scanner);
		case '[':
			return scan_bracket(scanner);
		case '_':
		case '*':
			return scan_fill(scanner);
		default:
			return scan_literal(scanner);
	}
}

/* Reads what is quoted, escaped, or shows without either; or a word. */
static AnStatus
scan_literal(Scanner *scanner)
{
	size_t from = scanner->at;
	char c = scanner->text[from];
	size_t size;

	if (c == '"')
	{
		for (scanner->at++; scanner->at < scanner->length; scanner->at += size)
		{
			size = character(scanner, scanner->at);
			if (size == 0)
				return AN_ERR_SYNTAX;
			if (scanner->text[scanner->at] != '"')
				continue;
			add(scanner, AN_FORMAT_LITERAL, 0, from + 1, scanner->at++ - from - 1);
			return AN_OK;
		}
		return AN_ERR_SYNTAX;
	}
	from += c == '\\';
	size = character(scanner, from);
	if (size == 0)
		return AN_ERR_SYNTAX;
	if (c != '\\' && size == 1)
	{
		if (strchr("$-+/():!^&'~{}<>= ", c) == NULL)
			return scan_word(scanner);
		scanner->section->slash |= c == '/';
	}
	add(scanner, AN_FORMAT_LITERAL, c != '\\', from, size);
	scanner->at = from + size;
	return AN_OK;
}

/* Reads letters that mean something; others want quotes. */
static AnStatus
scan_word(Scanner *scanner)
{
	size_t currency = currency_letters(scanner);
	static const struct
	{
		const char *word;  /* in any case */
		AnFormatKind kind; /* what it means */
		uint8_t count;	   /* of the token */
	} words[] = {
		{"general", AN_FORMAT_GENERAL, 0},
		{"am/pm", AN_FORMAT_NOON, 2},
		{"a/p", AN_FORMAT_NOON, 1},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
	{
		if (!sees(scanner, words[i].word))
			continue;
		add(scanner, words[i].kind, words[i].count, scanner->at, strlen(words[i].word));
		scanner->at += strlen(words[i].word);
		return AN_OK;
	}
	if (currency > 0)
	{
		add(scanner, AN_FORMAT_LITERAL, 1, scanner->at, currency);
		scanner->at += currency;
		return AN_OK;
	}
	switch (lower(scanner->text[scanner->at]))
	{
		case 'y':
			return scan_letters(scanner, AN_FORMAT_YEAR, 4);
		case 'm':
			return scan_letters(scanner, AN_FORMAT_MONTH, 5);
		case 'd':
			return scan_letters(scanner, AN_FORMAT_DAY, 4);
		case 'h':
			return scan_letters(scanner, AN_FORMAT_HOUR, 2);
		case 's':
			return scan_letters(scanner, AN_FORMAT_SECOND, 2);
		case 'e':
			return scan_exponent(scanner);
		default:
			return AN_ERR_SYNTAX;
	}
}

/* Returns the bytes of "NT$", "US$", "R$" and the like, which are no letters of dates; 0 where none stands. */
static size_t
currency_letters(const Scanner *scanner)
{
	const char *at = scanner->text + scanner->at;
	size_t most = scanner->length - scanner->at;
	size_t n = 0;
	bool date = true;

	for (; n < most && n < MAX_CURRENCY && at[n] >= 'A' && at[n] <= 'Z'; n++)
		date &= strchr("YMDHS", at[n]) != NULL;
	return n > 0 && n < most && at[n] == '$' && !date ? n + 1 : 0;
}

/* Reads one letter, as often as it stands there. */
static AnStatus
scan_letters(Scanner *scanner, AnFormatKind kind, size_t most)
{
	size_t from = scanner->at;
	char letter = lower(scanner->text[from]);

	while (scanner->at < scanner->length && lower(scanner->text[scanner->at]) == letter)
		scanner->at++;
	add(scanner, kind, (int) (scanner->at - from), from, scanner->at - from);
	return scanner->at - from <= most ? AN_OK : AN_ERR_SYNTAX;
}

/* Reads a point, behind seconds with the digits of their fraction. */
static AnStatus
scan_point(Scanner *scanner)
{
	AnFormatToken *last = last_token(scanner);
	size_t from = scanner->at++;
	size_t zeros = 0;

	if (last && (last->kind == AN_FORMAT_SECOND || last->kind == AN_FORMAT_ALL_SECONDS))
	{
		while (scanner->at + zeros < scanner->length && scanner->text[scanner->at + zeros] == '0')
			zeros++;
	}
	if (zeros == 0)
		add(scanner, AN_FORMAT_POINT, 0, from, 1);
	else
		add(scanner, AN_FORMAT_FRACTION, (int) zeros, from, 1 + zeros);
	scanner->at += zeros;
	return zeros <= MAX_FRACTION ? AN_OK : AN_ERR_SYNTAX;
}

/* Reads E+ or E-; an 'e' alone is a year of an era, which is not known here. */
static AnStatus
scan_exponent(Scanner *scanner)
{
	size_t from = scanner->at;

	if (!sees(scanner, "e+") && !sees(scanner, "e-"))
		return AN_ERR_SYNTAX;
	add(scanner, AN_FORMAT_EXPONENT, scanner->text[from + 1], from, 2);
	scanner->at += 2;
	return AN_OK;
}

/* Reads "_x", a blank as wide as x, or "*x", which fills a cell with x; the latter once a section. */
static AnStatus
scan_fill(Scanner *scanner)
{
	AnFormat *format = scanner->format;
	size_t from = scanner->at;
	size_t size = character(scanner, from + 1);

	if (size == 0)
		return AN_ERR_SYNTAX;
	scanner->at += 1 + size;
	if (scanner->text[from] == '_')
	{
		add(scanner, AN_FORMAT_BLANK, 0, from, 1 + size);
		return AN_OK;
	}
	for (int i = scanner->section->first; i < format->n_tokens; i++)
	{
		if (format->tokens[i].kind == AN_FORMAT_NOTHING)
			return AN_ERR_SYNTAX;
	}
	add(scanner, AN_FORMAT_NOTHING, 0, from, 1 + size);
	return AN_OK;
}

/* Reads [h], [Red] or [$NT$] with its brackets. */
static AnStatus
scan_bracket(Scanner *scanner)
{
	size_t from = scanner->at + 1;
	size_t end = from;
	size_t length;
	uint32_t color;
	AnFormatKind kind;

	for (size_t size; end < scanner->length && scanner->text[end] != ']'; end += size)
	{
		size = character(scanner, end);
		if (size == 0 || strchr("\";\\[", scanner->text[end]) != NULL)
			return AN_ERR_SYNTAX;
	}
	if (end >= scanner->length)
		return AN_ERR_SYNTAX;
	length = end - from;
	scanner->at = end + 1;
	if (elapsed(scanner->text + from, length, &kind))
	{
		add(scanner, kind, (int) length, from, length);
		return AN_OK;
	}
	if (length > 1 && scanner->text[from] == '$' && scanner->text[from + 1] != '-')
	{
		const char *dash = memchr(scanner->text + from, '-', length);

		if (dash != NULL)
		{
			length = (size_t) (dash - scanner->text) - from;
			if (!is_hex_code(dash + 1, (size_t) (scanner->text + end - dash) - 1))
				return AN_ERR_SYNTAX;
		}
		add(scanner, AN_FORMAT_LITERAL, 0, from + 1, length - 1);
		return AN_OK;
	}
	if (last_token(scanner) || scanner->section->color != UINT32_MAX ||
		!color_of(scanner->text + from, length, &color))
		return AN_ERR_SYNTAX;
	scanner->section->color = color;
	return AN_OK;
}

/* Tells whether a language is named as [$text-404] does. */
static bool
is_hex_code(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if (strchr("0123456789abcdef", lower(at[i])) == NULL)
			return false;
	}
	return length > 0 && length <= 8;
}

static bool
elapsed(const char *word, size_t length, AnFormatKind *kind)
{
	char letter = length > 0 ? lower(word[0]) : '\0';

	*kind = letter == 'h'	? AN_FORMAT_ALL_HOURS
			: letter == 'm' ? AN_FORMAT_ALL_MINUTES
							: AN_FORMAT_ALL_SECONDS;
	return (letter == 'h' || letter == 'm' || letter == 's') && length <= 2 &&
		   lower(word[length - 1]) == letter;
}

/* Finds a colour by its name, or in Excel's palette of 56. */
static bool
color_of(const char *word, size_t length, uint32_t *color)
{
	static const char *const names[] = {"black", "white",  "red",	  "green",
										"blue",	 "yellow", "magenta", "cyan"};
	static const uint32_t palette[N_INDEXED] = {
		0x000000, 0xFFFFFF, 0xFF0000, 0x00FF00, 0x0000FF, 0xFFFF00, 0xFF00FF, 0x00FFFF,
		0x800000, 0x008000, 0x000080, 0x808000, 0x800080, 0x008080, 0xC0C0C0, 0x808080,
		0x9999FF, 0x993366, 0xFFFFCC, 0xCCFFFF, 0x660066, 0xFF8080, 0x0066CC, 0xCCCCFF,
		0x000080, 0xFF00FF, 0xFFFF00, 0x00FFFF, 0x800080, 0x800000, 0x008080, 0x0000FF,
		0x00CCFF, 0xCCFFFF, 0xCCFFCC, 0xFFFF99, 0x99CCFF, 0xFF99CC, 0xCC99FF, 0xFFCC99,
		0x3366FF, 0x33CCCC, 0x99CC00, 0xFFCC00, 0xFF9900, 0xFF6600, 0x666699, 0x969696,
		0x003366, 0x339966, 0x003300, 0x333300, 0x993300, 0x993366, 0x333399, 0x333333};
	uint32_t index = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (same_word(word, length, names[i]))
			index = (uint32_t) i + 1;
	}
	if (index == 0 && length >= 6 && length <= 7 && same_word(word, 5, "color"))
	{
		for (size_t i = 5; i < length; i++)
		{
			if (word[i] < '0' || word[i] > '9')
				return false;
			index = 10 * index + (uint32_t) (word[i] - '0');
		}
	}
	if (index == 0 || index > N_INDEXED)
		return false;
	*color = palette[index - 1];
	return true;
}

/* Returns the bytes of the character there, 0 where it is none that a file can carry. */
static size_t
character(const Scanner *scanner, size_t at)
{
	const unsigned char *bytes = (const unsigned char *) scanner->text + at;
	size_t taken;
	uint32_t code;

	if (at >= scanner->length)
		return 0;
	code = an_utf8_next(bytes, scanner->length - at, &taken);
	if (code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xFFFE || code == 0xFFFF ||
		(code == AN_UTF8_REPLACEMENT && taken == 1))
		return 0;
	return taken;
}

static bool
sees(const Scanner *scanner, const char *word)
{
	size_t length = strlen(word);

	return scanner->length - scanner->at >= length &&
		   same_word(scanner->text + scanner->at, length, word);
}

/* Compares with a word in small letters, without case; <ctype.h> would ask the locale. */
static bool
same_word(const char *at, size_t length, const char *word)
{
	if (strlen(word) != length)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		if (lower(at[i]) != word[i])
			return false;
	}
	return true;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
}

static void
add(Scanner *scanner, AnFormatKind kind, int count, size_t from, size_t length)
{
	AnFormatToken *token = &scanner->format->tokens[scanner->format->n_tokens++];

	token->kind = (uint8_t) kind;
	token->count = (uint8_t) count;
	token->from = (uint8_t) from;
	token->length = (uint8_t) length;
	scanner->section->n_tokens++;
}

/* Returns the token before what is being read, or NULL at the section's beginning. */
static AnFormatToken *
last_token(const Scanner *scanner)
{
	AnFormat *format = scanner->format;

	return scanner->section->n_tokens > 0 ? &format->tokens[format->n_tokens - 1] : NULL;
}

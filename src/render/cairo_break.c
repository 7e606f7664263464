/*
 * cairo_break.c - breaking texts of plain letters into lines
 *
 * Rules are those of Unicode annex 14 that such letters need: lines break behind
 * blanks, hyphens and slashes, and around ideographs, kana and Hangul, but not before a mark that ends
 * something nor behind one that begins something (JIS X 4051); a word that is
 * longer than a line is broken anywhere.  Blanks at the end of a line take no room.
 */
#include "render/cairo_font.h"

#include "kernel/utf8.h"

#define ELLIPSIS_CODE 0x2026

/* Marks that no line begins with, and that none ends with; a zero ends the list. */
static const uint32_t never_first[] = {
	'!',	')',	',',	'.',	':',	';',	'?',	']',	'}',	'%',	0xBB,	0x2019,
	0x201D, 0x2025, 0x2026, 0x203A, 0x2030, 0x3001, 0x3002, 0x3005, 0x3009, 0x300B, 0x300D, 0x300F,
	0x3011, 0x3015, 0x3017, 0x3019, 0x301B, 0x301F, 0x3041, 0x3043, 0x3045, 0x3047, 0x3049, 0x3063,
	0x3083, 0x3085, 0x3087, 0x308E, 0x3095, 0x3096, 0x309D, 0x309E, 0x30A1, 0x30A3, 0x30A5, 0x30A7,
	0x30A9, 0x30C3, 0x30E3, 0x30E5, 0x30E7, 0x30EE, 0x30F5, 0x30F6, 0x30FB, 0x30FC, 0x30FD, 0x30FE,
	0xFF01, 0xFF05, 0xFF09, 0xFF0C, 0xFF0E, 0xFF1A, 0xFF1B, 0xFF1F, 0xFF3D, 0xFF5D, 0xFF60, 0};
static const uint32_t never_last[] = {
	'(',	'[',	'{',	0xAB,	0x2018, 0x201C, 0x2039, 0x3008, 0x300A, 0x300C, 0x300E, 0x3010,
	0x3014, 0x3016, 0x3018, 0x301A, 0x301D, 0xFF04, 0xFF08, 0xFF3B, 0xFF5B, 0xFF5F, 0xFFE5, 0};

static bool take_line(TextFace *face, const char *bytes, size_t length, size_t start, double room,
					  PlainLine *line, size_t *next);
static bool may_break(uint32_t before, uint32_t after);
static bool is_in(const uint32_t *list, uint32_t code);
static bool shorten(TextFace *face, const char *bytes, size_t length, double room, PlainLine *line);

bool
break_plain(TextFace *face, const char *bytes, size_t length, double room, size_t max_lines,
			PlainLine *lines, size_t *n_lines, bool *cut)
{
	size_t at = 0, n = 0;

	lines[0] = (PlainLine){0, 0, 0};
	while (at < length && n < max_lines)
	{
		if (!take_line(face, bytes, length, at, room, &lines[n], &at))
			return false;
		n++;
	}
	*n_lines = n > 0 ? n : 1;
	*cut = at < length;
	return !*cut || shorten(face, bytes, length, room, &lines[n - 1]);
}

/* Takes as much as one line holds, and says where the next one begins; false at a letter that is not plain. */
static bool
take_line(TextFace *face, const char *bytes, size_t length, size_t start, double room,
		  PlainLine *line, size_t *next)
{
	PlainLine solid = {start, 0, 0}, broken = solid;
	size_t at = start, taken, go_on = 0;
	uint32_t before = 0;
	double x = 0;

	for (; at < length; at += taken)
	{
		uint32_t code = an_utf8_next((const unsigned char *) bytes + at, length - at, &taken);
		const Letter *letter;

		if (code == '\n')
			break;
		if (code == 0 || code == AN_UTF8_REPLACEMENT || !(letter = find_letter(face, code))->plain)
			return false;
		if (before != 0 && may_break(before, code))
		{
			broken = solid;
			go_on = at;
		}
		x += letter->advance;
		if (code != ' ' && x > room + 0.01 && at > start)
		{
			*line = go_on > 0 ? broken : solid;
			*next = go_on > 0 ? go_on : at;
			return true;
		}
		if (code != ' ')
			solid = (PlainLine){start, at + taken - start, x};
		before = code;
	}
	*line = solid;
	*next = at < length ? at + 1 : length;
	return true;
}

static bool
may_break(uint32_t before, uint32_t after)
{
	bool joint = before == '-' || before == '/' || before == 0x2013 || before == 0x2014;

	if (before == ' ' || after == ' ')
		return after != ' ';
	if (is_in(never_first, after) || is_in(never_last, before))
		return false;
	if (before >= 0x2E80 || after >= 0x2E80)
		return true;
	return joint && (after < '0' || after > '9');
}

static bool
is_in(const uint32_t *list, uint32_t code)
{
	while (*list != 0 && *list != code)
		list++;
	return *list != 0;
}

/* Takes for the last line as many letters as leave room for an ellipsis. */
static bool
shorten(TextFace *face, const char *bytes, size_t length, double room, PlainLine *line)
{
	const Letter *letter = find_letter(face, ELLIPSIS_CODE);
	size_t at = line->start, taken;
	double x = letter->advance;

	if (!letter->plain)
		return false;
	for (; at < length; at += taken)
	{
		uint32_t code = an_utf8_next((const unsigned char *) bytes + at, length - at, &taken);

		if (code == '\n')
			break;
		letter = find_letter(face, code);
		if (code == AN_UTF8_REPLACEMENT || !letter->plain || x + letter->advance > room + 0.01)
			break;
		x += letter->advance;
	}
	*line = (PlainLine){line->start, at - line->start, x};
	return true;
}

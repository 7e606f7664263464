/*
 * chart_text.c - texts of a chart that fit where they stand, and its colours
 */
#include "kernel/chart_inside.h"

#include <math.h>
#include <string.h>

#include "kernel/number_format.h"
#include "kernel/utf8.h"

#define ELLIPSIS "\xe2\x80\xa6"

static size_t clean(AnChartText text, char *out, bool *cut);
static size_t
last_break(const AnChartPlan *plan, const AnChartLabel *label, const AnFont *font, double room);
static bool is_east_asian(uint32_t code);
static size_t shorter(const char *text, size_t length);

const uint32_t an_chart_palette[] = {
	0x2563EB, 0x10B981, 0xF59E0B, 0xEF4444, 0x8B5CF6, 0x06B6D4, 0x84CC16, 0xEC4899,
	0x1E3A8A, 0x047857, 0xB45309, 0x991B1B, 0x5B21B6, 0x155E75, 0x4D7C0F, 0x9D174D,
};
const size_t an_chart_palette_size = sizeof(an_chart_palette) / sizeof(an_chart_palette[0]);

void
an_chart_fit(const AnChartPlan *plan, AnChartText text, const AnFont *font, double room,
			 AnChartLabel *label)
{
	const AnCanvas *canvas = plan->canvas;
	bool cut;
	size_t left = clean(text, label->text, &cut);

	label->length = left;
	label->width = canvas->text_width(canvas->context, label->text, left, font);
	while ((label->width > room || cut) && left > 0)
	{
		/* Far too long: go near what fits at once, since measuring may be slow. */
		size_t near = label->width > 2 * room && room > 0
						  ? (size_t) ((double) left * 1.5 * room / label->width)
						  : left;

		do
			left = shorter(label->text, left);
		while (left > near);
		while (left > 0 && label->text[left - 1] == ' ')
			left--;
		memcpy(label->text + left, ELLIPSIS, strlen(ELLIPSIS));
		label->length = left + strlen(ELLIPSIS);
		label->width = canvas->text_width(canvas->context, label->text, label->length, font);
		cut = false;
	}
	if (label->width > room)
	{
		label->length = 0;
		label->width = 0;
	}
}

/* Copies what has room, less an ellipsis, as one line of valid UTF-8; returns its length. */
static size_t
clean(AnChartText text, char *out, bool *cut)
{
	const unsigned char *at = (const unsigned char *) text.bytes;
	const unsigned char *end = text.bytes == NULL ? at : at + text.length;
	char *to = out;

	while (at < end && to - out <= AN_CHART_TEXT_BYTES - 8)
	{
		size_t taken;
		uint32_t code = an_utf8_next(at, (size_t) (end - at), &taken);

		to = an_utf8_put(to, code < 0x20 || code == 0x7F ? ' ' : code);
		at += taken;
	}
	*cut = at < end;
	return (size_t) (to - out);
}

/* Returns the length without the last character, and without the marks that combine with it. */
static size_t
shorter(const char *text, size_t length)
{
	uint32_t width;

	do
	{
		size_t end = length;

		do
			length--;
		while (length > 0 && ((unsigned char) text[length] & 0xC0) == 0x80);
		width = an_utf8_width(text + length, end - length);
	} while (length > 0 && width == 0);
	return length;
}

bool
an_chart_wrap(const AnChartPlan *plan, AnChartText text, const AnFont *font, double room,
			  AnChartLabel lines[2])
{
	AnChartLabel whole;
	size_t end;

	lines[1].length = 0;
	lines[1].width = 0;
	an_chart_fit(plan, text, font, room, &lines[0]);
	an_chart_fit(plan, text, font, INFINITY, &whole);
	end = whole.width > room ? last_break(plan, &whole, font, room) : 0;
	if (end > 0)
	{
		size_t next = whole.text[end] == ' ' ? end + 1 : end;
		AnChartText rest = {whole.text + next, whole.length - next};

		an_chart_fit(plan, (AnChartText){whole.text, end}, font, room, &lines[0]);
		an_chart_fit(plan, rest, font, room, &lines[1]);
		whole.width =
			plan->canvas->text_width(plan->canvas->context, rest.bytes, rest.length, font);
	}
	return whole.width <= room;
}

/* Returns where the longest beginning ends that fits, and may end there; 0: none. */
static size_t
last_break(const AnChartPlan *plan, const AnChartLabel *label, const AnFont *font, double room)
{
	const AnCanvas *canvas = plan->canvas;
	const unsigned char *bytes = (const unsigned char *) label->text;
	uint32_t before = 0;
	size_t best = 0;

	for (size_t at = 0; at < label->length;)
	{
		size_t taken;
		uint32_t code = an_utf8_next(bytes + at, label->length - at, &taken);
		bool can = code == ' ' || (is_east_asian(code) && is_east_asian(before));

		if (at > 0 && can && before != ' ')
		{
			if (canvas->text_width(canvas->context, label->text, at, font) > room)
				break;
			best = at;
		}
		before = code;
		at += taken;
	}
	return best;
}

/* Tells whether a line may end at a character: ideographs, kana, hangul, but not their punctuation. */
static bool
is_east_asian(uint32_t code)
{
	return (code >= 0x3041 && code <= 0x9FFF) || (code >= 0xAC00 && code <= 0xD7A3) ||
		   (code >= 0x20000 && code <= 0x3FFFF);
}

void
an_chart_set(const AnChartPlan *plan, double x, double y, const AnChartLabel *label,
			 const AnFont *font)
{
	if (label->length > 0)
		plan->canvas->text(plan->canvas->context, x, y, label->text, label->length, font);
}

void
an_chart_number(const AnChartPlan *plan, const char *format, double value, AnChartLabel *label)
{
	char shown[AN_NUMBER_SHOWN_BYTES];
	AnFont font = an_chart_font(AN_ANCHOR_END);
	size_t length = an_number_format(format, strlen(format), value, plan->locale, shown, NULL);

	double room = plan->chart->width / 3;

	/* Half a number would be another number: one that is too long shows with a power of ten. */
	if (plan->canvas->text_width(plan->canvas->context, shown, length, &font) > room)
		length = an_number_format("0.0E+00", 7, value, plan->locale, shown, NULL);
	an_chart_fit(plan, (AnChartText){shown, length}, &font, room, label);
}

void
an_chart_category(const AnChartPlan *plan, size_t i, double room, AnChartLabel *label)
{
	const AnChart *chart = plan->chart;
	AnFont font = an_chart_font(AN_ANCHOR_MIDDLE);

	if (chart->labels != NULL)
		an_chart_fit(plan, chart->labels[i], &font, room, label);
	else if (chart->x != NULL)
		an_chart_number(plan, chart->x_format != NULL ? chart->x_format : "", chart->x[i], label);
	else
		an_chart_number(plan, "0", (double) i + 1, label);
}

AnFont
an_chart_font(AnAnchor anchor)
{
	return (AnFont){.size = AN_CHART_LABEL_SIZE, .color = AN_CHART_TEXT_COLOR, .anchor = anchor};
}

uint32_t
an_chart_color(const AnChart *chart, size_t i)
{
	if (chart->type != AN_CHART_PIE && chart->series[i].color != AN_COLOR_NONE)
		return chart->series[i].color;
	return an_chart_palette[i % an_chart_palette_size];
}

AnPaint
an_chart_filled(uint32_t color, double opacity)
{
	return (AnPaint){.fill = color, .stroke = AN_COLOR_NONE, .fill_opacity = opacity};
}

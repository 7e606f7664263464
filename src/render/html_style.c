/*
 * html_style.c - how a page looks
 *
 * Colours have names, so that the dark look is another set of them; charts, and letters
 * that a number format colours, are turned to dark by a filter that keeps their hues.
 * On paper the light look holds, the header repeats on each page, the totals stand
 * once, and nothing scrolls.
 */
#include "render/html.h"

#include <math.h>
#include <string.h>

#define DARK_BAR	0x2563EB /* the usual bar in the dark look, before it is darkened */
#define LIGHT_PART	0.40	 /* of a bar's colour, the rest is white */
#define DARK_PART	0.65	 /* of a bar's colour in the dark look, the rest is black */
#define FAMILY_SIZE 128

/* Where the dark look holds; paper is always white. */
#define DARK "@media screen and (prefers-color-scheme:dark){"

static const char *const base =
	":root{--ink:#111827;--soft:#4b5563;--line:#e5e7eb;--page:#fff;--box:#f3f4f6;--stripe:#f8fafc;"
	"--accent:#2563eb;--head:#2563eb;--hover:#eff6ff}\n" DARK
	":root{--ink:#e5e7eb;--soft:#9ca3af;--line:#374151;--page:#111827;--box:#1f2937;"
	"--stripe:#172033;--accent:#7aa9fb;--head:#1e40af;--hover:#22304a}"
	"figure svg,td[style^=color]{filter:invert(.93) hue-rotate(180deg)}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:2rem 1.5rem;max-width:76rem;color:var(--ink);"
	"background:var(--page);line-height:1.45;-webkit-text-size-adjust:100%;text-size-adjust:100%}\n"
	"h1{margin:0;font-size:1.75rem;line-height:1.25;color:var(--accent)}\n"
	"h2{margin:0 0 .75rem;font-size:1.3rem;line-height:1.3}\n"
	"h1,h2,p,dt,dd{overflow-wrap:anywhere;white-space:pre-line}\n"
	"header{margin-bottom:1.5rem;text-align:center}\n"
	"header p{margin:.4rem 0 0;color:var(--soft)}\n"
	"nav ul{display:flex;flex-wrap:wrap;gap:.5rem;justify-content:center;list-style:none;"
	"margin:0 0 1.75rem;padding:0}\n"
	"nav a{display:block;padding:.3rem .9rem;border-radius:1rem;background:var(--box);"
	"color:var(--accent);text-decoration:none}\n"
	"nav a:hover{background:var(--hover)}\n"
	"section{margin-bottom:2.5rem;scroll-margin-top:1rem}\n"
	".note{margin:0 0 1rem;color:var(--soft)}\n"
	".cards{display:flex;flex-wrap:wrap;gap:1rem;justify-content:center;margin:0 0 1.5rem}\n"
	".cards div{display:flex;max-width:25rem;flex:1 1 "
	"10.5rem;flex-direction:column;justify-content:center;gap:.15rem;padding:1rem;border-radius:."
	"5rem;"
	"background:var(--box);text-align:center}\n"
	".cards dt,.cards dd{margin:0;color:var(--soft);font-size:.875rem}\n"
	".cards .number{white-space:nowrap}\n"
	".cards .value{order:-1;color:var(--accent);font-size:1.6rem;font-weight:700;line-height:1.2;"
	"font-variant-numeric:tabular-nums}\n"
	".charts{display:flex;flex-wrap:wrap;gap:1rem 1.5rem;margin-bottom:1.5rem}\n"
	"figure{flex:1 1 100%;min-width:0;margin:0}\n"
	"figure.half{flex:1 1 20rem}\n"
	"figure svg{display:block;width:100%;height:auto}\n"
	"figure svg text{font-family:inherit}\n"
	".narrow{display:none}\n"
	".table{position:relative;overflow:auto;max-height:92vh;border:1px solid var(--line);"
	"border-radius:.5rem}\n"
	".table:focus-visible{outline:2px solid var(--accent);outline-offset:2px}\n"
	"table{width:max-content;min-width:100%;border-spacing:0;font-size:.9rem;"
	"font-variant-numeric:tabular-nums}\n"
	"caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);"
	"white-space:nowrap}\n"
	"th,td{padding:.45rem .75rem;text-align:start;vertical-align:top;max-width:34em;"
	"white-space:pre-line;word-break:keep-all;overflow-wrap:break-word}\n"
	"thead th{position:sticky;top:0;z-index:1;background:var(--head);color:#fff;font-weight:600;"
	"vertical-align:bottom}\n"
	"tbody td{border-top:1px solid var(--line)}\n"
	"tbody tr:first-child td{border-top:0}\n"
	"tbody tr{background:var(--page)}\n"
	"tbody tr:nth-child(even){background:var(--stripe)}\n"
	"tbody tr:hover{background:var(--hover)}\n"
	".pin tr>:first-child{position:sticky;left:0;max-width:45vw}\n"
	".pin tbody td:first-child{background-color:inherit}\n"
	".pin thead th:first-child{z-index:2}\n"
	"tfoot th,tfoot td{border-top:2px solid var(--head);background:var(--box);font-weight:700}\n"
	"section table .none{padding:2rem;text-align:center;color:var(--soft)}\n"
	"footer{padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);"
	"font-size:.8rem;text-align:center}\n"
	"footer p{margin:.25rem 0}\n"
	"@media screen and (max-width:40rem){body{padding:1.25rem .75rem}h1{font-size:1.4rem}"
	".cards{gap:.6rem}.cards div{flex-basis:8.5rem;padding:.75rem .5rem}.cards "
	".value{font-size:1.3rem}"
	"th,td{padding:.4rem .55rem;max-width:20em}.wide{display:none}.narrow{display:block}}\n"
	"@media print{body{max-width:none;padding:0;font-size:9pt;print-color-adjust:exact;"
	"-webkit-print-color-adjust:exact}nav{display:none}h1{font-size:16pt}.cards{gap:6pt}.cards "
	"div{flex-basis:25mm;padding:6pt}.cards .value{font-size:13pt}h2,.note{break-after:avoid}"
	".cards,figure,tr{break-inside:avoid}.table{max-height:none;overflow:visible;border:0}"
	"table{width:100%;font-size:8pt}th,td{padding:2pt 4pt;max-width:24em;overflow-wrap:anywhere}"
	"thead{display:table-header-group}thead th,.pin tr>:first-child{position:static;"
	"max-width:none}.charts{display:block}figure "
	"svg{max-height:72mm}.half{display:inline-block;width:49%}"
	".none{break-before:avoid}"
	"tfoot{display:table-row-group}tbody tr{background:none}}\n";

static void put_font(void);
static bool put_family(const char *name, size_t length);
static void put_page_rule(bool landscape);
static void put_page_number(void);
static void put_column_rules(size_t sheet, size_t number, const Column *column);
static void put_bar_rules(size_t sheet, size_t number, const Column *column);
static uint32_t mixed(uint32_t color, double part, uint32_t with);

void
html_style(bool landscape)
{
	put_font();
	html_put(base);
	put_page_rule(landscape);
}

void
html_style_sheet(const Sheet *sheet)
{
	for (size_t i = 0; i < sheet->n_columns; i++)
		put_column_rules(sheet->index + 1, i + 1, &sheet->columns[i]);
}

/* Writes the families that were asked for, and ours behind them. */
static void
put_font(void)
{
	const char *at = document.font.bytes;
	const char *end = at ? at + document.font.length : at;

	html_put("body{font-family:");
	while (at < end)
	{
		const char *comma = memchr(at, ',', (size_t) (end - at));
		const char *last = comma ? comma : end;

		if (put_family(at, (size_t) (last - at)))
			html_put(",");
		at = comma ? comma + 1 : end;
	}
	html_put("system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\",Arial,"
			 "sans-serif}\n");
}

/*
 * Writes the name of a family as a string of CSS, without what has a meaning there or in HTML; false where
 * nothing is left, or more than any family is called.
 */
static bool
put_family(const char *name, size_t length)
{
	char family[FAMILY_SIZE];
	size_t size = 0;

	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) name[i];

		if (c < ' ' || c == 0x7F || strchr("\"'\\<>{}();:/*@!&#", c) || (c == ' ' && size == 0))
			continue;
		if (size == sizeof(family))
			return false;
		family[size++] = (char) c;
	}
	if (size == 0)
		return false;
	html_put("\"");
	html_text(family, size);
	html_put("\"");
	return true;
}

/* Writes how the page is cut into sheets of paper. */
static void
put_page_rule(bool landscape)
{
	static const double usual[4] = {20, 15, 20, 15};

	html_print("@page{size:%s %s;margin:", document.letter ? "letter" : "A4",
			   landscape ? "landscape" : "portrait");
	for (int i = 0; i < 4; i++)
	{
		double margin = isnan(document.margins[i]) ? usual[i] : document.margins[i];

		html_print("%s%ldmm", i > 0 ? " " : "", lround(margin));
	}
	put_page_number();
	html_put("}\n");
}

/* Writes "Page 2 of 5", as the locale has it, at the foot of each sheet of paper. */
static void
put_page_number(void)
{
	const char *at = document.locale->words[AN_WORD_PAGE];
	size_t length;

	html_put(";@bottom-center{font-size:8pt;color:#4b5563;content:");
	while (*at != '\0')
	{
		length = *at == '%' ? 0 : strcspn(at, "%");
		if (length > 0)
			html_print("\"%.*s\" ", (int) length, at);
		else if (at[1] == '1' || at[1] == '2')
			html_put(at[1] == '1' ? "counter(page) " : "counter(pages) ");
		at += length > 0 ? length : at[1] != '\0' ? 2 : 1;
	}
	html_put("}");
}

static void
put_column_rules(size_t sheet, size_t number, const Column *column)
{
	char align = column_align(column);
	bool text = column->kind == AN_COLUMN_TEXT;

	if (align != 'l')
		html_print("#s%zu tr>:nth-child(%zu){text-align:%s}\n", sheet, number,
				   align == 'r' ? "right" : "center");
	if (!text)
		html_print("#s%zu td:nth-child(%zu){white-space:nowrap}\n", sheet, number);
	if (column->width > 0)
		html_print("#s%zu tr>:nth-child(%zu){%s-width:%ldch}\n", sheet, number,
				   text ? "max" : "min", lround(column->width));
	if (column->condition == CONDITION_BAR)
		put_bar_rules(sheet, number, column);
}

/* Writes how a bar looks; how long it is stands in the cell. */
static void
put_bar_rules(size_t sheet, size_t number, const Column *column)
{
	bool usual = column->high_color == AN_COLOR_NONE;
	uint32_t light =
		usual ? condition_bar_color(column) : mixed(column->high_color, LIGHT_PART, 0xFFFFFF);
	uint32_t dark = mixed(usual ? DARK_BAR : column->high_color, DARK_PART, 0);

	html_print("#s%zu tbody td:nth-child(%zu){--bar:#%06x;background:linear-gradient(to right,"
			   "var(--bar) var(--b,0%%),transparent 0) no-repeat 0 .3em/100%% 1.5em}\n",
			   sheet, number, light);
	html_print(DARK "#s%zu tbody td:nth-child(%zu){--bar:#%06x}}\n", sheet, number, dark);
}

/* Returns so much of one colour with the rest of another. */
static uint32_t
mixed(uint32_t color, double part, uint32_t with)
{
	uint32_t result = 0;

	for (int shift = 0; shift < 24; shift += 8)
	{
		double value = part * (color >> shift & 0xFF) + (1 - part) * (with >> shift & 0xFF);

		result |= (uint32_t) lround(value) << shift;
	}
	return result;
}

/*
 * missing.c - what other branches bring: weak, so that theirs wins; gone once all are in
 */
#include "render/render.h"

#include <strings.h>

#include "kernel/number_format.h"

#define WEAK __attribute__((weak))

WEAK const Renderer html_renderer = {.format = ""};
WEAK const Renderer svg_renderer = {.format = ""};
#ifdef WITH_PDF
WEAK const Renderer pdf_renderer = {.format = ""};
WEAK const Renderer png_renderer = {.format = ""};
#endif

WEAK const uint32_t an_chart_palette[] = {0x4472C4, 0xED7D31, 0x70AD47, 0xFFC000,
										  0x5B9BD5, 0xA5A5A5, 0x264478, 0x9E480E};
WEAK const size_t an_chart_palette_size = 8;

WEAK AnChartType
an_chart_type_find(const char *name)
{
	static const char *const names[] = {"line", "column", "bar", "area", "pie", "scatter"};

	for (int i = 0; i < AN_CHART_TYPES; i++)
	{
		if (strcasecmp(names[i], name) == 0)
			return (AnChartType) i;
	}
	return AN_CHART_TYPES;
}

WEAK const AnLocale *
an_locale_find(const char *name)
{
	static const AnLocale en = {.name = "en",
								.point = ".",
								.group = ",",
								.words = {"Total", "No rows", "Generated ", "Page %1 of %2",
										  "incomplete", "TRUE", "FALSE", "Other"}};

	return strcasecmp(name, "en") == 0 || strcasecmp(name, "zh-TW") == 0 ? &en : NULL;
}

WEAK size_t
an_number_format(const char *format, size_t length, double value, const AnLocale *locale, char *out,
				 uint32_t *color)
{
	(void) format, (void) length, (void) locale;
	if (color)
		*color = UINT32_MAX;
	return (size_t) snprintf(out, AN_NUMBER_SHOWN_BYTES, "%.15g", value);
}

WEAK size_t
an_number_format_text(const char *format, size_t length, const char *number, size_t number_length,
					  const AnLocale *locale, char *out)
{
	(void) format, (void) length, (void) number, (void) number_length, (void) locale, (void) out;
	return 0;
}

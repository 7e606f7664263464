/*
 * kept.c - a sheet that outlives the rows of its part of the stream
 */
#include "render/render.h"

#include <stdlib.h>
#include <string.h>

static void *copy(const void *from, size_t size);

Sheet *
sheet_keep(const Sheet *sheet)
{
	Sheet *kept = copy(sheet, sizeof(*sheet));

	kept->cards = copy(sheet->cards, sheet->n_cards * sizeof(Card));
	kept->columns = copy(sheet->columns, sheet->n_columns * sizeof(Column));
	kept->charts = copy(sheet->charts, sheet->n_charts * sizeof(ChartSpec));
	for (size_t i = 0; i < sheet->n_charts; i++)
		kept->charts[i].y = copy(sheet->charts[i].y, sheet->charts[i].n_y * sizeof(size_t));
	return kept;
}

void
sheet_forget(Sheet *kept)
{
	for (size_t i = 0; i < kept->n_charts; i++)
		free(kept->charts[i].y);
	free(kept->cards);
	free(kept->columns);
	free(kept->charts);
	free(kept);
}

static void *
copy(const void *from, size_t size)
{
	void *to = must_alloc(NULL, size);

	if (size > 0)
		memcpy(to, from, size);
	return to;
}

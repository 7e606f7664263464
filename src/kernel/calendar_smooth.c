/*
 * calendar_smooth.c - the mean of the last n values; see calendar_smooth.h
 */
#include "kernel/calendar_smooth.h"

size_t
an_smooth_need(const AnSmooth *window)
{
	size_t rows = window->n_front + window->n_back;

	return rows < window->n ? rows + 1 : window->n;
}

/* Turns the back, which is not empty, into the front. */
static void
turn(AnSmooth *window)
{
	AnSmoothItem sum = {0, 0};

	for (size_t i = window->n_back; i > 0; i--)
	{
		sum.sum += window->back[i - 1].sum;
		sum.count += window->back[i - 1].count;
		window->front[window->n_back - i] = sum;
	}
	window->n_front = window->n_back;
	window->n_back = 0;
	window->total = (AnSmoothItem){0, 0};
}

bool
an_smooth_push(AnSmooth *window, double value, bool isnull, double *mean)
{
	AnSmoothItem item = {isnull ? 0 : value, isnull ? 0 : 1};
	AnSmoothItem sum;

	if (window->n_front + window->n_back == window->n)
	{
		if (window->n_front == 0)
			turn(window);
		window->n_front--;
	}
	window->back[window->n_back++] = item;
	window->total.sum += item.sum;
	window->total.count += item.count;
	sum = window->total;
	if (window->n_front > 0)
	{
		sum.sum += window->front[window->n_front - 1].sum;
		sum.count += window->front[window->n_front - 1].count;
	}
	if (sum.count == 0)
		return false;
	*mean = sum.sum / (double) sum.count;
	return true;
}

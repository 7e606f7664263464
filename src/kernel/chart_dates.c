/*
 * chart_dates.c - ticks at whole seconds, minutes, hours, days, weeks, months or years
 *
 * Values are the serial numbers of spreadsheets (kernel/sheet.h): days since
 * 1899-12-30.  Weeks begin on Monday.
 */
#include "kernel/chart_inside.h"

#include <math.h>

#include "kernel/calendar.h"

#define SERIAL_OF_2000 36526.0	 /* 2000-01-01 */
#define SERIAL_MONDAY  2		 /* a Monday: 1900-01-01 */
#define MOST_SERIAL	   3000000.0 /* beyond the year 9999 */
#define DAY_SECONDS	   86400.0
#define NEAR_TICK	   1e-6 /* of a step: a value is on the tick */

typedef enum AnChartUnit
{
	UNIT_SECOND,
	UNIT_DAY,
	UNIT_WEEK,
	UNIT_MONTH,
} AnChartUnit;

/* n units. */
typedef struct AnChartDateStep
{
	AnChartUnit unit; /* of what */
	int n;			  /* how many */
	double days;	  /* about how long that is */
} AnChartDateStep;

static const AnChartDateStep steps[] = {
	{UNIT_SECOND, 1, 1 / DAY_SECONDS},
	{UNIT_SECOND, 5, 5 / DAY_SECONDS},
	{UNIT_SECOND, 15, 15 / DAY_SECONDS},
	{UNIT_SECOND, 30, 30 / DAY_SECONDS},
	{UNIT_SECOND, 60, 60 / DAY_SECONDS},
	{UNIT_SECOND, 300, 300 / DAY_SECONDS},
	{UNIT_SECOND, 900, 900 / DAY_SECONDS},
	{UNIT_SECOND, 1800, 1800 / DAY_SECONDS},
	{UNIT_SECOND, 3600, 3600 / DAY_SECONDS},
	{UNIT_SECOND, 10800, 10800 / DAY_SECONDS},
	{UNIT_SECOND, 21600, 21600 / DAY_SECONDS},
	{UNIT_SECOND, 43200, 43200 / DAY_SECONDS},
	{UNIT_DAY, 1, 1},
	{UNIT_DAY, 2, 2},
	{UNIT_WEEK, 1, 7},
	{UNIT_WEEK, 2, 14},
	{UNIT_MONTH, 1, 30.4},
	{UNIT_MONTH, 2, 60.9},
	{UNIT_MONTH, 3, 91.3},
	{UNIT_MONTH, 6, 182.6},
	{UNIT_MONTH, 12, 365.2},
	{UNIT_MONTH, 24, 730.5},
	{UNIT_MONTH, 60, 1826.2},
	{UNIT_MONTH, 120, 3652.4},
	{UNIT_MONTH, 240, 7304.9},
	{UNIT_MONTH, 600, 18262.1},
	{UNIT_MONTH, 1200, 36524.3},
	{UNIT_MONTH, 2400, 73048.5},
	{UNIT_MONTH, 6000, 182621.3},
	{UNIT_MONTH, 12000, 365242.5},
};

static bool
place_ticks(AnChartDateStep step, const AnChartScale *scale, int intervals, AnChartAxis *axis);
static double number_of(AnChartDateStep step, double serial);
static double serial_of(AnChartDateStep step, double number);

bool
an_chart_date_ticks(const AnChartPlan *plan, const AnChartScale *scale, int intervals,
					AnChartAxis *axis)
{
	AnChartScale wide = *scale;

	if (fabs(scale->low) > MOST_SERIAL || fabs(scale->high) > MOST_SERIAL)
		return false;
	if (wide.high - wide.low < 1 / DAY_SECONDS)
	{
		wide.low -= 0.5;
		wide.high += 0.5;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
	{
		if ((wide.high - wide.low) / steps[i].days > intervals + 1)
			continue;
		if (place_ticks(steps[i], &wide, intervals, axis) &&
			an_chart_ticks_differ(plan, scale->format, axis))
			return true;
	}
	return false;
}

/* Sets the ends and ticks of an axis; false if the step makes too many, or none. */
static bool
place_ticks(AnChartDateStep step, const AnChartScale *scale, int intervals, AnChartAxis *axis)
{
	double low = number_of(step, scale->low);
	double high = number_of(step, scale->high);
	double first = scale->reach ? floor(low + NEAR_TICK) : ceil(low - NEAR_TICK);
	double last = scale->reach ? ceil(high - NEAR_TICK) : floor(high + NEAR_TICK);

	if (last - first > intervals || last < first)
		return false;
	axis->n_ticks = 0;
	for (double k = first; k <= last; k++)
		axis->ticks[axis->n_ticks++].value = serial_of(step, k);
	axis->low = scale->reach ? serial_of(step, first) : scale->low;
	axis->high = scale->reach ? serial_of(step, last) : scale->high;
	return axis->low < axis->high;
}

/* Returns how many steps a moment is from the first; months count as far as they are over. */
static double
number_of(AnChartDateStep step, double serial)
{
	double day = floor(serial);
	int64_t year;
	int month;
	int of_month;

	if (step.unit == UNIT_SECOND)
		return serial * DAY_SECONDS / step.n;
	if (step.unit == UNIT_DAY)
		return serial / step.n;
	if (step.unit == UNIT_WEEK)
		return (serial - SERIAL_MONDAY) / 7 / step.n;
	an_calendar_date((int64_t) (day - SERIAL_OF_2000), &year, &month, &of_month);
	return ((double) (year * 12 + month - 1) + (of_month - 1 + serial - day) / 31) / step.n;
}

static double
serial_of(AnChartDateStep step, double number)
{
	int64_t months;
	int64_t year;

	if (step.unit == UNIT_SECOND)
		return number * step.n / DAY_SECONDS;
	if (step.unit == UNIT_DAY)
		return number * step.n;
	if (step.unit == UNIT_WEEK)
		return number * 7 * step.n + SERIAL_MONDAY;
	months = (int64_t) number * step.n;
	year = months >= 0 ? months / 12 : -((11 - months) / 12);
	return (double) an_calendar_days(year, (int) (months - year * 12) + 1, 1) + SERIAL_OF_2000;
}

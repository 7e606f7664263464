/*
 * calendar.c - bins of civil time; see calendar.h for the rules
 */
#include "kernel/calendar.h"

#include <stddef.h>

/* 2000-01-01 in days since 0000-03-01, where the counting of dates begins. */
#define EPOCH_FROM_MARCH 730425
/* Days and years of the Gregorian cycle. */
#define CYCLE_DAYS	146097
#define CYCLE_YEARS 400
/* Monday 2000-01-03. */
#define FIRST_MONDAY 2

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
floor_mod(int64_t a, int64_t b)
{
	int64_t rest = a % b;

	return rest < 0 ? rest + b : rest;
}

/* Adds with saturation: bounds that leave 64 bits stay out of every type's range. */
static int64_t
add_sat(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static int64_t
mul_sat(int64_t a, int64_t b)
{
	int64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return (a < 0) != (b < 0) ? INT64_MIN : INT64_MAX;
	return product;
}

/* ------------------------------------------------------------------------
 * Dates
 * ------------------------------------------------------------------------ */

int64_t
an_calendar_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year; /* years that begin in March */
	int64_t cycle = floor_div(y, CYCLE_YEARS);
	int64_t year_of_cycle = y - cycle * CYCLE_YEARS;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_cycle =
		year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;

	return cycle * CYCLE_DAYS + day_of_cycle - EPOCH_FROM_MARCH;
}

void
an_calendar_date(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + EPOCH_FROM_MARCH;
	int64_t cycle = floor_div(z, CYCLE_DAYS);
	int64_t day_of_cycle = z - cycle * CYCLE_DAYS;
	int64_t year_of_cycle =
		(day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
	int64_t day_of_year =
		day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;

	*day = (int) (day_of_year - (153 * month_from_march + 2) / 5 + 1);
	*month = (int) (month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	*year = year_of_cycle + cycle * CYCLE_YEARS + (*month <= 2);
}

int64_t
an_calendar_add_months(int64_t days, int64_t months)
{
	int64_t year, total, target_year, first, next_first;
	int month, day, target_month;

	an_calendar_date(days, &year, &month, &day);
	total = year * 12 + month - 1 + months;
	target_year = floor_div(total, 12);
	target_month = (int) floor_mod(total, 12) + 1;
	first = an_calendar_days(target_year, target_month, 1);
	next_first = target_month == 12 ? an_calendar_days(target_year + 1, 1, 1)
									: an_calendar_days(target_year, target_month + 1, 1);
	return first + day - 1 < next_first ? first + day - 1 : next_first - 1;
}

int
an_calendar_iso_week(int64_t days, int64_t *year, int *week)
{
	int weekday = (int) floor_mod(days - FIRST_MONDAY, 7);
	int64_t thursday = days - weekday + 3; /* decides to which year the week belongs */
	int month, day;

	an_calendar_date(thursday, year, &month, &day);
	*week = (int) ((thursday - an_calendar_days(*year, 1, 1)) / 7) + 1;
	return weekday;
}

bool
an_calendar_iso_week_before(int64_t days, int64_t *result)
{
	int64_t year, target_year, fourth;
	int week, target_week, weekday;

	weekday = an_calendar_iso_week(days, &year, &week);
	fourth = an_calendar_days(year - 1, 1, 4); /* is always in week 1 */
	*result = fourth - floor_mod(fourth - FIRST_MONDAY, 7) + (week - 1) * 7 + weekday;
	an_calendar_iso_week(*result, &target_year, &target_week);
	return target_year == year - 1;
}

/* ------------------------------------------------------------------------
 * Bins
 * ------------------------------------------------------------------------ */

AnStatus
an_calendar_init(AnCalendar *calendar, const AnWidth *width, const int64_t *origin,
				 const AnWidth *shift)
{
	bool fixed = width->days != 0 || width->ticks != 0;
	int64_t days;

	if (width->months < 0 || (width->months > 0) == fixed)
		return AN_ERR_ARGUMENT;
	calendar->months = width->months;
	if (__builtin_mul_overflow(width->days, calendar->day, &days) ||
		__builtin_add_overflow(days, width->ticks, &calendar->width))
		return AN_ERR_OUT_OF_RANGE;
	if (fixed && calendar->width <= 0)
		return AN_ERR_ARGUMENT;
	calendar->origin = origin ? *origin : fixed ? FIRST_MONDAY * calendar->day : 0;
	calendar->shift = 0;
	if (shift == NULL)
		return AN_OK;
	if (fixed && shift->months != 0)
		return AN_ERR_ARGUMENT;
	if (__builtin_mul_overflow(shift->days, calendar->day, &days) ||
		__builtin_add_overflow(days, shift->ticks, &calendar->shift))
		return AN_ERR_OUT_OF_RANGE;
	if (shift->months != 0)
	{
		days = an_calendar_add_months(floor_div(calendar->origin, calendar->day), shift->months);
		if (__builtin_mul_overflow(days, calendar->day, &days) ||
			__builtin_add_overflow(days, floor_mod(calendar->origin, calendar->day),
								   &calendar->origin))
			return AN_ERR_OUT_OF_RANGE;
	}
	return AN_OK;
}

/* Returns the month boundary number k before the shift: the origin moved by k widths. */
static int64_t
month_boundary(const AnCalendar *calendar, int64_t k)
{
	int64_t days = floor_div(calendar->origin, calendar->day);
	int64_t clock = floor_mod(calendar->origin, calendar->day);

	return add_sat(mul_sat(an_calendar_add_months(days, k * calendar->months), calendar->day),
				   clock);
}

/*
 * Gives the slot [*low, *high) of civil time that holds `civil`, saturated to 64
 * bits.  Months: the quotient of month numbers is right but for the day of month
 * and the clock of the origin, which one step back mends.
 */
static void
slot(const AnCalendar *calendar, int64_t civil, int64_t *low, int64_t *high)
{
	int64_t moved, year, origin_year, k;
	int month, origin_month, day;

	if (__builtin_sub_overflow(civil, calendar->shift, &moved))
	{
		*low = INT64_MIN; /* no such time: the caller finds it out of range */
		*high = INT64_MAX;
		return;
	}
	if (calendar->months == 0)
	{
		/* Both remainders are in [0, width): their difference cannot leave 64 bits. */
		int64_t into =
			floor_mod(moved, calendar->width) - floor_mod(calendar->origin, calendar->width);

		*low = add_sat(civil, -(into < 0 ? into + calendar->width : into));
		*high = add_sat(*low, calendar->width);
		return;
	}
	an_calendar_date(floor_div(moved, calendar->day), &year, &month, &day);
	an_calendar_date(floor_div(calendar->origin, calendar->day), &origin_year, &origin_month, &day);
	k = floor_div((year - origin_year) * 12 + month - origin_month, calendar->months);
	if (month_boundary(calendar, k) > moved)
		k--;
	*low = add_sat(month_boundary(calendar, k), calendar->shift);
	*high = add_sat(month_boundary(calendar, k + 1), calendar->shift);
}

static void
find_segment(const AnCalendar *calendar, int64_t at, AnSegment *segment)
{
	if (calendar->find)
		calendar->find(calendar->zone, at, segment);
	else
		*segment = (AnSegment){INT64_MIN, INT64_MAX, 0};
}

/*
 * Returns the latest civil time that the zone has shown up to `at`.  Only what
 * lies less than two offsets back can have been later than the clock at `at`.
 */
static int64_t
latest_civil(const AnCalendar *calendar, int64_t at)
{
	int64_t back = add_sat(at, -2 * AN_CALENDAR_REACH_HOURS * (calendar->day / 24));
	int64_t latest;
	AnSegment segment;

	find_segment(calendar, at, &segment);
	latest = at + segment.offset;
	while (segment.from > back)
	{
		find_segment(calendar, segment.from - 1, &segment);
		if (segment.to - 1 + segment.offset > latest)
			latest = segment.to - 1 + segment.offset;
	}
	return latest;
}

/* Returns the first instant whose civil time is `civil` or later; INT64_MIN or _MAX far out of range. */
static int64_t
first_instant(const AnCalendar *calendar, int64_t civil)
{
	int64_t reach = AN_CALENDAR_REACH_HOURS * (calendar->day / 24);
	int64_t at;
	AnSegment segment;

	if (calendar->find == NULL)
		return civil;
	if (civil < calendar->min - reach)
		return INT64_MIN;
	if (civil > calendar->end + reach)
		return INT64_MAX;
	for (at = civil - reach;; at = segment.to)
	{
		find_segment(calendar, at, &segment);
		if (civil - segment.offset > at)
			at = civil - segment.offset;
		if (at < segment.to)
			return at;
	}
}

/*
 * Tells whether the slot [low, high) goes on over the change at the end of
 * `before`: the clock is in it on both sides, and has not come to its end and
 * back to its beginning, which makes two bins of it.
 */
static bool
slot_goes_on(const AnCalendar *calendar, const AnSegment *before, const AnSegment *after,
			 int64_t low, int64_t high)
{
	int64_t other_low, other_high;

	slot(calendar, before->to - 1 + before->offset, &other_low, &other_high);
	if (other_low != low)
		return false;
	slot(calendar, after->from + after->offset, &other_low, &other_high);
	return other_low == low &&
		   !(before->to + before->offset == high && after->from + after->offset == low);
}

/* Returns where the run of instants in the slot of `at` begins. */
static int64_t
run_start(const AnCalendar *calendar, int64_t at)
{
	int64_t low, high, start;
	AnSegment segment, before;

	for (;; at = segment.from - 1)
	{
		find_segment(calendar, at, &segment);
		slot(calendar, at + segment.offset, &low, &high);
		start = add_sat(low, -segment.offset);
		if (start > segment.from || segment.from == INT64_MIN)
			return start;
		find_segment(calendar, segment.from - 1, &before);
		if (!slot_goes_on(calendar, &before, &segment, low, high))
			return segment.from;
	}
}

/* Returns where it ends. */
static int64_t
run_end(const AnCalendar *calendar, int64_t at)
{
	int64_t low, high, end;
	AnSegment segment, after;

	for (;; at = segment.to)
	{
		find_segment(calendar, at, &segment);
		slot(calendar, at + segment.offset, &low, &high);
		end = add_sat(high, -segment.offset);
		if (end < segment.to || segment.to == INT64_MAX)
			return end;
		find_segment(calendar, segment.to, &after);
		if (!slot_goes_on(calendar, &segment, &after, low, high))
			return segment.to;
	}
}

AnStatus
an_calendar_bin(const AnCalendar *calendar, int64_t at, int64_t *start, int64_t *end)
{
	if (calendar->months == 0 && calendar->width < calendar->day && calendar->find)
	{
		*start = run_start(calendar, at);
		*end = run_end(calendar, at);
	}
	else
	{
		int64_t low, high;

		slot(calendar, calendar->find ? latest_civil(calendar, at) : at, &low, &high);
		*start = first_instant(calendar, low);
		*end = first_instant(calendar, high);
	}
	if (*end >= calendar->end)
		*end = AN_CALENDAR_NO_END;
	return *start < calendar->min ? AN_ERR_OUT_OF_RANGE : AN_OK;
}

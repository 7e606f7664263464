/*
 * retention.c - to which periods the members of a cohort came back
 */
#include "kernel/retention.h"

#include <string.h>

/* No start in this cohort. */
#define NO_START -1

/* No bucket. */
#define NO_BUCKET UINT32_MAX

/* Up to so many places are sorted by insertion. */
#define INSERTION_MAX 16

/* An entity's first start in a cohort. */
typedef struct Start
{
	int64_t place; /* where it is, or NO_START */
	int64_t group; /* its group */
	uint32_t zero; /* returns behind it in the same bucket */
} Start;

struct AnRetention
{
	const AnRetentionPlan *plan; /* what is asked */
	const AnMemory *memory;		 /* where all of this is */
	uint32_t n_buckets;			 /* buckets of the plan */
	uint32_t stride;			 /* words of a record */
	Start *starts;				 /* n_cohorts of them; NO_START between entities */
	uint32_t *cohorts;			 /* the cohorts that have a start */
	uint32_t n_starts;			 /* how many of them */
	uint32_t
		*counts;	/* returns of each bucket, or with a span of each period; 0 between entities */
	bool *retained; /* the answer for one member */
};

static uint32_t bucket_of(const AnRetention *retention, int64_t place);
static bool find_starts(AnRetention *retention, const int64_t *words, size_t n);
static void take_start(AnRetention *retention, uint32_t cohort, int64_t place, int64_t group);
static void keep_first(AnRetention *retention);
static void by_buckets(AnRetention *retention, const int64_t *words, size_t n,
					   AnRetentionFunction function, void *arg);
static void
by_spans(AnRetention *retention, int64_t *words, size_t n, AnRetentionFunction function, void *arg);
static void by_all_spans(AnRetention *retention, int64_t *words, size_t n,
						 AnRetentionFunction function, void *arg);
static void count_spans(AnRetention *retention, const int64_t *places, size_t n, int64_t start);
static void tell(AnRetention *retention, uint32_t cohort, const uint32_t *counts, uint32_t zero,
				 AnRetentionFunction function, void *arg);
static void
judge(const AnRetentionPlan *plan, const uint32_t *counts, uint32_t zero, bool *retained);
static void sort_places(int64_t *places, size_t n);
static void sift(int64_t *places, size_t root, size_t n);
static size_t first_behind(const int64_t *places, size_t from, size_t n, int64_t place);

AnRetention *
an_retention_create(const AnRetentionPlan *plan, const AnMemory *memory)
{
	AnRetention *retention = an_memory_take(memory, sizeof(AnRetention));
	uint32_t n_buckets = an_retention_n_buckets(plan);
	size_t n_counts = plan->span > 0 ? plan->n_periods : n_buckets;

	*retention = (AnRetention){
		.plan = plan, .memory = memory, .n_buckets = n_buckets, .stride = plan->ranks ? 2 : 1};
	retention->starts = an_memory_take(memory, plan->n_cohorts * sizeof(Start));
	retention->cohorts = an_memory_take(memory, plan->n_cohorts * sizeof(uint32_t));
	retention->counts = an_memory_take(memory, n_counts * sizeof(uint32_t));
	retention->retained = an_memory_take(memory, plan->n_periods * sizeof(bool));
	for (uint32_t i = 0; i < plan->n_cohorts; i++)
		retention->starts[i] = (Start){.place = NO_START};
	memset(retention->counts, 0, n_counts * sizeof(uint32_t));
	return retention;
}

void
an_retention_free(AnRetention *retention)
{
	const AnMemory *memory = retention->memory;

	an_memory_give(memory, retention->starts);
	an_memory_give(memory, retention->cohorts);
	an_memory_give(memory, retention->counts);
	an_memory_give(memory, retention->retained);
	an_memory_give(memory, retention);
}

void
an_retention_entity(AnRetention *retention, int64_t *words, size_t n, AnRetentionFunction function,
					void *arg)
{
	if (find_starts(retention, words, n) && retention->n_starts > 0)
	{
		if (!retention->plan->recurring)
			keep_first(retention);
		if (retention->plan->span == 0)
			by_buckets(retention, words, n, function, arg);
		else if (retention->n_starts == 1)
			by_spans(retention, words, n, function, arg);
		else
			by_all_spans(retention, words, n, function, arg);
	}
	for (uint32_t i = 0; i < retention->n_starts; i++)
		retention->starts[retention->cohorts[i]] = (Start){.place = NO_START};
	retention->n_starts = 0;
}

static inline int64_t
place_of(int64_t word)
{
	return word >> 2;
}

/* Returns the bucket of a place, NO_BUCKET where it is in none. */
static uint32_t
bucket_of(const AnRetention *retention, int64_t place)
{
	const int64_t *starts = retention->plan->starts;
	uint32_t low = 0;
	uint32_t high = retention->n_buckets;

	if (starts == NULL)
		return place < high ? (uint32_t) place : NO_BUCKET;
	if (place < starts[0] || place >= starts[high])
		return NO_BUCKET;
	while (high - low > 1)
	{
		uint32_t middle = low + (high - low) / 2;

		if (starts[middle] <= place)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Finds the first start of each cohort; returns false for an entity that started earlier. */
static bool
find_starts(AnRetention *retention, const int64_t *words, size_t n)
{
	uint32_t stride = retention->stride;

	for (const int64_t *word = words; word < words + n * stride; word += stride)
	{
		uint32_t cohort;

		if (*word == AN_RETENTION_EARLIER)
			return false;
		if ((*word & AN_RETENTION_START) == 0)
			continue;
		cohort = bucket_of(retention, place_of(*word));
		if (cohort < retention->plan->n_cohorts)
			take_start(retention, cohort, place_of(*word), stride == 2 ? word[1] : 0);
	}
	return true;
}

static void
take_start(AnRetention *retention, uint32_t cohort, int64_t place, int64_t group)
{
	Start *start = &retention->starts[cohort];
	const uint32_t *ranks = retention->plan->ranks;

	if (start->place == NO_START)
		retention->cohorts[retention->n_starts++] = cohort;
	else if (place > start->place ||
			 (place == start->place && (ranks == NULL || ranks[group] >= ranks[start->group])))
		return;
	start->place = place;
	start->group = group;
}

/* Keeps the earliest of the starts alone. */
static void
keep_first(AnRetention *retention)
{
	uint32_t first = retention->cohorts[0];

	for (uint32_t i = 1; i < retention->n_starts; i++)
	{
		uint32_t cohort = retention->cohorts[i];
		uint32_t later = cohort < first ? first : cohort;

		first = cohort < first ? cohort : first;
		retention->starts[later] = (Start){.place = NO_START};
	}
	retention->cohorts[0] = first;
	retention->n_starts = 1;
}

/* Periods are buckets: counts the returns of each. */
static void
by_buckets(AnRetention *retention, const int64_t *words, size_t n, AnRetentionFunction function,
		   void *arg)
{
	uint32_t stride = retention->stride;
	const int64_t *end = words + n * stride;

	for (const int64_t *word = words; word < end; word += stride)
	{
		uint32_t bucket;

		if ((*word & AN_RETENTION_RETURN) == 0)
			continue;
		bucket = bucket_of(retention, place_of(*word));
		if (bucket == NO_BUCKET)
			continue;
		retention->counts[bucket]++;
		if (bucket < retention->plan->n_cohorts && retention->starts[bucket].place != NO_START &&
			place_of(*word) > retention->starts[bucket].place)
			retention->starts[bucket].zero++;
	}
	for (uint32_t i = 0; i < retention->n_starts; i++)
	{
		uint32_t cohort = retention->cohorts[i];

		tell(retention, cohort, retention->counts + cohort, retention->starts[cohort].zero,
			 function, arg);
	}
	for (const int64_t *word = words; word < end; word += stride)
		if (*word & AN_RETENTION_RETURN)
		{
			uint32_t bucket = bucket_of(retention, place_of(*word));

			if (bucket != NO_BUCKET)
				retention->counts[bucket] = 0;
		}
}

/* Periods are spans from the one start: counts the returns of each. */
static void
by_spans(AnRetention *retention, int64_t *words, size_t n, AnRetentionFunction function, void *arg)
{
	const AnRetentionPlan *plan = retention->plan;
	uint32_t stride = retention->stride;
	int64_t start = retention->starts[retention->cohorts[0]].place;

	for (const int64_t *word = words; word < words + n * stride; word += stride)
		if ((*word & AN_RETENTION_RETURN) && place_of(*word) > start)
		{
			int64_t period = (place_of(*word) - start) / plan->span;

			if (period < plan->n_periods)
				retention->counts[period]++;
		}
	tell(retention, retention->cohorts[0], retention->counts, retention->counts[0], function, arg);
	memset(retention->counts, 0, plan->n_periods * sizeof(uint32_t));
}

/* The same for several starts: the returns are sorted, and for each start the ends of its periods are found among them. */
static void
by_all_spans(AnRetention *retention, int64_t *words, size_t n, AnRetentionFunction function,
			 void *arg)
{
	const AnRetentionPlan *plan = retention->plan;
	uint32_t stride = retention->stride;
	size_t n_places = 0;

	for (size_t i = 0; i < n; i++)
		if (words[i * stride] & AN_RETENTION_RETURN)
			words[n_places++] = place_of(words[i * stride]);
	sort_places(words, n_places);
	for (uint32_t i = 0; i < retention->n_starts; i++)
	{
		uint32_t cohort = retention->cohorts[i];

		count_spans(retention, words, n_places, retention->starts[cohort].place);
		tell(retention, cohort, retention->counts, retention->counts[0], function, arg);
		memset(retention->counts, 0, plan->n_periods * sizeof(uint32_t));
	}
}

/* Counts the sorted returns of each period that begins with `start`. */
static void
count_spans(AnRetention *retention, const int64_t *places, size_t n, int64_t start)
{
	int64_t span = retention->plan->span;
	size_t from = first_behind(places, 0, n, start);
	int64_t last_period = from < n ? (places[n - 1] - start) / span : 0;

	for (uint32_t period = 0; period < retention->plan->n_periods && from < n; period++)
	{
		size_t to = period < last_period
						? first_behind(places, from, n, start + (period + 1) * span - 1)
						: n;

		retention->counts[period] = (uint32_t) (to - from);
		from = to;
	}
}

/* Hands a member on.  counts[n] are the returns of period n; `zero` those of period 0 that count. */
static void
tell(AnRetention *retention, uint32_t cohort, const uint32_t *counts, uint32_t zero,
	 AnRetentionFunction function, void *arg)
{
	judge(retention->plan, counts, zero, retention->retained);
	function(arg, cohort, retention->starts[cohort].group, retention->retained);
}

static void
judge(const AnRetentionPlan *plan, const uint32_t *counts, uint32_t zero, bool *retained)
{
	uint32_t n = plan->n_periods;

	retained[0] = !plan->returned || zero >= plan->min_events;
	for (uint32_t i = 1; i < n; i++)
		retained[i] = counts[i] >= plan->min_events;
	switch (plan->criterion)
	{
		case AN_RETAINED_ON:
			break;
		case AN_RETAINED_ON_OR_AFTER:
			for (uint32_t i = n - 1; i > 0; i--)
				retained[i - 1] |= retained[i];
			break;
		case AN_RETAINED_ON_OR_BEFORE:
			for (uint32_t i = plan->returned ? 1 : 2; i < n; i++)
				retained[i] |= retained[i - 1];
			break;
		case AN_RETAINED_STREAK:
			for (uint32_t i = 1; i < n; i++)
				retained[i] &= retained[i - 1];
			break;
	}
}

/* Sorts ascending, in place: by insertion, or where there are many by heapsort, which has no bad case. */
static void
sort_places(int64_t *places, size_t n)
{
	if (n <= INSERTION_MAX)
	{
		for (size_t i = 1; i < n; i++)
		{
			int64_t moving = places[i];
			size_t to = i;

			for (; to > 0 && places[to - 1] > moving; to--)
				places[to] = places[to - 1];
			places[to] = moving;
		}
		return;
	}
	for (size_t root = n / 2; root-- > 0;)
		sift(places, root, n);
	for (size_t end = n - 1; end > 0; end--)
	{
		int64_t largest = places[0];

		places[0] = places[end];
		places[end] = largest;
		sift(places, 0, end);
	}
}

/* Lets the root of a heap of n places sink to where it belongs. */
static void
sift(int64_t *places, size_t root, size_t n)
{
	int64_t moving = places[root];

	for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1)
	{
		if (child + 1 < n && places[child + 1] > places[child])
			child++;
		if (places[child] <= moving)
			break;
		places[root] = places[child];
		root = child;
	}
	places[root] = moving;
}

/*
 * Returns the index, `from` or behind, of the first of n sorted places that is greater: in steps that double, as it
 * is near more often than not, then between the last two of them.
 */
static size_t
first_behind(const int64_t *places, size_t from, size_t n, int64_t place)
{
	size_t step = 1;

	while (step <= n - from && places[from + step - 1] <= place)
	{
		from += step;
		step *= 2;
	}
	n = step <= n - from ? from + step - 1 : n;
	while (from < n)
	{
		size_t middle = from + (n - from) / 2;

		if (places[middle] <= place)
			from = middle + 1;
		else
			n = middle;
	}
	return from;
}

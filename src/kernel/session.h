/*
 * session.h - the events of an entity cut into sessions
 *
 * Events come in ascending order of time.  An event belongs to the session of the
 * event before it unless more than a gap lies between them (exactly the gap is
 * still the same session), or a civil day has ended in between, where days split.
 */
#ifndef AN_KERNEL_SESSION_H
#define AN_KERNEL_SESSION_H

#include <stddef.h>
#include <stdint.h>

/* No gap ends a session. */
#define AN_SESSION_NO_GAP INT64_MAX

/* Answers with the first instant behind the civil day of `at`. */
typedef int64_t (*AnDayEnd)(void *arg, int64_t at);

/* What ends a session. */
typedef struct AnSessionRule
{
	int64_t gap_us;	  /* more than this between two events; AN_SESSION_NO_GAP for nothing */
	AnDayEnd day_end; /* a civil day's end, or NULL for none */
	void *arg;		  /* what day_end is called with */
} AnSessionRule;

/*
 * an_session_end returns the number of the first event behind the session that begins with event `from`.
 * Times stand `stride` words from one another; event i's is times[i * stride], i < n.
 */
static inline size_t
an_session_end(const AnSessionRule *rule, const int64_t *times, uint32_t stride, size_t from,
			   size_t n)
{
	int64_t until = rule->day_end ? rule->day_end(rule->arg, times[from * stride]) : 0;
	size_t i;

	for (i = from + 1; i < n; i++)
	{
		int64_t at = times[i * stride];
		uint64_t apart = (uint64_t) at - (uint64_t) times[(i - 1) * stride];

		if (rule->gap_us != AN_SESSION_NO_GAP && apart > (uint64_t) rule->gap_us)
			break;
		if (rule->day_end && at >= until)
			break;
	}
	return i;
}

#endif /* AN_KERNEL_SESSION_H */

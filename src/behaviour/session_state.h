/*
 * session_state.h - the state of an aggregate over sessions: type session_state
 *
 * Runs of events (kernel/runs.h), as sessions_agg and live_ranges_agg gather
 * them.  In memory an expanded object that shares its context with the others of
 * its aggregate, flat a varlena of the stored form.
 */
#ifndef AN_BEHAVIOUR_SESSION_STATE_H
#define AN_BEHAVIOUR_SESSION_STATE_H

#include "base/base.h"

#include "utils/expandeddatum.h"

#include "kernel/runs.h"

/* Runs that need no block of their own: the object has 128 bytes. */
#define AN_SESSIONS_INLINE 2

typedef struct AnSessions
{
	ExpandedObjectHeader header;		   /* what PostgreSQL knows an expanded object by */
	AnRuns runs;						   /* what was gathered */
	AnRun inline_runs[AN_SESSIONS_INLINE]; /* first block of the runs */
} AnSessions;

/* an_sessions_new makes an empty state in the context that the states of this aggregate share.  Raises 42809 outside an aggregate. */
extern AnSessions *an_sessions_new(FunctionCallInfo fcinfo, const char *function, int64 gap_us);

/*
 * an_sessions_arg returns the state in argument 0 of a transition or combine
 * function to be changed, NULL where it is NULL.  Raises 42809 outside an
 * aggregate, XX001 for damaged bytes.
 */
extern AnSessions *an_sessions_arg(FunctionCallInfo fcinfo, const char *function);

/*
 * an_sessions_read returns compact runs to read, of an object or of flat bytes;
 * they may be the object's own.  Raises XX001 for damaged bytes.
 */
extern const AnRuns *an_sessions_read(Datum value);

/* an_sessions_sound tells whether bytes are a stored state. */
extern bool an_sessions_sound(const struct varlena *bytes);

#endif /* AN_BEHAVIOUR_SESSION_STATE_H */

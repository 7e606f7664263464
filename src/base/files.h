/*
 * files.h - PostgreSQL's temporary files as the files of a kernel
 */
#ifndef AN_BASE_FILES_H
#define AN_BASE_FILES_H

#include "postgres.h"

#include "kernel/gather.h"

/*
 * an_gather_files returns the files of a gathering: in temp_tablespaces, counted against
 * temp_file_limit, and gone at the end of the statement whatever happens.  It and the
 * buffer of 8 KB of each file live in the current context, which must live as long as the
 * gathering.  Reading and writing can be cancelled.  Raises the errors of PostgreSQL's own
 * spilling: 53100 for a full disk, 53400 beyond the limit.
 */
extern const AnGatherFiles *an_gather_files(void);

#endif /* AN_BASE_FILES_H */

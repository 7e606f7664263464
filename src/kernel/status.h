/*
 * status.h - what a kernel answers
 *
 * Kernels are plain C11: memory, time and randomness come from the caller, the
 * result is a status.  They never report, log, allocate by themselves or read a
 * clock.  base/errors.c turns each status into an error with its SQLSTATE.
 */
#ifndef AN_KERNEL_STATUS_H
#define AN_KERNEL_STATUS_H

typedef enum AnStatus
{
	AN_OK = 0,
	AN_ERR_ARGUMENT,	 /* a value that the function cannot take */
	AN_ERR_OUT_OF_RANGE, /* the result does not fit its type */
	AN_ERR_LIMIT,		 /* more than a documented limit: size, depth, count */
	AN_ERR_SYNTAX,		 /* text that does not parse */
	AN_ERR_CORRUPT,		 /* stored or imported bytes that are damaged */
} AnStatus;

#endif /* AN_KERNEL_STATUS_H */

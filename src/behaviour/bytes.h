/*
 * bytes.h - the text and binary forms of states
 *
 * Both are the stored form; as text in hexadecimal behind \x, whatever
 * bytea_output says.
 */
#ifndef AN_BEHAVIOUR_BYTES_H
#define AN_BEHAVIOUR_BYTES_H

#include "base/base.h"

/* Tells whether bytes are a stored state of its type. */
typedef bool (*AnSoundFunction)(const struct varlena *bytes);

/* an_bytes_in is the input function of a type; raises 22P02. */
extern Datum an_bytes_in(FunctionCallInfo fcinfo, const char *type, AnSoundFunction sound);

/* an_bytes_out is its output function. */
extern Datum an_bytes_out(FunctionCallInfo fcinfo);

/* an_bytes_recv is its binary input function; raises 22P03. */
extern Datum an_bytes_recv(FunctionCallInfo fcinfo, const char *type, AnSoundFunction sound);

/* an_bytes_send is its binary output function. */
extern Datum an_bytes_send(FunctionCallInfo fcinfo);

#endif /* AN_BEHAVIOUR_BYTES_H */

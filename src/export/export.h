/*
 * export.h - results of queries as files: the formats, the COPY hook, the SQL functions
 *
 *     COPY { table | (query) } TO { 'file' | STDOUT | PROGRAM '...' } WITH (FORMAT xlsx, TITLE '...')
 *     analytics.export(query, format, options) · analytics.export_file(query, path, format, options)
 *
 * A result streams from the executor through a DestReceiver and a pipe to the
 * program analytics-render, which writes a temporary file of the server's; only
 * when that file is whole does it go to the target.
 */
#ifndef AN_EXPORT_EXPORT_H
#define AN_EXPORT_EXPORT_H

/* an_export_init defines the settings and installs the COPY hook; called once, from _PG_init. */
extern void an_export_init(void);

#endif /* AN_EXPORT_EXPORT_H */

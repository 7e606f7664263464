/*
 * report.h - definitions of reports, and the files that come of running them
 *
 *     analytics.define_report(name, spec, description, replace) · drop_report(name) · describe_report(name)
 *     analytics.run_report(name, params, format, sheet) · write_report(name, params, format, path, sheet)
 */
#ifndef AN_REPORT_REPORT_H
#define AN_REPORT_REPORT_H

/* an_report_init defines the settings of this room; called once, from _PG_init. */
extern void an_report_init(void);

#endif /* AN_REPORT_REPORT_H */

/*
 * settings.h - the settings that more than one room reads
 *
 * A room defines its own settings in its init function; these are shared.
 */
#ifndef AN_BASE_SETTINGS_H
#define AN_BASE_SETTINGS_H

/* analytics.timezone: zone of civil days where neither call nor source names one; "" = TimeZone. */
extern char *an_timezone;

#endif /* AN_BASE_SETTINGS_H */

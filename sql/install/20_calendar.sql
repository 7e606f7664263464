/*
 * calendar: civil time.  Bins, series of bins, a year ago, the first and last
 * value by time, and window functions over time.
 *
 * Functions that are told the zone are IMMUTABLE; those that take it from a
 * setting are STABLE.  A NULL zone means the setting's in either, a NULL origin
 * or shift none; so they are not STRICT, and return NULL for a NULL width or time.
 */

CREATE FUNCTION analytics.time_bin_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'analytics_time_bin_support'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_support(internal) IS
'Planner support of time_bin: comparisons with it become ranges on the column, groups by it are counted';

CREATE FUNCTION analytics.time_bin(width interval, ts timestamptz, origin timestamptz DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'analytics_time_bin'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT analytics.time_bin_support;
COMMENT ON FUNCTION analytics.time_bin(interval, timestamptz, timestamptz, interval) IS
'Start of the bin that holds a time, civil in the zone of analytics.timezone, else TimeZone';

CREATE FUNCTION analytics.time_bin(width interval, ts timestamptz, timezone text, origin timestamptz DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'analytics_time_bin_zone'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT analytics.time_bin_support;
COMMENT ON FUNCTION analytics.time_bin(interval, timestamptz, text, timestamptz, interval) IS
'Start of the bin that holds a time, civil in the given zone';

CREATE FUNCTION analytics.time_bin(width interval, ts timestamp, origin timestamp DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS timestamp AS 'MODULE_PATHNAME', 'analytics_time_bin_timestamp'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT analytics.time_bin_support;
COMMENT ON FUNCTION analytics.time_bin(interval, timestamp, timestamp, interval) IS
'Start of the bin that holds a time, of clock times as they stand';

CREATE FUNCTION analytics.time_bin(width interval, ts timestamp, timezone text, origin timestamp DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS timestamp AS 'MODULE_PATHNAME', 'analytics_time_bin_refuse'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin(interval, timestamp, text, timestamp, interval) IS
'Start of the bin that holds a time, is refused: a timestamp without time zone cannot be moved to a zone';

CREATE FUNCTION analytics.time_bin(width interval, ts date, origin date DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS date AS 'MODULE_PATHNAME', 'analytics_time_bin_date'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT analytics.time_bin_support;
COMMENT ON FUNCTION analytics.time_bin(interval, date, date, interval) IS
'Start of the bin that holds a time, in whole days or months';

CREATE FUNCTION analytics.time_bin(width interval, ts date, timezone text, origin date DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS date AS 'MODULE_PATHNAME', 'analytics_time_bin_date_zone'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT analytics.time_bin_support;
COMMENT ON FUNCTION analytics.time_bin(interval, date, text, date, interval) IS
'Start of the bin that holds a time, in whole days or months; a date is civil already, the zone is only checked';

CREATE FUNCTION analytics.bin_end(width interval, ts timestamptz, origin timestamptz DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'analytics_bin_end'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bin_end(interval, timestamptz, timestamptz, interval) IS
'End of the bin that holds a time, which is the start of the next, civil in the zone of analytics.timezone, else TimeZone';

CREATE FUNCTION analytics.bin_end(width interval, ts timestamptz, timezone text, origin timestamptz DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'analytics_bin_end_zone'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bin_end(interval, timestamptz, text, timestamptz, interval) IS
'End of the bin that holds a time, which is the start of the next, civil in the given zone';

CREATE FUNCTION analytics.bin_end(width interval, ts timestamp, origin timestamp DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS timestamp AS 'MODULE_PATHNAME', 'analytics_bin_end_timestamp'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bin_end(interval, timestamp, timestamp, interval) IS
'End of the bin that holds a time, which is the start of the next, of clock times as they stand';

CREATE FUNCTION analytics.bin_end(width interval, ts timestamp, timezone text, origin timestamp DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS timestamp AS 'MODULE_PATHNAME', 'analytics_time_bin_refuse'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bin_end(interval, timestamp, text, timestamp, interval) IS
'End of the bin that holds a time, which is the start of the next, is refused: a timestamp without time zone cannot be moved to a zone';

CREATE FUNCTION analytics.bin_end(width interval, ts date, origin date DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS date AS 'MODULE_PATHNAME', 'analytics_bin_end_date'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bin_end(interval, date, date, interval) IS
'End of the bin that holds a time, which is the start of the next, in whole days or months';

CREATE FUNCTION analytics.bin_end(width interval, ts date, timezone text, origin date DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS date AS 'MODULE_PATHNAME', 'analytics_bin_end_date_zone'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bin_end(interval, date, text, date, interval) IS
'End of the bin that holds a time, which is the start of the next, in whole days or months; a date is civil already, the zone is only checked';

CREATE FUNCTION analytics.time_bin_first(width interval, bound timestamptz, origin timestamptz, shift interval)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'analytics_time_bin_first'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_first(interval, timestamptz, timestamptz, interval) IS
'First time whose bin starts at or after the given one, civil in the zone of analytics.timezone, else TimeZone; the planner writes it';

CREATE FUNCTION analytics.time_bin_first(width interval, bound timestamptz, timezone text, origin timestamptz, shift interval)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'analytics_time_bin_first_zone'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_first(interval, timestamptz, text, timestamptz, interval) IS
'First time whose bin starts at or after the given one, civil in the given zone; the planner writes it';

CREATE FUNCTION analytics.time_bin_first(width interval, bound timestamp, origin timestamp, shift interval)
RETURNS timestamp AS 'MODULE_PATHNAME', 'analytics_time_bin_first_timestamp'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_first(interval, timestamp, timestamp, interval) IS
'First time whose bin starts at or after the given one, of clock times as they stand; the planner writes it';

CREATE FUNCTION analytics.time_bin_first(width interval, bound date, origin date, shift interval)
RETURNS date AS 'MODULE_PATHNAME', 'analytics_time_bin_first_date'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_first(interval, date, date, interval) IS
'First time whose bin starts at or after the given one, in whole days or months; the planner writes it';

CREATE FUNCTION analytics.time_bin_first(width interval, bound date, timezone text, origin date, shift interval)
RETURNS date AS 'MODULE_PATHNAME', 'analytics_time_bin_first_date_zone'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_first(interval, date, text, date, interval) IS
'First time whose bin starts at or after the given one, in whole days or months; a date is civil already, the zone is only checked; the planner writes it';

CREATE FUNCTION analytics.time_bin_last(width interval, bound timestamptz, origin timestamptz, shift interval)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'analytics_time_bin_last'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_last(interval, timestamptz, timestamptz, interval) IS
'Last time whose bin starts at or before the given one, civil in the zone of analytics.timezone, else TimeZone; the planner writes it';

CREATE FUNCTION analytics.time_bin_last(width interval, bound timestamptz, timezone text, origin timestamptz, shift interval)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'analytics_time_bin_last_zone'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_last(interval, timestamptz, text, timestamptz, interval) IS
'Last time whose bin starts at or before the given one, civil in the given zone; the planner writes it';

CREATE FUNCTION analytics.time_bin_last(width interval, bound timestamp, origin timestamp, shift interval)
RETURNS timestamp AS 'MODULE_PATHNAME', 'analytics_time_bin_last_timestamp'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_last(interval, timestamp, timestamp, interval) IS
'Last time whose bin starts at or before the given one, of clock times as they stand; the planner writes it';

CREATE FUNCTION analytics.time_bin_last(width interval, bound date, origin date, shift interval)
RETURNS date AS 'MODULE_PATHNAME', 'analytics_time_bin_last_date'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_last(interval, date, date, interval) IS
'Last time whose bin starts at or before the given one, in whole days or months; the planner writes it';

CREATE FUNCTION analytics.time_bin_last(width interval, bound date, timezone text, origin date, shift interval)
RETURNS date AS 'MODULE_PATHNAME', 'analytics_time_bin_last_date_zone'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.time_bin_last(interval, date, text, date, interval) IS
'Last time whose bin starts at or before the given one, in whole days or months; a date is civil already, the zone is only checked; the planner writes it';

CREATE FUNCTION analytics.bin_series_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'analytics_bin_series_support'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bin_series_support(internal) IS
'Planner support of bin_series: how many rows it returns';

CREATE FUNCTION analytics.bin_series(start timestamptz, finish timestamptz, width interval, timezone text DEFAULT NULL,
                                     origin timestamptz DEFAULT NULL, shift interval DEFAULT NULL)
RETURNS SETOF timestamptz AS 'MODULE_PATHNAME', 'analytics_bin_series'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT analytics.bin_series_support;
COMMENT ON FUNCTION analytics.bin_series(timestamptz, timestamptz, interval, text, timestamptz, interval) IS
'Starts of all bins that have a part in [start, finish), in order';

CREATE FUNCTION analytics.year_ago(day date, align text DEFAULT 'date', timezone text DEFAULT NULL)
RETURNS date AS 'MODULE_PATHNAME', 'analytics_year_ago_date'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.year_ago(date, text, text) IS
'The day one year before: align date (Feb 29 gives Feb 28), weekday (364 days) or iso_week (NULL where the year has no such week)';

CREATE FUNCTION analytics.year_ago(ts timestamptz, align text DEFAULT 'date', timezone text DEFAULT NULL)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'analytics_year_ago'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.year_ago(timestamptz, text, text) IS
'The same clock time one year before in the zone: align date (Feb 29 gives Feb 28), weekday (364 days) or iso_week';

CREATE FUNCTION analytics.pct_change(current numeric, previous numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN previous OPERATOR(pg_catalog.<>) 0
            THEN (current OPERATOR(pg_catalog.-) previous) OPERATOR(pg_catalog.*) 100
                 OPERATOR(pg_catalog./) pg_catalog.abs(previous) END;
COMMENT ON FUNCTION analytics.pct_change(numeric, numeric) IS
'Change in percent of the previous value''s size; NULL where previous is 0 or NULL';

CREATE FUNCTION analytics.first_sfunc(internal, anyelement, timestamptz) RETURNS internal
AS 'MODULE_PATHNAME', 'analytics_first_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.first_sfunc(internal, anyelement, timestamptz) IS 'Step of the aggregate first';

CREATE FUNCTION analytics.first_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'analytics_first_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.first_combine(internal, internal) IS 'Union of two states of the aggregate first';

CREATE FUNCTION analytics.last_sfunc(internal, anyelement, timestamptz) RETURNS internal
AS 'MODULE_PATHNAME', 'analytics_last_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.last_sfunc(internal, anyelement, timestamptz) IS 'Step of the aggregate last';

CREATE FUNCTION analytics.last_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'analytics_last_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.last_combine(internal, internal) IS 'Union of two states of the aggregate last';

CREATE FUNCTION analytics.bookend_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_bookend_serial'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bookend_serial(internal) IS 'State of first and last on its way from a parallel worker';

CREATE FUNCTION analytics.bookend_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'analytics_bookend_deserial'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bookend_deserial(bytea, internal) IS 'State of first and last on its arrival from a parallel worker';

CREATE FUNCTION analytics.bookend_final(internal, anyelement, timestamptz) RETURNS anyelement
AS 'MODULE_PATHNAME', 'analytics_bookend_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bookend_final(internal, anyelement, timestamptz) IS 'Result of first and last';

CREATE AGGREGATE analytics.first(value anyelement, at timestamptz) (
    SFUNC = analytics.first_sfunc, STYPE = internal, COMBINEFUNC = analytics.first_combine,
    SERIALFUNC = analytics.bookend_serial, DESERIALFUNC = analytics.bookend_deserial,
    FINALFUNC = analytics.bookend_final, FINALFUNC_EXTRA, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.first(anyelement, timestamptz) IS
'Value at the earliest time, NULL or not; rows without a time do not count; of several at that time the smallest';

CREATE AGGREGATE analytics.last(value anyelement, at timestamptz) (
    SFUNC = analytics.last_sfunc, STYPE = internal, COMBINEFUNC = analytics.last_combine,
    SERIALFUNC = analytics.bookend_serial, DESERIALFUNC = analytics.bookend_deserial,
    FINALFUNC = analytics.bookend_final, FINALFUNC_EXTRA, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.last(anyelement, timestamptz) IS
'Value at the latest time, NULL or not; rows without a time do not count; of several at that time the greatest';

CREATE FUNCTION analytics.locf(value anyelement) RETURNS anyelement
AS 'MODULE_PATHNAME', 'analytics_locf'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.locf(anyelement) IS
'Last observation carried forward: the value, or where it is NULL the last one before it in the partition';

CREATE FUNCTION analytics.interpolate(value float8, at timestamptz) RETURNS float8
AS 'MODULE_PATHNAME', 'analytics_interpolate'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.interpolate(float8, timestamptz) IS
'The value, or where it is NULL the one on the line between its neighbours in time; NULL before the first and after the last';

CREATE FUNCTION analytics.moving_average(value float8, n int) RETURNS float8
AS 'MODULE_PATHNAME', 'analytics_moving_average'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.moving_average(float8, int) IS
'Mean of the values of the last n rows of the partition up to this one; NULLs are left out of it';

CREATE FUNCTION analytics.ewma(value float8, alpha float8) RETURNS float8
AS 'MODULE_PATHNAME', 'analytics_ewma'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.ewma(float8, float8) IS
'Exponentially weighted moving average: alpha times the value plus 1 - alpha times the average before; a NULL leaves it as it was';

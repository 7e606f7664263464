/*
 * bin_series, year_ago and pct_change, and the defects of other systems that
 * time_bin is there to prevent (mission.md D1, D6, D7, D12, D46, D47).
 * Answers are worked out by hand.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'America/New_York';
SET datestyle = 'ISO, MDY';

-- Every bin that has a part in the range: the first may begin before it, the finish is outside.
SELECT bin FROM analytics.bin_series('2026-03-06 12:00-05', '2026-03-10 00:00-04', '1 day', 'America/New_York') AS bin;
SELECT bin FROM analytics.bin_series('2026-03-06 12:00-05', '2026-03-10 00:00:00.000001-04', '1 day') AS bin WHERE bin > '2026-03-08 12:00-04';
SELECT bin AT TIME ZONE 'UTC' AS utc FROM analytics.bin_series('2026-11-01 04:00+00', '2026-11-01 08:00+00', '1 hour', 'America/New_York') AS bin;
SELECT bin FROM analytics.bin_series('2026-01-01', '2026-12-31', '1 year', timezone => 'UTC', shift => '3 months') AS bin;
SELECT bin FROM analytics.bin_series('2026-07-01', '2026-07-02', '1 week', origin => '2026-07-05 06:00') AS bin;
SELECT count(*) AS days, min(bin) = analytics.time_bin('1 day', timestamptz '2025-06-15', 'UTC') AS first_is_the_bin,
       bool_and(analytics.bin_end('1 day', bin, 'UTC') = bin + interval '24 hours') AS whole
FROM analytics.bin_series('2025-06-15', '2026-06-15', '1 day', 'UTC') AS bin;
SELECT count(*) FILTER (WHERE bin IS NULL) AS nulls, count(*) FROM analytics.bin_series(NULL, now(), '1 day') AS bin;
SELECT count(*) FROM analytics.bin_series('2026-01-01', '2026-01-02', NULL);
SELECT bin AT TIME ZONE 'UTC' AS last_bin FROM analytics.bin_series('294276-12-30 12:00+00', '294276-12-31 12:00+00', '1 day', 'UTC') AS bin ORDER BY 1 DESC LIMIT 1;

-- Series and bins agree: each instant falls into the bin of the series that holds it. A year that is over: the time zone
-- database rewrites the future.
SELECT zone, width, count(*) AS bins, bool_and(next IS NULL OR analytics.bin_end(width, bin, zone) = next) AS adjoin,
       bool_and(analytics.time_bin(width, bin, zone) = bin) AS starts
FROM (SELECT zone, width, bin, lead(bin) OVER (PARTITION BY zone, width ORDER BY bin) AS next
      FROM unnest('{Asia/Kathmandu,Australia/Lord_Howe,America/Havana,Africa/Casablanca}'::text[]) AS zone,
           unnest('{6 hours,1 day,1 week,1 month}'::interval[]) AS width,
           analytics.bin_series('2025-01-01 00:00+00', '2026-01-01 00:00+00', width, zone) AS bin) AS s
GROUP BY zone, width ORDER BY zone, width;

-- The planner knows how many rows to expect.
CREATE FUNCTION pg_temp.rows_of(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan #>> '{0,Plan,Plan Rows}';
END $$;
SELECT pg_temp.rows_of($$SELECT * FROM analytics.bin_series('2026-01-01 00:00+00', '2026-01-31 00:00+00', '1 day')$$) AS thirty,
       pg_temp.rows_of($$SELECT * FROM analytics.bin_series(NULL, '2026-01-31 00:00+00', '1 day')$$) AS none;

-- Refused.
SELECT * FROM analytics.bin_series('2026-01-02', '2026-01-02', '1 day');
SELECT * FROM analytics.bin_series('-infinity', '2026-01-02', '1 day');
SELECT * FROM analytics.bin_series('2026-01-01', '2026-01-02', '0 days');
SELECT * FROM analytics.bin_series('2026-01-01', '2026-01-02', '1 day', 'Mars/Olympus');
SELECT * FROM analytics.bin_series('2026-01-01', '2026-01-02', '1 day', origin => 'infinity');

-- year_ago: the date, the weekday, the week of that number; D6: Feb 29 gives Feb 28, never Mar 1.
SELECT day, analytics.year_ago(day) AS date, analytics.year_ago(day, 'weekday') AS weekday, analytics.year_ago(day, align => 'iso_week') AS iso_week,
       to_char(day, 'IYYY-IW-ID') AS iso, to_char(analytics.year_ago(day, 'iso_week'), 'IYYY-IW-ID') AS iso_ago
FROM unnest('{2024-02-29,2023-02-28,2025-03-01,2021-01-04,2020-12-31,2026-12-31,infinity}'::date[]) AS day ORDER BY day;
SELECT bool_and(analytics.year_ago(day) = (day - interval '1 year')::date) AS as_interval,
       bool_and(analytics.year_ago(day, 'weekday') = day - 364) AS same_weekday,
       bool_and(CASE WHEN analytics.year_ago(day, 'iso_week') IS NULL THEN extract(week FROM day) = 53
                ELSE to_char(analytics.year_ago(day, 'iso_week'), 'IW-ID') = to_char(day, 'IW-ID')
                     AND extract(isoyear FROM analytics.year_ago(day, 'iso_week')) = extract(isoyear FROM day) - 1 END) AS same_week
FROM generate_series(date '1990-01-01', '2040-12-31', '1 day') AS g, date(g) AS day;
-- The clock of the zone is kept, over a change of summer time and for another zone than the session's.
SELECT analytics.year_ago(timestamptz '2026-03-08 12:00-04') AS summer_to_winter,
       analytics.year_ago(timestamptz '2026-03-01 00:00+08', 'weekday', 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS shanghai,
       analytics.year_ago(timestamptz '2024-02-29 23:30+08', timezone => 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS leap,
       analytics.year_ago('-infinity'::timestamptz) AS infinite, analytics.year_ago(NULL::date) AS no_date, analytics.year_ago(now(), NULL) AS no_align;
SELECT analytics.year_ago(date '2026-01-01', 'month');
SELECT analytics.year_ago(timestamptz '4714-11-24 00:00+00 BC', timezone => 'UTC');
SELECT analytics.year_ago(date '4714-11-24 BC');

-- pct_change: NULL where there is nothing to compare with; a loss that shrinks is a gain.
SELECT current, previous, round(analytics.pct_change(current, previous), 4) AS pct
FROM (VALUES (110.0, 100.0), (50, 200), (5, 0), (0, 0), (0, 5), (NULL, 5), (5, NULL), (-50, -100), (1, 3)) AS t(current, previous);

-- D1: a width is an interval; what is none fails where it is written, and never makes broken SQL.
SELECT analytics.time_bin('day', now(), 'UTC');
SELECT analytics.time_bin('1 day'') --', now(), 'UTC');

-- D7: the days between two civil midnights are counted as days, also with one of 23 hours among them.
SELECT count(*) AS days, '2026-03-15 00:00'::timestamptz - '2026-03-01 00:00'::timestamptz < interval '14 days' AS fewer_hours
FROM analytics.bin_series('2026-03-01 00:00', '2026-03-15 00:00', '1 day', 'America/New_York');

-- D12: a zone in the call is not moved by the session's.
CREATE TEMP TABLE answer AS SELECT 'New York' AS session, analytics.time_bin('1 day', timestamptz '2026-01-15 20:00+00', 'Asia/Shanghai') AS bin;
SET timezone = 'GMT';
INSERT INTO answer SELECT 'GMT', analytics.time_bin('1 day', timestamptz '2026-01-15 20:00+00', 'Asia/Shanghai');
SELECT session, bin AT TIME ZONE 'Asia/Shanghai' AS bin FROM answer ORDER BY session;

-- D46: the last microsecond of a day is of that day, the next is not.
SELECT at, analytics.time_bin('1 day', at, 'UTC') AS day
FROM unnest('{2026-01-15 23:59:59.999+00,2026-01-15 23:59:59.9995+00,2026-01-15 23:59:59.999999+00,2026-01-16 00:00+00}'::timestamptz[]) AS at ORDER BY at;

-- D47: each hour of a Shanghai day, and of New York's days of 23 and 25 hours, has that day's label.
SELECT zone, day, count(*) AS hours, bool_and((analytics.time_bin('1 day', at, zone) AT TIME ZONE zone)::date = day) AS labelled
FROM (VALUES ('Asia/Shanghai', date '2025-01-16'), ('America/New_York', '2026-03-08'), ('America/New_York', '2026-11-01')) AS t(zone, day),
     LATERAL generate_series(day::timestamp AT TIME ZONE zone, (day + 1)::timestamp AT TIME ZONE zone - interval '1 us', '1 hour') AS at
GROUP BY zone, day ORDER BY zone, day;

/*
 * time_bin and bin_end: their forms, origins and shifts, NULLs, infinities,
 * limits and refusals; days of 23 and 25 hours, hours that come twice, midnights
 * that come twice or never.  Answers are worked out by hand.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'America/New_York';
SET datestyle = 'ISO, MDY';

-- The forms: zone of the session, of the setting, given by name; timestamp and date.
SELECT analytics.time_bin('1 day', timestamptz '2026-03-10 22:30-04') AS session,
       analytics.time_bin('1 day', timestamptz '2026-03-10 22:30-04', 'Asia/Shanghai') AS shanghai,
       analytics.time_bin('1 day', timestamptz '2026-03-10 22:30-04', '<+03>-3') AS posix,
       analytics.time_bin('1 day', timestamptz '2026-03-10 22:30-04', timezone => NULL) AS null_zone;
SET analytics.timezone = 'UTC';
SELECT analytics.time_bin('1 day', timestamptz '2026-03-10 22:30-04') AS setting,
       analytics.time_bin('1 day', timestamptz '2026-03-10 22:30-04', NULL) AS null_zone;
RESET analytics.timezone;
SELECT analytics.time_bin('15 minutes', timestamp '2026-03-10 22:38:01') AS quarter_hour,
       analytics.bin_end('15 minutes', timestamp '2026-03-10 22:38:01') AS its_end,
       analytics.time_bin('1 week', date '2026-03-10') AS monday,
       analytics.bin_end('1 week', date '2026-03-10', 'Asia/Shanghai') AS next_monday,
       analytics.time_bin('3 months', date '2026-03-10') AS quarter,
       pg_typeof(analytics.time_bin('1 week', date '2026-03-10')) AS type;

-- Origin: Mondays and the first of the month; another, as the clock of the zone shows it; a shifted day.
SELECT w AS width, analytics.time_bin(w::interval, timestamp '2026-07-15 13:14:15') AS start
FROM unnest('{1 us,90 minutes,36 hours,1 week,2 weeks,10 days,1 month,5 months,1 year,10 years}'::text[]) AS w
ORDER BY w::interval;
SELECT analytics.time_bin('1 week', timestamp '2026-07-15 13:14', origin => '2026-07-12 06:00') AS sunday_at_six,
       analytics.time_bin('1 month', date '2026-02-28', origin => date '2026-01-31') AS month_end,
       analytics.bin_end('1 month', date '2026-02-28', origin => date '2026-01-31') AS its_end,
       analytics.time_bin('1 year', date '2026-02-28', shift => '3 months') AS fiscal_year,
       analytics.time_bin('1 month', timestamp '2026-03-02 12:00', shift => '1 day 06:00') AS from_the_second;
SELECT at AS new_york, analytics.time_bin('1 day', at, 'America/New_York', shift => '4 hours') AS day_from_four,
       analytics.bin_end('1 day', at, 'America/New_York', NULL, '4 hours') - analytics.time_bin('1 day', at, 'America/New_York', NULL, '4 hours') AS lasts
FROM unnest('{2026-03-08 03:30-04,2026-03-07 12:00-05,2026-11-01 03:59-05,2026-11-01 04:00-05}'::timestamptz[]) AS at ORDER BY at;

-- A day of 23 and one of 25 hours are one bin each; a week of 167 hours too.
SELECT width, at, analytics.time_bin(width, at, 'America/New_York') AS start,
       analytics.bin_end(width, at, 'America/New_York') - analytics.time_bin(width, at, 'America/New_York') AS lasts
FROM unnest('{1 day,1 week,6 hours}'::interval[]) AS width,
     unnest('{2026-03-08 05:30-04,2026-11-01 00:30-04}'::timestamptz[]) AS at ORDER BY width, at;

-- The hour that comes twice makes two bins; half an hour's change makes an hour of 90 minutes.
SELECT width, at AT TIME ZONE 'UTC' AS utc, at AT TIME ZONE zone AS clock, analytics.time_bin(width, at, zone) AT TIME ZONE 'UTC' AS start_utc
FROM (VALUES ('America/New_York', interval '1 hour', timestamptz '2026-11-01 05:30+00'), ('America/New_York', '1 hour', '2026-11-01 06:30+00'),
             ('America/New_York', '15 minutes', '2026-11-01 05:59+00'), ('America/New_York', '15 minutes', '2026-11-01 06:00+00'),
             ('America/New_York', '1 hour', '2026-03-08 07:00+00'), ('Asia/Kathmandu', '1 hour', '2026-11-01 05:30+00'),
             ('Australia/Lord_Howe', '1 hour', '2026-04-04 14:10+00'), ('Australia/Lord_Howe', '1 hour', '2026-04-04 15:20+00'),
             ('Australia/Lord_Howe', '30 minutes', '2026-04-04 15:20+00')) AS t(zone, width, at);

-- A midnight that comes twice (Havana goes from 1:00 to 0:00) or never (Amman, Sao Paulo); a day that never was (Apia).
SELECT zone, at AT TIME ZONE zone AS clock, analytics.time_bin('1 day', at, zone) AT TIME ZONE zone AS first_clock,
       analytics.bin_end('1 day', at, zone) - analytics.time_bin('1 day', at, zone) AS lasts
FROM (VALUES ('America/Havana', timestamptz '2025-11-02 05:30+00'), ('Asia/Amman', '2021-03-26 12:00+00'),
             ('America/Sao_Paulo', '2018-11-04 12:00+00'), ('America/Sao_Paulo', '2018-02-18 02:30+00'),
             ('Pacific/Apia', '2011-12-30 09:59+00'), ('Pacific/Apia', '2011-12-30 10:00+00')) AS t(zone, at);

-- NULL and infinity.
SELECT analytics.time_bin(NULL, now(), 'UTC') AS no_width, analytics.time_bin('1 day', NULL::timestamptz, 'UTC') AS no_time,
       analytics.time_bin('1 day', 'infinity'::timestamptz, 'UTC') AS plus, analytics.bin_end('1 day', '-infinity'::timestamp) AS minus,
       analytics.time_bin('1 month', 'infinity'::date) AS date_plus, analytics.bin_end('1 month', '-infinity'::date) AS date_minus;

-- Width, zone and setting may change from row to row.
SELECT n, analytics.time_bin(make_interval(hours => n), timestamptz '2026-01-02 13:45+00', (ARRAY['UTC', 'Asia/Kolkata', NULL])[n % 3 + 1]) AT TIME ZONE 'UTC' AS start
FROM generate_series(1, 6) AS n ORDER BY n;
SELECT zone, set_config('timezone', zone, true) = zone AS set, analytics.time_bin('1 day', timestamptz '2026-01-02 13:45+00') AT TIME ZONE 'UTC' AS start
FROM unnest('{UTC,Asia/Tokyo,UTC}'::text[]) WITH ORDINALITY AS z(zone, n) ORDER BY n;

-- The limits of the types: the last bin has a start and no end, the first none.
SELECT analytics.time_bin('1 day', timestamptz '294276-12-31 23:59:59.999999+00', 'UTC') AT TIME ZONE 'UTC' AS last_day,
       analytics.time_bin('1 year', date '5874897-12-31') AS last_year, analytics.time_bin('1 day', date '4713-11-24 BC') AS first_date,
       analytics.time_bin('1 day', timestamp '4714-11-24 00:00 BC') AS first_day;
SELECT analytics.bin_end('1 day', timestamptz '294276-12-31 23:59:59.999999+00', 'UTC');
SELECT analytics.time_bin('1 week', timestamptz '4714-11-24 00:00:00+00 BC', 'Asia/Tokyo');
SELECT analytics.time_bin('100 years', date '4714-11-24 BC');
SELECT analytics.time_bin('106751991 days', timestamp '2026-01-01');
SELECT analytics.time_bin('200000000 days', timestamp '2026-01-01');

-- PL/pgSQL keeps an expression for the transaction, while its variables change; settings change too.
DO $$
DECLARE w interval; zone text; origin timestamptz; at timestamptz := '2026-05-05 12:00+00';
BEGIN
    FOR i IN 1 .. 4 LOOP
        w := (i || ' days')::interval;
        zone := CASE i % 2 WHEN 0 THEN 'Asia/Tokyo' ELSE 'America/New_York' END;
        origin := timestamptz '2000-01-01 00:00+00' + i * interval '1 hour';
        PERFORM set_config('TimeZone', zone, true);
        RAISE NOTICE '% by % in % and %, from an origin %', analytics.time_bin(w, at, zone) AT TIME ZONE 'UTC', w, zone,
            analytics.time_bin(w, at) = analytics.time_bin(w, at, zone), analytics.time_bin(w, at, zone, origin) AT TIME ZONE 'UTC';
    END LOOP;
END $$;

-- Refused.
SELECT analytics.time_bin('1 month 1 day', now(), 'UTC');
SELECT analytics.time_bin('0', now(), 'UTC');
SELECT analytics.time_bin('-1 month', now(), 'UTC');
SELECT analytics.time_bin('1 day -24:00', now(), 'UTC');
SELECT analytics.time_bin('1 hour', date '2026-01-01');
SELECT analytics.time_bin('1 day', date '2026-01-01', shift => '04:00');
SELECT analytics.time_bin('1 day', now(), 'UTC', shift => '1 month');
SELECT analytics.time_bin('1 day', now(), 'UTC', origin => 'infinity');
SELECT analytics.time_bin('1 day', now(), 'Asia/Shangai');
SELECT analytics.time_bin('1 day', date '2026-01-01', 'Europe/Berlinn');
SELECT analytics.time_bin('1 day', now(), '-7');
SELECT analytics.time_bin('1 day', now(), '');
SELECT length(analytics.time_bin('1 day', now(), repeat('x', 1000000))::text);
SELECT analytics.time_bin('1 day', timestamp '2026-01-01', 'UTC');

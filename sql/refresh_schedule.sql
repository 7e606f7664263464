-- Proves what next_runs and describe_schedule say: against generate_series with the condition in SQL, over changes of the
-- clock in zones that PostgreSQL knows, by hand at the changes themselves, and what is refused.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
\set VERBOSITY default

-- the session's zone, a zone of the call, the setting; and "now" of analytics.now
SET analytics.now = '2026-01-01 12:00+00';
SELECT * FROM analytics.next_runs('30 2 * * *', 2);
SELECT * FROM analytics.next_runs('30 2 * * *', 2, 'Asia/Taipei');
SET analytics.timezone = 'America/New_York';
SELECT * FROM analytics.next_runs('30 2 * * *', 2);
RESET analytics.timezone;
SELECT count(*), min(r), max(r) FROM analytics.next_runs('* * * * *', 1000) r;
SELECT count(*) FROM analytics.next_runs('* * * * *', 0);
SELECT * FROM analytics.next_runs('0 0 29 2 *', 3, after => '2096-01-01');
-- a run at the instant itself is not after it
SELECT * FROM analytics.next_runs('0 12 * * *', 1);
-- time ends
SELECT * FROM analytics.next_runs('0 0 31 12 *', 5, after => '294274-06-01');
SELECT * FROM analytics.next_runs('0 0 * * *', 1, after => '4714-11-24 00:00:00+00 BC');

-- Berlin: 02:30 is jumped over on 2026-03-29 and comes twice on 2026-10-25
SELECT r, r AT TIME ZONE 'Europe/Berlin' AS wall FROM analytics.next_runs('30 2 * * *', 3, 'Europe/Berlin', '2026-03-28') r;
SELECT r, r AT TIME ZONE 'Europe/Berlin' AS wall FROM analytics.next_runs('30 2 * * *', 3, 'Europe/Berlin', '2026-10-24') r;
-- each hour goes on in real hours, also in the one that comes twice
SELECT r, r AT TIME ZONE 'Europe/Berlin' AS wall FROM analytics.next_runs('30 * * * *', 3, 'Europe/Berlin', '2026-03-29 00:00+00') r;
SELECT r, r AT TIME ZONE 'Europe/Berlin' AS wall FROM analytics.next_runs('30 * * * *', 3, 'Europe/Berlin', '2026-10-25 00:00+00') r;
-- half an hour in Lord Howe; a midnight that does not come in Havana; a day that did not in Samoa
SELECT r AT TIME ZONE 'Australia/Lord_Howe' AS wall FROM analytics.next_runs('15 * * * *', 3, 'Australia/Lord_Howe', '2023-09-30 15:00+00') r;
SELECT r AT TIME ZONE 'America/Havana' AS wall FROM analytics.next_runs('@daily', 3, 'America/Havana', '2023-03-11 12:00+00') r;
SELECT r AT TIME ZONE 'Pacific/Apia' AS wall FROM analytics.next_runs('0 9 * * *', 3, 'Pacific/Apia', '2011-12-29 00:00+00') r;

-- Each hour by SQL: every minute of two spans whose wall clock matches; none is jumped over within its hour in these zones.
WITH cases(schedule, minutes, weekdays) AS (VALUES
    ('*/15 * * * *', '{0,15,30,45}'::int[], '{0,1,2,3,4,5,6}'::int[]), ('7 * * * mon-fri', '{7}', '{1,2,3,4,5}')),
zones(zone) AS (VALUES ('Europe/Berlin'), ('America/New_York'), ('Asia/Kathmandu'), ('Africa/Casablanca')),
spans(start, finish) AS (VALUES (timestamptz '2023-03-01 00:00+00', timestamptz '2023-05-05 00:00+00'), ('2023-10-20', '2023-11-09')),
minutes AS (
    SELECT zone, u, u AT TIME ZONE zone AS wall
    FROM zones, spans, generate_series(start + interval '1 minute', finish, interval '1 minute') u),
slow AS (
    SELECT schedule, zone, count(*) AS n, min(u) AS first, max(u) AS last, sum(extract(epoch FROM u)) AS sum
    FROM cases, minutes
    WHERE extract(minute FROM wall) = ANY (minutes) AND extract(dow FROM wall) = ANY (weekdays)
    GROUP BY 1, 2)
SELECT s.schedule, s.zone, s.n > 1400 AS many, (s.n, s.first, s.last, s.sum) = (f.n, f.first, f.last, f.sum) AS same
FROM slow s, LATERAL (
    SELECT count(*) AS n, min(r) AS first, max(r) AS last, sum(extract(epoch FROM r)) AS sum
    FROM spans, generate_series(start, finish - interval '60 hours', interval '60 hours') part,
        analytics.next_runs(s.schedule, 300, s.zone, part) r
    WHERE r <= part + interval '60 hours') f
ORDER BY 1, 2;

-- Once a day by SQL: the first minute of the day whose wall clock is there or beyond.
WITH zones(zone) AS (VALUES ('Europe/Berlin'), ('America/New_York'), ('America/Santiago'), ('Africa/Casablanca'), ('Australia/Lord_Howe')),
times(t, schedule) AS (VALUES (time '02:30', '30 2 * * *'), ('00:15', '15 0 * * *'), ('01:45', '45 1 * * *')),
slow AS (
    SELECT zone, schedule, min(u) AS run
    FROM zones, times, generate_series(timestamptz '2022-01-02 00:00+00', '2023-12-30 00:00+00', interval '1 day') d,
        generate_series(d - interval '15 hours', d + interval '15 hours', interval '15 minutes') u
    WHERE u AT TIME ZONE zone >= (d::date + t) AND (u AT TIME ZONE zone)::date >= d::date
    GROUP BY zone, schedule, d),
fast AS (
    SELECT zone, schedule, r AS run
    FROM zones, times, LATERAL (SELECT min(run) AS first FROM slow s WHERE (s.zone, s.schedule) = (zones.zone, times.schedule)) f,
        analytics.next_runs(schedule, 728, zone, f.first - interval '1 second') r)
SELECT zone, count(*) AS runs, count(*) FILTER (WHERE s.run IS NULL OR f.run IS NULL) AS different
FROM slow s FULL JOIN fast f USING (zone, schedule, run) GROUP BY zone ORDER BY zone;

-- in words
SELECT s, split_part(analytics.describe_schedule(s, 'UTC'), E'\n', 1) AS words FROM unnest(ARRAY[
    '* * * * *', '0 2 * * *', '*/5 9-17 * * mon-fri', '0 0 1 */3 *', '30 4 1,15 * 5', 'seconds: */10 * * * * *', '@weekly']) s;
SELECT analytics.describe_schedule('0 9 * * MON', 'Asia/Taipei');
SET datestyle = German;
SET timezone = 'Asia/Tokyo';
SELECT analytics.describe_schedule('seconds: 0 0 2 * * *', 'Europe/Berlin');
SET datestyle = ISO;
SET timezone = 'UTC';

-- what is refused, with its place
SELECT * FROM analytics.next_runs('0 0 2 * * *');
SELECT * FROM analytics.next_runs('0 * * *');
SELECT * FROM analytics.next_runs('5/15 * * * *');
SELECT * FROM analytics.next_runs('0 0 30 feb *');
SELECT * FROM analytics.next_runs('0 0 */2 * mon');
SELECT * FROM analytics.next_runs('0 0 * ü *');
SELECT * FROM analytics.next_runs('@reboot');
SELECT * FROM analytics.next_runs(repeat(' ', 1025));
SELECT * FROM analytics.next_runs('* * * * *', 1001);
SELECT * FROM analytics.next_runs('* * * * *', -1);
SELECT * FROM analytics.next_runs('* * * * *', 1, 'Europe/Berlon');
SELECT * FROM analytics.next_runs('* * * * *', 1, 'UTC', 'infinity');
SELECT * FROM analytics.next_runs(NULL);
SELECT analytics.describe_schedule(NULL);

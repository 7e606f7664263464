-- Proves retention_table against an obvious query on random events: every option in every combination, ties, entities and
-- values that are NULL, starts before the range and returns behind it, a zone whose clocks change; times, wall clocks and dates.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'America/New_York';
SET analytics.now = '2026-12-01 00:00+00';

CREATE SCHEMA retr;
SELECT setseed(0.25);
-- 40 days around the change of March 8; times are whole hours, so that they tie
CREATE TABLE retr.e AS SELECT date_trunc('hour', timestamptz '2026-02-20' + random() * interval '40 days') AS at,
    nullif((random() ^ 2 * 500)::int, 7) AS u, (ARRAY['a', 'b', 'c'])[1 + (random() * 2)::int] AS e, (ARRAY['x', 'Y', NULL])[1 + (random() * 2)::int] AS p
    FROM generate_series(1, 2500);
ANALYZE retr.e;
SELECT analytics.add_source('r', 'retr.e', 'at', 'u', event => 'e', timezone => 'America/New_York');

-- the definition, member by member and period by period
CREATE FUNCTION retr.slow(start_event text, return_event text, range_start timestamptz, range_finish timestamptz, unit text, periods int, kind text,
    criterion text, clock text, min_events int, breakdown boolean, zero text)
RETURNS TABLE (cohort timestamptz, breakdown_value text, size bigint, period int, retained bigint) LANGUAGE sql STABLE AS $$
    WITH starts AS (
        SELECT u, at, date_trunc(unit, at AT TIME ZONE 'America/New_York') AS c, CASE WHEN breakdown THEN p COLLATE "C" END AS p
        FROM retr.e WHERE u IS NOT NULL AND (start_event IS NULL OR e = start_event)
    ), in_range AS (
        SELECT * FROM starts WHERE at >= range_start AND at < range_finish
    ), members AS (
        (SELECT DISTINCT ON (u) * FROM in_range WHERE kind = 'first_in_range' ORDER BY u, at, p)
        UNION ALL (SELECT DISTINCT ON (u, c) * FROM in_range WHERE kind = 'recurring' ORDER BY u, c, at, p)
        UNION ALL SELECT * FROM (SELECT DISTINCT ON (u) * FROM starts WHERE kind = 'first_ever' ORDER BY u, at, p) f WHERE at >= range_start AND at < range_finish
    ), returns AS (
        SELECT u, at, date_trunc(unit, at AT TIME ZONE 'America/New_York') AS c FROM retr.e WHERE return_event IS NULL OR e = return_event
    ), counted AS (
        SELECT m.u, m.c, m.p, n, count(r.at) AS returns FROM members m CROSS JOIN generate_series(0, periods - 1) n
        CROSS JOIN (SELECT CASE unit WHEN 'day' THEN interval '24 hours' WHEN 'week' THEN interval '168 hours' ELSE interval '720 hours' END AS span) l
        LEFT JOIN returns r ON r.u = m.u AND r.at > m.at
            AND CASE clock WHEN 'calendar' THEN r.c = m.c + n * ('1 ' || unit)::interval ELSE r.at >= m.at + n * l.span AND r.at < m.at + (n + 1) * l.span END
        GROUP BY 1, 2, 3, 4
    ), met AS (
        SELECT *, CASE WHEN n = 0 AND zero = 'started' THEN true ELSE returns >= min_events END AS met FROM counted
    ), judged AS (
        SELECT c, p, n, CASE criterion WHEN 'on' THEN met
            WHEN 'on_or_after' THEN bool_or(met) OVER (PARTITION BY u, c ORDER BY n ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
            WHEN 'streak' THEN bool_and(met) OVER (PARTITION BY u, c ORDER BY n)
            ELSE bool_or(met AND (n > 0 OR zero = 'returned')) OVER (PARTITION BY u, c ORDER BY n) OR n = 0 AND met END AS retained
        FROM met
    )
    SELECT c AT TIME ZONE 'America/New_York', p, count(*), n, count(*) FILTER (WHERE retained) FROM judged GROUP BY c, p, n $$;

CREATE FUNCTION retr.differences(start_event text, return_event text, unit text, periods int, kind text, criterion text, clock text, min_events int,
    by_p boolean, zero text, OUT cells bigint, OUT retained numeric, OUT differences bigint) LANGUAGE sql STABLE AS $$
    SELECT count(*), sum(f.retained), count(*) FILTER (WHERE (f.size, f.retained) IS DISTINCT FROM (s.size, s.retained))
    FROM (SELECT * FROM analytics.retention_table('r', start_event, return_event, '2026-03-02', '2026-03-16', unit, periods, cohort => kind,
            criterion => criterion, clock => clock, min_events => min_events, breakdown => CASE WHEN by_p THEN 'p' END, period_zero => zero) t
          WHERE t.size > 0) f
    FULL JOIN retr.slow(start_event, return_event, '2026-03-02', '2026-03-16', unit, periods, kind, criterion, clock, min_events, by_p, zero) s
        ON s.cohort = f.cohort AND s.breakdown_value IS NOT DISTINCT FROM f.breakdown AND s.period = f.period $$;

SELECT kind, criterion, clock, count(*) AS tables, sum(d.cells) > 300 AS many, sum(d.retained) > 500 AS varied, sum(d.differences) AS differences
FROM unnest(ARRAY['first_in_range', 'first_ever', 'recurring']) kind, unnest(ARRAY['on', 'on_or_after', 'on_or_before', 'streak']) criterion,
    unnest(ARRAY['calendar', 'rolling']) clock, unnest(ARRAY['started', 'returned']) zero, unnest(ARRAY[false, true]) breakdown,
    (VALUES ('a', 'b', 'day', 6, 1), ('a', 'a', 'day', 6, 1), (NULL, NULL, 'day', 4, 2), ('c', NULL, 'week', 3, 1), (NULL, 'b', 'month', 2, 3)) o (s, r, unit, n, least),
    LATERAL retr.differences(s, r, unit, n, kind, criterion, clock, least, breakdown, zero) d
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- hours, in which a clock that goes back does not matter
SET timezone = 'UTC';
SELECT count(*) AS cells, sum(t.retained) AS retained, count(*) FILTER (WHERE t.retained <> s.n) AS differences
FROM analytics.retention_table('r', 'a', 'b', '2026-03-07', '2026-03-09', 'hour', 24, cohort => 'recurring', timezone => 'UTC') t,
    LATERAL (SELECT count(DISTINCT a.u) AS n FROM retr.e a, retr.e b WHERE a.u = b.u AND a.e = 'a' AND a.at = t.cohort AND (t.period = 0 OR b.e = 'b' AND b.at = t.cohort + t.period * interval '1 hour')) s;
SET timezone = 'America/New_York';

-- a column of wall clocks and one of dates have the same days; an empty table has cohorts without members
CREATE VIEW retr.clocks AS SELECT at AT TIME ZONE 'America/New_York' AS at, u, e, p FROM retr.e;
CREATE VIEW retr.dates AS SELECT (at AT TIME ZONE 'America/New_York')::date AS at, u::text AS u, e, p FROM retr.e;
SELECT analytics.add_source('clocks', 'retr.clocks', 'at', 'u', event => 'e', timezone => 'America/New_York');
SELECT analytics.add_source('dates', 'retr.dates', 'at', 'u', event => 'e', timezone => 'America/New_York');
SELECT count(*) AS cells, count(*) FILTER (WHERE (a.size, a.retained) <> (b.size, b.retained) OR (b.size, b.retained) <> (c.size, c.retained)) AS differences
FROM analytics.retention_table('r', 'a', 'b', '2026-03-02', '2026-03-16', cohort => 'first_ever') a
JOIN analytics.retention_table('clocks', 'a', 'b', '2026-03-02', '2026-03-16', cohort => 'first_ever') b USING (cohort, period)
JOIN analytics.retention_table('dates', 'a', 'b', '2026-03-02', '2026-03-16', cohort => 'first_ever') c USING (cohort, period);
CREATE TABLE retr.none (at timestamptz, u int, p text);
SELECT analytics.add_source('none', 'retr.none', 'at', 'u');
SELECT * FROM analytics.retention_table('none', NULL, NULL, '2026-03-02', '2026-03-04', periods => 2);
SELECT * FROM analytics.retention_table('none', NULL, NULL, '2026-03-02', '2026-03-04', periods => 2, breakdown => 'p');
-- the hour that comes twice is two; a day of 25 hours is one
CREATE TABLE retr.autumn AS SELECT 1 AS u, timestamptz '2025-11-02 04:30+00' + n * interval '1 hour' AS at FROM unnest(ARRAY[0, 1, 2, 4, 24, 49]) n;
SELECT analytics.add_source('autumn', 'retr.autumn', 'at', 'u', timezone => 'America/New_York');
SELECT cohort, period, retained FROM analytics.retention_table('autumn', NULL, NULL, '2025-11-02 04:00+00', '2025-11-02 05:00+00', 'hour', 5);
SELECT clock, string_agg(t.retained::text, ' ' ORDER BY t.period) AS retained
FROM unnest(ARRAY['calendar', 'rolling']) clock, LATERAL analytics.retention_table('autumn', NULL, NULL, '2025-11-02', '2025-11-03', clock => clock, period_zero => 'returned', periods => 4) t GROUP BY 1;
-- memory for a tenth of the events, and two workers, change nothing
CREATE TABLE retr.big AS SELECT timestamptz '2026-03-01' + random() * interval '20 days' AS at, 'user ' || (random() ^ 2 * 9000)::int AS u, (random() * 2)::int AS p FROM generate_series(1, 60000);
SELECT analytics.add_source('big', 'retr.big', 'at', 'u');
SET work_mem = '64MB';
CREATE TEMP TABLE before AS SELECT * FROM analytics.retention_table('big', NULL, NULL, '2026-03-02', '2026-03-16', breakdown => 'p')
    UNION ALL SELECT period, status, entities, NULL, NULL, NULL, complete FROM analytics.lifecycle('big', '2026-03-02', '2026-03-16');
SET work_mem = '64kB';
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE TEMP TABLE after AS SELECT * FROM analytics.retention_table('big', NULL, NULL, '2026-03-02', '2026-03-16', breakdown => 'p')
    UNION ALL SELECT period, status, entities, NULL, NULL, NULL, complete FROM analytics.lifecycle('big', '2026-03-02', '2026-03-16');
SELECT (SELECT sum(retained) > 20000 FROM before) AS many, count(*) AS differences FROM ((TABLE before EXCEPT ALL TABLE after) UNION ALL (TABLE after EXCEPT ALL TABLE before)) d;

SET client_min_messages = warning;
SELECT analytics.drop_source(name) FROM unnest(ARRAY['r', 'clocks', 'dates', 'none', 'autumn', 'big']) name;
DROP SCHEMA retr CASCADE;

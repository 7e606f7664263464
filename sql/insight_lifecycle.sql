-- Proves lifecycle and stickiness: a story worked out by hand, then obvious queries on random events in a zone whose clocks change.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'UTC';
SET analytics.now = '2026-03-05 12:00+00';

CREATE SCHEMA life;
CREATE TABLE life.app (who text, at timestamptz, event text);
INSERT INTO life.app VALUES
    ('ann', '2026-02-27 09:00', 'open'), ('ann', '2026-03-03 09:00', 'open'), ('ann', '2026-03-04 09:00', 'pay'),
    ('bob', '2026-03-01 10:00', 'open'), ('bob', '2026-03-02 10:00', 'open'), ('bob', '2026-03-05 10:00', 'open'),
    ('cid', '2026-03-02 11:00', 'open'), ('cid', '2026-03-02 12:00', 'pay'),  ('cid', '2026-03-03 11:00', 'open'),
    ('dan', '2026-03-03 23:59', 'open'), ('ann', '2026-03-05 11:00', 'pay'),  ('eve', '2026-03-01 20:00', 'open'), (NULL, '2026-03-02 10:00', 'open');
SELECT analytics.add_source('life', 'life.app', 'at', 'who', event => 'event');
-- one row a day, as it is drawn: dormant below the line
CREATE FUNCTION life.pivot(start timestamptz, finish timestamptz, period text = 'day', event text = NULL, timezone text = NULL)
RETURNS TABLE (since text, "new" bigint, "returning" bigint, resurrecting bigint, dormant bigint, complete boolean) LANGUAGE sql STABLE AS $$
    SELECT t.period::text, sum(entities) FILTER (WHERE status = 'new'), sum(entities) FILTER (WHERE status = 'returning'),
        sum(entities) FILTER (WHERE status = 'resurrecting'), -sum(entities) FILTER (WHERE status = 'dormant'), bool_and(t.complete)
    FROM analytics.lifecycle('life', start, finish, period, event, timezone => timezone) t GROUP BY t.period ORDER BY t.period $$;
SELECT * FROM life.pivot('2026-03-02', '2026-03-06');
SELECT * FROM analytics.lifecycle('life', '2026-03-02', '2026-03-03');
-- payments alone; weeks; a range that begins and ends within a day: what lies before is the period before
SELECT * FROM life.pivot('2026-03-02', '2026-03-06', event => 'pay');
SELECT * FROM life.pivot('2026-02-23', '2026-03-09', 'week');
SELECT * FROM life.pivot('2026-03-02 10:30', '2026-03-04 08:00');
SELECT * FROM life.pivot('2026-03-02 05:00', '2026-03-04 05:00', timezone => 'America/New_York');
-- on how many of the four days
SELECT criterion, periods, entities, rate
FROM unnest(ARRAY['exactly', 'at_least', 'at_most']) criterion, LATERAL analytics.stickiness('life', '2026-03-02', '2026-03-06', criterion => criterion) ORDER BY 1, 2;
SELECT * FROM analytics.stickiness('life', '2026-03-02', '2026-03-06', event => '["pay"]');
SELECT * FROM analytics.stickiness('life', '2026-03-02', '2026-03-06', min_events => 2);
SELECT * FROM analytics.stickiness('life', '2026-03-02', '2026-03-03', event => 'nothing');
SELECT * FROM analytics.stickiness('life', '2026-02-01', '2026-04-01', 'month', filters => '{"event": "open"}');

-- 3000 random events
SELECT setseed(0.75);
CREATE TABLE life.e AS SELECT date_trunc('minute', timestamptz '2026-02-01' + random() * interval '60 days') AS at,
    nullif((random() ^ 2 * 300)::int, 7) AS u, (ARRAY['a', 'b', 'c'])[1 + (random() * 2)::int] AS e, (ARRAY['s', 't'])[1 + (random() * 1)::int] AS t
    FROM generate_series(1, 3000);
SELECT analytics.add_source('lifer', 'life.e', 'at', 'u', event => 'e', tenant => 't', timezone => 'America/New_York');
SET timezone = 'America/New_York';
SET analytics.now = '2026-12-01';
CREATE FUNCTION life.slow(range_start timestamptz, range_finish timestamptz, unit text, name text, who text)
RETURNS TABLE (period timestamptz, status text, entities bigint) LANGUAGE sql STABLE AS $$
    WITH active AS (
        SELECT DISTINCT u, date_trunc(unit, at AT TIME ZONE 'America/New_York') AS c FROM life.e
        WHERE u IS NOT NULL AND at < range_finish AND (name IS NULL OR e = name) AND (who IS NULL OR t = who)
    ), periods AS (
        SELECT c, c - ('1 ' || unit)::interval AS before FROM generate_series(date_trunc(unit, range_start AT TIME ZONE 'America/New_York'),
            (range_finish - interval '1 second') AT TIME ZONE 'America/New_York', ('1 ' || unit)::interval) c
    ), judged AS (
        SELECT p.c, u, bool_or(a.c = p.c) AS now, bool_or(a.c = p.before) AS just, bool_or(a.c < p.before) AS earlier
        FROM periods p JOIN active a ON a.c <= p.c GROUP BY p.c, u
    )
    SELECT p.c AT TIME ZONE 'America/New_York', s, count(*) FILTER (WHERE CASE s WHEN 'new' THEN now AND NOT just AND NOT earlier WHEN 'returning' THEN now AND just
        WHEN 'resurrecting' THEN now AND NOT just AND earlier ELSE just AND NOT now END)
    FROM periods p CROSS JOIN unnest(ARRAY['new', 'returning', 'resurrecting', 'dormant']) s LEFT JOIN judged j ON j.c = p.c GROUP BY p.c, s $$;
SELECT unit, name, who, count(*) AS rows, sum(f.entities) > 50 AS varied, count(*) FILTER (WHERE f.entities IS DISTINCT FROM s.entities) AS differences
FROM unnest(ARRAY['day', 'week', 'month']) unit, unnest(ARRAY[NULL, 'a']) name, unnest(ARRAY[NULL, 's']) who,
    LATERAL (SELECT CASE unit WHEN 'month' THEN timestamptz '2026-02-01' ELSE timestamptz '2026-03-02' END AS lo, CASE unit WHEN 'month' THEN timestamptz '2026-04-01' ELSE timestamptz '2026-03-23' END AS hi) r,
    LATERAL analytics.lifecycle('lifer', lo, hi, unit, event => name, tenant => who) f
    LEFT JOIN LATERAL life.slow(lo, hi, unit, name, who) s ON s.period = f.period AND s.status = f.status
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- the active of a day are new, returning or resurrecting
SELECT count(*) AS days, count(*) FILTER (WHERE l.entities <> d.users) AS differences
FROM analytics.dau('lifer', '2026-03-02', '2026-03-23', method => 'exact') d
JOIN (SELECT period::date AS day, sum(entities) AS entities FROM analytics.lifecycle('lifer', '2026-03-02', '2026-03-23') WHERE status <> 'dormant' GROUP BY 1) l USING (day);
SELECT unit, least, sum(f.entities) > 20 AS varied, count(*) AS rows, count(*) FILTER (WHERE f.entities <> s.entities OR f.rate <> round(s.rate, 4)) AS differences
FROM unnest(ARRAY['day', 'week']) unit, generate_series(1, 2) least, LATERAL analytics.stickiness('lifer', '2026-03-02', '2026-03-23', unit, 'a', 'at_least', min_events => least) f,
    LATERAL (SELECT count(*) FILTER (WHERE n >= f.periods) AS entities, count(*) FILTER (WHERE n >= f.periods) / nullif(count(*)::numeric, 0) AS rate FROM (
        SELECT u, count(*) AS n FROM (SELECT u, date_trunc(unit, at) FROM life.e WHERE u IS NOT NULL AND e = 'a' AND at >= '2026-03-02' AND at < '2026-03-23'
            GROUP BY 1, 2 HAVING count(*) >= least) d GROUP BY u) c) s
GROUP BY 1, 2 ORDER BY 1, 2;

-- errors
\set VERBOSITY terse
SELECT * FROM analytics.lifecycle('nolife', '2026-03-02', '2026-03-03');
SELECT * FROM analytics.lifecycle('life', '2026-03-03', '2026-03-02');
SELECT * FROM analytics.lifecycle('life', '-infinity', '2026-03-02');
SELECT * FROM analytics.lifecycle('life', '2026-03-02', '2026-03-03', NULL);
SELECT * FROM analytics.lifecycle('life', '2026-03-02', '2026-03-03', event => '{}');
SELECT * FROM analytics.lifecycle('life', '2026-03-02', '2026-03-03', event => '{"where": "nosuch = 1"}');
SELECT * FROM analytics.lifecycle('life', '0001-01-01', '9000-01-01', 'hour');
SELECT * FROM analytics.stickiness('life', '2026-03-02', '2026-03-03', min_events => 0);
SELECT * FROM analytics.stickiness('life', '2026-03-02', '2026-03-03', criterion => NULL);
\set VERBOSITY default
SELECT * FROM analytics.stickiness('life', '2026-03-02', '2026-03-03', criterion => 'exact');
SELECT * FROM analytics.stickiness('life', '2026-03-02', '2026-03-03', 'days');
SELECT * FROM analytics.stickiness('life', '2026-03-02', '2026-03-03', filters => '{"evnt": "open"}');

SET client_min_messages = warning;
SELECT analytics.drop_source(name) FROM unnest(ARRAY['life', 'lifer']) name;
DROP SCHEMA life CASCADE;

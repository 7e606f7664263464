-- Proves sessions and session_summary against obvious queries, on 20,000 random events with ties, over a change of the clock.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'America/New_York';
SET analytics.now = '2025-06-01 00:00+00';

CREATE SCHEMA vis;
SELECT setseed(0.25);
CREATE TABLE vis.r AS
    SELECT timestamptz '2025-03-07 00:00-05' + (random() * 5 * 1440)::int * interval '1 minute' AS at,
        CASE WHEN random() < 0.98 THEN (random() ^ 2 * 150)::int END AS u,
        CASE WHEN random() < 0.95 THEN (ARRAY['view', 'cart', 'Zoom', 'ärger'])[1 + (random() * 3.99)::int % 4] END AS event,
        CASE WHEN random() < 0.9 THEN 's' || (random() * 9)::int END AS sid,
        CASE WHEN random() < 0.9 THEN 'p' || (random() * 3)::int END AS place
    FROM generate_series(1, 20000);
SELECT analytics.add_source('r', 'vis.r', 'at', 'u', event => 'event', session => 'sid', timezone => 'America/New_York');

CREATE FUNCTION vis.slow(gap interval, midnight boolean, own boolean)
RETURNS TABLE (entity text, session bigint, started timestamptz, ended timestamptz, duration interval, events bigint, entry text, exit text, bounce boolean, place text)
LANGUAGE sql STABLE AS $$
    WITH e AS (
        SELECT u, at, event COLLATE "C" AS event, place COLLATE "C" AS place, CASE WHEN own THEN sid END AS sid FROM vis.r
        WHERE u IS NOT NULL AND at >= '2025-03-07' AND at < '2025-03-12' AND (NOT own OR sid IS NOT NULL)),
    begins AS (
        SELECT *, CASE WHEN (NOT own AND at - lag(at) OVER w > gap)
            OR (midnight AND (at AT TIME ZONE 'America/New_York')::date <> (lag(at) OVER w AT TIME ZONE 'America/New_York')::date)
            THEN 1 ELSE 0 END AS new FROM e WINDOW w AS (PARTITION BY u, sid ORDER BY at, event, place)),
    numbered AS (
        SELECT *, sum(new) OVER (PARTITION BY u, sid ORDER BY at, event, place ROWS UNBOUNDED PRECEDING) AS k FROM begins)
    SELECT u::text, row_number() OVER (PARTITION BY u ORDER BY min(at), max(at), sid COLLATE "C"), min(at), max(at), max(at) - min(at), count(*),
        (array_agg(event ORDER BY at, event))[1], (array_agg(event ORDER BY at DESC, event DESC NULLS FIRST))[1], count(*) = 1,
        (array_agg(place ORDER BY at, event, place))[1]
    FROM numbered GROUP BY u, sid, k $$;

CREATE FUNCTION vis.differ(p_gap interval, p_split text, p_by text) RETURNS TABLE (sessions bigint, missing bigint, wrong bigint) LANGUAGE sql STABLE AS $$
    WITH fast AS MATERIALIZED (SELECT entity, session, started, ended, duration, events, entry, exit, bounce
            FROM analytics.sessions('r', '2025-03-07', '2025-03-12', gap => p_gap, split => p_split, by => p_by)),
        slow AS MATERIALIZED (SELECT entity, session, started, ended, duration, events, entry, exit, bounce
            FROM vis.slow(p_gap, p_split = 'midnight', p_by = 'session'))
    SELECT (SELECT count(*) FROM slow), (SELECT count(*) FROM (SELECT * FROM slow EXCEPT ALL SELECT * FROM fast) d),
        (SELECT count(*) FROM (SELECT * FROM fast EXCEPT ALL SELECT * FROM slow) d) $$;
SELECT gap, split, by, d.* FROM (VALUES (interval '30 minutes'), ('1 minute'), ('3 hours')) g(gap), (VALUES ('none'), ('midnight')) s(split),
    (VALUES ('gap'), ('session')) b(by), vis.differ(gap, split, by) d ORDER BY 1, 2, 3;

-- numbers run from 1 without holes, in the order of time
SELECT count(*) FROM (SELECT session, row_number() OVER (PARTITION BY entity ORDER BY started, ended) AS n
    FROM analytics.sessions('r', '2025-03-07', '2025-03-12', by => 'gap')) s WHERE session <> n;

-- each summary is that of the slow sessions
CREATE FUNCTION vis.differ_summary(p_gap interval, p_split text, p_by text, p_granularity text) RETURNS TABLE (cells bigint, differences bigint) LANGUAGE sql STABLE AS $$
    WITH slow AS MATERIALIZED (
        SELECT date_trunc(p_granularity, started AT TIME ZONE 'America/New_York') AT TIME ZONE 'America/New_York' AS bucket, place, count(*) AS n,
            count(DISTINCT entity) AS people, count(*) FILTER (WHERE bounce) AS bounces, round(avg(bounce::int), 4) AS rate,
            extract(epoch FROM avg(duration)) AS mean, extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY duration)) AS middle,
            round(sum(events) / count(*), 2) AS events
        FROM vis.slow(p_gap, p_split = 'midnight', p_by = 'session') GROUP BY 1, 2)
    SELECT count(*) FILTER (WHERE f.sessions > 0),
        count(*) FILTER (WHERE (f.sessions, f.entities, f.bounces, f.bounce_rate, f.events_per_session) IS DISTINCT FROM
            (coalesce(n, 0), coalesce(people, 0), coalesce(s.bounces, 0), rate, s.events)
            OR abs(extract(epoch FROM f.avg_duration) - mean) > 0.000001 OR abs(extract(epoch FROM f.median_duration) - middle) > 0.000001)
    FROM slow s FULL JOIN analytics.session_summary('r', '2025-03-07', '2025-03-12', p_granularity, p_gap, p_split, p_by, breakdown => 'place') f
        ON s.bucket = f.bucket AND s.place IS NOT DISTINCT FROM f.breakdown $$;
SELECT granularity, split, by, d.* FROM (VALUES ('day'), ('hour')) g(granularity), (VALUES ('none'), ('midnight')) s(split), (VALUES ('gap'), ('session')) b(by),
    vis.differ_summary('30 minutes', split, by, granularity) d ORDER BY 1, 2, 3;

-- whatever memory there is, the answer is the same
CREATE TEMP TABLE roomy AS SELECT * FROM analytics.sessions('r', '2025-03-07', '2025-03-12', by => 'gap');
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT * FROM analytics.sessions('r', '2025-03-07', '2025-03-12', by => 'gap') EXCEPT ALL SELECT * FROM roomy) d;
RESET work_mem;

SET client_min_messages = warning;
DROP SCHEMA vis CASCADE;

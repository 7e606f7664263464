-- Proves what funnels do at their edges: optional steps in front and behind open entry, one entity that is everything, answers
-- that are too large, spans that are no interval, and that the statement of describe_funnel means the same in every session.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'UTC';
SET intervalstyle = postgres;
CREATE SCHEMA fun;
SET search_path = fun, analytics, public;
-- ten do b, the first three of them a before it, the first five c behind it
CREATE TABLE e AS SELECT g AS who, timestamptz '2026-01-01' + n * interval '1 hour' AS at, event
FROM generate_series(1, 10) g, (VALUES ('a', 1, 3), ('b', 2, 10), ('c', 3, 5)) s (event, n, until) WHERE g <= until;
SELECT add_source('e', 'fun.e', 'at', 'who', event => 'event');
-- no share is above 1, and nobody drops out twice
SELECT step, name, entities, dropped, rate_first, rate_low, rate_high, rate_previous, previous_low, previous_high
FROM funnel('e', '[{"event": "a", "optional": true}, "b", "c"]', '2026-01-01', '2026-01-02');
SELECT step, name, entities, dropped, rate_first, rate_low, rate_high, rate_previous, previous_low, previous_high
FROM funnel('e', '["a", {"event": "b", "optional": true}, "c"]', '2026-01-01', '2026-01-02', open_entry => true);
-- a statement for a session whose IST is another
SET datestyle = 'SQL, DMY';
SET timezone = 'Asia/Kolkata';
SELECT substring(describe_funnel('e', '["a", "b"]', '2026-01-01 12:00', '2026-01-02', within => '1 day') FROM 'WHERE.* AND \(who\)');
SHOW datestyle;
SET datestyle = ISO;
SET timezone = 'UTC';
-- one entity with every event, hour by hour: each hour reads what its windows hold, and a cancel is heard
CREATE TABLE one AS SELECT 1 AS who, timestamptz '2026-01-01' + g * interval '1 minute' AS at, substr('abc', 1 + g % 3, 1) AS event, g % 5 AS device
FROM generate_series(0, 200000) g;
SELECT add_source('one', 'fun.one', 'at', 'who', event => 'event');
SET statement_timeout = '60s';
SELECT count(*), sum(entered), sum(converted) FROM funnel_trend('one', '["a", "b", "c", "d"]', '2026-01-01', '2026-05-20', within => '30 minutes', granularity => 'hour', hold => '{device}');
SELECT count(*), sum(entered), sum(converted) FROM funnel_trend('one', '["a", "c"]', '2026-01-01', '2026-05-01', within => '2 minutes', granularity => 'hour', counting => 'totals');
SET statement_timeout = '1s';
SELECT count(*) FROM funnel_trend('one', '["a", "b", "d"]', '2026-01-01', '2026-05-20', within => '200 days', granularity => 'hour', hold => '{device}');
RESET statement_timeout;
-- values times periods
ALTER TABLE one ADD page text;
UPDATE one SET page = 'page ' || extract(epoch FROM at);
SELECT count(*) FROM funnel_trend('one', '["a"]', '2026-01-01', '2026-05-20', breakdown => 'page', counting => 'totals', within => '1 second', granularity => 'hour');
-- between the first time that there is and the last
CREATE TABLE ages (who int, at timestamptz, event text);
INSERT INTO ages VALUES (1, '4713-01-01 BC', 'a'), (1, '147000-01-01', 'b'), (1, '294276-12-31 23:59:59.999999', 'c'), (2, '-infinity', 'a'), (2, '2026-01-01', 'a'), (2, 'infinity', 'b');
SELECT add_source('ages', 'fun.ages', 'at', 'who', event => 'event');
SELECT step, entities, avg_time FROM funnel('ages', '["a", "b", "c"]', '-infinity', 'infinity', '100000000 days', scope => 'step');
SELECT * FROM funnel_time_histogram('ages', '["a", "b", "c"]', '-infinity', 'infinity', '100000000 days', scope => 'step');
-- ties: whom an entity belongs to does not depend on the order in which rows are read
SELECT setseed(0.3);
CREATE TABLE ties AS SELECT (random() * 60)::int AS who, timestamptz '2026-01-01' + (random() * 5)::int * interval '1 hour' AS at, substr('abcx', 1 + (random() * 3)::int, 1) AS event,
	nullif((random() * 6)::int, 3)::text AS page, (random() * 2)::int AS device, (random() * 2)::int AS visit FROM generate_series(1, 900);
CREATE TABLE turned AS SELECT * FROM ties ORDER BY page DESC, device DESC, visit DESC, who;
SELECT add_source(name, 'fun.' || name, 'at', 'who', event => 'event', session => 'visit') FROM unnest('{ties,turned}'::text[]) name;
SELECT count(*) AS ways, count(*) FILTER (WHERE EXISTS (
	SELECT * FROM funnel('ties', steps, '2026-01-01', '2026-01-02', '3 hours', entry, scope, exclude => leave_out, hold => hold, breakdown => 'page', attribution => attribution, once => once)
	EXCEPT SELECT * FROM funnel('turned', steps, '2026-01-01', '2026-01-02', '3 hours', entry, scope, exclude => leave_out, hold => hold, breakdown => 'page', attribution => attribution, once => once))) AS other
FROM unnest('{"[\"a\", \"b\", \"c\"]", "[\"a\", {\"event\": [\"b\", \"c\"], \"optional\": true}, {\"event\": [\"c\", \"a\"]}]"}'::jsonb[]) steps, unnest('{any,first}'::text[]) entry, unnest('{funnel,step,session}'::text[]) scope,
	unnest('{NULL,"[\"x\"]"}'::jsonb[]) leave_out, (VALUES (NULL::text[]), ('{device}')) h (hold), unnest('{first,last,step 2}'::text[]) attribution, unnest('{f,t}'::boolean[]) once;
-- two chains get there at the same time: the one that began last is reported, on whichever device
TRUNCATE ties;
INSERT INTO ties (who, at, event, page, device) VALUES (1, '2026-01-01 00:00', 'a', 'early', 1), (1, '2026-01-01 12:00', 'a', 'late', 2), (1, '2026-01-02', 'b', 'early', 1), (1, '2026-01-02', 'b', 'late', 2);
SELECT step, breakdown, entities, avg_time FROM funnel('ties', '["a", "b"]', '2026-01-01', '2026-01-02', breakdown => 'page', hold => '{device}');
-- dates: the day behind the one that has 25 hours is a day later, and so is that behind the one that has 23, or begins at 1:00
CREATE TABLE days AS SELECT day::int AS who, date '2026-01-01' + day::int + n AS at, event FROM generate_series(0, 363) day, (VALUES ('a', 0), ('b', 1)) s (event, n);
SELECT add_source('days', 'fun.days', 'at', 'who', event => 'event');
SELECT timezone, bool_and(entered = 1 AND converted = (n = 1)::int AND CASE WHEN n = 1 THEN median_time = '1 day' END IS NOT FALSE), count(*)
FROM unnest('{Europe/Berlin,America/Havana,UTC,Asia/Tokyo}'::text[]) timezone, generate_series(0, 1) n,
	funnel_trend('days', '["a", "b"]', '2026-01-01'::timestamp AT TIME ZONE timezone, '2026-12-31'::timestamp AT TIME ZONE timezone, CASE n WHEN 0 THEN interval '23:59:59' ELSE '1 day' END, timezone => timezone)
GROUP BY timezone ORDER BY timezone;
SELECT timezone, array_agg(entities ORDER BY step) FROM unnest('{Europe/Berlin,America/Havana,UTC,Asia/Tokyo}'::text[]) timezone,
	funnel('days', '["a", "b"]', '2026-03-01'::timestamp AT TIME ZONE timezone, '2026-11-01'::timestamp AT TIME ZONE timezone, '1 day', timezone => timezone)
GROUP BY timezone ORDER BY timezone;
SET client_min_messages = warning;
DROP SCHEMA fun CASCADE;

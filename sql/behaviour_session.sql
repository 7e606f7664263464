/*
 * sessionize and sessions_agg: golden cases by hand; the same sessions as the
 * obvious SQL (a row whose time is too far behind the row before begins one);
 * parallel and serial, partial states and whole; the stored form; what is refused.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE TABLE visits (who text, at timestamptz, page text);
INSERT INTO visits VALUES
	('ann', '2026-03-02 10:00', 'home'), ('ann', '2026-03-02 10:30', 'list'), ('ann', '2026-03-02 11:00:00.000001', 'home'), ('ann', '2026-03-02 23:50', 'home'), ('ann', '2026-03-03 00:10', 'list'),
	('bob', '2026-03-02 12:00', 'home'), ('bob', '2026-03-02 12:00', 'list'), ('bob', NULL, 'lost'), ('bob', '2026-03-02 12:20', 'login'), ('bob', '2026-03-02 12:21', 'list'),
	('cid', NULL, 'lost');
-- Exactly the gap is the same session, a microsecond more is not; rows without a time have none, and end none.
SELECT who, at, page, analytics.sessionize(at) OVER w AS session, analytics.sessionize(at, '20 minutes') OVER w AS of_20, analytics.sessionize(at, gap => '1 day') OVER w AS of_a_day
FROM visits WINDOW w AS (PARTITION BY who ORDER BY at NULLS FIRST) ORDER BY who, at, page;
-- A boundary begins a session: an event, a midnight. NULL is none, and neither is one without a time, or at the first row.
SELECT who, at, page, analytics.sessionize(at, '30 min', page = 'login') OVER w AS login,
	analytics.sessionize(at, '30 min', new_day) OVER w AS midnight, analytics.sessionize(at, '1 day', page IN ('home', 'lost')) OVER w AS home
FROM (SELECT *, at::date <> lag(at::date) OVER (PARTITION BY who ORDER BY at) AS new_day FROM visits) v WINDOW w AS (PARTITION BY who ORDER BY at, page) ORDER BY who, at, page;
-- Infinite times are sessions of their own; all in one partition, and none.
SELECT at, analytics.sessionize(at, '106000000 days') OVER (ORDER BY at) FROM (VALUES (timestamptz '-infinity'), ('-infinity'), ('2000-01-01'), ('infinity'), ('infinity')) v(at);
SELECT analytics.sessionize(at) OVER (ORDER BY at) FROM visits WHERE false;
-- The aggregate: number, first, last, events; in order, whatever the order of the rows.
SELECT who, s.* FROM (SELECT who, analytics.sessions_agg(at ORDER BY page, at DESC) AS sessions FROM visits GROUP BY who) v, unnest(sessions) s ORDER BY who, number;
SELECT who, analytics.sessions_agg(at, '13 hours') AS sessions, (analytics.sessions_agg(at, '1 min'))[2].first AS second FROM visits GROUP BY who ORDER BY who;
SELECT analytics.sessions_agg(at) AS nothing FROM visits WHERE false;
SELECT count(*) AS sessions, sum(events) AS events, avg(last - first) AS duration, avg((events = 1)::int)::numeric(3, 2) AS bounced
FROM (SELECT analytics.sessions_agg(at) AS sessions FROM visits GROUP BY who) v, unnest(sessions);
SELECT * FROM unnest((SELECT analytics.sessions_agg(at, '106000000 days') FROM (VALUES (timestamptz '-infinity'), ('infinity'), ('-infinity'), ('2000-01-01'), ('1000-01-01')) v(at)));

-- Against the obvious SQL: many entities, times with ties, gaps around the steps.
CREATE TABLE session_events AS
SELECT i, i % 300 AS entity, timestamptz '2026-01-01' + abs(hashint8(i)::bigint) % 5003 * interval '7 min' AS ts FROM generate_series(1::bigint, 30000) i;
INSERT INTO session_events SELECT i, i % 7, NULL FROM generate_series(1, 20) i;
ANALYZE session_events;
CREATE TEMP TABLE slow AS
WITH steps AS (SELECT g.gap, e.*, ts - lag(ts) OVER w > g.gap AS begins FROM session_events e, (VALUES (interval '7 min'), ('30 min'), ('35 min'), ('419.999999 s'), ('2 days'), ('100 days')) g(gap)
	WHERE ts IS NOT NULL WINDOW w AS (PARTITION BY g.gap, entity ORDER BY ts))
SELECT gap, i, entity, ts, 1 + count(*) FILTER (WHERE begins) OVER (PARTITION BY gap, entity ORDER BY ts) AS session FROM steps;
SELECT s.gap, count(*) AS events, count(DISTINCT (s.entity, s.session)) AS sessions, bool_and(s.session = f.session) AS same
FROM slow s JOIN (SELECT gap, i, analytics.sessionize(ts, gap) OVER (PARTITION BY gap, entity ORDER BY ts) AS session FROM slow) f USING (gap, i) GROUP BY 1 ORDER BY 1;
CREATE TEMP TABLE expected AS SELECT gap, entity, session::int AS number, min(ts) AS first, max(ts) AS last, count(*) AS events FROM slow GROUP BY 1, 2, 3;
CREATE FUNCTION pg_temp.different(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint := 0; m bigint; g interval;
BEGIN
	FOR g IN SELECT DISTINCT gap FROM expected LOOP
		EXECUTE format('WITH found AS (SELECT v.entity, s.number, s.first, s.last, s.events FROM (%s) v, unnest(v.sessions) s), truth AS (SELECT entity, number, first, last, events FROM expected WHERE gap = %L)
			SELECT count(*) FROM ((TABLE found EXCEPT ALL TABLE truth) UNION ALL (TABLE truth EXCEPT ALL TABLE found)) d', format(query, g), g) INTO m;
		n := n + m;
	END LOOP;
	RETURN n;
END $$;
SELECT pg_temp.different('SELECT entity, analytics.sessions_agg(ts, %L) AS sessions FROM session_events GROUP BY 1') AS hashed,
	pg_temp.different('SELECT entity, analytics.sessions_agg(ts, %L ORDER BY ts) AS sessions FROM session_events GROUP BY 1') AS ascending,
	pg_temp.different('SELECT entity, analytics.sessions_agg(ts, %L ORDER BY ts DESC) AS sessions FROM session_events GROUP BY 1') AS descending;
SET work_mem = '64kB';
SELECT pg_temp.different('SELECT entity, analytics.sessions_agg(ts, %L) AS sessions FROM session_events GROUP BY 1') AS spilled;
RESET work_mem;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text; found boolean := false;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP found := found OR line ~ 'Partial'; END LOOP;
	RETURN found;
END $$;
SELECT pg_temp.is_parallel('SELECT analytics.sessions_agg(ts) FROM session_events') AS parallel,
	pg_temp.different('SELECT entity, analytics.sessions_agg(ts, %L) AS sessions FROM session_events GROUP BY 1') AS different;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
-- As a window function: the sessions of the rows so far.
SELECT i, analytics.sessions_agg(to_timestamp(i), '2 s') OVER (ORDER BY i) AS so_far FROM (VALUES (1), (3), (6), (8)) v(i);
-- A million events of one entity, in no order.
SELECT count(*) AS sessions, sum(events) AS events, min(last - first) AS shortest, max(last - first) AS longest
FROM unnest((SELECT analytics.sessions_agg(to_timestamp(i * 7919 % 1000003 / 1000 * 10000 + i * 7919 % 1000003 % 1000)) FROM generate_series(1::bigint, 1000000) i));
-- States: the stored form, through a table, and the parts of them together.
CREATE AGGREGATE pg_temp.sessions_state(timestamptz, interval) (SFUNC = analytics.sessions_sfunc, STYPE = analytics.session_state, COMBINEFUNC = analytics.sessions_combine);
CREATE AGGREGATE pg_temp.sessions_union(analytics.session_state) (SFUNC = analytics.sessions_combine, STYPE = analytics.session_state, FINALFUNC = analytics.sessions_final);
SELECT pg_temp.sessions_state(ts, '10 us') FROM (VALUES (timestamptz '2000-01-01 00:00:00.00031'), ('2000-01-01'), ('2000-01-01 00:00:00.00001'), ('1999-12-31 23:59:59.999999')) v(ts);
SELECT analytics.sessions_final('\x010000000a00000000000000ffffffffffffffff0b02ac020000');
SELECT analytics.sessions_final('\x010000000a00000000000000') AS empty, octet_length(analytics.session_state_send('\x010000000a00000000000000')) AS bytes;
CREATE TABLE session_parts AS SELECT entity, i % 5 AS part, pg_temp.sessions_state(ts, '35 min') AS state FROM session_events GROUP BY 1, 2;
SELECT count(*) AS different FROM (SELECT entity, pg_temp.sessions_union(state) AS sessions FROM session_parts GROUP BY 1) a
	JOIN (SELECT entity, analytics.sessions_agg(ts, '35 min') AS sessions FROM session_events GROUP BY 1) b USING (entity) WHERE a.sessions <> b.sessions;
SELECT count(*) AS other_bytes FROM (SELECT entity, pg_temp.sessions_state(ts, '35 min' ORDER BY ts)::text AS a, pg_temp.sessions_state(ts, '35 min' ORDER BY i)::text AS b FROM session_events GROUP BY 1) s WHERE a <> b;
DROP TABLE session_parts, session_events;
-- What is refused.
SELECT analytics.sessionize(at) OVER (ORDER BY at DESC) FROM visits;
SELECT analytics.sessionize(at) OVER (ORDER BY page, at) FROM visits;
SELECT analytics.sessionize(at, '0') OVER (ORDER BY at) FROM visits;
SELECT analytics.sessionize(at, '-1 hour') OVER (ORDER BY at) FROM visits;
SELECT analytics.sessionize(at, '1 month') OVER (ORDER BY at) FROM visits;
SELECT analytics.sessionize(at, NULL) OVER (ORDER BY at) FROM visits;
SELECT analytics.sessions_agg(at, '0') FROM visits;
SELECT analytics.sessions_agg(at, '1 year') FROM visits;
SELECT analytics.sessions_agg(at, NULL) FROM visits;
SELECT analytics.sessions_agg(at, CASE page WHEN 'home' THEN interval '1 hour' ELSE '2 hours' END) FROM visits;
SELECT pg_temp.sessions_union(state) FROM (VALUES ('\x010000000a00000000000000'::analytics.session_state), ('\x010000000b00000000000000')) v(state);
\set VERBOSITY terse
SELECT analytics.sessions_final('x');
SELECT analytics.sessions_final('\x01');
SELECT analytics.sessions_final('\x020000000a00000000000000');
SELECT analytics.sessions_final('\x010000000a000000000000800000000000000000');
SELECT analytics.sessions_final('\x010000000a00000000000000feffffffffffff7f0000') AS no_time;
SELECT analytics.sessions_sfunc(NULL, now());
SELECT analytics.sessions_combine(NULL, NULL);
DROP TABLE visits;

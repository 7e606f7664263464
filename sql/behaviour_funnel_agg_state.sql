/*
 * funnel_agg: the state. That ORDER BY in the call, parallel workers, stored parts
 * and the order of rows change nothing; that sessions and values are what the same
 * aggregate says of each alone; that it is window_funnel where the meaning is the same;
 * that ordered rows take no memory; golden bytes; what is refused.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE UNLOGGED TABLE public.fa AS
SELECT n % 500 AS who, timestamptz '2026-01-01' + (random() * 60)::int * interval '1 minute' AS ts, (random() * 63)::int & (random() * 63)::int AS bits,
	(ARRAY['x', 'y', 'zz', NULL])[1 + (random() * 3)::int] AS value
FROM (SELECT setseed(0.5)) s, generate_series(1, 6000) n;
ANALYZE public.fa;
CREATE TEMP TABLE meanings (o jsonb);
INSERT INTO meanings SELECT jsonb_build_object('entry', entry, 'scope', scope, 'ordering', ordering, 'once', once, 'open_entry', open) || more
FROM unnest('{any,first,last}'::text[]) entry, unnest('{funnel,step,session}'::text[]) scope, unnest('{ordered,strict,any}'::text[]) ordering, unnest('{t,f}'::boolean[]) once, unnest('{t,f}'::boolean[]) open,
	unnest(ARRAY['{}', '{"optional": [1, 3]}', '{"exclude": [{"condition": 5}, {"condition": 6, "from": 2, "to": 3}]}', '{"optional": [2], "exclude": [{"condition": 5, "from": 2}, {"condition": 6, "to": 2}]}']::jsonb[]) more
WHERE ordering <> 'any' OR more = '{}' AND scope <> 'step';
UPDATE meanings SET o = o || '{"session_gap": "7 minutes"}' WHERE o->>'scope' = 'session';
SELECT count(*) FROM meanings;
CREATE AGGREGATE pg_temp.part(interval, jsonb, timestamptz, VARIADIC boolean[]) (SFUNC = analytics.funnel_agg_sfunc, STYPE = analytics.behaviour_state);
CREATE AGGREGATE pg_temp.part(interval, jsonb, timestamptz, text, VARIADIC boolean[]) (SFUNC = analytics.funnel_agg_sfunc, STYPE = analytics.behaviour_state);
CREATE AGGREGATE pg_temp.together(analytics.behaviour_state) (SFUNC = analytics.funnel_agg_combine, STYPE = analytics.behaviour_state, FINALFUNC = analytics.funnel_agg_final);

-- Every meaning: as they come, in order of time, backwards, and of stored parts.
CREATE TEMP TABLE answers AS
SELECT o, who, analytics.funnel_agg('10 minutes', o, ts, VARIADIC c) AS f, analytics.funnel_agg('10 minutes', o, ts, value, VARIADIC c) AS held,
	analytics.funnel_agg('10 minutes', o, ts, VARIADIC c ORDER BY ts) AS ordered, analytics.funnel_agg('10 minutes', o, ts, value, VARIADIC c ORDER BY ts) AS held_ordered,
	analytics.funnel_agg('10 minutes', o, ts, value, VARIADIC c ORDER BY ts DESC, bits) AS held_backwards
FROM meanings, LATERAL (SELECT who % 20 AS who, ts, bits, value, ARRAY[bits & 1 > 0, bits & 2 > 0, bits & 4 > 0, bits & 8 > 0] || CASE WHEN o ? 'exclude' THEN ARRAY[bits & 16 > 0, bits & 32 > 0] ELSE '{}' END AS c FROM public.fa WHERE who < 60) e GROUP BY o, who;
SELECT count(*), count(*) FILTER (WHERE (f).level = 4) > 100 AS some_finish, count(*) FILTER (WHERE f IS DISTINCT FROM ordered) AS ordered_differ,
	count(*) FILTER (WHERE held IS DISTINCT FROM held_ordered OR held IS DISTINCT FROM held_backwards) AS held_differ, count(*) FILTER (WHERE f IS DISTINCT FROM held) > 100 AS held_matters FROM answers;
SELECT count(*) FILTER (WHERE together IS DISTINCT FROM f) AS differ, count(*) FILTER (WHERE together_held IS DISTINCT FROM held) AS held_differ
FROM (SELECT o, who, pg_temp.together(part::text::analytics.behaviour_state) AS together, pg_temp.together(part_held::text::analytics.behaviour_state) AS together_held
	FROM (SELECT o, who % 20 AS who, pg_temp.part('10 minutes', o, ts, VARIADIC c) AS part, pg_temp.part('10 minutes', o, ts, value, VARIADIC c) AS part_held
		FROM meanings, LATERAL (SELECT who, ts, value, ARRAY[bits & 1 > 0, bits & 2 > 0, bits & 4 > 0, bits & 8 > 0] || CASE WHEN o ? 'exclude' THEN ARRAY[bits & 16 > 0, bits & 32 > 0] ELSE '{}' END AS c FROM public.fa WHERE who < 60) e GROUP BY o, who) p GROUP BY o, who) t JOIN answers USING (o, who);
-- The default is window_funnel, and once is its strict_once.
SELECT count(*), count(*) FILTER (WHERE (f).level <> level) AS differ, count(*) FILTER (WHERE (once).level <> strict) AS once_differ
FROM (SELECT who, analytics.funnel_agg('9 minutes', '{}', ts, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0) AS f, analytics.window_funnel('9 minutes', ts, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0) AS level,
	analytics.funnel_agg('9 minutes', '{"once": true}', ts, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0) AS once, analytics.window_funnel('9 minutes', 'strict_once', ts, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0) AS strict
	FROM public.fa GROUP BY who) u;
-- hold: the greatest level of those of each value; scope session: of each session.
SELECT count(*), count(*) FILTER (WHERE (h.f).level <> coalesce(v.level, 0)) AS differ FROM
	(SELECT who, analytics.funnel_agg('9 minutes', '{}', ts, value, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0) AS f FROM public.fa GROUP BY who) h LEFT JOIN
	(SELECT who, max(level) AS level FROM (SELECT who, value, (analytics.funnel_agg('9 minutes', '{}', ts, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0)).level FROM public.fa WHERE value IS NOT NULL GROUP BY who, value) s GROUP BY who) v USING (who);
SELECT count(*), count(*) FILTER (WHERE (h.f).level <> v.level) AS differ FROM
	(SELECT who, analytics.funnel_agg('9 minutes', '{"scope": "session", "session_gap": "6 minutes"}', ts, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0) AS f FROM public.fa GROUP BY who) h JOIN
	(SELECT who, max(level) AS level FROM (SELECT who, session, (analytics.funnel_agg('9 minutes', '{}', ts, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0)).level
		FROM (SELECT *, count(*) FILTER (WHERE new) OVER (PARTITION BY who ORDER BY ts) AS session FROM (SELECT *, ts - lag(ts) OVER (PARTITION BY who ORDER BY ts) > interval '6 minutes' AS new FROM public.fa) a) b GROUP BY who, session) s GROUP BY who) v USING (who);
-- Parallel workers, and groups that go to disk.
CREATE TEMP TABLE serial AS SELECT value, analytics.funnel_agg('2 minutes', '{"ordering": "strict", "once": true}', ts, who::text, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0, bits & 8 > 0) AS f FROM public.fa GROUP BY value;
CREATE TEMP TABLE serial_groups AS SELECT who, analytics.funnel_agg('9 minutes', '{"ordering": "strict"}', ts, value, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0 OR bits = 9) AS f FROM public.fa GROUP BY who;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text; found boolean := false;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP found := found OR line ~ 'Partial'; END LOOP;
	RETURN found;
END $$;
SELECT pg_temp.is_parallel('SELECT value, analytics.funnel_agg(''2 minutes'', NULL, ts, who::text, bits & 1 > 0) FROM public.fa GROUP BY value');
SELECT count(*) AS differ FROM (SELECT value, analytics.funnel_agg('2 minutes', '{"ordering": "strict", "once": true}', ts, who::text, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0, bits & 8 > 0) AS f FROM public.fa GROUP BY value EXCEPT ALL SELECT * FROM serial) d;
SET max_parallel_workers_per_gather = 0; SET work_mem = '64kB';
SELECT count(*) AS differ FROM (SELECT who, analytics.funnel_agg('9 minutes', '{"ordering": "strict"}', ts, value, bits & 1 > 0, bits & 2 > 0, bits & 4 > 0 OR bits = 9) AS f FROM public.fa GROUP BY who EXCEPT ALL SELECT * FROM serial_groups) d;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET work_mem;
-- As a window function: the answer for the rows so far.
SELECT n, (analytics.funnel_agg('1 hour', '{}', timestamptz '2026-01-01' + n * interval '1 minute', n % 3 = 1, n % 3 = 2) OVER (ORDER BY n)).level FROM generate_series(0, 3) n ORDER BY n;

-- A million rows of one group, in order: a state of a few events; and so in other meanings.
SELECT octet_length(analytics.behaviour_state_send(pg_temp.part('1 hour', '{}', ts, n % 7 = 0, n % 11 = 0, n % 10 = 3, n = 0 ORDER BY ts))) < 3000 AS bounded FROM generate_series(1, 1000000) n, LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 second') t(ts);
SELECT o, octet_length(analytics.behaviour_state_send(pg_temp.part('1 hour', o, ts, n % 7 = 0, n % 11 = 0, n % 10 = 3, n = 0 ORDER BY ts))) < 3000 AS bounded
FROM unnest(ARRAY['{"entry": "first"}', '{"entry": "last"}', '{"scope": "step"}', '{"ordering": "strict"}', '{"once": true, "open_entry": true}', '{"exclude": [{"condition": 4}]}', '{"optional": [1, 2]}']::jsonb[]) o, generate_series(1, 30000) n,
	LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 second') t(ts) GROUP BY o ORDER BY o;
-- And out of order, where each has to be kept, in every meaning in reasonable time.
SELECT o, (analytics.funnel_agg('1 hour', o, timestamptz '2026-01-01' + n * 7919 % 1000000 * interval '1 second', n % 7 = 0, n % 11 = 0, n % 2 = 0, n = 0)).level
FROM unnest(ARRAY['{"once": true}', '{"once": true, "ordering": "any"}', '{"scope": "session"}']::jsonb[]) o, generate_series(1, 100000) n GROUP BY o ORDER BY o;

-- Golden bytes: docs/behaviour.md describes them. Rows in another order, and twice, make the same.
SELECT pg_temp.part('1 hour', '{}', ts, n = 1, n = 2)::text = pg_temp.part('1 hour', NULL, ts, n = 1, n = 2 ORDER BY n DESC)::text AS same, pg_temp.part('1 hour', '{}', ts, n = 1, n = 2)::text AS plain
FROM (SELECT n, timestamptz '2000-01-01' + n * interval '1 microsecond' FROM generate_series(1, 2) n) r(n, ts);
SELECT pg_temp.part('1 hour', '{"entry": "last", "scope": "session", "session_gap": "1 second", "once": true, "optional": [1], "exclude": [{"condition": 3}]}', ts, v, n = 1, n = 2, n = 3 ORDER BY n)::text AS held
FROM (SELECT n, timestamptz '2000-01-01' + n * interval '1 microsecond', (ARRAY['b', 'ab', NULL])[n] FROM generate_series(1, 3) n) r(n, ts, v);
DROP TABLE public.fa;

-- What is refused.
SELECT analytics.funnel_agg('0', '{}', now(), true);
SELECT analytics.funnel_agg(NULL, '{}', now(), true);
SELECT analytics.funnel_agg('1 day', '[]', now(), true);
SELECT analytics.funnel_agg('1 day', '{"entri": "any"}', now(), true);
SELECT analytics.funnel_agg('1 day', '{"entry": "frist"}', now(), true);
SELECT analytics.funnel_agg('1 day', '{"scope": "whole"}', now(), true);
SELECT analytics.funnel_agg('1 day', '{"ordering": 1}', now(), true);
SELECT analytics.funnel_agg('1 day', '{"once": "yes"}', now(), true);
SELECT analytics.funnel_agg('1 day', '{"optional": 1}', now(), true, true);
SELECT analytics.funnel_agg('1 day', '{"optional": [1.5]}', now(), true, true);
SELECT analytics.funnel_agg('1 day', '{"optional": [3]}', now(), true, true);
SELECT analytics.funnel_agg('1 day', '{"optional": [2]}', now(), true, true);
SELECT analytics.funnel_agg('1 day', '{"exclude": [1]}', now(), true, true);
SELECT analytics.funnel_agg('1 day', '{"exclude": [{"from": 1}]}', now(), true, true);
SELECT analytics.funnel_agg('1 day', '{"exclude": [{"condition": 3, "form": 1}]}', now(), true, true, true);
SELECT analytics.funnel_agg('1 day', '{"exclude": [{"condition": 3}]}', now(), true, true);
SELECT analytics.funnel_agg('1 day', '{"exclude": [{"condition": 1}]}', now(), true, true);
SELECT analytics.funnel_agg('1 day', '{"exclude": [{"condition": 1}]}', now(), true);
SELECT analytics.funnel_agg('1 day', '{"exclude": [{"condition": 3, "from": 2}]}', now(), true, true, true);
SELECT analytics.funnel_agg('1 day', '{"exclude": [{"condition": 3, "to": 4}]}', now(), true, true, true);
SELECT analytics.funnel_agg('1 day', '{"session_gap": "1 hour"}', now(), true);
SELECT analytics.funnel_agg('1 day', '{"scope": "session", "session_gap": "-1 hour"}', now(), true);
SELECT analytics.funnel_agg('1 day', '{"ordering": "any", "scope": "step"}', now(), true);
SELECT analytics.funnel_agg('1 day', '{}', now(), VARIADIC '{}'::boolean[]);
SELECT analytics.funnel_agg('1 day', '{}', now(), 'x', VARIADIC array_fill(true, ARRAY[993]));
SELECT analytics.funnel_agg('1 day', o, now(), true) FROM unnest('{"{}","{\"once\": true}"}'::jsonb[]) o;
SELECT analytics.funnel_agg('1 day', '{}', now(), 'x', VARIADIC c) FROM (VALUES ('{t}'::boolean[]), ('{t,f}')) v(c);
SELECT analytics.funnel_agg_sfunc(NULL, '1 day', '{}', now(), true);
SELECT analytics.funnel_agg_final('\x01010100030000000900000000a0e3d08c00000005');

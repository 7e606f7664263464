/*
 * window_funnel: its state.  Parallel and serial, partial states and whole, rows
 * in any order, ORDER BY in the call, windows, spilled groups, one entity with
 * very many events; the stored form byte by byte; and what is refused.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE TABLE funnel_events AS
SELECT i, i % 500 AS entity, timestamptz '2026-01-01' + abs(hashint8(i)::bigint) % 100003 * interval '7 s' AS ts, (ARRAY['A', 'B', 'C', 'x'])[1 + abs(hashint8(i * 3)::bigint) % 4] AS e
FROM generate_series(1::bigint, 40000) i;
ANALYZE funnel_events;
CREATE TEMP TABLE modes AS SELECT * FROM unnest(ARRAY['', 'strict_order', 'strict_deduplication', 'strict_increase', 'strict_once',
	'strict_order, allow_reentry', 'strict_once,strict_deduplication', 'strict_increase, strict_order']) AS mode;
CREATE FUNCTION pg_temp.levels(query text) RETURNS TABLE (mode text, levels text) LANGUAGE plpgsql AS $$
BEGIN
	FOR mode IN SELECT m.mode FROM modes m LOOP
		EXECUTE format('SELECT string_agg(entity || '':'' || level, '' '' ORDER BY entity) FROM (%s) s', format(query, mode)) INTO levels;
		RETURN NEXT;
	END LOOP;
END $$;
CREATE TEMP TABLE serial AS SELECT * FROM pg_temp.levels('SELECT entity, analytics.window_funnel(''2 h'', %L, ts, e = ''A'', e = ''B'', e = ''C'') AS level FROM funnel_events GROUP BY 1');
SELECT mode, count(DISTINCT level) AS levels FROM serial, LATERAL regexp_matches(levels, ':(\d)', 'g') m(level) GROUP BY 1 ORDER BY mode COLLATE "C";
-- ORDER BY in the call, ascending and descending; sorted groups; hashed groups that do not fit.
SELECT count(*) AS ascending FROM serial NATURAL JOIN pg_temp.levels('SELECT entity, analytics.window_funnel(''2 h'', %L, ts, e = ''A'', e = ''B'', e = ''C'' ORDER BY ts) AS level FROM funnel_events GROUP BY 1');
SELECT count(*) AS descending FROM serial NATURAL JOIN pg_temp.levels('SELECT entity, analytics.window_funnel(''2 h'', %L, ts, e = ''A'', e = ''B'', e = ''C'' ORDER BY ts DESC) AS level FROM funnel_events GROUP BY 1');
SELECT count(*) AS by_other FROM serial NATURAL JOIN pg_temp.levels('SELECT entity, analytics.window_funnel(''2 h'', %L, ts, e = ''A'', e = ''B'', e = ''C'' ORDER BY e, ts) AS level FROM funnel_events GROUP BY 1');
SET enable_hashagg = off;
SELECT count(*) AS sorted FROM serial NATURAL JOIN pg_temp.levels('SELECT entity, analytics.window_funnel(''2 h'', %L, ts, e = ''A'', e = ''B'', e = ''C'') AS level FROM funnel_events GROUP BY 1');
RESET enable_hashagg;
SET work_mem = '64kB';
SELECT count(*) AS spilled FROM serial NATURAL JOIN pg_temp.levels('SELECT entity, analytics.window_funnel(''2 h'', %L, ts, e = ''A'', e = ''B'', e = ''C'') AS level FROM funnel_events GROUP BY 1');
RESET work_mem;
-- In parallel: partial states travel flat and are combined.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT count(*) AS parallel FROM serial NATURAL JOIN pg_temp.levels('SELECT entity, analytics.window_funnel(''2 h'', %L, ts, e = ''A'', e = ''B'', e = ''C'') AS level FROM funnel_events GROUP BY 1');
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text; found boolean := false;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP found := found OR line ~ 'Partial'; END LOOP;
	RETURN found;
END $$;
SELECT pg_temp.is_parallel('SELECT analytics.window_funnel(''2 h'', ts, e = ''A'') FROM funnel_events') AS without_groups, analytics.window_funnel('3 h', ts, e = 'x', e = 'A', e = 'B', e = 'C') AS level FROM funnel_events;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
-- As a window function the answer is that of the rows so far.
SELECT e, analytics.window_funnel('1 h', ts, e = 'A', e = 'B', e = 'C') OVER (ORDER BY ts) AS so_far, analytics.window_funnel('1 h', ts, e = 'A', e = 'B', e = 'C') OVER (ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS of_two
FROM (VALUES (timestamptz '2026-01-01 10:00', 'B'), ('2026-01-01 10:01', 'A'), ('2026-01-01 10:02', 'B'), ('2026-01-01 10:03', 'C')) AS t(ts, e) ORDER BY ts;
-- A million events of one entity, in order and not; with ORDER BY, and where the funnel is complete, they are not kept.
SELECT analytics.window_funnel('1 h', to_timestamp(i), i % 2 = 0, i % 2 = 1, false) AS ascending, analytics.window_funnel('1 h', to_timestamp(i * 7919 % 1000003), i % 2 = 0, i % 2 = 1, i < 0) AS shuffled,
	analytics.window_funnel('1 h', to_timestamp(i), i % 3 = 0, i % 3 = 1, i % 3 = 2) AS complete FROM generate_series(1::bigint, 1000000) i;
SELECT analytics.window_funnel('1 h', to_timestamp(i), i % 2 = 0, i % 2 = 1, false ORDER BY to_timestamp(i)) AS ordered FROM generate_series(1, 100000) i;
-- The stored form: version, kind, flags, 0, steps, size of the parameters; window and modes; time and mask of each event.
CREATE AGGREGATE pg_temp.funnel_state(interval, text, timestamptz, VARIADIC boolean[]) (SFUNC = analytics.window_funnel_sfunc, STYPE = analytics.behaviour_state, COMBINEFUNC = analytics.window_funnel_combine);
SELECT pg_temp.funnel_state('1 s', 'strict_once', ts, e = 'A', e = 'B', e = 'C')
FROM (VALUES (timestamptz '2000-01-01 00:00:00.000001+00', 'A'), ('1999-12-31 23:59:59.999998+00', 'B'), ('1999-12-31 23:59:59.999998+00', 'C')) AS t(ts, e);
SELECT state::text AS state, analytics.window_funnel_final(state) AS level, analytics.behaviour_state_send(state) = decode(substr(state::text, 3), 'hex') AS same
FROM (VALUES ('\x01010000030000000900000040420f0000000000080000000000000000010200000000000000020300000000000000040400000000000000'::text || '07'), ('\x01010000030000000900000040420f000000000008')) v(hex), LATERAL (SELECT hex::analytics.behaviour_state) s(state);
SELECT analytics.window_funnel_final('\x010101000300000009000000404200000000000000') AS complete;
SELECT octet_length(analytics.behaviour_state_send('\x010101000300000009000000404200000000000000')) AS bytes;
-- A value of the type as a column, and through COPY in its binary form.
CREATE TABLE funnel_states AS SELECT '\x010101000300000009000000404200000000000000'::analytics.behaviour_state AS state;
SELECT analytics.window_funnel_final(state) AS stored FROM funnel_states;
DROP TABLE funnel_states;
-- What is refused.
\set VERBOSITY terse
SELECT analytics.window_funnel_final('x');
SELECT analytics.window_funnel_final('\x01');
SELECT analytics.window_funnel_final('\x010102000300000009000000404200000000000000');
SELECT analytics.window_funnel_final('\x0102000003000000090000004042000000000000');
SELECT analytics.window_funnel_final('\x010100000300000009000000404200000000000000ff');
SELECT analytics.window_funnel_sfunc(NULL, '1 h', now(), true);
SELECT analytics.window_funnel_combine(NULL, NULL);
\set VERBOSITY default
SELECT analytics.window_funnel('0', now(), true);
SELECT analytics.window_funnel('-1 day', now(), true);
SELECT analytics.window_funnel('1 month', now(), true);
SELECT analytics.window_funnel('2147483647 days', now(), true);
SELECT analytics.window_funnel(NULL, now(), true);
SELECT analytics.window_funnel('1 h', NULL, now(), true);
SELECT analytics.window_funnel('1 h', 'strict', now(), true);
SELECT analytics.window_funnel('1 h', 'strict_once, strict_ordr', now(), true);
SELECT analytics.window_funnel('1 h', 'fast', now(), true);
SELECT analytics.window_funnel('1 h', 'allow_reentry', now(), true);
SELECT analytics.window_funnel('1 h', now(), VARIADIC '{}');
SELECT analytics.window_funnel('1 h', now(), VARIADIC NULL);
SELECT analytics.window_funnel('1 h', now(), VARIADIC '{{t},{f}}');
SELECT analytics.window_funnel('1 h', now(), VARIADIC array_fill(true, ARRAY[1025]));
SELECT analytics.window_funnel(i * interval '1 h', now(), true) FROM generate_series(1, 2) i;
SELECT analytics.window_funnel('1 h', now(), VARIADIC array_fill(true, ARRAY[i])) FROM generate_series(1, 2) i;
-- The same window in other words is the same; each group may have its own.
SELECT i / 2 AS entity, analytics.window_funnel(CASE WHEN i % 2 = 0 THEN interval '1 day' ELSE '24 h' END * (1 + i / 2), to_timestamp(i * 90000), i % 2 = 0, i % 2 = 1) FROM generate_series(0, 5) i GROUP BY 1 ORDER BY 1;
DROP TABLE funnel_events;

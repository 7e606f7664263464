/*
 * next_event: the examples of ClickHouse's page and others by hand; random
 * histories with ties against the definition in SQL (row numbers in the order of
 * time and value); parallel and serial, partial states and whole; the stored
 * form; and what is refused.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE TABLE flow (id int, at int, page text, ref text);
INSERT INTO flow VALUES (1, 1, 'A', 'ref4'), (1, 2, 'A', 'ref3'), (1, 3, 'B', 'ref2'), (1, 4, 'B', 'ref1'), (2, 1, 'Home', ''), (2, 2, 'Gift', ''), (2, 3, 'Exit', ''), (3, 1, 'Home', ''), (3, 2, 'Home', ''), (3, 3, 'Gift', ''), (3, 4, 'Basket', ''),
	(4, 1, 'Gift', ''), (4, 2, 'Home', ''), (4, 3, 'Gift', ''), (4, 4, 'Basket', ''), (5, 1, 'Home', NULL), (5, NULL, 'Gift', NULL), (5, 2, NULL, NULL), (5, 3, 'Gift', NULL), (5, 4, 'End', NULL), (6, NULL, 'Home', NULL);
-- Which page comes behind Home, Gift? 2: the first event is Home. 3: the first Home has no Gift behind it. 4: the first event is no Home. 5: rows without time or value are not there.
SELECT id, analytics.next_event('forward', 'head', to_timestamp(at), page, page = 'Home', page = 'Home', page = 'Gift') AS head, analytics.next_event('forward', 'first_match', to_timestamp(at), page, true, page = 'Home', page = 'Gift') AS first,
	analytics.next_event('forward', 'last_match', to_timestamp(at), page, true, page = 'Home', page = 'Gift') AS last FROM flow GROUP BY 1 ORDER BY 1;
-- And before Basket, Gift, or before the last page?
SELECT id, analytics.next_event('backward', 'tail', to_timestamp(at), page, page = 'Basket', page = 'Basket', page = 'Gift') AS tail, analytics.next_event('backward', 'first_match', to_timestamp(at), page, true, page = 'Gift') AS first,
	analytics.next_event('backward', 'last_match', to_timestamp(at), page, true, page = 'Gift') AS last, analytics.next_event('backward', 'tail', to_timestamp(at), page, true, true) AS before_last FROM flow GROUP BY 1 ORDER BY 1;
-- The base condition looks at another column than the chain: the first B that came from ref2, ref1 or none.
SELECT analytics.next_event('forward', 'first_match', to_timestamp(at), page || ref, ref = 'ref2', page = 'B') AS ref2, analytics.next_event('forward', 'first_match', to_timestamp(at), page || ref, ref = 'ref1', page = 'B') AS ref1,
	analytics.next_event('backward', 'last_match', to_timestamp(at), page || ref, ref = 'ref2', page = 'B', page = 'A') AS before_ref2, analytics.next_event('forward', 'head', to_timestamp(at), page || ref, NULL, true) AS no_base FROM flow WHERE id = 1;
-- NULL conditions are false; no rows, no answer; values of one time stand in the order of their bytes.
SELECT analytics.next_event('forward', 'first_match', to_timestamp(at), page, true, NULL) AS null_condition, analytics.next_event('forward', 'head', now(), page, true, true) FILTER (WHERE false) AS nothing FROM flow;
SELECT analytics.next_event('forward', 'head', 'epoch', v, true, true, true, true) AS fourth, analytics.next_event('backward', 'tail', 'epoch', v, true, true) AS last_but_one FROM unnest(ARRAY['b', 'ü', 'B', 'ab', 'a', '']) v;
SELECT analytics.next_event('forward', 'first_match', t, v, true, v = 'a', v = 'b') AS infinite FROM (VALUES (timestamptz 'infinity', 'c'), ('-infinity', 'a'), ('2000-01-01', 'b')) x(t, v);

-- Random histories with ties, against the definition.
CREATE TABLE next_events AS
SELECT i, i % 400 AS entity, timestamptz '2026-01-01' + abs(hashint8(i)::bigint) % 97 * interval '1 min' AS ts, (ARRAY['a', 'b', 'c', 'd', 'e'])[1 + abs(hashint8(i * 7)::bigint) % 5] AS v, hashint8(i * 11) % 3 <> 0 AS base
FROM generate_series(1::bigint, 12000) i WHERE abs(hashint8(i + 5)::bigint) % 400 >= i % 400;
ALTER TABLE next_events ADD x boolean, ADD y boolean;
UPDATE next_events SET x = v IN ('a', 'b', 'c'), y = v IN ('b', 'd');
ANALYZE next_events;
CREATE TEMP TABLE asks AS SELECT direction, base FROM unnest(ARRAY['forward', 'backward']) direction, unnest(ARRAY['head', 'tail', 'first_match', 'last_match']) base WHERE (direction, base) NOT IN (('forward', 'tail'), ('backward', 'head'));
-- What satisfies what depends on the value alone but for the base, which comes in order false, true: so the order of equal ones is known.
CREATE TEMP TABLE slow AS
WITH numbered AS (SELECT *, row_number() OVER (PARTITION BY entity ORDER BY ts, v COLLATE "C", base) AS n, count(*) OVER (PARTITION BY entity) AS of FROM next_events),
	begins AS (SELECT a.direction, a.base AS kind, entity, CASE a.base WHEN 'head' THEN min(n) FILTER (WHERE n = 1 AND e.base) WHEN 'tail' THEN max(n) FILTER (WHERE n = e.of AND e.base)
		WHEN 'first_match' THEN min(n) FILTER (WHERE e.base AND x) ELSE max(n) FILTER (WHERE e.base AND x) END AS n FROM numbered e, asks a GROUP BY 1, 2, 3)
SELECT b.direction, b.kind, b.entity, CASE WHEN e1.x THEN e2.v END AS one, CASE WHEN e1.x AND e2.y THEN e3.v END AS two
FROM begins b CROSS JOIN LATERAL (SELECT CASE b.direction WHEN 'forward' THEN 1 ELSE -1 END) s(step)
	LEFT JOIN numbered e1 ON e1.entity = b.entity AND e1.n = b.n LEFT JOIN numbered e2 ON e2.entity = b.entity AND e2.n = b.n + step LEFT JOIN numbered e3 ON e3.entity = b.entity AND e3.n = b.n + 2 * step;
ANALYZE slow;
SELECT direction, kind, count(*) AS entities, count(one) AS one, count(two) AS two FROM slow GROUP BY 1, 2 ORDER BY 1, 2;
CREATE FUNCTION pg_temp.different(ordered text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint := 0; m bigint; a record;
BEGIN
	FOR a IN SELECT * FROM asks LOOP
		EXECUTE format('SELECT count(*) FROM slow s FULL JOIN (SELECT entity, analytics.next_event(%1$L, %2$L, ts, v, base, x %3$s) AS one, analytics.next_event(%1$L, %2$L, ts, v, base, x, y %3$s) AS two FROM next_events GROUP BY 1) f USING (entity)
			WHERE s.direction = %1$L AND s.kind = %2$L AND (s.one, s.two) IS DISTINCT FROM (f.one, f.two)', a.direction, a.base, ordered) INTO m;
		n := n + m;
	END LOOP;
	RETURN n;
END $$;
SELECT pg_temp.different('') AS hashed, pg_temp.different('ORDER BY ts') AS ascending, pg_temp.different('ORDER BY ts DESC') AS descending, pg_temp.different('ORDER BY v, i') AS by_value;
SET work_mem = '64kB';
SELECT pg_temp.different('') AS spilled;
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
SELECT pg_temp.is_parallel('SELECT analytics.next_event(''forward'', ''head'', ts, v, base, x) FROM next_events') AS parallel, pg_temp.different('') AS different;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
-- As a window function: of the rows so far. Forty conditions. A million events of one entity, each with a value of its own.
SELECT v, analytics.next_event('backward', 'tail', to_timestamp(ord), v, true, v <> 'x') OVER (ORDER BY ord) AS before FROM unnest(ARRAY['p', 'q', 'x', 'r']) WITH ORDINALITY u(v, ord) ORDER BY ord;
SELECT analytics.next_event('forward', 'first_match', to_timestamp(i), 'v' || i, true, VARIADIC ARRAY(SELECT i = c FROM generate_series(1, 40) c)) AS behind_40 FROM generate_series(0, 60) i;
SELECT analytics.next_event('forward', 'head', to_timestamp(i * 7919 % 1000003), 'v' || i, true, true) AS second, analytics.next_event('forward', 'first_match', to_timestamp(i * 7919 % 1000003), 'v' || i, i = 999999, true) AS behind, 999999::bigint * 7919 % 1000003 AS at,
	analytics.next_event('backward', 'last_match', to_timestamp(i), 'v' || i, false, true) AS none FROM generate_series(1::bigint, 1000000) i;
SELECT i FROM generate_series(1::bigint, 1000000) i WHERE i * 7919 % 1000003 IN (2, 999999::bigint * 7919 % 1000003 + 1) ORDER BY i * 7919 % 1000003;
-- States: the stored form, through a table, and the parts of them together.
CREATE AGGREGATE pg_temp.next_state(text, text, timestamptz, text, boolean, VARIADIC boolean[]) (SFUNC = analytics.next_event_sfunc, STYPE = analytics.next_event_state, COMBINEFUNC = analytics.next_event_combine);
CREATE AGGREGATE pg_temp.next_union(analytics.next_event_state) (SFUNC = analytics.next_event_combine, STYPE = analytics.next_event_state, FINALFUNC = analytics.next_event_final);
SELECT pg_temp.next_state('forward', 'first_match', timestamptz '2000-01-01' + n * interval '1 us', v, base, c1, c2)
FROM (VALUES (6, 'later', true, true, true), (0, 'a', false, false, true), (5, 'ab', false, false, false), (0, '', true, true, false), (-1, 'ab', false, true, false)) x(n, v, base, c1, c2);
SELECT analytics.next_event_final('\x010103000200000003000161026162ffffffffffffffff0202000000000000000000030000000000000000010405000000000000000200') AS value;
SELECT analytics.next_event_final('\x010101000100000000') AS nothing, octet_length(analytics.next_event_state_send('\x010101000100000000')) AS bytes;
CREATE TABLE next_parts AS SELECT a.direction, a.base AS kind, entity, i % 5 AS part, pg_temp.next_state(a.direction, a.base, ts, v, e.base, x, y) AS state FROM next_events e, asks a GROUP BY 1, 2, 3, 4;
SELECT count(*) AS groups, count(*) FILTER (WHERE s.two IS DISTINCT FROM p.two) AS different FROM slow s JOIN (SELECT direction, kind, entity, pg_temp.next_union(state) AS two FROM next_parts GROUP BY 1, 2, 3) p USING (direction, kind, entity);
DROP TABLE next_parts, next_events;
-- What is refused.
SELECT analytics.next_event('forwards', 'head', now(), page, true, true) FROM flow;
SELECT analytics.next_event('up', 'head', now(), page, true, true) FROM flow;
SELECT analytics.next_event('forward', 'first', now(), page, true, true) FROM flow;
SELECT analytics.next_event('forward', '', now(), page, true, true) FROM flow;
SELECT analytics.next_event('backward', 'head', now(), page, true, true) FROM flow;
SELECT analytics.next_event('forward', 'tail', now(), page, true, true) FROM flow;
SELECT analytics.next_event(NULL, 'tail', now(), page, true, true) FROM flow;
SELECT analytics.next_event('forward', NULL, now(), page, true, true) FROM flow;
SELECT analytics.next_event('forward', 'head', now(), page, true, VARIADIC '{}') FROM flow;
SELECT analytics.next_event('forward', 'head', now(), page, true, VARIADIC array_fill(true, ARRAY[1025])) FROM flow;
SELECT analytics.next_event('forward', CASE id WHEN 1 THEN 'head' ELSE 'first_match' END, now(), page, true, true) FROM flow;
SELECT analytics.next_event('forward', 'head', now(), page, true, VARIADIC array_fill(true, ARRAY[id])) FROM flow;
SELECT pg_temp.next_union(state) FROM (VALUES ('\x010101000100000000'::analytics.next_event_state), ('\x010103000100000000')) v(state);
\set VERBOSITY terse
SELECT analytics.next_event_final('\x01');
SELECT analytics.next_event_final('\x010102000100000000');
SELECT analytics.next_event_final('\x010101000100000001026162');
SELECT analytics.next_event_final('\x01010100010000000101ff00000000000000000000') AS no_text;
SELECT analytics.next_event_sfunc(NULL, 'forward', 'head', now(), 'x', true, true);
SELECT analytics.next_event_combine(NULL, NULL);
DROP TABLE flow;

/*
 * window_funnel: worked out by hand in every mode, against plain SQL that tries
 * every chain, serial and parallel, and what it refuses.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
-- One letter an event, one second apart; the funnel is A, B, C within ten seconds. The columns of each case: default,
-- strict_order, strict_deduplication, strict_increase, strict_once, strict_order and allow_reentry.
CREATE TEMP TABLE histories (n int, history text);
INSERT INTO histories VALUES
	(1, 'A B C'), (2, 'C B A'), (3, 'A x B C'), (4, 'A A B C'), (5, 'A B B C'), (6, 'A C B C'), (7, 'x A B C'),
	(8, 'B C'), (9, 'A x x x x x x x B C'), (10, 'A x x x x x x x x x B C'), (11, 'A B A x x x x x x x B C');
SELECT history,
	analytics.window_funnel('10 s', ts, e = 'A', e = 'B', e = 'C') AS plain,
	analytics.window_funnel('10 s', 'strict_order', ts, e = 'A', e = 'B', e = 'C') AS ordered,
	analytics.window_funnel('10 s', 'strict_deduplication', ts, e = 'A', e = 'B', e = 'C') AS dedup,
	analytics.window_funnel('10 s', 'strict_increase', ts, e = 'A', e = 'B', e = 'C') AS increase,
	analytics.window_funnel('10 s', 'strict_once', ts, e = 'A', e = 'B', e = 'C') AS once,
	analytics.window_funnel('10 s', 'strict_order, allow_reentry', ts, e = 'A', e = 'B', e = 'C') AS reentry
FROM histories, LATERAL string_to_table(history, ' ') WITH ORDINALITY u(e, i), LATERAL (SELECT timestamptz '2026-01-01' + i * interval '1 s') t(ts)
GROUP BY n, history ORDER BY n;
-- Times by hand: events that are simultaneous, repeat, or serve several steps at once.
WITH t(n, at, steps) AS (VALUES
	(1, 1, 'A'), (1, 2, 'A'), (1, 2, 'B'),    -- A, and then A and B together
	(2, 1, 'ABC'),                            -- one event for everything
	(3, 1, 'ABC'), (3, 1, 'ABC'),             -- two of it
	(4, 1, 'AB'), (4, 1, 'AC'), (4, 1, 'BC'), -- three that have to be dealt out
	(5, 1, 'C'), (5, 1, 'B'), (5, 1, 'A'))    -- against the order
SELECT n,
	analytics.window_funnel('10 s', to_timestamp(at), steps ~ 'A', steps ~ 'B', steps ~ 'C') AS plain,
	analytics.window_funnel('10 s', 'strict_increase', to_timestamp(at), steps ~ 'A', steps ~ 'B', steps ~ 'C') AS increase,
	analytics.window_funnel('10 s', 'strict_once', to_timestamp(at), steps ~ 'A', steps ~ 'B', steps ~ 'C') AS once
FROM t GROUP BY n ORDER BY n;
-- The window ends with its last microsecond, in seconds, days of 24 hours, and over the change of the clocks.
SET timezone = 'Europe/Berlin';
SELECT w, analytics.window_funnel(w, ts, e = 1, e = 2) AS level
FROM (VALUES (1, timestamptz '2026-03-28 12:00'), (2, '2026-03-29 13:00:00.000001')) AS t(e, ts), (VALUES (interval '1 day'), ('24:00:00.000001'), ('23:59:59.999999'), ('1 day 1 us')) AS v(w)
GROUP BY w ORDER BY w;
SET timezone = 'UTC';
-- NULL: a time leaves its row out, a condition is false and the row still counts for the others; no rows are level 0.
SELECT analytics.window_funnel('1 h', ts, a, b) AS null_condition, analytics.window_funnel('1 h', 'strict_order', ts, a, b) AS nothing_true,
	analytics.window_funnel('1 h', ts, a, c) AS null_time, analytics.window_funnel('1 h', ts, VARIADIC ARRAY[a, NULL, b]) AS never
FROM (VALUES (timestamptz '2026-01-01 10:00', true, NULL::boolean, false), ('2026-01-01 10:10', NULL, NULL, NULL), ('2026-01-01 10:20', NULL, true, NULL), (NULL, NULL, NULL, true)) AS t(ts, a, b, c);
SELECT analytics.window_funnel('1 h', now(), true) AS no_rows FROM generate_series(1, 0);
SELECT analytics.window_funnel('1 h', now(), false) AS no_step FROM generate_series(1, 3);
SELECT analytics.window_funnel('1 h', ts, e = 1, e = 2, e = 3) AS far
FROM (VALUES (1, timestamptz '-infinity'), (2, '-infinity'), (3, '2026-01-01')) AS t(e, ts);
-- More steps than a word has bits; each of its own, and all at once.
SELECT n, analytics.window_funnel('1 h', to_timestamp(i), VARIADIC (SELECT array_agg(i = k ORDER BY k) FROM generate_series(1, n) k)) AS level,
	analytics.window_funnel('1 h', 'strict_once', to_timestamp(0), VARIADIC array_fill(true, ARRAY[n])) AS crowd
FROM generate_series(1, 100) i, (VALUES (32), (33), (64), (65), (100), (130)) AS v(n) GROUP BY n ORDER BY n;
-- Against every chain that there is, found by joins: 3 steps, many ties, three modes.
SELECT setseed(0.5);
CREATE TEMP TABLE small AS
SELECT entity, i, to_timestamp(floor(random() * 8)) AS ts, random() < 0.4 AS a, random() < 0.3 AS b, random() < 0.3 AS c
FROM generate_series(1, 3000) entity, generate_series(1, 6) i;
CREATE TEMP TABLE chains AS
SELECT entity, w, mode, 1 AS level FROM small, generate_series(1, 5, 2) w, (VALUES (''), ('strict_increase'), ('strict_once')) v(mode) WHERE a
UNION ALL
SELECT x.entity, w, mode, 2 FROM small x JOIN small y USING (entity), generate_series(1, 5, 2) w, (VALUES (''), ('strict_increase'), ('strict_once')) v(mode)
WHERE x.a AND y.b AND y.ts BETWEEN x.ts AND x.ts + w * interval '1 s' AND (mode <> 'strict_increase' OR y.ts > x.ts) AND (mode <> 'strict_once' OR y.i <> x.i)
UNION ALL
SELECT x.entity, w, mode, 3 FROM small x JOIN small y USING (entity) JOIN small z USING (entity), generate_series(1, 5, 2) w, (VALUES (''), ('strict_increase'), ('strict_once')) v(mode)
WHERE x.a AND y.b AND z.c AND y.ts BETWEEN x.ts AND z.ts AND z.ts BETWEEN x.ts AND x.ts + w * interval '1 s'
	AND (mode <> 'strict_increase' OR (y.ts > x.ts AND z.ts > y.ts)) AND (mode <> 'strict_once' OR (y.i <> x.i AND z.i <> y.i AND z.i <> x.i));
WITH wanted AS (
	SELECT entity, w, mode, coalesce(max(level), 0) AS level
	FROM (SELECT DISTINCT entity FROM small) s CROSS JOIN generate_series(1, 5, 2) w CROSS JOIN (VALUES (''), ('strict_increase'), ('strict_once')) v(mode)
	LEFT JOIN chains USING (entity, w, mode) GROUP BY 1, 2, 3),
got AS (
	SELECT entity, w, mode, analytics.window_funnel(w * interval '1 s', mode, ts, a, b, c) AS level
	FROM small, generate_series(1, 5, 2) w, (VALUES (''), ('strict_increase'), ('strict_once')) v(mode) GROUP BY 1, 2, 3)
SELECT mode, wanted.level, count(*) > 100 AS many, count(*) FILTER (WHERE wanted.level <> got.level) AS wrong
FROM wanted JOIN got USING (entity, w, mode) GROUP BY 1, 2 ORDER BY mode COLLATE "C", 2;

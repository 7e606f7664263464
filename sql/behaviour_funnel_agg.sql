/*
 * funnel_agg: each option on histories of a few events, with answers worked out by
 * hand; what is refused, and why.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE TEMP TABLE shop (who text, at timestamptz, event text);
INSERT INTO shop VALUES
	('ann', '2026-03-02 10:00', 'view'), ('ann', '2026-03-02 10:05', 'cart'), ('ann', '2026-03-02 12:00', 'purchase'),
	('bob', '2026-03-02 11:00', 'view'), ('bob', '2026-03-03 11:00', 'cart'), ('bob', '2026-03-11 09:00', 'purchase'),
	('cid', '2026-03-04 08:00', 'cart'), ('cid', '2026-03-04 08:10', 'view'), ('dan', '2026-03-05 20:00', 'view'), ('eve', '2026-03-05 21:00', 'help');
SELECT who, (f).*, analytics.funnel_durations(f)
FROM (SELECT who, analytics.funnel_agg('7 days', '{}', at, event = 'view', event = 'cart', event = 'purchase') AS f FROM shop GROUP BY who) u ORDER BY who;

-- A history is written as times and letters: '1A 2B 2BC 3-' has four events, at minutes; the letters A to F are conditions. Behind a
-- colon stands a value to hold.
CREATE FUNCTION pg_temp.history(history text) RETURNS TABLE (ts timestamptz, letters text, value text) LANGUAGE sql AS $$
	SELECT timestamptz '2026-01-01 00:00' + (e[1] || ' minutes')::interval, e[2], nullif(e[3], '')
	FROM regexp_split_to_table(history, ' ') AS part, regexp_match(part, '^(\d+)([A-F-]+):?(.*)$') AS e $$;
-- Level, steps, and the minutes of the chain.
CREATE FUNCTION pg_temp.shown(f analytics.funnel) RETURNS text LANGUAGE sql AS $$
	SELECT (f).level || ' ' || array_to_string((f).steps, '') || ' ' ||
		array_to_string(ARRAY(SELECT extract(epoch FROM t - timestamptz '2026-01-01') / 60 FROM unnest((f).times) WITH ORDINALITY AS u(t, n) ORDER BY n)::int[], ' ', '-') $$;
CREATE FUNCTION pg_temp.three(history text, options jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.shown(analytics.funnel_agg('10 minutes', options, ts, letters ~ 'A', letters ~ 'B', letters ~ 'C')) FROM pg_temp.history(history) $$;
CREATE FUNCTION pg_temp.six(history text, options jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.shown(analytics.funnel_agg('10 minutes', options, ts, letters ~ 'A', letters ~ 'B', letters ~ 'C', letters ~ 'D', letters ~ 'E', letters ~ 'F')) FROM pg_temp.history(history) $$;

-- What is reported ends first, begins last, and what is in between comes last.
SELECT history, pg_temp.three(history, '{}') FROM unnest('{1A 2B 3C,1A 2A 3B 4B 5C 6C,3C 2B 1A,1A 5B 11C,1A 5B 12C,1A 5A 6B 12C,1ABC,1C 1B 1A,4-}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
-- entry: from any event, from the first, from the last that can begin.
SELECT history, pg_temp.three(history, '{"entry": "any"}') AS any, pg_temp.three(history, '{"entry": "first"}') AS first, pg_temp.three(history, '{"entry": "last"}') AS last
FROM unnest('{1A 5B 8C,1A 9A 15B 18C,1A 2B 3C 20A 21B,30B 31C 32A}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
-- scope: ten minutes for all, for each step, or for all within a session whose rows are at most five minutes apart.
SELECT history, pg_temp.three(history, '{"scope": "funnel"}') AS funnel, pg_temp.three(history, '{"scope": "step"}') AS step,
	pg_temp.three(history, '{"scope": "session", "session_gap": "5 minutes"}') AS session
FROM unnest('{1A 9B 18C,1A 5B 9C,1A 7B 8C,1A 5- 9B 10C,1A 2B 8A 9B 10C}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
-- ordering: steps with others in between, without, or in any order (then the times are those of the first, the second ...).
SELECT history, pg_temp.three(history, '{}') AS ordered, pg_temp.three(history, '{"ordering": "strict"}') AS strict, pg_temp.three(history, '{"ordering": "any"}') AS any
FROM unnest('{1A 2- 3B 4C,1A 2A 3B 4C,3C 4A 5B,3C 4A 14B,1C 2C 3A 11B,2AB 3AB}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
-- once: an event takes one step.
SELECT history, pg_temp.three(history, '{}') AS shared, pg_temp.three(history, '{"once": true}') AS once, pg_temp.three(history, '{"once": true, "ordering": "any"}') AS any
FROM unnest('{1ABC,1ABC 1ABC,1ABC 2ABC 3ABC,1AB 1C,1AB 1AC 1BC,3BC 4AB}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
-- open_entry: from any step on. What begins last is reported.
SELECT history, pg_temp.three(history, '{"open_entry": true}') AS open, pg_temp.three(history, '{"open_entry": true, "entry": "first"}') AS first
FROM unnest('{2B 3C,2B 3A 4C,5C,2A 3B 4C}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
-- optional: the second of three, and the first two of six.
SELECT history, pg_temp.three(history, '{"optional": [2]}') AS second FROM unnest('{1A 3C,1A 2B 3C,1A 2C 3B,1B 2C,2B 3A 4C}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
SELECT history, pg_temp.six(history, '{"optional": [1, 2, 4, 5]}') AS some FROM unnest('{3C 4F,1A 2B 3C 4D 5E 6F,3ABC 4F 5E,1A 3B 4F,1C 2D 3E 4D 5F}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
-- exclude: condition E, between the first step and the last, or the second and the third; F, up to the second.
SELECT history, pg_temp.six(history, '{"exclude": [{"condition": 5}, {"condition": 6}]}') AS all, pg_temp.six(history, '{"exclude": [{"condition": 5, "from": 2, "to": 3}, {"condition": 6, "to": 2}]}') AS some
FROM unnest('{1A 2B 3C 4D,1A 2E 3B 4C 5D,1A 2B 3E 4C 5D,1A 2F 3B,1A 2F 3A 4B,1A 1E 2B 2F 3C 3E 4D,1A 2B 3E 4B 5C 6D}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
-- An exclusion beside an optional step: what is left out has the time of the step before it.
SELECT history, pg_temp.six(history, '{"optional": [2], "exclude": [{"condition": 5, "from": 2, "to": 3}, {"condition": 6, "from": 1, "to": 2}]}') AS excluded
FROM unnest('{1A 2E 3C 4D,1A 2B 3E 4C 5D,1A 2F 3B 4C 5D,1A 2B 3F 4C 5D}'::text[]) WITH ORDINALITY h(history, n) ORDER BY n;
-- hold: one value along the chain; rows without one take no part, but keep a session together.
SELECT history, pg_temp.shown(analytics.funnel_agg('10 minutes', '{}', ts, value, letters ~ 'A', letters ~ 'B', letters ~ 'C')) AS held,
	pg_temp.shown(analytics.funnel_agg('10 minutes', '{"scope": "session", "session_gap": "3 minutes"}', ts, value, letters ~ 'A', letters ~ 'B', letters ~ 'C')) AS session,
	pg_temp.shown(analytics.funnel_agg('10 minutes', '{"ordering": "strict"}', ts, value, letters ~ 'A', letters ~ 'B', letters ~ 'C')) AS strict
FROM unnest('{1A:x 2B:x 3C:x,1A:x 2B:y 3C:x,1A:x 2A:y 3B:x 4B:y 5C:y,1A:x 2B 3B:x 4C,1A:x 3- 5B:x 9C:x,1A:x 2-:y 3-: 4B:x 5-:x 6C:x,1A:a 1A:ab 2B:ab 3B:a}'::text[]) WITH ORDINALITY h(history, n), pg_temp.history(history)
GROUP BY n, history ORDER BY n;

-- NULLs, groups without rows, infinity, and the functions of type funnel.
SELECT analytics.funnel_agg('1 day', NULL, t, c, true) FROM (VALUES (timestamptz '2026-01-01', NULL::boolean), (NULL, true)) v(t, c);
SELECT analytics.funnel_agg('1 day', '{}', now(), true) FILTER (WHERE false), analytics.funnel_agg('1 day', '{}', NULL, true, false), analytics.funnel_agg('1 day', '{}', now(), NULL, true) FROM (VALUES (1)) v;
SELECT f, analytics.funnel_level(f), analytics.funnel_times(f), analytics.funnel_durations(f)
FROM (SELECT analytics.funnel_agg('100000000 days', '{"scope": "step"}', t, n = 1, n = 2, n = 3) AS f
	FROM (VALUES (timestamptz '-infinity', 1), ('2026-01-01', 1), ('2026-01-02', 2), ('infinity', 3)) v(t, n)) s;
SELECT analytics.funnel_level(NULL), analytics.funnel_level(ROW(2, NULL, NULL)), analytics.funnel_durations(ROW(1, NULL, '{}')), analytics.funnel_durations(ROW(1, NULL, '{NULL,2026-01-01,NULL,2026-01-03 01:00}'));
-- More conditions than fit into a word, and than into a call.
SELECT (f).level, cardinality((f).steps), (f).times[1], (f).times[200] - (f).times[1] AS took
FROM (SELECT analytics.funnel_agg('1 day', '{"exclude": [{"condition": 202, "from": 3}, {"condition": 201}]}', timestamptz '2026-01-01' + n * interval '1 minute', VARIADIC ARRAY(SELECT s = n FROM generate_series(1, 202) s)) AS f FROM generate_series(1, 200) n) s;

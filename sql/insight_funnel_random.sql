/*
 * funnel() on random events with ties, beside a slow and obvious query that follows
 * every chain: each meaning, what is held, excluded and broken down; tenants, filters,
 * NULL entities, memory that is too small, and rows that the caller may not see.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'UTC';
CREATE SCHEMA fun;
SET search_path = fun, analytics, public;
SELECT setseed(0.7);
CREATE TABLE ev AS
SELECT nullif((random() * 400)::int, 7) AS who, timestamptz '2026-01-01' + (random() * 2000)::int * interval '10 minutes' AS at,
	substr('abcdx', 1 + (random() * 4)::int, 1) AS event, nullif(substr('pqr', 1 + (random() * 2.4)::int, 1), 'r') AS plan, (random() * 2)::int AS tenant
FROM generate_series(1, 6000);
SELECT add_source('ev', 'fun.ev', 'at', 'who', event => 'event', tenant => 'tenant');

-- Entities that reach each step, found by following every chain.
CREATE FUNCTION slow(within interval, entry text, scope text, not_between text, keep boolean, which int, wanted text)
RETURNS TABLE (step int, entities bigint) LANGUAGE sql AS $$
	WITH RECURSIVE e AS (SELECT * FROM fun.ev WHERE who IS NOT NULL AND (which IS NULL OR tenant = which) AND (wanted IS NULL OR plan = wanted)),
	begins AS (
		SELECT who, CASE entry WHEN 'first' THEN min(at) WHEN 'last' THEN max(at) END AS bound FROM e
		WHERE event = 'a' AND at >= '2026-01-02' AND at < '2026-01-10' AND (NOT keep OR plan IS NOT NULL) GROUP BY who, CASE WHEN keep THEN plan END),
	chain AS (
		SELECT DISTINCT e.who, 1 AS step, e.at AS t1, e.at AS t, e.plan FROM e WHERE event = 'a' AND at >= '2026-01-02' AND at < '2026-01-10' AND (NOT keep OR plan IS NOT NULL)
			AND (entry = 'any' OR at = (SELECT CASE entry WHEN 'first' THEN min(at) ELSE max(at) END FROM e f WHERE f.who = e.who AND f.event = 'a'
				AND f.at >= '2026-01-02' AND f.at < '2026-01-10' AND (NOT keep OR f.plan = e.plan)))
		UNION
		SELECT c.who, c.step + 1, c.t1, e.at, c.plan FROM chain c JOIN e ON e.who = c.who AND e.event = substr('abcd', c.step + 1, 1) AND e.at >= c.t
			AND e.at <= CASE scope WHEN 'step' THEN c.t ELSE c.t1 END + within AND (NOT keep OR e.plan = c.plan)
			AND NOT EXISTS (SELECT FROM e x WHERE x.who = c.who AND x.event = not_between AND x.at > c.t AND x.at < e.at AND (NOT keep OR x.plan = c.plan))
		WHERE c.step < 4)
	SELECT s, (SELECT count(DISTINCT who) FROM chain WHERE chain.step = s) FROM generate_series(1, 4) s
$$;
-- every meaning: no row differs
CREATE TABLE ways AS
SELECT * FROM unnest('{6 hours,1 day,3 days}'::interval[]) within, unnest('{any,first,last}'::text[]) entry, unnest('{funnel,step}'::text[]) scope,
	unnest('{x,NULL}'::text[]) not_between, unnest('{f,t}'::boolean[]) keep;
CREATE FUNCTION differences() RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM fun.ways w, LATERAL (
		(SELECT step, entities FROM slow(within, entry, scope, not_between, keep, NULL, NULL)
		 EXCEPT SELECT step, entities FROM funnel('ev', '["a", "b", "c", "d"]', '2026-01-02', '2026-01-10', within, entry, scope,
			exclude => CASE WHEN not_between IS NOT NULL THEN '["x"]'::jsonb END, hold => CASE WHEN keep THEN '{plan}'::text[] END))) d
$$;
SELECT count(*) AS ways, bool_and(s.entities > 0) AS all_steps FROM ways w, slow('3 days', 'any', 'funnel', NULL, false, NULL, NULL) s;
SELECT differences();
-- the same where nothing fits into memory, and where workers read
SET work_mem = '64kB';
SELECT differences();
RESET work_mem;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SELECT differences();
RESET parallel_tuple_cost;
-- every tenant and every plan by itself is what a filter, the tenant and the breakdown by all give
SELECT bool_and(f.entities = s.entities) FROM generate_series(0, 2) t, slow('1 day', 'any', 'funnel', NULL, false, t, NULL) s
	JOIN funnel('ev', '["a", "b", "c", "d"]', '2026-01-02', '2026-01-10', '1 day', tenant => t::text) f ON f.step = s.step;
SELECT bool_and(f.entities = s.entities AND b.entities = s.entities) FROM unnest('{p,q}'::text[]) p, slow('1 day', 'any', 'funnel', NULL, false, NULL, p) s,
	funnel('ev', '["a", "b", "c", "d"]', '2026-01-02', '2026-01-10', '1 day', filters => jsonb_build_object('plan', p)) f,
	funnel('ev', '["a", "b", "c", "d"]', '2026-01-02', '2026-01-10', '1 day', breakdown => 'plan', attribution => 'all') b
WHERE f.step = s.step AND b.step = s.step AND b.breakdown = p;
-- breakdown by an attribution shares the entities out; entities, trend and histogram agree with the funnel
CREATE TABLE whole AS SELECT * FROM funnel('ev', '["a", "b", "c"]', '2026-01-02', '2026-01-10', '1 day');
SELECT attribution, bool_and(entities = (SELECT entities FROM whole w WHERE w.step = f.step))
FROM unnest('{first,last,step 2}'::text[]) attribution, LATERAL (SELECT step, sum(entities) AS entities
	FROM funnel('ev', '["a", "b", "c"]', '2026-01-02', '2026-01-10', '1 day', breakdown => 'plan', attribution => attribution) GROUP BY step) f
GROUP BY attribution ORDER BY attribution;
SELECT bool_and(w.entities = (SELECT count(*) FROM funnel_entities('ev', '["a", "b", "c"]', '2026-01-02', '2026-01-10', '1 day', step => w.step))) AS converted,
	bool_and(step = 1 OR w.dropped = (SELECT count(DISTINCT who) FROM funnel_entities('ev', '["a", "b", "c"]', '2026-01-02', '2026-01-10', '1 day', step => greatest(w.step, 2), outcome => 'dropped') who)) AS dropped,
	bool_and(step = 1 OR w.entities = (SELECT sum(entities) FROM funnel_time_histogram('ev', '["a", "b", "c"]', '2026-01-02', '2026-01-10', '1 day', to_step => greatest(w.step, 2)))) AS histogram
FROM whole w;
SELECT bool_and(t.entered = f.e[1] AND t.converted = f.e[3]) AS trend, count(*)
FROM funnel_trend('ev', '["a", "b", "c"]', '2026-01-02', '2026-01-10', '1 day') t, LATERAL (SELECT array_agg(entities ORDER BY step) AS e FROM funnel('ev', '["a", "b", "c"]', t.period, t.period + interval '1 day', '1 day')) f;
-- a step in another form is the same step
SELECT bool_and(f.entities = w.entities) FROM whole w
	JOIN funnel('ev', '[{"any": ["a"]}, {"where": "event = ''b''"}, {"event": ["c", "z"], "where": {"event": "c"}}]', '2026-01-02', '2026-01-10', '1 day') f USING (step);
-- entities of any type
ALTER TABLE ev ADD uid uuid, ADD num numeric, ADD txt text;
UPDATE ev SET uid = md5(who::text)::uuid, num = who::numeric(10, 2), txt = 'user ' || who;
CREATE TABLE types (name text, entity text);
INSERT INTO types VALUES ('uuid', 'uid'), ('numeric', 'num'), ('text', 'txt'), ('smallint', 'who::int2'), ('float', '(who + 0.5)::float8'), ('char', 'txt::char(20)');
SELECT count(add_source(name, 'fun.ev', 'at', entity, event => 'event')) FROM types;
SELECT types.name, bool_and(f.entities = w.entities) AS same, (SELECT count(*) FROM funnel_entities(types.name, '["a"]', '2026-01-02', '2026-01-10')) = min(w.entities) FILTER (WHERE f.step = 1) AS entities
FROM types, whole w, funnel(types.name, '["a", "b", "c"]', '2026-01-02', '2026-01-10', '1 day') f WHERE f.step = w.step GROUP BY types.name ORDER BY types.name;
-- rows that the caller may not see
CREATE ROLE fun_reader;
GRANT USAGE ON SCHEMA fun, analytics TO fun_reader;
GRANT SELECT ON ev TO fun_reader;
ALTER TABLE ev ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON ev USING (tenant = 1);
CREATE TABLE seen AS SELECT * FROM funnel('ev', '["a", "b", "c"]', '2026-01-02', '2026-01-10', '1 day', tenant => '1');
GRANT SELECT ON seen TO fun_reader;
SET ROLE fun_reader;
SELECT bool_and(f.entities = s.entities) FROM seen s JOIN funnel('ev', '["a", "b", "c"]', '2026-01-02', '2026-01-10', '1 day') f USING (step);
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA fun CASCADE;
DROP OWNED BY fun_reader;
DROP ROLE fun_reader;

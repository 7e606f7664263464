-- Proves that cohorts filter what an insight reads: the answer is that over a view which holds just those entities,
-- for every kind of filter, type of entity and size of cohort; and what is refused.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
\set VERBOSITY terse
CREATE SCHEMA cof;
SET search_path = cof;
CREATE TABLE cof.ev AS
SELECT '2026-01-01 00:00+00'::timestamptz + hashint8(i) % 2000 * interval '10 minutes' AS at,
    CASE WHEN i % 50 > 0 THEN abs(hashint8(i * 7)) % 300 END AS entity, (ARRAY['view', 'cart', 'buy'])[1 + abs(hashint8(i * 3)) % 3] AS kind,
    jsonb_build_object('cohort', i % 2, 'plan', i % 3) AS props, 'x' AS member
FROM generate_series(1, 6000) i;
ALTER TABLE cof.ev ADD text_id varchar COLLATE "POSIX", ADD uuid_id uuid;
UPDATE cof.ev SET text_id = 'u' || entity, uuid_id = md5(entity::text)::uuid;
SELECT analytics.add_source('cof', 'cof.ev', 'at', 'entity', event => 'kind');
SELECT analytics.add_source('cof.text', 'cof.ev', 'at', 'text_id', event => 'kind');
SELECT analytics.add_source('cof.uuid', 'cof.ev', 'at', 'uuid_id', event => 'kind', properties => 'props');
SELECT analytics.add_source('cof.expression', 'cof.ev', 'at', 'entity + 1000', event => 'kind');

-- thirds: a is 0 modulo 3, b is 0 modulo 5; each in the text of three sources
SELECT analytics.create_cohort('a', 'SELECT entity FROM ev WHERE entity % 3 = 0'),
    analytics.create_cohort('b', 'SELECT entity FROM ev WHERE entity % 5 = 0'), analytics.create_cohort('empty'),
    analytics.create_cohort('a_text', 'SELECT text_id FROM ev WHERE entity % 3 = 0'),
    analytics.create_cohort('a_uuid', 'SELECT uuid_id FROM ev WHERE entity % 3 = 0'),
    analytics.create_cohort('a_expression', 'SELECT entity + 1000 FROM ev WHERE entity % 3 = 0');
CREATE TABLE cases (source text, filters jsonb, condition text);
INSERT INTO cases VALUES
    ('cof', '{}', 'true'), ('cof', '{"cohort": "a"}', 'entity % 3 = 0'), ('cof', '{"cohort": ["a"]}', 'entity % 3 = 0'),
    ('cof', '{"cohort": ["a", "b"]}', 'entity % 3 = 0 OR entity % 5 = 0'), ('cof', '{"cohort": ["a", "b", "a"]}', 'entity % 3 = 0 OR entity % 5 = 0'),
    ('cof', '{"not_cohort": "a"}', 'entity % 3 <> 0'), ('cof', '{"not_cohort": ["a", "b"]}', 'entity % 3 <> 0 AND entity % 5 <> 0'),
    ('cof', '{"cohort": "a", "not_cohort": "b"}', 'entity % 3 = 0 AND entity % 5 <> 0'), ('cof', '{"cohort": "empty"}', 'false'),
    ('cof', '{"not_cohort": "empty"}', 'true'), ('cof', '{"cohort": ["a", "empty"]}', 'entity % 3 = 0'), ('cof', '{"cohort": []}', 'false'),
    ('cof', '{"not_cohort": []}', 'true'), ('cof', '{"cohort": "a", "entity": {"lt": 100}, "kind": ["view", "buy"]}',
        'entity % 3 = 0 AND entity < 100 AND kind IN (''view'', ''buy'')'),
    ('cof.text', '{"cohort": "a_text"}', 'entity % 3 = 0'), ('cof.text', '{"not_cohort": "a_text"}', 'entity % 3 <> 0'),
    ('cof.uuid', '{"cohort": "a_uuid"}', 'entity % 3 = 0'), ('cof.uuid', '{"not_cohort": "a_uuid", "plan": "1"}', 'entity % 3 <> 0 AND props ->> ''plan'' = ''1'''),
    ('cof.expression', '{"cohort": "a_expression"}', 'entity % 3 = 0'), ('cof.expression', '{"not_cohort": "a_expression"}', 'entity % 3 <> 0');

CREATE FUNCTION cof.ask(source text, filters jsonb, OUT answer text) LANGUAGE sql AS $$
    SELECT string_agg(f::text, ';' ORDER BY step)
    FROM analytics.funnel(source, '["view", "cart", "buy"]', '2025-12-01', '2026-02-01', within => '3 days', filters => filters) f $$;
CREATE FUNCTION cof.expected(source text, condition text, OUT answer text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'CREATE VIEW cof.part AS SELECT * FROM cof.ev WHERE ' || condition;
    PERFORM analytics.add_source('cof.part', 'cof.part', 'at', s.entity, event => 'kind') FROM analytics.sources s WHERE s.name = source;
    answer := cof.ask('cof.part', '{}');
    PERFORM analytics.drop_source('cof.part');
    DROP VIEW cof.part;
END$$;
SELECT source, filters, ask(source, filters) = expected(source, condition) AS right FROM cases ORDER BY source, filters;
-- the members do not fit into work_mem; and every way to join
SET work_mem = '64kB'; SET hash_mem_multiplier = 1;
SELECT analytics.create_cohort('many', 'SELECT ''u'' || i FROM generate_series(1, 20000) i WHERE i % 3 = 0 OR i > 300');
SELECT ask('cof.text', '{"cohort": "many"}') = expected('cof.text', 'entity % 3 = 0 AND entity > 0') AS right,
    ask('cof.text', '{"not_cohort": ["many", "empty"]}') = expected('cof.text', 'entity % 3 <> 0 OR entity = 0') AS right;
SET enable_hashjoin = off;
SELECT count(*), count(*) FILTER (WHERE ask(source, filters) = expected(source, condition)) AS right FROM cases;
SET enable_mergejoin = off;
SELECT count(*), count(*) FILTER (WHERE ask(source, filters) = expected(source, condition)) AS right FROM cases WHERE source = 'cof';
RESET enable_hashjoin; RESET enable_mergejoin; RESET work_mem; RESET hash_mem_multiplier;

-- a dimension of that name comes first; a property does not
ALTER TABLE ev ADD cohort text, ADD not_cohort int;
UPDATE ev SET cohort = 'a' WHERE entity < 10;
SELECT ask('cof', '{"cohort": "a"}') = expected('cof', 'entity < 10') AS right,
    ask('cof', '{"not_cohort": null}') = expected('cof', 'true') AS right;
ALTER TABLE ev DROP cohort, DROP not_cohort;
SELECT ask('cof.uuid', '{"cohort": "a_uuid"}') = expected('cof.uuid', 'entity % 3 = 0') AS right;

-- a metric of a cohort
SELECT analytics.define_metric('cof.of_a', 'cof', 'count', filter => 'kind = ''view'' AND analytics.in_cohort(''a'', entity::text)');
SELECT analytics.metric_value('cof.of_a', '2025-12-01', '2026-02-01') = count(*) AS right FROM ev
WHERE kind = 'view' AND entity % 3 = 0 AND at >= '2025-12-01' AND at < '2026-02-01';

-- a cohort of an insight: who converted, and who fell out at the last step
SELECT analytics.create_cohort('bought', $$SELECT e FROM analytics.funnel_entities('cof', '["view", "cart", "buy"]', '2025-12-01', '2026-02-01',
        within => '3 days', step => 3) e$$) = (SELECT entities FROM analytics.funnel('cof', '["view", "cart", "buy"]', '2025-12-01', '2026-02-01',
        within => '3 days') WHERE step = 3) AS right;
SELECT analytics.add_to_cohort('empty', ARRAY(SELECT analytics.funnel_entities('cof', '["view", "cart", "buy"]', '2025-12-01', '2026-02-01',
        within => '3 days', step => 3, outcome => 'dropped'))) > 0 AS some;
SELECT members_a + members_b = (SELECT entities FROM analytics.funnel('cof', '["view", "cart", "buy"]', '2025-12-01', '2026-02-01', within => '3 days')
        WHERE step = 2) AS right, "both" FROM analytics.cohort_overlap('{bought,empty}');
SELECT step, entities = first_value(entities) OVER (ORDER BY step) AS all FROM analytics.funnel('cof', '["view", "cart", "buy"]', '2025-12-01', '2026-02-01',
        within => '3 days', filters => '{"cohort": "bought"}');

-- names of ours in the statement do not take over those of the relation
CREATE TABLE m AS SELECT at, entity, kind, entity AS c, entity AS m, entity AS q FROM ev;
CREATE TABLE c AS SELECT * FROM m;
SELECT analytics.add_source('cof.' || n, n, 'at', 'm + c - entity', event => 'kind') FROM unnest('{m,c}'::regclass[]) n;
SELECT n, ask('cof.' || n, '{"cohort": "a"}') = expected('cof', 'entity % 3 = 0') AS right,
    ask('cof.' || n, '{"not_cohort": ["a", "b"]}') = expected('cof', 'entity % 3 <> 0 AND entity % 5 <> 0') AS right FROM unnest('{m,c}'::text[]) n;

-- refused
SELECT ask('cof', '{"cohort": "c"}');
SELECT ask('cof', '{"not_cohort": ["a", "nosuch"]}');
SELECT ask('cof', '{"cohort": null}');
SELECT ask('cof', '{"cohort": 1}');
SELECT ask('cof', '{"cohort": ["a", null]}');
SELECT ask('cof', '{"cohort": {"gte": "a"}}');
SELECT ask('cof', '{"cohorts": "a"}');
SELECT ask('cof', '["cohort"]');
SELECT ask('cof', '"cohort"');

-- who may not read the members gets no answer; policies on them count
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_cof;
SET client_min_messages = notice;
CREATE ROLE regress_cof;
GRANT USAGE ON SCHEMA analytics, cof TO regress_cof;
GRANT SELECT ON ev TO regress_cof;
SET ROLE regress_cof;
SELECT ask('cof', '{"cohort": "a"}');
RESET ROLE;
GRANT SELECT ON cohort_a TO regress_cof;
ALTER TABLE cohort_a ENABLE ROW LEVEL SECURITY;
CREATE POLICY low ON cohort_a TO regress_cof USING (entity::int < 50);
SELECT expected('cof', 'entity % 3 = 0 AND entity < 50') AS expected \gset
SET ROLE regress_cof;
SELECT ask('cof', '{"cohort": "a"}') = :'expected' AS right;
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA cof CASCADE;
DROP OWNED BY regress_cof;
DROP ROLE regress_cof;
SELECT count(*) FROM analytics.cohorts;

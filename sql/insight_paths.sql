-- Proves paths and path_tree: a story worked out by hand, that of docs/paths.md; each option; bad input; row-level security.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
DROP ROLE IF EXISTS an_walker;
CREATE ROLE an_walker;
SET client_min_messages = notice;
SET datestyle = ISO;
SET intervalstyle = postgres;
SET timezone = 'UTC';

CREATE SCHEMA shop;
CREATE TABLE shop.visits (at timestamptz, who text, event text, page text, props jsonb);
INSERT INTO shop.visits VALUES
    ('2026-03-02 09:00+00', 'ann', 'view',     '/'),
    ('2026-03-02 09:02+00', 'ann', 'view',     '/product/7'),
    ('2026-03-02 09:32+00', 'ann', 'cart',     '/cart'),      -- exactly 30 minutes later: the same path
    ('2026-03-02 09:35+00', 'ann', 'purchase', '/thanks'),
    ('2026-03-02 11:00+00', 'ann', 'view',     '/'),          -- a path of its own
    ('2026-03-02 10:00+00', 'bob', 'view',     '/product/8'),
    ('2026-03-02 10:01+00', 'bob', 'view',     '/product/9'),
    ('2026-03-02 10:04+00', 'bob', 'cart',     '/cart'),
    ('2026-03-02 23:50+00', 'cat', 'view',     '/'),
    ('2026-03-03 00:10+00', 'cat', 'search',   '/search'),
    ('2026-03-03 00:11+00', 'cat', 'view',     '/product/7'),
    ('2026-03-03 00:15+00', 'cat', 'purchase', '/thanks'),
    ('2026-03-03 08:00+00', NULL,  'view',     '/'),          -- nobody
    ('2026-03-03 12:00+00', 'dan', 'view',     '/'),
    ('2026-03-03 12:00+00', 'dan', NULL,       '/help');      -- an event without a name
UPDATE shop.visits SET props = jsonb_build_object('from', page);
SELECT analytics.add_source('shop', 'shop.visits', 'at', 'who', event => 'event', properties => 'props', timezone => 'UTC');

-- five paths of four people: v c p, v, v c, v s v p, v; the repeated views are one
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04');
-- by transitions, the same numbers in another order: ann's second visit counts
SELECT step, source_node, target_node, entities, transitions, share FROM analytics.paths('shop', '2026-03-02', '2026-03-04', counting => 'transitions', max_steps => 1);
-- repeats count one by one
SELECT step, source_node, target_node, entities, transitions, avg_time FROM analytics.paths('shop', '2026-03-02', '2026-03-04', collapse => false, max_steps => 2);
-- what led to a purchase, counted back from it; share is of the people at the target
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', end_at => 'purchase');
SELECT step, source_node, target_node, transitions, kind FROM analytics.paths('shop', '2026-03-02', '2026-03-04', end_at => 'purchase', max_steps => 2);
-- what came after the search, and what lies between cart and purchase
SELECT step, source_node, target_node, transitions, kind FROM analytics.paths('shop', '2026-03-02', '2026-03-04', start_at => 'search');
SELECT step, source_node, target_node, transitions, median_time, kind FROM analytics.paths('shop', '2026-03-02', '2026-03-04', start_at => 'cart', end_at => 'purchase');
-- pages, cleaned: the first rule that matches names them
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', by => 'page', rules => '[{"pattern": "^/product/7$", "name": "the seven"}, {"pattern": "^/product/\\d+$", "name": "/product/*"}]');
-- a property; then only some nodes, or all but some, by the names that rules give
SELECT step, source_node, target_node, entities FROM analytics.paths('shop', '2026-03-02', '2026-03-04', by => 'from', max_steps => 1, include => '{/,/cart}');
SELECT step, source_node, target_node, entities FROM analytics.paths('shop', '2026-03-02', '2026-03-04', by => 'page', max_steps => 2, rules => '[{"pattern": "product", "name": "product"}]', exclude => '{product,/help}');
SELECT step, source_node, target_node, entities FROM analytics.paths('shop', '2026-03-02', '2026-03-04', include => '{view,cart}', exclude => '{view}');
-- the most taken edge of each step, the rest summed up: of its node, then of the others
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', top => 1, max_steps => 2);
-- pauses of any length, and of three minutes at most
SELECT step, source_node, target_node, entities, transitions FROM analytics.paths('shop', '2026-03-02', '2026-03-04', gap => NULL, max_steps => 2);
SELECT step, source_node, target_node, entities, transitions FROM analytics.paths('shop', '2026-03-02', '2026-03-04', gap => '3 minutes', max_steps => 2);
-- filters say which events there are
SELECT step, source_node, target_node, entities FROM analytics.paths('shop', '2026-03-02', '2026-03-04', filters => '{"page": ["/cart", "/thanks"]}');
-- nothing
SELECT * FROM analytics.paths('shop', '2025-03-02', '2025-03-04');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', start_at => 'refund');

-- the same as a tree
SELECT jsonb_pretty(analytics.path_tree('shop', '2026-03-02', '2026-03-04', max_steps => 2));
SELECT analytics.path_tree('shop', '2026-03-02', '2026-03-04', start_at => 'view', top => 1);
SELECT analytics.path_tree('shop', '2026-03-02', '2026-03-04', end_at => 'purchase');
SELECT analytics.path_tree('shop', '2026-03-02', '2026-03-04', start_at => 'purchsae');
SELECT analytics.path_tree('shop', '2025-03-02', '2025-03-04');
-- names that JSON and SQL would trip over
INSERT INTO shop.visits VALUES ('2026-04-01 00:00+00', 'eve', E'"\\ tab\t $1 ''', NULL), ('2026-04-01 00:01+00', 'eve', '', NULL);
SELECT analytics.path_tree('shop', '2026-04-01', '2026-04-02');
SELECT step, source_node, target_node, kind FROM analytics.paths('shop', '2026-04-01', '2026-04-02', end_at => '');

-- row-level security: a reader sees the paths of what the reader sees
GRANT USAGE ON SCHEMA shop, analytics TO an_walker;
GRANT SELECT ON shop.visits TO an_walker;
ALTER TABLE shop.visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY bobs ON shop.visits TO an_walker USING (who = 'bob');
SET ROLE an_walker;
SELECT step, source_node, target_node, entities FROM analytics.paths('shop', '2026-03-02', '2026-03-04');
SELECT analytics.path_tree('shop', '2026-03-02', '2026-03-04') -> 'paths' AS paths;
RESET ROLE;

-- bad input
SELECT * FROM analytics.paths('shopp', '2026-03-02', '2026-03-04');
SELECT * FROM analytics.paths('shop', '2026-03-04', '2026-03-02');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', max_steps => 0);
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', max_steps => 101);
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', max_steps => NULL);
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', top => 0);
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', gap => '-30 minutes');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', collapse => NULL);
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', counting => 'transition');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', include => '{}');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', exclude => '{view,NULL}');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', rules => '{"pattern": "a", "name": "b"}');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', rules => '"a"');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', rules => '[{"pattern": "a", "name": "b"}, 7]');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', rules => '[{"pattern": "a"}]');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', rules => '[{"pattern": "a", "name": null}]');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', rules => '[{"pattern": "a", "name": "b", "alias": "c"}]');
SELECT * FROM analytics.paths('shop', '2025-03-02', '2025-03-04', rules => '[{"pattern": "(", "name": "b"}]');
SELECT * FROM analytics.paths('shop', '2026-03-02', '2026-03-04', filters => '{"event": {"sub": "(SELECT 1)"}}');
CREATE TABLE shop.plain (at timestamptz, who int, page text);
SELECT analytics.add_source('plain', 'shop.plain', 'at', 'who');
SELECT * FROM analytics.paths('plain', '2026-03-02', '2026-03-04');
SELECT * FROM analytics.paths('plain', '2026-03-02', '2026-03-04', by => 'pgae');
SELECT * FROM analytics.path_tree('plain', '2026-03-02', '2026-03-04');
SELECT * FROM analytics.paths('plain', '2026-03-02', '2026-03-04', by => 'page');

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
DROP OWNED BY an_walker;
DROP ROLE an_walker;

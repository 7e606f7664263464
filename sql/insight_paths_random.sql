-- Proves paths and path_tree against an obvious query, on 5,000 random events with ties, for every combination of options.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'Europe/Berlin';

CREATE SCHEMA way;
SELECT setseed(0.75);
CREATE TABLE way.r AS
    SELECT timestamptz '2025-03-28 00:00+01' + (random() * 4 * 1440)::int * interval '1 minute' AS at,
        CASE WHEN random() < 0.98 THEN 'u' || (random() ^ 2 * 50)::int END AS u,
        CASE WHEN random() < 0.96 THEN (ARRAY['a', 'b', 'c', 'D', 'e', 'é'])[1 + (random() ^ 2 * 5.99)::int % 6] END AS event
    FROM generate_series(1, 5000);
SELECT analytics.add_source('r', 'way.r', 'at', 'u', event => 'event', timezone => 'Europe/Berlin');

-- Every path by its definition: nodes in order, runs cut, repeats collapsed, anchors looked up, and turned where it is told from its end.
CREATE FUNCTION way.slow(start_at text, end_at text, gap interval, collapse boolean) RETURNS TABLE (u text, nodes text[], times timestamptz[])
LANGUAGE sql STABLE AS $$
    WITH e AS (SELECT u, at, event COLLATE "C" AS node FROM way.r
            WHERE u IS NOT NULL AND event IS NOT NULL AND at >= '2025-03-28' AND at < '2025-04-01'),
        cut AS (SELECT *, CASE WHEN at - lag(at) OVER w > gap THEN 1 ELSE 0 END AS new FROM e WINDOW w AS (PARTITION BY u ORDER BY at, node)),
        runs AS (SELECT *, sum(new) OVER (PARTITION BY u ORDER BY at, node ROWS UNBOUNDED PRECEDING) AS run FROM cut),
        befores AS (SELECT *, lag(node) OVER (PARTITION BY u, run ORDER BY at, node) AS before FROM runs),
        whole AS (SELECT u, array_agg(node::text ORDER BY at, node) AS n, array_agg(at ORDER BY at, node) AS t
            FROM befores WHERE NOT collapse OR node IS DISTINCT FROM before GROUP BY u, run),
        begun AS (SELECT u, n[f:] AS n, t[f:] AS t FROM whole, LATERAL (SELECT CASE WHEN start_at IS NULL THEN 1 ELSE array_position(n, start_at) END) s(f)
            WHERE f IS NOT NULL),
        done AS (SELECT u, n[:l] AS n, t[:l] AS t FROM begun, LATERAL (SELECT CASE WHEN end_at IS NULL THEN cardinality(n)
            ELSE array_position(n, end_at, CASE WHEN start_at IS NULL THEN 1 ELSE 2 END) END) s(l) WHERE l IS NOT NULL)
    SELECT u, CASE WHEN start_at IS NULL AND end_at IS NOT NULL THEN (SELECT array_agg(x ORDER BY i DESC) FROM unnest(n) WITH ORDINALITY r(x, i)) ELSE n END,
        CASE WHEN start_at IS NULL AND end_at IS NOT NULL THEN (SELECT array_agg(x ORDER BY i DESC) FROM unnest(t) WITH ORDINALITY r(x, i)) ELSE t END FROM done $$;

CREATE FUNCTION way.edges(start_at text, end_at text, max_steps int, gap interval, collapse boolean)
RETURNS TABLE (u text, step int, source_node text, target_node text, took interval, kind text) LANGUAGE sql STABLE AS $$
    SELECT u, i * sign, CASE WHEN sign > 0 THEN nodes[i] ELSE nodes[i + 1] END, CASE WHEN sign > 0 THEN nodes[i + 1] ELSE nodes[i] END,
        (times[i + 1] - times[i]) * sign, CASE WHEN nodes[i + 1] IS NOT NULL THEN 'step' WHEN sign > 0 THEN 'end' ELSE 'begin' END
    FROM way.slow(start_at, end_at, gap, collapse), generate_series(1, least(cardinality(nodes), max_steps)) i,
        LATERAL (SELECT CASE WHEN start_at IS NULL AND end_at IS NOT NULL THEN -1 ELSE 1 END) s(sign) $$;

-- all edges: people, transitions, shares of the people at the near node, times
CREATE FUNCTION way.differ(p_start text, p_end text, p_steps int, p_gap interval, p_collapse boolean) RETURNS TABLE (edges bigint, differences bigint) LANGUAGE sql STABLE AS $$
    WITH e AS MATERIALIZED (SELECT *, CASE WHEN step > 0 THEN source_node ELSE target_node END AS near FROM way.edges(p_start, p_end, p_steps, p_gap, p_collapse)),
        near AS (SELECT step, near, count(DISTINCT u) AS people FROM e GROUP BY 1, 2),
        slow AS (SELECT step, near, source_node, target_node, kind, count(DISTINCT u) AS entities, count(*) AS transitions,
            extract(epoch FROM avg(took)) AS mean, extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY took)) AS middle FROM e GROUP BY 1, 2, 3, 4, 5)
    SELECT count(*), count(*) FILTER (WHERE (f.entities, f.transitions, f.share) IS DISTINCT FROM (s.entities, s.transitions, round(s.entities / n.people::numeric, 4))
        OR (s.kind = 'step') <> (f.avg_time IS NOT NULL) OR abs(extract(epoch FROM f.avg_time) - mean) > 0.000001 OR abs(extract(epoch FROM f.median_time) - middle) > 0.000001)
    FROM slow s NATURAL JOIN near n FULL JOIN analytics.paths('r', '2025-03-28', '2025-04-01', p_start, p_end, p_steps, gap => p_gap, collapse => p_collapse, top => 10000) f
        ON (s.step, s.kind) = (f.step, f.kind) AND s.source_node IS NOT DISTINCT FROM f.source_node AND s.target_node IS NOT DISTINCT FROM f.target_node $$;
SELECT start_at, end_at, sum(d.edges) AS edges, sum(d.differences) AS differences
FROM (VALUES (NULL), ('a'), ('é')) s(start_at), (VALUES (NULL), ('b'), ('a')) e(end_at), (VALUES (1), (4)) m(steps),
    (VALUES (interval '30 minutes'), ('4 hours'), (NULL)) g(gap), (VALUES (true), (false)) c(collapse), way.differ(start_at, end_at, steps, gap, collapse) d
GROUP BY 1, 2 ORDER BY 1 NULLS FIRST, 2 NULLS FIRST;

-- top: what is kept are the greatest, in order; the rest is summed up with its people counted once; sums close at every node and step
CREATE FUNCTION way.differ_top(p_start text, p_end text, p_top int, p_counting text) RETURNS TABLE (kept bigint, others bigint, wrong bigint) LANGUAGE sql STABLE AS $$
    WITH e AS MATERIALIZED (SELECT *, CASE WHEN step > 0 THEN source_node ELSE target_node END AS near, CASE WHEN step > 0 THEN target_node ELSE source_node END AS far
            FROM way.edges(p_start, p_end, 3, '4 hours', true)),
        ranked AS (SELECT step, near, far, row_number() OVER (PARTITION BY step ORDER BY CASE p_counting WHEN 'entities' THEN count(DISTINCT u) ELSE count(*) END DESC,
            CASE p_counting WHEN 'entities' THEN count(*) ELSE count(DISTINCT u) END DESC, near COLLATE "C", far COLLATE "C") AS place FROM e GROUP BY 1, 2, 3),
        marked AS (SELECT e.*, r.place <= p_top AS is_kept, min(r.place) OVER (PARTITION BY step, near) <= p_top AS has_kept, r.place
            FROM e JOIN ranked r USING (step, near) WHERE r.far IS NOT DISTINCT FROM e.far),
        slow AS (SELECT step, CASE WHEN has_kept THEN near END AS near, CASE WHEN is_kept THEN far END AS far, CASE WHEN is_kept THEN kind ELSE 'other' END AS kind,
            count(DISTINCT u) AS entities, count(*) AS transitions FROM marked GROUP BY 1, 2, 3, 4),
        fast AS (SELECT step, CASE WHEN step > 0 THEN source_node ELSE target_node END AS near, CASE WHEN step > 0 THEN target_node ELSE source_node END AS far,
            kind, entities, transitions FROM analytics.paths('r', '2025-03-28', '2025-04-01', p_start, p_end, 3, gap => '4 hours', top => p_top, counting => p_counting))
    SELECT (SELECT count(*) FROM fast WHERE kind <> 'other'), (SELECT count(*) FROM fast WHERE kind = 'other'),
        (SELECT count(*) FROM (TABLE slow EXCEPT ALL TABLE fast) d) + (SELECT count(*) FROM (TABLE fast EXCEPT ALL TABLE slow) d) $$;
SELECT start_at, end_at, top, counting, d.* FROM (VALUES (NULL), ('a')) s(start_at), (VALUES (NULL), ('b')) e(end_at), (VALUES (1), (4), (9)) t(top),
    (VALUES ('entities'), ('transitions')) c(counting), way.differ_top(start_at, end_at, top, counting) d ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3, 4;
SELECT bool_and(coming = going) AS closed FROM (
    SELECT sum(transitions) FILTER (WHERE step = 1 AND target_node = 'b') AS coming, sum(transitions) FILTER (WHERE step = 2 AND source_node = 'b') AS going
    FROM analytics.paths('r', '2025-03-28', '2025-04-01', top => 10000)) s;

-- the tree: every branch has the people and paths that begin with its nodes
CREATE FUNCTION way.branches(tree jsonb) RETURNS TABLE (nodes text[], entities bigint, paths bigint, ended bigint) LANGUAGE sql IMMUTABLE AS $$
    WITH RECURSIVE b AS (SELECT tree AS j, CASE WHEN tree ->> 'name' IS NULL THEN '{}'::text[] ELSE ARRAY[tree ->> 'name'] END AS nodes
        UNION ALL SELECT c, nodes || (c ->> 'name') FROM b, jsonb_array_elements(j -> 'children') c)
    SELECT nodes, (j -> 'entities')::bigint, (j -> 'paths')::bigint, (j -> 'ended')::bigint FROM b WHERE cardinality(nodes) > 0 $$;
CREATE FUNCTION way.differ_tree(p_start text, p_end text, p_steps int) RETURNS TABLE (branches bigint, wrong bigint) LANGUAGE sql STABLE AS $$
    WITH fast AS MATERIALIZED (SELECT * FROM way.branches(analytics.path_tree('r', '2025-03-28', '2025-04-01', p_start, p_end, p_steps, gap => '4 hours', top => 10000))),
        slow AS MATERIALIZED (SELECT nodes[:k], count(DISTINCT u) AS entities, count(*) AS paths, count(*) FILTER (WHERE k = cardinality(nodes)) AS ended
            FROM way.slow(p_start, p_end, '4 hours', true), generate_series(1, least(cardinality(nodes), p_steps + 1)) k GROUP BY 1)
    SELECT (SELECT count(*) FROM slow), (SELECT count(*) FROM (TABLE slow EXCEPT ALL TABLE fast) d) + (SELECT count(*) FROM (TABLE fast EXCEPT ALL TABLE slow) d) $$;
SELECT start_at, end_at, steps, d.* FROM (VALUES (NULL), ('a')) s(start_at), (VALUES (NULL), ('b')) e(end_at), (VALUES (1), (4)) m(steps),
    way.differ_tree(start_at, end_at, steps) d ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3;

-- whatever memory there is, the answer is the same
CREATE TEMP TABLE roomy AS SELECT * FROM analytics.paths('r', '2025-03-28', '2025-04-01', gap => NULL, max_steps => 100);
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT * FROM analytics.paths('r', '2025-03-28', '2025-04-01', gap => NULL, max_steps => 100) EXCEPT ALL TABLE roomy) d;
RESET work_mem;

SET client_min_messages = warning;
DROP SCHEMA way CASCADE;

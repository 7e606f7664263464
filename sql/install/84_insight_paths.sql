/* Paths: from where to where the events of an entity lead.  They run with the caller's rights. */

CREATE FUNCTION analytics.paths(
    source text, start timestamptz, finish timestamptz, start_at text DEFAULT NULL, end_at text DEFAULT NULL,
    max_steps integer DEFAULT 5, include text[] DEFAULT NULL, exclude text[] DEFAULT NULL, rules jsonb DEFAULT NULL,
    by text DEFAULT NULL, gap interval DEFAULT '30 minutes', collapse boolean DEFAULT true,
    counting text DEFAULT 'entities', top integer DEFAULT 50, filters jsonb DEFAULT NULL, timezone text DEFAULT NULL,
    tenant text DEFAULT NULL)
RETURNS TABLE (step integer, source_node text, target_node text, entities bigint, transitions bigint, share numeric,
    avg_time interval, median_time interval, kind text)
AS 'MODULE_PATHNAME', 'analytics_paths'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.paths(text, timestamptz, timestamptz, text, text, integer, text[], text[], jsonb, text, interval, boolean, text, integer, jsonb, text, text) IS
'Edges of the paths that entities take in [start, finish): from node to node, step by step, people and transitions';

CREATE FUNCTION analytics.path_tree(
    source text, start timestamptz, finish timestamptz, start_at text DEFAULT NULL, end_at text DEFAULT NULL,
    max_steps integer DEFAULT 5, include text[] DEFAULT NULL, exclude text[] DEFAULT NULL, rules jsonb DEFAULT NULL,
    by text DEFAULT NULL, gap interval DEFAULT '30 minutes', collapse boolean DEFAULT true,
    counting text DEFAULT 'entities', top integer DEFAULT 5, filters jsonb DEFAULT NULL, timezone text DEFAULT NULL,
    tenant text DEFAULT NULL) RETURNS jsonb
AS 'MODULE_PATHNAME', 'analytics_path_tree'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.path_tree(text, timestamptz, timestamptz, text, text, integer, text[], text[], jsonb, text, interval, boolean, text, integer, jsonb, text, text) IS
'The paths that entities take in [start, finish) as a tree from their anchor: name, entities, paths, children';

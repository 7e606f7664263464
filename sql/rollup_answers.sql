-- Proves that answers from a rollup are those of the events, byte for byte, where equal values have different texts.
-- The definition is each reader itself, under analytics.use_rollups = off.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS analytics;
SET datestyle = ISO; SET TimeZone = 'UTC'; SET analytics.now = '2026-04-05 10:00+00';
CREATE SCHEMA answers; SET search_path = answers, public;
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

-- What a reader says, and whether from a rollup; and what it says without.
CREATE FUNCTION answer(query text, OUT rollup boolean, OUT said text) LANGUAGE plpgsql STABLE AS $$
BEGIN
	EXECUTE 'SELECT COALESCE(bool_or(to_jsonb(q)->>''served_by'' LIKE ''rollup%''), false), COALESCE(string_agg((to_jsonb(q) - ''served_by'')::text, E''\n''), '''') FROM (' || query || ') q' INTO rollup, said;
EXCEPTION WHEN OTHERS THEN
	rollup := false; said := 'ERROR ' || SQLSTATE || ' ' || SQLERRM;
END$$;
CREATE FUNCTION both_ways(query text, OUT rollup boolean, OUT same boolean, OUT routed text, OUT raw text) LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM set_config('analytics.use_rollups', 'on', false);
	SELECT a.rollup, a.said INTO rollup, routed FROM answer(query) a;
	PERFORM set_config('analytics.use_rollups', 'off', false);
	SELECT a.said INTO raw FROM answer(query) a;
	PERFORM set_config('analytics.use_rollups', 'on', false);
	same := routed = raw;
END$$;

-- Tenants that are equal though their texts differ: under a collation that ignores case, and with blanks at the end.
CREATE TABLE places (at timestamptz, tenant text COLLATE ci, padded bpchar, u int, name text COLLATE ci);
INSERT INTO places VALUES ('2026-03-01', 'a', 'x', 1, 'n'), ('2026-03-01', 'A', 'x  ', 2, 'N'), ('2026-03-01', 'b', 'y', 3, 'N'), ('2026-03-02', NULL, NULL, 4, NULL);
SELECT analytics.add_source('places', 'places', 'at', 'u', tenant => 'tenant'), analytics.add_source('padded', 'places', 'at', 'u', tenant => 'padded');
SELECT analytics.define_metric(s || '.n', s, 'count', dimensions => '{tenant,padded,name}') FROM unnest('{places,padded}'::text[]) s \g /dev/null
SELECT analytics.create_rollup('r' || s, s, '1 day', ARRAY[s || '.n'], timezone => 'UTC') FROM unnest('{places,padded}'::text[]) s;
SELECT s, cells, rows FROM unnest('{places,padded}'::text[]) s, analytics.refresh_rollup('r' || s);
INSERT INTO places VALUES ('2026-03-01', 'A', 'x ', 1, 'n'), ('2026-03-01', 'a', 'x', 1, 'n');
UPDATE places SET u = 9 WHERE u = 3;
SELECT step, q, b.rollup, b.same, CASE WHEN NOT b.same THEN b.routed END AS routed
FROM generate_series(1, 2) step, LATERAL (SELECT count(*) FROM analytics.refresh_rollup(CASE WHEN step = 2 THEN 'rplaces' ELSE 'rpadded' END)) r,
	unnest(ARRAY[$$time_series('places.n', '2026-03-01', '2026-03-03', breakdown => '{tenant}')$$, $$time_series('padded.n', '2026-03-01', '2026-03-03', breakdown => '{padded}')$$,
		$$time_series('places.n', '2026-03-01', '2026-03-03', tenant => 'A')$$, $$time_series('padded.n', '2026-03-01', '2026-03-03', tenant => 'x')$$,
		$$read_rollup('rplaces', '2026-03-01', '2026-03-03')$$, $$read_rollup('rpadded', '2026-03-01', '2026-03-03')$$, $$read_rollup('rplaces', '2026-03-01', '2026-03-03', tenant => 'a')$$]) q,
	LATERAL both_ways('SELECT * FROM analytics.' || q) b ORDER BY step, q;

-- None of no value: the planner finds that to imply everything.
SELECT b.rollup, b.same FROM both_ways($$SELECT * FROM analytics.time_series('places.n', '2026-03-01', '2026-03-03', filters => '{"name": []}', breakdown => '{tenant}')$$) b;

-- Values of which no set can be stored are told apart when the rollup is created, not at each refresh.
SELECT analytics.define_metric('places.names', 'places', 'distinct_exact', expression => 'name');
SELECT analytics.create_rollup('names', 'places', '1 day', '{places.names}', timezone => 'UTC');

SET client_min_messages = warning;
SELECT analytics.drop_rollup(r) FROM unnest('{rplaces,rpadded}'::text[]) r \g /dev/null
SELECT analytics.drop_source(s, true) FROM unnest('{places,padded}'::text[]) s \g /dev/null
DROP SCHEMA answers CASCADE;

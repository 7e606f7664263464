-- What bench/sketch.sh measures on, beside the table events: statistics without which the planner takes date_trunc for one
-- group a row, the exact answers, stored sketches of both sides (the peer's where hll_there is true), and small groups.
\i bench/load/sketch_drop.sql
CREATE STATISTICS sketch_day ON date_trunc('day', event_time) FROM events;
CREATE STATISTICS sketch_date ON ((event_time AT TIME ZONE 'UTC')::date) FROM events;
ANALYZE events;

CREATE TABLE sketch_exact AS
	SELECT (event_time AT TIME ZONE 'UTC')::date AS day, count(DISTINCT user_id) AS users,
		percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY latency_ms) AS percentiles
	FROM events GROUP BY 1;

CREATE TABLE sketch_ours_cells AS
	SELECT tenant_id, (event_time AT TIME ZONE 'UTC')::date AS day, province, analytics.hll_agg(user_id) AS sk
	FROM events GROUP BY 1, 2, 3;
CREATE TABLE sketch_ours_days AS
	SELECT (event_time AT TIME ZONE 'UTC')::date AS day, analytics.hll_agg(user_id) AS sk FROM events GROUP BY 1;

\if :hll_there
CREATE TABLE sketch_peer_cells AS
	SELECT tenant_id, (event_time AT TIME ZONE 'UTC')::date AS day, province, hll_add_agg(hll_hash_bigint(user_id), 14) AS sk
	FROM events GROUP BY 1, 2, 3;
CREATE TABLE sketch_peer_days AS
	SELECT (event_time AT TIME ZONE 'UTC')::date AS day, hll_add_agg(hll_hash_bigint(user_id), 14) AS sk FROM events GROUP BY 1;
\endif

-- 20,000 groups of 100 different values each, in rows that do not stand together.
CREATE UNLOGGED TABLE sketch_groups AS
	SELECT (n % 20000)::integer AS k, hashint8extended(n, 0) AS v FROM generate_series(1, 2000000) AS n;
VACUUM (ANALYZE, FREEZE);

-- Cached answers beside the query itself: a hit, a thousand of them, and what storing adds to the query.
SELECT analytics.drop_source(name, true) FROM analytics.sources WHERE name = 'bench';
SELECT analytics.add_source('bench', 'events', 'event_time', 'user_id', event => 'event_name', tenant => 'tenant_id', timezone => 'Asia/Shanghai');
SELECT analytics.define_metric('bench_events', 'bench', 'count');
-- name: by hand: the query itself, 90 days of one tenant by day
SELECT * FROM analytics.time_series('bench_events', '2026-01-01 00:00+08', '2026-04-01 00:00+08', tenant => '7');
-- name: a hit: 90 rows
SELECT * FROM analytics.cached($$SELECT * FROM analytics.time_series('bench_events', '2026-01-01 00:00+08', '2026-04-01 00:00+08', tenant => '7')$$, tenant => '7', metrics => '{bench_events}');
SELECT * FROM analytics.cached($$SELECT * FROM analytics.time_series('bench_events', '2026-01-01 00:00+08', '2026-04-01 00:00+08', tenant => '7')$$, tenant => '7', metrics => '{bench_events}');
SELECT * FROM analytics.cached($$SELECT * FROM analytics.time_series('bench_events', '2026-01-01 00:00+08', '2026-04-01 00:00+08', tenant => '7')$$, tenant => '7', metrics => '{bench_events}');
-- name: a thousand hits: 90 rows each
DO $do$ BEGIN FOR i IN 1..1001 LOOP PERFORM analytics.cached($$SELECT * FROM analytics.time_series('bench_events', '2026-01-01 00:00+08', '2026-04-01 00:00+08', tenant => '7')$$, tenant => '7', metrics => '{bench_events}'); END LOOP; END $do$;
DO $do$ BEGIN FOR i IN 1..1000 LOOP PERFORM analytics.cached($$SELECT * FROM analytics.time_series('bench_events', '2026-01-01 00:00+08', '2026-04-01 00:00+08', tenant => '7')$$, tenant => '7', metrics => '{bench_events}'); END LOOP; END $do$;
-- name: a thousand hits: one number of a plain query
DO $do$ BEGIN FOR i IN 1..1001 LOOP PERFORM analytics.cached('SELECT count(*) FROM events', class => 'report'); END LOOP; END $do$;
DO $do$ BEGIN FOR i IN 1..1000 LOOP PERFORM analytics.cached('SELECT count(*) FROM events', class => 'report'); END LOOP; END $do$;
-- name: computed and stored: 90 rows
SELECT analytics.invalidate_cache('7', 'bench_events');
SELECT * FROM analytics.cached($$SELECT * FROM analytics.time_series('bench_events', '2026-01-01 00:00+08', '2026-04-01 00:00+08', tenant => '7')$$, tenant => '7', metrics => '{bench_events}');
-- name: 5000 entries, then one more stored
SELECT count(c) FROM generate_series(1, 5000) i, analytics.cached(format('SELECT %s AS i', i), class => 'report', metrics => '{some}') c;
SELECT analytics.invalidate_cache(NULL, 'none');
SELECT analytics.cached('SELECT 0 AS i', metrics => '{none}');

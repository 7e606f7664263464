-- Proves that a coarser rollup made from a finer one holds the same cells, byte for byte, as one made from the events, whatever is newer,
-- marked or frozen in the finer one; and that what does not nest is made from the events.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET timezone = 'UTC';
SET datestyle = ISO;
CREATE SCHEMA rfi;
SET search_path = rfi;
CREATE TABLE e (id int, tenant text, at timestamptz, who int, kind text, n int, f float8, padding text);
INSERT INTO e SELECT i, 't' || i % 3, '2026-01-01'::timestamptz + i * interval '37 seconds', i * 7 % 50, nullif('k' || i % 2, 'k1'), i % 11, i / 7.0, repeat('x', 900)
FROM generate_series(1, 20000) i;
CREATE INDEX ON e (at);
SELECT analytics.add_source('rfi', 'e', 'at', 'who', tenant => 'tenant', timezone => 'Asia/Taipei') \g /dev/null
SELECT analytics.define_metric('rfi.n', 'rfi', 'avg', 'n', filter => 'n > 3', dimensions => '{kind}') \g /dev/null
SELECT analytics.define_metric('rfi.f', 'rfi', 'sum', 'f', dimensions => '{kind}') \g /dev/null
SELECT analytics.define_metric('rfi.least', 'rfi', 'min', 'f', dimensions => '{kind}') \g /dev/null
SELECT analytics.define_metric('rfi.people', 'rfi', 'distinct', dimensions => '{kind}') \g /dev/null
SELECT analytics.define_metric('rfi.exact', 'rfi', 'distinct_exact', dimensions => '{kind}') \g /dev/null
SELECT analytics.define_metric('rfi.p95', 'rfi', 'percentile', 'f', fraction => 0.95, dimensions => '{kind}') \g /dev/null
CREATE FUNCTION make(name text, width interval, zone text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	PERFORM analytics.create_rollup(name, 'rfi', width, '{rfi.n,rfi.f,rfi.least,rfi.people,rfi.exact,rfi.p95}', '{kind}', zone);
	RETURN (SELECT r.rows FROM analytics.refresh_rollup(name) r);
END$$;
-- all rows of a rollup as text
CREATE FUNCTION cells(name text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT t::text FROM rfi.%I t', name);
END$$;

-- the finer one, then events that are newer, changed and gone in it
SELECT make('hour', '1 hour', 'UTC');
INSERT INTO e SELECT i, 't' || i % 3, '2026-01-01'::timestamptz + i * interval '37 seconds', i, 'late', i % 11, i / 3.0 FROM generate_series(1, 300) i;
UPDATE e SET f = f + 1 WHERE id % 1000 = 0;
DELETE FROM e WHERE at >= '2026-01-03' AND at < '2026-01-03 12:00';
-- whether it is read at all: what is false in it shows, but not where buckets do not nest
BEGIN;
UPDATE hour SET events = events + 1000000 WHERE bucket = '2026-01-08 12:00';
SELECT make('probe', '1 day', 'Asia/Taipei') > 1000000 AS finer, make('probe2', '1 day', 'Asia/Kathmandu') > 1000000 AS not_nested;
ROLLBACK;
BEGIN;
INSERT INTO e VALUES (0, 't1', '2026-01-05', 1, 'own', 5, 1);
SELECT make('day', '1 day', 'Asia/Taipei');
COMMIT;
SELECT make('week', '7 days', 'Asia/Taipei'), make('nepal', '1 day', 'Asia/Kathmandu');

-- without the finer one they are built from the events
CREATE TABLE was AS SELECT name, cells FROM (VALUES ('day'), ('week'), ('nepal')) v(name), cells(name);
SELECT cells > 0 AS some FROM analytics.refresh_rollup('day');
DELETE FROM was WHERE name = 'day';
INSERT INTO was SELECT 'day', cells('day');
SELECT analytics.drop_rollup('hour') \g /dev/null
UPDATE analytics.rollup_progress SET identity = '' WHERE rollup IN ('day', 'week', 'nepal');
SELECT name, (SELECT rows FROM analytics.refresh_rollup(name)), (SELECT count(*) FROM was w WHERE w.name = v.name) AS cells,
	(SELECT count(*) FROM (SELECT cells FROM was w WHERE w.name = v.name EXCEPT ALL SELECT cells(v.name)) x) AS only_from_finer,
	(SELECT count(*) FROM (SELECT cells(v.name) EXCEPT ALL SELECT cells FROM was w WHERE w.name = v.name) x) AS only_from_events
FROM (VALUES ('day'), ('week'), ('nepal')) v(name) ORDER BY 1;

-- marks in the coarser one are made from the finer one too
SELECT make('hour', '1 hour', 'UTC');
UPDATE e SET n = 7 WHERE at >= '2026-01-06' AND at < '2026-01-06 02:00';
SELECT cells FROM analytics.refresh_rollup('day');
CREATE TABLE day_now AS SELECT cells('day');
UPDATE analytics.rollup_progress SET identity = '' WHERE rollup = 'day';
SELECT analytics.drop_rollup('hour') \g /dev/null
SELECT cells FROM analytics.refresh_rollup('day');
SELECT count(*) FROM (SELECT * FROM day_now EXCEPT ALL SELECT cells('day')) x;

SELECT analytics.drop_source('rfi', cascade => true) \g /dev/null
DROP SCHEMA rfi CASCADE;

-- Proves metrics of kind percentile: within 1 % of the value at that rank, by bucket, range and dimension, with filters, in formulas and
-- comparisons; NULL over nothing, and never added up or averaged.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'UTC';
SET analytics.now = '2025-02-01 00:00+00';

CREATE SCHEMA pct;
-- day 1: 1 to 1000 ms; day 2: 1001 to 1010, ten of them; day 3: nothing; day 4: no duration
CREATE TABLE pct.e (at timestamptz, who int, ms int, cost numeric, took interval, path text);
INSERT INTO pct.e SELECT '2025-01-01 12:00', i, i, i / 100.0, i * interval '1 ms', CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END FROM generate_series(1, 1000) i;
INSERT INTO pct.e SELECT '2025-01-02 12:00', i, 1000 + i, NULL, NULL, 'even' FROM generate_series(1, 10) i;
INSERT INTO pct.e VALUES ('2025-01-04 12:00', 1, NULL, NULL, NULL, NULL);
SELECT analytics.add_source('pct', 'pct.e', 'at', 'who');
SELECT analytics.define_metric('p50', 'pct', 'percentile', 'ms', fraction => 0.5, dimensions => '{path}', unit => 'ms');
SELECT analytics.define_metric('p95', 'pct', 'percentile', 'ms', fraction => 0.95, dimensions => '{path}');
SELECT analytics.define_metric('p0', 'pct', 'percentile', 'ms', fraction => 0);
SELECT analytics.define_metric('p100', 'pct', 'percentile', 'ms', fraction => 1);
SELECT analytics.define_metric('even50', 'pct', 'percentile', 'ms', filter => 'path = ''even''', fraction => 0.5);
SELECT analytics.define_metric('cost50', 'pct', 'percentile', 'cost', fraction => 0.5);
SELECT analytics.define_metric('took50', 'pct', 'percentile', 'extract(epoch FROM took)', fraction => 0.5);
SELECT analytics.define_metric('calls', 'pct', 'count', dimensions => '{path}');
SELECT analytics.define_metric('tail', NULL, 'formula', formula => 'p95 / p50');
SELECT name, kind, expression, fraction FROM analytics.metrics WHERE source = 'pct' ORDER BY name;

-- within 1 % of what stands at that rank; over no events NULL, over events without a value NULL too
CREATE FUNCTION pct.near(value float8, exact float8) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT abs(value - exact) <= 0.011 * exact $$;
SELECT m, by_hand, pct.near(analytics.metric_value(m, '2025-01-01', '2025-01-02'), by_hand) AS near FROM (VALUES
    ('p0', 1), ('p50', 500), ('p95', 950), ('p100', 1000), ('even50', 500), ('cost50', 5), ('took50', 0.5)) v(m, by_hand) ORDER BY m;
SELECT m, bucket::date AS day, CASE WHEN value IS NOT NULL THEN pct.near(value, by_hand) END AS near FROM (VALUES
    ('p50', '2025-01-01'::date, 500), ('p50', '2025-01-02', 1005), ('p50', '2025-01-03', NULL), ('p50', '2025-01-04', NULL),
    ('p95', '2025-01-01', 950), ('p95', '2025-01-02', 1009.5), ('p95', '2025-01-03', NULL), ('p95', '2025-01-04', NULL)) v(metric, day, by_hand),
    LATERAL (SELECT metric AS m, * FROM analytics.time_series(metric, '2025-01-01', '2025-01-05')) s WHERE s.bucket::date = v.day ORDER BY 1, 2;
-- over the range the median of 1,010 values, 505: neither the mean of the medians (752) nor their sum
SELECT pct.near(analytics.metric_value('p50', '2025-01-01', '2025-01-05'), 505) AS p50, pct.near(analytics.metric_value('p95', '2025-01-01', '2025-01-05'), 959.5) AS p95,
    analytics.metric_value('p50', '2025-01-03', '2025-01-04') AS over_nothing, analytics.metric_value('p50', '2025-01-04', '2025-01-05') AS over_nulls;
-- fills: a percentile of nothing is no zero
SELECT fill, array_agg(CASE WHEN value IS NULL THEN 'none' WHEN value = 0 THEN 'zero' ELSE 'some' END ORDER BY bucket) FROM unnest('{none,zero,"null",locf,linear}'::text[]) WITH ORDINALITY f(fill, n),
    analytics.time_series('p50', '2025-01-01', '2025-01-06', fill => fill) GROUP BY n, fill ORDER BY n;
-- by dimension: even and odd numbers up to 1000, ten more even ones; NULL is a group of its own
SELECT dimensions ->> 'path' AS path, bucket::date AS day, pct.near(value, CASE WHEN bucket < '2025-01-02' THEN 500 ELSE 1005 END) AS near
FROM analytics.time_series('p50', '2025-01-01', '2025-01-03', breakdown => '{path}', fill => 'none') ORDER BY 1, 2;
SELECT dimensions, value FROM analytics.time_series('p50', '2025-01-04', '2025-01-05', breakdown => '{path}');
SELECT pct.near(analytics.metric_value('p95', '2025-01-01', '2025-01-05', '{"path": "odd"}'), 949) AS odd;
-- a formula takes both percentiles of a cell; NULL goes through it
SELECT bucket::date AS day, abs(value / CASE WHEN bucket < '2025-01-02' THEN 950.0 / 500 ELSE 1009.5 / 1005 END - 1) < 0.021 AS near
FROM analytics.time_series('tail', '2025-01-01', '2025-01-05') ORDER BY 1;
-- compared: the second day beside the first
SELECT pct.near(current, 1005) AS current, pct.near(previous, 500) AS previous, complete, previous_complete FROM analytics.compare('p50', '2025-01-02', '2025-01-03', 'previous');
-- negatives, zeros, infinities and NaN are ordered as PostgreSQL orders them
CREATE TABLE pct.odd (at timestamptz, who int, v float8);
INSERT INTO pct.odd SELECT '2025-01-01', 1, v FROM unnest('{-Infinity,-100,-10,0,10,100,Infinity,NaN,NaN}'::float8[]) v;
SELECT analytics.add_source('pct.odd', 'pct.odd', 'at', 'who');
SELECT analytics.define_metric('odd.' || f, 'pct.odd', 'percentile', 'v', fraction => f) FROM unnest('{0,0.1,0.25,0.4,0.5,0.75,1}'::float8[]) f \g /dev/null
SELECT f, exact, analytics.metric_value('odd.' || f, '2025-01-01', '2025-01-02') = exact
    OR abs(analytics.metric_value('odd.' || f, '2025-01-01', '2025-01-02') - exact) <= 0.0101 * abs(exact) AS near
FROM unnest('{0,0.1,0.25,0.4,0.5,0.75,1}'::float8[]) f, LATERAL (SELECT percentile_disc(f) WITHIN GROUP (ORDER BY v) AS exact FROM pct.odd) e ORDER BY f;

-- replaced: the fraction goes with the kind, and the table refuses what no function would write
SELECT analytics.define_metric('p95', 'pct', 'percentile', 'ms', fraction => 0.99, replace => true);
SELECT kind, fraction, pct.near(analytics.metric_value('p95', '2025-01-01', '2025-01-02'), 990) AS near FROM analytics.metrics WHERE name = 'p95';
SELECT analytics.define_metric('p95', 'pct', 'max', 'ms', replace => true);
SELECT kind, fraction, analytics.metric_value('p95', '2025-01-01', '2025-01-02') AS max FROM analytics.metrics WHERE name = 'p95';
\set VERBOSITY sqlstate
UPDATE analytics.metrics SET fraction = 0.5 WHERE name = 'p95';
UPDATE analytics.metrics SET fraction = NULL WHERE name = 'p50';
UPDATE analytics.metrics SET fraction = 1.5 WHERE name = 'p50';
\set VERBOSITY default

-- 50,000 durations of a long tail, against percentile_disc by day
SELECT setseed(0.25);
CREATE TABLE pct.big AS SELECT timestamptz '2025-01-01 00:00+00' + (i % 5) * interval '1 day' AS at, i AS who, exp(random() * 10) AS v FROM generate_series(1, 50000) i;
SELECT analytics.add_source('pct.big', 'pct.big', 'at', 'who');
SELECT analytics.define_metric('big.p' || (f * 100)::int, 'pct.big', 'percentile', 'v', fraction => f) FROM unnest('{0.01,0.5,0.95,0.99}'::float8[]) f \g /dev/null
SELECT f, count(*) AS days, bool_and(abs(s.value / e.exact - 1) <= 0.0101) AS near FROM unnest('{0.01,0.5,0.95,0.99}'::float8[]) f,
    LATERAL analytics.time_series('big.p' || (f * 100)::int, '2025-01-01', '2025-01-06') s,
    LATERAL (SELECT percentile_disc(f) WITHIN GROUP (ORDER BY v) AS exact FROM pct.big WHERE at = s.bucket) e GROUP BY f ORDER BY f;

SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'pct%' ORDER BY name;
DROP SCHEMA pct CASCADE;

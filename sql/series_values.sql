-- Proves values against SQL written by hand where types have habits: sums of real, sums of floats in any order, sums of nothing but NULL,
-- dimensions that are equal in more than one spelling, bounds that are infinite.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = postgres;
\set VERBOSITY terse
CREATE SCHEMA val;

-- the sum of a real column is not added up as real
CREATE TABLE val.r (t timestamptz, r real, f float8, u int);
INSERT INTO val.r VALUES ('2026-01-01', 1e8, NULL, 1);
INSERT INTO val.r SELECT '2026-01-01', 1, NULL, 1 FROM generate_series(1, 100);
SELECT analytics.add_source('val.r', 'val.r', 't', 'u');
SELECT analytics.define_metric('val.r', 'val.r', 'sum', 'r');
SELECT analytics.metric_value('val.r', '2026-01-01', '2026-01-02'), sum(r::float8) FROM val.r;

-- floats are added up without rounding: what sum(float8) makes of them follows the order of the rows; at the ends of the range too
CREATE TABLE val.x (t timestamptz, f float8, u int);
INSERT INTO val.x SELECT timestamptz '2026-01-01' + n * interval '1 day', f, 1 FROM (VALUES (0, 1e16), (0, 1), (0, -1e16), (0, 1), (1, 1), (1, 1e16), (1, 1), (1, -1e16), (2, 1e308), (2, 1e308)) AS v(n, f);
SELECT analytics.add_source('val.x', 'val.x', 't', 'u');
SELECT analytics.define_metric('val.x', 'val.x', 'sum', 'f');
SELECT analytics.define_metric('val.mean', 'val.x', 'avg', 'f', filter => 'f <> 0');
SELECT bucket, value FROM analytics.time_series('val.x', '2026-01-01', '2026-01-03') ORDER BY 1;
SELECT bucket, value FROM analytics.time_series('val.mean', '2026-01-01', '2026-01-04') ORDER BY 1;
SELECT analytics.metric_value('val.x', '2026-01-03', '2026-01-04');
SELECT analytics.metric_value('val.mean', '2026-01-01', '2026-01-04');

-- events without a value add up to 0 in every reader and every fill; only buckets without events are gaps
INSERT INTO val.r VALUES ('2026-01-03', NULL, 5, 1), ('2026-01-04', NULL, NULL, 1);
SELECT analytics.define_metric('val.f', 'val.r', 'sum', 'f');
SELECT analytics.define_metric('val.avg', 'val.r', 'avg', 'f');
SELECT fill, array_agg(value ORDER BY bucket), array_agg(extract(day FROM bucket) ORDER BY bucket) AS days
FROM unnest('{none,zero,"null",locf,linear}'::text[]) WITH ORDINALITY f(fill, n), analytics.time_series('val.f', '2026-01-01', '2026-01-07', fill => fill)
GROUP BY n, fill ORDER BY n;
SELECT fill, array_agg(value ORDER BY bucket) FROM unnest('{none,zero,"null",locf}'::text[]) WITH ORDINALITY f(fill, n),
    analytics.time_series('val.avg', '2026-01-01', '2026-01-07', fill => fill) GROUP BY n, fill ORDER BY n;
SELECT analytics.metric_value('val.f', '2026-01-01', '2026-01-02') AS sum, analytics.metric_value('val.avg', '2026-01-01', '2026-01-02') AS avg;

-- a range the wrong way round is an error, also where a bound is infinite
SELECT analytics.metric_value('val.f', '-infinity', 'infinity') AS all, analytics.metric_value('val.f', '2026-01-04', 'infinity') AS since;
SELECT analytics.metric_value('val.f', 'infinity', '2026-01-04');
SELECT analytics.metric_value('val.f', '2026-01-04', '-infinity');
SELECT analytics.metric_value('val.f', 'infinity', 'infinity');

-- equal values in more than one spelling: one group for each spelling in every bucket and every scan, and none lost
CREATE COLLATION val.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE val.g (t timestamptz, c text COLLATE val.ci, i interval, n numeric, u int);
INSERT INTO val.g SELECT '2026-01-01'::timestamptz + x * interval '1 hour', (ARRAY['Foo', 'foo', 'FOO'])[1 + x % 3],
    (ARRAY['1 day', '24 hours'])[1 + x % 2]::interval, (ARRAY[1.0, 1.00, 1])[1 + x / 20], x % 7 FROM generate_series(0, 47) x;
SELECT analytics.add_source('val.g', 'val.g', 't', 'u');
SELECT analytics.define_metric('val.g', 'val.g', 'count', dimensions => '{c,i,n}');
SELECT analytics.define_metric('val.du', 'val.g', 'distinct_exact', dimensions => '{c,i,n}');
SELECT analytics.define_metric('val.per', NULL, 'formula', formula => 'val.g / val.du');
SELECT bucket, dimensions, value FROM analytics.time_series('val.g', '2026-01-01', '2026-01-03', breakdown => '{c}') ORDER BY 1, dimensions ->> 'c' COLLATE "C";
SELECT bucket, dimensions, value FROM analytics.time_series('val.g', '2026-01-01', '2026-01-03', breakdown => '{i}') ORDER BY 1, 2;
SELECT bucket, dimensions ->> 'c' AS c, round(value::numeric, 3) AS per_user FROM analytics.time_series('val.per', '2026-01-01', '2026-01-03', breakdown => '{c}') ORDER BY 1, dimensions ->> 'c' COLLATE "C";
SELECT dimension, sum(users) FROM analytics.dau('val.g', '2026-01-01', '2026-01-03', dimension => 'c') GROUP BY dimension ORDER BY dimension COLLATE "C";
SELECT day, dimension, users FROM analytics.wau('val.g', '2026-01-02', '2026-01-03', dimension => 'c') ORDER BY 1, dimension COLLATE "C";

-- a dimension that two metrics declare differently is not taken at random
SELECT analytics.define_metric('val.big1', 'val.g', 'count', dimensions => '{"big = u > 1"}');
SELECT analytics.define_metric('val.big2', 'val.g', 'count', dimensions => '{"big = u > 5"}');
SELECT * FROM analytics.dau('val.g', '2026-01-01', '2026-01-02', dimension => 'big');

-- what a breakdown shows can be filtered on, jsonb strings too
CREATE TABLE val.j (t timestamptz, j jsonb, u int);
INSERT INTO val.j VALUES ('2026-01-01', '"x\"y"', 1), ('2026-01-01', '5', 1), ('2026-01-01', '"5"', 1), ('2026-01-01', 'true', 1), ('2026-01-01', 'null', 1), ('2026-01-01', NULL, 1);
SELECT analytics.add_source('val.j', 'val.j', 't', 'u');
SELECT analytics.define_metric('val.j', 'val.j', 'count', dimensions => '{j}');
SELECT dimensions, analytics.metric_value('val.j', '2026-01-01', '2026-01-02', filters => dimensions) AS again
FROM analytics.time_series('val.j', '2026-01-01', '2026-01-02', breakdown => '{j}') WHERE dimensions <> '{"j": null}' ORDER BY dimensions;
-- the null of jsonb and NULL show as one, and are one
INSERT INTO val.j VALUES ('2026-01-01', NULL, 4);
SELECT analytics.define_metric('val.javg', 'val.j', 'avg', 'u', dimensions => '{j}');
SELECT value FROM analytics.time_series('val.javg', '2026-01-01', '2026-01-02', breakdown => '{j}') WHERE dimensions = '{"j": null}';
SELECT analytics.metric_value('val.j', '2026-01-01', '2026-01-02', filters => '{"j": ["5", "x\"y"]}'),
    analytics.metric_value('val.j', '2026-01-01', '2026-01-02', filters => '{"j": {"lte": "5"}}');

SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'val.%' ORDER BY name;
DROP SCHEMA val CASCADE;

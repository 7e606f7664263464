-- Proves metrics of kind distinct and distinct_exact on people who can be counted by hand: by day, over a range, by
-- dimension, in formulas and comparisons; sets are united, never added up (D8, D49, D50); all of a formula in one scan.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'Asia/Shanghai';
SET analytics.now = '2025-02-01 00:00+08';

CREATE SCHEMA dst;
CREATE TABLE dst.e (at timestamptz, who int, kind text, province text, amount numeric);
INSERT INTO dst.e VALUES ('2024-12-31 12:00', 9, 'old', NULL, NULL),
    ('2025-01-01 09:00', 1, 'buy', 'Hubei', 10), ('2025-01-01 10:00', 1, 'view', 'Hunan', NULL), ('2025-01-01 11:00', 2, 'view', 'Hubei', NULL),
    ('2025-01-02 09:00', 1, 'buy', 'Hubei', 20), ('2025-01-02 10:00', 3, 'view', NULL, NULL),
    ('2025-01-04 09:00', 2, 'buy', 'Hunan', 30), ('2025-01-04 10:00', NULL, 'buy', 'Hunan', 5);
SELECT analytics.add_source('dst', 'dst.e', 'at', 'who', event => 'kind', timezone => 'Asia/Shanghai');
SELECT analytics.define_metric('dst.users', 'dst', 'distinct', dimensions => '{province}');
SELECT analytics.define_metric('dst.exact', 'dst', 'distinct_exact', dimensions => '{province}');
SELECT analytics.define_metric('dst.buyers', 'dst', 'distinct', filter => 'kind = ''buy''', dimensions => '{province}');
SELECT analytics.define_metric('dst.buyers.exact', 'dst', 'distinct_exact', filter => 'kind = ''buy''');
SELECT analytics.define_metric('dst.kinds', 'dst', 'distinct', 'kind', dimensions => '{province}');
SELECT analytics.define_metric('dst.revenue', 'dst', 'sum', 'amount', dimensions => '{province}');
SELECT analytics.define_metric('dst.arpu', NULL, 'formula', formula => 'dst.revenue / dst.users');
SELECT analytics.define_metric('dst.arpu.exact', NULL, 'formula', formula => 'dst.revenue / dst.exact');
SELECT analytics.define_metric('dst.buying', NULL, 'formula', formula => 'dst.buyers / dst.users * 100', unit => '%');

-- by hand: 1 and 2, then 1 and 3, nobody, then 2 (and somebody unknown); each buys once; arpu 10/2, 20/2, nothing, 35/1
SELECT u.bucket::date AS day, u.value AS users, e.value AS exact, b.value AS buyers, k.value AS kinds, a.value AS arpu, x.value AS arpu_exact, y.value AS buying
FROM analytics.time_series('dst.users', '2025-01-01', '2025-01-05') u
JOIN analytics.time_series('dst.exact', '2025-01-01', '2025-01-05') e USING (bucket)
JOIN analytics.time_series('dst.buyers', '2025-01-01', '2025-01-05') b USING (bucket)
JOIN analytics.time_series('dst.kinds', '2025-01-01', '2025-01-05') k USING (bucket)
JOIN analytics.time_series('dst.arpu', '2025-01-01', '2025-01-05') a USING (bucket)
JOIN analytics.time_series('dst.arpu.exact', '2025-01-01', '2025-01-05') x USING (bucket)
JOIN analytics.time_series('dst.buying', '2025-01-01', '2025-01-05') y USING (bucket) ORDER BY 1;
-- over the range 3 people, not 5 (the sum of the days) nor 2 (the largest day); a revenue of 65 is shared by 3
SELECT m, round(analytics.metric_value(m, '2025-01-01', '2025-01-05')::numeric, 4) AS value
FROM unnest('{dst.users,dst.exact,dst.buyers,dst.buyers.exact,dst.kinds,dst.arpu,dst.arpu.exact,dst.buying}'::text[]) m ORDER BY m;
SELECT m, analytics.metric_value(m, '2030-01-01', '2031-01-01') AS over_nothing, analytics.metric_value(m, '-infinity', 'infinity', '{"event": "view"}') AS viewers
FROM unnest('{dst.users,dst.exact,dst.buyers,dst.arpu}'::text[]) m ORDER BY m;
-- fills: nobody is 0; a gap filled by hand is what the caller asks for
SELECT fill, array_agg(value ORDER BY bucket) FROM unnest('{none,zero,"null",locf,linear}'::text[]) WITH ORDINALITY f(fill, n),
    analytics.time_series('dst.users', '2025-01-01', '2025-01-06', fill => fill) GROUP BY n, fill ORDER BY n;
-- 1 is in two provinces on the first day, and counts once in each and once in the total (D49); unknown provinces are a group of their own (D48)
SELECT m, dimensions ->> 'province' AS province, array_agg(value ORDER BY bucket) AS days,
    analytics.metric_value(m, '2025-01-01', '2025-01-05', dimensions) AS range
FROM unnest('{dst.users,dst.exact}'::text[]) m, analytics.time_series(m, '2025-01-01', '2025-01-05', breakdown => '{province}') GROUP BY m, dimensions ORDER BY m, dimensions;
SELECT dimensions ->> 'province' AS province, value AS arpu FROM analytics.time_series('dst.arpu', '2025-01-01', '2025-01-02', breakdown => '{province}') ORDER BY 1;
-- two days beside the two before: nobody and 2, beside 1, 2 and 3
SELECT m, current, previous, change, change_pct FROM unnest('{dst.users,dst.exact,dst.buyers}'::text[]) m, analytics.compare(m, '2025-01-03', '2025-01-05', 'previous') ORDER BY m;
SELECT bucket::date, current, previous FROM analytics.compare('dst.users', '2025-01-01', '2025-01-03', '1 day', granularity => 'day') ORDER BY 1;
-- without a value an event is an event: the bucket is seen, and its count is 0
SELECT analytics.define_metric('dst.amounts', 'dst', 'distinct', 'amount');
SELECT bucket::date AS day, value FROM analytics.time_series('dst.amounts', '2025-01-01', '2025-01-05', fill => 'none', filters => '{"event": "view"}') ORDER BY 1;

-- all that a formula needs comes from one scan of the source
CREATE SEQUENCE dst.scans;
CREATE FUNCTION dst.mark() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM nextval('dst.scans'); RETURN true; END $$;
CREATE VIEW dst.watched AS SELECT * FROM dst.e WHERE (SELECT dst.mark());
SELECT analytics.add_source('dst.w', 'dst.watched', 'at', 'who', timezone => 'Asia/Shanghai');
SELECT analytics.define_metric('w.' || kind, 'dst.w', kind, CASE kind WHEN 'sum' THEN 'amount' END, CASE kind WHEN 'distinct' THEN 'kind = ''buy''' END)
FROM unnest('{sum,distinct,distinct_exact}'::text[]) kind;
SELECT analytics.define_metric('w.all', NULL, 'formula', formula => 'w.sum / w.distinct + w.distinct_exact');
SELECT setval('dst.scans', 1, false) AS from_here;
SELECT analytics.metric_value('w.all', '2025-01-01', '2025-01-05') AS by_hand_65_halved_and_3;
SELECT last_value AS scans FROM dst.scans;

-- the same values are the same whatever the type, for both kinds
CREATE TABLE dst.t (at timestamptz, n numeric, f float8, i interval, t text, c char(5), b boolean, a int[], d date, y bytea);
INSERT INTO dst.t VALUES
    ('2025-01-01', 1.0, 0, '1 day', 'a', 'a', true, '{1,2}', '2025-01-01', 'x'), ('2025-01-01', 1.00, '-0', '24 hours', 'a', 'a ', true, '{1,2}', '2025-01-01', 'x'),
    ('2025-01-01', 2, 'NaN', '1 mon', 'A', 'b', false, '{1,NULL}', 'infinity', ''), ('2025-01-01', 2.50, 'NaN', '30 days', '', '', NULL, '{}', '-infinity', '\x00'),
    ('2025-01-01', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT analytics.add_source('dst.t', 'dst.t', 'at', 't');
SELECT analytics.define_metric('t.' || k || '.' || c, 'dst.t', k, c) FROM unnest('{n,f,i,t,c,b,a,d,y}'::text[]) c, unnest('{distinct,distinct_exact}'::text[]) k \g /dev/null
SELECT c, analytics.metric_value('t.distinct.' || c, '2025-01-01', '2025-01-02') AS approx, analytics.metric_value('t.distinct_exact.' || c, '2025-01-01', '2025-01-02') AS exact
FROM unnest('{n,f,i,t,c,b,a,d,y}'::text[]) WITH ORDINALITY c(c, o) ORDER BY o;

-- replaced: another kind, the same name; formulas above follow
SELECT analytics.define_metric('dst.exact', 'dst', 'distinct', 'kind', replace => true);
SELECT kind, expression, fraction, analytics.metric_value(name, '2025-01-01', '2025-01-05') FROM analytics.metrics WHERE name = 'dst.exact';

-- 200,000 people of whom each day sees a part: within 3 standard errors (0.59 % each) of the exact count, each day and over all days
CREATE TABLE dst.big AS SELECT timestamptz '2025-01-01 00:00+08' + (i % 10) * interval '1 day' AS at, hashint4(i) % 200000 AS who FROM generate_series(1, 300000) i;
SELECT analytics.add_source('dst.big', 'dst.big', 'at', 'who');
SELECT analytics.define_metric('big.approx', 'dst.big', 'distinct');
SELECT analytics.define_metric('big.exact', 'dst.big', 'distinct_exact');
SELECT count(*) AS days, bool_and(abs(a.value / e.value - 1) < 3 * 0.0059) AS near, bool_or(a.value <> e.value) AS approximate
FROM analytics.time_series('big.approx', '2025-01-01', '2025-01-11') a JOIN analytics.time_series('big.exact', '2025-01-01', '2025-01-11') e USING (bucket);
SELECT analytics.metric_value('big.exact', '2025-01-01', '2025-01-11') = (SELECT count(DISTINCT who) FROM dst.big) AS exact,
    abs(analytics.metric_value('big.approx', '2025-01-01', '2025-01-11') / (SELECT count(DISTINCT who) FROM dst.big) - 1) < 3 * 0.0059 AS near;

SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'dst%' ORDER BY name;
DROP SCHEMA dst CASCADE;

-- Proves dau, wau and mau by sketches on 60,000 generated people: each window is the union of the sketches of its days and the sketch of its
-- events, to the digit; within 3 standard errors of the exact count; the same serial and parallel; gaps, dates and clocks too.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'Europe/Berlin';
SET analytics.now = '2026-01-01 00:00+00';

CREATE SCHEMA skt;
-- March and April 2025 with a change of the clock; nobody on April 5 to 14; people of group g come only from the g-th of March on, and group 4 on one day
SELECT setseed(0.75);
CREATE TABLE skt.e AS SELECT at, (random() ^ 2 * 60000)::int AS who, g FROM (
    SELECT timestamptz '2025-03-01 00:00+01' + random() * interval '61 days' AS at, CASE WHEN i % 5000 = 0 THEN 3 WHEN i % 3 > 0 THEN 1 ELSE 2 END AS g FROM generate_series(1, 120000) i) s
WHERE NOT at BETWEEN '2025-04-05' AND '2025-04-15' AND at >= timestamptz '2025-03-01 00:00+01' + g * interval '1 day';
INSERT INTO skt.e VALUES ('2025-03-20 12:00', 1, 4), ('2025-03-20 13:00', 1, 4), ('2025-03-20 12:00', 2, NULL);
SELECT analytics.add_source('skt', 'skt.e', 'at', 'who', timezone => 'Europe/Berlin');

CREATE TABLE skt.answer AS
SELECT 1 AS days, method, d.* FROM unnest('{approx,exact}'::text[]) method, analytics.dau('skt', '2025-03-20', '2025-04-25', dimension => 'g', method => method) d
UNION ALL SELECT 7, method, d.* FROM unnest('{approx,exact}'::text[]) method, analytics.wau('skt', '2025-03-20', '2025-04-25', dimension => 'g', method => method) d
UNION ALL SELECT 30, method, d.* FROM unnest('{approx,exact}'::text[]) method, analytics.mau('skt', '2025-03-20', '2025-04-25', dimension => 'g', method => method) d;
CREATE TABLE skt.daily AS SELECT at::date AS day, g::text AS g, analytics.hll_agg(who) AS sketch FROM skt.e GROUP BY 1, 2;
-- what each cell should be, in slow SQL: the union of the days' sketches, one sketch of the window's events, the distinct people
CREATE TABLE skt.truth AS
SELECT w.days, d::date AS day, x.g, (SELECT analytics.hll_count(analytics.hll_union_agg(sketch)) FROM skt.daily y WHERE y.day BETWEEN d::date - (w.days - 1) AND d::date AND y.g IS NOT DISTINCT FROM x.g) AS united
FROM (VALUES (1), (7), (30)) w(days), generate_series(timestamp '2025-03-20', '2025-04-24', '1 day') d, (SELECT DISTINCT g FROM skt.daily) x;
SELECT a.days, count(*) AS cells, count(*) FILTER (WHERE a.users <> coalesce(t.united, 0)) AS differ, count(*) FILTER (WHERE a.users = 0) > 0 AS some_empty
FROM skt.answer a JOIN skt.truth t ON t.days = a.days AND t.day = a.day AND t.g IS NOT DISTINCT FROM a.dimension WHERE a.method = 'approx' GROUP BY a.days ORDER BY a.days;
-- one sketch over the events of the window is the union of the days' sketches
SELECT count(*) AS windows, bool_and(users = (SELECT analytics.approx_count_distinct(who) FROM skt.e WHERE g = 1 AND at::date BETWEEN a.day - (a.days - 1) AND a.day)) AS equal
FROM skt.answer a WHERE method = 'approx' AND dimension = '1' AND day IN ('2025-03-20', '2025-03-30', '2025-04-20');
-- against the exact counts: few people to the digit, many within 3 standard errors of 0.59 %
SELECT a.days, a.dimension AS g, max(e.users) > 3584 AS many, bool_and(a.users = e.users) AS equal, bool_and(abs(a.users - e.users) <= 3 * 0.0059 * e.users) AS near, bool_and(a.complete = e.complete) AS complete
FROM skt.answer a JOIN skt.answer e USING (days, day) WHERE a.method = 'approx' AND e.method = 'exact' AND a.dimension IS NOT DISTINCT FROM e.dimension
GROUP BY a.days, a.dimension ORDER BY 1, 2;
-- without a dimension: the total is a union too
SELECT bool_and(m.users = (SELECT analytics.hll_count(analytics.hll_union_agg(sketch)) FROM skt.daily y WHERE y.day BETWEEN m.day - 29 AND m.day)) AS united
FROM analytics.mau('skt', '2025-03-20', '2025-04-25') m;
-- workers or none
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*) AS differ FROM (SELECT day, dimension, users FROM analytics.wau('skt', '2025-03-20', '2025-04-25', dimension => 'g') UNION ALL
    SELECT day, dimension, users FROM analytics.dau('skt', '2025-03-20', '2025-04-25', dimension => 'g') EXCEPT SELECT day, dimension, users FROM skt.answer WHERE method = 'approx') s;
SELECT count(*) AS differ FROM (SELECT day, dimension, users FROM analytics.wau('skt', '2025-03-20', '2025-04-25', dimension => 'g', method => 'exact') UNION ALL
    SELECT day, dimension, users FROM analytics.dau('skt', '2025-03-20', '2025-04-25', dimension => 'g', method => 'exact') EXCEPT SELECT day, dimension, users FROM skt.answer WHERE method = 'exact') s;
-- memory too small for the groups: the same
SET work_mem = '64kB';
SELECT count(*) AS differ FROM (SELECT day, dimension, users FROM analytics.mau('skt', '2025-03-20', '2025-04-25', dimension => 'g') EXCEPT SELECT day, dimension, users FROM skt.answer WHERE method = 'approx' AND days = 30) s;
RESET work_mem;
RESET max_parallel_workers_per_gather;
-- a metric of kind distinct gives the days of dau, and its value over a week is wau
SELECT analytics.define_metric('skt.users', 'skt', 'distinct', dimensions => '{g}');
SELECT bool_and(s.value = a.users) AS as_dau FROM analytics.time_series('skt.users', '2025-03-20', '2025-04-25', breakdown => '{g}') s
JOIN skt.answer a ON a.days = 1 AND a.method = 'approx' AND a.day = s.bucket::date AND a.dimension IS NOT DISTINCT FROM (s.dimensions ->> 'g');
SELECT bool_and(w.users = analytics.metric_value('skt.users', (w.day - 6)::timestamptz, (w.day + 1)::timestamptz)) AS as_wau FROM analytics.wau('skt', '2025-03-25', '2025-04-02') w;
-- columns of clocks and dates: the same days
CREATE VIEW skt.clock AS SELECT at::timestamp AS l, at::date AS d, who, g FROM skt.e;
SELECT analytics.add_source('skt.' || c, 'skt.clock', c, 'who', timezone => 'Europe/Berlin') FROM unnest('{l,d}'::text[]) c;
SELECT count(*) AS differ FROM unnest('{skt.l,skt.d}'::text[]) s, LATERAL (SELECT day, dimension, users FROM analytics.wau(s, '2025-03-20', '2025-04-25', dimension => 'g')
    EXCEPT SELECT day, dimension, users FROM skt.answer WHERE method = 'approx' AND days = 7) d;

SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'skt%' ORDER BY name;
DROP SCHEMA skt CASCADE;

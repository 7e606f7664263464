-- Proves dau, wau and mau: days of the zone, windows that end with the day, dimensions, events, tenants (D8, D47, D49, D56).
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'Asia/Shanghai';
SET analytics.now = '2025-03-20 00:00+08';

CREATE SCHEMA act;
CREATE TABLE act.e (at timestamptz, user_id int, kind text, province text, city text, tenant text);
INSERT INTO act.e VALUES
    ('2025-01-01 00:00+08', 1, 'start', 'Hubei', 'Wuhan', 'a'),   -- still Dec 31 in UTC
    ('2025-01-01 10:00+08', 1, 'start', 'Hubei', 'Yichang', 'a'), -- the same person in a second city of the province
    ('2025-01-01 23:59:59.999999+08', 2, 'start', 'Hubei', 'Wuhan', 'b'),
    ('2025-01-02 12:00+08', 1, 'end', NULL, NULL, 'a'),
    ('2025-01-02 13:00+08', NULL, 'start', 'Hunan', NULL, 'a'),   -- nobody
    ('2025-01-04 08:00+08', 3, 'start', 'Hunan', 'Yueyang', 'b'),
    ('2025-01-09 08:00+08', 1, 'start', 'Hubei', 'Wuhan', 'a');
SELECT analytics.add_source('e', 'act.e', 'at', 'user_id', event => 'kind', tenant => 'tenant', timezone => 'Asia/Shanghai');
SELECT analytics.define_metric('starts', 'e', 'count', dimensions => '{"place = province || ''/'' || city"}');

SELECT * FROM analytics.dau('e', '2025-01-01', '2025-01-06');
-- in UTC the first event is of the year before
SELECT * FROM analytics.dau('e', '2024-12-31 00:00+00', '2025-01-03 00:00+00', timezone => 'UTC');
-- a person in two cities of one province counts once in it (D49); an unknown province is a row of its own
SELECT * FROM analytics.dau('e', '2025-01-01', '2025-01-03', dimension => 'province');
SELECT * FROM analytics.dau('e', '2025-01-01', '2025-01-02', dimension => 'place');
SELECT * FROM analytics.dau('e', '2025-01-01', '2025-01-03', events => '{start}');
SELECT * FROM analytics.dau('e', '2025-01-01', '2025-01-03', tenant => 'b', method => 'exact');
-- seven days that end with the day: 1 and 2 leave on the 9th and 8th, 1 comes back; complete once seven days are covered
SELECT * FROM analytics.wau('e', '2025-01-03', '2025-01-11');
SELECT * FROM analytics.mau('e', '2025-02-02', '2025-02-09');

-- against an obvious query, on 20,000 random events over a change of the clock
SELECT setseed(0.5);
CREATE TABLE act.r AS SELECT timestamptz '2025-02-01 00:00+00' + random() * interval '60 days' AS at, (random() ^ 2 * 500)::int AS u,
    'p' || (random() * 3)::int AS p FROM generate_series(1, 20000);
SELECT analytics.add_source('r', 'act.r', 'at', 'u', timezone => 'America/New_York');
SET analytics.now = '2026-01-01 00:00+00';
SET timezone = 'America/New_York';
CREATE FUNCTION act.slow(days int) RETURNS TABLE (day date, p text, users bigint) LANGUAGE sql STABLE AS $$
    SELECT d::date, x.p, (SELECT count(DISTINCT u) FROM act.r WHERE r.p = x.p
        AND (at AT TIME ZONE 'America/New_York')::date BETWEEN d::date - (days - 1) AND d::date)
    FROM generate_series(timestamp '2025-03-01', '2025-03-20', '1 day') d, (SELECT DISTINCT p FROM act.r) x $$;
SELECT 'dau' AS reader, count(*) AS cells, count(*) FILTER (WHERE f.users IS DISTINCT FROM s.users) AS differences
FROM analytics.dau('r', '2025-03-01', '2025-03-21', dimension => 'p') f FULL JOIN act.slow(1) s ON s.day = f.day AND s.p = f.dimension
UNION ALL SELECT 'wau', count(*), count(*) FILTER (WHERE f.users IS DISTINCT FROM s.users)
FROM analytics.wau('r', '2025-03-01', '2025-03-21', dimension => 'p') f FULL JOIN act.slow(7) s ON s.day = f.day AND s.p = f.dimension
UNION ALL SELECT 'mau', count(*), count(*) FILTER (WHERE f.users IS DISTINCT FROM s.users)
FROM analytics.mau('r', '2025-03-01', '2025-03-21', dimension => 'p') f FULL JOIN act.slow(30) s ON s.day = f.day AND s.p = f.dimension;
-- an empty table has days without users; a column of wall clocks and one of dates give the same days
CREATE TABLE act.empty (at date, u int);
SELECT analytics.add_source('empty', 'act.empty', 'at', 'u');
SELECT * FROM analytics.mau('empty', '2025-03-01', '2025-03-03');
CREATE VIEW act.clock AS SELECT at AT TIME ZONE 'America/New_York' AS at, u, p FROM act.r;
CREATE VIEW act.days AS SELECT (at AT TIME ZONE 'America/New_York')::date AS at, u, p FROM act.r;
SELECT analytics.add_source('clock', 'act.clock', 'at', 'u', timezone => 'America/New_York');
SELECT analytics.add_source('days', 'act.days', 'at', 'u');
SELECT count(*) AS days, count(DISTINCT (a.users, b.users, c.users)) > 1 AS varied, bool_and(a.users = b.users AND b.users = c.users) AS equal
FROM analytics.dau('r', '2025-03-01', '2025-03-21') a JOIN analytics.dau('clock', '2025-03-01', '2025-03-21') b USING (day)
JOIN analytics.dau('days', '2025-03-01', '2025-03-21') c USING (day);

-- bad input
SELECT * FROM analytics.dau('f', '2025-01-01', '2025-01-06');
SELECT * FROM analytics.dau('e', '2025-01-06', '2025-01-01');
SELECT * FROM analytics.dau('e', '2025-01-01', 'infinity');
SELECT * FROM analytics.dau('e', '2025-01-01', '2025-01-06', dimension => 'provinz');
SELECT * FROM analytics.dau('e', '2025-01-01', '2025-01-06', method => 'guess');
SELECT * FROM analytics.dau('r', '2025-01-01', '2025-01-06', events => '{start}');
SELECT * FROM analytics.dau('e', '2025-01-01', '2025-01-06', events => '{}');
SELECT * FROM analytics.dau('r', '2025-01-01', '2025-01-06', tenant => 'a');
SELECT * FROM analytics.dau(NULL, '2025-01-01', '2025-01-06');
SELECT * FROM analytics.dau('e', NULL, '2025-01-06');

SET client_min_messages = warning;
DROP SCHEMA act CASCADE;

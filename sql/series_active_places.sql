-- Proves active people by place: who is in two cities counts once in the province, cities of one name in two provinces stay apart (D49);
-- people without a place are a group of their own, and the total is counted apart (D48, D56); both methods give the same.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'Asia/Shanghai';
SET analytics.now = '2025-06-01 00:00+08';

CREATE SCHEMA plc;
-- There is a Suzhou in Jiangsu and one in Anhui. 1 travels from Nanjing to Suzhou, 2 is in both Suzhous, 4 is somewhere in Jiangsu, 5 and 6 are somewhere.
CREATE TABLE plc.e (at timestamptz, who text, province text, city text);
INSERT INTO plc.e VALUES
    ('2025-03-01 08:00', '9', 'Jiangsu', 'Nanjing'), ('2025-05-01 08:00', '1', 'Jiangsu', 'Nanjing'), ('2025-05-01 12:00', '1', 'Jiangsu', 'Suzhou'),
    ('2025-05-01 09:00', '2', 'Jiangsu', 'Suzhou'), ('2025-05-01 19:00', '2', 'Anhui', 'Suzhou'),
    ('2025-05-01 09:00', '3', 'Anhui', 'Suzhou'), ('2025-05-01 10:00', '4', 'Jiangsu', NULL),
    ('2025-05-01 11:00', '5', NULL, NULL), ('2025-05-01 12:00', '6', NULL, NULL),
    ('2025-05-02 08:00', '3', 'Anhui', 'Suzhou'), ('2025-05-02 08:00', '1', 'Anhui', 'Suzhou'), ('2025-05-02 09:00', '5', 'Jiangsu', 'Nanjing');
SELECT analytics.add_source('plc', 'plc.e', 'at', 'who', timezone => 'Asia/Shanghai');
SELECT analytics.define_metric('plc.events', 'plc', 'count', dimensions => '{"place = province || ''/'' || city"}');
SELECT analytics.define_metric('plc.users', 'plc', 'distinct', dimensions => '{province,city}');

-- the first day, by hand: six people; 1, 2 and 4 in Jiangsu, 2 and 3 in Anhui, 5 and 6 unknown: 7 if it were added up, 5 if the unknown were left out (D48)
SELECT m AS method, d.users AS total, (SELECT sum(users) FROM analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => 'province', method => m)) AS sum_of_groups
FROM unnest('{approx,exact}'::text[]) m, analytics.dau('plc', '2025-05-01', '2025-05-02', method => m) d ORDER BY 1;
SELECT dimension AS province, a.users AS approx, e.users AS exact
FROM analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => 'province') WITH ORDINALITY a(day, dimension, users, complete, n)
JOIN analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => 'province', method => 'exact') WITH ORDINALITY e(day, dim, users, complete, n) USING (n)
WHERE dimension IS NOT DISTINCT FROM dim ORDER BY n;
-- the places of Jiangsu added up are 4 people, where there are 3 (D49)
SELECT d.* FROM unnest('{approx,exact}'::text[]) m, analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => 'province, city', method => m) d ORDER BY dimension, users;
-- a city's name alone puts two cities together, as asked: 1, 2 and 3 in "Suzhou"
SELECT * FROM analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => 'city');
-- a dimension that a metric declares: here who lacks either has no place
SELECT dimension AS place, users FROM analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => 'place', method => 'exact');
-- the same from a metric by breakdown
SELECT dimensions, value FROM analytics.time_series('plc.users', '2025-05-01', '2025-05-02', breakdown => '{province,city}') ORDER BY dimensions;

-- two days together: 1 was in three places, and is one person in each and in the week
SELECT m AS method, dimension::jsonb ->> 'province' AS province, dimension::jsonb ->> 'city' AS city, users
FROM unnest('{approx,exact}'::text[]) m, analytics.wau('plc', '2025-05-02', '2025-05-03', dimension => ' province ,city', method => m) ORDER BY 1, 2, 3;
SELECT m AS method, dimension AS province, users FROM unnest('{approx,exact}'::text[]) m, analytics.mau('plc', '2025-05-02', '2025-05-03', dimension => 'province', method => m) ORDER BY 1, 2;
SELECT m AS method, users AS total FROM unnest('{approx,exact}'::text[]) m, analytics.mau('plc', '2025-05-02', '2025-05-03', method => m) ORDER BY 1;

-- a value of one dimension cannot pass for two: quotes and commas stay in their place
CREATE TABLE plc.odd (at timestamptz, who int, a text, "b,c" text, n int);
INSERT INTO plc.odd VALUES ('2025-05-01', 1, 'x", "y', 'z', 7), ('2025-05-01', 2, 'x', 'y, z', 7), ('2025-05-01', 3, '', NULL, 8);
SELECT analytics.add_source('plc.odd', 'plc.odd', 'at', 'who', timezone => 'Asia/Shanghai');
SELECT dimension, users FROM analytics.dau('plc.odd', '2025-05-01', '2025-05-02', dimension => 'a, n');
SELECT dimension, users FROM analytics.dau('plc.odd', '2025-05-01', '2025-05-02', dimension => 'b,c');

-- bad input
SELECT * FROM analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => 'province, citi');
SELECT * FROM analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => 'province,');
SELECT * FROM analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => 'city, city');
SELECT * FROM analytics.dau('plc', '2025-05-01', '2025-05-02', dimension => '');
CREATE TABLE plc.wide (at timestamptz, who int);
SELECT format('ALTER TABLE plc.wide %s', string_agg('ADD c' || i || ' int', ', ')) FROM generate_series(1, 17) i \gexec
SELECT analytics.add_source('plc.wide', 'plc.wide', 'at', 'who');
SELECT * FROM analytics.dau('plc.wide', '2025-05-01', '2025-05-02', dimension => (SELECT string_agg('c' || i, ',') FROM generate_series(1, 17) i));

SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'plc%' ORDER BY name;
DROP SCHEMA plc CASCADE;

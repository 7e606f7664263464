-- Proves which day people are counted on: the date in the zone at every hour, over both changes of the clock (D47); the day of the event
-- however late it arrives (D41); windows unite days, where a sum or a maximum is wrong (D50); both methods give the same.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'UTC';
SET analytics.now = '2027-01-01 00:00+00';
CREATE SCHEMA day;

-- D47. Somebody new each hour of 2025-01-15 in Shanghai. Whenever on the 16th one asks for yesterday, it is the 15th, whole, with 24 people.
CREATE TABLE day.h (at timestamptz, who int);
INSERT INTO day.h SELECT '2025-01-15 00:30+08'::timestamptz + h * interval '1 hour', h FROM generate_series(-24, 47) h;
SELECT analytics.add_source('day.h', 'day.h', 'at', 'who', timezone => 'Asia/Shanghai');
CREATE FUNCTION day.yesterday(hour int, method text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE today timestamptz := analytics.time_bin('1 day', '2025-01-16 00:00+08'::timestamptz + hour * interval '1 hour', 'Asia/Shanghai');
BEGIN
    PERFORM set_config('analytics.now', ('2025-01-16 00:00+08'::timestamptz + hour * interval '1 hour')::text, true);
    RETURN (SELECT format('%s: %s %s', day, users, complete) FROM analytics.dau('day.h', today - interval '24 hours', today, method => method));
END $$;
SELECT day.yesterday(h, m) AS answer, count(*) AS hours FROM generate_series(0, 23) h, unnest('{approx,exact}'::text[]) m GROUP BY 1;
-- the running day has those who have come so far, and says so
SET analytics.now = '2025-01-16 07:30+08';
SELECT * FROM analytics.dau('day.h', '2025-01-15 00:00+08', '2025-01-17 00:00+08');
SET analytics.now = '2027-01-01 00:00+00';
-- In New York the day of spring has 23 hours and that of autumn 25; somebody new each hour.
SET timezone = 'America/New_York';
CREATE TABLE day.n (at timestamptz, who int);
INSERT INTO day.n SELECT x, row_number() OVER () FROM generate_series('2026-03-06 00:00'::timestamptz, '2026-03-10 23:00', '1 hour') x;
INSERT INTO day.n SELECT x, 1000 + row_number() OVER () FROM generate_series('2026-10-30 00:00'::timestamptz, '2026-11-03 23:00', '1 hour') x;
SELECT analytics.add_source('day.n', 'day.n', 'at', 'who', timezone => 'America/New_York');
SELECT method, array_agg(to_char(day, 'MM-DD') || ' ' || users ORDER BY day) AS days FROM (
    SELECT m AS method, d.* FROM unnest('{approx,exact}'::text[]) m, analytics.dau('day.n', '2026-03-07', '2026-03-10', method => m) d UNION ALL
    SELECT m, d.* FROM unnest('{approx,exact}'::text[]) m, analytics.dau('day.n', '2026-10-31', '2026-11-03', method => m) d) s GROUP BY method ORDER BY method;
-- 7 days with 23 or 25 hours among them: from the 6th of March 24 + 24 + 23 people, from the 30th of October 24 + 24 + 25
SELECT m AS method, w.day, w.users FROM unnest('{approx,exact}'::text[]) m,
    LATERAL (SELECT * FROM analytics.wau('day.n', '2026-03-08', '2026-03-09', method => m) UNION ALL SELECT * FROM analytics.wau('day.n', '2026-11-01', '2026-11-02', method => m)) w ORDER BY 1, 2;

-- D50. Days of {1,2}, {2,3} and {4}: a week that ends with the third has 4 people; the largest day has 2, the days together 5.
SET timezone = 'Asia/Shanghai';
CREATE TABLE day.e (at timestamptz, who int, arrived int);
INSERT INTO day.e VALUES ('2025-03-01 10:00', 1, 1), ('2025-03-01 11:00', 2, 1), ('2025-03-02 10:00', 2, 1), ('2025-03-02 11:00', 3, 1), ('2025-03-03 10:00', 4, 1);
SELECT analytics.add_source('day.e', 'day.e', 'at', 'who', timezone => 'Asia/Shanghai');
SELECT m AS method, max(d.users) AS largest_day, sum(d.users) AS sum_of_days, max(w.users) AS week, max(mo.users) AS month
FROM unnest('{approx,exact}'::text[]) m, analytics.dau('day.e', '2025-03-01', '2025-03-04', method => m) d
JOIN analytics.wau('day.e', '2025-03-01', '2025-03-04', method => m) w USING (day) JOIN analytics.mau('day.e', '2025-03-01', '2025-03-04', method => m) mo USING (day) GROUP BY m ORDER BY m;
-- each window by hand, the last of them after everyone has left
SELECT a.day, a.users AS approx, e.users AS exact FROM analytics.wau('day.e', '2025-03-01', '2025-03-13') a JOIN analytics.wau('day.e', '2025-03-01', '2025-03-13', method => 'exact') e USING (day) ORDER BY 1;
-- a month has 30 days: those of the 1st leave on the 31st
SELECT a.day, a.users AS approx, e.users AS exact FROM analytics.mau('day.e', '2025-03-29', '2025-04-03') a JOIN analytics.mau('day.e', '2025-03-29', '2025-04-03', method => 'exact') e USING (day) ORDER BY 1;

-- D41. An event of the 1st arrives a week late: it counts on the 1st, and in the windows that hold the 1st.
CREATE TABLE day.before AS SELECT 'dau' AS reader, * FROM analytics.dau('day.e', '2025-03-01', '2025-03-13') UNION ALL SELECT 'wau', * FROM analytics.wau('day.e', '2025-03-01', '2025-03-13');
INSERT INTO day.e VALUES ('2025-03-01 23:59:59.999999', 5, 2);
SELECT a.reader, min(a.day) AS first_change, max(a.day) AS last_change, bool_and(a.users = b.users + 1) AS by_one
FROM (SELECT 'dau' AS reader, * FROM analytics.dau('day.e', '2025-03-01', '2025-03-13') UNION ALL SELECT 'wau', * FROM analytics.wau('day.e', '2025-03-01', '2025-03-13')) a
JOIN day.before b USING (reader, day) WHERE a.users <> b.users GROUP BY a.reader ORDER BY 1;

-- D50, where no sum would do: Apia had no 2011-12-30, but clocks stored without a zone can show it. SQL reads them a day later, and so do we:
-- the 31st has 2, 3 and 4 (not 2 + 2 people), the median of its amounts is 20, and the week that ends with it has 1 to 4.
SET timezone = 'Pacific/Apia';
CREATE TABLE day.apia (l timestamp, d date, who int, amount int);
INSERT INTO day.apia SELECT l, l, who, amount FROM (VALUES ('2011-12-29 12:00'::timestamp, 1, 5), ('2011-12-29 13:00', 2, 5), ('2011-12-30 12:00', 2, 10), ('2011-12-30 13:00', 3, 10),
    ('2011-12-31 12:00', 3, 20), ('2011-12-31 13:00', 4, 30), ('2011-12-31 14:00', 4, 30)) v(l, who, amount);
SELECT DISTINCT '2011-12-30 12:00'::timestamp AT TIME ZONE 'Pacific/Apia' AS read_as FROM day.apia;
SELECT analytics.add_source('apia.' || c, 'day.apia', c, 'who', timezone => 'Pacific/Apia') FROM unnest('{l,d}'::text[]) c;
SELECT analytics.define_metric('apia.' || c || '.' || k, 'apia.' || c, k, CASE WHEN k IN ('sum', 'percentile') THEN 'amount' END, fraction => CASE k WHEN 'percentile' THEN 0.5 END)
FROM unnest('{l,d}'::text[]) c, unnest('{count,sum,distinct,distinct_exact,percentile}'::text[]) k \g /dev/null
SELECT c, k, array_agg(to_char(bucket, 'DD') || ': ' || round(value::numeric) ORDER BY bucket) AS days,
    round(analytics.metric_value('apia.' || c || '.' || k, '2011-12-31', '2012-01-01')::numeric) AS the_31st
FROM unnest('{l,d}'::text[]) c, unnest('{count,sum,distinct,distinct_exact,percentile}'::text[]) k, analytics.time_series('apia.' || c || '.' || k, '2011-12-29', '2012-01-01') GROUP BY c, k ORDER BY c, k;
SELECT c, m AS method, array_agg(to_char(d.day, 'DD') || ': ' || d.users || ' of ' || w.users ORDER BY d.day) AS days
FROM unnest('{l,d}'::text[]) c, unnest('{approx,exact}'::text[]) m, analytics.dau('apia.' || c, '2011-12-29', '2012-01-02', method => m) d
JOIN analytics.wau('apia.' || c, '2011-12-29', '2012-01-02', method => m) w USING (day) GROUP BY c, m ORDER BY c, m;
-- St. John's turned its clocks from 00:01 back to 23:01: the hour that comes twice is read as the second one, behind the midnight that begins the day
SET timezone = 'America/St_Johns';
CREATE TABLE day.john (l timestamp, who int);
INSERT INTO day.john VALUES ('2006-10-28 22:00', 1), ('2006-10-28 23:30', 2), ('2006-10-29 00:30', 2), ('2006-10-29 12:00', 3);
SELECT analytics.add_source('john', 'day.john', 'l', 'who', timezone => 'America/St_Johns');
SELECT analytics.define_metric('john', 'john', 'distinct');
SELECT bucket, value, analytics.metric_value('john', bucket, coalesce(lead(bucket) OVER (ORDER BY bucket), '2006-10-30')) AS range, d.users, e.users AS exact FROM analytics.time_series('john', '2006-10-28', '2006-10-30')
JOIN analytics.dau('john', '2006-10-28', '2006-10-30') d ON d.day = bucket::date JOIN analytics.dau('john', '2006-10-28', '2006-10-30', method => 'exact') e ON e.day = bucket::date ORDER BY 1;

SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'day%' OR name LIKE 'apia%' OR name = 'john' ORDER BY name;
DROP SCHEMA day CASCADE;

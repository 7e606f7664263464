-- Proves that compare sets as many days beside a range as it has where both periods have them: a range that ends
-- before Feb 29, or before the 31st, does not lose its last day in the earlier period.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
CREATE SCHEMA cpe;
-- one event a day: a value is a number of days
CREATE TABLE cpe.l (t timestamptz, l timestamp, d date, u int);
INSERT INTO cpe.l SELECT x, x, x, 1 FROM generate_series('2015-01-01'::timestamptz, '2026-12-31', '1 day') x;
SELECT analytics.add_source('cpe.' || c, 'cpe.l', c, 'u', timezone => 'UTC') FROM unnest('{t,l,d}'::text[]) c;
SELECT analytics.define_metric('cpe.' || c, 'cpe.' || c, 'count') FROM unnest('{t,l,d}'::text[]) c;
SET analytics.now = '2027-01-01 00:00+00';

-- by hand: each day has the same date of the earlier period beside it, the last of a shorter month where there is none
SELECT start, finish, against, array_agg(c.current::text || ' beside ' || c.previous) FROM (VALUES
    (1, '2024-02-01', '2024-02-29', 'year'), (2, '2024-02-01', '2024-03-01', 'year'), (3, '2025-02-01', '2025-03-01', 'year'),
    (4, '2024-02-29', '2024-03-01', 'year'), (5, '2026-03-01', '2026-03-29', 'month'), (6, '2026-03-01', '2026-03-31', 'month'),
    (7, '2026-03-01', '2026-04-01', 'month'), (8, '2026-05-01', '2026-05-31', 'month'), (9, '2026-05-15', '2026-05-31', '1 month'),
    (10, '2026-05-01', '2026-05-31', 'quarter'), (11, '2026-03-01', '2026-03-08', 'week')) v(n, start, finish, against),
    unnest('{t,l,d}'::text[]) m, analytics.compare('cpe.' || m, start::timestamptz, finish::timestamptz, against) c
GROUP BY n, start, finish, against ORDER BY n;

-- the one row has beside it at least the days that the rows of granularity day have
WITH r AS (SELECT s::timestamptz, s::timestamptz + n * interval '1 day' AS f, against
    FROM generate_series('2024-01-25'::timestamp, '2024-03-05', '1 day') s, unnest('{1,5,31}'::int[]) n, unnest('{year,month}'::text[]) against)
SELECT count(*) AS ranges, count(*) FILTER (WHERE one.previous < days.n) AS wrong
FROM r, LATERAL analytics.compare('cpe.t', s, f, against) one,
    LATERAL (SELECT count(DISTINCT previous_bucket) AS n FROM analytics.compare('cpe.t', s, f, against, granularity => 'day')) days;

-- the week before Monday, Feb 29 2016, has seven days beside it, and so has the week that begins there
SELECT bucket::date, previous_bucket::date, current, previous FROM analytics.yoy('cpe.t', '2016-02-22', '2016-03-07', granularity => 'week') ORDER BY 1;

-- to date, now at the midnight before Feb 29 and before Mar 30
SET analytics.now = '2024-02-29 00:00+00';
SELECT bucket::date, previous_bucket::date, current, previous, change_pct, complete
FROM analytics.yoy('cpe.t', '2024-01-01', '2024-04-01', granularity => 'month', to_date => true) ORDER BY 1;
SET analytics.now = '2026-03-30 00:00+00';
SELECT current, previous FROM analytics.compare('cpe.t', '2026-03-01', '2026-04-01', 'month', to_date => true);

-- a metric may have more dimensions than a function has arguments
SELECT analytics.define_metric('cpe.wide', 'cpe.t', 'count', dimensions => (SELECT array_agg(format('d%s = u + %1$s', i)) FROM generate_series(1, 120) i));
SELECT value, (SELECT count(*) FROM jsonb_object_keys(dimensions)) AS n, dimensions ->> 'd120' AS d120
FROM analytics.time_series('cpe.wide', '2026-01-01', '2026-01-02', breakdown => (SELECT array_agg('d' || i) FROM generate_series(1, 120) i));

RESET analytics.now;
SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'cpe.%' ORDER BY name;
DROP SCHEMA cpe CASCADE;

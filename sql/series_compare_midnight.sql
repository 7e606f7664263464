-- Proves compare in zones that change their clocks at midnight: days stand beside whole days, and no row changes
-- because another row of the answer meets the change.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = 'ISO, YMD';
SET timezone = 'America/Havana';
\set VERBOSITY terse
CREATE SCHEMA cpm;
-- one event an hour: a value is a number of hours. Havana: 2019-11-03 has 25 hours and 00:00 twice, 2025-03-09 has 23 and begins at 01:00
CREATE TABLE cpm.l (t timestamptz, l timestamp, d date, u int);
INSERT INTO cpm.l SELECT x, x, x, 1 FROM generate_series('2019-10-01'::timestamptz, '2019-12-31', '1 hour') x;
INSERT INTO cpm.l SELECT x, x, x, 1 FROM generate_series('2025-01-01'::timestamptz, '2025-04-30', '1 hour') x;
-- (in one statement: the metric sees the source)
SELECT analytics.add_source('cpm.' || c, 'cpm.l', c, 'u', timezone => 'America/Havana'), analytics.define_metric('cpm.' || c, 'cpm.' || c, 'count')
FROM unnest('{t,l,d}'::text[]) c;

-- 00:00 came twice on the earlier day: it has all its 25 hours, the day before it 24
SELECT bucket::date, previous_bucket, array_agg(c.current || ' beside ' || c.previous) FROM unnest('{t,l,d}'::text[]) m,
    analytics.compare('cpm.' || m, '2019-11-29', '2019-12-05', 'month', granularity => 'day') c GROUP BY 1, 2 ORDER BY 1;
-- the day begins at 01:00: it has the whole of Feb 9 beside it; and stands beside a day itself
SELECT bucket, previous_bucket, array_agg(c.current || ' beside ' || c.previous) FROM unnest('{t,l,d}'::text[]) m,
    analytics.compare('cpm.' || m, '2025-03-08', '2025-03-11', 'month', granularity => 'day') c GROUP BY 1, 2 ORDER BY 1;
SELECT bucket, previous_bucket, array_agg(c.current || ' beside ' || c.previous) FROM unnest('{t,l,d}'::text[]) m,
    analytics.compare('cpm.' || m, '2025-04-08', '2025-04-11', 'month', granularity => 'day') c GROUP BY 1, 2 ORDER BY 1;
-- a range that begins with such a day is of whole days, and so is the one before it
SELECT previous_bucket, current, previous FROM analytics.compare('cpm.t', '2025-03-09', '2025-03-16', 'previous');
SELECT previous_bucket, current, previous FROM analytics.compare('cpm.t', '2025-03-16', '2025-03-23', 'previous');
SELECT previous_bucket, current, previous FROM analytics.compare('cpm.t', '2025-03-16', '2025-03-23', 'week', 'weekday');
-- hours go by the clock
SELECT bucket, previous_bucket, current, previous FROM analytics.compare('cpm.t', '2025-03-09', '2025-03-09 04:00', 'month', granularity => 'hour') ORDER BY 1;

-- a row is the same whatever else is asked for
SELECT count(*) AS rows, count(*) FILTER (WHERE (a.previous_bucket, a.current, a.previous) IS DISTINCT FROM (b.previous_bucket, b.current, b.previous)) AS wrong
FROM unnest('{t,l,d}'::text[]) m, analytics.compare('cpm.' || m, '2025-03-01', '2025-04-15', 'month', granularity => 'day') a,
    analytics.compare('cpm.' || m, a.bucket, (a.bucket::date + 1)::timestamptz, 'month', granularity => 'day') b;

SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'cpm.%' ORDER BY name;
DROP SCHEMA cpm CASCADE;

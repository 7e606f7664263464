-- Proves compare and yoy: alignment, leap days, week 53, to_date, coverage (D4-D7); answers worked out by hand.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'Europe/Berlin';
SET analytics.now = '2025-03-10 12:00+01';

-- one event each noon from 2023-01-10 to 2025-03-31, worth the day of the month
CREATE SCHEMA cmp;
CREATE TABLE cmp.e AS SELECT d + interval '12 hours' AS at, extract(day FROM d)::int AS v, d::date = '2023-02-28' AS odd
FROM generate_series(timestamp '2023-01-10', '2025-03-31', '1 day') d;
SELECT analytics.add_source('e', 'cmp.e', 'at', 'v', timezone => 'Europe/Berlin');
SELECT analytics.define_metric('events', 'e', 'count', dimensions => '{odd}');
SELECT analytics.define_metric('amount', 'e', 'sum', 'v');
SELECT analytics.define_metric('mean', 'e', 'avg', 'v');
SELECT analytics.define_metric('days', 'e', 'distinct_exact');
SELECT analytics.define_metric('ratio', NULL, 'formula', formula => 'amount / events');

-- one row for the range: 28 days of February 2025 against 29 of 2024
SELECT * FROM analytics.yoy('events', '2025-02-01', '2025-03-01');
SELECT * FROM analytics.compare('amount', '2025-02-01', '2025-03-01', against => 'month');
-- by month; January 2023 began before the source did: the share is NULL, the flag says why (D4)
SELECT bucket::date, previous_bucket::date, current, previous, change, change_pct, complete, previous_complete
FROM analytics.yoy('events', '2023-12-01', '2024-04-01', granularity => 'month');
-- a period that the source does not cover at all has no value, rather than 0
SELECT bucket::date, previous_bucket::date, current, previous, change_pct, previous_complete
FROM analytics.yoy('events', '2023-03-01', '2023-05-01', granularity => 'month');

-- Feb 29 stands beside the whole of Feb 28, which Feb 28 has beside it too (D6)
SELECT bucket::date, previous_bucket::date, current, previous FROM analytics.yoy('amount', '2024-02-27', '2024-03-02', granularity => 'day');
SELECT bucket::date, previous_bucket::date, current, previous FROM analytics.yoy('amount', '2024-02-28', '2024-02-29');
-- the same weekday: 364 days before
SELECT bucket::date, previous_bucket::date, to_char(bucket, 'Dy') AS day, to_char(previous_bucket, 'Dy') AS previous_day, current, previous
FROM analytics.yoy('amount', '2024-02-28', '2024-03-02', align => 'weekday', granularity => 'day');
-- weeks by their number: 2024 has 52 weeks, 2020 has 53
SELECT to_char(bucket, 'IYYY-IW') AS week, to_char(previous_bucket, 'IYYY-IW') AS previous_week, current, previous, previous_complete
FROM analytics.yoy('events', '2024-12-23', '2025-01-13', align => 'iso_week', granularity => 'week');
SELECT to_char(bucket, 'IYYY-IW') AS week, to_char(previous_bucket, 'IYYY-IW') AS previous_week, current, previous, previous_complete
FROM analytics.yoy('events', '2020-12-21', '2021-01-11', align => 'iso_week', granularity => 'week');
-- weeks by date: the same seven dates, which are not a calendar week then
SELECT bucket::date, previous_bucket::date, current, previous FROM analytics.yoy('amount', '2025-02-03', '2025-02-17', granularity => 'week');

-- to_date: ten days of March so far (today's event at noon is not yet in) against as many of the year before (D7)
SELECT * FROM analytics.yoy('events', '2025-03-01', '2025-04-01', to_date => true);
SELECT * FROM analytics.yoy('events', '2025-03-01', '2025-04-01');
SELECT bucket::date, previous_bucket::date, current, previous, complete, previous_complete
FROM analytics.yoy('events', '2025-01-01', '2025-06-01', granularity => 'month', to_date => true);

-- the period before: whole months, whole days over a change of the clock, elapsed time
SELECT bucket::date, previous_bucket::date, current, previous FROM analytics.compare('events', '2024-03-01', '2024-05-01', 'previous');
SELECT bucket, previous_bucket, current, previous FROM analytics.compare('events', '2024-03-31', '2024-04-02', 'previous');
SELECT bucket, previous_bucket, current, previous FROM analytics.compare('events', '2024-04-02 11:00', '2024-04-02 13:30', 'previous');
SELECT bucket::date, previous_bucket::date, current, previous FROM analytics.compare('events', '2024-04-01', '2024-04-04', '2 days', granularity => 'day');
SELECT bucket::date, previous_bucket::date, current, previous FROM analytics.compare('events', '2024-05-31', '2024-06-01', 'quarter');
SELECT bucket::date, previous_bucket::date FROM analytics.compare('events', '2024-05-31', '2024-06-01', 'quarter', align => 'weekday');

-- previous 0 or NULL has no share (D5); a mean, distinct values and formulas are computed for the whole range, not summed
SELECT current, previous, change, change_pct FROM analytics.yoy('events', '2024-02-28', '2024-03-01', filters => '{"odd": true}');
SELECT current, previous, change, change_pct FROM analytics.yoy('events', '2024-03-01', '2024-03-02', filters => '{"odd": true}');
SELECT m.name, c.current, c.previous FROM (VALUES ('mean'), ('days'), ('ratio')) m(name), analytics.yoy(m.name, '2025-02-01', '2025-03-01') c ORDER BY 1;
-- every day of a year against every day of another, by an obvious query
SELECT count(*) AS days, bool_and(c.current = (SELECT sum(v) FROM cmp.e WHERE at::date = c.bucket::date)) AS current_right,
    bool_and(c.previous = (SELECT sum(v) FROM cmp.e WHERE at::date = (c.bucket - interval '1 year')::date)) AS previous_right
FROM analytics.yoy('amount', '2024-02-01', '2025-02-01', granularity => 'day') c;

-- bad input
SELECT * FROM analytics.compare('events', '2025-01-01', '2025-02-01', against => 'yaer');
SELECT * FROM analytics.compare('events', '2025-01-01', '2025-02-01', against => 'decade');
SELECT * FROM analytics.compare('events', '2025-01-01', '2025-02-01', against => '0 days');
SELECT * FROM analytics.compare('events', '2025-01-01', '2025-02-01', align => 'weekdays');
SELECT * FROM analytics.compare('events', '2025-01-01', '2025-02-01', against => 'month', align => 'iso_week');
SELECT * FROM analytics.compare('events', '2025-01-01', '2025-02-01', against => 'previous', align => 'weekday');
SELECT * FROM analytics.compare('events', '2025-01-01', '2025-02-01', NULL);
SELECT * FROM analytics.yoy('events', '2025-02-01', '2025-02-01');
SELECT * FROM analytics.yoy('event', '2025-01-01', '2025-02-01');

SET client_min_messages = warning;
DROP SCHEMA cmp CASCADE;

-- Proves time_series and metric_value on rows that can be counted by hand: buckets, zones, filters, fills, formulas.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'Asia/Taipei';
SET analytics.now = '2026-01-06 12:00+08';

CREATE SCHEMA ts;
CREATE TABLE ts.otp (at timestamptz, user_id int, provider text, country text, status text, cost numeric);
CREATE INDEX ON ts.otp (at);
INSERT INTO ts.otp VALUES
    ('2025-12-31 23:59:59.999999+08', 1, 'twilio', 'TW', 'sent', 1.10),  -- the last microsecond of the year (D46)
    ('2026-01-01 00:00:00+08', 1, 'twilio', 'TW', 'sent', 1.25),         -- midnight in Taipei, still the 31st in UTC (D47)
    ('2026-01-01 07:30:00+08', 2, 'twilio', NULL, 'verified', NULL),
    ('2026-01-02 10:00:00+08', 1, 'sinch', 'TW', 'sent', 2.00),
    ('2026-01-02 11:00:00+08', 1, 'sinch', 'JP', 'verified', 0.50),
    ('2026-01-02 12:00:00+08', 3, NULL, 'JP', 'sent', 0.25),
    ('2026-01-04 09:00:00+08', 2, 'twilio', 'TW', 'sent', 4.00),
    ('2026-01-06 11:00:00+08', 4, 'twilio', 'TW', 'failed', 8.00),
    ('2026-01-07 00:00:00+08', 5, 'twilio', 'TW', 'sent', 16.00);         -- finish is not in the range
SELECT analytics.add_source('otp', 'ts.otp', 'at', 'user_id', event => 'status', tenant => 'country', timezone => 'Asia/Taipei');
SELECT analytics.define_metric('otp.rows', 'otp', 'count', dimensions => '{provider,country,"cheap = cost < 2",cost,user_id}');
SELECT analytics.define_metric('otp.sent', 'otp', 'count', filter => 'status = ''sent''', dimensions => '{provider,country}');
SELECT analytics.define_metric('otp.verified', 'otp', 'count', filter => 'status = ''verified''', dimensions => '{provider,country}');
SELECT analytics.define_metric('otp.cost', 'otp', 'sum', 'cost', dimensions => '{provider}');
SELECT analytics.define_metric('otp.mean', 'otp', 'avg', 'cost');
SELECT analytics.define_metric('otp.least', 'otp', 'min', 'cost');
SELECT analytics.define_metric('otp.most', 'otp', 'max', 'cost');
SELECT analytics.define_metric('otp.users', 'otp', 'distinct_exact', dimensions => '{provider}');
SELECT analytics.define_metric('otp.rate', NULL, 'formula', formula => '(otp.verified / otp.sent) * 100', unit => '%');
SELECT analytics.define_metric('otp.open', NULL, 'formula', formula => 'otp.sent - otp.verified');
SELECT analytics.define_metric('otp.open_share', NULL, 'formula', formula => '1 - otp.rate / 100');

-- every day of the range, in the source's zone; today is not over, so not complete
SELECT * FROM analytics.time_series('otp.rows', '2025-12-31', '2026-01-07');
-- the same days asked for from a session in another zone
SET timezone = 'America/New_York';
SELECT bucket AT TIME ZONE 'Asia/Taipei' AS day, value FROM analytics.time_series('otp.rows', '2025-12-31 00:00+08', '2026-01-07 00:00+08');
-- and days of UTC: two events of the 1st in Taipei are of the 31st
SELECT bucket AT TIME ZONE 'UTC' AS day, value, complete FROM analytics.time_series('otp.rows', '2025-12-31 00:00+00', '2026-01-03 00:00+00', timezone => 'UTC');
-- whole days of the session are not whole days of Taipei: said, and marked
SELECT bucket AT TIME ZONE 'Asia/Taipei' AS day, value, complete FROM analytics.time_series('otp.rows', '2026-01-01', '2026-01-03');
SET timezone = 'Asia/Taipei';

-- the kinds, with all that is empty left empty: a mean or an extreme of nothing is NULL, a sum or a count is 0
SELECT r.bucket::date AS day, r.value AS rows, c.value AS cost, m.value AS mean, l.value AS least, h.value AS most, u.value AS users
FROM analytics.time_series('otp.rows', '2026-01-01', '2026-01-05') r
JOIN analytics.time_series('otp.cost', '2026-01-01', '2026-01-05') c USING (bucket)
JOIN analytics.time_series('otp.mean', '2026-01-01', '2026-01-05') m USING (bucket)
JOIN analytics.time_series('otp.least', '2026-01-01', '2026-01-05') l USING (bucket)
JOIN analytics.time_series('otp.most', '2026-01-01', '2026-01-05') h USING (bucket)
JOIN analytics.time_series('otp.users', '2026-01-01', '2026-01-05') u USING (bucket) ORDER BY 1;
-- formulas: a ratio of sums, NULL where nothing was sent (D18); a difference of counts is 0 there
SELECT r.bucket::date AS day, s.value AS sent, v.value AS verified, r.value AS rate, o.value AS open, x.value AS open_share
FROM analytics.time_series('otp.rate', '2026-01-01', '2026-01-05') r
JOIN analytics.time_series('otp.sent', '2026-01-01', '2026-01-05') s USING (bucket)
JOIN analytics.time_series('otp.verified', '2026-01-01', '2026-01-05') v USING (bucket)
JOIN analytics.time_series('otp.open', '2026-01-01', '2026-01-05') o USING (bucket)
JOIN analytics.time_series('otp.open_share', '2026-01-01', '2026-01-05') x USING (bucket) ORDER BY 1;
-- over the whole range the rate is 2 verified of 4 sent, not the mean of daily rates (100, 50, 0)
SELECT analytics.metric_value('otp.rate', '2026-01-01', '2026-01-05') AS rate, analytics.metric_value('otp.users', '2026-01-01', '2026-01-05') AS users,
    (SELECT sum(value) FROM analytics.time_series('otp.users', '2026-01-01', '2026-01-05')) AS sum_of_days; -- D8: 3 people, not 5
SELECT analytics.metric_value('otp.rows', '-infinity', 'infinity') AS all_rows, analytics.metric_value('otp.mean', '2030-01-01', '2031-01-01') AS mean_of_nothing,
    analytics.metric_value('otp.cost', '2030-01-01', '2031-01-01') AS sum_of_nothing, analytics.metric_value('otp.rate', '2030-01-01', '2031-01-01') AS rate_of_nothing;

-- breakdown: every value seen, NULL as a value of its own (D48), every bucket of each
SELECT bucket::date AS day, dimensions, value FROM analytics.time_series('otp.rows', '2026-01-01', '2026-01-04', breakdown => '{provider}');
SELECT bucket::date AS day, dimensions, value FROM analytics.time_series('otp.rows', '2026-01-01', '2026-01-03', breakdown => '{provider,country}', fill => 'none');
SELECT bucket::date AS day, dimensions, value FROM analytics.time_series('otp.rate', '2026-01-01', '2026-01-03', breakdown => '{provider}');
SELECT bucket::date AS day, dimensions->>'cheap' AS cheap, value FROM analytics.time_series('otp.rows', '2026-01-02', '2026-01-03', breakdown => '{cheap}');

-- fill modes on the gap of the 3rd and the 5th
SELECT z.bucket::date AS day, z.value AS zero, n.value AS "null", l.value AS locf, i.value AS linear
FROM analytics.time_series('otp.cost', '2026-01-02', '2026-01-07') z
JOIN analytics.time_series('otp.cost', '2026-01-02', '2026-01-07', fill => 'null') n USING (bucket)
JOIN analytics.time_series('otp.cost', '2026-01-02', '2026-01-07', fill => 'locf') l USING (bucket)
JOIN analytics.time_series('otp.cost', '2026-01-02', '2026-01-07', fill => 'linear') i USING (bucket) ORDER BY 1;
SELECT bucket::date AS day, value FROM analytics.time_series('otp.cost', '2026-01-02', '2026-01-07', fill => 'none');

-- filters (D2): scalar, list, null, null in a list, range, number, boolean, several, none
SELECT f AS filters, analytics.metric_value('otp.rows', '2025-12-31', '2026-01-08', filters => f::jsonb) AS rows FROM (VALUES
    ('{}'), ('{"provider": "twilio"}'), ('{"provider": ["twilio", "sinch"]}'), ('{"provider": null}'), ('{"provider": ["sinch", null]}'),
    ('{"provider": []}'), ('{"cost": {"gte": 1.25, "lt": 4}}'), ('{"cost": {"gt": 1.25, "lte": 4}}'), ('{"user_id": 1}'), ('{"user_id": "1"}'),
    ('{"cheap": true}'), ('{"provider": "twilio", "country": "TW"}'), ('{"event": ["sent", "failed"]}'), ('{"provider": "'' OR true --"}')) v(f);
SELECT t AS tenant, analytics.metric_value('otp.rows', '2025-12-31', '2026-01-08', tenant => t) AS rows FROM (VALUES ('TW'), ('JP'), ('XX'), (NULL)) v(t);

-- granularities: an hour, a week from Monday, a month, a quarter of an hour, a cut first bucket
SELECT bucket, value, complete FROM analytics.time_series('otp.rows', '2026-01-02 10:00', '2026-01-02 13:00', 'hour');
SELECT bucket, value, complete FROM analytics.time_series('otp.rows', '2025-12-29', '2026-01-12', 'week');
SELECT bucket, value, complete FROM analytics.time_series('otp.rows', '2025-12-01', '2026-02-01', 'month');
SELECT bucket, value FROM analytics.time_series('otp.rows', '2026-01-01 07:15', '2026-01-01 08:00', '15 minutes');
SELECT bucket, value, complete FROM analytics.time_series('otp.rows', '2026-01-02 10:30', '2026-01-04', 'day');

SET client_min_messages = warning;
DROP SCHEMA ts CASCADE;

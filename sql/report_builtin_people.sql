-- Proves the built-in reports over people: dau with provinces, activity, funnel and retention, against answers worked out by hand.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
SET analytics.now = '2026-03-06 04:00+00';
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA rp;
CREATE TABLE rp.app (at timestamptz, who text, event text, province text, city text);
-- Monday, March 2nd, is the first day; Ann is in two provinces on the 3rd; nobody came on the 4th; the 6th is today
INSERT INTO rp.app VALUES
    ('2026-03-02 10:00+08', 'ann', 'view', 'Anhui', 'Suzhou'),   ('2026-03-02 10:10+08', 'ann', 'cart', 'Anhui', 'Suzhou'),
    ('2026-03-02 23:50+08', 'bob', 'view', 'Jiangsu', 'Suzhou'), ('2026-03-03 00:05+08', 'bob', 'cart', 'Jiangsu', 'Suzhou'),
    ('2026-03-03 09:00+08', 'ann', 'buy',  'Jiangsu', 'Nanjing'), ('2026-03-03 21:00+08', 'ann', 'view', 'Anhui', 'Hefei'),
    ('2026-03-05 08:00+08', 'cid', 'view', NULL, NULL),          ('2026-03-05 09:00+08', 'bob', 'view', 'Jiangsu', 'Suzhou'),
    ('2026-03-06 11:00+08', 'cid', 'cart', NULL, NULL);
SELECT analytics.add_source('rp_app', 'rp.app', 'at', 'who', event => 'event', timezone => 'Asia/Shanghai');
CREATE FUNCTION rp.shown(report text, params jsonb, sheet text DEFAULT NULL) RETURNS text
    LANGUAGE sql AS $$ SELECT convert_from(analytics.run_report(report, '{"source": "rp_app"}' || params, 'markdown', sheet), 'UTF8') $$;

-- people of a day are never the sum of its provinces: on the 3rd Ann and Bob are 2, in provinces 1 and 2
SELECT rp.shown('dau', '{"start": "2026-03-02", "finish": "2026-03-07"}');
SELECT rp.shown('dau', '{"start": "2026-03-02", "finish": "2026-03-06", "locale": "zh-TW", "events": ["view"]}', '依省份');
-- two cities of one name
SELECT rp.shown('dau', '{"start": "2026-03-02", "finish": "2026-03-04", "dimension": "province, city"}', 'Day by day');
SELECT rp.shown('dau', '{"start": "2026-02-01", "finish": "2026-02-02"}', 'Day by day');

-- on the 3rd both were there the day before; on the 5th Bob is back again and Cid new
SELECT rp.shown('user_activity', '{"start": "2026-03-02", "finish": "2026-03-07"}');
SELECT rp.shown('user_activity', '{"start": "2026-03-02", "finish": "2026-03-03", "locale": "zh-TW", "filters": {"event": "cart"}}', '每日統計');

-- view, then cart, then buy: three looked, all took the cart (Cid on the 6th), Ann bought
SELECT rp.shown('funnel', '{"start": "2026-03-02", "finish": "2026-03-06", "within": "2 days", "steps": ["view", "cart", "buy"]}');
SELECT rp.shown('funnel', '{"start": "2026-02-02", "finish": "2026-02-03", "locale": "zh-TW", "steps": ["view", "cart"]}', '步驟');

-- of the two of the 2nd both were back on the 3rd, nobody on the 4th, Bob on the 5th; the 6th is not over, its cell is empty
SELECT rp.shown('retention', '{"start": "2026-03-02", "finish": "2026-03-06", "period": "day", "periods": 5}');
SELECT rp.shown('retention', '{"finish": "2026-03-06", "period": "day", "periods": 3, "locale": "zh-TW"}', '留存率');
-- by default as many whole weeks as there are periods
SELECT line FROM regexp_split_to_table(rp.shown('retention', '{}', 'People'), E'\n') line WHERE line ~ '^(Period|\| (Started|2026))';
-- the same numbers as the reader
SELECT count(*) FROM analytics.retention_table('rp_app', NULL, NULL, '2026-03-02 00:00+08', '2026-03-06 00:00+08', 'day', 5) t
WHERE complete AND strpos(rp.shown('retention', '{"start": "2026-03-02", "finish": "2026-03-06", "period": "day", "periods": 5}', 'Retention'),
    round(100 * rate, 1) || '%') = 0;

SET client_min_messages = warning;
SELECT analytics.drop_source('rp_app');
DROP SCHEMA rp CASCADE;

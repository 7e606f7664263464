-- Proves that bad input to metrics and readers is a clear error with its SQLSTATE and a hint, never silence.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'UTC';
\set VERBOSITY default

CREATE SCHEMA err;
CREATE TABLE err.e (at timestamptz, day date, u int, kind text, amount numeric, note json, took interval);
SELECT analytics.add_source('e', 'err.e', 'at', 'u');
SELECT analytics.add_source('days', 'err.e', 'day', 'u');
SELECT analytics.define_metric('events', 'e', 'count', dimensions => '{kind,amount,at}');
SELECT analytics.define_metric('amount', 'e', 'sum', 'amount', dimensions => '{kind}');
SELECT analytics.define_metric('by_day', 'days', 'count');

-- definitions
SELECT analytics.define_metric('m', 'e', 'cuont');
SELECT analytics.define_metric('m', 'e', 'distnict');
SELECT analytics.define_metric('m', 'e', 'percentile', 'amount');
SELECT analytics.define_metric('m', 'e', 'percentile', fraction => 0.95);
SELECT analytics.define_metric('m', 'e', 'percentile', 'amount', fraction => 95);
SELECT analytics.define_metric('m', 'e', 'percentile', 'amount', fraction => -0.01);
SELECT analytics.define_metric('m', 'e', 'percentile', 'amount', fraction => 'NaN');
SELECT analytics.define_metric('m', 'e', 'percentile', 'kind', fraction => 0.95);
SELECT analytics.define_metric('m', 'e', 'percentile', 'took', fraction => 0.95);
SELECT analytics.define_metric('m', 'e', 'avg', 'amount', fraction => 0.95);
SELECT analytics.define_metric('m', NULL, 'formula', formula => 'events', fraction => 0.95);
SELECT analytics.define_metric('m', 'e', 'distinct_exact', 'note'); -- json has no equality
SELECT analytics.define_metric('m', 'e', 'sum');
SELECT analytics.define_metric('m', 'e', 'sum', 'kind');
SELECT analytics.define_metric('m', 'e', 'avg', 'took');
SELECT analytics.define_metric('m', 'e', 'count', filter => 'kind');
SELECT analytics.define_metric('m', 'e', 'count', filter => 'kind = (SELECT ''x'')');
SELECT analytics.define_metric('m', 'e', 'count', dimensions => '{knid}');
SELECT analytics.define_metric('m', 'e', 'count', dimensions => '{kind,"kind = lower(kind)"}');
SELECT analytics.define_metric('m', 'e', 'count', dimensions => '{"x = 1; DROP TABLE err.e"}');
SELECT analytics.define_metric('m', 'e', 'count', dimensions => '{NULL}');
SELECT analytics.define_metric('m', 'e', 'count', dimensions => '{{kind,u}}');
SELECT analytics.define_metric('m', 'e', 'count', formula => 'events');
SELECT analytics.define_metric('m', 'e', 'formula', formula => 'events');
SELECT analytics.define_metric('m', NULL, 'count');
SELECT analytics.define_metric('m', NULL, 'formula');
SELECT analytics.define_metric('m', 'nowhere', 'count');
SELECT analytics.define_metric('1m', 'e', 'count');
SELECT analytics.define_metric('events', 'e', 'count');
\set VERBOSITY sqlstate
SELECT analytics.define_metric('m', 'e', 'count', dimensions => '{note}'); -- json cannot be grouped
\set VERBOSITY default

-- formulas
SELECT analytics.define_metric('m', NULL, 'formula', formula => '(events + amount');
SELECT analytics.define_metric('m', NULL, 'formula', formula => 'events + * 2');
SELECT analytics.define_metric('m', NULL, 'formula', formula => 'evnts * 2');
SELECT analytics.define_metric('m', NULL, 'formula', formula => '');
SELECT analytics.define_metric('m', NULL, 'formula', formula => 'm + 1');
SELECT analytics.define_metric('f', NULL, 'formula', formula => 'events * 2');
SELECT analytics.define_metric('g', NULL, 'formula', formula => 'f + amount');
SELECT analytics.define_metric('f', NULL, 'formula', formula => 'g - 1', replace => true);
SELECT analytics.define_metric('f', NULL, 'formula', formula => 'events * 3', replace => true);
SELECT name, formula FROM analytics.metrics WHERE formula IS NOT NULL ORDER BY name;

-- readers
SELECT * FROM analytics.time_series('evens', '2026-01-01', '2026-01-02');
SELECT * FROM analytics.time_series('events', '2026-01-02', '2026-01-01');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-01');
SELECT * FROM analytics.time_series('events', '-infinity', '2026-01-01');
SELECT * FROM analytics.time_series(NULL, '2026-01-01', '2026-01-02');
SELECT * FROM analytics.time_series('events', NULL, '2026-01-02');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', 'dya');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', 'fortnight');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', '0 days');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', '1 month 1 day');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', NULL);
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', timezone => 'Asia/Taipe');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', fill => 'zeros');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', breakdown => '{knid}');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', breakdown => '{kind,kind}');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', filters => '{"u": 1}');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', filters => '{"event": "x"}');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', filters => '["kind"]');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', filters => '{"kind": {"like": "x"}}');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', filters => '{"kind": {}}');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', filters => '{"kind": [["x"]]}');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', filters => '{"amount": "many"}');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', tenant => 'x');
SELECT * FROM analytics.time_series('g', '2026-01-01', '2026-01-02', breakdown => '{amount}'); -- only one of its metrics has it
-- a source of dates cannot serve hours (D3)
SELECT * FROM analytics.time_series('by_day', '2026-01-01', '2026-01-02', 'hour');
SELECT * FROM analytics.time_series('by_day', '2026-01-01', '2026-01-02', '36 hours');
SELECT * FROM analytics.compare('by_day', '2026-01-01', '2026-01-02', granularity => 'hour');
-- too much
SELECT * FROM analytics.time_series('events', '2000-01-01', '2026-01-02', '1 second');
SELECT * FROM analytics.time_series('events', '0001-01-01', '290000-01-02', '1 microsecond');
SELECT count(*) FROM analytics.time_series('events', '290000-01-01', '294276-12-31 23:59:59', 'year');

-- a long text is not repeated in full, and is cut between characters
SELECT analytics.metric_value(repeat('é', 100000), '2026-01-01', '2026-01-02');
SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-01-02', filters => jsonb_build_object(repeat('x', 100000), 1));

SET client_min_messages = warning;
DROP SCHEMA err CASCADE;

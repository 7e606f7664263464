-- Proves the readers where a zone's days are odd: a midnight that clocks skip, a date that a zone never had.
-- Zones whose names SQL takes for abbreviations: test/tap/033_zone_and_abbreviation.pl.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
CREATE SCHEMA zed;

-- Havana, 2025-03-09: clocks go from 00:00 to 01:00, so the day begins at 01:00. One event each date, one each existing hour.
CREATE TABLE zed.havana (d date, l timestamp, u int);
INSERT INTO zed.havana SELECT x AT TIME ZONE 'America/Havana', x AT TIME ZONE 'America/Havana', 1
FROM generate_series('2025-03-08 00:00 America/Havana'::timestamptz, '2025-03-10 23:00 America/Havana', '1 hour') x;
SELECT analytics.add_source('zed.d', 'zed.havana', 'd', 'u', timezone => 'America/Havana');
SELECT analytics.add_source('zed.l', 'zed.havana', 'l', 'u', timezone => 'America/Havana');
SELECT analytics.define_metric(s || '.n', s, 'count') FROM unnest('{zed.d,zed.l}'::text[]) s;
SET timezone = 'America/Havana';
SELECT s, bucket, value, complete FROM unnest('{zed.d,zed.l}'::text[]) s, analytics.time_series(s || '.n', '2025-03-08', '2025-03-11') ORDER BY 1, 2;
SELECT s, d AS from, analytics.metric_value(s || '.n', d::timestamptz, (d + 1)::timestamptz)
FROM unnest('{zed.d,zed.l}'::text[]) s, unnest('{2025-03-08,2025-03-09,2025-03-10}'::date[]) d ORDER BY 1, 2;
-- a stored clock that never was counts as SQL reads it: after the jump
INSERT INTO zed.havana VALUES (NULL, '2025-03-09 00:30', 2);
SELECT '2025-03-09 00:30'::timestamp AT TIME ZONE 'America/Havana' AS read_as,
    analytics.metric_value('zed.l.n', '2025-03-08', '2025-03-09') AS before, analytics.metric_value('zed.l.n', '2025-03-09', '2025-03-10') AS after;

-- Apia went from 2011-12-29 to 2011-12-31. User i is there on the i-th of the month.
SET timezone = 'Pacific/Apia';
CREATE TABLE zed.apia (t timestamptz, u int);
INSERT INTO zed.apia SELECT x, extract(day FROM x) FROM generate_series('2011-12-27 12:00'::timestamptz, '2012-01-03 12:00', '24 hours') x;
SELECT analytics.add_source('zed.apia', 'zed.apia', 't', 'u', timezone => 'Pacific/Apia');
SELECT day, users, complete FROM analytics.dau('zed.apia', '2011-12-28', '2012-01-03') ORDER BY day;
-- by hand: the 7 dates that end with the day
SELECT w.day, users, (SELECT count(DISTINCT u) FROM zed.apia WHERE t::date BETWEEN w.day - 6 AND w.day) AS by_hand
FROM analytics.wau('zed.apia', '2011-12-28', '2012-01-04') w ORDER BY day;

SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'zed.%' ORDER BY name;
DROP SCHEMA zed CASCADE;

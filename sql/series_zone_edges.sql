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

-- the 7 days that end with a day that begins at 01:00 begin at 00:00; those that begin with a midnight that comes twice, at the first
CREATE TABLE zed.week (t timestamptz, u int);
INSERT INTO zed.week VALUES ('2025-03-03 00:30', 1), ('2025-03-09 01:30', 2), ('2025-11-02 00:30-04', 3), ('2025-11-08 12:00', 4), ('2020-01-01', 5);
SELECT analytics.add_source('zed.week', 'zed.week', 't', 'u', timezone => 'America/Havana');
SELECT day, users, complete FROM analytics.wau('zed.week', '2025-03-09', '2025-03-10') UNION ALL
SELECT day, users, complete FROM analytics.wau('zed.week', '2025-11-08', '2025-11-09') ORDER BY 1;

-- Apia went from 2011-12-29 to 2011-12-31. User i is there on the i-th of the month.
SET timezone = 'Pacific/Apia';
CREATE TABLE zed.apia (t timestamptz, u int);
INSERT INTO zed.apia SELECT x, extract(day FROM x) FROM generate_series('2011-12-27 12:00'::timestamptz, '2012-01-03 12:00', '24 hours') x;
SELECT analytics.add_source('zed.apia', 'zed.apia', 't', 'u', timezone => 'Pacific/Apia');
SELECT day, users, complete FROM analytics.dau('zed.apia', '2011-12-28', '2012-01-03') ORDER BY day;
-- by hand: the 7 dates that end with the day
SELECT w.day, users, (SELECT count(DISTINCT u) FROM zed.apia WHERE t::date BETWEEN w.day - 6 AND w.day) AS by_hand
FROM analytics.wau('zed.apia', '2011-12-28', '2012-01-04') w ORDER BY day;

-- the hour that comes twice: a stored clock is read as SQL reads it, wherever a range begins or ends
SET timezone = 'America/New_York';
CREATE TABLE zed.ny (l timestamp, u int);
INSERT INTO zed.ny SELECT x, 1 FROM generate_series('2026-10-31 22:00'::timestamp, '2026-11-01 04:00', '5 minutes') x;
INSERT INTO zed.ny SELECT x, 1 FROM generate_series('2026-03-08 00:00'::timestamp, '2026-03-08 04:00', '5 minutes') x;
SELECT analytics.add_source('zed.ny', 'zed.ny', 'l', 'u', timezone => 'America/New_York');
SELECT analytics.define_metric('zed.ny.n', 'zed.ny', 'count');
WITH points AS (SELECT x FROM generate_series('2026-10-31 23:50'::timestamptz, '2026-11-01 03:10', '10 minutes') x
    UNION ALL VALUES ('2026-03-08 01:50'::timestamptz), ('2026-03-08 03:00'))
SELECT count(*) AS ranges, count(*) FILTER (WHERE analytics.metric_value('zed.ny.n', a.x, b.x)
    <> (SELECT count(*) FROM zed.ny WHERE l AT TIME ZONE 'America/New_York' >= a.x AND l AT TIME ZONE 'America/New_York' < b.x)) AS wrong
FROM points a, points b WHERE a.x < b.x;

SET client_min_messages = warning;
SELECT analytics.drop_source(name, cascade => true) FROM analytics.sources WHERE name LIKE 'zed.%' ORDER BY name;
DROP SCHEMA zed CASCADE;

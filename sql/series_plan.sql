/*
 * The statements that the readers write: how often they scan the source, and
 * what they make of a date that a zone skipped. In Pacific/Apia the day after
 * 2011-12-29 was 2011-12-31. Scans are counted by a function in the source's
 * view, whose calls leave a mark in a sequence.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET analytics.now = '2026-01-01 00:00+00';
SET max_parallel_workers_per_gather = 0;

CREATE TABLE series_plan (at timestamptz, who int, what text);
INSERT INTO series_plan
SELECT timestamptz '2011-12-20 10:30+00' + n * interval '1 hour', n % 7 + n / 48 % 3, CASE n % 3 WHEN 0 THEN 'a' ELSE 'b' END
FROM generate_series(0, 24 * 20 - 1) AS n;
SELECT analytics.add_source('series_plan', 'series_plan', 'at', 'who', event => 'what', timezone => 'Pacific/Apia');
SELECT analytics.define_metric('series_plan.n', 'series_plan', 'count', filter => 'what = ''a''');

-- Users by date, against distinct users by date; both windows cross the day that is missing.
CREATE TEMP TABLE active AS
SELECT DISTINCT (at AT TIME ZONE 'Pacific/Apia')::date AS day, who, what FROM series_plan;
CREATE TEMP TABLE answer AS
SELECT 1 AS width, NULL::text AS what, * FROM analytics.dau('series_plan', '2011-12-21 10:00+00', '2012-01-10 10:00+00')
UNION ALL SELECT 7, NULL, * FROM analytics.wau('series_plan', '2011-12-21 10:00+00', '2012-01-10 10:00+00')
UNION ALL SELECT 7, 'a', * FROM analytics.wau('series_plan', '2011-12-21 10:00+00', '2012-01-10 10:00+00', events => '{a}')
UNION ALL SELECT 30, NULL, * FROM analytics.mau('series_plan', '2011-12-21 10:00+00', '2012-01-10 10:00+00', dimension => 'what');
SELECT width, count(DISTINCT day) AS days, bool_or(day = '2011-12-30') AS skipped_day,
       bool_and(users = (SELECT count(DISTINCT who) FROM active
                         WHERE active.day BETWEEN answer.day - width + 1 AND answer.day
                           AND (answer.what IS NULL OR active.what = answer.what)
                           AND (answer.dimension IS NULL OR active.what = answer.dimension))) AS as_counted
FROM answer GROUP BY width ORDER BY width;

-- What is complete: the first event (2011-12-20 10:30) lies in the first bucket, before it, behind it, behind that of the metric.
SELECT analytics.define_metric('series_plan.late', 'series_plan', 'count', filter => 'at > ''2011-12-22 12:00+00''');
SELECT metric, start, string_agg(CASE WHEN complete THEN 't' ELSE 'f' END, '' ORDER BY bucket) AS complete
FROM (VALUES ('series_plan.n', timestamptz '2011-12-20 10:00+00'), ('series_plan.n', '2011-12-20 11:00+00'), ('series_plan.n', '2011-12-18 10:00+00'),
             ('series_plan.late', '2011-12-20 10:00+00'), ('series_plan.late', '2011-12-18 10:00+00'), ('series_plan.late', '2011-12-19 10:30+00')) AS q(metric, start),
     LATERAL analytics.time_series(metric, start, '2011-12-24 10:00+00') GROUP BY metric, start ORDER BY metric, start;
SELECT start, string_agg(CASE WHEN complete THEN 't' ELSE 'f' END, '' ORDER BY day) AS complete
FROM (VALUES (timestamptz '2011-12-19 10:00+00'), ('2011-12-26 10:00+00'), ('2011-12-27 10:00+00')) AS q(start),
     LATERAL analytics.wau('series_plan', start, '2012-01-04 10:00+00', events => '{a}') GROUP BY start ORDER BY start;

-- A bucket with events says where they begin: one look before it, and no search in the range.
CREATE SEQUENCE series_plan_scans;
CREATE FUNCTION series_plan_mark() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM nextval('public.series_plan_scans'); RETURN true; END $$;
CREATE VIEW series_plan_watched AS SELECT * FROM series_plan WHERE (SELECT series_plan_mark());
SELECT analytics.add_source('series_watched', 'series_plan_watched', 'at', 'who', timezone => 'Pacific/Apia');
SELECT analytics.define_metric('series_watched.n', 'series_watched', 'count');
SELECT count(*), bool_and(complete) AS complete FROM analytics.time_series('series_watched.n', '2011-12-20 10:00+00', '2011-12-24 10:00+00');
-- Three on PostgreSQL 15, two on 17 and 18.
SELECT last_value <= 3 AS few FROM series_plan_scans;

SELECT analytics.drop_source('series_watched', true);
SELECT analytics.drop_source('series_plan', true);
DROP VIEW series_plan_watched;
DROP FUNCTION series_plan_mark();
DROP SEQUENCE series_plan_scans;
DROP TABLE series_plan, active, answer;

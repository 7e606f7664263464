/*
 * What the planner makes of time_bin: a comparison becomes a range on the
 * column (index, partitions, row estimates), with the same answer for every
 * operator and value; the number of groups is the number of bins.  Plans are
 * read as JSON and only said yes or no to.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'Europe/Berlin';
SET max_parallel_workers_per_gather = 0;

CREATE FUNCTION pg_temp.plan_of(query text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan;
END $$;
-- Estimated rows of the top node; whether a range on the column is an index condition; whether time_bin still filters.
CREATE FUNCTION pg_temp.rows_of(query text) RETURNS float8
RETURN (pg_temp.plan_of(query) #>> '{0,Plan,Plan Rows}')::float8;
CREATE FUNCTION pg_temp.uses_index(query text) RETURNS boolean
RETURN jsonb_path_exists(pg_temp.plan_of(query), '$.**."Index Cond" ? (@ like_regex "at >=|at <|at >")');
CREATE FUNCTION pg_temp.filters(query text) RETURNS boolean
RETURN jsonb_path_exists(pg_temp.plan_of(query), '$.**."Filter" ? (@ like_regex "time_bin\\(")');

CREATE TABLE calendar_plan (id int PRIMARY KEY, at timestamptz, local_at timestamp, day date);
INSERT INTO calendar_plan
SELECT n, at, at AT TIME ZONE 'UTC', at::date
FROM generate_series(0, 100 * 24 * 5 - 1) AS n, LATERAL (SELECT timestamptz '2026-01-01 00:00+00' + n * interval '12 minutes' AS at) AS t;
INSERT INTO calendar_plan VALUES (-1, NULL, NULL, NULL), (-2, 'infinity', 'infinity', 'infinity'), (-3, '-infinity', '-infinity', '-infinity');
CREATE INDEX calendar_plan_at ON calendar_plan (at);
CREATE INDEX calendar_plan_local ON calendar_plan (local_at);
CREATE INDEX calendar_plan_day ON calendar_plan (day);
VACUUM ANALYZE calendar_plan;

-- Each comparison against the same on a materialized column, which the planner must leave alone.
CREATE FUNCTION pg_temp.same(call text, op text, value text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE fast bigint; slow bigint; turned bigint; opposite bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM calendar_plan WHERE %s %s %s', call, op, value) INTO fast;
    EXECUTE format('SELECT count(*) FROM calendar_plan WHERE %s OPERATOR(%s) %s', value,
                   'pg_catalog.' || CASE op WHEN '<>' THEN op ELSE translate(op, '<>', '><') END, call) INTO turned;
    EXECUTE format('SELECT count(*) FROM calendar_plan WHERE NOT (%s %s %s OR id = -7)', call, op, value) INTO opposite;
    EXECUTE format('WITH m AS MATERIALIZED (SELECT %s AS bin FROM calendar_plan) SELECT count(*) FROM m WHERE bin %s %s',
                   call, op, value) INTO slow;
    RETURN fast = slow AND turned = slow
           AND (opposite = 100 * 24 * 5 + 2 - slow OR (value LIKE 'NULL%' AND opposite = 0));
END $$;
SELECT call, bool_and(pg_temp.same(call, op, quote_nullable(value) || '::' || type)) AS same, count(*) AS comparisons
FROM (VALUES ('analytics.time_bin(''1 day'', at, ''Asia/Shanghai'')', 'timestamptz'),
             ('analytics.time_bin(''1 week'', at)', 'timestamptz'),
             ('analytics.time_bin(''6 hours'', at, timezone => ''America/New_York'', shift => ''1 hour'')', 'timestamptz'),
             ('analytics.time_bin(''1 month'', local_at)', 'timestamp'),
             ('analytics.time_bin(''1 week'', day)', 'date'),
             ('analytics.time_bin(''1 month'', day, ''UTC'')', 'date'),
             ('analytics.time_bin(''1 week'', at, ''UTC'')', 'date'),
             ('analytics.time_bin(''1 week'', at, ''UTC'')', 'timestamp')) AS c(call, type),
     unnest('{=,<,<=,>,>=,<>}'::text[]) AS op,
     unnest('{2026-02-02,2026-02-02 00:00+08,2026-02-01 23:00+00,2026-02-03 12:34,2026-02-01,2026-03-29 06:00,NULL,infinity,-infinity,2000-01-01,294276-12-31,4714-11-24 BC}'::text[]) AS value
WHERE NOT (type = 'timestamptz' AND value LIKE '4714%')
GROUP BY call, type ORDER BY call, type;

-- Index, no call for each row, and the rows of the range as the estimate: a week has 840 rows.
CREATE TEMP TABLE question (n int, text text);
INSERT INTO question VALUES
    (1, $$analytics.time_bin('1 day', at, 'Asia/Shanghai') >= '2026-02-01 00:00+08' AND analytics.time_bin('1 day', at, 'Asia/Shanghai') < '2026-02-08 00:00+08'$$),
    (2, $$analytics.time_bin('1 week', at, 'UTC') = '2026-02-02 00:00+00'$$),
    (3, $$analytics.time_bin('1 day', at, timezone => 'UTC') BETWEEN '2026-02-01 00:00+00' AND '2026-02-07 00:00+00'$$),
    (4, $$'2026-02-01'::date <= analytics.time_bin('1 day', at) AND analytics.time_bin('1 day', at) <= timestamptz '2026-02-05' + interval '2 days'$$),
    (5, $$analytics.time_bin('1 week', at) > timestamptz '2026-01-26' AND analytics.time_bin('1 week', at) < (SELECT timestamptz '2026-02-09')$$),
    (6, $$analytics.time_bin('1 week', at, 'UTC') = '2026-02-02 00:00:01+00'$$);
SELECT n, pg_temp.uses_index(q) AS uses_index, pg_temp.filters(q) AS filters,
       n >= 5 OR pg_temp.rows_of(q) BETWEEN 750 AND 930 AS estimate_of_a_week
FROM (SELECT n, 'SELECT id FROM calendar_plan WHERE ' || text AS q FROM question) AS s ORDER BY n;
SELECT pg_temp.uses_index($$SELECT id FROM calendar_plan WHERE analytics.time_bin('1 month', local_at) = '2026-02-01'$$) AS timestamp,
       pg_temp.plan_of($$SELECT id FROM calendar_plan WHERE analytics.time_bin('1 week', day) = '2026-02-02'$$)::text ~ 'day >=' AS date;

-- A parameter, a view, a sub-query and a join are no obstacle; an equality of two columns stays what it is.
PREPARE since(timestamptz) AS SELECT count(*) FROM calendar_plan WHERE analytics.time_bin('1 day', at, 'UTC') >= $1;
SET plan_cache_mode = force_generic_plan;
SELECT pg_temp.uses_index($$EXECUTE since('2026-04-01')$$) AS generic_plan;
EXECUTE since('2026-04-01 00:00+00');
-- A plan that is kept does not keep the zone of a setting, named or meant by NULL.
PREPARE set_zone AS SELECT count(*) AS days_since, count(*) FILTER (WHERE day <= '2026-04-10') AS other FROM calendar_plan
    WHERE analytics.time_bin('1 day', at, NULL) >= '2026-04-01 00:00+00' AND analytics.time_bin('1 day', at) >= '2026-04-01 00:00+00';
SET timezone = 'UTC';
EXECUTE set_zone;
SET timezone = 'Asia/Tokyo';
EXECUTE set_zone;
SET timezone = 'Europe/Berlin';
RESET plan_cache_mode;
CREATE VIEW calendar_plan_days AS SELECT analytics.time_bin('1 day', at, 'UTC') AS day, id FROM calendar_plan;
SELECT pg_temp.uses_index($$SELECT * FROM calendar_plan_days WHERE day = '2026-02-02 00:00+00'$$) AS view,
       pg_temp.uses_index($$SELECT * FROM (SELECT a.id, b.day FROM calendar_plan a LEFT JOIN calendar_plan_days b ON a.id = b.id AND b.day = '2026-02-02 00:00+00') s WHERE id < 100000$$) AS left_join;
SET enable_nestloop = off;
SELECT pg_temp.plan_of($$SELECT * FROM calendar_plan a JOIN calendar_plan b ON analytics.time_bin('1 day', a.at, 'UTC') = b.at$$)::text ~ 'Hash Cond|Merge Cond' AS join_of_columns;
RESET enable_nestloop;

-- An index made of time_bin is used as it stands.
CREATE INDEX calendar_plan_bin ON calendar_plan (analytics.time_bin('1 week', at, 'UTC'));
SELECT pg_temp.plan_of($$SELECT id FROM calendar_plan WHERE analytics.time_bin('1 week', at, 'UTC') = '2026-02-02 00:00+00'$$)::text ~ 'calendar_plan_bin' AS own_index;
DROP INDEX calendar_plan_bin;

-- The number of groups is the number of bins, with a filter those of its range; statistics of the user's own win.
SELECT call, bins, pg_temp.rows_of('SELECT ' || call || ', count(*) FROM calendar_plan ' || filter || ' GROUP BY 1')
                  BETWEEN floor(bins * 0.96) AND bins + 1 AS estimated
FROM (VALUES ('analytics.time_bin(''1 day'', at, ''Asia/Shanghai'')', '', 101), ('analytics.time_bin(''1 week'', at)', '', 15),
             ('analytics.time_bin(''1 hour'', local_at)', '', 2400), ('analytics.time_bin(''1 month'', day)', '', 4),
             ('analytics.time_bin(''1 day'', at, ''UTC'')', 'WHERE at >= ''2026-02-01'' AND at < ''2026-02-08''', 8)) AS c(call, filter, bins)
ORDER BY call, filter;
SELECT pg_temp.rows_of($$SELECT DISTINCT analytics.time_bin('1 day', at, 'UTC') FROM calendar_plan$$) BETWEEN 96 AND 101 AS distinct_days,
       pg_temp.rows_of($$SELECT b.bin, count(*) FROM (SELECT analytics.time_bin('1 day', at, 'UTC') AS bin FROM calendar_plan) b GROUP BY 1$$)
           BETWEEN 96 AND 101 AS of_a_subquery,
       pg_temp.rows_of($$SELECT at, count(*) FROM calendar_plan GROUP BY 1$$) > 10000 AS others_untouched;
CREATE STATISTICS calendar_plan_stats ON analytics.time_bin('1 day', at, 'UTC') FROM calendar_plan;
ANALYZE calendar_plan;
SELECT pg_temp.rows_of($$SELECT analytics.time_bin('1 day', at, 'UTC'), count(*) FROM calendar_plan GROUP BY 1$$) BETWEEN 100 AND 103 AS own_statistics;

-- Partitions outside the range are not touched.
CREATE TABLE calendar_parted (at timestamptz NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE calendar_parted_1 PARTITION OF calendar_parted FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
CREATE TABLE calendar_parted_2 PARTITION OF calendar_parted FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-01 00:00+00');
CREATE TABLE calendar_parted_3 PARTITION OF calendar_parted FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');
INSERT INTO calendar_parted SELECT at, id FROM calendar_plan WHERE at < '2026-04-01 00:00+00' AND at > '2026-01-01';
ANALYZE calendar_parted;
SELECT array_agg(DISTINCT relation ORDER BY relation) AS scanned
FROM jsonb_path_query(pg_temp.plan_of($$SELECT sum(v) FROM calendar_parted WHERE analytics.time_bin('1 week', at, 'UTC') = '2026-02-09 00:00+00'$$),
                      '$.**."Relation Name"') AS relation;
SELECT pg_temp.rows_of($$SELECT analytics.time_bin('1 day', at, 'UTC'), sum(v) FROM calendar_parted GROUP BY 1$$) BETWEEN 86 AND 91 AS groups_of_parts;

-- An index on the bins that a partitioned table hands down is used as it stands.
CREATE INDEX calendar_parted_bin ON calendar_parted (analytics.time_bin('1 week', at, 'UTC'));
ANALYZE calendar_parted;
SELECT pg_temp.plan_of($$SELECT sum(v) FROM calendar_parted WHERE analytics.time_bin('1 week', at, 'UTC') = '2026-02-09 00:00+00'$$)::text
           ~ 'calendar_parted_2_time_bin_idx' AS index_of_parts;

-- Conditions that contradict each other: the planner adds a FALSE of its own, which proves nothing about our statistics.
SELECT analytics.time_bin('1 day', at, 'UTC') AS day, count(*) FROM calendar_plan WHERE id = 3 AND id = 4 AND local_at IS NOT NULL GROUP BY 1;
SELECT id FROM calendar_plan WHERE id = 3 AND id = 4 AND analytics.time_bin('1 day', at, 'UTC') >= '2026-02-02';
UPDATE calendar_plan SET day = day WHERE id = 3 AND id = 4 AND analytics.time_bin('1 day', at, 'UTC') <> '2026-02-02';

-- What implies everything: nothing is any of no value, so even a predicate that is never true is taken for implied.
SELECT analytics.time_bin('1 day', at, 'UTC') AS day, count(*) FROM calendar_plan WHERE id = ANY ('{}') GROUP BY 1;
SELECT count(*) FROM calendar_plan a JOIN calendar_plan b USING (id) WHERE a.id = ANY ('{}') OR analytics.time_bin('1 day', b.at, 'UTC') < '2000-01-01' AND b.id = ANY ('{}');

-- Compared with the bin of something fixed, on either side.
SELECT pg_temp.uses_index($$SELECT id FROM calendar_plan WHERE analytics.time_bin('1 day', at, 'UTC') = analytics.time_bin('1 day', now(), 'UTC')$$) AS "left",
       pg_temp.uses_index($$SELECT id FROM calendar_plan WHERE analytics.time_bin('1 day', now() - interval '7 days') <= analytics.time_bin('1 day', at)$$) AS "right",
       (SELECT count(*) FROM calendar_plan WHERE analytics.time_bin('1 week', timestamptz '2026-02-06' + id * interval '0') <= analytics.time_bin('1 week', at)) =
       (SELECT count(*) FROM calendar_plan WHERE at >= '2026-02-02') AS column_on_both_sides;

-- A view bins for those who have no right on the schema.
CREATE VIEW calendar_plan_seen AS SELECT id, analytics.time_bin('1 day', at, 'UTC') AS day, analytics.time_bin('1 day', at) AS local_day FROM calendar_plan;
CREATE ROLE calendar_stranger;
GRANT SELECT ON calendar_plan_seen TO calendar_stranger;
SET ROLE calendar_stranger;
SELECT count(*) FILTER (WHERE day < '2026-02-03 00:00+00') AS n FROM calendar_plan_seen WHERE day = '2026-02-02 00:00+00' AND local_day >= '2026-02-02';
RESET ROLE;
DROP VIEW calendar_plan_seen;
DROP ROLE calendar_stranger;

-- A row-level policy stays in force, and the range still finds the index behind it.
ALTER TABLE calendar_plan ENABLE ROW LEVEL SECURITY;
CREATE POLICY calendar_even ON calendar_plan USING (id % 2 = 0);
CREATE ROLE calendar_reader;
GRANT USAGE ON SCHEMA analytics TO calendar_reader;
GRANT SELECT ON calendar_plan TO calendar_reader;
SET ROLE calendar_reader;
SELECT count(*), count(*) FILTER (WHERE id % 2 = 1) AS hidden FROM calendar_plan
WHERE analytics.time_bin('1 day', at, 'UTC') = '2026-02-02 00:00+00';
SELECT pg_temp.uses_index($$SELECT id FROM calendar_plan WHERE analytics.time_bin('1 day', at, 'UTC') = '2026-02-02 00:00+00'$$) AS behind_policy;
RESET ROLE;

DROP VIEW calendar_plan_days;
DROP TABLE calendar_plan, calendar_parted;
REVOKE USAGE ON SCHEMA analytics FROM calendar_reader;
DROP ROLE calendar_reader;

/*
 * live_ranges_agg and live_duration: golden cases by hand; the same ranges as
 * range_agg of the range of each row; parallel, spilled, in any order; and what
 * is refused.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE TABLE beats (who text, at timestamptz);
INSERT INTO beats VALUES
	('ann', '2026-03-02 10:02'), ('ann', '2026-03-02 10:00'), ('ann', '2026-03-02 10:05'), ('ann', '2026-03-02 10:05'), ('ann', '2026-03-02 10:08:00.000001'),
	('bob', '2026-03-02 23:59'), ('bob', NULL), ('cid', NULL), ('dan', 'infinity'), ('dan', '-infinity');
-- Ranges that touch are one; rows without a time, and infinite ones, add nothing.
SELECT who, analytics.live_ranges_agg(at, '3 minutes') AS ranges, analytics.live_duration(analytics.live_ranges_agg(at, '3 minutes')) AS alive FROM beats GROUP BY who ORDER BY who;
SELECT analytics.live_ranges_agg(at, '3 minutes') AS nothing, analytics.live_duration(analytics.live_ranges_agg(at, '3 minutes')) AS duration FROM beats WHERE false;
-- Was it alive at a time, and how much of a day?
SELECT who, ranges @> timestamptz '2026-03-02 10:04' AS at_1004, ranges @> timestamptz '2026-03-02 10:08' AS at_1008, analytics.live_duration(ranges * '{[2026-03-03, 2026-03-04)}') AS on_the_3rd
FROM (SELECT who, analytics.live_ranges_agg(at, '3 minutes') AS ranges FROM beats GROUP BY who) r ORDER BY who;
SELECT analytics.live_duration('{[2026-01-01, 2026-01-03), [2026-01-05, 2026-01-05 01:30)}') AS sum, analytics.live_duration('{}') AS none, analytics.live_duration(NULL) AS unknown;
-- To the ends of time.
SELECT analytics.live_ranges_agg(t, '1 us') AS ranges FROM (VALUES (timestamptz '294276-12-31 23:59:59.999998'), ('4714-11-24 00:00 BC')) v(t);
SELECT analytics.live_duration(analytics.live_ranges_agg(t, '1 us')) AS short, analytics.live_duration('{[4714-11-24 00:00 BC, 294276-12-31 23:59:59.999999]}') AS all_of_it
FROM (VALUES (timestamptz '294276-12-31 23:59:59.999998'), ('4714-11-24 00:00 BC')) v(t);
-- Against range_agg.
CREATE TABLE live_events AS
SELECT i % 300 AS entity, timestamptz '2026-01-01' + abs(hashint8(i)::bigint) % 5003 * interval '7 min' AS ts FROM generate_series(1::bigint, 30000) i;
ANALYZE live_events;
CREATE TEMP TABLE slow AS SELECT liveness, entity, range_agg(tstzrange(ts, ts + liveness)) AS ranges
FROM live_events, (VALUES (interval '7 min'), ('6 min 59.999999 s'), ('30 min'), ('35 min'), ('3 days')) l(liveness) GROUP BY 1, 2;
CREATE FUNCTION pg_temp.different(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint := 0; m bigint; l interval;
BEGIN
	FOR l IN SELECT DISTINCT liveness FROM slow LOOP
		EXECUTE format('SELECT count(*) FROM slow s FULL JOIN (%s) f ON s.entity = f.entity WHERE s.liveness = %L AND s.ranges IS DISTINCT FROM f.ranges', format(query, l), l) INTO m;
		n := n + m;
	END LOOP;
	RETURN n;
END $$;
SELECT liveness, sum((SELECT count(*) FROM unnest(ranges))) AS ranges, sum((SELECT sum(upper(r) - lower(r)) FROM unnest(ranges) r)) = sum(analytics.live_duration(ranges)) AS same FROM slow GROUP BY 1 ORDER BY 1;
SELECT pg_temp.different('SELECT entity, analytics.live_ranges_agg(ts, %L) AS ranges FROM live_events GROUP BY 1') AS hashed,
	pg_temp.different('SELECT entity, analytics.live_ranges_agg(ts, %L ORDER BY ts DESC) AS ranges FROM live_events GROUP BY 1') AS descending;
SET work_mem = '64kB';
SELECT pg_temp.different('SELECT entity, analytics.live_ranges_agg(ts, %L) AS ranges FROM live_events GROUP BY 1') AS spilled;
RESET work_mem;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT pg_temp.different('SELECT entity, analytics.live_ranges_agg(ts, %L) AS ranges FROM live_events GROUP BY 1') AS parallel;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
DROP TABLE live_events;
-- What is refused.
SELECT analytics.live_ranges_agg(at, '0') FROM beats;
SELECT analytics.live_ranges_agg(at, '-3 minutes') FROM beats;
SELECT analytics.live_ranges_agg(at, '1 month') FROM beats;
SELECT analytics.live_ranges_agg(at, NULL) FROM beats;
SELECT analytics.live_ranges_agg(at, CASE who WHEN 'ann' THEN interval '1 hour' ELSE '2 hours' END) FROM beats;
SELECT analytics.live_ranges_agg('294276-12-31 23:59:59.999999', '1 us');
SELECT analytics.live_ranges_agg('294276-12-31 23:59:59.999999', '106000000 days');
SELECT analytics.live_duration('{[2026-01-01,)}');
SELECT analytics.live_duration('{(-infinity, 2026-01-01]}');
\set VERBOSITY terse
SELECT analytics.live_ranges_final('\x01');
SELECT analytics.live_ranges_sfunc(NULL, now(), '1 h');
DROP TABLE beats;

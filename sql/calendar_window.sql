/*
 * first and last, locf, interpolate, moving_average, ewma: worked out by hand,
 * and against slow SQL over the same rows.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET extra_float_digits = 0;

-- first and last: by time and not by order of coming; a NULL value counts, a NULL time does not; ties by value.
SELECT analytics.first(v, at) AS first, analytics.last(v, at) AS last
FROM (VALUES ('b', timestamptz '2026-01-02'), ('a', '2026-01-01'), ('z', NULL), ('c', '2026-01-03')) AS t(v, at);
SELECT analytics.first(v, at) AS first_is_null, analytics.last(v, at) AS last
FROM (VALUES (NULL, timestamptz '2026-01-01'), (2, '2026-01-02')) AS t(v, at);
SELECT analytics.first(v, at) AS smallest, analytics.last(v, at) AS greatest, analytics.last(n, at) AS null_last, analytics.first(n, at) AS not_null
FROM (VALUES (3, 1, timestamptz '2026-01-01'), (1, NULL, '2026-01-01'), (2, 2, '2026-01-01')) AS t(v, n, at);
SELECT analytics.first(1, NULL::timestamptz) AS no_time, analytics.last(1, now()) FILTER (WHERE false) AS no_rows,
       analytics.last(v, at) AS infinite FROM (VALUES (1, timestamptz 'infinity'), (2, '2026-01-01')) AS t(v, at);
SELECT analytics.first(v, at) AS json, analytics.last(ARRAY[v::text], at) AS array, analytics.last(p, at) AS point,
       analytics.first(ROW(v::text, 1), at) AS record
FROM (VALUES ('{"a": 2}'::json, point(1, 2), timestamptz '2026-01-01'), ('{"a": 1}', point(3, 4), '2026-01-01')) AS t(v, p, at);

-- The same whether workers share the rows or not, for values long and short, against a sort.
CREATE TABLE calendar_rows AS
SELECT n % 10 AS g, CASE WHEN n % 7 > 0 THEN repeat(md5(n::text), 1 + n % 100) END AS v, n::numeric / 3 AS num,
       timestamptz '2026-01-01' + (n * 7919 % 10007) / 4 * interval '1 minute' AS at
FROM generate_series(1, 20000) AS n;
ANALYZE calendar_rows;
CREATE TABLE calendar_serial AS
SELECT g, analytics.first(v, at) AS fv, analytics.last(v, at) AS lv, analytics.first(num, at) AS fn, analytics.last(num, at) AS ln
FROM calendar_rows GROUP BY g;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan::text ~ 'Partial' AND plan::text ~ 'Gather';
END $$;
SELECT pg_temp.is_parallel('SELECT g, analytics.first(v, at), analytics.last(num, at) FROM calendar_rows GROUP BY g') AS parallel;
WITH p AS (
    SELECT g, analytics.first(v, at) AS fv, analytics.last(v, at) AS lv, analytics.first(num, at) AS fn, analytics.last(num, at) AS ln
    FROM calendar_rows GROUP BY g)
SELECT count(*) AS groups, bool_and(p = s) AS same FROM p JOIN calendar_serial AS s USING (g);
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;
SELECT bool_and(fv IS NOT DISTINCT FROM (SELECT v FROM calendar_rows r WHERE r.g = s.g ORDER BY at, v NULLS LAST LIMIT 1)) AS first_text,
       bool_and(lv IS NOT DISTINCT FROM (SELECT v FROM calendar_rows r WHERE r.g = s.g ORDER BY at DESC, v DESC NULLS FIRST LIMIT 1)) AS last_text,
       bool_and(fn = (SELECT num FROM calendar_rows r WHERE r.g = s.g ORDER BY at, num LIMIT 1)) AS first_numeric,
       bool_and(ln = (SELECT num FROM calendar_rows r WHERE r.g = s.g ORDER BY at DESC, num DESC LIMIT 1)) AS last_numeric
FROM calendar_serial AS s;
SELECT g, n, analytics.last(n, at) OVER (PARTITION BY g ORDER BY at) AS running
FROM (VALUES (1, 10, timestamptz '2026-01-01'), (1, NULL, '2026-01-02'), (1, 30, '2026-01-03'), (2, 5, '2026-01-01')) AS t(g, n, at) ORDER BY g, at;

-- locf, interpolate, moving_average, ewma by hand.
CREATE TEMP TABLE reading (g int, at timestamptz, v float8, t text);
INSERT INTO reading VALUES (1, '2026-01-01', NULL, NULL), (1, '2026-01-02', 10, 'ten'), (1, '2026-01-03', NULL, NULL), (1, '2026-01-05', NULL, NULL),
    (1, '2026-01-06', 50, 'fifty'), (1, '2026-01-07', NULL, NULL), (2, '2026-01-01', 1, 'one'), (2, '2026-01-02', 2, NULL), (2, '2026-01-03', 6, 'six');
SELECT g, at::date, v, analytics.locf(v) OVER w AS locf, analytics.locf(t) OVER w AS locf_text, analytics.interpolate(v, at) OVER w AS interpolate,
       analytics.moving_average(v, 2) OVER w AS mean_of_two, analytics.moving_average(v, 1000000) OVER w AS mean_so_far, analytics.ewma(v, 0.5) OVER w AS ewma
FROM reading WINDOW w AS (PARTITION BY g ORDER BY at) ORDER BY g, at;
-- NULL and infinite times, equal times, times that run back.
SELECT n, at, v, analytics.interpolate(v, at) OVER (ORDER BY n) AS interpolate
FROM (VALUES (1, timestamptz '2026-01-01', 1::float8), (2, NULL, NULL), (3, '2026-01-02', NULL), (4, 'infinity', 7), (5, NULL, 8), (6, '2026-01-03', 3),
             (7, '2026-01-03', NULL), (8, '2026-01-03', 5), (9, '2026-01-01', NULL), (10, '2026-01-04', 6), (11, '2026-01-05', NULL)) AS t(n, at, v) ORDER BY n;

-- Against SQL over 6,000 rows with gaps: frames, joins with the neighbours, recursion.
CREATE TEMP TABLE gaps AS
SELECT n, n % 3 AS g, timestamptz '2026-01-01' + n * interval '7 minutes' + (n % 5) * interval '1 second' AS at,
       CASE WHEN n * 7919 % 11 < 4 THEN (n * 31 % 1000)::float8 END AS v
FROM generate_series(1, 6000) AS n;
CREATE INDEX ON gaps (g, n);
CREATE INDEX ON gaps (g, at);
ANALYZE gaps;
SELECT bool_and(locf IS NOT DISTINCT FROM expected) AS locf
FROM (SELECT analytics.locf(v) OVER w AS locf,
             (array_agg(v) FILTER (WHERE v IS NOT NULL) OVER (PARTITION BY g ORDER BY at ROWS BETWEEN 30 PRECEDING AND CURRENT ROW)) AS seen
      FROM gaps WINDOW w AS (PARTITION BY g ORDER BY at)) AS s, LATERAL (SELECT seen[array_length(seen, 1)] AS expected) AS e;
SELECT bool_and(mean IS NOT DISTINCT FROM expected) AS moving_average
FROM (SELECT analytics.moving_average(v, 25) OVER (PARTITION BY g ORDER BY at) AS mean,
             avg(v) OVER (PARTITION BY g ORDER BY at ROWS BETWEEN 24 PRECEDING AND CURRENT ROW) AS expected FROM gaps) AS s;
SELECT bool_and(abs(line - expected) < 1e-6 OR (line IS NULL AND expected IS NULL)) AS interpolate, count(line) > 5900 AS most
FROM (SELECT g, n, at, v, analytics.interpolate(v, at) OVER (PARTITION BY g ORDER BY at) AS line FROM gaps) AS s
LEFT JOIN LATERAL (SELECT at, v FROM gaps b WHERE b.g = s.g AND b.v IS NOT NULL AND b.n < s.n ORDER BY b.n DESC LIMIT 1) AS b(at0, v0) ON true
LEFT JOIN LATERAL (SELECT at, v FROM gaps a WHERE a.g = s.g AND a.v IS NOT NULL AND a.n > s.n ORDER BY a.n LIMIT 1) AS a(at1, v1) ON true,
LATERAL (SELECT coalesce(s.v, v0 + (v1 - v0) * extract(epoch FROM s.at - at0) / extract(epoch FROM at1 - at0))) AS e(expected);
WITH RECURSIVE numbered AS (SELECT v, row_number() OVER (ORDER BY n) AS i FROM gaps WHERE n <= 300),
slow AS (SELECT i, v AS s FROM numbered WHERE i = 1
         UNION ALL
         SELECT n.i, CASE WHEN n.v IS NULL THEN s WHEN s IS NULL THEN n.v ELSE 0.2 * n.v + 0.8 * s END FROM slow JOIN numbered n ON n.i = slow.i + 1)
SELECT bool_and(abs(ewma - s) < 1e-9 OR (ewma IS NULL AND s IS NULL)) AS ewma
FROM (SELECT i, analytics.ewma(v, 0.2) OVER (ORDER BY i) FROM numbered) AS f JOIN slow USING (i);

-- A value without a finite time is no point of a line: the one before it stays as it was.
SELECT n, analytics.interpolate(v, at) OVER (ORDER BY n) AS line
FROM (VALUES (1, 1::float8, timestamptz '2026-01-01'), (2, 100, NULL), (3, 200, 'infinity'), (4, NULL, '2026-01-02'), (5, 3, '2026-01-03')) AS t(n, v, at) ORDER BY n;

-- Infinities are values; a sum that overflows is an error.
SELECT n, analytics.moving_average(v, 2) OVER (ORDER BY n) AS mean, analytics.ewma(v, 1) OVER (ORDER BY n) AS last, analytics.ewma(v, 0.5) OVER (ORDER BY n) AS half
FROM (VALUES (1, 1::float8), (2, '-Infinity'), (3, 2), (4, 4)) AS t(n, v) ORDER BY n;
SELECT analytics.moving_average(1e308, 3) OVER () FROM generate_series(1, 3);

-- Refused.
SELECT analytics.moving_average(v, 0) OVER () FROM reading;
SELECT analytics.moving_average(v, 1000001) OVER () FROM reading;
SELECT analytics.moving_average(v, NULL) OVER () FROM reading;
SELECT analytics.ewma(v, 0) OVER () FROM reading;
SELECT analytics.ewma(v, 'NaN') OVER () FROM reading;
SELECT analytics.ewma(v, NULL) OVER () FROM reading;

DROP TABLE calendar_rows, calendar_serial;

/*
 * hll, the day of a user: a table of daily sketches; users per day, week and
 * month by union, never by sum; the same by province. Checked against
 * count(DISTINCT), which small sketches equal.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
SET extra_float_digits = 0;
SET search_path = public, analytics;

-- In one call.
SELECT approx_count_distinct(n % 1000) AS users, hll_count(hll_agg(n % 1000)) AS same, # hll_agg(n % 1000) AS same_again
FROM generate_series(1, 5000) AS n;

-- Users move between two cities of a province; some have no province.
CREATE TABLE hll_events AS
SELECT timestamptz '2026-01-01' + n * interval '20 minutes' AS at, (n * 7919) % 211 AS who,
       CASE WHEN n % 10 = 0 THEN NULL ELSE 'P' || (n * 7919) % 211 % 3 END AS province, 'C' || n % 2 AS city
FROM generate_series(0, 4319) AS n;
CREATE TABLE hll_daily AS
SELECT time_bin('1 day', at, 'UTC')::date AS day, province, city, hll_agg(who) AS users FROM hll_events GROUP BY 1, 2, 3;
SELECT count(*) AS cells, count(DISTINCT day) AS days, max(pg_column_size(users)) < 200 AS small FROM hll_daily;

-- Users per day, week and month, of the cells, are those of the events; the sum over days is not.
WITH bins AS (SELECT unnest(ARRAY['1 day', '1 week', '1 month'])::interval AS width),
cells AS (
    SELECT width, time_bin(width, day) AS bin, # hll_union_agg(users) AS users FROM hll_daily, bins GROUP BY 1, 2),
events AS (
    SELECT width, time_bin(width, at, 'UTC')::date AS bin, count(DISTINCT who) AS users FROM hll_events, bins GROUP BY 1, 2)
SELECT width, count(*) AS bins, bool_and(c.users = e.users) AS exact, sum(c.users) AS summed, max(c.users) AS most
FROM cells c JOIN events e USING (width, bin) GROUP BY width ORDER BY width;

-- By province: who was in two cities counts once in the province; "unknown" is a group of its own; the total is its own union.
SELECT coalesce(province, 'unknown') AS province, # hll_union_agg(users) AS users, sum(# users) AS summed_over_cells,
       # hll_union_agg(users) = (SELECT count(DISTINCT who) FROM hll_events e WHERE e.province IS NOT DISTINCT FROM d.province) AS exact
FROM hll_daily d GROUP BY d.province ORDER BY 1;
SELECT CASE WHEN GROUPING(province) = 1 THEN 'all' ELSE coalesce(province, 'unknown') END AS province,
       CASE WHEN GROUPING(city) = 1 THEN 'all' ELSE city END AS city, # hll_union_agg(users) AS users
FROM hll_daily GROUP BY GROUPING SETS ((), (province), (province, city)) ORDER BY GROUPING(province) DESC, GROUPING(city) DESC, 1, 2;

-- A day is added to, and a day that is not there begins.
CREATE TABLE hll_days (day date PRIMARY KEY, users hll NOT NULL DEFAULT hll_empty());
INSERT INTO hll_days VALUES ('2026-01-01') RETURNING # users AS nobody;
INSERT INTO hll_days AS d SELECT '2026-01-01', hll_agg(who) FROM hll_events WHERE at < '2026-01-02'
ON CONFLICT (day) DO UPDATE SET users = d.users || EXCLUDED.users RETURNING # users AS first_day;
UPDATE hll_days SET users = hll_add(users, 'somebody new'::text) RETURNING # users AS one_more;
UPDATE hll_days SET users = hll_add(users, 'somebody new'::text) RETURNING # users AS no_more;
UPDATE hll_days SET users = hll_add(hll_add(users, NULL::text), 100001) RETURNING # users AS one_more;

-- Nothing: NULL as other aggregates, 0 for the count. NULLs are not counted.
SELECT hll_agg(who) IS NULL AS agg, hll_union_agg(NULL::hll) IS NULL AS union_agg, approx_count_distinct(who) AS count
FROM hll_events WHERE false;
SELECT hll_agg(v) IS NULL AS agg, hll_union_agg(NULL::hll) IS NULL AS union_agg, approx_count_distinct(v) AS count,
       approx_count_distinct(v, 12) AS with_precision
FROM (VALUES (NULL::int), (NULL)) AS t(v);
SELECT approx_count_distinct(v) AS two FROM (VALUES (1), (NULL), (2), (1), (NULL)) AS t(v);
SELECT # hll_empty() AS empty, # (hll_empty() || hll_add(hll_empty(), 1)) AS one, # (hll_empty() || hll_empty()) AS still_empty,
       hll_add(hll_empty(), NULL::int) = hll_empty() AS same, hll_add(NULL, 1) IS NULL AS no_sketch,
       hll_count(NULL) IS NULL AS no_count, (hll_empty() || NULL) IS NULL AS no_union;

-- Small sketches are exact, to the last value, up to 3,584 of them; then the error is that of theory: within 4 of it here.
SELECT n, approx_count_distinct(v) = n AS exact
FROM unnest(ARRAY[1, 2, 3, 10, 100, 1000, 3584]) AS n, generate_series(1, n) AS v GROUP BY n ORDER BY n;
SELECT p, n, abs(hll_count(h) - n) < 4 * hll_error(h) * n AS near, hll_error(h) < 1.1 * 0.7608 / sqrt(2 ^ p) AS as_in_theory,
       lower < n AND n < upper AS in_bounds, lower < hll_count(h) AND hll_count(h) < upper AS around
FROM (SELECT p, n, hll_agg(v, p) AS h FROM unnest(ARRAY[4, 10, 14, 18]) AS p, unnest(ARRAY[20000, 200000]) AS n, generate_series(1, n) AS v
      GROUP BY p, n) AS s, hll_bounds(h, 0.9999) ORDER BY p, n;

-- What is known of a sketch.
SELECT hll_info(hll_empty(12)) - 'bytes' AS empty;
SELECT hll_info(hll_agg(n)) AS three FROM generate_series(1, 3) AS n;
SELECT hll_info(hll_agg(n, 11)) - 'bytes' - 'estimate' - 'error' AS many, (hll_info(hll_agg(n, 11)) ->> 'bytes')::int < 1300 AS small
FROM generate_series(1, 20000) AS n;

-- Confidence widens the interval; that of few values is nothing wide.
SELECT round((upper - lower)::numeric, 3) AS wide FROM (SELECT hll_agg(n) AS h FROM generate_series(1, 20) AS n) AS s, hll_bounds(h, 0.99);
SELECT bool_and(wide > coalesce(before, 0)) AS grows
FROM (SELECT c, upper - lower AS wide, lag(upper - lower) OVER (ORDER BY c) AS before
      FROM (SELECT hll_agg(n) AS h FROM generate_series(1, 50000) AS n) AS s, unnest(ARRAY[0.5, 0.9, 0.95, 0.99, 0.999]) AS c, hll_bounds(h, c)) AS t;
SELECT * FROM hll_bounds(hll_empty());
SELECT c, hll_bounds(hll_empty(), c) FROM unnest(ARRAY[1.0]) AS c;
SELECT hll_bounds(hll_empty(), 0);
SELECT hll_bounds(hll_empty(), 'NaN');

-- Both days: exact while small, an interval that holds the truth, and the word when it says nothing.
CREATE FUNCTION pg_temp.users(first int, last int) RETURNS hll LANGUAGE sql AS 'SELECT hll_agg(n) FROM generate_series(first, last) AS n';
SELECT round(estimate) AS both_held, lower <= 50 AND 50 <= upper AS holds, useful
FROM hll_intersect_count(pg_temp.users(1, 100), pg_temp.users(51, 200));
SELECT abs(estimate - 30000) < 3000 AS near, lower <= 30000 AND 30000 <= upper AS holds, upper - lower < 12000 AS narrow, useful
FROM hll_intersect_count(pg_temp.users(1, 60000), pg_temp.users(30001, 90000), 0.999);
SELECT lower = 0 AS maybe_none, upper > 18 AS maybe_all, useful
FROM hll_intersect_count(hll_reduce(pg_temp.users(1, 200000), 6), pg_temp.users(199991, 200010));
SELECT * FROM hll_intersect_count(hll_empty(), pg_temp.users(1, 100));

-- Hashes that were kept elsewhere are added as they are.
SELECT # hll_add_hash(hll_agg(n), hll_hash(2)) AS no_more, # hll_add_hash(hll_agg(n), hll_hash('new'::text)) AS one_more
FROM generate_series(1, 3) AS n;

DROP TABLE hll_events, hll_daily, hll_days;

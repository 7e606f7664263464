/*
 * quantile: percentiles of one column and of stored sketches, against
 * percentile_disc and counts over the same rows: for every distribution and
 * fraction within the accuracy, and exact for up to 32 values. Sums, averages, ends,
 * shares; infinities, NaN and NULL; arguments that are refused.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET search_path = public, analytics;

-- Numbers that look random: u and w are even in (0, 1), z is normal. No two runs differ.
CREATE TABLE quantile_rows AS
SELECT n, kind, CASE kind WHEN 'normal' THEN z WHEN 'log-normal' THEN exp(z) WHEN 'wide log-normal' THEN exp(3 * z)
    WHEN 'pareto' THEN u ^ (-1 / 1.2) WHEN 'constant' THEN 0.1 WHEN 'whole' THEN floor(u * 500) WHEN 'negative' THEN -exp(z)
    WHEN 'mixed' THEN z * exp(2 * w) WHEN 'zeros' THEN CASE WHEN n % 3 = 0 THEN z WHEN n % 3 = 1 THEN 0 ELSE '-0' END
    WHEN 'all magnitudes' THEN CASE WHEN n % 2 = 0 THEN 1 ELSE -1 END * 10 ^ (-307 + 615 * u)
    WHEN 'denormal' THEN 1e-310 * u WHEN 'infinite' THEN CASE n % 4 WHEN 0 THEN '-Infinity' WHEN 1 THEN 'Infinity' ELSE z END
    WHEN 'NaN' THEN CASE WHEN n % 5 = 0 THEN 'NaN' ELSE z END WHEN 'bin edges' THEN 2 ^ (n % 20) * (1 + (n % 2) * 2 ^ -52) END AS v
FROM (SELECT n, u, w, sqrt(-2 * ln(u)) * cos(6.283185307179586 * w) AS z
      FROM (SELECT n, ((n::bigint * 48271) % 99991 + 0.5)::float8 / 99991 AS u, ((n::bigint * 16807) % 65537 + 0.5)::float8 / 65537 AS w
            FROM generate_series(1, 4000) AS n) AS a) AS b,
     unnest('{normal,log-normal,wide log-normal,pareto,constant,whole,negative,mixed,zeros,all magnitudes,denormal,infinite,NaN,bin edges}'::text[]) AS kind;
CREATE FUNCTION near(a float8, b float8, accuracy float8) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$SELECT a = b OR (abs(b) < 'Infinity' AND abs(a - b) <= accuracy * abs(b))$$;
CREATE TABLE fractions AS SELECT array_agg(n / 200.0::float8 ORDER BY n) AS f FROM generate_series(0, 200) AS n;

SELECT kind, bool_and(near(a, x, 0.01)) AS at_1_percent, bool_and(near(b, x, 0.001)) AS at_0_1_percent, bool_and(near(c, x, 0.2)) AS at_20_percent,
       bool_and(one IS NOT DISTINCT FROM a) AS in_one_call
FROM (SELECT kind, percentile_disc(f) WITHIN GROUP (ORDER BY v) AS xs, approx_quantile(quantile_agg(v), f) AS a_s, approx_percentile(v, f, 0.001) AS bs,
             approx_quantile(quantile_agg(v, 0.2), f) AS cs, approx_percentile(v, f) AS ones
      FROM quantile_rows, fractions GROUP BY kind, f) AS q, unnest(xs, a_s, bs, cs, ones) AS u(x, a, b, c, one)
GROUP BY kind ORDER BY kind COLLATE "C";

-- Up to 32 values: exactly percentile_disc.
SELECT bool_and(a IS NOT DISTINCT FROM e) AS exact, count(*) AS groups
FROM (SELECT approx_percentile(v, f) AS a, percentile_disc(f) WITHIN GROUP (ORDER BY v) AS e
      FROM quantile_rows, fractions, generate_series(1, 32) AS size WHERE n <= size GROUP BY kind, f, size) AS q;

-- By hand. One fraction and several, integers and numeric as they come; the middle of four is the second, a value that there is.
SELECT approx_percentile(v, 0.5) AS p50, approx_percentile(v, ARRAY[0, 0.25, 0.5, 0.75, 1]) AS five, approx_quantile(quantile_agg(v), 0.51) AS p51
FROM (VALUES (30), (10), (40), (20)) AS t(v);
SELECT approx_percentile(v, 0.5) AS of_numeric, approx_percentile(v::bigint, 0.5) AS of_bigint, approx_percentile(v::real, 0.5) AS of_real
FROM (VALUES (2.0), (1.0), (8.0)) AS t(v);
SELECT round(approx_percentile(v, 0.95)::numeric, 1) AS p95, approx_percentile(v, 0) AS least, approx_percentile(v, 1) AS greatest FROM generate_series(1, 1000) AS v;
SELECT approx_percentile(v, '{0.9,NULL,0.1}'::float8[]) AS as_asked, approx_percentile(v, '{}'::float8[]) AS none FROM generate_series(1, 10) AS v;
SELECT approx_quantile(quantile_agg(v), ARRAY[0.9, NULL, 0.1]) AS as_asked, approx_quantile(quantile_agg(v), '{}'::float8[]) AS none FROM generate_series(1, 10) AS v;

-- NULLs are ignored; of nothing there is NULL; a NULL fraction gives NULL, a NULL accuracy is 1 %.
SELECT quantile_agg(v) IS NULL AS agg, approx_percentile(v, 0.5) IS NULL AS percentile, approx_percentile(v, ARRAY[0.5]) IS NULL AS percentiles, quantile_union_agg(NULL) IS NULL AS union_agg
FROM (VALUES (NULL::float8)) AS t(v);
SELECT quantile_agg(v) IS NULL AS agg, approx_percentile(v, 2) IS NULL AS percentile FROM generate_series(1, 0) AS v;
SELECT approx_percentile(v, NULL::float8) IS NULL AS one, approx_percentile(v, NULL::float8[]) IS NULL AS several, approx_quantile(quantile_agg(v), NULL::float8) IS NULL AS of_sketch,
       quantile_agg(v, NULL) = quantile_agg(v) AS accuracy, approx_percentile(NULLIF(v, 3), 0.5) AS without_three, quantile_count(quantile_agg(NULLIF(v, 3))) AS n FROM generate_series(1, 5) AS v;
SELECT approx_quantile(e, 0.5) AS one, approx_quantile(e, ARRAY[0.5]) AS several, quantile_rank(e, 1) AS rank, quantile_count(e), quantile_sum(e), quantile_avg(e), quantile_min(e), quantile_max(e), quantile_info(e)
FROM (VALUES ('\x012300'::quantile)) AS t(e);

-- Count, sum, average and ends are exact: the sum in any order, even where the usual one is not.
SELECT kind, quantile_count(q) = n AS count, quantile_min(q) = least AS min, quantile_max(q) = greatest AS max,
       near(quantile_sum(q), s, 1e-9) OR abs(s) < 1e-6 AS sum, near(quantile_avg(q), s / n, 1e-9) OR abs(s) < 1e-6 AS avg
FROM (SELECT kind, quantile_agg(v) AS q, count(*) AS n, min(v) AS least, max(v) AS greatest, sum(v) AS s
      FROM quantile_rows WHERE kind NOT IN ('infinite', 'all magnitudes') GROUP BY kind) AS k
ORDER BY kind COLLATE "C";
SELECT quantile_sum(quantile_agg(v)) AS sum, quantile_avg(quantile_agg(v)) AS avg FROM unnest(array_cat(array_fill(1e-20::float8, ARRAY[100]), '{1e20,1,-1e20}')) AS v;
SELECT quantile_sum(quantile_agg(v)) AS sum, quantile_avg(quantile_agg(v)) AS avg FROM unnest(array_fill(1e308::float8, ARRAY[50])) AS v;
SELECT what, quantile_sum(q), quantile_avg(q), quantile_min(q), quantile_max(q), approx_quantile(q, ARRAY[0, 0.5, 1]) FROM (
    SELECT what, quantile_agg(v) AS q FROM (VALUES ('up', '{1,Infinity}'), ('both', '{Infinity,-Infinity}'), ('NaN', '{NaN,-Infinity,5}')) AS t(what, vs),
        unnest(vs::float8[]) AS v, generate_series(1, 20) GROUP BY what) AS s ORDER BY what COLLATE "C";

-- Shares: at least the exact share of what is <= x, at most that of x and what differs by two accuracies.
SELECT kind, bool_and(r >= exact) AS at_least, bool_and(r <= more) AS at_most
FROM (SELECT kind, quantile_agg(v) AS q FROM quantile_rows GROUP BY kind) AS k
JOIN LATERAL (SELECT x, quantile_rank(q, x) AS r, avg((v <= x)::int)::float8 AS exact, avg((v <= x + abs(x) * 0.0203)::int)::float8 AS more
              FROM quantile_rows AS o, unnest('{-1000,-1,-0.5,-1e-9,0,1e-9,0.1,0.5,1,3,100,249,1e10,Infinity,-Infinity,NaN}'::float8[]) AS x
              WHERE o.kind = k.kind GROUP BY x) AS s ON true
GROUP BY kind ORDER BY kind COLLATE "C";
SELECT x, quantile_rank(q, x) AS share FROM (SELECT quantile_agg(v) AS q FROM generate_series(1, 40) AS v) AS t, unnest('{0,1,20,20.5,39,40,41}'::float8[]) AS x ORDER BY x;
SELECT bool_and(quantile_rank(q, approx_quantile(q, f)) >= f) AS rank_reaches_fraction FROM (SELECT quantile_agg(v) AS q FROM quantile_rows GROUP BY kind) AS k, generate_series(0, 1, 0.05) AS f;

-- What a sketch says of itself.
SELECT quantile_info(quantile_agg(v)) AS of_five FROM generate_series(1, 5) AS v;
SELECT quantile_info(quantile_agg(v, 0.05)) AS of_thousand FROM generate_series(1, 1000) AS v;
SELECT jsonb_path_query_array(quantile_info(quantile_agg('NaN'::float8)), '$.*') AS with_nan;

-- Refused: fractions and accuracies out of range, and those that change within a group.
SELECT approx_percentile(v, 1.5) FROM generate_series(1, 3) AS v;
SELECT approx_percentile(v, ARRAY[0.5, 'NaN']) FROM generate_series(1, 3) AS v;
SELECT approx_percentile(v, ARRAY[ARRAY[0.5], ARRAY[0.9]]) FROM generate_series(1, 3) AS v;
SELECT approx_percentile(v, v / 10.0) FROM generate_series(1, 3) AS v;
SELECT approx_percentile(v, ARRAY[0.5, v / 10.0]) FROM generate_series(1, 3) AS v;
SELECT approx_percentile(v, 0.5, 0.0005) FROM generate_series(1, 3) AS v;
SELECT approx_quantile(quantile_agg(v), -0.1) FROM generate_series(1, 3) AS v;
SELECT approx_quantile(quantile_agg(v), ARRAY[0.5, 2]) FROM generate_series(1, 3) AS v;
SELECT quantile_agg(v, 0.5) FROM generate_series(1, 3) AS v;
SELECT quantile_agg(v, 'NaN') FROM generate_series(1, 3) AS v;
SELECT quantile_agg(v, v / 100.0) FROM generate_series(1, 3) AS v;

DROP TABLE quantile_rows, fractions;
DROP FUNCTION near;

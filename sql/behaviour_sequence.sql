/*
 * sequence_match, sequence_count, sequence_events: patterns worked out by hand,
 * against plain SQL, serial and parallel, and what they refuse.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET search_path = analytics, public;
-- An evening in a shop: letters are events, a minute apart; x is an event that no condition describes and nobody looks at.
CREATE TEMP TABLE evening (who text, history text);
INSERT INTO evening VALUES ('ann', 'V C P'), ('bob', 'V V C C P V P'), ('cid', 'C V'), ('dan', 'V x x x C H P'), ('eve', 'V C x H x P');
CREATE TEMP TABLE shop AS
SELECT who, timestamptz '2026-03-02 18:00' + i * interval '1 min' AS at, event
FROM evening, string_to_table(history, ' ') WITH ORDINALITY u(event, i);
SELECT who, sequence_match('(?1)(?2)(?3)', at, event = 'V', event = 'C', event = 'P') AS straight,
	sequence_match('(?1).*(?2).*(?3)', at, event = 'V', event = 'C', event = 'P') AS sooner_or_later,
	sequence_match('(?1)(?t<=60)(?2)', at, event = 'V', event = 'C') AS within_a_minute,
	sequence_match('(?1)(?!4)*(?3)', at, event = 'V', event = 'C', event = 'P', event = 'H') AS without_help,
	sequence_count('(?1).*(?3)', at, event = 'V', event = 'C', event = 'P') AS purchases,
	sequence_match('(?2){2}', at, event = 'V', event = 'C') AS twice
FROM shop GROUP BY who ORDER BY who;
SELECT who, sequence_events('(?1)+.*(?3)', at, event = 'V', event = 'C', event = 'P') AS times FROM shop GROUP BY who ORDER BY who;
-- Times to the microsecond; several conditions on one gap.
SELECT p, sequence_match(p, ts, e = 1, e = 2) FROM (VALUES (1, timestamptz '2026-01-01 00:00'), (2, '2026-01-01 00:00:10.000001')) t(e, ts),
	unnest(ARRAY['(?1)(?t<=10)(?2)', '(?1)(?t<=10.000001)(?2)', '(?1)(?t>10)(?t<10.1)(?2)', '(?1)(?t==10.000001)(?2)', '(?1)(?t>=10.000002)(?2)']) p
GROUP BY p ORDER BY p;
-- Events of one time come in the order of the conditions, whatever the order of rows; one event may be both.
SELECT sequence_match('(?1)(?2)', now(), e = 1, e = 2) AS in_order, sequence_match('(?2)(?1)', now(), e = 1, e = 2) AS against
FROM (VALUES (2), (1)) t(e);
SELECT sequence_count('(?1)(?2)', to_timestamp(i), true, true) FROM generate_series(1, 5) i;
-- NULL: a time leaves its row out, a condition is false; nothing is false, 0 and an empty array.
SELECT sequence_match('(?1)(?2)', ts, a, b), sequence_count('(?1)', ts, a, b), sequence_events('(?2)(?1)', ts, a, b)
FROM (VALUES (timestamptz '2026-01-01', true, NULL::boolean), (NULL, true, true), ('2026-01-02', NULL, true)) t(ts, a, b);
SELECT sequence_match('(?1)', now(), true), sequence_count('(?1)', now(), true), sequence_events('(?1)', now(), true) FROM generate_series(1, 0);
SELECT sequence_match('(?1)', now(), false), sequence_count('(?1)', now(), NULL), sequence_events('(?1)', now(), false);
-- More conditions than a word has bits.
SELECT sequence_events('(?70).*(?1)', to_timestamp(i), VARIADIC (SELECT array_agg(i = 71 - k ORDER BY k) FROM generate_series(1, 70) k))
FROM generate_series(1, 70) i;
-- Against plain SQL: a view, later a purchase within 5, nothing of kind 3 between them.
SELECT setseed(0.25);
CREATE TEMP TABLE many AS
SELECT u, to_timestamp(i * 2 + floor(random() * 2)) AS ts, floor(random() * 4)::int AS k FROM generate_series(1, 2000) u, generate_series(1, 8) i;
ALTER TABLE many ALTER u SET NOT NULL;
CREATE INDEX ON many (u);
ANALYZE many;
WITH ours AS (
	SELECT u, sequence_match('(?1)(?t<=5)(?2)', ts, k = 1, k = 2, k = 3) AS near,
		sequence_match('(?1)(?!3)*(?2)', ts, k = 1, k = 2, k = 3) AS clean FROM many GROUP BY u),
theirs AS (
	SELECT u, EXISTS (SELECT FROM many a, many b WHERE a.u = m.u AND b.u = m.u AND a.k = 1 AND b.k = 2 AND b.ts > a.ts AND b.ts <= a.ts + interval '5 s') AS near,
		EXISTS (SELECT FROM many a, many b WHERE a.u = m.u AND b.u = m.u AND a.k = 1 AND b.k = 2 AND b.ts > a.ts
			AND NOT EXISTS (SELECT FROM many c WHERE c.u = m.u AND c.k = 3 AND c.ts > a.ts AND c.ts < b.ts)) AS clean
	FROM (SELECT DISTINCT u FROM many) m)
SELECT count(*) FILTER (WHERE ours = theirs) AS equal, count(*) FILTER (WHERE ours <> theirs) AS different,
	count(*) FILTER (WHERE ours.near) > 100 AND count(*) FILTER (WHERE NOT ours.near) > 100 AS both_kinds
FROM ours JOIN theirs USING (u);
-- Serial, and in parallel with partial states.
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT u % 50 AS g, sequence_count('(?1).*(?2)', ts, k = 1, k = 2) AS n, sequence_events('(?1)(?2)', ts, k = 1, k = 2) AS e FROM many GROUP BY 1;
CREATE TABLE sequence_many AS SELECT * FROM many;
SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SELECT count(*) AS equal FROM serial JOIN (SELECT u % 50 AS g, sequence_count('(?1).*(?2)', ts, k = 1, k = 2) AS n, sequence_events('(?1)(?2)', ts, k = 1, k = 2) AS e
	FROM sequence_many GROUP BY 1) p USING (g, n, e);
RESET max_parallel_workers_per_gather; RESET min_parallel_table_scan_size; RESET parallel_setup_cost; RESET parallel_tuple_cost;
-- A pattern that makes backtracking explode: it takes no longer than any other.
SELECT sequence_match(repeat('(?1)*', 20) || '(?1)(?t>1)(?1).*(?2)', to_timestamp(i), true, false) FROM generate_series(1, 20000) i;
-- Refused.
\set VERBOSITY terse
SELECT sequence_match('(?1)(?x)', now(), true);
SELECT sequence_match('', now(), true);
SELECT sequence_match('.*', now(), true);
SELECT sequence_match('(?1)(?t<5)', now(), true);
SELECT sequence_match('é(?1)', now(), true);
SELECT sequence_match('(?3)', now(), true, false);
SELECT sequence_match('(?1){2000}', now(), true);
SELECT sequence_match(NULL, now(), true);
SELECT sequence_match('(?1)', now(), VARIADIC '{}'::boolean[]);
SELECT sequence_match('(?' || i || ')', now(), true, true) FROM generate_series(1, 2) i;
SELECT sequence_sfunc(NULL, '(?1)', now(), true);
DROP TABLE sequence_many;

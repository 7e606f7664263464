-- Proves cohorts by a small story worked out by hand, then overlap and membership against plain SQL, what is refused,
-- and that a cohort follows its table.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
SET analytics.now = '2026-03-01 00:00+00';
CREATE SCHEMA coh;
SET search_path = coh, public;
\set VERBOSITY terse

-- a shop: 1, 2 and 3 have paid, 3 more than 100; 4 only looks
CREATE TABLE events (at timestamptz, user_id int, event text, amount numeric);
INSERT INTO events VALUES
    ('2026-01-01 10:00+00', 1, 'view', NULL), ('2026-01-01 10:05+00', 1, 'pay', 20), ('2026-01-02 09:00+00', 1, 'pay', 30),
    ('2026-01-01 11:00+00', 2, 'pay', 40), ('2026-01-03 08:00+00', 3, 'pay', 150), ('2026-01-03 09:00+00', 4, 'view', NULL),
    ('2026-01-04 09:00+00', NULL, 'pay', 99);
SELECT analytics.create_cohort('payers', 'SELECT user_id FROM events WHERE event = ''pay''', 'have paid at least once');
SELECT analytics.create_cohort('whales', $$SELECT user_id FROM events GROUP BY user_id HAVING sum(amount) > 100$$);
SELECT analytics.create_cohort('staff');
SELECT analytics.add_to_cohort('staff', '{2,4,4,900}');
SELECT analytics.add_to_cohort('staff', '{2,901}');
SELECT analytics.remove_from_cohort('staff', '{901,1000,901}');
SELECT * FROM analytics.cohort_members('payers') m ORDER BY m;
SELECT * FROM analytics.cohort_members('staff') m ORDER BY m;
SELECT * FROM analytics.cohort_overlap('{payers,whales,staff}');
SELECT user_id, analytics.in_cohort('payers', user_id::text), analytics.in_cohort('staff', user_id::text)
FROM events GROUP BY user_id ORDER BY user_id;

-- 4 pays, and 2 never has: somebody got their money back
INSERT INTO events VALUES ('2026-01-05 10:00+00', 4, 'pay', 10);
DELETE FROM events WHERE user_id = 2;
SELECT members, added, removed, took >= '0' AS took FROM analytics.refresh_cohort('payers');
SELECT members, added, removed FROM analytics.refresh_cohort('payers');
SELECT * FROM analytics.cohort_members('payers') m ORDER BY m;
SELECT name, kind, owner = current_user AS mine, members, refreshed_at, took IS NULL AS no_time, relation, description
FROM analytics.cohort_status ORDER BY name;
SELECT query FROM analytics.cohort_status WHERE name = 'payers';
SELECT obj_description('cohort_payers'::regclass);

-- against plain SQL: sizes, overlaps and members of random sets; looked up one by one, and read at once
CREATE TABLE pool AS SELECT i, md5(i::text) AS who, hashint4(i) % 7 AS k FROM generate_series(1, 3000) i;
SELECT analytics.create_cohort('r' || n, format('SELECT who FROM pool WHERE hashint8(i * %s) %% 3 = 0', n)) > 900 AS many
FROM generate_series(1, 4) n ORDER BY n;
SELECT count(*) AS pairs, count(*) FILTER (WHERE o.members_a = w.a AND o.members_b = w.b AND o.both = w.both
    AND o.only_a = w.a - w.both AND o.only_b = w.b - w.both AND o.jaccard = round(w.both::numeric / (w.a + w.b - w.both), 4)) AS right
FROM analytics.cohort_overlap('{r1,r2,r3,r4}') o,
LATERAL (SELECT count(*) FILTER (WHERE p.in_a) AS a, count(*) FILTER (WHERE p.in_b) AS b, count(*) FILTER (WHERE p.in_a AND p.in_b) AS both
    FROM (SELECT hashint8(i * substr(o.a, 2)::int) % 3 = 0 AS in_a, hashint8(i * substr(o.b, 2)::int) % 3 = 0 AS in_b FROM pool) p) w;
SELECT analytics.create_cohort('nobody', 'SELECT who FROM pool WHERE false');
SELECT * FROM analytics.cohort_overlap('{nobody,staff}');
SELECT analytics.create_cohort('none');
SELECT * FROM analytics.cohort_overlap('{nobody,none}');
SELECT count(*) AS all, count(*) FILTER (WHERE analytics.in_cohort('r1', who) = (hashint8(i) % 3 = 0)) AS right FROM pool;
SELECT count(*) AS right FROM pool WHERE analytics.in_cohort('r' || 1 + i % 4, who) = (hashint8(i * (1 + i % 4)) % 3 = 0);
SET work_mem = '64kB'; SET hash_mem_multiplier = 1;
SELECT count(*) AS all, count(*) FILTER (WHERE analytics.in_cohort('r1', who) = (hashint8(i) % 3 = 0)) AS right FROM pool;
SELECT members, added, removed FROM analytics.refresh_cohort('r1');
RESET work_mem; RESET hash_mem_multiplier;
SELECT analytics.in_cohort('r1', NULL) IS NULL, analytics.in_cohort(NULL, 'a') IS NULL, analytics.in_cohort('none', ''),
    analytics.in_cohort('r1', repeat('x', 100000));
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT count(*) AS all, count(*) FILTER (WHERE analytics.in_cohort('r1', who) = (hashint8(i) % 3 = 0)) AS right FROM pool;
SELECT members, added, removed FROM analytics.refresh_cohort('r2');
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- one call site in PL/pgSQL sees what has changed meanwhile, also what was undone
DO $$
DECLARE seen text := '';
BEGIN
    FOR n IN 1..6 LOOP
        BEGIN
            IF n IN (2, 4) THEN PERFORM analytics.add_to_cohort('staff', '{new}'); END IF;
            IF n = 5 THEN PERFORM analytics.remove_from_cohort('staff', '{new}'); END IF;
            seen := seen || CASE WHEN analytics.in_cohort('staff', 'new') THEN 'y' ELSE 'n' END;
            IF n IN (2, 5) THEN RAISE EXCEPTION 'undo'; END IF;
        EXCEPTION WHEN raise_exception THEN NULL;
        END;
        seen := seen || CASE WHEN analytics.in_cohort('staff', 'new') THEN 'y' ELSE 'n' END;
    END LOOP;
    RAISE NOTICE '%', seen; -- assignments in a block that fails stay
END$$;
SELECT analytics.remove_from_cohort('staff', '{new}');

-- any type, kept as text; equal texts are one entity
SELECT analytics.create_cohort('values', 'VALUES (1.5), (2), (1.5), (NULL)');
SELECT string_agg(m, ' ' ORDER BY m) FROM analytics.cohort_members('values') m;
SELECT analytics.create_cohort('rows', 'WITH w AS (SELECT user_id FROM events ORDER BY at LIMIT 2) (SELECT user_id FROM w) UNION SELECT 7');
SELECT string_agg(m, ' ' ORDER BY m) FROM analytics.cohort_members('rows') m;
SELECT analytics.create_cohort('of_cohorts', 'SELECT entity FROM cohort_payers EXCEPT SELECT * FROM analytics.cohort_members(''whales'')');
SELECT string_agg(m, ' ' ORDER BY m) FROM analytics.cohort_members('of_cohorts') m;

-- refused
SELECT analytics.create_cohort(NULL);
SELECT analytics.create_cohort('no name');
SELECT analytics.create_cohort('payers');
SELECT analytics.create_cohort('bad', '');
SELECT analytics.create_cohort('bad', 'SELECT 1; SELECT 2');
SELECT analytics.create_cohort('bad', 'SELECT 1; DROP TABLE events');
SELECT analytics.create_cohort('bad', 'DELETE FROM events RETURNING user_id');
SELECT analytics.create_cohort('bad', 'WITH d AS (DELETE FROM events RETURNING user_id) SELECT user_id FROM d');
SELECT analytics.create_cohort('bad', 'SELECT user_id INTO other FROM events');
SELECT analytics.create_cohort('bad', 'SELECT user_id FROM events FOR UPDATE');
SELECT analytics.create_cohort('bad', 'SELECT u FROM (SELECT user_id FROM events FOR SHARE) s(u)');
SELECT analytics.create_cohort('bad', 'SELECT user_id FROM events WHERE user_id = $1');
SELECT analytics.create_cohort('bad', 'SELECT user_id, event FROM events');
SELECT analytics.create_cohort('bad', 'SELECT FROM events');
SELECT analytics.create_cohort('bad', 'SELECT nosuch FROM events');
SELECT analytics.create_cohort('bad', 'SELECT user_id FRM events');
SELECT analytics.create_cohort('bad', 'SELECT ROW(1, 2)');
SELECT analytics.create_cohort('bad', 'SELECT ''' || repeat('x', 70000) || '''');
SELECT analytics.create_cohort('bad', 'SELECT 1 / (user_id - 1) FROM events');
SELECT analytics.add_to_cohort('payers', '{1}');
SELECT analytics.refresh_cohort('staff');
SELECT analytics.add_to_cohort('staff', NULL);
SELECT analytics.add_to_cohort('staff', '{1,NULL}');
SELECT analytics.add_to_cohort('staff', '{{1},{2}}');
\set VERBOSITY default
SELECT analytics.refresh_cohort('payer');
\set VERBOSITY terse
SELECT analytics.in_cohort('nosuch', 'a');
SELECT * FROM analytics.cohort_overlap('{payers}');
SELECT * FROM analytics.cohort_overlap('{payers,staff,payers}');
SELECT * FROM analytics.cohort_overlap(ARRAY(SELECT 'c' || n FROM generate_series(1, 63) n));
SELECT count(*) FROM pg_class WHERE relname ~ '^cohort_bad';

-- its table is held as by a view; renames and moves are followed
DROP TABLE cohort_staff;
ALTER TABLE cohort_staff DROP COLUMN entity;
ALTER TABLE cohort_staff RENAME COLUMN entity TO "the Who";
ALTER TABLE cohort_staff RENAME TO "St aff";
ALTER TABLE "St aff" SET SCHEMA public;
SELECT analytics.add_to_cohort('staff', '{5}'), analytics.in_cohort('staff', '5'), (SELECT count(*) FROM analytics.cohort_members('staff'));
SELECT relation, members FROM analytics.cohort_status WHERE name = 'staff';
DROP TABLE public."St aff" CASCADE;
SELECT analytics.cohort_members('staff');
ALTER TABLE cohort_rows ALTER entity TYPE int USING entity::int;
SELECT analytics.cohort_members('rows');
BEGIN;
SELECT analytics.drop_cohort('rows');
SELECT to_regclass('cohort_rows');
ROLLBACK;
ALTER TABLE cohort_rows DROP entity CASCADE;
SELECT name FROM analytics.cohorts WHERE name = 'rows';
CREATE VIEW on_members AS SELECT * FROM cohort_whales;
SELECT analytics.drop_cohort('whales');
DROP VIEW on_members;
SELECT analytics.drop_cohort('whales');
SELECT analytics.drop_cohort('whales');
SELECT analytics.create_cohort('by_hand'), analytics.add_to_cohort('by_hand', '{1}');
INSERT INTO cohort_by_hand VALUES ('2'), ('3');
SELECT analytics.remove_from_cohort('by_hand', '{1,2}'), members FROM analytics.cohort_status WHERE name = 'by_hand';
SELECT members FROM analytics.cohort_status WHERE name = 'by_hand';
CREATE TABLE cohort_taken ();
SET search_path = analytics, coh;
SELECT create_cohort('elsewhere');
SET search_path = analytics;
SELECT create_cohort('nowhere');
SET search_path = coh;
SELECT analytics.create_cohort('taken'), analytics.create_cohort(repeat('n', 63));
SELECT relation FROM analytics.cohorts WHERE name IN ('taken', 'elsewhere') OR name LIKE 'nnn%' ORDER BY name;
SET client_min_messages = warning;
DROP SCHEMA coh CASCADE;
SELECT count(*) FROM analytics.cohorts;

-- rollup: the type inserted_by. Whatever is put in becomes the id of the current top-level transaction, also in
-- subtransactions and by COPY; nothing but its comparison with bigint reads a literal as the number that it is.
-- Answers by hand: every row must carry the id that pg_current_xact_id() shows.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS analytics; SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
SET search_path = public, analytics;
CREATE TABLE rx (k int, _x analytics.inserted_by DEFAULT analytics.current_xid());

-- default, literals, typed text, a prepared literal, COPY with and without the column: all the same transaction
PREPARE stale AS INSERT INTO rx VALUES (4, '7');
BEGIN;
INSERT INTO rx VALUES (1);
INSERT INTO rx VALUES (2, '1'), (3, ' 18446744073709551615 ');
INSERT INTO rx SELECT 5, ('8'::text)::analytics.inserted_by;
COPY rx FROM STDIN;
6	99
\.
COPY rx (k) FROM STDIN;
7
\.
SELECT k, _x::xid8 = pg_current_xact_id() AS mine FROM rx ORDER BY k;
SELECT DISTINCT analytics.current_xid()::xid8 = pg_current_xact_id() AS same, analytics.inserted_elsewhere(_x) AS elsewhere FROM rx;
COMMIT;

-- a later transaction finds them elsewhere; a literal that was planned before brings an id of the time when it was planned,
-- which the trigger of a captured table is there for
EXECUTE stale;
BEGIN;
SELECT count(*) FILTER (WHERE analytics.inserted_elsewhere(_x)) AS elsewhere, count(*) AS n FROM rx;
SELECT analytics.inserted_elsewhere(NULL) AS unknown_is_elsewhere;
ROLLBACK;

-- subtransactions: the top-level id, also where nothing had one before
TRUNCATE rx;
BEGIN;
SAVEPOINT a;
INSERT INTO rx VALUES (1);
SAVEPOINT b;
INSERT INTO rx VALUES (2);
ROLLBACK TO b;
INSERT INTO rx VALUES (3);
RELEASE a;
DO $$ BEGIN INSERT INTO rx VALUES (4); BEGIN INSERT INTO rx VALUES (5); RAISE EXCEPTION 'x'; EXCEPTION WHEN raise_exception THEN INSERT INTO rx VALUES (6); END; END $$;
SELECT k, _x::xid8 = pg_current_xact_id() AS mine FROM rx ORDER BY k;
COMMIT;

-- through the binary form
BEGIN;
CREATE TEMP TABLE old AS SELECT k, _x::bigint AS was FROM rx;
SELECT current_setting('data_directory') || '/rollup_xid.bin' AS file \gset
COPY rx TO :'file' (FORMAT binary);
TRUNCATE rx;
COPY rx FROM :'file' (FORMAT binary);
SELECT bool_and(_x::xid8 = pg_current_xact_id()) AS mine, bool_or(_x = was) AS kept FROM rx JOIN old USING (k);
COMMIT;
DROP TABLE old;

-- output and the casts out; there is no way in but the input function
SELECT (_x::text = (_x::bigint)::text) AS text_is_number, (_x::xid8)::text = _x::text AS xid8_too FROM rx LIMIT 1;
SELECT 5::bigint::analytics.inserted_by;
SELECT pg_current_xact_id()::analytics.inserted_by;
INSERT INTO rx VALUES (1, 5);

-- bad input
SELECT ''::analytics.inserted_by;
SELECT '-1'::analytics.inserted_by;
SELECT '18446744073709551616'::analytics.inserted_by;
SELECT '12x'::analytics.inserted_by;
SELECT '1 2'::analytics.inserted_by;

-- comparison, order, and the index for both kinds of operands
TRUNCATE rx;
INSERT INTO rx SELECT g FROM generate_series(1, 1000) g;
INSERT INTO rx SELECT g FROM generate_series(1001, 2000) g;
SELECT count(DISTINCT _x) AS transactions, count(*) FILTER (WHERE _x > lo) AS later, count(*) FILTER (WHERE _x >= lo::bigint) AS both_,
       count(*) FILTER (WHERE lo::bigint < _x) AS later_too, count(*) FILTER (WHERE _x <> lo) AS others, count(*) FILTER (WHERE _x <= lo) AS first
FROM rx, (SELECT min(k) AS k0 FROM rx) m, LATERAL (SELECT r._x AS lo FROM rx r WHERE r.k = m.k0) l;
SELECT k FROM rx ORDER BY _x DESC, k LIMIT 2;
SELECT a.k FROM rx a JOIN rx b ON a._x = b._x AND b.k = 1 AND a.k < 3 ORDER BY 1;
CREATE INDEX rx_tail ON rx USING analytics_tail (_x) WITH (pages_per_range = 1);
CREATE INDEX rx_brin ON rx USING brin (_x);
CREATE INDEX rx_btree ON rx (_x);
ANALYZE rx;
SET enable_seqscan = off;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SELECT _x AS second FROM rx WHERE k = 2000 \gset
SELECT count(*) FROM rx WHERE _x >= :second::bigint;
DROP INDEX rx_btree;
SELECT count(*) FROM rx WHERE _x >= :second::bigint;
DROP INDEX rx_brin;
EXPLAIN (COSTS OFF) SELECT count(*) FROM rx WHERE _x >= 5::bigint;
SELECT count(*) FROM rx WHERE _x >= :second::bigint;
SELECT count(*) FROM rx WHERE _x < :second::bigint;

-- the index, while it is summarized and after: inserts of several transactions into the same pages, updates, conflicts
ALTER TABLE rx ADD UNIQUE (k);
VACUUM rx;
BEGIN;
INSERT INTO rx SELECT g FROM generate_series(2001, 2500) g;
COMMIT;
DELETE FROM rx WHERE k % 2 = 0 AND k < 1000;
VACUUM rx;
INSERT INTO rx SELECT g FROM generate_series(1, 1000) g ON CONFLICT DO NOTHING;
INSERT INTO rx SELECT g FROM generate_series(1, 100) g ON CONFLICT (k) DO UPDATE SET k = excluded.k + 10000 WHERE excluded.k < 10;
INSERT INTO rx (k) VALUES (3001), (3002);
INSERT INTO rx VALUES (3003, NULL);
SELECT _x AS last FROM rx WHERE k = 3001 \gset
SELECT k FROM rx WHERE _x >= :last::bigint ORDER BY k;
SELECT k FROM rx WHERE _x IS NULL;
SELECT (SELECT count(*) FROM rx WHERE _x = ids.x) = n AS same, count(*) FROM (SELECT _x AS x, count(*) AS n FROM rx WHERE _x IS NOT NULL GROUP BY 1) ids GROUP BY 1;
REINDEX INDEX rx_tail;
SELECT k FROM rx WHERE _x >= :last::bigint ORDER BY k;
DROP TABLE rx;
DEALLOCATE stale;

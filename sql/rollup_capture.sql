-- rollup: what is changed in a captured table leaves marks of exactly the cells that it touches. Marks worked out by
-- hand: one for each tenant and bucket of an old or a new row, whoever writes and however.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS analytics; SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
\set marks 'WITH d AS (DELETE FROM analytics.rollup_marks RETURNING *) SELECT rollup, bucket, tenant FROM d ORDER BY 1, 2, 3'
CREATE TABLE rc (at timestamptz, uid bigint PRIMARY KEY, tenant text, amount int);
INSERT INTO rc SELECT timestamptz '2026-01-01 00:30+00' + g % 4 * interval '1 hour', g, chr(97 + g % 2), g FROM generate_series(1, 8) g;
SELECT analytics.add_source('rc', 'rc', at => 'at', entity => 'uid', tenant => 'tenant', timezone => 'UTC');
SELECT analytics.define_metric('rc.n', 'rc', 'count');
SELECT analytics.create_rollup('rc_h', 'rc', '1 hour', '{rc.n}');
SELECT bool_and(_x IS NULL) AS rows_before_have_none FROM rc;
SELECT c.relname, a.amname, c.reloptions FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam WHERE i.indrelid = 'rc'::regclass ORDER BY 1;
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'rc'::regclass ORDER BY 1;

-- inserts leave none, by whatever statement
INSERT INTO rc VALUES ('2026-01-01 05:00+00', 20, 'a', 1), ('2026-01-01 05:00+00', 21, 'b', 1);
COPY rc (at, uid, tenant) FROM STDIN;
2026-01-01 06:00+00	22	a
\.
:marks;
-- but for an id that is not this transaction's: of another table, stale, or none
CREATE TABLE rc_archive AS SELECT '2026-01-02 00:10+00'::timestamptz AS at, uid + 100 AS uid, tenant, amount, _x FROM rc WHERE uid IN (20, 21);
INSERT INTO rc SELECT * FROM rc_archive;
:marks;
PREPARE stale AS INSERT INTO rc VALUES ('2026-01-03 00:10+00', 200, 'c', 1, '1');
EXECUTE stale;
:marks;
INSERT INTO rc VALUES ('2026-01-03 00:10+00', 201, 'd', 1, NULL);
:marks;

-- UPDATE: old and new cells; DELETE: old ones; nothing changed, nothing marked
UPDATE rc SET amount = 0 WHERE uid = 1;
:marks;
UPDATE rc SET at = at + interval '2 days', tenant = 'z' WHERE uid IN (1, 2);
:marks;
DELETE FROM rc WHERE uid IN (3, 5);
:marks;
UPDATE rc SET amount = 1 WHERE false;
:marks;
-- no tenant marks the bucket for all; no time is in no bucket; infinity is a bucket of its own, -infinity all of it
UPDATE rc SET tenant = NULL WHERE uid = 4;
:marks;
UPDATE rc SET at = NULL WHERE uid = 4;
:marks;
UPDATE rc SET at = 'infinity' WHERE uid = 4;
:marks;
UPDATE rc SET at = '-infinity' WHERE uid = 4;
:marks;
DELETE FROM rc WHERE uid = 4;
:marks;
-- ON CONFLICT, MERGE, a WITH, a cascade of a foreign key, a cursor
INSERT INTO rc VALUES ('2026-02-01 00:00+00', 6, 'n', 1), ('2026-02-01 00:00+00', 300, 'n', 1) ON CONFLICT (uid) DO UPDATE SET tenant = excluded.tenant;
:marks;
INSERT INTO rc VALUES ('2026-02-01 00:00+00', 6, 'n', 1) ON CONFLICT DO NOTHING;
:marks;
MERGE INTO rc USING (VALUES (6, 'm'), (7, 'm'), (400, 'm')) v(uid, tenant) ON rc.uid = v.uid
WHEN MATCHED AND rc.uid = 7 THEN DELETE WHEN MATCHED THEN UPDATE SET tenant = v.tenant
WHEN NOT MATCHED THEN INSERT (at, uid, tenant) VALUES ('2026-02-02 00:00+00', v.uid, v.tenant);
:marks;
WITH gone AS (DELETE FROM rc WHERE uid = 400 RETURNING *) UPDATE rc SET amount = 9 FROM gone WHERE rc.uid = 300;
:marks;
CREATE TABLE rc_users (uid bigint PRIMARY KEY);
INSERT INTO rc_users SELECT uid FROM rc;
ALTER TABLE rc ADD FOREIGN KEY (uid) REFERENCES rc_users ON DELETE CASCADE;
DELETE FROM rc_users WHERE uid = 300;
:marks;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM rc WHERE uid = 8 FOR UPDATE;
FETCH c \gset
DELETE FROM rc WHERE CURRENT OF c;
COMMIT;
:marks;

-- one transaction writes a mark once, unless it was rolled back or deleted in between
BEGIN;
UPDATE rc SET amount = amount + 1 WHERE uid = 20;
UPDATE rc SET amount = amount + 1 WHERE uid = 20;
SELECT count(*) FROM analytics.rollup_marks;
SAVEPOINT s;
UPDATE rc SET amount = amount + 1 WHERE uid = 21;
ROLLBACK TO s;
SELECT count(*) FROM analytics.rollup_marks;
UPDATE rc SET amount = amount + 1 WHERE uid = 21;
SELECT count(DISTINCT (bucket, tenant)) FROM analytics.rollup_marks;
DO $$ BEGIN BEGIN UPDATE public.rc SET amount = 5 WHERE uid = 22; RAISE EXCEPTION 'x'; EXCEPTION WHEN raise_exception THEN NULL; END; UPDATE public.rc SET amount = 6 WHERE uid = 22; END $$;
SELECT count(DISTINCT (bucket, tenant)) FROM analytics.rollup_marks;
:marks;
UPDATE rc SET amount = amount + 1 WHERE uid = 20;
:marks;
ROLLBACK;
:marks;

-- a second rollup of days in another zone shares column, index and triggers; capture trigger marks inserts too
SELECT analytics.create_rollup('rc_d', 'rc', '1 day', '{rc.n}', timezone => 'Asia/Taipei');
SELECT analytics.create_rollup('rc_t', 'rc', '1 day', '{rc.n}', capture => 'trigger');
INSERT INTO rc_users VALUES (500);
INSERT INTO rc VALUES ('2026-01-05 20:00+00', 500, 'a', 1);
:marks;
UPDATE rc SET amount = 2 WHERE uid = 500;
:marks;
-- as applied replication writes: row triggers, and the watch on inserts
SET session_replication_role = replica;
UPDATE rc SET at = '2026-01-06 20:00+00' WHERE uid = 500;
:marks;
INSERT INTO rc VALUES ('2026-01-05 20:00+00', 501, 'a', 1);
:marks;
DELETE FROM rc WHERE uid = 501;
:marks;
RESET session_replication_role;
-- who writes needs no right on anything of ours
CREATE ROLE rc_writer;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON rc, rc_users TO rc_writer;
SET ROLE rc_writer;
UPDATE rc SET amount = 3 WHERE uid = 500;
DELETE FROM rc WHERE uid = 500;
INSERT INTO rc (at, uid, tenant, amount) VALUES ('2026-01-05 20:00+00', 500, 'a', 1);
SELECT analytics.current_xid();
RESET ROLE;
:marks;
-- a changed type of a column changes values without triggers; TRUNCATE takes everything
ALTER TABLE rc ALTER COLUMN amount TYPE bigint USING amount * 2;
:marks;
SET ROLE rc_writer;
TRUNCATE rc;
RESET ROLE;
:marks;

-- the last rollup takes all of it away
SELECT analytics.drop_rollup('rc_h'), analytics.drop_rollup('rc_d');
SELECT tgname FROM pg_trigger WHERE tgrelid = 'rc'::regclass AND NOT tgisinternal ORDER BY 1;
SELECT analytics.drop_rollup('rc_t');
SELECT tgname FROM pg_trigger WHERE tgrelid = 'rc'::regclass AND NOT tgisinternal ORDER BY 1;
SELECT attname FROM pg_attribute WHERE attrelid = 'rc'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
SELECT * FROM analytics.rollup_tables;
SELECT analytics.drop_source('rc', cascade => true);
DROP TABLE rc, rc_archive, rc_users;
DROP ROLE rc_writer;

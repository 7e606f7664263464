-- Proves check_source: each finding on rows made for it, and none on clean ones.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET intervalstyle = postgres;
SET timezone = 'UTC';
SET analytics.now = '2026-01-10 12:00+00';
CREATE SCHEMA chk;
CREATE TABLE chk.clean (at timestamptz, u int, id int);
CREATE INDEX ON chk.clean (u, at);
INSERT INTO chk.clean VALUES ('2026-01-01', 1, 1), ('2026-01-02', 2, 2), ('2026-01-10 12:00+00', 3, NULL), ('2026-01-02', 2, NULL);
SELECT analytics.add_source('clean', 'chk.clean', 'at', 'u', event_id => 'id');
SELECT * FROM analytics.check_source('clean');
CREATE TABLE chk.dirty (at timestamptz, u int, id int);
INSERT INTO chk.dirty VALUES (NULL, 1, 1), ('infinity', 1, 1), ('-infinity', 1, 1), ('2026-01-10 12:00:01+00', 1, 2), ('2026-01-11 12:00+00', 1, 2),
    ('2026-01-11 12:00:01+00', 1, 3), ('54025-01-01', NULL, 4), ('1970-01-01', NULL, 5);
SELECT analytics.add_source('dirty', 'chk.dirty', 'at', 'u', event_id => 'id');
SELECT * FROM analytics.check_source('dirty');
CREATE TABLE chk.empty (day date, at timestamp, u int);
CREATE INDEX ON chk.empty (day);
CREATE INDEX ON chk.empty ((at + interval '1 hour'));
SELECT analytics.add_source('days', 'chk.empty', 'day', 'u');
SELECT analytics.add_source('clock', 'chk.empty', 'at + interval ''1 hour''', 'u');
SELECT analytics.add_source('other', 'chk.empty', 'at', 'u');
SELECT 'days' AS source, finding FROM analytics.check_source('days') UNION ALL SELECT 'clock', finding FROM analytics.check_source('clock')
UNION ALL SELECT 'other', finding FROM analytics.check_source('other');
CREATE VIEW chk.v AS SELECT * FROM chk.clean;
SELECT analytics.add_source('view', 'chk.v', 'at', 'u');
SELECT * FROM analytics.check_source('view'); -- a view has no index to miss
SELECT * FROM analytics.check_source('cleen');
SELECT * FROM analytics.check_source(NULL);
SET client_min_messages = warning;
DROP SCHEMA chk CASCADE;

-- Proves that what cannot be a rollup is refused with its SQLSTATE, with what is wrong and what to do instead; and that nothing is left of it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
\set VERBOSITY terse

CREATE SCHEMA rer;
SET search_path = rer;
CREATE TABLE e (at timestamptz, day date, wall timestamp, u int, kind text, amount numeric, ratio float8, note json, tags text[], took interval, line point, t text);
CREATE TABLE other (at timestamptz, u int);
CREATE TYPE pair AS (a int, b int);
ALTER TABLE e ADD both_of pair, ADD cost money, ADD times timestamptz[];
DO $$BEGIN
    PERFORM analytics.add_source('rer', 'e', 'at', 'u', event => 'kind', timezone => 'Asia/Taipei');
    PERFORM analytics.add_source('rer.other', 'other', 'at', 'u');
    PERFORM analytics.add_source('rer.days', 'e', 'day', 'u');
    PERFORM analytics.add_source('rer.wall', 'e', 'wall', 'u', timezone => 'Asia/Taipei');
    PERFORM analytics.add_source('rer.soft', 'e', 'at::timestamp', 'u');
    PERFORM analytics.add_source('rer.softly', 'e', 'at', 'u', tenant => 'took::text || at::text');
    PERFORM analytics.add_source('rer.cents', 'e', 'at', 'u', tenant => 'cost');
    PERFORM analytics.add_source('rer.tags', 'e', 'at', 'u', tenant => 'tags');
    PERFORM analytics.define_metric('rer.all', 'rer', 'count', dimensions => '{kind,"price = amount"}');
    PERFORM analytics.define_metric('rer.paid', 'rer', 'count', filter => 'amount > 0', dimensions => '{"price = ratio"}');
    PERFORM analytics.define_metric('rer.others', 'rer.other', 'count');
    PERFORM analytics.define_metric('rer.mix', NULL, 'formula', formula => 'rer.all / rer.others');
    PERFORM analytics.define_metric('rer.six', NULL, 'formula', formula => '6');
    PERFORM analytics.define_metric('rer.today', 'rer', 'count', filter => 'at > now() - interval ''1 day''');
    PERFORM analytics.define_metric('rer.hours', 'rer', 'max', 'extract(hour FROM at)');
    PERFORM analytics.define_metric('rer.d', 'rer.days', 'count'), analytics.define_metric('rer.w', 'rer.wall', 'count'), analytics.define_metric('rer.s', 'rer.soft', 'count'),
        analytics.define_metric('rer.t', 'rer.softly', 'count'), analytics.define_metric('rer.p', 'rer.cents', 'count'), analytics.define_metric('rer.a', 'rer.tags', 'count');
END$$;
-- everything is given as it should be but for what a call names
CREATE FUNCTION try(name text DEFAULT 'r', source text DEFAULT 'rer', width interval DEFAULT '1 hour', metrics text[] DEFAULT '{rer.all}', dimensions text[] DEFAULT '{}',
    zone text DEFAULT NULL, keep interval DEFAULT NULL, capture text DEFAULT 'scan', tail interval DEFAULT '1 day') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hint text;
    detail text;
BEGIN
    PERFORM analytics.create_rollup(name, source, width, metrics, dimensions, zone, keep, capture, tail);
    RAISE WARNING 'was created';
    PERFORM analytics.drop_rollup(name);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT, detail = PG_EXCEPTION_DETAIL;
    RAISE WARNING '% %', SQLSTATE, concat_ws(' | ', SQLERRM, nullif(detail, ''), nullif(hint, ''));
END$$;
\pset tuples_only on

-- what there is not
SELECT try(source => 'rerr');
SELECT try(metrics => '{rer.al}');
SELECT try(dimensions => '{knd}');
SELECT try(dimensions => '{"kind, u"}');
SELECT try(zone => 'Asia/Taipeh');
SELECT try(capture => 'xids');
SELECT analytics.drop_rollup('r');

-- what must be given
SELECT try(name => NULL), try(source => NULL), try(width => NULL), try(metrics => NULL), try(metrics => '{}'), try(metrics => '{rer.all,NULL}'), try(dimensions => '{NULL}');
SELECT try(dimensions => NULL, capture => NULL, tail => NULL);

-- names
SELECT try(name => ''), try(name => 'a b'), try(name => '1st'), try(name => repeat('n', 64)), try(name => 'e');
SELECT try(metrics => '{rer.all,rer.paid,rer.all}'), try(dimensions => '{kind,u,kind}');
SELECT try(dimensions => ARRAY(SELECT 'd' || n FROM generate_series(1, 17) n));

-- spans
SELECT try(width => '0'), try(width => '-1 hour'), try(width => '1 month 1 day'), try(width => '1 day -25 hours');
SELECT try(keep => '0'), try(keep => '-1 day'), try(keep => '59 minutes'), try(width => '1 month', keep => '29 days');
SELECT try(tail => '0'), try(tail => '-1 hour'), try(capture => 'trigger', tail => '1 hour');

-- metrics of another source, and of none
SELECT try(metrics => '{rer.others}'), try(metrics => '{rer.mix}'), try(metrics => '{rer.six}'), try(source => 'rer.other', metrics => '{rer.mix}');

-- what depends on more than the event
SELECT try(metrics => '{rer.all,rer.today}');
SELECT try(metrics => '{rer.hours}');
SELECT try(source => 'rer.soft', metrics => '{rer.s}', width => '1 day');
SELECT try(source => 'rer.softly', metrics => '{rer.t}');
SELECT analytics.define_metric('rer.dim', 'rer', 'count', dimensions => '{"hour = extract(hour FROM at)"}');
SELECT try(metrics => '{rer.dim}', dimensions => '{hour}');
SELECT try(dimensions => '{took}'), try(dimensions => '{both_of}'), try(dimensions => '{times}'), try(dimensions => '{cost}');

-- what cannot be told apart, or not by all the same
SELECT try(dimensions => '{note}'), try(dimensions => '{line}'), try(metrics => '{rer.all,rer.paid}', dimensions => '{price}');
SELECT try(source => 'rer.cents', metrics => '{rer.p}'), try(source => 'rer.tags', metrics => '{rer.a}');
SELECT try(dimensions => '{tags,price,event}');

-- times without zone: whole days of the source's own
SELECT try(source => 'rer.days', metrics => '{rer.d}'), try(source => 'rer.days', metrics => '{rer.d}', width => '24 hours');
SELECT try(source => 'rer.days', metrics => '{rer.d}', width => '1 day');
SELECT try(source => 'rer.wall', metrics => '{rer.w}', width => '15 minutes'), try(source => 'rer.wall', metrics => '{rer.w}', width => '1 day', zone => 'UTC');
SELECT try(source => 'rer.wall', metrics => '{rer.w}', width => '1 week', zone => 'asia/taipei');

-- a function of a user's that is marked immutable is believed, one that is marked stable is not
CREATE FUNCTION twice(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
CREATE FUNCTION thrice(numeric) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT 3 * $1';
SELECT analytics.define_metric('rer.twice', 'rer', 'sum', 'twice(amount)'), analytics.define_metric('rer.thrice', 'rer', 'sum', 'thrice(amount)');
SELECT try(metrics => '{rer.twice}'), try(metrics => '{rer.thrice}');

-- too many states
SELECT analytics.define_metric('rer.n' || n, 'rer', 'avg', 'u + ' || n) FROM generate_series(1, 100) n;
SELECT try(metrics => ARRAY(SELECT 'rer.n' || n FROM generate_series(1, 100) n));
SELECT try(metrics => ARRAY(SELECT 'rer.n' || n FROM generate_series(1, 99) n));

-- two of one name; where there is nowhere to put it; on a standby, or in a transaction that reads
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}', capture => 'scan', tail => '1 day');
SELECT try();
CREATE SCHEMA rer_more;
SET search_path = rer_more, rer;
SELECT try();
SELECT analytics.drop_rollup('r');
SET search_path = rer;
\set VERBOSITY default
SET search_path = pg_temp, rer;
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}');
SET search_path = analytics;
SELECT create_rollup('r', 'rer', '1 hour', '{rer.all}');
SET search_path = rer;
BEGIN READ ONLY;
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}');
ROLLBACK;
BEGIN READ ONLY;
SELECT analytics.drop_rollup('r');
ROLLBACK;

-- rights: to call it, to read the events and all of them
CREATE ROLE rer_maker;
SET ROLE rer_maker;
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}', capture => 'scan');
RESET ROLE;
GRANT USAGE ON SCHEMA analytics TO rer_maker;
GRANT ALL ON SCHEMA rer TO rer_maker;
GRANT EXECUTE ON FUNCTION analytics.create_rollup TO rer_maker;
SET ROLE rer_maker;
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}', capture => 'scan');
RESET ROLE;
GRANT SELECT (at, kind) ON e TO rer_maker;
SET ROLE rer_maker;
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}', '{u}', capture => 'scan');
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}', '{kind}', capture => 'scan');
RESET ROLE;
SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'r'::regclass;
DROP TABLE r CASCADE;
SET ROLE rer_maker;
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}');
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}', capture => 'trigger');
RESET ROLE;
ALTER TABLE e ENABLE ROW LEVEL SECURITY;
SET ROLE rer_maker;
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}', capture => 'scan');
RESET ROLE;
ALTER TABLE e OWNER TO rer_maker;
ALTER TABLE e FORCE ROW LEVEL SECURITY;
SET ROLE rer_maker;
SELECT analytics.create_rollup('r', 'rer', '1 hour', '{rer.all}', capture => 'scan');
RESET ROLE;

SELECT count(*) FROM analytics.rollups;
SELECT relname FROM pg_class WHERE relnamespace = 'rer'::regnamespace AND relkind = 'r' ORDER BY 1;
REVOKE ALL ON FUNCTION analytics.create_rollup FROM rer_maker;
REVOKE ALL ON SCHEMA analytics FROM rer_maker;
SELECT analytics.drop_metric('rer.six');
DROP SCHEMA rer, rer_more CASCADE;
DROP ROLE rer_maker;

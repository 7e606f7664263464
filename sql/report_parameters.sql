-- Proves that values of parameters are bound and never pasted: every type arrives as it is, whatever stands in it; that
-- defaults, allowed values and checks hold; and how values show in texts, in several locales and zones.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
SET intervalstyle = postgres;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA rp;
SET search_path = rp;
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE victim (n int);
INSERT INTO victim VALUES (1);
-- the rows of a report, and what stands above them
CREATE FUNCTION rows_of(report text, params jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT convert_from(analytics.run_report(report, params, 'json'), 'UTF8')::jsonb -> 'sheets' -> 0 -> 'rows' $$;
CREATE FUNCTION subtitle_of(report text, params jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT convert_from(analytics.run_report(report, params, 'json'), 'UTF8')::jsonb ->> 'subtitle' $$;
CREATE FUNCTION define(spec jsonb) RETURNS void LANGUAGE sql AS $$
    SELECT analytics.define_report('p', spec, replace => true) $$;
-- one value of a type: what a query sees of it
CREATE FUNCTION sees(type text, value jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM define(jsonb_build_object('parameters', jsonb_build_object('v', jsonb_build_object('type', type)),
        'query', 'SELECT v::text AS v, pg_typeof(v)::text AS t'));
    RETURN (SELECT concat_ws(' ', r -> 0 ->> 't', coalesce(r -> 0 ->> 'v', 'NULL')) FROM rows_of('p', jsonb_build_object('v', value)) r);
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- every type
SELECT sees('text', '"a"'), sees('text', '7'), sees('text', 'true'), sees('text', 'null'), sees('text', '""');
SELECT sees('int', '7'), sees('bigint', '9223372036854775807'), sees('smallint', '40000'), sees('int', '"x"'), sees('int', '7.5');
SELECT sees('numeric', '12345678901234567890.123456789'), sees('numeric(6,2)', '1.005'), sees('numeric(3,2)', '100'), sees('float8', '1e308'), sees('float8', '"NaN"');
SELECT sees('boolean', 'true'), sees('boolean', '"off"'), sees('boolean', '2');
SELECT sees('date', '"2026-02-29"'), sees('date', '"2028-02-29"'), sees('timestamptz', '"2026-01-01 08:00+08"'), sees('timestamp', '"2026-01-01"');
SELECT sees('interval', '"1 month 2 days"'), sees('time', '"25:00"'), sees('uuid', '"b7d1b6e0-0000-4000-8000-000000000000"'), sees('inet', '"::1"');
SELECT sees('jsonb', '{"a": [1, null]}'), sees('json', '{"a": 1}'), sees('jsonb', '"s"'), sees('jsonb[]', '["{\"a\": 1}"]');
SELECT sees('int[]', '[1, null, 3]'), sees('int[]', '[]'), sees('int[]', '[[1, 2], [3, 4]]'), sees('int[]', '"{5,6}"'), sees('int[]', '[{}]'), sees('int[]', '{"a": 1}');
SELECT sees('text[]', '["a\"b", "c\\d", "e,f", "{g}", "", "NULL", " h "]'), sees('box[]', '["(1,1),(0,0)", "(2,2),(1,1)"]');
SELECT sees('mood', '"sad"'), sees('mood', '"mad"'), sees('percent', '100'), sees('percent', '101'), sees('pair', '"(1,x)"'), sees('int4range', '"[1,5)"');
SELECT sees('varchar(3)', '"abcd"'), sees('char(3)', '"ab"'), sees('rp.mood', '"glad"'), sees('bytea', '"\\x00ff"'), sees('regclass', '"victim"');

-- values stay values
SELECT v, sees('text', to_jsonb(v)) = 'text ' || v AS same FROM unnest(ARRAY[$$'; DROP TABLE rp.victim; --$$, $$' OR '1'='1$$, $$$1$$, $$params.v$$,
    $$\'$$, $$"$$, $$/* */$$, $$E'\\'$$, $$%s%n$$, $${v}$$, $$日本語$$, E'line\nbreak', $$x'); DELETE FROM rp.victim; SELECT ('$$]) v;
SELECT define('{"parameters": {"v": {"type": "text"}}, "subtitle": "{{v} = {v}", "query": "SELECT count(*) AS n FROM victim WHERE n::text = v",
    "cards": [{"label": "L", "value": "max(v)"}]}');
SELECT rows_of('p', '{"v": "1"}'), rows_of('p', '{"v": "1'' OR true --"}'), subtitle_of('p', '{"v": "{v} <b>&amp;"}');
SELECT count(*) FROM victim;

-- names: the parameter where there is no column, params.name always
SELECT define('{"parameters": {"n": {"type": "int"}, "k": {"type": "int"}}, "query": "SELECT n AS col, params.n AS par, k FROM victim WHERE n < params.n"}');
SELECT rows_of('p', '{"n": 5, "k": 6}');
SELECT define('{"parameters": {"n": {"type": "int"}}, "query": "WITH a AS (SELECT 1 WHERE params.n > 0) SELECT (SELECT count(*) FROM a, LATERAL (SELECT params.n) l) AS c, x FROM generate_series(1, params.n) x ORDER BY x LIMIT params.n"}');
SELECT rows_of('p', '{"n": 2}');

-- defaults: JSON, SQL, on each other, in whatever order
SELECT define('{"parameters": {"c": {"type": "int", "default": {"sql": "b * 2"}}, "b": {"type": "int", "default": {"sql": "a + 1"}}, "a": {"type": "int", "default": 10}},
    "query": "SELECT a, b, c"}');
SELECT rows_of('p'), rows_of('p', '{"b": 1}'), rows_of('p', '{"a": 0}'), rows_of('p', '{"b": null}');
SELECT define('{"parameters": {"a": {"type": "int", "default": {"sql": "b"}}, "b": {"type": "int", "default": {"sql": "a"}}}, "query": "SELECT a"}');
SELECT rows_of('p');
SELECT rows_of('p', '{"a": 1}');
SELECT define('{"parameters": {"d": {"type": "date", "default": {"sql": "''2026-01-31''"}}, "m": {"type": "numeric(4,1)", "default": {"sql": "22.0 / 7 -- about"}},
    "s": {"type": "int", "default": {"sql": "(SELECT max(n) FROM victim)"}}, "x": {"type": "int", "default": {"sql": "n FROM victim"}}}, "query": "SELECT d, m, s, x"}');
SELECT rows_of('p');
INSERT INTO victim VALUES (2);
SELECT rows_of('p');
\set SHOW_CONTEXT never
CREATE FUNCTION evil() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM rp.victim; RETURN 1; END $$;
SELECT define('{"parameters": {"a": {"type": "int", "default": {"sql": "evil()"}}}, "query": "SELECT a"}');
SELECT rows_of('p');
SELECT define('{"query": "SELECT evil()"}');
SELECT rows_of('p');
SELECT count(*), current_setting('transaction_read_only') FROM victim;

\set SHOW_CONTEXT errors

-- required, allowed values, checks
SELECT define('{"parameters": [{"name": "start", "type": "date", "required": true, "description": "First day."}, {"name": "finish", "type": "date", "check": "finish > start",
    "message": "The range is empty."}, {"name": "by", "type": "text", "default": "day", "values": ["day", "week"]}, {"name": "ids", "type": "numeric[]", "values": [1, 2.50],
    "check": "cardinality(ids) < 3"}], "query": "SELECT start, finish, by, ids::text"}');
SELECT rows_of('p');
SELECT rows_of('p', '{"start": null}');
SELECT rows_of('p', '{"start": "2026-01-01", "finish": "2026-01-01"}');
SELECT rows_of('p', '{"start": "2026-01-01", "by": "month"}');
SELECT rows_of('p', '{"start": "2026-01-01", "ids": [1, 3]}');
SELECT rows_of('p', '{"start": "2026-01-01", "ids": [1, 1, 1]}');
SELECT rows_of('p', '{"start": "2026-01-01", "finsih": "2026-01-01"}');
SELECT rows_of('p', '[]');
SELECT rows_of('p', '{"start": "2026-01-01'' OR true"}');
SELECT rows_of('p', '{"start": "2026-01-01", "finish": "2026-02-01", "by": "week", "ids": [2.5, 1.0]}');
SELECT rows_of('p', '{"start": "2026-01-01", "by": null}');

-- texts: by type, locale and zone
SELECT define('{"parameters": {"d": {"type": "date"}, "t": {"type": "timestamptz"}, "n": {"type": "numeric"}, "b": {"type": "boolean"}, "a": {"type": "text[]"}, "i": {"type": "interval"}},
    "subtitle": "{d} | {d:last_day} | {d:yyyy-mm} | {t} | {t:date} | {t:last_day} | {t:last_day:yyyy-mm-dd} | {t:hh:mm} | {n} | {n:#,##0.0} | {b} | {a} | {i} | {locale} | {timezone}", "query": "SELECT 1"}');
SELECT subtitle_of('p', '{"d": "2026-03-01", "t": "2026-03-01 00:00+00", "n": 1234567.25, "b": true, "a": ["x", "{d}"], "i": "1 day"}');
SELECT subtitle_of('p', '{"locale": "de-AT", "timezone": "Europe/Vienna", "d": "2026-03-01", "t": "2026-03-01", "n": 1234567.25, "b": false}');
SELECT subtitle_of('p', '{"locale": "zh-Hant", "timezone": "Asia/Taipei", "d": "infinity", "t": "2026-03-01 00:00+00", "n": "NaN"}');
SELECT subtitle_of('p', '{"d": "1850-01-01", "t": "1850-01-01 00:00+00"}');
SELECT subtitle_of('p', '{"d": "4713-01-01 BC", "t": "-infinity", "n": -12345678901234567890.5, "a": []}');
SELECT subtitle_of('p', '{"locale": "xx"}');
SELECT subtitle_of('p', '{"timezone": "Mars"}');

-- zone and locale of the spec, their defaults, and the zone of days and timestamps
SELECT define('{"timezone": "Asia/Tokyo", "locale": "ja", "parameters": {"t": {"type": "timestamptz", "default": "2026-01-01"}},
    "subtitle": {"en": "since {t}", "ja": "{t:date}から"}, "query": "SELECT current_setting(''TimeZone'') AS zone, timezone, locale, extract(epoch FROM t)::bigint AS at, t::text AS shown"}');
SELECT rows_of('p'), subtitle_of('p');
SELECT rows_of('p', '{"timezone": "UTC", "locale": "en"}'), subtitle_of('p', '{"timezone": "UTC", "locale": "en"}');
SELECT rows_of('p', '{"timezone": null}');
SELECT define('{"parameters": {"timezone": {"type": "text", "default": {"sql": "CASE site WHEN ''b'' THEN ''Asia/Tokyo'' END"}}, "site": {"type": "text", "default": "a"}},
    "query": "SELECT current_setting(''TimeZone'') AS zone, timezone"}');
SELECT rows_of('p'), rows_of('p', '{"site": "b"}'), current_setting('TimeZone');

-- a check whose function has become one of another type does not pass for true
CREATE FUNCTION checked(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
SELECT analytics.define_report('rp_check', '{"parameters": {"n": {"type": "int", "check": "checked(n)"}}, "query": "SELECT n"}');
DROP FUNCTION checked(int);
CREATE FUNCTION checked(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 7';
SELECT analytics.run_report('rp_check', '{"n": -1}', 'json');
SELECT analytics.drop_report('rp_check');

SELECT analytics.drop_report('p');
SET client_min_messages = warning;
DROP SCHEMA rp CASCADE;

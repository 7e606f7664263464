-- What an export must not do at its edges: read past the values of its cards, take a comment behind a query for a part of
-- it, merge a NULL key of a pivot with a text, name the wrong row, show a column twice, sum other floats than it shows,
-- keep memory for each row, or convert a text to UTF-8 twice.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set here :DBNAME
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION md(query text, options jsonb) RETURNS SETOF text LANGUAGE sql AS
$$SELECT regexp_split_to_table(rtrim(convert_from(analytics.export(query, 'markdown', options), 'UTF8'), E'\n'), E'\n')$$;
-- Values of cards that melt into one, or are several.
SELECT md('SELECT 1 AS a', '{"cards": [{"label": "x", "value": "1 /*"}, {"label": "y", "value": "*/"}]}');
SELECT md('SELECT 1 AS a', '{"cards": [{"label": "x", "value": "''a"}, {"label": "y", "value": "b''"}]}');
SELECT md('SELECT 1 AS a', '{"cards": [{"label": "x", "value": "1), (2"}]}');
-- What stands behind a query is no part of it; what is no query by itself does not become one by the parentheses around it.
SELECT md(q, '{"cards": [{"label": "n", "value": "count(*)"}]}')
FROM unnest(ARRAY['SELECT 1 AS a; -- done', E'SELECT 1 AS a\n;\n/* ; */ ;', '; VALUES (1), (2)', 'SELECT '';'' AS a -- ;']) q;
SELECT md('SELECT 1 AS a) AS x, (SELECT 2', '{"cards": [{"label": "n", "value": "count(*)"}]}');
SELECT md('SELECT 1 AS a; SELECT 2', '{"cards": [{"label": "n", "value": "count(*)"}]}');
-- A pivot has a column for NULL, and one for the text that shows it; and tells which row has two values.
SELECT md($$VALUES (1, NULL, 5), (1, '-', 6), (2, '-', 7), (3, 'n', 8)$$, '{"pivot": {"columns": "column2", "value": "column3"}}');
SELECT md($$VALUES (1, 'a', 5), (2, 'a', 6), (3, 'a', 7), (2, 'a', 8)$$, '{"pivot": {"columns": "column2", "value": "column3"}}');
SELECT md($$VALUES ('m', 'a', 1), ('m', 'b', 2), ('n', 'a', 3)$$, '{"pivot": {"columns": "column2", "value": "column3"}, "columns": ["b", {"name": "column1", "header": "x"}]}');
-- 0.1 as float4 is 0.1 in its cell, and in the total.
SELECT convert_from(analytics.export('SELECT 0.1::float4 AS a UNION ALL SELECT 0.2', 'json',
	'{"columns": {"a": {"total": "sum"}}}'), 'UTF8')::jsonb #> '{sheets,0,totals}';
SELECT convert_from(analytics.export($$VALUES (1::float4), ('-infinity')$$, 'json',
	'{"columns": {"column1": {"total": "sum"}}}'), 'UTF8')::jsonb #> '{sheets,0,totals}';
-- What is too long for a number format and for a double is not infinite.
SELECT l = '| ' || repeat('9', 5000) || ' | NaN | -Infinity |' FROM md($$SELECT repeat('9', 5000)::numeric AS a, 'NaN'::numeric AS b, '-Infinity'::numeric AS c$$,
	'{"columns": {"a": {"format": "#,##0.0"}, "b": {"format": "0.0"}, "c": {"format": "0.0"}}}') l OFFSET 2;
-- Totals of stored numerics, and pivots of large keys, need no memory for each row: it is looked at in the last one.
CREATE TABLE edge AS SELECT i::numeric AS n, jsonb_build_array(repeat('x', 1000), i % 100) AS key, i FROM generate_series(1, 40000) i;
CREATE TABLE edge_memory (run serial, bytes bigint);
CREATE FUNCTION look(i int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	IF i = 40000 THEN
		INSERT INTO edge_memory (bytes) SELECT sum(total_bytes) FROM pg_backend_memory_contexts;
	END IF;
	RETURN i;
END$$;
SELECT length(analytics.export('SELECT n, look(i) AS i FROM edge', 'csv_excel', '{}')) > 0;
SELECT length(analytics.export('SELECT n, look(i) AS i FROM edge', 'csv_excel', '{"columns": {"n": {"total": "sum"}}}')) > 0;
SELECT length(analytics.export('SELECT key, (i - 1) / 100 AS j, look(i) AS i FROM edge', 'json', '{"pivot": {"columns": "j", "value": "i"}}')) > 0;
SELECT run, bytes - first_value(bytes) OVER (ORDER BY run) < CASE run WHEN 3 THEN 12000000 ELSE 500000 END AS little FROM edge_memory ORDER BY run;
DROP TABLE edge, edge_memory;
DROP FUNCTION look, md;
-- Texts of cards, and number formats, in a database that is not in UTF-8.
CREATE DATABASE edge_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
\connect edge_latin1
SET client_encoding = 'UTF8';
SET client_min_messages = warning;
CREATE EXTENSION analytics;
SELECT regexp_replace(l, '<[^>]*>', ' ', 'g') FROM regexp_split_to_table(convert_from(analytics.export('SELECT ''ü''::text AS t, 2.5 AS n', 'html',
	'{"cards": [{"label": "ö", "value": "max(t)"}], "columns": {"n": {"format": "0.00\" é\"", "total": "sum"}}}'), 'UTF8'), E'\n') l
WHERE l ~ '^<(dd|dt|tr)';
-- What a report's texts show of parameters: our own words, months and separators too; what LATIN1 lacks by its like.
SELECT analytics.define_report('r', '{"locale": "de", "title": "Größe {d:d. mmmm yyyy} {n:0.0\" é\"} {v} {b} {a}", "query": "SELECT 1 AS a", "parameters":
	{"d": {"type": "date", "default": "2026-03-01"}, "n": {"type": "numeric", "default": 2.5}, "v": {"type": "text"}, "b": {"type": "boolean", "default": true}, "a": {"type": "text[]", "default": ["ü", null]}}}');
SELECT convert_from(analytics.run_report('r', format => 'json'), 'UTF8')::jsonb -> 'title';
SELECT convert_from(analytics.run_report('r', '{"locale": "fr", "n": 1234567, "v": "«"}', format => 'json'), 'UTF8')::jsonb -> 'title';
SELECT convert_from(analytics.run_report('r', '{"locale": "ja", "d": null}', format => 'json'), 'UTF8')::jsonb -> 'title';
\connect :here
DROP DATABASE edge_latin1;

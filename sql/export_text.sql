-- export: csv_excel, json, ndjson and markdown, written by the server itself. JSON is compared with to_jsonb and
-- row_to_json for values of every kind of type; CSV and Markdown are worked out by hand. Other parsers read them back
-- in test/tap/016_export_text.pl.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'Asia/Taipei';
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'postgres';
SET lc_monetary = 'C';
SET analytics.now = '2026-01-02 03:04:05+00';
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION export_text(query text, format text, options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS
	$$ SELECT convert_from(analytics.export(query, format, options), 'UTF8') $$;
-- Without the byte order mark, with the ends of lines to be seen.
CREATE FUNCTION export_csv(query text, options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS
	$$ SELECT replace(replace(export_text(query, 'csv_excel', '{"bom": false}' || options), E'\r\n', E'[CRLF]\n'), E'\r', '[CR]') $$;

-- csv_excel: the mark, the header, COPY's quotes; NULL is empty, the empty text is not; dates whatever DateStyle says.
SELECT encode(substr(analytics.export('SELECT 1 AS a', 'csv_excel'), 1, 3), 'hex');
SELECT export_csv($$VALUES (1, 'plain', NULL, ''), (-2, 'a,b', 'say "hi"', E'two\nlines'), (3, E'car\rriage', ' blanks ', 'semi;colon')$$);
SELECT export_csv($$SELECT true AS yes, false AS no, date '2026-02-03' AS day, timestamptz '2026-02-03 04:05:06.5+00' AS at,
	timestamp '2026-02-03 04:05:06' AS local, '-infinity'::date AS never, date '0044-03-15 BC' AS ides, time '04:05' AS t,
	-1.50::numeric AS n, 1e100::float8 AS f, 'NaN'::float8 AS nan, -12345678901234567890.123 AS long, -'1 day'::interval AS span,
	(-1)::money AS m, NULL::int AS nothing$$);
-- What a program takes for a formula gets an apostrophe: texts and headers, not numbers and what else PostgreSQL makes.
SELECT export_csv($$SELECT t AS "=header", -1 AS n FROM unnest(ARRAY['=1+1', '+1', '-1', '@A1', E'\t=1', E'\r=1', E'\n=1', ' =1', '   -1',
	'＝1', '＋1', '－1', '＠1', '=1,"2"', '''=1', '"=1', 'a=1', '1-1', '', ' ', '-']) WITH ORDINALITY u(t, i) ORDER BY i$$);
SELECT export_csv($$SELECT '=1' AS "-a", ARRAY['=1'] AS b, '{"a": 1}'::json AS c$$, '{"escape_formulas": false}');
SELECT export_csv($$SELECT 'a;b' AS "x;y", 'c,d' AS z$$, '{"delimiter": ";"}');
SELECT export_csv($$SELECT E'a\tb' AS x, 'c,d' AS z$$, '{"delimiter": "\t"}');
-- The header is there without rows; columns can be chosen, named and computed; nothing stands around them.
SELECT export_csv('SELECT 1 AS a, 2 AS "b,c" WHERE false');
SELECT export_csv('VALUES (NULL::text), (''''), (''\.''), (''a'')');
SELECT export_csv('SELECT FROM generate_series(1, 2)');
SELECT export_csv('SELECT 1 AS "ID", 2 AS "ID2"'), export_csv('SELECT 1 AS "ID"" x"'), export_csv('SELECT 1 AS "Id"');
SELECT export_csv('SELECT 1 AS a, 4 AS b, 3 AS c', '{"title": "T", "note": "N",
	"columns": [{"name": "b", "header": "Second", "total": "sum"}, {"name": "a"}, {"formula": "a / b", "header": "Share"}]}');
SELECT analytics.export('SELECT 1', 'csv_excel', '{"delimiter": "=="}');
SELECT analytics.export('SELECT 1', 'csv_excel', '{"delimiter": "\""}');
SELECT analytics.export('SELECT 1', 'csv_excel', '{"delimiter": "é"}');

-- JSON of every kind of type is what to_jsonb makes of it, and line by line what row_to_json writes.
CREATE TYPE export_mood AS ENUM ('sad', 'so "so"');
CREATE TYPE export_tone AS ENUM ('low', 'high');
CREATE FUNCTION export_tone_json(export_tone) RETURNS json LANGUAGE sql IMMUTABLE AS
	$$ SELECT json_build_object('tone', $1::text, 'list', E'[1,\n 2]'::json) $$;
CREATE CAST (export_tone AS json) WITH FUNCTION export_tone_json(export_tone);
CREATE TYPE export_pair AS (a int, b text);
CREATE DOMAIN export_positive AS int CHECK (value > 0);
CREATE DOMAIN export_list AS text[];
CREATE DOMAIN export_note AS json;
CREATE TABLE export_types (i2 int2, i4 int4, i8 int8, n numeric, n2 numeric(10,2), f4 float4, f8 float8, b bool, t text, vc varchar(9), c char(5),
	nm name, ch "char", ba bytea, d date, tm time, tz timetz, ts timestamp, tstz timestamptz, iv interval, u uuid, j json, jb jsonb,
	ip inet, mac macaddr, bits varbit, m money, p point, r int4range, mr int4multirange, tv tsvector, o oid, rc regclass, l pg_lsn,
	ai int[], at text[], ats timestamptz[], aj json[], rec export_pair, arec export_pair[], mood export_mood, moods export_mood[],
	tone export_tone, tones export_tone[], pos export_positive, lst export_list, note export_note, iv2 int2vector);
INSERT INTO export_types (i4) VALUES (NULL);
INSERT INTO export_types VALUES (-7, 8, 9223372036854775807, 12345678901234567890.123456789, 1.50, 0.1, 1e-300, true, E'a"\\\b\f\n\r\t\x01\x1f資 </script>',
	'v', 'c', 'n', 'x', '\x00ff', '2026-02-03', '04:05:06.789', '04:05+02', '2026-02-03 04:05:06.123456', '2026-02-03 04:05+00', '-1 mon 2 days',
	'00000000-0000-0000-0000-000000000001', E'{"a" :\r\n [1, 2.50], "a": null}', '{"b": [1, {"c": "d"}]}', '10.0.0.0/8', '08:00:2b:01:02:03',
	B'101', 1234.5, '(1,2)', '[1,5)', '{[1,2),[5,7)}', 'a:1 b', 42, 'pg_class', '16/B374D848', '{{1,2},{3,NULL}}', '{"a,b",NULL,"c\"d"}',
	'{2026-01-01 00:00+00,infinity}', ARRAY[E'{"x":\n1}'::json], '(1,"x ""y""")', ARRAY['(1,a)'::export_pair, NULL], 'so "so"', '{sad,NULL}',
	'high', '{low}', 5, '{a,NULL}', '[true]', '1 2 3');
INSERT INTO export_types (n, n2, f4, f8, b, t, d, ts, tstz, i2, ai, rec, j)
	VALUES ('NaN', 'NaN', 'Infinity', '-Infinity', false, '', 'infinity', '-infinity', 'infinity', -32768, '{}', '(,)', '"text"'),
	('-Infinity', -0.00, -0.0, 'NaN', NULL, ' ', '0044-03-15 BC', '0044-03-15 00:00 BC', '4713-01-01 00:00+00 BC', 0, '[0:1]={5,6}', '(1,)', 'null'),
	('1e400', 0, '1e38', 5e-324, NULL, E'\x7f', '5874897-12-31', '294276-12-31 23:59:59.999999', '10000-01-01 00:00+00', 0, NULL, NULL, '[]');
SELECT (SELECT array_agg(x ORDER BY i) FROM jsonb_array_elements(export_text('TABLE export_types', 'json')::jsonb) WITH ORDINALITY e(x, i))
	= (SELECT array_agg(to_jsonb(one)) FROM export_types one) AS same;
SELECT export_text('TABLE export_types', 'json') =
	(SELECT E'[\n' || string_agg(row_to_json(one)::text, E',\n') || E'\n]\n' FROM export_types one) AS same_text;
-- In ndjson a row is a line: line ends within json become blanks.
SELECT export_text('TABLE export_types', 'ndjson') =
	(SELECT string_agg(translate(row_to_json(one)::text, E'\r\n', '  ') || E'\n', '') FROM export_types one) AS same_lines;
SELECT count(*), bool_and(line::json IS NOT NULL) FROM string_to_table(rtrim(export_text('TABLE export_types', 'ndjson'), E'\n'), E'\n') line;
-- No rows, no columns, a name twice, a name to be escaped; columns chosen are called by their names, not headers.
SELECT export_text('SELECT 1 AS a WHERE false', 'json');
SELECT export_text('SELECT 1 AS a WHERE false', 'ndjson') = '' AS nothing;
SELECT export_text('SELECT FROM generate_series(1, 2)', 'json');
SELECT export_text('SELECT 1 AS a, 2 AS a, 3 AS "q""\"', 'ndjson');
SELECT export_text('SELECT 1 AS a, 4 AS b, ''{}''::text[] AS c', 'ndjson',
	'{"columns": [{"name": "c", "header": "Third"}, "a", "b", {"name": "share", "formula": "a / b"}, {"name": "none", "formula": "a / (b - b)"}]}');
-- With something around the rows it is a document.
SELECT export_text($$VALUES ('a "1"', 1, 2.50), ('b', 3, NULL)$$, 'json', '{"title": "Sales \"2026\"", "subtitle": null, "sheet": "one", "note": "two\nlines",
	"cards": [{"label": "Sum", "value": "sum(column2)", "note": "of all"}, {"label": "None", "value": "NULL::int"}, {"label": "List", "value": "array_agg(column2)"}],
	"columns": {"column1": {"total": "label"}, "column2": {"header": "Sent", "total": "sum"}, "column3": {"format": "0.0", "total": "avg"}}}');
SELECT jsonb_pretty(export_text('SELECT 1 AS a WHERE false', 'json', '{"title": "T", "columns": {"a": {"total": "sum"}}}')::jsonb);

-- Markdown: formats, locale, alignment, totals; no rows are said.
SELECT export_text($$VALUES (date '2026-02-03', 'north', 1234.5, 10000000000000000001, true), ('0044-03-15 BC', 'south', -0.25, NULL, false), (NULL, NULL, 'NaN', 7, NULL)$$,
	'markdown', '{"title": "Sales # of 2026 #", "subtitle": "1. not a list", "note": "- nor this\nsecond line", "sheet": "one",
	"cards": [{"label": "Best", "value": "max(column3) FILTER (WHERE column3 <> ''NaN'')", "format": "#,##0.00", "note": "a | b"}, {"label": "None", "value": "NULL::int"}],
	"columns": {"column1": {"header": "day", "total": "label"}, "column2": {"align": "center"}, "column3": {"format": "#,##0.00", "align": "left"},
		"column4": {"header": "a_b _c_", "total": "sum"}}}');
SELECT export_text($$SELECT date '2026-02-03' AS day, timestamp '2026-02-03 04:05:06' AS at, time '04:05' AS t, 1234.5::float8 AS n, true AS ok$$, 'markdown', '{"locale": "de"}');
SELECT export_text($$SELECT date '2026-02-03' AS day, timestamptz '2026-02-03 04:05:06+00' AS at, 1234567 AS n, 10 / 3.0 AS q, true AS ok$$, 'markdown', '{"locale": "zh-TW"}');
SELECT export_text('SELECT 10 / 3.0 AS a, 12345678901234567890.123456789 AS b, 1e30 / 3 AS c, 0.1::float4 AS d', 'markdown');
SELECT export_text('SELECT 1 AS a, ''x'' AS b WHERE false', 'markdown', '{"columns": {"a": {"total": "sum"}}}');
SELECT export_text('SELECT 1 AS a WHERE false', 'markdown', '{"locale": "zh-TW", "title": "空"}');
SELECT export_text('SELECT FROM generate_series(1, 2)', 'markdown') = '' AS nothing;
-- What Markdown or HTML would make something of comes out as it is.
SELECT export_text($$SELECT t AS "a|b" FROM unnest(ARRAY['a|b', '\', '\|', '*a* **b**', '_a_ a_b __c__', '`code`', '[a](b)', '![a](b)', '<b>&amp;&#65; & <!--', '~~a~~',
	E'a\nb\r\nc\rd', '  a  b ', '   ', E'\t', E'\x01\x1b[31m\x7f', U&'\0085a\009Bb\2028c', '# a', '- a', '1. a', 'http://a_b_c', '---', '資料', '']) WITH ORDINALITY u(t, i) ORDER BY i$$, 'markdown');

-- A report is always a document; one of several sheets names them, and ndjson and csv_excel want to know which.
SELECT analytics.define_report('export_two', '{"title": {"en": "Orders", "zh-TW": "訂單"}, "sheets": [
	{"name": "Rows", "note": "All regions", "query": "SELECT * FROM (VALUES (date ''2026-02-03'', 2.50), (''2026-02-04'', NULL)) v(day, amount)",
	 "cards": [{"label": "Sum", "value": "sum(amount)"}], "charts": [{"type": "line"}], "columns": {"amount": {"format": "0.00", "total": "sum"}}},
	{"name": "None", "query": "SELECT 1 AS n WHERE false"}]}');
SELECT convert_from(analytics.run_report('export_two', '{}', 'json'), 'UTF8');
SELECT convert_from(analytics.run_report('export_two', '{"locale": "zh-TW"}', 'markdown'), 'UTF8');
SELECT convert_from(analytics.run_report('export_two', '{}', 'ndjson', 'Rows'), 'UTF8');
SELECT analytics.run_report('export_two', '{}', 'csv_excel');
SELECT analytics.drop_report('export_two');

SELECT f, analytics.content_type(f) FROM unnest(ARRAY['csv_excel', 'json', 'ndjson', 'markdown']) f ORDER BY f;
DROP TABLE export_types;
DROP CAST (export_tone AS json);
DROP FUNCTION export_csv, export_text, export_tone_json;
DROP TYPE export_mood, export_tone, export_pair, export_positive, export_list, export_note;

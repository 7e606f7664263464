-- Documents: columns, totals, computed columns, pivots, cards and charts, as Markdown and JSON show them, and what is
-- refused, with the place in the JSON.  Totals are compared with PostgreSQL's own aggregates.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'UTC';
CREATE TABLE doc AS
SELECT date '2026-11-01' + i AS day, (ARRAY['north', 'south'])[1 + i % 2] AS region,
	   (100 * i)::int AS sent, CASE WHEN i <> 2 THEN 50 * i END::bigint AS verified, round(i * 1.25, 2)::numeric(10, 2) AS cost,
	   i / 4.0::float8 AS score
FROM generate_series(0, 4) i;
CREATE FUNCTION md(query text, options jsonb DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS
$$SELECT regexp_split_to_table(rtrim(convert_from(analytics.export(query, 'markdown', options), 'UTF8'), E'\n'), E'\n')$$;
-- An array is what is shown, in its order; an object adjusts.
SELECT md('TABLE doc', '{"columns": ["cost", {"name": "day", "header": "Day"}]}');
SELECT md('TABLE doc', '{"columns": {"cost": {"header": "Cost", "format": "#,##0.000"}}}');
-- Totals: 0+100+200+300+400; NULL is left out; a ratio's total is the ratio of totals: 400 / 1000, where row 2 has none.
SELECT md('TABLE doc', '{"columns": [{"name": "region", "total": "label"}, {"name": "sent", "total": "sum"},
	{"name": "verified", "total": "sum"}, {"header": "Rate", "formula": "verified / sent", "format": "0.0%", "total": "formula"},
	{"name": "cost", "total": "avg"}, {"name": "score", "total": "max"}, {"name": "day", "total": "min"}]}');
SELECT md('TABLE doc', '{"locale": "zh-TW", "columns": [{"name": "region", "total": "label"}, {"name": "verified", "total": "count"}, {"name": "day", "total": "max"}]}');
-- A computed column may name one before it; a division by zero and NULL are empty.
SELECT md('TABLE doc', '{"columns": [{"name": "sent"}, {"name": "half", "formula": "sent / 2"}, {"header": "again", "formula": "half * 2 - sent", "format": "0"},
	{"header": "inverse", "formula": "1000 / sent"}]}');
-- No digit is lost in a total: bigint past its range, numeric, floats whose sum depends on the order, NaN.
SELECT md($$SELECT 9223372036854775807 AS a, 0.1::numeric AS b, x::float8 AS c FROM (VALUES (1e16), (1), (-1e16)) t(x)$$,
	'{"columns": {"a": {"total": "sum", "format": "0"}, "b": {"total": "sum", "format": "0.0"}, "c": {"total": "sum", "format": "0"}}}');
SELECT md($$VALUES (1::float8), ('NaN'), (2)$$, '{"columns": {"column1": {"total": "sum"}}}');
SELECT bool_and(shown = wanted) AS as_aggregates
FROM (SELECT CASE k WHEN 'sum' THEN sum(x)::text WHEN 'avg' THEN avg(x)::text WHEN 'min' THEN min(x)::text WHEN 'max' THEN max(x)::text ELSE count(x)::text END AS wanted, k
	  FROM (SELECT CASE WHEN i % 7 > 0 THEN ((i * 7919) % 1009 - 500) / 8.0 END::numeric FROM generate_series(1, 500) i) v(x), unnest(ARRAY['sum', 'avg', 'min', 'max', 'count']) k GROUP BY k) a
JOIN LATERAL (SELECT (convert_from(analytics.export(
	'SELECT CASE WHEN i % 7 > 0 THEN ((i * 7919) % 1009 - 500) / 8.0 END::numeric AS x FROM generate_series(1, 500) i', 'json',
	jsonb_build_object('title', 't', 'columns', jsonb_build_object('x', jsonb_build_object('total', k)))), 'UTF8')::jsonb #>> '{sheets,0,totals,x}')) b(shown) ON true;
-- Pivots: rows and columns in the order of their first row; what is missing is empty; cells share a format and totals.
SELECT md($$VALUES ('May', '0', 1.0), ('May', '1', 0.5), ('June', '0', 1.0), ('May', '2', 0.25), (NULL, '0', 1), ('June', NULL, 0.125)$$,
	'{"pivot": {"columns": "column2", "value": "column3", "format": "0%", "total": "sum"}, "columns": {"column1": {"header": "Month"}}}');
SELECT md('SELECT region, day, sent FROM doc WHERE false', '{"pivot": {"columns": "day", "value": "sent"}}');
SELECT md('SELECT 1 AS a, 2 AS b, 3 AS c UNION ALL SELECT 1, 2, 4', '{"pivot": {"columns": "b", "value": "c"}}');
SELECT md('SELECT 1 AS a, i AS b, 3 AS c FROM generate_series(1, 1001) i', '{"pivot": {"columns": "b", "value": "c"}}');
SELECT md('TABLE doc', '{"pivot": {"columns": "dya", "value": "sent"}}');
SELECT md('TABLE doc', '{"pivot": {"columns": "day"}}');
-- Cards are expressions over all rows, in the same snapshot.
SELECT md('SELECT * FROM doc -- all of it', '{"title": "T", "subtitle": "S", "note": "N", "sheet": "Sent", "cards": [{"label": "Sent", "value": "sum(sent)"},
	{"label": "Rate", "value": "sum(verified)::numeric / nullif(sum(sent), 0)", "format": "0.0%", "note": "of all"}, {"label": "None", "value": "sum(sent) FILTER (WHERE false)"}]}') LIMIT 9;
SELECT md('TABLE doc', '{"cards": [{"label": "x", "value": "sent"}]}');
SELECT md('TABLE doc', '{"cards": [{"label": "x", "value": "sum(snt)"}]}');
SELECT md('TABLE doc', '{"cards": [{"label": "x", "value": "1) FROM doc; DELETE FROM doc; SELECT (1"}]}');
SELECT count(*) FROM doc;
-- COPY has the same options; those of more than a word are JSON.
COPY doc (day, sent) TO STDOUT (FORMAT markdown, TITLE 'Copied', LOCALE 'de', COLUMNS '{"sent": {"total": "sum"}}');
COPY doc TO STDOUT (FORMAT markdown, COLUMNS 'sent');
COPY doc TO STDOUT (FORMAT markdown, CARDS '[]');
COPY doc TO STDOUT (FORMAT csv_excel, DELIMITER ';', BOM false, COLUMNS '["day", "cost"]');
-- Charts are written where they are drawn.
SELECT analytics.chart('SELECT day, sent, verified FROM doc', '{"title": "A & B"}') ~ '^<\?xml.*<title>A &amp; B</title>.*</svg>\s*$' AS svg,
	   substr(analytics.chart_png('SELECT day, sent FROM doc'), 1, 8) = '\x89504e470d0a1a0a' AS png,
	   analytics.chart('TABLE doc') = convert_from(analytics.export('TABLE doc', 'svg'), 'UTF8') AS same;
CREATE FUNCTION refused(options jsonb, format text DEFAULT 'xlsx') RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
	PERFORM analytics.export('TABLE doc', format, options);
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || SQLERRM || ' / ' || hint;
END$$;
SELECT refused(o::jsonb) FROM (VALUES ('{"titel": 1}'), ('{"title": 1}'), ('{"title": {"xx": "a"}}'), ('{"title": {"en": 5}}'), ('{"locale": "klingon"}'),
	('{"paper": "a3"}'), ('{"orientation": "sideways"}'), ('{"margins": [1, 2]}'), ('{"margins": 500}'), ('{"margins": "wide"}'), ('{"created": "infinity"}'),
	('{"created": "yesterday noon at six"}'), ('{"columns": 5}'), ('{"columns": ["day", "snt"]}'), ('{"columns": {"snt": {}}}'), ('{"columns": [{}]}'),
	('{"columns": [{"name": "day", "formt": "0"}]}'), ('{"columns": [{"name": "sent", "format": "0.0.0"}]}'), ('{"columns": [{"name": "sent", "width": 0}]}'),
	('{"columns": [{"name": "sent", "align": "top"}]}'), ('{"columns": [{"name": "region", "total": "sum"}]}'), ('{"columns": [{"name": "sent", "total": "formula"}]}'),
	('{"columns": [{"name": "sent"}, {"formula": "sent / 2", "total": "formula"}]}'), ('{"columns": [{"formula": "sent / 2"}]}'),
	('{"columns": ["sent", {"formula": "sent +"}]}'), ('{"columns": ["region", {"formula": "region * 2"}]}'), ('{"columns": [{"name": "region", "conditional": {"type": "bar"}}]}'),
	('{"columns": [{"name": "sent", "conditional": {"type": "scale", "min": 5, "max": 5}}]}'), ('{"columns": [{"name": "sent", "conditional": {"type": "bar", "color": "red"}}]}'),
	('{"columns": [{"name": "sent", "conditional": [{"when": "above 5", "color": "#FF0000"}]}]}'), ('{"charts": {}}'), ('{"charts": [{"type": "lines"}]}'),
	('{"charts": [{"x": "dy"}]}'), ('{"charts": [{"y": ["sent", "day"]}]}'), ('{"charts": [{"type": "scatter", "x": "region"}]}'), ('{"charts": [{"format": "yes"}]}'),
	('{"cards": [{"label": "a"}]}'), ('{"delimiter": ";"}'), ('{"scale": 2}'), ('[]'), ('5')) v(o);
SELECT refused('{"delimiter": "ab"}', 'csv_excel'), refused('{"scale": 9}', 'png'), refused('{"title": {"de": "Nur deutsch"}}', 'html'), refused('{"y": "day"}', 'svg');
SELECT analytics.chart('SELECT region, region AS r FROM doc');
SELECT analytics.chart('SELECT 1 AS a', '{"tpye": "line"}');
DROP FUNCTION refused, md;
DROP TABLE doc;

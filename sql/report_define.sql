-- Proves that a definition is checked whole: each wrong spec is refused with the place in it, and nothing of it stays.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA rd;
SET search_path = rd;
CREATE TABLE sales (day date, shop text, amount numeric(10,2), tenant text);
CREATE FUNCTION wrong(spec jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; hint text; context text;
BEGIN
    PERFORM analytics.define_report('r', spec);
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
    RETURN format('%s %s%s%s', SQLSTATE, message, ' | ' || nullif(hint, ''), ' @ ' || substring(context FROM '(\S[^\n]*) of report'));
END $$;
-- a right spec with one thing changed
CREATE FUNCTION query(q text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('title', 'T', 'query', q) || more $$;
CREATE FUNCTION param(p jsonb, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT '{"title": "T", "query": "SELECT 1 AS n"}' || jsonb_build_object('parameters', p) || more $$;
CREATE FUNCTION sheets(VARIADIC s jsonb[]) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('sheets', s) $$;

-- the document
SELECT wrong('[]');
SELECT wrong('"SELECT 1"');
SELECT wrong('{}');
SELECT wrong('{"titel": "T", "query": "SELECT 1"}');
SELECT wrong('{"title": 7, "query": "SELECT 1"}');
SELECT wrong('{"title": {"xx": "T"}, "query": "SELECT 1"}');
SELECT wrong('{"title": {}, "query": "SELECT 1"}');
SELECT wrong('{"title": "{", "query": "SELECT 1"}');
SELECT wrong('{"title": "{nobody}", "query": "SELECT 1"}');
SELECT wrong('{"title": {"en": "T", "zh-TW": "{nobody}"}, "query": "SELECT 1"}');
SELECT wrong('{"locale": "xx", "query": "SELECT 1"}');
SELECT wrong('{"locale": 1, "query": "SELECT 1"}');
SELECT wrong('{"timezone": "Mars", "query": "SELECT 1"}');
SELECT wrong('{"timezone": "Asia/Taipej", "query": "SELECT 1"}');
SELECT wrong('{"paper": "a5", "query": "SELECT 1"}');
SELECT wrong('{"orientation": "up", "query": "SELECT 1"}');
SELECT wrong('{"margins": [1, 2], "query": "SELECT 1"}');
SELECT wrong('{"margins": 500, "query": "SELECT 1"}');

-- sheets
SELECT wrong('{"sheets": []}');
SELECT wrong('{"sheets": {}}');
SELECT wrong('{"sheets": [1]}');
SELECT wrong('{"sheets": [{"name": "A", "query": "SELECT 1"}], "query": "SELECT 1"}');
SELECT wrong(sheets('{"name": "A"}'));
SELECT wrong(sheets('{"nmae": "A", "query": "SELECT 1"}'));
SELECT wrong(sheets('{"name": "A", "query": "SELECT 1"}', '{"query": "SELECT 1"}'));
SELECT wrong(sheets('{"name": "A", "query": "SELECT 1"}', '{"name": "A", "query": "SELECT 1"}'));
SELECT wrong(sheets('{"name": {"en": "A", "ja": "C"}, "query": "SELECT 1"}', '{"name": {"en": "B", "ja": "C"}, "query": "SELECT 1"}'));
SELECT wrong(sheets('{"name": "A", "query": "SELECT 1", "note": "{x}"}'));

-- queries
SELECT wrong(query(''));
SELECT wrong(query('SELEC 1'));
SELECT wrong('{"query": ["SELECT 1", 2]}');
SELECT wrong('{"query": []}');
SELECT wrong(query('SELECT 1; SELECT 2'));
SELECT wrong(query('DELETE FROM sales'));
SELECT wrong(query('DELETE FROM sales RETURNING *'));
SELECT wrong(query('WITH d AS (DELETE FROM sales RETURNING *) SELECT * FROM d'));
SELECT wrong(query('SELECT * FROM sales FOR UPDATE'));
SELECT wrong(query('SELECT * FROM nowhere'));
SELECT wrong(query('SELECT dya FROM sales'));
SELECT wrong(query('SELECT $1'));
SELECT wrong(query('SELECT start'));
SELECT wrong(query('SELECT 1 WHERE strat > current_date', '{"parameters": {"start": {"type": "date"}}}'));
SELECT wrong(query('SELECT s.strat FROM sales s', '{"parameters": {"start": {"type": "date"}}}'));
SELECT wrong(query('SELECT params.strat', '{"parameters": {"start": {"type": "date"}}}'));
SELECT wrong(query('SELECT day + start FROM sales', '{"parameters": {"start": {"type": "date"}}}'));
SELECT wrong(query('SELECT day FROM sales WHERE tenant = tenant', '{"parameters": {"tenant": {"type": "text"}}}'));
SELECT wrong(sheets('{"name": "A", "query": "SELECT 1"}', '{"name": "B", "query": "SELECT 1 FROM nowhere"}'));

-- columns, charts, cards
SELECT wrong(query('SELECT day, amount FROM sales', '{"columns": [{"name": "amuont"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"columns": {"amuont": {"total": "sum"}}}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"columns": [{"header": "x"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"columns": [{"name": "amount", "format": "\"unclosed"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"columns": [{"name": "amount", "width": 0}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"columns": [{"name": "amount", "total": "summe"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"columns": [{"name": "amount", "conditional": {"type": "bar", "color": "red"}}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"columns": [{"name": "day"}, {"header": "x", "formula": "amout * 2"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"charts": [{"type": "lien"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"charts": [{"type": "line", "y": "total"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"charts": [{"type": "line", "x": "month"}]}'));
SELECT wrong(query('SELECT shop, tenant FROM sales', '{"charts": [{"type": "line"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"cards": [{"label": "Sum"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"cards": [{"label": "Sum", "value": "sum(amuont)"}]}'));
SELECT wrong(query('SELECT day, amount FROM sales', '{"cards": [{"label": "Sum", "value": "sum(amount", "note": "x"}]}'));
SELECT wrong(query('SELECT day, shop, amount FROM sales', '{"pivot": {"columns": "shop"}}'));
SELECT wrong(query('SELECT day, shop, amount FROM sales', '{"pivot": {"columns": "shop", "value": "n"}}'));

-- parameters
SELECT wrong(param('7'));
SELECT wrong(param('{"a": "date"}'));
SELECT wrong(param('{"a": {}}'));
SELECT wrong(param('[{"type": "date"}]'));
SELECT wrong(param('[{"name": "a", "type": "date"}, {"name": "a", "type": "date"}]'));
SELECT wrong(param('{"A b": {"type": "date"}}'));
SELECT wrong(param('{"1a": {"type": "date"}}'));
SELECT wrong(param('{"params": {"type": "date"}}'));
SELECT wrong(param('{"a": {"tpye": "date"}}'));
SELECT wrong(param('{"a": {"type": "dat"}}'));
SELECT wrong(param('{"a": {"type": "date; DROP TABLE sales"}}'));
SELECT wrong(param('{"a": {"type": "anyelement"}}'));
SELECT wrong(param('{"a": {"type": "record"}}'));
SELECT wrong(param('{"timezone": {"type": "int"}}'));
SELECT wrong(param('{"a": {"type": "date", "default": "soon"}}'));
SELECT wrong(param('{"a": {"type": "date", "default": [1]}}'));
SELECT wrong(param('{"a": {"type": "int", "default": 1.5}}'));
SELECT wrong(param('{"a": {"type": "int[]", "default": [[1], [2, 3]]}}'));
SELECT wrong(param('{"a": {"type": "varchar(3)", "default": "long"}}'));
SELECT wrong(param('{"a": {"type": "date", "default": {"sql": "now("}}}'));
SELECT wrong(param('{"a": {"type": "date", "default": {"sql": "1, 2"}}}'));
SELECT wrong(param('{"a": {"type": "date", "default": {"sql": "true"}}}'));
SELECT wrong(param('{"a": {"type": "date", "default": {"sql": "nobody + 1"}}}'));
SELECT wrong(param('{"a": {"type": "date", "default": {"sql": "1) + (2"}}}'));
SELECT wrong(param('{"a": {"type": "date", "default": {"sql": "now(); DELETE FROM sales"}}}'));
SELECT wrong(param('{"a": {"type": "date", "values": "2026-01-01"}}'));
SELECT wrong(param('{"a": {"type": "date", "values": []}}'));
SELECT wrong(param('{"a": {"type": "date", "values": ["x"]}}'));
SELECT wrong(param('{"a": {"type": "date", "check": "a"}}'));
SELECT wrong(param('{"a": {"type": "date", "check": "a > b"}}'));
SELECT wrong(param('{"a": {"type": "date", "message": "no"}}'));
SELECT wrong(param('{"a": {"type": "date", "required": "yes"}}'));
SELECT wrong(param('{"a": {"type": "text"}}', '{"subtitle": "{a:date}"}'));
SELECT wrong(param('{"a": {"type": "text"}}', '{"subtitle": "{a:#,##0}"}'));
SELECT wrong(param('{"a": {"type": "date"}}', '{"subtitle": "{a:#,##0}"}'));
SELECT wrong(param('{"a": {"type": "date"}}', '{"subtitle": "{a:last_day:0.0}"}'));
SELECT wrong(param('{"a": {"type": "date"}}', '{"subtitle": "{a:}"}'));
SELECT wrong(param('{"start": {"type": "date"}}', '{"subtitle": "{strat}"}'));

-- nothing of it stays, and the transaction is as writable as before
SELECT count(*) FROM analytics.reports WHERE NOT builtin;
SELECT current_setting('transaction_read_only');
SELECT wrong(query('SELECT day, amount FROM sales'));
SELECT wrong(query('SELECT day, amount FROM sales'));
SELECT analytics.define_report(NULL, '{}');
SELECT analytics.define_report('r', NULL);
SELECT analytics.define_report('a b', '{"query": "SELECT 1"}');
SELECT analytics.drop_report('r');
SELECT analytics.drop_report('r');
SET client_min_messages = warning;
DROP SCHEMA rd CASCADE;

-- Proves that bad input to the functions of funnels is a clear error with its SQLSTATE and a hint, never silence.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'UTC';
\set VERBOSITY verbose
\set SHOW_CONTEXT always
CREATE SCHEMA fun;
SET search_path = fun, analytics, public;
CREATE TABLE e (at timestamptz, who int, event text, plan text);
SELECT add_source('e', 'fun.e', 'at', 'who', event => 'event');
SELECT add_source('bare', 'fun.e', 'at', 'who');
-- one line for each refusal: its code, message, hint and context
CREATE FUNCTION refusal(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; hint text; context text;
BEGIN
	EXECUTE 'SELECT count(*) FROM ' || call;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
	context = split_part(context, 'SQL statement', 1);
	RETURN SQLSTATE || ' ' || message || coalesce(' | ' || nullif(hint, ''), '') || coalesce(' | ' || nullif(replace(rtrim(context, E'\n'), E'\n', '; '), ''), '');
END $$;
-- a question that is sound but for the part that is given
CREATE FUNCTION asked(steps text, options text DEFAULT '', source text DEFAULT 'e', more text DEFAULT 'funnel') RETURNS text LANGUAGE sql AS $$
	SELECT refusal(format('%s(%L, %s, ''2026-01-01'', ''2026-02-01''%s)', more, source, steps, options))
$$;
\pset tuples_only on
\pset format unaligned
-- steps
SELECT asked(s) FROM unnest(ARRAY['''[]''', 'NULL', '''{}''', '''3''', '''null''', '''[1]''', '''[["a"]]''', '''[{"evnt": "a"}]''', '''[{"event": 1}]''', '''[{"event": []}]''', '''[{"event": ["a", 2]}]''',
	'''["a", {"event": "b", "where": 3}]''', '''["a", {"event": "b", "where": "plan"}]''', '''["a", {"event": "b", "where": "(SELECT true)"}]''', '''["a", {"event": "b", "where": "nope = 1"}]''',
	'''["a", {"event": "b", "where": "plan = "}]''', '''["a", {"event": "b", "where": {"plna": "pro"}}]''', '''["a", {"event": "b", "where": {"who": "x"}}]''', '''["a", {"event": "b", "where": {"plan": {"above": 1}}}]''',
	'''["a", {"event": "b", "where": "random() < 0.5"}]''', '''[{"any": []}]''', '''[{"any": "a"}]''', '''[{"any": ["a"], "event": "b"}]''', '''["a", {"event": "b", "optional": true}]''', '''["a", {"event": "b", "optional": 1}]''',
	'''["a", {"event": "b", "name": 1}]''', '(SELECT jsonb_agg(''a''::text) FROM generate_series(1, 1025))']) s;
SELECT asked('''["a"]''', source => 'bare');
SELECT asked('''["a"]''', source => 'ee');
-- options
SELECT o, asked('''["a", "b"]''', ', ' || o) FROM unnest(ARRAY['within => ''0''', 'within => ''-1 day''', 'within => ''1 month''', 'within => NULL', 'entry => ''frist''', 'entry => ''often''', 'scope => ''user''', 'ordering => ''strickt''', 'counting => ''total''',
	'attribution => ''middle''', 'attribution => ''step''', 'attribution => ''step 3''', 'attribution => ''first 2''', 'preset => ''amplitude''', 'preset => ''mixpanel'', entry => ''last''', 'preset => ''umami'', once => true', 'preset => ''mixpanel'', after_finish => false',
	'hold => ''{paln}''', 'hold => ''{NULL}''', 'breakdown => ''nothing''', 'filters => ''[]''', 'filters => ''{"paln": 1}''', 'timezone => ''Mars''', 'tenant => ''1''', 'open_entry => NULL', 'session_gap => ''-30 minutes''',
	'exclude => ''[3]''', 'exclude => ''{"event": "x", "from": 2}''', 'exclude => ''{"event": "x", "from": 0}''', 'exclude => ''{"event": "x", "to": 3}''', 'exclude => ''{"event": "x", "to": "2"}''', 'exclude => ''{"event": "x", "form": 1}''',
	'ordering => ''any'', exclude => ''["x"]''', 'ordering => ''any'', open_entry => true', 'ordering => ''any'', scope => ''step''', 'counting => ''totals'', entry => ''last''']) o;
SELECT asked('''[{"event": "a", "optional": true}, "b"]''', ', ordering => ''any''');
SELECT asked('''["a"]''', ', exclude => ''["x"]''');
SELECT refusal('funnel(''e'', ''["a"]'', ''2026-02-01'', ''2026-01-01'')');
SELECT refusal('funnel(NULL, ''["a"]'', ''2026-01-01'', ''2026-01-02'')');
SELECT refusal('funnel(''e'', ''["a"]'', NULL, ''2026-01-02'')');
-- the others
SELECT o, asked('''["a", "b"]''', ', ' || o, more => 'funnel_trend') FROM unnest(ARRAY['granularity => ''dya''', 'granularity => NULL', 'granularity => ''-1 day''']) o;
SELECT refusal('funnel_trend(''e'', ''["a"]'', ''-infinity'', ''2026-01-02'')');
SELECT o, asked('''["a", "b"]''', ', ' || o, more => 'funnel_time_histogram') FROM unnest(ARRAY['from_step => 2', 'from_step => 0', 'to_step => 3', 'bins => 0', 'bins => NULL', 'bins => 100000']) o;
SELECT o, asked('''["a", "b"]''', ', ' || o, more => 'funnel_entities') FROM unnest(ARRAY['step => 3', 'step => 1, outcome => ''dropped''', 'outcome => ''droped''', 'outcome => NULL']) o;
-- accepted: no bound on the range, nothing in it
SELECT refusal('funnel(''e'', ''["a", "b"]'', ''-infinity'', ''infinity'')'), refusal('describe_funnel(''e'', ''"a"'', ''-infinity'', ''infinity'')');
\pset tuples_only off
\pset format aligned
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA fun CASCADE;

-- Proves the built-in reports over metrics: exact sheets and columns, zones, zero and nothing, what is incomplete, tenants, errors.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
SET analytics.now = '2026-11-05 06:30+00';
\pset format unaligned
\pset tuples_only on
SELECT name, title, description FROM analytics.reports WHERE builtin ORDER BY name;

-- every one of them is a definition that define_report takes, in every locale
SELECT r.name, analytics.define_report('own_' || r.name, analytics.describe_report(r.name)) FROM analytics.reports r WHERE builtin ORDER BY 1;
SELECT analytics.drop_report(name) FROM analytics.reports WHERE name LIKE 'own\_%' ORDER BY name;

CREATE SCHEMA rb;
CREATE TABLE rb.otp (at timestamptz, phone text, tenant text, provider text, status text, cost numeric, seconds float8);
INSERT INTO rb.otp VALUES
    ('2026-10-31 23:59:59+08', 'p0', 'acme', 'twilio', 'verified', 9, 9),
    ('2026-11-01 00:00+08',    'p1', 'acme', 'twilio', 'verified', 1.5, 1),
    ('2026-11-01 10:00+08',    'p2', 'acme', 'twilio', 'verified', 1.5, 2),
    ('2026-11-01 11:00+08',    'p3', 'beta', 'twilio', 'verified', 1.5, 3),
    ('2026-11-01 12:00+08',    'p3', 'beta', 'twilio', 'failed',   1.5, 2),
    ('2026-11-03 09:00+08',    'p1', 'acme', NULL,     'verified', 2.25, 4),
    ('2026-11-03 23:59:59+08', 'p2', 'beta', NULL,     'sent',     2.25, 5),
    ('2026-11-05 14:00+08',    'p4', 'acme', 'sinch',  'failed',   1000, 0.5);
GRANT USAGE ON SCHEMA rb TO PUBLIC;
GRANT SELECT ON rb.otp TO PUBLIC;
CREATE FUNCTION rb.shown(report text, params jsonb, sheet text DEFAULT NULL, format text DEFAULT 'markdown') RETURNS text
    LANGUAGE sql AS $$ SELECT convert_from(analytics.run_report(report, params, format, sheet), 'UTF8') $$;
CREATE FUNCTION rb.refused(report text, params jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; hint text; detail text;
BEGIN
    RETURN analytics.run_report(report, params, 'markdown')::text;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE, message, nullif(detail, ''), nullif(hint, ''));
END $$;

-- nothing is mapped yet: which definition is needed
SELECT rb.refused('otp_usage', '{}');
SELECT rb.refused('otp_usage', '{"sent": "my_sent"}');
SELECT rb.refused('api_usage', '{}');
SELECT rb.refused('dau', '{}');
SELECT rb.refused('funnel', '{}');

SELECT analytics.add_source('rb_otp', 'rb.otp', 'at', 'phone', tenant => 'tenant', timezone => 'Asia/Taipei');
SELECT analytics.define_metric('otp_sent',     'rb_otp', 'count', dimensions => '{provider}');
SELECT rb.refused('otp_usage', '{}');
SELECT analytics.define_metric('otp_verified', 'rb_otp', 'count', filter => 'status = ''verified''', dimensions => '{provider}');
SELECT analytics.define_metric('otp_failed',   'rb_otp', 'count', filter => 'status = ''failed''', dimensions => '{provider}');
SELECT analytics.define_metric('otp_cost',     'rb_otp', 'sum', 'cost', dimensions => '{provider}');
SELECT analytics.define_metric('otp_latency',  'rb_otp', 'avg', 'seconds', dimensions => '{provider}');

-- whole days of Taipei though the session is in UTC; the 2nd had nothing: "–", not 0 or NaN
SELECT rb.shown('otp_usage', '{"locale": "zh-TW", "start": "2026-11-01", "finish": "2026-11-04"}');
-- in English, one tenant, one provider, up to today, which is not over
SELECT rb.shown('otp_usage', '{"start": "2026-11-03", "finish": "2026-11-06", "tenant": "acme", "filters": {"provider": ["sinch", null]},
    "currency": "USD"}');
-- by default the last 30 whole days: with the 31st of October
SELECT rb.shown('otp_usage', '{}', 'Providers');
SELECT split_part(rb.shown('otp_usage', '{}', 'Daily', 'csv_excel'), E'\r\n', 2) AS first,
    array_length(string_to_array(rb.shown('otp_usage', '{}', 'Daily', 'csv_excel'), E'\r\n'), 1) - 3 AS days;
-- nothing at all: headers, and no rate
SELECT rb.shown('otp_usage', '{"locale": "zh-TW", "start": "2026-09-01", "finish": "2026-09-02"}');
-- the same as plain SQL
SELECT s.v = q.v FROM (SELECT string_agg(concat_ws(',', x->>'day', x->>'sent', x->>'verified', x->>'failed'), ';' ORDER BY x->>'day') AS v
    FROM jsonb_array_elements(rb.shown('otp_usage', '{"start": "2026-10-31", "finish": "2026-11-06"}', NULL, 'json')::jsonb
        #> '{sheets,0,rows}') x) s,
    (SELECT string_agg(concat_ws(',', d, n, v, f), ';' ORDER BY d) AS v FROM (
        SELECT d::date AS d, count(at) AS n, count(at) FILTER (WHERE status = 'verified') AS v, count(at) FILTER (WHERE status = 'failed') AS f
        FROM generate_series(date '2026-10-31', '2026-11-05', '1 day') d
        LEFT JOIN rb.otp ON (at AT TIME ZONE 'Asia/Taipei')::date = d GROUP BY 1) t) q;

-- what is refused
SELECT rb.refused('otp_usage', '{"start": "2026-11-02", "finish": "2026-11-02"}');
SELECT rb.refused('otp_usage', '{"start": "1999-12-31"}');
SELECT rb.refused('otp_usage', '{"filters": {"country": "TW"}}');
SELECT rb.refused('otp_usage', '{"provider": "carrier"}');
SELECT rb.refused('otp_usage', '{"timezone": "Mars"}');
SELECT rb.refused('otp_usage', '{"timezone": null}');
SELECT rb.refused('otp_usage', '{"from": "2026-11-02"}');
SELECT rb.refused('otp_usage', '{"tenant": "x'' OR true --", "provider": "provider''"}');

-- a tenant's own rows, by row-level security
CREATE ROLE regress_rb_acme;
GRANT USAGE ON SCHEMA analytics TO regress_rb_acme;
ALTER TABLE rb.otp ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON rb.otp USING (tenant = 'acme');
SET ROLE regress_rb_acme;
SELECT rb.shown('otp_usage', '{"start": "2026-11-01", "finish": "2026-11-04"}', 'Providers');
RESET ROLE;

-- calls of an API
CREATE TABLE rb.api (at timestamptz, key text, method text, path text, status int, ms float8);
INSERT INTO rb.api VALUES
    ('2026-11-04 00:10+08', 'k', 'POST', '/otp', 200, 10), ('2026-11-04 00:20+08', 'k', 'POST', '/otp', 500, 30),
    ('2026-11-04 09:00+08', 'k', 'GET', '/balance', 200, 20), ('2026-11-05 09:30+08', 'k', 'GET', '/balance', 200, 40);
SELECT analytics.add_source('rb_api', 'rb.api', 'at', 'key', timezone => 'Asia/Taipei');
SELECT analytics.define_metric('api_requests', 'rb_api', 'count', dimensions => '{"endpoint = method || '' '' || path"}');
SELECT analytics.define_metric('api_errors', 'rb_api', 'count', filter => 'status >= 400', dimensions => '{"endpoint = method || '' '' || path"}');
SELECT analytics.define_metric('api_average', 'rb_api', 'avg', 'ms', dimensions => '{"endpoint = method || '' '' || path"}');
SELECT analytics.define_metric('api_p95', 'rb_api', 'max', 'ms', dimensions => '{"endpoint = method || '' '' || path"}');
SELECT rb.shown('api_usage', '{"start": "2026-11-03", "finish": "2026-11-06", "top": 2}', 'Daily');
SELECT rb.shown('api_usage', '{"start": "2026-11-03", "finish": "2026-11-06", "top": 2, "locale": "zh-TW"}', '端點統計');
SELECT hours FROM regexp_split_to_table(rb.shown('api_usage', '{"start": "2026-11-03", "finish": "2026-11-06"}', 'Hours'), E'\n') hours
    WHERE hours ~ '\| (00|01|09|\*\*)';

-- campaigns: rates of sums; what was not delivered has none
CREATE TABLE rb.mail (at timestamptz, who text, campaign text, event text, cost numeric);
INSERT INTO rb.mail SELECT '2026-11-02 10:00+08', 'w' || i, c, e, CASE e WHEN 'sent' THEN 0.5 ELSE 0 END
FROM (VALUES ('eleven', 'sent', 10), ('eleven', 'delivered', 8), ('eleven', 'opened', 4), ('eleven', 'clicked', 2), ('vip', 'sent', 2)) v(c, e, n),
    generate_series(1, n) i;
SELECT analytics.add_source('rb_mail', 'rb.mail', 'at', 'who', event => 'event', timezone => 'Asia/Taipei');
SELECT analytics.define_metric('campaign_' || e, 'rb_mail', 'count', filter => format('event = %L', e), dimensions => '{campaign}')
FROM unnest('{sent,delivered,opened,clicked}'::text[]) e;
SELECT analytics.define_metric('campaign_cost', 'rb_mail', 'sum', 'cost', dimensions => '{campaign}');
SELECT rb.shown('campaign_performance', '{"start": "2026-11-02", "finish": "2026-11-04"}');
SELECT rb.shown('campaign_performance', '{"start": "2026-11-02", "finish": "2026-11-03", "campaign": "vip", "locale": "zh-TW"}');
SELECT rb.refused('campaign_performance', '{"campaign": "vip", "filters": {"campaign": "eleven"}}');

SET client_min_messages = warning;
SELECT analytics.drop_source(s, cascade => true) FROM unnest('{rb_otp,rb_api,rb_mail}'::text[]) s;
DROP SCHEMA rb CASCADE;
REVOKE USAGE ON SCHEMA analytics FROM regress_rb_acme;
DROP ROLE regress_rb_acme;

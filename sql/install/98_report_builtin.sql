/*
 * What all built-in reports have: their period, whom and what they show, and what is not over yet.  A report that
 * declares a parameter itself keeps its own.  @timezone@ stands for the zone of what the first parameter names, a
 * metric or a source.
 */

UPDATE analytics.report_definitions r
SET spec = r.spec OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(
    'subtitle', shared.subtitle,
    'sheets', (
        SELECT pg_catalog.jsonb_agg(s.value OPERATOR(pg_catalog.||) '{"note": "{note}"}' ORDER BY s.ordinality)
        FROM pg_catalog.jsonb_array_elements(r.spec OPERATOR(pg_catalog.->) 'sheets') WITH ORDINALITY s),
    'parameters', r.spec OPERATOR(pg_catalog.->) 'parameters' OPERATOR(pg_catalog.||) (
        SELECT pg_catalog.jsonb_agg(p.value ORDER BY p.ordinality)
        FROM pg_catalog.jsonb_array_elements(analytics.builtin_report(pg_catalog.replace(pg_catalog.replace(
                shared.parameters, '@timezone@', CASE r.spec OPERATOR(pg_catalog.#>>) '{parameters,0,name}'
                    WHEN 'source' THEN shared.zone_of_source ELSE shared.zone_of_metric END),
                '@name@', r.spec OPERATOR(pg_catalog.#>>) '{parameters,0,name}')))
            WITH ORDINALITY p
        WHERE NOT EXISTS (
            SELECT FROM pg_catalog.jsonb_array_elements(r.spec OPERATOR(pg_catalog.->) 'parameters') own
            WHERE own.value OPERATOR(pg_catalog.->) 'name' OPERATOR(pg_catalog.=) (p.value OPERATOR(pg_catalog.->) 'name'))))
FROM (SELECT analytics.builtin_report($json${
    "en": "Period: {start:date:yyyy-mm-dd} ~ {finish:last_day:yyyy-mm-dd}",
    "zh-TW": "期間: {start:date:yyyy-mm-dd} ~ {finish:last_day:yyyy-mm-dd}",
    "zh-CN": "期间: {start:date:yyyy-mm-dd} ~ {finish:last_day:yyyy-mm-dd}",
    "ja": "期間: {start:date:yyyy-mm-dd} ~ {finish:last_day:yyyy-mm-dd}"
}$json$) AS subtitle, $json$[
    {"name": "start", "type": "timestamptz", "required": true,
        "default": {"sql": "date_trunc('day', params.finish - interval '1 us') - interval '29 days'"},
        "check": "params.start < params.finish", "message": "The period must begin before it ends.",
        "description": "First moment of the period; by default its last 30 days"},
    {"name": "finish", "type": "timestamptz", "required": true,
        "default": {"sql": "date_trunc('day',
            coalesce(nullif(current_setting('analytics.now', true), '')::timestamptz, now()))"},
        "check": "params.start >= '2000-01-01' AND params.finish <= '2100-01-01'",
        "message": "Built-in reports show the years 2000 to 2099.",
        "description": "First moment after the period; by default the beginning of this day"},
    {"name": "tenant", "type": "text",
        "description": "Only this tenant; all that the caller may see without it"},
    {"name": "filters", "type": "jsonb",
        "description": "Filters by dimensions, as time_series has them: {\"provider\": \"twilio\"}"},
    {"name": "timezone", "type": "text", "required": true, "default": {"sql": "coalesce((@timezone@),
            nullif(current_setting('analytics.timezone', true), ''), current_setting('TimeZone'))"},
        "description": "Zone of its days; by default that of the source, else analytics.timezone, else TimeZone"},
    {"name": "incomplete", "type": "text", "required": true,
        "default": {"sql": "(ARRAY['incomplete', '未完整', '不完整', '集計中'])[
            coalesce(array_position(ARRAY['en', 'zh-TW', 'zh-CN', 'ja'], params.locale), 1)]"},
        "description": "Word beside periods that are not over, or not wholly in the range"},
    {"name": "note", "type": "text",
        "default": {"sql": "(
            SELECT concat_ws(' · ',
                (ARRAY['Tenant', '租戶', '租户', 'テナント'])[l] || ': ' || params.tenant,
                (ARRAY['Filters', '篩選', '筛选', '絞り込み'])[l] || ': ' || (
                    SELECT string_agg(f.key || ' = ' || coalesce(f.value, 'null'), ', ' ORDER BY f.key)
                    FROM jsonb_each_text(params.filters) f),
                (ARRAY['Time zone', '時區', '时区', 'タイムゾーン'])[l] || ': ' || params.timezone,
                CASE WHEN params.finish > moment THEN format((ARRAY['Incomplete from %s on: figures as of %s',
                    '%s 起尚未完整，數字統計至 %s', '%s 起尚未完整，数字统计至 %s', '%s 以降は集計中（%s 時点）'])[l],
                    greatest(moment, params.start)::date, to_char(moment, 'YYYY-MM-DD HH24:MI')) END)
            FROM (SELECT coalesce(array_position(ARRAY['en', 'zh-TW', 'zh-CN', 'ja'], params.locale), 1),
                coalesce(nullif(current_setting('analytics.now', true), '')::timestamptz, now())) AS x(l, moment))"},
        "description": "Line above the tables; by default tenant, filters, zone, and what is not over yet"}
]$json$ AS parameters,
    'SELECT s.timezone FROM analytics.sources s WHERE s.name = params.@name@' AS zone_of_source,
    'SELECT s.timezone FROM analytics.sources s JOIN analytics.metrics m ON m.source = s.name WHERE m.name = params.@name@'
        AS zone_of_metric) AS shared
WHERE r.builtin;

/* dau() has no filters. */
UPDATE analytics.report_definitions r
SET spec = pg_catalog.jsonb_set(r.spec, '{parameters}', (
    SELECT pg_catalog.jsonb_agg(pg_catalog.replace(p.value::pg_catalog.text, 'params.filters', 'NULL::jsonb')::pg_catalog.jsonb
        ORDER BY p.ordinality)
    FROM pg_catalog.jsonb_array_elements(r.spec OPERATOR(pg_catalog.->) 'parameters') WITH ORDINALITY p
    WHERE p.value OPERATOR(pg_catalog.->>) 'name' OPERATOR(pg_catalog.<>) 'filters'))
WHERE r.builtin AND r.name OPERATOR(pg_catalog.=) 'dau';

DROP FUNCTION analytics.builtin_report(text);

/*
 * Built-in reports over metrics.  A spec is JSON over several lines: what breaks a line, also within a text, is one
 * space in the catalog.  98_report_builtin.sql adds the parameters that all have.
 *
 * By provider, endpoint or campaign there is one value for the whole range: a bucket of 100 years, which with any
 * kind of metric is computed from the events, never from values of days.
 *
 * The Makefile writes what is not ASCII as JSON has it, by \u and four digits: the script of an extension is read in
 * the encoding of the database.  One that is not UTF8 cannot have all of these texts, and gets those in English.
 */

CREATE FUNCTION analytics.builtin_report(spec text) RETURNS pg_catalog.jsonb
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_catalog.regexp_replace(
    CASE WHEN pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.=) 'UTF8' THEN spec
    ELSE pg_catalog.regexp_replace(
        pg_catalog.replace(spec, $$ARRAY['en', 'zh-TW', 'zh-CN', 'ja']$$, $$ARRAY['en']$$),
        ',\s*"(zh-TW|zh-CN|ja)": "[^"]*"|\\u[0-9a-f]{4}', '', 'g') END,
    '\s*\n\s*', ' ', 'g')::pg_catalog.jsonb;
COMMENT ON FUNCTION analytics.builtin_report(text) IS 'While the extension is installed: the spec of a built-in report as the catalog has it';


INSERT INTO analytics.report_definitions (name, builtin, description, spec)
SELECT 'otp_usage', true, 'One-time passwords: sent, verified, failed and what they cost, by day and by provider',
analytics.builtin_report($json${
"title": {"en": "OTP usage", "zh-TW": "OTP 使用報表", "zh-CN": "OTP 使用报表", "ja": "OTP 利用レポート"},
"parameters": [
    {"name": "sent", "type": "text", "required": true, "default": "otp_sent",
        "description": "Metric: one-time passwords that were sent"},
    {"name": "verified", "type": "text", "required": true, "default": "otp_verified",
        "description": "Metric: those that were verified"},
    {"name": "failed", "type": "text", "required": true, "default": "otp_failed",
        "description": "Metric: those that were not"},
    {"name": "cost", "type": "text", "required": true, "default": "otp_cost",
        "description": "Metric: what they cost"},
    {"name": "latency", "type": "text", "required": true, "default": "otp_latency",
        "description": "Metric: seconds that sending took"},
    {"name": "provider", "type": "text", "required": true, "default": "provider",
        "description": "Dimension of the metrics: who sent"},
    {"name": "currency", "type": "text", "required": true, "default": "TWD",
        "description": "Currency of the cost, for headers"}
],
"sheets": [
    {
        "name": {"en": "Daily", "zh-TW": "每日統計", "zh-CN": "每日统计", "ja": "日別"},
        "query": "
            SELECT s.bucket::date AS day, s.value::bigint AS sent, v.value::bigint AS verified,
                f.value::bigint AS failed, c.value AS cost
            FROM analytics.time_series(params.sent, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) s
            JOIN analytics.time_series(params.verified, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) v USING (bucket)
            JOIN analytics.time_series(params.failed, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) f USING (bucket)
            JOIN analytics.time_series(params.cost, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) c USING (bucket)
            ORDER BY bucket",
        "cards": [
            {"label": {"en": "Sent", "zh-TW": "總發送次數", "zh-CN": "总发送次数", "ja": "送信数"},
                "value": "sum(sent)", "format": "#,##0"},
            {"label": {"en": "Verified", "zh-TW": "驗證成功", "zh-CN": "验证成功", "ja": "認証成功"},
                "value": "sum(verified)", "format": "#,##0"},
            {"label": {"en": "Success rate", "zh-TW": "成功率", "zh-CN": "成功率", "ja": "成功率"},
                "value": "sum(verified) / nullif(sum(sent), 0)", "format": "0.00%"}
        ],
        "columns": [
            {"name": "day", "format": "yyyy-mm-dd", "total": "label",
                "header": {"en": "Date", "zh-TW": "日期", "zh-CN": "日期", "ja": "日付"}},
            {"name": "sent", "format": "#,##0", "total": "sum",
                "header": {"en": "Sent", "zh-TW": "發送次數", "zh-CN": "发送次数", "ja": "送信数"}},
            {"name": "verified", "format": "#,##0", "total": "sum",
                "header": {"en": "Verified", "zh-TW": "驗證成功", "zh-CN": "验证成功", "ja": "認証成功"}},
            {"name": "failed", "format": "#,##0", "total": "sum",
                "header": {"en": "Failed", "zh-TW": "驗證失敗", "zh-CN": "验证失败", "ja": "認証失敗"}},
            {"name": "rate", "formula": "verified / sent * 100", "format": "0.00", "total": "formula",
                "header": {"en": "Success rate (%)", "zh-TW": "成功率 (%)", "zh-CN": "成功率 (%)", "ja": "成功率 (%)"}},
            {"name": "cost", "format": "#,##0.00", "total": "sum",
                "header": {"en": "Cost ({currency})", "zh-TW": "總成本 ({currency})", "zh-CN": "总成本 ({currency})",
                    "ja": "費用 ({currency})"}}
        ],
        "charts": [
            {"type": "line", "x": "day", "y": ["sent", "verified", "failed"],
                "title": {"en": "Sent, verified and failed by day", "zh-TW": "每日發送與驗證", "zh-CN": "每日发送与验证",
                    "ja": "日別の送信と認証"}}
        ]
    },
    {
        "name": {"en": "Providers", "zh-TW": "供應商統計", "zh-CN": "供应商统计", "ja": "プロバイダー別"},
        "query": "
            SELECT coalesce(dimensions ->> params.provider, 'unknown') AS provider,
                coalesce(s.value, 0)::bigint AS sent, coalesce(v.value, 0) * 100 / nullif(s.value, 0) AS rate,
                l.value AS latency, coalesce(c.value, 0) AS cost
            FROM analytics.time_series(params.sent, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.provider], 'none', params.tenant) s
            FULL JOIN analytics.time_series(params.verified, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.provider], 'none', params.tenant) v USING (dimensions)
            FULL JOIN analytics.time_series(params.latency, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.provider], 'none', params.tenant) l USING (dimensions)
            FULL JOIN analytics.time_series(params.cost, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.provider], 'none', params.tenant) c USING (dimensions)
            ORDER BY sent DESC, provider",
        "columns": [
            {"name": "provider", "total": "label",
                "header": {"en": "Provider", "zh-TW": "供應商", "zh-CN": "供应商", "ja": "プロバイダー"}},
            {"name": "sent", "format": "#,##0", "total": "sum",
                "header": {"en": "Sent", "zh-TW": "發送次數", "zh-CN": "发送次数", "ja": "送信数"}},
            {"name": "rate", "format": "0.00",
                "header": {"en": "Success rate (%)", "zh-TW": "成功率 (%)", "zh-CN": "成功率 (%)", "ja": "成功率 (%)"}},
            {"name": "latency", "format": "0.00",
                "header": {"en": "Average latency (s)", "zh-TW": "平均延遲 (秒)", "zh-CN": "平均延迟 (秒)",
                    "ja": "平均遅延 (秒)"}},
            {"name": "cost", "format": "#,##0.00", "total": "sum",
                "header": {"en": "Cost ({currency})", "zh-TW": "總成本 ({currency})", "zh-CN": "总成本 ({currency})",
                    "ja": "費用 ({currency})"}}
        ],
        "charts": [
            {"type": "bar", "x": "provider", "y": "sent",
                "title": {"en": "Sent by provider", "zh-TW": "各供應商發送次數", "zh-CN": "各供应商发送次数",
                    "ja": "プロバイダー別の送信数"}}
        ]
    }
]
}$json$);

INSERT INTO analytics.report_definitions (name, builtin, description, spec)
SELECT 'api_usage', true, 'Calls of an API: how many, how many failed, how long they took, by day, by endpoint and by hour of the day',
analytics.builtin_report($json${
"title": {"en": "API usage", "zh-TW": "API 使用報表", "zh-CN": "API 使用报表", "ja": "API 利用レポート"},
"parameters": [
    {"name": "requests", "type": "text", "required": true, "default": "api_requests",
        "description": "Metric: calls"},
    {"name": "errors", "type": "text", "required": true, "default": "api_errors",
        "description": "Metric: calls that failed"},
    {"name": "average", "type": "text", "required": true, "default": "api_average",
        "description": "Metric: average response time, in milliseconds"},
    {"name": "p95", "type": "text", "required": true, "default": "api_p95",
        "description": "Metric: response time that 95 of 100 calls do not exceed, in milliseconds"},
    {"name": "endpoint", "type": "text", "required": true, "default": "endpoint",
        "description": "Dimension of the metrics: what was called"},
    {"name": "top", "type": "integer", "required": true, "default": 50, "check": "params.top > 0",
        "description": "How many endpoints are listed"}
],
"sheets": [
    {
        "name": {"en": "Daily", "zh-TW": "每日統計", "zh-CN": "每日统计", "ja": "日別"},
        "query": "
            SELECT r.bucket::date AS day, r.value::bigint AS requests, (r.value - e.value)::bigint AS successes,
                e.value::bigint AS errors, a.value AS average, p.value AS p95,
                CASE WHEN NOT r.complete THEN params.incomplete END AS remark
            FROM analytics.time_series(params.requests, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) r
            JOIN analytics.time_series(params.errors, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) e USING (bucket)
            JOIN analytics.time_series(params.average, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) a USING (bucket)
            JOIN analytics.time_series(params.p95, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) p USING (bucket)
            ORDER BY bucket",
        "cards": [
            {"label": {"en": "Calls", "zh-TW": "總請求數", "zh-CN": "总请求数", "ja": "リクエスト数"},
                "value": "sum(requests)", "format": "#,##0"},
            {"label": {"en": "Errors", "zh-TW": "錯誤", "zh-CN": "错误", "ja": "エラー"},
                "value": "sum(errors)", "format": "#,##0"},
            {"label": {"en": "Success rate", "zh-TW": "成功率", "zh-CN": "成功率", "ja": "成功率"},
                "value": "sum(successes) / nullif(sum(requests), 0)", "format": "0.00%"},
            {"label": {"en": "95 of 100 within", "zh-TW": "P95 回應時間", "zh-CN": "P95 响应时间", "ja": "P95 応答時間"},
                "value": "analytics.metric_value(params.p95, params.start, params.finish, params.filters, params.tenant,
                    params.timezone)", "format": "#,##0\" ms\""}
        ],
        "columns": [
            {"name": "day", "format": "yyyy-mm-dd", "total": "label",
                "header": {"en": "Date", "zh-TW": "日期", "zh-CN": "日期", "ja": "日付"}},
            {"name": "requests", "format": "#,##0", "total": "sum",
                "header": {"en": "Calls", "zh-TW": "請求數", "zh-CN": "请求数", "ja": "リクエスト数"}},
            {"name": "successes", "format": "#,##0", "total": "sum",
                "header": {"en": "Successes", "zh-TW": "成功", "zh-CN": "成功", "ja": "成功"}},
            {"name": "errors", "format": "#,##0", "total": "sum",
                "header": {"en": "Errors", "zh-TW": "錯誤", "zh-CN": "错误", "ja": "エラー"}},
            {"name": "rate", "formula": "successes / requests * 100", "format": "0.00", "total": "formula",
                "header": {"en": "Success rate (%)", "zh-TW": "成功率 (%)", "zh-CN": "成功率 (%)", "ja": "成功率 (%)"},
                "conditional": [{"when": "< 95", "color": "#FEE2E2"}, {"when": "< 99", "color": "#FEF3C7"}]},
            {"name": "average", "format": "#,##0.0",
                "header": {"en": "Average (ms)", "zh-TW": "平均回應時間 (ms)", "zh-CN": "平均响应时间 (ms)",
                    "ja": "平均応答時間 (ms)"}},
            {"name": "p95", "format": "#,##0.0",
                "header": {"en": "P95 (ms)", "zh-TW": "P95 (ms)", "zh-CN": "P95 (ms)", "ja": "P95 (ms)"}},
            {"name": "remark", "align": "center",
                "header": {"en": "Remark", "zh-TW": "備註", "zh-CN": "备注", "ja": "備考"}}
        ],
        "charts": [
            {"type": "column", "x": "day", "y": ["successes", "errors"], "stacked": true,
                "title": {"en": "Calls by day", "zh-TW": "每日請求數", "zh-CN": "每日请求数", "ja": "日別リクエスト数"}},
            {"type": "line", "x": "day", "y": ["average", "p95"],
                "title": {"en": "Response time (ms)", "zh-TW": "回應時間 (ms)", "zh-CN": "响应时间 (ms)",
                    "ja": "応答時間 (ms)"}}
        ]
    },
    {
        "name": {"en": "Endpoints", "zh-TW": "端點統計", "zh-CN": "端点统计", "ja": "エンドポイント別"},
        "query": "
            SELECT coalesce(dimensions ->> params.endpoint, 'unknown') AS endpoint,
                coalesce(r.value, 0)::bigint AS requests, coalesce(e.value, 0)::bigint AS errors,
                (coalesce(r.value, 0) - coalesce(e.value, 0)) * 100 / nullif(r.value, 0) AS rate,
                a.value AS average, p.value AS p95
            FROM analytics.time_series(params.requests, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.endpoint], 'none', params.tenant) r
            FULL JOIN analytics.time_series(params.errors, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.endpoint], 'none', params.tenant) e USING (dimensions)
            FULL JOIN analytics.time_series(params.average, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.endpoint], 'none', params.tenant) a USING (dimensions)
            FULL JOIN analytics.time_series(params.p95, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.endpoint], 'none', params.tenant) p USING (dimensions)
            ORDER BY requests DESC, endpoint LIMIT params.top",
        "columns": [
            {"name": "endpoint",
                "header": {"en": "Endpoint", "zh-TW": "端點", "zh-CN": "端点", "ja": "エンドポイント"}},
            {"name": "requests", "format": "#,##0", "conditional": {"type": "bar", "min": 0, "color": "#93C5FD"},
                "header": {"en": "Calls", "zh-TW": "請求數", "zh-CN": "请求数", "ja": "リクエスト数"}},
            {"name": "errors", "format": "#,##0",
                "header": {"en": "Errors", "zh-TW": "錯誤", "zh-CN": "错误", "ja": "エラー"}},
            {"name": "rate", "format": "0.00",
                "header": {"en": "Success rate (%)", "zh-TW": "成功率 (%)", "zh-CN": "成功率 (%)", "ja": "成功率 (%)"},
                "conditional": [{"when": "< 95", "color": "#FEE2E2"}, {"when": "< 99", "color": "#FEF3C7"}]},
            {"name": "average", "format": "#,##0.0",
                "header": {"en": "Average (ms)", "zh-TW": "平均回應時間 (ms)", "zh-CN": "平均响应时间 (ms)",
                    "ja": "平均応答時間 (ms)"}},
            {"name": "p95", "format": "#,##0.0",
                "header": {"en": "P95 (ms)", "zh-TW": "P95 (ms)", "zh-CN": "P95 (ms)", "ja": "P95 (ms)"}}
        ]
    },
    {
        "name": {"en": "Hours", "zh-TW": "時段統計", "zh-CN": "时段统计", "ja": "時間帯別"},
        "query": "
            SELECT extract(hour FROM r.bucket)::integer AS hour, sum(r.value)::bigint AS requests,
                sum(e.value)::bigint AS errors
            FROM analytics.time_series(params.requests, params.start, params.finish, 'hour', params.timezone,
                params.filters, NULL, 'zero', params.tenant) r
            JOIN analytics.time_series(params.errors, params.start, params.finish, 'hour', params.timezone,
                params.filters, NULL, 'zero', params.tenant) e USING (bucket)
            GROUP BY 1 ORDER BY 1",
        "columns": [
            {"name": "hour", "format": "00", "align": "center", "total": "label",
                "header": {"en": "Hour", "zh-TW": "時段", "zh-CN": "时段", "ja": "時"}},
            {"name": "requests", "format": "#,##0", "total": "sum",
                "header": {"en": "Calls", "zh-TW": "請求數", "zh-CN": "请求数", "ja": "リクエスト数"}},
            {"name": "errors", "format": "#,##0", "total": "sum",
                "header": {"en": "Errors", "zh-TW": "錯誤", "zh-CN": "错误", "ja": "エラー"}},
            {"name": "error_rate", "formula": "errors / requests * 100", "format": "0.00", "total": "formula",
                "header": {"en": "Errors (%)", "zh-TW": "錯誤率 (%)", "zh-CN": "错误率 (%)", "ja": "エラー率 (%)"}}
        ],
        "charts": [
            {"type": "column", "x": "hour", "y": "requests",
                "title": {"en": "Calls by hour of the day", "zh-TW": "各時段請求數", "zh-CN": "各时段请求数",
                    "ja": "時間帯別リクエスト数"}}
        ]
    }
]
}$json$);

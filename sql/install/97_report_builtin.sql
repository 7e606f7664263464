/* Built-in reports: who goes through the steps of a funnel, and who comes back. */

INSERT INTO analytics.report_definitions (name, builtin, description, spec)
SELECT 'funnel', true, 'How many people went through the steps of a funnel, how long it took them, and how that changes',
analytics.builtin_report($json${
"title": {"en": "Funnel", "zh-TW": "轉換漏斗", "zh-CN": "转化漏斗", "ja": "ファネル"},
"parameters": [
    {"name": "source", "type": "text", "required": true, "default": "events",
        "description": "Source of the events"},
    {"name": "steps", "type": "jsonb", "required": true,
        "description": "Write the steps as funnel() has them: [\"created\", \"sent\", \"verified\"]."},
    {"name": "within", "type": "interval", "required": true, "default": "14 days",
        "description": "Time from the first step to the last"},
    {"name": "ordering", "type": "text", "required": true, "default": "ordered", "values": ["ordered", "strict", "any"],
        "description": "What may lie between two steps"},
    {"name": "counting", "type": "text", "required": true, "default": "uniques",
        "values": ["uniques", "sessions", "totals"], "description": "What is counted: people, sessions or attempts"},
    {"name": "granularity", "type": "text", "required": true, "default": "day",
        "values": ["hour", "day", "week", "month", "quarter", "year"], "description": "Periods of the trend"}
],
"sheets": [
    {
        "name": {"en": "Steps", "zh-TW": "步驟", "zh-CN": "步骤", "ja": "ステップ"},
        "query": "
            SELECT step, name, entities, rate_first, rate_low, rate_high, rate_previous, dropped,
                extract(epoch FROM median_time)::float8 / 3600 AS median,
                extract(epoch FROM p90_time)::float8 / 3600 AS p90
            FROM analytics.funnel(params.source, params.steps, params.start, params.finish, params.within,
                ordering => params.ordering, counting => params.counting, filters => params.filters,
                timezone => params.timezone, tenant => params.tenant) ORDER BY step",
        "cards": [
            {"label": {"en": "Entered", "zh-TW": "進入人數", "zh-CN": "进入人数", "ja": "開始"},
                "value": "(array_agg(entities ORDER BY step))[1]", "format": "#,##0"},
            {"label": {"en": "Converted", "zh-TW": "完成人數", "zh-CN": "完成人数", "ja": "完了"},
                "value": "(array_agg(entities ORDER BY step DESC))[1]", "format": "#,##0"},
            {"label": {"en": "Conversion", "zh-TW": "轉換率", "zh-CN": "转化率", "ja": "転換率"},
                "value": "(array_agg(rate_first ORDER BY step DESC))[1]", "format": "0.00%"}
        ],
        "columns": [
            {"name": "step", "format": "0", "align": "center",
                "header": {"en": "Step", "zh-TW": "步驟", "zh-CN": "步骤", "ja": "順"}},
            {"name": "name",
                "header": {"en": "Name", "zh-TW": "名稱", "zh-CN": "名称", "ja": "名前"}},
            {"name": "entities", "format": "#,##0", "conditional": {"type": "bar", "min": 0, "color": "#93C5FD"},
                "header": {"en": "People", "zh-TW": "人數", "zh-CN": "人数", "ja": "人数"}},
            {"name": "rate_first", "format": "0.00%",
                "header": {"en": "Of the first", "zh-TW": "占首步", "zh-CN": "占首步", "ja": "最初比"}},
            {"name": "rate_low", "format": "0.0%",
                "header": {"en": "at least", "zh-TW": "95% 下限", "zh-CN": "95% 下限", "ja": "95% 下限"}},
            {"name": "rate_high", "format": "0.0%",
                "header": {"en": "at most", "zh-TW": "95% 上限", "zh-CN": "95% 上限", "ja": "95% 上限"}},
            {"name": "rate_previous", "format": "0.00%",
                "header": {"en": "Of the step before", "zh-TW": "占前步", "zh-CN": "占前步", "ja": "前比"}},
            {"name": "dropped", "format": "#,##0",
                "header": {"en": "Dropped", "zh-TW": "流失", "zh-CN": "流失", "ja": "離脱"}},
            {"name": "median", "format": "#,##0.0",
                "header": {"en": "Median (h)", "zh-TW": "中位時間 (時)", "zh-CN": "中位时间 (时)", "ja": "中央値 (時間)"}},
            {"name": "p90", "format": "#,##0.0",
                "header": {"en": "P90 (h)", "zh-TW": "P90 時間 (時)", "zh-CN": "P90 时间 (时)", "ja": "P90 (時間)"}}
        ],
        "charts": [
            {"type": "bar", "x": "name", "y": "entities",
                "title": {"en": "People by step", "zh-TW": "各步驟人數", "zh-CN": "各步骤人数", "ja": "ステップ別人数"}}
        ]
    },
    {
        "name": {"en": "Trend", "zh-TW": "趨勢", "zh-CN": "趋势", "ja": "推移"},
        "query": "
            SELECT CASE WHEN params.granularity = 'hour' THEN to_char(period, 'YYYY-MM-DD HH24:MI')
                    ELSE to_char(period, 'YYYY-MM-DD') END AS period,
                entered, converted, rate, rate_low, rate_high,
                CASE WHEN NOT complete THEN params.incomplete END AS remark
            FROM analytics.funnel_trend(params.source, params.steps, params.start, params.finish, params.within,
                ordering => params.ordering, counting => params.counting, filters => params.filters,
                timezone => params.timezone, tenant => params.tenant, granularity => params.granularity) t
            ORDER BY t.period",
        "columns": [
            {"name": "period",
                "header": {"en": "Entered in", "zh-TW": "進入期間", "zh-CN": "进入期间", "ja": "開始期間"}},
            {"name": "entered", "format": "#,##0",
                "header": {"en": "Entered", "zh-TW": "進入人數", "zh-CN": "进入人数", "ja": "開始"}},
            {"name": "converted", "format": "#,##0",
                "header": {"en": "Converted", "zh-TW": "完成人數", "zh-CN": "完成人数", "ja": "完了"}},
            {"name": "rate", "format": "0.00%",
                "header": {"en": "Conversion", "zh-TW": "轉換率", "zh-CN": "转化率", "ja": "転換率"}},
            {"name": "rate_low", "format": "0.0%",
                "header": {"en": "at least", "zh-TW": "95% 下限", "zh-CN": "95% 下限", "ja": "95% 下限"}},
            {"name": "rate_high", "format": "0.0%",
                "header": {"en": "at most", "zh-TW": "95% 上限", "zh-CN": "95% 上限", "ja": "95% 上限"}},
            {"name": "remark", "align": "center",
                "header": {"en": "Remark", "zh-TW": "備註", "zh-CN": "备注", "ja": "備考"}}
        ],
        "charts": [
            {"type": "line", "x": "period", "y": "rate",
                "title": {"en": "Conversion", "zh-TW": "轉換率", "zh-CN": "转化率", "ja": "転換率"}}
        ]
    },
    {
        "name": {"en": "Time to convert", "zh-TW": "轉換時間", "zh-CN": "转化时间", "ja": "完了までの時間"},
        "query": "
            SELECT concat_ws(' ', nullif(div(f, 86400), 0) || 'd', to_char(make_interval(secs => mod(f, 86400)::float8), 'HH24:MI:SS'),
                '-', nullif(div(t, 86400), 0) || 'd', to_char(make_interval(secs => mod(t, 86400)::float8), 'HH24:MI:SS')) AS took, entities
            FROM (
                SELECT bin, entities, extract(epoch FROM from_time) AS f, extract(epoch FROM to_time) AS t
                FROM analytics.funnel_time_histogram(params.source, params.steps, params.start, params.finish, params.within,
                    ordering => params.ordering, counting => params.counting, filters => params.filters,
                    timezone => params.timezone, tenant => params.tenant)) h
            ORDER BY bin",
        "columns": [
            {"name": "took",
                "header": {"en": "First step to last", "zh-TW": "首步至末步", "zh-CN": "首步至末步", "ja": "最初から最後まで"}},
            {"name": "entities", "format": "#,##0", "conditional": {"type": "bar", "min": 0, "color": "#93C5FD"},
                "header": {"en": "People", "zh-TW": "人數", "zh-CN": "人数", "ja": "人数"}}
        ]
    }
]
}$json$);

INSERT INTO analytics.report_definitions (name, builtin, description, spec)
SELECT 'retention', true, 'Who of those that started in a day, week or month came back, period by period, as a triangle',
analytics.builtin_report($json${
"title": {"en": "Retention", "zh-TW": "留存報表", "zh-CN": "留存报表", "ja": "リテンション"},
"orientation": "landscape",
"parameters": [
    {"name": "source", "type": "text", "required": true, "default": "events",
        "description": "Source of the events"},
    {"name": "start_event", "type": "text",
        "description": "Event that puts somebody into a cohort, a name or JSON; any event without it"},
    {"name": "return_event", "type": "text",
        "description": "Event that counts as coming back; any event without it"},
    {"name": "period", "type": "text", "required": true, "default": "week", "values": ["day", "week", "month"],
        "description": "Length of the periods and of the cohorts"},
    {"name": "periods", "type": "integer", "required": true, "default": 8, "check": "params.periods BETWEEN 2 AND 60",
        "description": "How many periods, with period 0"},
    {"name": "cohort", "type": "text", "required": true, "default": "first_in_range",
        "values": ["first_in_range", "first_ever", "recurring"], "description": "Who is in which cohort"},
    {"name": "start", "type": "timestamptz", "required": true,
        "default": {"sql": "date_trunc(params.period, params.finish - interval '1 us')
            - (params.periods - 1) * ('1 ' || params.period)::interval"},
        "check": "params.start < params.finish", "description": "First moment of the cohorts; by default as many as there are periods"},
    {"name": "finish", "type": "timestamptz", "required": true,
        "default": {"sql": "date_trunc(params.period,
            coalesce(nullif(current_setting('analytics.now', true), '')::timestamptz, now()))"},
        "description": "First moment after the cohorts; by default the beginning of this period"},
    {"name": "period_label", "type": "text", "required": true,
        "default": {"sql": "(CASE params.period
                WHEN 'day' THEN ARRAY['Day #', '第 # 日', '第 # 日', '#日後']
                WHEN 'week' THEN ARRAY['Week #', '第 # 週', '第 # 周', '#週後']
                ELSE ARRAY['Month #', '第 # 月', '第 # 月', '#か月後']
            END)[coalesce(array_position(ARRAY['en', 'zh-TW', 'zh-CN', 'ja'], params.locale), 1)]"},
        "description": "Header of a period; # is its number"}
],
"sheets": [
    {
        "name": {"en": "Retention", "zh-TW": "留存率", "zh-CN": "留存率", "ja": "継続率"},
        "query": "
            SELECT cohort::date AS cohort, size,
                CASE WHEN bool_or(period = 0 AND NOT complete) OVER (PARTITION BY cohort) THEN params.incomplete END AS remark,
                replace(params.period_label, '#', period::text) AS label, CASE WHEN over THEN rate END AS rate
            FROM (
                SELECT t.*, t.cohort + (t.period + 1) * ('1 ' || params.period)::interval
                    <= coalesce(nullif(current_setting('analytics.now', true), '')::timestamptz, now()) AS over
                FROM analytics.retention_table(params.source, params.start_event, params.return_event, params.start,
                    params.finish, params.period, params.periods, params.cohort, filters => params.filters,
                    timezone => params.timezone, tenant => params.tenant) t) t
            ORDER BY cohort, period",
        "cards": [
            {"label": {"en": "People", "zh-TW": "總人數", "zh-CN": "总人数", "ja": "人数"},
                "value": "sum(size) FILTER (WHERE label = replace(params.period_label, '#', '0'))", "format": "#,##0"},
            {"label": {"en": "Back in the next period", "zh-TW": "次期留存率", "zh-CN": "次期留存率", "ja": "翌期の継続率"},
                "value": "sum(rate * size) FILTER (WHERE label = replace(params.period_label, '#', '1')) / nullif(
                    sum(size) FILTER (WHERE label = replace(params.period_label, '#', '1') AND rate IS NOT NULL), 0)",
                "format": "0.0%"}
        ],
        "columns": [
            {"name": "cohort", "format": "yyyy-mm-dd",
                "header": {"en": "Started", "zh-TW": "起始期間", "zh-CN": "起始期间", "ja": "開始"}},
            {"name": "size", "format": "#,##0",
                "header": {"en": "People", "zh-TW": "人數", "zh-CN": "人数", "ja": "人数"}},
            {"name": "remark", "align": "center",
                "header": {"en": "Remark", "zh-TW": "備註", "zh-CN": "备注", "ja": "備考"}}
        ],
        "pivot": {"columns": "label", "value": "rate", "format": "0.0%", "align": "center",
            "conditional": {"type": "scale", "min": 0, "max": 1, "low_color": "#FFFFFF", "color": "#3B82F6"}}
    },
    {
        "name": {"en": "People", "zh-TW": "留存人數", "zh-CN": "留存人数", "ja": "継続人数"},
        "query": "
            SELECT cohort::date AS cohort, size, replace(params.period_label, '#', period::text) AS label,
                CASE WHEN t.cohort + (t.period + 1) * ('1 ' || params.period)::interval
                    <= coalesce(nullif(current_setting('analytics.now', true), '')::timestamptz, now())
                    THEN retained END AS retained
            FROM analytics.retention_table(params.source, params.start_event, params.return_event, params.start,
                params.finish, params.period, params.periods, params.cohort, filters => params.filters,
                timezone => params.timezone, tenant => params.tenant) t
            ORDER BY t.cohort, t.period",
        "columns": [
            {"name": "cohort", "format": "yyyy-mm-dd",
                "header": {"en": "Started", "zh-TW": "起始期間", "zh-CN": "起始期间", "ja": "開始"}},
            {"name": "size", "format": "#,##0",
                "header": {"en": "People", "zh-TW": "人數", "zh-CN": "人数", "ja": "人数"}}
        ],
        "pivot": {"columns": "label", "value": "retained", "format": "#,##0", "align": "center"}
    },
    {
        "name": {"en": "Curve", "zh-TW": "留存曲線", "zh-CN": "留存曲线", "ja": "継続曲線"},
        "query": "
            SELECT period, sum(size)::bigint AS size, sum(retained)::bigint AS retained,
                sum(retained)::float8 / nullif(sum(size), 0) AS rate
            FROM analytics.retention_table(params.source, params.start_event, params.return_event, params.start,
                params.finish, params.period, params.periods, params.cohort, filters => params.filters,
                timezone => params.timezone, tenant => params.tenant) t
            WHERE t.cohort + (t.period + 1) * ('1 ' || params.period)::interval
                <= coalesce(nullif(current_setting('analytics.now', true), '')::timestamptz, now())
            GROUP BY period ORDER BY period",
        "columns": [
            {"name": "period", "format": "0", "align": "center",
                "header": {"en": "Period", "zh-TW": "期數", "zh-CN": "期数", "ja": "期"}},
            {"name": "size", "format": "#,##0",
                "header": {"en": "People", "zh-TW": "人數", "zh-CN": "人数", "ja": "人数"}},
            {"name": "retained", "format": "#,##0",
                "header": {"en": "Back", "zh-TW": "留存人數", "zh-CN": "留存人数", "ja": "継続人数"}},
            {"name": "rate", "format": "0.0%",
                "header": {"en": "Share", "zh-TW": "留存率", "zh-CN": "留存率", "ja": "継続率"}}
        ],
        "charts": [
            {"type": "line", "x": "period", "y": "rate",
                "title": {"en": "Share that came back", "zh-TW": "留存曲線", "zh-CN": "留存曲线", "ja": "継続率"}}
        ]
    }
]
}$json$);

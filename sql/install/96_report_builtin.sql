/* Built-in reports over metrics, continued, and over the people of a source. */

INSERT INTO analytics.report_definitions (name, builtin, description, spec)
SELECT 'campaign_performance', true, 'Campaigns: what was sent, delivered, opened, clicked and spent, by campaign and by day',
analytics.builtin_report($json${
"title": {"en": "Campaign performance", "zh-TW": "行銷活動成效", "zh-CN": "营销活动效果", "ja": "キャンペーン成果"},
"orientation": "landscape",
"parameters": [
    {"name": "sent", "type": "text", "required": true, "default": "campaign_sent",
        "description": "Metric: messages that were sent"},
    {"name": "delivered", "type": "text", "required": true, "default": "campaign_delivered",
        "description": "Metric: those that arrived"},
    {"name": "opened", "type": "text", "required": true, "default": "campaign_opened",
        "description": "Metric: those that were opened"},
    {"name": "clicked", "type": "text", "required": true, "default": "campaign_clicked",
        "description": "Metric: those whose link was followed"},
    {"name": "cost", "type": "text", "required": true, "default": "campaign_cost",
        "description": "Metric: what they cost"},
    {"name": "dimension", "type": "text", "required": true, "default": "campaign",
        "description": "Dimension of the metrics: the campaign"},
    {"name": "campaign", "type": "text",
        "description": "Only this campaign; all without it",
        "check": "params.campaign IS NULL OR params.filters ->> params.dimension IS NOT DISTINCT FROM params.campaign",
        "message": "With filters of one's own, the campaign stands in them."},
    {"name": "filters", "type": "jsonb",
        "default": {"sql": "CASE WHEN params.campaign IS NOT NULL
            THEN jsonb_build_object(params.dimension, params.campaign) END"},
        "description": "Filters by dimensions of the metrics, as time_series has them"},
    {"name": "currency", "type": "text", "required": true, "default": "TWD",
        "description": "Currency of the cost, for headers"}
],
"sheets": [
    {
        "name": {"en": "Campaigns", "zh-TW": "活動統計", "zh-CN": "活动统计", "ja": "キャンペーン別"},
        "query": "
            SELECT coalesce(dimensions ->> params.dimension, 'unknown') AS campaign,
                coalesce(s.value, 0)::bigint AS sent, coalesce(d.value, 0)::bigint AS delivered,
                coalesce(o.value, 0)::bigint AS opened, coalesce(k.value, 0)::bigint AS clicked,
                coalesce(c.value, 0) AS cost
            FROM analytics.time_series(params.sent, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.dimension], 'none', params.tenant) s
            FULL JOIN analytics.time_series(params.delivered, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.dimension], 'none', params.tenant) d USING (dimensions)
            FULL JOIN analytics.time_series(params.opened, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.dimension], 'none', params.tenant) o USING (dimensions)
            FULL JOIN analytics.time_series(params.clicked, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.dimension], 'none', params.tenant) k USING (dimensions)
            FULL JOIN analytics.time_series(params.cost, params.start, params.finish, '100 years', params.timezone,
                params.filters, ARRAY[params.dimension], 'none', params.tenant) c USING (dimensions)
            ORDER BY sent DESC, campaign",
        "cards": [
            {"label": {"en": "Sent", "zh-TW": "發送", "zh-CN": "发送", "ja": "送信数"},
                "value": "sum(sent)", "format": "#,##0"},
            {"label": {"en": "Delivered", "zh-TW": "送達率", "zh-CN": "送达率", "ja": "到達率"},
                "value": "sum(delivered) / nullif(sum(sent), 0)", "format": "0.0%"},
            {"label": {"en": "Opened", "zh-TW": "開啟率", "zh-CN": "打开率", "ja": "開封率"},
                "value": "sum(opened) / nullif(sum(delivered), 0)", "format": "0.0%"},
            {"label": {"en": "Clicked", "zh-TW": "點擊率", "zh-CN": "点击率", "ja": "クリック率"},
                "value": "sum(clicked) / nullif(sum(delivered), 0)", "format": "0.0%"}
        ],
        "columns": [
            {"name": "campaign", "total": "label",
                "header": {"en": "Campaign", "zh-TW": "活動", "zh-CN": "活动", "ja": "キャンペーン"}},
            {"name": "sent", "format": "#,##0", "total": "sum",
                "header": {"en": "Sent", "zh-TW": "發送", "zh-CN": "发送", "ja": "送信数"}},
            {"name": "delivered", "format": "#,##0", "total": "sum",
                "header": {"en": "Delivered", "zh-TW": "送達", "zh-CN": "送达", "ja": "到達数"}},
            {"name": "delivery_rate", "formula": "delivered / sent * 100", "format": "0.0", "total": "formula",
                "header": {"en": "Delivered (%)", "zh-TW": "送達率 (%)", "zh-CN": "送达率 (%)", "ja": "到達率 (%)"}},
            {"name": "opened", "format": "#,##0", "total": "sum",
                "header": {"en": "Opened", "zh-TW": "開啟", "zh-CN": "打开", "ja": "開封数"}},
            {"name": "open_rate", "formula": "opened / delivered * 100", "format": "0.0", "total": "formula",
                "header": {"en": "Opened (%)", "zh-TW": "開啟率 (%)", "zh-CN": "打开率 (%)", "ja": "開封率 (%)"}},
            {"name": "clicked", "format": "#,##0", "total": "sum",
                "header": {"en": "Clicked", "zh-TW": "點擊", "zh-CN": "点击", "ja": "クリック数"}},
            {"name": "click_rate", "formula": "clicked / delivered * 100", "format": "0.0", "total": "formula",
                "header": {"en": "Clicked (%)", "zh-TW": "點擊率 (%)", "zh-CN": "点击率 (%)", "ja": "クリック率 (%)"}},
            {"name": "cost", "format": "#,##0.00", "total": "sum",
                "header": {"en": "Cost ({currency})", "zh-TW": "成本 ({currency})", "zh-CN": "成本 ({currency})",
                    "ja": "費用 ({currency})"}},
            {"name": "cost_per_click", "formula": "cost / clicked", "format": "#,##0.00", "total": "formula",
                "header": {"en": "Cost per click", "zh-TW": "每次點擊成本", "zh-CN": "每次点击成本", "ja": "クリック単価"}}
        ],
        "charts": [
            {"type": "bar", "x": "campaign", "y": ["open_rate", "click_rate"],
                "title": {"en": "Opened and clicked, of what was delivered (%)", "zh-TW": "開啟率與點擊率 (%)",
                    "zh-CN": "打开率与点击率 (%)", "ja": "開封率とクリック率 (%)"}}
        ]
    },
    {
        "name": {"en": "Daily", "zh-TW": "每日統計", "zh-CN": "每日统计", "ja": "日別"},
        "query": "
            SELECT s.bucket::date AS day, s.value::bigint AS sent, d.value::bigint AS delivered,
                o.value::bigint AS opened, k.value::bigint AS clicked, c.value AS cost,
                CASE WHEN NOT s.complete THEN params.incomplete END AS remark
            FROM analytics.time_series(params.sent, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) s
            JOIN analytics.time_series(params.delivered, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) d USING (bucket)
            JOIN analytics.time_series(params.opened, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) o USING (bucket)
            JOIN analytics.time_series(params.clicked, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) k USING (bucket)
            JOIN analytics.time_series(params.cost, params.start, params.finish, 'day', params.timezone,
                params.filters, NULL, 'zero', params.tenant) c USING (bucket)
            ORDER BY bucket",
        "columns": [
            {"name": "day", "format": "yyyy-mm-dd", "total": "label",
                "header": {"en": "Date", "zh-TW": "日期", "zh-CN": "日期", "ja": "日付"}},
            {"name": "sent", "format": "#,##0", "total": "sum",
                "header": {"en": "Sent", "zh-TW": "發送", "zh-CN": "发送", "ja": "送信数"}},
            {"name": "delivered", "format": "#,##0", "total": "sum",
                "header": {"en": "Delivered", "zh-TW": "送達", "zh-CN": "送达", "ja": "到達数"}},
            {"name": "opened", "format": "#,##0", "total": "sum",
                "header": {"en": "Opened", "zh-TW": "開啟", "zh-CN": "打开", "ja": "開封数"}},
            {"name": "clicked", "format": "#,##0", "total": "sum",
                "header": {"en": "Clicked", "zh-TW": "點擊", "zh-CN": "点击", "ja": "クリック数"}},
            {"name": "cost", "format": "#,##0.00", "total": "sum",
                "header": {"en": "Cost ({currency})", "zh-TW": "成本 ({currency})", "zh-CN": "成本 ({currency})",
                    "ja": "費用 ({currency})"}},
            {"name": "remark", "align": "center",
                "header": {"en": "Remark", "zh-TW": "備註", "zh-CN": "备注", "ja": "備考"}}
        ],
        "charts": [
            {"type": "line", "x": "day", "y": ["delivered", "opened", "clicked"],
                "title": {"en": "Delivered, opened and clicked by day", "zh-TW": "每日送達、開啟與點擊",
                    "zh-CN": "每日送达、打开与点击", "ja": "日別の到達・開封・クリック"}}
        ]
    }
]
}$json$);

INSERT INTO analytics.report_definitions (name, builtin, description, spec)
SELECT 'user_activity', true, 'People of a source: active, new and lost by day, how many days they came, and who came most',
analytics.builtin_report($json${
"title": {"en": "User activity", "zh-TW": "使用者活躍報表", "zh-CN": "用户活跃报表", "ja": "ユーザー活動レポート"},
"parameters": [
    {"name": "source", "type": "text", "required": true, "default": "events",
        "description": "Source of the events"},
    {"name": "top", "type": "integer", "required": true, "default": 50, "check": "params.top > 0",
        "description": "How many people are listed"}
],
"sheets": [
    {
        "name": {"en": "Daily", "zh-TW": "每日統計", "zh-CN": "每日统计", "ja": "日別"},
        "query": "
            SELECT period::date AS day,
                (sum(l.entities) FILTER (WHERE status <> 'dormant'))::bigint AS active,
                (sum(l.entities) FILTER (WHERE status = 'new'))::bigint AS new,
                (sum(l.entities) FILTER (WHERE status = 'returning'))::bigint AS returning,
                (sum(l.entities) FILTER (WHERE status = 'resurrecting'))::bigint AS resurrecting,
                (sum(abs(l.entities)) FILTER (WHERE status = 'dormant'))::bigint AS dormant,
                min(v.sessions) AS visits, extract(epoch FROM min(v.avg_duration))::float8 / 60 AS minutes,
                CASE WHEN NOT bool_and(l.complete) THEN params.incomplete END AS remark
            FROM analytics.lifecycle(params.source, params.start, params.finish, 'day', NULL, params.filters,
                params.timezone, params.tenant) l
            LEFT JOIN analytics.session_summary(params.source, params.start, params.finish, 'day',
                filters => params.filters, timezone => params.timezone, tenant => params.tenant) v ON v.bucket = period
            GROUP BY period ORDER BY period",
        "cards": [
            {"label": {"en": "Active on a day", "zh-TW": "日均活躍", "zh-CN": "日均活跃", "ja": "1日平均アクティブ"},
                "value": "avg(active) FILTER (WHERE remark IS NULL)", "format": "#,##0.0"},
            {"label": {"en": "New people", "zh-TW": "新使用者", "zh-CN": "新用户", "ja": "新規ユーザー"},
                "value": "sum(new)", "format": "#,##0"},
            {"label": {"en": "Visits", "zh-TW": "造訪次數", "zh-CN": "访问次数", "ja": "訪問数"},
                "value": "sum(visits)", "format": "#,##0"}
        ],
        "columns": [
            {"name": "day", "format": "yyyy-mm-dd", "total": "label",
                "header": {"en": "Date", "zh-TW": "日期", "zh-CN": "日期", "ja": "日付"}},
            {"name": "active", "format": "#,##0",
                "header": {"en": "Active", "zh-TW": "活躍使用者", "zh-CN": "活跃用户", "ja": "アクティブ"}},
            {"name": "new", "format": "#,##0", "total": "sum",
                "header": {"en": "New", "zh-TW": "新使用者", "zh-CN": "新用户", "ja": "新規"}},
            {"name": "returning", "format": "#,##0",
                "header": {"en": "Also the day before", "zh-TW": "連續活躍", "zh-CN": "连续活跃", "ja": "前日も利用"}},
            {"name": "resurrecting", "format": "#,##0",
                "header": {"en": "Back again", "zh-TW": "回流", "zh-CN": "回流", "ja": "復帰"}},
            {"name": "dormant", "format": "#,##0",
                "header": {"en": "Not back", "zh-TW": "未再活躍", "zh-CN": "未再活跃", "ja": "離脱"}},
            {"name": "visits", "format": "#,##0", "total": "sum",
                "header": {"en": "Visits", "zh-TW": "造訪次數", "zh-CN": "访问次数", "ja": "訪問数"}},
            {"name": "minutes", "format": "#,##0.0",
                "header": {"en": "Minutes a visit", "zh-TW": "平均停留 (分)", "zh-CN": "平均停留 (分)",
                    "ja": "平均滞在 (分)"}},
            {"name": "remark", "align": "center",
                "header": {"en": "Remark", "zh-TW": "備註", "zh-CN": "备注", "ja": "備考"}}
        ],
        "charts": [
            {"type": "column", "stacked": true, "x": "day", "y": ["returning", "resurrecting", "new"],
                "title": {"en": "Active people by day", "zh-TW": "每日活躍使用者", "zh-CN": "每日活跃用户",
                    "ja": "日別アクティブユーザー"}}
        ]
    },
    {
        "name": {"en": "Days active", "zh-TW": "活躍天數", "zh-CN": "活跃天数", "ja": "利用日数"},
        "query": "
            SELECT periods, entities, rate FROM (
                SELECT *, max(periods) FILTER (WHERE entities > 0) OVER () AS most
                FROM analytics.stickiness(params.source, params.start, params.finish, 'day',
                    filters => params.filters, timezone => params.timezone, tenant => params.tenant)) t
            WHERE periods <= most ORDER BY periods",
        "columns": [
            {"name": "periods", "format": "0", "align": "center", "total": "label",
                "header": {"en": "Days", "zh-TW": "天數", "zh-CN": "天数", "ja": "日数"}},
            {"name": "entities", "format": "#,##0", "total": "sum",
                "header": {"en": "People", "zh-TW": "人數", "zh-CN": "人数", "ja": "人数"}},
            {"name": "rate", "format": "0.0%", "conditional": {"type": "bar", "min": 0, "max": 1, "color": "#93C5FD"},
                "header": {"en": "Share", "zh-TW": "占比", "zh-CN": "占比", "ja": "割合"}}
        ],
        "charts": [
            {"type": "column", "x": "periods", "y": "entities",
                "title": {"en": "On how many days people were active", "zh-TW": "活躍天數分布", "zh-CN": "活跃天数分布",
                    "ja": "利用日数の分布"}}
        ]
    },
    {
        "name": {"en": "Most active", "zh-TW": "最活躍使用者", "zh-CN": "最活跃用户", "ja": "上位ユーザー"},
        "query": "
            SELECT entity, count(*) AS visits, sum(events)::bigint AS events,
                extract(epoch FROM sum(duration))::float8 / 60 AS minutes, max(ended) AS last_active
            FROM analytics.sessions(params.source, params.start, params.finish,
                filters => params.filters, timezone => params.timezone, tenant => params.tenant)
            GROUP BY entity ORDER BY events DESC, visits DESC, entity LIMIT params.top",
        "columns": [
            {"name": "entity",
                "header": {"en": "User", "zh-TW": "使用者", "zh-CN": "用户", "ja": "ユーザー"}},
            {"name": "visits", "format": "#,##0",
                "header": {"en": "Visits", "zh-TW": "造訪次數", "zh-CN": "访问次数", "ja": "訪問数"}},
            {"name": "events", "format": "#,##0", "conditional": {"type": "bar", "min": 0, "color": "#93C5FD"},
                "header": {"en": "Events", "zh-TW": "事件數", "zh-CN": "事件数", "ja": "イベント数"}},
            {"name": "minutes", "format": "#,##0.0",
                "header": {"en": "Minutes", "zh-TW": "總停留 (分)", "zh-CN": "总停留 (分)", "ja": "滞在 (分)"}},
            {"name": "last_active", "format": "yyyy-mm-dd hh:mm", "align": "center",
                "header": {"en": "Last active", "zh-TW": "最後活躍", "zh-CN": "最后活跃", "ja": "最終利用"}}
        ]
    }
]
}$json$);

INSERT INTO analytics.report_definitions (name, builtin, description, spec)
SELECT 'dau', true, 'Different people of each day, of 7 and of 30 days, and by province or another dimension',
analytics.builtin_report($json${
"title": {"en": "Daily active users", "zh-TW": "每日活躍使用者", "zh-CN": "每日活跃用户", "ja": "デイリーアクティブユーザー"},
"parameters": [
    {"name": "source", "type": "text", "required": true, "default": "events",
        "description": "Source of the events"},
    {"name": "events", "type": "text[]",
        "description": "Events that make somebody active; any event without it"},
    {"name": "dimension", "type": "text", "required": true, "default": "province",
        "description": "Dimension or column of the source, or several: \"province, city\""},
    {"name": "label", "type": "text", "required": true,
        "default": {"sql": "coalesce((CASE params.dimension
                WHEN 'province' THEN ARRAY['Province', '省份', '省份', '都道府県']
                WHEN 'city' THEN ARRAY['City', '城市', '城市', '市区町村']
            END)[coalesce(array_position(ARRAY['en', 'zh-TW', 'zh-CN', 'ja'], params.locale), 1)], params.dimension)"},
        "description": "What the dimension is called in the report"},
    {"name": "method", "type": "text", "required": true, "default": "exact", "values": ["exact", "approx"],
        "description": "exact: counted; approx: by sketches, within 0.6 % in two of three cases"},
    {"name": "top", "type": "integer", "required": true, "default": 10,
        "check": "params.top BETWEEN 1 AND 100",
        "description": "How many values of the dimension have a column by day"},
    {"name": "unknown", "type": "text", "required": true,
        "default": {"sql": "(ARRAY['unknown', '未知', '未知', '不明'])[
            coalesce(array_position(ARRAY['en', 'zh-TW', 'zh-CN', 'ja'], params.locale), 1)]"},
        "description": "Name of what has no value of the dimension"}
],
"sheets": [
    {
        "name": {"en": "Daily", "zh-TW": "每日統計", "zh-CN": "每日统计", "ja": "日別"},
        "query": "
            SELECT d.day, d.users AS dau, w.users AS wau, m.users AS mau,
                d.users::float8 / nullif(m.users, 0) AS stickiness,
                CASE WHEN NOT d.complete THEN params.incomplete END AS remark
            FROM analytics.dau(params.source, params.start, params.finish, NULL, params.method, params.events,
                params.timezone, params.tenant) d
            JOIN analytics.wau(params.source, params.start, params.finish, NULL, params.method, params.events,
                params.timezone, params.tenant) w USING (day)
            JOIN analytics.mau(params.source, params.start, params.finish, NULL, params.method, params.events,
                params.timezone, params.tenant) m USING (day)
            ORDER BY day",
        "cards": [
            {"label": {"en": "On a day, on average", "zh-TW": "日均活躍", "zh-CN": "日均活跃", "ja": "1日平均"},
                "value": "avg(dau) FILTER (WHERE remark IS NULL)", "format": "#,##0.0"},
            {"label": {"en": "Most on a day", "zh-TW": "單日最高", "zh-CN": "单日最高", "ja": "1日最多"},
                "value": "max(dau)", "format": "#,##0"},
            {"label": {"en": "Last 30 days (MAU)", "zh-TW": "近 30 日 (MAU)", "zh-CN": "近 30 日 (MAU)",
                    "ja": "直近30日 (MAU)"},
                "value": "(array_agg(mau ORDER BY day DESC))[1]", "format": "#,##0"}
        ],
        "columns": [
            {"name": "day", "format": "yyyy-mm-dd",
                "header": {"en": "Date", "zh-TW": "日期", "zh-CN": "日期", "ja": "日付"}},
            {"name": "dau", "format": "#,##0",
                "header": {"en": "DAU", "zh-TW": "日活躍 (DAU)", "zh-CN": "日活跃 (DAU)", "ja": "DAU"}},
            {"name": "wau", "format": "#,##0",
                "header": {"en": "WAU (7 days)", "zh-TW": "近 7 日 (WAU)", "zh-CN": "近 7 日 (WAU)", "ja": "WAU (7日)"}},
            {"name": "mau", "format": "#,##0",
                "header": {"en": "MAU (30 days)", "zh-TW": "近 30 日 (MAU)", "zh-CN": "近 30 日 (MAU)",
                    "ja": "MAU (30日)"}},
            {"name": "stickiness", "format": "0.0%",
                "header": {"en": "DAU / MAU", "zh-TW": "黏著度 (DAU/MAU)", "zh-CN": "粘性 (DAU/MAU)", "ja": "DAU / MAU"}},
            {"name": "remark", "align": "center",
                "header": {"en": "Remark", "zh-TW": "備註", "zh-CN": "备注", "ja": "備考"}}
        ],
        "charts": [
            {"type": "line", "x": "day", "y": ["dau", "wau", "mau"],
                "title": {"en": "Active users", "zh-TW": "活躍使用者", "zh-CN": "活跃用户", "ja": "アクティブユーザー"}}
        ]
    },
    {
        "name": {"en": "By {label}", "zh-TW": "依{label}", "zh-CN": "按{label}", "ja": "{label}別"},
        "query": "
            WITH cells AS (
                SELECT d.day, d.users, d.complete, CASE
                    WHEN strpos(params.dimension, ',') = 0 THEN coalesce(d.dimension, params.unknown)
                    ELSE (SELECT string_agg(coalesce(e.value, params.unknown), ' / '
                            ORDER BY strpos(params.dimension, e.key))
                        FROM jsonb_each_text(d.dimension::jsonb) e) END AS place
                FROM analytics.dau(params.source, params.start, params.finish, params.dimension, params.method,
                    params.events, params.timezone, params.tenant) d)
            SELECT place, avg(users) FILTER (WHERE complete)::float8 AS average, max(users) AS most,
                (array_agg(day ORDER BY users DESC, day))[1] AS most_on,
                (array_agg(users ORDER BY day DESC))[1] AS last
            FROM cells GROUP BY place ORDER BY average DESC NULLS LAST, most DESC, place",
        "columns": [
            {"name": "place", "header": "{label}"},
            {"name": "average", "format": "#,##0.0", "conditional": {"type": "bar", "min": 0, "color": "#93C5FD"},
                "header": {"en": "On a day, on average", "zh-TW": "日均活躍", "zh-CN": "日均活跃", "ja": "1日平均"}},
            {"name": "most", "format": "#,##0",
                "header": {"en": "Most on a day", "zh-TW": "單日最高", "zh-CN": "单日最高", "ja": "1日最多"}},
            {"name": "most_on", "format": "yyyy-mm-dd", "align": "center",
                "header": {"en": "On", "zh-TW": "最高日期", "zh-CN": "最高日期", "ja": "最多の日"}},
            {"name": "last", "format": "#,##0",
                "header": {"en": "On the last day", "zh-TW": "最後一日", "zh-CN": "最后一日", "ja": "最終日"}}
        ],
        "charts": [
            {"type": "bar", "x": "place", "y": "average", "height": 300,
                "title": {"en": "Active users on a day, on average", "zh-TW": "日均活躍使用者", "zh-CN": "日均活跃用户",
                    "ja": "1日平均アクティブユーザー"}}
        ]
    },
    {
        "name": {"en": "Day by day", "zh-TW": "每日分布", "zh-CN": "每日分布", "ja": "日別内訳"},
        "query": "
            WITH cells AS (
                SELECT d.day, d.users, CASE
                    WHEN strpos(params.dimension, ',') = 0 THEN coalesce(d.dimension, params.unknown)
                    ELSE (SELECT string_agg(coalesce(e.value, params.unknown), ' / '
                            ORDER BY strpos(params.dimension, e.key))
                        FROM jsonb_each_text(d.dimension::jsonb) e) END AS place
                FROM analytics.dau(params.source, params.start, params.finish, params.dimension, params.method,
                    params.events, params.timezone, params.tenant) d),
            places AS (
                SELECT place, row_number() OVER (ORDER BY sum(users) DESC, place) AS rank FROM cells GROUP BY place)
            SELECT day, place, users FROM cells JOIN places USING (place) WHERE rank <= params.top ORDER BY day, rank",
        "columns": [
            {"name": "day", "format": "yyyy-mm-dd",
                "header": {"en": "Date", "zh-TW": "日期", "zh-CN": "日期", "ja": "日付"}}
        ],
        "pivot": {"columns": "place", "value": "users", "format": "#,##0",
            "conditional": {"type": "scale", "low_color": "#FFFFFF", "color": "#60A5FA"}}
    }
]
}$json$);

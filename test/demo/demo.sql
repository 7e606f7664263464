-- The demo: real questions to 21 years of one open-source project's commits, and the workbook that comes out.
-- psql variable "out" is the folder for the workbook.
\set QUIET on
\pset footer off
\pset null '–'
SET timezone = 'UTC';
-- The events end on this day: "now" is set, so that what is complete is told as of then.
SET analytics.now = '2026-08-22 18:00+00';

\echo '1. Where the events are, and what the columns mean'
\echo
\echo '     SELECT analytics.add_source(''rails'', ''rails_events'', at => ''ts'', entity => ''user_id'', event => ''event'', timezone => ''UTC'');'
\timing on
SELECT analytics.add_source('rails', 'rails_events', at => 'ts', entity => 'user_id', event => 'event', timezone => 'UTC') \g /dev/null
\timing off

\echo
\echo '2. What the numbers mean: people, pieces of work, files, and formulas over them'
\echo
\echo '     SELECT analytics.define_metric(''people'',  ''rails'', ''distinct_exact'', dimensions => ''{event,component}'');'
\echo '     SELECT analytics.define_metric(''work'',    ''rails'', ''count'',          dimensions => ''{event,component}'');'
\echo '     SELECT analytics.define_metric(''files'',   ''rails'', ''sum'', ''files'',   dimensions => ''{event,component}'');'
\echo '     SELECT analytics.define_metric(''p95'',     ''rails'', ''percentile'', ''files'', fraction => 0.95, dimensions => ''{event}'');'
\echo '     SELECT analytics.define_metric(''p99'',     ''rails'', ''percentile'', ''files'', fraction => 0.99, dimensions => ''{event}'');'
\echo '     SELECT analytics.define_metric(''tests'',   ''rails'', ''count'', filter => ''event = ''''test'''''');'
\echo '     SELECT analytics.define_metric(''code'',    ''rails'', ''count'', filter => ''event = ''''code'''''');'
\echo '     SELECT analytics.define_metric(''tested'',  NULL, ''formula'', formula => ''tests / code * 100'');'
\echo '     SELECT analytics.define_metric(''per_head'',NULL, ''formula'', formula => ''work / people'');'
\timing on
SELECT analytics.define_metric('people', 'rails', 'distinct_exact', dimensions => '{event,component}', description => 'Different authors') \g /dev/null
\timing off
SELECT analytics.define_metric('work', 'rails', 'count', dimensions => '{event,component}', description => 'Pieces of work') \g /dev/null
SELECT analytics.define_metric('files', 'rails', 'sum', 'files', dimensions => '{event,component}', description => 'Files touched') \g /dev/null
SELECT analytics.define_metric('p95', 'rails', 'percentile', 'files', fraction => 0.95, dimensions => '{event}', description => 'Files that 19 of 20 pieces of work do not exceed') \g /dev/null
SELECT analytics.define_metric('p99', 'rails', 'percentile', 'files', fraction => 0.99, dimensions => '{event}', description => 'Files that 99 of 100 pieces of work do not exceed') \g /dev/null
SELECT analytics.define_metric('tests', 'rails', 'count', filter => 'event = ''test''') \g /dev/null
SELECT analytics.define_metric('code', 'rails', 'count', filter => 'event = ''code''') \g /dev/null
SELECT analytics.define_metric('tested', NULL, 'formula', formula => 'tests / code * 100', unit => '%', description => 'Commits with tests for 100 with code') \g /dev/null
SELECT analytics.define_metric('per_head', NULL, 'formula', formula => 'work / people', description => 'Pieces of work a person') \g /dev/null

\echo
\echo '3. Active people of the last two weeks: of the day (by a sketch, and counted), of 7 days, of 30 days'
\echo
\echo '     SELECT d.day, d.users AS dau, e.users AS exact, w.users AS wau, m.users AS mau, d.complete'
\echo '     FROM analytics.dau(''rails'', ''2026-08-09'', ''2026-08-23'') d'
\echo '     JOIN analytics.dau(''rails'', ''2026-08-09'', ''2026-08-23'', method => ''exact'') e USING (day)'
\echo '     JOIN analytics.wau(''rails'', ''2026-08-09'', ''2026-08-23'') w USING (day)'
\echo '     JOIN analytics.mau(''rails'', ''2026-08-09'', ''2026-08-23'') m USING (day) ORDER BY day;'
\timing on
SELECT d.day, d.users AS dau, e.users AS exact, w.users AS wau, m.users AS mau, d.complete
FROM analytics.dau('rails', '2026-08-09', '2026-08-23') d
JOIN analytics.dau('rails', '2026-08-09', '2026-08-23', method => 'exact') e USING (day)
JOIN analytics.wau('rails', '2026-08-09', '2026-08-23') w USING (day)
JOIN analytics.mau('rails', '2026-08-09', '2026-08-23') m USING (day) ORDER BY day;
\timing off

\echo '4. A time series by one dimension: people by kind of work, by month (a crosstab of psql)'
\echo
\echo '     SELECT to_char(bucket, ''YYYY-MM'') AS month, dimensions->>''event'' AS event, value AS people'
\echo '     FROM analytics.time_series(''people'', ''2026-01-01'', ''2026-09-01'', ''month'', breakdown => ''{event}'')'
\echo '     \\crosstabview'
\timing on
SELECT to_char(bucket, 'YYYY-MM') AS month, dimensions->>'event' AS event, value AS people
FROM analytics.time_series('people', '2026-01-01', '2026-09-01', 'month', breakdown => '{event}') \crosstabview
\timing off
\echo

\echo '5. Year over year by month, the running month up to today''s date in both years'
\echo
\echo '     SELECT to_char(bucket, ''Mon YYYY'') AS month, current, previous, change, change_pct, complete'
\echo '     FROM analytics.yoy(''people'', ''2026-01-01'', ''2026-09-01'', granularity => ''month'', to_date => true);'
\timing on
SELECT to_char(bucket, 'Mon YYYY') AS month, current, previous, change, change_pct, complete
FROM analytics.yoy('people', '2026-01-01', '2026-09-01', granularity => 'month', to_date => true);
\timing off

\echo '6. Formulas are ratios of sums: tests for 100 commits with code, by year'
\echo
\echo '     SELECT extract(year FROM bucket) AS year, round(value::numeric, 1) AS tests_for_100_code, complete'
\echo '     FROM analytics.time_series(''tested'', ''2021-01-01'', ''2026-09-01'', ''year'');'
\timing on
SELECT extract(year FROM bucket) AS year, round(value::numeric, 1) AS tests_for_100_code, complete
FROM analytics.time_series('tested', '2021-01-01', '2026-09-01', 'year');
\timing off

\echo '7. Sketches: everybody since 2004, approximately and counted; files in a piece of work that 95 and 99 of 100 do not exceed (within 1 %)'
\echo
\echo '     SELECT analytics.approx_count_distinct(user_id) AS about, analytics.count_distinct(user_id) AS counted FROM rails_events;'
\timing on
SELECT analytics.approx_count_distinct(user_id) AS about, analytics.count_distinct(user_id) AS counted FROM rails_events;
\timing off
\echo
\echo '     SELECT dimensions->>''event'' AS event, round(a.value) AS p95, round(b.value) AS p99'
\echo '     FROM analytics.time_series(''p95'', ''2025-01-01'', ''2026-01-01'', ''year'', breakdown => ''{event}'') a'
\echo '     JOIN analytics.time_series(''p99'', ''2025-01-01'', ''2026-01-01'', ''year'', breakdown => ''{event}'') b USING (dimensions) ORDER BY 1;'
\timing on
SELECT dimensions->>'event' AS event, round(a.value) AS p95, round(b.value) AS p99
FROM analytics.time_series('p95', '2025-01-01', '2026-01-01', 'year', breakdown => '{event}') a
JOIN analytics.time_series('p99', '2025-01-01', '2026-01-01', 'year', breakdown => '{event}') b USING (dimensions) ORDER BY 1;
\timing off

\echo '8. A funnel: who began in 2025 with documentation, then wrote code, then a test, within 90 days of the first, and how long it took'
\echo
\echo '     SELECT step, name, entities AS people, rate_first, rate_low, rate_high, median_time'
\echo '     FROM analytics.funnel(''rails'', ''["docs", "code", "test"]'', ''2025-01-01'', ''2026-01-01'', within => ''90 days'');'
\timing on
SELECT step, name, entities AS people, rate_first, rate_low, rate_high, median_time
FROM analytics.funnel('rails', '["docs", "code", "test"]', '2025-01-01', '2026-01-01', within => '90 days');
\timing off
\echo
\echo '   and who of those that first came in a month of 2025 were back in the months after it'
\echo
\echo '     SELECT to_char(cohort, ''YYYY-MM'') AS cohort, size, period, retained FROM analytics.retention_table('
\echo '         ''rails'', NULL, NULL, ''2025-01-01'', ''2026-01-01'', ''month'', 6, cohort => ''first_ever'') \\crosstabview'
\timing on
SELECT to_char(cohort, 'YYYY-MM') || ' (' || size || ')' AS cohort, period, retained
FROM analytics.retention_table('rails', NULL, NULL, '2025-01-01', '2026-01-01', 'month', 6, cohort => 'first_ever') \crosstabview
\timing off

\echo '9. A rollup: partial states by day, which readers use by themselves and which never disagree with the events'
\echo
\echo '     SELECT analytics.create_rollup(''rails_daily'', ''rails'', ''1 day'', metrics => ''{people,work,files}'', dimensions => ''{event}'');'
\echo '     SELECT * FROM analytics.refresh_rollup(''rails_daily'');'
\timing on
SELECT analytics.create_rollup('rails_daily', 'rails', '1 day', metrics => '{people,work,files}', dimensions => '{event}');
SELECT * FROM analytics.refresh_rollup('rails_daily');
\timing off
\echo '   An event of years ago arrives late, and others are deleted: no refresh in between, not even a commit'
\echo
\echo '     BEGIN;'
\echo '     INSERT INTO rails_events (seq, user_id, ts, tz, committed_at, event, component, files)'
\echo '         VALUES (0, ''somebody new'', ''2019-03-05 10:00Z'', ''UTC'', now(), ''code'', ''core'', 1);'
\echo '     DELETE FROM rails_events WHERE ts >= ''2018-05-01Z'' AND ts < ''2018-06-01Z'';'
\echo '     SELECT to_char(bucket, ''YYYY'') AS year, value AS work, served_by FROM analytics.time_series(''work'', ''2016-01-01'', ''2021-01-01'', ''year'');'
BEGIN;
INSERT INTO rails_events (seq, user_id, ts, tz, committed_at, event, component, files)
    VALUES (0, 'somebody new', '2019-03-05 10:00Z', 'UTC', now(), 'code', 'core', 1);
DELETE FROM rails_events WHERE ts >= '2018-05-01Z' AND ts < '2018-06-01Z';
\timing on
SELECT to_char(bucket, 'YYYY') AS year, value AS work, served_by FROM analytics.time_series('work', '2016-01-01', '2021-01-01', 'year');
\timing off
\echo '   The same from the events alone'
\echo
\echo '     SET LOCAL analytics.use_rollups = off;'
SET LOCAL analytics.use_rollups = off;
\timing on
SELECT to_char(bucket, 'YYYY') AS year, value AS work, served_by FROM analytics.time_series('work', '2016-01-01', '2021-01-01', 'year');
\timing off
ROLLBACK;

\echo '10. The workbook, straight from COPY'
\echo
CREATE TEMP VIEW report AS
SELECT p.bucket::date AS "Month", p.value::bigint AS "People", c.previous::bigint AS "A year before", c.change_pct::numeric(8,2) AS "Change %",
    w.value::bigint AS "Pieces of work", f.value::bigint AS "Files", h.value::numeric(8,2) AS "Work a person",
    t.value::numeric(8,1) AS "Tests for 100 code", p.complete AS "Complete"
FROM analytics.time_series('people', '2016-01-01', '2026-09-01', 'month') p
JOIN analytics.yoy('people', '2016-01-01', '2026-09-01', granularity => 'month', to_date => true) c USING (bucket)
JOIN analytics.time_series('work', '2016-01-01', '2026-09-01', 'month') w USING (bucket)
JOIN analytics.time_series('files', '2016-01-01', '2026-09-01', 'month') f USING (bucket)
JOIN analytics.time_series('per_head', '2016-01-01', '2026-09-01', 'month') h USING (bucket)
JOIN analytics.time_series('tested', '2016-01-01', '2026-09-01', 'month') t USING (bucket)
ORDER BY 1 DESC;
\set file :out '/report.xlsx'
\echo '     COPY (SELECT * FROM report) TO STDOUT WITH (FORMAT xlsx, TITLE ''Ruby on Rails: who works on it'','
\echo '         SUBTITLE ''January 2016 to August 2026, by month'', SHEET ''By month'') \\g demo/report.xlsx'
\timing on
COPY (SELECT * FROM report) TO STDOUT WITH (FORMAT xlsx, TITLE 'Ruby on Rails: who works on it',
    SUBTITLE 'January 2016 to August 2026, by month', SHEET 'By month') \g :file
\timing off

\echo
\echo '11. Built-in reports over the same source, for people who read files: a workbook with a triangle, a PDF, a page'
\echo
\echo '     SELECT encode(analytics.run_report(''retention'', ''{"source": "rails", "cohort": "first_ever", "period": "month", "periods": 12}'', ''xlsx''), ''base64'')'
\echo '         \\g (format=unaligned tuples_only=on) |base64 -d > demo/retention.xlsx'
\echo '     SELECT encode(analytics.run_report(''dau'', ''{"source": "rails", "dimension": "component", "label": "元件", "locale": "zh-TW"}'', ''pdf''), ''base64'') ...'
\echo '     SELECT encode(analytics.run_report(''funnel'', ''{"source": "rails", "steps": ["docs", "code", "test"], "within": "90 days",'
\echo '         "start": "2025-01-01", "finish": "2026-01-01", "granularity": "month"}'', ''html''), ''base64'') ...'
\pset format unaligned
\pset tuples_only on
\timing on
\set file '|base64 -d > "' :out '/retention.xlsx"'
SELECT encode(analytics.run_report('retention', '{"source": "rails", "cohort": "first_ever", "period": "month", "periods": 12}', 'xlsx'), 'base64') \g :file
\set file '|base64 -d > "' :out '/dau.pdf"'
SELECT encode(analytics.run_report('dau', '{"source": "rails", "dimension": "component", "label": "元件", "locale": "zh-TW"}', 'pdf'), 'base64') \g :file
\set file '|base64 -d > "' :out '/funnel.html"'
SELECT encode(analytics.run_report('funnel', '{"source": "rails", "steps": ["docs", "code", "test"], "within": "90 days",
    "start": "2025-01-01", "finish": "2026-01-01", "granularity": "month"}', 'html'), 'base64') \g :file
\timing off

\echo
\echo 'What to try next'
\echo '  - the same on a table of yours: README.md, "Ten lines on your own table"'
\echo '  - open demo/report.xlsx, demo/retention.xlsx, demo/dau.pdf, demo/funnel.html; reports of your own: docs/report.md, docs/builtin.md'
\echo '  - docs/calendar.md, docs/source.md, docs/metric.md, docs/series.md, docs/rollup.md, docs/hll.md, docs/behaviour.md, docs/export.md'

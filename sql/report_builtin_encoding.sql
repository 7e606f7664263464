-- Proves that the built-in reports are there in a database of any encoding: in English where it is not UTF8.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
\set database :DBNAME
\pset format unaligned
\pset tuples_only on
-- here all languages have what English has, sheet by sheet
SELECT name, spec #>> '{title,zh-TW}', spec #>> '{title,zh-CN}', spec #>> '{title,ja}' FROM analytics.report_definitions WHERE builtin ORDER BY 1;
SELECT count(*), count(*) FILTER (WHERE NOT text.value ?& '{zh-TW,zh-CN,ja}') AS lack
FROM analytics.report_definitions r, jsonb_path_query(r.spec, 'strict $.** ? (exists (@.en))') text(value) WHERE builtin;
CREATE DATABASE builtin_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
CREATE DATABASE builtin_euc_tw ENCODING 'EUC_TW' LOCALE 'C' TEMPLATE template0;

\connect builtin_latin1
CREATE EXTENSION analytics;
SELECT count(*), count(*) FILTER (WHERE spec::text ~ '[^[:ascii:]]') AS other_letters FROM analytics.report_definitions;
SELECT spec -> 'title' FROM analytics.report_definitions ORDER BY name;

\connect builtin_euc_tw
SET analytics.now = '2026-03-06 04:00+00';
CREATE EXTENSION analytics;
SELECT r.name, analytics.define_report('own_' || r.name, analytics.describe_report(r.name)) FROM analytics.reports r WHERE builtin ORDER BY 1;
CREATE TABLE app AS SELECT timestamptz '2026-03-02 12:00+00' AS at, 'ann' AS who;
SELECT analytics.add_source('events', 'app', 'at', 'who', timezone => 'UTC');
SELECT encode(analytics.run_report('retention', '{"locale": "zh-TW", "period": "day", "periods": 2, "finish": "2026-03-04"}', 'csv_excel', 'Retention'), 'escape');

\connect :database
DROP DATABASE builtin_latin1;
DROP DATABASE builtin_euc_tw;

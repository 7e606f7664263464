-- spark, bar and heatmap in databases that have no block characters: ASCII by themselves, blocks refused; labels of the
-- database's own letters stay what they are and keep their columns.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
\set SHOW_CONTEXT never
\set here :DBNAME
CREATE DATABASE terminal_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
CREATE DATABASE terminal_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0;

\connect terminal_latin1
SET client_encoding = 'UTF8';
SET client_min_messages = warning;
CREATE EXTENSION analytics;
SELECT analytics.spark('{1,2,3,4,5,6,7,8}'), analytics.bar(3, 4, 6), analytics.spark('{1,2}', style => 'ascii') AS same;
SELECT * FROM analytics.heatmap($$VALUES ('Münster', 'Käufe', 100), ('Ulm', 'Käufe', 30), ('Ulm', 'é' || repeat('x', 60), 1)$$);
SELECT * FROM analytics.heatmap($$VALUES ('Ulm', 'Käufe', 3), ('Köln', 'Käufe', 12)$$, '0 "Stück"');
SELECT analytics.spark('{1,2}', style => 'blocks');
SELECT * FROM analytics.heatmap('SELECT 1, 2, 3', style => 'blocks');
SELECT * FROM analytics.heatmap($$SELECT 'a', repeat(E'é', 400), 3 FROM generate_series(1, 2)$$);

\connect terminal_ascii
SET client_min_messages = warning;
CREATE EXTENSION analytics;
SELECT analytics.spark('{1,8}'), analytics.bar(3, 4, 6);
SELECT count(*) AS lines, max(octet_length(l)) AS bytes
FROM analytics.heatmap($$VALUES (E'\xfc\xff', E'\xe4', 100), ('Ulm', E'\xe4', 30)$$) l;

\connect :here
DROP DATABASE terminal_latin1;
DROP DATABASE terminal_ascii;

-- The formats that the server writes itself, 1 M rows x 6 columns, against COPY's own CSV and a query that makes the
-- same JSON. All go to a program that reads them away, since we refuse to write onto a device.
CREATE TABLE export_bench AS SELECT i AS id, timestamptz '2025-01-01' + i * interval '37 s' AS at,
	'event_' || i % 50 AS event, ((i % 1000) * 1.25)::numeric(10,2) AS amount, i % 2 = 0 AS ok, '使用者' || i % 5000 AS name
FROM generate_series(1, 1000000) i;
VACUUM ANALYZE export_bench;

-- name: COPY (FORMAT csv, HEADER)
SELECT analytics.version();
COPY export_bench TO PROGRAM 'cat > /dev/null' (FORMAT csv, HEADER);

-- name: COPY (FORMAT csv_excel)
SELECT analytics.version();
COPY export_bench TO PROGRAM 'cat > /dev/null' (FORMAT csv_excel);

-- name: COPY (SELECT row_to_json(t) ...)
SELECT analytics.version();
COPY (SELECT row_to_json(t) FROM export_bench t) TO PROGRAM 'cat > /dev/null' (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02');

-- name: COPY (FORMAT ndjson)
SELECT analytics.version();
COPY export_bench TO PROGRAM 'cat > /dev/null' (FORMAT ndjson);

-- name: COPY (FORMAT json)
SELECT analytics.version();
COPY export_bench TO PROGRAM 'cat > /dev/null' (FORMAT 'json');

-- name: COPY (FORMAT markdown)
SELECT analytics.version();
COPY export_bench TO PROGRAM 'cat > /dev/null' (FORMAT markdown);

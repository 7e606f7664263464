-- export: what is accepted and refused by COPY, export, export_file and content_type; that the bytes are a
-- workbook and the same for the same moment. Cells are read back by an independent parser in test/tap/010_export.pl.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SELECT analytics.version() IS NOT NULL AS loaded;

CREATE TABLE export_sales (day date, region text, amount numeric(10,2));
INSERT INTO export_sales VALUES ('2026-01-01', 'north', 10.50), ('2026-01-02', 'south', 20), ('2026-01-03', NULL, NULL);

-- A zip archive: it begins with the local header of its first part and ends with the end record (22 bytes, no comment).
SELECT substr(x, 1, 4) = '\x504b0304' AS begins, substr(x, length(x) - 21, 4) = '\x504b0506' AS ends,
       position('xl/worksheets/sheet1.xml'::bytea IN x) > 0 AS has_sheet,
       position('xl/worksheets/sheet2.xml'::bytea IN x) > 0 AS has_second_sheet
FROM analytics.export('TABLE export_sales', 'xlsx') AS x;

-- The same query at the same moment gives the same bytes; another title does not.
SELECT analytics.export('TABLE export_sales', 'xlsx') = analytics.export('SELECT * FROM export_sales', 'xlsx', '{}') AS same,
       analytics.export('TABLE export_sales', 'xlsx') = analytics.export('TABLE export_sales', 'xlsx', '{"title": "Sales"}') AS other_title,
       analytics.export('TABLE export_sales', 'xlsx') = analytics.export('TABLE export_sales', 'xlsx', '{"sheet": "Sales"}') AS other_sheet,
       analytics.export('TABLE export_sales', 'xlsx') = analytics.export('TABLE export_sales', 'xlsx', '{"title": null}') AS null_title;

-- The caller's search path and settings hold in the query.
CREATE SCHEMA export_s;
CREATE TABLE export_s.export_sales (only_here int);
SET search_path = export_s, public;
SELECT analytics.export('SELECT only_here FROM export_sales', 'xlsx') IS NOT NULL AS found;
RESET search_path;

SELECT analytics.content_type('xlsx');
SELECT analytics.content_type(NULL) IS NULL AS nothing;
SELECT analytics.content_type('docx');

-- What export refuses.
SELECT analytics.export('SELECT 1', 'docx');
SELECT analytics.export('SELECT 1', 'XLSX');
SELECT analytics.export('SELECT 1', 'xlsx', '{"tittle": "x"}');
SELECT analytics.export('SELECT 1', 'xlsx', '{"title": 5}');
SELECT analytics.export('SELECT 1', 'xlsx', '["title"]');
SELECT analytics.export(NULL, 'xlsx');
SELECT analytics.export('SELECT 1', NULL);
SELECT analytics.export('SELECT 1', 'xlsx', NULL);
SELECT analytics.export('', 'xlsx');
SELECT analytics.export('SELECT 1; SELECT 2', 'xlsx');
SELECT analytics.export('CREATE TABLE export_no (a int)', 'xlsx');
SELECT analytics.export('DELETE FROM export_sales', 'xlsx');
SELECT analytics.export('DELETE FROM export_sales RETURNING *', 'xlsx');
SELECT analytics.export('SELECT 1 / 0', 'xlsx');
SELECT analytics.export('SELECT * FROM export_nowhere', 'xlsx');
SELECT count(*) FROM export_sales;

-- What export_file and COPY to a file refuse.
SELECT analytics.export_file('SELECT 1', 'relative.xlsx', 'xlsx');
SELECT analytics.export_file('SELECT 1', NULL, 'xlsx');
SELECT analytics.export_file('SELECT 1', '/', 'xlsx');
COPY export_sales TO 'relative.xlsx' (FORMAT xlsx);
COPY export_sales TO '/' (FORMAT xlsx);
COPY export_sales TO '/nonexistent/directory/x.xlsx' (FORMAT xlsx);

-- COPY: counts rows, also for columns and queries.
COPY export_sales TO PROGRAM 'cat > /dev/null' (FORMAT xlsx);
\echo :ROW_COUNT
COPY export_sales (day, amount) TO PROGRAM 'cat > /dev/null' (FORMAT xlsx, TITLE 'Sales', SUBTITLE 'January', SHEET 'a');
COPY (SELECT * FROM export_sales WHERE region = 'north') TO PROGRAM 'cat > /dev/null' WITH (FORMAT 'xlsx');
\echo :ROW_COUNT

-- In a function, and in a transaction that an error has been caught in.
DO $$
DECLARE n bigint;
BEGIN
	COPY export_sales TO PROGRAM 'cat > /dev/null' (FORMAT xlsx);
	GET DIAGNOSTICS n = ROW_COUNT;
	RAISE NOTICE '% rows', n;
	BEGIN
		COPY (SELECT 1 / (amount - 20) FROM export_sales) TO PROGRAM 'cat > /dev/null' (FORMAT xlsx);
	EXCEPTION WHEN division_by_zero THEN
		RAISE NOTICE 'caught';
	END;
	COPY export_sales TO PROGRAM 'cat > /dev/null' (FORMAT xlsx);
END $$;
DO $$ BEGIN COPY export_sales TO STDOUT (FORMAT xlsx); END $$;

-- What COPY refuses.
COPY export_sales FROM '/dev/null' (FORMAT xlsx);
COPY export_sales TO STDOUT (FORMAT xlsx, DELIMITER ',');
COPY export_sales TO STDOUT (FORMAT xlsx, HEADER);
COPY export_sales TO STDOUT (FORMAT xlsx, TITLE 'a', TITLE 'b');
COPY export_sales TO STDOUT (FORMAT xlsx, FORMAT xlsx);
COPY export_sales TO STDOUT (FORMAT csv, FORMAT xlsx);
COPY export_sales TO STDOUT (FORMAT xlsx, TITLE);
COPY export_sales (day, no_such_column) TO STDOUT (FORMAT xlsx);
COPY export_nowhere TO STDOUT (FORMAT xlsx);
COPY (SELECT 1 INTO export_no) TO STDOUT (FORMAT xlsx);
COPY (DELETE FROM export_sales) TO STDOUT (FORMAT xlsx);
COPY export_sales TO PROGRAM 'exit 3' (FORMAT xlsx);

-- Formats that nobody has stay the server's business.
COPY export_sales TO STDOUT (FORMAT ods);
COPY export_sales TO STDOUT (FORMAT csv, HEADER);

-- An export inside an export.
SELECT length(analytics.export($$SELECT length(analytics.export('SELECT 1', 'xlsx')) FROM generate_series(1, 3)$$, 'xlsx')) > 1000 AS nested;

DROP TABLE export_s.export_sales, export_sales;
DROP SCHEMA export_s;

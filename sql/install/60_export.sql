/*
 * Results as files.  The COPY formats need no object here: they are there in every session that has loaded
 * the library, by a call of any function or by session_preload_libraries.
 */
CREATE FUNCTION analytics.content_type(format text) RETURNS text
AS 'MODULE_PATHNAME', 'analytics_content_type'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.content_type(text) IS
'Media type of an export format, as for an HTTP header Content-Type';

CREATE FUNCTION analytics.export(query text, format text, options jsonb DEFAULT '{}') RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_export'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.export(text, text, jsonb) IS
'Result of a query as a file of the format (xlsx, pdf, html, svg, png, json, ndjson, markdown, csv_excel); options: title, subtitle, sheet, columns, charts, cards and more';

CREATE FUNCTION analytics.export_file(query text, path text, format text, options jsonb DEFAULT '{}')
RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_export_file'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.export_file(text, text, text, jsonb) IS
'Writes the result of a query to a file on the server and returns the number of rows; needs the rights of pg_write_server_files';
REVOKE ALL ON FUNCTION analytics.export_file(text, text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analytics.export_file(text, text, text, jsonb) TO pg_write_server_files;

CREATE FUNCTION analytics.chart(query text, options jsonb DEFAULT '{}') RETURNS text
AS 'MODULE_PATHNAME', 'analytics_chart'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.chart(text, jsonb) IS
'Chart of a query''s rows as SVG text; options: type (line, column, bar, area, pie, scatter), title, x, y, x_title, y_title, format, stacked, width, height, locale';

CREATE FUNCTION analytics.chart_png(query text, options jsonb DEFAULT '{}') RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_chart_png'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.chart_png(text, jsonb) IS
'Chart of a query''s rows as a PNG picture; options as of chart, and scale: pixels for a point';

/* Pictures made of characters, for psql. */
CREATE FUNCTION analytics.spark(
    series double precision[], min double precision DEFAULT NULL, max double precision DEFAULT NULL, style text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'analytics_spark'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.spark(double precision[], double precision, double precision, text) IS
'A series of numbers as a line of blocks, one character each; styles: blocks, ascii';

CREATE FUNCTION analytics.bar(
    value double precision, max double precision, width int DEFAULT 20, style text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'analytics_bar'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.bar(double precision, double precision, int, text) IS
'A number as a bar that is as long as its share of max, of at most width characters; styles: blocks, ascii';

/* Not marked parallel safe: called by the leader, it runs a parallel plan of its own. */
CREATE FUNCTION analytics.heatmap(
    query text, format text DEFAULT NULL, min double precision DEFAULT NULL, max double precision DEFAULT NULL,
    cells text DEFAULT 'both', style text DEFAULT NULL, colors boolean DEFAULT false)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'analytics_heatmap'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.heatmap(text, text, double precision, double precision, text, text, boolean) IS
'A query of row, column and value as a table of shaded cells, line by line; cells: both, values, shades';

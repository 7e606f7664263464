/* Reports: documents of several sheets, defined once and run with parameters. */

CREATE TABLE analytics.report_definitions (
    name text NOT NULL,
    builtin boolean NOT NULL DEFAULT false,
    spec jsonb NOT NULL,
    description text,
    owner text,
    search_path text NOT NULL DEFAULT 'pg_catalog, pg_temp',
    PRIMARY KEY (name, builtin),
    CHECK (builtin OPERATOR(pg_catalog.=) (owner IS NULL))
);
COMMENT ON TABLE analytics.report_definitions IS 'Reports as they were defined; analytics.reports lists them';
COMMENT ON COLUMN analytics.report_definitions.name IS 'Name of the report; one''s own hides a built-in one that came later';
COMMENT ON COLUMN analytics.report_definitions.builtin IS 'Came with the extension';
COMMENT ON COLUMN analytics.report_definitions.spec IS 'Its definition: title, parameters, sheets ...';
COMMENT ON COLUMN analytics.report_definitions.description IS 'What it shows, for people';
COMMENT ON COLUMN analytics.report_definitions.owner IS 'Role that may redefine and drop it; NULL where it is built in';
COMMENT ON COLUMN analytics.report_definitions.search_path IS 'Schemas in which names in its SQL are looked up: those of its definer';
SELECT pg_catalog.pg_extension_config_dump('analytics.report_definitions', 'WHERE NOT builtin');
GRANT SELECT ON TABLE analytics.report_definitions TO PUBLIC;

CREATE VIEW analytics.reports AS
SELECT r.name,
    CASE pg_catalog.jsonb_typeof(r.spec OPERATOR(pg_catalog.->) 'title')
        WHEN 'object' THEN coalesce(r.spec OPERATOR(pg_catalog.->) 'title' OPERATOR(pg_catalog.->>) 'en',
            (SELECT t.value FROM pg_catalog.jsonb_each_text(r.spec OPERATOR(pg_catalog.->) 'title') t ORDER BY t.key LIMIT 1))
        ELSE r.spec OPERATOR(pg_catalog.->>) 'title' END AS title,
    r.description, r.spec OPERATOR(pg_catalog.->) 'parameters' AS parameters, r.owner, r.builtin
FROM analytics.report_definitions r
WHERE NOT r.builtin OR NOT EXISTS (
    SELECT FROM analytics.report_definitions o WHERE o.name OPERATOR(pg_catalog.=) r.name AND NOT o.builtin);
COMMENT ON VIEW analytics.reports IS 'Reports that can be run, and what they ask for';
COMMENT ON COLUMN analytics.reports.name IS 'Name of the report';
COMMENT ON COLUMN analytics.reports.title IS 'Its title, in English where there are several';
COMMENT ON COLUMN analytics.reports.description IS 'What it shows, for people';
COMMENT ON COLUMN analytics.reports.parameters IS 'What it asks for: type, default ... of each parameter; NULL for nothing';
COMMENT ON COLUMN analytics.reports.owner IS 'Role that may redefine and drop it; NULL where it is built in';
COMMENT ON COLUMN analytics.reports.builtin IS 'Came with the extension';
GRANT SELECT ON TABLE analytics.reports TO PUBLIC;

CREATE FUNCTION analytics.define_report(name text, spec jsonb, description text DEFAULT NULL, replace boolean DEFAULT false)
RETURNS void
AS 'MODULE_PATHNAME', 'analytics_define_report'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.define_report(text, jsonb, text, boolean) IS
'Defines a report: title, parameters, sheets with a query each; everything in it is checked at once';
REVOKE ALL ON FUNCTION analytics.define_report(text, jsonb, text, boolean) FROM PUBLIC;

CREATE FUNCTION analytics.drop_report(name text) RETURNS void
AS 'MODULE_PATHNAME', 'analytics_drop_report'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.drop_report(text) IS 'Drops a report that one owns';
REVOKE ALL ON FUNCTION analytics.drop_report(text) FROM PUBLIC;

CREATE FUNCTION analytics.describe_report(name text) RETURNS jsonb
AS 'MODULE_PATHNAME', 'analytics_describe_report'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.describe_report(text) IS
'Definition of a report, as define_report takes it: where to begin for one''s own';

CREATE FUNCTION analytics.run_report(name text, params jsonb DEFAULT '{}', format text DEFAULT 'xlsx', sheet text DEFAULT NULL)
RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_run_report'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.run_report(text, jsonb, text, text) IS
'Runs a report with the caller''s rights, read only and all its queries in one snapshot, and returns the file; sheet: only that one';

CREATE FUNCTION analytics.write_report(
    name text, params jsonb DEFAULT '{}', format text DEFAULT 'xlsx', path text DEFAULT NULL, sheet text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'analytics_write_report'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.write_report(text, jsonb, text, text, text) IS
'Runs a report into a file below analytics.report_dir and returns its path; an absolute path needs the rights of pg_write_server_files';
REVOKE ALL ON FUNCTION analytics.write_report(text, jsonb, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analytics.write_report(text, jsonb, text, text, text) TO pg_write_server_files;

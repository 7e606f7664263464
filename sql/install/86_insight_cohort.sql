/* Cohorts: named sets of entities. */

CREATE TABLE analytics.cohorts (
    name text PRIMARY KEY,
    relation pg_catalog.regclass NOT NULL UNIQUE,
    query text,
    description text,
    members bigint NOT NULL DEFAULT 0,
    refreshed_at timestamptz NOT NULL,
    took interval
);
COMMENT ON TABLE analytics.cohorts IS 'Cohorts: named sets of entities, each with a table of its members';
COMMENT ON COLUMN analytics.cohorts.name IS 'Name of the cohort';
COMMENT ON COLUMN analytics.cohorts.relation IS 'Table of its members, which belongs to the cohort''s owner';
COMMENT ON COLUMN analytics.cohorts.query IS 'Query that says who belongs to it; NULL for a static cohort';
COMMENT ON COLUMN analytics.cohorts.description IS 'What it stands for, for people';
COMMENT ON COLUMN analytics.cohorts.members IS 'How many members it had after the last change';
COMMENT ON COLUMN analytics.cohorts.refreshed_at IS 'When its members last changed, or were found the same';
COMMENT ON COLUMN analytics.cohorts.took IS 'How long its last refresh took; NULL for a static cohort';
SELECT pg_catalog.pg_extension_config_dump('analytics.cohorts', '');
GRANT SELECT ON TABLE analytics.cohorts TO PUBLIC;

CREATE VIEW analytics.cohort_status AS
SELECT c.name, CASE WHEN c.query IS NULL THEN 'static' ELSE 'dynamic' END AS kind,
    pg_catalog.pg_get_userbyid(r.relowner) AS owner, c.members, c.refreshed_at, c.took, c.relation, c.query,
    c.description
FROM analytics.cohorts c LEFT JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) c.relation;
COMMENT ON VIEW analytics.cohort_status IS 'Cohorts: whose they are, how many members they have and how old these are';
COMMENT ON COLUMN analytics.cohort_status.name IS 'Name of the cohort';
COMMENT ON COLUMN analytics.cohort_status.kind IS 'static, or dynamic: with a query';
COMMENT ON COLUMN analytics.cohort_status.owner IS 'Who may change it: the owner of its table; NULL where the table is gone';
COMMENT ON COLUMN analytics.cohort_status.members IS 'How many members it had after the last change';
COMMENT ON COLUMN analytics.cohort_status.refreshed_at IS 'When its members last changed, or were found the same';
COMMENT ON COLUMN analytics.cohort_status.took IS 'How long its last refresh took; NULL for a static cohort';
COMMENT ON COLUMN analytics.cohort_status.relation IS 'Table of its members';
COMMENT ON COLUMN analytics.cohort_status.query IS 'Query that says who belongs to it; NULL for a static cohort';
COMMENT ON COLUMN analytics.cohort_status.description IS 'What it stands for, for people';
GRANT SELECT ON TABLE analytics.cohort_status TO PUBLIC;

CREATE FUNCTION analytics.create_cohort(name text, query text DEFAULT NULL, description text DEFAULT NULL) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_create_cohort'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.create_cohort(text, text, text) IS
'Creates a cohort: dynamic with the query that says who belongs to it, else static and empty; returns the number of members';
REVOKE ALL ON FUNCTION analytics.create_cohort(text, text, text) FROM PUBLIC;

CREATE FUNCTION analytics.refresh_cohort(
    name text, OUT members bigint, OUT added bigint, OUT removed bigint, OUT took interval) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'analytics_refresh_cohort'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION analytics.refresh_cohort(text) IS
'Runs the query of a dynamic cohort again and makes its members what it returns';
REVOKE ALL ON FUNCTION analytics.refresh_cohort(text) FROM PUBLIC;

CREATE FUNCTION analytics.add_to_cohort(name text, entities text[]) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_add_to_cohort'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.add_to_cohort(text, text[]) IS
'Makes entities members of a static cohort; returns how many were not yet';
REVOKE ALL ON FUNCTION analytics.add_to_cohort(text, text[]) FROM PUBLIC;

CREATE FUNCTION analytics.remove_from_cohort(name text, entities text[]) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_remove_from_cohort'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.remove_from_cohort(text, text[]) IS
'Takes entities out of a static cohort; returns how many were members';
REVOKE ALL ON FUNCTION analytics.remove_from_cohort(text, text[]) FROM PUBLIC;

CREATE FUNCTION analytics.drop_cohort(name text) RETURNS void
AS 'MODULE_PATHNAME', 'analytics_drop_cohort'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.drop_cohort(text) IS 'Drops a cohort and the table of its members';
REVOKE ALL ON FUNCTION analytics.drop_cohort(text) FROM PUBLIC;

CREATE FUNCTION analytics.cohort_members(name text) RETURNS SETOF text
AS 'MODULE_PATHNAME', 'analytics_cohort_members'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION analytics.cohort_members(text) IS 'Members of a cohort, as text and in no order';

CREATE FUNCTION analytics.in_cohort(name text, entity text) RETURNS boolean
AS 'MODULE_PATHNAME', 'analytics_in_cohort'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION analytics.in_cohort(text, text) IS 'Tells whether an entity is a member of a cohort';

CREATE FUNCTION analytics.cohort_overlap(
    names text[], OUT a text, OUT b text, OUT members_a bigint, OUT members_b bigint, OUT "both" bigint, OUT only_a bigint,
    OUT only_b bigint, OUT jaccard numeric) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'analytics_cohort_overlap'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION analytics.cohort_overlap(text[]) IS
'Compares each two of some cohorts: members of both, of one only, and what of either is in both';

-- Functions and relations of the extension that break a rule of security. What PUBLIC may execute are pure functions
-- and readers, which have only the caller's own rights; whatever may write is VOLATILE and must be granted. PUBLIC may
-- read relations of ours; the gate before them is USAGE on the schema, which PUBLIC must not have.
WITH member AS (
	SELECT d.classid, d.objid
	FROM pg_catalog.pg_depend d
	JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'analytics'
), func AS (
	SELECT p.*, p.oid::regprocedure::text AS name, l.lanname
	FROM member m
	JOIN pg_catalog.pg_proc p ON p.oid = m.objid
	JOIN pg_catalog.pg_language l ON l.oid = p.prolang
	WHERE m.classid = 'pg_proc'::regclass
)
SELECT 'SECURITY DEFINER: ' || name FROM func WHERE prosecdef
UNION ALL
-- PostgreSQL's own function under another name is as leakproof as that.
SELECT 'LEAKPROOF: ' || name
FROM func f
WHERE proleakproof AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc o
	WHERE f.lanname = 'internal' AND o.oid < 16384 AND o.prolang = f.prolang AND o.prosrc = f.prosrc AND o.proleakproof)
UNION ALL
SELECT 'search_path is not pinned as pg_catalog, pg_temp: ' || name
FROM func
WHERE lanname NOT IN ('c', 'internal') AND prosqlbody IS NULL
	AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)
UNION ALL
SELECT 'VOLATILE, yet PUBLIC may execute it: ' || name
FROM func
WHERE provolatile = 'v' AND pg_catalog.has_function_privilege('public', oid, 'EXECUTE')
	-- Nobody can call it; whoever makes triggers on a table of his own must be allowed to name it.
	AND prorettype <> 'trigger'::pg_catalog.regtype
UNION ALL
SELECT 'PUBLIC has more than SELECT on: ' || c.oid::regclass || ' (' || a.privilege_type || ')'
FROM member m
JOIN pg_catalog.pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid,
LATERAL pg_catalog.aclexplode(c.relacl) a
WHERE a.grantee = 0 AND a.privilege_type <> 'SELECT'
UNION ALL
SELECT 'PUBLIC has rights on schema analytics'
WHERE pg_catalog.has_schema_privilege('public', 'analytics', 'USAGE')
	OR pg_catalog.has_schema_privilege('public', 'analytics', 'CREATE')
ORDER BY 1;

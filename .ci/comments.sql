-- Objects of the extension without a COMMENT, and columns of its tables and views without one.
WITH member AS (
	SELECT d.classid, d.objid
	FROM pg_catalog.pg_depend d
	JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'analytics'
)
SELECT 'no COMMENT: ' || pg_catalog.pg_describe_object(m.classid, m.objid, 0)
FROM member m
LEFT JOIN pg_catalog.pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
LEFT JOIN pg_catalog.pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
WHERE m.classid NOT IN ('pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_opfamily'::regclass,
		'pg_default_acl'::regclass)
	-- a composite type carries its comment as a type; indexes and sequences speak through their columns;
	-- array and row types are shadows of what they belong to
	AND coalesce(c.relkind, 'r') NOT IN ('c', 'i', 'I', 'S')
	AND NOT coalesce(t.typelem <> 0 AND t.typsubscript = 'array_subscript_handler'::regproc AND t.typlen = -1, false)
	AND NOT coalesce(t.typrelid <> 0 AND EXISTS (SELECT FROM pg_catalog.pg_class r
			WHERE r.oid = t.typrelid AND r.relkind <> 'c'), false)
	AND NOT coalesce(t.typtype = 'm', false)
	AND pg_catalog.obj_description(m.objid, m.classid::regclass::name) IS NULL
UNION ALL
SELECT 'no COMMENT: column ' || c.oid::regclass || '.' || a.attname
FROM member m
JOIN pg_catalog.pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.col_description(c.oid, a.attnum) IS NULL
ORDER BY 1;

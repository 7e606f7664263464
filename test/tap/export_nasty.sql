-- One row for each nasty text, with nasty values of all kinds of columns beside them; read by 017_export_judges.pl.
CREATE TABLE nasty (id int PRIMARY KEY, t text, n numeric, big bigint, f float8, r real, d date, ts timestamp, tz timestamptz, tm time, b boolean,
	a text[], j jsonb, iv interval, by bytea, rg numrange);
INSERT INTO nasty (id, t) SELECT row_number() OVER (), t FROM (
	SELECT 'a' || chr(c) || 'b' FROM generate_series(1, 31) c
	UNION ALL SELECT unnest(ARRAY[chr(127), chr(133), 'a' || chr(65534) || chr(65535) || chr(65279) || chr(65533), chr(65279) || 'bom', '_x0041_', '_x000D_', '_x005F_x0041_', '_X0041_',
		repeat('x', 40000), repeat('資', 20000), chr(128512) || chr(1114109), U&'\+01F468\200D\+01F469\200D\+01F467', U&'\05E9\05DC\05D5\05DD \202Eabc\202C', U&'\0645\0631\062D\0628\0627', U&'e\0301\0327', U&'\0E01\0E33',
		'=1+1', '+1', '-1', '@SUM(A1)', E'\t=1', E'\r=1', E'\n=1', '=cmd|''/c calc''!A0', '=HYPERLINK("http://x","y")', ' =1', U&'\FF1D1', '''=1', '{=A1}',
		'"', '""', '"a","b"', 'a;b,c|d', E'a\r\nb\n\nc\r', E'a\tb', '<b>&amp;"''</b>', '</td></tr></table><script>alert(1)</script>', ']]>', '<!--', '{"a": "\u0041"}',
		'|', '\|', '`a`', '*a* _b_ ~~c~~', '[a](http://x)', '# a', '', ' ', '  lead', 'trail  ', '007', '1e5', '1,5', 'TRUE', 'NULL', '#N/A', '2026-01-01', '\N', '\', '%s%n', '$(x)', '\.'])) x(t);
INSERT INTO nasty (id) VALUES (1000);
UPDATE nasty SET n = x.n, big = x.big, f = x.f, r = x.r, d = x.d, ts = x.ts, tz = x.tz, tm = x.tm, b = id % 2 = 0, a = x.a, j = x.j, iv = x.iv, by = decode(md5(id::text), 'hex'), rg = numrange(-id, CASE WHEN x.n > 0 THEN x.n END)
FROM (SELECT k, (ARRAY[0, 1, -1, 0.1, -0.05, 123456789012345, 1234567890123456, 0.1234567890123456, 12345678901234567890, 99999999999999.5, 999999999999999.5, 1e-20, 1e30, -1e15, 1234567890.12345,
		'NaN', 'Infinity', 1.10, 100, 1e400, 0.000000000000000001, repeat('9', 40)::numeric])[k] AS n,
	(ARRAY[0, 1, -1, 999999999999999, 1000000000000000, -999999999999999, -1000000000000000, 9007199254740993, 9223372036854775807, -9223372036854775808])[k] AS big,
	(ARRAY[0, 0.1, -0.0, 1e15, 123456789012345678, 1e308, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 'NaN', 'Infinity', '-Infinity', 0.1 + 0.2, 1e-7, 1 / 3.0::float8, 9007199254740993])[k] AS f,
	(ARRAY[0, 0.1, 3.4028235e38, 1e-45, 'NaN', '-Infinity', 16777217, 0.3])[k] AS r,
	(ARRAY['1900-01-01', '1900-02-28', '1900-03-01', '1899-12-31', '0001-01-01', '4713-01-01 BC', '9999-12-31', '10000-01-01', '5874897-12-31', 'infinity', '-infinity', '2026-02-28', '2024-02-29']::date[])[k] AS d,
	(ARRAY['1900-01-01 12:00', '1900-03-01 00:00', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59', '294276-12-31 23:59:59', 'infinity', '-infinity', '4713-01-01 BC', '2026-01-01 00:00:00.000001', '2026-01-01 12:34:56.789', '2026-06-30 23:59:59.5']::timestamp[])[k] AS ts,
	(ARRAY['1900-02-28 15:59:59+00', '1900-02-28 16:00:00+00', '9999-12-31 15:59:59+00', '9999-12-31 16:00:00+00', '294276-12-31 12:00:00+00', 'infinity', '-infinity', '2026-01-01 00:00+00', '1945-09-21 00:30+09']::timestamptz[])[k] AS tz,
	(ARRAY['00:00', '24:00', '23:59:59.9', '12:00', '00:00:00.001']::time[])[k] AS tm,
	(ARRAY['{}', '{NULL}', '{"=1","a\"b",NULL,""}', '{{1,2},{3,4}}'])[k]::text[] AS a,
	(ARRAY['null', '"=1"', '{"a": [1, 12345678901234567890.10, null, "</script>"]}', '[]', 'true', '1e400']::jsonb[])[k] AS j,
	(ARRAY['1 day', '-1 day', '1 year 2 mons -3 days 04:05:06.7', '0', '178000000 years']::interval[])[k] AS iv
	FROM generate_series(1, 22) k) x WHERE x.k = (id - 1) % 22 + 1;

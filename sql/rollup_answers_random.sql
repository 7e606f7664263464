-- Proves that answers from rollups are those of the events, byte for byte: configurations are drawn at random - types of time and tenant, zones, widths,
-- captures, metrics, dimensions - then events come, change and go between refreshes, and readers are asked with everything they take, in one snapshot
-- with rollups and without.  Other seeds: CALL r.scenario(seed, questions); what differs stands in r.problems.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = error; SET datestyle = ISO; SET TimeZone = 'UTC';
CREATE SCHEMA r;
CREATE COLLATION r.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TYPE r.color AS ENUM ('red', 'green', 'blue');
CREATE TABLE r.problems (seed float8, config text, step int, query text, routed text, raw text);
CREATE TABLE r.counts (served text, n int);
CREATE FUNCTION r.pick(VARIADIC text[]) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT $1[1 + floor(random() * cardinality($1))::int]';
CREATE FUNCTION r.answer(query text, OUT served text, OUT said text) LANGUAGE plpgsql STABLE AS $$
BEGIN
	EXECUTE 'SELECT max(to_jsonb(q)->>''served_by''), coalesce(string_agg((to_jsonb(q) - ''served_by'')::text, E''\n''), '''') FROM (' || query || ') q' INTO served, said;
EXCEPTION WHEN OTHERS THEN
	served := 'error ' || SQLSTATE; said := 'ERROR ' || SQLSTATE || ' ' || SQLERRM;
END$$;
-- rows at random
CREATE FUNCTION r.rows(n int, at_type text, tenant_type text, low timestamptz, high timestamptz) RETURNS text LANGUAGE sql AS $$
SELECT format($f$SELECT CASE WHEN random() < 0.02 THEN (ARRAY['infinity','-infinity',NULL,'1999-12-31 23:30+00','2031-07-01 00:00+00'])[1 + floor(random()*5)::int]::timestamptz
	ELSE %L::timestamptz + random() * (%L::timestamptz - %L::timestamptz) END::%s, %s
	(ARRAY['sent','Sent','seen',NULL])[1 + floor(random()*4)::int], (ARRAY['TW','tw','JP','',repeat('x',300),NULL])[1 + floor(random()*6)::int],
	nullif(floor(random()*6)::int, 5), (ARRAY['NaN','infinity','1e308','-1e308','0.1','0.2','0.3','3','1e-300',NULL])[CASE WHEN random() < 0.03 THEN 1 + floor(random()*4)::int ELSE 5 + floor(random()*6)::int END]::float8,
	round((random()*1e6)::numeric, 2) * '1.000000000000000000000000001', random() < 0.5, floor(random()*40)::int,
	date '2026-01-01' + floor(random()*3)::int, to_jsonb(floor(random()*3)::int), ARRAY[floor(random()*2)::int], (ARRAY['red','green',NULL])[1 + floor(random()*3)::int]::r.color,
	(ARRAY['Aa','aa','Bb',NULL])[1 + floor(random()*4)::int]::text::bpchar, (ARRAY[1.50,2,NULL])[1 + floor(random()*3)::int]
	FROM generate_series(1, %s) g$f$, low, high, low, at_type,
	CASE tenant_type WHEN '' THEN '' WHEN 'int' THEN 'nullif(floor(random()*5)::int,4),' WHEN 'uuid' THEN 'md5(floor(random()*4)::text)::uuid,' WHEN 'r.color' THEN '(ARRAY[''red'',''green'',NULL])[1 + floor(random()*3)::int]::r.color,'
		ELSE '(ARRAY[''a'',''A'',''b'',NULL])[1 + floor(random()*4)::int]::' || split_part(tenant_type, ' ', 1) || ',' END, n)
$$;
CREATE FUNCTION r.moment() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT CASE WHEN random() < 0.04 THEN r.pick('-infinity','infinity')
	WHEN random() < 0.2 THEN (timestamptz '2026-02-01' + random() * interval '70 days')::text
	WHEN random() < 0.5 THEN ((timestamp '2026-02-01' + floor(random()*70) * interval '1 day') AT TIME ZONE r.pick('UTC','America/New_York','Asia/Kathmandu','Asia/Taipei','Europe/Berlin'))::text
	ELSE (timestamptz '2026-02-01' + floor(random()*70) * interval '1 day')::text END $$;
CREATE FUNCTION r.question(tenant_type text, z text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE m text := r.pick('events','sent','valued','n','f','big','mean','favg','least','most','users','people','p95','share','mixed','mostf'); a text := r.moment(); b text := r.moment(); q text;
	zone text := CASE WHEN random() < 0.7 THEN z ELSE r.pick('UTC','America/New_York','Asia/Kathmandu','Asia/Taipei','Europe/Berlin') END;
	t text; filters text; breakdown text; again int;
BEGIN
	IF a::timestamptz > b::timestamptz THEN q := a; a := b; b := q; END IF;
	IF random() < 0.85 THEN a := replace(a, '-infinity', '2026-01-03 00:00+00'); b := replace(b, 'infinity', '2026-04-09 00:00+00'); END IF;
	t := CASE WHEN random() < 0.6 THEN 'NULL' WHEN tenant_type = 'int' THEN quote_literal(r.pick('1','2','02')) WHEN tenant_type = 'uuid' THEN quote_literal(md5('1')) WHEN tenant_type = 'r.color' THEN quote_literal('red') ELSE quote_literal(r.pick('a','A','b')) END;
	IF tenant_type = '' THEN t := 'NULL'; END IF;
	filters := CASE WHEN random() < 0.5 THEN 'NULL' ELSE quote_literal(r.pick('{"kind":"sent"}','{"country":["TW",null]}','{"country":null}','{"country":{"gte":"JP","lt":"tx"}}','{"kind":{"gt":"S"}}','{"k":{"gte":2}}','{"k":[1,2]}','{"k":null}','{"b":true}','{"d":"2026-01-02"}','{"j":1}','{"arr":[]}','{"color":"red"}','{"ci":"AA"}','{"num":1.5}','{"event":"sent"}','{"kind":"sent","country":"JP"}','{"kind":[]}','{"low":"tw"}','{"tenant":"a"}','{"tenant":null}','{"color":{"gt":"red"}}','{}')) END;
	breakdown := CASE WHEN random() < 0.4 THEN 'NULL' ELSE quote_literal(r.pick('{kind}','{country}','{kind,country}','{k}','{b}','{d}','{j}','{arr}','{color}','{ci}','{num}','{event}','{low}','{tenant}','{tenant,kind}','{tenant}')) END;
	CASE floor(random()*9)::int
	WHEN 0, 1, 2 THEN
		q := format('analytics.time_series(%L, %L, %L, %L, %L, %s, %s, %L, %s)', m, replace(a,'-infinity','2026-02-01'), replace(b,'infinity','2026-04-01'), r.pick('hour','day','day','week','month','2 hours','3 days','quarter','year','30 minutes'), zone, filters, breakdown, r.pick('zero','null','locf','linear','none'), t);
	WHEN 3 THEN q := format('(SELECT analytics.metric_value(%L, %L, %L, %s, %s, %L) v) x', m, a, b, filters, t, zone);
	WHEN 4 THEN q := format('analytics.compare(%L, %L, %L, %L, %L, %s, %L, %L, %s, %s)', m, replace(a,'-infinity','2026-02-01'), replace(b,'infinity','2026-04-01'), r.pick('year','quarter','month','week','previous','10 days','1 day'), r.pick('date','weekday','iso_week','date'), r.pick('NULL','''day''','''week''','''month''','''hour'''), r.pick('true','false'), zone, filters, t);
	WHEN 5 THEN q := format('analytics.yoy(%L, %L, %L, %L, %s, %L, %L, %s, %s)', m, replace(a,'-infinity','2026-02-01'), replace(b,'infinity','2026-04-01'), r.pick('date','weekday','iso_week'), r.pick('NULL','''day''','''week''','''month'''), r.pick('true','false'), zone, filters, t);
	WHEN 6, 7 THEN q := format('analytics.%s(%L, %L, %L, %s, %L, %s, %L, %s)', r.pick('dau','wau','mau'), 's', replace(a,'-infinity','2026-02-01'), replace(b,'infinity','2026-04-01'), r.pick('NULL','NULL','''kind''','''country''','''b''','''kind,country''','''color''','''low'''), r.pick('approx','exact'), r.pick('NULL','NULL','''{sent}''','''{sent,seen}'''), zone, t);
	ELSE q := format('analytics.read_rollup(%L, %L, %L, %s, %s, %s)', 'ru', replace(a,'-infinity','2026-02-01'), replace(b,'infinity','2026-04-01'), r.pick('NULL','''{events}''','''{events,users}'''), filters, t);
	END CASE;
	RETURN 'SELECT * FROM ' || q;
END$$;
CREATE PROCEDURE r.scenario(seed float8, questions int) LANGUAGE plpgsql AS $$
DECLARE at_type text; tenant_type text; zone text; width text; capture text; config text; dims text; mets text; names text[]; low text; high text := '2026-04-06'; q text; d text; m text; a record; b record; step int; made bool := false;
BEGIN
	PERFORM setseed(seed);
	PERFORM set_config('search_path', 'r, public', false), set_config('analytics.now', '2026-04-05 10:00+00', false), set_config('TimeZone', r.pick('UTC','Asia/Kathmandu','America/New_York'), false);
	at_type := r.pick('timestamptz','timestamptz','timestamptz','timestamp','date');
	tenant_type := r.pick('','int','text','text','uuid','r.color','text COLLATE r.ci','varchar','text COLLATE "en-x-icu"','bpchar');
	zone := r.pick('UTC','America/New_York','Asia/Kathmandu','Asia/Taipei','Europe/Berlin','Australia/Lord_Howe');
	width := CASE WHEN at_type = 'timestamptz' THEN r.pick('15 minutes','1 hour','2 hours','1 day','1 week','1 month','3 days') ELSE r.pick('1 day','1 week','1 month') END;
	capture := r.pick('xid','xid','trigger','scan');
	SELECT '{' || coalesce(string_agg(x, ','), '') || '}' INTO dims FROM unnest('{kind,country,k,b,d,j,arr,color,ci,num,low}'::text[]) x WHERE random() < 0.4;
	SELECT '{' || string_agg(x, ',') || '}' INTO mets FROM unnest('{events,sent,valued,n,f,big,mean,favg,least,most,users,people,p95,share,mixed,mostf}'::text[]) x WHERE x = 'events' OR random() < 0.85;
	config := format('%s tenant %s %s %s %s dims %s mets %s', at_type, tenant_type, zone, width, capture, dims, mets);
	EXECUTE format('CREATE TABLE e (at %s, %s kind text COLLATE "en-x-icu", country text COLLATE %s, k int, f float8, n numeric, b bool, u int, d date, j jsonb, arr int[], color r.color, ci bpchar, num numeric)', at_type, CASE WHEN tenant_type = '' THEN '' ELSE 'tenant ' || tenant_type || ',' END, r.pick('r.ci','"en-x-icu"','"C"'));
	EXECUTE 'INSERT INTO e ' || r.rows(400, at_type, tenant_type, '2026-02-01', '2026-04-03');
	EXECUTE 'INSERT INTO e ' || r.rows(100, at_type, tenant_type, '2025-02-20', '2025-04-03');
	PERFORM analytics.add_source('s', 'e', 'at', 'u', event => 'kind', tenant => CASE WHEN tenant_type = '' THEN NULL ELSE 'tenant' END, timezone => zone);
	d := '{kind,country,k,b,d,j,arr,color,ci,num,"low = lower(country)"' || CASE WHEN tenant_type = '' THEN '' ELSE ',tenant' END || '}';
	FOREACH m IN ARRAY ('{events:count::,sent:count::kind = ''sent'',valued:count:n:,n:sum:n:,f:sum:f:,big:sum:k:k > 2,mean:avg:n:b,favg:avg:f:,least:min:n:,most:max:k:b,mostf:max:f:,users:distinct::,people:distinct_exact:' || r.pick('u','kind') || ':k <> 3,p95:percentile:f:}')::text[] LOOP
		names := string_to_array(m, ':');
		PERFORM analytics.define_metric(names[1], 's', names[2], nullif(names[3], ''), nullif(names[4], ''), dimensions => d::text[], fraction => CASE WHEN names[1] = 'p95' THEN 0.95 END);
	END LOOP;
	PERFORM analytics.define_metric('share', NULL, 'formula', formula => 'sent / events * 100');
	PERFORM analytics.define_metric('mixed', NULL, 'formula', formula => 'most - least + users');
	BEGIN
		PERFORM analytics.create_rollup('ru', 's', width::interval, mets::text[], dims::text[], timezone => zone, capture => capture, tail => CASE WHEN capture = 'scan' THEN interval '1 day' END);
		made := true;
	EXCEPTION WHEN OTHERS THEN INSERT INTO problems VALUES (seed, config, -1, 'create', SQLERRM, NULL);
	END;
	COMMIT;
	FOR step IN 0 .. 3 LOOP
		EXIT WHEN NOT made;
		low := CASE WHEN capture = 'scan' THEN '2026-04-05 00:00+00' ELSE '2026-02-01' END;
		BEGIN
		IF step > 0 THEN
			q := 'INSERT INTO e ' || r.rows(40, at_type, tenant_type, low::timestamptz, high::timestamptz);
			IF capture = 'scan' THEN q := 'INSERT INTO e SELECT * FROM (' || substr(q, 15) || ') x(at) WHERE at >= ''2026-04-05'' AND at < ''2026-04-06'''; END IF;
			EXECUTE q;
			IF capture <> 'scan' THEN
				IF random() < 0.6 THEN UPDATE e SET n = n + 1, country = 'JP' WHERE random() < 0.01; END IF;
				IF random() < 0.5 THEN DELETE FROM e WHERE random() < 0.01; END IF;
				IF random() < 0.3 THEN EXECUTE 'UPDATE e SET at = ''2026-03-08 07:00'' WHERE random() < 0.003'; END IF;
				IF random() < 0.3 AND tenant_type <> '' THEN UPDATE e SET tenant = NULL WHERE random() < 0.003; END IF;
				IF random() < 0.05 THEN TRUNCATE e; END IF;
				BEGIN
					EXECUTE 'INSERT INTO e ' || r.rows(10, at_type, tenant_type, low::timestamptz, high::timestamptz);
					UPDATE e SET f = 1 WHERE random() < 0.01;
					RAISE division_by_zero;
				EXCEPTION WHEN division_by_zero THEN NULL;
				END;
				IF random() < 0.5 THEN UPDATE e SET n = n - 2 WHERE random() < 0.005; END IF;
			END IF;
		END IF;
		EXCEPTION WHEN OTHERS THEN INSERT INTO problems VALUES (seed, config, step, 'change', SQLERRM, NULL);
		END;
		IF random() < 0.7 THEN COMMIT; END IF;
		IF step = 0 OR random() < 0.5 THEN
			BEGIN
			IF random() < 0.3 THEN PERFORM analytics.refresh_rollup('ru', 1 + floor(random()*60)::int); ELSE PERFORM analytics.refresh_rollup('ru'); END IF;
			EXCEPTION WHEN OTHERS THEN INSERT INTO problems VALUES (seed, config, step, 'refresh', SQLERRM, NULL);
			END;
			IF random() < 0.7 THEN COMMIT; END IF;
		END IF;
		FOR i IN 1 .. questions LOOP
			q := r.question(tenant_type, zone);
			PERFORM set_config('analytics.use_rollups', 'on', false);
			a := r.answer(q);
			PERFORM set_config('analytics.use_rollups', 'off', false);
			b := r.answer(q);
			PERFORM set_config('analytics.use_rollups', 'on', false);
			INSERT INTO counts VALUES (CASE WHEN a.served LIKE 'rollup%' THEN 'rollup' ELSE a.served END, 1);
			IF a.said IS DISTINCT FROM b.said THEN INSERT INTO problems VALUES (seed, config, step, q, a.said, b.said); END IF;
		END LOOP;
		COMMIT;
	END LOOP;
	DROP TABLE e CASCADE;
	IF made THEN BEGIN PERFORM analytics.drop_rollup('ru'); EXCEPTION WHEN OTHERS THEN NULL; END; END IF;
	BEGIN PERFORM analytics.drop_source('s', true); EXCEPTION WHEN OTHERS THEN NULL; END;
	PERFORM analytics.drop_metric(x.name, true) FROM (SELECT name FROM analytics.metrics WHERE name IN ('share','mixed')) x;
	COMMIT;
END$$;

SET search_path = r, public;
SELECT format('CALL r.scenario(%s, 20)', s / 1000.0) FROM generate_series(701, 710) s \gexec
SELECT seed, config, step, query, left(routed, 300) AS routed, left(raw, 300) AS raw FROM r.problems ORDER BY 1, 3, 4 LIMIT 10;
SELECT sum(n) > 500 AS asked, sum(n) FILTER (WHERE served = 'rollup') > 30 AS from_rollups FROM r.counts;
DROP SCHEMA r CASCADE;

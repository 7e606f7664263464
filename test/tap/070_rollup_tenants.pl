# Proves that rollups keep tenants apart: whatever row-level security a source has, and whatever becomes of it, of grants and
# of owners after the rollup was made, every reader gives every role the answer, or the error, that the events give it; and
# plain SQL over a rollup's table shows a role no tenant that it does not see in the source.
#
# ROLLUP_READERS=all    asks all readers everywhere (four minutes); else all of the first source, and two of them elsewhere
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('tenants');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nautovacuum = off\n");
$node->start;

# The superuser has the name of whoever runs this; those below are asked for "postgres".
$node->safe_psql('postgres', q{DO $$BEGIN IF to_regrole('postgres') IS NULL THEN CREATE ROLE postgres SUPERUSER; END IF; END$$});
$node->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE ROLE tenant_a; CREATE ROLE tenant_b; CREATE ROLE nobody_yet; CREATE ROLE keeper; CREATE ROLE passer BYPASSRLS; CREATE ROLE stranger;
	CREATE ROLE team; CREATE ROLE member; GRANT team TO member;
	CREATE SCHEMA app AUTHORIZATION keeper;
	CREATE SCHEMA test;
	GRANT USAGE ON SCHEMA app, test, analytics TO PUBLIC;
	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA analytics TO keeper;
	GRANT INSERT, UPDATE, DELETE ON analytics.sources, analytics.metrics TO keeper;
	CREATE TABLE app.members (who text, tenant text);
	INSERT INTO app.members VALUES ('tenant_a', 'tenant_a'), ('tenant_b', 'tenant_b');
	GRANT SELECT ON app.members TO PUBLIC;
	CREATE FUNCTION app.tenant() RETURNS text LANGUAGE plpgsql STABLE AS $$BEGIN RETURN current_setting('app.tenant', true); END$$;
	CREATE FUNCTION app.changing() RETURNS text LANGUAGE plpgsql AS $$BEGIN RETURN current_setting('app.tenant', true); END$$;

	-- What a query answers the current role, as text: rows in order, or the error.
	CREATE FUNCTION test.ask(query text, rollups boolean) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE answer text;
	BEGIN
		PERFORM set_config('analytics.use_rollups', rollups::text, true);
		EXECUTE format('SELECT coalesce(string_agg(t::text, E''\n'' ORDER BY t::text), '''') FROM (%s) t', query) INTO answer;
		RETURN answer;
	EXCEPTION WHEN OTHERS THEN
		RETURN 'error ' || SQLSTATE || ' ' || SQLERRM;
	END$$;

	CREATE FUNCTION test.readers(kind text) RETURNS TABLE (reader text, query text) LANGUAGE sql STABLE AS $$
		SELECT r, format(q, kind) FROM (VALUES
			('time_series', $q$SELECT bucket, value, complete FROM analytics.time_series('%1$s.sum', '2026-01-01', '2026-01-12', timezone => 'UTC')$q$),
			('time_series by provider', $q$SELECT bucket, dimensions, value FROM analytics.time_series('%1$s.count', '2026-01-01 07:20', '2026-01-11 12:34', breakdown => '{provider}')$q$),
			('time_series of tenant b', $q$SELECT bucket, value FROM analytics.time_series('%1$s.people', '2026-01-01', '2026-01-12', tenant => 'tenant_b')$q$),
			('compare', $q$SELECT * FROM analytics.compare('%1$s.sum', '2026-01-06', '2026-01-11', 'previous')$q$),
			('metric_value', $q$SELECT analytics.metric_value('%1$s.p95', '2026-01-01', '2026-01-12')$q$),
			('dau', $q$SELECT * FROM analytics.dau('%1$s', '2026-01-01', '2026-01-12')$q$),
			('read_rollup', $q$SELECT bucket, tenant_id, dimensions, metric, value FROM analytics.read_rollup('%1$s_hourly', '2026-01-09 12:00', '2026-01-10 03:00')$q$)) v (r, q)
	$$;

	CREATE TABLE test.few AS SELECT false AS few;
	GRANT SELECT ON test.few TO PUBLIC;

	-- What each role is answered with and without rollups; `routed` is t where a rollup served it.
	CREATE FUNCTION test.everyone(kind text, tenants text[]) RETURNS TABLE (role name, tenant text, reader text, routed text, same boolean, answer text, raw text)
	LANGUAGE plpgsql AS $$
	BEGIN
		FOREACH role IN ARRAY '{tenant_a,tenant_b,nobody_yet,keeper,passer,stranger,member,postgres}'::name[] LOOP
			FOREACH tenant IN ARRAY tenants LOOP
				PERFORM set_config('role', role, true), set_config('app.tenant', tenant, true);
				routed := test.ask(format($q$SELECT bool_or(served_by LIKE 'rollup %%') FROM analytics.time_series('%1$s.sum', '2026-01-01', '2026-01-12')$q$, kind), true);
				FOR reader, raw IN SELECT r.reader, r.query FROM test.readers(kind) r
					WHERE NOT (SELECT few FROM test.few) OR r.reader IN ('time_series by provider', 'read_rollup') LOOP
					answer := test.ask(raw, true);
					raw := test.ask(raw, false);
					same := answer = raw;
					RETURN NEXT;
				END LOOP;
				-- plain SQL: tenants in the rollup that the source does not show
				reader := 'plain SQL';
				answer := test.ask(format('SELECT DISTINCT tenant FROM app.%I_hourly', kind), true);
				raw := test.ask(format('SELECT DISTINCT tenant FROM app.%I', kind), true);
				same := answer LIKE 'error 42501%' OR raw NOT LIKE 'error%'
					AND string_to_array(answer, E'\n') <@ string_to_array(raw, E'\n');
				RETURN NEXT;
				reader := 'rollup_status';
				answer := test.ask(format('SELECT count(*) FROM analytics.rollup_status WHERE name = %L', kind || '_hourly'), true);
				SELECT format('(%s)', pg_has_role(role, c.relowner, 'USAGE')::int) INTO raw FROM pg_class c WHERE relname = kind || '_hourly';
				same := answer = raw;
				RETURN NEXT;
			END LOOP;
		END LOOP;
		PERFORM set_config('role', 'none', true);
	END$$;
});

# A source of a kind: its row-level security, what it is before and after its rollup is made.
sub make
{
	my ($kind, $type, $security, $tenant) = @_;
	$tenant //= 'tenant';
	my $value = $type eq 'int' ? 'i % 3' : q{(ARRAY['tenant_a', 'tenant_b', NULL, 'tenant_a'])[i % 4 + 1]};
	$node->safe_psql('postgres', qq{
		SET client_min_messages = warning;
		SET ROLE keeper;
		SET search_path = app;
		CREATE TABLE $kind (at timestamptz NOT NULL, who int, tenant $type, provider text, amount int);
		INSERT INTO $kind SELECT timestamptz '2026-01-01' + i * interval '13 minutes', i % 17, $value, 'p' || i % 3, i % 101 FROM generate_series(0, 1100) i;
		GRANT SELECT ON $kind TO tenant_a, tenant_b, nobody_yet, passer, team;
		$security;
		SELECT analytics.add_source('$kind', '$kind', 'at', 'who', tenant => '$tenant');
		SELECT analytics.define_metric('$kind.count', '$kind', 'count', dimensions => '{provider}');
		SELECT analytics.define_metric('$kind.sum', '$kind', 'sum', 'amount', dimensions => '{provider}');
		SELECT analytics.define_metric('$kind.people', '$kind', 'distinct', dimensions => '{provider}');
		SELECT analytics.define_metric('$kind.p95', '$kind', 'percentile', 'amount', fraction => 0.95, dimensions => '{provider}');
		SELECT analytics.create_rollup('${kind}_hourly', '$kind', '1 hour', '{$kind.count,$kind.sum,$kind.people,$kind.p95}', '{provider}');
		SELECT * FROM analytics.refresh_rollup('${kind}_hourly');
		INSERT INTO $kind SELECT timestamptz '2026-01-10' + i * interval '7 minutes', i % 5, $value, 'p9', 1000 FROM generate_series(0, 20) i;
		UPDATE $kind SET amount = 2000 WHERE at = '2026-01-04';
		DELETE FROM $kind WHERE at = '2026-01-02';
	});
	return;
}

my $few_readers = 0;

# Compares all answers; returns to which roles, with the setting "tenant_a", a rollup gave them.
sub everyone
{
	my ($what, $kind, $change) = @_;
	my $tenants = $change ? '{tenant_a}' : '{tenant_a,tenant_b,""}';
	$change //= 'SELECT WHERE false';
	my $out = $node->safe_psql('postgres', qq{BEGIN; SET client_min_messages = warning; $change; SELECT * FROM test.everyone('$kind', '$tenants'); ROLLBACK},
		extra_params => [ '-R', "\x1e" ]);
	my (%routed, @bad);
	my $n = 0;
	for my $row (split /\x1e/, $out)
	{
		my ($role, $tenant, $reader, $routed, $same, $answer, $raw) = split /\|/, $row, 7;
		next unless defined $same;
		$n++;
		$routed{$role} = 1 if $routed eq '(t)' && $tenant eq 'tenant_a';
		# What the owner of a rollup does to its table is seen there.
		next if $reader eq 'plain SQL' && $what =~ /of the rollup/;
		push @bad, "$role ($tenant) $reader" unless $same eq 't';
		diag("$what: $role ($tenant) $reader:\n$answer\n--\n$raw") unless $same eq 't' || @bad > 3;
	}
	is("$n: @bad", ($tenants eq '{tenant_a}' ? 8 : 24) * ($few_readers ? 4 : 9) . ': ', "$what: the same answers");
	if (!$few_readers && ($ENV{ROLLUP_READERS} // '') ne 'all')
	{
		$few_readers = 1;
		$node->safe_psql('postgres', 'UPDATE test.few SET few = true');
	}
	return join ' ', sort keys %routed;
}

my $rls = 'ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON %1$s FOR SELECT TO PUBLIC USING (%2$s)';
my $few = 'keeper passer postgres';
my $all = 'keeper member nobody_yet passer postgres tenant_a tenant_b';

# ---- kinds of row-level security: kind, type of the tenant, policy, whom a rollup answers, expression of the tenant
for my $case (
	[ 'setting', 'text', q{tenant = current_setting('app.tenant', true)}, $all ],
	[ 'wrapped', 'varchar(20)', q{tenant = (SELECT current_setting('app.tenant', true))}, $all ],
	[ 'who', 'text', 'tenant = current_user', $all ],
	[ 'number', 'int', q{tenant = length(current_setting('app.tenant', true)) - 7 OR tenant IS NULL}, $all ],
	[ 'stable', 'text', 'tenant = app.tenant()', $all ],
	[ 'anyone', 'text', 'true', $all ],
	[ 'listed', 'text', q{tenant = ANY (string_to_array(current_setting('app.tenant', true), ','))}, $all ],
	[ 'volatile', 'text', 'tenant = app.changing()', $few ],
	[ 'looked_up', 'text', 'tenant IN (SELECT m.tenant FROM members m WHERE m.who = current_user)', $few ],
	[ 'amounts', 'text', 'tenant = current_user AND amount > 50', $few ],
	[ 'whole_row', 'text', q{to_jsonb(whole_row)->>'tenant' = current_user}, $few ],
	[ 'computed', 'text', 'tenant = current_user', $few, 'lower(tenant)' ])
{
	my ($kind, $type, $policy, $expected, $tenant) = @$case;
	make($kind, $type, sprintf($rls, $kind, $policy), $tenant);
	is(everyone($kind, $kind), $expected, '... from the rollup where it can');
}

# ---- several policies: each role goes by those that are for it
make('several', 'text', q{
	ALTER TABLE several ENABLE ROW LEVEL SECURITY;
	CREATE POLICY a ON several TO tenant_a USING (tenant = current_user);
	CREATE POLICY a_too ON several FOR SELECT TO tenant_a USING (tenant IS NULL);
	CREATE POLICY b ON several TO tenant_b, team USING (tenant = 'tenant_b');
	CREATE POLICY b_few ON several AS RESTRICTIVE TO tenant_b USING (amount < 50);
	CREATE POLICY writes ON several FOR INSERT TO tenant_b WITH CHECK (amount > 7);
	CREATE POLICY team_few ON several AS RESTRICTIVE TO team USING (tenant <> 'tenant_a')});
is(everyone('several policies', 'several'), 'keeper member nobody_yet passer postgres tenant_a', '... from the rollup but for one');
is($node->safe_psql('postgres', 'SET ROLE tenant_b; SELECT count(*) FROM app.several_hourly'), 0, '... who sees no cell of it');

# ---- no row-level security, and a superuser's rollup over a table that forces it upon its owner
make('open', 'text', '');
is(everyone('no policies', 'open'), $all, '... from the rollup');
make('forced', 'text', sprintf($rls, 'forced', 'tenant = current_user') . '; RESET ROLE; ALTER TABLE forced FORCE ROW LEVEL SECURITY');
is(everyone('forced', 'forced'), $all, '... from the rollup');
my ($rc, $out, $err) = $node->psql('postgres', q{SET ROLE keeper; SET search_path = app; SELECT analytics.create_rollup('refused', 'forced', '1 day', '{forced.sum}')});
like($err, qr/row-level security of "forced" applies to user "keeper"/, 'an owner who sees a part makes no rollup');

# ---- what becomes of it: a change, whom a rollup answers then
my $but_a = 'keeper member nobody_yet passer postgres tenant_b';
for my $case (
	[ 'policy of the source altered', q{ALTER POLICY own ON app.setting USING (tenant = current_setting('app.other', true))}, $all ],
	[ 'policy of the source altered for no tenant', q{ALTER POLICY own ON app.setting USING (provider = current_setting('app.other', true))}, $few ],
	[ 'policy of the source for one', q{ALTER POLICY own ON app.setting TO tenant_a}, $all ],
	[ 'policy of the source dropped', q{DROP POLICY own ON app.setting}, $all ],
	[ 'policy of the source added', q{CREATE POLICY more ON app.setting TO tenant_a USING (true)}, $all ],
	[ 'restrictive policy added', q{CREATE POLICY less ON app.setting AS RESTRICTIVE USING (amount < 50)}, $few ],
	[ 'policy of the source renamed', q{ALTER POLICY own ON app.setting RENAME TO mine}, $all ],
	[ 'policy of a tenant of its own', q{ALTER POLICY own ON app.setting USING (tenant = current_user OR tenant IS NULL)}, $all ],
	[ 'security of the source off', q{ALTER TABLE app.setting DISABLE ROW LEVEL SECURITY}, $all ],
	[ 'security of the source off and on', q{ALTER TABLE app.setting DISABLE ROW LEVEL SECURITY; ALTER TABLE app.setting ENABLE ROW LEVEL SECURITY}, $all ],
	[ 'security of the source forced', q{ALTER TABLE app.setting FORCE ROW LEVEL SECURITY}, $all ],
	[ 'security of the rollup off', q{ALTER TABLE app.setting_hourly DISABLE ROW LEVEL SECURITY}, $few ],
	[ 'security of the rollup forced', q{ALTER TABLE app.setting_hourly FORCE ROW LEVEL SECURITY}, 'member nobody_yet passer postgres tenant_a tenant_b' ],
	[ 'policy of the rollup altered', q{ALTER POLICY own ON app.setting_hourly USING (true)}, $few ],
	[ 'policy of the rollup dropped', q{DROP POLICY own ON app.setting_hourly}, $few ],
	[ 'policy of the rollup added', q{CREATE POLICY more ON app.setting_hourly TO tenant_a USING (true)}, $but_a ],
	[ 'rights on the source revoked', q{REVOKE SELECT ON app.setting FROM tenant_a}, $but_a ],
	[ 'rights on the source given', q{GRANT SELECT ON app.setting TO stranger}, "$few stranger tenant_a tenant_b" =~ s/passer/member nobody_yet passer/r ],
	[ 'rights on all given', q{GRANT ALL ON ALL TABLES IN SCHEMA app TO PUBLIC}, "$few stranger tenant_a tenant_b" =~ s/passer/member nobody_yet passer/r ],
	[ 'some columns of the source granted', q{REVOKE SELECT ON app.setting FROM tenant_a; GRANT SELECT (at, who, tenant, amount) ON app.setting TO tenant_a}, $but_a ],
	[ 'all but a hidden column granted', q{REVOKE SELECT ON app.setting FROM tenant_a; GRANT SELECT (at, who, tenant, amount, provider) ON app.setting TO tenant_a; GRANT SELECT ON app.setting_hourly TO tenant_a}, $but_a ],
	[ 'the hidden column too', q{REVOKE SELECT ON app.setting FROM tenant_a; GRANT SELECT (at, who, tenant, amount, provider, _x) ON app.setting TO tenant_a; GRANT SELECT ON app.setting_hourly TO tenant_a}, $all ],
	[ 'rights on the rollup revoked', q{REVOKE SELECT ON app.setting_hourly FROM tenant_a}, $but_a ],
	[ 'rights on the schema revoked', q{REVOKE USAGE ON SCHEMA app FROM PUBLIC}, 'keeper postgres' ],
	[ 'given away: the owner of the rollup', q{ALTER TABLE app.setting_hourly OWNER TO stranger}, '' ],
	[ 'member of the team no more', q{REVOKE team FROM member}, 'keeper nobody_yet passer postgres tenant_a tenant_b' ],
	[ 'column renamed', q{ALTER TABLE app.setting RENAME COLUMN tenant TO "Kunde"; ALTER TABLE app.setting RENAME COLUMN "Kunde" TO tenant}, $all ],
	[ 'who passed no more', q{ALTER ROLE passer NOBYPASSRLS}, $all ])
{
	my ($what, $change, $expected) = @$case;
	my $routed = everyone($what, 'setting', $change);
	is($routed, $expected, "... from the rollup: $what");
}

# ---- one statement, prepared once, in many hands
my $session = $node->background_psql('postgres');
$session->query_safe(q{PREPARE q AS SELECT current_user, string_agg(value::text, ' ' ORDER BY bucket), min(served_by) FROM analytics.time_series('who.sum', '2026-01-01', '2026-01-12')});
for my $round (1 .. 2)
{
	for my $role (qw(tenant_a tenant_b nobody_yet keeper tenant_a))
	{
		my ($with, $without) = map { $session->query_safe("SET ROLE $role; SET analytics.use_rollups = $_; EXECUTE q; RESET ROLE") } qw(on off);
		like($with, qr/rollup who_hourly/, "prepared: $role is served by the rollup");
		is($with =~ s/\|[^|]*$//r, $without =~ s/\|[^|]*$//r, '... with the same answer');
	}
}
$session->quit;

# ---- marks and progress are nobody's to read or write
for my $role (qw(tenant_a keeper passer))
{
	for my $statement ('SELECT * FROM analytics.rollup_marks', 'DELETE FROM analytics.rollup_marks', q{INSERT INTO analytics.rollup_marks VALUES ('who_hourly', NULL, '-infinity')},
		'UPDATE analytics.rollup_progress SET covered = NULL', 'DELETE FROM analytics.rollups', 'SELECT rows FROM analytics.rollup_progress', 'DELETE FROM analytics.rollup_frozen')
	{
		($rc, $out, $err) = $node->psql('postgres', "SET ROLE $role; $statement");
		like($err, qr/permission denied/, "$role: $statement");
	}
}

$node->stop;
done_testing();

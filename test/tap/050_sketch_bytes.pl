# Sketches as hostile bytes, by every way into the server: no bytes may end a process, run on, or be refused with
# anything but the SQLSTATE of their way in; and what is accepted must be a value like any other.
#
# Types, functions, aggregates and casts are found in the catalog; a new type needs only its makers below. Valid values
# are mutated (bits, bytes, lengths, pieces of two values) and given to
#   text       the input function: 22P02
#   recv       COPY ... (FORMAT binary): 22P03
#   import     each function and cast that makes one from bytea: XX001
#   stored     no check at all, as if a disk had changed them: each function that takes the type says XX001 or answers
# 22023 and 54000 do everywhere. An accepted value goes through all functions that take the type, none of which may call
# it damaged; survives text and bytes; and obeys the laws of its type.
#
# SKETCH_FUZZ=10000000 runs so many mutants instead of 200,000. Each batch has its seed: a run that ends the server is
# repeated, batch alone, with each mutant in the server's log, and the last one is reported.
use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $total = $ENV{SKETCH_FUZZ} // 200_000;
my $batch = 1000;
my $max_crashes = 3;

# By type: "makers" are queries of valid values; "laws" hold for each value "v", with a valid "good"; "imports" are queries
# of valid bytes for functions that read another's form; "unlike" are the SQLSTATEs of uniting what is not alike, or showing what is not for that.
my %known = (
	hll => {
		makers => [
			'SELECT analytics.hll_empty()', 'SELECT analytics.hll_empty(4)',
			(map { "SELECT analytics.hll_agg(n) FROM generate_series(1, $_) n" } 1, 3, 40, 900),
			(map { "SELECT analytics.hll_agg(n, $_->[0]) FROM generate_series(1, $_->[1]) n" }
				[ 4, 30 ], [ 5, 500 ], [ 8, 20 ], [ 8, 3000 ], [ 11, 20000 ], [ 18, 100 ]),
			(map { "SELECT analytics.hll_agg(n, $_->[0], 'redis') FROM generate_series(1, $_->[1]) n" } [ 14, 5 ], [ 6, 400 ]),
			# Imported: ranks alone, few and many.
			(map { "SELECT analytics.hll_from_storage(analytics.hll_to_storage(analytics.hll_agg(n, $_->[0]))) FROM generate_series(1, $_->[1]) n" }
				[ 11, 7 ], [ 8, 3000 ], [ 5, 10 ]),
		],
		laws => [ 'analytics.hll_count(v) = analytics.hll_count(analytics.hll_union(v, v))' ],
		imports => {
			hll_from_storage => [
				(map { "SELECT analytics.hll_to_storage(analytics.hll_agg(n, $_->[0]), $_->[1]) FROM generate_series(1, $_->[2]) n" }
					[ 11, 5, 1 ], [ 11, 5, 20 ], [ 8, 6, 2000 ], [ 4, 8, 100 ], [ 10, 1, 500 ]),
				# EXPLICIT, which ours never writes: three hashes in order.
				"SELECT '\\x128b7f1111111111111111333333333333333380000000000000aa'::bytea",
			],
			hll_from_redis => [
				(map { "SELECT analytics.hll_to_redis(analytics.hll_agg(n, 14, 'redis')) FROM generate_series(1, $_) n" } 1, 3, 60, 30000),
			],
		},
	},
	distinct_set => {
		unlike => [ '42804', '0A000' ],
		makers => [
			(map { "SELECT analytics.distinct_agg($_) FROM generate_series(1, 40) n" } 'n', 'n::int8 * 1000000007', 'n::int8 << 45',
				'n % 2 = 0', "date '2026-01-01' + n", "timestamptz '2026-01-01' + n * interval '1 hour'", 'n / 7.0::float8', 'n::float4',
				"'user ' || n", 'n::text::char(5)', 'md5(n::text)::uuid', "decode(md5(n::text), 'hex')", "time '00:00' + n * interval '1 minute'"),
			(map { "SELECT analytics.distinct_agg($_) FROM generate_series(1, 3000) n" } 'n', 'n::int8 * 1000000007', "'user ' || n"),
			'SELECT analytics.distinct_agg(0)', "SELECT analytics.distinct_agg(''::text)",
		],
		laws => [ 'analytics.distinct_count(v) = (SELECT analytics.distinct_count(analytics.distinct_union_agg(x)) FROM (VALUES (v), (v)) r(x))' ],
	},
	topk => {
		unlike => ['42804'],
		makers => [
			(map { "SELECT analytics.topk_agg($_) FROM generate_series(1, 40) n" } 'n % 7, 3', "repeat('x', n), 1", 'n / 3.0, 10', "date '2026-01-01' + n % 5, 10000"),
			(map { "SELECT analytics.topk_agg($_) FROM generate_series(1, 3000) n" } 'n, 1', 'n % 900, 1', "'value ' || n % 1500 * (n % 10), 10"),
			"SELECT analytics.topk_agg(''::text, 1)",
		],
		laws => [
			"(analytics.topk_info(analytics.topk_union(v, v))->'total')::int8 = 2 * (analytics.topk_info(v)->'total')::int8",
			'(SELECT coalesce(bool_and(count > error AND error <= analytics.topk_error(v)), true) FROM analytics.topk_values(v))',
		],
	},
	quantile => {
		makers => [
			"SELECT '\\x012300'::analytics.quantile",
			(map { "SELECT analytics.quantile_agg($_) FROM generate_series(1, 20) n" } 'n', 'n / 7.0', '-n * 1e300'),
			(map { "SELECT analytics.quantile_agg(exp(n % 977 / 90.0 - 5) * (1 - n % 3), $_->[0]) FROM generate_series(1, $_->[1]) n" }
				[ 0.01, 33 ], [ 0.01, 5000 ], [ 0.2, 300 ], [ 0.001, 400 ]),
			'SELECT analytics.quantile_agg(2.0 ^ (n % 5)) FROM generate_series(1, 3000) n',
			"SELECT analytics.quantile_agg((ARRAY['NaN', 'Infinity', '-Infinity', '0', '5e-324'])[1 + n % 5]::float8) FROM generate_series(1, 40) n",
		],
		laws => [
			'analytics.approx_quantile(v, 1) IS NOT DISTINCT FROM analytics.quantile_max(v)',
			'analytics.quantile_count(analytics.quantile_union(v, v)) = 2 * analytics.quantile_count(v)',
			'(analytics.approx_quantile(v, 0.5) BETWEEN analytics.quantile_min(v) AND analytics.quantile_max(v)) IS NOT FALSE',
		],
	},
	exact_sum => {
		# A sum beyond the range of a double has no value.
		unlike => ['22003'],
		makers => [
			"SELECT '\\x010000'::analytics.exact_sum", 'SELECT analytics.exact_sum_agg(0)', 'SELECT analytics.exact_sum_agg(1e308) FROM generate_series(1, 3)',
			(map { "SELECT analytics.exact_sum_agg($_) FROM generate_series(1, 300) n" } 'n', 'n / 7.0', '-n * 1e300', '(n % 7 - 3) * 2.0 ^ (n * 6 - 1000)', "5e-324"),
			"SELECT analytics.exact_sum_agg((ARRAY['NaN', 'Infinity', '-Infinity', '0', '5e-324'])[1 + n % 5]::float8) FROM generate_series(1, 40) n",
			"SELECT analytics.exact_sum_agg(v) FROM unnest('{1,1e300,-1e300,-1}'::float8[]) AS v",
		],
		laws => [
			'analytics.exact_sum_count(analytics.exact_sum_union(v, v)) = 2 * analytics.exact_sum_count(v)',
			'analytics.exact_sum_mean(analytics.exact_sum_union(v, v)) IS NOT DISTINCT FROM analytics.exact_sum_mean(v)',
			'analytics.exact_sum_union(v, good)::text = analytics.exact_sum_union(good, v)::text',
			"analytics.exact_sum_mean(v) IN ('Infinity', '-Infinity') IS NOT TRUE OR analytics.exact_sum_value(v) = analytics.exact_sum_mean(v)",
		],
	},
	# Events that an aggregate has gathered, written out as docs/behaviour.md says: two of a funnel of three steps, three of a pattern.
	behaviour_state => {
		makers => [
			"SELECT '\\x01010000030000000900000000a0e3d08c0000000040420f00000000000180841e000000000006'::analytics.behaviour_state",
			"SELECT '\\x01010100030000000900000000a0e3d08c00000000'::analytics.behaviour_state",
			"SELECT '\\x01010000030000000900000000a0e3d08c00000005'::analytics.behaviour_state",
			"SELECT '\\x010200000200000008000000283f3129283f322940420f00000000000180841e00000000000280841e000000000003'::analytics.behaviour_state",
			# Of funnel_agg: two events of two steps; three with the values "ab" and "b", of sessions, with an optional step and an exclusion.
			"SELECT '\\x01030000020000001900000000a493d6000000000000000000000000000000000200000000010000000000000001020000000000000002'::analytics.behaviour_state",
			"SELECT '\\x01030000230000001f00000000a493d60000000040420f00000000000202000502000100010200000001000200000002000000616201000000620100000000000000110000000002000000000000000a0000000003000000000000000000000000'::analytics.behaviour_state",
		],
		laws => [ 'octet_length(analytics.behaviour_state_send(v)) >= 12' ],
	},
	# Sessions, and events with values, as docs/sessionize.md and docs/sequence.md say: none, some, times without end; forward, backward, forty conditions.
	session_state => {
		unlike => [ '22023', '22008' ],
		makers => [
			(map { "SELECT '\\x01000000$_'::analytics.session_state" } '0a00000000000000', '0a00000000000000ffffffffffffffff0b02ac020000',
				'00d2496b000000000000000000000080000080c0a1d7f0c8ba81800180b0b4f8080280909ef0f04d0000ffff8bc095e9c4fe7f0001',
				'0000602b3972e7770020c8c4fea2fcff0000', '40420f00000000000020c8c4fea2fcffc0843d01c08db7010000c096b1020000'),
		],
		laws => [
			'(SELECT coalesce(bool_and(number = n AND first <= last AND events > 0), true) FROM unnest(analytics.sessions_final(v)) WITH ORDINALITY s(number, first, last, events, n))',
			'(SELECT count(*) = count(DISTINCT first) AND count(*) = count(DISTINCT last) FROM unnest(analytics.sessions_final(v)))',
		],
	},
	next_event_state => {
		makers => [
			(map { "SELECT '\\x01$_'::analytics.next_event_state" } '0101000100000000', '0202000100000001017080a4e6c4fea2fcff0003c0e6f5c4fea2fcff0003',
				'0103000200000003000161026162ffffffffffffffff0202000000000000000000030000000000000000010405000000000000000200',
				'02040028000000020270310270324062d7c4fea2fcff00feffffffff0180a4e6c4fea2fcff01ffffffffff01',
				'010300020000000203c3bc3003c3bc314062d7c4fea2fcff010480a4e6c4fea2fcff0005c0e6f5c4fea2fcff0105002905c5fea2fcff0007406b14c5fea2fcff010780ad23c5fea2fcff0007'),
		],
		laws => [ 'octet_length(analytics.next_event_final(v)) < octet_length(analytics.next_event_state_send(v)) IS NOT FALSE' ],
	},
);

my $node = PostgreSQL::Test::Cluster->new('sketch_bytes');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "statement_timeout = '60s'\nfsync = off\ntimezone = 'UTC'\nlc_messages = 'C'\n"
	  . "autovacuum = off\nrestart_after_crash = on\nlog_min_messages = log\nlog_min_error_statement = panic\n"
	  . "max_parallel_workers_per_gather = 0\nmax_wal_size = '4GB'\nshared_buffers = '64MB'");
$node->start;
my $file = $node->basedir . '/mutant';
$node->safe_psql('postgres', 'CREATE EXTENSION analytics');

sub query
{
	return decode_json($node->safe_psql('postgres', "SELECT coalesce(json_agg(q), '[]') FROM ($_[0]) q"));
}

# ---- what mutates, and what is wrong

$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA fuzz;
CREATE TABLE fuzz.seeds (type text, route text, bytes bytea NOT NULL);
CREATE TABLE fuzz.wrong (type text, route text, what text, state text, message text, bytes bytea);

CREATE FUNCTION fuzz.below(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN floor(random() * n)::int; END $$;

-- Some random bytes; the beginning of a value matters most, so places are often near it.
CREATE FUNCTION fuzz.noise(n int) RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
	RETURN substring(decode(md5(random()::text) || md5(random()::text), 'hex'), 1, n);
END $$;

CREATE FUNCTION fuzz.place(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	RETURN fuzz.below(CASE WHEN random() < 0.4 THEN least(n, 16) ELSE n END);
END $$;

CREATE FUNCTION fuzz.mutate(b bytea, other bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	n int;
	at int;
	len int;
	extremes bytea[] := '{"\\x00","\\xff","\\x7f","\\x80","\\x01","\\xffff","\\xffffff7f","\\x00000080","\\xffffffff","\\xffffffffffffffff",
		"\\x000000000000f07f","\\x000000000000f87f","\\x00000000000000000000"}';
BEGIN
	FOR i IN 1 .. 1 + fuzz.below(3) LOOP
		n := length(b);
		IF n = 0 THEN
			RETURN fuzz.noise(fuzz.below(24));
		END IF;
		at := fuzz.place(n);
		len := 1 + fuzz.below(8);
		CASE fuzz.below(12)
			WHEN 0, 1, 2 THEN
				b := set_bit(b, at * 8::bigint + fuzz.below(8), fuzz.below(2));
			WHEN 3, 4 THEN
				b := set_byte(b, at, fuzz.below(256));
			WHEN 5 THEN
				b := overlay(b PLACING extremes[1 + fuzz.below(array_length(extremes, 1))] FROM at + 1);
			WHEN 6 THEN
				b := substring(b, 1, at);
			WHEN 7 THEN
				b := b || fuzz.noise(1 + fuzz.below(32));
			WHEN 8 THEN
				b := substring(b, 1, at) || substring(b, at + 1 + len);
			WHEN 9 THEN
				b := substring(b, 1, at + len) || substring(b, at + 1);
			WHEN 10 THEN
				b := substring(b, 1, at) || substring(other, 1 + fuzz.place(length(other) + 1));
			ELSE
				b := substring(b, 1, least(at, 8)) || fuzz.noise(1 + fuzz.below(32));
		END CASE;
	END LOOP;
	RETURN b;
END $$;
SQL

# ---- the extension's types and what takes or makes them

my $member = q{pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
	AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'analytics'};
my $types = query(qq{
	SELECT t.oid, t.typname AS name, t.oid::regtype::text AS type, t.typsend::regproc::text AS send,
		t.typreceive::oid <> 0 AND t.typsend::oid <> 0 AS binary
	FROM $member JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
	WHERE t.typtype = 'b' AND t.typlen = -1 AND t.typelem = 0 ORDER BY 2});
cmp_ok(scalar @$types, '>', 0, 'the extension has types of its own');

# All arguments but those of the type itself take one value that makes sense.
sub argument
{
	my ($type) = @_;
	my %values = (integer => 5, bigint => 5, smallint => 5, 'double precision' => 0.1, 'double precision[]' => "'{0,0.5,0.99,1}'",
		text => "'x'", boolean => 'true', '"any"' => '42::bigint', anyelement => '42::bigint', bytea => "'\\x00'");
	return defined $values{$type} ? ($type =~ /any/ ? $values{$type} : "($values{$type})::$type") : "NULL::$type";
}

# The calls of everything that takes the type, as expressions of v and good, or over the rows (v), (good).
sub consumers
{
	my ($type) = @_;
	my $functions = query(qq{
		SELECT p.oid::regproc::text AS name, p.prokind AS kind,
			(SELECT json_agg(u::regtype::text ORDER BY n) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a(u, n)) AS types
		FROM $member JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
		WHERE $type->{oid} = ANY (p.proargtypes::oid[]) AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[])
			AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE p.oid IN (a.aggtransfn, a.aggcombinefn, a.aggserialfn, a.aggmtransfn, a.aggminvtransfn))
		ORDER BY p.oid::regprocedure::text});
	my @calls;
	for my $f (@$functions)
	{
		my $own = grep { $_ eq $type->{type} } @{ $f->{types} };
		my @rest = map { $_ eq $type->{type} ? undef : argument($_) } @{ $f->{types} };
		my $of = sub { my @own = @_; return "$f->{name}(" . join(', ', map { $_ // shift @own } @rest) . ')' };
		if ($f->{kind} eq 'a')
		{
			my $rows = '(VALUES (1, good), (2, v), (3, good), (4, v)) AS r(i, x)';
			push @calls, 'SELECT ' . $of->(('x') x $own) . " FROM $rows",
			  'SELECT ' . $of->(('x') x $own) . " FROM $rows WHERE i >= 2",
			  'SELECT ' . $of->(('x') x $own) . " OVER (ORDER BY i ROWS 1 PRECEDING) FROM $rows";
		}
		elsif ($own == 1) { push @calls, 'SELECT ' . $of->('v'); }
		else { push @calls, 'SELECT ' . $of->('v', 'good'), 'SELECT ' . $of->('good', 'v'), 'SELECT ' . $of->('v', 'v'); }
	}
	for my $c (@{ query(qq{SELECT c.casttarget::regtype::text AS target
		FROM $member JOIN pg_cast c ON d.classid = 'pg_cast'::regclass AND c.oid = d.objid WHERE c.castsource = $type->{oid} ORDER BY 1}) })
	{
		push @calls, "SELECT v::$c->{target}";
	}
	return @calls, combiners($type), 'SELECT v::text';
}

# Anybody can make an aggregate of the functions that unite the states of workers, and give it values of a table.
sub combiners
{
	my ($type) = @_;
	my $parts = query(qq{
		SELECT DISTINCT a.aggcombinefn::regproc::text AS combine, nullif(a.aggfinalfn, 0)::regproc::text AS final
		FROM $member JOIN pg_aggregate a ON d.classid = 'pg_proc'::regclass AND a.aggfnoid = d.objid
		LEFT JOIN pg_proc f ON f.oid = a.aggfinalfn
		WHERE a.aggtranstype = $type->{oid} AND a.aggcombinefn <> 0 AND coalesce(f.pronargs, 1) = 1 ORDER BY 1, 2});
	my @calls;
	for my $i (0 .. $#$parts)
	{
		my ($part, $aggregate) = ($parts->[$i], "fuzz.\"combine_$type->{name}_$i\"");
		my $final = defined $part->{final} ? ", FINALFUNC = $part->{final}" : '';
		$node->safe_psql('postgres', "CREATE AGGREGATE $aggregate($type->{type}) (SFUNC = $part->{combine}, STYPE = $type->{type}$final)");
		push @calls, "SELECT $aggregate(x) FROM (VALUES (1, good), (2, v), (3, good), (4, v)) AS r(i, x)",
		  "SELECT $aggregate(x) FROM (VALUES (v), (good)) AS r(x)";
	}
	return @calls;
}

# What makes a value from bytea: functions of one such argument, and a cast, if there is one.
sub importers
{
	my ($type) = @_;
	my @names = map { $_->{name} } @{ query(qq{
		SELECT p.oid::regproc::text AS name FROM $member JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
		WHERE p.prorettype = $type->{oid} AND p.pronargs = 1 AND p.proargtypes[0] = 'bytea'::regtype AND p.prokind = 'f'
			AND NOT EXISTS (SELECT FROM pg_cast c WHERE c.castfunc = p.oid) ORDER BY 1}) };
	my $cast = query(qq{SELECT 1 FROM pg_cast WHERE castsource = 'bytea'::regtype AND casttarget = $type->{oid}});
	return ((map { [ $_, "$_(m)" ] } @names), (@$cast ? [ 'cast', "m::$type->{type}" ] : ()));
}

# ---- a type's functions in plpgsql: plans are kept, so that a mutant costs microseconds

sub caught
{
	my ($allowed, $what) = @_;
	return qq{EXCEPTION WHEN OTHERS THEN
			IF SQLSTATE NOT IN ($allowed) THEN
				RETURN QUERY SELECT $what, SQLSTATE::text, SQLERRM::text;
			END IF;};
}

sub quoted
{
	my ($text) = @_;
	$text =~ s/'/''/g;
	return "'$text'";
}

# fuzz.use_TYPE runs all consumers, or the one numbered; it returns what went wrong.
sub make_user
{
	my ($type, $known, @calls) = @_;
	my $unlike = join("', '", @{ $known->{unlike} // ['22023'] });
	my $body = '';
	for my $i (0 .. $#calls)
	{
		(my $perform = $calls[$i]) =~ s/^SELECT/PERFORM/;
		$body .= "IF which IS NULL OR which = $i THEN\n\t\tBEGIN\n\t\t\t$perform;\n\t\t"
		  . caught("'22023', '54000', '$unlike', CASE WHEN hostile THEN 'XX001' ELSE '' END", quoted($calls[$i])) . "\n\t\tEND;\n\tEND IF;\n\t";
	}
	my @round = ("v::text::$type->{type}::text = v::text", "$type->{send}(v::text::$type->{type}) = $type->{send}(v)");
	for my $law (@round, @{ $known->{laws} // [] })
	{
		$body .= "IF NOT hostile THEN\n\t\tBEGIN\n\t\t\tIF ($law) IS NOT TRUE THEN\n\t\t\t\tRETURN QUERY SELECT "
		  . quoted($law) . ", 'law', 'does not hold';\n\t\t\tEND IF;\n\t\t" . caught("'54000'", quoted($law)) . "\n\t\tEND;\n\tEND IF;\n\t";
	}
	$node->safe_psql('postgres', qq{CREATE FUNCTION fuzz.use_$type->{name}(v $type->{type}, good $type->{type}, which int, hostile boolean)
		RETURNS TABLE(what text, state text, message text) LANGUAGE plpgsql AS \$fuzz\$ BEGIN
	$body END \$fuzz\$});
}

# fuzz.run_TYPE_ROUTE mutates n times, from a seed of its own; "say" logs each mutant first.
sub make_runner
{
	my ($type, $route, $read, $allowed, $consumers) = @_;
	my $hostile = $route eq 'stored' ? 'true' : 'false';
	my $which = $route eq 'stored' ? "fuzz.below($consumers)" : 'NULL';
	$node->safe_psql('postgres', qq{CREATE FUNCTION fuzz."run_$type->{name}_$route"(start float8, n int, say boolean)
		RETURNS json LANGUAGE plpgsql AS \$fuzz\$
	DECLARE
		seeds bytea[] := (SELECT array_agg(bytes ORDER BY bytes) FROM fuzz.seeds s WHERE s.type = '$type->{name}' AND s.route = '$route');
		goods $type->{type}\[] := (SELECT array_agg(g ORDER BY $type->{send}(g)) FROM fuzz."good_$type->{name}" AS g(g));
		pick int;
		m bytea;
		v $type->{type};
		good $type->{type};
		accepted int := 0;
		refused int := 0;
	BEGIN
		PERFORM setseed(start);
		FOR i IN 1 .. n LOOP
			pick := fuzz.below(cardinality(seeds));
			m := fuzz.mutate(seeds[1 + pick], seeds[1 + fuzz.below(cardinality(seeds))]);
			IF say THEN
				RAISE LOG 'mutant %', encode(m, 'hex');
			END IF;
			BEGIN
				$read
				accepted := accepted + 1;
				IF v IS NOT NULL THEN
					-- What the mutant was, or anything.
					good := goods[1 + CASE WHEN random() < 0.5 THEN pick % cardinality(goods) ELSE fuzz.below(cardinality(goods)) END];
					INSERT INTO fuzz.wrong
						SELECT '$type->{name}', '$route', u.*, m FROM fuzz.use_$type->{name}(v, good, $which, $hostile) AS u;
				END IF;
			EXCEPTION WHEN OTHERS THEN
				refused := refused + 1;
				IF SQLSTATE NOT IN ($allowed) THEN
					INSERT INTO fuzz.wrong VALUES ('$type->{name}', '$route', 'read', SQLSTATE, SQLERRM, m);
				END IF;
			END;
		END LOOP;
		RETURN json_build_object('accepted', accepted, 'refused', refused);
	END \$fuzz\$});
}

# The ways in, each with how m becomes v and what it may say.
sub routes
{
	my ($type) = @_;
	my $copy = "EXECUTE format('COPY (SELECT %L::bytea) TO ''$file'' (FORMAT binary)', m);\n"
	  . "EXECUTE 'COPY fuzz.\"in_$type->{name}\" FROM ''$file'' (FORMAT binary)';\n"
	  . "DELETE FROM fuzz.\"in_$type->{name}\" AS t RETURNING t.g INTO v;";
	# Bytes 0 and those that are no character are no text; written as bytea's old form they are some.
	my @routes = (
		[ 'text', "v := replace(encode(m, 'escape'), '\\\\', '\\')::$type->{type};", "'22P02', '22023', '54000'" ],
		[ 'hex', "v := ('\\x' || encode(m, 'hex'))::$type->{type};", "'22P02', '22023', '54000'" ],
		[ 'recv', $copy, "'22P03', '22023', '54000'" ],
		[ 'stored', "v := ('\\x' || encode(m, 'hex'))::fuzz.\"raw_$type->{name}\"::$type->{type};", "''" ]);
	push @routes, map { [ $_->[0] =~ s/.*\.//r, "v := $_->[1];", "'XX001', '22023', '54000'" ] } importers($type);
	return @routes;
}

# Queries of states as they travel between workers, which may look otherwise: an aggregate of one's own with the same
# transition function and no final one returns them, and they can be stored.
sub states
{
	my ($type) = @_;
	my $parts = query(qq{
		SELECT p.oid::regproc::text AS name,
			(SELECT json_agg(u::regtype::text ORDER BY n) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a(u, n) WHERE n > 1) AS types
		FROM $member JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
		WHERE p.pronargs >= 2 AND p.proargtypes[0] = $type->{oid} AND p.proargtypes[1] <> $type->{oid}
			AND EXISTS (SELECT FROM pg_aggregate a WHERE a.aggtransfn = p.oid AND a.aggtranstype = $type->{oid}) ORDER BY p.oid::regprocedure::text});
	my @queries;
	for my $i (0 .. $#$parts)
	{
		my ($part, $aggregate) = ($parts->[$i], "fuzz.\"state_$type->{name}_$i\"");
		my ($first, @rest) = @{ $part->{types} };
		$node->safe_psql('postgres', "CREATE AGGREGATE $aggregate(" . join(', ', $first, @rest) . ") (SFUNC = $part->{name}, STYPE = $type->{type})");
		my @values = $first eq 'double precision' ? ('n', '1.0 / n - 0.5') : ('n', "'user ' || n", 'n::numeric', 'ARRAY[n]', "n * interval '1 day'");
		for my $value (@values)
		{
			my $arguments = join(', ', $value, map { argument($_) } @rest);
			push @queries, map { "SELECT $aggregate($arguments) FROM generate_series(1, $_) n" } 20, 3000;
		}
	}
	return @queries;
}

# Tables of valid values, a type of the same bytes that anything can be put into, and the seeds.
sub prepare
{
	my ($type, $known) = @_;
	my $made = join(' UNION ALL ', map { "($_)" } @{ $known->{makers} });
	my $imports = '';
	for my $route (sort keys %{ $known->{imports} // {} })
	{
		$imports .= "INSERT INTO fuzz.seeds SELECT '$type->{name}', '$route', b FROM ($_) AS q(b);\n" for @{ $known->{imports}{$route} };
	}
	$node->safe_psql('postgres', qq{
		SET client_min_messages = warning;
		CREATE TABLE fuzz."good_$type->{name}" (g $type->{type} NOT NULL);
		INSERT INTO fuzz."good_$type->{name}" $made;
		CREATE TABLE fuzz."in_$type->{name}" (g $type->{type});
		CREATE TYPE fuzz."raw_$type->{name}";
		CREATE FUNCTION fuzz."raw_$type->{name}_in"(cstring) RETURNS fuzz."raw_$type->{name}" LANGUAGE internal STRICT IMMUTABLE AS 'byteain';
		CREATE FUNCTION fuzz."raw_$type->{name}_out"(fuzz."raw_$type->{name}") RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'byteaout';
		CREATE TYPE fuzz."raw_$type->{name}" (INPUT = fuzz."raw_$type->{name}_in", OUTPUT = fuzz."raw_$type->{name}_out", LIKE = $type->{type});
		CREATE CAST (fuzz."raw_$type->{name}" AS $type->{type}) WITHOUT FUNCTION;
		CREATE CAST ($type->{type} AS fuzz."raw_$type->{name}") WITHOUT FUNCTION;
		INSERT INTO fuzz.seeds SELECT '$type->{name}', 'stored', g::fuzz."raw_$type->{name}"::text::bytea FROM fuzz."good_$type->{name}" AS g(g);
		INSERT INTO fuzz.seeds SELECT '$type->{name}', 'text', convert_to(g::text, 'UTF8') FROM fuzz."good_$type->{name}" AS g(g);
		$imports});
	# A part may not take every argument.
	$node->psql('postgres', "INSERT INTO fuzz.seeds SELECT '$type->{name}', 'stored', g::fuzz.\"raw_$type->{name}\"::text::bytea FROM ($_) AS s(g)")
	  for states($type);
	$node->safe_psql('postgres', qq{INSERT INTO fuzz.seeds SELECT '$type->{name}', '$_', $type->{send}(g) FROM fuzz."good_$type->{name}" AS g(g)
		WHERE NOT EXISTS (SELECT FROM fuzz.seeds s WHERE s.type = '$type->{name}' AND s.route = '$_')}) for map { $_->[0] } routes($type);
}

# ---- running

# One batch: its answer, or undef if the server is gone.
sub run_batch
{
	my ($function, $number, $say) = @_;
	my $start = unpack('%32C*', $function) * 7919 % 20011 / 20011 - $number / 1e6;
	my ($ret, $out, $err) = $node->psql('postgres', "SELECT fuzz.\"$function\"($start, $batch, $say)");
	return decode_json($out) if $ret == 0;
	diag("$function, batch $number: " . substr($err, 0, 500));
	return undef if $err =~ /server closed the connection|terminating connection|could not connect|connection to server/;
	return { failed => 1 };
}

# After a crash, the same once more, each mutant into the log: the last one did it.
sub name_culprit
{
	my ($function, $number) = @_;
	$node->poll_query_until('postgres', 'SELECT true');
	my $from = -s $node->logfile;
	run_batch($function, $number, 'true');
	$node->poll_query_until('postgres', 'SELECT true');
	my @mutants = slurp_file($node->logfile, $from) =~ /LOG:  mutant ([0-9a-f]*)/g;
	diag("$function: the server ended over " . ($mutants[-1] // '(nothing, the second time)'));
}

sub run_route
{
	my ($type, $route, $batches) = @_;
	my $function = "run_$type->{name}_$route";
	my %sum = (accepted => 0, refused => 0);
	my ($crashes, $failures) = (0, 0);
	for my $number (1 .. $batches)
	{
		my $answer = run_batch($function, $number, 'false');
		if (!defined $answer)
		{
			name_culprit($function, $number);
			last if ++$crashes >= $max_crashes;
			next;
		}
		$failures++ if $answer->{failed};
		$sum{$_} += $answer->{$_} // 0 for keys %sum;
	}
	my $wrong = query("SELECT what, state, min(message) AS message, count(*) AS times, substr(min(encode(bytes, 'hex')), 1, 400) AS bytes
		FROM fuzz.wrong WHERE type = '$type->{name}' AND route = '$route' GROUP BY 1, 2 ORDER BY 4 DESC LIMIT 10");
	# A way in that takes all or nothing has not been tried.
	my $tried = $sum{accepted} > 0 && ($sum{refused} > 0 || $route eq 'stored');
	ok(!$crashes && !$failures && !@$wrong && $tried,
		"$type->{name} by $route: $sum{accepted} accepted, $sum{refused} refused of " . $batches * $batch);
	diag("$_->{times} times $_->{state} $_->{message}: $_->{what}; \\x$_->{bytes}") for @$wrong;
}

# States of type bytea are given to whoever unites and ends them: anybody can do that with bytes of his own.
sub prepare_states
{
	my %type = (oid => 17, name => 'bytea', type => 'bytea', send => 'byteasend');
	my @states = states(\%type);
	return () unless @states;
	$node->safe_psql('postgres', 'CREATE TABLE fuzz.good_bytea (g bytea NOT NULL)');
	$node->safe_psql('postgres', "INSERT INTO fuzz.good_bytea $_") for @states;
	$node->safe_psql('postgres', q{INSERT INTO fuzz.seeds SELECT 'bytea', 'stored', g FROM fuzz.good_bytea});
	my @calls = combiners(\%type);
	make_user(\%type, {}, @calls);
	make_runner(\%type, 'stored', 'v := m;', "''", scalar @calls);
	return [ \%type, 'stored' ];
}

my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
my @work;
for my $type (@$types)
{
	my $known = $known{ $type->{name} };
	ok($known && $type->{binary}, "$type->{name}: its makers are known here, and it has a binary form") or next;
	prepare($type, $known);
	my @calls = consumers($type);
	make_user($type, $known, @calls);
	for my $route (routes($type))
	{
		make_runner($type, @$route, scalar @calls);
		push @work, [ $type, $route->[0] ];
	}
}
push @work, prepare_states();
my $each = int(($total + @work * $batch - 1) / (@work * $batch)) if @work;
run_route(@$_, $each) for @work;

is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'the server has run all along');
$node->stop;
my @signals = grep { /was terminated by signal|TRAP:|PANIC/ } split /\n/, slurp_file($node->logfile);
is("@signals", '', 'no process was ended by a signal');

done_testing();

# Proves that the cache survives what ends sessions and servers: a computing session that is cancelled, terminated or killed
# leaves neither a lock nor an answer behind, who waits can be cancelled, a crash empties the cache, a standby and a
# read-only transaction pass it by, bytes that make no sense are no answer, and a disk that fails is no error.
# Then sessions that write, invalidate, roll back and ask at random: no answer is older than the last invalidation.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('cache');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nrestart_after_crash = on\nautovacuum = off\n");
$node->start;
$node->backup('b');
$node->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE TABLE e AS SELECT i AS u FROM generate_series(1, 10) i;
	CREATE FUNCTION gated() RETURNS bigint LANGUAGE plpgsql STABLE AS
		$$BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN (SELECT count(*) FROM e); END$$;
	CREATE TABLE t (tenant text PRIMARY KEY, n int);
	INSERT INTO t SELECT i::text, 0 FROM generate_series(1, 12) i;
});
my $ask = q{SELECT * FROM analytics.cached('SELECT gated()')};

sub session
{
	my (%s) = (name => $_[0], out => '', err => '');
	$s{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), '-c', "SELECT '$_[0]' WHERE false",
			'-c', $ask ], '<', \undef, '>', \$s{out}, '2>', \$s{err}, IPC::Run::timeout(180));
	return \%s;
}

# All sessions have one application name, which is part of what is asked; they are told apart by what they wait for.
sub waiting
{
	my ($space) = @_;
	my $query = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objsubid = $space";
	$node->poll_query_until('postgres', "SELECT EXISTS ($query)") or die 'nobody waits';
	return $node->safe_psql('postgres', $query);
}
my ($gate_space, $flight_space) = (1, 172);
sub entries { return $node->safe_psql('postgres', 'SELECT count(*) FROM analytics.cache') }
sub locks { return $node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = $flight_space") }

# ---- cancelled and terminated
for my $end (qw(pg_cancel_backend pg_terminate_backend))
{
	my $gate = $node->background_psql('postgres');
	$gate->query_safe('SELECT pg_advisory_lock(1)');
	my $one = session('one');
	my $computing = waiting($gate_space);
	my $two = session('two');
	my $waiter = waiting($flight_space);
	my $three = session('three');
	$node->poll_query_until('postgres', "SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objsubid = $flight_space");
	$node->safe_psql('postgres', "SELECT $end($waiter)");
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objsubid = $flight_space");
	pass("$end: who waits can be ended");
	$node->safe_psql('postgres', "SELECT $end($computing)");
	$one->{run}->finish;
	like($one->{err}, $end eq 'pg_cancel_backend' ? qr/57014/ : qr/57P01/, '... who computes too');
	isnt(waiting($gate_space), $computing, '... and the next one computes');
	is(entries(), 0, '... while nothing is stored');
	$gate->query_safe('SELECT pg_advisory_unlock(1)');
	$gate->quit;
	$_->{run}->finish for $two, $three;
	is(join('', map { $_->{out} } $two, $three), qq({"gated": 10}\n), '... and answers');
	is(entries() . locks(), '10', '... and its answer is stored, without a lock left');
	is($node->safe_psql('postgres', "SELECT analytics.invalidate_cache()"), 1, '... it can go');
}

# ---- killed: the server restarts, and the cache is empty and works
{
	$node->safe_psql('postgres', q{SELECT analytics.cached('SELECT 1 AS before')});
	is(entries(), 1, 'an answer is there');
	my $gate = $node->background_psql('postgres', on_error_die => 0);
	$gate->query_safe('SELECT pg_advisory_lock(1)');
	my $one = session('one');
	my $computing = waiting($gate_space);
	kill 'KILL', $computing;
	$one->{run}->finish;
	eval { $gate->quit };
	$node->poll_query_until('postgres', 'SELECT true');
	is(entries(), 0, 'killed: the cache is empty after the crash');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM analytics.cache_invalidations'), 0, '... and so are the invalidations');
	is($node->safe_psql('postgres', $ask), '{"gated": 10}', '... it is computed');
	is($node->safe_psql('postgres', "INSERT INTO e VALUES (11) RETURNING u; $ask"), "11\n{\"gated\": 10}", '... and served again');
	is($node->safe_psql('postgres', "SELECT hits, misses FROM analytics.cache_stats WHERE class = 'series'"), '1|1', '... and counted from the crash on');
	$node->restart;
	is($node->safe_psql('postgres', $ask), '{"gated": 10}', 'a restart keeps the cache');
}

# ---- a standby
{
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'b', has_streaming => 1);
	$standby->start;
	$node->wait_for_catchup($standby);
	is($standby->safe_psql('postgres', $ask), '{"gated": 11}', 'a standby computes');
	my ($rc, $out, $err) = $standby->psql('postgres', 'SELECT analytics.invalidate_cache()');
	like($err, qr/read-only transaction/, '... and does not invalidate');
	is($node->safe_psql('postgres', "BEGIN READ ONLY; $ask; COMMIT"), '{"gated": 11}', 'a read-only transaction computes');
	is($node->safe_psql('postgres', $ask), '{"gated": 10}', '... and others are served as before');
	$standby->promote;
	is($standby->safe_psql('postgres', "SELECT count(*) FROM analytics.cache; $ask; INSERT INTO e VALUES (12); $ask"),
		"0\n{\"gated\": 11}\n{\"gated\": 11}", 'promoted, it has a cache');
	$standby->stop;
}

# ---- an answer whose bytes are gone
{
	my $large = q{SELECT length(c->>'x'), c->>'n' FROM analytics.cached('SELECT (SELECT count(*) FROM e) AS n, string_agg(md5(i::text), '''') AS x FROM generate_series(1, 2000) i') c};
	is($node->safe_psql('postgres', $large), '64000|11', 'a large answer');
	$node->safe_psql('postgres', 'INSERT INTO e VALUES (12)');
	is($node->safe_psql('postgres', $large), '64000|11', '... comes from the cache');
	my $file = $node->data_dir . '/' . $node->safe_psql('postgres', q{SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE oid = 'analytics.cache'::regclass});
	$node->stop;
	open my $f, '+<', $file or die "$file: $!";
	seek $f, 8192, 0;
	print $f "\0" x 8192;
	close $f;
	$node->start;
	is($node->safe_psql('postgres', $large), '64000|12', '... and is computed again where a part of it is missing');
	is($node->safe_psql('postgres', $large), '64000|12', '... and kept');
}

# ---- the disk fails: the caller has the answer, and is warned
{
	my $large = q{SELECT length(c->>'x') FROM analytics.cached('SELECT 9 AS n, string_agg(md5(i::text), '''') AS x FROM generate_series(1, 2000) i') c};
	my $file = sub { $node->data_dir . '/' . $node->safe_psql('postgres', q{SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE oid = 'analytics.cache'::regclass}) };
	$node->safe_psql('postgres', 'DROP EXTENSION analytics; CREATE EXTENSION analytics');
	my $path = $file->();
	chmod 0, $path;
	my ($rc, $out, $err) = $node->psql('postgres', $large);
	is("$rc $out", '0 64000', 'an answer that cannot be stored is given');
	like($err, qr/WARNING:  could not keep an answer in the cache: could not open file/, '... with a warning');
	chmod 0600, $path;
	is(entries() . locks(), '00', '... and nothing is left of it');
	is($node->safe_psql('postgres', $large), '64000', '... until the disk works');
	is(entries(), 1, '... and it is stored');
	$node->restart;
	chmod 0, $path;
	($rc, $out, $err) = $node->psql('postgres', $large);
	is("$rc $out", '0 64000', 'an answer that cannot be read is computed');
	like($err, qr/WARNING:  could not read the cache: could not open file/, '... with a warning');
	chmod 0600, $path;
	is($node->safe_psql('postgres', $large), '64000', '... and served again');
}

# ---- at random: a tenant's number grows, and is invalidated in the same transaction; what is asked after that is not older
{
	my $seconds = $ENV{CACHE_SECONDS} // 8;
	$node->safe_psql('postgres', q{
		CREATE TABLE bad (tenant text, asked int, got int);
		CREATE PROCEDURE writer(seconds int, seed float8) LANGUAGE plpgsql AS $$
		DECLARE until timestamptz := clock_timestamp() + seconds * interval '1 second'; who text;
		BEGIN
			PERFORM setseed(seed);
			WHILE clock_timestamp() < until LOOP
				who := (1 + floor(random() * 12))::int::text;
				PERFORM analytics.invalidate_cache(CASE WHEN random() < 0.9 THEN who END, CASE WHEN random() < 0.9 THEN 'm' END);
				UPDATE t SET n = n + 1 WHERE tenant = who;
				IF random() < 0.3 THEN PERFORM analytics.cached(format('SELECT n FROM t WHERE tenant = %L', who), tenant => who, metrics => '{m}'); END IF;
				IF random() < 0.2 THEN ROLLBACK; ELSE COMMIT; END IF;
			END LOOP;
		END$$;
		CREATE PROCEDURE reader(seconds int, seed float8) LANGUAGE plpgsql AS $$
		DECLARE until timestamptz := clock_timestamp() + seconds * interval '1 second'; who text; least int; got int;
		BEGIN
			PERFORM setseed(seed);
			WHILE clock_timestamp() < until LOOP
				who := (1 + floor(random() * 12))::int::text;
				least := (SELECT n FROM t WHERE tenant = who);
				IF random() < 0.8 THEN COMMIT; END IF;
				IF random() < 0.5 THEN
					got := (SELECT (c->>'n')::int FROM analytics.cached(format('SELECT n FROM t WHERE tenant = %L', who), tenant => who, metrics => '{x,m}') c);
				ELSE
					got := (SELECT (c->>'n')::int FROM analytics.cached(format('SELECT n FROM t WHERE tenant = %L', who)) c);
				END IF;
				COMMIT;
				IF got < least THEN INSERT INTO bad VALUES (who, least, got); COMMIT; END IF;
			END LOOP;
		END$$;
	});
	my @runs;
	for my $i (1 .. 3)
	{
		for my $kind (qw(writer reader reader))
		{
			my $seed = @runs / 20;
			my ($out, $err) = ('', '');
			my %run = (err => '');
			$run{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "CALL $kind($seconds, $seed)" ],
				'<', \undef, '>', \$run{out}, '2>', \$run{err}, IPC::Run::timeout(180 + $seconds));
			push @runs, \%run;
		}
	}
	$_->{run}->finish for @runs;
	is(join('', map { $_->{err} } @runs), '', 'at random: no error, no deadlock');
	my $stats = $node->safe_psql('postgres', "SELECT hits, misses FROM analytics.cache_stats WHERE class = 'series'");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM bad'), 0, "... and no answer from before an invalidation (hits and misses: $stats)");
	my ($hits, $misses) = split /\|/, $stats;
	cmp_ok($hits, '>', 50, '... with hits');
	cmp_ok($misses, '>', 50, '... and misses');
	is(locks(), 0, '... and no lock is left');
	# An entry that another session was at when a newer one came stands beside it until a later store.
	cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM analytics.cache'), '<=', 24 + @runs, '... and no more entries than asks and sessions');
	# With nobody about, storing forgets the invalidations that every answer has seen: one time in sixteen, once they are
	# many, and while the table of answers is small; without autovacuum it has grown, and would be looked through seldom.
	$node->safe_psql('postgres', 'SELECT count(analytics.invalidate_cache()) FROM generate_series(1, 1000)');
	$node->safe_psql('postgres', 'VACUUM FULL analytics.cache');
	$node->safe_psql('postgres', join(';', map { "SELECT analytics.cached('SELECT $_ AS n')" } 1 .. 300));
	cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM analytics.cache_invalidations'), '<', 100, '... and invalidations are forgotten');
}
done_testing();

# Sketches beside the real postgresql-hll and the real Redis, where they are installed: the same hashes, a column that
# moves in one statement, and sketches that the other program goes on with. Neither is needed for the other tests.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('sketch_peers');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\nmax_parallel_workers_per_gather = 0");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION analytics');

sub answer
{
	return $node->safe_psql('postgres', $_[0]);
}

my $has_hll = answer("SELECT count(*) FROM pg_available_extensions WHERE name = 'hll'");
my $has_redis = system('command -v redis-server redis-cli >/dev/null') == 0;
note('postgresql-hll is not installed') unless $has_hll;
note('redis-server is not installed') unless $has_redis;
plan(skip_all => 'neither is installed') unless $has_hll || $has_redis;

# ---- postgresql-hll

sub same_hashes
{
	is(answer("SELECT count(*) FROM generate_series(-2000, 2000) n, LATERAL (VALUES (n::bigint), (n::bigint << 40)) v(b)
		WHERE analytics.hll_hash(b)::text <> hll_hash_bigint(b)::text"), 0, 'bigint has the same hash');
	is(answer("SELECT count(*) FROM generate_series(0, 500) n, concat(repeat('aé', n), n) AS t
		WHERE analytics.hll_hash(t)::text <> hll_hash_text(t)::text OR analytics.hll_hash(t::bytea)::text <> hll_hash_bytea(t::bytea)::text"),
		0, 'text and bytea have the same hash, whatever their length');
	# As docs/hll.md has it.
	answer(q{CREATE FUNCTION hash_integer(x int) RETURNS bigint IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
		$$ SELECT analytics.hll_hash(substr(b, 4, 1) || substr(b, 3, 1) || substr(b, 2, 1) || substr(b, 1, 1)) FROM int4send(x) AS b $$});
	is(answer("SELECT count(*) FROM generate_series(-500, 500) n WHERE hash_integer(n)::text <> hll_hash_integer(n)::text"),
		0, 'integer has its hash by the function of the manual');
}

# Theirs unite only sketches of equal thresholds for their forms: gives one those that ours are written with.
sub make_alike
{
	answer(q{CREATE FUNCTION alike(h hll) RETURNS hll IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT set_byte(hll_send(h), 2, 127)::text::hll $$});
}

# Sketches of theirs, of every form and some parameters; n different values each.
sub make_theirs
{
	answer(q{CREATE TABLE theirs AS
		SELECT n, log2m, regwidth, form, (SELECT CASE form
			WHEN 'explicit' THEN hll_add_agg(hll_hash_bigint(i), log2m, regwidth, -1, 1)
			WHEN 'sparse' THEN hll_add_agg(hll_hash_bigint(i), log2m, regwidth, 0, 1)
			ELSE hll_add_agg(hll_hash_bigint(i), log2m, regwidth, 0, 0) END FROM generate_series(1, n) i) AS users
		FROM unnest(ARRAY[1, 2, 30, 150, 700, 5000, 60000]) n, (VALUES (11, 5), (4, 4), (14, 5), (17, 6), (10, 3)) p(log2m, regwidth),
			unnest(ARRAY['explicit', 'sparse', 'full']) form;
		INSERT INTO theirs SELECT 0, 11, 5, 'empty', hll_empty(11, 5);
		CREATE TABLE moved AS TABLE theirs});
	is(answer("SELECT string_agg(DISTINCT get_byte(hll_send(users), 0) & 15 || '', ',') FROM theirs"), '1,2,3,4', 'theirs have all forms');
	answer('ALTER TABLE moved ALTER users TYPE analytics.hll USING analytics.hll_from_storage(hll_send(users))');
}

sub move_a_column
{
	make_theirs();
	is(answer("SELECT count(*) FROM moved m JOIN theirs t USING (n, log2m, regwidth, form)
		WHERE get_byte(hll_send(t.users), 0) & 15 IN (1, 2) AND n <= 150 AND log2m >= 11 AND analytics.hll_count(m.users) <> n"),
		0, 'explicit and empty ones are exact after the move');
	# Three bits hold ranks up to 7 only: those count too few, there as here.
	is(answer("SELECT string_agg(format('%s of %s, log2m %s: %s', form, n, log2m, analytics.hll_count(users)), '; ') FROM moved
		WHERE regwidth > 3 AND NOT (log2m = 4 AND n > 5000) AND abs(analytics.hll_count(users) - n) > 4 * n * 1.04 / sqrt(2 ^ log2m) + 1"), '',
		'all others are within four standard errors');
	is(answer("SELECT count(*) FROM moved m JOIN theirs t USING (n, log2m, regwidth, form), LATERAL
			(SELECT analytics.hll_to_storage(m.users, regwidth)::text::hll AS back) b
		WHERE get_byte(hll_send(t.users), 0) & 15 IN (1, 3, 4) AND (# b.back <> # t.users OR # hll_union(b.back, alike(t.users)) <> # t.users)"), 0, 'registers come back as they went');
	is(answer("SELECT count(*) FROM moved WHERE log2m >= 11 AND regwidth > 3
		AND abs(analytics.hll_count(analytics.hll_union(users, (SELECT analytics.hll_agg(i::bigint) FROM generate_series(1, 20000) i))) - greatest(n, 20000))
			> 4 * greatest(n, 20000) * 1.04 / sqrt(2 ^ log2m)"), 0, 'what is added afterwards is counted together');
}

sub go_back
{
	is(answer("SELECT count(*) FROM unnest(ARRAY[1, 40, 300, 3000, 100000]) n, unnest(ARRAY[4, 8, 11, 14, 17]) m, LATERAL (
			SELECT analytics.hll_to_storage(analytics.hll_agg(i::bigint, m), 5)::text::hll AS ours, hll_add_agg(hll_hash_bigint(i), m, 5, 0, 0) AS theirs
			FROM generate_series(1, n) i) s
		WHERE # ours <> # theirs OR # hll_union(ours, alike(theirs)) <> # theirs"), 0, 'ours are theirs, register for register');
	is(answer("SELECT # (analytics.hll_to_storage(analytics.hll_empty(11), 5)::text::hll || hll_hash_bigint(1)) < 1.01"), 't', 'an empty one can be added to');
}

# ---- Redis

# Starts a server of our own; returns its socket.
sub start_redis
{
	my ($folder) = @_;
	my $socket = "$folder/redis";
	my $server = IPC::Run::start([ 'redis-server', '--port', '0', '--unixsocket', $socket, '--save', '', '--dir', "$folder" ],
		'<', \undef, '>', "$folder/log", '2>&1');
	for (1 .. 100)
	{
		return ($server, $socket) if -S $socket;
		select undef, undef, undef, 0.1;
	}
	$server->kill_kill;
	die 'redis-server does not start';
}

# Runs commands, or one with bytes as its last argument; returns what is printed, as bytes.
sub redis
{
	my ($socket, $input, @command) = @_;
	my $output = '';
	IPC::Run::run([ 'redis-cli', '-s', $socket, '--raw', @command ], '<', \$input, '>', \$output) or die "redis-cli @command";
	$output =~ s/\n\z//;
	return $output;
}

sub exchange_with_redis
{
	my ($socket) = @_;
	for my $n (1, 12, 400, 40000)
	{
		my @users = map { "user:$_" } 1 .. $n;
		redis($socket, join('', map { "PFADD theirs$n " . join(' ', splice(@users, 0, 1000)) . "\n" } 0 .. ($n - 1) / 1000));
		my $count = redis($socket, '', 'PFCOUNT', "theirs$n");
		my $bytes = unpack('H*', redis($socket, '', 'GET', "theirs$n"));
		my $ours = "(SELECT analytics.hll_agg('user:' || i, 14, 'redis') FROM generate_series(1, $n) i)";
		# Two estimators over the same registers.
		is(answer("SELECT abs(analytics.hll_count(analytics.hll_from_redis('\\x$bytes')) - $count) <= 0.005 * $count"), 't', "$n values of Redis are counted");
		is(answer("SELECT analytics.hll_from_redis(analytics.hll_to_redis($ours)) OPERATOR(analytics.=) analytics.hll_from_redis('\\x$bytes')"),
			't', "$n values give the same registers");
		redis($socket, pack('H*', substr(answer("SELECT analytics.hll_to_redis($ours)"), 2)), '-x', 'SET', "ours$n");
		is(redis($socket, '', 'PFCOUNT', "ours$n"), $count, 'Redis counts ours as its own');
		is(redis($socket, '', 'PFCOUNT', "ours$n", "theirs$n"), $count, 'and both together');
		is(redis($socket, '', 'PFADD', "ours$n", 'user:1'), 0, 'and knows what is in it');
	}
	redis($socket, pack('H*', substr(answer("SELECT analytics.hll_to_redis(analytics.hll_empty(14, 'redis'))"), 2)), '-x', 'SET', 'empty');
	is(redis($socket, '', 'PFCOUNT', 'empty'), 0, 'an empty one counts nothing');
}

if ($has_hll)
{
	answer('CREATE EXTENSION hll');
	same_hashes();
	make_alike();
	move_a_column();
	go_back();
}

if ($has_redis)
{
	my ($server, $socket) = start_redis(PostgreSQL::Test::Utils::tempdir_short());
	eval { exchange_with_redis($socket); 1 } or fail("Redis: $@");
	$server->kill_kill;
}

$node->stop;
done_testing();

# Proves that rollups stay exact through what ends servers and moves databases: backends and postmasters killed in the middle of
# refreshes and writers, immediate shutdowns, a disk that is full, a standby and its promotion, dump and restore into
# another cluster, another database and over itself, a database made from a template, pg_upgrade, and logical replication.
# Each time readers are asked twice in one snapshot, with rollups and without, before the next refresh and after it; then
# the tables of the rollups are compared with their source.
#
# ROLLUP_CRASHES=10     how often the server is killed or stopped
# ROLLUP_SEED=n
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;
use Time::HiRes qw(time sleep);

my $crashes = $ENV{ROLLUP_CRASHES} // 10;
my $seed = $ENV{ROLLUP_SEED} // int rand 2 ** 31;
note "ROLLUP_SEED=$seed";
srand $seed;
my $folder = PostgreSQL::Test::Utils::tempdir();
chmod 0755, $folder;
my @rollups = @Soak::rollups;
my $settings = "timezone = 'UTC'\nmax_prepared_transactions = 50\nmax_connections = 30\nrestart_after_crash = on\nwal_level = logical\njit = off\n"
	. "log_min_error_statement = fatal\nlog_statement = none\nanalytics.now = '2026-03-02 00:00+00'\n";

# A small segment of WAL lets a limit on the size of files stand in for a full disk.
my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 1, extra => ['--wal-segsize=1']);
$node->append_conf('postgresql.conf', $settings);
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE live');
$node->safe_psql('live', Soak::tables(2500));
$node->safe_psql('live', Soak::rollups($_)) for @Soak::sources;
refresh($node, 'live');

sub refresh
{
	my ($where, $database) = @_;
	return $where->safe_psql($database, join ';', map { "SELECT * FROM analytics.refresh_rollup('$_')" } @rollups);
}

# Asks readers twice each; says how many differ, and in how many answers a rollup had a part.
sub asked
{
	my ($where, $database, $n, @sources) = @_;
	my (%count, @bad);
	my $session = Soak::Session->new($where->connstr($database));
	for my $i (1 .. $n)
	{
		my $question = Soak::question(@sources ? $sources[$i % @sources] : $Soak::sources[$i % @Soak::sources]);
		my $said = Soak::ask($session, $question);
		$said =~ /^(rollup|raw|frozen|unsaid)$/ ? $count{$said}++ : push @bad, "$said\n$question->{sql}";
	}
	$session->quit;
	diag "ROLLUP_SEED=$seed\n$_" for splice @bad, 0, 3;
	return { different => scalar @bad, rollup => $count{rollup} // 0, raw => $count{raw} // 0 };
}

sub exact
{
	my ($where, $database, $what, @of) = @_;
	my $left = $where->safe_psql($database, join ' UNION ALL ', map { "(SELECT '$_ ' || d FROM differences('$_') d LIMIT 3)" } @of ? @of : @rollups);
	is($left, '', "$what: rollups are what their sources say") or diag "ROLLUP_SEED=$seed";
}

# Readers agree, a refresh runs, they agree again, and nothing is left.
sub proven
{
	my ($where, $database, $what) = @_;
	is(asked($where, $database, 30)->{different}, 0, "$what: readers agree");
	refresh($where, $database);
	my $after = asked($where, $database, 45);
	is($after->{different}, 0, "$what: and after a refresh");
	cmp_ok($after->{rollup}, '>', 0, "$what: some of them by rollups");
	exact($where, $database, $what);
}

# ---- workers that write and refresh until they are told to stop, or their server is gone
sub start_workers
{
	my @pids;
	unlink "$folder/stop";
	for my $n (1 .. 4)
	{
		my $pid = fork() // die $!;
		if ($pid) { push @pids, $pid; next; }
		srand($seed + $n + int(time));
		my $session = Soak::Session->new($node->connstr('live'));
		until ($session->{gone} || -e "$folder/stop")
		{
			if ($n > 2) { Soak::transaction($session, Soak::one_of(@Soak::sources), $folder, "worker$n", sub { }); next; }
			my ($rollup, $cells) = (Soak::one_of(@rollups), Soak::one_of('NULL', 3, 40));
			$session->run("SELECT * FROM analytics.refresh_rollup('$rollup', $cells)");
		}
		POSIX::_exit(0);
	}
	return @pids;
}

sub stop_workers
{
	append_to_file("$folder/stop", '');
	waitpid $_, 0 for @_;
}

# Waits until the server takes connections; not by psql, which meets a broken pipe where it cannot connect.
sub wait_until_up
{
	for (1 .. 1800)
	{
		return if run_log([ 'pg_isready', '-q', '-d', $node->connstr('live') ]);
		sleep 0.1;
	}
	die 'the server does not come back';
}

sub refreshing
{
	return $node->safe_psql('live', q{SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%refresh_rollup%' AND pid <> pg_backend_pid() LIMIT 1});
}

# Kills the postmaster; its children notice, and only then another can start.
sub kill_postmaster
{
	my ($pid) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
	$node->kill9;
	for (1 .. 600)
	{
		if (kill 0, $pid) { sleep 0.1; next; }
		return if $node->start(fail_ok => 1);
		sleep 0.1;
	}
	die 'the server does not start';
}

for my $n (1 .. $crashes)
{
	my @pids = start_workers();
	sleep 0.3 + rand 0.7;
	my $how = ('a killed backend', 'an immediate shutdown', 'a killed postmaster')[$n % 3];
	if ($how eq 'a killed backend')
	{
		my $pid = '';
		for (1 .. 200) { last if ($pid = refreshing()) ne ''; }
		my $log = -s $node->logfile;
		kill 'KILL', $pid if $pid ne '';
		$node->wait_for_log(qr/all server processes terminated; reinitializing/, $log) if $pid ne '';
		wait_until_up();
	}
	elsif ($how eq 'an immediate shutdown') { $node->stop('immediate'); $node->start; }
	else { kill_postmaster(); }
	stop_workers(@pids);
	is(asked($node, 'live', 12)->{different}, 0, "$n, $how: readers agree");
	for my $gid (split /\n/, $node->safe_psql('live', 'SELECT gid FROM pg_prepared_xacts'))
	{
		$node->safe_psql('live', (Soak::chance(0.5) ? 'COMMIT' : 'ROLLBACK') . " PREPARED '$gid'");
	}
	refresh($node, 'live');
	exact($node, 'live', "$n, $how");
}
proven($node, 'live', 'after all crashes');

# ---- a full disk: the refresh fails, nothing is lost, the next one is exact
{
	$node->safe_psql('live', join ';', map { "INSERT INTO plain (at, tenant, kind, country, u, value, score)
		SELECT '2026-02-01'::timestamptz + i * interval '47 seconds', 'full', 'sent', 'c' || i % 7, i, i % 100, i FROM generate_series(1, 20000) i" } 1);
	my $session = Soak::Session->new($node->connstr('live'));
	my $pid = $session->run('SELECT pg_backend_pid()');
	system_or_bail('prlimit', '--pid', $pid, '--fsize=1100000');
	$session->run(q{SELECT * FROM analytics.refresh_rollup('plain_hourly')});
	like($session->{error} // '', qr/^53100|File too large/, 'a full disk fails the refresh');
	$session->quit;
	is(asked($node, 'live', 12, 'plain')->{different}, 0, '... readers agree');
	proven($node, 'live', 'after a full disk');
}

# ---- a partition that is gone, whose history stays through what follows
my $kept = q{SELECT count(*), sum(events) FROM parts_hourly WHERE tenant = 'kept'};
$node->safe_psql('live', q{INSERT INTO parts (at, tenant) SELECT '2025-12-10'::timestamptz + i * interval '1 hour', 'kept' FROM generate_series(1, 50) i});
refresh($node, 'live');
$node->safe_psql('live', 'DROP TABLE parts_2025_12');
my $history = $node->safe_psql('live', $kept);
is($history, '50|50', 'the rollup has the history of a partition');
refresh($node, 'live');
is($node->safe_psql('live', $kept), $history, '... which a drop leaves it');

# ---- a standby
{
	$node->safe_psql('live', "INSERT INTO plain (at, tenant, kind) VALUES ('2026-02-28', 'a', 'sent')");
	$node->backup('b');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'b', has_streaming => 1);
	$standby->start;
	$node->safe_psql('live', Soak::fill($_, 50)) for @Soak::sources;
	$node->safe_psql('live', q{SELECT analytics.refresh_rollup('parts_hourly'); UPDATE marked SET value = 1 WHERE value = 2; DELETE FROM parts WHERE value = 7});
	$node->wait_for_catchup($standby);
	my $answers = asked($standby, 'live', 60);
	is($answers->{different}, 0, 'on a standby readers agree');
	cmp_ok($answers->{rollup}, '>', 5, '... some by rollups');
	my ($rc, $out, $err) = $standby->psql('live', q{SELECT analytics.refresh_rollup('plain_hourly')});
	like($err, qr/read-only transaction|during recovery/, '... and nothing is refreshed');
	$standby->promote;
	$standby->safe_psql('live', Soak::fill($_, 50)) for @Soak::sources;
	proven($standby, 'live', 'a promoted standby');
	is($standby->safe_psql('live', $kept), $history, '... which keeps history');
	$standby->stop;
}

# ---- databases that moved: no rollup is read before its next refresh, which builds it anew but for what is history
sub moved
{
	my ($where, $database, $what) = @_;
	my $before = asked($where, $database, 40);
	is("$before->{different} $before->{rollup}", '0 0', "$what: readers take the source until the next refresh");
	$where->safe_psql($database, Soak::fill($_, 20)) for @Soak::sources;
	proven($where, $database, $what);
	is($where->safe_psql($database, $kept), $history, "$what: history is kept");
	# What waits for a transaction that it has prepared itself would wait for ever.
	my $session = Soak::Session->new($where->connstr($database), q{SET lock_timeout = '200ms'});
	my @bad;
	for (1 .. 40)
	{
		Soak::transaction($session, Soak::one_of(@Soak::sources), $folder, 'moved', sub { push @bad, $_[0] if $_[0] !~ /^(rollup|raw|frozen|unsaid)$/ });
	}
	$session->quit;
	is_deeply(\@bad, [], "$what: writers find nothing wrong");
	$where->safe_psql($database, 'ROLLBACK PREPARED ' . Soak::quoted($_)) for split /\n/, $where->safe_psql($database, 'SELECT gid FROM pg_prepared_xacts');
	proven($where, $database, "$what and was written to");
}

my $file = $node->basedir . '/dump';
$node->safe_psql('live', 'ALTER TABLE plain ADD PRIMARY KEY (id)');
command_ok([ 'pg_dump', '-Fc', '-f', "$file.custom", $node->connstr('live') ], 'pg_dump');
command_ok([ 'pg_dump', '-f', "$file.sql", $node->connstr('live') ], 'pg_dump as text');

my $other = PostgreSQL::Test::Cluster->new('other');
$other->init;
$other->append_conf('postgresql.conf', $settings);
$other->start;
$other->safe_psql('postgres', 'CREATE DATABASE live');
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$file.sql", $other->connstr('live') ], 'restored into another cluster');
moved($other, 'live', 'a database restored elsewhere');
$other->stop;

$node->safe_psql('postgres', 'CREATE DATABASE again');
command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('again'), "$file.custom" ], 'restored into another database');
moved($node, 'again', 'a database restored beside');
command_ok([ 'pg_restore', '--exit-on-error', '--clean', '--if-exists', '-d', $node->connstr('again'), "$file.custom" ], 'restored over itself');
moved($node, 'again', 'a database restored over itself');

$node->safe_psql('postgres', 'CREATE DATABASE twin TEMPLATE live');
moved($node, 'twin', 'a database from a template');
proven($node, 'live', 'the one that it was made from');

# ---- logical replication: changes come without statements, and a subscriber has its own rollups
{
	$node->safe_psql('postgres', 'CREATE DATABASE subscriber');
	$node->safe_psql('live', q{CREATE PUBLICATION p FOR TABLE marked, plain; ALTER TABLE marked REPLICA IDENTITY FULL});
	$other->start;
	$other->safe_psql('postgres', 'CREATE DATABASE subscriber');
	$other->safe_psql('subscriber', Soak::tables(0));
	$other->safe_psql('subscriber', Soak::rollups($_)) for @Soak::sources;
	refresh($other, 'subscriber');
	$other->safe_psql('subscriber', sprintf q{ALTER TABLE marked REPLICA IDENTITY FULL; ALTER TABLE plain ADD PRIMARY KEY (id);
		CREATE SUBSCRIPTION s CONNECTION %s PUBLICATION p}, Soak::quoted($node->connstr('live')));
	$other->wait_for_subscription_sync($node, 's', 'subscriber');
	my $same = sub { is($other->safe_psql('subscriber', $_[0]), $node->safe_psql('live', $_[0]), "$_[1]: the subscriber has the rows") };
	my $rows = q{SELECT (SELECT count(*) FROM plain), (SELECT sum(value) FROM plain), (SELECT count(*) FROM marked), (SELECT sum(value) FROM marked)};
	$same->($rows, 'the copy');
	my $copied = asked($other, 'subscriber', 40, 'plain', 'marked');
	is($copied->{different}, 0, 'the copy: readers agree');
	proven($other, 'subscriber', 'the copy');
	for my $t (qw(plain marked))
	{
		$node->safe_psql('live', Soak::fill($t, 300) . "UPDATE $t SET value = value + 1, at = at + interval '1 day' WHERE value < 20 AND isfinite(at);
			DELETE FROM $t WHERE value > 90; UPDATE $t SET tenant = 'b' WHERE tenant = 'c'");
	}
	$node->wait_for_catchup('s');
	$same->($rows, 'changes');
	proven($other, 'subscriber', 'changes by replication');
	$node->safe_psql('live', 'TRUNCATE plain; ' . Soak::fill('plain', 200));
	$node->wait_for_catchup('s');
	$same->($rows, 'TRUNCATE');
	proven($other, 'subscriber', 'TRUNCATE by replication');
	$other->safe_psql('subscriber', 'DROP SUBSCRIPTION s');
	$other->stop;
}

# ---- pg_upgrade keeps transactions and numbers of tables; the system's identifier is another
{
	my $new = PostgreSQL::Test::Cluster->new('upgraded');
	$new->init(extra => ['--wal-segsize=1']);
	$new->append_conf('postgresql.conf', $settings);
	$node->safe_psql('postgres', 'DROP DATABASE again');
	$node->safe_psql('postgres', 'DROP DATABASE twin');
	$node->stop;
	my $bin = $node->config_data('--bindir');
	chdir $folder or die $!;
	command_ok([ 'pg_upgrade', '--no-sync', '-b', $bin, '-B', $bin, '-d', $node->data_dir, '-D', $new->data_dir, '-p', $node->port, '-P', $new->port,
		'-s', $new->host, '--link' ], 'pg_upgrade') or diag map { "$_\n" . slurp_file($_) } glob($new->data_dir . '/pg_upgrade_output.d/*/log/*.log');
	$new->start;
	my $before = asked($new, 'live', 40);
	is($before->{different}, 0, 'upgraded: readers agree');
	proven($new, 'live', 'upgraded');
	is($new->safe_psql('live', $kept), $history, 'upgraded: history is kept');
	$new->stop;
}
done_testing();

# Proves what a tick leaves behind that did not end: of a backend that is ended and of a server that is stopped in the middle
# nothing, so that the policies are due still and run at the next tick; and what works on a standby.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes;

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nrestart_after_crash = on\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE TABLE e AS SELECT 0 AS delay;
	CREATE MATERIALIZED VIEW quick AS SELECT count(*) AS n FROM e;
	CREATE MATERIALIZED VIEW slow AS SELECT count(pg_catalog.pg_sleep(delay)) AS n, (SELECT n FROM quick) AS quick FROM e;
	SET client_min_messages = warning;
	SET analytics.now = '2026-01-01 00:00+00';
	SELECT analytics.add_refresh_policy('slow', '@daily'), analytics.add_refresh_policy('quick', '@daily');
	INSERT INTO e VALUES (60);
});
my $tick = q{SET analytics.now = '2026-01-02 00:00+00'; SELECT analytics.tick()};
my $state = q{SELECT (SELECT count(*) FROM analytics.refresh_policies WHERE next_run = '2026-01-02' AND last_run IS NULL),
	(SELECT count(*) FROM analytics.refresh_runs), (SELECT n FROM quick), (SELECT n FROM slow)};

# Starts a tick and returns when it is in the middle: the first view is done, the second sleeps.
sub start_tick
{
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', $tick ], '<', \undef, '>', \$out, '2>', \$err);
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}) or die 'no tick';
	return $run;
}

my $run = start_tick();
is($node->safe_psql('postgres', $tick), '0', 'another tick meanwhile has nothing to do');
is($node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'}), 't', 'cancelled');
$run->finish;
is($node->safe_psql('postgres', $state), '2|0|1|1', 'a cancelled tick has done nothing, all is still due');

$run = start_tick();
is($node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'}), 't', 'ended');
$run->finish;
is($node->safe_psql('postgres', $state), '2|0|1|1', 'nor one whose backend was ended');

$run = start_tick();
my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
is(kill('KILL', $pid), 1, 'killed');
$run->finish;
# Not by asking with psql until it answers: where it cannot connect, what it is sent meets a broken pipe.
$node->wait_for_log(qr/all server processes terminated; reinitializing/);
for (1 .. 1800)
{
	last if run_log([ 'pg_isready', '-q', '-d', $node->connstr('postgres') ]);
	Time::HiRes::usleep(100_000);
}
is($node->safe_psql('postgres', $state), '2|0|1|1', 'nor one whose backend was killed');

$run = start_tick();
$node->stop('immediate');
$run->finish;
$node->start;
is($node->safe_psql('postgres', $state), '2|0|1|1', 'nor one whose server was stopped');

$node->safe_psql('postgres', 'UPDATE e SET delay = 0');
is($node->safe_psql('postgres', $tick), '2', 'the next tick runs both');
is($node->safe_psql('postgres', q{SELECT s.n, quick, (SELECT count(*) FROM analytics.refresh_runs WHERE error IS NULL) FROM slow s}), '2|2|2', 'in order');

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
is($standby->safe_psql('postgres', q{SELECT analytics.next_runs('@daily', 1, 'UTC', '2026-01-01 12:00+00'), (SELECT count(*) FROM analytics.refresh_policies)}),
	'2026-01-02 00:00:00+00|2', 'a standby shows schedules and policies');
my $err;
$standby->psql('postgres', 'SELECT analytics.tick()', stderr => \$err);
like($err, qr/cannot execute analytics\.tick\(\) in a read-only transaction/, 'and refuses to tick');
$standby->psql('postgres', q{SELECT analytics.refresh_view('quick')}, stderr => \$err);
like($err, qr/in a read-only transaction/, 'and to refresh');
done_testing();

# Proves that pg_cron, where it is there, gets one job of each user that calls tick, that this job runs what is due, and
# that a schema "cron" of somebody else's is left alone. Waits for pg_cron's next minute once.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($share) = run_command([ 'pg_config', '--sharedir' ]);
plan skip_all => 'pg_cron is not installed' unless -e "$share/extension/pg_cron.control";

my $node = PostgreSQL::Test::Cluster->new('cron');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'postgres'\n"
	  . "cron.use_background_workers = on\nmax_worker_processes = 20\ntimezone = 'UTC'\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE EXTENSION pg_cron;
	CREATE TABLE e AS SELECT 1 AS u;
	GRANT SELECT ON e TO PUBLIC;
	CREATE ROLE ann LOGIN;
	CREATE SCHEMA ann AUTHORIZATION ann;
	GRANT USAGE ON SCHEMA analytics TO ann;
	GRANT EXECUTE ON FUNCTION analytics.tick, analytics.add_refresh_policy, analytics.remove_refresh_policy TO ann;
	CREATE MATERIALIZED VIEW a AS SELECT count(*) AS n FROM e;
	CREATE MATERIALIZED VIEW b AS SELECT count(*) AS n FROM e;
	SET ROLE ann;
	CREATE MATERIALIZED VIEW ann.c AS SELECT count(*) AS n, current_user AS who FROM e;
});
my $jobs = q{SELECT jobname, schedule, command, username FROM cron.job ORDER BY 4};
my ($out, $err);

$node->psql('postgres', q{SET ROLE ann; SELECT analytics.add_refresh_policy('ann.c', '* * * * *')}, stderr => \$err);
like($err, qr/nothing in this database is known to call/, 'who may not use pg_cron is told so');
is($node->safe_psql('postgres', $jobs), '', 'and has no job');

my $add = q{SELECT analytics.add_refresh_policy('a', '* * * * *'); SELECT analytics.add_refresh_policy('b', '@yearly', 'Asia/Taipei')};
$node->psql('postgres', $add, stdout => \$out, stderr => \$err);
is($err, '', 'no notice where pg_cron is there');
is($node->safe_psql('postgres', $jobs), 'analytics: tick|* * * * *|SELECT analytics.tick()|' . $node->safe_psql('postgres', 'SELECT current_user'),
	'one job for two policies');

$node->safe_psql('postgres', q{GRANT USAGE ON SCHEMA cron TO ann; SET ROLE ann; SELECT analytics.remove_refresh_policy('ann.c');
	SELECT analytics.add_refresh_policy('ann.c', '@hourly')});
is($node->safe_psql('postgres', q{SELECT count(*), count(DISTINCT username) FROM cron.job}), '2|2', 'each user has a job');
$node->safe_psql('postgres', q{SET ROLE ann; SELECT analytics.remove_refresh_policy('ann.c')});
is($node->safe_psql('postgres', q{SELECT count(*) FROM cron.job WHERE username = 'ann'}), '0', 'the last policy takes the job along');

# What is due is run by pg_cron itself, in a minute at most.
$node->safe_psql('postgres', 'INSERT INTO e VALUES (2)');
ok($node->poll_query_until('postgres', 'SELECT n = 2 FROM a'), 'pg_cron ran what is due');
is($node->safe_psql('postgres', q{SELECT DISTINCT name, error IS NULL FROM analytics.refresh_runs}), 'public.a|t', 'and nothing else');
is($node->safe_psql('postgres', q{SELECT next_run > now() FROM analytics.refresh_policies WHERE name = 'public.a'}), 't', 'its next run lies ahead');

$node->safe_psql('postgres', q{SELECT analytics.remove_refresh_policy('a')});
is($node->safe_psql('postgres', 'SELECT count(*) FROM cron.job'), '1', 'a job stays while there are policies');
$node->safe_psql('postgres', q{DROP MATERIALIZED VIEW b; SELECT analytics.add_refresh_policy('a', '@daily'), analytics.remove_refresh_policy('a')});
is($node->safe_psql('postgres', 'SELECT count(*) FROM cron.job'), '0', 'and goes with the last');

# A trap: a function of the right name in a schema of the right name, run by whoever adds a policy.
$node->safe_psql('postgres', 'CREATE DATABASE trap');
$node->psql('trap', q{
	CREATE EXTENSION analytics;
	CREATE SCHEMA cron;
	CREATE TABLE caught (who name);
	CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql AS 'INSERT INTO public.caught VALUES (current_user) RETURNING 1';
	CREATE MATERIALIZED VIEW a AS SELECT 1 AS n;
	SELECT analytics.add_refresh_policy('a', '@daily');
}, stderr => \$err);
like($err, qr/nothing in this database is known to call/, 'a schema of that name is not pg_cron');
is($node->safe_psql('trap', 'SELECT count(*) FROM caught'), '0', 'and its function is not called');
done_testing();

# Proves that prepared transactions are counted once, whatever is refreshed between: events and changes are taken up after
# COMMIT PREPARED and not before, also after a restart; a refresh that is itself prepared keeps others waiting, then counts.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('prepared');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nmax_prepared_transactions = 10\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE TABLE e (at timestamptz, v int);
	INSERT INTO e SELECT timestamptz '2026-01-01 00:00+00' + i * interval '1 hour', 1 FROM generate_series(0, 9) i;
	SELECT analytics.add_source('e', 'e', at => 'at', entity => 'v');
	SELECT analytics.define_metric('v', 'e', 'sum', 'v');
	SELECT analytics.create_rollup('hourly', 'e', '1 hour', '{v}', timezone => 'UTC');
	SELECT analytics.refresh_rollup('hourly');
	CREATE VIEW seen AS SELECT t.value, (SELECT sum(v) FROM e) AS raw, (SELECT sum(v) FROM hourly) AS cells, p.newer, p.dirty, t.served_by LIKE 'rollup%'
		FROM analytics.time_series('v', '2026-01-01', '2026-01-02', timezone => 'UTC') t, analytics.rollup_pending('hourly') p;
});

sub refresh { return $node->safe_psql('postgres', "SELECT cells, rows FROM analytics.refresh_rollup('hourly')") }

sub seen
{
	my ($expected, $what) = @_;
	return is($node->safe_psql('postgres', 'SELECT * FROM seen'), $expected, $what);
}

seen('10|10|10|0|0|t', 'as refreshed');
$node->safe_psql('postgres', "BEGIN; INSERT INTO e VALUES ('2026-01-01 05:30+00', 100); PREPARE TRANSACTION 'insert'");
$node->safe_psql('postgres', "BEGIN; UPDATE e SET v = 2 WHERE at = '2026-01-01 06:00+00'; PREPARE TRANSACTION 'update'");
$node->safe_psql('postgres', "BEGIN; INSERT INTO e VALUES ('2026-01-01 05:31+00', 5000); PREPARE TRANSACTION 'never'");
is(refresh(), '0|0', 'what is prepared is not there');
$node->safe_psql('postgres', "INSERT INTO e VALUES ('2026-01-01 05:40+00', 1000)");
is(refresh(), '1|1', 'later transactions are folded beside it');
seen('1010|1010|1010|0|0|t', 'readers agree');
$node->restart;
is(refresh(), '0|0', 'nor after a restart');
$node->safe_psql('postgres', "COMMIT PREPARED 'insert'");
$node->safe_psql('postgres', "COMMIT PREPARED 'update'");
$node->safe_psql('postgres', "ROLLBACK PREPARED 'never'");
seen('1111|1111|1010|1|1|t', 'committed: newer, and marked');
is(refresh(), '2|2', 'committed: folded and computed');
seen('1111|1111|1111|0|0|t', 'counted once');
is(refresh(), '0|0', 'and not again');

# a refresh in a prepared transaction holds the progress
$node->safe_psql('postgres', "INSERT INTO e VALUES ('2026-01-01 05:50+00', 10000)");
$node->safe_psql('postgres', "BEGIN; SELECT analytics.refresh_rollup('hourly'); PREPARE TRANSACTION 'refresh'");
seen('11111|11111|1111|1|0|t', 'a prepared refresh is not seen');
my ($status, $out, $error) = $node->psql('postgres', "SET lock_timeout = '100ms'; SELECT analytics.refresh_rollup('hourly')");
like($error, qr/lock timeout/, 'another one waits for it');
$node->safe_psql('postgres', "COMMIT PREPARED 'refresh'");
seen('11111|11111|11111|0|0|t', 'then it counts');
is(refresh(), '0|0', 'once');
$node->stop;
done_testing();

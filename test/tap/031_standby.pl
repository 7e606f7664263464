# Proves that readers and exports work on a hot standby, and that definitions are refused there.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$primary->start;
$primary->backup('b');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'b', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE TABLE e AS SELECT timestamptz '2026-01-01 00:00+00' + i * interval '1 hour' AS at, i % 7 AS u FROM generate_series(0, 999) i;
	SELECT analytics.add_source('e', 'e', 'at', 'u');
	SELECT analytics.define_metric('events', 'e', 'count');
	SELECT analytics.define_metric('people', 'e', 'distinct_exact');
	SELECT analytics.define_metric('each', NULL, 'formula', formula => 'events / people');
	SELECT analytics.create_cohort('some', 'SELECT u FROM e WHERE u > 2');
	SELECT analytics.create_cohort('hand');
	SELECT analytics.add_to_cohort('hand', '{1,5}');
	SELECT analytics.define_report('r', '{"parameters": {"least": {"type": "int", "default": {"sql": "(SELECT min(u) FROM e)"}}}, "query": "SELECT u, count(*) AS n FROM e WHERE u >= least GROUP BY u ORDER BY u"}');
});
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'the standby is one');

for my $query (
	"SELECT * FROM analytics.time_series('events', '2026-01-01', '2026-02-01')",
	"SELECT * FROM analytics.time_series('each', '2026-01-01', '2026-02-01', 'week')",
	"SELECT analytics.metric_value('people', '2026-01-01', '2026-02-01')",
	"SELECT * FROM analytics.compare('events', '2026-01-10', '2026-01-20', 'previous', granularity => 'day')",
	"SELECT * FROM analytics.yoy('events', '2026-01-10', '2026-01-20')",
	"SELECT * FROM analytics.dau('e', '2026-01-01', '2026-02-01')",
	"SELECT * FROM analytics.wau('e', '2026-01-01', '2026-02-01')",
	"SELECT * FROM analytics.mau('e', '2026-01-01', '2026-02-01')",
	"SELECT m, analytics.in_cohort('hand', m) FROM analytics.cohort_members('some') m ORDER BY m",
	"SELECT count(*) FILTER (WHERE analytics.in_cohort('some', u::text)) FROM e",
	"SELECT * FROM analytics.cohort_overlap('{some,hand}')",
	"SELECT finding, severity, events FROM analytics.check_source('e')",
	"SELECT convert_from(analytics.run_report('r', '{\"least\": 3}', 'csv_excel'), 'UTF8')",
	"SELECT analytics.describe_report('r')",
	"SELECT analytics.time_bin('1 day', at, 'Asia/Tokyo'), count(*) FROM e GROUP BY 1 ORDER BY 1")
{
	my $here = $standby->safe_psql('postgres', "SET analytics.now = '2026-03-01 00:00+00'; $query");
	isnt($here, '', "answers on the standby: $query");
	is($here, $primary->safe_psql('postgres', "SET analytics.now = '2026-03-01 00:00+00'; $query"), '... as on the primary');
}
for my $command (
	"SELECT analytics.define_metric('x', 'e', 'count')",
	"SELECT analytics.add_source('x', 'e', 'at', 'u')",
	"SELECT analytics.drop_source('e', true)",
	"SELECT analytics.create_cohort('x')",
	"SELECT analytics.refresh_cohort('some')",
	"SELECT analytics.add_to_cohort('hand', '{2}')",
	"SELECT analytics.remove_from_cohort('hand', '{1}')",
	"SELECT analytics.drop_cohort('hand')",
	"SELECT analytics.define_report('x', '{}')",
	"SELECT analytics.drop_report('r')")
{
	my ($rc, $out, $err) = $standby->psql('postgres', $command);
	like($err, qr/read-only transaction/, "refused on the standby: $command");
}
done_testing();

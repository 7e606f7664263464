# Proves how the readers' statements are planned: an index range on the time, pruned partitions, a parallel scan.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('plans');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\njit = off\nsession_preload_libraries = 'auto_explain'\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE TABLE e (at timestamptz NOT NULL, u int, kind text) PARTITION BY RANGE (at);
	CREATE TABLE m1 PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
	CREATE TABLE m2 PARTITION OF e FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
	CREATE TABLE m3 PARTITION OF e FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
	CREATE INDEX ON e (at);
	INSERT INTO e SELECT timestamptz '2026-01-01 00:00+00' + i * interval '1 minute', i % 1000, 'k' || i % 5 FROM generate_series(0, 129000) i;
	CREATE TABLE clock (at timestamp, u int, kind text);
	INSERT INTO clock SELECT at AT TIME ZONE 'Asia/Tokyo', u, kind FROM e;
	CREATE INDEX clock_at ON clock (at);
	CREATE TABLE days (at date, u int, kind text);
	INSERT INTO days SELECT at, u, kind FROM e;
	CREATE INDEX days_at ON days (at);
	CREATE TABLE kinds (at timestamptz, u int, kind text);
	INSERT INTO kinds SELECT * FROM e;
	CREATE INDEX kinds_kind_at ON kinds (kind, at);
	ANALYZE e, clock, days, kinds;
	SELECT analytics.add_source('e', 'e', 'at', 'u');
	SELECT analytics.add_source('clock', 'clock', 'at', 'u', timezone => 'Asia/Tokyo');
	SELECT analytics.add_source('days', 'days', 'at', 'u');
	SELECT analytics.add_source('kinds', 'kinds', 'at', 'u', tenant => 'kind');
	SELECT analytics.define_metric('e', 'e', 'count', dimensions => '{kind}');
	SELECT analytics.define_metric('people', 'e', 'distinct_exact');
	SELECT analytics.define_metric('about', 'e', 'distinct');
	SELECT analytics.define_metric('typical', 'e', 'percentile', 'u', fraction => 0.5);
	SELECT analytics.define_metric('both', NULL, 'formula', formula => 'people / about + typical');
	SELECT analytics.define_metric('clock', 'clock', 'count');
	SELECT analytics.define_metric('days', 'days', 'count');
	SELECT analytics.define_metric('kinds', 'kinds', 'count', dimensions => '{kind}');
});

# plans SQL: the plans of the statements that a reader ran, with the settings in $_[1]
sub plans
{
	my ($sql, $settings) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', ($settings // '') . q{
		SET auto_explain.log_min_duration = 0;
		SET auto_explain.log_nested_statements = on;
		SET auto_explain.log_level = notice;
		SET client_min_messages = notice;
	} . $sql);
	is($rc, 0, "runs: $sql") or diag($err);
	return $err;
}

my $plan = plans("SELECT count(*) FROM analytics.time_series('e', '2026-02-03', '2026-02-05')");
like($plan, qr/Index (Only )?Scan.*on m2/, 'time_series reads a range of the index');
unlike($plan, qr/ on m3/, '... of the one partition that holds it');
$plan = plans("SELECT count(*) FROM analytics.yoy('e', '2026-03-03', '2026-03-05')");
unlike($plan, qr/Seq Scan on m[12]/, 'compare does not read what neither range needs');
$plan = plans("SELECT analytics.metric_value('e', '2026-02-03', '2026-02-04', filters => '{\"kind\": [\"k1\", \"k2\"]}')");
like($plan, qr/Index.*on m2/, 'metric_value reads a range of the index');
$plan = plans("SELECT count(*) FROM analytics.dau('e', '2026-02-03', '2026-02-05')");
like($plan, qr/Index.*on m2/, 'dau reads a range of the index');
$plan = plans("SELECT count(*) FROM analytics.time_series('clock', '2026-02-03 00:00+09', '2026-02-04 00:00+09')");
like($plan, qr/Index.*clock_at/, 'a wall clock in its own zone uses its index');
$plan = plans("SELECT count(*) FROM analytics.time_series('clock', '2026-02-03', '2026-02-04', timezone => 'UTC')");
like($plan, qr/Index.*clock_at/, '... and in another zone');
$plan = plans("SELECT count(*) FROM analytics.time_series('days', '2026-02-03', '2026-02-04')");
like($plan, qr/Index.*days_at/, 'dates use their index');
$plan = plans("SELECT analytics.metric_value('kinds', '2026-02-03', '2026-02-09', tenant => 'k3')");
like($plan, qr/Index Cond: .*kind = .*at >= /, 'tenant and time are one range of an index');
$plan = plans("SELECT analytics.metric_value('kinds', '2026-02-03', '2026-02-09', filters => '{\"kind\": \"k3\"}')");
like($plan, qr/Index Cond: .*kind = .*at >= /, 'so are a filter and time');
$plan = plans("SELECT count(*) FROM analytics.time_series('people', '2026-01-01', '2026-04-01')",
	"SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;");
like($plan, qr/Gather/, 'a long scan runs in parallel, distinct counts too');
like($plan, qr/Parallel Seq Scan on m1/, '... over the partitions');
unlike($plan, qr/Sort Key: .*u\b.*\n.*Seq Scan/, '... without sorting the events');
my $parallel = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;";
$plan = plans("SELECT analytics.metric_value('both', '2026-01-01', '2026-04-01')", $parallel);
is(scalar(() = $plan =~ /Scan on m1/g), 1, 'distinct counts, exact or not, and percentiles share a scan');
like($plan, qr/Gather/, '... in parallel');
for my $method (qw(approx exact))
{
	for my $reader (qw(dau wau))
	{
		$plan = plans("SELECT count(*) FROM analytics.$reader('e', '2026-01-01', '2026-04-01', method => '$method')", $parallel);
		like($plan, qr/Gather/, "$reader runs in parallel, $method");
	}
}

# What is long can be stopped: a view that waits for an hour is given up at once.
$node->safe_psql('postgres', q{
	CREATE VIEW slow AS SELECT at, u, pg_sleep(3600) IS NULL AS x FROM days;
	SELECT analytics.add_source('slow', 'slow', 'at', 'u');
	SELECT analytics.define_metric('slow', 'slow', 'count', filter => 'x');
});
my ($rc, $out, $err) = $node->psql('postgres',
	"SET statement_timeout = '200ms'; SELECT * FROM analytics.time_series('slow', '2026-01-01', '2026-02-01')");
like($err, qr/canceling statement due to statement timeout/, 'a reader is cancelled');
done_testing();

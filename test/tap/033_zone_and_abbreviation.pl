# CET is a zone, with summer time, and an abbreviation, without: SQL's timezone() takes the abbreviation, our days are
# the zone's. Here and not in sql/, as Debian 13 and later have the zone only where tzdata-legacy is installed.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('zones');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'Europe/Paris'\n");
$node->start;
if ($node->safe_psql('postgres', q{SELECT count(*) FROM pg_timezone_names WHERE name = 'CET'}) eq '0')
{
	$node->stop;
	plan skip_all => 'no zone CET on this machine: tzdata-legacy is not installed';
}

# One event each hour, with the number of the day as who.
$node->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE TABLE cet (t timestamptz, l timestamp, d date, u int);
	INSERT INTO cet SELECT x, x, x, extract(day FROM x) FROM generate_series('2025-07-01 00:30'::timestamptz, '2025-07-03 23:30', '1 hour') x;
	SELECT analytics.add_source('ct', 'cet', 't', 'u');
	SELECT analytics.add_source('cl', 'cet', 'l', 'u', timezone => 'CET');
	SELECT analytics.add_source('cd', 'cet', 'd', 'u', timezone => 'CET');
	SELECT analytics.define_metric(s || '.n', s, 'count') FROM unnest('{ct,cl,cd}'::text[]) s});
is($node->safe_psql('postgres', q{SELECT timezone('CET', timestamp '2025-07-01 00:00') = timezone('Europe/Paris', timestamp '2025-07-01 00:00')}),
	'f', 'timezone() takes the abbreviation');
# The first day begins half an hour before the first event, and a date at its first instant.
for my $case ([ 'cd', 't' ], [ 'cl', 'f' ], [ 'ct', 'f' ])
{
	my ($source, $first) = @$case;

	is($node->safe_psql('postgres', qq{SELECT day, users, complete FROM analytics.dau('$source', '2025-07-01', '2025-07-04', timezone => 'CET') ORDER BY 1}),
		"2025-07-01|1|$first\n2025-07-02|1|t\n2025-07-03|1|t", "$source: users of each day");
	is($node->safe_psql('postgres', qq{SELECT bucket, value FROM analytics.time_series('$source.n', '2025-07-01', '2025-07-04', timezone => 'CET') ORDER BY 1}),
		"2025-07-01 00:00:00+02|24\n2025-07-02 00:00:00+02|24\n2025-07-03 00:00:00+02|24", "$source: hours of each day");
}
is($node->safe_psql('postgres', q{SET timezone = 'CET'; SELECT day, users FROM analytics.dau('ct', '2025-07-01', '2025-07-04') ORDER BY 1}),
	"2025-07-01|1\n2025-07-02|1\n2025-07-03|1", 'as the zone of the session');
my ($ret, $out, $err) = $node->psql('postgres', q{SET timezone = 'CET'; SELECT * FROM analytics.time_series('cl.n', '2025-07-01', '2025-07-02', 'hour')});
like($err, qr/ERROR:  a column without time zone cannot be read in zone "CET"/, 'what SQL cannot convert is refused, not shifted');

$node->stop;
done_testing();

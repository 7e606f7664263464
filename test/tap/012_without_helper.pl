# Proves what is said where the render helper is not installed (make WITH_RENDER=no): a clear error, and all else works.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

chomp(my $bindir = `pg_config --bindir`);
plan skip_all => 'the render helper is installed' if -e "$bindir/analytics-render";

my $node = PostgreSQL::Test::Cluster->new('bare');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION analytics');
for my $command ("COPY (SELECT 1) TO STDOUT (FORMAT xlsx)", "SELECT analytics.export('SELECT 1', 'xlsx')")
{
	my ($rc, $out, $err) = $node->psql('postgres', "SELECT analytics.version(); \\set VERBOSITY verbose\n$command");
	like($err, qr/0A000/, "refused as not supported: $command");
	like($err, qr/HINT: /i, '... with a hint');
}
is($node->safe_psql('postgres', "SELECT analytics.version() IS NOT NULL; COPY (SELECT 1) TO STDOUT"), "t\n1", 'COPY in text works');
is($node->safe_psql('postgres', "SELECT analytics.version() IS NOT NULL; COPY (SELECT 1 AS a) TO STDOUT (FORMAT $_->[0])"), "t\n$_->[1]", "$_->[0] needs no helper")
  for [ 'csv_excel', "\xEF\xBB\xBFa\r\n1\r" ], [ 'json', "[\n{\"a\":1}\n]" ], [ 'ndjson', '{"a":1}' ], [ 'markdown', "| a |\n| ---: |\n| 1 |" ];
done_testing();

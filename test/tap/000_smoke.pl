# The extension comes, answers, survives an immediate stop, and goes without a trace.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('smoke');
$node->init;
$node->start;

my $objects = q{SELECT (SELECT count(*) FROM pg_proc) + (SELECT count(*) FROM pg_class)
	+ (SELECT count(*) FROM pg_type) + (SELECT count(*) FROM pg_namespace WHERE nspname <> 'analytics')};
my $before = $node->safe_psql('postgres', $objects);

$node->safe_psql('postgres', 'CREATE EXTENSION analytics');
my $version = $node->safe_psql('postgres', 'SELECT analytics.version()');
like($version, qr/^\d+\.\d+\.\d+$/, 'the library answers');

$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', 'SELECT analytics.version()'), $version, 'and answers again after a crash');

$node->safe_psql('postgres', 'DROP EXTENSION analytics');
is($node->safe_psql('postgres', $objects), $before, 'DROP EXTENSION leaves nothing');

# PostgreSQL keeps a schema that CREATE EXTENSION made; RESTRICT proves that it is empty.
$node->safe_psql('postgres', 'DROP SCHEMA analytics RESTRICT');

# The same with the library loaded by every process from the start.
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'analytics'");
$node->restart;
$node->safe_psql('postgres', 'CREATE EXTENSION analytics');
is($node->safe_psql('postgres', 'SELECT analytics.version()'), $version, 'preloaded');
$node->stop;

done_testing();

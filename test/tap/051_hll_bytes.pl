# Proves that sketches survive what SQL alone cannot do: COPY in binary, where hostile bytes are refused with 22P03; a
# dump and restore of hll(p); and that a client with another encoding gets the same hashes from the leader and from workers.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('hll_bytes');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "max_parallel_workers_per_gather = 2\nmax_worker_processes = 8\n");
$node->start;
my $dir = $node->basedir;
$node->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE TABLE sketches (p int, n int, h analytics.hll);
	INSERT INTO sketches SELECT p, n, analytics.hll_agg(v, p)
		FROM unnest(ARRAY[4, 11, 14, 18]) p, unnest(ARRAY[1, 100, 20000]) n, generate_series(1, n) v GROUP BY p, n;
	INSERT INTO sketches SELECT p, 0, analytics.hll_empty(p, 'redis') FROM unnest(ARRAY[4, 18]) p;
	CREATE TABLE fitted (h analytics.hll(11) DEFAULT analytics.hll_empty(11));
	INSERT INTO fitted SELECT h FROM sketches WHERE p >= 11; INSERT INTO fitted DEFAULT VALUES});

sub slurp { open my $f, '<:raw', $_[0] or die "$_[0]: $!"; local $/; return <$f>; }
sub spew { open my $f, '>:raw', $_[0] or die "$_[0]: $!"; print $f $_[1]; close $f; }

# Out and in again, and into a column that is coarser.
$node->safe_psql('postgres', qq{COPY sketches TO '$dir/out' (FORMAT binary); CREATE TABLE back (LIKE sketches);
	COPY back FROM '$dir/out' (FORMAT binary)});
is($node->safe_psql('postgres', 'SELECT count(*) FROM sketches s JOIN back b USING (p, n) WHERE s.h::text = b.h::text'), 14, 'binary COPY comes back');
$node->safe_psql('postgres', qq{CREATE TABLE small (p int, n int, h analytics.hll(4)); COPY small FROM '$dir/out' (FORMAT binary)});
is($node->safe_psql('postgres', q{SELECT count(*) FROM sketches s JOIN small b USING (p, n) WHERE analytics.hll_reduce(s.h, 4)::text = b.h::text}),
	14, 'and fits a coarser column');

# Every byte of some sketches changed, every length: refused with 22P03, or another sketch. The server stays.
sub one { my ($bytes) = @_; return "PGCOPY\n\xff\r\n\0" . pack('NN', 0, 0) . pack('nN', 1, length $bytes) . $bytes . pack('n', 0xffff); }
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
$node->safe_psql('postgres', 'CREATE TABLE taken (h analytics.hll)');
my @whole = map { pack 'H*', $_ } split /\n/, $node->safe_psql('postgres', q{SELECT encode(h::bytea, 'hex') FROM sketches WHERE length(h::bytea) < 400 AND p IN (4, 11) ORDER BY p, n});
my (@hostile, $script, $i);
for my $bytes (@whole)
{
	push @hostile, map { substr($bytes, 0, $_) } 0 .. length($bytes) - 1;
	for my $at (0 .. length($bytes) - 1)
	{
		push @hostile, map { my $b = $bytes; substr($b, $at, 1) ^= chr($_); $b } 1, 0x80, 0xff;
	}
}
spew("$dir/hostile." . $i++, one($_)) for @hostile;
my $sql = "\\set VERBOSITY verbose\n" . join('', map { "COPY taken FROM '$dir/hostile.$_' (FORMAT binary);\n" } 0 .. $#hostile);
my ($code, $out, $err) = $node->psql('postgres', $sql, on_error_stop => 0);
my @errors = $err =~ /ERROR:  (\w{5})/g;
cmp_ok(scalar @errors, '>', scalar @hostile / 4, sprintf('%d of %d are refused', scalar @errors, scalar @hostile));
is_deeply([ grep { $_ ne '22P03' } @errors ], [], 'all with 22P03');
is($node->safe_psql('postgres', 'SELECT bool_and(h::text::analytics.hll::text = h::text) FROM taken'), 't', 'what was taken is a sketch');
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'the server has run all along');

# Dump and restore.
$node->safe_psql('postgres', 'CREATE DATABASE after');
command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", $node->connstr('postgres') ], 'pg_dump');
command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('after'), "$dir/dump" ], 'pg_restore');
my $all = q{SELECT string_agg(h::text, ',' ORDER BY h::text) FROM fitted};
is($node->safe_psql('after', $all), $node->safe_psql('postgres', $all), 'the same sketches');
is($node->safe_psql('after', q{SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'fitted'::regclass AND attnum = 1}),
	'analytics.hll(11)', 'of the same type');

# Text that this client's encoding writes otherwise, in types whose binary form is text: the leader and the workers agree.
$node->safe_psql('postgres', q{CREATE TABLE words AS SELECT to_jsonb(chr(192 + n % 64) || n) AS j, ARRAY[chr(192 + n % 64)] AS a FROM generate_series(1, 20000) n; ANALYZE words});
my $count = q{SELECT analytics.hll_agg(j)::text || analytics.hll_agg(a)::text FROM words};
my $serial = $node->safe_psql('postgres', "SET max_parallel_workers_per_gather = 0; $count");
my $parallel = q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;};
like($node->safe_psql('postgres', "$parallel EXPLAIN $count"), qr/Partial Aggregate/, 'a parallel plan');
is($node->safe_psql('postgres', "SET client_encoding = 'LATIN1'; $parallel $count"), $serial, 'with another client encoding');
is($node->safe_psql('postgres', "SET client_encoding = 'LATIN1'; $parallel SET parallel_leader_participation = off; $count"), $serial, 'and by workers alone');

$node->stop;
done_testing();

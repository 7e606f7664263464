# What stands in a workbook, read back by an independent parser; COPY's rights; every other COPY as it was.
use strict;
use warnings;
use utf8;
use Encode ();
use File::Basename qw(dirname);
use IO::Socket::UNIX;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $reader = dirname(__FILE__) . '/export_cells.py';
my $dir = PostgreSQL::Test::Utils::tempdir;
my $node = PostgreSQL::Test::Cluster->new('export');
$node->init(allows_streaming => 1, extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "session_preload_libraries = 'analytics'\ntimezone = 'Asia/Taipei'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION analytics');

sub cells
{
	my ($file, @more) = @_;
	my ($out, $err) = run_command([ '/usr/bin/python3', $reader, $file, @more ]);
	BAIL_OUT("cannot read $file: $err") if $err ne '';
	return JSON::PP->new->utf8->decode($out);
}

sub export
{
	my ($copy, @more) = @_;
	my $file = "$dir/out.xlsx";
	$node->safe_psql('postgres', qq{SET client_encoding = 'UTF8'; COPY $copy TO '$file' WITH (FORMAT xlsx @more)});
	return cells($file);
}

# The test framework dies of a wide character in what it prints: names and values go there as bytes.
sub same
{
	my ($got, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is(Encode::encode('UTF-8', $got), Encode::encode('UTF-8', $expected), Encode::encode('UTF-8', $name));
}

# Typed cells. Serial numbers worked out by hand: 2026-01-01 is day 46023 of the 1900 system, 1900-03-01 day 61.
my $book = export(q{(SELECT 7 AS n, 1234567890123456::bigint AS big, 999999999999999::bigint AS fits,
	1234.50::numeric(10,2) AS price, 12345678901234567.25::numeric AS exact, 10/3::numeric AS third,
	0.1::real AS r, 'NaN'::float8 AS nan, '-Infinity'::float8 AS minus, date '2026-01-01' AS d,
	date '1900-03-01' AS first, date '1900-02-28' AS before, date '10000-01-01' AS after, 'infinity'::date AS inf,
	timestamptz '2026-01-01 00:00+00' AS at, timestamp '2026-01-01 12:00' AS local, time '06:00' AS t,
	true AS yes, false AS no, NULL::int AS nothing, interval '1 day 2 hours' AS span, '007' AS text, 42 AS user_id)});
my %got;
@got{ @{ $book->[0]{rows}[0] } } = @{ $book->[0]{rows}[1] };
is_deeply([ @got{qw(n big fits price exact r)} ],
	[ 7, '1234567890123456', 999999999999999, 1234.5, '12345678901234567.25', 0.1 ], 'numbers keep every digit or are text');
cmp_ok(abs($got{third} - 10 / 3), '<', 1e-9, 'a quotient is a number');
is_deeply([ @got{qw(nan minus)} ], [ 'NaN', '-Infinity' ], 'NaN and infinity are text');
is_deeply([ @got{qw(d first before after inf)} ], [ 46023, 61, '1900-02-28', '10000-01-01', 'infinity' ], 'dates');
is_deeply([ @got{qw(at local t)} ], [ 46023 + 8 / 24, 46023.5, 0.25 ], 'instants are local time of the session');
ok($got{yes} && !$got{no} && JSON::PP::is_bool($got{yes}), 'booleans');
is($got{nothing}, undef, 'NULL is an empty cell');
is_deeply([ @got{qw(span text user_id)} ], [ '1 day 02:00:00', '007', 42 ], 'text and labels');
my %format;
my $i = 0;
$format{ $_ } = $book->[0]{formats}[ $i++ ] for grep { defined $got{$_} } @{ $book->[0]{rows}[0] };
is_deeply([ @format{qw(n price third d at t user_id text)} ],
	[ '#,##0', '#,##0.00', 'General', 'yyyy-mm-dd', 'yyyy-mm-dd hh:mm:ss', 'hh:mm:ss', '0', 'General' ],
	'number formats');

# Positions are computed: with both lines, one, none.
my $three = q{(SELECT i AS a, i AS b FROM generate_series(1, 3) i)};
my $sheet = export($three, q{, TITLE 'T', SUBTITLE 'S', SHEET 'X'})->[0];
is_deeply([ @{$sheet}{qw(name freeze filter)} ], [ 'X', 'A5', 'A4:B7' ], 'title and subtitle: header in row 4');
is_deeply($sheet->{rows}, [ ['T'], ['S'], [], [ 'a', 'b' ], [ 1, 1 ], [ 2, 2 ], [ 3, 3 ] ], 'and all cells');
$sheet = export($three, q{, TITLE 'T'})->[0];
is_deeply([ @{$sheet}{qw(name freeze filter)} ], [ 'Sheet1', 'A4', 'A3:B6' ], 'title alone: header in row 3');
$sheet = export($three)->[0];
is_deeply([ @{$sheet}{qw(freeze filter)} ], [ 'A2', 'A1:B4' ], 'no line: header in row 1');
$sheet = export('(SELECT 1 AS a WHERE false)')->[0];
is_deeply([ $sheet->{rows}, $sheet->{filter} ], [ [ ['a'] ], 'A1:A2' ], 'no rows: header alone');
$sheet = export('(SELECT 1 AS a WHERE false)', q{, TITLE 'T'})->[0];
is_deeply($sheet->{rows}, [ ['T'], [], ['a'], ['No data'] ], 'and a word where there is a title');
is(scalar @{ export('(SELECT FROM generate_series(1, 3))')->[0]{rows} }, 0, 'no columns: an empty sheet');

# Widths: CJK counts two; at most 50. The library adds 0.71 for the cell's padding.
$sheet = export(q{(SELECT repeat('資', 10) AS a, repeat('x', 10) AS b, repeat('y', 400) AS c)})->[0];
is_deeply([ map { int } @{ $sheet->{widths} } ], [ 22, 12, 50 ], 'widths');

# Sheet names.
for my $case ([ 'History', 'History_' ], [ '', 'Sheet1' ], [ q{''a''}, '_a_' ], [ 'a/b\c?d*e[f]g:h', 'a_b_c_d_e_f_g_h' ],
	[ '名' x 40, '名' x 31 ], [ 'a' x 40, 'a' x 31 ], [ '<&>"', '<&>"' ])
{
	same(export('(SELECT 1 AS a)', ", SHEET '$case->[0]'")->[0]{name}, $case->[1], "sheet name $case->[1]");
}

# Hostile text comes back as it was; the database says itself what that is.
$node->safe_psql('postgres', q{CREATE TABLE hostile AS
	SELECT row_number() OVER () AS n, t FROM (
		SELECT 'a' || chr(c) || 'b' AS t FROM generate_series(1, 160) c
		UNION ALL SELECT chr(c) || chr(c) FROM unnest(ARRAY[9, 10, 13, 32, 8232, 65279, 65534, 65535, 65533, 128512, 1114111, 8238, 55295, 57344]) c
		UNION ALL SELECT unnest(ARRAY['=1+1', '+1', '-1', '@A1', '=cmd|''/c calc''!A0', '_x0041_', '_x000D_', '_X000d_', '_x005F_x0041_', '__x0041_', '_x00', '_x0041', '<a>&amp;"''', ']]>', ' lead', 'trail ', E'\n', '<![CDATA[', '{=A1}', '_x_x0041_']
		)) x});
$book = export('(SELECT t FROM hostile ORDER BY n)', q{, TITLE '=1+1 _x0041_'});
my @rows = map { $_->[0] } @{ $book->[0]{rows} };
is($rows[0], '=1+1 _x0041_', 'hostile title');
my $expected = JSON::PP->new->decode(
	$node->safe_psql('postgres', q{SELECT json_agg(encode(convert_to(t, 'UTF8'), 'hex') ORDER BY n) FROM hostile}));
is_deeply([ map { unpack 'H*', Encode::encode('utf8', $_) } @rows[ 3 .. $#rows ] ], $expected, 'hostile texts come back');
is(export('(SELECT 1 AS "=1+1", 2 AS "_x0041_")')->[0]{rows}[0][1], '_x0041_', 'hostile header');

# Too long for a cell: cut with a warning, at a whole character.
my ($code, $out, $err) = $node->psql('postgres',
	qq{COPY (SELECT 1, repeat('x', 32767) UNION ALL SELECT 2, repeat('y', 32768) UNION ALL SELECT 3, repeat(chr(128512), 20000)) TO '$dir/cut.xlsx' (FORMAT xlsx)});
like($err, qr/WARNING:  2 texts longer than 32767 characters were cut\nDETAIL:  The first stands in row 2, column 2/, 'cut with a warning');
is_deeply([ map { length $_->[1] } @{ cells("$dir/cut.xlsx")->[0]{rows} }[ 1 .. 3 ] ], [ 32767, 32767, 16383 ], 'lengths');

# More rows than a sheet holds go on in another.
$node->safe_psql('postgres', qq{COPY (SELECT i AS n FROM generate_series(1, 1048577) i) TO '$dir/long.xlsx' (FORMAT xlsx, TITLE 'Long', SHEET '} . 'n' x 31 . q{')});
$book = cells("$dir/long.xlsx", 'short');
is_deeply([ map { [ @{$_}{qw(name n_rows filter)} ] } @$book ],
	[ [ 'n' x 31, 1048576, 'A3:A1048576' ], [ 'n' x 27 . ' (2)', 7, 'A3:A7' ] ], 'a further sheet')
  or diag explain $book;
is_deeply([ $book->[0]{rows}[2], $book->[1]{rows}[0], $book->[1]{rows}[2] ], [ [1048573], ['Long'], [1048577] ], 'rows meet at the border');
unlink "$dir/long.xlsx";

# An SQL_ASCII database may hold any bytes.
$node->safe_psql('postgres', q{CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0});
$node->safe_psql('ascii', 'CREATE EXTENSION analytics');
$node->safe_psql('ascii', qq{COPY (SELECT E'a\\xFFb\\xC3\\xA9\\xED\\xA0\\x80' AS t) TO '$dir/ascii.xlsx' (FORMAT xlsx)});
same(cells("$dir/ascii.xlsx")->[0]{rows}[1][0], "a\x{FFFD}b\x{E9}\x{FFFD}\x{FFFD}\x{FFFD}", 'bytes of no encoding are replaced');
$node->safe_psql('postgres', q{CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0});
$node->safe_psql('latin', 'CREATE EXTENSION analytics');
$node->safe_psql('latin', qq{COPY (SELECT E'\\xE9' AS "\xE9") TO '$dir/latin.xlsx' (FORMAT xlsx, TITLE E'\\xE9')});
same(cells("$dir/latin.xlsx")->[0]{rows}[0][0], "\x{E9}", 'another encoding is converted');

# \copy and export() give the same bytes as COPY within one moment; so does a file written by export_file.
my $same = q{SELECT g AS a, g * 1.5 AS b FROM generate_series(1, 1000) g};
$node->safe_psql('postgres', qq{SET analytics.now = '2026-01-01 00:00+00';
\\copy ($same) to '$dir/client.xlsx' with (format xlsx)
COPY ($same) TO '$dir/server.xlsx' (FORMAT xlsx);
COPY ($same) TO PROGRAM 'cat > $dir/program.xlsx' (FORMAT xlsx);
SELECT analytics.export_file('$same', '$dir/function.xlsx', 'xlsx');
COPY (SELECT encode(analytics.export('$same', 'xlsx'), 'hex')) TO '$dir/hex'});
append_to_file("$dir/bytea.xlsx", pack 'H*', slurp_file("$dir/hex") =~ s/\n//r);
my $reference = slurp_file("$dir/server.xlsx");
is(slurp_file("$dir/$_.xlsx"), $reference, "$_ has the same bytes") for qw(client program function bytea);

# The same through the extended protocol, message by message: copy-out is binary for each column, so that clients
# pass the bytes on. Answers are 1 (parsed), 2 (bound), H (copy-out), d (data), c (end), C (tag), Z (ready).
sub talk
{
	my ($sql) = @_;
	my $socket = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die "no connection: $!";
	my $send = sub { my ($type, $body) = @_; print $socket $type . pack('N', 4 + length $body) . $body; };
	my $answer = sub {
		read($socket, my $head, 5) == 5 or die 'connection lost';
		my ($type, $length) = unpack 'aN', $head;
		read($socket, my $body, $length - 4) if $length > 4;
		return ($type, $body // '');
	};
	my ($types, $data, $out, $tag) = ('', '', '', '');
	binmode $socket;
	$send->('', pack('N', 196608) . join("\0", 'user', $node->safe_psql('postgres', 'SELECT current_user'), 'database', 'postgres', 'options', "-canalytics.now=2026-01-01\\ 00:00+00", '', ''));
	$socket->flush;
	while (my ($type, $body) = $answer->()) { die $body if $type eq 'E'; last if $type eq 'Z'; }
	$send->('P', "\0$sql\0" . pack('n', 0));
	$send->('B', "\0\0" . pack('n n n', 0, 0, 0));
	$send->('E', "\0" . pack('N', 0));
	$send->('S', '');
	$socket->flush;
	while (my ($type, $body) = $answer->())
	{
		$types .= $type unless $type eq 'd' && $types =~ /d$/;
		$data .= $body if $type eq 'd';
		$out = unpack('H*', $body) if $type eq 'H';
		$tag = $body =~ s/\0$//r if $type eq 'C';
		last if $type eq 'Z';
	}
	return ($types, $out, $tag, $data);
}
is_deeply([ talk("COPY ($same) TO STDOUT (FORMAT xlsx)") ], [ '12HdcCZ', '01000200010001', 'COPY 1000', $reference ], 'extended protocol');

# What SELECT can read can be copied; a table without its children, as COPY has it.
$node->safe_psql('postgres', q{
	CREATE TABLE parent (a int, b int GENERATED ALWAYS AS (a * 2) STORED); CREATE TABLE child () INHERITS (parent);
	INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2);
	CREATE TABLE parted (a int) PARTITION BY LIST (a); CREATE TABLE parted1 PARTITION OF parted FOR VALUES IN (1);
	INSERT INTO parted VALUES (1);
	CREATE VIEW v AS SELECT 5 AS a; CREATE MATERIALIZED VIEW mv AS SELECT 6 AS a});
is_deeply(export('parent')->[0]{rows}, [ [ 'a', 'b' ], [ 1, 2 ] ], 'a table alone, generated columns too');
is(export('parent')->[0]{name}, 'parent', 'the sheet has its name');
is_deeply(export($_)->[0]{rows}, [ ['a'], [ { parted => 1, v => 5, mv => 6 }->{$_} ] ], $_) for qw(parted v mv);
is_deeply(export('(INSERT INTO parted VALUES (1) RETURNING a)')->[0]{rows}, [ ['a'], [1] ], 'RETURNING');
is($node->safe_psql('postgres', 'SELECT count(*) FROM parted'), 2, 'which has happened');

# Rights: row-level security, columns, files, programs.
$node->safe_psql('postgres', q{
	CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; GRANT pg_write_server_files, pg_execute_server_program TO bob;
	GRANT USAGE ON SCHEMA analytics TO alice, bob;
	CREATE TABLE secret (owner name, salary int, note text); INSERT INTO secret VALUES ('alice', 1, 'x'), ('bob', 2, 'y');
	ALTER TABLE secret ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON secret USING (owner = current_user);
	GRANT SELECT (owner, salary) ON secret TO alice, bob});
sub as { my ($role, $sql) = @_; return ($node->psql('postgres', $sql, extra_params => [ '-U', $role ]))[2]; }
is(as('bob', "COPY secret (owner, salary) TO '$dir/bob.xlsx' (FORMAT xlsx)"), '', 'the columns that one may read');
is_deeply(cells("$dir/bob.xlsx")->[0]{rows}, [ [ 'owner', 'salary' ], [ 'bob', 2 ] ], 'own rows only');
is(as('bob', "SELECT analytics.export_file('SELECT owner FROM secret', '$dir/bob.xlsx', 'xlsx')"), '', 'export_file with the right');
is_deeply(cells("$dir/bob.xlsx")->[0]{rows}, [ ['owner'], ['bob'] ], 'own rows only here too');
like(as('bob', "COPY secret TO '$dir/no.xlsx' (FORMAT xlsx)"), qr/permission denied for table secret/, 'other columns refused');
like(as('alice', "COPY (SELECT 1) TO '$dir/no.xlsx' (FORMAT xlsx)"), qr/permission denied to write a file on the server/, 'no right to write files');
like(as('alice', "COPY (SELECT 1) TO PROGRAM 'cat' (FORMAT xlsx)"), qr/permission denied to COPY to an external program/, 'no right to run programs');
like(as('alice', "SELECT analytics.export_file('SELECT 1', '$dir/no.xlsx', 'xlsx')"), qr/permission denied for function export_file/, 'no right to export_file');
is(as('alice', "\\copy (SELECT * FROM (SELECT owner FROM secret) s) to '$dir/alice.xlsx' (format xlsx)"), '', '\copy needs none of them');
is_deeply(cells("$dir/alice.xlsx")->[0]{rows}, [ ['owner'], ['alice'] ], 'and has own rows only');
ok(!-e "$dir/no.xlsx", 'nothing written where it was refused');

# Every other COPY is what it was: the same bytes and messages with our hook and in a session without it.
sub other
{
	my ($preload, $tag) = @_;
	local $ENV{PGOPTIONS} = "-c session_preload_libraries=$preload";
	my ($code, $out, $err) = $node->psql('postgres', qq{
		COPY hostile TO '$dir/$tag.csv' (FORMAT csv, HEADER); COPY hostile TO '$dir/$tag.txt'; COPY hostile TO '$dir/$tag.bin' (FORMAT binary);
		COPY hostile TO PROGRAM 'cat > $dir/$tag.prog'; CREATE TEMP TABLE back (LIKE hostile); COPY back FROM '$dir/$tag.bin' (FORMAT binary);
		SELECT md5(string_agg(t, '' ORDER BY n)) FROM back;
		COPY hostile TO STDOUT WITH CSV; COPY (SELECT 1) TO STDOUT (FORMAT parquet); COPY v TO STDOUT; COPY hostile TO STDOUT (FORMAT csv, FORMAT csv);
		COPY hostile TO STDOUT (TITLE 'x'); COPY hostile TO 'relative'; COPY nowhere TO STDOUT (FORMAT text)}, on_error_stop => 0);
	$err =~ s/^psql:<stdin>:\d+: //mg;
	return ($out, $err, map { slurp_file("$dir/$tag.$_") } qw(csv txt bin prog));
}
my @without = other('', 'without');
is_deeply([ other('analytics', 'with') ], \@without, 'every other COPY is untouched');
like($without[1], qr/COPY format "parquet" not recognized.*cannot copy from view.*option "title" not recognized/s, 'with errors of the server');
like(($node->psql('template1', "COPY (SELECT 1) TO STDOUT (FORMAT xlsx)"))[2], qr/COPY format "xlsx" not recognized/, 'as in a database without the extension');

# A standby exports too.
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('export_standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'on a standby');
$standby->safe_psql('postgres', qq{COPY parent TO '$dir/standby.xlsx' (FORMAT xlsx); SELECT analytics.export('SELECT 1', 'xlsx'); \\copy v to '$dir/standby2.xlsx' (format xlsx)});
is_deeply(cells("$dir/standby.xlsx")->[0]{rows}, [ [ 'a', 'b' ], [ 1, 2 ] ], 'COPY');
is_deeply(cells("$dir/standby2.xlsx")->[0]{rows}, [ ['a'], [5] ], '\copy');
is($node->safe_psql('postgres', qq{BEGIN READ ONLY; COPY v TO '$dir/standby.xlsx' (FORMAT xlsx); SELECT length(analytics.export('TABLE v', 'xlsx')) > 1000; COMMIT}), 't', 'and a read-only transaction');

$standby->stop;
$node->stop;
done_testing();

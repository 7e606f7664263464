# csv_excel, json, ndjson and markdown read back by other people's parsers (Python's csv and json, GitHub's cmark-gfm): every
# hostile text comes back as it was or as the documentation says, in databases of other encodings too; failures leave nothing.
use strict;
use warnings;
use utf8;
use Encode ();
use File::Basename qw(dirname);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $reader = dirname(__FILE__) . '/export_text.py';
my $dir = PostgreSQL::Test::Utils::tempdir;
my $node = PostgreSQL::Test::Cluster->new('export_text');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "session_preload_libraries = 'analytics'\ntimezone = 'UTC'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION analytics');
my %reader_of = (csv_excel => 'csv', json => 'json', ndjson => 'ndjson', markdown => 'markdown');

sub parsed
{
	my ($format, $file, @more) = @_;
	my ($out, $err) = run_command([ '/usr/bin/python3', $reader, $reader_of{$format}, $file, @more ]);
	BAIL_OUT("cannot read $file: $err") if $err ne '';
	return JSON::PP->new->decode($out);
}

# Writes what COPY is given and reads it back.
sub export
{
	my ($format, $copy, $options, @more) = @_;
	my $file = "$dir/out.$format";
	$node->safe_psql('postgres', "COPY $copy TO '$file' WITH (FORMAT '$format'" . ($options ? ", $options" : '') . ')');
	return parsed($format, $file, @more);
}

# Texts as hexadecimal digits: what differs is named by its place, and nothing wide is printed.
sub same_texts
{
	my ($got, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is_deeply([ map { unpack 'H*', Encode::encode('utf8', $_ // 'undef') } @$got ],
		[ map { unpack 'H*', Encode::encode('utf8', $_ // 'undef') } @$expected ], $name);
}

# Hostile texts; the database says itself what they are.
$node->safe_psql('postgres', q{CREATE TABLE hostile AS
	SELECT row_number() OVER () AS n, t FROM (
		SELECT 'a' || chr(c) || 'b' AS t FROM generate_series(1, 160) c
		UNION ALL SELECT chr(c) || chr(c) FROM unnest(ARRAY[9, 10, 13, 32, 133, 8232, 8233, 65279, 65534, 65535, 65533, 128512, 1114111, 8238, 8294, 55295, 57344]) c
		UNION ALL SELECT chr(c) || '1+1' FROM generate_series(1, 127) c
		UNION ALL SELECT unnest(ARRAY['', '=1+1', '+1', '-1', '@A1', '=cmd|''/c calc''!A0', '=HYPERLINK("http://x/?"&A1,"x")', ' =1', '＝1', '＋1', '－1', '＠1', '''=1', '"=1', '=1,"=2"', 'x;=1',
			'_x0041_', '<a>&amp;"''', ']]>', ' lead', 'trail ', '<![CDATA[', '</td></tr></table><script>alert(1)</script>', '<img src=x onerror=alert(1)>', '<!--', '&lt;&#60;&#x3c;', '&nbsp',
			'|', '\|', '\\|', '\', '\\', '`|`', '``` x', '*a*', '**a', '_a_', 'snake_case_name', '__a__ b', '~~a~~', '[a](http://x)', '![a](x)', '[^1]', '# a', '> a', '- a', '1. a', '---', '| --- |', 'a | b | c',
			E'a\n| b | c |', E'a\n\n# b', E'\r\n', E'a\r\nb', '</script>', '{"a": "b"}', '\u0041', '\.', '007', '1e5', 'TRUE', 'NULL', repeat('x', 40000), repeat('資', 40000), repeat('|', 1000), repeat('"', 40000),
			U&'\202Eabc\202C', U&'e\0301', U&'\+01F468\200D\+01F469', 'ｆｕｌｌ'])
		) x});
my $texts = JSON::PP->new->decode($node->safe_psql('postgres', q{SELECT json_agg(encode(convert_to(t, 'UTF8'), 'hex') ORDER BY n) FROM hostile}));
$texts = [ map { Encode::decode('utf8', pack 'H*', $_) } @$texts ];
my $hostile = '(SELECT n, t FROM hostile ORDER BY n)';

# CSV: without escaping all is as it was, and the bytes are COPY's own but for the ends of lines.
my $rows = export('csv_excel', $hostile, 'ESCAPE_FORMULAS false');
is_deeply($rows->[0], [ 'n', 't' ], 'csv: header');
same_texts([ map { $_->[1] } @$rows[ 1 .. $#$rows ] ], $texts, 'csv: texts come back');
my $plain = q{(SELECT t, n, nullif(n % 3, 0) AS z, t AS t2, '' AS e FROM hostile WHERE t !~ '[\r\n]' ORDER BY n)};
$node->safe_psql('postgres', "COPY $plain TO '$dir/copy.csv' (FORMAT csv, HEADER); COPY $plain TO '$dir/ours.csv' (FORMAT csv_excel, BOM false, ESCAPE_FORMULAS false)");
ok(slurp_file("$dir/ours.csv") =~ s/\r\n/\n/gr eq slurp_file("$dir/copy.csv"), 'csv: the bytes of COPY');

# With it, no text begins as a formula does, and an apostrophe is all that was added; where nothing was to fear, nothing was.
$rows = export('csv_excel', $hostile, '');
my @got = map { $_->[1] } @$rows[ 1 .. $#$rows ];
is_deeply([ grep { /^ *[=+\-@＝＋－＠]|^[\t\r\n]/ } @got ], [], 'csv: no formulas');
same_texts([ map { $got[$_] eq "'$texts->[$_]" ? $texts->[$_] : $got[$_] } 0 .. $#got ], $texts, 'csv: an apostrophe at most');
is_deeply([ grep { $got[$_] ne $texts->[$_] && $texts->[$_] !~ /^ *[=+\-@＝＋－＠]|^[\t\r\n]/ } 0 .. $#got ], [], 'csv: and only where it is needed');
my $bytes = slurp_file("$dir/out.csv_excel");
is(substr($bytes, 0, 3), "\xEF\xBB\xBF", 'csv: byte order mark');
is_deeply(export('csv_excel', '(SELECT -1 AS "=a", -1.5::numeric AS "+b", -2::float8 AS "-c", date \'2026-01-01\' AS d, NULL::text AS e)', ''),
	[ [ "'=a", "'+b", "'-c", 'd', 'e' ], [ '-1', '-1.5', '-2', '2026-01-01', '' ] ], 'csv: headers too, numbers not');
same_texts([ map { $_->[1] } @{ export('csv_excel', $hostile, q{DELIMITER ';', ESCAPE_FORMULAS false}, ';') } ], [ 't', @$texts ], 'csv: with another delimiter');

# JSON and lines of JSON.
my $json = export('json', $hostile, '');
same_texts([ map { $_->[1][1] } @$json ], $texts, 'json: texts come back');
same_texts([ map { $_->[1][1] } @{ export('ndjson', $hostile, '') } ], $texts, 'ndjson: texts come back');
is_deeply(export('ndjson', q{(SELECT E'{"a":\r\n[1,\n2]}'::json AS j, 12345678901234567890.50 AS n, 'NaN'::float8 AS x, 1 AS "a""b\\", 2 AS "a""b\\")}, ''),
	[ [ [ 'j', [ [ 'a', [ '1', '2' ] ] ] ], [ 'n', '12345678901234567890.50' ], [ 'x', 'NaN' ], [ 'a"b\\', '1' ], [ 'a"b\\', '2' ] ] ],
	'ndjson: nested, exact, and a key twice');

# Markdown: a page shows each text in its own cell, with nothing in it but ends of lines; documented are control characters as
# pictures and blanks at the edges as U+00A0.
my $page = export('markdown', $hostile, '');
sub shown
{
	my ($text) = @_;
	$text =~ s/\r\n|[\r\n\x{85}\x{2028}\x{2029}]/\n/g;
	$text =~ s/([\x00-\x08\x0b-\x1f])/chr(0x2400 + ord $1)/ge;
	$text =~ s/\x7f/\x{2421}/g;
	$text =~ s/[\x{80}-\x{9f}\x{fffe}\x{ffff}]/\x{fffd}/g;
	$text =~ s/^([ \t]+)/"\x{a0}" x length $1/e;
	$text =~ s/([ \t]+)\z/"\x{a0}" x length $1/e;
	return $text;
}
same_texts([ map { $_->[1] } @{ $page->{cells} } ], [ 't', map { shown($_) } @$texts ], 'markdown: a page shows the texts');
is_deeply([ grep { @$_ != 2 } @{ $page->{cells} } ], [], 'markdown: no text leaves its cell');
is_deeply($page->{tags}, [qw(br table tbody td th thead tr)], 'markdown: and none becomes anything else');
unlike(slurp_file("$dir/out.markdown"), qr/[\x00-\x08\x0b-\x1f\x7f]/, 'markdown: no control characters');

# Hostile titles, subtitles and notes, where a line begins.
my @lines = ('# a #', '1. a', '12) a', '- a', '+ a', '> a', '---', '===', '```', '~~~', '<h1>a', '    a', '| a |', "a\n===", "a\n---", '[a]: http://x', '*', "\t", '* a', '&copy;', '<!-- a', '***');
my $script = '';
for my $i (0 .. $#lines)
{
	my $quoted = $lines[$i] =~ s/\n/\\n/gr;
	$script .= "COPY (SELECT 1 AS a) TO '$dir/title$i' (FORMAT markdown, TITLE E'$quoted', SUBTITLE E'$quoted', NOTE E'$quoted');\n";
	$script .= "COPY (SELECT 1 AS a) TO '$dir/json$i' (FORMAT 'json', TITLE E'$quoted', SUBTITLE E'$quoted');\n" if $i == 0 || $quoted =~ /\\n/;
}
$node->safe_psql('postgres', $script);
for my $i (0 .. $#lines)
{
	my $got = parsed('markdown', "$dir/title$i");
	(my $all = $got->{text}) =~ s/[\s\x{a0}]//g;
	(my $once = $lines[$i]) =~ s/\s//g;
	is($all, $once x 3 . 'a1', 'markdown: title, subtitle, note: ' . ($lines[$i] =~ s/\n/\\n/gr));
	is_deeply([ grep { !/^(br|table|tbody|td|th|thead|tr|h1|p)$/ } @{ $got->{tags} } ], [], '... and no more than that');
	next unless -e "$dir/json$i";
	is_deeply([ map { $_->[1] } grep { $_->[0] =~ /title/ } @{ parsed('json', "$dir/json$i") } ], [ @lines[ $i, $i ] ], '... and in json');
}

# Databases of another encoding, and of none: bytes that are no UTF-8 become U+FFFD, in names too.
$node->safe_psql('postgres', qq{CREATE DATABASE $_->[0] ENCODING '$_->[1]' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0})
  for [ 'ascii', 'SQL_ASCII' ], [ 'latin', 'LATIN1' ], [ 'euc', 'EUC_TW' ];
my %case = (
	ascii => [ qq{SELECT E'a\\xFFb\\xC3\\xA9\\xED\\xA0\\x80|\\xC3' AS "h\xFF", ARRAY[E'\\xFE'] AS l}, "a\x{FFFD}b\x{E9}\x{FFFD}\x{FFFD}\x{FFFD}|\x{FFFD}", "h\x{FFFD}" ],
	latin => [ qq{SELECT E'\\xE9\\x80\\xFF' AS "h\xE9", ARRAY[E'\\xE9'] AS l}, "\x{E9}\x{80}\x{FF}", "h\x{E9}" ],
	euc => [ qq{SELECT convert_from('\\xE8B387', 'UTF8') AS h, ARRAY[convert_from('\\xE8B387', 'UTF8')] AS l}, '資', 'h' ]);
for my $database (sort keys %case)
{
	my ($query, $text, $header) = @{ $case{$database} };
	$node->safe_psql($database, 'CREATE EXTENSION analytics');
	open(my $script, '>:raw', "$dir/script.sql") or die;
	print $script "SET client_encoding = '" . { ascii => 'SQL_ASCII', latin => 'LATIN1', euc => 'EUC_TW' }->{$database} . "';\n";
	print $script "COPY ($query) TO '$dir/out.$_' (FORMAT '$_');\n" for sort keys %reader_of;
	close $script;
	$node->command_ok([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', "$dir/script.sql" ], "$database: written");
	my %in = map { ($_ => parsed($_, "$dir/out.$_")) } keys %reader_of;
	same_texts([ $in{csv_excel}[0][0], $in{csv_excel}[1][0] ], [ $header, $text ], "$database: csv");
	same_texts($in{$_}[0][0], [ $header, $text ], "$database: $_") for qw(json ndjson);
	same_texts([ $in{markdown}{cells}[0][0], $in{markdown}{cells}[1][0] ], [ $header, shown($text) ], "$database: markdown");
}

# Cells larger than all buffers.
$node->safe_psql('postgres', "COPY (SELECT repeat('資\"', 100000) AS a, repeat('b', 300000) AS b) TO '$dir/big.$_' (FORMAT '$_')") for qw(csv_excel ndjson);
is_deeply([ map { length } @{ parsed('csv_excel', "$dir/big.csv_excel")->[1] } ], [ 200000, 300000 ], 'csv: large cells');
is_deeply([ map { length $_->[1] } @{ parsed('ndjson', "$dir/big.ndjson")->[0] } ], [ 200000, 300000 ], 'ndjson: large cells');
unlink glob "$dir/big.*";

# Failures: an error with its reason, the former file stays, no temporary file does, and the session goes on.
sub fails
{
	my ($name, $error, @commands) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), (map { ('-c', $_) } @commands), '-c', "SELECT 'goes on'" ],
		'<', \undef, '>', \$out, '2>', \$err);
	like($err, $error, $name);
	like($out, qr/goes on/, "$name: the session goes on");
	is(slurp_file("$dir/target"), 'former', "$name: the former file is whole");
	is_deeply([ glob($node->data_dir . '/base/pgsql_tmp/*') ], [], "$name: no temporary file");
}
append_to_file("$dir/target", 'former');
for my $format (sort keys %reader_of)
{
	fails("$format: an error in the middle", qr/22012: division by zero/, "COPY (SELECT 1 / (50000 - i) FROM generate_series(1, 60000) i) TO '$dir/target' (FORMAT '$format')");
	fails("$format: cancelled", qr/57014: canceling statement/, "SET statement_timeout = '300ms'", "COPY (SELECT i FROM generate_series(1, 1000000000) i) TO '$dir/target' (FORMAT '$format')");
	fails("$format: temp_file_limit", qr/53400: temporary file size exceeds/, "SET temp_file_limit = '1MB'", "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 5000) i) TO '$dir/target' (FORMAT '$format')");

	# A limit of file size stands in for a full disk.
	fails("$format: full disk", qr/53100: could not write temporary file ".*": (File too large|No space left on device)/,
		"DO \$\$ BEGIN EXECUTE format('COPY (SELECT 1) TO PROGRAM ''prlimit --fsize=1000000 --pid %s''', pg_backend_pid()); END \$\$",
		"COPY (SELECT repeat('x', 1000) FROM generate_series(1, 5000) i) TO '$dir/target' (FORMAT '$format')");
}
done_testing();

# Proves that a PDF holds what went into it, page by page, in any script; that its fonts are embedded and the same input
# gives the same bytes; that memory does not grow with rows; and that whatever fails leaves no file. Read back by
# poppler's tools, from streams that are written here by hand (kernel/frame.h), and through the server.
use strict;
use warnings;
use utf8;
use Cwd qw(abs_path);
use Encode ();
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

chomp(my $bindir = `pg_config --bindir`);
my $program = "$bindir/analytics-render";
plan skip_all => 'the render helper is not installed' unless -e $program;
plan skip_all => 'built without pango' if `ldd $program` !~ /libpangocairo/;

my $dir = abs_path(PostgreSQL::Test::Utils::tempdir_short);
my $file = "$dir/out.pdf";
my %kinds = (text => 0, integer => 1, number => 2, boolean => 3, date => 4, timestamp => 5, time => 6);

# ---- writing streams

sub string { my $bytes = ref $_[0] ? ${ $_[0] } : Encode::encode('UTF-8', $_[0]); return pack('V/a*', $bytes); }
sub record { my ($type, $payload) = @_; return $type . pack('V/a*', $payload // ''); }

sub options
{
	my $stream = '';
	while (my ($name, $value) = splice(@_, 0, 2))
	{
		$stream .= record('O', string($name) . string($_)) for ref $value eq 'ARRAY' ? @$value : ($value);
	}
	return $stream;
}

# A cell: undef, [number], a boolean of JSON::PP, or text.
sub cell
{
	my ($value) = @_;
	return pack('C', 0) if !defined $value;
	return pack('C', $value ? 4 : 3) if JSON::PP::is_bool($value);
	return pack('Cd<', 2, $value->[0]) if ref $value eq 'ARRAY';
	return pack('C', 1) . string($value);
}

sub row { return record('R', join('', map { cell($_) } @_)); }
sub totals { return record('T', join('', map { cell($_) } @_)); }
sub column { my ($kind, $header, $format, @more) = @_; return record('C', pack('C', $kinds{$kind}) . string($header) . string($format)) . options(@more); }
sub sheet { return record('S') . options(@_); }
sub document { return 'ANFRAME2' . options(format => 'pdf', tmpdir => $dir, output => $file, locale => 'en', created => 1796083200, @_); }
sub finish { my ($n) = @_; return record('E', pack('Q<', $n)); }

# ---- reading them back

sub run_program
{
	my ($stream) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([$program], '<', \$stream, '>', \$out, '2>', \$err);
	$out =~ s/^pid \d+\n//;
	return Encode::decode('UTF-8', $out);
}

sub tool
{
	my @command = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run(\@command, '>', \$out, '2>', \$err) or BAIL_OUT("@command: $err");
	diag($err) if $err ne '';
	return Encode::decode('UTF-8', $out);
}

sub same
{
	my ($got, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is(Encode::encode('UTF-8', $got), Encode::encode('UTF-8', $expected), Encode::encode('UTF-8', $name));
}

# The lines of each page, words parted by one blank, empty lines left out.
sub pages
{
	my ($pdf) = @_;
	return map { [ map { s/^\s+|\s+$//gr =~ s/\s+/ /gr } grep { /\S/ } split /\n/ ] } split /\f/, tool('pdftotext', '-layout', $pdf, '-');
}

sub info { return { map { /^(.+?):\s+(.*)$/ ? ($1, $2) : () } split /\n/, tool('pdfinfo', @_) }; }

# The lines that begin as those do.
sub among { my ($lines, $pattern) = @_; return join("\n", grep { $_ =~ $pattern } @$lines); }

# ---- a report of several pages

my @providers = ('Mitake', 'Chunghwa emome', 'Twilio');
my (@rows, @expected);
for my $i (1 .. 120)
{
	push @rows, row([ 46326 + $i ], $providers[ $i % 3 ], [ $i * 1371 ], $i % 10 ? [ 0.9 + $i / 10000 ] : undef, $i % 2 ? JSON::PP::true : JSON::PP::false);
	my ($day, $sent) = (sprintf('%04d-%02d-%02d', (gmtime(1793491200 + 86400 * ($i - 1)))[5] + 1900, (gmtime(1793491200 + 86400 * ($i - 1)))[4] + 1, (gmtime(1793491200 + 86400 * ($i - 1)))[3]), $i * 1371);
	1 while $sent =~ s/^(\d+)(\d{3})/$1,$2/;
	push @expected, join ' ', $day, $providers[ $i % 3 ], $sent, ($i % 10 ? sprintf('%.2f%%', 90 + $i / 100) : ()), $i % 2 ? 'Yes' : 'No';
}
my $report = document(title => 'OTP usage', subtitle => 'November 2026', author => 'Tester', generated => '2026-12-01 09:00', footer => 'internal', several => 1)
	. sheet(name => 'Daily', note => 'all providers', totals => 1)
	. record('K') . options(label => 'Messages', number => '128340', format => '#,##0')
	. record('K') . options(label => 'Rate', number => '0.9742', format => '0.00%', note => 'rising')
	. record('K') . options(label => 'Nothing')
	. column('date', 'Day', 'yyyy-mm-dd', total => 'label') . column('text', 'Provider', '') . column('integer', 'Sent', '#,##0', total => 'sum', condition => 'bar')
	. column('number', 'Rate', '0.00%', condition => 'scale', total => 'formula', formula => '{2}/{2}') . column('boolean', 'Done', '')
	. record('H') . options(type => 'column', title => 'Sent per day', x => 0, y => 2)
	. join('', @rows) . totals('Total', undef, [9953460], undef, undef)
	. sheet(name => 'Nothing yet') . column('text', 'Name', '') . column('integer', 'Number', '')
	. finish(120);
is(run_program($report), "ok\n", 'report: written without a warning');
my @pages = pages($file);
my $info = info($file);
is($info->{Pages}, scalar @pages, 'as many pages as texts');
cmp_ok(scalar @pages, '>', 2, 'several pages');
is_deeply([ map { among($_, qr/^internal Page/) } @pages ], [ map { "internal Page $_ of " . @pages . ' Generated 2026-12-01 09:00' } 1 .. @pages ], 'each page says which of how many it is');
is_deeply([ map { among($_, qr/^Day /) } @pages[ 0 .. $#pages - 1 ] ], [ ('Day Provider Sent Rate Done') x (@pages - 1) ], 'the header stands on each page of the table');
is(among([ map { @$_ } @pages ], qr/^20\d\d-\d\d-\d\d [MCT]/), join("\n", @expected), 'every row once, in order');
is(among([ map { @$_ } @pages ], qr/^Total/), 'Total 9,953,460 –' =~ s/–/\x{2013}/r, 'totals, and a dash for a rate of nothing') or diag('totals');
is_deeply([ @{ $pages[0] }[ 0 .. 6 ] ], [ 'OTP usage', 'November 2026', 'Daily', 'all providers', "128,340 97.42% \x{2013}", 'Messages Rate Nothing', 'rising' ], 'title, heading, note and cards');
like(join("\n", map { @$_ } @pages), qr/\nNothing yet\nName Number\nNo data\n/, 'a sheet without rows keeps its header and says so');
is_deeply([ @{$info}{ 'Title', 'Subject', 'Author', 'Creator', 'Page size' } ], [ 'OTP usage', 'November 2026', 'Tester', 'analytics', '595.276 x 841.89 pts (A4)' ], 'properties');
like($info->{CreationDate}, qr/Nov 30|Dec  1/, 'time of creation as given');
like(tool('pdftohtml', '-xml', '-i', '-stdout', $file), qr/<outline>\n<item page="1">Daily<\/item>\n/, 'an outline');
my $first = slurp_file($file);
run_program($report);
ok($first eq slurp_file($file), 'the same input gives the same bytes');

# Fonts: all embedded, as subsets, with the table that gives texts back.
sub fonts_embedded
{
	my ($name) = @_;
	my @fonts = grep { !/^name|^---/ } split /\n/, tool('pdffonts', $file);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(@fonts > 0 && !(grep { !/ yes yes yes +\d+ +\d+$/ } @fonts), "$name: fonts are embedded");
}
fonts_embedded('report');

# ---- paper

run_program(document(paper => 'letter', margins => '30 20 30 20') . sheet(name => 'x') . column('text', 'x', '') . row('y') . finish(1));
is(info($file)->{'Page size'}, '612 x 792 pts (letter)', 'Letter');
like(tool('pdftotext', '-bbox', $file, '-'), qr/<word xMin="6[01]\.[^>]*>x</, 'margins of 20 mm');
run_program(document(orientation => 'landscape') . sheet(name => 'x') . column('text', 'x', '') . finish(0));
is(info($file)->{'Page size'}, '841.89 x 595.276 pts (A4)', 'landscape');
like(run_program(document(margins => '200 15 200 15') . sheet(name => 'x') . column('text', 'x', '') . finish(0)), qr/^error 54000 margins leave/, 'margins that leave no room');

# Columns beyond the page: the paper turns, then the table is parted, and no cell is lost.
my @many = map { "column $_" } 1 .. 14;
run_program(document() . sheet(name => 'x') . join('', map { column('integer', $_, '#,##0') } @many) . row(map { [ $_ * 1000001 ] } 1 .. 14) . finish(1));
is(info($file)->{'Page size'}, '841.89 x 595.276 pts (A4)', 'the paper turns for wide tables');
@many = map { "column $_" } 1 .. 60;
like(run_program(document() . sheet(name => 'Wide') . column('text', 'Key', '') . join('', map { column('integer', $_, '0') } @many)
	. row('first', map { [ 1000000 + $_ ] } 1 .. 60) . row('second', map { [ 2000000 + $_ ] } 1 .. 60) . finish(2)),
	qr/^warning 01000 the 61 columns of "Wide" are wider than a page: they stand in \d+ parts\nok\n$/, 'more columns than fit: a warning');
my @lines = map { @$_ } pages($file);
for my $case ([ 'first', 1000000 ], [ 'second', 2000000 ])
{
	my ($key, $base) = @$case;
	my @got = map { s/^$key //r } grep { /^$key / } @lines;
	cmp_ok(scalar @got, '>', 2, "$key: the first column stands in each part");
	is(join(' ', @got), join(' ', map { $base + $_ } 1 .. 60), "$key: and all others once");
}

# ---- texts: long, broken, odd

my $lorem = 'The quick brown fox jumps over the lazy dog. ';
my $long = document() . sheet(name => 'x') . column('integer', 'Id', '0') . column('text', 'Text', '', wrap => 1) . column('text', 'Other', '');
is(run_program($long . row([1], $lorem x 8, "one\ntwo\nthree") . finish(1)), "ok\n", 'long texts wrap');
(my $joined = tool('pdftotext', '-raw', $file, '-')) =~ s/\s+/ /g;
is(() = $joined =~ /The quick brown fox jumps over the lazy dog\./g, 8, 'all of them is there');
like($joined, qr/one two three/, 'and lines where the text has them');
is(run_program($long . row([1], 'x' x 40000, 'y' x 40000) . row([2], "\n" x 3000, "z\n" x 500) . finish(2)),
	"warning 01000 texts that are too long for their place are cut with \"\x{2026}\" in the file\nok\n", 'what is too long is cut, with one warning');
like(tool('pdftotext', $file, '-'), qr/x\x{2026}\s/, 'and an ellipsis');
is(info($file)->{Pages}, 1, 'on one page');
is(run_program(document(title => \"a\xff\xc0b") . sheet(name => \"\xed\xa0\x80") . column('text', \"\xf4\x90\x80\x80", '') . row(\"ab\xffc") . row("tab\there") . row("\x{2401}\x{241b}") . finish(3)), "ok\n", 'bytes that are no UTF-8');
like(tool('pdftotext', '-raw', $file, '-'), qr/ab\x{fffd}c\ntab here\n(\^A\^\[|\x{2401}\x{241b})\n/, 'show as U+FFFD, control characters as such');
is(run_program(document(locale => 'de') . sheet(name => 'x') . column('number', 'a', '#,##0.00') . column('number', 'b', '') . column('boolean', 'c', '') . column('date', 'd', '')
	. row([ -1234567.891 ], '12345678901234567890.5', JSON::PP::false, [46327]) . row('NaN', 'Infinity', undef, 'infinity') . finish(2)), "ok\n", 'numbers of a locale');
@lines = @{ (pages($file))[0] };
is_deeply([ @lines[ 1, 2 ] ], [ '-1.234.567,89 12345678901234567890,5 Nein 01.11.2026', 'NaN Infinity infinity' ], 'and those that are text');

# Right to left: begins at the right, comes back as it went in.
run_program(document() . sheet(name => 'x') . column('text', 'A', '') . column('text', 'B', '') . row('שלום עולם', 'left') . row('قهوة', 'قهوة 2026 latin') . finish(2));
(my $plain = tool('pdftotext', $file, '-')) =~ s/[\x{200e}\x{200f}\x{202a}-\x{202e}]//g;
like($plain, qr/^שלום עולם$/m, 'Hebrew');
like($plain, qr/^قهوة$/m, 'Arabic');
my ($right) = tool('pdftotext', '-bbox', $file, '-') =~ /xMax="([\d.]+)"[^>]*>(?:שלום|םולש)/;
cmp_ok($right, '>', 200, 'at the right of its column');
fonts_embedded('right to left');

# ---- East Asian texts

SKIP:
{
	skip 'no Chinese font on this machine', 6 if `fc-list :lang=zh-tw` eq '';

	# 熺 and 憘 share a subroutine that cairo 1.16 miscounts in Noto Sans CJK.
	my $chinese = document(locale => 'zh-TW', title => 'OTP 使用統計報表', generated => '2026-12-01') . sheet(name => '每日') . column('text', '供應商', '') . column('text', 'e', '')
		. row('三竹資訊', '熺') . row('臺灣大哥大 TWM', '憘') . row('「一、二」，三。' x 30, '') . finish(3);
	is(run_program($chinese), "ok\n", 'Chinese');
	my $text = tool('pdftotext', '-raw', $file, '-');
	like($text, qr/^OTP 使用統計報表\n供應商 e\n三竹資訊 熺\n臺灣大哥大 TWM 憘\n/, 'comes back as it went in');
	(my $kept = $text) =~ s/\s//g;
	is(() = $kept =~ /「一、二」，三。/g, 30, 'in lines that are broken anywhere');
	unlike($text, qr/^[、。」，]/m, 'but not before such a mark');
	like($text, qr/第 1 頁/, 'with words of the locale');
	fonts_embedded('Chinese');
}

# No font: a warning that names the package, and a box where the letter would be.
append_to_file("$dir/fonts.conf", qq{<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>$dir/fonts</cachedir></fontconfig>});
{
	local $ENV{FONTCONFIG_FILE} = "$dir/fonts.conf";
	like(run_program(document() . sheet(name => 'x') . column('text', '漢字', '') . row('かな') . row('한글') . finish(2)),
		qr/^warning 01000 no font for Chinese, Japanese or Korean letters on the server; install fonts-noto-cjk or fonts-wqy-microhei\nok\n$/, 'no font for ideographs');
	like(run_program(document() . sheet(name => 'x') . column('text', 'x', '') . row("\x{0e0a}") . row("\x{0e0a}\x{0915}") . finish(2)), qr/^warning 01000 no font for letters of some scripts.*fonts-noto-core\nok\n$/, 'no font for Thai');
}

# ---- pictures

my $chart = sheet(name => 'x') . column('text', 'x', '') . column('number', 'y', '') . record('H') . options(type => 'line', title => 'T', x => 0, y => 1) . row('a', [1]) . row('b', [3]) . finish(2);
for my $case ([ [], 1440, 800 ], [ [ width => 300, height => 200, scale => 1 ], 300, 200 ])
{
	my ($size, $width, $height) = @$case;
	is(run_program(document(format => 'png', @$size) . $chart), "ok\n", "png of $width by $height");
	my $png = slurp_file($file);
	is_deeply([ substr($png, 0, 8), unpack('NN', substr($png, 16, 8)) ], [ "\x89PNG\r\n\x1a\n", $width, $height ], 'its size');
	cmp_ok(length $png, '>', 1000, 'it is not empty');
}
like(run_program(document(format => 'png') . sheet(name => 'x') . column('text', 'x', '') . finish(0)), qr/^error 0A000 a picture needs a chart/, 'png: no chart is an error');

# ---- streams that break off leave nothing; memory does not grow with rows

unlink $file;
my @left = grep { run_program(substr($report, 0, $_)) !~ /^error 08P01 / || -e $file } grep { $_ < length $report } map { 8 + 97 * $_ } 0 .. 60;
is_deeply(\@left, [], 'a stream that breaks off is an error, and no file is there');

my $measure = q{import resource, subprocess, sys; p = subprocess.run(sys.argv[1], stdin=open(sys.argv[2]), capture_output=True); print(p.stdout.decode().split()[-1], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)};
open(my $out, '>:raw', "$dir/large") or die;
print $out document(memory_limit => 512 * 1024 * 1024), sheet(name => 'x'), column('text', 'a', ''), column('date', 'b', ''), column('number', 'c', '#,##0.00'), column('text', 'd', '');
print $out row('a row of a large table', [46327], [123456.789], 'and so on') x 1000 for 1 .. 100;
print $out finish(100000);
close($out);
my ($ok, $peak_kb) = split ' ', tool('/usr/bin/python3', '-c', $measure, $program, "$dir/large");
is($ok, 'ok', '100,000 rows');
cmp_ok($peak_kb, '<', 128 * 1024, "... in $peak_kb kB");
cmp_ok(info($file)->{Pages}, '>', 1500, '... on many pages');
is(() = tool('pdftotext', '-f', 1000, '-l', 1000, $file, '-') =~ /a row of a large table/g, () = tool('pdftotext', '-f', 2, '-l', 2, $file, '-') =~ /a row of a large table/g, '... all alike');
unlink $file, "$dir/large";

# ---- through the server

my $node = PostgreSQL::Test::Cluster->new('export_pdf');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "session_preload_libraries = 'analytics'\ntimezone = 'UTC'");
{
	local $ENV{FONTCONFIG_FILE} = "$dir/fonts.conf";
	$node->start;
}
$node->safe_psql('postgres', "CREATE EXTENSION analytics; CREATE TABLE numbers AS SELECT generate_series(1, 100000) AS i");
my ($status, $stdout, $stderr) = $node->psql('postgres', "COPY (SELECT i, 'row ' || i AS t FROM generate_series(1, 200) i) TO '$file' (FORMAT pdf, TITLE 'Numbers')");
is_deeply([ $status, $stderr ], [ 0, '' ], 'COPY');
is(among([ map { @$_ } pages($file) ], qr/row/), join("\n", map { "$_ row $_" } 1 .. 200), 'all rows');
($status, $stdout, $stderr) = $node->psql('postgres', "SET client_encoding = 'UTF8'; SELECT length(analytics.export(E'SELECT ''\\u6f22'' AS x', 'pdf')) > 1000");
is($stdout, 't', 'export');
like($stderr, qr/WARNING:  no font for Chinese.*fonts-noto-cjk/, 'the helper\'s warnings reach the client');

# Failures: an error with its reason, the former file whole, nothing left.
my $before = slurp_file($file);
sub untouched
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(slurp_file($file) eq $before, "$name: the former file is whole");
	opendir(my $h, $dir);
	is_deeply([ grep { /^\.analytics/ } readdir $h ], [], "$name: nothing beside it");
}
for my $case ([ 'temp_file_limit', "SET temp_file_limit = '1MB';", qr/ERROR:  could not write the exported file\nDETAIL:  analytics-render: could not write .*exceed temp_file_limit/ ],
	[ 'memory', "SET analytics.export_memory_limit = '1MB';", qr/ERROR:  (could not write the exported file\nDETAIL:  analytics-render: |program "analytics-render" failed)/ ],
	[ 'cancel', "SET statement_timeout = '300ms';", qr/ERROR:  canceling statement due to statement timeout/ ])
{
	my ($name, $set, $error) = @$case;
	my $copy = "COPY (SELECT i, md5(i::text) AS t, i * 1.5 AS n FROM numbers, generate_series(1, " . ($name eq 'cancel' ? 100 : 1) . ")) TO '$file' (FORMAT pdf)";
	like(($node->psql('postgres', "$set $copy"))[2], $error, "$name: an error with its reason");
	untouched($name);
}
like(($node->psql('postgres', "COPY (SELECT 1 / (50000 - i) AS x FROM numbers) TO '$file' (FORMAT pdf)"))[2], qr/ERROR:  division by zero/, 'an error of the query');
untouched('query');
my $session = $node->background_psql('postgres');
$session->query_safe('SELECT pg_advisory_lock(1)');
my %victim = (out => '', err => '');
$victim{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=victim', '-c',
	"COPY (SELECT i, CASE WHEN i = 50000 THEN pg_advisory_xact_lock(1)::text END AS gate FROM numbers) TO '$file' (FORMAT pdf)" ], '<', \undef, '>', \$victim{out}, '2>', \$victim{err});
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'}), 'half-way');
my ($helper) = run_command([ 'ps', '-o', 'pid=', '--ppid', $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'}) ]);
kill 'SEGV', $helper =~ s/\s//gr;
$session->query_safe('SELECT pg_advisory_unlock(1)');
$victim{run}->finish;
like($victim{err}, qr/ERROR:  program "analytics-render" failed\nDETAIL:  The child process was terminated by signal 11/, 'the helper dies: an error');
untouched('signal');
$session->quit;
$node->stop;
done_testing();

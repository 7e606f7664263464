# Proves that a page shows what went into it, that nothing of it can become markup, and that memory does not grow:
# read back by an independent parser (html_page.py), from streams that are written here by hand.
use strict;
use warnings;
use utf8;
use Cwd qw(abs_path);
use Encode ();
use File::Basename qw(dirname);
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

chomp(my $bindir = `pg_config --bindir`);
my $program = "$bindir/analytics-render";
plan skip_all => 'the render helper is not installed' unless -e $program;

my $reader = dirname(__FILE__) . '/html_page.py';
my $dir = abs_path(PostgreSQL::Test::Utils::tempdir);
my %kinds = (text => 0, integer => 1, number => 2, boolean => 3, date => 4, timestamp => 5, time => 6);

# ---- writing streams, as kernel/frame.h says

# A string of the stream; text goes as UTF-8, a reference to bytes as they are.
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

# A cell: undef, [number], 'true', 'false' as \1 and \0 of JSON::PP, or text.
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
sub document { return 'ANFRAME2' . options(tmpdir => $dir, locale => 'en', @_); }
sub finish { my ($n) = @_; return record('E', pack('Q<', $n)); }

# Runs the program, which need not read to the end; returns its answer.
sub render
{
	my ($stream) = @_;
	my ($out, $err) = ('', '');
	open(my $in, '>:raw', "$dir/stream") or die;
	print $in $stream;
	close($in);
	IPC::Run::run([$program], '<', "$dir/stream", '>', \$out, '2>', \$err);
	return $out . $err;
}

sub page
{
	my ($stream, $file, $name) = @_;
	like(render($stream), qr/^pid \d+\n(warning .*\n)*ok\n$/, "$name: written");
	my ($out, $err) = run_command([ '/usr/bin/python3', $reader, $file ]);
	BAIL_OUT("cannot read $file: $err") if $err ne '';
	my $page = JSON::PP->new->utf8->decode($out);
	is_deeply($page->{problems}, [], "$name: the page is well formed and holds nothing strange") or diag(Encode::encode('UTF-8', join("\n", @{ $page->{problems} })));
	return $page;
}

# ---- a report as people make them

my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $file = "$dir/report.html";
my $report = document(format => 'html', output => $file, locale => 'zh-TW', title => 'OTP 使用統計', subtitle => '2026-11', several => 1,
	generated => '2026-12-01 09:00', footer => '內部文件', author => '分析組', font => 'Noto Sans CJK TC, "My Font"')
	. record('S') . options(name => '每日統計', note => "來源\n時區", totals => 1)
	. record('K') . options(label => '總發送', number => '128340', format => '#,##0')
	. record('K') . options(label => '成功率', number => '0.9742', format => '0.00%', note => '上升')
	. record('K') . options(label => '無')
	. column('date', '日期', '', total => 'label')
	. column('text', '供應商', '', total => 'count')
	. column('integer', '次數', '#,##0', total => 'sum', condition => 'bar', low => 0)
	. column('number', '率', '0.0%', condition => 'rules', rule => [ '< 0.9 FCA5A5', '>= 0.95 14532D' ])
	. column('number', '成本', '#,##0.00;[Red]-#,##0.00')
	. column('boolean', '完整', '')
	. record('H') . options(type => 'column', title => '每日', x => 0, y => 2)
	. record('H') . options(type => 'line', title => '小', x => 0, y => 3, width => 300)
	. row([46327], '三竹', [1000], [.85], [1234.5], $yes)
	. row([46328], undef, [4000], [.97], [-2.345], $no)
	. row([46329], "a\nb", undef, [.92], '12345678901234567890.125', undef)
	. totals(undef, [2], [5000], undef, undef, undef)
	. record('S') . options(name => '空') . column('text', '名', '') . column('integer', '數', '')
	. finish(3);
my $page = page($report, $file, 'report');
is($page->{lang}, 'zh-TW', 'language');
is($page->{meta}{'Content-Security-Policy'}, "default-src 'none'; style-src 'unsafe-inline'; img-src data:", 'the page allows itself nothing');
is_deeply([ @{$page}{qw(doctype title h1)}, $page->{meta}{author} ], [ 'DOCTYPE html', 'OTP 使用統計', 'OTP 使用統計', '分析組' ], 'head');
is_deeply($page->{nav}, [ [ '#s1', '每日統計' ], [ '#s2', '空' ] ], 'contents');
is_deeply($page->{lines}, [ '2026-11', '內部文件', '產生時間：2026-12-01 09:00' ], 'subtitle and footer');
my ($daily, $empty) = @{ $page->{sections} };
is_deeply([ @{$daily}{qw(h2 note caption)} ], [ '每日統計', "來源\n時區", '每日統計' ], 'heading, note and caption');
is_deeply($daily->{cards}, [ [ '總發送', '128,340' ], [ '成功率', '97.42%', '上升' ], [ '無', '–' ] ], 'cards');
is_deeply([ map { [ @{$_}{qw(class role title)} ] } @{ $daily->{charts} } ],
	[ [qw(wide img 每日)], [qw(narrow img 每日)], [qw(only img 小)] ], 'charts, one of them for wide and for narrow pages');
is_deeply($daily->{head}, [qw(日期 供應商 次數 率 成本 完整)], 'header');
is_deeply($daily->{rows}, [ [ '2026/11/01', '三竹', '1,000', '85.0%', '1,234.50', '是' ], [ '2026/11/02', '', '4,000', '97.0%', '-2.35', '否' ],
	[ '2026/11/03', "a\nb", '', '92.0%', '12,345,678,901,234,567,890.13', '' ] ], 'rows as the formats show them');
is_deeply($daily->{foot}, [ [ '合計', '2', '5,000', '', '', '' ] ], 'totals');
is_deeply([ map { [ @{$_}[ 2 .. 4 ] ] } @{ $daily->{styles} } ],
	[ [ '--b:25.0%', 'background:#fca5a5;color:#111827', undef ], [ '--b:100.0%', 'background:#14532d;color:#ffffff', 'color:#ff0000' ],
	[ undef, undef, undef ], [ undef, undef, undef ] ], 'bars, backgrounds by rules with letters that can be read, and what formats colour');
is_deeply([ @{$empty}{qw(head rows foot charts)} ], [ [qw(名 數)], [ ['沒有資料'] ], [], [] ], 'no rows: the header and a word');
like($page->{style}, qr/^\nbody\{font-family:"Noto Sans CJK TC","My Font",system-ui/, 'fonts');
like($page->{style}, qr/\@page\{size:A4 portrait;margin:20mm 15mm 20mm 15mm;/, 'paper');
unlike(slurp_file($file), qr/<script|javascript:|https?:(?!\/\/www\.w3\.org\/2000\/svg")/i, 'no script, and nothing from elsewhere');

# ---- hostile texts at every place

my @texts = ('</td></tr></table><script>alert(1)</script>', '</title></style></head><body onload=alert(1)>', '"><img src=x onerror=alert(1)>',
	"' onmouseover='alert(1)", '<!-- ', ']]></svg><iframe src=javascript:alert(1)>', '&lt;b&gt; &amp;amp; &#60;x', "\x{202e}<\x{2028}b>\x{feff}", 'x{}</style><link href=//evil>');

sub everywhere
{
	my ($out, $text, $column, $number) = @_;
	return document(format => 'html', output => $out, several => 1, (map { $_ => $text } qw(title subtitle author company generated footer font)))
		. record('S') . options(name => $text, note => $text, totals => 1)
		. record('K') . options(label => $text, note => $text, text => $text) . record('K') . options(label => $text, number => 1, format => $number)
		. column('text', $text, '', total => 'label') . column('number', $text, $number, condition => 'scale', low_color => 'FFFFFF', high_color => '2563EB')
		. record('H') . options(type => 'column', title => $text, x_title => $text, y_title => $text, x => 0, y => 1, format => $number)
		. record('H') . options(type => 'pie', title => $text, x => 0, y => 1)
		. row($text, [1]) . row($text, [2]) . row($text, $text) . totals($text, [3])
		. record('S') . options(name => $text) . column('text', $text, '') . finish(3);
}
my $harmless = page(everywhere("$dir/harmless.html", 'word', 0, '0.0'), "$dir/harmless.html", 'harmless');
for my $i (0 .. $#texts)
{
	my $text = $texts[$i];
	my $got = page(everywhere("$dir/hostile.html", $text, 0, '"<i onclick=x>&\'"0'), "$dir/hostile.html", "hostile $i");
	is_deeply($got->{skeleton}, $harmless->{skeleton}, "hostile $i: the elements are those of harmless data");
	my $first = $got->{sections}[0];
	is_deeply([ @{$got}{qw(title h1)}, @{ $got->{meta} }{qw(author publisher description)}, @{$first}{qw(h2 note caption)}, $first->{head}, $first->{rows}[2], $first->{foot}[0][0], $first->{cards}[0], $got->{nav}[1][1] ],
		[ ($text) x 8, [ ($text) x 2 ], [ ($text) x 2 ], $text, [ ($text) x 3 ], $text ], "hostile $i: and every text is there");
	is($first->{rows}[0][1], "<i onclick=x>&'1", "hostile $i: and so is what a number format adds");
	is_deeply([ map { $_->{title} } @{ $first->{charts} } ], [ ($text) x 4 ], "hostile $i: titles of charts");
}

# What no page may hold: pictures of control characters, U+FFFD for what is no UTF-8 and no character.
my $odd = document(format => 'html', output => $file) . record('S') . options(name => 'x') . column('text', 'x', '')
	. row(\"a\x01\x00\x1b\x7fb") . row(\"\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80.") . row("\x{85}\x{fdd0}\x{ffff}\x{1fffe}") . row(\"\xe4\xb8") . row("1\r\n2\r3\n4") . row('') . finish(6);
my @shown = map { $_->[0] } @{ page($odd, $file, 'odd characters')->{sections}[0]{rows} };
is_deeply(\@shown, [ "a\x{2401}\x{2400}\x{241b}\x{2421}b", ("\x{fffd}" x 10) . '.', "\x{fffd}" x 4, "\x{fffd}" x 2, "1\n2\n3\n4", '' ], 'characters that no page may hold');

# ---- a chart by itself

my $chart = record('S') . options(name => 'x') . column('text', 'x', '') . column('number', 'y', '')
	. record('H') . options(type => 'column', title => 'A & B <c>', x => 0, y => 1) . row('one', [1]) . row('two', [3]) . finish(2);
like(render(document(format => 'svg', output => "$dir/chart.svg") . $chart), qr/^ok$/m, 'svg written');
my $xml = q{import sys, xml.etree.ElementTree as E; r = E.parse(sys.argv[1]).getroot(); print(r.tag, r.get("width"), r.get("height"), r.get("viewBox"), r[0].text)};
is((run_command([ '/usr/bin/python3', '-c', $xml, "$dir/chart.svg" ]))[0], '{http://www.w3.org/2000/svg}svg 720 400 0 0 720 400 A & B <c>', 'svg: well formed, of the usual size');
render(document(format => 'svg', output => "$dir/chart.svg", width => 300, height => 200) . $chart);
like((run_command([ '/usr/bin/python3', '-c', $xml, "$dir/chart.svg" ]))[0], qr/svg 300 200 0 0 300 200 /, 'svg: of the size that was asked for');
like(render(document(format => 'svg', output => "$dir/none.svg") . record('S') . options(name => 'x') . column('text', 'x', '') . finish(0)), qr/^error 08P01 /m, 'svg: no chart is an error');

# ---- streams that break off leave nothing; memory does not grow with rows

my $cut = $report =~ s/report\.html/cutoff.html/r;
my @left = grep { render(substr($cut, 0, $_)) !~ /^error 08P01 /m || -e "$dir/cutoff.html" } map { length($cut) - 1 - $_ * 29 } 0 .. int((length($cut) - 9) / 29);
is_deeply(\@left, [], 'a stream that breaks off is an error, and no file is there');
ok(render($cut) =~ /^ok$/m && -e "$dir/cutoff.html", '... and the whole of it is a file');

my $many = 300000;
my $line = row('a row of a large table', [46327], [123456.789], 'and so on');
for my $condition ('', 'bar')
{
	open(my $out, '>:raw', "$dir/large") or die;
	print $out document(format => 'html', output => "$dir/large.html"), record('S'), options(name => 'x'), column('text', 'a', ''), column('date', 'b', ''),
		column('number', 'c', '#,##0.00', $condition ? (condition => $condition) : ()), column('text', 'd', '');
	print $out $line x 1000 for 1 .. $many / 1000;
	print $out finish($many);
	close($out);
	my $measure = q{import resource, subprocess, sys; p = subprocess.run(sys.argv[1], stdin=open(sys.argv[2]), capture_output=True); print(p.stdout.decode().split()[-1], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)};
	my ($answer) = run_command([ '/usr/bin/python3', '-c', $measure, $program, "$dir/large" ]);
	my ($ok, $peak_kb) = split(' ', $answer);
	is($ok, 'ok', "$many rows" . ($condition && ' that wait for the last'));
	cmp_ok($peak_kb, '<', 32 * 1024, "... in $peak_kb kB");
	is(() = slurp_file("$dir/large.html") =~ /<tr><td>a row of a large table<\/td><td>/g, $many, '... all of them');
}

# A full disk under the page, and under what waits for it.
my $wide = record('S') . options(name => 'x') . column('text', 'x', '') . row('y' x 3000) x 100 . finish(100);
like(render(document(format => 'html', output => '/dev/full') . $wide), qr/^error 53100 /m, 'a full disk');
like(render(document(format => 'html', output => "$dir/limited.html", file_limit => 100000) . $wide), qr/^error 53400 .*temp_file_limit \(100000 bytes\)/m, 'temp_file_limit');
like(render(document(format => 'svg', output => '/dev/full') . $chart), qr/^error 53100 /m, 'a full disk under a chart');

# ---- through SQL: what a page shows is what PostgreSQL's own functions make of the same rows

my $node = PostgreSQL::Test::Cluster->new('html');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "session_preload_libraries = 'analytics'\ntimezone = 'Asia/Taipei'");
$node->start;
$node->safe_psql('postgres', q{CREATE EXTENSION analytics;
	CREATE TABLE sales AS SELECT i AS n, date '2026-01-01' + i AS day, timestamptz '2026-01-01 00:00Z' + i * interval '7919 s' AS at,
		(i * 7919 % 100003 - 50000) / 100.0::numeric AS amount, i * i * 1009 AS sent, md5(i::text) || '<i>&"''' AS name, i % 3 = 0 AS done,
		CASE WHEN i % 7 > 0 THEN i / 7.0 END AS ratio FROM generate_series(1, 1200) i});
my $columns = q{"amount": {"format": "#,##0.00"}, "sent": {"format": "#,##0", "total": "sum"}, "ratio": {"format": "0.0%"},
	"day": {"format": "yyyy-mm-dd", "total": "label"}, "at": {"format": "yyyy-mm-dd hh:mm:ss"}};
$node->safe_psql('postgres', qq{SELECT analytics.export_file('SELECT day, at, amount, sent, name, done, ratio FROM sales ORDER BY n', '$dir/sales.html', 'html',
	'{"title": "Sales", "columns": {$columns}, "cards": [{"label": "sent", "value": "sum(sent)", "format": "#,##0"}],
	"charts": [{"type": "line", "x": "day", "y": ["amount", "sent"]}]}')});
my ($read) = run_command([ '/usr/bin/python3', $reader, "$dir/sales.html" ]);
my $sales = JSON::PP->new->utf8->decode($read);
my $expected = JSON::PP->new->utf8->decode($node->safe_psql('postgres', q{SELECT json_agg(json_build_array(to_char(day, 'YYYY-MM-DD'), to_char(at, 'YYYY-MM-DD HH24:MI:SS'),
	to_char(amount, 'FM999,999,990.00'), to_char(sent, 'FM999,999,999,990'), name, CASE WHEN done THEN 'Yes' ELSE 'No' END, coalesce(to_char(ratio * 100, 'FM999999990.0%'), '')) ORDER BY n) FROM sales}));
my $total = $node->safe_psql('postgres', q{SELECT to_char(sum(sent), 'FM999,999,999,999,990') FROM sales});
is_deeply($sales->{problems}, [], 'sql: well formed');
is_deeply($sales->{sections}[0]{rows}, $expected, 'sql: every cell of 1,200 rows');
is_deeply([ $sales->{sections}[0]{foot}[0][3], $sales->{sections}[0]{cards}[0][1] ], [ $total, $total ], 'sql: total and card');

is($node->safe_psql('postgres', q{SELECT count(*) FROM (SELECT analytics.chart('SELECT day, amount FROM sales', '{"type": "line", "x": "day", "y": ["amount"]}') AS svg) s
	WHERE svg::xml IS DOCUMENT AND svg LIKE '<?xml%</svg>_'}), 1, 'sql: a chart is a document of XML');
my (undef, undef, $err) = $node->psql('postgres', qq{SELECT analytics.export_file('SELECT 1 / (1100 - n) FROM sales ORDER BY n', '$dir/broken.html', 'html')});
like($err, qr/division by zero/, 'sql: an error half-way is told');
ok(!-e "$dir/broken.html" && !glob("$dir/.analytics-*"), 'sql: ... and leaves no file');
done_testing();

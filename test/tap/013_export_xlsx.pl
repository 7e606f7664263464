# Proves what a workbook is made of: tables, totals and formulas that a spreadsheet program computes to the same numbers,
# charts with their ranges and values, cards, conditional formats, page, names. Streams are written here by hand, read
# back by openpyxl, and computed anew by LibreOffice from values that are wrong on purpose.
use strict;
use warnings;
use utf8;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/lib';
use Encode ();
use File::Path qw(make_path);
use JSON::PP;
use PostgreSQL::Test::Utils;
use Stream;
use Test::More;

plan skip_all => 'the render helper is not installed' unless -e Stream::program();

my $dir = abs_path(PostgreSQL::Test::Utils::tempdir);
my $reader = dirname(__FILE__) . '/xlsx_book.py';
my @document = (format => 'xlsx', output => "$dir/out.xlsx", tmpdir => $dir, created => 1700000000);

sub book
{
	my ($file) = @_;
	my ($out, $err) = run_command([ '/usr/bin/python3', $reader, $file ]);
	BAIL_OUT("cannot read $file: $err") if $err ne '' || $out eq '';
	return JSON::PP->new->utf8->decode($out);
}

sub write_book
{
	my ($stream) = @_;
	my ($ok, $answer, $all) = Stream::run($stream->end);
	BAIL_OUT("not written: $answer") unless $ok;
	return wantarray ? (book("$dir/out.xlsx"), $all) : book("$dir/out.xlsx");
}

# The test framework dies of a wide character in what it prints.
sub bytes { my ($value) = @_; return ref $value ? $value : Encode::encode('UTF-8', $value // '(none)'); }
sub same { my ($got, $expected, $name) = @_; local $Test::Builder::Level = 2; return is(bytes($got), bytes($expected), $name); }

# ---- A report: three days, one without any sending, with everything that may stand around a table.

sub report
{
	my ($wrong) = @_;    # cached values of formulas are off by that much
	my $stream = Stream->new(@document, locale => 'zh-TW', title => 'OTP 使用報表', subtitle => '期間: 2026-11-01 ~ 2026-11-03',
		author => '系統', company => 'A & B', generated => '2026-11-04 08:00', footer => 'R&D', margins => '20 15 25.4 10', paper => 'letter');
	$stream->sheet(name => '每日統計', note => "租戶: 示範\n時區: Asia/Taipei", totals => 1);
	$stream->card(label => '總次數', number => 1500, format => '#,##0', note => '較上週')->card(label => '狀態', text => '=良好')->card(label => '率');
	$stream->column('date', '日期', 'yyyy-mm-dd', total => 'label')->column('integer', 'sent', '#,##0', total => 'sum', condition => 'bar');
	$stream->column('integer', 'Sent', '#,##0', total => 'max', condition => 'scale', low => 0, high => 1000, low_color => 'FFFFFF', high_color => '000000');
	$stream->column('number', '', '0.00', formula => 'IFERROR(({2}/{1})*100,"")', total => 'formula', condition => 'rules', rule => [ '< 80 FCA5A5', '>= 95 BBF7D0' ]);
	$stream->column('number', "two\nlines", '0.00', total => 'avg', width => 33)->column('text', 'note', '', total => 'count', wrap => 1);
	$stream->chart(type => 'line', title => '=SUM(1)', x_title => '日期', y_title => 'n', x => 0, y => [ 1, 2 ]);
	$stream->chart(type => 'column', stacked => 1, x => 5, y => [3], format => '0.0');
	$stream->row([46327], [1000], [900], [ 90 + $wrong ], [1.5], 'a')->row([46328], [0], [0], undef, undef, undef)->row([46329], [500], [490], [ 98 + $wrong ], [2.5], 'b');
	return $stream->totals('合計', [ 1500 + $wrong ], [ 900 + $wrong ], [ 60 + $wrong ], [ 2 + $wrong ], [ 2 + $wrong ]);
}

my $book = write_book(report(0));
my $sheet = $book->{sheets}[0];
same($sheet->{name}, '每日統計', 'name of the sheet');
same($sheet->{rows}[0][0], 'OTP 使用報表', 'title in the first row');
same($sheet->{rows}[1][0], '期間: 2026-11-01 ~ 2026-11-03', 'subtitle');
same($sheet->{rows}[2][0] . '|' . $sheet->{rows}[3][0], '租戶: 示範|時區: Asia/Taipei', 'notes in lines');
my @cards = map { [ grep { defined } @{ $sheet->{rows}[$_] } ] } 5 .. 7;
is_deeply($cards[1], [ 1500, '=良好', "\x{2013}" ], 'values of the cards: a number, a text that is no formula, nothing');
is_deeply([ $cards[0][0], $cards[2][0] ], [ '總次數', '較上週' ], 'label and note');
is($sheet->{freeze}, 'A11', 'frozen below the header');
is($sheet->{page}{rows}, '$10:$10', 'the header is printed on each page');
my @header = ('日期', 'sent', 'Sent2', 'Column4', 'two lines', 'note');
is_deeply([ @{ $sheet->{rows}[9] }[ 0 .. 5 ] ], \@header, 'header of unique names');
is_deeply($sheet->{tables}, [ { ref => 'A10:F13', name => 'table1', filter => 'A10:F13', columns => \@header, totals => undef,
	functions => [ (undef) x 6 ] } ], 'the table');
is_deeply([ map { [ @{$_}[ 1 .. 5 ] ] } @{ $sheet->{rows} }[ 10 .. 13 ] ],
	[ [ 1000, 900, 90, 1.5, 'a' ], [ 0, 0, undef, undef, undef ], [ 500, 490, 98, 2.5, 'b' ], [ 1500, 900, 60, 2, 2 ] ], 'rows and totals');
is_deeply($sheet->{formulas}, {
	D11 => 'IFERROR((C11/B11)*100,"")', D13 => 'IFERROR((C13/B13)*100,"")', D14 => 'IFERROR((C14/B14)*100,"")',
	B14 => 'SUBTOTAL(109,B11:B13)', C14 => 'SUBTOTAL(104,C11:C13)', E14 => 'SUBTOTAL(101,E11:E13)', F14 => 'SUBTOTAL(103,F11:F13)' }, 'formulas');
is_deeply([ @{ $sheet->{formats} }{qw(A11 B11 D11 D14 F14)} ], [ 'yyyy-mm-dd', '#,##0', '0.00', '0.00', undef ], 'number formats');
my ($bar, $scale, @rules) = @{ $sheet->{conditions} };
is_deeply([ @{$bar}{qw(range type)}, $bar->{colors} ], [ 'B11:B13', 'dataBar', ['FFBFDBFE'] ], 'data bars');
is_deeply([ @{$scale}{qw(range type colors limits)} ], [ 'C11:C13', 'colorScale', [ 'FFFFFFFF', 'FF000000' ], [ [ 'num', 0 ], [ 'num', 1000 ] ] ], 'scale');
is_deeply([ map { [ @{$_}{qw(range stop color)}, $_->{formula}[0] ] } sort { $a->{priority} <=> $b->{priority} } @rules ],
	[ [ 'D11:D13', JSON::PP::true, 'FFFCA5A5', 'AND(ISNUMBER(D11),D11<80)' ], [ 'D11:D13', JSON::PP::true, 'FFBBF7D0', 'AND(ISNUMBER(D11),D11>=95)' ] ], 'rules, of which the first that holds wins');
cmp_ok(abs($sheet->{widths}{E} - 33), '<', 1, 'the given width');
is_deeply($sheet->{page}{footer}, [ '產生時間：2026-11-04 08:00', 'R&&D', '第 &P 頁，共 &N 頁' ], 'footer') or diag explain $sheet->{page};
is($sheet->{page}{paper} . ' ' . $sheet->{page}{orientation}, '1 landscape', 'paper');
is(join(' ', map { sprintf '%.1f', 25.4 * $_ } @{ $sheet->{page}{margins} }), '20.0 15.0 25.4 10.0', 'margins');
is_deeply($book->{properties}, { title => 'OTP 使用報表', subject => '期間: 2026-11-01 ~ 2026-11-03', author => '系統',
	created => '2023-11-14 22:13:20', modified => '2023-11-14 22:13:20' }, 'properties');
is_deeply($book->{charts}[0]{series}[0], { name => q{'每日統計'!$B$10}, name_cache => { 0 => 'sent' }, x => q{'每日統計'!$A$11:$A$13},
	x_cache => { 0 => '46327', 1 => '46328', 2 => '46329' }, y => q{'每日統計'!$B$11:$B$13}, y_cache => { 0 => '1000', 1 => '0', 2 => '500' } }, 'a series over exactly the rows');
is_deeply([ @{ $book->{charts}[0] }{qw(title kind)}, scalar @{ $book->{charts}[0]{series} } ], [ '=SUM(1)', 'lineChart', 2 ], 'a line chart whose title is no formula');
is_deeply([ @{ $book->{charts}[1] }{qw(kind grouping)}, $book->{charts}[1]{series}[0]{y_cache}, $book->{charts}[1]{series}[0]{x_cache} ],
	[ 'barChart', ['stacked'], { 0 => '90', 2 => '98' }, { 0 => 'a', 2 => 'b' } ], 'values of formulas, and a gap');
is_deeply($book->{charts}[0]{axes}, [ 'yyyy-mm-dd', '#,##0' ], 'formats of the axes');

# Same stream, same bytes.
my $first = slurp_file("$dir/out.xlsx");
write_book(report(0));
ok($first eq slurp_file("$dir/out.xlsx"), 'the same bytes again');

# ---- LibreOffice computes what the server computed, from formulas whose stored values are wrong.

sub computed
{
	my ($name) = @_;
	make_path("$dir/office/user");
	open(my $settings, '>', "$dir/office/user/registrymodifications.xcu") or die;
	print $settings '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
	  . '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>';
	close $settings;
	rename "$dir/out.xlsx", "$dir/$name.xlsx";
	run_command([ 'timeout', 120, 'soffice', "-env:UserInstallation=file://$dir/office", '--headless', '--convert-to', 'xlsx', '--outdir', "$dir/computed", "$dir/$name.xlsx" ]);
	return book("$dir/computed/$name.xlsx");
}

SKIP:
{
	skip 'no LibreOffice', 9 unless grep { -x "$_/soffice" } split /:/, $ENV{PATH};
	write_book(report(7));
	$sheet = computed('report')->{sheets}[0];
	is_deeply([ map { [ @{$_}[ 1 .. 5 ] ] } @{ $sheet->{rows} }[ 10 .. 13 ] ],
		[ [ 1000, 900, 90, 1.5, 'a' ], [ 0, 0, undef, undef, undef ], [ 500, 490, 98, 2.5, 'b' ], [ 1500, 900, 60, 2, 2 ] ], 'rows and totals computed');
	is($sheet->{charts}, 2, 'both charts are there');
	is_deeply([ map { $_->{ref} } @{ $sheet->{tables} } ], ['A10:F13'], 'so is the table');

	# Every name of a sheet that could be taken for something else: its charts still find their rows.
	my @names = ('Q1', '2024', q{it's}, 'R1C1', 'TRUE', 'a b', '資料!', '-x', 'é');
	my $stream = Stream->new(@document, several => 1);
	for my $name (@names)
	{
		$stream->sheet(name => $name, totals => 1)->column('text', 'x')->column('number', 'n', '', total => 'sum')->chart(type => 'column', x => 0, y => [1]);
		$stream->row("at $name", [ 1 + $_ ]) for 1 .. 3;
		$stream->totals(undef, [0]);
	}
	write_book($stream);
	my $out = computed('names');
	is(scalar(grep { $_->{rows}[-1][1] == 9 } @{ $out->{sheets} }), scalar @names, 'totals of all sheets');
	is_deeply([ map { $_->{series}[0]{y_cache} } @{ $out->{charts} } ], [ map { { 0 => '2', 1 => '3', 2 => '4' } } @names ], 'charts of all sheets');

	# More rows than are kept in memory: no table, but filter, totals and formulas.
	$stream = Stream->new(@document);
	$stream->sheet(name => 'big', totals => 1)->column('integer', 'i', '#,##0', total => 'count')->column('number', 'v', '', total => 'sum')->column('number', 'twice', '', formula => '{1}*2', total => 'avg');
	$stream->chart(type => 'line', x => 0, y => [1]);
	$stream->row([$_], [ $_ / 4 ], [0]) for 1 .. 50001;
	$stream->totals([0], [0], [0]);
	Stream::run($stream->end);
	$out = computed('big')->{sheets}[0];
	is_deeply([ scalar @{ $out->{rows} }, $out->{filter} ], [ 50003, 'A1:C50002' ], 'a large sheet');
	my $sum = 50001 * 50002 / 2 / 4;
	is_deeply($out->{rows}[-1], [ 50001, $sum, 2 * $sum / 50001 ], 'its totals');
	is($out->{rows}[50001][2], 50001 / 2, 'its last formula');
	is($out->{charts}, 1, 'its chart');
}

# ---- Nothing.

$book = write_book(Stream->new(@document, locale => 'de')->sheet(name => 'leer', totals => 1)->column('text', 'a', '', total => 'label')->column('number', 'b', '', total => 'sum', condition => 'bar')
	  ->chart(type => 'pie', x => 0, y => [1])->totals('Summe', undef));
is_deeply($book->{sheets}[0]{rows}, [ [ 'a', 'b' ], [ 'Keine Daten', undef ], [ 'Summe', undef ] ], 'no rows: the header, a word, the totals');
is_deeply([ $book->{sheets}[0]{tables}[0]{ref}, scalar @{ $book->{charts} }, $book->{sheets}[0]{formulas} ], [ 'A1:B2', 0, {} ], 'a table, no chart, no formula');
$book = write_book(Stream->new(@document)->sheet(name => 'a'));
is_deeply($book->{sheets}[0]{rows}, [], 'no columns');

# ---- Names of sheets differ in more than case, and keep within the limit.

my $long = 'x' x 40;
my $stream = Stream->new(@document, several => 1);
$stream->sheet(name => $_)->column('text', 'a')->row('b') for 'Data', 'data', 'DATA', 'Ärger', 'äRGER', $long, $long, '', '', '[a]:b', "tab\tname";
$book = write_book($stream);
is_deeply([ map { $_->{name} } @{ $book->{sheets} } ], [ 'Data', 'data (2)', 'DATA (3)', 'Ärger', 'äRGER (2)', 'x' x 31, 'x' x 27 . ' (2)', 'Sheet1', 'Sheet1 (2)', '_a__b', 'tab name' ], 'unique names');

# ---- Texts of many digits among numbers: the sum that came stands by itself, since a formula would leave them out.

$book = write_book(Stream->new(@document)->sheet(name => 'a', totals => 1)->column('integer', 'n', '#,##0', total => 'sum')->row('12345678901234567')->row([1])->totals('12345678901234568'));
is_deeply([ map { $_->[0] } @{ $book->{sheets}[0]{rows} } ], [ 'n', '12345678901234567', 1, '12345678901234568' ], 'every digit');
is_deeply($book->{sheets}[0]{formulas}, {}, 'no formula');

# ---- Wide tables have their charts above, others beside; a chart's rows end where the first sheet does.

sub anchor
{
	my ($columns) = @_;
	my $wide = Stream->new(@document);
	$wide->sheet(name => 'a')->column('text', 'x');
	$wide->column('number', "number $_", '', width => 30) for 2 .. $columns;
	$wide->chart(type => 'line', x => 0, y => [1])->row('a', map { [$_] } 2 .. $columns);
	my $written = write_book($wide);
	return $written->{anchors}[0];
}
is_deeply([ scalar(anchor(3)), scalar(anchor(12)) ], [ [ 3, 0 ], [ 0, 0 ] ], 'where charts stand');
is(book("$dir/out.xlsx")->{sheets}[0]{freeze}, undef, 'a header far below is not frozen');

# ---- What a disk does not take is not missed: each limit between the size of the file and that of its largest part.

sub limited
{
	my ($stream_bytes, $limit) = @_;
	my $from = Stream::record('O', Stream::string('file_limit') . Stream::string('LIMIT'));
	my $to = Stream::record('O', Stream::string('file_limit') . Stream::string($limit));
	$stream_bytes =~ s/\Q$from\E/$to/;
	return $stream_bytes;
}

my $rows = Stream->new(@document, file_limit => 'LIMIT')->sheet(name => 'a')->column('text', 'x')->column('number', 'n')->chart(type => 'line', x => 0, y => [1]);
$rows->row('the same', [1]) for 1 .. 6000;
my $all = $rows->end;
for my $limit (map { 120_000 + 10_000 * $_ } 0 .. 20)
{
	my ($ok, $answer) = Stream::run(limited($all, $limit));
	like($answer, qr/^error 53400 .*temp_file_limit/, "a limit of $limit bytes is said");
}

done_testing();

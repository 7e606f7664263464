# Proves that no damaged stream crashes the render program: a stream with everything in it is cut at every place, and
# damaged at every place. Each time it answers in a line and ends by itself, and a cut stream leaves no file.
use strict;
use warnings;
use Cwd qw(abs_path getcwd);
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/lib';
use PostgreSQL::Test::Utils;
use Stream;
use Test::More;

plan skip_all => 'the render helper is not installed' unless -e Stream::program();

# Damaged paths are relative ones: whatever is written stays below.
my $dir = abs_path(PostgreSQL::Test::Utils::tempdir);
my $here = getcwd;
chdir $dir or die;

sub everything
{
	my ($format) = @_;
	my $stream = Stream->new(format => $format, output => 'out', tmpdir => '.', created => 1700000000, title => 'T', subtitle => 's', author => 'a',
		company => 'c', generated => 'g', footer => 'f', locale => 'zh-TW', paper => 'letter', orientation => 'portrait', margins => '20 15 20 15');
	$stream->sheet(name => 'a', note => "n\nm", totals => 1)->card(label => 'L', number => 12.5, format => '0.0', note => 'x')->card(text => 't');
	$stream->column('text', 'x', '', width => 12, align => 'center', wrap => 1, total => 'label');
	$stream->column('integer', 'n', '#,##0', total => 'sum', condition => 'rules', rule => [ '< 90 EF4444', '>= 100 00FF00' ]);
	$stream->column('number', 'f', '0.0%', formula => '{1}*2', total => 'formula', condition => 'bar', low => 0, high => 9);
	$stream->column('date', 'd', 'yyyy-mm-dd', condition => 'scale', low_color => 'FFFFFF', high_color => '000000', total => 'max');
	$stream->column('boolean', 'b', '', total => 'count');
	$stream->chart(type => 'line', title => 'c', x_title => 'x', y_title => 'y', format => '0', x => 0, y => [ 1, 2 ], width => 200, height => 150);
	$stream->row('q', [1], [2], [45000], \1)->row(undef, undef, undef, undef, undef);
	return $stream->totals('Total', [1], [2], [45000], [1])->end;
}

# Whether the program answered as it must; says what it did if not.
sub answers
{
	my ($name, $bytes, $whole) = @_;
	unlink 'out';
	my ($ok, $answer, $all, $status) = Stream::run($bytes);
	my $good = ($ok || ($status == 256 && $answer =~ /^error [0-9A-Z]{5} ./)) && $all =~ /^pid \d+\n/ && $all !~ /Sanitizer|runtime error/;
	$good &&= !$ok && !-e 'out' unless $whole;
	diag "$name: status $status, answer $all" unless $good;
	return $good;
}

my ($ok, $answer) = Stream::run(everything('xlsx'));
is($answer, 'ok', 'the whole stream is written');

# The formats that this program was built with; pictures take long to draw, and are the same stream to it.
for my $case ([ 'xlsx', 1 ], [ 'html', 7 ], [ 'pdf', 61 ])
{
	my ($format, $step) = @$case;
	my $bytes = everything($format);
	($ok, $answer) = Stream::run($bytes);
	next if $answer =~ /^error 0A000/;
	my ($n, $n_good) = (0, 0);
	for (my $at = 0; $at < length $bytes; $at += $step)
	{
		my $damaged = $bytes;
		my $mask = (1, 0x20, 0xff)[ $at % 3 ];

		substr($damaged, $at, 1) = chr(ord(substr($bytes, $at, 1)) ^ $mask);
		$n += 2;
		$n_good += answers("$format cut at $at", substr($bytes, 0, $at), 0);
		$n_good += answers("$format damaged at $at by $mask", $damaged, 1);
	}
	is($n_good, $n, "$format: $n damaged streams are answered");
}

# Records in places where the grammar has none, one behind the other.
my @records = map { Stream::record(@$_) } [ 'O', Stream::string('title') . Stream::string('x') ], ['S'], ['K'], [ 'C', "\0" . Stream::string('c') . Stream::string('') ],
  ['H'], [ 'R', Stream::cell('x') ], [ 'T', Stream::cell('x') ], [ 'E', pack('Q<', 0) ], ['?'], [ 'S', 'x' ], [ 'E', '' ];
my ($begin, $n, $n_good) = (Stream->new(format => 'xlsx', output => 'out', tmpdir => '.')->{bytes}, 0, 0);
for my $first (@records)
{
	for my $second (@records)
	{
		$n++;
		$n_good += answers('records ' . join(' ', map { substr($_, 0, 1) } $first, $second), $begin . Stream::record('S') . $first . $second, 1);
	}
}
is($n_good, $n, "$n orders of records are answered");

# Lengths that promise more than there is, or more than anything can hold.
for my $length (0x7fffffff, 0x80000000, 0xffffffff)
{
	ok(answers("record of $length bytes", $begin . 'O' . pack('V', $length) . 'x' x 100, 0), "a record of $length bytes");
	ok(answers("string of $length bytes", $begin . Stream::record('O', pack('V', $length) . 'title'), 0), "a string of $length bytes");
}

chdir $here;
done_testing();

# Writes what the server sends to analytics-render, as src/kernel/frame.h says, and runs the program on it.
#
#   my $stream = Stream->new(format => 'xlsx', output => $file, tmpdir => $dir);
#   $stream->sheet(name => 'a')->card(label => 'l', number => 1)->column('number', 'header', '0.00', total => 'sum');
#   $stream->chart(type => 'line', x => 0, y => [ 1, 2 ])->row('text', [1.5], \1, undef)->totals('Total', [1.5]);
#   my ($ok, $answer) = Stream::run($stream->end);
#
# A cell is undef, a text, [number], or \1 and \0 for true and false.  Options of several values take a list.
package Stream;
use strict;
use warnings;
use Encode ();
use File::Temp;

my %kinds = (text => 0, integer => 1, number => 2, boolean => 3, date => 4, timestamp => 5, time => 6);

sub string { return pack('V/a*', Encode::encode('UTF-8', $_[0])); }
sub record { my ($type, $payload) = @_; return $type . pack('V/a*', $payload // ''); }

sub new
{
	my ($class, @options) = @_;
	my $self = bless { bytes => 'ANFRAME2', n_rows => 0 }, $class;
	return $self->options(@options);
}

sub options
{
	my $self = shift;
	while (my ($name, $value) = splice(@_, 0, 2))
	{
		$self->{bytes} .= record('O', string($name) . string($_)) for ref $value eq 'ARRAY' ? @$value : ($value);
	}
	return $self;
}

sub begin
{
	my ($self, $type, $payload, @options) = @_;
	$self->{bytes} .= record($type, $payload);
	return $self->options(@options);
}

sub sheet { my ($self, @options) = @_; return $self->begin('S', '', @options); }
sub card { my ($self, @options) = @_; return $self->begin('K', '', @options); }
sub chart { my ($self, @options) = @_; return $self->begin('H', '', @options); }

sub column
{
	my ($self, $kind, $header, $format, @options) = @_;
	return $self->begin('C', chr($kinds{$kind}) . string($header) . string($format // ''), @options);
}

sub cell
{
	my ($value) = @_;
	return "\0" unless defined $value;
	return "\2" . pack('d<', $value->[0]) if ref $value eq 'ARRAY';
	return $$value ? "\4" : "\3" if ref $value;
	return "\1" . string($value);
}

sub row
{
	my ($self, @cells) = @_;
	$self->{n_rows}++;
	return $self->begin('R', join '', map { cell($_) } @cells);
}

sub totals { my ($self, @cells) = @_; return $self->begin('T', join '', map { cell($_) } @cells); }
sub end { my ($self) = @_; return $self->begin('E', pack('Q<', $self->{n_rows}))->{bytes}; }

my $program;

sub program
{
	return $program //= $ENV{ANALYTICS_RENDER} // do { chomp(my $bindir = `pg_config --bindir`); "$bindir/analytics-render"; };
}

# Returns whether the file was written, the last line of the answer, and all of it.
sub run
{
	my ($bytes) = @_;
	my $program = program();
	my $file = File::Temp->new;

	# A shell is much faster than IPC::Run, and some tests do this thousands of times.
	print $file $bytes;
	$file->flush;
	my $out = qx{exec '$program' < '$file' 2>&1};
	my @lines = split /\n/, $out;
	return ($? == 0 && @lines > 1 && $lines[-1] eq 'ok', $lines[-1] // '', $out, $?);
}

1;

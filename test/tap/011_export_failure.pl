# Whatever happens to the helper, the disk or the session: an error with its reason, the server runs on, the former
# file stays whole, and nothing is left behind. No step waits for time: each waits for a state of the server.
use strict;
use warnings;
use Cwd qw(abs_path);
use Fcntl qw(:flock);
use File::Path qw(make_path);
use IPC::Run;
use POSIX qw(mkfifo);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $dir = abs_path(PostgreSQL::Test::Utils::tempdir_short);
my $target = "$dir/out.xlsx";
my $node = PostgreSQL::Test::Cluster->new('export_failure');
$node->init;
$node->append_conf('postgresql.conf', "session_preload_libraries = 'analytics'\nrestart_after_crash = on");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION analytics');
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
$node->safe_psql('postgres', 'CREATE TABLE numbers AS SELECT generate_series(1, 100000) AS i');
my $gate = $node->background_psql('postgres');
$gate->query_safe('SELECT pg_advisory_lock(1)');

# A query that stops at row $at until the gate opens, with $n rows in all.
sub gated
{
	my ($at, $n) = @_;
	return "SELECT i, repeat('x', 40) AS t, CASE WHEN i = $at THEN pg_advisory_xact_lock(1)::text END AS gate FROM generate_series(1, $n) i";
}

# Starts statements in a session of their own; returns its handle.
sub start_session
{
	my @commands = map { ('-c', $_) } @_;
	my %session = (out => '', err => '');
	$session{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres') . " application_name=victim", @commands ],
		'<', \undef, '>', \$session{out}, '2>', \$session{err});
	return \%session;
}

sub backend { return $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'}); }

sub wait_event
{
	my ($condition) = @_;
	ok($node->poll_query_until('postgres', qq{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'victim' AND $condition}), "waits: $condition");
}

sub helper
{
	my ($parent) = @_;
	my ($out) = run_command([ 'ps', '-o', 'pid=', '--ppid', $parent ]);
	$out =~ s/\s//g;
	return $out;
}

sub open_gate { $gate->query_safe('SELECT pg_advisory_unlock(1)'); }
sub close_gate { $gate->query_safe('SELECT pg_advisory_lock(1)'); }

sub files { my ($in) = @_; opendir(my $h, $in) or return (); return sort grep { !/^\.\.?$/ } readdir $h; }

# The state after any failure.
sub untouched
{
	my ($name) = @_;
	is(slurp_file($target), 'former', "$name: the former file is whole");
	is_deeply([ files($dir) ], ['out.xlsx'], "$name: nothing else beside it");
	is_deeply([ files($node->data_dir . '/base/pgsql_tmp') ], [], "$name: no temporary file");
	is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, "$name: the server ran on");
}

append_to_file($target, 'former');

# The helper dies half-way, five times.
for my $signal (qw(SEGV KILL ABRT TERM SEGV))
{
	my $session = start_session('COPY (' . gated(50000, 100000) . ") TO '$target' (FORMAT xlsx)");
	wait_event(q{wait_event_type = 'Lock'});
	kill $signal, helper(backend());
	open_gate();
	$session->{run}->finish;
	like($session->{err}, qr/ERROR:  38000: program "analytics-render" failed\nDETAIL:  The child process was terminated by signal/, "$signal: an error with the reason");
	close_gate();
	untouched($signal);
}

# The helper hangs: stopped, it does not even die of SIGINT. While rows are sent, and while its end is awaited.
for my $case ([ 'full pipe', 10, 400000 ], [ 'at the end', 10, 10 ])
{
	my ($name, $at, $n) = @$case;
	for my $how (qw(pg_cancel_backend pg_terminate_backend statement_timeout))
	{
		my $sql = 'COPY (' . gated($at, $n) . ") TO '$target' (FORMAT xlsx);";
		my $session = start_session($how eq 'statement_timeout' ? "SET statement_timeout = '3s'" : (), $sql);
		wait_event(q{wait_event_type = 'Lock'});
		my $backend = backend();
		my $helper = helper($backend);
		kill 'STOP', $helper;
		open_gate();
		wait_event(q{wait_event_type = 'Extension'}) if $how ne 'statement_timeout';
		my $began = time;
		$node->safe_psql('postgres', "SELECT $how($backend)") if $how ne 'statement_timeout';
		$session->{run}->finish;
		my $took = time - $began;
		cmp_ok($took, '<', $how eq 'statement_timeout' ? 4 : 1, sprintf("%s, %s: over in %.2f s", $name, $how, $took));
		like($session->{err}, { pg_cancel_backend => qr/57014: canceling statement due to user request/,
			pg_terminate_backend => qr/57P01: terminating connection/, statement_timeout => qr/57014: canceling statement due to statement timeout/ }->{$how}, "$name, $how: its error");
		ok(!kill(0, $helper), "$name, $how: the helper is gone");
		close_gate();
		untouched("$name, $how");
	}
}

# An error in a subtransaction: the session goes on, and the helper does not stay.
my $session = start_session("DO \$\$ BEGIN COPY (SELECT 1 / (50000 - i) FROM generate_series(1, 60000) i) TO '$target' (FORMAT xlsx);
	EXCEPTION WHEN division_by_zero THEN RAISE WARNING 'caught'; END \$\$", 'SELECT pg_advisory_lock(1)');
wait_event(q{wait_event_type = 'Lock'});
is(helper(backend()), '', 'no helper after a subtransaction that failed');
open_gate();
$session->{run}->finish;
like($session->{err}, qr/WARNING:  01000: caught/, 'the error was caught');
close_gate();
untouched('subtransaction');

# Wherever the helper is when its query fails, it leaves no file.
$node->safe_psql('postgres', "DO \$\$ BEGIN FOR n IN 1 .. 40 LOOP BEGIN EXECUTE format('COPY (SELECT 1 / (%s - i) FROM generate_series(1, 100000) i) TO ''$target'' (FORMAT xlsx)', n * n * 20);
	EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END \$\$");
untouched('failures at many places');

# The disk of the temporary files is full, and then the one of the target: file size limits stand in for both.
for my $case ([ 'temporary disk', 1, qr/ERROR:  53100: could not write the exported file\nDETAIL:  analytics-render: could not write a temporary file: File too large/ ],
	[ 'output disk', 50000, qr/ERROR:  53100: could not write to file/ ])
{
	my ($name, $at, $error) = @$case;
	if ($at == 1)
	{
		# The limit of the backend is inherited by the helper.
		$session = start_session('SELECT pg_advisory_lock(1)', 'SELECT pg_advisory_unlock(1)', "COPY (SELECT i, md5(i::text) FROM numbers) TO '$target' (FORMAT xlsx)");
	}
	else
	{
		# The helper has started already: only the backend is limited.
		$session = start_session('COPY (SELECT i, md5(i::text), CASE WHEN i = 10 THEN pg_advisory_xact_lock(1)::text END FROM numbers) ' . "TO '$target' (FORMAT xlsx)");
	}
	wait_event(q{wait_event_type = 'Lock'});
	system_or_bail('prlimit', '--pid', backend(), '--fsize=1000000');
	open_gate();
	$session->{run}->finish;
	like($session->{err}, $error, "$name full: error");
	close_gate();
	untouched($name);
}
like(($node->psql('postgres', "SET temp_file_limit = '1MB'; COPY (SELECT i, md5(i::text) FROM numbers) TO '$target' (FORMAT xlsx)"))[2],
	qr/temporary files exceed temp_file_limit/, 'temp_file_limit holds');
untouched('temp_file_limit');
like(($node->psql('postgres', "SET analytics.export_memory_limit = '1MB'; COPY (SELECT 1) TO '$target' (FORMAT xlsx)"))[2],
	qr/ERROR:  (could not write the exported file\nDETAIL:  analytics-render: out of memory|program "analytics-render" failed)/, 'the memory limit holds');
untouched('memory limit');

# A program that does not read, or fails.
$session = start_session("COPY (SELECT md5(i::text) FROM generate_series(1, 100000) i) TO PROGRAM 'exec sleep 1000' (FORMAT xlsx)");
ok($node->poll_query_until('postgres', q{SELECT tuples_processed = 100000 FROM pg_stat_progress_copy WHERE command = 'COPY TO' AND type = 'PROGRAM'}), 'progress');
wait_event(q{wait_event_type = 'Extension'});
$node->safe_psql('postgres', 'SELECT pg_cancel_backend(' . backend() . ')');
$session->{run}->finish;
like($session->{err}, qr/57014: canceling statement due to user request/, 'a program that does not read is left');
like(($node->psql('postgres', "COPY (SELECT 1) TO PROGRAM 'cat >&2; exit 7' (FORMAT xlsx)"))[2], qr/program "cat >&2; exit 7" failed\nDETAIL:  The child process exited with exit code 7/, 'a program that fails');

# Progress shows the relation and its rows.
$node->safe_psql('postgres', 'CREATE TABLE slow AS SELECT generate_series(1, 100) AS i; CREATE VIEW gated AS SELECT i, CASE WHEN i = 50 THEN pg_advisory_xact_lock(1)::text END FROM slow');
$session = start_session("COPY gated TO '$target' (FORMAT xlsx)");
wait_event(q{wait_event_type = 'Lock'});
is($node->safe_psql('postgres', 'SELECT relid::regclass, command, type, tuples_processed FROM pg_stat_progress_copy'), 'gated|COPY TO|FILE|49', 'pg_stat_progress_copy');
open_gate();
$session->{run}->finish;
is($session->{err}, '', 'and it ends well');
isnt(slurp_file($target), 'former', 'with a new file');
close_gate();

# What a killed backend left is removed by the next export; what another one still writes is not.
append_to_file("$dir/.analytics-999999-0.tmp", 'left');
append_to_file("$dir/.analytics-999998-1.tmp", 'busy');
append_to_file("$dir/.analytics-mine.tmp", 'mine');
symlink($target, "$dir/.analytics-1-1.tmp");
open(my $busy, '<', "$dir/.analytics-999998-1.tmp");
flock($busy, LOCK_EX);
$node->safe_psql('postgres', "COPY (SELECT 1) TO '$target' (FORMAT xlsx)");
is_deeply([ files($dir) ], [ sort '.analytics-1-1.tmp', '.analytics-999998-1.tmp', '.analytics-mine.tmp', 'out.xlsx' ], 'left-overs are swept, nothing else');
close $busy;
unlink map { "$dir/$_" } grep { /^\.analytics/ } files($dir);

# Paths. All but the plain ones are refused, and nothing but the named file is ever touched.
my $box = "$dir/box";
my $data = $node->data_dir;
make_path("$box/sub");
append_to_file("$dir/victim", 'victim');
symlink("$dir/victim", "$box/link.xlsx");
symlink("$dir/nowhere", "$box/dangling.xlsx");
symlink($data, "$box/data");
symlink("$box/loop", "$box/loop");
mkfifo("$box/fifo.xlsx", 0600);
append_to_file("$box/read_only.xlsx", 'former');
chmod 0400, "$box/read_only.xlsx";
append_to_file("$box/hard.xlsx", 'hard');
link "$box/hard.xlsx", "$box/other_name";
my @refused = ('', 'x.xlsx', './x.xlsx', '../x.xlsx', '~/x.xlsx', ' /x.xlsx', "\n/x.xlsx", 'file:///x.xlsx', 'base/x', 'postgresql.conf', '/', '//', '/.', '/..',
	$box, "$box/", "$box//", "$box/.", "$box/..", "$box/sub", "$box/sub/", "$box/sub/.", "$box/sub/../", "$box/sub/../../box",
	"$box/new/", "$box/missing/x.xlsx", "$box/hard.xlsx/x.xlsx", "$box/hard.xlsx/", "$box/link.xlsx", "$box/dangling.xlsx", "$box/fifo.xlsx", "$box/read_only.xlsx", "$box/loop", "$box/loop/x.xlsx",
	'/dev/null', '/dev/zero', '/dev/stdout', '/dev/stderr', '/dev/fd/1', '/proc/self/mem', '/proc/self/fd/1', '/proc/1/mem', '/sys/x.xlsx', '/etc/passwd', '/etc/x.xlsx', '/boot/x.xlsx', '/usr/x.xlsx',
	"$data/x.xlsx", "$data/postgresql.conf", "$data/base/x.xlsx", "$data/global/pg_control", "$data/../" . (split m{/}, $data)[-1] . '/x.xlsx', "$box/data/x.xlsx", "$box/data/postgresql.auto.conf", "$box/sub/../data/base/1/x",
	map({ '/' . 'a' x $_ } 256, 1023, 1024, 4095, 4096, 5000), map({ "$box/" . 'a' x $_ } 256, 1023, 4096), "$box/" . "sub/../" x 150 . 'x', "$box" . "/sub/.." x 580 . '/x.xlsx',
	map({ "$box/" . '../' x $_ . 'etc/passwd' } 10 .. 24), map({ "$data/" . './' x $_ . 'x' } 1 .. 15), map({ "$box/data" . '/' x $_ . 'PG_VERSION' } 1 .. 10));
my $before = join "\n", map { "$_ " . -s "$data/$_" } grep { -f "$data/$_" && !/postmaster/ } files($data);
my $contents = join "\n", files($box);
my $n_refused = 0;
for my $path (@refused)
{
	(my $quoted = $path) =~ s/'/''/g;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nCOPY (SELECT 1) TO '$quoted' (FORMAT xlsx)");
	if ($code != 0 && $err =~ /ERROR:  (42602|42809|58P01|58P02|42501|54000|22023|58030|42P17|XX000): / && $1 ne 'XX000') { $n_refused++; }
	else { diag "not refused: $path: $err"; }
}
cmp_ok(scalar @refused, '>=', 100, 'at least 100 paths');
is($n_refused, scalar @refused, 'each is refused with an SQLSTATE of its own');
is(join("\n", files($box)), $contents, 'nothing came up in the directory');
is(join("\n", map { "$_ " . -s "$data/$_" } grep { -f "$data/$_" && !/postmaster/ } files($data)), $before, 'nothing changed in the data directory');
is(slurp_file("$dir/victim"), 'victim', 'no link was followed');
for my $name ("a b.xlsx", "a\nb.xlsx", "\x{e8}\x{b3}\x{87}.xlsx", "-rf.xlsx", "\$(touch x).xlsx", "`x`;x.xlsx", "%s%n.xlsx", 'a"b.xlsx', "..xlsx", 'b' x 255, 'hard.xlsx')
{
	$node->safe_psql('postgres', "COPY (SELECT 1) TO '$box/$name' (FORMAT xlsx)");
	ok(-s "$box/$name" > 1000, 'an odd name is a name') or diag $name;
}
is(slurp_file("$box/other_name"), 'hard', 'another name of the former file keeps its content');
is((stat "$box/a b.xlsx")[2] & 07777, 0644, 'readable by all, as COPY has it');
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'the server ran on through all of it');

# A backend that is killed takes the sessions with it, as ever; the helper ends by itself, and nothing stays.
unlink map { "$dir/$_" } grep { /^\.analytics/ } files($dir);
$before = slurp_file($target);
$session = start_session('COPY (' . gated(50000, 100000) . ") TO '$target' (FORMAT xlsx)");
wait_event(q{wait_event_type = 'Lock'});
my ($victim, $orphan) = (backend(), helper(backend()));
kill 'KILL', $victim;
$session->{run}->finish;
eval { $gate->quit };
ok($node->poll_query_until('postgres', 'SELECT true'), 'the server comes back');
my $tries = 0;
select(undef, undef, undef, 0.1) while kill(0, $orphan) && $tries++ < 600;
ok(!kill(0, $orphan), 'the helper has ended');
is_deeply([ files($node->data_dir . '/base/pgsql_tmp') ], [], 'its files are gone');
is(slurp_file($target), $before, 'the former file is whole');

$node->stop;
done_testing();

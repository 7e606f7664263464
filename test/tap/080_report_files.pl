# Proves that write_report makes files below analytics.report_dir and nowhere else: not by its path, not through links at
# any level, not while another process swaps directories for links; that the directory must be the server's alone; and that
# a full disk, missing rights, a cancel and a killed backend leave nothing under the final name.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use IPC::Run;
use POSIX qw(mkfifo);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = abs_path(PostgreSQL::Test::Utils::tempdir_short);
my ($root, $outside) = ("$top/reports_of_server", "$top/outside");
mkdir $_, 0700 for ($root, $outside);
append_to_file("$outside/precious.csv", 'precious');
my $node = PostgreSQL::Test::Cluster->new('report_files');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nrestart_after_crash = on\nsession_preload_libraries = 'analytics'\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION analytics;
	CREATE ROLE writer LOGIN; CREATE ROLE reader LOGIN;
	GRANT USAGE ON SCHEMA analytics TO writer, reader;
	GRANT EXECUTE ON FUNCTION analytics.write_report TO writer;
	SELECT analytics.define_report('r', '{"parameters": {"tenant": {"type": "text"}, "n": {"type": "int", "default": 3}}, "query": "SELECT i, repeat(''x'', 1000) AS t FROM generate_series(1, n) i"}');
	SELECT analytics.define_report('gate', '{"query": "SELECT i, md5(i::text) AS t, CASE WHEN i = 500 THEN pg_advisory_xact_lock(1)::text END AS g FROM generate_series(1, 60000) i"}');
});

sub files { my ($in) = @_; opendir(my $h, $in) or return (); return sort grep { !/^\.\.?$/ } readdir $h; }

# Writes the report as a role; returns what psql says, the path or the error with its SQLSTATE.
sub written
{
	my ($arguments, $role) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', "SELECT analytics.write_report($arguments)", extra_params => [ '-U', $role // 'writer', '-v', 'VERBOSITY=verbose' ]);
	return $rc == 0 ? $out : $err;
}

sub quoted { my ($text) = @_; $text =~ s/'/''/g; $text =~ s/\\/\\\\/g; return "E'$text'"; }
sub use_dir
{
	my ($dir) = @_;
	$node->safe_psql('postgres', 'ALTER SYSTEM SET analytics.report_dir = ' . quoted($dir));
	$node->reload;
	$node->poll_query_until('postgres', "SELECT current_setting('analytics.report_dir') = " . quoted($dir)) or die 'the setting did not come';
}

sub nothing_outside
{
	my ($name) = @_;
	is_deeply([ files($outside) ], ['precious.csv'], "$name: nothing outside");
	is(slurp_file("$outside/precious.csv"), 'precious', "$name: what stood there is whole");
	is_deeply([ files($top) ], [ sort qw(outside reports_of_server) ], "$name: nothing beside it");
}

# ---- the setting
like(written(q{'r'}), qr/ERROR:  55000: there is no directory for reports: analytics\.report_dir is not set\nHINT:  .*run_report/, 'unset: a hint');
for my $case ([ 'reports', qr/55000: .*\nDETAIL:  The path is not absolute/ ], [ "$top/missing", qr/58P01: could not open directory .*No such file/ ],
	[ "$outside/precious.csv", qr/55000: .*\nDETAIL:  It is not a directory/ ], [ '/usr', qr/55000: .*\nDETAIL:  It does not belong to the user/ ],
	[ $node->data_dir . '/base', qr/55000: .*\nDETAIL:  It is inside the data directory/ ], [ $node->data_dir, qr/55000: .*\nDETAIL:  It is inside the data directory/ ])
{
	use_dir($case->[0]);
	like(written(q{'r'}), $case->[1], "report_dir = $case->[0]: refused with a reason");
}
use_dir($root);
for my $mode (0770, 0707, 0777)
{
	chmod $mode, $root;
	like(written(q{'r'}), qr/55000: .*\nDETAIL:  Others than its owner may write there/, sprintf('report_dir with mode %o: refused', $mode));
}
chmod 0500, $root;
like(written(q{'r'}), qr/55000: .*\nDETAIL:  The server may not write there/, 'report_dir that cannot be written to: refused');
chmod 0700, $root;
isnt($node->psql('postgres', "SET analytics.report_dir = '/tmp'"), 0, 'nobody sets it in a session');
isnt($node->psql('postgres', "SET analytics.report_dir = '/tmp'", extra_params => [ '-U', 'writer' ]), 0, 'no user does');

# ---- names
my $uuid = qr/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
my $path = written(q{'r', format => 'csv_excel'});
like($path, qr{^\Q$root\E/reports/default/$uuid\.csv$}, 'the key: reports/{tenant}/{id}.{ext}');
is(sprintf('%o', (stat $path)[2] & 0777), '640', 'mode of the file');
is(sprintf('%o', (stat "$root/reports/default")[2] & 0027), '0', 'mode of the directory');
is(unpack('H*', slurp_file($path)), $node->safe_psql('postgres', q{SELECT encode(analytics.run_report('r', format => 'csv_excel'), 'hex')}), 'the bytes are those of run_report');
isnt(written(q{'r', format => 'csv_excel'}), $path, 'each file has a name of its own');
like(written(q{'r'}), qr{/reports/default/$uuid\.xlsx$}, 'another format, another extension');
for my $tenant ([ 'acme', 'acme' ], [ '../../outside', '_._.._outside' ], [ '.', '_' ], [ '..', '_.' ], [ 'a/b', 'a_b' ], [ '', 'default' ], [ "x\ny", 'x_y' ],
	[ "\x{e5}\x{8f}\x{b0}", '___' ], [ 'A' x 300, 'A' x 120 ], [ '/etc', '_etc' ], [ '~', '_' ], [ '%2e%2e', '_2e_2e' ])
{
	my ($given, $name) = @$tenant;
	my $params = $given;
	$params =~ s/\n/\\n/g;
	like(written(quoted('r') . ", \$\${\"tenant\": \"$params\"}\$\$, 'ndjson'"), qr{^\Q$root/reports/$name/\E$uuid\.ndjson$}, "tenant becomes $name");
}
is(written(q{'r', path => 'a/b/c/last.csv', format => 'csv_excel'}), "$root/a/b/c/last.csv", 'a path of the caller\'s, with new directories');
is(written(q{'r', path => 'a/b/c/last.csv', format => 'csv_excel', params => '{"n": 1}'}), "$root/a/b/c/last.csv", 'again: replaced');
unlike(slurp_file("$root/a/b/c/last.csv"), qr/^2,/m, 'by the new one');
is_deeply([ files("$root/a/b/c") ], ['last.csv'], 'and nothing beside it');
is(written(quoted('r') . ", path => '" . join('/', ('d') x 8) . "'"), "$root/" . join('/', ('d') x 8), 'eight names deep');
is(written(quoted('r') . ", path => '" . 'l' x 120 . "'"), "$root/" . 'l' x 120, '120 bytes long');

# ---- hostile names: none is a path, none gets as far as the disk
my @before = files($root);
my @hostile = (
	'', '.', '..', '/', '//', './a', '../a', 'a/..', 'a/../b', 'a/./b', 'a//b', 'a/', '/a/', '...', '.a', '.htaccess', '.pgpass', 'a/.b', 'a/...', '../../../../etc/passwd',
	'..\\..\\a', 'a\\b', 'C:\\a', 'C:a', '\\\\host\\share', '~', '~/a', '~root/a', '$HOME/a', '`id`', '$(id)', 'a;b', 'a|b', 'a&b', 'a>b', 'a<b', 'a b', ' a', 'a ', "a\tb", "a\nb", "a\rb",
	"a\x01b", "a\x7fb", 'a*', 'a?', 'a[b]', 'a{b}', 'a"b', "a'b", 'a,b', 'a:b', 'a=b', 'a+b', 'a@b', 'a#b', 'a%b', '%2e%2e%2fa', '%00', 'a^b', 'a!b', 'a(b)', 'a%s%n%x', 'a%00b',
	"\xc3\xa9", "\xe6\x97\xa5", "\xe2\x80\xae", "\xe2\x80\x8b", "\xef\xbc\x8e\xef\xbc\x8e/a", "\xe2\x81\x84", "a\xe2\x88\x95b", "\xf0\x9f\x93\x8a", "\xef\xbb\xbfa", "\xc2\xa0", "\xc2\x85",
	'a' x 121, 'a' x 300, 'a/' . 'b' x 121, join('/', ('d') x 9), join('/', ('d') x 200), 'a/' x 2000, '../' x 50 . 'a', 'a' x 100000,
	'.analytics-1-1.tmp', 'a/.analytics-1-1.tmp', './.', '..a', 'a/..b', '.../...', '/../a', 'file:///tmp/a', 'http://x/a', '|id', '- a', "'; DROP TABLE x; --", '{id}', '{tenant}/a', '<a>',
	'a/ /b', 'a/*', '*/a', 'NUL ', 'con:', 'a\\0b', '..%c0%afa', '....//a', '..;/a', "a/\\.\\./b", '$$', '\\', '/dev/stdout', '/proc/self/fd/1', '/etc/passwd');
cmp_ok(scalar(@hostile), '>=', 100, scalar(@hostile) . ' hostile names');
for my $name (@hostile)
{
	my $shown = substr($name, 0, 40) =~ s/[^ -~]/?/gr;
	my $error = $name =~ m{^/} ? qr/ERROR:  42501: / : qr/ERROR:  22023: .* is not a path below analytics\.report_dir/s;
	like(written("'r', path => " . quoted($name)), $error, "refused: $shown");
}
is_deeply([ files($root) ], \@before, 'none of them made a file');
nothing_outside('hostile names');

# ---- rights
like(written(q{'r'}, 'reader'), qr/ERROR:  42501: permission denied for function write_report/, 'writing must be granted');
like(written("'r', path => '$outside/x.csv'"), qr/ERROR:  42501: permission denied to write a file on the server/, 'an absolute path needs pg_write_server_files');
is(written("'r', path => '$outside/x.csv', format => 'csv_excel'", $node->safe_psql('postgres', 'SELECT current_user')), "$outside/x.csv", 'a superuser may');
unlink "$outside/x.csv";

# ---- what stands in the way, at each level
remove_tree("$root/reports", "$root/a");
symlink $outside, "$root/reports";
like(written(q{'r'}), qr/ERROR:  .*could not open directory ".*\/reports": .*\nHINT:  What stands there is no directory; links are not followed/, 'reports is a link: refused');
unlink "$root/reports";
make_path("$root/reports");
symlink $outside, "$root/reports/default";
like(written(q{'r'}), qr/ERROR:  .*could not open directory ".*\/default"/, 'the tenant is a link: refused');
unlink "$root/reports/default";
symlink '..', "$root/up";
like(written(q{'r', path => 'up/x.csv'}), qr/ERROR:  .*could not open directory ".*\/up"/, 'a link to the parent: refused');
make_path("$root/a");
for my $link ([ 'out.csv', "$outside/precious.csv" ], [ 'new.csv', "$outside/new.csv" ], [ 'dir', $outside ], [ 'loop', 'loop' ], [ 'passwd', '/etc/passwd' ])
{
	symlink $link->[1], "$root/a/$link->[0]";
	like(written("'r', path => 'a/$link->[0]'"), qr/ERROR:  42809: .*is not a regular file/, "the file is a link to $link->[1]: refused");
	ok(-l "$root/a/$link->[0]", '... and the link stays');
}
mkfifo("$root/a/pipe", 0600);
mkdir "$root/a/directory";
like(written(q{'r', path => 'a/pipe'}), qr/ERROR:  42809: .*is not a regular file/, 'a pipe: refused, and nobody hangs');
like(written(q{'r', path => 'a/directory'}), qr/ERROR:  42809: .*is not a regular file/, 'a directory: refused');
like(written(q{'r', path => 'a/pipe/x'}), qr/ERROR:  .*could not open directory/, 'a pipe in the place of a directory: refused');
link "$outside/precious.csv", "$root/a/hard.csv";
is(written(q{'r', path => 'a/hard.csv', format => 'csv_excel'}), "$root/a/hard.csv", 'a hard link: its name gets the new file');
nothing_outside('links');
is_deeply([ grep { /analytics/ } files("$root/a") ], [], 'no working file is left');

# ---- no rights, a full disk, a cancel, and what a killed backend left
mkdir "$root/closed", 0500;
like(written(q{'r', path => 'closed/x.csv'}), qr/ERROR:  42501: could not create file "\Q$root\E\/closed\/x\.csv": Permission denied/, 'a directory without rights');
like(written(q{'r', path => 'closed/sub/x.csv'}), qr/ERROR:  42501: could not create directory/, 'nor a new one in it');
append_to_file("$root/a/kept.csv", 'former');
my $gate = $node->background_psql('postgres');

# Starts a report that waits at the gate; returns its session.
sub waiting
{
	my ($format) = @_;
	my %session = (out => '', err => '');
	$gate->query_safe('SELECT pg_advisory_lock(1)');
	$session{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres') . ' application_name=victim', '-c', "SELECT analytics.write_report('gate', format => '$format', path => 'a/kept.csv')" ],
		'<', \undef, '>', \$session{out}, '2>', \$session{err});
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'}), "$format: a report waits at the gate");
	$session{pid} = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'});
	return \%session;
}

sub refused
{
	my ($session, $error, $name) = @_;
	$gate->query_safe('SELECT pg_advisory_unlock(1)') if $name !~ /cancel/;
	$session->{run}->finish;
	like($session->{err}, $error, "$name: error");
	$gate->query_safe('SELECT pg_advisory_unlock(1)') if $name =~ /cancel/;
	is(slurp_file("$root/a/kept.csv"), 'former', "$name: the former file is whole");
	is_deeply([ grep { /analytics/ } files("$root/a") ], [], "$name: nothing beside it");
	is_deeply([ files($node->data_dir . '/base/pgsql_tmp') ], [], "$name: no temporary file");
}

# A limit on the size of files stands in for a full disk: the helper that writes the workbook runs without, so that it is the target's.
for my $case ([ 'csv_excel', qr/ERROR:  53100: could not write temporary file/ ], [ 'xlsx', qr/ERROR:  53100: could not write to file "\Q$root\E\/a\/kept\.csv"/ ])
{
	my $session = waiting($case->[0]);
	system_or_bail('prlimit', '--pid', $session->{pid}, '--fsize=1000000');
	refused($session, $case->[1], "full disk, $case->[0]");
}
my $session = waiting('csv_excel');
$node->safe_psql('postgres', "SELECT pg_cancel_backend($session->{pid})");
refused($session, qr/57014: canceling statement due to user request/, 'cancel');
$gate->quit;
append_to_file("$root/a/.analytics-99999-7.tmp", 'half');
append_to_file("$root/a/.analytics-keep.tmp", 'not ours');
is(written(q{'r', path => 'a/kept.csv', format => 'csv_excel'}), "$root/a/kept.csv", 'the next one is written');
is_deeply([ grep { /^\.analytics/ } files("$root/a") ], ['.analytics-keep.tmp'], 'and sweeps what a killed backend left');

# ---- in a subtransaction: the session goes on
$node->safe_psql('postgres', q{DO $$ BEGIN PERFORM analytics.write_report('r', path => 'a/pipe'); EXCEPTION WHEN wrong_object_type THEN NULL; END $$;
	SELECT analytics.write_report('r', path => 'a/after.csv', format => 'csv_excel')});
ok(-f "$root/a/after.csv", 'an error in a subtransaction: the next call writes');

# ---- a race: another process swaps a directory for a link and back while reports are written below it
make_path("$root/swap/real");
my $child = fork();
if ($child == 0)
{
	for (;;)
	{
		rename "$root/swap/real", "$root/swap/aside";
		symlink $outside, "$root/swap/real";
		unlink "$root/swap/real";
		rename "$root/swap/aside", "$root/swap/real";
		remove_tree("$root/swap/aside") if -d "$root/swap/aside" && -d "$root/swap/real";
	}
	POSIX::_exit(0);
}
my $race = ($node->psql('postgres', q{DO $$ DECLARE good int = 0; bad int = 0; BEGIN FOR i IN 1..2000 LOOP
	BEGIN PERFORM analytics.write_report('r', format => 'csv_excel', path => 'swap/real/' || i || '.csv'); good := good + 1;
	EXCEPTION WHEN OTHERS THEN bad := bad + 1; IF SQLSTATE LIKE 'XX%' THEN RAISE; END IF; END;
	END LOOP; RAISE NOTICE '% written, % refused', good, bad; END $$}))[2];
kill 'KILL', $child;
waitpid $child, 0;
like($race, qr/NOTICE:  [1-9]\d* written, [1-9]\d* refused/, "the race: $race");
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server is up after the race');
nothing_outside('race');
chmod 0700, "$root/closed";
done_testing();

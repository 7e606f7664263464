# Proves that rollups are exact: sessions that insert, copy, update, delete, merge, truncate, roll back, prepare and sleep at
# random, others that refresh (two at once, in small parts, cancelled), drop and attach partitions, and readers at every
# isolation level, which ask each question twice in one snapshot: with rollups and without.  Afterwards every table of a rollup
# is what its source says, and nothing is left to do.
#
# ROLLUP_SECONDS=30     how long
# ROLLUP_SEED=n         the seed, which is printed; sessions run side by side, so a seed repeats what is done, not when
# ROLLUP_SOURCES=plain,parts,marked
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;
use Time::HiRes qw(time sleep);

my $seconds = $ENV{ROLLUP_SECONDS} // 30;
my $seed = $ENV{ROLLUP_SEED} // int rand 2 ** 31;
@Soak::sources = split /,/, $ENV{ROLLUP_SOURCES} if $ENV{ROLLUP_SOURCES};
note "ROLLUP_SEED=$seed ROLLUP_SECONDS=$seconds";
my $folder = PostgreSQL::Test::Utils::tempdir();
chmod 0755, $folder;

my $node = PostgreSQL::Test::Cluster->new('rollups');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nmax_prepared_transactions = 50\nmax_connections = 40\ndeadlock_timeout = 200ms\nlog_statement = none\nlog_min_error_statement = fatal\njit = off\n");
$node->start;
$node->safe_psql('postgres', "ALTER DATABASE postgres SET analytics.now = '2026-03-02 00:00+00'");
$node->safe_psql('postgres', Soak::tables(4000));
$node->safe_psql('postgres', Soak::rollups($_)) for @Soak::sources;
my @rollups = grep { /^([a-z]+)_/; my $of = $1; grep { $_ eq $of } @Soak::sources } @Soak::rollups;
$node->safe_psql('postgres', "SELECT * FROM analytics.refresh_rollup('$_')") for @rollups;

# ---- which readers use them: cells that say something false make them say something else
for my $t (@Soak::sources)
{
	my $counts = $node->safe_psql('postgres', "SELECT string_agg(format('%1\$I = %1\$I + 1000', column_name), ', ') FROM analytics.rollup_columns
		WHERE rollup = '${t}_hourly' AND kind = 'count'");
	for my $query (
		"analytics.time_series('${t}_events', '2026-02-20', '2026-03-01', 'hour', 'UTC')",
		"analytics.time_series('${t}_events', '2026-02-20', '2026-03-01', 'day', 'UTC')",
		"analytics.time_series('${t}_events', '2026-02-20', '2026-03-01', 'day', 'America/New_York')",
		"analytics.time_series('${t}_events', '2026-02-20 16:00+00', '2026-02-28 16:00+00', 'day', 'Asia/Taipei')",
		"analytics.time_series('${t}_events', '2026-01-05', '2026-03-01', 'week', 'UTC', tenant => 'a')",
		"analytics.time_series('${t}_events', '2026-01-01', '2026-03-01', 'month', 'UTC', breakdown => '{kind}')",
		"analytics.time_series('${t}_sent', '2026-02-20', '2026-03-01', filters => '{\"country\": \"JP\"}')",
		"analytics.metric_value('${t}_events', '2026-02-20', '2026-03-01')",
		"analytics.compare('${t}_events', '2026-02-20', '2026-02-27', 'week', granularity => 'day')",
		Soak::read_rollup($t, 'hourly', 'events', "'2026-02-20'", "'2026-03-01'", 'NULL', 'NULL') =~ s/^SELECT (\* FROM )?//r)
	{
		my $got = $node->safe_psql('postgres', "BEGIN; CREATE TEMP TABLE was AS SELECT answers('SELECT * FROM ' || \$q\$$query\$q\$)->'rows' AS a;
			UPDATE ${t}_hourly SET $counts; UPDATE ${t}_daily SET events = events + 1000;
			SELECT a IS DISTINCT FROM answers('SELECT * FROM ' || \$q\$$query\$q\$)->'rows' FROM was; ROLLBACK");
		is($got, 't', "answered from a rollup: $query");
	}
}
is($node->safe_psql('postgres', "SELECT count(*), min(d) FROM differences('$_') d"), '0|', "$_ is exact after its first refresh") for @rollups;

# ---- side by side
my $end = time + $seconds;
my %workers;

# Starts a process that runs its code over and over until the time has come; what it has to say goes to a file.
sub worker
{
	my ($name, $code, $goes_on) = @_;
	$goes_on //= sub { time < $end };
	my $pid = fork() // die $!;
	if ($pid) { $workers{$name} = $pid; return; }
	srand($seed + 7919 * keys %workers);
	open my $log, '>', "$folder/$name.log" or POSIX::_exit(2);
	my $session = Soak::Session->new($node->connstr('postgres'));
	eval {
		$code->($session, $log) while $goes_on->() && !$session->{gone};
		print $log "problem\t$name: the session has ended: $session->{error}\n" if $session->{gone};
		1;
	} or print $log "problem\t$name: $@\n";
	close $log;
	POSIX::_exit(0);
}

# Writes what compared() said of a question into a worker's log.
sub heard
{
	my ($log, $said, $query, $where) = @_;
	if (defined $said && $said =~ /^(rollup|raw|frozen|unsaid)$/) { print $log "read\t$said\n"; return; }
	if (($said // '') =~ /^error (40001|57014|40P01)/) { print $log "read\tfailed $1\n"; return; }
	my $text = ($said // 'nothing') . "\n$query\n" . ($where // '');
	$text =~ s/\n/\n  /g;
	print $log "problem\t$text\n";
	$log->flush;
}

for my $n (1 .. 5)
{
	worker("writer$n", sub {
		my ($session, $log) = @_;
		my $t = Soak::one_of(@Soak::sources);
		Soak::transaction($session, $t, $folder, "writer$n", sub { heard($log, @_) });
		print $log "transaction\n";
	});
}

# Readers: one statement at READ COMMITTED; several, with time between them, in one snapshot otherwise.
for my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
{
	worker(lc "reader $level", sub {
		my ($session, $log) = @_;
		my $t = Soak::one_of(@Soak::sources);
		$session->run("BEGIN ISOLATION LEVEL $level; LOCK TABLE $t IN ACCESS SHARE MODE");
		for (1 .. 1 + int rand 6)
		{
			my $question = Soak::question($t);
			heard($log, Soak::ask($session, $question), $question->{sql}, $level);
			last if $session->{error} || $session->{gone};
			$session->run('SELECT pg_sleep(' . rand(0.2) . ')') if Soak::chance(0.2);
		}
		$session->run('COMMIT');
	});
}

for my $n (1, 2)
{
	worker("refresher$n", sub {
		my ($session, $log) = @_;
		my $rollup = Soak::one_of(@rollups);
		my $level = Soak::one_of('READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE');
		my $cells = Soak::one_of('NULL', 'NULL', 1, 5, 50, 1000);
		my $timeout = Soak::chance(0.3) ? 1 + int rand 40 : 0;
		$session->run("BEGIN ISOLATION LEVEL $level");
		$session->run("INSERT INTO $Soak::sources[0] (at, tenant) VALUES ('2026-02-28 02:00+00', 'a')") if Soak::chance(0.1);
		$session->run("SET LOCAL statement_timeout = $timeout");
		$session->run("SELECT * FROM analytics.refresh_rollup('$rollup', $cells)");
		my $error = $session->{error};
		print $log defined $error ? "refresh\tfailed " . substr($error, 0, 5) . "\n" : "refresh\tdone\n";
		print $log "problem\trefresh of $rollup, $level, max_cells $cells: $error\n"
			if $error && $error !~ /^(40001|57014|25P02)/ && !($rollup =~ /^plain/ && $error =~ /^(42704|42P01)/);
		$session->run("INSERT INTO $Soak::sources[0] (at, tenant) VALUES ('2026-02-28 02:00+00', 'a')") if !$error && Soak::chance(0.1);
		$session->run(Soak::chance(0.1) ? 'ROLLBACK' : 'COMMIT');
		sleep rand 0.3;
	});
}

# Ends prepared transactions, some at once and some late; until nobody is left who may wait for one.
worker('resolver', sub {
	my ($session, $log) = @_;
	my $gid = $session->run(q{SELECT gid FROM pg_prepared_xacts WHERE prepared < clock_timestamp() - random() * interval '3 seconds' LIMIT 1});
	if ($gid)
	{
		$session->run((Soak::chance(0.7) ? 'COMMIT' : 'ROLLBACK') . " PREPARED '$gid'");
		print $log $session->{error} ? "problem\tending of $gid: $session->{error}\n" : "prepared\n";
	}
	sleep 0.1;
}, sub { !-e "$folder/stop" });

# Partitions of old months come and go: detached and attached again with changes, in one transaction, so that no snapshot
# sees half of it; now and then one is dropped for good.
worker('partitions', sub {
	my ($session, $log) = @_;
	sleep rand 2;
	my ($from, $to) = @{ (Soak::months())[int rand 2] };
	my $name = Soak::partition_name($from);
	$session->run('BEGIN; LOCK TABLE parts IN ACCESS EXCLUSIVE MODE');
	my $there = ($session->run("SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass('$name'))") // '') eq 't';
	my $spare = ($session->run("SELECT to_regclass('$name')") // '') ne '';
	if ($there)
	{
		my $gone = Soak::chance(0.05);
		$session->run($gone && Soak::chance(0.5) ? "DROP TABLE $name" : "ALTER TABLE parts DETACH PARTITION $name");
		$session->run("DELETE FROM $name WHERE random() < 0.1; INSERT INTO $name (id, at, tenant, kind) SELECT nextval('parts_id_seq'), '$from'::timestamptz + random() * interval '20 days', 'a', 'sent' FROM generate_series(1, 5)")
			if !$session->{error} && !$gone;
		$session->run("ALTER TABLE parts ATTACH PARTITION $name FOR VALUES FROM ('$from') TO ('$to')") if !$session->{error} && !$gone;
	}
	else
	{
		$session->run($spare ? "DROP TABLE $name" : Soak::partition([ $from, $to ]));
	}
	my $error = $session->{error};
	print $log "problem\tpartition $name: $error\n" if $error && $error !~ /^(40P01|23514)/;
	print $log 'partition ' . ($error ? "failed\n" : "changed\n");
	$session->run('COMMIT');
}) if grep { $_ eq 'parts' } @Soak::sources;

my $resolver = $workers{resolver};
# Rollups come and go: one more of some source, and now and then all of `plain`, with its column and triggers.
worker('creator', sub {
	my ($session, $log) = @_;
	sleep rand 3;
	my $t = Soak::one_of(@Soak::sources);
	my @steps = ("SELECT analytics.create_rollup('${t}_more', '$t', '1 day', '{${t}_events,${t}_score}', '{country}', timezone => 'UTC', capture => '$Soak::capture{$t}')",
		"SELECT * FROM analytics.refresh_rollup('${t}_more')", 'SELECT pg_sleep(random())', "SELECT * FROM analytics.refresh_rollup('${t}_more', 10)",
		"SELECT analytics.drop_rollup('${t}_more')");
	@steps = ((map { "SELECT analytics.drop_rollup('$_')" } grep { /^plain/ } @rollups), split /(?<=;)/, Soak::rollups('plain')) if $t eq 'plain' && Soak::chance(0.2);
	for my $step (@steps)
	{
		# What is refused for a deadlock, or waits for a transaction that waits for us, is tried again.
		for (1 .. 50)
		{
			$session->run($step);
			last unless ($session->{error} // '') =~ /^40P01/;
		}
		print $log "problem\t$step: $session->{error}\n" if $session->{error};
	}
	print $log "created\n";
}, sub { time < $end - 4 });

waitpid $_, 0 for grep { $_ != $resolver } values %workers;
PostgreSQL::Test::Utils::append_to_file("$folder/stop", '');
waitpid $resolver, 0;

# ---- what they had to say
my (%count, @problems);
for my $name (sort keys %workers)
{
	open my $log, '<', "$folder/$name.log" or die "$name: $!";
	while (my $line = <$log>)
	{
		chomp $line;
		if ($line =~ /^problem\t(.*)/) { push @problems, "$name: $1"; }
		elsif ($line =~ /^  /) { $problems[-1] .= "\n$line"; }
		else { $count{$line}++; }
	}
}
note "$_: $count{$_}" for sort keys %count;
diag "ROLLUP_SEED=$seed\n$_" for @problems > 12 ? @problems[0 .. 11] : @problems;
is(scalar @problems, 0, 'no answer differs, nothing fails');
cmp_ok($count{"read\trollup"} // 0, '>', ($count{"read\traw"} // 0) / 4, 'rollups had a part in answers');
cmp_ok($count{"refresh\tdone"} // 0, '>', 0, 'rollups were refreshed meanwhile');

# ---- afterwards
for my $gid (split /\n/, $node->safe_psql('postgres', 'SELECT gid FROM pg_prepared_xacts'))
{
	$node->safe_psql('postgres', "COMMIT PREPARED '$gid'");
}
for my $rollup (@rollups)
{
	$node->safe_psql('postgres', "SELECT * FROM analytics.refresh_rollup('$rollup')");
	my $left = $node->safe_psql('postgres', "SELECT string_agg(d, E'\\n') FROM (SELECT d FROM differences('$rollup') d LIMIT 6) d");
	is($left, '', "$rollup is what its source says") or diag "ROLLUP_SEED=$seed";
	is($node->safe_psql('postgres', "SELECT count(*) FROM analytics.rollup_marks m WHERE rollup = '$rollup' AND NOT EXISTS
		(SELECT FROM analytics.rollup_frozen f WHERE f.rollup = m.rollup AND bucket >= start - interval '1 day' AND bucket < finish)"), '0', '... without marks');
	is($node->safe_psql('postgres', "SELECT count(*) FROM ${rollup} WHERE events = 0"), '0', '... without empty cells');
}
done_testing();

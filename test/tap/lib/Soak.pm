# What 071_rollup_random.pl and 072_rollup_crash.pl share: tables with rollups, sessions that change them at random in every
# way that a session can, questions to readers, and the comparison of rollups with what they are made of.
#
# The tables are the same but for how changes are captured: `plain` (column _x), `parts` (the same, partitioned by month) and
# `marked` (triggers).  Each has a rollup of hours with dimensions, X_hourly, and one of days of Taipei without, X_daily; `plain`
# has one of quarters of an hour besides, plain_kept, which forgets.
package Soak;
use strict;
use warnings;
use IO::Handle;
use Time::HiRes qw(time sleep);

our %capture = (plain => 'xid', parts => 'xid', marked => 'trigger');
our @sources = sort keys %capture;

# Metrics of each source, with those of them that have a filter of their own, and a formula.
my @metrics = (
	[ 'events', 'count', '' ],
	[ 'sent', 'count', q{filter => 'kind = ''sent'''} ],
	[ 'valued', 'count', q{expression => 'value'} ],
	[ 'amount', 'sum', q{expression => 'amount'} ],
	[ 'value', 'sum', q{expression => 'value'} ],
	[ 'score', 'sum', q{expression => 'score'} ],
	[ 'big', 'sum', q{expression => 'value', filter => 'value > 50'} ],
	[ 'mean', 'avg', q{expression => 'score'} ],
	[ 'average', 'avg', q{expression => 'value', filter => 'kind <> ''late'''} ],
	[ 'least', 'min', q{expression => 'value'} ],
	[ 'most', 'max', q{expression => 'score'} ],
	[ 'users', 'distinct', '' ],
	[ 'people', 'distinct_exact', q{expression => 'u'} ],
	[ 'p95', 'percentile', q{expression => 'value', fraction => 0.95} ]);
our @base = map { $_->[0] } @metrics;
our @daily = qw(events amount score users p95 most);

# ---- tables

sub tables
{
	my ($rows) = @_;
	my $columns = q{id bigserial, at timestamptz, tenant text, kind text, country text, u int, value int, amount numeric(10,2), score float8};
	my $sql = q{SET client_min_messages = warning; CREATE EXTENSION analytics;};
	for my $t (@sources)
	{
		$sql .= $t eq 'parts'
			? "CREATE TABLE parts ($columns) PARTITION BY RANGE (at); CREATE TABLE parts_rest PARTITION OF parts DEFAULT;" . join('', map { partition($_) } months())
			: "CREATE TABLE $t ($columns);";
		$sql .= 'CREATE UNIQUE INDEX ON ' . ($t eq 'parts' ? 'parts (id, at);' : "$t (id);") . "CREATE INDEX ON $t (at);";
		$sql .= fill($t, $rows) . "SELECT analytics.add_source('$t', '$t', 'at', 'u', event => 'kind', tenant => 'tenant');";
		$sql .= "SELECT analytics.define_metric('${t}_$_->[0]', '$t', '$_->[1]', dimensions => '{kind,country,\"low = lower(country)\"}'"
			. ($_->[2] ? ", $_->[2]" : '') . ');' for @metrics;
		$sql .= "SELECT analytics.define_metric('${t}_share', NULL, 'formula', formula => '${t}_sent / ${t}_events * 100');";
	}
	return $sql . helpers();
}

sub months { return map { my $m = $_; [ month($m), month($m + 1) ] } -3 .. 2 }

sub month
{
	my ($m) = @_;
	return sprintf '%04d-%02d-01', 2026 + int(($m + 24) / 12) - 2, ($m + 24) % 12 + 1;
}

sub partition
{
	my ($from, $to) = @{ $_[0] };
	return "CREATE TABLE " . partition_name($from) . " PARTITION OF parts FOR VALUES FROM ('$from') TO ('$to');";
}

sub partition_name
{
	my ($name) = @_;
	$name =~ s/(\d+)-(\d+)-.*/parts_$1_$2/;
	return $name;
}

# A statement that inserts rows at random; most are of the last days, some are late or of any time at all.
sub fill
{
	my ($t, $rows) = @_;
	return "INSERT INTO $t (at, tenant, kind, country, u, value, amount, score) " . rows($rows) . ';';
}

sub rows
{
	my ($rows, $when) = @_;
	$when //= q{CASE WHEN random() < 0.001 THEN (ARRAY['infinity', '-infinity', '2020-02-29 12:00+00', '2031-07-01 00:00+00', NULL]::timestamptz[])[1 + floor(random() * 5)::int]
		WHEN random() < 0.15 THEN timestamptz '2026-03-01 00:00+00' - random() * interval '100 days'
		ELSE timestamptz '2026-03-01 00:00+00' - random() * random() * interval '10 days' END};
	return qq{SELECT $when,
		(ARRAY['a', 'b', 'c', 'd', NULL])[1 + floor(random() * random() * 5)::int], (ARRAY['sent', 'seen', 'late', NULL])[1 + floor(random() * 4)::int],
		(ARRAY['TW', 'tw', 'JP', 'a country with a name that is longer than anybody would want' || repeat('.', 200), NULL])[1 + floor(random() * random() * 5)::int],
		floor(random() * 3000)::int, CASE WHEN random() < 0.9 THEN floor(random() * 100)::int END, round((random() * 100)::numeric, 2),
		CASE WHEN random() < 0.9 THEN random() * 10 ^ floor(random() * 20) END FROM generate_series(1, $rows)};
}

our @rollups = ('plain_kept', map { ("${_}_hourly", "${_}_daily") } @sources);

sub rollups
{
	my ($t) = @_;
	my $all = join ',', map { "${t}_$_" } @base, 'share';
	my $some = join ',', map { "${t}_$_" } @daily;
	return "SELECT analytics.create_rollup('${t}_hourly', '$t', '1 hour', '{$all}', '{kind,country}', capture => '$capture{$t}');
		SELECT analytics.create_rollup('${t}_daily', '$t', '1 day', '{$some}', timezone => 'Asia/Taipei', capture => '$capture{$t}');"
		. ($t eq 'plain' ? kept() : '');
}

# Quarters of an hour serve every zone; they are kept for a while only.
sub kept { return q{SELECT analytics.create_rollup('plain_kept', 'plain', '15 minutes', '{plain_events,plain_mean,plain_users}', '{kind}', keep => '20 days', capture => 'xid');} }

# answers(query) is what a reader says, with whether a rollup had a part in it; compared(query) asks twice in the snapshot of
# its caller: it is STABLE, so both questions see the same.  Ranges that a dropped partition has left frozen have no raw answer.
# differences(rollup) compares its table with aggregates over the source.
sub helpers
{
	return <<'END';
CREATE FUNCTION answers(query text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE answer jsonb;
BEGIN
	EXECUTE 'SELECT jsonb_build_object(''rollup'', coalesce(bool_or(to_jsonb(q)->>''served_by'' LIKE ''%rollup%''), false),
		''said'', coalesce(bool_or(to_jsonb(q) ? ''served_by''), false), ''rows'', jsonb_agg(to_jsonb(q) - ''served_by'')) FROM (' || query || ') q' INTO answer;
	RETURN answer;
END$$;
CREATE FUNCTION frozen(of text, low timestamptz, high timestamptz) RETURNS bool LANGUAGE sql STABLE
	RETURN EXISTS (SELECT FROM analytics.rollup_frozen f JOIN analytics.rollups r ON r.name = f.rollup
		WHERE r.source = of AND f.start < high + interval '2 days' AND f.finish > low - interval '2 days');
CREATE FUNCTION compared(query text, of text, low timestamptz, high timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE routed jsonb; raw jsonb;
BEGIN
	IF frozen(of, low, high) THEN RETURN 'frozen'; END IF;
	PERFORM set_config('analytics.use_rollups', 'on', true);
	routed := answers(query);
	PERFORM set_config('analytics.use_rollups', 'off', true);
	raw := answers(query);
	PERFORM set_config('analytics.use_rollups', 'on', true);
	IF raw->>'rollup' = 'true' THEN RETURN 'DIFFERENT: use_rollups = off uses a rollup'; END IF;
	IF routed->'rows' IS DISTINCT FROM raw->'rows' THEN RETURN E'DIFFERENT\nrouted ' || routed::text || E'\nraw    ' || raw::text; END IF;
	RETURN CASE WHEN routed->>'rollup' = 'true' THEN 'rollup' WHEN routed->>'said' = 'true' THEN 'raw' ELSE 'unsaid' END;
END$$;
CREATE FUNCTION differences(of text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE r analytics.rollups; keys text := 'tenant, bucket'; wanted text; got text; where_frozen text;
BEGIN
	SELECT * INTO r FROM analytics.rollups WHERE name = of;
	SELECT concat_ws(', ', 'tenant', format(CASE WHEN r.granularity < '1 day' THEN 'date_bin(%3$L, at, ''2000-01-01'')' ELSE 'date_trunc(''day'', at, %2$L)' END || ' AS bucket', NULL, r.timezone, r.granularity),
			string_agg(format('%s AS %I', coalesce(CASE WHEN c.dimension IS NOT NULL THEN c.expression END,
				format(CASE c.kind WHEN 'count' THEN 'count(%s)' WHEN 'sum' THEN 'sum(%s)' WHEN 'min' THEN 'min(%s)' WHEN 'max' THEN 'max(%s)'
					WHEN 'exact_sum' THEN 'analytics.exact_sum_agg(%s)' WHEN 'hll' THEN 'analytics.hll_agg(%s)'
					WHEN 'distinct' THEN 'analytics.distinct_agg(%s)' WHEN 'quantile' THEN 'analytics.quantile_agg(%s)' END,
					coalesce(c.expression, '*')) || coalesce(' FILTER (WHERE ' || c.filter || ')', '')), c.column_name), ', ' ORDER BY c.position)),
		concat_ws(', ', 'tenant', 'bucket', string_agg(quote_ident(c.column_name), ', ' ORDER BY c.position)),
		concat_ws(', ', 'tenant', 'bucket', string_agg(quote_ident(c.column_name), ', ' ORDER BY c.position) FILTER (WHERE c.dimension IS NOT NULL))
	INTO wanted, got, keys FROM analytics.rollup_columns c WHERE c.rollup = of;
	where_frozen := format('bucket >= (SELECT covered FROM analytics.rollup_progress WHERE rollup = %1$L) AND NOT EXISTS (SELECT FROM analytics.rollup_frozen WHERE rollup = %1$L AND bucket < finish + interval ''1 day'' AND bucket > start - interval ''1 day'')', of);
	RETURN QUERY EXECUTE format($q$
		WITH wanted AS (SELECT %1$s FROM (SELECT * FROM %2$s WHERE isfinite(at)) e GROUP BY %3$s),
			w AS (SELECT wanted::text AS t FROM wanted WHERE %6$s),
			g AS (SELECT q::text AS t FROM (SELECT %4$s FROM %5$s WHERE isfinite(bucket)) q WHERE %6$s)
		SELECT 'not in the rollup: ' || t FROM (TABLE w EXCEPT ALL TABLE g) x
		UNION ALL SELECT 'only in the rollup: ' || t FROM (TABLE g EXCEPT ALL TABLE w) x$q$,
		wanted, r.source_relation, array_to_string(ARRAY(SELECT i FROM generate_series(1, array_length(string_to_array(keys, ', '), 1)) i), ', '),
		got, r.relation, where_frozen);
END$$;
END
}

# ---- a session: psql, told statement by statement

package Soak::Session;

# Connects; `settings` are of the session.  What it says comes with its errors, in order.
sub new
{
	my ($class, $connstr, @settings) = @_;
	pipe(my $out_read, my $out_write) or die $!;
	pipe(my $in_read, my $in_write) or die $!;
	my $pid = fork() // die $!;
	if (!$pid)
	{
		open STDIN, '<&', $in_read or POSIX::_exit(1);
		open STDOUT, '>&', $out_write or POSIX::_exit(1);
		open STDERR, '>&', $out_write or POSIX::_exit(1);
		close $_ for $in_read, $in_write, $out_read, $out_write;
		exec 'psql', '-XqAt', '-v', 'VERBOSITY=verbose', '-d', $connstr or POSIX::_exit(1);
	}
	close $in_read;
	close $out_write;
	$in_write->autoflush(1);
	my $self = bless { pid => $pid, in => $in_write, out => $out_read, n => 0, error => undef }, $class;
	$self->run($_) for 'SET client_min_messages = error', @settings;
	return $self;
}

# Runs statements and returns what came, without the last newline; {error} is the SQLSTATE and text of the first error, or
# undef.  undef comes back when the session has ended.
sub run
{
	my ($self, $sql) = @_;
	my ($mark, $text) = ('end of answer ' . ++$self->{n}, '');
	$self->{error} = undef;
	local $SIG{PIPE} = 'IGNORE';
	return $self->gone unless print { $self->{in} } "$sql\n;\n\\echo $mark\n";
	while (defined(my $line = readline $self->{out}))
	{
		if ($line eq "$mark\n") { chomp $text; return $text }
		$self->{error} //= $1 if $line =~ /^(?:psql:.*?)?(?:ERROR|FATAL|PANIC):\s+(.*)/;
		$text .= $line;
	}
	return $self->gone;
}

sub gone
{
	my ($self) = @_;
	$self->{error} //= 'gone';
	$self->{gone} = 1;
	return undef;
}

sub quit
{
	my ($self) = @_;
	close $self->{in};
	close $self->{out};
	waitpid $self->{pid}, 0;
}

package Soak;

# ---- questions

sub one_of { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }

sub quoted
{
	my ($text) = @_;
	return 'NULL' unless defined $text;
	$text =~ s/'/''/g;
	return "'$text'";
}

sub instant
{
	my ($ago) = @_;    # days before March
	my $s = int($ago * 24);
	return sprintf q{(timestamptz '2026-03-01 00:00+00' - interval '%d hours%s')}, $s, chance(0.2) ? ' ' . int(rand 60) . ' minutes' : '';
}

# A question at random: the query, and the range of time that it reads.
sub question
{
	my ($t) = @_;
	my $metric = chance(0.6) ? one_of(@daily) : one_of(@base, 'share');
	my $granularity = one_of(qw(hour day day week month));
	my $ago = $granularity eq 'hour' ? 1 + rand 4 : one_of(3, 10, 40, 120) * (0.3 + rand);
	my $days = $granularity eq 'hour' ? 1 + rand 2 : $ago * (0.3 + rand);
	my ($from, $to) = (instant($ago), instant($ago - $days));
	my $zone = one_of('Asia/Taipei', 'Asia/Taipei', 'UTC', 'UTC', 'America/New_York', chance(0.3) ? 'Asia/Kolkata' : 'Europe/London');
	my $filters = chance(0.5) ? undef : one_of(
		'{"kind": "sent"}', '{"kind": ["sent", "late"]}', '{"country": null}', '{"country": ["TW", null]}', '{"kind": "seen", "country": "JP"}',
		'{"low": "tw"}', '{"kind": {"gte": "s"}}');
	my $tenant = chance(0.5) ? undef : one_of(qw(a b c d nobody));
	my ($in, $as) = (quoted($filters), quoted($tenant));
	my $how = one_of(qw(series series series breakdown value compare dau wau read));
	my ($low, $high) = ($from, $to);
	my $sql;
	if ($how eq 'series')
	{
		my $fill = one_of(qw(zero none null locf));
		$sql = "SELECT * FROM analytics.time_series('${t}_$metric', $from, $to, '$granularity', '$zone', $in, NULL, '$fill', $as)";
	}
	elsif ($how eq 'breakdown')
	{
		my $by = one_of('{kind}', '{country}', '{kind,country}', '{low}');
		$sql = "SELECT * FROM analytics.time_series('${t}_$metric', $from, $to, 'day', '$zone', $in, '$by', 'none', $as)";
	}
	elsif ($how eq 'value')
	{
		$sql = "SELECT analytics.metric_value('${t}_$metric', $from, $to, $in, $as, '$zone')";
	}
	elsif ($how eq 'compare')
	{
		my $against = one_of(qw(year month week previous));
		my $by = chance(0.5) ? q{'day'} : 'NULL';
		$low = "$from - interval '400 days'";
		$sql = "SELECT * FROM analytics.compare('${t}_$metric', $from, $to, '$against', granularity => $by, timezone => '$zone', filters => $in, tenant => $as)";
	}
	elsif ($how eq 'read')
	{
		my $rollup = one_of('hourly', 'daily');
		my $kept = $rollup eq 'daily' ? one_of(@daily) : $metric;
		$in = 'NULL' if $rollup eq 'daily';
		$sql = read_rollup($t, $rollup, $kept, $from, $to, $in, $as);
	}
	else
	{
		my $by = chance(0.3) ? q{'kind'} : 'NULL';
		my $method = chance(0.7) ? 'approx' : 'exact';
		$low = "$from - interval '8 days'";
		$sql = "SELECT * FROM analytics.$how('$t', $from, $to, $by, '$method', NULL, '$zone', $as)";
	}
	return { sql => $sql, low => $low, high => $high, source => $t, how => $how };
}

sub read_rollup
{
	my ($t, $rollup, $metric, $from, $to, $filters, $tenant) = @_;
	return "SELECT analytics.metric_value('${t}_$metric', $from, $to, $filters, $tenant, 'Asia/Taipei')";
}

# Asks in one statement; returns what compared() says, or the error.
sub ask
{
	my ($session, $question) = @_;
	my $sql = sprintf 'SELECT compared(%s, %s, %s, %s)', quoted($question->{sql}), quoted($question->{source}), $question->{low}, $question->{high};
	my $said = $session->run($sql);
	return $session->{error} ? "error $session->{error}" : $said;
}

# ---- changes

# A range of ids, most of them of young rows.
sub ids
{
	my ($t, $n) = @_;
	my $last = "(SELECT last_value FROM ${t}_id_seq)";
	my $first = "$last - " . int(rand() * rand() * 20000);
	return sprintf 'id BETWEEN %s AND %s + %d', $first, $first, $n;
}

# One change at random, as SQL.  `folder` is where files for COPY may be written, `name` a word of this worker's own.
sub change
{
	my ($t, $folder, $name) = @_;
	my $what = rand 100;
	my $n = 1 + int(rand() * rand() * 60);
	my $columns = 'at, tenant, kind, country, u, value, amount, score';
	return "INSERT INTO $t ($columns) " . rows($n) if $what < 26;
	return "INSERT INTO $t ($columns) VALUES " . join ', ', map { row() } 1 .. 1 + int rand 3 if $what < 38;
	return copy($t, $folder, $name, $n, $columns) if $what < 46;
	return upsert($t, $n) if $what < 52;
	return "UPDATE $t SET at = at + (random() - 0.5) * interval '3 days' WHERE " . ids($t, $n) if $what < 57;
	return "UPDATE $t SET tenant = " . one_of(qw('a' 'b' NULL)) . ' WHERE ' . ids($t, $n) if $what < 61;
	return "UPDATE $t SET kind = " . one_of(qw('sent' 'late' NULL country)) . ' WHERE ' . ids($t, $n) if $what < 65;
	return "UPDATE $t SET value = value + 1, score = score / 3, u = u + 1 WHERE " . ids($t, $n) if $what < 71;
	return "UPDATE $t SET country = 'JP' WHERE tenant = 'c' AND at BETWEEN '2026-02-20' AND '2026-02-21'" if $what < 72;
	return "DELETE FROM $t WHERE " . ids($t, $n) if $what < 80;
	return "DELETE FROM $t WHERE tenant = 'd' AND at > '2026-02-28'" if $what < 81;
	return "DELETE FROM $t WHERE id < (SELECT last_value FROM ${t}_id_seq) - 25000" if $what < 84;
	return merge($t, $n) if $what < 90;
	return "INSERT INTO $t SELECT nextval('${t}_id_seq'), " . join(', ', map { "e.$_" } others($t)) . " FROM $t e WHERE " . ids($t, $n) if $what < 94;
	return "WITH d AS (DELETE FROM $t WHERE " . ids($t, $n) . " RETURNING *) INSERT INTO $t SELECT * FROM d" if $what < 96;
	return foreign_xid($t) if $what < 97.5;
	return 'UPDATE ' . $t . ' SET at = at WHERE ' . ids($t, $n) if $what < 98.5;
	return "SELECT pg_sleep(0.05)" if $what < 99.8 || $t eq 'parts' && chance(0.7);
	return "TRUNCATE $t; " . fill($t, 2000);
}

# The columns that a row brings along, `_x` of the events' transactions among them where the table has it.
sub others
{
	my ($t) = @_;
	my @columns = qw(at tenant kind country u value amount score);
	push @columns, '_x' if $capture{$t} eq 'xid';
	return @columns;
}

# A row whose transaction is said to be another.
sub foreign_xid
{
	my ($t) = @_;
	return "INSERT INTO $t (at, tenant) VALUES ('2026-02-27 12:00+00', 'a')" if $capture{$t} ne 'xid';
	my $xid = one_of(qw('3' '700' '999999999999' NULL));
	return one_of("INSERT INTO $t (at, tenant, kind, value, _x) VALUES ('2026-02-27 12:00+00', 'a', 'sent', 7, $xid)",
		"UPDATE $t SET _x = $xid WHERE " . ids($t, 3),
		"UPDATE $t SET _x = (SELECT _x FROM $t ORDER BY _x LIMIT 1) WHERE " . ids($t, 3));
}

sub row
{
	my $at = sprintf q{timestamptz '2026-03-01 00:00+00' - interval '%d seconds'}, rand() * rand() * 864000;
	$at = one_of(qw('infinity' '-infinity' NULL '1999-12-31' '2026-06-30')) if chance(0.005);
	return "($at, " . one_of(qw('a' 'a' 'b' 'c' NULL)) . ', ' . one_of(qw('sent' 'seen' 'late' NULL)) . ', ' . one_of(qw('TW' 'JP' NULL))
		. ', ' . int(rand 3000) . ', ' . one_of(int(rand 100), 'NULL') . ', ' . int(rand 1000) / 8 . ', ' . one_of(rand(), 'NULL', q{'1e300'}) . ')';
}

sub copy
{
	my ($t, $folder, $name, $n, $columns) = @_;
	my $file = "$folder/$name.copy";
	open my $f, '>', $file or die "$file: $!";
	for (1 .. $n)
	{
		my $second = int(rand() * rand() * 864000);
		printf $f "2026-02-%02d %02d:%02d:%02d+00\t%s\t%s\t%s\t%d\t%s\t%.2f\t%s\n", 28 - int($second / 86400), int($second / 3600) % 24, int($second / 60) % 60,
			$second % 60, one_of(qw(a b \N)), one_of(qw(sent seen \N)), one_of(qw(TW tw \N)), rand 3000, one_of(int(rand 100), '\N'), rand 100, rand() * 1e9;
	}
	close $f;
	chmod 0644, $file;
	return "COPY $t ($columns) FROM '$file'";
}

sub upsert
{
	my ($t, $n) = @_;
	my $key = $t eq 'parts' ? 'id, at' : 'id';
	my $list = join ', ', others($t);
	return "INSERT INTO $t (id, $list) SELECT id, $list FROM $t WHERE " . ids($t, $n)
		. " ON CONFLICT ($key) DO UPDATE SET value = coalesce(excluded.value, 0) + 1, country = " . one_of(qw('TW' excluded.kind));
}

sub merge
{
	my ($t, $n) = @_;
	return "MERGE INTO $t e USING (SELECT id, at, kind FROM $t WHERE " . ids($t, $n) . " UNION ALL SELECT nextval('${t}_id_seq'), timestamptz '2026-02-28 01:00+00', 'new') s"
		. " ON e.id = s.id AND (e.at = s.at) WHEN MATCHED AND s.kind = 'late' THEN DELETE WHEN MATCHED THEN UPDATE SET value = 5, tenant = 'b'"
		. " WHEN NOT MATCHED AND s.kind = 'new' THEN INSERT (id, at, tenant, kind) VALUES (s.id, s.at, 'c', 'sent')";
}

# Errors that a writer may meet: serialization, deadlock, uniqueness, a division by zero of its own, a partition that is gone.
our $expected = qr/^(40001|40P01|23505|22012|21000|57014|42703: column "?(?:e\.)?_x|55P03)/;

# One transaction of changes.  Returns a problem, or undef.  `asked` is called with what compared() says within it.
sub transaction
{
	my ($session, $t, $folder, $name, $asked) = @_;
	my $level = one_of(('READ COMMITTED') x 6, 'REPEATABLE READ', 'SERIALIZABLE');
	my @open;
	my $do = sub {
		my ($sql) = @_;
		$session->run($sql);
		return 1 unless $session->{error};
		return 0 if $session->{gone} || $session->{error} =~ $expected;
		$asked->("error $session->{error}", $sql);
		return 0;
	};
	return unless $do->("BEGIN ISOLATION LEVEL $level");
	# Who locks first takes the snapshot later: TRUNCATE and DDL change what older snapshots see.
	my $ok = !chance(0.3) || $do->("LOCK TABLE $t IN ROW EXCLUSIVE MODE");
	my $locked = $ok && chance(0.5) && $do->("LOCK TABLE $t IN ACCESS SHARE MODE");
	for my $step (1 .. 1 + int(rand() * rand() * 8))
	{
		last unless $ok;
		if (chance(0.15)) { push @open, "s$step"; $ok &&= $do->("SAVEPOINT s$step"); }
		$ok &&= $do->(change($t, $folder, $name));
		if ($ok && $locked && chance(0.1))
		{
			my $question = question($t);
			my $said = ask($session, $question);
			$asked->($said, $question->{sql}, "in a transaction that changes, $level");
			$ok = 0 if $said =~ /^error/;
		}
		$ok &&= $do->(one_of('ROLLBACK TO ', 'RELEASE ') . pop @open) if @open && chance(0.4);
		$ok &&= $do->('SELECT pg_sleep(' . (chance(0.03) ? rand 2 : rand 0.02) . ')') if chance(0.2);
	}
	return finish($session, $ok, $name, $do);
}

sub finish
{
	my ($session, $ok, $name, $do) = @_;
	return if $session->{gone};
	my $end = rand 100;
	return $session->run('ROLLBACK') if !$ok || $end < 12;
	return $do->('SELECT 1/0') || $session->run('ROLLBACK') if $end < 15;
	return $do->("PREPARE TRANSACTION '$name " . int(rand 1e9) . "'") || $session->run('ROLLBACK') if $end < 20;
	return $do->('COMMIT');
}

1;

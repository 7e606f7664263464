# What was exported, judged by other people's programs against the table itself: every kind of column with every nasty value in
# every format (openpyxl, LibreOffice, poppler, cmark-gfm, parsers of HTML, CSV, JSON and XML: export_judge.py); totals, cards,
# computed columns and pivots against SQL's own aggregates; sheets and cards of one snapshot while others write; and that whatever
# happens to the helper of any format, there is an error with its reason, and nothing is left behind.
# ANALYTICS_HEAVY=1 adds what takes minutes: memory and time of large files, and values of more than a gigabyte.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

chomp(my $bindir = `pg_config --bindir`);
plan skip_all => 'the render helper is not installed' unless -e "$bindir/analytics-render";

my $here = dirname(abs_path(__FILE__));
my $dir = abs_path(PostgreSQL::Test::Utils::tempdir_short);
my $node = PostgreSQL::Test::Cluster->new('export_judges');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "session_preload_libraries = 'analytics'\ntimezone = 'Asia/Taipei'\nextra_float_digits = 1\nclient_min_messages = error");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION analytics');
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

sub judge
{
	my ($what) = @_;
	my ($out, $err) = run_command([ '/usr/bin/python3', '-W', 'ignore', "$here/export_judge.py", $what, $dir ]);
	is($out . $err, '', "judged: $what");
}

# ---- every value in every format

$node->safe_psql('postgres', slurp_file("$here/export_nasty.sql"));
my $as_text = $node->safe_psql('postgres', q{SELECT string_agg(CASE WHEN attname = 'id' THEN 'id' ELSE format('%1$I::text AS %1$I', attname) END, ', ' ORDER BY attnum)
	FROM pg_attribute WHERE attrelid = 'nasty'::regclass AND attnum > 0});
my $lines = q{WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')};
my $nasty = 'SELECT * FROM nasty ORDER BY id';
$node->safe_psql('postgres', qq{COPY (SELECT row_to_json(x) FROM (SELECT $as_text FROM nasty ORDER BY id) x) TO '$dir/expected.jsonl' $lines;
	COPY (SELECT row_to_json(x) FROM ($nasty) x) TO '$dir/json.jsonl' $lines;
	SELECT analytics.export_file('$nasty', '$dir/nasty.' || f, f) FROM unnest(ARRAY['xlsx', 'html', 'json', 'ndjson', 'markdown', 'csv_excel']) f;
	SELECT analytics.export_file('$nasty', '$dir/raw.csv_excel', 'csv_excel', '{"escape_formulas": false}');
	SELECT analytics.export_file('SELECT t FROM nasty ORDER BY id', '$dir/words.pdf', 'pdf', '{"columns": {"t": {"wrap": true}}}')});
judge('cells');

# What a workbook shows in LibreOffice, HTML, Markdown and PDF show too.
$node->safe_psql('postgres', qq{
	CREATE TABLE shown AS SELECT i, v AS a, v AS b, v AS c, v AS e, v AS f, v AS g, v AS h, v / 100 AS p, v AS q, v AS x, i AS k, time '13:05:09' AS tm,
		date '2026-01-31' + i::int * 37 AS d, date '2026-01-31' + i::int * 37 AS d2, timestamp '2026-01-31 13:05:09.4' + i * interval '31:33:21' AS ts, timestamp '2026-01-31 13:05:09.4' + i * interval '31:33:21' AS ts2
	FROM unnest(ARRAY[0, 1, -1, 0.5, -0.5, 1.5, 2.5, 0.005, 0.015, -0.045, 1.005, 2.675, 0.125, 1234.5, 1234567.891, -9876543.21, 999.995, 999999.5, 0.1, 1e-7, 123456789012, 1e14, 0.3,
		33.3333333333333, 66.6666666666667, 1e-5, 12345.678901234, 100, 1e11, 1e10, 12345678901.5, 0.00001234, -0.001]::float8[]) WITH ORDINALITY AS x(v, i);
	SELECT analytics.export_file('SELECT * FROM shown ORDER BY i', '$dir/shown.' || f, f, '{"orientation": "landscape", "columns": {"i": {"format": "0"}, "a": {"format": "#,##0.00"}, "b": {"format": "0.0"},
		"c": {"format": "#,##0"}, "e": {"format": "0.00E+00"}, "f": {"format": "#,##0.00;[Red]-#,##0.00"}, "g": {"format": "\\"NT\$\\" #,##0"}, "h": {"format": "0.0##"}, "k": {"format": "000"},
		"d": {"format": "yyyy-mm-dd"}, "d2": {"format": "mmm d, yyyy"}, "ts": {"format": "yyyy-mm-dd hh:mm:ss"}, "ts2": {"format": "m/d/yy h:mm AM/PM"}, "tm": {"format": "hh:mm"}, "p": {"format": "0.0%"},
		"q": {"format": "#,##0,\\"k\\""}, "x": {"format": "(0.0);[Blue](-0.0);\\"zero\\""}}}')
	FROM unnest(ARRAY['xlsx', 'pdf', 'html', 'markdown']) f});

# Formulas of a workbook, computed anew, give what the server computed: with nothing, NaN and numbers of too many digits among the operands.
$node->safe_psql('postgres', qq{
	CREATE TABLE computed AS SELECT * FROM (VALUES (1, 10::numeric, 2::float8, 4::bigint, 1::bigint), (2, NULL, 2, 1, 2), (3, 5, 0, 1, 1234567890123456), (4, 5, 'NaN', 2, -1234567890123400), (5, 'Infinity', 1, 2, 0),
		(6, 12345678901234567890, 3, 9007199254740993, 7000000000000), (7, -1.5, -2, 0, 9), (8, 0, 5, -3, 1), (9, 'NaN', NULL, NULL, NULL)) x(id, a, b, c, e);
	SELECT analytics.export_file('SELECT * FROM computed ORDER BY id', '$dir/computed.' || f, f, '{"columns": [{"name": "id", "format": "0", "total": "sum"}, {"name": "a", "format": "0"}, {"name": "b", "format": "0.0", "total": "count"},
		{"name": "c", "format": "0", "total": "max"}, {"name": "e", "format": "0", "total": "sum"}, {"name": "q", "formula": "a / b", "format": "0.000", "total": "avg"}, {"name": "m", "formula": "-(a - c) * 2 + 1", "format": "0.00", "total": "min"},
		{"name": "z", "formula": "q + m", "format": "0.00"}, {"name": "k", "formula": "3", "format": "0", "total": "count"}, {"name": "y", "formula": "c / e", "format": "0.0", "total": "formula"}]}')
	FROM unnest(ARRAY['xlsx', 'pdf', 'html', 'markdown']) f});
judge('shown');

# ---- what is computed, against SQL

$node->safe_psql('postgres', q{CREATE TABLE sales AS SELECT i, (i * 7919 % 1000)::bigint * 1000000007 AS big, ((i * 31 % 997) / 8.0)::numeric(12,3) AS n, sqrt(i) AS f, sin(i)::real AS r, date '2026-01-01' + i % 90 AS d,
	'k' || i % 5 AS k, CASE WHEN i % 7 > 0 THEN i % 50 END AS part FROM generate_series(1, 5000) i; ANALYZE sales});
my %expected;
@expected{qw(big n f d part k rate avg least greatest)} = split /\|/, $node->safe_psql('postgres', q{SELECT sum(big), trim_scale(sum(n)), sum(f), max(d), avg(part), count(k), sum(n)::float8 / sum(big)::float8, avg(n), min(r), max(i) FROM sales});
my $document = JSON::PP->new->allow_bignum->decode($node->safe_psql('postgres', q{SELECT convert_from(analytics.export('SELECT big, n, f, d, part, k, r, i, n AS n2 FROM sales', 'json', '{
	"columns": [{"name": "big", "total": "sum"}, {"name": "n", "total": "sum"}, {"name": "f", "total": "sum"}, {"name": "d", "total": "max"}, {"name": "part", "total": "avg"}, {"name": "k", "total": "count"},
		{"name": "rate", "formula": "n / big", "total": "formula"}, {"name": "n2", "total": "avg"}, {"name": "r", "total": "min"}, {"name": "i", "total": "max"}],
	"cards": [{"label": "a", "value": "sum(n)"}, {"label": "b", "value": "count(*) FILTER (WHERE part IS NULL)"}, {"label": "c", "value": "sum(n) / nullif(0, 0)"}]}'), 'UTF8')}));
my $totals = $document->{sheets}[0]{totals};
is("$totals->{$_->[0]}", $expected{ $_->[1] }, "total of $_->[0]") for [qw(big big)], [qw(n n)], [qw(d d)], [qw(k k)], [qw(i greatest)], [qw(r least)];
cmp_ok(abs($totals->{ $_->[0] } / $expected{ $_->[1] } - 1), '<', 1e-12, "total of $_->[0]") for [qw(f f)], [qw(part part)], [qw(rate rate)], [qw(n2 avg)];
is_deeply([ map { defined $_->{value} ? "$_->{value}" : undef } @{ $document->{sheets}[0]{cards} } ], [ $expected{n}, 714, undef ], 'cards');
my $pivot = q{SELECT d, k, sum(n) AS v FROM sales GROUP BY 1, 2 ORDER BY 1, 2};
is($node->safe_psql('postgres', qq{SELECT count(*), count(*) FILTER (WHERE NOT (j->>'k0' IS NOT DISTINCT FROM s.k0::text AND j->>'k4' IS NOT DISTINCT FROM s.k4::text)) FROM
	jsonb_array_elements(convert_from(analytics.export('$pivot', 'json', '{"pivot": {"columns": "k", "value": "v"}}'), 'UTF8')::jsonb) j
	FULL JOIN (SELECT d, sum(n) FILTER (WHERE k = 'k0') AS k0, sum(n) FILTER (WHERE k = 'k4') AS k4 FROM sales GROUP BY 1) s ON (j->>'d')::date = s.d}), '90|0', 'pivot');

# ---- cards, formats and names are data: nothing of them runs, and no card shifts another

sub refused
{
	my ($name, $options, $error) = @_;
	$options =~ s/'/''/g;
	my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT analytics.export('SELECT 1 AS a', 'json', '$options')");
	like($err, $error, $name);
}
refused('a comment over two cards', '{"cards": [{"label": "a", "value": "1 /*"}, {"label": "b", "value": "*/ + 2"}]}', qr/ERROR:  42601: unterminated/);
refused('two values in a card', '{"cards": [{"label": "a", "value": "1), (2"}]}', qr/22023: cards\[0\]\.value "1\), \(2" is not one expression/);
refused('a card with a source of its own', '{"cards": [{"label": "a", "value": "1) FROM (SELECT 1"}]}', qr/ERROR:  (42601|22023): /);
refused('a statement behind a card', '{"cards": [{"label": "a", "value": "1); CREATE TABLE hacked (); SELECT (2"}]}', qr/22023: cards\[0\]\.value .* is not one expression/);
refused('a card of several rows', '{"cards": [{"label": "a", "value": "generate_series(1, 2)"}]}', qr/21000: the cards of "the sheet" give 2 rows/);
refused('a delimiter that is none', '{"columns": {"a": {"format": "0\\"><script>"}}}', qr/22023: columns\.a\.format .* is not a number format/);
like(($node->psql('postgres', q{SELECT analytics.export('DELETE FROM sales', 'json')}))[2], qr/does not return rows/, 'no query that writes');
like(($node->psql('postgres', q{SELECT analytics.export('WITH x AS (DELETE FROM sales RETURNING 1) SELECT * FROM x', 'json')}))[2], qr/changes or locks rows/, '... nor one that hides it');
$node->safe_psql('postgres', q{CREATE ROLE alice LOGIN; GRANT USAGE ON SCHEMA analytics TO alice; CREATE TABLE secret AS SELECT 'alice'::name AS owner, 1 AS n UNION ALL SELECT 'bob', 2;
	ALTER TABLE secret ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON secret USING (owner = current_user); GRANT SELECT ON secret TO alice; CREATE TABLE hidden (a int)});
is($node->safe_psql('postgres', q{SELECT convert_from(analytics.export('SELECT n FROM secret', 'json', '{"cards": [{"label": "sum", "value": "sum(n) + (SELECT count(*) FROM secret)"}]}'), 'UTF8')::json #>> '{sheets,0,cards,0,value}'},
	extra_params => [ '-U', 'alice' ]), 2, 'a card sees the rows of its caller alone');
like(($node->psql('postgres', q{SELECT analytics.export('SELECT 1 AS a', 'json', '{"cards": [{"label": "x", "value": "(SELECT count(*) FROM hidden)"}]}')}, extra_params => [ '-U', 'alice' ]))[2],
	qr/permission denied for table hidden/, '... with the rights of its caller');

# ---- one snapshot for cards and all sheets, while others write

my $gate = $node->background_psql('postgres');
$gate->query_safe('SELECT pg_advisory_lock(1)');
$node->safe_psql('postgres', q{CREATE TABLE events AS SELECT i FROM generate_series(1, 100) i;
	SELECT analytics.define_report('snapshot', '{"sheets": [
		{"name": "one", "query": "SELECT i, CASE WHEN i = 1 THEN pg_advisory_xact_lock(1)::text END AS gate FROM events", "columns": [{"name": "i", "total": "count"}], "cards": [{"label": "n", "value": "count(*)"}]},
		{"name": "two", "query": "SELECT count(*) AS n FROM events", "cards": [{"label": "n", "value": "sum(n)"}]}]}')});

sub start_session
{
	my @commands = map { ('-c', $_) } @_;
	my %session = (out => '', err => '');
	$session{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres') . ' application_name=victim', @commands ],
		'<', \undef, '>', \$session{out}, '2>', \$session{err});
	return \%session;
}
sub waits { return $node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'}); }
sub backend { return $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'}); }
sub helper { my ($out) = run_command([ 'ps', '-o', 'pid=', '--ppid', $_[0] ]); $out =~ s/\s//g; return $out; }

my $session = start_session(q{SELECT convert_from(analytics.run_report('snapshot', '{}', 'json'), 'UTF8')});
waits();
$node->safe_psql('postgres', 'INSERT INTO events SELECT generate_series(101, 150)');
$gate->query_safe('SELECT pg_advisory_unlock(1)');
$session->{run}->finish;
my $sheets = JSON::PP->new->decode($session->{out})->{sheets};
is_deeply([ scalar @{ $sheets->[0]{rows} }, $sheets->[0]{totals}{i}, $sheets->[1]{rows}[0]{n}, map { $_->{cards}[0]{value} } @$sheets ], [ (100) x 5 ], 'cards, totals and sheets of one moment');

# ---- the helper of any format, killed, crashed and stopped; a query that fails; no fonts

sub files { my ($in) = @_; opendir(my $h, $in) or return (); return sort grep { !/^\.\.?$/ } readdir $h; }
mkdir "$dir/out";
append_to_file("$dir/out/target", 'former');

sub untouched
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply([ slurp_file("$dir/out/target"), [ files("$dir/out") ], [ files($node->data_dir . '/base/pgsql_tmp') ], $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()') ],
		[ 'former', ['target'], [], $started ], "$name: the file is whole, nothing is left, the server ran on");
}
my $options = '{"charts": [{"type": "line", "x": "i", "y": "i"}]}';
for my $format (qw(xlsx pdf html svg png))
{
	my $query = 'SELECT i, CASE WHEN i = 500 THEN pg_advisory_xact_lock(1)::text END AS gate FROM generate_series(1, 3000) i';
	for my $signal (qw(SEGV KILL STOP))
	{
		$gate->query_safe('SELECT pg_advisory_lock(1)');
		$session = start_session($signal eq 'STOP' ? "SET statement_timeout = '1s'" : (), "SELECT analytics.export_file('$query', '$dir/out/target', '$format', '$options')");
		waits();
		my $helper = helper(backend());
		kill $signal, $helper;
		$gate->query_safe('SELECT pg_advisory_unlock(1)');
		$session->{run}->finish;
		like($session->{err}, $signal eq 'STOP' ? qr/57014: canceling statement due to statement timeout/ : qr/38000: program "analytics-render" failed\nDETAIL:  The child process was terminated by signal/, "$format: $signal");
		ok(!kill(0, $helper), "$format, $signal: the helper is gone");
		untouched("$format, $signal");
	}
	my (undef, undef, $err) = $node->psql('postgres', "SELECT analytics.export_file('SELECT 1 / (2500 - i) AS i FROM generate_series(1, 3000) i', '$dir/out/target', '$format', '$options')");
	like($err, qr/division by zero/, "$format: a query that fails");
	untouched("$format, query");
	for my $megabytes (1, 8, 24, 40, 60, 100, 191)
	{
		(undef, undef, $err) = $node->psql('postgres', "SET analytics.export_memory_limit = '${megabytes}MB'; SELECT length(analytics.export('SELECT i FROM generate_series(1, 100) i', '$format', '$options'))");
		ok($err eq '' ? $format !~ /pdf|png/ : $err =~ /out of memory|too little for fonts/, "$format in $megabytes MB") or diag $err;
	}
	untouched("$format, memory");
}

# Memory that does not grow, and what is too large for a bytea.
sub peak
{
	my ($format, $n, $more) = @_;
	my ($kb, $began) = (0, time);
	my $query = "SELECT i, i * 1.5::numeric(12, 2) AS n, CASE WHEN i = 1 THEN pg_advisory_xact_lock_shared(1)::text ELSE md5(i::text) END AS t FROM generate_series(1, $n) i";
	$gate->query_safe('SELECT pg_advisory_lock(1)');
	my $large = start_session("SELECT analytics.export_file('$query', '$dir/large', '$format', '$more')");
	waits();
	my @pids = (backend(), helper(backend()));
	$gate->query_safe('SELECT pg_advisory_unlock(1)');
	my @peak = (0, 0);
	while ($large->{run}->pumpable)
	{
		for my $i (0, 1)
		{
			open(my $status, '<', "/proc/$pids[$i]/status") or next;
			my ($now) = join('', <$status>) =~ ($i ? qr/VmHWM:\s+(\d+)/ : qr/RssAnon:\s+(\d+)/);
			$peak[$i] = $now if defined $now && $now > $peak[$i];
		}
		$large->{run}->pump_nb;
		select(undef, undef, undef, 0.05);
	}
	$large->{run}->finish;
	unlink "$dir/large";
	note sprintf('%s, %d rows: %d s, backend %d kB, helper %d kB', $format, $n, time - $began, @peak);
	is($large->{err}, '', "$format of $n rows");
	return @peak;
}
if ($ENV{ANALYTICS_HEAVY})
{
	my $sum = '{"columns": {"n": {"total": "sum"}}}';
	for my $case ([ 'xlsx', 3000000, 64 ], [ 'pdf', 100000, 128 ], [ 'html', 1000000, 64 ])
	{
		my ($format, $n, $megabytes) = @$case;
		my ($backend, $helper) = peak($format, $n, $sum);
		cmp_ok($backend, '<', 16 * 1024, "$format: the backend stays small");
		cmp_ok($helper, '<', $megabytes * 1024, "$format: the helper stays below $megabytes MB");
	}
	for my $format (qw(csv_excel json))
	{
		like(($node->psql('postgres', "SELECT length(analytics.export('SELECT repeat(''x'', 1000000) AS t FROM generate_series(1, 1100) i', '$format'))"))[2],
			qr/exceeds the limit of 1073741819 bytes for bytea\nHINT:  Use COPY or analytics\.export_file/, "$format of more than a gigabyte");
	}
	untouched('heavy');
}

# The sums of numerics leave nothing behind in the backend: what is read in the last row is its size then.
$node->safe_psql('postgres', 'CREATE TABLE numerics AS SELECT i, (i % 1000) / 8.0 AS n FROM generate_series(1, 200000) i');
$node->safe_psql('postgres', qq{SELECT analytics.export_file(\$\$SELECT n, CASE WHEN i IN (1000, 200000) THEN substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\\s+(\\d+)') END AS kb FROM numerics ORDER BY i\$\$,
	'$dir/numerics.ndjson', 'ndjson', '{"columns": {"n": {"total": "sum"}}}')});
my @kb = slurp_file("$dir/numerics.ndjson") =~ /"kb":"(\d+)"/g;
cmp_ok($kb[1] - $kb[0], '<', 3000, 'a total of numerics needs no memory for each row');

# A server without fonts, and without a home.
{
	mkdir "$dir/fonts";
	append_to_file("$dir/fonts.conf", "<?xml version=\"1.0\"?>\n<fontconfig><dir>$dir/fonts</dir><cachedir>$dir/fonts</cachedir></fontconfig>\n");
	$gate->quit;
	local $ENV{FONTCONFIG_FILE} = "$dir/fonts.conf";
	local $ENV{HOME};
	delete $ENV{HOME};
	$node->restart;
	$started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
	for my $format (qw(pdf png))
	{
		my (undef, $out, $err) = $node->psql('postgres', "SET client_min_messages = warning; SELECT analytics.export_file('SELECT i FROM generate_series(1, 10) i', '$dir/out/target', '$format', '$options')");
		like($err, qr/(WARNING|DETAIL): .*fonts-/, "$format without fonts: a package is named");
		unlike($err, qr/38000|terminated by signal/, "$format without fonts: no crash");
	}
	is($node->safe_psql('postgres', "SELECT length(analytics.export('SELECT i FROM generate_series(1, 10) i', f, '$options')) > 500 FROM unnest(ARRAY['xlsx', 'html', 'svg']) f"), "t\nt\nt", 'other formats need none');
}

$node->stop;
done_testing();

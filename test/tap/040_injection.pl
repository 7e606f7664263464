# Text from outside never becomes SQL (reliability B6).
#
# Every payload of lib/Injection.pm goes to every place that takes text, twice: with string literals as the standard
# has them, and with backslash escapes in all of them.  Proven: each is refused with a code that the place names, or
# is data and gives the right answer; the table canary stays, canary_touch() is never called and no command of
# DDL runs, not even one that is rolled back (sequences keep what a rollback takes away); no file appears; and
# in the log, with nested statements and their plans, nothing names the canary outside of a literal or a quoted
# identifier, and no statement is of a shape that we do not know.
# Then: tables and columns whose names are payloads work as sources; and a search path with hostile functions
# and operators, as well as temporary tables of our catalog's names, are never looked at.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Encode qw(decode_utf8 encode_utf8);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Injection;

my $node = PostgreSQL::Test::Cluster->new('injection');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_stat_statements'
session_preload_libraries = 'auto_explain'
auto_explain.log_min_duration = 0
auto_explain.log_nested_statements = on
auto_explain.log_timing = off
log_statement = all
log_duration = off
pg_stat_statements.track = all
pg_stat_statements.max = 50000
statement_timeout = 300s
timezone = 'UTC'
CONF
$node->start;

my $mark = PostgreSQL::Test::Utils::tempdir() . '/mark';
my @payloads = Injection::payloads($mark);
cmp_ok(scalar(@payloads), '>=', 70, 'there are many payloads');

sub literal
{
	my $text = shift;

	return 'NULL' unless defined $text;
	$text =~ s/'/''/g;
	return "'$text'";
}

sub run_sql
{
	my ($sql, %params) = @_;
	my $out = $node->safe_psql('postgres', encode_utf8($sql), %params);

	return decode_utf8($out);
}

run_sql(<<'SQL');
CREATE EXTENSION analytics;
CREATE EXTENSION pg_stat_statements;
CREATE TABLE shop (at timestamptz NOT NULL, who text, kind text, provider text, tenant text, amount numeric);
CREATE TABLE canary (id int, secret text);
INSERT INTO canary VALUES (1, 'untouched');
CREATE SEQUENCE touched;
CREATE SEQUENCE ddl_seen;
CREATE FUNCTION canary_touch() RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT nextval('public.touched')::int $$;
CREATE FUNCTION canary_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('public.touched'); RETURN NULL; END $$;
CREATE TRIGGER canary_row BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON canary EXECUTE FUNCTION canary_row();
CREATE FUNCTION shady_operator(numeric, int) RETURNS numeric LANGUAGE sql VOLATILE AS $$ SELECT public.canary_touch()::numeric $$;
CREATE OPERATOR public.@#@ (LEFTARG = numeric, RIGHTARG = int, FUNCTION = shady_operator);
CREATE TYPE shady AS (a int);
CREATE FUNCTION shady_cast(text) RETURNS shady LANGUAGE sql VOLATILE AS $$ SELECT ROW(public.canary_touch())::public.shady $$;
CREATE CAST (text AS shady) WITH FUNCTION shady_cast(text);

SELECT analytics.add_source('shop', 'shop', 'at', 'who', event => 'kind', tenant => 'tenant');
SELECT analytics.add_source('spare', 'shop', 'at', 'who');
SELECT analytics.define_metric('orders', 'shop', 'count', dimensions => ARRAY['provider', 'amount']);

CREATE TABLE attempts (n int GENERATED ALWAYS AS IDENTITY, place text, template text, later text, payload text);
CREATE TABLE outcomes (n int, state text, answer text);
CREATE FUNCTION attempt(n int, template text, later text, payload text, OUT state text, OUT answer text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE template INTO answer USING payload, n;
	IF later IS NOT NULL THEN
		EXECUTE later INTO answer USING payload, n;
	END IF;
	state := 'ok';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, answer = MESSAGE_TEXT;
END $$;
CREATE FUNCTION ddl_seen() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('public.ddl_seen'); END $$;
SQL

# One event for each payload, in every column that takes text; and a plain one.
run_sql("INSERT INTO shop VALUES " . join(', ',
	map { my $p = literal($_); "('2026-01-01 12:00+00', $p, $p, $p, $p, 5)" } @payloads, 'plain'));

# What must not change: objects, roles, databases, definitions that are not an attempt's, the canary.
my $fingerprint = <<'SQL';
SELECT (SELECT string_agg(oid::text || relname, ',' ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
	(SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_authid), (SELECT count(*) FROM pg_database),
	(SELECT count(*) FROM pg_largeobject_metadata), (SELECT string_agg(s::text, ',' ORDER BY name) FROM analytics.sources s WHERE name = 'shop'),
	(SELECT string_agg(m::text, ',' ORDER BY name) FROM analytics.metrics m WHERE name = 'orders'),
	(SELECT count(*) FROM analytics.metrics WHERE name !~ '^m[0-9]+$'), (SELECT count(*) FROM analytics.sources WHERE name !~ '^s[0-9]+$'),
	(SELECT string_agg(c::text, ',') FROM canary c), (SELECT is_called FROM touched), (SELECT is_called FROM ddl_seen),
	(SELECT count(*) FROM shop), current_user
SQL
run_sql('CREATE EVENT TRIGGER ddl_seen ON ddl_command_start EXECUTE FUNCTION ddl_seen()');
my $before = run_sql($fingerprint);
like($before, qr/untouched.*\|f\|f\|/, 'the canary is there, and nothing has touched it');
# It must be able to sing: each kind of harm is seen, also after a rollback.
run_sql('BEGIN; SELECT canary_touch(); ROLLBACK; BEGIN; DROP TABLE canary; ROLLBACK');
like(run_sql($fingerprint), qr/untouched.*\|t\|t\|/, 'a call and a command are seen although they were rolled back');
run_sql(q{SELECT setval('touched', 1, false), setval('ddl_seen', 1, false)});
run_sql('SELECT pg_stat_statements_reset()');

my @log_parts;

# Runs places x payloads in one session with these settings, and returns what failed as texts.
sub attack
{
	my ($settings, $payloads, @places) = @_;
	my @failures;
	my @values;

	run_sql('TRUNCATE attempts, outcomes');
	for my $place (@places)
	{
		my ($name, $template, $codes, $answer, $later) = @$place;
		push @values, '(' . join(', ', map { literal($_) } $name, $template, $later, $_) . ')' for @$payloads;
	}
	run_sql('INSERT INTO attempts (place, template, later, payload) VALUES ' . join(', ', @values));

	my $from = -s $node->logfile;
	run_sql("$settings INSERT INTO outcomes SELECT a.n, o.* FROM (SELECT * FROM attempts ORDER BY n) a, "
		. 'LATERAL attempt(a.n, a.template, a.later, a.payload) o');
	push @log_parts, [ $from, -s $node->logfile ];

	my %place = map { $_->[0] => $_ } @places;
	my $n = 0;
	# Hexadecimal, as payloads have newlines and bars.
	for my $line (split /\n/, run_sql(q{SELECT a.place, o.state, encode(convert_to(a.payload, 'UTF8'), 'hex'),
		encode(convert_to(coalesce(left(o.answer, 200), ''), 'UTF8'), 'hex') FROM attempts a LEFT JOIN outcomes o USING (n) ORDER BY n}))
	{
		my ($name, $state, $payload, $got) = split /\|/, $line, -1;
		my (undef, undef, $codes, $answer) = @{ $place{$name} };
		my $good;

		$n++;
		($payload, $got) = map { decode_utf8(pack('H*', $_)) } $payload, $got;
		if (defined $answer)
		{
			$good = $state eq 'ok' && $got eq $answer;
		}
		else
		{
			my $harmless = $Injection::benign{$payload} || ($Injection::words_at{$name} && $payload =~ /^\w+$/);

			$good = $state eq 'ok' ? $harmless : grep { $_ eq $state } @$codes;
		}
		# As bytes: the test framework dies of a wide character in what it prints.
		push @failures, encode_utf8(sprintf('%s <- %.60s: %s %.100s', $name, $payload, $state, $got)) unless $good;
	}
	is($n, @places * @$payloads, 'every attempt has its outcome');
	return @failures;
}

my @definers = Injection::definers();
my @readers = Injection::readers();
my $attempts = 2 * @payloads * (@definers + @readers);
cmp_ok($attempts, '>=', 200, "$attempts attempts");

for my $scs ('on', 'off')
{
	my $settings = "SET standard_conforming_strings = $scs; SET escape_string_warning = off; SET backslash_quote = on;";

	run_sql(q{DELETE FROM analytics.metrics WHERE name <> 'orders'; DELETE FROM analytics.sources WHERE name ~ '^s[0-9]+$'});
	# With backslash escapes, a literal that was quoted without them means something else: leave those out.
	my @failures = attack($settings, \@payloads, grep { $scs eq 'on' || !defined $_->[4] || $_->[0] !~ /^literal/ } @definers);
	is(join("\n", @failures), '', "definitions refuse or keep them (standard_conforming_strings = $scs)");
	run_sql(q{DELETE FROM analytics.metrics WHERE name <> 'orders'});
	@failures = attack($settings, \@payloads, @readers);
	is(join("\n", @failures), '', "readers refuse them or take them as data (standard_conforming_strings = $scs)");
}

my $sum = q{SELECT analytics.define_metric('m'||$2, 'shop', 'sum', expression => $1, filter => 'provider = ''plain''')};
my @failures = attack('', [ Injection::refused_expressions() ],
	[ 'expression', $sum, [qw(0A000 42601 42703 42704 42804 42803 42809 42846 42883 42P01 42P17 42P20)] ]);
is(join("\n", @failures), '', 'an expression that is not one of a single row is refused');

for my $case (Injection::accepted_expressions())
{
	my ($text, $answer) = @$case;

	run_sql("SELECT analytics.define_metric('odd', 'shop', 'sum', expression => " . literal($text) . ", filter => 'provider = ''plain''', replace => true)");
	is(run_sql(q{SELECT analytics.metric_value('odd', '2026-01-01', '2026-01-02')}), $answer, sprintf('%.50s means what it says', $text =~ s/\s+/ /gr));
}
unlike(run_sql(q{SELECT expression FROM analytics.metrics WHERE name = 'odd'}), qr/--/, 'no comment is kept');
run_sql(q{SELECT analytics.drop_metric('odd')});

# Zones that PostgreSQL itself would take, as hours east or west of Greenwich.
for my $zone ('Europe/Berlin2', 'Asia/Kolkata5', 'day 1', "1'", 'pg_sleep(60)', 'Etc/GMT+99')
{
	my ($ret, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT analytics.metric_value('orders', '2026-01-01', '2026-01-02', timezone => " . literal($zone) . ')');

	like($err, qr/ERROR:  22023: time zone .* not recognized/, "$zone is no time zone");
}
for my $zone ('Europe/Berlin', 'europe/berlin', 'Etc/GMT+8', 'EST5EDT', 'UTC+8', '<+0330>-3:30', 'CET-1CEST,M3.5.0/2,M10.5.0/3', 'UTC', 'America/Argentina/Buenos_Aires', 'America/Port-au-Prince')
{
	is(run_sql("SELECT analytics.metric_value('orders', '2026-01-01', '2026-01-02', '{\"provider\": \"plain\"}', timezone => " . literal($zone) . ')'), '1', "$zone is one");
}

my $after = run_sql($fingerprint);
is($after, $before, 'nothing was touched, called, created or dropped');
ok(!-e $mark, 'no file was made');

# The log: literals and quoted identifiers are data; what is left must be ours.
sub bare
{
	my $text = shift;

	$text =~ s/\bU&(?=['"])//g;
	$text =~ s/(?<![A-Za-z0-9_])[Ee]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"/?/gs;
	return $text;
}

my %shapes;
my @foreign;
my $n_nested = 0;
open(my $log, '<:encoding(UTF-8)', $node->logfile) or die $!;
for my $part (@log_parts)
{
	my $text = '';

	seek($log, $part->[0], 0);
	while (tell($log) < $part->[1] && defined(my $line = <$log>))
	{
		# A line without a tab begins an entry; the others belong to the one before.
		if ($line !~ /^\t/)
		{
			examine($text);
			$text = '';
		}
		$text .= $line;
	}
	examine($text);
}
close($log);

sub examine
{
	my $entry = shift;

	return unless $entry =~ /LOG:\s+duration: .*? plan:\n\tQuery Text: (.*)/s;
	my $bare = bare($1);

	$n_nested++;
	push @foreign, substr($bare, 0, 300) if $bare =~ /canary|touched|pg_sleep|pg_read|;|--|\/\*|\bDROP\b|\bCOPY\b|\bDO\s+(\?|LANGUAGE)/i;
	$shapes{ substr($bare =~ s/[\d]+/N/gr, 0, 24) =~ s/\s+/ /gr }++;
}

cmp_ok($n_nested, '>', $attempts, "the log holds $n_nested statements with their plans");
is(join("\n", @foreign[ 0 .. ($#foreign < 9 ? $#foreign : 9) ]), '', 'none of them is foreign');
my @unknown = grep { !/^(SELECT|INSERT INTO (analytics\.|attempts|outcomes)|UPDATE analytics\.|DELETE FROM analytics\.|SET )/ && !/^\w+ := |^\S+( IS (NOT )?NULL)?\b/ } sort keys %shapes;
is(join("\n", @unknown), '', 'and each begins as ours do');
is(run_sql(q{SELECT count(*) FROM pg_stat_statements WHERE query ~* '^\s*(COPY|DO|DROP|CREATE|ALTER|GRANT|VACUUM|LISTEN|PREPARE)\y'}),
	'0', 'no command but queries ran, at any level');

# Names of tables and columns are data too.
run_sql('DROP EVENT TRIGGER ddl_seen');
my $n = 0;
my $wrong = '';
for my $payload (@payloads)
{
	my $name = substr($payload, 0, 20);
	my $quoted = '"' . ($name =~ s/"/""/gr) . '"';
	my $source = sprintf('hostile%d', $n++);

	next if $name eq '';
	run_sql("CREATE SCHEMA $source; CREATE TABLE $source.$quoted (at timestamptz, $quoted text, other int);"
		. "INSERT INTO $source.$quoted VALUES ('2026-01-01 12:00+00', 'x', 7), ('2026-01-01 13:00+00', 'y', 8);");
	my $got = run_sql("SELECT analytics.add_source('$source', '$source.' || " . literal($quoted) . ", 'at', " . literal($quoted) . ");"
		. "SELECT analytics.define_metric('$source', '$source', 'sum', 'other', filter => " . literal("$quoted = 'x'")
		. ", dimensions => ARRAY[" . literal("d = $quoted") . "]);"
		. "SELECT analytics.metric_value('$source', '2026-01-01', '2026-01-02', filters => '{\"d\": \"x\"}');"
		. "ALTER TABLE $source.$quoted RENAME COLUMN $quoted TO plain; ALTER TABLE $source.$quoted RENAME COLUMN plain TO $quoted;"
		. "SELECT analytics.metric_value('$source', '2026-01-01', '2026-01-02', filters => '{\"d\": \"x\"}');");
	$wrong .= "$quoted: $got\n" unless $got =~ /^\s*7\s*7$/;
	run_sql("SET client_min_messages = warning; DROP SCHEMA $source CASCADE");
}
is($wrong, '', "tables and columns named like payloads are sources like others");

# What is in the catalog by other means than our functions is held to the same rules when it is read.
for my $tamper (
	[ q{metrics SET expression = '(SELECT public.canary_touch())'}, '0A000' ], [ q{metrics SET filter = 'public.canary_touch() > 0'}, '42P17' ],
	[ q{metrics SET filter = 'true) OR (public.canary_touch() > 0'}, '42601' ], [ q{metrics SET dimension_expressions = '{"1 FROM canary --",amount}'}, '42601' ],
	[ q{metrics SET kind = 'formula', source = NULL, formula = 'orders; DROP TABLE canary'}, '22023' ], [ q{metrics SET kind = 'count(*), public.canary_touch(), count'}, '22023' ],
	[ q{metrics SET dimensions = '{provider}'}, 'XX001' ], [ q{sources SET at = 'public.canary_touch()'}, '42P17' ],
	[ q{sources SET timezone = 'x'', public.canary_touch(), ''1'}, '22023' ], [ q{sources SET tenant = 'tenant); DROP TABLE canary; --'}, '42601' ])
{
	my ($change, $code) = @$tamper;
	my $name = $change =~ /^metrics/ ? 'orders' : 'shop';
	my ($ret, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nBEGIN; UPDATE analytics.$change WHERE name = '$name';"
		. "SELECT * FROM analytics.time_series('orders', '2026-01-01', '2026-01-02', breakdown => ARRAY['provider'])");

	like($err, qr/ERROR:  $code: /, "$change is refused");
}
is(run_sql(q{SET client_min_messages = warning; BEGIN; UPDATE analytics.metrics SET dimensions = ARRAY['x'', public.canary_touch(), ''y', 'amount'] WHERE name = 'orders';
	SELECT dimensions FROM analytics.time_series('orders', '2026-01-01', '2026-01-02', filters => '{"amount": 5, "event": "plain"}', breakdown => ARRAY['x'', public.canary_touch(), ''y'])}),
	q({"x', public.canary_touch(), 'y": "plain"}), 'the name of a dimension is a key, whatever it is');

# What is stored can be read again: the canonical form of this is longer than the text, and than the limit.
my ($ret, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT analytics.add_source('long', 'shop', 'at', repeat('- ', 3000) || 'amount')");
like($err, qr/ERROR:  54000: expression of 12\d{3} bytes is too long/, 'an expression that is too long once canonical is refused');

# A hostile search path, and temporary relations with our names, change no answer.
my $hijack = run_sql(<<'SQL');
SET client_min_messages = warning;
SELECT analytics.define_metric('lowered', 'shop', 'count', filter => 'lower(provider) = ''plain''', dimensions => ARRAY['provider']);
CREATE SCHEMA evil;
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT public.canary_touch()::text $$;
CREATE FUNCTION evil.count(anyelement) RETURNS bigint LANGUAGE sql AS $$ SELECT public.canary_touch()::bigint $$;
CREATE FUNCTION evil.jsonb_build_object(VARIADIC "any") RETURNS jsonb LANGUAGE internal AS 'jsonb_build_object';
CREATE FUNCTION evil.equal(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT public.canary_touch() < 0 $$;
CREATE FUNCTION evil.later(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS $$ SELECT public.canary_touch() < 0 $$;
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.equal);
CREATE OPERATOR evil.>= (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = evil.later);
CREATE OPERATOR evil.< (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = evil.later);
CREATE TEMPORARY TABLE sources AS SELECT * FROM analytics.sources LIMIT 0;
CREATE TEMPORARY TABLE metrics AS SELECT * FROM analytics.metrics LIMIT 0;
CREATE TEMPORARY TABLE shop AS SELECT * FROM public.shop LIMIT 0;
CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT public.canary_touch()::text $$;
SET search_path = evil, pg_temp, public, pg_catalog;
SELECT analytics.metric_value('lowered', '2026-01-01', '2026-01-02');
SELECT bucket, dimensions, value FROM analytics.time_series('lowered', '2026-01-01', '2026-01-02', breakdown => ARRAY['provider']);
SELECT users FROM analytics.dau('shop', '2026-01-01', '2026-01-02', method => 'exact', events => ARRAY['plain']);
SELECT current, previous FROM analytics.compare('lowered', '2026-01-01', '2026-01-02', against => 'month');
SHOW search_path;
SELECT last_value, is_called FROM public.touched;
SQL
is($hijack, <<'OUT' =~ s/\n\z//r, 'a hostile search path and temporary tables are not looked at');

1
2026-01-01 00:00:00+00|{"provider": "plain"}|1
1
1|
evil, pg_temp, public, pg_catalog
1|f
OUT

is(run_sql('SELECT count(*) FROM canary'), '1', 'the server still stands');
$node->stop;
done_testing();

# Every function, aggregate, window function, procedure, operator, cast and relation of the extension, called with
# every odd value that fits its types: no call may end a process, and none may fail with an internal error (class XX).
#
# All of it is found in the catalog, so a new function is tested from the day it is there. Arguments begin at a value
# that makes sense (by name where ours have one, else by type); then each is varied alone, and then all at random, with a
# fixed seed. Each call is rolled back. Whether an answer is right is for other tests.
use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $random_calls = 40;
my $max_crashes = 5;
srand(20260101);

my $node = PostgreSQL::Test::Cluster->new('every_function');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "statement_timeout = '500ms'\nlog_min_messages = warning\ntimezone = 'UTC'\n"
	  . "log_min_error_statement = panic\nlc_messages = 'C'\nmax_parallel_workers_per_gather = 0");
$node->start;
my $has_infinite_interval = $node->safe_psql('postgres', 'SHOW server_version_num') >= 170000;

my $setup = $node->basedir . '/setup.sql';
write_file($setup, <<'SQL');
CREATE EXTENSION analytics;
CREATE TABLE odd_events (ts timestamptz, day date, who text, event text, "odd "" name" int, amount numeric, ratio float8, tags text[], doc jsonb);
INSERT INTO odd_events
	SELECT t, t::date, 'u' || (n % 7), (ARRAY['view', 'cart', NULL])[n % 3 + 1], n, n / 3.0, 'NaN', '{}', '{"a": null}'
	FROM generate_series(0, 200) n, LATERAL (SELECT timestamptz '2026-01-01 00:00+00' + n * interval '7 hours') s(t);
INSERT INTO odd_events (ts) VALUES ('infinity'), ('-infinity'), (NULL), ('4714-11-24 00:00:00+00 BC'), ('294276-12-31 23:59:59+00');
CREATE VIEW odd_view AS SELECT * FROM odd_events WHERE who IS NOT NULL;
CREATE TABLE odd_parts (ts timestamptz, who text) PARTITION BY RANGE (ts);
CREATE TABLE odd_empty ();
CREATE SEQUENCE odd_sequence;
CREATE INDEX odd_index ON odd_events (ts);
CREATE TYPE odd_row AS (a int, b text);
SELECT analytics.add_source('odd_source', 'odd_events', 'ts', 'who', event => 'event', session => 'day::text');
SELECT analytics.define_metric('odd_metric', 'odd_source', 'count');
SELECT analytics.create_cohort('odd_metric');
SELECT analytics.add_to_cohort('odd_metric', '{u1,u2}');
CREATE MATERIALIZED VIEW fresh AS SELECT who FROM odd_events;
CREATE MATERIALIZED VIEW odd_matview AS SELECT count(*) AS n FROM odd_events WITH NO DATA;
SELECT analytics.add_refresh_policy('odd_matview', '* * * * *');
SELECT analytics.create_cohort('odd_source', 'SELECT who FROM odd_events WHERE event IS NULL');
SELECT analytics.create_rollup('odd_metric', 'odd_source', '1 day', '{odd_metric}', '{event,doc}');
SELECT analytics.refresh_rollup('odd_metric');
SELECT analytics.define_report('odd_metric', '{"title": "{t}", "parameters": {"t": {"type": "timestamptz"}, "a": {"type": "int[]"}, "n": {"type": "numeric", "default": {"sql": "1 / 3.0"}}},
	"query": "SELECT event, amount * n AS amount, t, a FROM odd_events", "cards": [{"label": "{n:0.0}", "value": "sum(amount)"}]}');
SQL
# The last belong to rooms of their own; a library without them is fuzzed all the same.
$node->psql('postgres', do { local $/; open my $f, '<', $setup or die; <$f> }, on_error_stop => 0);

sub write_file
{
	my ($path, $text) = @_;
	open my $file, '>', $path or die "$path: $!";
	print $file $text;
	close $file;
}

sub query
{
	return decode_json($node->safe_psql('postgres', "SELECT coalesce(json_agg(q), '[]') FROM ($_[0]) q"));
}

# ---- values by type

my $deep = "(repeat('[', 5000) || repeat(']', 5000))";
my @texts = (
	"''", "' '", "'a'", "repeat('x', 1000000)", "repeat('(', 100000)", "repeat('a.', 50000)", "E'\\x01\\x7f'",
	"E'\\n'", "'x''; DROP TABLE odd_events; --'", "'%s%n%d%%'", "'\$1'", "'null'", "'-1'", "'1e999999'", "E'\\\\'",
	"E'\\u00fc\\U0001F600\\u202e'", "'../../../etc/passwd'", "'/'", "'UTC'", "'Europe/Berlin'", "'day'", "'odd_metric'",
	"'odd_source'", "'xlsx'", "'SELECT 1 AS a'", "'ts'", "'(SELECT 1)'", "'-infinity'", "'\"'", "'\x{7f}'", "'1/0'",
	"repeat('-', 3000) || '1'");
sub sketch
{
	my ($aggregate, $n) = @_;
	return "(SELECT analytics.$aggregate FROM generate_series(1, $n) n)";
}

my %values = (
	'boolean' => [ 'true', 'false' ],
	'smallint' => [ 0, 1, -1, -32768, 32767 ],
	'integer' => [ 0, 1, -1, 2, 1000, -2147483648, 2147483647 ],
	'bigint' => [ 0, 1, -1, '-9223372036854775808', '9223372036854775807', 4294967296 ],
	'real' => [ 0, 1, -1, "'NaN'", "'Infinity'", "'-Infinity'", "'3.4e38'" ],
	'double precision' =>
	  [ 0, "'-0'", 1, -1, 0.5, "'NaN'", "'Infinity'", "'-Infinity'", "'1e308'", "'-1e308'", "'5e-324'" ],
	'numeric' => [ 0, 1, -1, 0.001, "'NaN'", "'1e1000'", "'-1e1000'", "'1e-1000'", "'Infinity'", "'-Infinity'" ],
	'text' => \@texts,
	'character varying' => \@texts,
	'cstring' => \@texts,
	'name' => [ "''", "'a'", "repeat('x', 200)", "'odd \" name'" ],
	'"char"' => [ "''", "'a'", "'\\200'" ],
	'interval' => [
		"'0'", "'1 day'", "'-1 day'", "'1 month'", "'-1 month'", "'1 month 1 day'", "'1 day 1 hour'", "'1 microsecond'",
		"'1 hour'", "'7 days'", "'178000000 years'", "'-178000000 years'", "'2147483647 days'", "'-2147483648 days'",
		"'9223372036854 seconds'", "'2147483647 months'", ($has_infinite_interval ? ("'infinity'", "'-infinity'") : ())
	],
	'timestamp with time zone' => [
		"'infinity'", "'-infinity'", "'4714-11-24 00:00:00+00 BC'", "'294276-12-31 23:59:59.999999+00'", "'epoch'",
		"'2024-02-29 12:00+00'", "'2026-03-29 01:30+00'", "'0001-01-01 00:00+00'", "'2026-01-31 23:59:59.999999+00'"
	],
	'timestamp without time zone' => [
		"'infinity'", "'-infinity'", "'4714-11-24 00:00:00 BC'", "'294276-12-31 23:59:59.999999'", "'epoch'",
		"'2024-02-29 12:00'", "'2026-03-29 02:30'", "'0001-01-01 00:00 BC'"
	],
	'date' => [
		"'infinity'", "'-infinity'", "'4714-11-24 BC'", "'5874897-12-31'", "'epoch'", "'2024-02-29'", "'2026-01-01'",
		"'294277-01-01'"
	],
	'time without time zone' => [ "'00:00'", "'24:00'", "'23:59:59.999999'" ],
	'bytea' => [
		"''", "'\\x00'", "'\\xff'", "decode(repeat('00', 1000000), 'hex')", "'\\x0102030405060708090a'",
		"analytics.hll_empty()", "'\\x128b7f00000000000000ff'", "decode('48594c4c010000000000000000000080807ffe', 'hex')",
		"'\\x012300'", "'\\x0001000000000000000000e03f01230103404c80'"
	],
	'jsonb' => [
		"'null'", "'{}'", "'[]'", "'0'", "'\"x\"'", "'true'", "'1e400'", "'{\"event\": \"view\"}'", "'{\"event\": null}'",
		"'{\"event\": [\"view\", null, 3, {}]}'", "'{\"event\": {\"gte\": 1, \"lt\": null}}'", "'{\"\": \"\"}'", "'{\"entry\": \"first\", \"once\": true}'", "'{\"scope\": \"session\", \"ordering\": \"any\"}'", "'{\"optional\": [1], \"exclude\": [{\"condition\": 3}]}'",
		"'{\"event\": {\"nosuch\": {}}}'", $deep, "to_jsonb(repeat('x', 1000000))",
		"(SELECT jsonb_object_agg('k' || n, n) FROM generate_series(1, 5000) n)", "'{\"a\": {\"b\": [1, 2, {\"c\": []}]}}'"
	],
	'regclass' => [
		"'odd_events'", "'odd_view'", "'odd_parts'", "'odd_empty'", "'odd_sequence'", "'odd_index'", "'pg_class'", "'odd_matview'",
		"0::oid", "4294967295::oid", "'odd_row'"
	],
	'oid' => [ 0, 1, 4294967295 ],
	'analytics.funnel' => [
		"ROW(2, '{t,t,f}', '{2026-01-01,2026-01-02,NULL}')", 'ROW(NULL, NULL, NULL)', "ROW(0, '{}', '{}')", "ROW(1, '{t}', '{infinity}')", "ROW(-1, NULL, '{-infinity,2026-01-01}')",
		"ROW(1, NULL, '{4714-11-24 BC,294276-12-31}')", "ROW(3, '{{t},{f}}', '{{2026-01-01},{2026-01-02}}')"
	],
	'odd_row' => [ "ROW(1, 'a')", "ROW(NULL, NULL)" ],
	# Sketches: small, empty, dense, of another hash, imported. Damaged ones are for 050_sketch_bytes.pl.
	'analytics.hll' => [
		sketch('hll_agg(n)', 50), 'analytics.hll_empty()', sketch('hll_agg(n, 4)', 100), sketch('hll_agg(n)', 20000),
		sketch("hll_agg(n, 14, 'redis')", 5), sketch('hll_from_storage(analytics.hll_to_storage(analytics.hll_agg(n, 11)))', 3000)
	],
	'analytics.quantile' => [
		sketch('quantile_agg(n)', 1000), sketch('quantile_agg(n)', 1), sketch("quantile_agg('NaN')", 40), sketch('quantile_agg(10 ^ n, 0.2)', 300)
	],
	'analytics.distinct_set' => [
		sketch('distinct_agg(n)', 50), sketch("distinct_agg('x' || n)", 50), sketch('distinct_agg(n / 7.0::float8)', 1000)
	],
	'analytics.quantile' => [
		sketch('quantile_agg(n)', 50), "'\\x012300'", sketch('quantile_agg(-n)', 3), sketch('quantile_agg(1e308 / n)', 2000),
		sketch('quantile_agg(n, 0.2)', 100), sketch("quantile_agg((ARRAY['NaN', 'Infinity', '-Infinity', '0', '5e-324'])[1 + n % 5]::float8)", 40)
	],
	'analytics.distinct_set' => [
		sketch('distinct_agg(n)', 50), "'\\x010101000000000000000000'", sketch('distinct_agg(n::text)', 50), sketch('distinct_agg(n / 0.3::float8)', 5000),
		sketch('distinct_agg(n * 9e15::bigint)', 1000), sketch('distinct_agg(n > 1)', 2)
	],
	'analytics.topk' => [
		sketch('topk_agg(n / 3, 3)', 50), sketch("topk_agg(repeat('x', n), 1)", 1000), sketch('topk_agg(n, 10)', 20000), sketch('topk_agg(1.5, 10000)', 1),
		"'\\x010100000a01010000000161'"
	],
	'analytics.exact_sum' => [
		sketch('exact_sum_agg(n)', 50), "'\\x010000'", sketch('exact_sum_agg(1e308)', 3), sketch('exact_sum_agg(-n / 7.0 * 10.0 ^ (n % 600 - 300))', 900),
		sketch("exact_sum_agg((ARRAY['NaN', 'Infinity', '-Infinity', '0', '5e-324'])[1 + n % 5]::float8)", 40), "'\\x01ffffffffffffffff7f00'"
	],
	'analytics.session_state' => [
		"'\\x010000000a00000000000000ffffffffffffffff0b02ac020000'", "'\\x010000000a00000000000000'", "'\\x01000000ffffffffffffff7f00000000000000000000'"
	],
	'analytics.next_event_state' => [
		"'\\x010103000200000003000161026162ffffffffffffffff0202000000000000000000030000000000000000010405000000000000000200'", "'\\x010101000100000000'"
	],
	'tstzmultirange' => [
		"'{[2026-01-01,2026-01-02),[2026-01-05,2026-01-05]}'", "'{}'", "'{(,)}'", "'{[2026-01-01,infinity]}'", "'{(-infinity,2026-01-01)}'",
		"'{[4714-11-24 00:00:00+00 BC,294276-12-31 23:59:59.999999+00]}'"
	],
);
$values{json} = $values{jsonb};
my %fallback = (text => "'a'", interval => "'1 day'");

# Arguments of ours whose name says what makes sense, so that calls get past the first check.
my %sane = (
	source => "'odd_source'", metric => "'odd_metric'", name => "'odd_metric'", relation => "'odd_events'",
	at => "'ts'", entity => "'who'", event => "'event'", start => "'2026-01-01'", finish => "'2026-02-01'",
	granularity => "'day'", timezone => "'UTC'", zone => "'UTC'", width => "'1 day'", origin => "'2000-01-01'",
	query => "'SELECT 1 AS a'", format => "'xlsx'", kind => "'count'", align => "'date'", against => "'year'",
	fill => "'zero'", method => "'exact'", filters => "'{}'", options => "'{}'", shift => "'0'", alpha => '0.5',
	n => '3', within => "'1 hour'", mode => "'strict_once'", pattern => "'(?1).*(?2)'", expression => "'amount'", ts => "'2026-01-15 12:00'", day => "'2026-01-15'", p => '11',
	spec => q{'{"query": "SELECT 1 AS n"}'}, params => "'{}'", sheet => 'NULL', description => "'said'",
	schedule => "'*/20 9-17 * * mon-fri'", view => "'odd_matview'",
	start_at => "'view'", end_at => "'cart'", gap => "'8 hours'",
	steps => q{'["view", {"event": "cart", "optional": true}, "pay"]'}, start_event => "'view'", return_event => "'cart'",
	direction => "'forward'", base => "'first_match'", hash => "'murmur3'", regwidth => '5', confidence => '0.9', fraction => '0.5', fractions => "'{0.5,0.95}'", metrics => "'{odd_metric}'", dimensions => "'{event}'", accuracy => '0.01');

# Words that an argument of that name understands: the odd texts alone would all be refused at the door.
my %words = (
	kind => [qw(count sum avg min max distinct_exact distinct percentile formula)],
	align => [qw(date weekday iso_week)], against => [ qw(year quarter month week previous), '3 days' ],
	fill => [qw(none zero null locf linear)], method => [qw(approx exact)], format => [ qw(xlsx csv json html), '0%', '#,##0.0', 'yyyy-mm-dd' ],
	granularity => [ qw(hour week month quarter year), '15 minutes', '90 days' ],
	timezone => [ 'America/Havana', 'Asia/Kathmandu', 'UTC+25' ], expression => [ 'ratio', 'who', 'amount / 0' ],
	filter => [ "event = ''view''", 'true' ], formula => [ 'odd_metric / 0', 'odd_metric * 2', 'none + 1' ],
	mode => [ 'strict_order, allow_reentry', 'strict_deduplication', 'strict_increase', 'strict' ],
	pattern => [ '(?1)(?t<=5)(?2)', '(?2)+.*', '(?1)(?', '.*' ],
	at => [ 'day', '"odd "" name"' ], entity => [ 'amount', 'tags' ], dimension => [ 'event', 'event, day' ], n => [],
	schedule => [ '@daily', '0 0 29 2 *', 'seconds: */10 * * * * *', '0 0 2 * * *', '0 0 1 * 1' ],
	params => [ '{"t": "2026-01-01", "a": [1, null], "n": 1e300}', '{"t": "infinity", "n": "NaN", "locale": "ja", "timezone": "Asia/Tokyo"}', '{"a": [[[]]]}', '{"timezone": "x"}', '{"n": {"a": 1}}' ],
	spec => [ '{"sheets": [{"name": "a", "query": "SELECT who, amount FROM odd_events", "charts": [{"type": "pie"}], "pivot": {"columns": "who", "value": "amount"}}]}',
		'{"parameters": {"a": {"type": "odd_row", "default": "(1,x)", "check": "(a).a > 0"}, "b": {"type": "int[]", "default": [[1], [2]], "values": [1, 2]}}, "query": "SELECT a, b", "note": "{a} {b}"}',
		'{"parameters": {"a": {"type": "void"}}, "query": "SELECT 1"}', '{"parameters": {"a": {"type": "oid", "default": {"sql": "a + 1"}}}, "query": "SELECT a"}' ],
	split => ['midnight'], by => [qw(gap session event day who)], counting => [qw(transitions uniques totals sessions)],
	steps => [ '["view"]', '["view", "view", {"where": "amount > 1", "name": "rich"}]', '[{"any": ["view", {"event": ["cart", "x"], "where": {"who": "u1"}}]}, "pay"]' ],
	entry => [qw(any first last)], scope => [qw(funnel step session)], ordering => [qw(ordered strict any)], outcome => ['dropped'],
	exclude => [ '["x"]', '{"event": "x", "from": 1, "to": 2}' ], attribution => [ qw(first last all), 'step 2' ], preset => [qw(clickhouse posthog mixpanel umami)], breakdown => [qw(event day doc tags)],
	direction => ['backward'], base => [qw(head tail last_match)],
	start_event => [ 'cart', '{"event": ["view", "cart"], "where": {"who": "u1"}}', '["view", {"where": "amount > 1"}]' ],
	period => [qw(hour day week month)], cohort => [qw(first_in_range first_ever recurring)], clock => [qw(calendar rolling)],
	criterion => [qw(on on_or_after on_or_before streak exactly at_least at_most)], period_zero => [qw(started returned)],
	class => [qw(aggregate report)], capture => [qw(xid trigger scan)], hash => [ 'redis', 'md5' ], cells => [qw(both values shades)], style => [qw(blocks ascii)], query => [ 'SELECT ts, who, ratio FROM odd_events', 'SELECT ts, day, amount FROM odd_events WHERE amount < 30', 'SELECT who FROM odd_events', 'SELECT doc FROM odd_events', 'TABLE odd_parts', 'SELECT 1 INTO x' ]);

# Types that a polymorphic argument is tried with; all of one call agree.
my @stand_ins = ('integer', 'text', 'double precision', 'timestamp with time zone', 'odd_row', 'jsonb');

# Pseudo-types stand for a concrete one, or for nothing that SQL can make: then NULL is all there is.
sub concrete
{
	my ($type, $stand_in) = @_;
	return $stand_in if $type =~ /^("any"|any|anyelement|anynonarray|anycompatible|anycompatiblenonarray)$/;
	return $stand_in . '[]' if $type =~ /^(anyarray|anycompatiblearray)$/;
	return $type;
}

sub is_pseudo
{
	return $_[0] =~ /^(internal|trigger|event_trigger|void|record|anyrange|anyenum|anymultirange|anycompatible.*range|language_handler|.*_handler|table_am_handler|pg_ddl_command)$/;
}

# Expressions of a type, all but NULL.
sub expressions
{
	my ($type) = @_;
	return () if is_pseudo($type);
	return map { "($_)::$type" } @{ $values{$type} } if $values{$type};
	if ($type =~ /^(.*)\[\]$/)
	{
		my $element = $1;
		my @inner = expressions($element);
		my ($one, $two) = @inner ? ($inner[0], $inner[-1]) : ("NULL", "NULL");
		return map { "($_)::$type" } (
			"'{}'", "ARRAY[NULL::$element]", "ARRAY[$one, $two, NULL]", "ARRAY[ARRAY[$one], ARRAY[$two]]",
			"array_fill($one, ARRAY[3], ARRAY[-2])", "array_fill($one, ARRAY[2000])");
	}
	return map { "($_)::$type" } ("'(,)'", "'empty'", "'[,]'") if $type =~ /range$/;
	# A type of ours, or one that nobody thought of: what its input function says to odd text.
	return map { "($_)::$type" } ("''", "'0'", "'x'", "'{}'", "'()'", "repeat('9', 100000)", "E'\\\\x00'");
}

sub null_of
{
	my ($type) = @_;
	return is_pseudo($type) ? 'NULL' : "NULL::$type";
}

sub base_value
{
	my ($name, $type, $default) = @_;
	return $default if defined $default;
	if (defined $name && defined $sane{$name} && ($values{$type} || $type =~ /\[\]$/))
	{
		my $value = $sane{$name};
		return "($value)::$type" if $value !~ /^'/ || $type !~ /^(smallint|integer|bigint|real|double precision|boolean|numeric)$/;
	}
	return "($fallback{$type})::$type" if $fallback{$type};
	my @all = expressions($type);
	return $type =~ /^(smallint|integer|bigint|real|double precision|numeric)$/ ? "1::$type" : $all[0] // null_of($type);
}

sub pick
{
	return $_[ int(rand(@_)) ];
}

# ---- argument lists

# All lists that a function is called with: types and names in parallel, "variadic" for a last VARIADIC array.
sub argument_lists
{
	my ($types, $names, $variadic, $defaults) = @_;
	my @lists;
	my $polymorphic = grep { concrete($_, 'x') ne $_ } @$types;
	for my $stand_in ($polymorphic ? @stand_ins : ('text'))
	{
		my @concrete = map { concrete($_, $stand_in) } @$types;
		my @base = map { base_value($names->[$_], $concrete[$_], $defaults->[$_]) } 0 .. $#concrete;
		my @choices = map { [ null_of($_), expressions($_) ] } @concrete;
		for my $i (0 .. $#concrete)
		{
			my $known = $concrete[$i] =~ /^(text|jsonb)$/ ? $words{ $names->[$i] // '' } : undef;
			push @{ $choices[$i] }, map { "'$_'::$concrete[$i]" } @$known if $known;
		}
		push @lists, [@base], [ map { null_of($_) } @concrete ];
		for my $i (0 .. $#concrete)
		{
			for my $value (@{ $choices[$i] })
			{
				my @list = @base;
				$list[$i] = $value;
				push @lists, \@list;
			}
		}
		next if @concrete < 2;
		for (1 .. $random_calls)
		{
			push @lists, [ map { rand() < 0.4 ? $base[$_] : pick(@{ $choices[$_] }) } 0 .. $#concrete ];
		}
	}
	if ($variadic)
	{
		$_->[-1] = "VARIADIC $_->[-1]" for grep { @$_ } @lists;
	}
	return @lists;
}

# Statements that call one member of pg_proc.
sub calls_of
{
	my ($f) = @_;
	my @calls;
	# What makes something takes a new name, all else one that is there.
	local $sane{name} = $f->{name} =~ /\.(add|define|create)_/ ? "'fresh'" : $f->{name} =~ /source|refresh_cohort/ ? "'odd_source'" : $f->{name} =~ /refresh_policy/ ? "'odd_matview'" : "'odd_metric'";
	local $sane{granularity} = "'1 hour'" if $f->{name} =~ /rollup/;
	local $sane{query} = "'SELECT who, event, count(*) FROM odd_events GROUP BY 1, 2'" if $f->{name} =~ /heatmap/;
	local $sane{name} = "'fresh_rollup'" if $f->{name} =~ /create_rollup/;
	my @lists = argument_lists($f->{types}, $f->{names} // [], $f->{variadic}, $f->{defaults});
	for my $list (@lists)
	{
		my $args = join(', ', @$list);
		my $call = "$f->{name}($args)";
		if ($f->{kind} eq 'p') { push @calls, "CALL $call"; }
		elsif ($f->{kind} eq 'w') { push @calls, "SELECT $call OVER () FROM generate_series(1, 3) g"; }
		elsif ($f->{kind} eq 'a' && $f->{ordered}) { push @calls, "SELECT $f->{name}() WITHIN GROUP (ORDER BY $args)"; }
		elsif ($f->{kind} eq 'a')
		{
			push @calls, "SELECT $call FROM generate_series(1, 3) g";
		}
		elsif ($f->{set}) { push @calls, "SELECT count(*) FROM (SELECT * FROM $call LIMIT 1000) s"; }
		else { push @calls, "SELECT $call"; }
	}
	push @calls, rows_of($f, @lists);
	return @calls;
}

# The same call over rows that differ, which reaches states and caches that one call does not have.
sub rows_of
{
	my ($f, @lists) = @_;
	return () if $f->{kind} eq 'p' || $f->{set} || $f->{variadic} || $f->{ordered} || !@{ $f->{types} };
	return () if grep { concrete($_, 'x') ne $_ || is_pseudo($_) } @{ $f->{types} };
	my @statements;
	my @frames = ('OVER ()', 'OVER (ORDER BY g)', 'OVER (ORDER BY g DESC ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)',
		'OVER (PARTITION BY g % 2 ORDER BY g RANGE BETWEEN 1 FOLLOWING AND 2 FOLLOWING)');
	for (1 .. 8)
	{
		my @args;
		for my $i (0 .. $#{ $f->{types} })
		{
			my $type = $f->{types}[$i];
			my @cases = map { "WHEN $_ THEN " . (rand() < 0.5 ? $lists[0][$i] : pick(@lists)->[$i]) } 0 .. 5;
			push @args, rand() < 0.4 ? $lists[0][$i] : '(CASE g % 6 ' . join(' ', @cases) . ' END)';
		}
		my $call = "$f->{name}(" . join(', ', @args) . ')';
		my $over = $f->{kind} eq 'w' ? ' ' . pick(@frames) : '';
		push @statements, "SELECT $call$over FROM generate_series(1, 12) g";
		push @statements, "SELECT $call " . pick(@frames) . ' FROM generate_series(1, 12) g' if $f->{kind} eq 'a';
		push @statements, "SELECT $call FROM generate_series(1, 12) g WHERE false" if $f->{kind} eq 'a';
	}
	return @statements;
}

# ---- running

# Runs statements, one a line, each rolled back. Returns those that failed internally and those that ended the server.
sub run_all
{
	my (@statements) = @_;
	my ($file, $done, @internal, @crashes) = ($node->basedir . '/calls.sql', 0);
	my $timeouts = 0;
	while ($done < @statements)
	{
		my @rest = @statements[ $done .. $#statements ];
		write_file($file, "\\set VERBOSITY verbose\n\\o /dev/null\n" . join('', map { "BEGIN; $_; ROLLBACK;\n" } @rest));
		my ($out, $err) = ('', '');
		my $ok = eval {
			IPC::Run::run([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-f', $file ],
				'<', \undef, '>', '/dev/null', '2>', \$err, IPC::Run::timeout(120));
			1;
		};
		my $died = !$ok;
		my $last = 0;
		for my $line (split /\n/, $err)
		{
			next unless $line =~ /^psql:[^:]*calls\.sql:(\d+): (.*)/;
			my ($index, $message) = ($1 - 3, $2);
			$last = $index;
			push @internal, "$message\n  $rest[$index]" if $message =~ /^(?:ERROR|FATAL|PANIC):  XX/ && !allowed($message, $rest[$index]);
			$timeouts++ if $message =~ /^ERROR:  57014/;
			$died = 1 if $message =~ /server closed the connection|connection to server was lost|terminating connection/;
		}
		last unless $died;
		push @crashes, $rest[$last];
		last if @crashes >= $max_crashes || !$ok;
		$node->poll_query_until('postgres', 'SELECT true');
		$done += $last + 1;
	}
	return (\@internal, \@crashes, $timeouts);
}

# What an aggregate's own parts say when they are called by themselves is PostgreSQL's custom; and bytes that are no
# sketch are damaged data, where the call gives some.
sub allowed
{
	my ($message, $statement) = @_;
	return $message =~ /non-aggregate context/ || $message =~ /^ERROR:  XX001: damaged / && $statement =~ /::bytea/;
}

sub report
{
	my ($what, @statements) = @_;
	my ($internal, $crashes, $timeouts) = run_all(@statements);
	ok(!@$internal && !@$crashes, sprintf('%s: %d calls%s', $what, scalar @statements, $timeouts ? ", $timeouts timed out" : ''));
	diag('ended the server: ' . substr($_, 0, 2000)) for @$crashes;
	diag('internal error: ' . substr($_, 0, 2000)) for @$internal[ 0 .. ($#$internal < 4 ? $#$internal : 4) ];
}

my $member = q{pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
	AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'analytics'};
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

my $functions = query(qq{
	SELECT p.oid::regproc::text AS name, p.oid::regprocedure::text AS signature, p.prokind AS kind, p.proretset AS set,
		p.provariadic <> 0 AND p.provariadic <> '"any"'::regtype AS variadic, coalesce(a.aggkind IN ('o', 'h'), false) AS ordered,
		(SELECT coalesce(json_agg(t.oid::regtype::text ORDER BY n), '[]')
			FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY u(o, n) JOIN pg_type t ON t.oid = u.o) AS types,
		p.proargnames AS names,
		(SELECT json_agg(pg_get_function_arg_default(p.oid, n) ORDER BY n) FROM generate_series(1, p.pronargs) n) AS defaults
	FROM $member JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
	LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
	ORDER BY 2});
$_->{name} = "analytics.$_->{name}" for grep { $_->{name} !~ /\./ } @$functions;
cmp_ok(scalar @$functions, '>', 0, 'the catalog lists functions');
report($_->{signature}, calls_of($_)) for @$functions;

for my $o (@{ query(qq{SELECT format('%I', o.oprname) AS name, o.oprname AS raw, n.nspname AS schema,
		CASE WHEN o.oprleft <> 0 THEN o.oprleft::regtype::text END AS left, o.oprright::regtype::text AS right
	FROM $member JOIN pg_operator o ON d.classid = 'pg_operator'::regclass AND o.oid = d.objid
	JOIN pg_namespace n ON n.oid = o.oprnamespace ORDER BY 2, 4, 5}) })
{
	my @types = grep { defined } ($o->{left}, $o->{right});
	my @calls = map {
		my @a = @$_;
		'SELECT ' . (@a == 2 ? "$a[0] " : '') . "OPERATOR($o->{schema}.$o->{raw}) $a[-1]"
	} argument_lists(\@types, [], 0);
	report("operator $o->{raw} (" . join(', ', @types) . ')', @calls);
}

for my $c (@{ query(qq{SELECT c.castsource::regtype::text AS source, c.casttarget::regtype::text AS target
	FROM $member JOIN pg_cast c ON d.classid = 'pg_cast'::regclass AND c.oid = d.objid ORDER BY 1, 2}) })
{
	report("cast $c->{source} to $c->{target}",
		map { "SELECT CAST($_->[0] AS $c->{target})" } argument_lists([ $c->{source} ], [], 0));
}

for my $r (@{ query(qq{SELECT c.oid::regclass::text AS name FROM $member
	JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
	WHERE c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1}) })
{
	report("relation $r->{name}", "SELECT * FROM $r->{name}");
}

is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'the server has run all along');
$node->stop;
my $log = slurp_file($node->logfile);
unlike($log, qr/was terminated by signal|TRAP:|PANIC/, 'no process was ended by a signal');

done_testing();

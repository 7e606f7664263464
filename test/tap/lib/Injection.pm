# What 040_injection.pl throws at the SQL functions: payloads, and the places that take text.
#
# A payload is a text that does harm wherever it becomes SQL: it would touch the table canary, call
# canary_touch(), leave a file, or sleep.  Each place says what must happen to every payload:
#   codes    one of these SQLSTATEs; 'ok' only if the payload is benign (see %benign)
#   answer   accepted as plain data, and the last statement answers exactly this
package Injection;
use strict;
use warnings;
use utf8;

# Errors of an expression: syntax, undefined column, function, type or table, wrong type, refused
# construct (sub-query, parameter), refused property (volatile), bad literal, limits.
my @expression = qw(42601 42703 42883 42704 42P01 42804 0A000 42P17 22P02 22007 42846 42P18 54000 54001);

sub payloads
{
	my $mark = shift;    # a file that no payload may create
	return (
		q{'; DROP TABLE canary; --}, q{' OR '1'='1}, q{' OR canary_touch() > 0 --},
		q{'||canary_touch()||'}, q{'); SELECT canary_touch(); --}, q{')); DELETE FROM canary; --},
		q{' UNION SELECT canary_touch()::text --}, q{"; DROP TABLE canary; --},
		q{" OR canary_touch() > 0 --}, q{"), (SELECT canary_touch()) AS "x},
		q{x"); DELETE FROM canary; --}, q{\'; DROP TABLE canary; --},
		q{\' OR canary_touch() > 0 --}, q{\\\\'; DROP TABLE canary; --},
		q{E'\'' || canary_touch() || E'\''}, q{$$; DROP TABLE canary; $$}, q{$1},
		q{$1; SELECT canary_touch()}, q{$q$||canary_touch()||$q$}, q{%s%n%1$s%I%L},
		q{; DROP TABLE canary}, q{1; DROP TABLE canary}, q{1); DROP TABLE canary; --},
		q{(SELECT canary_touch())}, q{1 + (SELECT canary_touch())}, q{canary_touch()},
		q{public.canary_touch()}, q{(canary_touch())::text}, q{amount + canary_touch()},
		q{CASE WHEN canary_touch() > 0 THEN 1 END}, q{EXISTS (SELECT FROM canary)},
		q{(TABLE canary)}, q{1 FROM canary --}, q{1 INTO stolen FROM canary},
		q{1 UNION ALL SELECT canary_touch()}, q{1 /* */ FROM canary /*}, q{*/ DROP TABLE canary /*},
		qq{-- \nDROP TABLE canary}, qq{x'\n;DELETE FROM canary;\n--}, qq{\nSELECT canary_touch()\n},
		qq{COPY canary TO PROGRAM 'touch $mark'}, qq{'; COPY canary TO PROGRAM 'touch $mark'; --},
		q{DO $x$BEGIN PERFORM canary_touch(); END$x$}, q{pg_sleep(60)}, q{'||pg_sleep(60)||'},
		q{pg_read_file('PG_VERSION')}, q{lo_import('/etc/passwd')}, q{nextval('touched')},
		q{set_config('analytics.timezone','canary',false)},
		q{query_to_xml('SELECT canary_touch()', true, true, '')},
		q{database_to_xml(true, true, canary_touch()::text)},
		q{dblink('', 'SELECT canary_touch()')}, q{analytics.drop_metric('orders')},
		q{orders'; DELETE FROM analytics.metrics; --}, q{analytics.metric_value('orders', now(), now())},
		q{U&'\0027; DROP TABLE canary; --'}, "\x{2BC}; DROP TABLE canary; --",
		"\x{FF07} OR canary_touch() > 0 --", "\x{2019}; DROP TABLE canary; --",
		q{UTC'; DROP TABLE canary; --}, q{day'; SELECT canary_touch(); --},
		q{zero'); DROP TABLE canary; --}, q{1 day'::interval * canary_touch() || '},
		q{' AT TIME ZONE (SELECT secret FROM canary) --}, q({"nowhere": "'; DROP TABLE canary; --"}),
		q(["'; DROP TABLE canary; --"]), q({canary_touch()}), q{../../../../etc/passwd},
		q{/etc/passwd}, q{posix/../../../../etc/passwd}, "`touch $mark`", "\$(touch $mark)",
		"| touch $mark", q{=cmd|' /C calc'!A0}, q{<script>alert(1)</script>}, "\x01\x02\x1b[2J",
		q{CURRENT_USER}, q{current_setting('is_superuser')}, q{NULL}, q{DEFAULT}, q{}, q{ }, q{*},
		'(' x 3000, q{'} x 3001, q{"} x 3001, 'a' x 100_000);
}

# Payloads that are honest expressions, in whole or once a literal is read: nothing is wrong with them there.
our %benign = map { $_ => 1 } (
	q{CURRENT_USER}, q{current_setting('is_superuser')}, q{NULL}, q{U&'\0027; DROP TABLE canary; --'},
	q{analytics.metric_value('orders', now(), now())}, q{'||canary_touch()||'}, q{'||pg_sleep(60)||'},
	q{$$; DROP TABLE canary; $$}, q{$q$||canary_touch()||$q$});

# Where a name is asked for, a word is a good one.
our %words_at = map { $_ => 1 } ('source name', 'metric name', 'dimension name');

my $range = q{'2026-01-01 00:00+00', '2026-01-02 00:00+00'};

# A place: [ name, statement, codes, answer, a second statement that runs after the first ].  In the statements
# $1 is the payload and $2 the number of the attempt, which makes names that are not taken.
sub definers
{
	my @roles = qw(event tenant session properties event_id);
	my $source = q{SELECT analytics.add_source('s'||$2, 'shop'};
	my $metric = q{SELECT analytics.define_metric('m'||$2, 'shop', 'sum'};

	return (
		[ 'source name', q{SELECT analytics.add_source($1, 'shop', 'at', 'who')}, ['22023'], undef, q{SELECT analytics.drop_source($1)} ],
		[ 'source at', qq{$source, \$1, 'who')}, \@expression ],
		[ 'source entity', qq{$source, 'at', \$1)}, \@expression ],
		(map { [ "source $_", qq{$source, 'at', 'who', $_ => \$1)}, \@expression ] } @roles),
		[ 'source timezone', qq{$source, 'at', 'who', timezone => \$1)}, ['22023'] ],
		[ 'alter_source name', q{SELECT analytics.alter_source($1, entity => 'who')}, ['42704'] ],
		[ 'alter_source entity', q{SELECT analytics.alter_source('spare', entity => $1)}, \@expression ],
		[ 'drop_source name', q{SELECT analytics.drop_source($1, true)}, ['42704'] ],
		[ 'check_source name', q{SELECT count(*) FROM analytics.check_source($1)}, ['42704'] ],
		[ 'metric name', q{SELECT analytics.define_metric($1, 'shop', 'count')}, ['22023'], undef, q{SELECT analytics.drop_metric($1)} ],
		[ 'metric source', q{SELECT analytics.define_metric('m'||$2, $1, 'count')}, ['42704'] ],
		[ 'metric kind', q{SELECT analytics.define_metric('m'||$2, 'shop', $1)}, ['22023'] ],
		[ 'metric expression', qq{$metric, expression => \$1)}, \@expression ],
		[ 'metric filter', qq{$metric, 'amount', filter => \$1)}, \@expression ],
		[ 'metric dimension', qq{$metric, 'amount', dimensions => ARRAY[\$1])}, [qw(22023 42703)] ],
		[ 'dimension name', qq{$metric, 'amount', dimensions => ARRAY[\$1 || ' = provider'])}, [ '22023', @expression ] ],
		[ 'dimension expression', qq{$metric, 'amount', dimensions => ARRAY['d = ' || \$1])}, \@expression ],
		[ 'metric formula', q{SELECT analytics.define_metric('m'||$2, NULL, 'formula', formula => $1)}, [ '22023', '42704', '54000' ] ],
		[ 'formula beside', q{SELECT analytics.define_metric('m'||$2, NULL, 'formula', formula => 'orders + ' || $1)}, [ '22023', '42704', '54000' ] ],
		[ 'quoted in formula', q{SELECT analytics.define_metric('m'||$2, NULL, 'formula', formula => '"' || $1 || '"')}, [ '22023', '42704', '54000' ] ],
		[ 'drop_metric name', q{SELECT analytics.drop_metric($1, true)}, ['42704'] ],
		# As data: kept as it is, and a quoted literal of it finds the one event that holds it.
		[ 'unit and description', qq{$metric, 'amount', unit => \$1, description => \$1)}, undef, 1,
			q{SELECT count(*) FROM analytics.metrics WHERE name = 'm'||$2 AND unit = $1 AND description = $1} ],
		[ 'literal in filter', q{SELECT analytics.define_metric('m'||$2, 'shop', 'count', filter => 'provider = ' || quote_literal(left($1, 2000)))},
			undef, 1, qq{SELECT analytics.metric_value('m'||\$2, $range) + (length(\$1) > 2000)::int} ],
		[ 'literal in dimension', q{SELECT analytics.define_metric('m'||$2, 'shop', 'count', filter => 'provider = ''plain''', dimensions => ARRAY['d = ' || quote_literal(left($1, 2000))])},
			undef, 1, qq{SELECT count(*) FROM analytics.time_series('m'||\$2, $range, timezone => 'UTC', breakdown => ARRAY['d']) WHERE dimensions ->> 'd' = left(\$1, 2000)} ]);
}

sub readers
{
	my $series = qq{SELECT sum(value) FROM analytics.time_series('orders', $range, timezone => 'UTC'};
	my $value = qq{SELECT analytics.metric_value('orders', $range};
	my $compare = qq{SELECT sum(current) FROM analytics.compare('orders', $range};
	my @places = (
		[ 'time_series metric', qq{SELECT count(*) FROM analytics.time_series(\$1, $range)}, ['42704'] ],
		[ 'granularity', qq{$series, granularity => \$1)}, [qw(22023 22007 22008)] ],
		[ 'timezone', qq{SELECT count(*) FROM analytics.time_series('orders', $range, timezone => \$1)}, ['22023'] ],
		[ 'fill', qq{$series, fill => \$1)}, ['22023'] ],
		[ 'breakdown', qq{$series, breakdown => ARRAY[\$1])}, ['22023'] ],
		[ 'filter key', qq{$series, filters => jsonb_build_object(\$1, 1))}, ['22023'] ],
		[ 'filter bound', qq{$series, filters => jsonb_build_object('provider', jsonb_build_object(\$1, 1)))}, ['22023'] ],
		[ 'filters as text', qq{$series, filters => \$1::jsonb)}, [qw(22023 22P02 22P05 54001)] ],
		[ 'filter number', qq{$series, filters => jsonb_build_object('amount', \$1))}, ['22P02'] ],
		[ 'metric_value metric', qq{SELECT analytics.metric_value(\$1, $range)}, ['42704'] ],
		[ 'metric_value timezone', qq{$value, timezone => \$1)}, ['22023'] ],
		[ 'compare metric', qq{SELECT count(*) FROM analytics.compare(\$1, $range)}, ['42704'] ],
		[ 'compare against', qq{$compare, against => \$1)}, [qw(22023 22007 22008)] ],
		[ 'compare align', qq{$compare, align => \$1)}, ['22023'] ],
		[ 'compare granularity', qq{$compare, granularity => \$1)}, [qw(22023 22007 22008)] ],
		[ 'compare timezone', qq{$compare, timezone => \$1)}, ['22023'] ],
		[ 'series filter', qq{$series, filters => jsonb_build_object('provider', \$1))}, undef, 1 ],
		[ 'series filter in a list', qq{$series, filters => jsonb_build_object('provider', jsonb_build_array(\$1, 'none')))}, undef, 1 ],
		[ 'series filter by range', qq{$series, filters => jsonb_build_object('provider', jsonb_build_object('gte', \$1, 'lte', \$1)))}, undef, 1 ],
		[ 'series filter by event', qq{$series, filters => jsonb_build_object('event', \$1))}, undef, 1 ],
		[ 'series tenant', qq{$series, tenant => \$1)}, undef, 1 ],
		[ 'series breakdown of values', qq{SELECT count(*) FROM analytics.time_series('orders', $range, timezone => 'UTC', breakdown => ARRAY['provider'], filters => jsonb_build_object('provider', \$1)) WHERE dimensions ->> 'provider' = \$1 AND value = 1}, undef, 1 ],
		[ 'metric_value filter', qq{$value, filters => jsonb_build_object('provider', \$1))}, undef, 1 ],
		[ 'metric_value tenant', qq{$value, tenant => \$1)}, undef, 1 ],
		[ 'compare filter', qq{$compare, filters => jsonb_build_object('provider', \$1))}, undef, 1 ],
		[ 'compare tenant', qq{$compare, tenant => \$1)}, undef, 1 ]);

	for my $f (qw(dau wau mau))
	{
		my $active = qq{SELECT max(users) FROM analytics.$f('shop', $range, method => 'exact'};

		push @places,
			[ "$f source", qq{SELECT count(*) FROM analytics.$f(\$1, $range)}, ['42704'] ],
			[ "$f events", qq{$active, events => ARRAY[\$1])}, undef, 1 ],
			[ "$f tenant", qq{$active, tenant => \$1)}, undef, 1 ];
		next unless $f eq 'dau';    # the three share their code; refused zones are slow, as the hint reads them all
		push @places,
			[ "$f method", qq{SELECT count(*) FROM analytics.$f('shop', $range, method => \$1)}, ['22023'] ],
			[ "$f timezone", qq{$active, timezone => \$1)}, ['22023'] ],
			[ "$f dimension", qq{$active, dimension => \$1)}, [ '22023', @expression ] ];
	}
	return @places;
}

# What a per-row expression must not hold, however honestly it is written.
sub refused_expressions
{
	return (
		'(SELECT 1)', 'ARRAY(SELECT 1)', 'amount IN (SELECT 1)', 'amount = ANY (SELECT 1)', 'EXISTS (SELECT 1)',
		'(SELECT max(amount) FROM shop)', 'count(*)', 'sum(amount)', 'count(*) FILTER (WHERE true)', 'grouping(amount)',
		'percentile_cont(0.5) WITHIN GROUP (ORDER BY amount)', 'row_number() OVER ()', 'max(amount) OVER ()',
		'generate_series(1, 2)', 'unnest(ARRAY[1])', 'random()', 'clock_timestamp()', q{nextval('touched')},
		q{currval('touched')}, q{setval('touched', 1)}, 'canary_touch()', 'coalesce(amount, canary_touch())',
		'amount @#@ 1', 'amount OPERATOR(public.@#@) 1', '(amount::text)::shady', q{pg_notify('a', 'b')},
		'pg_advisory_lock(1)', 'lo_unlink(1)', q{pg_logical_emit_message(true, 'a', 'b')}, 'pg_terminate_backend(1)',
		'amount FROM shop', 'amount WHERE true', 'amount LIMIT 1', 'amount OFFSET 1', 'amount ORDER BY 1', 'DISTINCT amount',
		'amount, amount', 'amount AS x', 'amount x', '*', 'shop.*', 'ROW(shop.*)', '(shop).*', 'DEFAULT', '$1', '1; SELECT 1',
		'amount INTO x', 'amount FOR UPDATE', 'amount WINDOW w AS ()', 'amount GROUP BY 1', 'amount HAVING true',
		'VALUES (1)', 'TABLE canary', 'WITH x AS (SELECT 1) SELECT 1', 'amount UNION SELECT 1', 'amount EXCEPT SELECT 1',
		'amount := 1', 'amount)) OR ((true', 'amount) FROM shop --', 'SELECT 1', '', ' ', '-- amount', 'other.amount',
		'amount COLLATE nowhere', 'canary.secret', 'a.b.c.d.e', 'shop', q{ROW(1, 2)});
}

# Honest expressions in odd clothes: [ expression, answer of their sum over one event of amount 5 ].
sub accepted_expressions
{
	return (
		[ 'amount', 5 ], [ 'amount -- comment', 5 ], [ 'amount /* ; DROP TABLE canary */', 5 ], [ '((((amount))))', 5 ],
		[ '"amount"', 5 ], [ 'shop.amount', 5 ], [ 'public.shop.amount', 5 ], [ "\n\tamount\n", 5 ],
		[ q{CASE WHEN provider = '); DROP TABLE canary; --' THEN 0 ELSE amount END}, 5 ],
		[ q{length('''; DROP TABLE canary; --')}, 24 ], [ q{length(E'\'\\\\')}, 2 ], [ q{length($x$'$1$x$)}, 3 ],
		[ q{ascii('"')}, 34 ], [ 'amount::int8 + 1', 6 ], [ 'AMOUNT', 5 ], [ q{(ARRAY[1, 7])[2]}, 7 ],
		[ '- ' x 1000 . 'amount', 5 ]);
}

1;

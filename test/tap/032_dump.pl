# Proves that definitions survive pg_dump and restore, --clean too, and answer the same afterwards (F12).
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE before');
$node->safe_psql('before', q{
	CREATE EXTENSION analytics;
	CREATE SCHEMA "odd Schema";
	CREATE FUNCTION "odd Schema".low(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1)';
	CREATE TABLE "odd Schema"."E" AS SELECT timestamptz '2026-01-01 00:00+00' + i * interval '1 hour' AS at, i % 7 AS "U", 'K' || i % 3 AS kind
		FROM generate_series(0, 999) i;
	SET search_path = "odd Schema";
	SELECT analytics.define_report('r', '{"title": {"en": "Kinds", "ja": "種類"}, "parameters": {"k": {"type": "text", "default": "K1"}}, "query": "SELECT \"U\", count(*) AS n FROM \"E\" WHERE low(kind) = low(k) GROUP BY 1 ORDER BY 1"}', 'by kind');
	SELECT analytics.add_source('e', '"E"', 'at', '"U"', event => 'low(kind)', timezone => 'Asia/Tokyo');
	SELECT analytics.define_metric('some', 'e', 'count', filter => 'low(kind) <> ''k1''', dimensions => '{"k = low(kind)"}');
	SELECT analytics.define_metric('who', 'e', 'distinct', filter => 'low(kind) <> ''k1''', dimensions => '{"k = low(kind)"}');
	SELECT analytics.define_metric('late', 'e', 'percentile', 'extract(epoch FROM at)', fraction => 0.95, dimensions => '{"k = low(kind)"}');
	SELECT analytics.create_cohort('early', 'SELECT "U" FROM "E" WHERE low(kind) = ''k1'' AND at < ''2026-01-01 05:00+00''', 'came early');
	SELECT analytics.create_cohort('staff'), analytics.add_to_cohort('staff', '{1,6}');
	ALTER TABLE cohort_staff RENAME TO "Staff of the house";
	CREATE MATERIALIZED VIEW "By kind" AS SELECT kind, count(*) AS n FROM "E" GROUP BY kind;
	CREATE UNIQUE INDEX ON "By kind" (kind);
	SET analytics.now = '2026-01-01 00:00+00';
	SELECT analytics.add_refresh_policy('"By kind"', '30 2 * * mon', 'Asia/Tokyo');
	SELECT FROM analytics.refresh_view('"By kind"');
	SELECT analytics.define_metric('share', NULL, 'formula', formula => 'some / 2', unit => 'half');
	SELECT analytics.create_rollup('hourly', 'e', '1 hour', '{some,who}', '{k}');
	SELECT FROM analytics.refresh_rollup('hourly');
	ALTER TABLE hourly RENAME TO "Cells";
	INSERT INTO "E" (at, "U", kind) VALUES ('2026-01-03 00:00+00', 8, 'K2');
	DELETE FROM "E" WHERE at = '2026-01-04 00:00+00';
});
my $file = $node->basedir . '/dump';
my @questions = (
	'SELECT s::text FROM analytics.sources s ORDER BY 1',
	'SELECT m::text FROM analytics.metrics m ORDER BY 1',
	q{SELECT bucket, dimensions, value, complete FROM analytics.time_series('some', '2026-01-01', '2026-02-01', breakdown => '{k}')},
	q{SELECT m, bucket, dimensions, value FROM unnest('{who,late}'::text[]) m, analytics.time_series(m, '2026-01-01', '2026-02-01', breakdown => '{k}') s},
	'SELECT r::text FROM analytics.rollups r ORDER BY 1',
	'SELECT c::text FROM analytics.rollup_columns c ORDER BY 1',
	q{SELECT tgrelid::regclass, pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE tgname LIKE 'analytics%' ORDER BY 1, 2},
	'SELECT c::text FROM analytics.cohorts c ORDER BY 1',
	q{SELECT name, kind, members, m FROM analytics.cohort_status, analytics.cohort_members(name) m ORDER BY name, m},
	q{SELECT * FROM analytics.cohort_overlap('{early,staff}')},
	'SELECT r::text FROM analytics.report_definitions r ORDER BY 1',
	q{SELECT convert_from(analytics.run_report('r', format => 'csv_excel'), 'UTF8')},
	'SELECT p::text FROM analytics.refresh_policies p ORDER BY 1',
	q{SELECT analytics.metric_value('share', '2026-01-01', '2026-02-01', filters => '{"event": "k2"}')});
my $conninfo = $node->connstr('before');

command_ok(['pg_dump', '-Fc', '-f', "$file.custom", $conninfo], 'pg_dump');
command_ok(['createdb', '-h', $node->host, '-p', $node->port, 'after'], 'createdb');
command_ok(['pg_restore', '--exit-on-error', '-d', $node->connstr('after'), "$file.custom"], 'pg_restore into an empty database');
is($node->safe_psql('after', $_), $node->safe_psql('before', $_), "the same: $_") for @questions;
command_ok(['pg_restore', '--exit-on-error', '--clean', '--if-exists', '-d', $node->connstr('after'), "$file.custom"],
	'pg_restore --clean over it');
is($node->safe_psql('after', $_), $node->safe_psql('before', $_), "still the same: $_") for @questions;
my $triggers = q{SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'analytics%'};
is($node->safe_psql('after', $triggers), $node->safe_psql('before', $triggers), 'the event triggers are there');

# What a rollup had seen means nothing here: readers read the source until it is built anew.
my $series = q{SELECT bucket, dimensions, value, %s FROM analytics.time_series('some', '2026-01-01', '2026-02-01', breakdown => '{k}')};
like($node->safe_psql('before', sprintf($series, 'served_by')), qr/rollup hourly \+ 1 newer row/, 'the rollup serves where it was made');
unlike($node->safe_psql('after', sprintf($series, 'served_by')), qr/rollup/, 'the restored one does not yet');
is($node->safe_psql('after', 'SELECT rows FROM analytics.refresh_rollup(\'hourly\')'), '1000', 'it is built anew');
like($node->safe_psql('after', sprintf($series, 'served_by')), qr/\|rollup hourly$/m, 'and then serves');
is($node->safe_psql('after', $_), $node->safe_psql('before', $_), "the same from the rollup: $_") for @questions[2, 3];
$node->safe_psql($_, q{INSERT INTO "odd Schema"."E" VALUES ('2026-01-05 00:00+00', 9, 'K0'); DELETE FROM "odd Schema"."E" WHERE "U" = 3}) for qw(before after);
is($node->safe_psql('after', $_), $node->safe_psql('before', $_), "its changes are captured: $_") for @questions[2, 3];

is($node->safe_psql('after', q{SELECT members, added, removed FROM analytics.refresh_cohort('early')}), '2|0|0', 'the query of a cohort runs again');
isnt($node->psql('after', 'DROP TABLE "odd Schema".cohort_early'), 0, 'its table is held');

is($node->safe_psql('after', q{SET analytics.now = '2026-02-01 00:00+00'; SELECT analytics.tick()}), '1', 'a policy runs again');
is($node->safe_psql('after', q{SELECT name, method, error, rows FROM analytics.refresh_runs}), '"odd Schema"."By kind"|concurrently||3',
	'its history begins anew');

# DROP EXTENSION leaves nothing, and the tables that it watched can go afterwards. Rollups hold it: their columns are of its types.
isnt($node->psql('after', 'DROP EXTENSION analytics'), 0, 'a rollup holds the extension');
$node->safe_psql('after', q{SELECT analytics.drop_rollup('hourly')});
$node->safe_psql('after', 'DROP EXTENSION analytics');
$node->safe_psql('before', 'DROP EXTENSION analytics CASCADE');
is($node->safe_psql('before', q{SELECT count(*) FROM "odd Schema"."E"}), '858', 'no event goes with CASCADE');
is($node->safe_psql('before', q{SELECT count(*) FROM pg_trigger WHERE tgrelid = '"odd Schema"."E"'::regclass}), '0', 'its triggers do');
is($node->safe_psql('after', q{SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname = 'analytics'}),
	'0', 'no function is left');
$node->safe_psql('after', 'DROP TABLE "odd Schema"."E" CASCADE');
$node->safe_psql('after', 'DROP SCHEMA analytics; CREATE EXTENSION analytics');
is($node->safe_psql('after', 'SELECT count(*) FROM analytics.sources'), '0', 'created anew');
is($node->safe_psql('after', 'SELECT count(*) FROM "odd Schema".cohort_early'), '2', 'the members are the owner\'s, and stay');
done_testing();

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
});
my $file = $node->basedir . '/dump';
my @questions = (
	'SELECT s::text FROM analytics.sources s ORDER BY 1',
	'SELECT m::text FROM analytics.metrics m ORDER BY 1',
	q{SELECT * FROM analytics.time_series('some', '2026-01-01', '2026-02-01', breakdown => '{k}')},
	q{SELECT m, s.* FROM unnest('{who,late}'::text[]) m, analytics.time_series(m, '2026-01-01', '2026-02-01', breakdown => '{k}') s},
	'SELECT c::text FROM analytics.cohorts c ORDER BY 1',
	q{SELECT name, kind, members, m FROM analytics.cohort_status, analytics.cohort_members(name) m ORDER BY name, m},
	q{SELECT * FROM analytics.cohort_overlap('{early,staff}')},
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
is($node->safe_psql('after', q{SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'analytics%'}), '2', 'the event triggers are there');

is($node->safe_psql('after', q{SELECT members, added, removed FROM analytics.refresh_cohort('early')}), '2|0|0', 'the query of a cohort runs again');
isnt($node->psql('after', 'DROP TABLE "odd Schema".cohort_early'), 0, 'its table is held');

is($node->safe_psql('after', q{SET analytics.now = '2026-02-01 00:00+00'; SELECT analytics.tick()}), '1', 'a policy runs again');
is($node->safe_psql('after', q{SELECT name, method, error, rows FROM analytics.refresh_runs}), '"odd Schema"."By kind"|concurrently||3',
	'its history begins anew');

# DROP EXTENSION leaves nothing, and the tables that it watched can go afterwards.
$node->safe_psql('after', 'DROP EXTENSION analytics');
is($node->safe_psql('after', q{SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname = 'analytics'}),
	'0', 'no function is left');
$node->safe_psql('after', 'DROP TABLE "odd Schema"."E" CASCADE');
$node->safe_psql('after', 'DROP SCHEMA analytics; CREATE EXTENSION analytics');
is($node->safe_psql('after', 'SELECT count(*) FROM analytics.sources'), '0', 'created anew');
is($node->safe_psql('after', 'SELECT count(*) FROM "odd Schema".cohort_early'), '2', 'the members are the owner\'s, and stay');
done_testing();

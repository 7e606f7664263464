#!/bin/bash
# rollup.sh - rollups: bringing them up to date, what capture costs writers, what readers wait for, how it grows
#
#   make bench BENCH=rollup        (bench/run.sh: a server in PGHOST, a folder in SCRATCH, the table events)
#
#   PARTS="refresh capture readers yoy growth"     which of them
#   GROWTH="1 10 50"       millions of rows of history: copies of events, each 90 days after the one before
#   COPIED=1000000         rows that each run of `capture` copies; INSERTED=200000: and inserts, 1,000 a statement
#   RATE=40                readers' arrivals a second, all eight together, each at its own moment (pgbench -R)
#   SECONDS_READ=60        how long they read
#
# Statements run RUNS times, all in turn; least and median. Rows are appended by each run, so that each refresh has
# 10,000 new ones. Everything that is made is dropped in the end, and so are the appended rows.
set -euo pipefail
runs=${RUNS:-5}
parts=${PARTS:-refresh capture readers yoy growth}
psql="psql -X -q -A -t -v ON_ERROR_STOP=1"
scratch=${SCRATCH:?a folder}
export PGOPTIONS="-c timezone=UTC -c jit=off -c client_min_messages=warning"

run() { $psql -o /dev/null "$@"; }

# The milliseconds of the last of the statements.
ms() {
	local args=()
	for statement in "$@"; do args+=(-c "$statement"); done
	$psql -o /dev/null -c '\timing on' "${args[@]}" -c '\timing off' | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -n 1
}

# The milliseconds of processor time that the server spent on a file of statements: the clock of a shared machine tells little
# of a few percent.
cpu_ms() {
	{ echo "SET client_min_messages = log; SET log_statement_stats = on;"; cat; } | $psql -o /dev/null 2>&1 |
		sed -n 's/^!\t\([0-9.]*\) s user, \([0-9.]*\) s system, .* elapsed$/\1 \2/p' | awk '{ s += $1 + $2 } END { print s * 1000 }'
}

# Prints least and median of numbers, one a line.
say() {
	sort -n | awk -v name="$1" '{ t[NR] = $1 } END { printf "%-70s %10.2f %10.2f  %d runs\n", name, t[1], t[int((NR + 1) / 2)], NR }'
}

# define SOURCE TABLE: a source with the metrics that all parts use.
define() {
	run -c "SELECT analytics.add_source('$1', '$2', 'event_time', 'user_id', tenant => 'tenant_id', event => 'event_name', timezone => 'UTC')" \
		-c "SELECT analytics.define_metric('$1.n', '$1', 'count', dimensions => '{event_name}')" \
		-c "SELECT analytics.define_metric('$1.verified', '$1', 'count', filter => 'event_name = ''otp_verified''', dimensions => '{event_name}')" \
		-c "SELECT analytics.define_metric('$1.latency', '$1', 'avg', 'latency_ms', dimensions => '{event_name}')" \
		-c "SELECT analytics.define_metric('$1.cost', '$1', 'sum', 'cost', dimensions => '{event_name}')" \
		-c "SELECT analytics.define_metric('$1.p95', '$1', 'percentile', 'latency_ms', fraction => 0.95, dimensions => '{event_name}')" \
		-c "SELECT analytics.define_metric('$1.users', '$1', 'distinct', dimensions => '{event_name}')"
}

# rollup NAME SOURCE WIDTH METRICS DIMENSIONS CAPTURE
rollup() {
	local list
	list=$(sed "s/[a-z0-9]*/$2.&/g; s/$2\.,/,/g" <<<"$4")
	run -c "SELECT analytics.create_rollup('$1', '$2', '$3', '{$list}', '{$5}', timezone => 'UTC', capture => '$6')"
}

sums=n,verified,latency,cost
all=$sums,p95,users

# append TABLE ROWS: new rows of the last day, of 20 tenants
append() {
	echo "INSERT INTO $1 (event_id, tenant_id, event_name, event_time, user_id, province, city, cost, latency_ms)
		SELECT 20000000 + g, g % 20 + 1, (ARRAY['view','purchase','otp_verified','otp_sent'])[g % 4 + 1], timestamptz '2026-03-31 12:00+00' + g * interval '1 s',
			g, 'P01', 'C001', 1.5, g % 500 FROM generate_series(1, $2) g"
}

part_refresh() {
	local n
	define bench events
	rollup bench_daily bench '1 day' $sums event_name xid
	rollup bench_hourly bench '1 hour' $all event_name xid
	echo "first refresh, ms: daily $(ms "SELECT analytics.refresh_rollup('bench_daily')"), hourly with sketches $(ms "SELECT analytics.refresh_rollup('bench_hourly')")"
	run -c "CREATE MATERIALIZED VIEW bench_view AS SELECT (event_time AT TIME ZONE 'UTC')::date AS day, tenant_id, event_name, count(*) AS n,
		count(*) FILTER (WHERE event_name = 'otp_verified') AS verified, sum(latency_ms) AS latency, count(latency_ms) AS latencies, sum(cost) AS cost
		FROM events GROUP BY 1, 2, 3" -c 'CREATE UNIQUE INDEX ON bench_view (day, tenant_id, event_name)' -c 'VACUUM ANALYZE bench_view' -c 'VACUUM ANALYZE bench_daily' -c 'VACUUM ANALYZE bench_hourly'
	$psql -c "SELECT 'cells: daily ' || (SELECT count(*) FROM bench_daily) || ', hourly ' || (SELECT count(*) FROM bench_hourly)"
	rm -f "$scratch/view" "$scratch/daily" "$scratch/hourly"
	for n in $(seq "$runs"); do
		run -c "$(append events 10000)"
		ms "SELECT analytics.version()" "SELECT analytics.refresh_rollup('bench_daily')" >>"$scratch/daily"
		ms "SELECT analytics.version()" "SELECT analytics.refresh_rollup('bench_hourly')" >>"$scratch/hourly"
		ms "REFRESH MATERIALIZED VIEW CONCURRENTLY bench_view" >>"$scratch/view"
	done
	say 'REFRESH MATERIALIZED VIEW CONCURRENTLY, 10,000 new rows' <"$scratch/view"
	say 'refresh_rollup, the same aggregate' <"$scratch/daily"
	say 'refresh_rollup, hours, with sketches of users and latency' <"$scratch/hourly"
	paste "$scratch/view" "$scratch/daily" | awk '{ print $1 / $2 }' | say 'times as fast, the same aggregate'
	run -c 'DROP MATERIALIZED VIEW bench_view' -c "SELECT analytics.drop_rollup('bench_daily'), analytics.drop_rollup('bench_hourly')" \
		-c "SELECT analytics.drop_source('bench', true)" -c 'DELETE FROM events WHERE event_id > 20000000' -c 'VACUUM events'
}

part_capture() {
	local t n kind copied=${COPIED:-1000000} inserted=${INSERTED:-200000}
	run -c "COPY (SELECT event_id, tenant_id, event_name, event_time, user_id, install_id, province, city, cost, latency_ms FROM events LIMIT $copied) TO '$scratch/copied.csv' (FORMAT csv)"
	$psql -c "SELECT format('INSERT INTO :table (event_id, tenant_id, event_name, event_time, user_id, install_id, province, city, cost, latency_ms) VALUES %s;',
		string_agg(format('(%s, %s, %L, %L, %s, %L, %L, %L, %s, %s)', event_id, tenant_id, event_name, event_time, coalesce(user_id::text, 'NULL'), install_id, province, city,
			coalesce(cost::text, 'NULL'), coalesce(latency_ms::text, 'NULL')), ', ')) FROM (SELECT *, (row_number() OVER () - 1) / 1000 AS n FROM (SELECT * FROM events LIMIT $inserted) e) e GROUP BY n" >"$scratch/inserted.sql"
	for t in none xid trigger; do
		run -c "CREATE TABLE in_$t (LIKE events INCLUDING DEFAULTS)" -c "CREATE INDEX ON in_$t (tenant_id, event_time)"
		[ $t = none ] || { define in_$t in_$t; rollup in_${t}_daily in_$t '1 day' $sums event_name $t; run -c "SELECT analytics.refresh_rollup('in_${t}_daily')"; }
		rm -f "$scratch/copy.$t" "$scratch/insert.$t"
	done
	local order=(none xid trigger)
	for n in $(seq "$runs"); do
		# Each of them comes first, second and third.
		order=("${order[@]:1}" "${order[0]}")
		for t in "${order[@]}"; do
			run -c "TRUNCATE in_$t" -c CHECKPOINT
			echo "COPY in_$t (event_id, tenant_id, event_name, event_time, user_id, install_id, province, city, cost, latency_ms) FROM '$scratch/copied.csv' (FORMAT csv);" |
				cpu_ms >>"$scratch/copy.$t"
			run -c "TRUNCATE in_$t" -c CHECKPOINT
			[ $t = none ] || run -c "SELECT analytics.refresh_rollup('in_${t}_daily')"
			sed "s/:table/in_$t/" "$scratch/inserted.sql" | cpu_ms >>"$scratch/insert.$t"
		done
	done
	for kind in copy insert; do
		for t in none xid trigger; do say "$kind, capture $t, ms of processor time" <"$scratch/$kind.$t"; done
		for t in xid trigger; do paste "$scratch/$kind.$t" "$scratch/$kind.none" | awk '{ print $1 / $2 }' | say "$kind, capture $t by none"; done
	done
	run -c "SELECT analytics.drop_rollup('in_xid_daily'), analytics.drop_rollup('in_trigger_daily')" -c "SELECT analytics.drop_source('in_xid', true), analytics.drop_source('in_trigger', true)" \
		-c 'DROP TABLE in_none, in_xid, in_trigger'
}

# Percentiles of a log of pgbench: milliseconds from the moment that a transaction was due.
latencies() {
	cat "$scratch"/readers.* | awk '{ print $3 / 1000 }' | sort -n | awk -v name="$1" '{ t[NR] = $1 } END {
		printf "%-70s p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, of %d\n", name, t[int(NR * 0.5 + 0.5)], t[int(NR * 0.9 + 0.5)], t[int(NR * 0.99 + 0.5)], NR }'
	rm -f "$scratch"/readers.*
}

part_readers() {
	local seconds=${SECONDS_READ:-60} rate=${RATE:-40} writer refresher
	define live events
	rollup live_hourly live '1 hour' $sums '' xid
	run -c "SELECT analytics.refresh_rollup('live_hourly')" -c 'VACUUM ANALYZE live_hourly'
	echo "SELECT * FROM analytics.time_series('live.n', '2026-01-02', '2026-04-02', 'day', 'UTC', tenant => '7')" >"$scratch/read.sql"
	run -c "$(append events 10000)"
	$psql -c "SELECT 'served by ' || max(served_by) FROM analytics.time_series('live.n', '2026-01-02', '2026-04-02', 'day', 'UTC', tenant => '7')"
	pgbench -n -c 1 -t 1000 -f "$scratch/read.sql" -l --log-prefix="$scratch/readers" >/dev/null 2>&1
	latencies '90 days by day of a tenant, 10,000 unfolded rows, alone'
	# A writer of 10,000 events a second, ten statements of 1,000; a refresh each second keeps some 10,000 unfolded.
	append events 1000 >"$scratch/write.sql"
	pgbench -n -c 1 -R 10 -T $((seconds + 5)) -f "$scratch/write.sql" >"$scratch/writer.log" 2>&1 &
	writer=$!
	{ while kill -0 $writer 2>/dev/null; do sleep 1; run -c "SELECT analytics.refresh_rollup('live_hourly')"; done; } &
	refresher=$!
	sleep 3
	pgbench -n -c 8 -j 2 -R "$rate" -T "$seconds" -f "$scratch/read.sql" -l --log-prefix="$scratch/readers" >"$scratch/reader.log" 2>&1
	$psql -c "SELECT 'meanwhile served by ' || max(served_by) FROM analytics.time_series('live.n', '2026-01-02', '2026-04-02', 'day', 'UTC', tenant => '7')"
	wait $writer $refresher
	latencies "... 8 readers, $rate arrivals a second, and a writer of 10,000 events a second"
	grep -E 'tps|latency average' "$scratch/writer.log" | tail -n 2
	run -c "SELECT analytics.drop_rollup('live_hourly')" -c "SELECT analytics.drop_source('live', true)" -c 'DELETE FROM events WHERE event_id > 20000000' -c 'VACUUM events'
}

part_yoy() {
	local n
	# Two years: the 90 days drawn out.
	run -c 'CREATE TABLE years (LIKE events INCLUDING DEFAULTS)' \
		-c "INSERT INTO years (event_id, tenant_id, event_name, event_time, user_id, cost, latency_ms)
			SELECT event_id, tenant_id, event_name, '2024-04-01 00:00+00'::timestamptz + (event_time - '2026-01-01 00:00+00') * 8.1, user_id, cost, latency_ms FROM events" \
		-c 'CREATE INDEX ON years (tenant_id, event_time)' -c 'VACUUM ANALYZE years'
	define years years
	rollup years_hourly years '1 hour' $sums '' xid
	run -c "SELECT analytics.refresh_rollup('years_hourly')" -c 'VACUUM ANALYZE years_hourly'
	$psql -c "SELECT 'cells of tenant 7: ' || count(*) || ' of ' || (SELECT count(*) FROM years_hourly) FROM years_hourly WHERE tenant = 7"
	for n in month day; do
		echo "SELECT * FROM analytics.yoy('years.n', '2025-04-01', '2026-03-31', granularity => '$n', timezone => 'UTC', tenant => '7')" >"$scratch/read.sql"
		pgbench -n -c 1 -t 300 -f "$scratch/read.sql" -l --log-prefix="$scratch/readers" >/dev/null 2>&1
		latencies "yoy over two years of hourly cells, by $n, of a tenant"
	done
	run -c "SELECT analytics.drop_rollup('years_hourly')" -c "SELECT analytics.drop_source('years', true)" -c 'DROP TABLE years'
}

part_growth() {
	local m n
	for m in ${GROWTH:-1 10 50}; do
		run -c "CREATE TABLE grown (LIKE events INCLUDING DEFAULTS)"
		if [ "$m" -lt 10 ]; then
			run -c "INSERT INTO grown SELECT * FROM events TABLESAMPLE BERNOULLI ($((m * 10)))"
		else
			for n in $(seq 0 $((m / 10 - 1))); do
				run -c "INSERT INTO grown SELECT event_id, tenant_id, event_name, event_time - $n * interval '90 days', user_id, install_id, province, city, cost, latency_ms FROM events"
			done
		fi
		run -c 'CREATE INDEX ON grown (tenant_id, event_time)' -c 'VACUUM ANALYZE grown'
		define grown grown
		rollup grown_hourly grown '1 hour' $sums event_name xid
		echo "$m M rows: first refresh $(ms "SELECT analytics.refresh_rollup('grown_hourly')") ms, $($psql -c 'SELECT count(*) FROM grown_hourly') cells"
		run -c 'VACUUM ANALYZE grown_hourly'
		rm -f "$scratch/grown"
		for n in $(seq "$runs"); do
			run -c "$(append grown 10000)"
			ms "SELECT analytics.version()" "SELECT analytics.refresh_rollup('grown_hourly')" >>"$scratch/grown"
		done
		say "refresh_rollup after 10,000 new rows, $m M rows of history" <"$scratch/grown"
		run -c "SELECT analytics.drop_rollup('grown_hourly')" -c "SELECT analytics.drop_source('grown', true)" -c 'DROP TABLE grown'
	done
}

for part in $parts; do
	echo "-- $part"
	"part_$part"
done

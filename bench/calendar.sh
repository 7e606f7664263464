#!/bin/bash
# calendar.sh - GROUP BY day: time_bin in a zone beside date_trunc in that zone and date_bin in UTC
#
#   PGDATABASE=bench10 bench/calendar.sh [rounds]
#
# The database holds the table `events` with a timestamptz column event_time, and the extension. Each round runs
# all queries once, one after the other; the least time of each counts (the machine may be shared). Every query gives
# the days and their sum from the same plan: a hash over the days, serial unless WORKERS is set. date_trunc and date_bin
# are taken at their best: with statistics of their own, without which the planner expects one group a row of them.
set -euo pipefail
rounds=${1:-3}
psql="psql -X -q -A -t -v ON_ERROR_STOP=1"
declare -A best query
query[time_bin_shanghai]="analytics.time_bin('1 day', event_time, 'Asia/Shanghai')"
query[time_bin_new_york]="analytics.time_bin('1 day', event_time, 'America/New_York')"
query[date_trunc_shanghai]="date_trunc('day', event_time, 'Asia/Shanghai')"
query[date_trunc_new_york]="date_trunc('day', event_time, 'America/New_York')"
query[date_bin_utc]="date_bin('1 day', event_time, '2000-01-03')"
order="time_bin_shanghai time_bin_new_york date_trunc_shanghai date_trunc_new_york date_bin_utc"

settings="SET timezone = 'UTC'; SET jit = off; SET max_parallel_workers_per_gather = ${WORKERS:-0}; SET work_mem = '256MB'; SET enable_sort = off;"
run() { # query → milliseconds
	$psql <<-SQL | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -1
		$settings
		SELECT analytics.version() \g /dev/null
		\timing on
		SELECT count(*), sum(n) FROM (SELECT $1 AS bin, count(*) AS n FROM events GROUP BY 1) AS s;
	SQL
}

$psql -c "SET client_min_messages = warning" -c "CREATE STATISTICS IF NOT EXISTS bench_calendar_ny ON ${query[date_trunc_new_york]} FROM events" \
	-c "CREATE STATISTICS IF NOT EXISTS bench_calendar_sh ON ${query[date_trunc_shanghai]} FROM events" \
	-c "CREATE STATISTICS IF NOT EXISTS bench_calendar_utc ON ${query[date_bin_utc]} FROM events" -c "ANALYZE events"
for round in $(seq "$rounds"); do
	for name in $order; do
		ms=$(run "${query[$name]}")
		[ -n "${best[$name]:-}" ] && awk "BEGIN { exit !(${best[$name]} <= $ms) }" || best[$name]=$ms
	done
done
for name in $order; do
	printf '%-22s %8.0f ms\n' "$name" "${best[$name]}"
done
for zone in shanghai new_york; do
	awk -v bin="${best[time_bin_$zone]}" -v trunc="${best[date_trunc_$zone]}" -v utc="${best[date_bin_utc]}" -v zone=$zone \
		'BEGIN { printf "%-10s %.2f times as fast as date_trunc in the zone (at least 2), %.2f times the time of date_bin in UTC (at most 1.15)\n", zone, trunc / bin, bin / utc }'
done
$psql -c "EXPLAIN SELECT ${query[time_bin_new_york]}, count(*) FROM events GROUP BY 1" | sed -n '1s/.*rows=\([0-9]*\).*/groups estimated: \1/p'

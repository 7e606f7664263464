#!/bin/bash
# sketch.sh - sketches beside postgresql-hll, tdigest, and what PostgreSQL itself has, in one run
#
#   make bench BENCH=sketch        (bench/run.sh: a server in PGHOST, a folder in SCRATCH, the table events)
#
# Statements are timed run by run, all in turn, after a run that is not counted; of RUNS each, the least counts. Those
# that take milliseconds run several times in a session, after one that is not counted. Serial unless said otherwise.
# Peers are used where they are installed (test/deps.sh peers); lines that need one that is not are left out and named.
# "got" is what "ask" is about, mostly the peer's time by ours.
set -euo pipefail
runs=${RUNS:-3}
psql="psql -X -q -A -t -v ON_ERROR_STOP=1"

names=() missing=()
declare -A statement=() workers=() times=() best=()

# there EXTENSION: makes it, if its package is installed.
there() {
	[ "$($psql -c "SELECT count(*) FROM pg_available_extensions WHERE name = '$1'")" = 1 ] || { missing+=("$1"); return 1; }
	$psql -c "SET client_min_messages = warning" -c "CREATE EXTENSION IF NOT EXISTS $1"
}

hll=no tdigest=no
! there hll || hll=yes
! there tdigest || tdigest=yes

# line NAME WORKERS TIMES STATEMENT: registers what is to be timed. A name "hll..." or "tdigest..." needs that peer.
line() {
	case $1 in
	hll*) [ $hll = yes ] || return 0 ;;
	tdigest*) [ $tdigest = yes ] || return 0 ;;
	esac
	names+=("$1")
	workers[$1]=$2 times[$1]=$3 statement[$1]=$4
}

settings() {
	echo "SET timezone = 'UTC'; SET jit = off; SET work_mem = '256MB'; SET max_parallel_workers_per_gather = $1;"
}

# The least milliseconds of a line in one session. Libraries are loaded and relations known before the clock starts.
once() {
	local n
	{
		settings "${workers[$1]}"
		echo "SELECT analytics.version() \\g /dev/null"
		[ $hll = no ] || echo "SELECT #hll_empty() \\g /dev/null"
		[ $tdigest = no ] || echo "SELECT tdigest_percentile(1.0, 100, 0.5) \\g /dev/null"
		[ "${times[$1]}" = 1 ] || echo "${statement[$1]} \\g /dev/null"
		echo '\timing on'
		for n in $(seq "${times[$1]}"); do echo "${statement[$1]} \\g /dev/null"; done
	} | $psql | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | head -n 1
}

keep_least() {
	best[$1]=$(printf '%s\n' "${best[$1]:-$2}" "$2" | sort -n | head -n 1)
}

measure() {
	local run name ms
	for run in $(seq 0 "$runs"); do
		for name in "${names[@]}"; do
			ms=$(once "$name")
			[ "$run" = 0 ] || keep_least "$name" "$ms"
		done
	done
}

# prepared NAME STATEMENT: milliseconds of a prepared statement, answer and all, by a client that repeats it.
prepared() {
	local run
	echo "$2;" >"$SCRATCH/prepared.sql"
	for run in $(seq 0 "$runs"); do
		pgbench -n -M prepared -t 1000 -f "$SCRATCH/prepared.sql" |
			sed -n 's/^latency average = \([0-9.]*\) ms.*/\1/p' >"$SCRATCH/prepared.ms"
		[ "$run" = 0 ] || keep_least "$1" "$(cat "$SCRATCH/prepared.ms")"
	done
}

calc() {
	awk "BEGIN { printf \"%.${2:-2}f\", $1 }"
}

# row TEXT PEER OURS GOT ASK: prints a line of the answer; ASK is ">= 2", "<= 0.5" or nothing.
row() {
	local verdict=
	[ -z "${5:-}" ] || verdict=$(awk -v got="$4" -v ask="$5" 'BEGIN {
		split(ask, a, " "); print (a[1] == ">=" ? got >= a[2] + 0 : got <= a[2] + 0) ? "met" : "NOT MET" }')
	printf '%-66s %12s %12s %9s  %-10s %s\n' "$1" "$2" "$3" "$4" "${5:-}" "$verdict"
}

# faster TEXT PEER OURS ASK: how many times as fast, by the names of two lines.
faster() {
	[ -n "${best[$2]:-}" ] || return 0
	row "$1" "${best[$2]}" "${best[$3]}" "$(calc "${best[$2]} / ${best[$3]}")" "$4"
}

planned_workers() {
	{ settings "${workers[$1]}"; echo "EXPLAIN ${statement[$1]}"; } | $psql | sed -n 's/.*Workers Planned: //p'
}

# ---- what is measured

day="date_trunc('day', event_time)"
bin="analytics.time_bin('1 day', event_time)"
month="date_trunc('month', day::timestamp)"
fractions="ARRAY[0.5, 0.95]"

line "count" 0 1 "SELECT $day, count(*) FROM events GROUP BY 1"
line "hll approx" 0 1 "SELECT $day, #hll_add_agg(hll_hash_bigint(user_id), 14) FROM events GROUP BY 1"
line "approx" 0 1 "SELECT $day, analytics.approx_count_distinct(user_id) FROM events GROUP BY 1"
line "hll approx 2" 2 1 "SELECT $day, #hll_add_agg(hll_hash_bigint(user_id), 14) FROM events GROUP BY 1"
line "approx 2" 2 1 "SELECT $day, analytics.approx_count_distinct(user_id) FROM events GROUP BY 1"

line "exact distinct" 0 1 "SELECT $day, count(DISTINCT user_id) FROM events GROUP BY 1"
line "count_distinct" 0 1 "SELECT $bin, analytics.count_distinct(user_id) FROM events GROUP BY 1"
line "count_distinct 2" 2 1 "SELECT $bin, analytics.count_distinct(user_id) FROM events GROUP BY 1"

line "percentile_cont" 0 1 "SELECT $day, percentile_cont($fractions) WITHIN GROUP (ORDER BY latency_ms) FROM events GROUP BY 1"
for n in 0 2; do
	line "tdigest $n" $n 1 "SELECT $day, tdigest_percentile(latency_ms::float8, 100, $fractions) FROM events GROUP BY 1"
	line "quantile $n" $n 1 "SELECT $bin, analytics.approx_quantile(analytics.quantile_agg(latency_ms), $fractions) FROM events GROUP BY 1"
done

union_of() { # label, peer's statement after SELECT, ours; cells and days
	line "hll $1" 0 5 "SELECT $2"
	line "$1" 0 5 "SELECT $3"
}
peer_union="#hll_union_agg(sk)" our_union="analytics.hll_count(analytics.hll_union_agg(sk))"
union_of "cells, one" "$peer_union FROM sketch_peer_cells" "$our_union FROM sketch_ours_cells"
union_of "cells, month" "$month, $peer_union FROM sketch_peer_cells GROUP BY 1" "$month, $our_union FROM sketch_ours_cells GROUP BY 1"
union_of "cells, day" "day, $peer_union FROM sketch_peer_cells GROUP BY 1" "day, $our_union FROM sketch_ours_cells GROUP BY 1"
union_of "days, month" "$month, $peer_union FROM sketch_peer_days GROUP BY 1" "$month, $our_union FROM sketch_ours_days GROUP BY 1"
union_of "days, one" "$peer_union FROM sketch_peer_days" "$our_union FROM sketch_ours_days"

# What reading the same rows costs with nothing done to them.
line "hll cells, read" 0 5 "SELECT count(sk) FROM sketch_peer_cells"
line "cells, read" 0 5 "SELECT count(sk) FROM sketch_ours_cells"

# Each day's count a thousand times in one statement, so that neither planner nor client has a part in it.
line "hll series" 0 1 "SELECT sum(#sk) FROM generate_series(1, 1000) AS g, sketch_peer_days"
line "series" 0 1 "SELECT sum(analytics.hll_count(sk)) FROM generate_series(1, 1000) AS g, sketch_ours_days"
line "series, no count" 0 1 "SELECT sum(day - date '2000-01-01') FROM generate_series(1, 1000) AS g, sketch_ours_days"

# ---- the answers' errors, sizes and memory

# Mean and greatest relative error, in percent, of day-by-day answers: a query of (day, value), and what is exact.
errors() {
	{ settings 0; echo "SELECT round((100 * avg(e))::numeric, 3), round((100 * max(e))::numeric, 3) FROM (
		SELECT abs(value - $2) / $2::float8 AS e FROM ($1) AS q(at, value) JOIN sketch_exact ON day = (at AT TIME ZONE 'UTC')::date) AS s;"; } |
		$psql -F ' '
}

column_bytes() {
	$psql -c "SELECT sum(pg_column_size(sk)) FROM $1"
}

# Batches and kB of the hash aggregate over 20,000 groups.
hash_aggregate() {
	{ settings 0; echo "SET work_mem = '64MB'; SET enable_sort = off;"
		echo "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT k, $1 FROM sketch_groups GROUP BY 1"; } | $psql |
		sed -n 's/.*Batches: \([0-9]*\)  Memory Usage: \([0-9]*\)kB.*/\1 \2/p'
}

show_distinct() {
	local mean max peer_mean=- peer_max=- share=-
	read -r mean max <<<"$(errors "${statement[approx]}" users)"
	if [ $hll = yes ]; then
		read -r peer_mean peer_max <<<"$(errors "${statement[hll approx]}" users)"
		share=$(calc "(${best[approx]} - ${best[count]}) / (${best[hll approx]} - ${best[count]})")
		row "users per day: ms" "${best[hll approx]}" "${best[approx]}" "$(calc "${best[hll approx]} / ${best[approx]}")"
		row "  above count(*) by day (${best[count]} ms): ours by the peer's" "$(calc "${best[hll approx]} - ${best[count]}" 0)" \
			"$(calc "${best[approx]} - ${best[count]}" 0)" "$share" "<= 0.5"
		row "  mean error, %" "$peer_mean" "$mean" "$mean" "<= $peer_mean"
		row "  greatest error, %" "$peer_max" "$max" "$max"
		row "  with 2 workers ($(planned_workers "hll approx 2"), $(planned_workers "approx 2") planned), ms" \
			"${best[hll approx 2]}" "${best[approx 2]}" "$(calc "${best[hll approx 2]} / ${best[approx 2]}")"
	else
		row "  mean error, %" - "$mean" "$mean" "<= 0.5"
	fi
	row "  with 2 workers: ours against itself with none" "${best[approx]}" "${best[approx 2]}" \
		"$(calc "${best[approx]} / ${best[approx 2]}")" ">= 1.6"
}

show_stored() {
	local table peer ours
	for table in one month day; do
		faster "$cells cells to one estimate per $table, ms" "hll cells, $table" "cells, $table" ">= 2"
	done
	faster "  the same cells counted and not looked at, ms" "hll cells, read" "cells, read" ""
	for table in month one; do
		faster "$days dense day sketches to one estimate per $table, ms" "hll days, $table" "days, $table" ">= 8"
	done
	[ $hll = yes ] || return 0
	for table in cells days; do
		peer=$(column_bytes "sketch_peer_$table") ours=$(column_bytes "sketch_ours_$table")
		row "bytes of the $table" "$peer" "$ours" "$(calc "$ours / $peer")" "$([ $table = days ] || echo "<= 0.5")"
	done
}

show_series() {
	[ $hll = yes ] || return 0
	faster "read of $days stored days: prepared statement, with client, ms" "hll prepared" "prepared" ">= 10"
	row "  each count in one long statement, ns" "$(calc "${best[hll series]} * 1000 / $days" 0)" "$(calc "${best[series]} * 1000 / $days" 0)" \
		"$(calc "${best[hll series]} / ${best[series]}")" ">= 10"
	row "  the same statement without counting, ns" - "$(calc "${best[series, no count]} * 1000 / $days" 0)" -
}

show_exact() {
	faster "exact users per day: count(DISTINCT), count_distinct, ms" "exact distinct" "count_distinct" ">= 2.2"
	faster "  with 2 workers ($(planned_workers "count_distinct 2") planned)" "exact distinct" "count_distinct 2" ">= 3.5"
	row "  days that differ" - "$($psql <<-SQL
		SELECT count(*) FROM sketch_exact
		FULL JOIN (${statement[count_distinct]}) AS q(at, n) ON day = (at AT TIME ZONE 'UTC')::date WHERE n IS DISTINCT FROM users
	SQL
	)" -
}

show_quantiles() {
	local which error
	faster "p50 and p95 per day: percentile_cont, ms" "percentile_cont" "quantile 0" ">= 2.3"
	faster "  with 2 workers ($(planned_workers "quantile 2") planned)" "percentile_cont" "quantile 2" ">= 2.3"
	faster "  tdigest" "tdigest 0" "quantile 0" ">= 1.8"
	faster "  tdigest, both with 2 workers" "tdigest 2" "quantile 2" ">= 1.8"
	for which in 1 2; do
		read -r _ error <<<"$(errors "SELECT at, p[$which] FROM (${statement[quantile 0]}) AS q(at, p)" "percentiles[$which]")"
		[ $tdigest = no ] || read -r _ peer <<<"$(errors "SELECT at, p[$which] FROM (${statement[tdigest 0]}) AS q(at, p)" "percentiles[$which]")"
		row "  greatest error of p$([ $which = 1 ] && echo 50 || echo 95) against percentile_cont, %" "${peer:--}" "$error" "$error" "<= 1"
	done
}

show_groups() {
	local batches kb peer_batches=- peer_kb=-
	read -r batches kb <<<"$(hash_aggregate "analytics.approx_count_distinct(v)")"
	[ $hll = no ] || read -r peer_batches peer_kb <<<"$(hash_aggregate "#hll_add_agg(hll_hash_bigint(v), 14)")"
	row "20,000 groups of 2 M rows, work_mem 64 MB: batches" "$peer_batches" "$batches" "$batches" "<= 1"
	row "  kB" "$peer_kb" "$kb" "$kb" "<= 20480"
}

$psql -v hll_there=$hll -f bench/load/sketch.sql
cells=$($psql -c "SELECT count(*) FROM sketch_ours_cells") days=$($psql -c "SELECT count(*) FROM sketch_ours_days")
measure
[ $hll = no ] || prepared "hll prepared" "SELECT day, #sk FROM sketch_peer_days"
prepared "prepared" "SELECT day, analytics.hll_count(sk) FROM sketch_ours_days"
printf '%-66s %12s %12s %9s  %s\n' "sketch: least of $runs" peer ours got ask
show_distinct
show_stored
show_series
show_exact
show_quantiles
show_groups
$psql -f bench/load/sketch_drop.sql
[ ${#missing[@]} = 0 ] || echo "left out, for want of the package (test/deps.sh peers): ${missing[*]}"

#!/bin/bash
# kernels.sh - what one item costs in a kernel, beside what one would write in SQL instead, in one run
#
#   ROWS=0 bench/run.sh kernels         (finds the server in PGHOST and a folder in SCRATCH; RUNS=3, the least counts)
#
# SQL is measured over a table of 1 M rows, serial, and the time of reading the same columns with the same aggregate is
# taken off; what remains, by row, stands beside the kernel's item. "ratio" is SQL by kernel. The kernel's bins find their
# zone in a table of the bench; time_bin is the same kernel as the server calls it. The sketch kernel follows alone: its
# peers stand in sketch.sh; then the gathering that insights stand on, beside a plain hash table.
set -euo pipefail
runs=${RUNS:-3}
psql="psql -X -q -A -t -v ON_ERROR_STOP=1"

# Optimized as the server's own build is.
cc -std=c11 -D_GNU_SOURCE -O2 -Isrc bench/kernels.c src/kernel/*.c -o "$SCRATCH/kernels" -lm
cc -std=c11 -D_GNU_SOURCE -O2 -Isrc bench/hll.c src/kernel/*.c -o "$SCRATCH/hll" -lm
cc -std=c11 -D_GNU_SOURCE -O2 -Isrc bench/gather.c src/kernel/*.c -o "$SCRATCH/gather" -lm
cc -std=c11 -D_GNU_SOURCE -O2 -Isrc bench/conversion.c src/kernel/*.c -o "$SCRATCH/conversion" -lm

$psql <<-'SQL'
	DROP TABLE IF EXISTS kernel_rows;
	CREATE UNLOGGED TABLE kernel_rows AS
	SELECT n, timestamptz '2025-12-25 00:00+00' + n * interval '1 minute' AS at,
	       timestamptz '2000-01-01 00:00+00' + (hashint4(n)::bigint + 2147483648) % 10483200 * interval '1 minute' AS random,
	       (n % 1000)::float8 AS a, (n % 100)::float8 AS b, CASE WHEN n % 3 <> 0 THEN n::float8 END AS v,
	       CASE n % 2 WHEN 0 THEN 'order 1234567 paid' ELSE '上海市 1234567' END AS t
	FROM generate_series(0, 999999) AS n;
	CREATE UNIQUE INDEX kernel_rows_v ON kernel_rows (n) INCLUDE (v) WHERE v IS NOT NULL;
	VACUUM ANALYZE kernel_rows;
SQL

# The least milliseconds of a statement.
ms() {
	for _ in $(seq "$runs"); do
		$psql <<-SQL
			SET timezone = 'UTC'; SET jit = off; SET max_parallel_workers_per_gather = 0; SET work_mem = '256MB';
			SELECT analytics.version() \g /dev/null
			\timing on
			$1 \g /dev/null
		SQL
	done | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | head -n 1
}

declare -A kernel
while IFS=$'\t' read -r name ns; do
	kernel[$name]=$ns
done < <("$SCRATCH/kernels" "$runs")

# Compares: kernel's name, what is written in SQL, the statement, the statement that it goes beyond, rows.
beside() {
	local full base
	full=$(ms "$3") base=$(ms "$4")
	awk -v name="$1" -v text="$2" -v full="$full" -v base="$base" -v kernel="${kernel[$1]}" -v rows="$5" 'BEGIN {
		ns = (full - base) * 1e6 / rows
		printf "%-14s %9.1f   %-58s %9.1f %8.1f\n", name, kernel, text, ns, ns / kernel }'
}

printf '%-14s %9s   %-58s %9s %8s\n' kernel "ns/item" "in SQL" "ns/item" ratio
beside formula "a / nullif(b, 0) * 100" "SELECT sum(a / nullif(b, 0) * 100) FROM kernel_rows" "SELECT sum(a) FROM kernel_rows WHERE b IS NOT NULL" 1000000
beside locf "count() and first_value() OVER" "SELECT sum(f) FROM (SELECT first_value(v) OVER (PARTITION BY g ORDER BY n) AS f FROM (SELECT n, v, count(v) OVER (ORDER BY n) AS g FROM kernel_rows) AS s) AS s" \
	"SELECT sum(v) FROM kernel_rows" 1000000
beside locf "LATERAL, by an index on the values (of 100 000 rows)" "SELECT sum(p.v) FROM kernel_rows r, LATERAL (SELECT v FROM kernel_rows p WHERE p.n <= r.n AND p.v IS NOT NULL ORDER BY p.n DESC LIMIT 1) AS p WHERE r.n BETWEEN 400000 AND 499999" \
	"SELECT sum(v) FROM kernel_rows WHERE n BETWEEN 400000 AND 499999" 100000
beside locf "analytics.locf() OVER" "SELECT sum(f) FROM (SELECT analytics.locf(v) OVER (ORDER BY n) AS f FROM kernel_rows) AS s" "SELECT sum(v) FROM kernel_rows" 1000000
beside linear "analytics.interpolate() OVER" "SELECT sum(f) FROM (SELECT analytics.interpolate(v, at) OVER (ORDER BY n) AS f FROM kernel_rows) AS s" "SELECT sum(v) FROM kernel_rows" 1000000
for how in bin_ascending:at:day bin_random:random:day bin_month:random:month; do
	IFS=: read -r name column width <<<"$how"
	beside "$name" "date_trunc('$width', $column, 'America/New_York')" "SELECT max(date_trunc('$width', $column, 'America/New_York')) FROM kernel_rows" "SELECT max($column) FROM kernel_rows" 1000000
	beside "$name" "analytics.time_bin('1 $width', $column, 'America/New_York')" "SELECT max(analytics.time_bin('1 $width', $column, 'America/New_York')) FROM kernel_rows" "SELECT max($column) FROM kernel_rows" 1000000
done
beside width "length(t) + length(regexp_replace(t, '[^一-龥]', '', 'g'))" "SELECT sum(length(t) + length(regexp_replace(t, '[^一-龥]', '', 'g'))) FROM kernel_rows" "SELECT count(t) FROM kernel_rows" 1000000
beside frame "COPY ... TO (csv), a row of 6" "COPY (SELECT a, b, a, b, t, t FROM kernel_rows) TO '/dev/null' (FORMAT csv)" "SELECT count(t) FROM kernel_rows" 1000000
$psql -c 'DROP TABLE kernel_rows'

printf '\n%-24s %9s   %s\n' "sketch kernel" ns "one is"
"$SCRATCH/hll" "$((runs * 5))"

printf '\nrecords brought to their entities, beside chains of vectors: nanoseconds a record\n'
"$SCRATCH/gather" "$runs"
printf '\n%-24s %14s %14s\n' "conversion kernel" "ns/event of 1-5" "of one entity"
"$SCRATCH/conversion" "$runs" | while IFS=$'\t' read -r name many one; do printf '%-24s %14s %14s\n' "$name" "$many" "$one"; done

#!/bin/bash
# hll_accuracy.sh - how far off the counts are: bias and error over many random sets, beside theory and postgresql-hll
#
#   ROWS=0 bench/run.sh hll_accuracy     (finds the server in PGHOST and a folder in SCRATCH)
#
#   SHARE=100     thousandths of the seeds: 1000 takes some minutes of processor time
#
# The first two tables are the kernel alone (bench/hll_accuracy.c). The third is postgresql-hll, where it is installed, as the
# server runs it: sets of hashed bigints, at the numbers of the tables and where its estimator changes over, 2.5 times
# the number of registers.
set -euo pipefail
share=${SHARE:-100}
psql="psql -X -q -A -t -v ON_ERROR_STOP=1"

cc -std=c11 -D_GNU_SOURCE -O2 -Isrc bench/hll_accuracy.c src/kernel/*.c -o "$SCRATCH/hll_accuracy" -lm
nice -n 19 "$SCRATCH/hll_accuracy" "$share"

if [ -z "$($psql -c "SELECT 1 FROM pg_available_extensions WHERE name = 'hll'")" ]; then
	exit 0
fi
$psql -c 'CREATE EXTENSION IF NOT EXISTS hll'

# peer LOG2M VALUES SEEDS: bias and error in percent.
peer() {
	local seeds=$(($3 * share / 1000))
	[ "$seeds" -gt 1 ] || seeds=2
	$psql <<-SQL
		SELECT format('| %s | %s | %s | %s | %s | %s |', $1, $2, count(*), to_char(100 * avg(n / $2 - 1), 'FMSG990.00'),
		              to_char(100 * sqrt(avg((n / $2 - 1) ^ 2)), 'FM990.00'), to_char(104 / sqrt(2 ^ $1), 'FM990.00'))
		FROM (SELECT hll_cardinality(hll_add_agg(hll_hash_bigint(seed * 4294967296 + i), $1, 5)) AS n
		      FROM generate_series(1, $seeds) AS seed, generate_series(1, $2) AS i GROUP BY seed) AS estimates
	SQL
}

echo
echo "postgresql-hll $($psql -c "SELECT extversion FROM pg_extension WHERE extname = 'hll'"), register width 5, in percent"
echo
echo "| log2m | values | seeds | bias | error | 1.04 / √m |"
echo "|---|---|---|---|---|---|"
for log2m in 11 12 14; do
	m=$((1 << log2m))
	for values in 100 1000 $((m * 3 / 2)) $((m * 5 / 2)) $((m * 11 / 4)) $((m * 3)) $((m * 4)) 100000; do
		peer $log2m $values $((values > 50000 ? 200 : 1000))
	done
done

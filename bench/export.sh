#!/bin/bash
# export.sh - 1 M rows x 6 columns to xlsx: ours against exceljs (streaming) and openpyxl (write-only), in one run
#
#   bench/export.sh [ROWS]       RUNS=3 (the best counts), PEER_RUNS=1, BENCH_NODE=folder with node_modules/exceljs
#
# Ours reads a table and writes typed, formatted cells, with widths, filter and frozen header; the peers make the same
# values in a loop. Each peer that is not installed is left out and said so. Prints seconds, seconds of processor time (ours:
# backend and helper, so a busy machine tells less of them), peak memory and ratios.

set -euo pipefail
cd "$(dirname "$0")/.."

ROWS=${1:-1000000} RUNS=${RUNS:-3} PEER_RUNS=${PEER_RUNS:-1}
SCRATCH=$(mktemp -d)
chmod 755 "$SCRATCH"
# shellcheck source=test/private.sh
. test/private.sh

finish() {
	private_stop "$SCRATCH/server" || true
	rm -rf "$SCRATCH"
}
trap finish EXIT

# The highest resident memory of the helper and of the backend's own, in kB, while COPY runs.
watch_memory() {
	local pid child kb helper=0 backend=0
	while [ ! -e "$SCRATCH/stop" ]; do
		for pid in $(pgrep -P "$(head -1 "$SCRATCH/server/data/postmaster.pid")" -f COPY || true); do
			kb=$(awk '/RssAnon/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
			[ "${kb:-0}" -le "$backend" ] || backend=$kb
			for child in $(pgrep -P "$pid" || true); do
				kb=$(awk '/VmHWM/ { print $2 }' "/proc/$child/status" 2>/dev/null || true)
				[ "${kb:-0}" -le "$helper" ] || helper=$kb
			done
		done
		sleep 0.1
	done
	echo "$helper $backend" >"$SCRATCH/memory"
}

# best RUNS COMMAND ...: runs it so often; prints the line "seconds kB processor" with the fewest seconds.
best() {
	local runs=$1
	shift
	for _ in $(seq "$runs"); do "$@"; done | sort -g | head -n 1
}

ours() {
	local began ended processor
	began=$(date +%s.%N)
	processor=$(psql -qXAt -c "COPY export_bench TO '$SCRATCH/out/ours.xlsx' (FORMAT xlsx)" \
		-c "SELECT pg_read_file('/proc/' || pg_backend_pid() || '/stat', 0, 2000)" |
		awk -v hz="$(getconf CLK_TCK)" 'NF { sub(/.*\) /, ""); print ($12 + $13 + $14 + $15) / hz }')
	ended=$(date +%s.%N)
	echo "$(awk -v a="$began" -v b="$ended" 'BEGIN { print b - a }') 0 $processor"
}

line() {
	awk -v name="$1" -v s="$2" -v kb="$3" -v cpu="$4" -v ours="${5:-0}" -v our_cpu="${6:-0}" 'BEGIN {
		printf "%-22s %8.2f s %8.2f s of processor %8.1f MB  %s\n", name, s, cpu, kb / 1024,
			(ours > 0 ? sprintf("%.1f and %.1f times ours", s / ours, cpu / our_cpu) : "") }'
}

private_tree "$SCRATCH/root"
make -s with_llvm=no && make -s install with_llvm=no
private_server "$SCRATCH/server" "shared_buffers=256MB" "session_preload_libraries=analytics"
install -d -m 777 "$SCRATCH/out"
psql -qX <<-SQL
	CREATE EXTENSION analytics;
	CREATE TABLE export_bench AS SELECT i AS id, timestamptz '2025-01-01' + i * interval '37 s' AS at,
		'event_' || i % 50 AS event, ((i % 1000) * 1.25)::numeric(10,2) AS amount, i % 2 = 0 AS ok, '使用者' || i % 5000 AS name
	FROM generate_series(1, $ROWS) i;
	VACUUM ANALYZE export_bench;
SQL

watch_memory &
read -r seconds _ processor < <(best "$RUNS" ours)
touch "$SCRATCH/stop"
wait
read -r helper backend <"$SCRATCH/memory"
echo "$ROWS rows x 6 columns, best of $RUNS (peers $PEER_RUNS)"
line "analytics COPY" "$seconds" $((helper + backend)) "$processor"
echo "  helper $helper kB, backend's own memory $backend kB, file $(stat -c %s "$SCRATCH/out/ours.xlsx") bytes"
if [ -d "${BENCH_NODE:-/nowhere}/node_modules/exceljs" ]; then
	read -r peer kb cpu < <(best "$PEER_RUNS" node bench/export_peer.mjs "$ROWS" "$SCRATCH/out/peer.xlsx")
	line "exceljs streaming" "$peer" "$kb" "$cpu" "$seconds" "$processor"
else
	echo "exceljs left out: set BENCH_NODE to a folder with node_modules/exceljs"
fi
if /usr/bin/python3 -c 'import openpyxl' 2>/dev/null; then
	read -r peer kb cpu < <(best "$PEER_RUNS" /usr/bin/python3 bench/export_peer.py "$ROWS" "$SCRATCH/out/peer.xlsx")
	line "openpyxl write-only" "$peer" "${kb%.*}" "$cpu" "$seconds" "$processor"
else
	echo "openpyxl left out: install python3-openpyxl"
fi

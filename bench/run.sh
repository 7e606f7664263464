#!/bin/bash
# run.sh - measures on a private server with a synthetic event log
#
#   bench/run.sh                every bench/*.sql and bench/*.sh (but this one)
#   bench/run.sh time_bin ...   those named
#
#   ROWS=10000000   rows of the table events (bench/gen.c: the same number gives the same bytes); 0 leaves it out
#   RUNS=3          timed runs of each statement, after one that is not counted
#
# A .sql file is a list of statements to compare. What stands before the first "-- name: TEXT" runs once; each named
# part then runs in a session of its own, and its last statement is what is timed (so a part may begin with SET). The
# first part is the yardstick: "ratio" says how long the others take by it. All parts of one file run in turn, run by run,
# so that a machine which slows down slows them all. A .sh file finds the server in PGHOST and a folder in SCRATCH.

set -euo pipefail

if [ -z "${SCRATCH:-}" ]; then
	exec "$(dirname "$0")/../test/sandbox.sh" bench/run.sh "$@"
fi

# shellcheck source=test/private.sh
. test/private.sh

ROWS=${ROWS:-10000000}
RUNS=${RUNS:-3}

SETTINGS=("shared_buffers = '$(($(awk '/MemTotal/ { print $2 }' /proc/meminfo) / 6144))MB'" "work_mem = '256MB'"
	"maintenance_work_mem = '1GB'" "max_parallel_workers_per_gather = 2" "max_parallel_workers = 4" "jit = off"
	"max_wal_size = '8GB'" "random_page_cost = 1.1" "synchronous_commit = off" "autovacuum = off")

quiet_psql() {
	psql -X -q -v ON_ERROR_STOP=1 "$@"
}

prepare() {
	private_tree "$SCRATCH/root"
	make -s -j2 with_llvm=no
	make -s install with_llvm=no
	private_server "$SCRATCH/server" "${SETTINGS[@]}"
	quiet_psql -c 'CREATE EXTENSION analytics'
	echo "$(grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //'), $(nproc) cores, $("$PG_CONFIG" --version), $(date -u +%F)"
}

load() {
	[ "$ROWS" != 0 ] || return 0
	local start=$SECONDS
	cc -O2 bench/gen.c -o "$SCRATCH/gen" -lm
	quiet_psql -v gen="$SCRATCH/gen $ROWS" -f bench/load/events.sql
	echo "events: $ROWS rows, loaded in $((SECONDS - start)) s"
}

# Cuts a file at its "-- name:" lines into DIR/00.sql (what runs once), DIR/01.sql ..., and their names.
cut_parts() {
	mkdir -p "$2"
	awk -v dir="$2" '
		BEGIN { out = dir "/00.sql"; printf "" > out }
		/^-- name: / { sub(/^-- name: /, ""); out = sprintf("%s/%02d.sql", dir, ++n); print > (dir "/names"); next }
		{ print > out }' "$1"
}

# Prints the milliseconds of the last statement of a file.
timed() {
	local output
	output=$(quiet_psql -o /dev/null -c '\timing on' -f "$1") || { echo "$output" >&2; return 1; }
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' <<<"$output" | tail -n 1
}

run_sql() {
	local dir names part run
	dir=$SCRATCH/parts/$(basename "$1" .sql)
	cut_parts "$1" "$dir"
	quiet_psql -o /dev/null -f "$dir/00.sql"
	mapfile -t names <"$dir/names"
	for run in $(seq 0 "$RUNS"); do
		for part in $(seq ${#names[@]}); do
			part=$(printf '%02d' "$part")
			timed "$dir/$part.sql" >"$dir/ms"
			[ "$run" = 0 ] || cat "$dir/ms" >>"$dir/$part.ms"
		done
	done
	printf '%-52s %10s %10s %7s\n' "$(basename "$1" .sql)" "min ms" "median ms" ratio
	for part in $(seq ${#names[@]}); do
		sort -n "$dir/$(printf '%02d' "$part").ms" | awk -v name="${names[part - 1]}" -v first="$(sort -n "$dir/01.ms" | head -n 1)" '
			{ t[NR] = $1 }
			END { printf "%-52s %10.1f %10.1f %7.2f\n", name, t[1], t[int((NR + 1) / 2)], t[1] / first }'
	done
}

main() {
	local word name found files=()
	[ $# -gt 0 ] || set -- $(find bench -maxdepth 1 \( -name '*.sql' -o -name '*.sh' \) ! -name run.sh -printf '%f\n' | sort)
	for word in "$@"; do
		found=
		for name in "bench/$word" "bench/$word.sql" "bench/$word.sh"; do
			[ ! -f "$name" ] || found=$name
		done
		[ -n "$found" ] || { echo "bench: no such file: $word" >&2; exit 2; }
		files+=("$found")
	done
	[ ${#files[@]} -gt 0 ] || { echo "bench: nothing to measure in bench/" >&2; exit 2; }
	prepare
	load
	for name in "${files[@]}"; do
		echo
		case $name in
		*.sql) run_sql "$name" ;;
		*.sh) "$name" ;;
		esac
	done
}

main "$@"

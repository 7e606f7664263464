#!/bin/bash
# check.sh - every test, on a private server
#
#   test/check.sh                       all suites
#   test/check.sh regress isolation     some of: units regress isolation tap ubsan
#   test/check.sh sql/base_version.sql  single files; likewise test/unit/test_x.c, test/tap/x.pl and
#                                       test/isolation/specs/x.spec
#
# `make check TESTS="..."` passes TESTS on. A suite that runs nothing has failed. Ends with "N passed, N failed" alone
# on the last line. KEEP=1 leaves the scratch folder with all logs.

set -euo pipefail

if [ -z "${SCRATCH:-}" ]; then
	exec "$(dirname "$0")/sandbox.sh" test/check.sh "$@"
fi

# shellcheck source=test/private.sh
. test/private.sh

SUITES="units regress isolation tap ubsan"
LOG=$SCRATCH/log
SERVER=$SCRATCH/server
UBSAN=$SCRATCH/ubsan
SYSTEM_CONFIG=$(command -v "${PG_CONFIG:-pg_config}")
mkdir -p "$LOG"
rows=() total_passed=0 total_failed=0
declare -A only=() chosen=()

usage() {
	echo "check: $1" >&2
	exit 2
}

# Sorts the arguments into suites and single files of a suite.
choose() {
	local word
	[ $# -gt 0 ] || set -- $SUITES
	for word in "$@"; do
		case $word in
		units | regress | isolation | tap | ubsan) chosen[$word]=1 ;;
		*)
			[ -e "$word" ] || usage "no such suite or file: $word (suites: $SUITES)"
			choose_file "$word"
			;;
		esac
	done
}

choose_file() {
	local name
	name=$(basename "${1%.*}")
	case $1 in
	sql/*.sql) add_only regress "$name" ;;
	test/isolation/specs/*.spec) add_only isolation "$name" ;;
	test/tap/*.pl) add_only tap "$1" ;;
	test/unit/test_*.c) add_only units "$name" ;;
	*) usage "not a test: $1" ;;
	esac
}

add_only() {
	chosen[$1]=1
	only[$1]="${only[$1]:-}${only[$1]:+ }$2"
}

matches() {
	grep -cE "$1" "$2" || true
}

# Books a suite: name, tests run, tests failed, seconds. Nothing run is a failure.
book() {
	local name=$1 run=$2 failed=$3 seconds=$4
	if [ "$run" = 0 ]; then
		echo "$name: no test was run"
		failed=1
	fi
	[ "$run" -ge "$failed" ] || run=$failed
	total_passed=$((total_passed + run - failed))
	total_failed=$((total_failed + failed))
	rows+=("$(printf '%-10s %6d %6d %6d s' "$name" "$run" "$failed" "$seconds")")
}

# A log of one suite that ended badly without a failed test counts as one: a crash, a broken build.
book_log() {
	local name=$1 status=$2 run=$3 failed=$4 seconds=$5
	[ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
	book "$name" "$run" "$failed" "$seconds"
}

section() {
	echo
	echo "== $1"
}

# Without the helper the tests of what it writes have nothing to look at; 012_without_helper.pl takes their place.
leave_out_render() {
	[ "${WITH_RENDER:-yes}" = yes ] || rm -f sql/export_*.sql test/tap/*_export*.pl
}

build() {
	section "build"
	leave_out_render
	private_tree "$SCRATCH/root"
	make -s -j2 with_llvm=no >"$LOG/build.log" 2>&1 && make -s install with_llvm=no >>"$LOG/build.log" 2>&1 || {
		tail -n 40 "$LOG/build.log"
		return 1
	}
	"$PG_CONFIG" --version
	# The linker lets symbols of the server be found later, and with them any of ours that is declared and not written.
	if nm -D --undefined-only analytics.so | grep -E ' (an|analytics)_'; then
		echo "declared and used, but not defined"
		return 1
	fi
}

suite_units() {
	local status=0 start=$SECONDS log=$LOG/units.log list
	section "units: kernels under address and undefined-behaviour sanitizers"
	list=${only[units]:-}
	make -s -j2 -C test/unit BUILD="$SCRATCH/unit" ${list:+TESTS="$list"} 2>&1 | tee "$log" |
		grep -vE '^\[ +(RUN|OK) ' || status=${PIPESTATUS[0]}
	# What is skipped says so above, and counts as neither.
	local run ok
	ok=$(matches '^\[ +OK ' "$log")
	run=$(($(matches '^\[ RUN ' "$log") - $(matches '^\[ +SKIPPED +\] [a-z_0-9]+$' <(sort -u "$log"))))
	book_log units "$status" "$run" $((run - ok)) $((SECONDS - start))
}

# pg_regress says "test x ... ok" up to PostgreSQL 15 and "ok 1 - x" from 16 on.
regress_counts() {
	ok=$(matches '^(test .*\.\.\. ok|ok [0-9]+ )' "$1")
	bad=$(matches '^(test .*\.\.\. FAILED|not ok [0-9]+ )' "$1")
}

# pg_regress stops at an input without an output; an empty one fails instead, and shows what came.
accept_missing() {
	local input output
	for input in "$1"/*"$2"; do
		output=$3/$(basename "$input" "$2").out
		[ -e "$output" ] || { echo "missing: $output"; touch "$output"; }
	done
}

suite_regress() {
	local status=0 start=$SECONDS ok bad log=$LOG/regress.log
	section "regress: SQL against expected output"
	accept_missing sql .sql expected
	make -s installcheck ISOLATION= ${only[regress]:+REGRESS="${only[regress]}"} >"$log" 2>&1 || status=$?
	grep -E '^(test |ok |not ok )' "$log" || cat "$log"
	[ $status = 0 ] || cat regression.diffs 2>/dev/null || cat "$log"
	regress_counts "$log"
	book_log regress "$status" $((ok + bad)) "$bad" $((SECONDS - start))
}

suite_isolation() {
	local status=0 start=$SECONDS ok bad log=$LOG/isolation.log
	section "isolation: sessions side by side"
	accept_missing test/isolation/specs .spec test/isolation/expected
	make -s installcheck REGRESS= ${only[isolation]:+ISOLATION="${only[isolation]}"} >"$log" 2>&1 || status=$?
	grep -E '^(test |ok |not ok )' "$log" || cat "$log"
	[ $status = 0 ] || cat output_iso/regression.diffs 2>/dev/null || cat "$log"
	regress_counts "$log"
	book_log isolation "$status" $((ok + bad)) "$bad" $((SECONDS - start))
}

# Runs TAP files verbosely into a log; on the terminal, one line a file and what failed, without the notes that
# PostgreSQL's framework takes of a session in the background from 17 on.
run_tap() {
	local log=$1 files=$2 status=0
	make -s installcheck REGRESS= ISOLATION= TAP_TESTS=1 PROVE_FLAGS=-v PROVE_TESTS="$files" 2>&1 | tee "$log" |
		sed -u '/^# \(connect output\|results query [0-9]*\):$/,/^# }$/d; /^# issuing query /d' |
		{ grep -a -E --line-buffered '^(test/tap/.*\.\.|not ok|# |Result:)' || true; } | cut -c 1-400 || status=${PIPESTATUS[0]}
	[ "$status" = 0 ] || last_words "$log"
	return "$status"
}

# A file that dies says why below the last test, or only in the log of its own that PostgreSQL's framework keeps.
last_words() {
	local name
	grep -a -E -B 12 '^(Dubious|Bailout)' "$1" | cut -c 1-400 || true
	sed -n 's/^test\/tap\/\([^ ]*\)\.pl *(Wstat: [1-9].* Failed: 0)$/\1/p' "$1" | while read -r name; do
		echo "$name ended with:"
		tail -n 30 "tmp_check/log/regress_log_$name" | cut -c 1-400 || true
	done
}

# Failed tests, and files that ended badly though none of their tests failed.
tap_failures() {
	echo $(($(matches '^not ok [0-9]' "$1") + $(matches '\(Wstat: [1-9].* Failed: 0\)$' "$1")))
}

suite_tap() {
	local status=0 start=$SECONDS log=$LOG/tap.log ok bad
	section "tap: servers started, stopped and broken"
	run_tap "$log" "${only[tap]:-test/tap/*.pl}" || status=$?
	ok=$(matches '^ok [0-9]' "$log") bad=$(tap_failures "$log")
	book_log tap "$status" $((ok + bad)) "$bad" $((SECONDS - start))
}

# Regress, every function with every odd value, and sketches as hostile bytes, once more with a library that watches
# itself for undefined behaviour; its reports go to the server's log. It has a tree and a server of its own, and so
# runs beside the other suites: begin_ubsan starts it, suite_ubsan waits for it.
begin_ubsan() {
	mkdir "$UBSAN"
	tar --exclude='*.o' --exclude='*.so' --exclude=results -cf - . | tar -C "$UBSAN" -xf -
	(cd "$UBSAN" && run_ubsan) >"$LOG/ubsan.out" 2>&1 &
	ubsan=$!
}

run_ubsan() {
	local start=$SECONDS status=0 log=$LOG/ubsan.log reports run failed ok bad
	if ! build_ubsan >"$log.build" 2>&1; then
		tail -n 40 "$log.build"
		echo "1 1 1 $((SECONDS - start))" >"$LOG/ubsan.result"
		return
	fi
	private_server "$SERVER-ubsan"
	make -s installcheck ISOLATION= >"$log" 2>&1 || status=1
	private_stop "$SERVER-ubsan"
	SKETCH_FUZZ=20000 run_tap "$log.tap" "test/tap/*every_function.pl test/tap/*sketch_bytes.pl" || status=1
	regress_counts "$log"
	run=$((ok + bad)) failed=$bad
	run=$((run + $(matches '^(not )?ok [0-9]' "$log.tap"))) failed=$((failed + $(tap_failures "$log.tap")))
	reports=$(cat "$SERVER-ubsan/server.log" tmp_check/log/*.log 2>/dev/null | grep 'runtime error:' | sort | uniq -c || true)
	if [ -n "$reports" ]; then
		echo "$reports"
		failed=$((failed + $(echo "$reports" | wc -l)))
	fi
	[ "$bad" = 0 ] || cat regression.diffs 2>/dev/null || true
	echo "$run tests, $([ -n "$reports" ] && echo "$reports" | wc -l || echo 0) kinds of report"
	echo "$status $run $failed $((SECONDS - start))" >"$LOG/ubsan.result"
}

# Without -fwrapv, which PostgreSQL asks for and which makes overflow defined: ours should not rely on it.
build_ubsan() {
	local flags="-fsanitize=undefined -fno-wrapv" helper
	helper=$(dirname "$PG_CONFIG")/analytics-render
	PG_CONFIG=$SYSTEM_CONFIG
	private_tree "$SCRATCH/root-ubsan"
	# It is built above, and not by this compiler's flags.
	[ ! -e "$helper" ] || cp "$helper" "$(dirname "$PG_CONFIG")/"
	make -s -j2 with_llvm=no WITH_RENDER=no EXTRA_CFLAGS="$flags" all
	make -s with_llvm=no WITH_RENDER=no EXTRA_CFLAGS="$flags" install
}

suite_ubsan() {
	local status run failed seconds
	section "ubsan: the same with the library under -fsanitize=undefined"
	wait "$ubsan" || true
	cat "$LOG/ubsan.out"
	read -r status run failed seconds <"$LOG/ubsan.result" || { status=1 run=1 failed=1 seconds=0; }
	book_log ubsan "$status" "$run" "$failed" "$seconds"
}

# Starts the server that regress and isolation share.
with_server() {
	if [ -n "${chosen[regress]:-}${chosen[isolation]:-}" ]; then
		private_server "$SERVER"
	fi
}

summary() {
	echo
	printf '%-10s %6s %6s %8s\n' suite run failed time
	printf '%s\n' "${rows[@]}"
	echo "$total_passed passed, $total_failed failed"
	[ "$total_failed" = 0 ]
}

main() {
	choose "$@"
	[ -z "${chosen[units]:-}" ] || suite_units
	if [ "${!chosen[*]}" != units ]; then
		if ! build; then
			book build 1 1 0
			summary
			return
		fi
		with_server
		[ -z "${chosen[ubsan]:-}" ] || begin_ubsan
	fi
	[ -z "${chosen[regress]:-}" ] || suite_regress
	[ -z "${chosen[isolation]:-}" ] || suite_isolation
	[ -z "${chosen[tap]:-}" ] || suite_tap
	[ -z "${chosen[ubsan]:-}" ] || suite_ubsan
	summary
}

main "$@"

#!/bin/bash
# run.sh - from a clone to real answers: builds the extension, starts a private PostgreSQL, loads real events and runs
# test/demo/demo.sql. What demo.sql leaves in demo/ (below the working folder) comes to demo/ at the top of the tree.
#
# Nothing is installed system-wide, no existing server is touched, and nothing but demo/ remains.

set -euo pipefail

if [ -z "${SCRATCH:-}" ]; then
	SANDBOX_OUT=demo exec "$(dirname "$0")/../sandbox.sh" test/demo/run.sh
fi

# shellcheck source=test/private.sh
. test/private.sh

# step TEXT COMMAND ...: says what is done and how long it took; shows the output only of what fails.
step() {
	local text=$1 start=${EPOCHREALTIME/[.,]/} log=$SCRATCH/step.log
	shift
	printf '%-56s' "$text"
	if ! "$@" >"$log" 2>&1; then
		echo "failed"
		cat "$log"
		exit 1
	fi
	awk -v us=$((${EPOCHREALTIME/[.,]/} - start)) 'BEGIN { printf "%6.1f s\n", us / 1e6 }'
}

build() {
	private_tree "$SCRATCH/root"
	make -s -j2 with_llvm=no && make -s install with_llvm=no
}

run_psql() {
	psql -X -q -P pager=off -v ON_ERROR_STOP=1 "$@"
}

# Not in a subshell: these set the environment of what follows.
step "building analytics for $(${PG_CONFIG:-pg_config} --version | sed 's/ (.*//')" build
step "starting a private PostgreSQL" private_server "$SCRATCH/server" "shared_buffers = 256MB"
step "creating the extension" run_psql -c 'CREATE EXTENSION analytics'
step "loading 132,042 real events (test/data/README.md)" run_psql -f test/demo/load.sql
echo
mkdir -p demo
run_psql -v out="$PWD/demo" -f test/demo/demo.sql
private_stop "$SCRATCH/server"
if [ -n "$(ls -A demo)" ]; then
	cp -R demo/. "$OUT/"
	echo
	ls demo | sed 's|^|written: demo/|'
fi

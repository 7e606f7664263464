#!/bin/bash
# sandbox.sh - runs a script of this tree in a scratch copy of it
#
#   test/sandbox.sh SCRIPT [ARGUMENT ...]
#
# Makes a scratch folder with a copy of the tree (what git tracks, and what it would), and runs SCRIPT in the
# copy, as an unprivileged user when called by root: a server does not run as root, and that user may not be able
# to read the tree. The script finds in the environment:
#
#   SCRATCH   the scratch folder; HOME and TMPDIR are in it too
#   OUT       a folder; what it leaves there is copied to $SANDBOX_OUT in the real tree, owned by the caller
#
# Whatever happens to the script (end, error, Ctrl-C, SIGTERM), every server and process that lives in the scratch is
# stopped and the scratch removed. KEEP=1 leaves the files, and says where they are.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=test/private.sh
. "$top/test/private.sh"
child=""
scratch=""
segments=""

# Lists the files of the tree, each ended by NUL.
tree_files() {
	local file
	if git -c safe.directory="$top" -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
		git -c safe.directory="$top" -C "$top" ls-files -z --cached --others --exclude-standard
	else
		(cd "$top" && find . -name .git -prune -o ! -name '*.o' ! -name '*.so' ! -name '*.bc' ! -type d -print0)
	fi | while IFS= read -r -d '' file; do
		# A file that is deleted but still tracked is not part of the tree as it stands.
		[ ! -e "$top/$file" ] || printf '%s\0' "$file"
	done
}

# A Unix socket's path ends at 107 bytes, and the user who runs the server must get there.
make_scratch() {
	local base=${TMPDIR:-/tmp}
	if [ ${#base} -gt 40 ] || ! as_user test -w "$base" -a -x "$base"; then
		base=/tmp
	fi
	scratch=$(mktemp -d "$base/analytics.XXXXXX")
	mkdir "$scratch/tree" "$scratch/tmp" "$scratch/out" "$scratch/home"
	(cd "$top" && tree_files | tar --null --no-recursion -T - -cf -) | tar -C "$scratch/tree" --no-same-owner -xf -
	[ "$(id -u)" != 0 ] || chown -R "$PRIVATE_USER:" "$scratch"
	chmod 755 "$scratch"
}

# Processes whose working folder is in the scratch: a server's is its data folder, a test's is the tree.
scratch_processes() {
	local proc cwd
	for proc in /proc/[0-9]*; do
		cwd=$(readlink "$proc/cwd" 2>/dev/null) || continue
		case $cwd in "$scratch" | "$scratch"/*) echo "${proc#/proc/}" ;; esac
	done
}

signal_processes() {
	local pid
	for pid in $(scratch_processes); do
		kill -"$1" "$pid" 2>/dev/null || true
	done
}

# SIGQUIT first: a postmaster then ends its children and gives its shared memory back.
stop_processes() {
	local try
	signal_processes QUIT
	for try in $(seq 50); do
		[ -n "$(scratch_processes)" ] || return 0
		sleep 0.1
		[ "$try" != 30 ] || signal_processes TERM
	done
	signal_processes KILL
}

# Unused segments of shared memory that belong to no living process, as "id owner".
dead_segments() {
	awk 'NR > 1 && $4 == 56 && $7 == 0 { print $2, $5 }' /proc/sysvipc/shm 2>/dev/null | while read -r id creator; do
		[ -e "/proc/$creator" ] || echo "$id"
	done
}

# initdb's servers leave their 56 bytes of shared memory behind when a signal ends them.
remove_segments() {
	local id
	for id in $(dead_segments); do
		case " $segments " in
		*" $id "*) ;;
		*) ipcrm -m "$id" 2>/dev/null || true ;;
		esac
	done
}

cleanup() {
	trap '' INT TERM HUP
	[ -n "$scratch" ] || return 0
	stop_processes
	remove_segments
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $scratch" >&2
	else
		rm -rf "$scratch"
	fi
}

on_signal() {
	trap '' INT TERM HUP
	[ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null || true
	exit "$1"
}

# A group of its own for the script, so that a signal to us can be passed on to all of it.
run_script() {
	local status=0 name
	set -m
	(
		set +m
		trap - EXIT INT TERM HUP
		cd "$scratch/tree"
		for name in $(compgen -e PG); do
			[ "$name" = PG_CONFIG ] || unset "$name"
		done
		unset MAKEFLAGS MAKELEVEL MFLAGS LANGUAGE
		# LANG too: PostgreSQL's framework for TAP takes LC_ALL away.
		export SCRATCH="$scratch" OUT="$scratch/out" HOME="$scratch/home" TMPDIR="$scratch/tmp" LC_ALL=C.UTF-8 LANG=C.UTF-8
		as_user "$@" </dev/null
	) &
	child=$!
	set +m
	wait "$child" || status=$?
	return $status
}

copy_results() {
	[ -n "${SANDBOX_OUT:-}" ] && [ -n "$(ls -A "$scratch/out")" ] || return 0
	mkdir -p "$top/$SANDBOX_OUT"
	cp -R "$scratch/out/." "$top/$SANDBOX_OUT/"
}

trap cleanup EXIT
trap 'on_signal 130' INT
trap 'on_signal 143' TERM
trap 'on_signal 129' HUP
segments=$(dead_segments | tr '\n' ' ')
make_scratch
status=0
run_script "$@" || status=$?
copy_results
exit $status

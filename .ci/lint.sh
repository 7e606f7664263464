#!/bin/bash
# lint.sh - the checks that read code, library and catalog instead of running tests
#
#   .ci/lint.sh               all
#   .ci/lint.sh NAME ...      some, by the names that it prints
#
# One function check_<name> a check: it prints what it found and fails if that is anything. Ends with
# "N passed, N failed" alone on the last line. Works in a scratch copy of the tree (test/sandbox.sh).

set -euo pipefail

if [ -z "${SCRATCH:-}" ]; then
	exec "$(dirname "$0")/../test/sandbox.sh" .ci/lint.sh "$@"
fi

# shellcheck source=test/private.sh
. test/private.sh

JOBS=$(nproc)
WITH_RENDER=${WITH_RENDER:-yes}
server_include=$(${PG_CONFIG:-pg_config} --includedir-server)

# What PostgreSQL's own headers and calling convention cannot stand is left out.
WARNINGS=(-Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
	-Wformat-security -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers)
SERVER_FLAGS=(-std=gnu11 -O2 -fPIC -fno-strict-aliasing -fwrapv -D_GNU_SOURCE -Isrc -isystem "$server_include"
	-DAN_VERSION='"0"' -DPGDLLEXPORT='__attribute__((visibility("default")))' -Wdeclaration-after-statement)
PLAIN_FLAGS=(-std=c11 -O2 -D_GNU_SOURCE -Isrc)
# Of the helper with PDF; the headers of its libraries are not ours to check.
if [ "$WITH_RENDER" = yes ] && pkg-config --exists pangocairo; then
	read -r -a pdf_flags <<<"$(pkg-config --cflags pangocairo pangoft2 | sed 's/-I/-isystem /g')"
	PLAIN_FLAGS+=(-DWITH_PDF "${pdf_flags[@]}")
fi

# Folders that a tree does not have (yet) hold no files.
c_files() {
	{ find "$@" -name '*.c' 2>/dev/null || true; } | sort
}

# Rooms that PostgreSQL loads, without the kernels and the helper programs, which are plain C.
server_files() {
	c_files src -not -path 'src/kernel/*' -not -path 'src/render/*' -not -path 'src/send/*'
}

# src/render needs the headers of a library that WITH_RENDER=no does without.
plain_files() {
	c_files src/kernel test/unit
	[ "$WITH_RENDER" != yes ] || c_files src/render src/send
}

own_files() {
	{ find src test bench -name '*.[ch]' 2>/dev/null || true; } | sort
}

# each COMMAND ...: runs the command once for every file named on standard input, on all cores.
each() {
	xargs -r -n 1 -P "$JOBS" "$@"
}

compile() {
	local compiler=$1 status=0
	shift
	server_files | each "$compiler" "${SERVER_FLAGS[@]}" "$@" -c -o /dev/null || status=1
	plain_files | each "$compiler" "${PLAIN_FLAGS[@]}" "$@" -c -o /dev/null || status=1
	return $status
}

check_gcc_warnings() {
	compile gcc "${WARNINGS[@]}" -Wshadow=local
}

check_clang_warnings() {
	# No -Wshadow: it knows no "local" here, and C libraries have globals named timezone, days and months.
	compile clang "${WARNINGS[@]}"
}

# For plain C only: this analyser follows neither ereport's jump nor memory contexts. Whether a value is set it
# cannot tell where one variable stands for another, and it takes realloc for a second free; clang's analyser and the
# sanitizers of the unit tests know better.
check_gcc_analyzer() {
	plain_files | grep -v '^test/' | each gcc "${PLAIN_FLAGS[@]}" -fanalyzer -Wno-analyzer-use-of-uninitialized-value \
		-Wno-analyzer-double-free -Wno-analyzer-use-after-free -Wno-analyzer-malloc-leak \
		-Werror -c -o /dev/null
}

check_clang_analyzer() {
	local status=0
	server_files | each clang --analyze "${SERVER_FLAGS[@]}" -Xclang -analyzer-werror --analyzer-output text \
		-Xclang -analyzer-disable-checker=deadcode.DeadStores -o /dev/null || status=1
	plain_files | each clang --analyze "${PLAIN_FLAGS[@]}" -Xclang -analyzer-werror --analyzer-output text \
		-o /dev/null || status=1
	return $status
}

check_cppcheck() {
	# Macros of PostgreSQL that look like no C at all to who has not read its headers.
	local macros=(-DPG_MODULE_MAGIC= '-DPG_MODULE_MAGIC_EXT(...)=' '-DPG_FUNCTION_INFO_V1(f)=extern int f'
		-DPG_FUNCTION_ARGS=FunctionCallInfo\ fcinfo -DPGDLLEXPORT= '-DPG_VERSION_NUM=150000'
		'-Dpg_attribute_noreturn()=' '-Dpg_attribute_printf(a,b)=' '-DAN_VERSION="0"' -D__GNUC__=12)
	cppcheck -q -j "$JOBS" --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
		--suppress=missingInclude --suppress=unknownMacro --suppress=normalCheckLevelMaxBranches \
		--suppress=preprocessorErrorDirective --suppress=nullPointerRedundantCheck --suppress=arrayIndexOutOfBoundsCond --suppress=uninitvar --suppress=legacyUninitvar \
		"${macros[@]}" -Isrc src
}

# Each harness over its committed inputs, then ten seconds of its own; `make -C test/fuzz run SECONDS=600` looks longer.
check_fuzz() {
	make -s -j"$JOBS" -C test/fuzz replay BUILD="$SCRATCH/fuzz" && make -s -C test/fuzz run SECONDS=10 BUILD="$SCRATCH/fuzz"
}

check_clang_format() {
	own_files | grep -v '^bench/' | xargs -r clang-format --dry-run -Werror
}

check_layers() {
	python3 .ci/layercheck.py src .ci/layers.txt
}

check_messages() {
	own_files | grep '^src/.*\.c$' | xargs -r python3 .ci/ereportlint.py
}

# Version differences stand in one header.
check_version_macros() {
	! grep -rn 'PG_VERSION_NUM\|PG_MAJORVERSION' src --include='*.[ch]' | grep -v '^src/base/compat.h:'
}

check_style() {
	python3 .ci/style.py .
}

check_install_sql() {
	python3 .ci/installsql.py sql/install/*.sql
}

# Every room with SQL has its page, every input its output and no second truth beside it.
check_pages_and_pairs() {
	local file stem status=0
	for file in sql/install/*.sql; do
		stem=$(basename "$file" .sql)
		stem=${stem#*_} # the number
		stem=${stem#*_} # the room, where there is more than one file of it
		[ "$stem" = schema ] || [ -e "docs/$stem.md" ] || { echo "$file: no docs/$stem.md"; status=1; }
	done
	pairs sql .sql expected || status=1
	pairs test/isolation/specs .spec test/isolation/expected || status=1
	return $status
}

pairs() {
	local inputs=$1 suffix=$2 outputs=$3 status=0 differences
	differences=$(diff <(cd "$inputs" && find . -maxdepth 1 -name "*$suffix" -printf '%P\n' | sed "s/\\$suffix\$//" | sort) \
		<(cd "$outputs" && find . -maxdepth 1 -name '*.out' -printf '%P\n' | sed 's/\.out$//' | sort) | grep '^[<>]' || true)
	[ -z "$differences" ] || {
		echo "$inputs (<) and $outputs (>) do not match one to one:"
		echo "$differences"
		status=1
	}
	return $status
}

check_metadata() {
	python3 - <<'PYTHON'
import json, os, re, sys

version = re.search(r"^default_version *= *'(.*)'", open('analytics.control').read(), re.M).group(1)
meta = json.load(open('META.json'))
found = {'META.json': meta['version'], 'META.json provides': meta['provides']['analytics']['version']}
if os.path.exists('CHANGELOG.md'):
    heading = re.search(r'^## \[?v?(\d+\.\d+\.\d+)', open('CHANGELOG.md').read(), re.M)
    found['CHANGELOG.md'] = heading.group(1) if heading else 'nothing'
bad = {k: v for k, v in found.items() if v != version}
for where, what in bad.items():
    print(f'{where} says {what}, analytics.control says {version}')
for name in [p['file'] for p in meta['provides'].values()] + [p['docfile'] for p in meta['provides'].values()]:
    if not os.path.exists(name) and name != 'README.md':
        print(f'META.json names {name}, which is not there')
        bad[name] = 'missing'
sys.exit(bool(bad))
PYTHON
}

check_shell() {
	# Words are split on purpose where a list is a string (2046, 2086); sourced files set what others read (2034).
	find . -name '*.sh' -print0 | xargs -0 shellcheck -S warning --exclude=SC2046,SC2086,SC2034 .ci/run
}

check_python() {
	python3 -m py_compile .ci/*.py
}

# Prints the library's place; fails where the build has left none.
library() {
	local file
	file=$("$PG_CONFIG" --pkglibdir)/analytics.so
	[ -e "$file" ] && echo "$file"
}

# PostgreSQL 15 loads libraries into one name space: what we export may answer somebody else's call.
check_exported_symbols() {
	local file
	file=$(library) || return 1
	! nm -D --defined-only "$file" | awk '{ print $3 }' |
		grep -vE '^(_PG_init|Pg_magic_func|analytics_[a-z0-9_]+|pg_finfo_analytics_[a-z0-9_]+)$'
}

# A backend that dies takes the server along: libraries of others stay in the helper programs.
check_needed_libraries() {
	local file
	file=$(library) || return 1
	! readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc|libm|ld-linux.*)\.so\.[0-9]+$'
}

# catalog FILE: runs a query of .ci that lists findings.
catalog() {
	local found
	found=$(psql -X -A -t -q -v ON_ERROR_STOP=1 -d lint -f "$1") || return 1
	[ -z "$found" ] || { echo "$found"; return 1; }
}

check_comments() {
	catalog .ci/comments.sql
}

check_rights() {
	catalog .ci/rights.sql
}

check_documented() {
	local name names status=0
	names=$(psql -X -A -t -q -v ON_ERROR_STOP=1 -d lint -f .ci/callable.sql) || return 1
	for name in $names; do
		grep -rqwF -- "$name" docs README.md 2>/dev/null || { echo "no page of docs/ names $name"; status=1; }
	done
	return $status
}

# Builds and installs for the checks that look at the library or the catalog.
prepare() {
	make -s -j"$JOBS" with_llvm=no && make -s install with_llvm=no && private_server "$SCRATCH/server" &&
		psql -X -q -c 'CREATE DATABASE lint' postgres &&
		psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION analytics' lint
}

main() {
	local name output passed=0 failed=0
	[ $# -gt 0 ] || set -- $(declare -F | sed -n 's/^declare -f check_//p')
	echo "== checks"
	private_tree "$SCRATCH/root"
	if ! prepare >"$SCRATCH/prepare.log" 2>&1; then
		cat "$SCRATCH/prepare.log"
		echo "FAILED build"
		failed=1
	fi
	for name in "$@"; do
		if output=$("check_$name" 2>&1); then
			echo "ok     $name"
			passed=$((passed + 1))
		else
			echo "FAILED $name"
			echo "$output" | head -n 60 | sed 's/^/       /'
			failed=$((failed + 1))
		fi
	done
	echo "$passed passed, $failed failed"
	[ $failed = 0 ]
}

main "$@"

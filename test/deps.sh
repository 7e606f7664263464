#!/bin/bash
# deps.sh - the Debian packages that are needed, and their installation
#
#   test/deps.sh [--list] build|check|lint|fresh|peers ...
#
#   build   compile the extension and run it on a private server (make, make demo, make bench)
#   check   unit tests, TAP and whatever reads back what was written
#   lint    the compilers and analysers of .ci/lint.sh
#   fresh   debootstrap, for make check-fresh
#   peers   extensions that bench/sketch.sh measures against and 051_sketch_peers.pl exchanges with, and
#           pg_cron for 060_refresh_cron.pl; nothing else needs them
#
# Says nothing when nothing is missing. Otherwise it installs as root or through `sudo -n`; where neither is
# possible it prints the line to run and fails. --list prints what the sets hold and installs nothing.
#
# Packages that are there are never upgraded, so no running server is restarted. Where PostgreSQL comes to the
# machine for the first time, no cluster "main" is made: everything here uses a server of its own.

set -euo pipefail

CREATECLUSTER=/etc/postgresql-common/createcluster.conf

# The major version to use: of PG_CONFIG if it can build extensions, else the default of the distribution.
server_major() {
	local config=${PG_CONFIG:-pg_config} pgxs
	if pgxs=$("$config" --pgxs 2>/dev/null) && [ -e "$pgxs" ]; then
		"$config" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/'
		return
	fi
	if [ -n "${PG_CONFIG:-}" ] && [ "$PG_CONFIG" != pg_config ]; then
		echo "deps: PG_CONFIG=$PG_CONFIG has no PGXS; install the server's development files" >&2
		exit 1
	fi
	distribution_major
}

distribution_major() {
	local major
	major=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/^ *Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
	if [ -z "$major" ]; then
		# No package lists yet, as on a machine just installed.
		case $(. /etc/os-release && echo "${VERSION_CODENAME:-}") in
		bookworm) major=15 ;;
		trixie) major=17 ;;
		forky) major=18 ;;
		*)
			echo "deps: cannot tell which PostgreSQL this system offers; run apt-get update, or set PG_CONFIG" >&2
			exit 1
			;;
		esac
	fi
	echo "$major"
}

# A server that did not come from Debian's packages brings its own headers and test programs.
server_packages() {
	local bindir
	bindir=$("${PG_CONFIG:-pg_config}" --bindir 2>/dev/null || true)
	case $bindir in
	"" | /usr/lib/postgresql/*) echo "postgresql-$1 postgresql-server-dev-$1" ;;
	esac
}

packages() {
	local set
	for set in "$@"; do
		case $set in
		build)
			server_packages "$(server_major)"
			echo build-essential gzip util-linux tzdata
			[ "${WITH_RENDER:-yes}" != yes ] || echo libxlsxwriter-dev libminizip-dev zlib1g-dev
			# A PDF needs fonts too: one for Latin letters, and the smallest of those that write Chinese and Japanese.
			[ "${WITH_RENDER:-yes}${WITH_PDF:-yes}" != yesyes ] ||
				echo pkg-config libpango1.0-dev fonts-dejavu-core fonts-wqy-microhei
			;;
		check)
			echo libcmocka-dev libipc-run-perl procps python3 cmark-gfm
			[ "${WITH_RENDER:-yes}" != yes ] || echo python3-openpyxl libreoffice-calc-nogui poppler-utils
			;;
		lint)
			# The fuzzers' runtime has clang's version in its name.
			echo clang clang-format cppcheck shellcheck python3 binutils \
				"libclang-rt-$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)-dev"
			;;
		fresh) echo debootstrap git ;;
		peers) echo "postgresql-$(server_major)-hll postgresql-$(server_major)-tdigest postgresql-$(server_major)-cron" ;;
		*)
			echo "deps: unknown set \"$set\"; the sets are build, check, lint, fresh and peers" >&2
			exit 2
			;;
		esac
	done
}

missing() {
	local package
	for package in "$@"; do
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || echo "$package"
	done
}

apt() {
	$SUDO env DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@"
}

# Installs without making a cluster: postgresql-common comes first, and its configuration says no for the
# length of the installation. One that was there before belongs to the administrator and stays as it is.
install_packages() {
	if [ -e "$CREATECLUSTER" ]; then
		apt install --no-install-recommends --no-upgrade "$@"
		return
	fi
	apt install --no-install-recommends postgresql-common
	$SUDO cp -p "$CREATECLUSTER" "$CREATECLUSTER.analytics"
	trap '$SUDO mv "$CREATECLUSTER.analytics" "$CREATECLUSTER"' EXIT
	echo "create_main_cluster = false" | $SUDO tee -a "$CREATECLUSTER" >/dev/null
	apt install --no-install-recommends --no-upgrade "$@"
}

main() {
	local list wanted need
	list=no
	if [ "${1:-}" = --list ]; then
		list=yes
		shift
	fi
	[ $# -gt 0 ] || set -- build check
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		echo "deps: not a Debian system; what is needed is listed in test/deps.sh" >&2
		exit 1
	fi
	wanted=$(packages "$@" | tr ' ' '\n' | sort -u)
	if [ $list = yes ]; then
		echo "$wanted"
		return
	fi
	mapfile -t need < <(missing $wanted)
	[ ${#need[@]} -gt 0 ] || return 0

	if [ "$(id -u)" = 0 ]; then
		SUDO=
	elif sudo -n true 2>/dev/null; then
		SUDO="sudo -n"
	else
		echo "deps: missing packages; as root, run:" >&2
		echo "apt-get update && apt-get install -y --no-install-recommends ${need[*]}" >&2
		exit 1
	fi
	echo "deps: installing ${need[*]}"
	apt update >/dev/null
	# The lists may name another version of PostgreSQL than was guessed without them.
	mapfile -t need < <(missing $(packages "$@"))
	install_packages "${need[@]}"
}

main "$@"

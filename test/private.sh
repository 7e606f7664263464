# private.sh - a private PostgreSQL: sourced by whatever needs a server of its own
#
#   . test/private.sh
#   private_tree DIR        copies of the server's programs and links to its files below DIR, so that the
#                           extension is installed there and the system's own PostgreSQL stays untouched;
#                           sets PG_CONFIG and PATH to it
#   private_server DIR      initdb and start below DIR: Unix socket in DIR, no TCP; sets PGHOST, PGPORT, PGUSER
#   private_stop DIR        stops it
#   as_user COMMAND ...     runs a command as the unprivileged user (root may not run a server)
#
# PostgreSQL finds its files relative to its own program: a tree of the same shape elsewhere runs as it is.

# shellcheck shell=bash
set -euo pipefail

# The user that runs servers: whoever called us, or for root "postgres", or else "nobody".
if [ "$(id -u)" = 0 ]; then
	PRIVATE_USER=$(id -un postgres 2>/dev/null || echo nobody)
	as_user() { setpriv --reuid="$PRIVATE_USER" --regid="$(id -g "$PRIVATE_USER")" --clear-groups -- "$@"; }
else
	PRIVATE_USER=$(id -un)
	as_user() { "$@"; }
fi

private_tree() {
	local root=$1 from=${PG_CONFIG:-pg_config} bin share lib inc
	bin=$($from --bindir) share=$($from --sharedir) lib=$($from --pkglibdir) inc=$($from --includedir)
	mkdir -p "$root$bin" "$root$(dirname "$share")" "$root$lib" "$root$(dirname "$inc")"
	cp "$bin"/* "$root$bin/"
	cp -as "$share" "$root$(dirname "$share")/"
	cp -as "$lib/." "$root$lib/"
	[ -e "$root$inc" ] || ln -s "$inc" "$root$inc"
	# A copy that an administrator installed system-wide must not shadow the one under test.
	rm -f "$root$lib"/analytics.so "$root$share"/extension/analytics*
	export PG_CONFIG="$root$bin/pg_config" PATH="$root$bin:$PATH"
}

private_server() {
	local dir=$1
	shift
	install -d -m 700 ${PRIVATE_USER:+-o "$PRIVATE_USER"} "$dir" 2>/dev/null || mkdir -p "$dir"
	as_user "$(dirname "$PG_CONFIG")/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N \
		>"$dir/../initdb.log" 2>&1 || { cat "$dir/../initdb.log"; return 1; }
	printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$dir'" "port = 5432" \
		"timezone = 'UTC'" "fsync = off" "max_connections = 40" "$@" >>"$dir/data/postgresql.conf"
	as_user "$(dirname "$PG_CONFIG")/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -s start
	export PGHOST=$dir PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
	unset PGSERVICE PGPASSFILE PGOPTIONS PGTZ
}

private_stop() {
	[ ! -f "$1/data/postmaster.pid" ] || as_user "$(dirname "$PG_CONFIG")/pg_ctl" -D "$1/data" -m immediate -w -s stop
}

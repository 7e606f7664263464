#!/bin/bash
# fresh.sh - the two commands of the README on a bare Debian
#
#   test/fresh.sh bookworm|trixie|forky
#
# Makes a minimal Debian with debootstrap in a scratch folder, clones HEAD of this tree into it, and runs there
# `make demo` and `make check`: first as root, who gets the packages installed, then as an ordinary user with a clone
# of his own. Prints the versions of PostgreSQL and libxlsxwriter, a PASS or FAIL for each step, and removes the scratch.
#
# Packages come from the mirror that this machine's apt uses, through the same proxy. Downloaded packages stay in
# ${XDG_CACHE_HOME:-/var/tmp}/analytics-fresh for the next run. Needs root: debootstrap mounts and makes devices.

set -euo pipefail

suite=${1:-}
top=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-/var/tmp}/analytics-fresh
root="" passed=0 failed=0

case $suite in
bookworm | trixie | forky) ;;
*)
	echo "usage: make check-fresh SUITE=bookworm|trixie|forky" >&2
	exit 2
	;;
esac
if [ "$(id -u)" != 0 ]; then
	echo "fresh: needs root, because debootstrap mounts file systems; run: sudo make check-fresh SUITE=$suite" >&2
	exit 1
fi
"$top/test/deps.sh" fresh

# Prints the first archive of apt's own sources that is Debian's main or, with "security", its security archive.
# Reads both forms: *.sources (URIs: ...) and *.list (deb [options] URI suite component).
mirror() {
	local want=$1 uri
	{
		sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | tr ' ' '\n'
		sed -n 's/^deb  *\(\[[^]]*\]  *\)\{0,1\}\([^ ]*\) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null
	} | while read -r uri; do
		case $uri in
		*debian-security* | *security.debian.org*) [ "$want" = security ] && echo "$uri" ;;
		*/debian | */debian/) [ "$want" = main ] && echo "$uri" ;;
		esac
	done | head -n 1
}

mount_all() {
	mkdir -p "$root/var/cache/apt/archives"
	mount -t proc proc "$root/proc"
	mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666,mode=620
	mount -t tmpfs tmpfs "$root/dev/shm"
	mount --bind "$cache/$suite" "$root/var/cache/apt/archives"
}

# Nothing may be left mounted when the folder is removed.
unmount_all() {
	local point
	for point in var/cache/apt/archives dev/shm dev/pts proc; do
		! mountpoint -q "$root/$point" || umount "$root/$point" || umount -l "$root/$point"
	done
}

# Stops what still runs in there, such as a step that was interrupted.
stop_all() {
	local proc
	for proc in /proc/[0-9]*; do
		[ "$(readlink "$proc/root" 2>/dev/null)" != "$root" ] || kill -KILL "${proc#/proc/}" 2>/dev/null || true
	done
}

cleanup() {
	trap '' INT TERM HUP
	[ -n "$root" ] || return 0
	stop_all
	unmount_all
	if mount | grep -q " $root/"; then
		echo "fresh: something is still mounted below $root, left in place" >&2
		return
	fi
	rm -rf --one-file-system "$root"
}

bootstrap() {
	local main security script=/usr/share/debootstrap/scripts/$suite
	# A suite that is younger than this machine's debootstrap is made like sid.
	[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
	main=$(mirror main)
	main=${main:-http://deb.debian.org/debian}
	security=$(mirror security)
	mkdir -p "$cache/$suite/partial"
	debootstrap --variant=minbase --cache-dir="$cache/$suite" --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		"$suite" "$root" "$main" "$script" || return 1
	echo "deb $main $suite main" >"$root/etc/apt/sources.list"
	# The testing suite has its fixes in itself.
	if [ "$suite" != forky ]; then
		echo "deb $main $suite-updates main" >>"$root/etc/apt/sources.list"
		[ -z "$security" ] || echo "deb $security $suite-security main" >>"$root/etc/apt/sources.list"
	fi
	network
}

# The same way out as this machine has.
network() {
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
	apt-config dump | grep -iE '^Acquire::(http|https)::Proxy' >"$root/etc/apt/apt.conf.d/90proxy" || true
	# The cache is shared between runs: keep what was downloaded.
	printf '%s\n' 'APT::Keep-Downloaded-Packages "true";' 'Binary::apt::APT::Keep-Downloaded-Packages "true";' \
		>"$root/etc/apt/apt.conf.d/91keep"
	# No service may start in there.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
}

# inside USER COMMAND: a login-like shell of that user in the bare system.
inside() {
	local user=$1 home=/root
	shift
	[ "$user" = root ] || home=/home/$user
	chroot "$root" /usr/bin/env -i HOME="$home" USER="$user" TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
		${WITH_RENDER:+WITH_RENDER="$WITH_RENDER"} \
		setpriv --reuid="$user" --regid="$user" --init-groups -- /bin/bash -c "cd; $*"
}

# A clone, as a stranger has it: HEAD, without whatever lies about in this tree.
clone_for() {
	local user=$1 home=/root
	[ "$user" = root ] || home=/home/$user
	rm -rf "$root$home/analytics"
	git -c safe.directory='*' clone -q --no-hardlinks "$top" "$root$home/analytics"
	chroot "$root" chown -R "$user:$user" "$home/analytics"
}

# step NAME COMMAND ...: runs, and books it with its time.
step() {
	local name=$1 start=$SECONDS status=0
	shift
	echo
	echo "== $suite: $name"
	"$@" || status=$?
	if [ $status = 0 ]; then
		passed=$((passed + 1))
		results+=("PASS  $(printf '%-34s %5d s' "$name" $((SECONDS - start)))")
	else
		failed=$((failed + 1))
		results+=("FAIL  $(printf '%-34s %5d s' "$name" $((SECONDS - start)))")
	fi
	echo "${results[-1]}"
	return $status
}

versions() {
	inside root 'dpkg-query -W -f="\${Package} \${Version}\n" "postgresql-[1-9][0-9]" libxlsxwriter-dev gcc 2>/dev/null | grep " [0-9]"'
}

# A mirror that stands still, as a snapshot does, outlives the two weeks for which testing's lists are valid.
first_packages() {
	inside root 'apt-get update -q' || {
		echo "fresh: accepting lists that have expired"
		echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/92valid"
		inside root 'apt-get update -q' || return 1
	}
	inside root 'apt-get install -y -q --no-install-recommends git make ca-certificates'
}

# The workbook must be there and belong to who asked for it.
demo_as() {
	inside "$1" 'cd analytics && make demo && { [ ! -e demo/report.xlsx ] || [ -s demo/report.xlsx -a -O demo/report.xlsx ]; }'
}

check_as() {
	inside "$1" 'cd analytics && make check'
}

# Neither a cluster of the system nor a scratch folder may be left.
clean() {
	inside root 'ls -d /tmp/analytics.* /var/lib/postgresql/*/main 2>/dev/null && exit 1; exit 0'
}

results=()
root=$(mktemp -d "${TMPDIR:-/var/tmp}/fresh.XXXXXX")
chmod 755 "$root"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step "debootstrap" bootstrap || exit 1
mount_all
step "apt-get install git make" first_packages || exit 1
clone_for root
step "make demo as root" demo_as root || true
step "make check as root" check_as root || true
inside root 'useradd -m -s /bin/bash tester'
clone_for tester
step "make demo as an ordinary user" demo_as tester || true
step "make check as an ordinary user" check_as tester || true
step "nothing left behind" clean || true

echo
echo "== $suite"
versions
printf '%s\n' "${results[@]}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

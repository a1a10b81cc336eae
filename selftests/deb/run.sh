#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh ROOT [PATTERN]: the packages of `make deb`, and of a version after it, under a real systemd: each function of
# test_service.sh. ROOT is a Debian root (debootstrap) with systemd, systemd-sysv, dbus and iproute2, and the libraries that the
# package depends on; it is not written to. Packages that are there are not built again: remove $OUT/deb for that.
set -u
cd "$(dirname "$0")/../.." || exit 1
export OUT=${OUT:-.out} LC_ALL=C ROOT DEB NEXT_DEB
ROOT=$(realpath "${1:?a Debian root}") || exit 2
pattern=${2:-}
passed=0 failed=0 skipped=0
command -v systemd-nspawn >/dev/null || {
	echo "systemd-nspawn is not here: package systemd-container"
	exit 2
}

# package_of VERSION: builds it, if it is not there.
package_of() {
	ls "$OUT"/deb/ip-takeover_"$1"_*.deb 2>/dev/null || {
		make deb DEB_VERSION="$1" >&2 && ls "$OUT"/deb/ip-takeover_"$1"_*.deb
	}
}

version=$(scripts/version.sh)
DEB=$(package_of "$version") || exit 1
NEXT_DEB=$(package_of "$version+next") || exit 1
DEB=$(realpath "$DEB") NEXT_DEB=$(realpath "$NEXT_DEB")
for name in $(sed -n 's/^\(test_[a-z0-9_]*\)() *{$/\1/p' selftests/deb/test_service.sh); do
	[[ $name =~ $pattern ]] || continue
	timeout -k 5 600 selftests/isolate.sh bash selftests/lib.sh selftests/deb/test_service.sh "$name" </dev/null >"$OUT/deb/$name.log" 2>&1
	case $? in
	0) passed=$((passed + 1)) && echo "PASS deb/${name#test_}" && sed -n 's/^#/    #/p' "$OUT/deb/$name.log" ;;
	4) skipped=$((skipped + 1)) && echo "SKIP deb/${name#test_}: $(sed -n 's/^SKIP: //p' "$OUT/deb/$name.log")" ;;
	*) failed=$((failed + 1)) && echo "FAIL deb/${name#test_}" && sed 's/^/    | /' "$OUT/deb/$name.log" ;;
	esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# deb.sh [VERSION]: Debian packages of this tree as it is, committed or not, into $OUT/deb: built in a copy, because dpkg
# wants debian/ at its top. With VERSION as if the changelog began with that one: for tests of an upgrade.
set -eu
umask 022
cd "$(dirname "$0")/.."
mkdir -p "${OUT:-.out}/deb"
out=$(realpath "${OUT:-.out}/deb")
version=${1:-$(scripts/version.sh)}
tree=$out/build/ip-takeover-$version

# What git knows of and is still there; in an archive, all but what was built.
files() {
	if [ -e .git ]; then
		git ls-files | while read -r file; do [ ! -e "$file" ] || echo "$file"; done
	else
		find . -path ./.out -prune -o -path "./${OUT:-.out}" -prune -o -type f -print
	fi
}

rm -rf "$out/build"
mkdir -p "$tree"
files | tar -c --no-recursion -T - | tar -x -C "$tree"
# Whatever whoever cloned it has for a umask.
chmod -R u=rwX,go=rX "$tree"
scripts/version.sh commit >"$tree/scripts/commit"
[ "$version" = "$(scripts/version.sh)" ] || {
	sed "1s/(.*)/($version)/; 3s/.*/  * Not a release: a version for a test./; /^ -- /q" scripts/debian/changelog
	echo
	cat scripts/debian/changelog
} >"$tree/scripts/debian/changelog"
cp -r "$tree/scripts/debian" "$tree/debian"
(cd "$tree" && dpkg-buildpackage --no-sign) >"$out/build.log" 2>&1 || {
	tail -n 40 "$out/build.log" >&2
	echo "deb.sh: all of it is in $out/build.log" >&2
	exit 1
}
find "$out/build" -maxdepth 1 -type f -exec mv -t "$out" {} +
rm -rf "$out/build"
ls "$out"/ip-takeover*_"${version}"_*.deb

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# version.sh [version|commit]: the version of this tree, which stands in the changelog's first line alone, or the commit
# that it is of: as the archive says, else as git does.
set -u
cd "$(dirname "$0")/.." || exit 1

of_archive() {
	sed -nE 's/^([0-9a-f]{12})[0-9a-f]*(-dirty)?$/\1\2/p' scripts/commit | grep .
}

# Not of a repository that this tree merely lies in.
of_git() {
	[ "$(git rev-parse --show-prefix 2>/dev/null)" = "" ] && git describe --always --dirty --exclude='*' --abbrev=12 2>/dev/null
}

case ${1:-version} in
version) sed -n '1s/^ip-takeover (\([^)]*\)).*/\1/p' scripts/debian/changelog ;;
commit) of_archive || of_git || echo unknown ;;
*)
	echo "usage: version.sh [version|commit]" >&2
	exit 2
	;;
esac

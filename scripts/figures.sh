#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The shape of the tree in figures, a line each: run it before and after a change of the structure.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C

line() {
	printf '%-44s %s\n' "$1" "$2"
}

sources() {
	git ls-files 'include/*.h' 'bpf/*.[ch]' 'user/*.[ch]' 'selftests/*.[ch]'
}

for room in user/*/; do
	line "files, lines of $room" "$(git ls-files "$room" | wc -l) $(git ls-files -z "$room" | xargs -0 cat | wc -l)"
done
line "files of user/ in no room" "$(git ls-files 'user/*' | grep -cv '/.*/')"
line "files over 400 lines" "$(sources | xargs wc -l | awk '$2 != "total" && $1 > 400' | wc -l)"
# shellcheck disable=SC2046
line "functions over 60 lines (80: parsers)" "$(awk '
	FNR == 1 { start = 0 }
	/^[A-Za-z_].*\(/ { name = $0 }
	/^{/ { start = FNR }
	/^}/ && start { n += FNR - start - 1 > (name ~ /parse|decode|load/ ? 80 : 60); start = 0 }
	END { print n + 0 }' $(sources))"
line "calls and headers against the rooms, circles" "$(scripts/check.sh rooms 2>&1 | grep -c '^FAIL')"
line "lines of README.md" "$(wc -l <README.md)"
line "tree, MB (git archive)" "$(git archive HEAD | wc -c | awk '{ printf "%.2f", $1 / 1e6 }')"
if [ "${1:-}" = --build ]; then
	out=$(mktemp -d)
	start=$(date +%s%N)
	make -s OUT="$out" -j "$(nproc)" >/dev/null 2>&1 || echo "make failed" >&2
	line "make from clean, seconds" "$((($(date +%s%N) - start) / 1000000000))"
	rm -rf "$out"
fi

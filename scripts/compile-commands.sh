#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# From the commands that `make -n` prints to the list that editors read: one object each.
printf '[\n'
awk -v dir="$(pwd)" '
	/\\$/ { sub(/\\$/, ""); kept = kept $0; next }
	{ line = kept $0; kept = "" }
	line !~ / -c [^ ]+\.c -o / { next }
	{
		file = line
		sub(/.* -c /, "", file)
		sub(/ .*/, "", file)
		gsub(/["\\]/, "\\\\&", line)
		printf "%s{\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s\"}", n++ ? ",\n" : "", dir, file, line
	}
	END { exit !n }'
status=$?
printf '\n]\n'
exit $status

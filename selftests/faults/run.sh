#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `make faults`: every scenario of the file `plan`, one after the other, and a table of what came of them.
# run.sh [PATTERN] runs those whose number or title matches; V=1 shows what each test says. FAMILY=6: with an IPv6 address.

set -u
cd "$(dirname "$0")/../.." || exit 1
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin OUT=${OUT:-.out} LC_ALL=C
pattern=${1:-}
# More than `make check` has the time for.
export STARTS=${STARTS:-10} STORM=${STORM:-250000} HANDOVERS=${HANDOVERS:-30} LOSS_SECONDS=${LOSS_SECONDS:-20}
logs=$OUT/log/scenarios
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
failed=0 passed=0 elsewhere=0

# name_run NAME LOG: a test by the name that `make check` gives it.
name_run() {
	local kind=${1%%/*} rest=${1#*/} file function limit
	file=${rest%%:*} function=${rest#*:}
	case $kind in
	net | faults)
		file=selftests/$kind/test_$file.sh
		limit=$(sed -n "s/^# timeout: test_$function \([0-9]*\)\$/\1/p" "$file")
		timeout -k 5 "$((${limit:-300} * ${PATIENCE:-1}))" selftests/isolate.sh bash selftests/lib.sh "$file" "test_$function"
		;;
	bpf | unit)
		if [ "$function" = "$rest" ]; then function='*'; else function=test_$function; fi
		CMOCKA_TEST_FILTER=$function timeout 120 selftests/isolate.sh "$OUT/selftests/$kind/$file"
		;;
	esac >"$2" 2>&1 </dev/null
}

# What the test says it saw, or that it has nothing to say.
seen_in() {
	local said
	said=$(sed -n 's/^# seen: //p' "$1" | paste -sd ';' | sed 's/;/; /g')
	echo "${said:-as expected}"
}

# scenario NUMBER TITLE EXPECTED TESTS: one row for each test.
scenario() {
	local number=$1 title=$2 expected=$3 test log status verdict seen
	for test in $4; do
		[[ $test != *@4 || ${FAMILY:-4} = 4 ]] || continue
		test=${test%@4}
		log=$logs/$test.log
		mkdir -p "${log%/*}"
		if [ "$test" = elsewhere ]; then
			elsewhere=$((elsewhere + 1))
			row "$number" "$title" "$expected" "needs a machine of its own: make check-vm T=vm/clock" "not here" -
			continue
		fi
		name_run "$test" "$log"
		status=$?
		seen=$(seen_in "$log")
		case $status in
		0) verdict=PASS passed=$((passed + 1)) ;;
		4) verdict=SKIP seen=$(sed -n 's/^SKIP: //p' "$log" | tail -n 1) elsewhere=$((elsewhere + 1)) ;;
		*) verdict=FAIL failed=$((failed + 1)) seen=$(grep -m 1 '^FAIL: ' "$log" | cut -c 7-) ;;
		esac
		row "$number" "$title" "$expected" "${seen:-ended with status $status}" "$verdict" "$test"
		[ "$verdict" != FAIL ] && [ "${V:-}" != 1 ] || sed 's/^/    | /' "$log"
	done
}

row() {
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$rows"
	printf '%-4s %-3s %-38s %s\n' "$5" "$1" "$6" "$4"
}

table() {
	echo
	awk -F '\t' 'function cut(text, n) { return length(text) > n ? substr(text, 1, n - 2) ".." : text }
		BEGIN { printf "%-3s %-40s %-44s %-8s %s\n", "#", "scenario", "expected", "verdict", "seen" }
		{ printf "%-3s %-40s %-44s %-8s %s\n", $1 == last ? "" : $1, $1 == last ? "" : cut($2, 40),
			$1 == last ? "" : cut($3, 44), $5, $4; last = $1 }' "$rows"
	echo
	echo "$passed passed, $failed failed, $elsewhere not here"
}

mkdir -p "$logs"
while IFS='|' read -r number title expected tests; do
	number=$(tr -d ' ' <<<"$number") title=$(sed 's/^ *//; s/ *$//' <<<"$title")
	expected=$(sed 's/^ *//; s/ *$//' <<<"$expected")
	[ -n "$number" ] && [[ $number != \#* ]] || continue
	[ -z "$pattern" ] || [ "$number" = "$pattern" ] || [[ $title =~ $pattern ]] || continue
	scenario "$number" "$title" "$expected" "$tests"
done <selftests/faults/plan
table
[ "$failed" = 0 ] && [ "$passed" != 0 ]

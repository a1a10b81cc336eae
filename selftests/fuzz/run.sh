#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The fuzz targets: run.sh SECONDS [TARGET]   each that many seconds of processor time, and a table
#                   run.sh replay TARGET      each file of its corpus once
#                   run.sh merge TARGET       what a run has found, made small, into its corpus
# Below $OUT/fuzz: NAME is the program, NAME.corpus what it has found so far, NAME.log; inputs that break
# something are NAME.crash-*.

set -u
cd "$(dirname "$0")/../.." || exit 1
OUT=${OUT:-.out}
dir=$OUT/fuzz
here=selftests/fuzz
# A leak or a hang is a defect as well.
options="-timeout=60 -rss_limit_mb=2048 -print_final_stats=1 -len_control=0 -max_len=4096"
export UBSAN_OPTIONS=print_stacktrace=1

targets() {
	local source
	for source in "$here"/fuzz_*.c; do
		source=${source##*/fuzz_}
		echo "${source%.c}"
	done
}

dictionary() {
	[ ! -e "$here/$1.dict" ] || echo "-dict=$here/$1.dict"
}

# Seconds of processor time that process $1 has used.
cpu_of() {
	awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) / hz) }' "/proc/$1/stat" 2>/dev/null
}

# Counted in processor time: on a busy machine it takes longer, and is as much.
fuzz() {
	local name=$1 limit=$2 pid used=0 now
	mkdir -p "$dir/$name.corpus" "$here/corpus/$name"
	find "$dir" -maxdepth 1 -name "$name.*-*" -delete
	# shellcheck disable=SC2046,SC2086
	"$dir/$name" $options $(dictionary "$name") -artifact_prefix="$dir/$name." "$dir/$name.corpus" \
		"$here/corpus/$name" >"$dir/$name.log" 2>&1 &
	pid=$!
	while now=$(cpu_of "$pid") && [ -n "$now" ]; do
		used=$now
		[ "$used" -lt "$limit" ] || kill -INT "$pid" 2>/dev/null
		sleep 1
	done
	wait "$pid"
	echo "$used" >"$dir/$name.cpu"
}

row() {
	local name=$1 log=$dir/$1.log runs cov crashes
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
	# A run that was cut off has said last where it was.
	[ -n "$runs" ] || runs=$(sed -n 's/^#\([0-9]*\)[[:space:]].*/\1/p' "$log" | tail -n 1)
	cov=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) corp: \([0-9]*\).*/\1 \2 \3/p' "$log" | tail -n 1)
	crashes=$(find "$dir" -maxdepth 1 -name "$name.*-*" | wc -l)
	# shellcheck disable=SC2086
	printf '%-10s %8s %12s %8s %8s %8s %8s\n' "$name" "$(cat "$dir/$name.cpu")" "${runs:--}" ${cov:-- - -} "$crashes"
	[ "$crashes" = 0 ] || grep -hE 'BROKEN|ERROR:|SUMMARY|runtime error' "$log"
	[ "$crashes" = 0 ]
}

fuzz_all() {
	local limit=$1 only=$2 name bad=0 jobs
	jobs=$(nproc)
	for name in $(targets); do
		[ -z "$only" ] || [ "$only" = "$name" ] || continue
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
			wait -n
		done
		fuzz "$name" "$limit" &
	done
	wait
	printf '%-10s %8s %12s %8s %8s %8s %8s\n' target cpu-s executions edges features corpus crashes
	for name in $(targets); do
		[ -z "$only" ] || [ "$only" = "$name" ] || continue
		row "$name" || bad=1
	done
	return $bad
}

# Edges only: how often each is passed would make thousands of files. Named ones are people's, and stay.
merge() {
	local name=$1 found file
	found=$(mktemp -d)
	# shellcheck disable=SC2046
	"$dir/$name" -merge=1 -use_counters=0 -max_len=4096 "$found" "$here/corpus/$name" "$dir/$name.corpus" || return
	for file in "$here/corpus/$name"/*; do
		[[ ! ${file##*/} =~ ^[0-9a-f]{40}$ ]] || rm "$file"
	done
	cp "$found"/* "$here/corpus/$name"
	rm -r "$found"
}

case ${1:-} in
replay)
	exec "$dir/$2" -runs=0 -timeout=60 -artifact_prefix="$dir/$2." "$here/corpus/$2"
	;;
merge)
	merge "$2"
	;;
*[!0-9]* | '')
	sed -n '3,5s/^# *//p' "$0" >&2
	exit 2
	;;
*) fuzz_all "$1" "${2:-}" ;;
esac

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs every test: one line each, failures in full. run.sh [PATTERN] runs those whose name matches.
#
# Kinds: check/NAME (scripts/check.sh), build/COMPILER, unit/PROGRAM, bpf/PROGRAM (cmocka, each of its functions
# counts), sim/MODE (seeds of the simulator), sim/peace, sim/scenes, sim/mutants, fuzz/TARGET (its corpus),
# model/quick (spin), net/FILE:FUNCTION and faults/FILE:FUNCTION (each function of selftests/net/test_FILE.sh,
# selftests/faults/test_FILE.sh in namespaces of its own). BPF and network tests run below isolate.sh: own
# network, mount and process namespaces, private bpffs and /run, so they see nothing from outside, leave nothing,
# and nothing survives them.

set -u
cd "$(dirname "$0")/.." || exit 1
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin OUT=${OUT:-.out} LC_ALL=C
pattern=${1:-}
make=${MAKE:-make}
verbose=${V:-}
logs=$OUT/log
passed=0 failed=0 skipped=0 planned=0
current=
functions=0

ms_now() {
	date +%s%3N
}

# $1 PASS|FAIL|SKIP, $2 name, $3 reason or time
result() {
	case $1 in
	PASS) passed=$((passed + 1)) ;;
	FAIL) failed=$((failed + 1)) ;;
	SKIP) skipped=$((skipped + 1)) ;;
	esac
	echo "$1 $2${3:+: $3}"
}

summary() {
	if [ $((passed + failed + skipped)) -lt "$planned" ]; then
		echo "FAIL plan: $planned tests were planned, $((passed + failed + skipped)) reported"
		failed=$((failed + 1))
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
}

interrupted() {
	trap '' INT TERM
	# The job is a process group of its own; the isolated part dies with its first process.
	[ -n "$current" ] && kill -TERM -- "-$current" 2>/dev/null && wait "$current" 2>/dev/null
	echo "interrupted"
	planned=0
	summary
	exit 130
}
trap interrupted INT TERM

selected() {
	[ -z "$pattern" ] || [[ $1 =~ $pattern ]]
}

# Runs "$@" with its output in log $1 (also on the terminal with V=1), at most $2 seconds; its status.
job() {
	local log=$1 limit=$2 status
	shift 2
	mkdir -p "${log%/*}"
	set -m
	if [ "$verbose" = 1 ]; then
		timeout -k 5 "$limit" "$@" </dev/null > >(tee "$log") 2>&1 &
	else
		timeout -k 5 "$limit" "$@" </dev/null >"$log" 2>&1 &
	fi
	current=$!
	set +m
	wait "$current"
	status=$?
	current=
	if [ "$status" = 124 ] || [ "$status" = 137 ]; then
		echo "FAIL: still running after $limit seconds" >>"$log"
	fi
	return "$status"
}

# Without V=1 a failed test shows all it said.
show() {
	[ "$verbose" = 1 ] || sed 's/^/    | /' "$1"
}

# One test that is one program: exit status 0 passed, 4 skipped, else failed.
single() {
	local name=$1 limit=$2 log=$logs/$1.log start status
	shift 2
	selected "$name" || return 0
	planned=$((planned + 1))
	start=$(ms_now)
	job "$log" "$limit" "$@"
	status=$?
	case $status in
	0)
		result PASS "$name" "$(($(ms_now) - start)) ms"
		# Figures that a test measured are worth seeing when it passes, too.
		[ "${V:-}" = 1 ] || sed -n 's/^#/    #/p' "$log"
		;;
	4) result SKIP "$name" "$(sed -n 's/^SKIP: //p' "$log" | tail -n 1)" ;;
	*)
		result FAIL "$name" "$(sed -n 's/^FAIL: //p' "$log" | tail -n 1)"
		show "$log"
		;;
	esac
}

# cmocka's TAP output: every function of the program is one test. Counts them in `functions`.
cmocka_results() {
	local kind=$1 log=$2 line verdict name
	functions=0
	while IFS= read -r line; do
		[[ $line =~ ^(not\ ok|ok)\ [0-9]+\ -\ (.*)$ || $line =~ ^(not\ ok|ok)\ [0-9]+\ (#\ SKIP.*)$ ]] || continue
		verdict=${BASH_REMATCH[1]} name=${BASH_REMATCH[2]}
		functions=$((functions + 1))
		if [[ $name == "# SKIP"* ]]; then
			result SKIP "$kind:${name#\# SKIP }"
		elif [ "$verdict" = ok ]; then
			result PASS "$kind:$name"
		else
			result FAIL "$kind:$name"
		fi
	done <"$log"
}

cmocka() {
	local kind=$1 program=$OUT/selftests/$1 log=$logs/$1.log limit=$2 status before=$failed want
	shift 2
	selected "$kind" || return 0
	planned=$((planned + 1))
	if [ ! -x "$program" ]; then
		result FAIL "$kind" "was not built"
		return
	fi
	job "$log" "$limit" env CMOCKA_MESSAGE_OUTPUT=TAP "$@" "$program"
	status=$?
	cmocka_results "$kind" "$log"
	want=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
	if [ "$functions" = 0 ] || [ "$functions" -lt "$want" ]; then
		result FAIL "$kind" "ended with status $status after $functions of $want functions"
	elif [ "$status" != 0 ] && [ "$failed" = "$before" ]; then
		result FAIL "$kind" "ended with status $status"
	fi
	[ "$failed" = "$before" ] || show "$log"
}

# "# timeout: FUNCTION SECONDS" in the file gives a function more than a minute; "# slow: FUNCTION" leaves it to
# `make faults`.
net_file() {
	local kind=$1 file=$2 base function limit names
	base=${file##*/test_}
	base=${base%.sh}
	names=$(sed -n 's/^\(test_[a-z0-9_]*\)() *{$/\1/p' "$file")
	if [ -z "$names" ]; then
		planned=$((planned + 1))
		result FAIL "$kind/$base" "holds no test function"
	fi
	for function in $names; do
		[ -z "${SLOW_TOO:-}" ] && grep -qx "# slow: $function" "$file" && continue
		limit=$(sed -n "s/^# timeout: $function \([0-9]*\)\$/\1/p" "$file")
		single "$kind/$base:${function#test_}" "${limit:-60}" \
			selftests/isolate.sh bash selftests/lib.sh "$file" "$function"
	done
}

# The core on virtual nodes: so many seeds of each mode as take half a minute together on two processors.
simulate() {
	local mode jobs
	jobs=$(nproc)
	for mode in pair:4000 quorum3:1500 quorum5:200 witness:1500; do
		single "sim/${mode%:*}" 300 "$OUT/sim/sim" --mode "${mode%:*}" --seeds "1-${mode#*:}" \
			--jobs "$jobs"
	done
	single sim/peace 120 "$OUT/sim/sim" --peace
	single sim/scenes 60 "$OUT/sim/sim" --scene all
	single sim/mutants 300 "$make" OUT="$OUT" mutants
}

build_all() {
	local what=tests
	# The one failed file must not keep the tests of all others from running.
	single build/gcc 600 "$make" -k CC=gcc OUT="$OUT" tests
	single build/clang 600 "$make" -k CC=clang OUT="$OUT/clang" tests
	single build/fuzzers 600 "$make" -k OUT="$OUT" fuzzers
	# Yesterday's programs would pass.
	[[ $pattern != *fuzz* ]] || what="tests fuzzers"
	# The words are two targets.
	# shellcheck disable=SC2086
	[ -z "$pattern" ] || selected build/gcc || "$make" -k OUT="$OUT" $what >"$OUT/build.log" 2>&1 || {
		grep -E 'error|Error' "$OUT/build.log"
		echo "the tests do not build"
		exit 1
	}
}

main() {
	local name file root=1
	[ "$(id -u)" = 0 ] || root=0
	mkdir -p "$logs"
	build_all
	for name in $(scripts/check.sh --list); do
		single "check/$name" 120 scripts/check.sh "$name"
	done
	for file in selftests/unit/test_*.c; do
		name=${file##*/}
		[ -e "$file" ] && cmocka "unit/${name%.c}" 60
	done
	simulate
	for file in selftests/fuzz/fuzz_*.c; do
		name=${file##*/fuzz_} && name=${name%.c}
		[ "$name" = xdp ] && [ $root = 0 ] && continue # it loads programs
		single "fuzz/$name" 120 selftests/fuzz/run.sh replay "$name"
	done
	single model/quick 300 selftests/model/check.sh quick
	if [ $root = 0 ]; then
		planned=$((planned + 1))
		result SKIP "bpf and net" "these need root"
		summary
		exit
	fi
	for file in selftests/bpf/test_*.c; do
		name=${file##*/}
		[[ $file == *.bpf.c ]] || [ ! -e "$file" ] || cmocka "bpf/${name%.c}" 120 selftests/isolate.sh
	done
	for file in selftests/net/test_*.sh; do
		[ -e "$file" ] && net_file net "$file"
	done
	for file in selftests/faults/test_*.sh; do
		[ -e "$file" ] && net_file faults "$file"
	done
	summary
}

main

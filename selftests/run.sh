#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs every test: one line each, failures in full. run.sh [PATTERN] runs those whose name matches.
#
# Kinds: check/NAME (scripts/check.sh), build/COMPILER, unit/PROGRAM, bpf/PROGRAM (cmocka, each of its functions
# counts), sim/MODE (seeds of the simulator), sim/peace, sim/scenes, sim/mutants, fuzz/TARGET (its corpus),
# model/quick (spin), net/FILE:FUNCTION and faults/FILE:FUNCTION (each function of selftests/net/test_FILE.sh,
# selftests/faults/test_FILE.sh in namespaces of its own). BPF and network tests run below isolate.sh: own
# network, mount and process namespaces, private bpffs and /run, so they see nothing from outside, leave nothing,
# and nothing survives them. So as many run at a time as there are processors, of the network tests twice as many, as they
# wait more than they compute, but for those whose file says "# alone: WHY". With V=1, which shows all that they say, one
# at a time.

set -u
cd "$(dirname "$0")/.." || exit 1
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin OUT=${OUT:-.out} LC_ALL=C
pattern=${1:-}
make=${MAKE:-make}
verbose=${V:-}
logs=$OUT/log
passed=0 failed=0 skipped=0 planned=0
functions=0
# What runs now, by process id: its name, and when it was started.
declare -A running=() started=()
processors=$(nproc)
[ "$verbose" != 1 ] || processors=1
lanes=1

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
	local pid
	trap '' INT TERM
	# Each job is a process group of its own; the isolated part dies with its first process.
	for pid in "${!running[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	echo "interrupted"
	planned=0
	summary
	exit 130
}
trap interrupted INT TERM

selected() {
	[ -z "$pattern" ] || [[ $1 =~ $pattern ]]
}

# Starts "$@" as test $1, at most $2 seconds, output to its log; its process id in `job`.
job_start() {
	local name=$1 limit=$2 log=$logs/$1.log
	shift 2
	mkdir -p "${log%/*}"
	set -m
	if [ "$verbose" = 1 ]; then
		timeout -k 5 "$limit" "$@" </dev/null > >(tee "$log") 2>&1 &
	else
		timeout -k 5 "$limit" "$@" </dev/null >"$log" 2>&1 &
	fi
	job=$!
	set +m
	running[$job]=$name started[$job]=$(ms_now)
}

# Waits for whichever job ends first; its name, status and time in `name`, `status`, `ms`.
job_wait() {
	local pid
	wait -n -p pid "${!running[@]}"
	status=$?
	name=${running[$pid]} ms=$(($(ms_now) - ${started[$pid]}))
	unset "running[$pid]" "started[$pid]"
	if [ "$status" = 124 ] || [ "$status" = 137 ]; then
		echo "FAIL: still running after its time" >>"$logs/$name.log"
	fi
}

# Without V=1 a failed test shows all it said.
show() {
	[ "$verbose" = 1 ] || sed 's/^/    | /' "$1"
}

# Exit status 0 passed, 4 skipped, else failed.
verdict() {
	local name=$1 log=$logs/$1.log
	case $2 in
	0)
		result PASS "$name" "$3 ms"
		# Figures that a test measured are worth seeing when it passes, too.
		[ "$verbose" = 1 ] || sed -n 's/^#/    #/p' "$log"
		;;
	4) result SKIP "$name" "$(sed -n 's/^SKIP: //p' "$log" | tail -n 1)" ;;
	*)
		result FAIL "$name" "$(sed -n 's/^FAIL: //p' "$log" | tail -n 1)"
		show "$log"
		;;
	esac
}

# Until at most $1 jobs run, says what became of those that end.
drain() {
	local name status ms
	while [ ${#running[@]} -gt "$1" ]; do
		job_wait
		case $name in
		unit/* | bpf/*) cmocka_verdict "$name" "$status" ;;
		*) verdict "$name" "$status" "$ms" ;;
		esac
	done
}

# lanes_set N: so many at a time from now on.
lanes_set() {
	lanes=$1
	drain $((lanes - 1))
}

# One test that is one program: NAME SECONDS COMMAND...
single() {
	selected "$1" || return 0
	planned=$((planned + 1))
	drain $((lanes - 1))
	job_start "$@"
	[ "$lanes" != 1 ] || drain 0
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

# What became of program $1, which ended with status $2.
cmocka_verdict() {
	local kind=$1 status=$2 log=$logs/$1.log before=$failed want
	cmocka_results "$kind" "$log"
	want=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
	if [ "$functions" = 0 ] || [ "$functions" -lt "$want" ]; then
		result FAIL "$kind" "ended with status $status after $functions of $want functions"
	elif [ "$status" != 0 ] && [ "$failed" = "$before" ]; then
		result FAIL "$kind" "ended with status $status"
	fi
	[ "$failed" = "$before" ] || show "$log"
}

# One cmocka program, each function of which is a test: NAME SECONDS [PROGRAM THAT STARTS IT]
cmocka() {
	local kind=$1 program=$OUT/selftests/$1 limit=$2
	shift 2
	selected "$kind" || return 0
	planned=$((planned + 1))
	if [ ! -x "$program" ]; then
		result FAIL "$kind" "was not built"
		return
	fi
	drain $((lanes - 1))
	job_start "$kind" "$limit" env CMOCKA_MESSAGE_OUTPUT=TAP "$@" "$program"
	[ "$lanes" != 1 ] || drain 0
}

# "# timeout: FUNCTION SECONDS" in the file gives a function more than five minutes; "# slow: FUNCTION" leaves it to
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
		single "$kind/$base:${function#test_}" "${limit:-300}" \
			selftests/isolate.sh bash selftests/lib.sh "$file" "$function"
	done
}

# The core on virtual nodes: so many seeds of each mode as take half a minute together on two processors.
simulate() {
	local mode jobs
	jobs=$(nproc)
	for mode in pair:4000 quorum3:1500 quorum5:200 witness:1500; do
		single "sim/${mode%:*}" 900 "$OUT/sim/sim" --mode "${mode%:*}" --seeds "1-${mode#*:}" \
			--jobs "$jobs"
	done
	single sim/peace 600 "$OUT/sim/sim" --peace
	single sim/scenes 300 "$OUT/sim/sim" --scene all
	single sim/mutants 1800 "$make" -j "$jobs" OUT="$OUT" mutants
}

build_all() {
	local what=tests
	# The one failed file must not keep the tests of all others from running.
	single build/gcc 1800 "$make" -k -j "$(nproc)" CC=gcc OUT="$OUT" tests
	single build/clang 1800 "$make" -k -j "$(nproc)" CC=clang OUT="$OUT/clang" tests
	single build/fuzzers 1800 "$make" -k -j "$(nproc)" OUT="$OUT" fuzzers
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

# Files whose tests nobody may disturb ($1 alone), or (others) those that mind no company: KIND FILE.
net_files() {
	local kind file
	for kind in net faults; do
		for file in selftests/"$kind"/test_*.sh; do
			[ -e "$file" ] || continue
			if grep -q '^# alone: ' "$file"; then echo "alone $kind $file"; else echo "others $kind $file"; fi
		done
	done | sed -n "s/^$1 //p"
}

net_tests() {
	local kind file
	while read -r kind file; do
		net_file "$kind" "$file"
	done < <(net_files "$1")
	drain 0
}

without_root() {
	local file name
	for name in $(scripts/check.sh --list); do
		single "check/$name" 900 scripts/check.sh "$name"
	done
	for file in selftests/unit/test_*.c; do
		name=${file##*/}
		[ -e "$file" ] && cmocka "unit/${name%.c}" 300
	done
	for file in selftests/fuzz/fuzz_*.c; do
		name=${file##*/fuzz_} && name=${name%.c}
		[ "$name" = xdp ] && [ "$(id -u)" != 0 ] && continue # it loads programs
		single "fuzz/$name" 600 selftests/fuzz/run.sh replay "$name"
	done
	simulate
	single model/quick 900 selftests/model/check.sh quick
	drain 0
}

with_root() {
	local file name
	for file in selftests/bpf/test_*.c; do
		name=${file##*/}
		[[ $file == *.bpf.c ]] || [ ! -e "$file" ] || cmocka "bpf/${name%.c}" 300 selftests/isolate.sh
	done
	[ "$processors" = 1 ] || lanes_set $((processors * 2))
	net_tests others
	lanes_set 1
	net_tests alone
}

main() {
	mkdir -p "$logs"
	build_all
	lanes_set "$processors"
	without_root
	if [ "$(id -u)" = 0 ]; then
		with_root
	else
		planned=$((planned + 1))
		result SKIP "bpf and net" "these need root"
	fi
	summary
}

main

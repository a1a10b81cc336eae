#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Below scripts/vm.sh, on a stock kernel: the BPF tests, those of this directory, and the network tests
# whose verdicts do not hang on time. run.sh [PATTERN] runs those whose name matches. PATIENCE=N: on a machine that has
# other work, each may take N times as long.

set -u
cd "$(dirname "$0")/../.." || exit 1
export OUT=${OUT:-.out} LC_ALL=C
pattern=${1:-}
passed=0 failed=0 skipped=0
log=$(mktemp)
# What vm/kinds finds out, a line for each kind of interface.
TABLE=$(mktemp)
export TABLE
# Emulation: everything may take that much longer, and heartbeats are slow enough not to lapse. A look at what is waited
# for costs seconds of a processor that the daemons need, to load their programs.
export SLOW=10 INTERVAL=300ms SETTLE=20ms LOOK_EVERY=2

# Of the tests with two daemons, those that emulation does not disturb.
TAKEOVER='one_owner_at_the_start|kill|stop_and_continue|link_down|term_releases|standing_address|address_none'
TAKEOVER=$TAKEOVER'|release_by_command|take_by_command'

# The initial network namespace, for a test that is isolated from it.
exec 7</proc/self/ns/net

# one NAME SECONDS COMMAND...
one() {
	local name=$1 limit=$2 status
	shift 2
	[[ $name =~ $pattern ]] || return
	timeout -k 5 $((limit * ${PATIENCE:-1})) selftests/isolate.sh "$@" </dev/null >"$log" 2>&1
	status=$?
	case $status in
	0) passed=$((passed + 1)) && echo "PASS $name" ;;
	4) skipped=$((skipped + 1)) && echo "SKIP $name: $(sed -n 's/^SKIP: //p' "$log" | tail -n 1)" ;;
	*)
		failed=$((failed + 1))
		echo "FAIL $name: status $status"
		sed 's/^/    | /' "$log"
		;;
	esac
}

# net_file KIND FILE [FUNCTIONS]
net_file() {
	local kind=$1 file=$2 function limit base=${2##*/test_}
	for function in $(sed -nE "s/^(test_(${3:-[a-z0-9_]*}))\(\) *\{\$/\1/p" "$file"); do
		limit=$(sed -n "s/^# timeout: $function \([0-9]*\)\$/\1/p" "$file")
		one "$kind/${base%.sh}:${function#test_}" "${limit:-150}" \
			bash selftests/lib.sh "$file" "$function"
	done
}

echo "# Linux $(uname -r)"
for file in selftests/bpf/test_*.c; do
	name=${file##*/}
	one "bpf/${name%.c}" 120 "$OUT/selftests/bpf/${name%.c}"
done
for file in selftests/vm/test_*.sh; do
	net_file vm "$file"
done
for file in attach lease clients undo; do
	net_file net "selftests/net/test_$file.sh"
done
net_file net selftests/net/test_takeover.sh "$TAKEOVER"
if [ -s "$TABLE" ]; then
	echo "| interface | attach | mode | answer | data | fence | takeover |"
	echo "| --- | --- | --- | --- | --- | --- | --- |"
	cat "$TABLE"
fi
rm -f "$log" "$TABLE"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

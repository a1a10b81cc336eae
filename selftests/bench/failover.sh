#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Part "failover": how long nobody, or the wrong one, answers when the owner's daemon is killed or stopped or its
# cable is pulled. The fast systems take turns in one LAN, alone on the machine; the slow ones, whose gaps are
# hundreds of milliseconds and more, run in LANs of their own at the same time.

# shellcheck source=selftests/bench/lib.sh
. selftests/bench/lib.sh
# shellcheck source=selftests/bench/systems.sh
. selftests/bench/systems.sh

# Before what was not given has its default.
BENCH_COMMAND=$(BENCH_PART=failover BENCH_VARIABLES="COUNTS FAST MANY SLOW SLOW_MANY FAULTS" bench_command)
ROUNDS=${ROUNDS:-50}
COUNTS=${COUNTS:-1 1000}
FAST=${FAST-ours-10ms ours-5ms ours-2ms ours-1ms ours-0.5ms-10 ours-0.5ms ours-0.25ms keepalived-10ms keepalived-10ms-2 keepalived-10ms-1}
# At 0.25 ms what 1,000 announcements cost the two processors is still enough to make roles move again at times.
MANY=${MANY-ours-10ms ours-5ms ours-1ms ours-0.5ms keepalived-10ms}
SLOW=${SLOW-ours-100ms keepalived-100ms keepalived-1s ucarp-1s}
SLOW_MANY=${SLOW_MANY-ours-100ms keepalived-1s ucarp-1s}
FAULTS=${FAULTS:-killed stopped unplugged}
FAST_HZ=10000
SLOW_HZ=1000
bad=0

# lan SAMPLES RATE PAIRS FAULTS: one LAN with namespaces of its own, to the end of its rounds.
lan() {
	timeout -k 5 3600 selftests/isolate.sh bash selftests/bench/failover_lan.sh "$1" "$ROUNDS" "$2" "$3" "$4"
}

fast_pairs() {
	local count system
	for count in $COUNTS; do
		for system in $([ "$count" = 1 ] && echo "$FAST" || echo "$MANY"); do
			echo "$system/$count"
		done
	done
}

# A gap of hundreds of milliseconds needs no 10,000 requests a second, and 18 such clients no processor would carry.
slow_lans() {
	local system count fault
	for count in $COUNTS; do
		for system in $([ "$count" = 1 ] && echo "$SLOW" || echo "$SLOW_MANY"); do
			for fault in $FAULTS; do
				echo "$SLOW_HZ $system/$count $fault"
			done
		done
	done
}

bench_start failover
missing_peers
bench_say "fast ones, taking turns: $FAST"
[ -z "$FAST" ] || lan "$BENCH_SAMPLES" $FAST_HZ "$(fast_pairs | paste -sd' ')" "$FAULTS" || bad=1
bench_say "slow ones, side by side: $SLOW"
slow_lans | lans_side_by_side || bad=1
bench_end
[ $bad = 0 ] || fail "a LAN did not come to its end"

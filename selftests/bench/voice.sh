#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Part "voice": how many ARP requests got two answers or the wrong one while the owner's daemon was stopped, and what
# it said when it woke. The fast systems take turns in one LAN; the slow ones run side by side, in LANs of their own.

# shellcheck source=selftests/bench/lib.sh
. selftests/bench/lib.sh
# shellcheck source=selftests/bench/systems.sh
. selftests/bench/systems.sh

# Before what was not given has its default.
BENCH_COMMAND=$(BENCH_PART=voice BENCH_VARIABLES="VOICES SLOW_VOICES" bench_command)
ROUNDS=${ROUNDS:-10}
VOICES=${VOICES-ours-10ms ours-1ms keepalived-10ms}
SLOW_VOICES=${SLOW_VOICES-ours-100ms keepalived-1s ucarp-1s}
FAST_HZ=10000
SLOW_HZ=1000
bad=0

# lan SAMPLES RATE SYSTEMS: one LAN with namespaces of its own, to the end of its rounds.
lan() {
	timeout -k 5 1800 selftests/isolate.sh bash selftests/bench/voice_lan.sh "$1" "$ROUNDS" "$2" "$3"
}

slow_lans() {
	local system
	for system in $SLOW_VOICES; do
		echo "$SLOW_HZ $system"
	done
}

bench_start voice
missing_peers
bench_say "fast ones, taking turns: $VOICES"
[ -z "$VOICES" ] || lan "$BENCH_SAMPLES" $FAST_HZ "$VOICES" || bad=1
bench_say "slow ones, side by side: $SLOW_VOICES"
slow_lans | lans_side_by_side || bad=1
bench_end
[ $bad = 0 ] || fail "a LAN did not come to its end"

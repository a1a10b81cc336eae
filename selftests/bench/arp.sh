#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Answering ARP, and neighbour solicitations: ours with 1 and 65,536 addresses against the kernel's own ARP, a program that only swaps the MACs, and
# one that does so with our look-up of the address and while its lease lives; all asked by live frames.
#
# First one processor asks, answers and counts: what it cannot answer it cannot ask either, so nothing is ever lost
# there, and the rate at which it asks as fast as it can is the rate of the whole path. Asking a program that drops all
# it gets shows how much of the path's time is not the answering host's.
#
# Then one processor asks, from 100,000 a second to as fast as it can, and another one answers and counts. The cable's
# queue holds 256 frames: what comes faster than it is answered is lost, and what comes while the processor that
# answers stands still.

. selftests/bench/lib.sh
. selftests/bench/cable.sh
RATES=${RATES:-100000 500000 1000000 1500000 2000000 3000000 4000000 0}

# one WHO ADDRESSES RATE ROUND WAY: asks once; WAY is together or apart. WHO6 is WHO, asked by neighbour discovery.
one() {
	local who=$1 n=$2 rate=$3 round=$4 way=$5 asked came replies ns cpu_ns keys family=()
	[ "$who" = "${who%6}" ] || family=(-6)
	read -r asked came replies ns cpu_ns < <("$OUT/bench/asks" "${family[@]}" -w "${who%6}" -n "$n" -r "$rate" -d "$BENCH_MS" -c 0 |
		jq -r '"\(.asked) \(.came) \(.replies) \(.ns) \(.cpu_ns)"')
	[ -n "${cpu_ns:-}" ] && [ "$ns" != 0 ] || fail "$who at $rate a second was not measured"
	# Its unanswered questions are counted: they are what it is there for.
	[ "${who%6}" != nobody ] || came=$asked replies=$asked
	[ "${who%6}" = reflector ] || [ "${who%6}" = leased ] || [ "$came" = "$replies" ] || fail "$who: $((came - replies)) of $came were no answers"
	keys=("who=$who" "addresses=$n" "rate=$rate" "way=$way")
	sample "$who-$n" offered per_second "$round" $((asked * 1000000000 / ns)) "${keys[@]}"
	sample "$who-$n" answers per_second "$round" $((came * 1000000000 / ns)) "${keys[@]}"
	sample "$who-$n" lost frames "$round" $((asked - came)) "asked=$asked" "${keys[@]}"
	[ "$way" = apart ] || sample "$who-$n" per_cpu per_cpu_second "$round" $((came * 1000000000 / cpu_ns)) "${keys[@]}"
}

# everybody OF RATE ROUND WAY: one after the other; OF is empty, or 6 for IPv6.
everybody() {
	local of=$1
	shift
	one "reflector$of" 1 "$@"
	one "leased$of" 1 "$@"
	one "ours$of" 1 "$@"
	one "ours$of" 65536 "$@"
	one "kernel$of" 1 "$@"
}

bench_start arp
BENCH_MS=$(($(seconds 1 0) * 1000 + 200))
cable_up
cable_up6
for ((round = 1; round <= ${ROUNDS:-10}; round++)); do
	everybody "" 0 "$round" together
	one nobody 1 0 "$round" together
	everybody 6 0 "$round" together
	one nobody6 1 0 "$round" together
	bench_say "round $round, one processor"
done
if [ "$(nproc)" = 1 ]; then
	unmeasured "offered load" "a processor that asks and one that answers are two"
elif ! cable_apart; then
	unmeasured "offered load" "no threaded NAPI on a virtual cable"
else
	for ((round = 1; round <= ${ROUNDS:-10}; round++)); do
		for rate in $RATES; do
			everybody "" "$rate" "$round" apart
		done
		bench_say "round $round, two processors"
	done
fi
bench_end

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# ARP answering: offered load from 100,000 requests a second to as fast as the machine goes, by live frames;
# ours with 1 and 65,536 addresses against the kernel's own ARP, a program that only swaps the MACs, and one that
# does so with our look-up of the address and while its lease lives.
#
# One processor asks, answers and counts: what it cannot answer it cannot ask either, so the rate at which it
# asks as fast as it can is the rate of the whole path. Two processors that ask through the one queue of the
# cable are more than the one that answers can take: there, requests are lost. Asking a program that drops all it gets
# shows how much of the path's time is not the answering host's.

. selftests/bench/lib.sh
. selftests/bench/cable.sh
RATES=${RATES:-100000 200000 500000 1000000 1500000 2000000 3000000 0}

# one WHO ADDRESSES RATE ROUND CPU...: asks once.
one() {
	local who=$1 n=$2 rate=$3 round=$4 cpu asked came replies ns cpu_ns keys
	local args=(-w "$who" -n "$n" -r "$rate" -d "$((BENCH_MS))")
	shift 4
	for cpu; do
		args+=(-c "$cpu")
	done
	read -r asked came replies ns cpu_ns < <("$OUT/bench/asks" "${args[@]}" |
		jq -r '"\(.asked) \(.came) \(.replies) \(.ns) \(.cpu_ns)"')
	[ -n "${cpu_ns:-}" ] && [ "$ns" != 0 ] || fail "$who at $rate a second was not measured"
	# Its unanswered questions are counted: they are what it is there for.
	[ "$who" != nobody ] || came=$asked replies=$asked
	[ "$who" = reflector ] || [ "$who" = leased ] || [ "$came" = "$replies" ] || fail "$who: $((came - replies)) of $came were no answers"
	keys=("who=$who" "addresses=$n" "rate=$rate" "cpus=$#")
	sample "$who-$n" offered per_second "$round" $((asked * 1000000000 / ns)) "${keys[@]}"
	sample "$who-$n" answers per_second "$round" $((came * 1000000000 / ns)) "${keys[@]}"
	sample "$who-$n" lost frames "$round" $((asked - came)) "asked=$asked" "${keys[@]}"
	sample "$who-$n" per_cpu per_cpu_second "$round" $((came * 1000000000 / cpu_ns)) "${keys[@]}"
}

# Everybody at one rate, one after the other.
rate_once() {
	local rate=$1 round=$2
	shift 2
	one reflector 1 "$rate" "$round" "$@"
	one leased 1 "$rate" "$round" "$@"
	one ours 1 "$rate" "$round" "$@"
	one ours 65536 "$rate" "$round" "$@"
	one kernel 1 "$rate" "$round" "$@"
}

bench_start arp
BENCH_MS=$(($(seconds 1 0) * 1000 + 200))
cable_up
for ((round = 1; round <= ${ROUNDS:-10}; round++)); do
	for rate in $RATES; do
		rate_once "$rate" "$round" 0
	done
	one nobody 1 0 "$round" 0
	[ "$(nproc)" = 1 ] || rate_once 0 "$round" 0 1
	bench_say "round $round"
done
bench_end

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The flip on the packet path: from the store of the lease word to the first answer that it allows, and to the last
# that the word before it allowed, under requests as fast as one processor sends them; 1 and 65,536 addresses. One
# clock stamps the store and each answer where it is received.

. selftests/bench/lib.sh
. selftests/bench/cable.sh

bench_start flip
[ "$(nproc)" -gt 1 ] || fail "needs two processors: one asks, one flips"
cable_up
for ((round = 1; round <= ${ROUNDS:-20}; round++)); do
	for n in 1 65536; do
		"$OUT/bench/flips" -n $n -r 20 >"$TMP/flips" || fail "flips with $n addresses"
		while read -r what addresses value; do
			sample "$what-$addresses" "$what" ns "$round" "$value" "addresses=$addresses"
		done <"$TMP/flips"
	done
	bench_say "round $round"
done
bench_end

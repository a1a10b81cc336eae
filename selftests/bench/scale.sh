#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What one frame costs in the ingress program: answer, drop, pass, heartbeat, stray, of either family; with 1, 1,000 and 65,536
# addresses asked at random. BPF_PROG_TEST_RUN runs a program of the benchmark that writes the frame anew and hands it
# to ours by a tail call, so our program may rewrite what it gets: the next repetition starts from the same frame. The
# same repetitions with a program that only passes in our place are subtracted. Each round begins with another kind.

. selftests/bench/lib.sh

bench_start scale
for ((round = 1; round <= ${ROUNDS:-20}; round++)); do
	for n in 1 1000 65536; do
		for family in '' -6; do
			"$OUT/bench/costs" $family -n $n -r "${REPEAT:-400000}" -f "$round" || fail "costs $family with $n addresses"
		done >"$TMP/costs"
		while read -r kind addresses cost base; do
			sample "$kind-$addresses" cost ns "$round" "$cost" "kind=$kind" "addresses=$addresses"
			sample "$kind-$addresses" baseline ns "$round" "$base" "kind=$kind" "addresses=$addresses"
		done <"$TMP/costs"
	done
	bench_say "round $round"
done
bench_end

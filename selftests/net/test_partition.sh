# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Ten partitions, one after the other, each healed: one owner each time, the client reaches it, nothing flaps.
. selftests/faults/lab.sh

PARTITIONS=${PARTITIONS:-10}

# One partition: from the heal on, one owner within the bound, and it keeps the address.
partition() {
	local i=$1 healed settled_ms
	ask_begin
	cut_both h1 h2
	# Both ways for longer than any lease and any silence; sometimes much longer.
	sleep "$((RANDOM % 2)).$((4 + RANDOM % 5))"
	healed=$(lan_heal)
	wait_settled
	settled_ms=$((($("$TOOLS/sig" 0 0) - healed) / 1000000))
	ask_end
	expect_ok on c ping -c 1 -W 1 -q $VIP
	ask_begin
	sleep 0.5
	ask_end
	owner_is "$OWNER" || fail "partition $i: $OWNER did not stay owner: $(states "$NODES")"
	expect_eq "partition $i: hosts that answer" 1 "$(json '.answers_by_mac | length' "$TMP/ask.json")"
	expect_eq "partition $i: who answers" "$(mac_of "$OWNER")" "$(json '.answers_by_mac[0].mac' "$TMP/ask.json")"
	expect_eq "partition $i: unanswered" 0 "$(json .unanswered "$TMP/ask.json")"
	judged
	judge_heal "$i" "$healed"
	echo "$settled_ms" >>"$TMP/settled"
}

# From the capture: when two spoke last after the heal, how often the address changed hands since, who owns last.
judge_heal() {
	local i=$1 healed=$2 both changes
	both=$(saw "[.faults[] | select(.rule == \"S1 after the new owner\" and .last_ns > $healed) | (.last_ns - $healed) / 1000 | floor] | max // 0")
	# Within a wake-up of the first frame that passed is no fault to the judge.
	expect_le "partition $i: us in which two spoke after the heal" 50000 "$both"
	# The winner goes on under its epoch, or both blink for one round of claims: one new epoch.
	changes=$(saw "[.owners[] | select(.first_ns > $healed)] | length")
	expect_le "partition $i: new claims after the heal" 1 "$changes"
	expect_eq "partition $i: the last who said OWNER" "$OWNER" "$(saw '.owners | max_by(.last_ns).node')"
	echo "$both $changes" >>"$TMP/heals"
}

partitions() {
	local i
	lab_up h1 h2
	lab_start h1 h2
	wait_settled
	rm -f "$TMP/heals" "$TMP/settled"
	for ((i = 1; i <= PARTITIONS; i++)); do
		partition "$i"
	done
	expect_safe
	seen "$PARTITIONS heals, alone = ${ALONE:-always}: two spoke $(saw .apart) times, only while nothing passed;" \
		"$(awk '{ n += $2 } END { print n + 0 }' "$TMP/heals") new claims; status of both agreed within $(sort -n "$TMP/settled" | tail -n 1) ms"
}

test_always() {
	pair_may_part
	partitions
	expect_ge "words of a second owner during the cuts" 1000 "$(saw .apart)"
}

# Nobody speaks during the cut, so nobody has to stop after it.
# slow: test_never
test_never() {
	ALONE=never PARTITIONS=3
	partitions
	expect_eq "answers of two hosts at a time" 0 "$(saw .fault_count)"
}

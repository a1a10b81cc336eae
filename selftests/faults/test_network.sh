# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What happens between the hosts: cuts of both ways or one, of heartbeats alone, loss, delay, duplicates, floods.
. selftests/faults/lab.sh

# After a fault has ended: one owner, as everybody sees it, and the client is answered by it alone.
one_owner_again() {
	wait_settled
	ask_end
	ask_begin
	sleep 0.5
	ask_end
	settled || fail "it did not stay so: $(states "$NODES")"
	expect_eq "hosts that answered at the end" 1 "$(json '.answers_by_mac | length' "$TMP/ask.json")"
	expect_eq "unanswered at the end" 0 "$(json .unanswered "$TMP/ask.json")"
	judged
	expect_honest_switch
}

# --- partitions --------------------------------------------------------------

# alone = always: both own while nothing passes; the first frame that does ends it.
test_partition_always() {
	local healed
	pair_may_part
	pair_in_lab
	cut_both h1 h2
	wait_owner "$STANDBY"
	sleep 1
	healed=$(lan_heal)
	one_owner_again
	# One wake-up of a running daemon, on a machine that others use too.
	expect_le "us in which the loser spoke after the heal" 50000 "$(both_after "$healed")"
	expect_ge "announcements of the winner after the heal" 2 "$(claims_after "$healed" "$OWNER")"
	expect_safe
	expect_ge "words of the second owner during the cut" 100 "$(saw .apart)"
	seen "two owners during the cut, one within $(($(both_after "$healed") / 1000)) ms after it; winner announced again"
}

# us after moment $1 in which the loser of the partition still spoke.
both_after() {
	saw "[.faults[] | select(.rule == \"S1 after the new owner\" and .last_ns > $1) | (.last_ns - $1) / 1000 | floor] | max // 0"
}

claims_after() {
	local about
	if [ "$FAMILY" = 4 ]; then about="arp and arp[14:4] = 0x$(ip_hex $VIP)"; else about="icmp6 and ip6[40] == 136 and src $VIP"; fi
	tcpdump -r "$CAP/from-$2.pcap" -n -tt "ether src $(mac_of "$2") and $about" 2>/dev/null |
		awk -v from="$1" '{ split($1, t, "."); if (t[1] * 1e9 + t[2] * (length(t[2]) == 9 ? 1 : 1000) > from) n++ } END { print n + 0 }'
}

test_partition_never() {
	ALONE=never
	pair_in_lab
	cut_both h1 h2
	busywait 3000 state_is "$OWNER" lease none || fail "$OWNER holds on without consent"
	sleep 1
	settled && fail "somebody owns during the cut: $(states "$NODES")"
	lan_heal >/dev/null
	one_owner_again
	expect_safe
	seen "nobody during the cut, one owner after it"
}

# Heartbeats alone are cut, and both reach the gateway: the standby sees the owner answer, and lets it be.
test_beats_cut() {
	ALONE=gateway TOP='gateway = "198.18.0.9"'
	pair_in_lab
	cut_both h1 h2 beat
	sleep 3
	expect_eq "the standby" none "$(state "$STANDBY" lease)"
	expect_safe
	expect_eq "changes of owner" 0 "$(changes)"
	grep -q ALARM "$TMP/$STANDBY.log" || fail "$STANDBY says nothing of it"
	lan_heal >/dev/null
	one_owner_again
	expect_safe
	expect_eq "changes of owner after the heal" 0 "$(changes)"
	seen "no change for 3 s and after it; the standby: $(sed -n 's/.*ALARM: group web: //p' "$TMP/$STANDBY.log" | head -n 1)"
}

# --- one way -----------------------------------------------------------------

# cut_one FROM TO: what the other way round would give the address to.
cut_one() {
	lan "cut $1 $2" >/dev/null
	sleep 1.5
	lan_heal >/dev/null
	wait_settled
	sleep 0.5
	expect_safe
	seen "cut $1 to $2: $(changes) changes, never two; nobody answered for $(ms_of "$(longest_handover)") at most"
}

# The standby hears nothing; the owner hears that it is not heard, and lets its lease run out first.
test_cut_from_owner() {
	known_pair_in_lab
	cut_one "$OWNER" "$STANDBY"
}

# The owner hears nothing, the standby hears all: nothing happens.
test_cut_to_owner() {
	pair_in_lab
	cut_one "$STANDBY" "$OWNER"
	expect_eq "changes of owner" 0 "$(changes)"
}

# One way and then the other, with frames in between: still never two.
# slow: test_cut_alternates
test_cut_alternates() {
	local i
	pair_in_lab
	for ((i = 0; i < 4; i++)); do
		lan "cut h1 h2" >/dev/null
		sleep 0.4
		lan_heal >/dev/null
		sleep 0.3
		lan "cut h2 h1" >/dev/null
		sleep 0.4
		lan_heal >/dev/null
		sleep 0.3
	done
	wait_settled
	expect_safe
	seen "$(changes) changes in 8 cuts, never two"
}

# --- loss --------------------------------------------------------------------

# lossy PERCENT CLAIMS: for LOSS_SECONDS, both ways; at most CLAIMS new epochs, and never two at a time.
lossy() {
	INTERVAL=50ms
	pair_in_lab
	lan "loss h1 h2 $1; loss h2 h1 $1" >/dev/null
	sleep "${LOSS_SECONDS:-8}"
	lan_heal >/dev/null
	wait_settled
	expect_safe
	expect_ge "frames lost" 1 "$(lan stats | jq .lost)"
	expect_le "claims" "$2" $(($(saw .owners_count) - 1))
	seen "$1 %: $(($(saw .owners_count) - 1)) new claims, $(changes) changes in ${LOSS_SECONDS:-8} s, never two"
}

# slow: test_loss_1
test_loss_1() {
	lossy 1 0
}

# slow: test_loss_5
test_loss_5() {
	lossy 5 1
}

# slow: test_loss_20
test_loss_20() {
	lossy 20 $((2 + ${LOSS_SECONDS:-8} / 4))
}

# Beyond any bound of lapses: only safety.
# slow: test_loss_50
test_loss_50() {
	lossy 50 1000
}

# --- duplicates, disorder, delay ----------------------------------------------

# quiet_under WHAT: a fault of heartbeats that must change nothing.
quiet_under() {
	pair_in_lab
	lan "$1" >/dev/null
	sleep 3
	lan_heal >/dev/null
	sleep 0.5
	expect_safe
	expect_eq "claims" 1 "$(saw .owners_count)"
	seen "no change, one claim; refused as replays: $(counter "$STANDBY" hb_replay)"
}

test_every_frame_twice() {
	quiet_under "dup * * 100"
	expect_ge "replays seen" 10 "$(counter "$STANDBY" hb_replay)"
}

# One of ten is overtaken by the next one, and then too old: as good as lost.
test_reordered() {
	quiet_under "late h1 h2 10 35; late h2 h1 10 35"
	expect_ge "replays seen" 2 "$(counter "$STANDBY" hb_replay)"
}

# Late by less than a silence, each frame by an amount of its own: slow, but nobody is unheard.
test_delayed() {
	pair_in_lab
	lan "delay h1 h2 0 60; delay h2 h1 0 60" >/dev/null
	sleep 4
	lan_heal >/dev/null
	wait_settled
	sleep 0.5
	expect_safe
	seen "up to 60 ms: $(changes) changes, $(saw .owners_count) claims, never two"
}

# Late by more than a silence: to a pair the same as a cut. What is still under way after it changes nothing.
# slow: test_delayed_beyond_silence
test_delayed_beyond_silence() {
	local healed
	pair_may_part
	pair_in_lab
	lan "delay h1 h2 0 2000; delay h2 h1 0 2000" >/dev/null
	sleep 5
	healed=$(lan_heal)
	sleep 2.5
	one_owner_again
	expect_le "us in which two spoke after the heal" 50000 "$(both_after "$healed")"
	expect_safe
	seen "up to 2 s: $(changes) changes, $(saw .apart) words of a second owner, all while nothing new passed; one owner from the heal on, old frames under way or not"
}

# --- floods ------------------------------------------------------------------

# Nonsense into the owner's own cable as fast as it goes; heartbeats must come through, or somebody else own.
# slow: test_flood
test_flood() {
	local junk
	junk=$(printf 'ffffffffffff020000000077%04x' 0x88b5)$(printf '00%.0s' {1..46})
	pair_in_lab
	on_exec sw "$TOOLS/rawsend" "$OWNER" 400000 "$junk" >"$TMP/flood.json" &
	FLOOD=$!
	wait $FLOOD
	wait_settled
	sleep 0.3
	expect_safe
	seen "$(json .sent "$TMP/flood.json") frames: $(changes) changes, $(saw .answered) of $(saw .requests) requests answered"
}

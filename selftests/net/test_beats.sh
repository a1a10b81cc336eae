# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Heartbeats that are not what they seem: each changes a counter and nothing else.
#
# Recorded at the switch's port as they leave OWNER, sent into the standby's port, and the other way round:
# so the switch learns nothing wrong and only the receiver's checks are tested.

REFUSED='hb_short + .counters.hb_ttl + .counters.hb_stranger + .counters.hb_cookie + .counters.hb_replay +
	.counters.hb_badtag + .counters.hb_unknown_key + .counters.hb_future + .counters.hb_limited'

refused() {
	ctl "$1" status --json | jq -r ".counters.$REFUSED"
}

record() {
	on sw "$TOOLS/hbinject" -i "$1" -f "$TMP/$1.beats" -n "${2:-20}" -S "198.18.0.${1#h}" record >"$TMP/record.json" ||
		fail "no heartbeats recorded from $1"
}

# inject TARGET SENDER COUNT WAY: frames recorded from SENDER, altered, into TARGET's port.
inject() {
	on sw "$TOOLS/hbinject" -i "$1" -f "$TMP/$2.beats" -n "$3" -r 5000 -m "$4" send >"$TMP/inject.json" ||
		fail "injected only $(cat "$TMP/inject.json")"
}

# Everything that must not change on HOST.
picture() {
	ctl "$1" status --json | jq -c '.groups[0] | {state, owner, term, lease}'
}

refused_ge() {
	[ "$(refused "$1")" -ge "$2" ]
}

# all_refused WAY COUNT: in both directions every frame is refused and counted, and the pair stays as it is.
all_refused() {
	local target sender before
	for target in "$OWNER" "$STANDBY"; do
		sender=h$((3 - ${target#h}))
		record "$sender"
		before=$(refused "$target")
		local owner_picture standby_picture
		owner_picture=$(picture "$OWNER") standby_picture=$(picture "$STANDBY")
		inject "$target" "$sender" "$2" "$1"
		busywait 3000 refused_ge "$target" $((before + $2)) ||
			fail "$1 into $target: refused $(($(refused "$target") - before)) of $2: $(ctl "$target" status)"
		expect_eq "$1 into $target: refused" "$2" $(($(refused "$target") - before))
		expect_eq "owner after $1 into $target" "$owner_picture" "$(picture "$OWNER")"
		expect_eq "standby after $1 into $target" "$standby_picture" "$(picture "$STANDBY")"
	done
}

test_replayed() {
	pair_up
	all_refused replay 500
	expect_ge hb_replay 500 "$(counter "$OWNER" hb_replay)"
}

# Each single bit of a frame, over and over.
test_bit_flipped() {
	pair_up
	all_refused flip 2000
}

# Each length from nothing to one byte less than the whole.
test_truncated() {
	pair_up
	all_refused truncate 360
	expect_ge hb_short 360 "$(counter "$OWNER" hb_short)"
}

test_forged_tag() {
	pair_up
	all_refused forge 500
	expect_ge hb_badtag 500 "$(counter "$OWNER" hb_badtag)"
}

test_ttl_below_255() {
	pair_up
	all_refused ttl 255
	expect_ge hb_ttl 255 "$(counter "$OWNER" hb_ttl)"
}

test_from_a_stranger() {
	pair_up
	all_refused stranger 500
	expect_ge hb_stranger 500 "$(counter "$OWNER" hb_stranger)"
}

# A flood of forgeries does not cost the owner its lease.
test_flood_of_forgeries() {
	local term
	pair_up
	term=$(state "$OWNER" term)
	record "$STANDBY"
	ask_begin
	inject "$OWNER" "$STANDBY" 10000 forge
	ask_end_judged
	expect_eq term "$term" "$(state "$OWNER" term)"
	expect_eq "hosts that answered" 1 "$(json '.answers_by_mac | length' "$TMP/ask.json")"
	expect_eq "unanswered" 0 "$(json '.unanswered - .send_failed' "$TMP/ask.json")"
}

# Frames of a session that is over prove nothing any more: authentic, so the peer may be alive, and no more.
test_old_session() {
	local before
	pair_up
	record "$STANDBY" 40
	daemon_kill "$STANDBY"
	ctl "$STANDBY" detach --all >/dev/null
	daemon_start "$STANDBY"
	wait_standby "$STANDBY"
	owner_is "$OWNER" || fail "the owner lost its group to a restart of the standby"
	before=$(unproven "$OWNER")
	local owner_picture accepted
	owner_picture=$(picture "$OWNER") accepted=$(counter "$OWNER" hb_session)
	inject "$OWNER" "$STANDBY" 40 replay
	busywait 3000 unproven_ge "$OWNER" $((before + 40)) || fail "old session not refused: $(ctl "$OWNER" status)"
	expect_eq "owner" "$owner_picture" "$(picture "$OWNER")"
	expect_eq "sessions established" "$accepted" "$(counter "$OWNER" hb_session)"
}

unproven() {
	echo $(($(counter "$1" hb_unproven) + $(counter "$1" hb_limited)))
}

unproven_ge() {
	[ "$(unproven "$1")" -ge "$2" ]
}

# The one exception of the protocol, bounded: a recorded HELLO (no proof of session) may at most count as
# "the peer may be alive", at the rate limit, and never opens or moves anything while the peer lives.
test_replayed_hello_is_bounded() {
	local before limited owner_picture
	lan_up
	daemon_start h1
	wait_owner h1
	on_exec sw "$TOOLS/hbinject" -i h2 -f "$TMP/h2.beats" -n 1 -d 20000 record >"$TMP/record.json" &
	recorder=$!
	daemon_start h2
	wait_standby h2
	wait $recorder || fail "no HELLO recorded"
	OWNER=h1 STANDBY=h2
	before=$(counter h1 hb_unproven)
	owner_picture=$(picture h1)
	inject h1 h2 500 replay
	expect_eq "owner" "$owner_picture" "$(picture h1)"
	limited=$(($(counter h1 hb_unproven) - before))
	say "of 500 replayed HELLOs $limited were looked at"
	# Burst 10 and 3 per interval of 50 ms; 500 at 5,000 a second last 100 ms, the rest is slack.
	expect_le "HELLOs looked at" 60 "$limited"
	served=$(answers c $VIP)
	expect_eq "who answers" "$MAC1" "$served"
}

# Somebody else's claim by ARP: the owner announces again, at most once a second.
test_competing_claim_is_answered() {
	local claim before
	pair_up
	claim=$(arp_hex ff:ff:ff:ff:ff:ff "$MACC" 1 "$MACC" $VIP 00:00:00:00:00:00 $VIP)
	busywait 4000 burst_over || fail "the first burst does not end"
	on_exec c "$TOOLS/garpcount" -i eth0 >"$TMP/garp.json" &
	garp=$!
	wait_hears $garp
	before=$(counter "$OWNER" out_arp)
	on c "$TOOLS/rawsend" eth0 50 "$claim" >/dev/null
	busywait 3000 counter_ge "$OWNER" arp_claim 50 || fail "claims seen: $(counter "$OWNER" arp_claim)"
	busywait 3000 counter_ge "$OWNER" out_arp $((before + 2)) || fail "no announcement in answer"
	sleep 0.5
	kill -TERM $garp
	wait $garp
	expect_ge "announcements in answer" 2 "$(json '.frames | length' "$TMP/garp.json")"
	expect_le "announcements in answer" 12 "$(json '.frames | length' "$TMP/garp.json")"
}

burst_over() {
	[ "$(counter "$OWNER" out_arp)" -ge 12 ]
}

counter_ge() {
	[ "$(counter "$1" "$2")" -ge "$3" ]
}

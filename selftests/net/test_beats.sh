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

# Frames of a session that is over: all of them have been heard, and none counts twice.
test_old_session() {
	local before
	pair_up
	record "$STANDBY" 40
	daemon_kill "$STANDBY"
	ctl "$STANDBY" detach --all >/dev/null
	daemon_start "$STANDBY"
	wait_standby "$STANDBY"
	owner_is "$OWNER" || fail "the owner lost its group to a restart of the standby"
	before=$(refused "$OWNER")
	local owner_picture accepted
	owner_picture=$(picture "$OWNER") accepted=$(counter "$OWNER" hb_session)
	inject "$OWNER" "$STANDBY" 40 replay
	busywait 3000 refused_ge "$OWNER" $((before + 40)) || fail "old session not refused: $(ctl "$OWNER" status)"
	expect_eq "owner" "$owner_picture" "$(picture "$OWNER")"
	expect_eq "sessions established" "$accepted" "$(counter "$OWNER" hb_session)"
}

# A recorded HELLO (no proof of session) of a peer that lives: it has been heard, and is not looked at again.
test_replayed_hello() {
	local before owner_picture
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
	expect_eq "HELLOs looked at" "$before" "$(counter h1 hb_unproven)"
	served=$(answers c $VIP)
	expect_eq "who answers" "$MAC1" "$served"
}

# hellos_of_the_dead COUNT: h2 has run alone, claiming nothing, and is gone; into h1's port goes what it said then, four
# a second and from the beginning again. Sets ATTACK.
hellos_of_the_dead() {
	lan_up
	ALONE=never INTERVAL=10ms SETTLE=1ms conf_write h2
	conf_write h1
	daemon_start h2
	on sw "$TOOLS/hbinject" -i h2 -f "$TMP/h2.beats" -n "$1" -d 60000 record >"$TMP/record.json" ||
		fail "no HELLO recorded"
	daemon_kill h2
	on_exec sw "$TOOLS/hbinject" -i h1 -f "$TMP/h2.beats" -n 800 -r 4 -m replay send >"$TMP/inject.json" 2>&1 &
	ATTACK=$!
	defer "kill $ATTACK"
	daemon_start h1
}

# owns_meanwhile WHAT: h1 becomes owner although the attack goes on.
owns_meanwhile() {
	local begun
	begun=$(ms_now)
	wait_owner h1 20000
	kill -0 $ATTACK 2>/dev/null || fail "it became owner only when the attack had ended"
	say "$1: owner after $(($(ms_now) - begun)) ms; $(counter h1 hb_unproven) looked at, $(counter h1 hb_replay) refused, $(counter h1 hb_spent) too late"
}

test_hello_of_the_dead_again_and_again() {
	hellos_of_the_dead 1
	owns_meanwhile "one HELLO"
	expect_le "HELLOs looked at" 1 "$(counter h1 hb_unproven)"
}

# Each counts, but what claims nothing only for ten seconds.
test_many_hellos_of_the_dead() {
	hellos_of_the_dead 800
	owns_meanwhile "800 HELLOs"
	busywait 5000 counter_ge h1 hb_spent 1 || fail "none came too late"
}

goes_on_without_vote() {
	[ "$(counter "$1" hb_spent)" -ge 1 ] && owner_is "$1"
}

# The standby is new, hears nobody, but is heard, and claims nothing as its gateway does not answer: the owner goes on
# without its vote. Then it claims after all, and the owner's gate is closed before the other one opens, in XDP, where no
# daemon is waited for.
test_deaf_standby_claims_after_all() {
	pair_up
	cut "$OWNER" "$STANDBY"
	daemon_kill "$STANDBY"
	ctl "$STANDBY" detach --all >/dev/null
	sed -i 's/^alone.*/alone = "gateway"\ngateway = "198.18.0.77"/' "$TMP/$STANDBY.conf"
	daemon_start "$STANDBY"
	busywait 30000 goes_on_without_vote "$OWNER" || fail "$OWNER does not go on alone: $(ctl "$OWNER" status)"
	ask_begin
	ip -n c addr add 198.18.0.77/16 dev eth0
	wait_owner "$STANDBY"
	wait_standby "$OWNER"
	sleep 0.5
	ask_end_judged
	owner_is "$STANDBY" || fail "the new owner did not stay it"
	expect_ge "gates closed by a claim" 1 "$(counter "$OWNER" hb_fence)"
	heal
	wait_agreed h1 h2
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
	busywait 3000 counter_ge "$OWNER" arp_rival 50 || fail "claims seen: $(counter "$OWNER" arp_rival)"
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

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A standby asks the LAN who answers for what the owner has; a host that gets no answer does not want to be the owner.

# h2 owns; h1, of the better priority, comes later, and its ARP requests get lost in the switch.
better_host_without_answers() {
	INTERVAL=20ms SETTLE=2ms PREEMPT=true
	PRIORITY=200 conf_write h1
	PRIORITY=100 conf_write h2
	sed -i 's/preempt   = true/& preempt-delay = "1500ms"/' "$TMP"/h?.conf
	lan_up
	daemon_start h2
	wait_owner h2
	nft_add "iifname h1 ether type arp drop"
	daemon_start h1
	busywait 5000 grep -q "ALARM: group web: self-test of the owner's answer: silent" "$TMP/h1.log" ||
		fail "h1 does not notice"
}

test_who_cannot_reach_the_owner_does_not_ask() {
	better_host_without_answers
	sleep 4
	expect_eq "handovers of h2" "" "$(grep 'group web: owner ->' "$TMP/h2.log")"
	heal
	# Tested again every 10 s.
	wait_owner h1 15000
	grep -q "over: self-test of the owner's answer" "$TMP/h1.log" || fail "h1 does not say that all is well again"
	expect_eq "alarms" 1 "$(grep -c 'ALARM: group web: self-test' "$TMP/h1.log")"
}

selftest_is() {
	state_is "$STANDBY" selftest.result "$1"
}

# A fault that begins after the first test is seen as well, and one that is over is over; an owner has none.
test_asked_again_and_again() {
	REFRESH=1s
	pair_up
	busywait 5000 selftest_is ok || fail "first test: $(status "$STANDBY" .groups[0].selftest)"
	nft_add "iifname $STANDBY ether type arp drop"
	busywait 8000 grep -q "ALARM: group web: self-test of the owner's answer: silent" "$TMP/$STANDBY.log" ||
		fail "a later fault is not seen"
	busywait 3000 alarm_is "$STANDBY" self-test || fail "no alarm: $(status "$STANDBY" .alarms)"
	heal
	busywait 15000 selftest_is ok || fail "it is over, and not said: $(status "$STANDBY" .groups[0].selftest)"
	alarm_is "$STANDBY" self-test && fail "an alarm that is over: $(status "$STANDBY" .alarms)"
	nft_add "iifname $STANDBY ether type arp drop"
	busywait 8000 alarm_is "$STANDBY" self-test || fail "no alarm: $(status "$STANDBY" .alarms)"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	busywait 3000 selftest_is none || fail "the owner has a self-test: $(status "$STANDBY" .groups[0].selftest)"
}

# XDP answers ARP for what the kernel behind it does not take in: the owner asks its own kernel.
test_answered_and_not_taken_in() {
	local told="traffic for its first address is not served"
	pair_up
	sleep 2.5
	alarm_is "$OWNER" "$told" && fail "an alarm, and all is well"
	ip -n "$OWNER" route del local $VIP dev eth0 table local || fail "no local route"
	expect_eq "who answers" "$(mac_of "$OWNER")" "$(answers c $VIP)"
	busywait 6000 alarm_is "$OWNER" "$told" || fail "no alarm: $(status "$OWNER" .alarms)"
	grep -q "ALARM: group web: $told by this host: its routes lead elsewhere" "$TMP/$OWNER.log" || fail "not told why"
	owner_is "$OWNER" || fail "the owner is another"
	ip -n "$OWNER" route add local $VIP dev eth0 table local src $VIP
	busywait 6000 grep -q "over: traffic for its first address" "$TMP/$OWNER.log" || fail "the end is not told"
	sleep 0.2
	alarm_is "$OWNER" "$told" && fail "an alarm that is over"
	# A rule that somebody adds.
	ip -n "$OWNER" rule add pref 1 to $VIP prohibit
	ip -n "$OWNER" rule del pref 0
	ip -n "$OWNER" rule add pref 10 lookup local
	busywait 6000 alarm_is "$OWNER" "$told" || fail "no alarm: $(status "$OWNER" .alarms)"
	owner_is "$OWNER" || fail "the owner is another"
}

# It asks as a client does: ipvlan hands ARP replies out by the address that they are for, and an RFC 5227 probe has none.
test_answers_that_go_by_address() {
	REFRESH=1s
	lan_up
	nft_add "ether type arp arp operation reply arp daddr ip 0.0.0.0 drop"
	daemon_start h1
	daemon_start h2
	wait_pair
	busywait 5000 selftest_is ok || fail "it is answered, and takes that for silence: $(status "$STANDBY" .groups[0].selftest)"
	alarm_is "$STANDBY" self-test && fail "a false alarm: $(status "$STANDBY" .alarms)"
	return 0
}

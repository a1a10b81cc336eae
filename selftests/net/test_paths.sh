# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Two ways between the hosts, the LAN and a cable of their own: silent means silent on both.
#
#        h1 eth0 ---- br0 ---- eth0 h2
#        h1 eth1 ------------- eth1 h2        10.9.0.1/24, 10.9.0.2/24

# The second way.
cable_up() {
	ip -n h1 link add eth1 type veth peer name eth1 netns h2
	ip -n h1 addr add 10.9.0.1/24 dev eth1
	ip -n h2 addr add 10.9.0.2/24 dev eth1
	ip -n h1 link set eth1 up
	ip -n h2 link set eth1 up
}

# two_addresses HOST: its peer, as the file has it.
two_addresses() {
	local n=$((3 - ${1#h}))
	echo "peer \"n$n\" { addresses = { \"198.18.0.$n\", \"10.9.0.$n\" } }"
}

two_ways_up() {
	local host
	lan_up
	cable_up
	for host in h1 h2; do
		conf_write "$host"
		sed -i "s/^peer .*/$(two_addresses "$host")/" "$TMP/$host.conf"
		daemon_start "$host"
	done
	wait_pair
	TERM0=$(state "$OWNER" term)
}

# path_is HOST ADDRESS STATE
path_is() {
	local got
	got=$(ctl "$1" status --json | jq -r ".peers[0].paths[] | select(.address == \"$2\").state")
	[ "$got" = "$3" ] || {
		echo "$2 is $got"
		return 1
	}
}

peer_of() {
	echo "$1.$((3 - ${2#h}))"
}

expect_unchanged() {
	expect_eq "$1: term" "$TERM0" "$(state "$OWNER" term)"
	owner_is "$OWNER" || fail "$1: $OWNER is not the owner any more"
	expect_eq "$1: state of the peer" up "$(ctl "$STANDBY" status --json | jq -r '.peers[0].state')"
}

test_one_way_is_enough() {
	two_ways_up
	on_exec c "$TOOLS/arpload" -i eth0 -r 1000 -d 250000 $VIP >"$TMP/load.json" &
	local load=$!
	busywait 3000 path_is "$STANDBY" "$(peer_of 10.9.0 "$STANDBY")" up || fail "the cable is not used"
	cut_apart "$OWNER" "$STANDBY"
	busywait 3000 path_is "$STANDBY" "$(peer_of 198.18.0 "$STANDBY")" down || fail "status does not show the cut"
	sleep 1
	expect_unchanged "the LAN cut between them"
	heal
	busywait 3000 path_is "$STANDBY" "$(peer_of 198.18.0 "$STANDBY")" up || fail "status does not show the end"
	ip -n "$OWNER" link set eth1 down
	busywait 3000 path_is "$STANDBY" "$(peer_of 10.9.0 "$STANDBY")" down || fail "status does not show the cable"
	sleep 1
	expect_unchanged "the cable cut"
	kill -TERM "$load"
	wait "$load"
	say "$(json '"\(.requests) requests, \(.unanswered) unanswered"' "$TMP/load.json")"
	expect_eq "unanswered" 0 "$(json '.unanswered - .send_failed' "$TMP/load.json")"
	expect_eq "answered more than once" 0 "$(json .answered_more "$TMP/load.json")"
}

test_both_cut() {
	two_ways_up
	ip -n "$OWNER" link set eth1 down
	sleep 0.5
	expect_unchanged "the cable cut"
	unplug "$OWNER"
	wait_owner "$STANDBY"
	# The port of the owner is down: it is no owner of anything that others see.
	busywait 3000 state_is "$OWNER" lease none || fail "$OWNER still has a lease"
	plug_back "$OWNER"
	wait_standby "$OWNER"
	[ "$(state "$STANDBY" term)" -gt "$TERM0" ] || fail "the term has not grown"
}

# The frames go on by the way that is left while a process takes another's place.
test_upgrade_on_one_way() {
	two_ways_up
	cut_apart "$OWNER" "$STANDBY"
	kill -USR2 "$(pid_of "$OWNER")"
	busywait 5000 grep -q 'adopted from' "$TMP/$OWNER.log" || fail "not replaced"
	sleep 1
	expect_unchanged "replaced on the cable alone"
}

# A start with a way missing: the other must do, and the missing one is taken up when it is there.
test_start_on_one_way() {
	local host
	lan_up
	for host in h1 h2; do
		conf_write "$host"
		sed -i "s/^peer .*/$(two_addresses "$host")/" "$TMP/$host.conf"
		daemon_start "$host"
	done
	wait_pair
	TERM0=$(state "$OWNER" term)
	grep -q 'ALARM: peer .*going on with 1 of 2 ways' "$TMP/$OWNER.log" || fail "the log does not say so"
	cable_up
	busywait 15000 path_is "$STANDBY" "$(peer_of 10.9.0 "$STANDBY")" up || fail "the cable is not used"
	busywait 15000 path_is "$OWNER" "$(peer_of 10.9.0 "$OWNER")" up || fail "the cable is not used"
	expect_unchanged "a way more"
}

# The addresses on the cable, the heartbeats on the LAN: served, but without what MAC addresses are needed for.
test_group_where_no_heartbeat_comes() {
	local note="note: group 'web': no peer is reached by eth1"
	lan_up
	cable_up
	conf_write h1
	expect_eq "notes" "[]" "$(ctl h1 --json check -c "$TMP/h1.conf" | jq -c .notes)"
	sed -i 's/"eth0"/"eth1"/' "$TMP/h1.conf"
	ctl h1 check -c "$TMP/h1.conf" | grep -q "^# $note" || fail "check says nothing"
	expect_eq "notes" 1 "$(ctl h1 --json check -c "$TMP/h1.conf" | jq '.notes | length')"
	daemon_start h1
	wait_owner h1
	grep -q "$note" "$TMP/h1.log" || fail "the log says nothing"
	daemon_start h2
	wait_standby h2
	grep "note:" "$TMP/h2.log" && fail "a note for nothing"
	ctl c check -c "$TMP/h1.conf" | grep "note:" && fail "a note about another host's interfaces"
	return 0
}

# silence HOST ADDRESS: no heartbeat from it gets through the switch.
silence() {
	nft_add "iifname $1 ip saddr $2 udp dport 5694 drop"
}

# Both addresses of each host on the LAN.
two_addresses_up() {
	local host
	lan_up
	for host in h1 h2; do
		ip -n $host addr add 10.9.0.${host#h}/24 dev eth0
		conf_write $host
		sed -i "s/^peer .*/$(two_addresses $host)/; s/^ *preempt .*/&\n    drain = \"200ms\"/" "$TMP/$host.conf"
		daemon_start $host
	done
	wait_pair
}

# After a takeover the MAC that was last seen on a way long dead is not where the owner is.
card_changed_after_death_of() {
	local old new=02:11:22:33:44:66
	two_addresses_up
	old=$(mac_of "$OWNER")
	busywait 3000 path_is "$OWNER" "$(peer_of "$1" "$OWNER")" up || fail "$1 is not used"
	silence "$STANDBY" "$1.${STANDBY#h}"
	busywait 5000 path_is "$OWNER" "$(peer_of "$1" "$OWNER")" down || fail "$1 is not silent"
	daemon_kill "$STANDBY"
	ip -n "$STANDBY" link set eth0 address $new
	daemon_start "$STANDBY"
	wait_standby "$STANDBY"
	capture c "$TMP/c.pcap" arp
	expect_ok ctl "$OWNER" release web
	wait_owner "$STANDBY"
	on c "$TOOLS/echoload" -r 100 -d 1500 -m "$old" -s 198.18.0.9 $VIP >"$TMP/echo.json" || fail "no load"
	capture_end
	expect_ge "strays that the new card answered" 50 \
		"$(json "[.answers_by_mac[] | select(.mac == \"$new\").answers] | add // 0" "$TMP/echo.json")"
	expect_eq "what the old owner tells of the new one" "$new" \
		"$(tcpdump -n -e -r "$TMP/c.pcap" "ether src $old" 2>/dev/null |
			sed -n "s/.* $VIP is-at \([0-9a-f:]*\).*/\1/p" | sort -u | grep -v "$old")"
}

test_first_way_dead_and_another_card() {
	card_changed_after_death_of 198.18.0
}

test_second_way_dead_and_another_card() {
	card_changed_after_death_of 10.9.0
}

# A host hears by the way that is left; the one that lost its program costs nobody anything, be it the group's own or not.
test_program_gone_from_one_way() {
	local host
	two_ways_up
	for host in "$STANDBY" "$OWNER"; do
		ip -n "$host" link set dev eth1 xdp off
		busywait 5000 grep -q 'ALARM: our ingress program is gone from eth1' "$TMP/$host.log" || fail "$host does not notice"
		sleep 0.5
		expect_unchanged "$host without its program on the cable"
		busywait 10000 grep -q 'our ingress program is back on eth1' "$TMP/$host.log" || fail "it does not come back"
	done
	state_is "$STANDBY" state standby || fail "$STANDBY is no standby"
	ip -n "$STANDBY" link set dev eth0 xdp off
	busywait 5000 state_is "$STANDBY" state fault || fail "$STANDBY is not in fault"
	sleep 0.5
	expect_unchanged "$STANDBY without its program on the LAN"
	wait_standby "$STANDBY" 10000
}

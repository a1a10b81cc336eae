# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Nothing but the lease decides who answers, who receives, and whose frames leave.

by_hand() {
	lan_up
	for h in h1 h2; do
		expect_ok ctl $h attach eth0
		expect_ok ctl $h add web $VIP/$VIP_LEN dev eth0
	done
}

test_answers_only_under_lease() {
	by_hand
	expect_eq "before" "" "$(answers c $VIP)"
	expect_ok ctl h1 take web
	expect_eq "after take" "$MAC1" "$(answers c $VIP)"
	expect_ok ctl h1 release web --force
	expect_eq "after release" "" "$(answers c $VIP)"
	expect_ok ctl h2 take web
	expect_eq "the other one" "$MAC2" "$(answers c $VIP)"
}

test_take_refuses_while_another_answers() {
	by_hand
	expect_ok ctl h1 take web
	expect_fail 1 "$MAC1" ctl h2 take web
	expect_eq "still" "$MAC1" "$(answers c $VIP)"
}

test_configured_address_is_silent_without_lease() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	ip -n h1 addr add $VIP/16 dev eth0
	expect_eq "ARP" "" "$(answers c $VIP)"
	# Even a client that knows the MAC reaches nobody.
	ip -n c neigh replace $VIP lladdr "$MAC1" dev eth0
	on c ping -c 2 -W 1 -q $VIP >/dev/null && fail "ping is answered without a lease"
	expect_ge "ip_fenced" 1 "$(counter h1 ip_fenced)"
	expect_ge "arp_fenced" 1 "$(counter h1 arp_fenced)"
	# XDP dropped them: the kernel did not even try to answer, which the egress fence would have stopped.
	expect_eq "answers tried by the kernel" 0 "$(counter h1 out_arp_fenced)"
	expect_eq "packets tried by the kernel" 0 "$(counter h1 out_ip_fenced)"
}

test_traffic_flows_under_lease() {
	by_hand
	expect_ok ctl h1 take web
	on c "$TOOLS/prober" -d 300 $VIP >"$TMP/probe.json"
	expect_ge "echoes" 100 "$(json .sent "$TMP/probe.json")"
	expect_ge "answered of $(json .sent "$TMP/probe.json")" "$(json '.sent * 29 / 30 | floor' "$TMP/probe.json")" "$(json .answered "$TMP/probe.json")"
}

# An ordinary AF_PACKET sender on a host without lease.
test_egress_fence_stops_packet_sockets() {
	local claim
	by_hand
	claim=$(arp_hex ff:ff:ff:ff:ff:ff "$MAC1" 1 "$MAC1" $VIP 00:00:00:00:00:00 $VIP)
	capture c "$TMP/c.pcap" arp
	on h1 "$TOOLS/rawsend" eth0 100 "$claim" >"$TMP/send.json"
	expect_eq "left without lease" 0 "$(json .sent "$TMP/send.json")"
	expect_ge out_arp_fenced 100 "$(counter h1 out_arp_fenced)"
	expect_ok ctl h1 take web --force
	on h1 "$TOOLS/rawsend" eth0 100 "$claim" >"$TMP/send.json"
	expect_eq "left under lease" 100 "$(json .sent "$TMP/send.json")"
	capture_end
}

test_egress_fence_stops_ip() {
	by_hand
	ip -n h1 addr add $VIP/32 dev lo
	capture c "$TMP/c.pcap" src host $VIP
	on h1 ping -c 3 -i 0.05 -W 1 -q -I $VIP 198.18.0.9 >/dev/null 2>&1 && fail "ping from the address works"
	expect_ge out_ip_fenced 1 "$(counter h1 out_ip_fenced)"
	# A frame that is let out reaches the client, so silence before it means the capture saw all.
	expect_ok ctl h1 take web --force
	on h1 ping -c 1 -W 1 -q -s 100 -I $VIP 198.18.0.9 >/dev/null
	busywait 3000 pcap_has 'length 108' || fail "nothing leaves under the lease either"
	capture_end
	pcap_has 'length 64' && fail "a packet from the address left without a lease"
	return 0
}

test_unicast_request_is_answered() {
	local ask
	by_hand
	expect_ok ctl h1 take web
	ask=$(arp_hex "$MAC1" "$MACC" 1 "$MACC" 198.18.0.9 "$MAC1" $VIP)
	capture c "$TMP/c.pcap" arp and ether src "$MAC1"
	on c "$TOOLS/rawsend" eth0 1 "$ask" >/dev/null
	busywait 2000 pcap_has "is-at $MAC1" || fail "the unicast request got no answer"
	capture_end
}

pcap_has() {
	tcpdump -n -e -r "$TMP/c.pcap" 2>/dev/null | grep -q "$1"
}

# Frames of a bridge port: a unicast request to another host's MAC is nobody's business here.
test_requests_to_other_macs_are_not_ours() {
	local ask
	by_hand
	expect_ok ctl h1 take web
	ask=$(arp_hex 02:00:00:00:00:77 "$MACC" 1 "$MACC" 198.18.0.9 00:00:00:00:00:00 $VIP)
	on sw "$TOOLS/rawsend" h1 5 "$ask" >/dev/null
	busywait 2000 counter_ge h1 not_ours 5 || fail "not_ours is $(counter h1 not_ours)"
	expect_eq "answered" 0 "$(counter h1 arp_answer)"
}

counter_ge() {
	[ "$(counter "$1" "$2")" -ge "$3" ]
}

# A bridge on the host itself, its own frames coming back through the port: no claim by a stranger.
test_own_frames_of_a_bridge_port() {
	local claim
	by_hand
	expect_ok ctl h1 take web
	claim=$(arp_hex ff:ff:ff:ff:ff:ff "$MAC1" 1 "$MAC1" $VIP 00:00:00:00:00:00 $VIP)
	on sw "$TOOLS/rawsend" h1 5 "$claim" >/dev/null
	expect_eq "claims by our own MAC" 0 "$(counter h1 arp_rival)"
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
}

test_foreign_claim_is_counted() {
	local claim
	by_hand
	claim=$(arp_hex ff:ff:ff:ff:ff:ff "$MACC" 1 "$MACC" $VIP 00:00:00:00:00:00 $VIP)
	on sw "$TOOLS/rawsend" h1 5 "$claim" >/dev/null
	busywait 2000 counter_ge h1 arp_rival 5 || fail "arp_rival is $(counter h1 arp_rival)"
}

# The kernel here knows no VLAN devices; the tagged frames are made by hand.
test_tagged_requests_are_fenced() {
	local ask
	by_hand
	ip -n h1 addr add $VIP/$VIP_LEN dev eth0
	ask=$(question_hex)
	on sw "$TOOLS/rawsend" h1 5 "${ask:0:24}81000007${ask:24}" >/dev/null
	busywait 2000 counter_ge h1 ${ND}_fenced 5 || fail "${ND}_fenced is $(counter h1 ${ND}_fenced)"
}

# The weak host model: a second interface on the same LAN must not answer for the address.
test_second_interface_does_not_answer() {
	lan_up
	plug h1 eth1 h1b
	ip -n h1 addr add 198.18.0.11/16 dev eth1
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 take web
	expect_eq "who answers under lease" "$MAC1" "$(answers c $VIP)"
	expect_ok ctl h1 release web --force
	expect_eq "who answers after release" "" "$(answers c $VIP)"
	expect_ok ctl h1 detach --all
	expect_no_trace h1 eth0 eth1
}

# The kernel of a hung owner has the address and may be made to ask for a client by another interface, where no fence is.
hung_owner_asks_by_eth1() {
	local beside
	lan_up
	plug h1 eth1 h1b
	plug h2 eth1 h2b
	daemon_start h1
	daemon_start h2
	wait_pair
	beside=$(mac_of "$OWNER" eth1)
	stamp STOP "$OWNER" >/dev/null
	wait_owner "$STANDBY"
	capture c "$TMP/asks.pcap" arp and ether src "$beside"
	ip -n "$OWNER" route add 198.18.0.9/32 dev eth1
	on "$OWNER" ping -I $VIP -c 2 -W 1 198.18.0.9 >/dev/null 2>&1
	capture_end
	expect_ge "requests by eth1" 1 "$(tcpdump -nr "$TMP/asks.pcap" 2>/dev/null | wc -l)"
	expect_eq "those in the name of $VIP" "" "$(tcpdump -nr "$TMP/asks.pcap" 2>/dev/null | grep -F "tell $VIP,")"
	stamp CONT "$OWNER" >/dev/null
}

test_hung_owner_asks_by_another_interface() {
	hung_owner_asks_by_eth1
}

test_hung_owner_of_a_standing_address_asks() {
	ADDRESS=standing
	hung_owner_asks_by_eth1
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Tags of VLAN 0, which say a priority and name no network, and other frames that a kernel believes as it does the
# usual ones. Linux's own kernel is the client.

# with_tags HEX TAG...: the frame with these behind its MACs.
with_tags() {
	local frame=$1 tags
	shift
	tags=$(printf '%s' "$@")
	echo "${frame:0:24}$tags${frame:24}"
}

# A switch that puts such a tag on all that comes in, and whose ports leave it in the frame, where XDP sees it.
priority_lan_up() {
	local port
	lan_up
	for port in h1 h2 c; do
		on sw ethtool -K $port txvlan off tx-vlan-stag-hw-insert off >/dev/null || skip "this veth cannot leave tags in the frame"
		ip -n sw link set dev $port xdpdrv off
		ip -n sw link set dev $port xdpdrv obj "$OUT/xdp_priority.bpf.o" sec xdp || fail "no tags on $port"
	done
	capture h1 "$TMP/tagged.pcap" vlan
	expect_ok on c ping -c 1 -W 1 -q 198.18.0.1
	busywait 2000 tagged_came || skip "this kernel hides the tags"
	capture_end
}

tagged_came() {
	[ -n "$(tcpdump -n -r "$TMP/tagged.pcap" 2>/dev/null)" ]
}

neighbour_is() {
	ip -n "$1" -j neigh show $VIP dev eth0 | jq -e ".[0].lladdr == \"$2\"" >/dev/null
}

# Heartbeats are heard, so one owns; it answers in XDP, and the client's kernel believes that. So it is after a takeover.
test_priority_tagged_lan() {
	priority_lan_up
	daemon_start h1
	daemon_start h2
	wait_pair
	on c ping -c 3 -i 0.2 -W 1 -q $VIP >"$TMP/ping" || fail "the client has no answer: $(cat "$TMP/ping")"
	expect_ge "answers of XDP" 1 "$(counter "$OWNER" arp_answer)"
	neighbour_is c "$(mac_of "$OWNER")" || fail "the client does not know the owner: $(ip -n c neigh)"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	busywait 3000 neighbour_is c "$(mac_of "$STANDBY")" || fail "the client was not told: $(ip -n c neigh)"
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

# udp_no_ports HOST: datagrams that its stack has taken, for a port where nobody listens.
udp_no_ports() {
	on "$1" awk '/^Udp:/ { if (n++) print $3 }' /proc/net/snmp
}

# A fenced host has the address in its kernel (a standing one): nothing reaches it there, with however many tags.
test_no_tags_reach_a_fenced_host() {
	local frame n before mac tags=()
	ADDRESS=standing pair_up
	mac=$(mac_of "$STANDBY")
	before=$(udp_no_ports "$STANDBY")
	frame=${mac//:/}${MACC//:/}08004500001c000000004011eda2c6120009$(ip_hex $VIP)04d21e6100080000000000000000000000000000000000000000
	# The fence forwards what is meant for the owner: nobody is to be known, and everything is dropped.
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	stamp STOP "$STANDBY" >/dev/null
	busywait 5000 lease_over "$STANDBY" || fail "its lease does not end"
	for ((n = 0; n <= 80; n++)); do
		on c "$TOOLS/rawsend" eth0 1 "$(with_tags "$frame" "${tags[@]}")" >/dev/null
		tags+=(81000000)
	done
	busywait 2000 judged_all || fail "frames judged: $(judged)"
	expect_eq "datagrams in its stack" "$before" "$(udp_no_ports "$STANDBY")"
	stamp CONT "$STANDBY" >/dev/null
	wait_owner "$STANDBY"
	# The same frames are no strangers to the stack: under the lease it takes them.
	on c "$TOOLS/rawsend" eth0 1 "$(with_tags "$frame" 81000000 81000000 81000000 81000000)" >/dev/null
	busywait 2000 taken_by_stack "$before" || fail "the stack takes no such frame at all"
}

lease_over() {
	[ "$(state "$1" lease)" != live ]
}

judged() {
	echo $(($(counter "$STANDBY" ip_fenced) + $(counter "$STANDBY" tags_refused)))
}

judged_all() {
	[ "$(judged)" -ge 81 ]
}

taken_by_stack() {
	[ "$(udp_no_ports "$STANDBY")" -gt "$1" ]
}

# What Linux's ARP believes poisons a client: the owner sees it, says so, and announces.
test_odd_claims_are_seen() {
	claim_is_seen "a priority tag" 81000000
	claim_is_seen "three of them" 810000008100000088a80000
	claim_is_seen "IEEE 802 hardware"
}

# claim_is_seen WHAT [TAGS]: from one more host, whose MAC is news.
claim_is_seen() {
	local what=$1 mac frame
	[ -n "${OWNER:-}" ] || odd_claims_begin
	CLAIMS=$((CLAIMS + 1))
	mac=02:00:00:00:77:0$CLAIMS
	expect_ok on c ping -c 1 -W 1 -q $VIP
	frame=$(arp_hex ff:ff:ff:ff:ff:ff $mac 2 $mac $VIP $mac $VIP)
	[ -n "${2:-}" ] || frame=${frame/08060001/08060006}
	on sw "$TOOLS/rawsend" br0 1 "$(with_tags "$frame" "${2:-}")" >/dev/null
	busywait 2000 grep -q "$VIP .*lladdr $mac" "$TMP/believed" || skip "this client's kernel does not believe $what"
	busywait 4000 grep -q "ALARM: group web: $mac says by ARP" "$TMP/$OWNER.log" || fail "$what: the owner says nothing"
	sleep 1.1 # a claim a second is told
}

# A pair that has said all it had to, and all that the client's kernel comes to believe.
odd_claims_begin() {
	CLAIMS=0
	REFRESH=0s pair_up
	busywait 8000 announced || fail "the owner announces nothing"
	sleep 2.5
	on_exec c ip monitor neigh >"$TMP/believed" &
	defer kill $!
	sleep 0.2
}

announced() {
	[ "$(counter "$OWNER" out_arp)" -ge 12 ]
}

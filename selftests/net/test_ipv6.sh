# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# IPv6 floating addresses, judged by Linux's own stack and by the usual tools.
#
# As the LAN of lib.sh, and 2001:db8::1, ::2 and ::9/64 beside the IPv4 addresses. Floating: 2001:db8::10.

VIP6=2001:db8::10

lan6_up() {
	local host
	lan_up
	host6 h1 2001:db8::1
	host6 h2 2001:db8::2
	host6 c 2001:db8::9
	for host in h1 h2 c; do
		busywait 5000 link_local_there "$host" || fail "$host has no link-local address"
	done
}

by_hand6() {
	local host
	lan6_up
	for host in h1 h2; do
		expect_ok ctl "$host" attach eth0
		expect_ok ctl "$host" add web $VIP6/64 dev eth0
	done
}

ping6_ok() {
	on c ping -6 -c 1 -W 1 -q $VIP6 >/dev/null
}

neighbour6_is() {
	ip -n c -j -6 neigh show $VIP6 dev eth0 | jq -e ".[0].lladdr == \"$1\"" >/dev/null
}

has6() {
	ip -n "$1" -j -6 addr show dev "${2:-eth0}" |
		jq -e --arg ip "${3:-$VIP6}" 'any(.[].addr_info[]?; .local == $ip)' >/dev/null
}

test_by_hand() {
	by_hand6
	expect_ok ctl h1 take web
	busywait 3000 ping6_ok || fail "nobody answers"
	neighbour6_is "$MAC1" || fail "the client did not learn h1"
	expect_fail 1 "answers for $VIP6" ctl h2 take web
	expect_ok ctl h1 release web
	! has6 h1 || fail "it is still there after release"
	ip -n c neigh flush dev eth0
	! ping6_ok || fail "a released address answers"
	expect_ok ctl h2 take web
	busywait 3000 ping6_ok || fail "nobody answers"
	neighbour6_is "$MAC2" || fail "the client did not learn h2"
}

test_status_and_del() {
	by_hand6
	expect_fail 1 "is in group 'web' on 'eth0' already" ctl h1 add mail 2001:0DB8:0::10/64 dev eth0
	expect_ok ctl h1 take web
	expect_eq "address in JSON" $VIP6/64 "$(status h1 '.groups[0].addresses[0]')"
	ctl h1 status | grep -q "$VIP6/64 dev eth0" || fail "status does not show it: $(ctl h1 status)"
	expect_fail 1 "prefix length 64" ctl h1 del web $VIP6/48 dev eth0
	expect_ok ctl h1 del web $VIP6/64 dev eth0
	! has6 h1 || fail "it is still there"
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
}

# Whoever serves it would else speak from it, and be spoken to after it has moved.
test_no_source_of_our_own_traffic() {
	local src
	by_hand6
	expect_ok ctl h1 take web
	has6 h1 || fail "it is not there"
	src=$(ip -n h1 -j -6 route get 2001:db8::9 | jq -r '.[0].prefsrc')
	expect_eq "source of what h1 sends" 2001:db8::1 "$src"
	ip -n h1 -j -6 addr show dev eth0 | jq -e --arg ip $VIP6 \
		'.[0].addr_info[] | select(.local == $ip) | .prefixlen == 128 and .deprecated and .nodad and (has("tentative") | not)' \
		>/dev/null || fail "not as it should be: $(ip -n h1 -6 addr show dev eth0)"
}

pair6_up() {
	ADDRESSES="\"$VIP/16\", \"$VIP6/64\""
	lan6_up
	daemon_start h1
	daemon_start h2
	wait_pair
}

joined() {
	ip -n "$1" -6 maddr show dev eth0 | grep -q 'ff02::1:ff00:10\b'
}

# One lease for both families: who owns has both addresses, and answers for both.
test_one_group_of_both_families() {
	local other
	pair6_up
	has6 "$OWNER" || fail "$OWNER owns and has it not"
	! has6 "$STANDBY" || fail "$STANDBY has it, too"
	busywait 3000 ping6_ok || fail "nobody answers for $VIP6"
	expect_ok on c ping -c 1 -W 1 -q $VIP
	other=$STANDBY
	daemon_kill "$OWNER"
	wait_owner "$other"
	has6 "$other" || fail "$other owns and has it not"
	ip -n c neigh flush dev eth0
	busywait 3000 ping6_ok || fail "nobody answers for $VIP6"
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

# A switch that looks at MLD, and a card's filter, must let questions through to the standby before it owns.
test_every_member_is_in_the_group() {
	pair6_up
	busywait 3000 joined "$STANDBY" || fail "$STANDBY has not joined: $(ip -n "$STANDBY" -6 maddr show dev eth0)"
	# Whoever takes the interface's IPv6 away takes the membership along.
	on "$STANDBY" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	on "$STANDBY" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
	ip -n "$STANDBY" link set eth0 mtu 1000
	ip -n "$STANDBY" link set eth0 mtu 1500
	busywait 5000 joined "$STANDBY" || fail "$STANDBY is out of the group: $(ip -n "$STANDBY" -6 maddr show dev eth0)"
	expect_ok ctl "$STANDBY" upgrade
	joined "$STANDBY" || fail "an upgrade has left the group"
	ADDRESSES="\"$VIP/16\""
	conf_write "$STANDBY"
	expect_ok ctl "$STANDBY" reload
	busywait 3000 not_joined "$STANDBY" || fail "$STANDBY is still in the group of an address that it has not"
}

not_joined() {
	! joined "$1"
}

selftest_of_owner() {
	status_is "$STANDBY" '.groups[0].selftest.result' ok
}

test_selftest_and_put_back() {
	pair6_up
	busywait 15000 selftest_of_owner || fail "self-test: $(status "$STANDBY" '.groups[0].selftest')"
	ip -n "$OWNER" addr del $VIP6/128 dev eth0 || fail "not as /128: $(ip -n "$OWNER" -6 addr show dev eth0)"
	busywait 3000 has6 "$OWNER" || fail "taken off and not put back"
}

# The kernel takes IPv6 addresses off an interface that goes down: that is nobody's doing, and the group leaves anyway.
test_interface_that_goes_down() {
	local was
	pair6_up
	was=$OWNER
	ip -n "$was" link set dev eth0 down
	wait_owner "$STANDBY"
	grep -q "owner -> fault: link down" "$TMP/$was.log" || fail "$was left for another reason"
	! grep "taken off" "$TMP/$was.log" || fail "an alarm for what the kernel does"
	ip -n "$was" link set dev eth0 up
	busywait 5000 status_is "$was" '.groups[0].state' standby || fail "the fault does not end"
	! has6 "$was" || fail "$was does not own it any more and has it"
}

test_standing() {
	ADDRESS=standing pair6_up
	has6 "$OWNER" lo || fail "$OWNER has it not on lo"
	has6 "$STANDBY" lo || fail "$STANDBY has it not on lo"
	busywait 3000 ping6_ok || fail "nobody answers"
	busywait 3000 neighbour6_is "$(mac_of "$OWNER")" || fail "not the owner answers"
}

# Somebody has the address already: nobody claims it.
test_probed_before_it_is_claimed() {
	ADDRESSES="\"$VIP6/64\""
	lan6_up
	ip -n c addr add $VIP6/64 dev eth0 nodad
	daemon_start h1
	busywait 5000 grep -q "answer" "$TMP/h1.log" || fail "h1 has not met it: $(cat "$TMP/h1.log")"
	! owner_is h1 || fail "h1 owns what c has"
}

# --- the router flag, and an interface without IPv6 ----------------------------

# says_router yes|no: by the flags of one answer.
says_router() {
	local flags
	rm -f "$TMP/answer.pcap"
	capture c "$TMP/answer.pcap" "icmp6 and ip6[40] == 136 and src $VIP6"
	on c ndisc6 -1 -q -w 1000 "$VIP6" eth0 >/dev/null 2>&1
	capture_end
	flags=$(tcpdump -v -n -r "$TMP/answer.pcap" 2>/dev/null | grep -o 'Flags \[.*\]')
	[[ -n $flags ]] && case $1 in
	yes) [[ $flags == *router* ]] ;;
	no) [[ $flags != *router* ]] ;;
	esac
}

test_router_flag_follows_forwarding() {
	pair6_up
	busywait 3000 says_router no || fail "not a router, and says so: $(tcpdump -v -n -r "$TMP/answer.pcap" 2>&1)"
	on "$OWNER" sysctl -qw net.ipv6.conf.eth0.forwarding=1
	busywait 5000 says_router yes || fail "a router that does not say so: $(tcpdump -v -n -r "$TMP/answer.pcap" 2>&1)"
	on "$OWNER" sysctl -qw net.ipv6.conf.eth0.forwarding=0
	busywait 5000 says_router no || fail "no router any more, and says so: $(tcpdump -v -n -r "$TMP/answer.pcap" 2>&1)"
}

test_interface_without_ipv6() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_fail 1 "eth0 has no IPv6" ctl h1 add web $VIP6/64 dev eth0
	ADDRESSES="\"$VIP6/64\"" conf_write h1
	expect_fail 1 "eth0 has no IPv6" ctl h1 run -c "$TMP/h1.conf"
}

# --- announcements -------------------------------------------------------------

# One advertisement moves the client's table: nothing is asked, nothing expires.
test_neighbour_table_moves_at_once() {
	local first second
	pair6_up
	busywait 3000 ping6_ok || fail "nobody answers"
	first=$OWNER second=$STANDBY
	neighbour6_is "$(mac_of "$first")" || fail "the client did not learn $first"
	capture c "$TMP/questions.pcap" "icmp6 and ip6[40] == 135 and ether src $MACC"
	daemon_kill "$first"
	busywait 3000 neighbour6_is "$(mac_of "$second")" || fail "the client's neighbour table did not move"
	capture_end
	expect_eq "questions of the client" 0 "$(tcpdump -n -r "$TMP/questions.pcap" 2>/dev/null | wc -l)"
}

# What other programs make of our frames.
test_announcements_decode() {
	local text
	pair6_up
	capture c "$TMP/all.pcap" "icmp6 and ip6[40] == 136"
	expect_ok ctl "$OWNER" announce web
	sleep 1.5
	capture_end
	text=$(tcpdump -e -n -vv -r "$TMP/all.pcap" 2>/dev/null)
	grep -q "$(mac_of "$OWNER") > 33:33:00:00:00:01.*(hlim 255, next-header ICMPv6 (58) payload length: 32) $VIP6 > ff02::1: \[icmp6 sum ok\]" \
		<<<"$text" || fail "no announcement: $text"
	grep -q "tgt is $VIP6, Flags \[override\]" <<<"$text" || fail "other flags: $text"
	grep -q "destination link-address option (2), length 8 (1): $(mac_of "$OWNER")" <<<"$text" || fail "no MAC: $text"
	! grep -E "bad|invalid|trunc|unknown" <<<"$text" || fail "tcpdump complains"
}

# --- one voice --------------------------------------------------------------------

# ask6_begin: solicitations from c, all the time.
ask6_begin() {
	on_exec c "$TOOLS/arpload" -i eth0 -r 1000 -d 900000 -g 50 $VIP6 >"$TMP/ask.json" &
	ASK=$!
	wait_hears $ASK
	sleep 0.1
}

# The owner's daemon is stopped: its kernel lives and has the address, which is the case that matters.
test_stopped_owner_falls_silent() {
	local first second
	pair6_up
	first=$OWNER second=$STANDBY
	ask6_begin
	stamp STOP "$first" >/dev/null
	wait_owner "$second"
	has6 "$first" || fail "$first has lost the address: no test"
	sleep 0.5
	stamp CONT "$first" >/dev/null
	wait_agreed h1 h2
	expect_eq "owner" "$second" "$OWNER"
	ask_end_judged
	expect_eq "hosts that answered" 2 "$(json '.answers_by_mac | length' "$TMP/ask.json")"
	expect_eq "stretches of answers" 2 "$(json .run_count "$TMP/ask.json")"
	# The client still believes in the first: what its kernel would say of itself may not leave.
	expect_ge "dropped, no lease" 1 "$(counter "$first" nd_fenced)"
}

test_planned_handover_loses_nothing() {
	local first ping
	pair6_up
	busywait 3000 ping6_ok || fail "nobody answers"
	first=$OWNER
	ask6_begin
	on_exec c ping -6 -i 0.005 -c 400 -q $VIP6 >"$TMP/ping" &
	ping=$!
	sleep 0.5
	expect_ok ctl "$OWNER" release web
	wait_pair
	[ "$OWNER" != "$first" ] || fail "$first owns it again"
	wait $ping
	ask_end_judged
	grep -q ' 0% packet loss' "$TMP/ping" || fail "$(cat "$TMP/ping")"
}

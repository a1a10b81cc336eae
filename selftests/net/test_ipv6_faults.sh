# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# IPv6 floating addresses where the interface's IPv6 is not as usual, or goes. LAN and pair of test_ipv6.sh.

# shellcheck source=selftests/net/test_ipv6.sh
. "${BASH_SOURCE[0]%/*}/test_ipv6.sh"

# Whom the old owner still serves it may have to look for; asked in the address's name he would come back to it.
test_drain_does_not_call_clients_back() {
	local old
	pair6_up
	busywait 3000 ping6_ok || fail "nobody answers"
	old=$OWNER
	capture c "$TMP/asked.pcap" "icmp6 and ip6[40] == 135 and src $VIP6 and ether src $(mac_of "$old")"
	expect_ok ctl "$old" release web
	wait_owner "$STANDBY"
	has6 "$old" || fail "the drain is over"
	ip -n "$old" neigh flush dev eth0
	on "$old" ping -6 -c 2 -i 0.2 -W 1 -q -I $VIP6 2001:db8::9 >/dev/null
	capture_end
	expect_eq "what it asked as $VIP6" "" "$(tcpdump -n -r "$TMP/asked.pcap" 2>/dev/null)"
	neighbour6_is "$(mac_of "$STANDBY")" || fail "the client is back at the old owner"
}

# Heartbeats and the IPv4 address do not miss it; another host has both.
ipv6_goes() {
	local first
	pair6_up
	first=$OWNER
	"$@" "$first"
	wait_owner "$STANDBY" 15000
	busywait 5000 fault_is "$first" || fail "$first can have the address no more, and is not in fault"
	busywait 3000 alarm_is "$first" "eth0 has no IPv6" || fail "no alarm: $(status "$first" .alarms)"
	busywait 3000 ping6_ok || fail "nobody answers"
	expect_ok ctl "$first" detach --all
	expect_no_trace "$first"
}

switch_off() {
	on "$1" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
}

shrink() {
	ip -n "$1" link set eth0 mtu 1200
}

test_switched_off_at_the_owner() {
	ipv6_goes switch_off
}

# The interface has no IPv6 at all any more, and the kernel another error for it.
test_mtu_too_small_at_the_owner() {
	ipv6_goes shrink
}

# Not ready for what it could not serve; and again, when it can.
test_switched_off_at_the_standby() {
	local standby
	pair6_up
	standby=$STANDBY
	switch_off "$standby"
	busywait 5000 fault_is "$standby" || fail "$standby cannot have the address, and is not in fault"
	busywait 3000 alarm_is "$standby" "eth0 has no IPv6" || fail "no alarm: $(status "$standby" .alarms)"
	on "$standby" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
	ip -n "$standby" addr add "2001:db8::${standby#h}/64" dev eth0 nodad
	wait_standby "$standby"
	expect_ok ctl "$OWNER" release web
	wait_owner "$standby"
	busywait 3000 ping6_ok || fail "nobody answers"
}

# Whoever has no link-local address asks from the one that its MAC address stands for.
test_without_link_local_addresses() {
	local host
	lan_up
	for host in h1 h2 c; do
		ip -n $host link set eth0 addrgenmode none
	done
	host6 h1 2001:db8::1
	host6 h2 2001:db8::2
	host6 c 2001:db8::9
	ip -n c addr add $VIP6/64 dev eth0 nodad
	ADDRESSES="\"$VIP/16\", \"$VIP6/64\""
	daemon_start h1
	busywait 5000 grep -q "answers for an address of the group" "$TMP/h1.log" || fail "h1 has not met c: $(cat "$TMP/h1.log")"
	ip -n c addr del $VIP6/64 dev eth0
	daemon_start h2
	wait_pair
	busywait 3000 ping6_ok || fail "nobody answers"
}

# Standing on lo it would be there; what comes for it the kernel would drop.
test_standing_behind_an_interface_without_ipv6() {
	lan6_up
	switch_off h1
	ADDRESSES="\"$VIP/16\", \"$VIP6/64\"" ADDRESS=standing conf_write h1
	expect_fail 1 "eth0 has no IPv6" ctl h1 run -c "$TMP/h1.conf"
}

# XDP answers solicitations for what the kernel behind it does not take in, in a group without an IPv4 address.
test_answered_and_not_taken_in() {
	local told="traffic for its first address is not served"
	ADDRESSES="\"$VIP6/64\""
	lan6_up
	daemon_start h1
	daemon_start h2
	wait_pair
	sleep 2.5
	alarm_is "$OWNER" "$told" && fail "an alarm, and all is well"
	ip -n "$OWNER" -6 route del local $VIP6 dev eth0 table local || fail "no local route"
	busywait 6000 alarm_is "$OWNER" "$told" || fail "no alarm: $(status "$OWNER" .alarms)"
	ip -n "$OWNER" -6 route add local $VIP6 dev eth0 table local
	busywait 6000 grep -q "over: traffic for its first address" "$TMP/$OWNER.log" || fail "the end is not told"
	# Its own address gives the host the route to its LAN.
	ip -n "$OWNER" addr del "2001:db8::${OWNER#h}/64" dev eth0
	busywait 6000 grep -q "$told.*no route leads back" "$TMP/$OWNER.log" || fail "not told why"
}

# As with IPv4 (net/attach:bridged_with_the_address): while the host's own IPv6 address is on the port, answers leave by it.
test_bridged_with_its_own_address() {
	ADDRESSES="\"$VIP6/64\""
	lan6_up
	daemon_start h1
	wait_owner h1
	ip -n h1 addr del 198.18.0.1/16 dev eth0
	ip -n h1 link add br9 type bridge forward_delay 0
	on h1 sysctl -qw net.ipv6.conf.br9.disable_ipv6=0 net.ipv6.conf.br9.accept_ra=0
	ip -n h1 addr add 198.18.0.1/16 brd + dev br9
	ip -n h1 link set br9 up
	ip -n h1 link set eth0 master br9
	busywait 5000 fault_is h1 || fail "no fault while the port has an IPv6 address of the host"
	ip -n h1 addr del 2001:db8::1/64 dev eth0
	ip -n h1 addr add 2001:db8::1/64 dev br9 nodad
	wait_owner h1
	ip -n c neigh flush dev eth0
	busywait 5000 ping6_ok || fail "nobody is reached behind the bridge"
}

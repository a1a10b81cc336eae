# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Heartbeats over IPv6, alone and beside those over IPv4. LAN of test_ipv6.sh; floating: 198.18.1.1 and 2001:db8::10.

# shellcheck source=selftests/net/test_ipv6.sh
. "${BASH_SOURCE[0]%/*}/test_ipv6.sh"
# shellcheck source=selftests/net/test_deaf.sh
. "${BASH_SOURCE[0]%/*}/test_deaf.sh"

# local_of HOST: its link-local address.
local_of() {
	ip -n "$1" -j -6 addr show dev eth0 scope link | jq -r '[.[].addr_info[]?.local | select(.)][0]'
}

# peer_is HOST WORDS: the inside of its peer's section.
peer_is() {
	local n=$((3 - ${1#h}))
	[ -e "$TMP/$1.conf" ] || conf_write "$1"
	sed -i "s|^peer .*|peer \"n$n\" { $2 }|" "$TMP/$1.conf"
}

start_pair() {
	daemon_start h1
	daemon_start h2
	wait_pair
	TERM0=$(state "$OWNER" term)
}

# No IPv4 address is left on the hosts.
only6_up() {
	local host
	lan6_up
	ADDRESSES="\"$VIP6/64\""
	for host in h1 h2; do
		ip -n $host -4 addr flush dev eth0
		peer_is $host "address = \"2001:db8::$((3 - ${host#h}))\""
	done
	start_pair
}

# path6_is HOST ADDRESS STATE
path6_is() {
	status_is "$1" ".peers[0].paths[] | select(.address == \"$2\").state" "$3"
}

expect_same_owner() {
	expect_eq "$1: term" "$TERM0" "$(state "$OWNER" term)"
	owner_is "$OWNER" || fail "$1: $OWNER is not the owner any more"
	expect_eq "$1: state of the peer" up "$(status "$STANDBY" '.peers[0].state')"
}

# Another program reads the frames: their headers, their sums, and that nobody asks for a neighbour between them.
test_on_the_wire() {
	local beats solicits
	only6_up
	CAPTURE_DEV=h1 capture sw "$TMP/c.pcap" ip6
	sleep 2
	capture_end
	tcpdump -n -vv -r "$TMP/c.pcap" 'udp port 5694' >"$TMP/beats" 2>/dev/null
	beats=$(grep -c 'udp sum ok' "$TMP/beats")
	expect_ge "heartbeats with a right sum" 40 "$beats"
	expect_eq "with another" 0 "$(grep -c 'bad udp cksum\|no cksum' "$TMP/beats")"
	expect_eq "of another class or hop limit" 0 "$(grep IP6 "$TMP/beats" | grep -vc 'class 0xc0.*hlim 255')"
	solicits=$(tcpdump -n -r "$TMP/c.pcap" 'icmp6' 2>/dev/null | grep -c 'who has 2001:db8::[12]$')
	expect_eq "questions for a peer" 0 "$solicits"
	expect_eq "heartbeats that reached a stack" "" \
		"$(on h1 ss -uln sport 5694 | awk 'NR > 1 && $2 > 0')"
}

test_takeover() {
	only6_up
	ctl "$OWNER" status | grep -q "2001:db8::${STANDBY#h} dev eth0" || fail "no path: $(ctl "$OWNER" status)"
	expect_eq "path" "2001:db8::${STANDBY#h} eth0 up" \
		"$(status "$OWNER" '.peers[0].paths[] | "\(.address) \(.interface) \(.state)"')"
	busywait 3000 ping6_ok || fail "nobody answers"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	busywait 3000 ping6_ok || fail "nobody answers after the takeover"
	neighbour6_is "$(mac_of "$STANDBY")" || fail "the client did not learn $STANDBY"
	daemon_start "$OWNER"
	# Not before it has looked at the LAN is it ready to take it.
	busywait 10000 ctl "$STANDBY" release web >/dev/null 2>&1 || fail "it is not released"
	wait_owner "$OWNER"
}

test_link_local() {
	local host other
	lan6_up
	for host in h1 h2; do
		other=h$((3 - ${host#h}))
		peer_is $host "address = \"$(local_of $other)%eth0\""
		ctl $host check -c "$TMP/$host.conf" | grep -q "address = \"$(local_of $other)%eth0\"" ||
			fail "check does not print it: $(ctl $host check -c "$TMP/$host.conf")"
		ip -n $host addr del "2001:db8::${host#h}/64" dev eth0
	done
	start_pair
	path6_is "$OWNER" "$(local_of "$STANDBY")" up || fail "no path"
	kill -USR2 "$(pid_of "$OWNER")"
	busywait 10000 grep -q 'adopted from' "$TMP/$OWNER.log" || fail "not replaced"
	sleep 1
	expect_same_owner "replaced"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
}

# An interface that comes later: the other way must do until then.
test_link_local_of_an_interface_that_comes() {
	local host
	lan6_up
	for host in h1 h2; do
		peer_is $host "addresses = { \"198.18.0.$((3 - ${host#h}))\", \"fe80::$((3 - ${host#h}))%eth1\" }"
	done
	start_pair
	grep -q "ALARM: peer .*interface 'eth1': not found: going on with 1 of 2 ways" "$TMP/h1.log" ||
		fail "the log does not say so: $(grep ALARM "$TMP/h1.log")"
	ip -n h1 link add eth1 type veth peer name eth1 netns h2
	for host in h1 h2; do
		ip -n $host link set eth1 addrgenmode none
		ip -n $host link set eth1 up
		ip -n $host addr add fe80::${host#h}/64 dev eth1 nodad
	done
	busywait 15000 path6_is h1 fe80::2 up || fail "h1 does not use it: $(ctl h1 status)"
	busywait 15000 path6_is h2 fe80::1 up || fail "h2 does not use it: $(ctl h2 status)"
	expect_same_owner "a way more"
}

mixed_up() {
	local host n
	lan6_up
	for host in h1 h2; do
		n=$((3 - ${host#h}))
		peer_is $host "addresses = { \"198.18.0.$n\", \"2001:db8::$n\" }"
	done
	start_pair
	busywait 3000 path6_is "$STANDBY" "2001:db8::${OWNER#h}" up || fail "IPv6 is not used"
	busywait 3000 path6_is "$STANDBY" "198.18.0.${OWNER#h}" up || fail "IPv4 is not used"
}

test_one_family_is_enough() {
	local v4 v6
	mixed_up
	v4=198.18.0.${OWNER#h} v6=2001:db8::${OWNER#h}
	follow "$STANDBY" "$TMP/events"
	nft_add "iifname $OWNER ip6 nexthdr udp udp dport 5694 drop"
	busywait 3000 path6_is "$STANDBY" "$v6" down || fail "status does not show the cut"
	sleep 1
	expect_same_owner "IPv6 cut"
	alarm_is "$STANDBY" "is not heard from $v6 on eth0" || fail "no alarm: $(status "$STANDBY" .alarms)"
	grep -q "path .*address=$v6 interface=eth0 state=down" "$TMP/events" || fail "no event: $(cat "$TMP/events")"
	heal
	busywait 3000 path6_is "$STANDBY" "$v6" up || fail "status does not show the end"
	nft_add "iifname $OWNER ip protocol udp udp dport 5694 drop"
	busywait 3000 path6_is "$STANDBY" "$v4" down || fail "status does not show the cut of IPv4"
	sleep 1
	expect_same_owner "IPv4 cut"
	nft_add "iifname $OWNER ip6 nexthdr udp udp dport 5694 drop"
	wait_owner "$STANDBY"
}

# sources6 HOST: where its heartbeats come from, as others see them.
sources6() {
	on sw timeout 1.5 tcpdump -n -l -i "$1" "ip6 and udp port 5694 and ether src $(mac_of "$1")" 2>/dev/null |
		sed -n 's/.* IP6 \([0-9a-f:]*\)\.[0-9]* > .*/\1/p' | sort -u
}

# The kernel would send from an address that it throws away some day, and the peer would hear a stranger.
test_no_temporary_source() {
	lan6_up
	on h1 sysctl -qw net.ipv6.conf.eth0.use_tempaddr=2
	ip -n h1 addr add 2001:db8:5::1/64 dev eth0 mngtmpaddr nodad
	ip -n h2 addr add 2001:db8:5::2/64 dev eth0 nodad
	busywait 5000 kernel_would "temporary" || fail "the kernel does not choose a temporary address here"
	peer_is h1 'address = "2001:db8:5::2"'
	peer_is h2 'address = "2001:db8:5::1"'
	start_pair
	expect_eq "source" 2001:db8:5::1 "$(sources6 h1)"
}

# kernel_would FLAG: h1's source to h2 has it.
kernel_would() {
	local src
	src=$(ip -n h1 -j -6 route get 2001:db8:5::2 | jq -r '.[0].prefsrc')
	ip -n h1 -6 addr show dev eth0 | grep -q "$src.* $1"
}

# One of each kind; kept over a reload and when another process takes over.
test_source_by_the_file() {
	local want="2001:db8::21"
	mixed_up
	ip -n h1 addr add $want/64 dev eth0 nodad
	daemon_kill h1
	peer_is h1 'addresses = { "198.18.0.2", "2001:db8::2" } sources = { "2001:db8::77", "198.18.0.1" }'
	expect_fail 1 "source '2001:db8::77' is not on the interface" ctl h1 run -c "$TMP/h1.conf"
	peer_is h1 "addresses = { \"198.18.0.2\", \"2001:db8::2\" } sources = { \"$want\", \"198.18.0.1\" }"
	peer_is h2 "addresses = { \"198.18.0.1\", \"$want\" }"
	expect_ok ctl h2 reload
	daemon_start h1
	wait_pair
	busywait 5000 path6_is h2 $want up || fail "h2 does not hear it: $(ctl h2 status)"
	expect_eq "source" $want "$(sources6 h1)"
	TERM0=$(state "$OWNER" term)
	expect_ok ctl h1 reload
	sleep 1
	expect_eq "source after a reload" $want "$(sources6 h1)"
	kill -USR2 "$(pid_of h1)"
	busywait 5000 grep -q 'upgrade: a new process takes over' "$TMP/h1.log" || fail "not replaced"
	sleep 1
	expect_eq "source after an upgrade" $want "$(sources6 h1)"
	expect_same_owner "reloaded and replaced"
}

# What the port's socket gets is known there by its sender, over IPv6 as over IPv4.
test_past_the_program() {
	local deaf
	only6_up
	deaf=$OWNER
	past_the_program "$deaf"
	busywait 5000 alarm_is "$deaf" "past our ingress program" || fail "no alarm: $(status "$deaf" .alarms)"
	wait_owner "$STANDBY"
	sleep 1
	expect_eq "state of the deaf host" fault "$(state "$deaf" state)"
}

# From a card that is exchanged: nothing is asked, the next heartbeat shows it.
test_another_card() {
	local new=02:11:22:33:44:66
	mixed_up
	ip -n "$STANDBY" link set eth0 address $new
	busywait 5000 heartbeats_go_to "$OWNER" $new || fail "$OWNER does not send there"
	expect_same_owner "another card"
}

heartbeats_go_to() {
	on sw timeout 1.5 tcpdump -e -n -c 3 -i "$1" "ip6 and udp port 5694 and ether src $(mac_of "$1") and ether dst $2" >/dev/null 2>&1
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A witness beyond a router, over IPv4 and over IPv6.
#
#        h1 eth0 ---- br0 ---- eth0 h2
#                      |
#                    eth0 r eth1 ---- eth0 w
#        198.18.0.0/16, 2001:db8::/64      10.77.0.0/24, 2001:db8:77::/64
#
# r is .254 and ::fe on both.

# shellcheck source=selftests/lib_quorum.sh
. "${BASH_SOURCE[0]%/*}/../lib_quorum.sh"

routed_ip() {
	case $1 in
	w) [ "$FAMILY" = 6 ] && echo 2001:db8:77::8 || echo 10.77.0.8 ;;
	*) [ "$FAMILY" = 6 ] && echo "2001:db8::${1#h}" || echo "198.18.0.${1#h}" ;;
	esac
}

router_up() {
	local host
	netns_add r
	plug r eth0 r
	netns_add w
	ip -n r link add eth1 type veth peer name eth0 netns w
	ip -n r link set dev eth1 xdpdrv obj "$OUT/xdp_pass.bpf.o" sec xdp || fail "no XDP_PASS on r"
	ip -n r link set eth1 up
	ip -n w link set eth0 up
	ip -n r addr add 198.18.0.254/16 dev eth0
	ip -n r addr add 10.77.0.254/24 dev eth1
	ip -n w addr add 10.77.0.8/24 dev eth0
	on r sysctl -qw net.ipv4.ip_forward=1
	for host in h1 h2; do
		ip -n $host route add 10.77.0.0/24 via 198.18.0.254
	done
	ip -n w route add default via 10.77.0.254
}

router6_up() {
	local host
	host6 w 2001:db8:77::8
	host6 r 2001:db8::fe
	host6 r 2001:db8:77::fe eth1
	on r sysctl -qw net.ipv6.conf.all.forwarding=1
	for host in h1 h2; do
		ip -n $host -6 route add 2001:db8:77::/64 via 2001:db8::fe
	done
	ip -n w -6 route add default via 2001:db8:77::fe
}

# routed_up HOPS
routed_up() {
	local host
	MEMBERS="h1 h2 w"
	lan_up
	router_up
	[ "$FAMILY" != 6 ] || router6_up
	for host in $MEMBERS; do
		quorum_conf "$host"
		sed -i -E "s|address = \"198.18.0.([12])\"|address = \"$(routed_ip h)\1\"|" "$TMP/$host.conf"
		sed -i "s|address = \"198.18.0.8\"|address = \"$(routed_ip w)\" hops = $1|" "$TMP/$host.conf"
	done
	sed -i "s|^\(peer .*address = \"[^\"]*\"\)|\1 hops = $1|" "$TMP/w.conf"
	busywait 10000 on h1 ping -c 1 -W 1 -q "$(routed_ip w)" >/dev/null || fail "the router does not route"
	for host in $MEMBERS; do
		daemon_start "$host"
	done
}

hears_witness() {
	status_is "$1" '.peers[] | select(.name == "w").state' up
}

# It votes: with one of the two dead, the other one owns, and with the witness cut off nobody may.
votes() {
	FAMILY=$1
	routed_up 2
	wait_agreed h1 h2
	voters_ready
	busywait 10000 hears_witness h1 || fail "h1 does not hear it: $(ctl h1 status)"
	busywait 10000 hears_witness h2 || fail "h2 does not hear it: $(ctl h2 status)"
	wait_agreed h1 h2
	STANDBY=h$((3 - ${OWNER#h}))
	daemon_kill "$OWNER"
	wait_owner "$STANDBY" 10000
	expect_eq "who answers" "$(mac_of "$STANDBY")" "$(answers c $VIP)"
	ip -n r link set eth1 down
	busywait 5000 state_is "$STANDBY" lease none || fail "an owner without a majority"
	ip -n r link set eth1 up
	[ "$FAMILY" != 6 ] || ip -n r addr add 2001:db8:77::fe/64 dev eth1 nodad
	wait_owner "$STANDBY" 20000
}

test_votes() {
	votes 4
}

test_votes_by_ipv6() {
	votes 6
}

# hb_ttl HOST: how many were refused for their TTL.
refused() {
	[ "$(counter "$1" hb_ttl)" -gt 10 ]
}

# Without the option, and with one hop, nothing routed counts (RFC 5082).
test_no_further_than_it_says() {
	FAMILY=4
	routed_up 2
	wait_agreed h1 h2
	busywait 10000 hears_witness h1 || fail "h1 does not hear it"
	on r nft 'add table ip t; add chain ip t f { type filter hook forward priority 0; }
		add rule ip t f udp dport 5694 ip ttl set 250' || fail "nft"
	busywait 5000 refused h1 || fail "h1 takes what comes from further away"
	busywait 5000 status_is h1 '.peers[] | select(.name == "w").state' down || fail "h1 hears it still"
	daemon_kill h1
	sed -i 's/hops = 2//' "$TMP/h1.conf"
	daemon_start h1
	busywait 5000 grep -q 'ALARM: peer w: .* is behind a gateway' "$TMP/h1.log" || fail "it is sent to: $(tail -3 "$TMP/h1.log")"
}

# Another router's card: asked again each second.
another_router() {
	local new=02:11:22:33:44:77
	FAMILY=$1
	routed_up 3
	wait_agreed h1 h2
	voters_ready
	busywait 10000 hears_witness h1 || fail "h1 does not hear it: $(ctl h1 status)"
	ip -n r link set eth0 address $new
	busywait 10000 grep -q "peer w is reached by .* at $new" "$TMP/h1.log" || fail "h1 does not notice"
	busywait 10000 hears_witness h1 || fail "h1 does not hear it any more"
	wait_agreed h1 h2
	# A router's MAC address makes nobody a member: what it says of the floating address is a rival's word.
	expect_eq "members by MAC address" 1 "$(on h1 bpftool -j map dump pinned \
		"/sys/fs/bpf/ip-takeover/$(instance_of h1)/paths" |
		jq '[.[].formatted.value | select(.ifindex > 0 and (.mac | map(. > 0) | any))] | length')"
	kill -USR2 "$(pid_of h1)"
	busywait 5000 grep -q 'upgrade: a new process takes over' "$TMP/h1.log" || fail "not replaced"
	sleep 1
	hears_witness h1 || fail "after an upgrade h1 does not hear it"
	ip -n r link set eth0 down
	busywait 15000 grep -q "ALARM: the router to w, .* does not answer" "$TMP/h1.log" || fail "no alarm: $(tail -3 "$TMP/h1.log")"
}

test_another_router() {
	another_router 4
}

test_another_router_by_ipv6() {
	another_router 6
}

# A host that has the addresses must be on their LAN.
test_only_a_witness() {
	lan_up
	conf_write h1
	sed -i 's/^peer .*/peer "n2" { address = "10.77.0.8"\nhops = 2 }/' "$TMP/h1.conf"
	expect_fail 1 "hops '2': peer 'n2' is no witness" ctl h1 check -c "$TMP/h1.conf"
}

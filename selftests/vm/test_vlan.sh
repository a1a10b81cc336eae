# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# VLAN devices, which the kernels of the other tests may lack.

VLAN_VIP=198.19.7.100

vlan_add() {
	ip -n "$1" link add link eth0 name eth0.7 type vlan id 7 || skip "this kernel has no VLAN devices"
	ip -n "$1" addr add "$2" brd + dev eth0.7
	ip -n "$1" link set eth0.7 up
}

vlan_up() {
	lan_up
	vlan_add h1 198.19.7.1/24
	vlan_add c 198.19.7.9/24
	busywait 5000 on c ping -c 1 -W 1 -q 198.19.7.1 >/dev/null || fail "the VLAN does not work"
}

# answers_on DEV ADDRESS: the MACs that answer the client there.
answers_on() {
	on c "$TOOLS/arpload" -i "$1" -r 50 -d 60 "$2" | jq -r '.answers_by_mac[].mac' | sort
}

# The address is eth0's; the VLAN device above it is a back door that the kernel would answer at.
test_vlan_is_no_back_door() {
	vlan_up
	ip -n h1 addr add $VIP/16 dev eth0
	expect_eq "before attach: the VLAN answers" "$(mac_of h1 eth0.7)" "$(answers_on eth0.7 $VIP)"
	ip -n h1 addr del $VIP/16 dev eth0
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 take web
	expect_eq "who answers" "$MAC1" "$(answers_on eth0 $VIP)"
	expect_eq "who answers in the VLAN" "" "$(answers_on eth0.7 $VIP)"
	expect_ok ctl h1 release web --force
	ip -n h1 addr add $VIP/16 dev eth0
	expect_eq "who answers without a lease" "" "$(answers_on eth0 $VIP)"
	expect_eq "who answers in the VLAN without a lease" "" "$(answers_on eth0.7 $VIP)"
	expect_ok on c ping -c 1 -W 5 -q 198.19.7.1
}

# The same with the tag in the frame, where XDP sees it, and not beside it.
test_vlan_is_no_back_door_without_offload() {
	lan_up
	on c ethtool -K eth0 txvlan off >/dev/null
	on sw ethtool -K h1 txvlan off >/dev/null
	on h1 ethtool -K eth0 rxvlan off >/dev/null
	vlan_add h1 198.19.7.1/24
	vlan_add c 198.19.7.9/24
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	ip -n h1 addr add $VIP/16 dev eth0
	expect_eq "who answers in the VLAN without a lease" "" "$(answers_on eth0.7 $VIP)"
	expect_ge arp_fenced 1 "$(counter h1 arp_fenced)"
	ip -n h1 addr del $VIP/16 dev eth0
	expect_ok ctl h1 take web --force
	expect_eq "who answers in the VLAN" "" "$(answers_on eth0.7 $VIP)"
	expect_ge arp_tagged 1 "$(counter h1 arp_tagged)"
	expect_ok on c ping -c 1 -W 5 -q 198.19.7.1
}

# An address that lives in the VLAN: attached there, in generic mode, as VLAN devices have no other.
test_attached_to_the_vlan() {
	vlan_up
	expect_ok ctl h1 attach eth0.7
	expect_eq mode generic "$(ctl h1 status --json | jq -r '.interfaces[0].mode')"
	expect_ok ctl h1 add web $VLAN_VIP/24 dev eth0.7
	expect_eq "before" "" "$(answers_on eth0.7 $VLAN_VIP)"
	expect_ok ctl h1 take web
	expect_eq "under the lease" "$(mac_of h1 eth0.7)" "$(answers_on eth0.7 $VLAN_VIP)"
	expect_ok on c ping -c 1 -W 5 -q $VLAN_VIP
	expect_ok ctl h1 release web --force
	expect_eq "after release" "" "$(answers_on eth0.7 $VLAN_VIP)"
	expect_ok ctl h1 detach eth0.7
	expect_no_trace h1 eth0.7 eth0
}

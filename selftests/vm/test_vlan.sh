# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# VLAN devices, which the kernels of the other tests may lack.

VLAN_VIP=198.19.7.100

# vlan_add HOST ADDRESS [VLAN]: eth0.VLAN there, eth0.7 unless told.
vlan_add() {
	local id=${3:-7}
	ip -n "$1" link add link eth0 name "eth0.$id" type vlan id "$id" || skip "this kernel has no VLAN devices"
	ip -n "$1" addr add "$2" brd + dev "eth0.$id"
	ip -n "$1" link set "eth0.$id" up
}

vlan_works() {
	busywait 5000 on c ping -c 1 -W 1 -q 198.19.7.1 >/dev/null || fail "the VLAN does not work"
}

vlan_up() {
	lan_up
	vlan_add h1 198.19.7.1/24
	vlan_add c 198.19.7.9/24
	vlan_works
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

# Tags stay in the frames, where XDP sees them: a veth pair else carries them beside.
tags_in_frames() {
	local host
	for host in h1 h2 c; do
		on $host ethtool -K eth0 txvlan off rxvlan off tx-vlan-stag-hw-insert off rx-vlan-stag-hw-parse off >/dev/null
		on sw ethtool -K $host txvlan off tx-vlan-stag-hw-insert off >/dev/null
	done
}

# Two VLANs of one cable, the same addresses in both.
vlans_up() {
	lan_up
	tags_in_frames
	vlan_add h1 198.19.7.1/24
	vlan_add h2 198.19.7.2/24
	vlan_add c 198.19.7.9/24
	vlan_works
}

# An address that lives in the VLAN: the programs are below, in native mode, where no frame gets around them.
# timeout: test_served_from_below 300
test_served_from_below() {
	vlans_up
	vlan_add h1 198.19.8.1/24 8
	vlan_add c 198.19.8.9/24 8
	expect_ok ctl h1 attach eth0.7
	expect_eq interface "eth0.7 native eth0 true" "$(status h1 '.interfaces[] | "\(.name) \(.mode) \(.on) \(.healthy)"')"
	expect_ok ctl h1 add web $VLAN_VIP/24 dev eth0.7
	expect_eq "before" "" "$(answers_on eth0.7 $VLAN_VIP)"
	expect_ok ctl h1 take web
	expect_eq "under the lease" "$(mac_of h1 eth0.7)" "$(answers_on eth0.7 $VLAN_VIP)"
	expect_ge arp_answer 1 "$(counter h1 arp_answer)"
	expect_ok on c ping -c 1 -W 5 -q $VLAN_VIP
	expect_eq "in the other VLAN" "" "$(answers_on eth0.8 $VLAN_VIP)"
	expect_eq "untagged" "" "$(answers_on eth0 $VLAN_VIP)"
	expect_ok ctl h1 release web --force
	expect_eq "after release" "" "$(answers_on eth0.7 $VLAN_VIP)"
	# Out with it, without the lease: the tag is beside the frame, or in it.
	ip -n h1 addr add $VLAN_VIP/24 dev eth0.7
	on h1 ping -c 1 -W 1 -q -I $VLAN_VIP 198.19.7.9 >/dev/null && fail "it left without a lease"
	expect_ge out_ip_fenced 1 "$(counter h1 out_ip_fenced)"
	ip -n h1 link set eth0.7 type vlan reorder_hdr off
	on h1 ping -c 1 -W 1 -q -I $VLAN_VIP 198.19.7.9 >/dev/null && fail "it left without a lease"
	expect_ge out_ip_fenced 2 "$(counter h1 out_ip_fenced)"
	ip -n h1 addr del $VLAN_VIP/24 dev eth0.7
	expect_ok on h1 ping -c 1 -W 5 -q 198.19.7.9
	expect_ok ctl h1 detach eth0.7
	expect_no_trace h1 eth0.7 eth0
}

# One group below and one in the VLAN: two records, of which each goes alone, in either order.
# timeout: test_below_and_in_the_vlan 300
test_below_and_in_the_vlan() {
	vlans_up
	expect_ok ctl h1 attach eth0.7
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add low $VIP/16 dev eth0
	expect_ok ctl h1 add web $VLAN_VIP/24 dev eth0.7
	expect_ok ctl h1 take web
	expect_eq "in the VLAN" "$(mac_of h1 eth0.7)" "$(answers_on eth0.7 $VLAN_VIP)"
	expect_eq "below, without a lease" "" "$(answers_on eth0 $VIP)"
	expect_eq "that, in the VLAN" "" "$(answers_on eth0.7 $VIP)"
	expect_ok ctl h1 detach eth0
	expect_eq "what is left" "eth0.7 native true" "$(status h1 '.interfaces[] | "\(.name) \(.mode) \(.healthy)"')"
	expect_eq "in the VLAN, alone" "$(mac_of h1 eth0.7)" "$(answers_on eth0.7 $VLAN_VIP)"
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 detach eth0.7
	expect_eq "what is left" "eth0 native true" "$(status h1 '.interfaces[] | "\(.name) \(.mode) \(.healthy)"')"
	expect_ok ctl h1 detach eth0
	expect_no_trace h1 eth0.7 eth0
}

# One VLAN upon another: two tags.
# timeout: test_two_tags 300
test_two_tags() {
	local host
	lan_up
	tags_in_frames
	for host in h1 c; do
		ip -n $host link add link eth0 name eth0.7 type vlan proto 802.1ad id 7 || skip "this kernel has no VLAN devices"
		ip -n $host link add link eth0.7 name eth0.7.8 type vlan id 8
		ip -n $host link set eth0.7 up
		ip -n $host link set eth0.7.8 up
	done
	ip -n h1 addr add 198.19.7.1/24 brd + dev eth0.7.8
	ip -n c addr add 198.19.7.9/24 brd + dev eth0.7.8
	vlan_works
	expect_ok ctl h1 attach eth0.7.8
	expect_eq on eth0 "$(status h1 '.interfaces[0].on')"
	expect_ok ctl h1 add web $VLAN_VIP/24 dev eth0.7.8
	expect_ok ctl h1 take web
	expect_eq "under the lease" "$(mac_of h1 eth0.7.8)" "$(answers_on eth0.7.8 $VLAN_VIP)"
	expect_ok on c ping -c 1 -W 5 -q $VLAN_VIP
	expect_ok ctl h1 release web --force
	expect_eq "after release" "" "$(answers_on eth0.7.8 $VLAN_VIP)"
	expect_ok ctl h1 detach eth0.7.8
}

# Where the interface below takes tags off, the VLAN device has the programs itself, in generic mode; and says why.
test_attached_to_the_vlan() {
	vlan_up
	expect_fail 1 "takes tags off" ctl h1 attach eth0.7 --mode native
	expect_ok ctl h1 attach eth0.7
	expect_eq interface "generic eth0.7" "$(status h1 '.interfaces[] | "\(.mode) \(.on)"')"
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

vlan_conf() {
	local n=$((3 - ${1#h}))
	ADDRESSES="\"$VLAN_VIP/24\"" conf_write "$1"
	sed -i "s/198\.18\.0\.$n/198.19.7.$n/; s/interface = \"eth0\"/interface = \"eth0.7\"/" "$TMP/$1.conf"
}

vlan_pair_up() {
	vlans_up
	vlan_conf h1
	vlan_conf h2
	# One after the other: who loads programs has the lock, the other gives up after a minute of waiting for it.
	daemon_start h1
	wait_owner h1 30000
	daemon_start h2
	wait_pair
}

healthy_is() {
	status_is "$1" '.interfaces[] | "\(.name) \(.on) \(.healthy)"' "$2"
}

# One address in two VLANs is two: each with the lease of its own group.
# timeout: test_same_address_in_two_vlans 300
test_same_address_in_two_vlans() {
	vlans_up
	vlan_add h1 198.19.8.1/24 8
	vlan_add c 198.19.8.9/24 8
	expect_ok ctl h1 attach eth0.7
	expect_ok ctl h1 attach eth0.8
	expect_ok ctl h1 add web $VLAN_VIP/24 dev eth0.7
	expect_ok ctl h1 add db $VLAN_VIP/24 dev eth0.8
	expect_fail 1 "is in group" ctl h1 add more $VLAN_VIP/24 dev eth0.8
	expect_ok ctl h1 take web
	expect_eq "in the VLAN of the lease" "$(mac_of h1 eth0.7)" "$(answers_on eth0.7 $VLAN_VIP)"
	expect_eq "in the other" "" "$(answers_on eth0.8 $VLAN_VIP)"
	expect_ok ctl h1 take db
	expect_eq "in the other, too" "$(mac_of h1 eth0.8)" "$(answers_on eth0.8 $VLAN_VIP)"
	expect_ok ctl h1 release web --force
	expect_eq "in the VLAN, released" "" "$(answers_on eth0.7 $VLAN_VIP)"
	expect_eq "in the other still" "$(mac_of h1 eth0.8)" "$(answers_on eth0.8 $VLAN_VIP)"
	expect_eq "where it lies" eth0.8 "$(ip -n h1 -o addr show to $VLAN_VIP | awk '{ print $2 }')"
}

# Group, heartbeats and announcements, all in the VLAN.
# timeout: test_takeover_in_the_vlan 600
test_takeover_in_the_vlan() {
	vlan_pair_up
	expect_eq "the owner answers" "$(mac_of "$OWNER" eth0.7)" "$(answers_on eth0.7 $VLAN_VIP)"
	on c ping -c 1 -W 5 -q $VLAN_VIP >/dev/null || fail "no ping before"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY" 60000
	expect_ok on c ping -c 3 -W 5 -q $VLAN_VIP
	expect_eq "the new owner answers" "$(mac_of "$STANDBY" eth0.7)" "$(answers_on eth0.7 $VLAN_VIP)"
}

# The VLAN device goes and comes back: a fault, and then as before. Tags that are taken off: as one that hears nothing.
# timeout: test_vlan_device_goes_and_comes 600
test_vlan_device_goes_and_comes() {
	vlan_pair_up
	ip -n "$OWNER" link del eth0.7
	wait_owner "$STANDBY" 60000
	expect_eq "one answers" "$(mac_of "$STANDBY" eth0.7)" "$(answers_on eth0.7 $VLAN_VIP)"
	vlan_add "$OWNER" "198.19.7.${OWNER#h}/24"
	busywait 120000 healthy_is "$OWNER" "eth0.7 eth0 true" || fail "not served again"
	wait_standby "$OWNER" 120000
	on "$OWNER" ethtool -K eth0 rxvlan on >/dev/null
	busywait 120000 healthy_is "$OWNER" "eth0.7 eth0.7 true" || fail "tags are taken off, and nobody minds"
}

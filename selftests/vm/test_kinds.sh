# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Every kind of interface, as eth0 of h1: the rows of the table in selftests/README.md, each found out here and compared
# with what stands there. The floating address lies on both hosts, so that their kernels would answer for it.

# lan: without h1, whose interface is each test's own. c, h2: veth.
lan() {
	netns_add sw
	ip -n sw link add br0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
	ip -n sw link set br0 up
	host_add h2 198.18.0.2/16
	host_add c 198.18.0.9/16
	netns_add h1
	HOME_DEV=eth0
}

# add OPTIONS...: h1's eth0, of that kind.
add() {
	ip -n h1 link add name eth0 "$@" || skip "this kernel has no such interfaces"
}

# with_address DEV: has h1's own address, and is up.
with_address() {
	ip -n h1 addr add 198.18.0.1/16 brd + dev "$1"
	ip -n h1 link set "$1" up
}

# into MASTER: a cable of h1 that becomes its member.
into() {
	plug h1 p0 h1p0
	ip -n h1 link set p0 down
	ip -n h1 link set p0 master "$1" || fail "p0 does not become a member"
	ip -n h1 link set p0 up
}

# above KIND OPTIONS...: eth0 is one that uses a cable of h1.
above() {
	plug h1 p0 h1p0
	add link p0 type "$@"
	with_address eth0
}

# row KIND CELL...: what was found must be what is written.
row() {
	local line
	line="| $1$(printf ' | %s' "${@:2}") |"
	say "$line"
	[ -z "${TABLE:-}" ] || echo "$line" >>"$TABLE"
	grep -qxF -- "$line" selftests/README.md || fail "selftests/README.md says: $(grep -F -- "| $1 |" selftests/README.md)"
}

# refused KIND GIST: attach does nothing, and says that.
refused() {
	expect_fail 1 "$2" ctl h1 attach "${3:-eth0}"
	row "$1" "refused: \"$2\"" - - - - -
}

yes_no() {
	if "$@" >/dev/null 2>&1; then
		echo yes
	else
		echo no
	fi
}

answers_are() {
	[ "$(answers c $VIP)" = "$1" ]
}

sends_as_vip() {
	on h1 ping -c 2 -W 2 -q -I $VIP 198.18.0.9
}

# Asked while h2 owns: h1's kernel has the address, and neither answers nor sends.
fenced() {
	answers_are "$MAC2" && ! sends_as_vip
}

# served KIND: h1 stands by, takes over from h2, answers and is reached.
served() {
	local mac mode fence takeover answer data
	busywait 10000 on c ping -c 1 -W 1 -q 198.18.0.1 >/dev/null || fail "the LAN does not work"
	ip -n h2 addr add $VIP/32 dev eth0
	mac=$(mac_of h1) MAC2=$(mac_of h2) ADDRESS=none
	daemon_start h2
	wait_owner h2 20000
	daemon_start h1
	wait_standby h1 20000
	ip -n h1 addr add $VIP/32 dev "$HOME_DEV"
	mode=$(status h1 '.interfaces[] | select(.name == "eth0").mode')
	fence=$(yes_no busywait 2000 fenced)
	daemon_kill h2
	takeover=$(yes_no busywait 8000 owner_is h1)
	answer=$(yes_no busywait 2000 answers_are "$mac")
	on c ip neigh flush all
	data=$(yes_no on c ping -c 3 -W 3 -q $VIP)
	row "$1" yes "$mode" "$answer" "$data" "$fence" "$takeover"
}

# timeout: test_kind_veth 600
test_kind_veth() {
	lan
	plug h1 eth0 h1
	with_address eth0
	served veth
}

# init COMMAND...: in the initial network namespace.
init() {
	nsenter --net=/proc/self/fd/7 "$@"
}

# The guest has two, with a cable between them.
virtio_into_h1() {
	local dev names=()
	[ -e /proc/self/fd/7 ] || skip "not below selftests/vm/run.sh"
	init modprobe virtio_net || fail "no driver"
	# /sys was mounted there.
	for dev in /sys/bus/virtio/drivers/virtio_net/virtio*/net/*; do
		names+=("${dev##*/}")
	done
	expect_eq "virtio interfaces" 2 "${#names[@]}"
	# They outlive the test before, and so do its programs on them; its bpffs, with libxdp's pins, does not.
	for dev in "${names[@]}"; do
		init ip link set dev "$dev" xdp off || fail "$dev: the program of the test before stays"
	done
	init ip link set "${names[0]}" netns /run/netns/h1 name eth0 || fail "eth0 cannot be moved"
	init ip link set "${names[1]}" netns /run/netns/sw name h1 || fail "h1 cannot be moved"
}

# timeout: test_kind_virtio 600
test_kind_virtio() {
	lan
	virtio_into_h1
	ip -n sw link set h1 master br0 up
	with_address eth0
	served virtio
}

# timeout: test_kind_bridge 600
test_kind_bridge() {
	lan
	add type bridge stp_state 0 mcast_snooping 0 forward_delay 0
	into eth0
	with_address eth0
	served bridge
}

# The addresses are the bridge's, the program is the port's.
# timeout: test_kind_bridge_port 600
test_kind_bridge_port() {
	lan
	plug h1 eth0 h1
	ip -n h1 link add up0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
	ip -n h1 link set eth0 master up0
	with_address up0
	HOME_DEV=up0
	served "bridge port"
}

# timeout: test_kind_bond_active_backup 600
test_kind_bond_active_backup() {
	lan
	add type bond mode active-backup miimon 100
	into eth0
	with_address eth0
	served "bond, active-backup"
}

# timeout: test_kind_bond_802_3ad 600
test_kind_bond_802_3ad() {
	lan
	add type bond mode 802.3ad miimon 100
	into eth0
	with_address eth0
	served "bond, 802.3ad"
}

# A team passes frames only when a daemon of its own has chosen how.
# timeout: test_kind_team 300
test_kind_team() {
	lan
	add type team
	into eth0
	with_address eth0
	expect_ok ctl h1 attach eth0
	row team yes "$(status h1 '.interfaces[0].mode')" "not tried" "not tried" "not tried" "not tried"
}

# timeout: test_kind_member 300
test_kind_member() {
	lan
	ip -n h1 link add m0 type bond mode active-backup miimon 100 || skip "this kernel has no bonds"
	plug h1 eth0 h1
	ip -n h1 link set eth0 down
	ip -n h1 link set eth0 master m0
	refused "member of a bond or a team" "'eth0' is a member of 'm0'"
}

# Towards h1 the switch puts the tag on, and takes it off what comes from there.
# timeout: test_kind_vlan 600
test_kind_vlan() {
	lan
	plug h1 p0 h1p0
	ip -n sw link set br0 type bridge vlan_filtering 1
	on sw bridge vlan add dev h1p0 vid 1 || fail "the switch does not tag"
	add link p0 type vlan id 1 || skip "this kernel has no VLAN devices"
	with_address eth0
	served "VLAN device"
}

# timeout: test_kind_macvlan 600
test_kind_macvlan() {
	lan
	above macvlan mode bridge
	served macvlan
}

# timeout: test_kind_ipvlan_l2 600
test_kind_ipvlan_l2() {
	lan
	above ipvlan mode l2
	served "ipvlan L2"
}

# timeout: test_kind_ipvlan_l3 300
test_kind_ipvlan_l3() {
	lan
	above ipvlan mode l3
	refused "ipvlan L3" "no Ethernet interface with ARP"
}

# timeout: test_kind_vrf_member 600
test_kind_vrf_member() {
	lan
	ip -n h1 link add blue type vrf table 10 || skip "this kernel has no VRFs"
	ip -n h1 link set blue up
	plug h1 eth0 h1
	ip -n h1 link set eth0 master blue
	with_address eth0
	served "VRF member"
}

# timeout: test_kinds_without_lan 300
test_kinds_without_lan() {
	local kind
	lan
	refused "lo" "no Ethernet interface with ARP" lo
	# Where that is a module, its file is not there before.
	[ -e /dev/net/tun ] || modprobe tun
	ip -n h1 tuntap add dev eth0 mode tun || fail "no tun"
	refused "tun" "no Ethernet interface with ARP"
	ip -n h1 link del eth0
	for kind in dummy wireguard "ipip local 198.18.0.1 remote 198.18.0.2"; do
		# shellcheck disable=SC2086
		add type $kind
		refused "${kind%% *}" "no Ethernet interface with ARP"
		ip -n h1 link del eth0
	done
}

# reaches SIZE: an echo of that size, in one frame.
reaches() {
	on sw ping -c 2 -W 2 -q -M "do" -s $(($1 - 28)) 198.18.0.1
}

# This driver allows any MTU, drops what does not fit into a page as long as a program is there, and does not let go of
# the program before the MTU fits again.
# timeout: test_mtu_of_virtio 300
test_mtu_of_virtio() {
	lan
	virtio_into_h1
	with_address eth0
	ip -n sw addr add 198.18.0.8/16 dev h1
	ip -n sw link set h1 up
	busywait 10000 on sw ping -c 1 -W 1 -q 198.18.0.1 >/dev/null || fail "the LAN does not work"
	expect_ok ctl h1 attach eth0 --mode native
	mtu_set 3000
	expect_eq "3000 bytes, MTU 3000" yes "$(yes_no reaches 3000)"
	mtu_set 9000
	expect_eq "1000 bytes, MTU 9000" yes "$(yes_no reaches 1000)"
	expect_eq "9000 bytes, MTU 9000" no "$(yes_no reaches 9000)"
	expect_eq healthy true "$(status h1 '.interfaces[0].healthy')"
	expect_fail 1 "lower the MTU" ctl h1 detach eth0
	mtu_set 1500
	expect_ok ctl h1 detach eth0
	expect_no_trace h1 eth0
}

mtu_set() {
	expect_ok ip -n h1 link set eth0 mtu "$1"
	expect_ok ip -n sw link set h1 mtu "$1"
}

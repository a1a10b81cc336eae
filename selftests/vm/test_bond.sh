# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Addresses on a bond, whose driver would run XDP on its members: they see another interface than the one that has
# the address. h1 and h2 have bonds named eth0, with the members p0 and p1.

# bond_host HOST ADDRESS MODE [OPTION...]: a host with a bond of one member, p0.
bond_host() {
	local host=$1 address=$2 mode=$3
	shift 3
	netns_add "$host"
	ip -n "$host" link add eth0 type bond mode "$mode" miimon 100 "$@" || skip "this kernel has no bonds"
	member_add "$host" p0
	ip -n "$host" addr add "$address" brd + dev eth0
	ip -n "$host" link set eth0 up
}

# member_add HOST MEMBER: with a cable to the switch, and into the bond.
member_add() {
	plug "$1" "$2" "$1$2"
	ip -n "$1" link set "$2" down
	ip -n "$1" link set "$2" master eth0 || fail "$2 does not become a member"
}

bond_lan_up() {
	netns_add sw
	ip -n sw link add br0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
	ip -n sw link set br0 up
	bond_host h1 198.18.0.1/16 "$@"
	bond_host h2 198.18.0.2/16 "$@"
	host_add c 198.18.0.9/16
	MAC1=$(mac_of h1) MAC2=$(mac_of h2)
	busywait 5000 on c ping -c 1 -W 1 -q 198.18.0.1 >/dev/null || fail "the bond does not work"
	busywait 5000 on c ping -c 1 -W 1 -q 198.18.0.2 >/dev/null || fail "the bond does not work"
}

active_is() {
	ip -n "$1" -d -j link show dev eth0 | jq -e ".[0].linkinfo.info_data.active_slave == \"$2\"" >/dev/null
}

has_carrier() {
	ip -n "$1" -j link show dev "$2" | jq -e '.[0].operstate == "UP"' >/dev/null
}

answers_are() {
	local got
	got=$(answers c $VIP)
	[ "$got" = "$1" ] || {
		echo "answers from: $got"
		return 1
	}
}

# Under the lease it answers, without it its kernel, which has the address, is silent: on whatever member.
lease_decides() {
	expect_ok ctl h1 take web --force
	busywait 5000 answers_are "$MAC1" || fail "$1: nobody answers under the lease"
	expect_ok on c ping -c 1 -W 5 -q $VIP
	expect_ok ctl h1 release web --force
	ip -n h1 addr add $VIP/16 dev eth0
	expect_eq "$1: who answers without a lease" "" "$(answers c $VIP)"
	ip -n h1 addr del $VIP/16 dev eth0
}

by_hand() {
	expect_ok ctl h1 attach eth0
	expect_eq mode generic "$(status h1 '.interfaces[0].mode')"
	expect_ok ctl h1 add web $VIP/16 dev eth0
}

# timeout: test_bond_active_backup 300
test_bond_active_backup() {
	bond_lan_up active-backup
	by_hand
	lease_decides "one member"
	member_add h1 p1
	busywait 5000 has_carrier h1 p1 || fail "p1 has no carrier"
	unplug h1p0
	busywait 5000 active_is h1 p1 || fail "no failover"
	lease_decides "the member that was added later"
	plug_back h1p0
	unplug h1p1
	busywait 5000 active_is h1 p0 || fail "no failover"
	lease_decides "back again"
	expect_ok ctl h1 detach eth0
	expect_no_trace h1 eth0 p0 p1
}

# timeout: test_bond_of_balance_xor 300
test_bond_of_balance_xor() {
	bond_lan_up balance-xor
	by_hand
	lease_decides balance-xor
}

# timeout: test_bond_of_802_3ad 300
test_bond_of_802_3ad() {
	bond_lan_up 802.3ad
	by_hand
	lease_decides 802.3ad
}

# A pair on bonds: heartbeats are heard, one owns.
# timeout: test_bond_pair 600
test_bond_pair() {
	bond_lan_up active-backup
	daemon_start h1
	daemon_start h2
	wait_pair
	answers_are "$(mac_of "$OWNER")" || fail "the owner does not answer"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY" 8000
	busywait 5000 answers_are "$(mac_of "$STANDBY")" || fail "the new owner does not answer"
}

# What cannot be right is refused, and says what can.
# timeout: test_bond_refused 300
test_bond_refused() {
	bond_lan_up active-backup
	expect_fail 1 "'p0' is a member of 'eth0'" ctl h1 attach p0
	expect_fail 1 "native mode would run on the members" ctl h1 attach eth0 --mode native
	expect_no_trace h1 eth0 p0
	conf_write h1
	sed -i 's/interface = "eth0"/interface = "p0"/' "$TMP/h1.conf"
	expect_fail 1 "'p0' is a member of 'eth0'" ctl h1 run -c "$TMP/h1.conf"
	expect_no_trace h1 eth0 p0
}

# A team has no native mode at all; its ports are no better place than a bond's members.
# timeout: test_team 300
test_team() {
	lan_up
	ip -n h1 link add team0 type team || skip "this kernel has no teams"
	plug h1 p0 h1p0
	ip -n h1 link set p0 down
	ip -n h1 link set p0 master team0 || fail "p0 does not become a port"
	ip -n h1 link set team0 up
	expect_ok ctl h1 attach team0
	expect_eq mode generic "$(status h1 '.interfaces[0].mode')"
	expect_fail 1 "'p0' is a member of 'team0'" ctl h1 attach p0
	expect_ok ctl h1 detach team0
}

# enslave HOST MASTER: what had the address by itself becomes a member, as an operator does it.
enslave() {
	ip -n "$1" link set eth0 down
	ip -n "$1" link set eth0 master "$2" || fail "eth0 does not become a member"
	ip -n "$1" addr del "$(address_of "$1")" dev eth0
	ip -n "$1" addr add "$(address_of "$1")" brd + dev "$2"
	ip -n "$1" link set "$2" up
	ip -n "$1" link set eth0 up
	busywait 5000 has_carrier "$1" eth0 || fail "eth0 has no carrier"
}

let_go() {
	ip -n "$1" addr del "$(address_of "$1")" dev "$2"
	ip -n "$1" link set eth0 nomaster
	ip -n "$1" addr add "$(address_of "$1")" brd + dev eth0
	ip -n "$1" link set eth0 up
}

address_of() {
	echo "198.18.0.${1#h}/16"
}

alarm_is_not() {
	! alarm_is "$@"
}

# member_of KIND [OPTION...]: eth0 is attached by itself, then put into such a master: whoever owns lets go, and who is
# in it takes nothing when the other dies.
member_of() {
	pair_up
	ip -n "$OWNER" link add m0 type "$@" || skip "this kernel has no such masters"
	enslave "$OWNER" m0
	busywait 5000 alarm_is "$OWNER" "eth0 is a member of m0" || fail "no alarm"
	wait_owner "$STANDBY" 8000
	sleep 3
	fault_is "$OWNER" || fail "the member is not in fault"
	expect_eq "what is told once" 1 "$(grep -c "eth0 has become a member of m0" "$TMP/$OWNER.log")"
	answers_are "$(mac_of "$STANDBY")" || fail "the other does not answer, or not alone"
	let_go "$OWNER" m0
	busywait 5000 alarm_is_not "$OWNER" "is a member of" || fail "the alarm stays"
	wait_standby "$OWNER" 8000
}

# timeout: test_becomes_a_bond_member 600
test_becomes_a_bond_member() {
	member_of bond mode active-backup miimon 100
	enslave "$OWNER" m0
	busywait 5000 fault_is "$OWNER" || fail "the standby is not in fault"
	daemon_kill "$STANDBY"
	sleep 12
	fault_is "$OWNER" || fail "a member goes on alone"
	expect_eq "who answers" "" "$(answers c $VIP)"
}

# timeout: test_becomes_a_team_port 600
test_becomes_a_team_port() {
	member_of team
}

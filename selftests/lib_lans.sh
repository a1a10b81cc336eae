# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Two LANs and one group with an address on each: sourced by the tests of that.
#
#        h1 eth0 ---- br0 ---- eth0 h2        c on it: 198.18.0.9    floating: 198.18.1.1 (VIP)
#        h1 eth1 ---- br1 ---- eth1 h2        e on it: 198.19.0.9    floating: 198.19.1.1 (VIP2)
#
# Heartbeats go by both.

VIP2=198.19.1.1
BOTH="\"$VIP/16\", \"$VIP2/16 dev eth1\""

second_lan_up() {
	local n
	ip -n sw link add br1 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
	ip -n sw link set br1 up
	for n in 1 2; do
		plug h$n eth1 h${n}b br1
		ip -n h$n addr add 198.19.0.$n/16 brd + dev eth1
	done
	netns_add e
	plug e eth0 e br1
	ip -n e addr add 198.19.0.9/16 brd + dev eth0
	busywait 5000 on e ping -c 1 -W 1 -q 198.19.0.1 >/dev/null || fail "the second LAN does not work"
}

# conf_both HOST: conf_write's file, the peer by both LANs.
conf_both() {
	local n=$((3 - ${1#h}))
	ADDRESSES=${ADDRESSES:-$BOTH} conf_write "$1"
	sed -i "s/^peer .*/peer \"n$n\" { addresses = { \"198.18.0.$n\", \"198.19.0.$n\" } }/" "$TMP/$1.conf"
}

both_lans_up() {
	lan_up
	second_lan_up
	conf_both h1
	conf_both h2
	daemon_start h1
	daemon_start h2
	wait_pair
}

# has HOST DEV ADDRESS
has() {
	ip -n "$1" -j addr show dev "$2" | jq -e --arg ip "$3" 'any(.[].addr_info[]?; .local == $ip)' >/dev/null
}

has_both() {
	has "$1" eth0 $VIP && has "$1" eth1 $VIP2
}

has_none() {
	local where
	where=$(ip -n "$1" -br addr | grep -E "198\.1[89]\.1\.")
	[ -z "$where" ] || {
		echo "$where"
		return 1
	}
}

# knows CLIENT ADDRESS MAC: by its neighbour table.
knows() {
	local got
	got=$(ip -n "$1" -j neigh show "$2" dev eth0 | jq -r '.[0].lladdr')
	[ "$got" = "$3" ] || {
		echo "$1 has $2 at $got"
		return 1
	}
}

expect_clients_know() {
	busywait 3000 knows c $VIP "$(mac_of "$1" eth0)" || fail "c does not know that $1 has $VIP"
	busywait 3000 knows e $VIP2 "$(mac_of "$1" eth1)" || fail "e does not know that $1 has $VIP2"
}

expect_served() {
	expect_ok on c ping -c 1 -W 1 -q $VIP
	expect_ok on e ping -c 1 -W 1 -q $VIP2
}

# One voice on each LAN, and none for what belongs to the other one.
expect_one_voice() {
	expect_eq "who answers for $VIP" "$(mac_of "$1" eth0)" "$(answers c $VIP)"
	expect_eq "who answers for $VIP2" "$(mac_of "$1" eth1)" "$(answers e $VIP2)"
	expect_eq "who answers for $VIP2 on the other LAN" "" "$(answers c $VIP2)"
	expect_eq "who answers for $VIP on the other LAN" "" "$(answers e $VIP)"
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One group with addresses on two interfaces: they move together, and what ails one interface ails the group.
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

test_both_move_at_a_takeover() {
	local first other
	both_lans_up
	first=$OWNER other=$STANDBY
	has_both "$first" || fail "$first owns and has not both"
	has_none "$other" || fail "$other does not own and has one"
	expect_served
	expect_clients_know "$first"
	expect_one_voice "$first"
	daemon_kill "$first"
	wait_owner "$other"
	has_both "$other" || fail "$other owns and has not both"
	expect_clients_know "$other"
	expect_served
	expect_one_voice "$other"
	daemon_start "$first"
	wait_standby "$first"
	has_none "$first" || fail "$first does not own any more and has one"
	expect_ok ctl "$first" take web
	wait_owner "$first"
	expect_clients_know "$first"
	expect_served
}

# The heartbeats do not miss it, since they have another way.
test_unplugged_on_one() {
	local first
	both_lans_up
	first=$OWNER
	expect_served
	unplug "${first}b"
	wait_owner "$STANDBY"
	busywait 3000 fault_is "$first" || fail "$first is without eth1 and not in fault"
	has_none "$first" || fail "$first has one still"
	expect_clients_know "$STANDBY"
	expect_served
	expect_one_voice "$STANDBY"
	plug_back "${first}b"
	busywait 15000 state_is "$first" state standby || fail "$first is not well again"
	owner_is "$STANDBY" || fail "it went back by itself"
}

# What a standby without eth1 cannot serve, it does not take.
test_unplugged_on_the_standby() {
	both_lans_up
	unplug "${STANDBY}b"
	busywait 3000 fault_is "$STANDBY" || fail "$STANDBY is without eth1 and not in fault"
	daemon_kill "$OWNER"
	sleep 1.5
	fault_is "$STANDBY" || fail "$STANDBY took what it cannot serve"
	has_none "$STANDBY" || fail "$STANDBY has one"
	expect_eq "who answers for $VIP" "" "$(answers c $VIP)"
}

fenced_again() {
	on "$1" tc filter show dev eth1 egress | grep -q .
}

# Nothing fences what leaves by eth1: all of the group goes to the other host, in an orderly way.
test_unfenced_on_one() {
	local first
	both_lans_up
	first=$OWNER
	expect_served
	on "$first" tc qdisc del dev eth1 clsact
	wait_owner "$STANDBY"
	busywait 3000 has_none "$first" || fail "$first has one still"
	busywait 15000 state_is "$first" state standby || fail "$first is not well again"
	fenced_again "$first" || fail "the filter of eth1 is not back"
	expect_clients_know "$STANDBY"
	expect_served
}

xdp_on() {
	ip -n "$1" -j link show dev "$2" | jq -e '.[0] | has("xdp")' >/dev/null
}

test_deaf_on_one() {
	local first
	both_lans_up
	first=$OWNER
	ip -n "$first" link set dev eth1 xdp off
	ip -n "$first" link set dev eth1 xdpgeneric off
	! xdp_on "$first" eth1 || fail "there is a program on eth1 still"
	wait_owner "$STANDBY"
	busywait 3000 has_none "$first" || fail "$first has one still"
	busywait 15000 state_is "$first" state standby || fail "$first is not well again"
	xdp_on "$first" eth1 || fail "the program of eth1 is not back"
}

# It waits for the one that is not there, and says nothing for the other.
test_one_not_there_at_the_start() {
	lan_up
	second_lan_up
	ip -n h1 link set eth1 name eth7
	conf_both h1
	sed -i "s/^peer .*/peer \"n2\" { address = \"198.18.0.2\" }/" "$TMP/h1.conf"
	daemon_start h1
	busywait 5000 fault_is h1 || fail "h1 is not in fault: $(cat "$TMP/h1.log")"
	grep -q "eth1.*it is in fault until that comes" "$TMP/h1.log" || fail "h1 does not say what it waits for"
	sleep 1
	has_none h1 || fail "h1 has one"
	expect_eq "who answers for $VIP" "" "$(answers c $VIP)"
	ip -n h1 link set eth7 down
	ip -n h1 link set eth7 name eth1
	ip -n h1 link set eth1 up
	wait_owner h1 15000
	has_both h1 || fail "h1 owns and has not both"
	expect_served
}

# A file that names one that is not there does not replace one that works.
test_reload_to_one_that_is_not_there() {
	both_lans_up
	ADDRESSES="\"$VIP/16\", \"$VIP2/16 dev eth9\"" conf_both "$OWNER"
	expect_fail 1 "eth9" ctl "$OWNER" reload
	owner_is "$OWNER" || fail "it is not the owner any more"
	has_both "$OWNER" || fail "it has not both any more"
}

test_reload_moves_an_address() {
	local host third=198.19.1.3
	ADDRESSES="\"$VIP/16\", \"$third/16\", \"$VIP2/16 dev eth1\"" both_lans_up
	has "$OWNER" eth0 $third || fail "$third is not on eth0"
	for host in "$STANDBY" "$OWNER"; do
		ADDRESSES="\"$VIP/16\", \"$third/16 dev eth1\", \"$VIP2/16 dev eth1\"" conf_both "$host"
		expect_ok ctl "$host" reload
	done
	wait_pair
	busywait 3000 has "$OWNER" eth1 $third || fail "$third is not on eth1: $(ip -n "$OWNER" -br addr)"
	! has "$OWNER" eth0 $third || fail "$third is on eth0 still"
	has_both "$OWNER" || fail "the others are gone"
	expect_eq "who answers for $third" "$(mac_of "$OWNER" eth1)" "$(answers e $third)"
	expect_eq "who answers for $third where it was" "" "$(answers c $third)"
	expect_ok ctl "$STANDBY" take web
	wait_owner "$STANDBY"
	expect_eq "who answers for $third" "$(mac_of "$STANDBY" eth1)" "$(answers e $third)"
}

# Both ends in one LAN: it is we who answer for the address where it was.
test_reload_moves_it_within_a_lan() {
	local host third=198.18.1.3
	ADDRESSES="\"$VIP/16\", \"$third/16\", \"$VIP2/16 dev eth1\"" both_lans_up
	ip -n sw link add cross0 type veth peer name cross1
	ip -n sw link set cross0 master br0 up
	ip -n sw link set cross1 master br1 up
	expect_eq "who answers for $third, across" "$(mac_of "$OWNER" eth0)" "$(answers e $third)"
	for host in "$STANDBY" "$OWNER"; do
		ADDRESSES="\"$VIP/16\", \"$third/16 dev eth1\", \"$VIP2/16 dev eth1\"" conf_both "$host"
		expect_ok ctl "$host" reload
	done
	wait_pair
	expect_eq "who answers for $third" "$(mac_of "$OWNER" eth1)" "$(answers c $third)"
}

test_detach_leaves_no_trace() {
	local host
	both_lans_up
	for host in "$OWNER" "$STANDBY"; do
		expect_ok ctl "$host" detach --all
		expect_no_trace "$host" eth0 eth1
		has_none "$host" || fail "$host has one still"
	done
}

test_one_lease_in_status() {
	both_lans_up
	expect_eq "groups" 1 "$(status "$OWNER" '.groups | length')"
	expect_eq "addresses" "$VIP/16 $VIP2/16" "$(status "$OWNER" '.groups[0].addresses | sort | join(" ")')"
	expect_eq "their interfaces" "eth0 eth1" "$(status "$OWNER" '.groups[0].interfaces | sort | join(" ")')"
}

selftest_is() {
	status_is "$STANDBY" '.groups[0].selftest.result' "$1"
}

# Asked on both: somebody who has the address on the second LAN alone is met.
test_selftest_on_both() {
	REFRESH=1s both_lans_up
	busywait 15000 selftest_is ok || fail "self-test: $(status "$STANDBY" '.groups[0].selftest')"
	ip -n e addr add $VIP2/32 dev eth0
	busywait 15000 selftest_is foreign || fail "self-test: $(status "$STANDBY" '.groups[0].selftest')"
}

# Somebody serves the second address already: nothing is claimed.
test_probed_on_both() {
	lan_up
	second_lan_up
	ip -n e addr add $VIP2/16 dev eth0
	conf_both h1
	daemon_start h1
	busywait 5000 grep -q "answers for an address of the group" "$TMP/h1.log" || fail "h1 has not met it"
	! owner_is h1 || fail "h1 owns what e has"
	has_none h1 || fail "h1 has one"
}

test_taken_off_and_put_back() {
	both_lans_up
	ip -n "$OWNER" addr flush dev eth1 to $VIP2
	busywait 3000 has "$OWNER" eth1 $VIP2 || fail "taken off and not put back"
	alarm_or_log "one of its interfaces"
}

alarm_or_log() {
	busywait 3000 grep -q "$1" "$TMP/$OWNER.log" || fail "not told: $1"
}

test_standing_on_both() {
	ADDRESS=standing both_lans_up
	has "$STANDBY" lo $VIP2 || fail "$VIP2 does not stand on lo"
	expect_served
	expect_one_voice "$OWNER"
	expect_clients_know "$OWNER"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	expect_one_voice "$STANDBY"
	expect_clients_know "$STANDBY"
}

# By eth0 alone: members are not known on the second LAN, and all moves.
test_heartbeats_by_one() {
	local host other
	lan_up
	second_lan_up
	for host in h1 h2; do
		ADDRESSES=$BOTH conf_write $host
		daemon_start $host
	done
	wait_pair
	grep -q "note: group 'web': no peer is reached by eth1" "$TMP/h1.log" || fail "it is not said: $(cat "$TMP/h1.log")"
	busywait 15000 selftest_is ok || fail "self-test: $(status "$STANDBY" '.groups[0].selftest')"
	expect_served
	other=$STANDBY
	unplug "${OWNER}b"
	wait_owner "$other"
	expect_clients_know "$other"
	expect_served
}

test_both_families() {
	local host vip6=2001:db8::10
	lan_up
	second_lan_up
	for host in h1 h2 e; do
		on $host sysctl -qw net.ipv6.conf.{all,default,lo}.disable_ipv6=0
	done
	on e sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
	ip -n e addr add 2001:db8::9/64 dev eth0 nodad
	for host in h1 h2; do
		on $host sysctl -qw net.ipv6.conf.eth1.disable_ipv6=0
		ip -n $host addr add "2001:db8::${host#h}/64" dev eth1 nodad
		ADDRESSES="\"$VIP/16\", \"$vip6/64 dev eth1\"" conf_both $host
		daemon_start $host
	done
	wait_pair
	busywait 3000 on e ping -6 -c 1 -W 1 -q $vip6 >/dev/null || fail "nobody answers for $vip6"
	expect_ok on c ping -c 1 -W 1 -q $VIP
	busywait 3000 knows e $vip6 "$(mac_of "$OWNER" eth1)" || fail "e does not know"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	busywait 3000 knows e $vip6 "$(mac_of "$STANDBY" eth1)" || fail "e does not know the new owner"
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

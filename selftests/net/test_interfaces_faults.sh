# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One group with addresses on two interfaces (lib_lans.sh): what ails one of them ails the group.

# shellcheck source=selftests/lib_lans.sh
. "${BASH_SOURCE[0]%/*}/../lib_lans.sh"

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

# Another interface of the same name: only a new process gets it right.
test_one_is_created_again() {
	local first n
	both_lans_up
	first=$OWNER n=${OWNER#h}
	ip -n "$first" link del eth1
	wait_owner "$STANDBY"
	busywait 3000 has_none "$first" || fail "$first has one still"
	plug "$first" eth1 "${first}b" br1
	ip -n "$first" addr add "198.19.0.$n/16" brd + dev eth1
	busywait 20000 state_is "$first" state standby || fail "$first is not well again"
	expect_ok ctl "$first" take web
	wait_owner "$first"
	has_both "$first" || fail "$first owns and has not both"
	expect_served
	expect_one_voice "$first"
}

# What clients have learned there nobody answers to any more.
test_other_mac_on_one() {
	local first
	both_lans_up
	first=$OWNER
	expect_served
	ip -n "$first" link set dev eth1 address 02:00:00:00:00:77
	wait_owner "$STANDBY"
	busywait 3000 has_none "$first" || fail "$first has one still"
	expect_clients_know "$STANDBY"
	busywait 20000 state_is "$first" state standby || fail "$first is not well again"
	expect_ok ctl "$first" take web
	wait_owner "$first"
	expect_one_voice "$first"
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

# Somebody else's program holds eth1. Nothing of ours comes there, not for a moment, and nothing is left of it.
test_reload_to_one_that_cannot_be_guarded() {
	local host first
	lan_up
	second_lan_up
	for host in h1 h2; do
		conf_write $host
		daemon_start $host
	done
	wait_pair
	first=$OWNER
	ip -n "$first" link set dev eth1 xdpdrv obj "$OUT/xdp_pass.bpf.o" sec xdp
	ip -n "$first" monitor address >"$TMP/addresses" &
	echo $! >"$TMP/monitor.pid"
	ADDRESSES=$BOTH conf_write "$first"
	ctl "$first" reload
	busywait 3000 wait_owner "$STANDBY"
	sleep 1
	kill "$(cat "$TMP/monitor.pid")"
	! grep "eth1.*$VIP2" "$TMP/addresses" || fail "it was put on eth1, which nothing fences"
	busywait 3000 fault_is "$first" || fail "$first is not in fault"
	expect_eq "who answers for $VIP2" "" "$(answers e $VIP2)"
	expect_eq "who answers for $VIP" "$(mac_of "$STANDBY")" "$(answers c $VIP)"
}

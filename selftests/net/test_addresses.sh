# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Floating addresses that others take off, or put where ours belong: `ip addr`, a network manager.

has_address() {
	ip -n "$1" -o addr show dev "${3:-eth0}" to "$2/32" | grep -q .
}

lacks_address() {
	! has_address "$@"
}

flushed_and_back() {
	ip -n "$1" addr del "$VIP/$2" dev "$3" || fail "cannot take $VIP off $3"
	busywait 3000 has_address "$1" $VIP "$3" || fail "it was not put back: $(ip -n "$1" addr show dev "$3")"
}

# ARP would be answered on, and the traffic would be dead.
test_taken_off_the_owner() {
	pair_up
	busywait 3000 has_address "$OWNER" $VIP || fail "the owner has no address"
	flushed_and_back "$OWNER" 16 eth0
	expect_ok on c ping -c 1 -W 1 -q $VIP
	owner_is "$OWNER" || fail "it is not the owner any more"
	grep -q "ALARM: group web: $VIP was taken off" "$TMP/$OWNER.log" || fail "nothing was told"
}

# All at once, as a network manager does that starts again.
test_flushed() {
	pair_up
	busywait 3000 has_address "$OWNER" $VIP || fail "the owner has no address"
	ip -n "$OWNER" addr flush dev eth0 scope global
	ip -n "$OWNER" addr add "198.18.0.${OWNER#h}/16" dev eth0
	busywait 3000 has_address "$OWNER" $VIP || fail "it was not put back"
}

test_standing_taken_off() {
	ADDRESS=standing
	pair_up
	flushed_and_back "$STANDBY" 32 lo
	flushed_and_back "$OWNER" 32 lo
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

# Who takes it off again and again means it: another host serves, and people are told.
test_taken_off_again_and_again() {
	local i first
	pair_up
	first=$OWNER
	busywait 3000 has_address "$first" $VIP || fail "the owner has no address"
	for ((i = 0; i < 3; i++)); do
		flushed_and_back "$first" 16 eth0
	done
	ip -n "$first" addr del $VIP/16 dev eth0
	wait_owner "$STANDBY"
	busywait 3000 alarm_is "$first" "again and again" || fail "no alarm: $(status "$first" .alarms)"
	expect_eq "state" fault "$(state "$first" state)"
	busywait 3000 lacks_address "$first" $VIP || fail "the address is there still"
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

# Told before it matters, used when it does, and gone with the group.
test_there_before_on_the_standby() {
	pair_up
	ip -n "$STANDBY" addr add $VIP/24 dev eth0
	busywait 5000 alarm_is "$STANDBY" "lies on its interface already" || fail "no alarm: $(status "$STANDBY" .alarms)"
	expect_eq "state" standby "$(state "$STANDBY" state)"
	expect_fail 1 "no peer" ctl "$OWNER" release web
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

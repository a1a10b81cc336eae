# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What happens to an owner's interface while the daemon runs: another MAC, our program taken off, flaps.

test_another_mac() {
	local was other
	pair_up
	was=$OWNER other=$STANDBY
	ip -n "$was" link set eth0 address 02:11:22:33:44:55
	wait_owner "$other"
	expect_eq "who answers" "$(mac_of "$other")" "$(answers c $VIP)"
	grep -q 'ALARM.*MAC' "$TMP/$was.log" || fail "$was says nothing of its MAC"
	daemon_kill "$was"
	daemon_start "$was"
	wait_standby "$was"
	busywait 5000 ctl "$other" release web || fail "$other does not release"
	wait_owner "$was"
	expect_eq "who answers" 02:11:22:33:44:55 "$(answers c $VIP)"
	expect_ok on c ping -c 1 -W 2 $VIP
}

test_program_taken_off() {
	local was other
	pair_up
	was=$OWNER other=$STANDBY
	ip -n "$was" link set dev eth0 xdp off
	busywait 5000 state_is "$was" state fault || fail "$was is not in fault"
	ip -n "$was" link set eth0 down
	ip -n "$was" link set eth0 up
	wait_owner "$other"
	stamp STOP "$other" >/dev/null
	sleep 1
	state_is "$was" state fault || fail "$was claims without a program on its interface"
	stamp CONT "$other" >/dev/null
}

test_many_flaps_at_once() {
	local was i
	pair_up
	was=$OWNER
	stamp STOP "$was" >/dev/null
	for ((i = 0; i < 200; i++)); do
		ip -n "$was" link set eth0 down
		ip -n "$was" link set eth0 up
	done
	stamp CONT "$was" >/dev/null
	wait_pair
}

# A switch delivers nothing to a card that is gone.
test_standby_comes_back_with_another_card() {
	local old
	REALTIME=true pair_up
	old=$(mac_of "$STANDBY")
	daemon_kill "$STANDBY"
	ip -n "$STANDBY" link set eth0 address 02:11:22:33:44:66
	on sw nft add table bridge cuts
	on sw nft 'add chain bridge cuts forward { type filter hook forward priority 0; }'
	on sw nft add rule bridge cuts forward ether daddr "$old" drop
	sleep 1
	daemon_start "$STANDBY"
	wait_standby "$STANDBY"
	sleep 1
	owner_is "$OWNER" || fail "$OWNER did not keep the address"
	state_is "$STANDBY" state standby || fail "$STANDBY did not hear the owner"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
}

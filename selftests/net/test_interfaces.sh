# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One group with addresses on two interfaces (lib_lans.sh): they move together.

# shellcheck source=selftests/lib_lans.sh
. "${BASH_SOURCE[0]%/*}/../lib_lans.sh"

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

# The next process has both from the first moment.
test_upgrade_keeps_both() {
	local term
	both_lans_up
	term=$(state "$OWNER" term)
	expect_ok ctl "$OWNER" upgrade
	owner_is "$OWNER" || fail "it is not the owner any more"
	has_both "$OWNER" || fail "it has not both any more"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	expect_one_voice "$OWNER"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
}

# The old owner names the new one's MAC, on each LAN that one's own there.
test_relinquished_on_both() {
	local first
	both_lans_up
	for first in h1 h2; do
		sed -i 's/^group.*/&\n    relinquish = announce/' "$TMP/$first.conf"
		expect_ok ctl $first reload
	done
	wait_pair
	first=$OWNER
	expect_served
	CAPTURE_DEV=eth0 capture e "$TMP/e.pcap" "arp and ether src $(mac_of "$first" eth1)"
	expect_ok ctl "$first" release web
	wait_owner "$STANDBY"
	sleep 0.5
	capture_end
	tcpdump -n -e -r "$TMP/e.pcap" 2>/dev/null | grep -q "Reply $VIP2 is-at $(mac_of "$STANDBY" eth1)" ||
		fail "$first does not say who has $VIP2: $(tcpdump -n -e -r "$TMP/e.pcap" 2>/dev/null)"
	expect_clients_know "$STANDBY"
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

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The interfaces beside an attached one: the kernel is silent there for floating addresses, and for no others.

# shellcheck source=selftests/lib_quorum.sh
. "${BASH_SOURCE[0]%/*}/../lib_quorum.sh"

# container NAME DEV: behind DEV of h1, which has no address; its gateway is h1's address on the LAN (acassen/keepalived#2282).
container() {
	netns_add "$1"
	ip -n h1 link add "$2" type veth peer name eth0 netns "$1" || fail "no veth for $1"
	ip -n h1 link set "$2" up
	ip -n "$1" link set eth0 up
	ip -n "$1" addr add "10.9.9.${2#v}/32" dev eth0
	ip -n "$1" route add 198.18.0.1 dev eth0
	ip -n "$1" route add default via 198.18.0.1
	ip -n h1 route add "10.9.9.${2#v}" dev "$2"
}

# asks NAME ADDRESS: does anybody answer the container's ARP request for it?
asks() {
	ip -n "$1" neigh flush dev eth0
	ip -n "$1" route replace "$2" dev eth0
	on "$1" ping -c 1 -W 1 -q "$2" >/dev/null 2>&1
	ip -n "$1" neigh show "$2" | grep -q lladdr
}

ignore_is() {
	local got
	got=$(on h1 sysctl -n "net.ipv4.conf.$1.arp_ignore")
	[ "$got" = "$2" ] || {
		echo "arp_ignore of $1 is $got"
		return 1
	}
}

test_container_keeps_its_gateway() {
	lan_up
	container k1 v1
	busywait 5000 asks k1 198.18.0.1 || fail "the container has no gateway"
	daemon_start h1
	wait_owner h1
	asks k1 198.18.0.1 || fail "the container has lost its gateway"
	expect_ok on k1 ping -c 1 -W 1 -q $VIP
	container k2 v2
	# The guard comes by once a second, and with each link that comes.
	sleep 2.5
	asks k2 198.18.0.1 || fail "a later one has no gateway"
	asks k2 $VIP && fail "the kernel answers for the floating address behind a veth"
	# Fenced, with the address still on its interface.
	daemon_kill h1
	busywait 5000 status_is h1 '.groups[0].lease' none || fail "the lease does not end"
	ip -n h1 -o addr show dev eth0 to $VIP | grep -q . || fail "the address has gone"
	asks k1 198.18.0.1 || fail "the container of a fenced host has lost its gateway"
	asks k1 $VIP && fail "a fenced host answers for the floating address behind a veth"
	return 0
}

# A second interface on the same LAN, without an address: the host answers there for its own, and for no floating one.
test_second_interface_without_an_address() {
	lan_up
	plug h1 eth1 h1b
	daemon_start h1
	wait_owner h1
	expect_eq "who answers for the host" "$(printf '%s\n' "$MAC1" "$(mac_of h1 eth1)" | sort)" "$(answers c 198.18.0.1)"
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
	daemon_kill h1
	busywait 5000 status_is h1 '.groups[0].lease' none || fail "the lease does not end"
	expect_eq "who answers, fenced" "" "$(answers c $VIP)"
	expect_ok ctl h1 detach --all
	expect_no_trace h1 eth0 eth1
}

# Where an address is not the host's alone, an interface answers for its own addresses and for nothing else.
test_address_of_another_scope() {
	PREFIX=written
	lan_up
	plug h1 eth1 h1b
	daemon_start h1
	wait_owner h1
	expect_ok ignore_is eth1 1
	daemon_kill h1
	busywait 5000 status_is h1 '.groups[0].lease' none || fail "the lease does not end"
	expect_eq "who answers, fenced" "" "$(answers c $VIP)"
	expect_ok ctl h1 detach --all
	expect_no_trace h1 eth0 eth1
}

# The value that the address by hand needs, over the looks of the daemon, and after it.
stays_until_it_goes() {
	sleep 2.5
	expect_ok ignore_is eth1 1
	expect_ok ctl h1 del hand 203.0.113.10/24 dev eth0
	busywait 5000 ignore_is eth1 3 || fail "it has gone, and is not seen"
}

# By hand, and by a stranger; with a daemon beside them that knows of neither.
test_address_of_another_scope_by_hand() {
	lan_up
	plug h1 eth1 h1b
	daemon_start h1
	wait_owner h1
	expect_ok ignore_is eth1 3
	ip -n h1 addr add $VIP/24 dev eth0
	busywait 5000 ignore_is eth1 1 || fail "a stranger's address is not seen"
	ip -n h1 addr del $VIP/24 dev eth0
	busywait 5000 ignore_is eth1 3 || fail "it has gone, and is not seen"
	expect_ok ctl h1 add hand 203.0.113.10/24 dev eth0
	expect_ok ignore_is eth1 1
	stays_until_it_goes
}

# The daemon does not know of it, and must not keep it from being given up again.
test_held_by_hand_beside_a_daemon() {
	local ip=198.18.1.77
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add hand $ip/16 dev eth0
	expect_ok ctl h1 take hand
	daemon_start h1
	busywait 5000 status_is h1 '.groups[] | select(.name == "web").state' owner || fail "web has no owner"
	expect_eq "who answers" "$MAC1" "$(answers c $ip)"
	expect_ok ctl h1 announce hand
	expect_fail 1 "is held by hand" ctl h1 release hand --to h2
	expect_ok ctl h1 release hand
	expect_eq "who answers, released" "" "$(answers c $ip)"
	expect_ok ctl h1 take hand
	expect_eq "who answers, taken again" "$MAC1" "$(answers c $ip)"
	expect_eq "who answers for the daemon's" "$MAC1" "$(answers c $VIP)"
	expect_fail 1 "no such group" ctl h1 release nothing
}

# An interface that comes later is silent for it as well, though none was there when it was added.
test_address_by_hand_before_the_interface() {
	lan_up
	daemon_start h1
	wait_owner h1
	expect_ok ctl h1 add hand 203.0.113.10/24 dev eth0
	plug h1 eth1 h1b
	busywait 5000 ignore_is eth1 1 || fail "arp_ignore of eth1 is not 1"
	stays_until_it_goes
}

# On lo or a dummy, as load balancers have it: the kernel would answer for it by any interface, whatever the lease says.
test_floating_address_elsewhere() {
	lan_up
	plug h1 eth1 h1b
	daemon_start h2
	wait_owner h2
	daemon_start h1
	wait_standby h1
	ip -n h1 addr add $VIP/32 dev lo
	busywait 5000 ignore_is eth1 1 || fail "a stranger's address on lo is not seen"
	expect_eq "who answers" "$MAC2" "$(answers c $VIP)"
	ip -n h1 addr del $VIP/32 dev lo
	busywait 5000 ignore_is eth1 3 || fail "it has gone, and is not seen"
}

# What was there before the reload says nothing of what is there after it.
test_from_standing_to_owner() {
	lan_up
	plug h1 eth1 h1b
	ADDRESS=standing
	daemon_start h1
	wait_owner h1
	ADDRESS=owner
	conf_write h1
	expect_ok ctl h1 reload
	busywait 5000 ignore_is eth1 3 || fail "its address has scope host: $(ip -n h1 -o addr show to $VIP)"
}

# Under route_localnet, as kube-proxy sets it, scope host protects from nothing; an administrator's 1 stays what counts.
test_settings_of_others() {
	local setting
	lan_up
	plug h1 eth1 h1b
	daemon_start h1
	wait_owner h1
	for setting in all.route_localnet eth0.route_localnet all.arp_ignore; do
		busywait 5000 ignore_is eth1 3 || fail "before $setting"
		on h1 sysctl -qw "net.ipv4.conf.$setting=1"
		busywait 5000 ignore_is eth1 1 || fail "$setting is not seen"
		on h1 sysctl -qw "net.ipv4.conf.$setting=0"
	done
	busywait 5000 ignore_is eth1 3 || fail "after $setting"
	expect_ok ctl h1 detach --all
	expect_no_trace h1 eth0 eth1
}

# Where no sysctl can be set, a command ends as if it had been killed between saving what it means to set and setting it.
read_only() {
	on h1 unshare -m sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"' sh \
		"$CTL" "$@"
}

# Whichever of the two values stands there is ours: it is changed when it should be, and restored in the end.
test_killed_before_a_value_is_set() {
	lan_up
	plug h1 eth1 h1b
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add hand 203.0.113.10/24 dev eth0
	expect_ok ignore_is eth1 1
	expect_ok ctl h1 del hand 203.0.113.10/24 dev eth0
	read_only attach eth0 2>&1 | grep -q "warning.*arp_ignore" || fail "no warning"
	expect_ok ignore_is eth1 1
	expect_ok ctl h1 attach eth0
	expect_ok ignore_is eth1 3
	expect_fail 1 "arp_ignore" read_only add hand 203.0.113.10/24 dev eth0
	expect_ok ignore_is eth1 3
	expect_ok ctl h1 detach --all
	expect_no_trace h1 eth0 eth1
}

# An administrator's own value is nobody else's, also where it was ours before.
test_value_of_the_administrator() {
	lan_up
	plug h1 eth1 h1b
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add hand 203.0.113.10/24 dev eth0
	expect_ok ctl h1 del hand 203.0.113.10/24 dev eth0
	expect_ok ctl h1 attach eth0
	expect_ok ignore_is eth1 3
	on h1 sysctl -qw net.ipv4.conf.eth1.arp_ignore=1
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 detach eth0
	expect_ok ignore_is eth1 1
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Attaching and detaching: what they put there, what they leave.

by_hand() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
}

test_detach_leaves_nothing() {
	by_hand
	expect_ok ctl h1 take web
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
	expect_eq "who answers" "" "$(answers c $VIP)"
}

test_detach_all_leaves_nothing() {
	by_hand
	expect_ok ctl h1 take web
	expect_ok ctl h1 detach --all
	expect_no_trace h1
}

test_attach_twice_is_no_error() {
	by_hand
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
}

test_detach_keeps_what_was_there() {
	lan_up
	on h1 sysctl -qw net.ipv4.conf.eth0.arp_announce=1
	on h1 tc qdisc add dev eth0 clsact
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 take web
	expect_eq "arp_announce while attached" 2 "$(on h1 sysctl -n net.ipv4.conf.eth0.arp_announce)"
	expect_ok ctl h1 detach eth0
	expect_eq "arp_announce" 1 "$(on h1 sysctl -n net.ipv4.conf.eth0.arp_announce)"
	[ -n "$(on h1 tc qdisc show dev eth0 clsact)" ] || fail "detach removed another's clsact"
	expect_eq "filters left" "" "$(on h1 tc filter show dev eth0 egress)"
}

test_detach_after_kill_of_daemon() {
	pair_up
	daemon_kill "$OWNER"
	expect_ok ctl "$OWNER" detach eth0
	expect_no_trace "$OWNER"
}

# An interface of which the daemon knows nothing is none of its business.
test_detach_beside_the_daemon() {
	local pid
	lan_up
	plug h1 eth1 h1b
	expect_ok ctl h1 attach eth1
	expect_ok ctl h1 add mail 198.18.1.2/16 dev eth1
	expect_ok ctl h1 take mail --force
	daemon_start h1
	busywait 5000 log_has h1 '-> owner' || fail "not owner"
	pid=$(pid_of h1)
	expect_ok ctl h1 detach eth1
	kill -0 "$pid" || fail "the daemon has ended"
	sleep 0.5
	expect_eq "groups" "web owner live" "$(ctl h1 status --json | jq -r '.groups[] | "\(.name) \(.state) \(.lease)"')"
	expect_eq "transitions" "" "$(sed -n '/owner -> /p' "$TMP/h1.log")"
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
	expect_eq "eth1 is silent" "" "$(answers c 198.18.1.2)"
	ip -n h1 -j link show dev eth1 | jq -e '.[0] | has("xdp") | not' >/dev/null || fail "a program is left on eth1"
	expect_ok ctl h1 detach eth0
	busywait 5000 daemon_ended "$pid" || fail "the daemon did not end with its own interface"
	expect_no_trace h1 eth0 eth1
}

log_has() {
	grep -q -e "$2" "$TMP/$1.log"
}

daemon_ended() {
	! kill -0 "$1" 2>/dev/null
}

test_detach_with_live_daemon() {
	pair_up
	expect_ok ctl "$OWNER" detach --all
	expect_no_trace "$OWNER"
	wait_owner "$STANDBY"
}

test_two_instances_of_two_namespaces() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h2 attach eth0
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
	expect_ok ctl h2 add web $VIP/16 dev eth0
	expect_ok ctl h2 detach eth0
	expect_no_trace h2
}

test_pins_of_another_namespace_are_refused() {
	lan_up
	expect_ok ctl h1 attach eth0 --instance mine
	expect_fail 1 --instance ctl h2 attach eth0 --instance mine
	expect_fail 1 mine ctl h2 status --instance mine
	ip -n h2 -j link show dev eth0 | jq -e '.[0] | has("xdp") | not' >/dev/null ||
		fail "h2 is attached all the same"
	expect_ok ctl h1 detach eth0 --instance mine
}

test_pins_of_another_abi_are_refused() {
	local pin abi
	lan_up
	expect_ok ctl h1 attach eth0
	pin=/sys/fs/bpf/ip-takeover/$(instance_of h1)/meta
	[ -e "$pin" ] || pin=$(find "/sys/fs/bpf/ip-takeover/$(instance_of h1)" -name meta)
	# The first word of the only element is the number.
	abi=$(bpftool -j map lookup pinned "$pin" key 0 0 0 0 | jq -r '.value[]' | tr '\n' ' ')
	# Bytes are meant to be split into words.
	# shellcheck disable=SC2086
	set -- $abi
	shift
	bpftool map update pinned "$pin" key 0 0 0 0 value 0xee "$@" || fail "cannot age the pins"
	expect_fail 1 ABI ctl h1 status
	expect_fail 1 ABI ctl h1 add web $VIP/16 dev eth0
}

test_works_under_ip_netns_exec() {
	lan_up
	expect_ok ip netns exec h1 "$CTL" attach eth0
	expect_ok ip netns exec h1 "$CTL" add web $VIP/16 dev eth0
	expect_ok ip netns exec h1 "$CTL" take web
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
	expect_eq "state seen by nsenter" owner "$(state h1 state)"
	expect_ok ip netns exec h1 "$CTL" detach eth0
	expect_no_trace h1
}

test_foreign_xdp_program_is_kept() {
	lan_up
	ip -n h1 link set dev eth0 xdpdrv obj "$OUT/xdp_pass.bpf.o" sec xdp
	# Chained where the kernel can do that, else refused; the stranger stays either way.
	if ctl h1 attach eth0 2>"$TMP/err"; then
		expect_ok ctl h1 detach eth0
	else
		grep -q eth0 "$TMP/err" || fail "the refusal does not name eth0: $(cat "$TMP/err")"
		expect_eq "clsact after the refusal" "" "$(on h1 tc qdisc show dev eth0 clsact)"
	fi
	ip -n h1 -j link show dev eth0 | jq -e '.[0] | has("xdp")' >/dev/null ||
		fail "the stranger's program is gone"
}

test_generic_mode_answers() {
	lan_up
	expect_ok ctl h1 attach eth0 --mode generic
	expect_eq mode generic "$(ctl h1 status --json | jq -r '.interfaces[0].mode')"
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 take web
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
}

test_maps_are_readable() {
	by_hand
	bpftool map dump pinned "/sys/fs/bpf/ip-takeover/$(instance_of h1)/groups" | grep -q '"name": "web\|epoch_max' ||
		fail "bpftool shows no names in the map groups"
}

test_detach_and_run_again_at_once() {
	local i
	lan_up
	daemon_start h1
	for i in 1 2 3 4; do
		wait_owner h1
		expect_ok ctl h1 detach --all
		daemon_start h1
	done
	wait_owner h1
}

# Each change of the owner makes the standby test its answer; nobody waits for those tests at the end.
test_detach_right_after_many_takeovers() {
	local i
	pair_up
	for ((i = 0; i < 30; i++)); do
		ctl h1 take web >/dev/null 2>&1
		ctl h2 take web >/dev/null 2>&1
	done
	expect_ok ctl h1 detach --all
	expect_ok ctl h2 detach --all
	expect_no_trace h1
	expect_no_trace h2
}

# sieve_bits HOST: how many bits are set in all blocks.
sieve_bits() {
	bpftool -j map dump pinned "/sys/fs/bpf/ip-takeover/$(instance_of "$1")/sieve" |
		jq '[.[].formatted.value.bits[] | . as $byte | range(8) | $byte / pow(2; .) | floor % 2] | add'
}

# two_nets IFINDEX: third bytes of two /24 below 198.18 that share a block of the sieve (include/sieve.h), where the
# bytes of an address are read as on a little-endian host.
two_nets() {
	local c block seen=()
	for ((c = 0; c < 256; c++)); do
		block=$(((198 + 18 * 256 + c * 65536 + $1) * 0x9e379e37 % 4294967296 >> 22))
		if [ -n "${seen[block]:-}" ]; then
			echo "${seen[block]} $c"
			return
		fi
		seen[block]=$c
	done
	fail "no two /24 share a block"
}

# An address without its bit would be passed to the kernel, which answers whoever has the lease.
test_sieve_has_what_is_left() {
	local c d
	lan_up
	expect_ok ctl h1 attach eth0
	expect_eq "bits without an address" 0 "$(sieve_bits h1)"
	read -r c d < <(two_nets "$(on h1 cat /sys/class/net/eth0/ifindex)")
	expect_ok ctl h1 add web 198.18.$c.77/16 dev eth0
	expect_ok ctl h1 add web 198.18.$d.78/16 dev eth0
	expect_eq "bits of two addresses" 2 "$(sieve_bits h1)"
	expect_ok ctl h1 take web --force
	expect_ok ctl h1 del web 198.18.$c.77/16 dev eth0
	expect_eq "bits of the one that is left" 1 "$(sieve_bits h1)"
	[ -n "$(answers c 198.18.$d.78)" ] || fail "the one that is left is not answered"
	[ "$(counter h1 arp_answer)" -gt 0 ] || fail "the one that is left is answered by the kernel"
	# Back in the place that it left free, and the other one goes.
	expect_ok ctl h1 add web 198.18.$c.77/16 dev eth0
	expect_ok ctl h1 del web 198.18.$d.78/16 dev eth0
	expect_eq "bits of the one that came back" 1 "$(sieve_bits h1)"
	[ -n "$(answers c 198.18.$c.77)" ] || fail "the one that came back is not answered"
	expect_eq "who answers for the one that went" "" "$(answers c 198.18.$d.78)"
	expect_ok ctl h1 release web --force
	expect_ok ctl h1 del web 198.18.$c.77/16 dev eth0
	expect_eq "bits in the end" 0 "$(sieve_bits h1)"
}

# What has no Ethernet, or answers no ARP, carries no floating address.
test_no_ethernet() {
	lan_up
	# Where that is a module, its file is not there before.
	[ -e /dev/net/tun ] || modprobe tun || skip "this kernel has no tun"
	ip -n h1 tuntap add dev tun0 mode tun
	ip -n h1 link add dev ipip0 type ipip local 198.18.0.1 remote 198.18.0.2 2>/dev/null || :
	ip -n h1 link set tun0 up
	expect_fail 1 "'lo' is no Ethernet" ctl h1 attach lo
	expect_fail 1 "'tun0' is no Ethernet" ctl h1 attach tun0
	! ip -n h1 link show ipip0 >/dev/null 2>&1 || expect_fail 1 "'ipip0' is no Ethernet" ctl h1 attach ipip0
	ip -n h1 tuntap add dev tap0 mode tap
	ip -n h1 link set tap0 up
	expect_ok ctl h1 attach tap0
	expect_ok ctl h1 detach tap0
}

# In native mode the kernel itself refuses an MTU whose frames the program could not be given; with less the program
# stays. Where the MTU is too large already, auto takes the generic mode.
test_mtu_while_attached() {
	lan_up
	expect_ok ctl h1 attach eth0 --mode native
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 take web --force
	for mtu in 1280 3000; do
		expect_ok ip -n h1 link set eth0 mtu $mtu
		expect_ok ip -n sw link set h1 mtu $mtu
		expect_eq "healthy at $mtu" true "$(status h1 '.interfaces[0].healthy')"
		expect_eq "who answers at $mtu" "$MAC1" "$(answers c $VIP)"
	done
	expect_fail 2 "mtu greater than device maximum" ip -n sw link set h1 mtu 9000
	expect_eq "who answers after that" "$MAC1" "$(answers c $VIP)"
	expect_ok on c ping -c 1 -W 2 -q $VIP
	expect_ok ctl h1 release web --force
	expect_ok ctl h1 detach eth0
	ip -n sw link set dev h1 xdpdrv off
	ip -n sw link set h1 mtu 9000
	expect_ok ctl h1 attach eth0
	expect_eq mode generic "$(status h1 '.interfaces[0].mode')"
}

# The kernel answers for the bridge's addresses at all ports: only the bridge itself is guarded whole.
test_bridge_port() {
	lan_up
	ip -n h1 link add up0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
	ip -n h1 link set eth0 master up0
	ip -n h1 link add p1 type veth peer name eth1 netns h2
	ip -n h1 link set p1 master up0 up
	ip -n h1 addr del 198.18.0.1/16 dev eth0
	ip -n h1 addr add 198.18.0.1/16 brd + dev up0
	ip -n h1 link set up0 up
	ip -n h2 link set eth1 up
	ctl h1 attach eth0 2>&1 | grep -q "warning: eth0 is a port of up0" || fail "no warning"
	expect_ok ctl h1 add web $VIP/16 dev eth0
	ip -n h1 addr add $VIP/32 dev up0
	expect_eq "on the LAN" "" "$(answers c $VIP)"
	expect_eq "at the other port" "$(mac_of h1 up0)" \
		"$(on h2 "$TOOLS/arpload" -i eth1 -r 50 -d 60 $VIP | jq -r '.answers_by_mac[].mac')"
	expect_ok ctl h1 detach eth0
	ip -n h1 addr del $VIP/32 dev up0
	expect_ok ctl h1 attach up0
	expect_ok ctl h1 add web $VIP/16 dev up0
	ip -n h1 addr add $VIP/32 dev up0
	expect_eq "at the other port" "" \
		"$(on h2 "$TOOLS/arpload" -i eth1 -r 50 -d 60 $VIP | jq -r '.answers_by_mac[].mac')"
}

into_br9() {
	ip -n h1 link add br9 type bridge forward_delay 0
	ip -n h1 link set br9 up
	ip -n h1 link set eth0 master br9
}

no_alarm_of_a_port() {
	! alarm_is h1 "eth0 is a port of br9"
}

# A bridge takes the frames of its ports: `attach` warns of it, and so must a daemon whose interface becomes one.
test_becomes_a_bridge_port() {
	lan_up
	daemon_start h1
	wait_owner h1
	into_br9
	busywait 3000 grep -q "ALARM.*br9" "$TMP/h1.log" ||
		fail "not told; $(on c ping -c 1 -W 1 -q $VIP | grep -o '[0-9]* received')"
	expect_ok alarm_is h1 "eth0 is a port of br9"
	busywait 3000 fault_is h1 || fail "the port is not in fault"
	expect_eq "who answers" "" "$(answers c $VIP)"
	daemon_kill h1
	daemon_start h1
	busywait 5000 fault_is h1 || fail "a restart takes it for attached as a port"
	ip -n h1 link set eth0 nomaster
	wait_owner h1
	expect_ok no_alarm_of_a_port
	expect_ok on c ping -c 1 -W 2 -q $VIP
}

# The bridge gets the host's address as well: what comes in by it is answered by it.
test_bridged_with_the_address() {
	lan_up
	daemon_start h1
	wait_owner h1
	into_br9
	busywait 3000 fault_is h1 || fail "no fault while the port has the address"
	on h1 sysctl -qw net.ipv4.conf.all.rp_filter=1
	ip -n h1 addr del 198.18.0.1/16 dev eth0
	ip -n h1 addr add 198.18.0.1/16 brd + dev br9
	wait_owner h1
	expect_ok alarm_is h1 "eth0 is a port of br9"
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
	ip -n c neigh flush all
	expect_ok on c ping -c 2 -W 2 -q $VIP
	sleep 3
	expect_eq "alarms" 1 "$(ctl h1 status --json | jq '.alarms | length')"
	ip -n h1 addr add 198.18.0.1/16 brd + dev eth0
	busywait 3000 fault_is h1 || fail "no fault when the port has it again"
}

# Who attaches a port was warned, and has it as it is.
test_attached_as_a_bridge_port() {
	lan_up
	into_br9
	daemon_start h1
	wait_owner h1
	ip -n h1 link set eth0 down
	ip -n h1 link set eth0 up
	wait_owner h1
	expect_ok no_alarm_of_a_port
	expect_eq "told in the log" 0 "$(grep -c "has become a port" "$TMP/h1.log")"
}

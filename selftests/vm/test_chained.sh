# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# libxdp's dispatcher: our program among others on an interface, what it does there and what it leaves.
# Only on a kernel that allows freplace; run.sh beside this file runs it in the guest of scripts/vm.sh.

by_hand() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
}

interface() {
	ctl h1 status --json | jq -r ".interfaces[] | select(.name == \"$1\").$2"
}

expect_attached() {
	expect_eq "$1 chained" true "$(interface "$1" chained)"
	expect_eq "$1 healthy" true "$(interface "$1" healthy)"
}

# stranger_load PRIORITY [MODE [DEV]]: another's program, loaded by libxdp's own tool; ours has priority 10.
stranger_load() {
	on h1 xdp-loader load -P "$1" -n xdp_count "${3:-eth0}" -m "${2:-native}" "$OUT/xdp_count.bpf.o" \
		>"$TMP/loader.log" 2>&1 || fail "xdp-loader load: $(cat "$TMP/loader.log")"
}

stranger_unload() {
	on h1 xdp-loader unload "${1:-eth0}" -i "$(program_id xdp_count)" >"$TMP/loader.log" 2>&1 ||
		fail "xdp-loader unload: $(cat "$TMP/loader.log")"
}

# Every loaded program of that name.
program_id() {
	bpftool -j prog show name "$1" | jq -r '(if type == "array" then .[] else . end).id'
}

program_gone() {
	[ -z "$(program_id ipt_takeover)" ]
}

# What the stranger has counted: frames, or ARP among them.
stranger_count() {
	local which=0
	[ "$1" = arp ] && which=1
	bpftool -j map dump name xdp_count_map | jq -r ".[$which].formatted.value"
}

expect_answer_only_under_lease() {
	expect_eq "without a lease" "" "$(answers c $VIP)"
	expect_ok ctl h1 take web --force
	expect_eq "under the lease" "$MAC1" "$(answers c $VIP)"
	expect_ok ctl h1 release web --force
	expect_eq "after release" "" "$(answers c $VIP)"
}

expect_no_dispatcher() {
	expect_eq "pins of libxdp" "" "$(find /sys/fs/bpf/xdp -mindepth 1 2>/dev/null)"
}

test_attach_alone() {
	by_hand
	expect_attached eth0
	expect_eq mode native "$(interface eth0 mode)"
	expect_answer_only_under_lease
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
	expect_no_dispatcher
}

test_generic_mode() {
	lan_up
	expect_ok ctl h1 attach eth0 --mode generic
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_attached eth0
	expect_eq mode generic "$(interface eth0 mode)"
	expect_answer_only_under_lease
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
	expect_no_dispatcher
}

# Attached where another bpffs is mounted, or somebody has removed the pins: libxdp sees nothing, and the driver has no room.
test_dispatcher_without_pins() {
	lan_up
	stranger_load 5
	rm -r /sys/fs/bpf/xdp/dispatch-*
	expect_fail 1 "(xdp_dispatcher) is there without libxdp's pins" ctl h1 attach eth0
	expect_fail 1 "(xdp_dispatcher) is there without libxdp's pins" ctl h1 attach eth0 --mode native
	ip -n h1 link set dev eth0 xdp off
	expect_ok ctl h1 attach eth0
	expect_attached eth0
}

# A program that runs before ours sees every frame, and stays when ours goes.
test_stranger_before_and_first() {
	local before
	lan_up
	stranger_load 5
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_attached eth0
	before=$(stranger_count arp)
	expect_answer_only_under_lease
	expect_ge "ARP that the stranger saw" $((before + 9)) "$(stranger_count arp)"
	expect_ok ctl h1 detach eth0
	busywait 5000 program_gone || fail "our program is still loaded"
	before=$(stranger_count frames)
	expect_ok on c ping -c 1 -W 5 -q 198.18.0.1
	expect_ge "frames that the stranger saw alone" $((before + 1)) "$(stranger_count frames)"
	stranger_unload
	expect_no_trace h1
	expect_no_dispatcher
}

# A program that runs after ours gets what we pass, and nothing that we answer or drop.
test_stranger_after_and_later() {
	local id before
	by_hand
	id=$(program_id ipt_takeover)
	expect_ok ctl h1 take web --force
	stranger_load 50
	expect_attached eth0
	expect_eq "our program is the same one" "$id" "$(program_id ipt_takeover)"
	expect_eq "the lease" manual "$(state h1 lease)"
	before=$(stranger_count arp)
	expect_eq "under the lease" "$MAC1" "$(answers c $VIP)"
	expect_ok ctl h1 release web --force
	expect_eq "after release" "" "$(answers c $VIP)"
	# Nobody else speaks ARP on this LAN now: the client knows 198.18.0.1.
	expect_eq "ARP that the stranger saw" "$before" "$(stranger_count arp)"
	before=$(stranger_count frames)
	expect_ok on c ping -c 2 -W 5 -q 198.18.0.1
	expect_ge "frames that the stranger saw" $((before + 2)) "$(stranger_count frames)"
	stranger_unload
	expect_attached eth0
	expect_answer_only_under_lease
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
	expect_no_dispatcher
}

# The stranger was there in generic mode: a dispatcher has one mode for all.
test_stranger_dictates_the_mode() {
	lan_up
	stranger_load 50 skb
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_attached eth0
	expect_eq mode generic "$(interface eth0 mode)"
	expect_answer_only_under_lease
	expect_ok ctl h1 detach eth0
	stranger_unload
	expect_no_trace h1
	expect_no_dispatcher
}

test_two_interfaces_share_the_program() {
	local id
	lan_up
	plug h1 eth1 h1b
	expect_ok ctl h1 attach eth0
	id=$(program_id ipt_takeover)
	expect_ok ctl h1 attach eth1
	expect_eq "programs" "$id" "$(program_id ipt_takeover)"
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 add mail 198.18.1.2/16 dev eth1
	expect_ok ctl h1 take web
	expect_ok ctl h1 take mail
	expect_eq "who answers on eth0" "$MAC1" "$(answers c $VIP)"
	expect_eq "who answers on eth1" "$(mac_of h1 eth1)" "$(answers c 198.18.1.2)"
	expect_ok ctl h1 detach eth0
	expect_attached eth1
	expect_eq "eth0 is silent" "" "$(answers c $VIP)"
	expect_eq "eth1 still answers" "$(mac_of h1 eth1)" "$(answers c 198.18.1.2)"
	expect_ok ctl h1 detach --all
	expect_no_trace h1 eth0 eth1
	expect_no_dispatcher
}

test_detach_after_the_interface_is_gone() {
	by_hand
	ip -n h1 link del eth0
	expect_ok ctl h1 detach --all
	expect_eq "pins of ours" "" "$(find /sys/fs/bpf/ip-takeover 2>/dev/null)"
	expect_no_dispatcher
	busywait 5000 program_gone || fail "our program is still loaded"
}

# Somebody clears the interface: status says so, attach mends it with the same program.
test_chain_removed_by_a_stranger() {
	local id
	by_hand
	id=$(program_id ipt_takeover)
	on h1 xdp-loader unload eth0 --all >/dev/null || fail "xdp-loader cannot unload"
	expect_eq "healthy" false "$(interface eth0 healthy)"
	expect_ok ctl h1 attach eth0
	expect_attached eth0
	expect_eq "our program is the same one" "$id" "$(program_id ipt_takeover)"
	expect_answer_only_under_lease
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
	expect_no_dispatcher
}

# "xdp off" takes the dispatcher but not libxdp's pins of it, which would keep our program loaded.
test_dispatcher_removed_by_ip() {
	by_hand
	ip -n h1 link set dev eth0 xdp off
	expect_eq "healthy" false "$(interface eth0 healthy)"
	expect_ok ctl h1 attach eth0
	expect_attached eth0
	expect_answer_only_under_lease
	ip -n h1 link set dev eth0 xdp off
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
	expect_no_dispatcher
	busywait 5000 program_gone || fail "our program is still loaded"
}

# A program loaded to fill an interface alone cannot join a dispatcher: there it takes another one.
test_single_and_chained_side_by_side() {
	lan_up
	plug h1 eth1 h1b
	LIBXDP_SKIP_DISPATCHER=1 expect_ok ctl h1 attach eth0
	expect_eq "eth0 chained" false "$(interface eth0 chained)"
	stranger_load 50 native eth1
	expect_ok ctl h1 attach eth1
	expect_attached eth1
	expect_eq "eth0 healthy" true "$(interface eth0 healthy)"
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 add mail 198.18.1.2/16 dev eth1
	expect_ok ctl h1 take web
	expect_ok ctl h1 take mail
	expect_eq "who answers on eth0" "$MAC1" "$(answers c $VIP)"
	expect_eq "who answers on eth1" "$(mac_of h1 eth1)" "$(answers c 198.18.1.2)"
	expect_ok ctl h1 detach --all
	stranger_unload eth1
	expect_no_trace h1 eth0 eth1
	expect_no_dispatcher
}

# Heartbeats, silence judged by bpf_timer, and adoption of the pinned program, all in the dispatcher.
# timeout: test_daemons 240
test_daemons() {
	local id term
	INTERVAL=300ms SETTLE=20ms
	pair_up
	id=$(prog_of "$OWNER")
	expect_eq "chained" true "$(ctl "$OWNER" status --json | jq -r '.interfaces[0].chained')"
	term=$(state "$STANDBY" term)
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	expect_ge "verdicts of bpf_timer" 1 "$(counter "$STANDBY" timer_silent)"
	expect_eq "errors of bpf_timer" 0 "$(counter "$STANDBY" timer_error)"
	expect_ge "term" $((term + 1)) "$(state "$STANDBY" term)"
	expect_eq "who answers" "$(mac_of "$STANDBY")" "$(answers c $VIP)"
	daemon_start "$OWNER"
	wait_standby "$OWNER"
	expect_eq "program of the restarted" "$id" "$(prog_of "$OWNER")"
	expect_eq "who answers" "$(mac_of "$STANDBY")" "$(answers c $VIP)"
	daemon_kill "$OWNER"
	daemon_kill "$STANDBY"
	expect_ok ctl "$OWNER" detach --all
	expect_ok ctl "$STANDBY" detach --all
	expect_no_trace h1
	expect_no_trace h2
	expect_no_dispatcher
}

prog_of() {
	bpftool -j prog show pinned "/sys/fs/bpf/ip-takeover/$(instance_of "$1")/prog_takeover" | jq .id
}

# Ids of our programs in the chain of eth0.
ours_in_chain() {
	on h1 xdp-loader status eth0 | awk '$3 == "ipt_takeover" { print $4 }'
}

# A new version of the executable: its program takes the old one's place in the chain, the stranger stays.
# timeout: test_another_build_in_the_chain 400
test_another_build_in_the_chain() {
	local old
	lan_up
	stranger_load 20
	daemon_start h1
	wait_owner h1 60000
	expect_attached eth0
	old=$(program_id ipt_takeover)
	daemon_kill h1
	sed 's/LBB\([0-9]*_[0-9]*\)\x00/LBC\1\x00/g' "$CTL" >"$TMP/ctl"
	chmod 755 "$TMP/ctl"
	cmp -s "$CTL" "$TMP/ctl" && fail "nothing to change in the objects"
	CTL=$TMP/ctl
	daemon_start h1
	busywait 30000 grep -q 'programs of another build have been replaced' "$TMP/h1.log" ||
		fail "the programs were not replaced"
	wait_owner h1 60000
	expect_attached eth0
	expect_eq "programs of ours in the chain" 1 "$(ours_in_chain | wc -l)"
	[ "$(ours_in_chain)" != "$old" ] || fail "it is the old program"
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
	expect_eq "strangers" 1 "$(program_id xdp_count | wc -l)"
	expect_ok ctl h1 detach --all
	# As long as the daemon lived libxdp kept what was detached loaded.
	busywait 5000 program_gone || fail "a program of ours is still loaded"
	stranger_unload
	expect_no_trace h1
	expect_no_dispatcher
}

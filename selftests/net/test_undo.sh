# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Nothing half attached, and detaching when something else went wrong before.

detach_all() {
	expect_ok ctl h1 detach --all
	expect_no_trace h1
}

test_foreign_filter_stops_attach() {
	lan_up
	on h1 tc qdisc add dev eth0 clsact
	# Classic BPF: returns -1, the class of what it matches.
	on h1 tc filter add dev eth0 egress pref 1 handle 1 bpf bytecode '1,6 0 0 4294967295,' ||
		skip "no classic BPF filters here"
	expect_fail 1 "priority 1" ctl h1 attach eth0
	[ -n "$(on h1 tc filter show dev eth0 egress)" ] || fail "the stranger's filter is gone"
	on h1 tc qdisc del dev eth0 clsact
	expect_no_trace h1
}

test_one_of_two_interfaces_is_deleted() {
	lan_up
	plug h1 eth1 h1b
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 attach eth1
	expect_ok ctl h1 add web "$VIP/16" dev eth0
	expect_ok ctl h1 add web 198.18.1.2/16 dev eth1
	expect_ok ctl h1 take web --force
	ip -n h1 link del eth1
	ctl h1 status | grep -q 'ALARM.*eth1' || fail "no alarm for eth1"
	expect_ok ctl h1 detach eth1
	expect_eq "addresses left" "$VIP/16" "$(ctl h1 status --json | jq -r '.groups[0].addresses[]')"
	detach_all
}

test_renamed_interface_is_detached_by_its_new_name() {
	lan_up
	expect_ok ctl h1 attach eth0
	ip -n h1 link set eth0 down
	ip -n h1 link set eth0 name lan0
	expect_fail 1 eth0 ctl h1 detach eth0
	expect_ok ctl h1 detach lan0
	expect_no_trace h1 lan0
}

test_half_made_pins_are_made_anew() {
	local pins
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 detach eth0
	pins=/sys/fs/bpf/ip-takeover/$(instance_of h1)
	mkdir -p "$pins" || fail "cannot make $pins"
	expect_fail 1 "nothing is attached" ctl h1 status
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 detach eth0
	mkdir -p "$pins"
	detach_all
}

test_commands_at_the_same_time() {
	local i
	lan_up
	for i in 1 2 3 4; do
		ctl h1 attach eth0 >/dev/null &
	done
	wait
	for i in $(seq 1 20); do
		ctl h1 add "g$i" "198.18.1.$i/16" dev eth0 >/dev/null &
	done
	wait
	expect_eq "groups with one address" 20 \
		"$(ctl h1 status --json | jq '[.groups[] | select((.addresses | length) == 1)] | length')"
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
}

test_stopped_daemon_is_not_detached_under() {
	lan_up
	daemon_start h1
	wait_owner h1
	stamp STOP h1 >/dev/null
	expect_fail 1 "does not let go" ctl h1 detach eth0
	ctl h1 status | grep -q 'ALARM.*stopped or starved' || fail "no alarm for a stopped daemon"
	daemon_kill h1
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
	expect_eq "left of the socket" "" "$(find /run/ip-takeover -name "$(instance_of h1)*" 2>/dev/null)"
}

test_daemon_under_ip_netns_exec() {
	lan_up
	conf_write h1
	ip netns exec h1 "$CTL" run -c "$TMP/h1.conf" >"$TMP/h1.log" 2>&1 &
	echo $! >"$TMP/h1.pid"
	wait_owner h1
	daemon_kill h1
	expect_ok ctl h1 detach eth0
	expect_no_trace h1
}

test_shaping_qdisc_is_warned_of() {
	lan_up
	on h1 tc qdisc add dev eth0 root tbf rate 100mbit burst 10k latency 10ms || skip "no tbf here"
	ctl h1 attach eth0 2>&1 | grep -q 'warning.*tbf' || fail "no warning of tbf"
	expect_ok ctl h1 detach eth0
	on h1 tc qdisc del dev eth0 root
	expect_no_trace h1
}

arp_ignore() {
	on "$1" sysctl -n "net.ipv4.conf.$2.arp_ignore"
}

test_two_attached_interfaces_guard_each_other() {
	lan_up
	plug h1 eth1 h1b
	expect_ok ctl h1 attach eth0
	expect_eq "eth0, alone" 0 "$(arp_ignore h1 eth0)"
	expect_eq "eth1, beside" 3 "$(arp_ignore h1 eth1)"
	expect_ok ctl h1 attach eth1
	expect_eq "eth0, beside" 3 "$(arp_ignore h1 eth0)"
	expect_ok ctl h1 detach eth1
	expect_eq "eth0, alone again" 0 "$(arp_ignore h1 eth0)"
	expect_ok ctl h1 detach eth0
	expect_no_trace h1 eth0 eth1
}

# Killed between the interface and the sysctls: no attachment is left, old values are, and the next detach restores them.
test_detach_killed_before_its_sysctls() {
	local pins
	lan_up
	expect_ok ctl h1 attach eth0
	pins=/sys/fs/bpf/ip-takeover/$(instance_of h1)
	ip -n h1 link set dev eth0 xdp off
	on h1 tc qdisc del dev eth0 clsact
	# Bytes are meant to be split into words.
	# shellcheck disable=SC2046
	bpftool map update pinned "$pins/ifaces" key 0 0 0 0 value $(bpftool -j map lookup pinned "$pins/ifaces" key 0 0 0 0 |
		jq -r '.value[] | 0') || fail "cannot change the record"
	expect_eq "arp_announce" 2 "$(on h1 sysctl -n net.ipv4.conf.eth0.arp_announce)"
	detach_all
}

# `take web --force`, ended when it has taken: it would go on announcing for a while.
take_and_leave() {
	local taker
	on_exec h1 "$CTL" take web --force >/dev/null &
	taker=$!
	busywait 5000 state_is h1 lease manual || fail "h1 does not take web"
	kill $taker
	wait $taker
}

# To the kernel an address of somebody else, in the same prefix, hangs on ours.
test_removed_address_takes_none_along() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web 10.1.1.1/24 dev eth0
	take_and_leave
	ip -n h1 addr add 10.1.1.2/24 dev eth0
	ip -n h1 -o addr show dev eth0 secondary | grep -q 10.1.1.2 || fail "10.1.1.2 hangs on nothing"
	expect_ok ctl h1 release web --force
	expect_eq "left of 10.1.1.0/24" 10.1.1.2/24 "$(ip -n h1 -o addr show dev eth0 to 10.1.1.0/24 | awk '{ print $4 }')"
}

# deeds TRACE: the system calls in it that change something, each as NAME ORDINAL. Of many pins in a row the first two.
deeds() {
	sed -E 's/^[0-9]+ +//' "$1" | awk -F '(' '{ n[$1]++; deed = "" }
		/RTM_(NEW|SET|DEL)/ || /^write\([0-9]+, "[0-9]"/ || /^mkdir.* = 0/ || /MAP_(UPDATE|DELETE)_ELEM/ { deed = $1 }
		/OBJ_PIN/ && ++pins <= 2 || /^unlinkat/ && ++unlinked <= 2 { deed = $1 }
		deed { print deed, n[deed] }'
}

# killed_before CALL N COMMAND...: on h1, by its N-th system call of that name, which is not carried out.
killed_before() {
	on h1 strace -f -o /dev/null -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" "$CTL" "${@:3}" >/dev/null 2>&1
	expect_eq "status of \"${*:3}\", killed before $1 number $2" 137 $?
}

traced() {
	on h1 strace -f -o "$TMP/trace" -e trace=bpf,sendto,write,mkdir,mkdirat,unlinkat "$CTL" "$@" >/dev/null ||
		skip "strace does not work here"
	deeds "$TMP/trace"
}

held() {
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	take_and_leave
}

test_killed_before_each_deed() {
	local call n attach detach
	lan_up
	attach=$(traced attach eth0)
	while read -r call n; do
		detach_all
		killed_before "$call" "$n" attach eth0
	done <<<"$attach"
	expect_ok ctl h1 detach --all
	held
	detach=$(traced detach eth0)
	while read -r call n; do
		held
		killed_before "$call" "$n" detach eth0
		detach_all
	done <<<"$detach"
	say "killed before $(wc -l <<<"$attach") deeds of attach, $(wc -l <<<"$detach") of detach"
}

# A command killed anywhere, then four that run into each other: the last detach finds all there is.
test_commands_killed_and_at_once() {
	local i a
	lan_up
	for ((i = 0; i < 6; i++)); do
		{
			ctl h1 attach eth0
			ctl h1 add web $VIP/16 dev eth0
			ctl h1 take web --force
			ctl h1 detach --all
		} >/dev/null 2>&1 &
		a=$!
		sleep "0.$(printf %03d $((RANDOM % 300)))"
		kill -STOP "$a"
		pkill -KILL -P "$a"
		kill -KILL "$a"
		wait "$a" 2>/dev/null
		{
			ctl h1 attach eth0 &
			ctl h1 attach eth0 &
			ctl h1 add web $VIP/16 dev eth0 &
			ctl h1 detach eth0 &
			wait
		} >/dev/null 2>&1
		detach_all
	done
}

# Of two commands the second waits its turn and finds it done; it does not unmark what the first has added.
test_two_takes_at_once() {
	local first second
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	ctl h1 take web >"$TMP/first" 2>&1 &
	first=$!
	ctl h1 take web >"$TMP/second" 2>&1 &
	second=$!
	wait $first || fail "the first says: $(cat "$TMP/first")"
	wait $second || fail "the second says: $(cat "$TMP/second")"
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
	expect_ok ctl h1 release web
	expect_eq "left on eth0" "" "$(ip -n h1 -o addr show dev eth0 to $VIP)"
	detach_all
}

# With its turn `take` has read the addresses; then it probes them, for 0.3 s.
turn_is_taken() {
	! flock -n "/sys/fs/bpf/ip-takeover/$(instance_of h1)" true
}

# `take web` of two addresses, on its way in the background, its pid in TAKER.
take_begun() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 add web 198.18.1.2/16 dev eth0
	on_exec h1 "$CTL" take web >"$TMP/take.log" 2>&1 &
	TAKER=$!
	busywait 1000 turn_is_taken || fail "take says: $(cat "$TMP/take.log")"
}

on_eth0() {
	ip -n h1 -j addr show dev eth0 | jq -r '[.[].addr_info[].local | select(startswith("198.18.1."))] | sort | join(" ")'
}

test_address_deleted_while_it_is_taken() {
	take_begun
	expect_ok ctl h1 del web $VIP/16 dev eth0
	wait "$TAKER" || fail "take says: $(cat "$TMP/take.log")"
	expect_eq "who answers for $VIP" "" "$(answers c $VIP)"
	expect_eq "who answers for 198.18.1.2" "$MAC1" "$(answers c 198.18.1.2)"
	expect_eq "addresses of the group" 198.18.1.2/16 "$(ctl h1 status --json | jq -r '.groups[0].addresses[]')"
	expect_eq "addresses on eth0" 198.18.1.2 "$(on_eth0)"
	detach_all
}

# The next group has its number, and nothing else of it.
test_group_deleted_while_it_is_taken() {
	take_begun
	expect_ok ctl h1 del web 198.18.1.2/16 dev eth0
	expect_ok ctl h1 del web $VIP/16 dev eth0
	wait "$TAKER" # perhaps lost again while it was announced
	expect_ok ctl h1 add mail 198.18.1.3/16 dev eth0
	expect_ok ctl h1 take mail
	expect_eq "addresses of mail, the only group" 198.18.1.3/16 "$(ctl h1 status --json | jq -r '.groups[].addresses[]')"
	expect_eq "who answers for $VIP" "" "$(answers c $VIP)"
	expect_eq "who answers for 198.18.1.3" "$MAC1" "$(answers c 198.18.1.3)"
	expect_eq "addresses on eth0" 198.18.1.3 "$(on_eth0)"
	detach_all
}

test_address_added_while_its_group_is_taken() {
	take_begun
	expect_ok ctl h1 add web 198.18.1.3/16 dev eth0
	wait "$TAKER" || fail "take says: $(cat "$TMP/take.log")"
	expect_eq "addresses on eth0" "$VIP 198.18.1.2 198.18.1.3" "$(on_eth0)"
	expect_eq "who answers for 198.18.1.3" "$MAC1" "$(answers c 198.18.1.3)"
	detach_all
}

test_group_released_while_it_is_taken() {
	take_begun
	expect_ok ctl h1 release web
	wait "$TAKER"
	expect_eq "who answers for $VIP" "" "$(answers c $VIP)"
	expect_eq "addresses on eth0" "" "$(on_eth0)"
	detach_all
}

test_detached_while_a_group_is_taken() {
	take_begun
	detach_all
	on_exec h1 ip monitor address >"$TMP/put" &
	wait "$TAKER"
	expect_eq "addresses that came and went after it" "" "$(cat "$TMP/put")"
	expect_no_trace h1
}

test_stopped_command_is_not_waited_for() {
	take_begun
	kill -STOP "$TAKER"
	turn_is_taken || fail "its turn was over before it was stopped"
	expect_fail 1 "another command is at work" ctl h1 del web $VIP/16 dev eth0
	kill -KILL "$TAKER"
	detach_all
}

# late_for_lock N COMMAND...: in the background, and there before its N-th lock until late_goes_on.
late_for_lock() {
	# shellcheck disable=SC2016
	on_exec h1 strace -f -o "$TMP/late" -e trace=flock -e "inject=flock:delay_enter=1000000000:when=$1" \
		sh -c '"$@"; echo $? >"$0"' "$TMP/late.status" "$CTL" "${@:2}" >"$TMP/late.log" 2>&1 &
	LATE=$!
	busywait 5000 eval "[ \"\$(grep -c 'flock(' '$TMP/late')\" = $1 ]" || fail "it is not there before lock $1"
}

# Without its tracer it takes the lock. Prints its exit status.
late_goes_on() {
	kill -KILL "$LATE"
	busywait 10000 test -s "$TMP/late.status" || fail "it does not go on: $(cat "$TMP/late.log")"
	cat "$TMP/late.status"
}

attached_anew() {
	expect_ok ctl h1 detach --all
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add mail 198.18.1.2/16 dev eth0
}

# The maps that it has open are no longer those that are pinned.
test_attached_anew_before_its_turn() {
	lan_up
	traced attach eth0 >/dev/null
	late_for_lock 1 add web $VIP/16 dev eth0
	attached_anew
	expect_eq "status of add, to maps that nobody has" 1 "$(late_goes_on)"
	grep -q "detached meanwhile" "$TMP/late.log" || fail "add says: $(cat "$TMP/late.log")"
	detach_all
}

# An attach that fails removes its pins, not those that another has made since.
test_attached_anew_before_it_removes_its_pins() {
	lan_up
	plug h1 eth1 h1b
	on h1 tc qdisc add dev eth1 clsact
	on h1 tc filter add dev eth1 egress pref 1 handle 1 bpf bytecode '1,6 0 0 4294967295,' ||
		skip "no classic BPF filters here"
	on h1 strace -f -o "$TMP/locks" -e trace=flock "$CTL" attach eth1 >/dev/null 2>&1 && fail "eth1 was attached"
	late_for_lock "$(grep -c 'flock(' "$TMP/locks")" attach eth1
	attached_anew
	expect_eq "status of attach" 1 "$(late_goes_on)"
	expect_eq "groups" mail "$(ctl h1 status --json | jq -r '.groups[].name')"
	on h1 tc qdisc del dev eth1 clsact
	detach_all
}

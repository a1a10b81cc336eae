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
	# It starts over with the new one.
	wait_standby "$was" 15000
	ctl "$other" release web || fail "$other does not release"
	wait_owner "$was"
	expect_eq "who answers" 02:11:22:33:44:55 "$(answers c $VIP)"
	expect_ok on c ping -c 1 -W 2 $VIP
	expect_eq "process of $was" "$(pid_of "$was")" "$(pgrep -f "run -c $TMP/$was.conf")"
}

has_xdp() {
	ip -n "$1" -j link show dev "${2:-eth0}" | jq -e '.[0] | has("xdp")' >/dev/null
}

# was_in_fault HOST [GROUP]: as it says itself; by the time that a busy machine looks it may be over.
was_in_fault() {
	busywait 5000 grep -q "group ${2:-web}: .* -> fault" "$TMP/$1.log" || fail "${2:-web} of $1 was not in fault"
}

# Back on by themselves, and never with an answer before the lease is there again.
test_program_taken_off() {
	local was other
	pair_up
	was=$OWNER other=$STANDBY
	ip -n "$was" link set dev eth0 xdp off
	was_in_fault "$was"
	wait_owner "$other"
	busywait 10000 has_xdp "$was" || fail "the program does not come back"
	wait_standby "$was"
	expect_eq "who answers" "$(mac_of "$other")" "$(answers c $VIP)"
	daemon_kill "$other"
	wait_owner "$was"
	expect_eq "who answers" "$(mac_of "$was")" "$(answers c $VIP)"
}

fence_is_back() {
	on "$1" tc filter show dev eth0 egress | grep -q ipt_fence
}

# The host lives and hears: what it serves is handed over in order, and the filter is put back.
# unfence COMMAND...: takes it off the owner.
unfence() {
	local was other
	pair_up
	was=$OWNER other=$STANDBY
	ask_begin
	on "$was" "$@" || fail "the filter cannot be taken off"
	wait_owner "$other"
	wait_standby "$was" 10000
	sleep 0.2
	ask_end_judged
	fence_is_back "$was" || fail "the fence did not come back"
	grep -q 'web: owner -> release: our egress filter is gone' "$TMP/$was.log" || fail "$was did not release in order"
	# An owner that falls silent is replaced after G, 306 ms. What the client itself was late is not the hosts' doing.
	expect_le "gap, ms" 200 "$(json '.longest_gap | (.length_ns - .own_late_ns) / 1e6 | floor' "$TMP/ask.json")"
}

test_fence_taken_off() {
	unfence tc qdisc del dev eth0 clsact
}

test_filter_deleted() {
	unfence tc filter del dev eth0 egress pref 1
}

# Nobody is there to take it; with the filter back all goes on.
test_filter_deleted_alone() {
	lan_up
	daemon_start h1
	wait_owner h1
	on h1 tc filter del dev eth0 egress pref 1
	busywait 5000 grep -q 'web: fault -> standby' "$TMP/h1.log" || fail "h1 was not in fault, or stays there"
	wait_owner h1
	fence_is_back h1 || fail "the fence did not come back"
}

# put_in_place HOST DEV: of our program another one, which passes everything. Ours comes back where there is none for long.
put_in_place() {
	ip -n "$1" -force link set dev "$2" xdp obj "$OUT/xdp_pass.bpf.o" sec xdp || fail "no XDP_PASS on $2 of $1"
}

# On the owner's interface; $STANDBY takes over.
replace_program() {
	pair_up
	put_in_place "$OWNER" eth0
	wait_owner "$STANDBY"
	busywait 5000 grep -q 'ALARM: programs cannot be attached again: eth0: XDP program' "$TMP/$OWNER.log" ||
		fail "$OWNER does not say why"
}

# Somebody else's program in its place: no address there, until it goes.
test_program_replaced_by_another() {
	replace_program
	state_is "$OWNER" state fault || fail "$OWNER is not in fault"
	ip -n "$OWNER" link set dev eth0 xdp off
	wait_standby "$OWNER" 10000
}

# The address stands on lo, and whoever is in our place passes what is asked to the kernel.
test_standing_address_behind_another_program() {
	ADDRESS=standing
	replace_program
	# The guard comes by once a second.
	sleep 2.5
	expect_eq "who answers" "$(mac_of "$STANDBY")" "$(answers c $VIP)"
	on "$OWNER" tc filter show dev eth0 egress | grep -q ipt_fence || fail "the fence has been taken off"
	ip -n "$OWNER" link set dev eth0 xdp off
	wait_standby "$OWNER" 10000
	expect_ok ctl "$OWNER" detach --all
	expect_no_trace "$OWNER"
}

# What another administrator's setting makes of ours is told.
test_sysctl_that_outweighs_ours() {
	lan_up
	plug h1 eth1 h1b
	daemon_start h1
	wait_owner h1
	on h1 sysctl -qw net.ipv4.conf.all.arp_ignore=4
	busywait 5000 grep -q 'ALARM: the kernel may answer.*all.arp_ignore is 4' "$TMP/h1.log" || fail "nothing said"
	on h1 sysctl -qw net.ipv4.conf.all.arp_ignore=0
	busywait 5000 grep -q 'over: sysctls' "$TMP/h1.log" || fail "nothing said of the end"
	owner_is h1 || fail "h1 lost the group"
}

group_is() {
	[ "$(ctl "$1" status --json | jq -r ".groups[] | select(.name == \"$2\") | .state")" = "$3" ]
}

somebody_owns() {
	group_is h1 "$1" owner || group_is h2 "$1" owner
}

# two_interfaces HOST: eth1 on the same switch, group db on it, and the daemon.
two_interfaces() {
	plug "$1" eth1 "${1}b"
	conf_write "$1"
	cat >>"$TMP/$1.conf" <<-END
		group "db" {
		    interface = "eth1"
		    addresses = { "198.19.1.1/16" }
		}
	END
	daemon_start "$1"
}

# Both hosts so; sets `was`, which owns db, and `other`.
two_interfaces_up() {
	lan_up
	two_interfaces h1
	two_interfaces h2
	busywait 8000 somebody_owns db || fail "nobody owns db"
	was=h1 other=h2
	group_is h1 db owner || was=h2 other=h1
}

# Another interface with another group: the fault of one is not the other's.
test_fault_of_one_interface() {
	local was other
	two_interfaces_up
	busywait 5000 somebody_owns web || fail "nobody owns web"
	group_is $was web owner || expect_ok ctl $was take web
	ip -n $was link set dev eth1 xdp off
	was_in_fault $was db
	busywait 5000 group_is $other db owner || fail "$other does not take db"
	group_is $was web owner || fail "$was lost web"
	busywait 10000 group_is $was db standby || fail "db of $was does not mend"
	ip -n sw link set ${other}b down
	busywait 5000 group_is $other db fault || fail "db of $other is not in fault"
	busywait 5000 group_is $was db owner || fail "$was does not take db"
	group_is $was web owner || fail "$was lost web"
	group_is $other web standby || fail "web of $other is no standby"
	expect_eq "changes of web" 0 "$(grep -c 'group web: owner ->' "$TMP/$was.log")"
}

# What one interface suffers from does not end a process that takes the place of another.
test_new_process_with_a_bad_interface() {
	lan_up
	two_interfaces h1
	busywait 8000 group_is h1 db owner || fail "h1 does not own db"
	busywait 5000 group_is h1 web owner || fail "h1 does not own web"
	put_in_place h1 eth1
	busywait 5000 group_is h1 db fault || fail "db is not in fault"
	stamp USR2 h1 >/dev/null
	busywait 5000 grep -q 'web: init -> owner: adopted' "$TMP/h1.log" || fail "h1 was not replaced"
	busywait 5000 group_is h1 db fault || fail "db is not in fault"
	ip -n h1 link set dev eth1 xdp off
	busywait 10000 group_is h1 db owner || fail "db does not mend"
	ip -n h1 link del eth1
	busywait 5000 group_is h1 db fault || fail "db is not in fault"
	stamp USR2 h1 >/dev/null
	sleep 2
	group_is h1 web owner || fail "h1 lost web"
	expect_eq "claims of web" 1 "$(grep -c 'group web: candidate -> owner' "$TMP/h1.log")"
}

# A card that is pulled and put back: another interface of the same name. web, on eth0, notices nothing.
test_interface_created_again() {
	local was other term claims
	two_interfaces_up
	busywait 5000 somebody_owns web || fail "nobody owns web"
	group_is $was web owner || expect_ok ctl $was take web
	term=$(ctl $was status --json | jq '.groups[] | select(.name == "web") | .term')
	claims=$(grep -c 'group web: candidate -> owner' "$TMP/$other.log")
	ip -n $was link del eth1
	busywait 5000 group_is $other db owner || fail "$other does not take db"
	group_is $was db fault || fail "db of $was is not in fault"
	group_is $was web owner || fail "$was lost web"
	sleep 1
	plug $was eth1 ${was}b
	busywait 15000 has_xdp $was eth1 || fail "no program on the new eth1"
	busywait 5000 group_is $was db standby || fail "db of $was does not mend"
	ctl $other release db || fail "$other does not release db"
	busywait 5000 group_is $was db owner || fail "$was does not take db"
	expect_eq "who answers" "$(mac_of $was eth1)" "$(answers c 198.19.1.1)"
	group_is $was web owner || fail "$was lost web"
	expect_eq "term of web" "$term" "$(ctl $was status --json | jq '.groups[] | select(.name == "web") | .term')"
	expect_eq "claims of web by $other" "$claims" "$(grep -c 'group web: candidate -> owner' "$TMP/$other.log")"
	ifaces() {
		[ "$(ctl $was status --json | jq -r '.interfaces[].name' | sort | xargs)" = "eth0 eth1" ]
	}
	busywait 5000 ifaces || fail "$was keeps a record of the interface that is no more"
}

# The only one, heartbeats and all.
test_only_interface_created_again() {
	local was other n
	pair_up
	was=$OWNER other=$STANDBY n=${OWNER#h}
	ip -n "$was" link del eth0
	wait_owner "$other"
	busywait 5000 state_is "$was" state fault || fail "$was is not in fault"
	plug "$was" eth0 "$was"
	sleep 1.5
	# No address yet, so no way to the peer: nothing to start over with.
	kill -0 "$(pid_of "$was")" || fail "the daemon of $was is gone"
	ip -n "$was" addr add "198.18.0.$n/16" brd + dev eth0
	wait_standby "$was" 15000
	daemon_kill "$other"
	wait_owner "$was"
	expect_eq "who answers" "$(mac_of "$was")" "$(answers c $VIP)"
}

# How many times the address has come to another host than before; a lapse is none.
owners_so_far() {
	grep -- '-> owner:' "$TMP"/h?.log | sed -E 's/.*(h[0-9])\.log:\[([0-9.]+)\].*/\2 \1/' | sort -n |
		awk '$2 != last { n++; last = $2 } END { print n }'
}

# 10 Hz: one change of ownership, then peace.
test_carrier_flaps() {
	local before i
	pair_up
	before=$(owners_so_far)
	for ((i = 0; i < 30; i++)); do
		unplug "$OWNER"
		sleep 0.05
		plug_back "$OWNER"
		sleep 0.05
	done
	wait_owner "$STANDBY"
	state_is "$OWNER" state fault || fail "$OWNER is not held down"
	expect_eq "changes of ownership" 1 $(($(owners_so_far) - before))
}

test_another_mtu() {
	local term
	pair_up
	term=$(state "$OWNER" term)
	ip -n "$OWNER" link set eth0 mtu 1400 || fail "no other MTU"
	sleep 1.5
	owner_is "$OWNER" || fail "$OWNER lost the address"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	expect_eq "who answers" "$(mac_of "$OWNER")" "$(answers c $VIP)"
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
	nft_add "ether daddr $old drop"
	sleep 1
	daemon_start "$STANDBY"
	wait_standby "$STANDBY"
	sleep 1
	owner_is "$OWNER" || fail "$OWNER did not keep the address"
	state_is "$STANDBY" state standby || fail "$STANDBY did not hear the owner"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
}

# Each command waits for the daemon's end, and takes its own interface.
test_two_interfaces_detached_at_once() {
	local was other first second
	two_interfaces_up
	ctl $was detach eth0 >"$TMP/first" 2>&1 &
	first=$!
	ctl $was detach eth1 >"$TMP/second" 2>&1 &
	second=$!
	wait $first || fail "detach eth0 says: $(cat "$TMP/first")"
	wait $second || fail "detach eth1 says: $(cat "$TMP/second")"
	expect_no_trace $was eth0 eth1
}

# A filter that is asked before ours and lets everything out: nothing is fenced, and the host would never claim.
test_filter_before_the_fence() {
	lan_up
	expect_ok ctl h2 attach eth0
	on h2 tc filter add dev eth0 egress pref 1 handle 2 bpf bytecode '1,6 0 0 4294967295,' || fail "no second filter"
	daemon_start h1
	daemon_start h2
	busywait 5000 grep -q 'ALARM: heartbeats leave without passing' "$TMP/h2.log" || fail "h2 does not notice"
	on h2 tc filter del dev eth0 egress pref 1 handle 2 bpf
	busywait 5000 grep -q 'over: heartbeats pass' "$TMP/h2.log" || fail "h2 does not notice the end"
	wait_pair
	expect_eq "alarms of h1" 0 "$(grep -c ALARM "$TMP/h1.log")"
}

# `mode` decides where the file says it; what runs is not changed by a reload.
test_configured_mode() {
	lan_up
	conf_write h1
	sed -i 's/interface = "eth0"/&\n    mode = "generic"/' "$TMP/h1.conf"
	daemon_start h1
	busywait 5000 status_is h1 '.interfaces[0].mode' generic || fail "not attached in generic mode"
	wait_owner h1 8000
	sed -i 's/mode = "generic"/mode = "native"/' "$TMP/h1.conf"
	expect_fail 1 "mode 'native': eth0 is attached in generic mode, which a reload cannot change" ctl h1 reload
	owner_is h1 || fail "the refused reload has cost the group"
	daemon_kill h1
	on h1 "$CTL" run -c "$TMP/h1.conf" >"$TMP/again.log" 2>&1 && fail "it starts in the other mode"
	grep -q "eth0 is attached in generic mode already" "$TMP/again.log" || fail "$(cat "$TMP/again.log")"
	expect_ok ctl h1 detach --all
	daemon_start h1
	busywait 5000 status_is h1 '.interfaces[0].mode' native || fail "not attached in native mode"
}

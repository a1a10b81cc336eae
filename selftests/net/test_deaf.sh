# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A host whose ingress program is taken off hears nothing: whoever needs its word must not wait for it.
# alone: a lease of 40 ms, and what is judged is how soon a daemon learns something.

has_xdp() {
	ip -n "$1" -j link show dev eth0 | jq -e '.[0] | has("xdp")' >/dev/null
}

uptime_s() {
	cut -d' ' -f1 /proc/uptime
}

# lapses_after TIME: ends of the owner's lease soon after that, seconds since the boot. At other times it may be the machine.
lapses_after() {
	sed -n 's/^\[\([0-9.]*\)\] group web: owner ->.*/\1/p' "$TMP/$OWNER.log" |
		awk -v from="$1" '$1 > from - 0.02 && $1 < from + 0.5 { n++ } END { print n + 0 }'
}

# As it says itself: by the time that a busy machine looks it may be over.
faults_of() {
	grep -c 'group web: .* -> fault' "$TMP/$1.log"
}

faults_ge() {
	[ "$(faults_of "$1")" -ge "$2" ]
}

# deafen WORD LIMIT: the standby, twice, by `ip link set dev eth0 WORD off`; its owner must not notice, and all heals by
# itself. The kernel tells when it is done with the program, before that command ends, which on a busy machine may be
# longer than the owner's lease: after LIMIT ms nothing is judged.
deafen() {
	local i begin from faults late=0 lapses=0
	for ((i = 0; i < 2; i++)); do
		faults=$(faults_of "$STANDBY")
		begin=$(ms_now) from=$(uptime_s)
		ip -n "$STANDBY" link set dev eth0 "$1" off || fail "$1 cannot be taken off $STANDBY"
		[ $(($(ms_now) - begin)) -lt "$2" ] || late=$((late + 1))
		busywait 5000 faults_ge "$STANDBY" $((faults + 1)) || fail "$STANDBY was not in fault"
		busywait 10000 has_xdp "$STANDBY" || fail "the program does not come back"
		wait_standby "$STANDBY"
		lapses=$((lapses + $(lapses_after "$from")))
	done
	say "$lapses leases ended; $late of $i times the kernel told late"
	expect_le "leases that ended, when $late of $i times the kernel told late" "$late" "$lapses"
	wait_owner "$OWNER"
}

test_standby() {
	pair_up
	deafen xdp 250
}

test_standby_with_short_leases() {
	INTERVAL=10ms MISSES=5 SETTLE=200us REALTIME=true
	pair_up
	deafen xdp 30
}

test_standby_in_generic_mode() {
	lan_up
	expect_ok ctl h1 attach eth0 --mode generic
	expect_ok ctl h2 attach eth0 --mode generic
	daemon_start h1
	daemon_start h2
	wait_pair
	deafen xdpgeneric 250
}

# By one that passes everything, in a single step: who looks sees a program, and not ours.
test_program_of_the_standby_replaced() {
	local from
	pair_up
	from=$(uptime_s)
	ip -n "$STANDBY" -force link set dev eth0 xdpdrv obj "$OUT/xdp_pass.bpf.o" sec xdp || fail "no XDP_PASS on $STANDBY"
	busywait 5000 grep -q 'ALARM: our ingress program is gone' "$TMP/$STANDBY.log" || fail "$STANDBY does not notice"
	sleep 1
	expect_eq "leases that ended" 0 "$(lapses_after "$from")"
	owner_is "$OWNER" || fail "$OWNER does not own it any more"
	ip -n "$STANDBY" link set dev eth0 xdp off
	wait_standby "$STANDBY" 10000
}

# past_the_program HOST: its ingress program is there, and takes no heartbeat for one: it knows no way to a peer any more.
past_the_program() {
	local map key
	map=/sys/fs/bpf/ip-takeover/$(instance_of "$1")/path_ids
	for key in $(on "$1" bpftool -j map dump pinned "$map" | jq -r '.[].key | join(",")'); do
		# shellcheck disable=SC2086
		on "$1" bpftool map delete pinned "$map" key hex ${key//,/ } || fail "cannot delete a way"
	done
}

# Our heartbeats leave, others' reach the host, and the program takes none: whatever the cause, that is no silence.
test_owner_past_its_program() {
	local deaf
	pair_up
	deaf=$OWNER
	past_the_program "$deaf"
	busywait 5000 alarm_is "$deaf" "past our ingress program" || fail "no alarm: $(status "$deaf" .alarms)"
	wait_owner "$STANDBY"
	expect_eq "who answers" "$(mac_of "$STANDBY")" "$(answers c $VIP)"
	sleep 1
	expect_eq "state of the deaf host" fault "$(state "$deaf" state)"
	expect_eq "who answers later" "$(mac_of "$STANDBY")" "$(answers c $VIP)"
}

test_standby_past_its_program() {
	pair_up
	past_the_program "$STANDBY"
	busywait 5000 alarm_is "$STANDBY" "past our ingress program" || fail "no alarm: $(status "$STANDBY" .alarms)"
	sleep 1
	expect_eq "state of the deaf host" fault "$(state "$STANDBY" state)"
	expect_eq "who answers" "$(mac_of "$OWNER")" "$(answers c $VIP)"
	daemon_kill "$OWNER"
	sleep 2
	expect_eq "who answers with its peer dead" "" "$(answers c $VIP)"
}

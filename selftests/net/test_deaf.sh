# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A host whose ingress program is taken off hears nothing: whoever needs its word must not wait for it.
# alone: a lease of 40 ms, and what is judged is how soon a daemon learns something.

has_xdp() {
	ip -n "$1" -j link show dev eth0 | jq -e '.[0] | has("xdp")' >/dev/null
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
	local term i begin late=0 lapses claims faults
	term=$(state "$OWNER" term)
	claims=$(grep -c 'group web: backup -> candidate' "$TMP/$STANDBY.log")
	for ((i = 0; i < 2; i++)); do
		faults=$(faults_of "$STANDBY")
		begin=$(ms_now)
		ip -n "$STANDBY" link set dev eth0 "$1" off || fail "$1 cannot be taken off $STANDBY"
		[ $(($(ms_now) - begin)) -lt "$2" ] || late=$((late + 1))
		busywait 5000 faults_ge "$STANDBY" $((faults + 1)) || fail "$STANDBY was not in fault"
		busywait 10000 has_xdp "$STANDBY" || fail "the program does not come back"
		wait_standby "$STANDBY"
	done
	lapses=$(grep -c 'group web: owner ->' "$TMP/$OWNER.log")
	expect_le "leases that ended, when $late of $i times the kernel told late" "$late" "$lapses"
	owner_is "$OWNER" || fail "$OWNER does not own it any more"
	say "$lapses leases ended; $late of $i times the kernel told late"
	[ "$late" = 0 ] || return 0
	expect_eq "claims of $STANDBY" "$claims" "$(grep -c 'group web: backup -> candidate' "$TMP/$STANDBY.log")"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
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

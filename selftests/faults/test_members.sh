# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Three members, or two and a witness: never two owners, under any of the faults that split a pair.
. selftests/faults/lab.sh

# owns WHO: that one, and nobody else.
only_owner() {
	local host
	for host in $NODES; do
		[ "$host" != w ] || continue
		if [ "$host" = "$1" ]; then
			owner_is "$host" || return 1
		else
			state_is "$host" lease none || return 1
		fi
	done
}

expect_owner() {
	busywait 5000 only_owner "$1" || fail "$2: not $1 alone: $(states "$NODES")"
	sleep 0.5
	only_owner "$1" || fail "$2: it did not stay so: $(states "$NODES")"
}

heal_and_settle() {
	lan_heal >/dev/null
	wait_settled
}

# The owner alone, the owner with the witness, and nobody with anybody.
test_witness_partitions() {
	local was
	three_in_lab h1 h2 w
	was=$OWNER
	split "$OWNER" "$STANDBY w"
	expect_owner "$STANDBY" "owner | standby, witness"
	heal_and_settle
	[ "$OWNER" != "$was" ] || fail "the roles did not stay reversed"
	was=$OWNER
	split "$OWNER w" "$STANDBY"
	expect_owner "$was" "owner, witness | standby"
	heal_and_settle
	split h1 h2 w
	expect_owner nobody "each alone"
	heal_and_settle
	sleep 0.3
	expect_safe
	seen "majority owns each time, nobody without one; $(changes) changes, never two"
}

test_three_split() {
	local was
	three_in_lab h1 h2 h3
	was=$OWNER
	split "$OWNER" "$(others)"
	busywait 5000 another_owns || fail "the majority does not take over: $(states "$NODES")"
	heal_and_settle
	split h1 h2 h3
	expect_owner nobody "each alone"
	heal_and_settle
	sleep 0.3
	expect_safe
	[ "$OWNER" != "" ] || fail "no owner"
	seen "the majority took over from $was; $(changes) changes, never two"
}

another_owns() {
	local host
	state_is "$OWNER" lease none || return 1
	for host in $(others); do
		owner_is "$host" >/dev/null && return
	done
	return 1
}

# Every frame between members up to two seconds late: no news is believed that is older than its lease.
test_delayed_for_seconds() {
	local a b command=
	three_in_lab h1 h2 h3
	for a in h1 h2 h3; do
		for b in h1 h2 h3; do
			[ "$a" = "$b" ] || command="$command delay $a $b 0 2000;"
		done
	done
	lan "$command" >/dev/null
	sleep "${DELAY_SECONDS:-5}"
	lan_heal >/dev/null
	sleep 2.5
	wait_settled
	sleep 0.3
	expect_safe
	seen "up to 2 s: $(saw .owners_count) claims, $(changes) changes, never two"
}

# lossy_three PERCENT CLAIMS: as in a pair, and one deaf member does not matter.
lossy_three() {
	INTERVAL=50ms
	three_in_lab h1 h2 h3
	lan "loss * * $1; loss c * 0; loss * c 0" >/dev/null
	sleep "${LOSS_SECONDS:-8}"
	lan_heal >/dev/null
	wait_settled
	sleep 0.3
	expect_safe
	expect_le "claims" "$2" $(($(saw .owners_count) - 1))
	seen "$1 %: $(($(saw .owners_count) - 1)) new claims, $(changes) changes in ${LOSS_SECONDS:-8} s, never two"
}

# slow: test_loss_20
test_loss_20() {
	lossy_three 20 $((1 + ${LOSS_SECONDS:-8} / 60))
}

# slow: test_loss_50
test_loss_50() {
	lossy_three 50 1000
}

# slow: test_cold_starts
test_cold_starts() {
	local i host
	TOP="quorum = true"
	lab_up h1 h2 h3
	for ((i = 0; i < ${STARTS:-5}; i++)); do
		for host in h1 h2 h3; do
			PRIORITY=$((RANDOM % 2 ? 150 : RANDOM % 254 + 1)) conf_lab "$host"
		done
		lab_start h1 h2 h3
		wait_settled
		ask_begin
		sleep 0.5
		ask_end
		settled || fail "start $i: it did not stay so: $(states "$NODES")"
		expect_eq "start $i: hosts that answered" 1 "$(json '.answers_by_mac | length' "$TMP/ask.json")"
		expect_eq "start $i: unanswered" 0 "$(json .unanswered "$TMP/ask.json")"
		for host in h1 h2 h3; do
			daemon_kill "$host"
			expect_ok ctl "$host" detach --all
		done
	done
	# Each start begins with epochs of its own, so their order tells nothing here; answers do.
	judged
	expect_eq "requests answered by two hosts" 0 "$(saw .answered_by_two)"
	seen "$i starts of three, one owner each time, every request answered by it"
}

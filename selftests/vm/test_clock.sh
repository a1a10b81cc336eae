# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The wall clock is set forth and back by years and made to run a tenth too fast and too slow: ownership does not
# notice. Only a machine of its own has a clock to play with; run.sh beside this file runs it in the guest of
# scripts/vm.sh.

# changes: how often a state has changed, on both hosts.
changes() {
	cat "$TMP/h1.log" "$TMP/h2.log" | grep -c 'group web: .* -> '
}

# timeout: test_set_and_bent 300
test_set_and_bent() {
	local when tick before term
	pair_up
	sleep 5
	term=$(state "$OWNER" term) before=$(changes)
	for when in 2001-01-01 2037-12-31 1971-06-01 2026-11-24; do
		date -s "$when 12:00:00" >/dev/null || fail "the clock cannot be set"
		[ "$(date +%Y)" = "${when%%-*}" ] || fail "it is $(date)"
		sleep 4
	done
	for tick in 11000 9000 10000; do
		busybox adjtimex -q -t $tick >/dev/null || fail "the tick cannot be set to $tick us"
		sleep 6
	done
	say "4 jumps of the clock, ticks of 11 and 9 ms: $(($(changes) - before)) changes"
	expect_eq "changes of state" "$before" "$(changes)"
	owner_is "$OWNER" || fail "$OWNER is the owner no more"
	expect_eq term "$term" "$(state "$OWNER" term)"
	expect_eq "who answers" "$(mac_of "$OWNER")" "$(answers c "$VIP")"
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Planned handovers that do not go as planned: a successor that does not come, that is just being replaced.

# As READY as a host can be that does not know yet what stands in its way: an address that is not ours to add.
spoil_standby() {
	ip -n "$STANDBY" addr add $VIP/16 dev eth0 || fail "$STANDBY has the address already"
}

test_nobody_took_it() {
	pair_up
	spoil_standby
	expect_fail 1 "group 'web': released, but nobody took it in time" ctl "$OWNER" release web
	grep -q 'web: candidate -> fault' "$TMP/$STANDBY.log" || fail "$STANDBY did not try"
	wait_owner "$OWNER"
}

# The group is out of service here all the same, and stays so.
test_nobody_took_what_was_drained() {
	pair_up
	spoil_standby
	expect_fail 1 "group 'web': drained, but nobody took it in time" ctl "$OWNER" drain web
	owner_is "$OWNER" && fail "$OWNER owns it again"
	expect_ok ctl "$OWNER" undrain web
	wait_owner "$OWNER"
}

test_taken() {
	pair_up
	expect_ok ctl "$OWNER" release web
	wait_owner "$STANDBY"
}

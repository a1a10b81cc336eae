# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A pair with alone = "gateway" on a LAN where answers take longer than C, the time for which an address is probed before
# a lone claim.

# shellcheck source=selftests/faults/lab.sh
. "${BASH_SOURCE[0]%/*}/../faults/lab.sh"

# 50 ms x 7: L 300, C 25, D 185 ms. ANSWERS: what reaches the standby comes so many ms late.
ANSWERS=60

ip_of() {
	case $1 in
	g) echo 198.18.0.254 ;;
	c) echo 198.18.0.9 ;;
	*) echo "198.18.0.${1#h}" ;;
	esac
}

slow_pair() {
	ALONE=gateway INTERVAL=50ms TOP="gateway = \"$(ip_of g)\""
	lab_up h1 h2 g
	NODES="h1 h2"
	lab_start h1 h2
	wait_settled
	lan "delay * $STANDBY $ANSWERS" >/dev/null
	sleep 1
	ask_begin
	settled || fail "they do not agree: $(states "$NODES")"
}

# Heartbeats alone are cut: the owner serves on, and answers the standby that asks; only not within C.
test_owner_that_answers_late() {
	slow_pair
	lan "cut $OWNER $STANDBY beat; cut $STANDBY $OWNER beat" >/dev/null
	sleep 2
	expect_eq "lease of $STANDBY" none "$(state "$STANDBY" lease)"
	owner_is "$OWNER" || fail "$OWNER does not own it any more"
	expect_safe
	grep -q 'no heartbeats come, but somebody answers' "$TMP/$STANDBY.log" || fail "$STANDBY does not say why it stays"
}

# Nobody answers any more: the claim is made, if a little later.
test_nobody_answers() {
	slow_pair
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	expect_safe
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What happens to hosts and daemons: killed, stopped, crashed, unplugged, started all at once.
. selftests/faults/lab.sh

# The other host owns, the client is answered by it, and it took one change.
taken_over_once() {
	wait_owner "$STANDBY"
	sleep 0.5
	expect_safe
	expect_eq "who answered last" "$STANDBY" "$(saw '.runs[-1].node')"
	expect_eq "changes of owner" 1 "$(changes)"
	seen "1 change, nobody answered for $(ms_of "$(longest_handover)"), $(saw .answered) answers, none twice"
}

# expect: takeover, one binding
test_killed() {
	pair_in_lab
	daemon_kill "$OWNER"
	taken_over_once
}

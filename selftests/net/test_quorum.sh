# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Three members: three nodes (h1 h2 h3), or two and a witness (h1 h2 w). A majority owns, whatever is killed or cut;
# a client that asks all the time never gets two answers, and the witness none of the work.

# shellcheck source=selftests/lib_quorum.sh
. "${BASH_SOURCE[0]%/*}/../lib_quorum.sh"

# Not between ask_begin and ask_end_judged: each of two asking tools takes the other's answers for its own.
served_by() {
	expect_eq "who answers" "$(mac_of "$1")" "$(answers c $VIP)"
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

test_cold_start_of_three() {
	quorum_lan h1 h2 h3
	ask_begin
	quorum_start h1 h2 h3
	wait_one h1 h2 h3
	ask_end_judged
	all_agree
	served_by "$OWNER"
}

# No majority, no owner; the second makes it one.
test_one_of_three_is_nobody() {
	quorum_lan h1 h2 h3
	quorum_start h3
	busywait 5000 state_is h3 state standby || fail "h3 is $(state h3 state)"
	# Longer than the boot wait and G together.
	sleep 2.5
	expect_eq "who answers" "" "$(answers c $VIP)"
	quorum_start h1
	wait_one h1 h3
	served_by "$OWNER"
}

test_owner_killed() {
	local dead
	quorum_up h1 h2 h3
	ask_begin
	dead=$OWNER
	daemon_kill "$dead"
	# shellcheck disable=SC2086
	wait_one $REST
	ask_end_judged
	expect_eq "lease of the dead" none "$(state "$dead" lease)"
	served_by "$OWNER"
	daemon_start "$dead"
	wait_standby "$dead"
	all_agree
}

test_owner_stopped_and_continued() {
	local stopped
	quorum_up h1 h2 h3
	ask_begin
	stopped=$OWNER
	stamp STOP "$stopped" >/dev/null
	# shellcheck disable=SC2086
	wait_one $REST
	stamp CONT "$stopped" >/dev/null
	wait_standby "$stopped"
	ask_end_judged
	served_by "$OWNER"
}

# The loss of one changes nothing; of two, the third falls silent.
test_standbys_killed() {
	local term
	quorum_up h1 h2 h3
	term=$(state "$OWNER" term)
	ask_begin
	daemon_kill "$(rest 1)"
	sleep 1.5
	owner_is "$OWNER" || fail "it did not survive the loss of a standby"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	daemon_kill "$(rest 2)"
	wait_silent "$OWNER"
	expect_eq "who answers" "" "$(answers c $VIP)"
	daemon_start "$(rest 1)"
	wait_one "$OWNER" "$(rest 1)"
	ask_end_judged
}

test_owner_cut_off() {
	local old
	quorum_up h1 h2 h3
	ask_begin
	old=$OWNER
	cut_apart "$old" "$(rest 1)" "$old" "$(rest 2)"
	wait_silent "$old"
	# shellcheck disable=SC2086
	wait_one $REST
	expect_ok on c ping -c 1 -W 1 -q $VIP
	heal
	wait_one h1 h2 h3
	ask_end_judged
	served_by "$OWNER"
	[ "$OWNER" != "$old" ] || fail "the roles went back"
	all_agree
}

test_everybody_cut_off() {
	quorum_up h1 h2 h3
	ask_begin
	cut_apart h1 h2 h1 h3 h2 h3
	wait_silent "$OWNER"
	sleep 1.5
	expect_eq "who answers" "" "$(answers c $VIP)"
	heal
	wait_one h1 h2 h3
	ask_end_judged
	all_agree
	served_by "$OWNER"
}

# Two others still hear the owner, or one does and is heard: a majority.
test_one_way_cuts_change_nothing() {
	local term
	quorum_up h1 h2 h3
	term=$(state "$OWNER" term)
	ask_begin
	cut "$OWNER" "$(rest 1)"
	sleep 1.5
	cut "$(rest 1)" "$(rest 2)"
	sleep 1.5
	owner_is "$OWNER" || fail "the owner is $(state "$OWNER" state)"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	heal
	ask_end_judged
	wait_one h1 h2 h3
	served_by "$OWNER"
}

# What it had promised is lost, so it waits (P9); the owner has the other's word meanwhile.
test_standby_restarted() {
	local term i
	quorum_up h1 h2 h3
	term=$(state "$OWNER" term)
	ask_begin
	for i in 1 2 3; do
		daemon_kill "$(rest 1)"
		daemon_start "$(rest 1)"
		wait_standby "$(rest 1)"
		owner_is "$OWNER" || fail "restart $i: the owner is $(state "$OWNER" state)"
		expect_eq "restart $i: term" "$term" "$(state "$OWNER" term)"
	done
	ask_end_judged
}

test_release_to_the_named() {
	local old new
	quorum_up h1 h2 h3
	ask_begin
	old=$OWNER new=$(rest 2)
	# As soon as that one is READY: its boot wait may not be over yet.
	busywait 5000 ctl "$old" release web --to "$new" >/dev/null 2>&1 || fail "it is not released"
	wait_owner "$new"
	wait_standby "$old"
	ask_end_judged
	OWNER=$new
	all_agree
	served_by "$new"
}

# The better node asks once it has been fit for the delay, which is 10 G; nothing is lost on the way.
test_preempt() {
	GROUP='preempt = true preempt-delay = "4s"'
	quorum_lan h1 h2 h3
	sed -i 's/group "web" {/& priority = 200/' "$TMP/h3.conf"
	quorum_start h1 h2
	wait_one h1 h2
	ask_begin
	quorum_start h3
	wait_owner h3 8000
	ask_end_judged
	# First it waits for 1 s (P9), not ready yet.
	expect_ge "ms for which h3 stood by before it claimed" 5000 "$(sed -nE 's/^\[([0-9]+)\.([0-9]{3}).*-> (standby|candidate):.*/\1\2 \3/p' "$TMP/h3.log" |
		awk '$2 == "standby" { since = $1 } $2 == "candidate" { print $1 - since; exit }')"
	served_by h3
}

# One file takes a node for a witness that is none: whose file it is takes nothing, owner or not.
test_members_differ() {
	local term
	quorum_lan h1 h2 h3
	sed -i 's/"198.18.0.2"/& witness = true/; s/group "web" {/& priority = 200/' "$TMP/h3.conf"
	quorum_start h1 h2
	wait_one h1 h2
	term=$(state "$OWNER" term)
	ask_begin
	quorum_start h3
	sleep 3
	ask_end_judged
	owner_is "$OWNER" || fail "the owner is $(state "$OWNER" state)"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	expect_eq "lease of h3" none "$(state h3 lease)"
	daemon_kill "$OWNER"
	sleep 2
	expect_eq "lease of h3" none "$(state h3 lease)"
}

# quorum_up for two nodes and a witness.
witness_up() {
	quorum_lan h1 h2 w
	quorum_start h1 h2 w
	wait_one h1 h2
	voters_ready
}

# With the other node dead the witness's vote keeps the owner; with the owner dead too nobody is left to own.
test_witness_votes_and_never_owns() {
	local dead
	witness_up
	all_agree
	ask_begin
	expect_eq "phase of the witness" witness "$(state w phase)"
	expect_fail 1 witness ctl w take web
	expect_fail 1 witness ctl w drain
	dead=$OWNER
	daemon_kill "$dead"
	wait_owner "$(rest 1)"
	expect_ok on c ping -c 1 -W 1 -q $VIP
	daemon_kill "$(rest 1)"
	sleep 1.5
	ask_end_judged
	expect_eq "who answers" "" "$(answers c $VIP)"
	expect_eq "lease of the witness" none "$(state w lease)"
	daemon_start "$dead"
	wait_owner "$dead"
}

test_witness_killed() {
	local term
	witness_up
	term=$(state "$OWNER" term)
	ask_begin
	daemon_kill w
	sleep 1.5
	owner_is "$OWNER" || fail "it did not survive the loss of the witness"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	daemon_start w
	sleep 2
	ask_end_judged
	owner_is "$OWNER" || fail "the witness came back, the owner is $(state "$OWNER" state)"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
}

test_witness_side_owns() {
	local old new
	witness_up
	ask_begin
	old=$OWNER new=$(rest 1)
	cut_apart "$old" "$new" "$old" w
	wait_silent "$old"
	wait_owner "$new"
	expect_ok on c ping -c 1 -W 1 -q $VIP
	heal
	wait_one h1 h2
	ask_end_judged
	served_by "$new"
	expect_eq "owner after all is well again" "$new" "$OWNER"
}

# The nodes do not hear each other, the witness hears both: the owner stays.
test_nodes_cut_apart_beside_the_witness() {
	local term
	witness_up
	term=$(state "$OWNER" term)
	ask_begin
	cut_apart h1 h2
	sleep 2
	ask_end_judged
	owner_is "$OWNER" || fail "the owner is $(state "$OWNER" state)"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	expect_eq "lease of the other" none "$(state "$(rest 1)" lease)"
}

# Of the group web in HOST's map: until when what was promised before is not known, CLOCK_BOOTTIME ns.
boot_until() {
	bpftool -j map dump pinned "/sys/fs/bpf/ip-takeover/$(instance_of "$1")/groups" |
		jq '.[].formatted.value | select(.name == "web") | .boot_until_ns'
}

without_web() {
	sed -i 's/group "web".*/group "db" { interface = "eth0" addresses = { "198.18.1.9\/16" } }/' "$TMP/$1.conf"
	expect_ok ctl "$1" reload
}

boottime_ns() {
	awk '{ printf "%.0f", $1 * 1e9 }' /proc/uptime
}

# A group that left a voter's configuration took its promises along. Made again by hand in the meantime it is there, but
# knows of none.
test_group_made_by_hand_in_between() {
	local h begin
	quorum_up h1 h2 h3
	h=$(rest 1)
	begin=$(boot_until "$h")
	expect_ok ctl "$h" reload
	expect_eq "boot wait of a voter that remembers" "$begin" "$(boot_until "$h")"
	cp "$TMP/$h.conf" "$TMP/with"
	begin=$(boottime_ns)
	without_web "$h"
	cp "$TMP/with" "$TMP/$h.conf"
	expect_ok ctl "$h" reload
	expect_ge "boot wait of one without the group for a while" "$begin" "$(boot_until "$h")"
	begin=$(boottime_ns)
	without_web "$h"
	expect_ok ctl "$h" add web $VIP/16 dev eth0
	cp "$TMP/with" "$TMP/$h.conf"
	expect_ok ctl "$h" reload
	expect_ge "boot wait of one that has forgotten" "$begin" "$(boot_until "$h")"
	wait_one h1 h2 h3
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The operator's programs: checks that decide who may own, hooks that are told who does; and that the lease
# waits for neither.

# A check that succeeds while the file HOST.well is there.
file_check() {
	local host
	for host in h1 h2; do
		touch "$TMP/$host.well"
		track_conf $host "track \"t\" { script = { \"/usr/bin/test\", \"-e\", \"$TMP/$host.well\" } interval = \"100ms\" $1 }" \
			'track = { "t" }'
	done
}

priority_now() {
	sed -n 's/.*priority [0-9]* -> \([0-9]*\)$/\1/p' "$TMP/$1.log" | tail -n 1 | grep -qx "$2"
}

test_failed_check_hands_over() {
	file_check ''
	pair_up
	rm "$TMP/$OWNER.well"
	wait_owner "$STANDBY"
	busywait 5000 fault_is "$OWNER" || fail "$OWNER is not in fault"
	grep -q 'track t failed: exit status 1' "$TMP/$OWNER.log" || fail "$OWNER does not say which check failed"
	follow "$OWNER" "$TMP/edges" --last 16
	busywait 5000 grep -q 'track track=t ok=false: exit status 1' "$TMP/edges" || fail "no event of the check"
	kill "$FOLLOWER"
	# Planned: the old owner gave it away, nobody waited for silence.
	grep -q 'owner -> release' "$TMP/$OWNER.log" || fail "$OWNER did not release"
	grep -q "named by the peer's release" "$TMP/$STANDBY.log" || fail "$STANDBY was not named"
	sleep 1
	fault_is "$OWNER" || fail "$OWNER left its fault without a reason"
	# Well again, it stands by: the roles stay reversed.
	touch "$TMP/$OWNER.well"
	wait_standby "$OWNER"
	sleep 0.5
	owner_is "$STANDBY" || fail "$STANDBY lost the address"
}

# What was known to fail is not well again because a new process has yet to look.
test_failed_check_outlives_the_process() {
	local before
	file_check 'fall = 20'
	pair_up
	rm "$TMP/$OWNER.well"
	busywait 8000 fault_is "$OWNER" || fail "$OWNER is not in fault"
	before=$(wc -l <"$TMP/$OWNER.log")
	stamp USR2 "$OWNER" >/dev/null
	busywait 5000 grep -q 'upgrade' "$TMP/$OWNER.log" || fail "$OWNER was not replaced"
	busywait 5000 fault_is "$OWNER" || fail "$OWNER is not in fault"
	tail -n "+$before" "$TMP/$OWNER.log" | grep -q -- '-> standby' && fail "$OWNER was ready for a while"
	touch "$TMP/$OWNER.well"
	wait_standby "$OWNER"
}

# Nor because the daemon was started again: nobody else is there, and still it is not taken before a result.
test_failed_check_outlives_the_daemon() {
	local before
	program slow <<-'END'
		#!/bin/sh
		sleep 1.5
		test -e "${0%/*}/well"
	END
	touch "$TMP/well"
	track_conf h1 "track \"t\" { script = { \"$TMP/slow\" } interval = \"2s\" timeout = \"2s\" rise = 3 }" 'track = { "t" }'
	lan_up
	daemon_start h1
	wait_owner h1
	rm "$TMP/well"
	busywait 8000 fault_is h1 || fail "no fault"
	daemon_kill h1
	before=$(wc -l <"$TMP/h1.log")
	daemon_start h1
	busywait 5000 fault_is h1 || fail "the failure is forgotten"
	sleep 1
	fault_is h1 || fail "not in fault before the first result"
	tail -n "+$((before + 1))" "$TMP/h1.log" | grep -q -- '-> \(candidate\|owner\)' && fail "taken before a result"
	touch "$TMP/well"
	# One good result, not three.
	wait_owner h1 5500
}

test_one_bad_result_is_not_enough() {
	file_check 'fall = 100'
	pair_up
	rm "$TMP/$OWNER.well"
	sleep 1
	owner_is "$OWNER" || fail "$OWNER lost the address"
	expect_eq "verdicts" 0 "$(grep -c 'track t failed' "$TMP/$OWNER.log")"
}

test_weight_moves_by_preemption() {
	INTERVAL=10ms MISSES=5 SETTLE=1ms PREEMPT=true
	file_check 'weight = -100'
	sed -i 's/preempt   = true/preempt = true preempt-delay = "1s"/' "$TMP"/h?.conf
	pair_up
	rm "$TMP/$OWNER.well"
	busywait 5000 priority_now "$OWNER" 50 || fail "priority of $OWNER does not fall"
	wait_owner "$STANDBY" 10000
	wait_standby "$OWNER"
	touch "$TMP/$OWNER.well"
	busywait 5000 priority_now "$OWNER" 150 || fail "priority of $OWNER does not rise"
}

sleepers() {
	pgrep -fc '^sleep 7777'
}

test_hanging_check_is_killed_whole() {
	local i n
	program hang <<-'END'
		#!/bin/sh
		[ -e "${0%/*}/hanging" ] || exit 0
		echo about to hang
		sleep 7777 &
		wait
	END
	for host in h1 h2; do
		track_conf $host "track \"t\" { script = { \"$TMP/hang\" } interval = \"300ms\" timeout = \"200ms\" }" 'track = { "t" }'
	done
	pair_up
	daemon_kill "$STANDBY"
	touch "$TMP/hanging"
	busywait 5000 fault_is "$OWNER" || fail "a check that hangs is no failure"
	grep -q 'track t failed: still running after 200 ms, killed: about to hang' "$TMP/$OWNER.log" ||
		fail "$OWNER does not say how the check failed"
	for ((i = 0; i < 20; i++)); do
		n=$(sleepers)
		expect_le "runs at once" 1 "$n"
		sleep 0.05
	done
	rm "$TMP/hanging"
	wait_owner "$OWNER"
	expect_eq "left of what was killed" 0 "$(sleepers)"
}

test_nothing_is_inherited() {
	program look <<-'END'
		#!/bin/sh
		{
			chrt -p $$
			ls /proc/$$/fd
			readlink /proc/$$/fd/0
			ps -o pgid= -p $$ | grep -qw $$ && echo leader
		} >"${0%/*}/seen.new"
		mv "${0%/*}/seen.new" "${0%/*}/seen"
	END
	REALTIME=true track_conf h1 "track \"look\" { script = { \"$TMP/look\" } }
		track \"self\" { script = { \"/bin/cp\", \"/proc/self/status\", \"$TMP/status\" } }" 'track = { "look", "self" }'
	lan_up
	daemon_start h1
	busywait 5000 test -e "$TMP/seen" -a -s "$TMP/status" || fail "the checks do not run"
	chrt -p "$(pid_of h1)" | grep -q FIFO || skip "no real-time class here"
	grep -q '^SigBlk:.0000000000000000$' "$TMP/status" || fail "signals are blocked: $(cat "$TMP/status")"
	# 32 and 33 are the C library's own.
	grep -q '^SigIgn:.0000000[01]80000000$' "$TMP/status" || fail "signals are ignored: $(cat "$TMP/status")"
	grep -q '^VmLck:.* 0 kB$' "$TMP/status" || fail "memory is locked: $(cat "$TMP/status")"
	grep -q 'SCHED_OTHER' "$TMP/seen" || fail "it runs in a real-time class: $(cat "$TMP/seen")"
	grep -q '^leader$' "$TMP/seen" || fail "it has no process group of its own"
	grep -q '^/dev/null$' "$TMP/seen" || fail "it reads our standard input"
	# 0, 1, 2 and the shell's own for the script, and the one it saves standard output in.
	expect_le "open files: $(cat "$TMP/seen")" 5 "$(grep -cE '^[0-9]+$' "$TMP/seen")"
}

hook_program() {
	program hook <<-'END'
		#!/bin/sh
		# Slower than the daemon's own end.
		[ "$3" != standby ] || [ ! -e "${0%/*}/slow" ] || sleep "$(cat "${0%/*}/slow")"
		echo "$2 $3 $4 $5 | $IPT_NODE $IPT_GROUP $IPT_STATE $IPT_TERM" >>"$1"
	END
}

calls_of() {
	awk '{ print $2 }' "$TMP/$1.calls" 2>/dev/null | xargs
}

calls_are() {
	[ "$(calls_of "$1")" = "$2" ] || {
		echo "$1: $(calls_of "$1")"
		return 1
	}
}

test_hooks_in_order() {
	local host was
	hook_program
	for host in h1 h2; do
		track_conf $host '' "notify = { \"$TMP/hook\", \"$TMP/$host.calls\" }"
	done
	pair_up
	was=$OWNER
	busywait 5000 calls_are "$was" "standby owner" || fail "hooks of $was: $(calls_of "$was")"
	busywait 5000 calls_are "$STANDBY" standby || fail "hooks of $STANDBY: $(calls_of "$STANDBY")"
	grep -qE "^web owner [0-9]+ .+ \| n${was#h} web owner [0-9]+\$" "$TMP/$was.calls" || fail "$(cat "$TMP/$was.calls")"
	ctl "$was" release web || fail "$was does not release"
	wait_owner "$STANDBY"
	busywait 5000 calls_are "$was" "standby owner standby" || fail "hooks of $was: $(calls_of "$was")"
	# The last change is told before the process ends.
	echo 4 >"$TMP/slow"
	stamp TERM "$STANDBY" >/dev/null
	wait "$(pid_of "$STANDBY")"
	calls_are "$STANDBY" "standby owner standby" || fail "hooks of $STANDBY: $(calls_of "$STANDBY")"
	rm "$TMP/slow"
	wait_owner "$was"
	ip -n "$was" link set eth0 down
	busywait 5000 calls_are "$was" "standby owner standby owner fault" || fail "hooks of $was: $(calls_of "$was")"
}

test_failing_hook_is_logged() {
	track_conf h1 '' 'notify = { "/bin/false" }'
	lan_up
	daemon_start h1
	wait_owner h1
	busywait 5000 grep -q 'group web: hook "owner" failed: exit status 1' "$TMP/h1.log" || fail "no line in the log"
}

last_group_is() {
	ctl h1 status --json 2>/dev/null | jq -e --arg states "$1" '.groups[47].state | inside($states)' >/dev/null
}

# More calls than the queue holds: followers are told of it too.
test_skipped_hooks_are_an_event() {
	local n
	program wait <<-END
		#!/bin/sh
		while [ ! -e $TMP/go ]; do sleep 0.1; done
	END
	INTERVAL=20ms SETTLE=2ms
	track_conf h1 '' "notify = { \"$TMP/wait\" }"
	for n in $(seq 47); do
		echo "group \"g$n\" { interface = \"eth0\" addresses = { \"198.18.2.$n/16\" } notify = { \"$TMP/wait\" } }"
	done >>"$TMP/h1.conf"
	lan_up
	daemon_start h1
	for n in 1 2 3 4; do
		# Nobody else is there, so it will not stand by for long.
		busywait 10000 last_group_is "standby owner" || fail "no standby, $n"
		ip -n h1 link set eth0 down
		busywait 10000 last_group_is fault || fail "no fault, $n"
		ip -n h1 link set eth0 up
	done
	follow h1 "$TMP/edges" --json --last 64
	touch "$TMP/go"
	busywait 10000 grep -q '"event":"alarm","text":"[0-9]* hooks were skipped' "$TMP/edges" || fail "no event"
	grep -q 'ALARM: [0-9]* hooks were skipped' "$TMP/h1.log" || fail "no line in the log"
	kill "$FOLLOWER"
}

# Whatever hangs, the lease goes on, and so does a handover.
test_hanging_programs_hold_up_nothing() {
	local host term was
	program hang <<-'END'
		#!/bin/sh
		exec sleep 7777
	END
	for host in h1 h2; do
		track_conf $host "track \"t\" { script = { \"$TMP/hang\" } interval = \"60s\" initial = \"good\" }" \
			"track = { \"t\" } notify = { \"$TMP/hang\" }"
	done
	pair_up
	was=$OWNER
	term=$(state "$was" term)
	sleep 2
	expect_eq "term" "$term" "$(state "$was" term)"
	ctl "$was" release web || fail "$was does not release"
	wait_owner "$STANDBY" 2000
	stamp TERM "$STANDBY" >/dev/null
	wait_owner "$was" 2000
	# It waits for its hook, and has given up everything else.
	kill -0 "$(pid_of "$STANDBY")" || fail "$STANDBY did not wait for its hook"
	daemon_kill "$STANDBY"
	expect_eq "who answers" "$(mac_of "$was")" "$(answers c $VIP)"
}

no_zombies() {
	! ps -o stat= --ppid "$(pid_of "$1")" | grep '^Z'
}

# The process is replaced: what it ran is ended or taken over, and hooks are told what has changed meanwhile.
test_programs_and_a_new_process() {
	hook_program
	program hang <<-'END'
		#!/bin/sh
		[ ! -e "${0%/*}/hanging" ] || exec sleep 7777
	END
	for host in h1 h2; do
		track_conf $host "track \"t\" { script = { \"$TMP/hang\" } interval = \"10s\" initial = \"good\" }
			track \"u\" { script = { \"/bin/true\" } interval = \"100ms\" }" \
			"track = { \"t\", \"u\" } notify = { \"$TMP/hook\", \"$TMP/$host.calls\" }"
	done
	touch "$TMP/hanging"
	pair_up
	busywait 5000 calls_are "$OWNER" "standby owner" || fail "hooks of $OWNER: $(calls_of "$OWNER")"
	expect_eq "checks that hang" 2 "$(sleepers)"
	rm "$TMP/hanging"
	# A hook that runs meanwhile goes on, and the new process's own wait for its end.
	echo 2 >"$TMP/slow"
	expect_ok ctl "$OWNER" release web
	expect_ok ctl "$OWNER" take web
	stamp USR2 "$OWNER" >/dev/null
	busywait 8000 calls_are "$OWNER" "standby owner standby owner" || fail "hooks of $OWNER: $(calls_of "$OWNER")"
	grep -q 'adopted' "$TMP/$OWNER.log" || fail "$OWNER did not adopt its lease"
	owner_is "$OWNER" || fail "$OWNER lost the address"
	expect_eq "checks that hang" 1 "$(sleepers)"
	busywait 3000 no_zombies "$OWNER" || fail "$OWNER has zombies"
}

processes_are() {
	expect_eq "processes of $1" "$2" "$(grep -c 'first heartbeat' "$TMP/$1.log")"
}

# A hook that outlives two processes: the third waits for its end too, and collects it.
test_hook_and_two_new_processes() {
	local host n
	program hook <<-'END'
		#!/bin/sh
		echo "begin $3" >>"$1"
		while [ "$3" = standby ] && [ -e "${0%/*}/hold" ]; do sleep 0.05; done
		echo "end $3" >>"$1"
	END
	for host in h1 h2; do
		track_conf $host '' "notify = { \"$TMP/hook\", \"$TMP/$host.calls\" }"
	done
	pair_up
	busywait 5000 calls_are "$OWNER" "standby standby owner owner" || fail "hooks of $OWNER: $(calls_of "$OWNER")"
	rm "$TMP/$OWNER.calls"
	touch "$TMP/hold"
	expect_ok ctl "$OWNER" release web
	expect_ok ctl "$OWNER" take web
	busywait 5000 calls_are "$OWNER" standby || fail "hooks of $OWNER: $(calls_of "$OWNER")"
	for n in 2 3; do
		stamp USR2 "$OWNER" >/dev/null
		busywait 5000 processes_are "$OWNER" $n || fail "no process $n"
	done
	# Time enough for what shall not be begun.
	sleep 1
	calls_are "$OWNER" standby || fail "a hook ran beside another: $(xargs <"$TMP/$OWNER.calls")"
	rm "$TMP/hold"
	busywait 5000 calls_are "$OWNER" "standby standby owner owner" || fail "hooks of $OWNER: $(calls_of "$OWNER")"
	expect_eq "calls" "begin standby end standby begin owner end owner" "$(xargs <"$TMP/$OWNER.calls")"
	busywait 3000 no_zombies "$OWNER" || fail "$OWNER has zombies"
}

# Cut in the middle of a character it would be no JSON.
test_check_that_speaks_another_language() {
	program umlauts <<-'END'
		#!/bin/bash
		printf '\377 %s\n' "$(printf 'ü%.0s' $(seq 100))"
		exit 1
	END
	track_conf h1 "track \"t\" { script = { \"$TMP/umlauts\" } interval = \"300ms\" }" 'track = { "t" }'
	lan_up
	daemon_start h1
	busywait 5000 fault_is h1 || fail "the check has not failed"
	ctl h1 status --json >"$TMP/status"
	grep -q 'üü' "$TMP/status" || fail "the status does not have the check's last line"
	iconv -f UTF-8 -t UTF-8 "$TMP/status" >/dev/null || fail "the status is no UTF-8"
	follow h1 "$TMP/edges" --json --last 16
	busywait 5000 grep -q 'üü' "$TMP/edges" || fail "no event has the check's last line"
	kill "$FOLLOWER"
	iconv -f UTF-8 -t UTF-8 "$TMP/edges" >/dev/null || fail "events are no UTF-8"
}

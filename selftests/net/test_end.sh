# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The daemon's end waits for nobody for ever: not for a program that no signal ends, not for a reader of its log.

# hold PID: nobody can collect it from now on, whatever ends it, as if it hung in the kernel: its tracer is stopped.
hold() {
	strace -o /dev/null -p "$1" 2>/dev/null &
	HOLDER=$!
	busywait 5000 traced_by_somebody "$1" || skip "strace does not work here"
	kill -STOP "$HOLDER"
}

traced_by_somebody() {
	! grep -q '^TracerPid:[[:space:]]*0$' "/proc/$1/status"
}

let_go() {
	kill -KILL "$HOLDER"
}

# A program of the operator's that notes each run of it and then, where it is told to, never ends.
program_write() {
	cat >"$TMP/program" <<-'END'
		#!/bin/sh
		echo $$ >>"${0%/*}/runs"
		[ ! -e "${0%/*}/hanging" ] || exec sleep 7777
	END
	chmod +x "$TMP/program"
}

# with_programs TRACK GROUP: h1's file with these two lines more.
with_programs() {
	program_write
	conf_write h1
	sed -i "s|^\(group.*\)|$1\n\1 $2|" "$TMP/h1.conf"
}

runs() {
	wc -l <"$TMP/runs"
}

hangs() {
	pgrep -fx 'sleep 7777' >"$TMP/hung" && [ "$(tail -n 1 "$TMP/runs")" = "$(cat "$TMP/hung")" ]
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

# h1 owns, and a check of its hangs as nothing can end it.
hanging_up() {
	daemon_start h1
	wait_owner h1
	touch "$TMP/hanging"
	busywait 5000 hangs || fail "no check hangs"
	hold "$(cat "$TMP/hung")"
}

# ends_and_begins MS: h1's daemon, told to end, does so, and another one can begin.
ends_and_begins() {
	local pid
	pid=$(pid_of h1)
	stamp TERM h1 >/dev/null
	busywait "$1" ended "$pid" || fail "it does not end"
	rm -f "$TMP/hanging"
	daemon_start h1
	busywait 10000 owner_is h1 || fail "no other begins: $(tail -n 3 "$TMP/h1.log")"
}

test_check_that_no_signal_ends() {
	with_programs "track \"t\" { script = { \"$TMP/program\" } interval = \"300ms\" timeout = \"200ms\" fall = 3 }" \
		'track = { "t" }'
	lan_up
	hanging_up
	busywait 10000 state_is h1 state fault || fail "a check that hangs for ever is no failure"
	ends_and_begins 4000
	let_go
}

test_reload_beside_a_check_that_no_signal_ends() {
	local n
	with_programs "track \"t\" { script = { \"$TMP/program\" } interval = \"1s\" timeout = \"500ms\" fall = 100 }" \
		'track = { "t" }'
	lan_up
	hanging_up
	n=$(runs)
	expect_ok ctl h1 reload
	expect_ok ctl h1 upgrade
	sleep 3
	expect_eq "runs while one is there" "$n" "$(runs)"
	rm "$TMP/hanging"
	let_go
	busywait 5000 more_runs_than "$n" || fail "no run after it has gone"
	owner_is h1 || fail "h1 owns no more"
}

size_of() {
	sed -n 's/^VmSize:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

size_is_above() {
	[ "$(size_of "$1")" -gt "$2" ]
}

# The new file asks for what is not to be had when its checks have begun: there is room for the threads that there are, and
# not for those of 15 more, with a stack of 1 MiB each. The process goes back to the file before, and what was left to
# it must be there for the second attempt as well.
test_reload_that_goes_back_beside_a_check_that_no_signal_ends() {
	local n i pid size reload
	with_programs "track \"t\" { script = { \"$TMP/program\" } interval = \"1s\" timeout = \"500ms\" fall = 100 }" \
		'track = { "t" }'
	lan_up
	# Else malloc() sets 64 MiB aside for some of the threads.
	export GLIBC_TUNABLES=glibc.malloc.arena_max=1
	hanging_up
	n=$(runs)
	for ((i = 1; i < 16; i++)); do
		sed -i "s|^\(track \"t\".*\)|\1\ntrack \"t$i\" { script = { \"/bin/true\" } }|" "$TMP/h1.conf"
	done
	pid=$(pid_of h1)
	size=$(size_of "$pid")
	prlimit --pid "$pid" --as=$(((size + 6000) * 1024)): || skip "no limits here"
	on_exec h1 "$CTL" reload 2>"$TMP/reload" &
	reload=$!
	# What was there for them is not given back, and would be missing: it waits a second for the check that hangs.
	busywait 5000 size_is_above "$pid" $((size + 4500)) || fail "there was room: $(cat "$TMP/h1.log")"
	prlimit --pid "$pid" --as=unlimited:
	wait "$reload" && fail "the reload has worked"
	grep -q "ALARM.*track threads.*of the process before" "$TMP/h1.log" || fail "it did not go back"
	sleep 3
	expect_eq "runs while one is there" "$n" "$(runs)"
	rm "$TMP/hanging"
	let_go
	busywait 5000 more_runs_than "$n" || fail "no run after it has gone"
	owner_is h1 || fail "h1 owns no more"
}

more_runs_than() {
	[ "$(runs)" -gt "$1" ]
}

test_hook_that_no_signal_ends() {
	with_programs "" "notify = { \"$TMP/program\" }"
	lan_up
	touch "$TMP/hanging"
	daemon_start h1
	wait_owner h1
	busywait 5000 hangs || fail "no hook hangs"
	hold "$(cat "$TMP/hung")"
	# The call that hangs has its time, and so have the others: as documented, and no longer.
	ends_and_begins 65000
	let_go
}

# The log goes into a pipe that is full, and nobody reads.
test_reader_of_the_log_that_reads_no_more() {
	local i
	lan_up
	conf_write h1
	mkfifo "$TMP/pipe"
	exec 8<>"$TMP/pipe" 9>"$TMP/pipe"
	on_exec h1 "$CTL" run -c "$TMP/h1.conf" 2>&9 &
	echo $! >"$TMP/h1.pid"
	wait_owner h1
	# To the last byte.
	dd if=/dev/zero of="$TMP/pipe" bs=1 oflag=nonblock conv=notrunc 2>/dev/null
	for ((i = 0; i < 3; i++)); do
		expect_ok ctl h1 reload
	done
	stamp TERM h1 >/dev/null
	busywait 4000 ended "$(pid_of h1)" || fail "it does not end"
	daemon_start h1
	busywait 10000 owner_is h1 || fail "no other begins"
	# Nor does the message about a failure wait.
	timeout 10 "$CTL" run -c /nowhere 2>&9
	expect_eq "status of a start that fails" 1 $?
}

# What is tried before an upgrade is a program like any other.
test_tried_program_that_no_signal_ends() {
	lan_up
	cp "$CTL" "$TMP/ctl"
	CTL=$TMP/ctl
	daemon_start h1
	wait_owner h1
	CTL=$OUT/ip-takeover-ctl
	printf '#!/bin/sh\nexec sleep 7777\n' >"$TMP/new"
	chmod 755 "$TMP/new"
	mv "$TMP/new" "$TMP/ctl"
	kill -USR2 "$(pid_of h1)"
	busywait 5000 pgrep -fx 'sleep 7777' >"$TMP/hung" || fail "it is not tried"
	hold "$(cat "$TMP/hung")"
	busywait 15000 grep -q 'ALARM: upgrade: .*was killed and does not end' "$TMP/h1.log" || fail "it is waited for"
	owner_is h1 || fail "h1 owns no more"
	ends_and_begins 4000
	let_go
}

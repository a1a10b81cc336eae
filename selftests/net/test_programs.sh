# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The operator's programs before they run: those that cannot, or that others than root may write, are refused while
# nothing has changed; and as whom, and with what, they run.

# check_conf SCRIPT [MORE]: a file whose line 20 names the check.
check_conf() {
	track_conf h1 "track \"t\" { script = { \"$1\" } interval = \"100ms\" ${2-} }" 'track = { "t" }'
	LINE=$(grep -n '^track "' "$TMP/h1.conf" | sed "s,:.*,,")
}

# refused WORD...: check and run say so, naming file and line, and nothing is attached.
refused() {
	local word
	for word in "$TMP/h1.conf:$LINE: " "$@"; do
		expect_fail 1 "$word" ctl h1 check -c "$TMP/h1.conf"
		expect_fail 1 "$word" ctl h1 run -c "$TMP/h1.conf"
	done
	expect_no_trace h1
}

test_programs_that_cannot_run() {
	lan_up
	check_conf /nowhere/to/be/found
	refused "/nowhere/to/be/found" "No such file"
	check_conf "$TMP"
	refused "script '$TMP'" "not a regular file"
	program good <<-'END'
		#!/bin/sh
	END
	check_conf "$TMP/good"
	expect_ok ctl h1 check -c "$TMP/h1.conf"
	chmod -x "$TMP/good"
	refused "script '$TMP/good'" "chmod +x"
	printf '#!/bin/sh\r\nexit 0\r\n' | program good
	refused "script '$TMP/good'" "CR LF"
	printf '#!/no/such/interpreter -e\nexit 0\n' | program good
	refused "script '$TMP/good'" "/no/such/interpreter"
	printf 'exit 0\n' | program good
	refused "script '$TMP/good'" "#!"
	track_conf h1 '' 'notify = { "/nowhere/notify" }'
	LINE=$(grep -n '^notify' "$TMP/h1.conf" | sed "s,:.*,,")
	refused "notify '/nowhere/notify'" "No such file"
}

# The daemon that runs goes on as it was.
test_reload_refuses_a_program_that_cannot_run() {
	program good <<-'END'
		#!/bin/sh
	END
	for host in h1 h2; do
		track_conf $host "track \"t\" { script = { \"$TMP/good\" } interval = \"500ms\" }" 'track = { "t" }'
	done
	pair_up
	sed -i "s,$TMP/good,$TMP/missing," "$TMP/$OWNER.conf"
	LINE=$(grep -n '^track "' "$TMP/$OWNER.conf" | sed "s,:.*,,")
	expect_fail 1 "$TMP/$OWNER.conf:$LINE: script '$TMP/missing'" ctl "$OWNER" reload
	sleep 1
	owner_is "$OWNER" || fail "$OWNER lost the address by a reload that was refused"
	grep -q 'track t failed' "$TMP/$OWNER.log" && fail "a check that works has failed"
	# Gone while it runs: known when it is started, and an upgrade carries on with what runs.
	rm "$TMP/good"
	busywait 5000 fault_is "$OWNER" || fail "a check that cannot run is no failure"
	grep -q "track t failed: $TMP/good: No such file" "$TMP/$OWNER.log" || fail "$OWNER does not say why"
	expect_ok ctl "$OWNER" upgrade
}

test_files_that_others_may_write() {
	lan_up
	mkdir -m 755 "$TMP/bin"
	program bin/good <<-'END'
		#!/bin/sh
	END
	check_conf "$TMP/bin/good"
	expect_ok ctl h1 check -c "$TMP/h1.conf"
	chmod 757 "$TMP/bin/good"
	refused "$TMP/bin/good" "others"
	chmod 755 "$TMP/bin/good"
	chgrp nogroup "$TMP/bin/good"
	chmod 775 "$TMP/bin/good"
	refused "$TMP/bin/good" "others"
	chmod 755 "$TMP/bin/good"
	chown nobody "$TMP/bin/good"
	refused "$TMP/bin/good" "belongs to user"
	chown root:root "$TMP/bin/good"
	chmod 777 "$TMP/bin"
	refused "directory '$TMP/bin'" "others"
	# Where only the owner of a file can rename it, as in /tmp.
	chmod 1777 "$TMP/bin"
	expect_ok ctl h1 check -c "$TMP/h1.conf"
	# What a link leads to counts, not where the link is.
	mkdir "$TMP/open"
	cp "$TMP/bin/good" "$TMP/open/good"
	chmod 777 "$TMP/open"
	ln -s ../open "$TMP/bin/link"
	check_conf "$TMP/bin/link/good"
	refused "open'" "others"
	check_conf "$TMP/bin/good"
	mkdir "$TMP/keys"
	mv "$TMP/key" "$TMP/keys/key"
	sed -i "s,$TMP/key,$TMP/keys/key," "$TMP/h1.conf"
	LINE=$(grep -n key-file "$TMP/h1.conf" | sed "s,:.*,,")
	expect_ok ctl h1 check -c "$TMP/h1.conf"
	chmod 777 "$TMP/keys"
	refused "key-file" "directory '$TMP/keys'"
	chmod 755 "$TMP/keys"
	chmod 666 "$TMP/h1.conf"
	expect_fail 1 "$TMP/h1.conf: others" ctl h1 check -c "$TMP/h1.conf"
	expect_fail 1 "$TMP/h1.conf: others" ctl h1 run -c "$TMP/h1.conf"
}

# As whom they run, and what they find in their environment: nothing of the daemon's.
test_user_and_environment() {
	lan_up
	program look <<-'END'
		#!/bin/sh
		{
			id -u; id -g; id -G; grep -E '^(CapEff|CapPrm|CapAmb)' /proc/self/status
		} >"${0%/*}/seen/$1.new"
		env | sort >"${0%/*}/seen/$1.env"
		mv "${0%/*}/seen/$1.new" "${0%/*}/seen/$1"
	END
	chmod 711 "$TMP"
	mkdir "$TMP/seen"
	chmod 1777 "$TMP/seen"
	track_conf h1 "track \"t\" { script = { \"$TMP/look\", \"check\" } interval = \"300ms\" user = \"games\" }
		track \"r\" { script = { \"$TMP/look\", \"root\" } interval = \"300ms\" }" \
		"track = { \"t\", \"r\" } notify = { \"$TMP/look\", \"hook\" } user = \"games\""
	SECRET=mine daemon_start h1
	busywait 8000 test -e "$TMP/seen/check" -a -e "$TMP/seen/hook" -a -e "$TMP/seen/root" || fail "they do not run: $(cat "$TMP/h1.log")"
	for who in check hook; do
		expect_eq "ids of $who" "$(id -u games) $(id -g games) $(id -G games)" "$(head -n 3 "$TMP/seen/$who" | xargs)"
		expect_eq "capabilities of $who" 3 "$(grep -c '0000000000000000$' "$TMP/seen/$who")"
	done
	expect_eq "ids of one without a user" 0 "$(head -n 1 "$TMP/seen/root")"
	for who in check root; do
		expect_eq "environment" "LANG PATH PWD" "$(grep -v '^_=' "$TMP/seen/$who.env" | grep -v '^\(SHLVL\|OLDPWD\)=' | sed "s,=.*,," | xargs)"
	done
	expect_eq "environment of a hook" "IPT_GROUP IPT_NODE IPT_STATE IPT_TERM LANG PATH PWD" \
		"$(grep -v '^_=' "$TMP/seen/hook.env" | grep -v '^\(SHLVL\|OLDPWD\)=' | sed "s,=.*,," | xargs)"
	daemon_kill h1
	sed -i 's/"games" }/"nosuchuser" }/' "$TMP/h1.conf"
	expect_fail 1 nosuchuser ctl h1 check -c "$TMP/h1.conf"
	chmod 700 "$TMP"
	sed -i 's/"nosuchuser" }/"games" }/' "$TMP/h1.conf"
	expect_fail 1 "user 'games'" ctl h1 check -c "$TMP/h1.conf"
}

# Bytes that a terminal obeys, as C1 and as UTF-8, in what a check writes.
test_control_bytes_of_a_check() {
	program nasty <<-'END'
		#!/bin/bash
		printf 'a\033[2Jb\233c\302\233d\302\200e\237f \303\237 g\n'
		exit 1
	END
	track_conf h1 "track \"t\" { script = { \"$TMP/nasty\" } interval = \"300ms\" }" 'track = { "t" }'
	lan_up
	daemon_start h1
	busywait 5000 fault_is h1 || fail "the check has not failed"
	ctl h1 status >"$TMP/status"
	ctl h1 status --json >"$TMP/status.json"
	follow h1 "$TMP/edges" --last 16
	busywait 5000 grep -q 'track=t ok=false' "$TMP/edges" || fail "no event"
	kill "$FOLLOWER"
	for file in h1.log status status.json edges; do
		grep -q 'a?\[2Jb?c?d?e?f ß g' "$TMP/$file" || fail "$file: $(grep -a 'a.*g' "$TMP/$file" | od -c | head -n 20)"
	done
}

# What it does makes the daemon tell the state once more: that must not make it do so again.
test_hook_that_reloads() {
	program hook <<-'END'
		#!/bin/sh
		echo "$2 $3" >>"$1"
		exec "$CTL" reload
	END
	sed -i "s,\\\$CTL,$CTL," "$TMP/hook"
	track_conf h1 '' "notify = { \"$TMP/hook\", \"$TMP/h1.calls\" }"
	lan_up
	daemon_start h1
	wait_owner h1
	sleep 4
	expect_eq "calls" "web standby web owner" "$(xargs <"$TMP/h1.calls")"
	# Another program has been told nothing yet.
	program other <<-'END'
		#!/bin/sh
		echo "other $3" >>"$1"
	END
	sed -i "s,$TMP/hook,$TMP/other," "$TMP/h1.conf"
	expect_ok ctl h1 reload
	busywait 3000 grep -q 'other owner' "$TMP/h1.calls" || fail "a new program is told nothing: $(xargs <"$TMP/h1.calls")"
}

# slow_check SECONDS MORE: one that takes that long and then says whether $TMP/well is there.
slow_check() {
	program slow <<-END
		#!/bin/sh
		echo run >>"\${0%/*}/runs"
		sleep $1
		test -e "\${0%/*}/well"
	END
	track_conf h1 "track \"t\" { script = { \"$TMP/slow\" } interval = \"2s\" $2 }" 'track = { "t" }'
}

roles_of() {
	grep -o 'group web: .* -> [a-z]*' "$TMP/$1.log" | sed 's/.* //' | xargs
}

# At boot nothing is known: a broken service must not take the address for a moment, nor a good one be called broken.
test_before_the_first_result() {
	slow_check 1.5 ''
	lan_up
	daemon_start h1
	busywait 5000 fault_is h1 || fail "a check that fails is no fault: $(roles_of h1)"
	expect_eq "roles with a service that is broken" "standby fault" "$(roles_of h1)"
	daemon_kill h1
	expect_ok ctl h1 detach --all
	touch "$TMP/well"
	rm "$TMP/h1.log"
	daemon_start h1
	wait_standby h1
	grep -q 'no result yet' <<<"$(ctl h1 status --json)" || fail "status does not say what it waits for"
	wait_owner h1
	expect_eq "roles with a good service" "standby candidate owner" "$(roles_of h1)"
	grep -q 'track t: the first result is good' "$TMP/h1.log" || fail "the log does not say so"
}

test_first_result_as_configured() {
	slow_check 1.5 'initial = "good"'
	lan_up
	daemon_start h1
	busywait 5000 fault_is h1 || fail "no fault: $(roles_of h1)"
	[[ $(roles_of h1) == "standby candidate owner"* ]] || fail "good until proven otherwise, but: $(roles_of h1)"
	daemon_kill h1
	expect_ok ctl h1 detach --all
	rm "$TMP/h1.log"
	touch "$TMP/well"
	slow_check 0.2 'initial = "fail" rise = 2'
	daemon_start h1
	busywait 1500 fault_is h1 || fail "bad until proven otherwise, but: $(roles_of h1)"
	sleep 1
	fault_is h1 || fail "one good result was enough"
	wait_owner h1
}

# What was known is known to the next process, whose own first result is far away.
test_result_is_handed_on() {
	local command
	touch "$TMP/well"
	slow_check 0.1 ''
	sed -i 's/interval = "2s"/interval = "60s"/' "$TMP/h1.conf"
	lan_up
	daemon_start h1
	wait_owner h1
	sed -i 's/^sleep .*/sleep 20/' "$TMP/slow"
	for command in reload upgrade; do
		expect_ok ctl h1 $command
		busywait 3000 owner_is h1 || fail "no owner after $command"
		ctl h1 status --json | grep -q 'no result yet' && fail "after $command the result is forgotten"
		# It takes it back, which it could not if it waited.
		expect_ok ctl h1 release web --force
		expect_ok ctl h1 undrain web
		busywait 3000 owner_is h1 || fail "it waits for a result that it had before $command"
	done
	expect_eq "roles" "standby candidate owner standby candidate owner standby candidate owner" "$(roles_of h1 | xargs -n 1 | uniq | xargs)"
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The commands to a daemon and what they tell of it: good input, bad input, no daemon.

# edge FILE FILTER: a line for which the filter holds.
edge() {
	jq -e -s "map(select($2)) | length > 0" "$1" >/dev/null
}

wait_edge() {
	busywait 5000 edge "$1" "$2" || fail "no edge with $2 in: $(cat "$1")"
}

# raw HOST [OPTION...]: standard input to its control socket, a connection for each line.
raw() {
	local host=$1
	shift
	on "$host" "$TOOLS/ctlraw" "$@" "/run/ip-takeover/$(instance_of "$host").sock"
}

test_without_a_daemon() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_fail 1 "needs the daemon" ctl h1 drain web
	expect_fail 1 "needs the daemon" ctl h1 drain
	expect_fail 1 "needs the daemon" ctl h1 undrain web
	expect_fail 1 "needs the daemon" ctl h1 priority web 7
	expect_fail 1 "needs the daemon" ctl h1 release web --to n2
	expect_fail 1 "needs the daemon" ctl h1 events
	expect_fail 1 "needs the daemon" ctl h1 reload
	expect_fail 1 "needs the daemon" ctl h1 upgrade
	expect_fail 1 "n2" ctl h1 release web --to n2
}

test_words() {
	lan_up
	expect_fail 2 usage ctl h1 drain web mail
	expect_fail 2 usage ctl h1 drain --to n2
	expect_fail 2 usage ctl h1 drain ""
	expect_fail 2 usage ctl h1 undrain --force
	expect_fail 2 usage ctl h1 release web --to
	expect_fail 2 usage ctl h1 release web --to ""
	expect_fail 2 usage ctl h1 take web --to n2
	expect_fail 2 usage ctl h1 priority web
	expect_fail 2 "'0'" ctl h1 priority web 0
	expect_fail 2 "'255'" ctl h1 priority web 255
	expect_fail 2 "'-1'" ctl h1 priority web -1
	expect_fail 2 "'1e2'" ctl h1 priority web 1e2
	expect_fail 2 "'65'" ctl h1 events --last 65
	expect_fail 2 "'x'" ctl h1 events --last x
	expect_fail 2 usage ctl h1 events --first
	expect_fail 2 usage ctl h1 reload web
	expect_fail 2 usage ctl h1 upgrade --force
}

test_names_that_are_not_there() {
	local long=a-name-that-is-longer-than-any-may-be
	pair_up
	expect_fail 1 "no such member: 'n9'" ctl "$OWNER" release web --to n9
	expect_fail 1 "'n${OWNER#h}' is this node itself" ctl "$OWNER" release web --to "n${OWNER#h}"
	expect_fail 1 "'$long'" ctl "$OWNER" release $long
	expect_fail 1 "'$long'" ctl "$OWNER" release web --to $long
	expect_fail 1 "'nosuch'" ctl "$OWNER" release nosuch
	expect_fail 1 "'nosuch'" ctl "$OWNER" drain nosuch
	expect_fail 1 "'nosuch'" ctl "$OWNER" undrain nosuch
	expect_fail 1 "'nosuch'" ctl "$OWNER" priority nosuch 5
	expect_fail 1 "not the owner" ctl "$STANDBY" release web
	owner_is "$OWNER" || fail "$OWNER lost its group to a wrong word"
}

test_release_to() {
	pair_up
	follow "$STANDBY" "$TMP/edges" --json --last 64
	expect_ok ctl "$OWNER" release web --to "n${STANDBY#h}"
	wait_owner "$STANDBY"
	wait_edge "$TMP/edges" ".event == \"state\" and .to == \"owner\" and .owner == \"n${STANDBY#h}\""
	kill "$FOLLOWER"
}

test_drain() {
	pair_up
	follow "$OWNER" "$TMP/edges" --json --last 64
	expect_ok ctl "$OWNER" drain web
	expect_ok owner_is "$STANDBY"
	wait_edge "$TMP/edges" '.event == "drained" and .group == "web" and .ok == true'
	kill "$FOLLOWER"
	expect_fail 1 drained ctl "$OWNER" take web
	expect_fail 1 "no peer is ready" ctl "$STANDBY" release web
	expect_ok ctl "$OWNER" undrain
	expect_ok ctl "$OWNER" take web
	owner_is "$OWNER" || fail "$OWNER has not come back"
}

# The last one that is ready gives up only by force, and not at all in part.
test_drain_without_a_peer() {
	pair_up
	expect_ok ctl "$STANDBY" drain
	expect_fail 1 "no peer is ready" ctl "$OWNER" drain
	owner_is "$OWNER" || fail "$OWNER gave up a group that nobody takes"
	expect_ok ctl "$OWNER" drain --force
	expect_eq "who answers" "" "$(answers c $VIP)"
	expect_ok ctl "$STANDBY" undrain
	wait_owner "$STANDBY"
}

# A daemon that is killed or told to end does not forget.
test_drain_lasts() {
	pair_up
	expect_ok ctl "$OWNER" drain
	daemon_kill "$OWNER"
	daemon_start "$OWNER"
	busywait 5000 peer_is "$STANDBY" up || fail "$OWNER does not come back"
	expect_fail 1 drained ctl "$OWNER" take web
	daemon_kill "$STANDBY"
	sleep 1
	expect_eq "state of the drained" standby "$(state "$OWNER" state)"
	expect_ok ctl "$OWNER" undrain web
	wait_owner "$OWNER"
}

peer_is() {
	[ "$(ctl "$1" status --json | jq -r '.peers[0].state')" = "$2" ]
}

# After the owner's end the node of the better priority of now claims; with two nodes it shows in the beats.
test_priority() {
	pair_up
	expect_ok ctl "$OWNER" priority web 77
	expect_eq "priority" 77 "$(ctl "$OWNER" status --json | jq '.groups[0].priority')"
	expect_ok ctl "$OWNER" upgrade
	busywait 5000 state_is "$OWNER" priority 77 || fail "an upgrade forgets the priority"
	expect_ok ctl "$OWNER" priority web default
	expect_eq "priority" 150 "$(ctl "$OWNER" status --json | jq '.groups[0].priority')"
}

test_events() {
	lan_up
	daemon_start h1
	wait_owner h1
	follow h1 "$TMP/edges" --json --last 64
	wait_edge "$TMP/edges" '.event == "state" and .group == "web" and .to == "owner" and .term > 0'
	daemon_start h2
	wait_edge "$TMP/edges" '.event == "peer" and .peer == "n2" and .state == "up"'
	expect_ok ctl h1 priority web 77
	wait_edge "$TMP/edges" '.event == "priority" and .priority == 77'
	daemon_kill h2
	wait_edge "$TMP/edges" '.event == "peer" and .state == "down"'
	wait_edge "$TMP/edges" '.event == "path" and .state == "down" and .address == "198.18.0.2" and .interface == "eth0"'
	jq -e -s '[.[] | has("time_ns") and has("event")] | all' "$TMP/edges" >/dev/null ||
		fail "a line without time or event: $(cat "$TMP/edges")"
	kill "$FOLLOWER"
	last_and_next 2
	last_and_next 0
	grep -q 'peer n2 state=down' "$TMP/all" || fail "the text says: $(cat "$TMP/all")"
}

# last_and_next N: who asks for the last N lines gets those, and one that comes after them, as whoever asks for all.
last_and_next() {
	follow h1 "$TMP/text" --last "$1"
	busywait 5000 connections_are 1 || fail "$(connections) connections, and nobody follows"
	expect_ok ctl h1 priority web $((80 + $1))
	busywait 5000 grep -q "priority.*$((80 + $1))" "$TMP/text" || fail "the next line does not come: $(cat "$TMP/text")"
	kill "$FOLLOWER"
	wait "$FOLLOWER"
	follow h1 "$TMP/all" --last 64
	busywait 5000 grep -q "priority.*$((80 + $1))" "$TMP/all" || fail "not kept: $(cat "$TMP/all")"
	kill "$FOLLOWER"
	wait "$FOLLOWER"
	expect_eq "--last $1, and the next one" "$(tail -n $(($1 + 1)) "$TMP/all")" "$(cat "$TMP/text")"
}

# Follows the next daemon, tells nothing twice, and ends when none comes.
test_events_across_daemons() {
	local status
	lan_up
	daemon_start h1
	wait_owner h1
	follow h1 "$TMP/edges" --json
	busywait 5000 follower_hears || fail "it hears nothing"
	kill "$(pid_of h1)"
	wait "$(pid_of h1)"
	wait_edge "$TMP/edges" '.from == "owner"'
	daemon_start h1
	busywait 8000 edge "$TMP/edges" '.to == "owner"' || fail "edges: $(cat "$TMP/edges")"
	wait_edge "$TMP/edges" '.from == "init"'
	expect_eq "lines told twice" "" "$(sort "$TMP/edges" | uniq -d)"
	daemon_kill h1
	wait "$FOLLOWER"
	status=$?
	expect_eq "exit status without a daemon" 1 "$status"
	grep -q "daemon is gone" "$TMP/edges.err" || fail "it says: $(cat "$TMP/edges.err")"
}

# The commands end when the new process is at work, or with the reason why there is none.
test_reload_and_upgrade() {
	local term
	pair_up
	follow "$OWNER" "$TMP/edges" --json --last 64
	term=$(state "$OWNER" term)
	sed -i 's/priority .*/priority = 99/' "$TMP/$OWNER.conf"
	expect_ok ctl "$OWNER" reload
	expect_eq "priority" 99 "$(state "$OWNER" priority)"
	wait_edge "$TMP/edges" '.event == "reload" and .ok'
	expect_ok ctl "$OWNER" upgrade
	wait_edge "$TMP/edges" '.event == "upgrade" and .ok'
	owner_is "$OWNER" || fail "$OWNER lost its group"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	sed -i 's/priority .*/priority = 999/' "$TMP/$OWNER.conf"
	expect_fail 1 "$TMP/$OWNER.conf:" ctl "$OWNER" reload
	wait_edge "$TMP/edges" '.event == "reload" and .ok == false and (.text | contains("999"))'
	expect_eq "priority" 99 "$(state "$OWNER" priority)"
	expect_eq "peers said to be up" 1 "$(grep -c '"event":"peer".*"up"' "$TMP/edges")"
	kill -0 "$FOLLOWER" || fail "events has ended: $(cat "$TMP/edges.err")"
	kill "$FOLLOWER"
}

follower_hears() {
	ctl h1 priority web $((RANDOM % 100 + 1)) >/dev/null && grep -q priority "$TMP/edges"
}

# Who does not read loses lines, and is told how many; nobody else notices.
test_slow_follower() {
	local i
	lan_up
	daemon_start h1
	wait_owner h1
	follow h1 "$TMP/slow" --json
	busywait 5000 connections_are 1 || fail "$(connections) connections, and nobody follows"
	kill -STOP "$FOLLOWER"
	for i in $(seq 300); do
		echo '{"command":"priority","group":"web","priority":'$((i % 200 + 1))'}'
	done | raw h1 >"$TMP/answers"
	expect_eq "good answers" 300 "$(grep -c '"ok":true' "$TMP/answers")"
	owner_is h1 || fail "the daemon suffers"
	kill -CONT "$FOLLOWER"
	wait_edge "$TMP/slow" '.event == "lost" and .lost > 0'
	expect_eq "lines and losses" 300 "$(jq -s '[.[] | if .event == "lost" then .lost else 1 end] | add' "$TMP/slow")"
	kill "$FOLLOWER"
}

# Connections that say nothing keep nobody out, and do not stay.
test_idle_clients() {
	lan_up
	daemon_start h1
	wait_owner h1
	echo '{"command":"announce","group":"web"}' | raw h1 -i 100 >"$TMP/answer" || fail "kept out"
	grep -q '"ok":true' "$TMP/answer" || fail "it says: $(cat "$TMP/answer")"
	busywait 2000 connections_are 0 || fail "$(connections) connections stay open"
	(
		sleep 6
		echo
	) | raw h1 -i 20 >/dev/null 2>&1 &
	busywait 2000 connections_are 20 || fail "$(connections) connections to wait for"
	busywait 5000 connections_are 0 || fail "$(connections) connections stay open"
	owner_is h1 || fail "the daemon suffers"
}

# The daemon's ends of them: in state 03, connected.
connections() {
	on h1 awk -v path="/run/ip-takeover/$(instance_of h1).sock" \
		'$8 == path && $6 == "03" { n++ } END { print n + 0 }' /proc/net/unix
}

connections_are() {
	[ "$(connections)" = "$1" ]
}

# A daemon that is stopped, while more ask than its socket holds.
test_stopped_daemon() {
	local i
	lan_up
	daemon_start h1
	wait_owner h1
	stamp STOP h1 >/dev/null
	for i in $(seq 40); do
		timeout 30 nsenter --net=/run/netns/h1 "$CTL" status --json >"$TMP/status"
		expect_eq "daemon, asked $i times" true "$(jq .daemon "$TMP/status")"
	done
	expect_fail 1 "answers nobody" ctl h1 drain web
	stamp CONT h1 >/dev/null
	wait_owner h1
	expect_ok ctl h1 announce web
}

# Eight follow; the ninth is told.
test_many_followers() {
	local i pids=()
	lan_up
	daemon_start h1
	wait_owner h1
	for i in $(seq 8); do
		follow h1 "$TMP/edges$i" --last 64
		pids+=("$FOLLOWER")
		busywait 5000 grep -q -- '-> owner' "$TMP/edges$i" || fail "number $i hears nothing"
	done
	expect_fail 1 "too many" ctl h1 events
	expect_ok ctl h1 watch --count 1
	kill "${pids[0]}"
	busywait 5000 hears_something h1 || fail "no room for another"
	kill "${pids[@]:1}"
}

hears_something() {
	on "$1" timeout 2 "$CTL" events --last 1 | grep -q .
}

test_bad_requests() {
	local line n=0
	lan_up
	daemon_start h1
	wait_owner h1
	while IFS= read -r line; do
		printf '%b\n' "$line" | raw h1 >"$TMP/answer"
		jq -e '.ok == false and (.text | length > 0)' "$TMP/answer" >/dev/null ||
			fail "'$line' is answered: $(cat "$TMP/answer")"
		n=$((n + 1))
	done <<-'END'

		{}
		[]
		null
		{"command":"take","group":"web"
		{"command":"frobnicate","group":"web"}
		{"command":7,"group":"web"}
		{"command":"tak","group":"web"}
		{"command":"announce"}
		{"command":"announce","group":""}
		{"command":"announce","group":["web"]}
		{"command":"announce","group":"web\\u0000x"}
		{"command":"announce","group":"web","colour":"red"}
		{"command":"announce","group":"a-name-that-is-longer-than-any-may-be"}
		{"command":"priority","group":"web","priority":255}
		{"command":"priority","group":"web","priority":-1}
		{"command":"priority","group":"web","priority":"5"}
		{"command":"release","group":"web","force":1}
		{"command":"release","group":"web","to":"nobody"}
		{"command":"events","last":65}
		{"command":"events","follow":"yes"}
		{"command":"announce",\x00"group":"web"}
		{"command":"undrain"},"group":"web"}
	END
	expect_eq "requests" 23 "$n"
	head -c 5000 /dev/zero | tr '\0' x | raw h1 >"$TMP/answer"
	grep -q "too long" "$TMP/answer" || fail "a long line is answered: $(cat "$TMP/answer")"
	owner_is h1 || fail "the daemon suffers"
}

# It still serves established traffic, for 5 s: nothing new is begun, and whoever asks is told.
test_requests_while_it_ends() {
	local host
	for host in h1 h2; do
		conf_write $host
		sed -i 's/^    preempt .*/&\n    drain = "5s"/' "$TMP/$host.conf"
	done
	pair_up
	stamp TERM "$OWNER" >/dev/null
	wait_owner "$STANDBY"
	expect_fail 1 "the daemon is ending" ctl "$OWNER" take web
	expect_fail 1 "the daemon is ending" ctl "$OWNER" drain web
	expect_fail 1 "the daemon is ending" ctl "$OWNER" undrain web
	expect_eq "who answers" "$(mac_of "$STANDBY")" "$(answers c $VIP)"
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What `status` and `watch` tell of peers, paths, keys, the quorum, rivals; with the daemon dead, too.

wait_status() {
	busywait 5000 status_is "$@" || fail "$1: $2 does not become $3"
}

test_paths_and_keys() {
	pair_up
	expect_eq "paths" 1 "$(status h1 '.peers[0].paths | length')"
	expect_eq "address" 198.18.0.2 "$(status h1 '.peers[0].paths[0].address')"
	expect_eq "interface" eth0 "$(status h1 '.peers[0].paths[0].interface')"
	expect_eq "state" up "$(status h1 '.peers[0].paths[0].state')"
	expect_eq "frames" true "$(status h1 '.peers[0].paths[0].frames > 0')"
	expect_eq "last heard" true "$(status h1 '.peers[0].paths[0].last_heard_ns == .peers[0].last_heard_ns')"
	expect_eq "key of the peer" 1 "$(status h1 '.peers[0].key')"
	expect_eq "keys" '[{"kid":1,"used":true,"retired":false}]' \
		"$(status h1 '.keys | map({kid, used: (.used_ns > 0), retired}) | tojson')"
	expect_eq "mode" '{"mode":"pair","members":2,"votes_needed":null,"witness":false}' \
		"$(status h1 '.quorum | tojson')"
	ctl h1 status | grep -Eq '^n2 +up .* 1 +198.18.0.2 dev eth0$' || fail "the text: $(ctl h1 status)"
	expect_eq "rival" null "$(status "$STANDBY" '.groups[0].rival')"
	daemon_kill h2
	wait_status h1 '.peers[0].paths[0].state' down
}

test_daemon_dead() {
	pair_up
	daemon_kill h1
	daemon_kill h2
	expect_eq "daemon" false "$(status h1 .daemon)"
	expect_eq "peer's path" 198.18.0.2 "$(status h1 '.peers[0].paths[0].address')"
	busywait 5000 nobody_owns h1 || fail "somebody owns it"
}

# Seen once in a while only: the owner's own first announcement may have been.
claim_is_seen() {
	on c "$TOOLS/rawsend" eth0 1 \
		"$(arp_hex ff:ff:ff:ff:ff:ff "$MACC" 1 "$MACC" $VIP 00:00:00:00:00:00 $VIP)" >/dev/null
	status_is "$1" '.groups[0].rival | .mac + .by' "${MACC}arp"
}

test_rival() {
	pair_up
	follow "$STANDBY" "$TMP/edges" --json
	busywait 5000 claim_is_seen "$OWNER" || fail "the owner knows no rival"
	busywait 5000 claim_is_seen "$STANDBY" || fail "the standby knows no rival"
	ctl "$OWNER" status | grep -q "ALARM web: $MACC, which is no member" || fail "no alarm"
	busywait 5000 grep -q '"event":"rival".*"mac":"'"$MACC" "$TMP/edges" || fail "no edge: $(cat "$TMP/edges")"
	kill "$FOLLOWER"
}

nobody_owns() {
	! ctl "$1" status >/dev/null
}

test_watch() {
	pair_up
	on h1 "$CTL" watch --count 3 --interval 0.3 >"$TMP/watch" || fail "exit status $?"
	expect_eq "blocks" 3 "$(grep -c '^node n1' "$TMP/watch")"
	grep -Eq '^ *[0-9]+ +[1-9][0-9.]* +heartbeats accepted$' "$TMP/watch" || fail "no rate: $(cat "$TMP/watch")"
	grep -Eq '^\[[0-9.]+\] peer n2 state=up$' "$TMP/watch" || fail "no event: $(cat "$TMP/watch")"
	grep -q $'\033' "$TMP/watch" && fail "terminal codes in a file"
	on h1 "$CTL" watch --count 2 --interval 0.1 --json | jq -es 'length == 2 and all(.node == "n1")' >/dev/null ||
		fail "no two objects"
	TERM=xterm script -qec "nsenter --net=/run/netns/h1 '$CTL' watch --count 1" /dev/null >"$TMP/screen" </dev/null
	grep -q $'\033\[H' "$TMP/screen" || fail "no terminal codes on a terminal"
	# The reader's end is the end.
	timeout 30 bash -o pipefail -c "nsenter --net=/run/netns/h1 '$CTL' watch --interval 60 | sleep 1" ||
		fail "goes on without a reader"
	daemon_kill h1
	on h1 "$CTL" watch --count 1 >"$TMP/watch" || fail "no watch without a daemon"
	grep -q 'daemon not running' "$TMP/watch" || fail "it says: $(cat "$TMP/watch")"
}

test_watch_words() {
	lan_up
	expect_fail 1 "nothing is attached" ctl h1 watch
	expect_fail 2 "'0'" ctl h1 watch --interval 0
	expect_fail 2 "'fast'" ctl h1 watch --interval fast
	expect_fail 2 "'nan'" ctl h1 watch --interval nan
	expect_fail 2 "'0'" ctl h1 watch --count 0
	expect_fail 2 "'-1'" ctl h1 watch --count -1
	expect_fail 2 usage ctl h1 watch --count
	expect_fail 2 usage ctl h1 watch web
}
test_quorum_with_a_witness() {
	lan_up
	for n in 1 2; do
		conf_write h$n
		sed -i 's/^alone.*/quorum = true/' "$TMP/h$n.conf"
		echo 'peer "w" { address = "198.18.0.9" witness = true }' >>"$TMP/h$n.conf"
		daemon_start h$n
	done
	cat >"$TMP/c.conf" <<-END
		node = "w"
		witness = true
		quorum = true
		realtime = false
		heartbeat {
		    interval = "50ms"
		    misses   = 7
		    drift    = "0.1%"
		    settle   = "5ms"
		    key-file = "$TMP/key"
		}
		peer "n1" { address = "198.18.0.1" }
		peer "n2" { address = "198.18.0.2" }
		group "web" { }
	END
	daemon_start c
	wait_pair
	busywait 5000 ctl c status >/dev/null || fail "status of the witness: $(ctl c status)"
	expect_eq "owner as the witness sees it" "n${OWNER#h}" "$(state c owner)"
	expect_eq "state of the witness" standby "$(state c state)"
	expect_eq "phase of the witness" witness "$(state c phase)"
	expect_eq "mode" '{"mode":"quorum","members":3,"votes_needed":2,"witness":true}' "$(status c '.quorum | tojson')"
	expect_eq "witnesses" w "$(status h1 '.peers[] | select(.witness) | .name')"
	expect_fail 1 "'w' is a witness" ctl "$OWNER" release web --to w
	expect_fail 1 "witness" ctl c take web
}


# told HOST TEXT TIMES: log lines and events, each so often.
told() {
	local lines events
	lines=$(grep -cF "$2" "$TMP/$1.log")
	events=$(grep -cF "\"text\":\"${2##*: }" "$TMP/$1.edges")
	[ "$lines $events" = "$3 $3" ] || {
		echo "$lines lines, $events events: $2"
		return 1
	}
}

# Members that do not agree wait for each other: the status says so, and nobody claims what the other cannot grant.
test_members_that_disagree() {
	lan_up
	conf_write h1
	conf_write h2
	sed -i "s|\"$VIP/16\"|&, \"198.18.1.3/16\"|" "$TMP/h1.conf"
	echo 'group "db" { interface = "eth0" addresses = { "198.18.1.2/16" } }' >>"$TMP/h1.conf"
	daemon_start h1
	daemon_start h2
	wait_pair
	follow h1 "$TMP/h1.edges" --json --last 64
	follow h2 "$TMP/h2.edges" --json --last 64
	busywait 5000 alarm_is h1 "n2 does not have this group" || fail "no alarm: $(ctl h1 status)"
	busywait 5000 alarm_is h2 "n1 has other addresses in this group" || fail "no alarm: $(ctl h2 status)"
	alarm_is h2 "n1 has groups that this configuration lacks: 1" || fail "no alarm: $(ctl h2 status)"
	busywait 5000 told h1 "ALARM: group db: n2 does not have this group" 1 || fail "not told: $(cat "$TMP/h1.edges")"
	busywait 5000 told h2 "ALARM: group web: n1 has other addresses" 1 || fail "not told: $(cat "$TMP/h2.edges")"
	sleep 1
	told h1 "ALARM: group db: n2 does not have this group" 1 || fail "told more than once"
	[ "$(grep -c 'group db: standby -> candidate' "$TMP/h1.log")" = 1 ] || fail "not one claim of the group that only h1 has"
	ctl h1 status --json >"$TMP/status.json"
	[ "$(json '.groups[] | select(.name == "db").lease' "$TMP/status.json")" = live ] || fail "nobody serves the group that only h1 has"
	expect_ok ctl h1 detach --all
	sed -i '/^group "db"/d' "$TMP/h1.conf"
	sed -i 's/^peer "n2"/peer "nobody"/' "$TMP/h1.conf"
	daemon_start h1
	busywait 5000 alarm_is h2 "n1 has another mode" || fail "no alarm: $(ctl h2 status)"
	busywait 5000 alarm_is h1 "nobody has another mode" || fail "no alarm: $(ctl h1 status)"
	busywait 5000 told h2 "ALARM: n1 has another mode" 1 || fail "not told: $(cat "$TMP/h2.edges")"
	expect_ok ctl h1 detach --all
	rm "$TMP/h1.conf"
	daemon_start h1
	busywait 5000 grep -q "group web: over: n1 has other addresses" "$TMP/h2.log" || fail "no end in the log"
	busywait 5000 grep -q '"text":"n1 has another mode.*"ok":true' "$TMP/h2.edges" || fail "no end among the events"
}

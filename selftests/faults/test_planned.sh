# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What people do on purpose: handovers by the dozen, upgrades (killed in the middle, too), new keys.
. selftests/faults/lab.sh

# echo_begin: thousands of echoes a second through the switch; echo_end judges that none was lost.
echo_begin() {
	on_exec c "$TOOLS/echoload" -r 2000 -d 900000 $VIP >"$TMP/echo.json" &
	ECHO=$!
	wait_hears $ECHO
	sleep 0.2
}

echo_end() {
	kill -TERM $ECHO
	wait $ECHO
	expect_honest_switch
	expect_eq "echoes that the client dropped" 0 "$(json .own_drops "$TMP/echo.json")"
	expect_eq "echoes lost of $(json .sent "$TMP/echo.json")" 0 "$(json .lost "$TMP/echo.json")"
	expect_eq "echoes answered twice" 0 "$(json .duplicates "$TMP/echo.json")"
}

# timeout: test_handovers 600
# slow: test_handovers
test_handovers() {
	local i n=${HANDOVERS:-30}
	INTERVAL=20ms SETTLE=2ms GROUP='drain = "300ms"'
	pair_in_lab
	echo_begin
	for ((i = 0; i < n; i++)); do
		expect_ok ctl "$OWNER" release web
		wait_settled
		sleep "0.$((RANDOM % 5))"
	done
	echo_end
	expect_safe
	expect_eq "changes of owner" "$n" "$(changes)"
	seen "$n handovers: $(json '"\(.sent) echoes, \(.lost) lost"' "$TMP/echo.json"); nobody answered ARP for $(ms_of "$(longest_handover)") at most"
}

# --- upgrades ----------------------------------------------------------------

born() {
	[ "$(grep -c 'first heartbeat' "$TMP/$1.log")" -ge "$2" ]
}

# Two hosts in turn, and no request without its answer.
test_upgrades() {
	local i host
	INTERVAL=50ms
	pair_in_lab
	for i in 2 3; do
		for host in h1 h2; do
			kill -USR2 "$(pid_of $host)"
			busywait 8000 born $host $i || fail "$host: no heartbeat of process $i"
		done
	done
	sleep 0.3
	ask_end
	expect_safe
	expect_eq "changes of owner" 0 "$(changes)"
	expect_eq "claims" 1 "$(saw .owners_count)"
	expect_eq "unanswered of $(json .requests "$TMP/ask.json")" 0 "$(json .unanswered "$TMP/ask.json")"
	seen "4 upgrades, same epoch, $(json .requests "$TMP/ask.json") requests, all answered"
}

# The process that replaces the owner's is killed at a moment of its own: before, within and after its set-up.
# slow: test_upgrades_killed
test_upgrades_killed() {
	local i n=${UPGRADES:-12}
	INTERVAL=50ms RANDOM=$SEED
	pair_in_lab
	for ((i = 0; i < n; i++)); do
		kill -USR2 "$(pid_of "$OWNER")"
		sleep "$(printf '0.%03d' $((RANDOM % 400)))"
		daemon_kill "$OWNER"
		# Every other time somebody starts it again at once.
		[ $((i % 2)) = 0 ] || sleep 0.6
		daemon_start "$OWNER"
		wait_settled
	done
	sleep 0.3
	expect_safe
	seen "$n upgrades killed in the middle: $(changes) changes, $(saw .owners_count) claims, never two"
}

# --- keys --------------------------------------------------------------------

new_key() {
	echo "$1 $(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
}

# keys NODE LINE...: its key file from now on; the daemon reads it at a reload.
keys() {
	local node=$1
	shift
	printf '%s\n' "$@" >"$TMP/key.$node.new"
	chmod 600 "$TMP/key.$node.new"
	mv "$TMP/key.$node.new" "$TMP/key.$node"
}

reload() {
	local node before
	for node in "$@"; do
		before=$(grep -c 'first heartbeat' "$TMP/$node.log")
		kill -HUP "$(pid_of "$node")"
		busywait 8000 born "$node" $((before + 1)) || fail "$node was not replaced"
	done
}

peer_up() {
	ctl "$1" status --json | jq -e --arg peer "$2" '.peers[] | select(.name == $peer) | .state == "up"' >/dev/null
}

alarmed() {
	[ "$(ctl "$1" status --json | jq '.alarms | length')" -ge 1 ]
}

peer_down() {
	! peer_up "$@"
}

expect_all_hear() {
	local a b
	for a in $NODES; do
		for b in $NODES; do
			[ "$a" = "$b" ] || busywait 5000 peer_up "$a" "$b" || fail "$1: $a does not hear $b"
		done
	done
}

# A new key comes in and the old one goes, make before break, and nobody notices; who has missed it is left alone.
# slow: test_key_rotation
test_key_rotation() {
	local one two three node claims
	one=$(new_key 1) two=$(new_key 2) three=$(new_key 3)
	INTERVAL=50ms
	for node in h1 h2 h3; do
		keys $node "$one"
	done
	three_in_lab h1 h2 h3
	for node in h1 h2 h3; do
		keys $node "$one" "$two"
	done
	reload h1 h2 h3
	expect_all_hear "both keys"
	for node in h1 h2 h3; do
		keys $node "$two"
	done
	reload h1 h2 h3
	expect_all_hear "the new key"
	expect_safe
	expect_eq "claims" 1 "$(saw .owners_count)"
	ask_end
	expect_eq "unanswered of $(json .requests "$TMP/ask.json")" 0 "$(json .unanswered "$TMP/ask.json")"
	ask_begin
	laggard "$two" "$three"
	claims=$(saw .owners_count)
	seen "rotated under $(json .requests "$TMP/ask.json") requests: $((claims - 1)) new claims; the laggard is not heard and owns nothing"
}

# One standby has missed the rotation to the next key. The others go on without it: first both keys, then the new one
# alone, the owner last. It is not heard, says so, and cannot own.
laggard() {
	local late=$STANDBY node
	for node in $(others); do
		[ "$node" = "$late" ] || keys "$node" "$1" "$2"
	done
	keys "$OWNER" "$1" "$2"
	for node in $(others) "$OWNER"; do
		[ "$node" = "$late" ] || reload "$node"
	done
	for node in $(others) "$OWNER"; do
		[ "$node" = "$late" ] && continue
		ROLLOUT=enforce conf_lab "$node"
		reload "$node"
	done
	state_is "$late" lease none || fail "$late owns the address: $(states "$NODES")"
	busywait 3000 peer_down "$OWNER" "$late" || fail "$OWNER still hears $late"
	busywait 5000 alarmed "$late" || fail "$late says nothing of it: $(ctl "$late" status)"
	owner_is "$OWNER" || fail "the owner is $(state "$OWNER" state)"
	expect_safe
	expect_eq "changes of owner" 0 "$(changes)"
	ask_end
	expect_eq "unanswered of $(json .requests "$TMP/ask.json")" 0 "$(json .unanswered "$TMP/ask.json")"
}

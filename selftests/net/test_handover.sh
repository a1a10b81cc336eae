# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Planned handovers under 10,000 echoes a second to the floating address: none is lost, whoever listens to
# gratuitous ARP and whoever does not. A client of the second kind sends to the old owner for ever.

ROUNDS=${ROUNDS:-3}
RATE=${RATE:-10000}

steady_pair() {
	INTERVAL=20ms SETTLE=2ms REALTIME=true
	lan_up
	conf_write h1
	conf_write h2
	daemon_start h1
	daemon_start h2
	wait_pair
	busywait 5000 on c ping -c 1 -W 1 -q $VIP >/dev/null || fail "the client does not reach the owner"
}

# load_begin KIND: plain (neighbour table, listens to ARP) or deaf (always to the present owner's MAC).
load_begin() {
	local deaf=()
	OLD=$(mac_of "$OWNER") NEW=$(mac_of "$STANDBY")
	[ "$1" = plain ] || deaf=(-m "$OLD" -s 198.18.0.9)
	link_drops >"$TMP/drops"
	on_exec c "$TOOLS/echoload" -r "$RATE" -d 60000 "${deaf[@]}" $VIP >"$TMP/echo.json" &
	LOAD=$!
	sleep 0.3
}

load_end() {
	sleep 0.5
	kill -TERM $LOAD
	wait $LOAD || fail "the load tool failed"
	LINK_DROPS=$(($(link_drops) - $(cat "$TMP/drops")))
}

# Frames that cables lost for want of room, which no host can help: a veth's queue holds 256 frames.
link_drops() {
	local ns
	for ns in sw h1 h2 c; do
		on $ns sh -c 'cat /sys/class/net/*/statistics/tx_dropped; for d in /sys/class/net/*; do
			ethtool -S "${d##*/}" 2>/dev/null; done' |
			awk '/_(xdp_tx_errors|xdp_xmit_errors|drops): / && !/xdp_drops/ { n += $2; next }
				/^[0-9]+$/ { n += $1 } END { print n + 0 }'
	done | awk '{ n += $1 } END { print n }'
}

echoes() {
	json "$1" "$TMP/echo.json"
}

# What a round of echoes must look like: none lost, none answered twice, answered by both hosts in turn.
none_lost() {
	expect_eq "$1: frames lost by cables" 0 "$LINK_DROPS"
	expect_eq "$1: answers that the client dropped" 0 "$(echoes .own_drops)"
	expect_eq "$1: echoes not sent" 0 "$(echoes .send_failed)"
	expect_eq "$1: echoes lost of $(echoes .sent) ($(echoes '"\(.longest_run_lost) in a row"'))" 0 "$(echoes .lost)"
	expect_eq "$1: echoes answered twice" 0 "$(echoes .duplicates)"
	# Fewer than half of them sent would be no load.
	expect_ge "$1: echoes sent" $((RATE * 3 / 10)) "$(echoes .sent)"
}

served_by_new() {
	expect_eq "$1: who answers ARP" "$NEW" "$(answers c $VIP)"
	expect_ge "$1: echoes answered by the new owner" 1 \
		"$(echoes ".answers_by_mac | map(select(.mac == \"$NEW\").answers) | add // 0")"
}

# handover KIND HOW UNDO: one planned handover under load, judged, and the other host ready again.
handover() {
	local old=$OWNER new=$STANDBY
	load_begin "$1"
	"$2"
	wait_owner "$new"
	load_end
	none_lost "$1, $2"
	served_by_new "$1, $2"
	say "$1, $2: $(echoes '"\(.sent) echoes, \(.lost) lost, worst stall of the client \(.own_worst_late_ns / 1e6 | floor) ms"')"
	"$3"
	wait_standby "$old"
	wait_pair
}

handovers() {
	local i
	for ((i = 0; i < ROUNDS; i++)); do
		handover "$@"
	done
}

nothing() {
	:
}

release() {
	expect_ok ctl "$OWNER" release web
}

terminate() {
	TERMINATED=$OWNER
	stamp TERM "$OWNER" >/dev/null
	wait "$(pid_of "$OWNER")"
}

start_again() {
	daemon_start "$TERMINATED"
}

# timeout: test_release 120
test_release() {
	steady_pair
	handovers plain release nothing
}

# timeout: test_term 120
test_term() {
	steady_pair
	handovers plain terminate start_again
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `make demo`: a client, a switch and two hosts in network namespaces; the host that has the floating
# address is killed, stopped, woken and unplugged, and the client says what it noticed.

set -u
cd "$(dirname "$0")/.." || exit 1
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin OUT=${OUT:-.out}

if [ "$(id -u)" != 0 ]; then
	echo "demo: network namespaces and BPF need root: sudo make demo" >&2
	exit 1
fi
# Everything happens in namespaces that end with this script, Ctrl-C included.
if [ "${1:-}" != inside ]; then
	trap : INT
	selftests/isolate.sh "$PWD/scripts/demo.sh" inside
	exit
fi

. selftests/lib.sh
trap 'trap - EXIT; echo; echo "interrupted: all of it is gone again"; exit 130' INT

INTERVAL=20ms MISSES=7 SETTLE=2ms REALTIME=true
start=$(ms_now)
broken=0

tell() {
	local ms=$(($(ms_now) - start))
	printf '%4d.%03d s  %s\n' $((ms / 1000)) $((ms % 1000)) "$*"
}

more() {
	printf '            %s\n' "$*"
}

# promise TEXT COMMAND...: the command says whether it was kept.
promise() {
	local text=$1
	shift
	if "$@"; then
		more "kept: $text"
	else
		more "BROKEN: $text"
		broken=$((broken + 1))
	fi
}

node() {
	echo "n${1#h}"
}

in_ms() {
	awk -v ns="$1" 'BEGIN { printf "%.1f ms", ns / 1e6 }'
}

# The client (c) pings 1,000 times a second; the watcher (w) sends 1,000 ARP requests a second.
watch_begin() {
	OLD=$(mac_of "$OWNER") NEW=$(mac_of "$STANDBY")
	: >"$TMP/marks"
	on_exec c "$TOOLS/prober" -g 2 -d 60000 $VIP >"$TMP/ping.json" &
	ping=$!
	on_exec w "$TOOLS/arpload" -i eth0 -g 2 -d 60000 $VIP >"$TMP/arp.json" &
	arp=$!
	sleep 0.5
}

watch_end() {
	sleep 0.5
	kill -TERM $ping $arp
	wait $ping $arp
}

now_ns() {
	"$TOOLS/sig" 0 0
}

# mark NS TEXT: something that was done, for the picture; the first of an act is the fault.
mark() {
	printf '{"ns": %s, "text": "%s"}\n' "$1" "$2" >>"$TMP/marks"
}

# picture_act AT NAME TITLE: what client and watcher saw of an act, for the picture.
picture_act() {
	jq -nr -f selftests/tools/timeline.jq --argjson at "$1" --arg name "$2" --arg title "$3" \
		--argjson hosts "{\"$MAC1\": \"n1\", \"$MAC2\": \"n2\"}" --slurpfile marks "$TMP/marks" \
		--slurpfile arp "$TMP/arp.json" --slurpfile ping "$TMP/ping.json" >>"$TMP/timeline"
}

picture() {
	local kernel
	kernel=$(uname -r)
	kernel=${kernel%%-*}
	awk -v title="Who answers for $VIP" \
		-v subtitle="Seen by a watcher that sends 1,000 ARP requests a second, and a client that sends 1,000 pings." \
		-v subtitle2="Heartbeats every $INTERVAL, lease $LEASE. One run of make demo, Linux $kernel, $(nproc) processors." \
		-f selftests/tools/timeline.awk "$TMP/timeline" >"$TMP/demo.svg" &&
		cp "$TMP/demo.svg" "$OUT/demo.svg"
}

# The longest time that pings went unanswered around the takeover; what the return of the old host costs the machine
# comes later.
pings_unanswered() {
	json "[.gaps[] | select(.begin_ns < $(($1 + 100000000)))] | if . == [] then 2000000 else map(.length_ns) | max end" "$TMP/ping.json"
}

of_mac() {
	json ".answers_by_mac | map(select(.mac == \"$1\"))[0].$2" "$TMP/arp.json"
}

is_zero() {
	[ "$(json "$2" "$1")" = 0 ]
}

order_is() {
	[ "$(json '[.runs[].mac] | join(" ")' "$TMP/arp.json")" = "$1" ]
}

traffic_came_back() {
	[ "$(json '.end_ns - .last_answer_ns < 100000000' "$TMP/ping.json")" = true ]
}

neighbour_is() {
	[ "$(ip -n c -j neigh show $VIP dev eth0 | jq -r '.[0].lladdr')" = "$1" ]
}

# What client and watcher saw of the event at $1 ("killed", ...: $2), and the figures for the end.
account() {
	local at=$1 what=$2 old_last new_first pings
	old_last=$(of_mac "$OLD" last_ns) new_first=$(of_mac "$NEW" first_ns)
	if [ "$old_last" = null ] || [ "$new_first" = null ]; then
		promise "both hosts answered, one after the other" false
		return
	fi
	pings=$(in_ms "$(pings_unanswered "$new_first")")
	if [ "$what" = unplugged ]; then
		more "nobody answered for $(in_ms $((new_first - old_last))), then $(node "$STANDBY") did"
	else
		more "$(node "$OWNER")'s kernel answered for $(in_ms $((old_last - at))) more: the rest of its lease"
		more "then nobody answered for $(in_ms $((new_first - old_last))), then $(node "$STANDBY") did"
	fi
	more "the client's pings went unanswered for $pings"
	promise "no ARP request of $(json .requests "$TMP/arp.json") got two answers" is_zero "$TMP/arp.json" .answered_more
	promise "the old host never answered after the new one" order_is "$OLD $NEW"
	promise "the client's traffic came back" traffic_came_back
	promise "the client's neighbour table shows the new host" neighbour_is "$NEW"
	printf '  %-10s %12s %12s %12s %14s %14s\n' "$what" "$(in_ms $((old_last - at)))" \
		"$(in_ms $((new_first - old_last)))" "$pings" \
		"$(json '.sent - .answered' "$TMP/ping.json") of $(json .sent "$TMP/ping.json")" \
		"$(in_ms "$(json .own_worst_late_ns "$TMP/ping.json")")" >>"$TMP/figures"
}

quiet_time() {
	watch_begin
	tell "one second of ordinary life: 1,000 pings and 1,000 ARP requests a second"
	watch_end
	more "$(json .answered "$TMP/ping.json") of $(json .sent "$TMP/ping.json") pings answered;" \
		"ARP answered by $(json '.answers_by_mac | length' "$TMP/arp.json") host"
	promise "exactly one host answers" order_is "$OLD"
	promise "no ARP request stays without its one answer" is_zero "$TMP/arp.json" '.unanswered + .answered_more'
}

# The owner becomes the standby of the next act.
reverse() {
	local old=$OWNER
	OWNER=$STANDBY STANDBY=$old
}

act_killed() {
	local at
	watch_begin
	tell "kill -9 of the daemon on $(node "$OWNER"), the owner"
	{
		at=$(stamp KILL "$OWNER")
		wait "$(pid_of "$OWNER")"
	} 2>/dev/null
	mark "$at" "killed"
	wait_owner "$STANDBY"
	tell "$(node "$STANDBY") has taken over"
	sleep 0.3
	mark "$(now_ns)" "started again"
	daemon_start "$OWNER"
	wait_standby "$OWNER"
	tell "$(node "$OWNER") is started again and stands by: the roles stay reversed"
	watch_end
	account "$at" killed
	picture_act "$at" killed "The daemon of $(node "$OWNER"), the owner, is killed"
	reverse
}

act_stopped() {
	local at
	watch_begin
	tell "SIGSTOP: the daemon on $(node "$OWNER"), the owner now, hangs; its kernel lives and has the address"
	at=$(stamp STOP "$OWNER")
	mark "$at" "stopped"
	wait_owner "$STANDBY"
	tell "$(node "$STANDBY") has taken over while $(node "$OWNER") hangs"
	sleep 1
	mark "$(stamp CONT "$OWNER")" "woken"
	tell "SIGCONT: $(node "$OWNER") wakes up and believes for an instant that nothing happened"
	wait_standby "$OWNER"
	tell "$(node "$OWNER") stands by: the roles stay reversed"
	watch_end
	account "$at" stopped
	picture_act "$at" stopped "The daemon of $(node "$OWNER"), the owner, hangs"
	promise "$(node "$STANDBY") still owns the address" owner_is "$STANDBY"
	reverse
}

act_unplugged() {
	local at
	watch_begin
	tell "the cable of $(node "$OWNER"), the owner, is pulled"
	at=$(now_ns)
	unplug "$OWNER"
	mark "$at" "unplugged"
	wait_owner "$STANDBY"
	tell "$(node "$STANDBY") has taken over"
	sleep 0.3
	mark "$(now_ns)" "plugged in again"
	plug_back "$OWNER"
	wait_standby "$OWNER"
	tell "the cable is back; $(node "$OWNER") stands by"
	watch_end
	account "$at" unplugged
	picture_act "$at" unplugged "The cable of $(node "$OWNER"), the owner, is pulled"
	reverse
}

echo "A floating address, 198.18.1.1, on a LAN made of network namespaces:"
echo
echo "    client 198.18.0.9    watcher 198.18.0.8    host n1 198.18.0.1    host n2 198.18.0.2"
echo "         |                     |                      |                     |"
echo "         +---------------------+------- switch -------+---------------------+"
echo
lan_up
host_add w 198.18.0.8/16
tell "the LAN is up; n1 has MAC $MAC1, n2 has MAC $MAC2"
daemon_start h1
daemon_start h2
LEASE=$(ctl h1 check -c "$TMP/h1.conf" | sed -nE 's/^.*# lease +L +//p')
more "heartbeat every $INTERVAL; $(ctl h1 check -c "$TMP/h1.conf" | sed -n 's/^[[:space:]]*# *//p' | grep -i 'tolerates' | head -n 1)"
wait_pair
tell "both daemons run: $(node "$OWNER") owns 198.18.1.1, $(node "$STANDBY") stands by"
quiet_time
act_killed
act_stopped
act_unplugged
for h in h1 h2; do
	ctl $h detach --all >/dev/null 2>&1
done
tell "both hosts detached; the address is nobody's"
promise "nobody answers for it any more" test -z "$(answers c $VIP)"

echo
printf '  %-10s %12s %12s %12s %14s %14s\n' "the owner" "old answered" "nobody" "pings not" "pings lost" "client's own"
printf '  %-10s %12s %12s %12s %14s %14s\n' "was" "until" "answered" "answered" "" "worst stall"
cat "$TMP/figures"
echo
picture && echo "A picture of it: $OUT/demo.svg"
if [ $broken = 0 ]; then
	echo "Every promise was kept."
else
	echo "$broken promises were BROKEN."
fi
[ $broken = 0 ]

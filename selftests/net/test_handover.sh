# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Planned handovers under 10,000 echoes a second to the floating address: none is lost, whoever listens to
# gratuitous ARP and whoever does not. A client of the second kind sends to the old owner for ever.
# alone: not one of 10,000 echoes a second may be lost, and a cable holds 256.

RATE=${RATE:-10000}

# The drain is shorter than the load that follows the handover, so both ways of the old owner are seen: it serves,
# then it sends on.
steady_pair() {
	INTERVAL=20ms SETTLE=2ms REALTIME=true
	lan_up
	conf_write h1
	conf_write h2
	sed -i "s/^    preempt .*/&\n    drain = \"${DRAIN:-300ms}\" ${TRACK:+track = { \"t\" \}}/" "$TMP"/h?.conf
	[ -z "${TRACK:-}" ] || track_conf h1
	[ -z "${TRACK:-}" ] || track_conf h2
	daemon_start h1
	daemon_start h2
	wait_pair
	busywait 5000 on c ping -c 1 -W 1 -q $VIP >/dev/null || fail "the client does not reach the owner"
}

track_conf() {
	touch "$TMP/$1.well"
	echo "track \"t\" { script = { \"/usr/bin/test\", \"-e\", \"$TMP/$1.well\" } interval = \"50ms\" }" >>"$TMP/$1.conf"
}

# load_begin KIND: plain (neighbour table, listens to ARP) or deaf (always to the present owner's MAC).
load_begin() {
	local deaf=()
	OLD=$(mac_of "$OWNER") NEW=$(mac_of "$STANDBY")
	[ "$1" = plain ] || deaf=(-m "$OLD" -s "$CLIENT")
	link_drops >"$TMP/drops"
	on_exec c "$TOOLS/echoload" -r "$RATE" -d 250000 "${deaf[@]}" $VIP >"$TMP/echo.json" &
	LOAD=$!
	wait_hears $LOAD
	sleep 0.2
}

load_end() {
	sleep 0.5
	kill -TERM $LOAD
	wait $LOAD || fail "the load tool failed"
	LINK_DROPS=$(($(link_drops) - $(cat "$TMP/drops")))
}

# Frames that cables lost for want of room, which no host can help: a veth's queue holds 256 frames.
link_drops() {
	local ns dev
	# Not from /sys: below nsenter that is still another namespace's.
	for ns in sw h1 h2 c; do
		ip -n $ns -j -s link show | jq '[.[].stats64.tx.dropped] | add'
		for dev in $(ip -n $ns -j link show type veth | jq -r '.[].ifname'); do
			on $ns ethtool -S "$dev" 2>/dev/null
		done | awk '/_(xdp_tx_errors|xdp_xmit_errors|drops): / && !/xdp_drops/ { n += $2 } END { print n + 0 }'
	done | awk '{ n += $1 } END { print n }'
}

echoes() {
	json "$1" "$TMP/echo.json"
}

# What the echoes must look like, whatever moved under them: none lost, none answered twice.
none_lost() {
	expect_eq "$1: frames lost by cables" 0 "$LINK_DROPS"
	expect_eq "$1: answers that the client dropped" 0 "$(echoes .own_drops)"
	expect_eq "$1: echoes not sent" 0 "$(echoes .send_failed)"
	expect_eq "$1: echoes lost of $(echoes .sent) ($(echoes '"\(.longest_run_lost) in a row"'))" 0 "$(echoes .lost)"
	expect_eq "$1: echoes answered twice" 0 "$(echoes .duplicates)"
	# Far fewer than asked for would be no load; a busy machine delays the client now and then.
	expect_ge "$1: echoes sent" $((RATE * 3 / 10)) "$(echoes .sent)"
	say "$1: $(echoes '"\(.sent) echoes in \((.end_ns - .start_ns) / 1e6 | floor) ms, \(.lost) lost, worst stall of the client \(.own_worst_late_ns / 1e6 | floor) ms"')"
}

served_by_new() {
	expect_eq "$1: who answers ARP" "$NEW" "$(answers c $VIP)"
	expect_ge "$1: echoes answered by the new owner" 1 \
		"$(echoes ".answers_by_mac | map(select(.mac == \"$NEW\").answers) | add // 0")"
}

# handover KIND HOW UNDO: one planned handover under load, judged, and the other host ready again.
handover() {
	local old=$OWNER new=$STANDBY forwarded
	forwarded=$(counter "$old" ip_forward)
	load_begin "$1"
	"$2"
	wait_owner "$new"
	[ "$1" = plain ] || sleep 0.5
	load_end
	none_lost "$1, $2"
	served_by_new "$1, $2"
	[ "$1" = plain ] || expect_ge "$1, $2: echoes sent on by the old owner" 100 $(($(counter "$old" ip_forward) - forwarded))
	"$3"
	wait_standby "$old"
	wait_pair
}

handovers() {
	local i
	for ((i = 0; i < ${ROUNDS:-1}; i++)); do
		handover "$@"
	done
}

nothing() {
	:
}

release() {
	expect_ok ctl "$OWNER" release web
}

drain() {
	GONE=$OWNER
	expect_ok ctl "$OWNER" drain web
}

undrain() {
	expect_ok ctl "$GONE" undrain web
}

terminate() {
	GONE=$OWNER
	stamp TERM "$OWNER" >/dev/null
	wait "$(pid_of "$OWNER")"
}

start_again() {
	daemon_start "$GONE"
}

sicken() {
	GONE=$OWNER
	rm "$TMP/$OWNER.well"
}

recover() {
	touch "$TMP/$GONE.well"
}

test_release() {
	steady_pair
	handovers plain release nothing
	handovers deaf release nothing
}

test_drain() {
	steady_pair
	handovers plain drain undrain
	handovers deaf drain undrain
}

test_term() {
	steady_pair
	handovers plain terminate start_again
	handovers deaf terminate start_again
}

# A check fails: the owner is in FAULT, and still nothing is lost, as its kernel and its cable are well.
test_failed_check() {
	TRACK=1
	steady_pair
	handovers plain sicken recover
	handovers deaf sicken recover
}

# The daemon that has handed over starts again under the load: what it adopts goes on forwarding.
test_restart_while_forwarding() {
	local old
	steady_pair
	old=$OWNER
	load_begin deaf
	terminate
	wait_owner "$STANDBY"
	sleep 0.5
	start_again
	wait_standby "$old"
	load_end
	none_lost "deaf, owner restarted"
	served_by_new "deaf, owner restarted"
}

# back_and_forth KIND: one load, and the address goes there and back under it.
back_and_forth() {
	local i
	load_begin "$1"
	for ((i = 0; i < ${HANDOVERS:-4}; i++)); do
		release
		wait_owner "$STANDBY"
		# Sometimes within the drain of the one before, sometimes after it.
		sleep "0.$((RANDOM % 6))"
		wait_pair
	done
	load_end
	none_lost "$1, $i handovers"
}

test_back_and_forth() {
	steady_pair
	back_and_forth plain
	back_and_forth deaf
}

# Whoever sends to the old owner is told once a second at most, by name, and no broadcast says so.
test_heals_who_strays() {
	local healed
	steady_pair
	capture c "$TMP/c.pcap" arp
	load_begin deaf
	release
	wait_owner "$STANDBY"
	sleep 2.5
	load_end
	capture_end
	none_lost "deaf, healed"
	healed=$(tcpdump -n -e -r "$TMP/c.pcap" "ether src $OLD and ether dst $(mac_of c)" 2>/dev/null | grep -c "$VIP is-at $NEW")
	expect_ge "unicast announcements to the stray client" 1 "$healed"
	expect_eq "those within a second of the one before" 0 "$(within_a_second "$TMP/c.pcap" "ether src $OLD and ether dst $(mac_of c) and arp[6:2] = 2 and arp[14:4] = 0x$(ip_hex $VIP)")"
	# The Ethernet source is always the sender's own: another one would teach switches something wrong.
	expect_eq "frames of the new owner's MAC from the old one's cable" 0 "$(ip -n sw -j -s link show dev c >/dev/null && fdb_moves)"
	say "$healed unicast announcements in $(echoes '(.end_ns - .start_ns) / 1e6 | floor') ms to a client that ignores them"
}

# Where the switch believes the new owner to be: at its own port.
fdb_moves() {
	bridge -n sw -j fdb show br br0 | jq --arg mac "$NEW" --arg port "$STANDBY" '[.[] | select(.mac == $mac and .ifname != $port)] | length'
}

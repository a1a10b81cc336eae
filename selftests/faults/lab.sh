# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The fault lab: hosts on a switch in user space that loses, delays, doubles and cuts by a seed and writes down
# every ARP frame and heartbeat. What happened is judged from those captures alone.
#
#      h1          h2         [h3]         w            c
#   198.18.0.1     .2          .3      .8 (witness)   .9 (asks all the time)
#      |           |           |           |            |
#   ---h1----------h2----------h3----------w------------c---   lanswitch in network namespace sw
#
# Sourced by a file of scenarios, which lib.sh runs function by function.

SEED=${SEED:-1}
ASK_RATE=${ASK_RATE:-500}
CAP=
NODES=

# A cable into the switch; the switch itself takes frames from the ports when it starts. Frames pass through user
# space here, so nobody downstream would finish a checksum.
plug_port() {
	ip -n "$1" link add eth0 type veth peer name "$1" netns sw || fail "no veth for $1"
	ip -n sw link set "$1" up
	ip -n sw link set dev "$1" xdpdrv obj "$OUT/xdp_pass.bpf.o" sec xdp || fail "no XDP_PASS on $1"
	ip -n "$1" link set eth0 up
	on "$1" ethtool -K eth0 tx off >/dev/null 2>&1
	ip -n "$1" addr add "$2" brd + dev eth0
	family_up "$1" "${2%/*}"
}

ip_of() {
	case $1 in
	w) echo 198.18.0.8 ;;
	c) echo 198.18.0.9 ;;
	*) echo "198.18.0.${1#h}" ;;
	esac
}

# lab_up NODE...: hosts, the client c and the switch, which writes $CAP/from-HOST.pcap and to-HOST.pcap.
lab_up() {
	local host
	NODES="$*"
	netns_add sw
	for host in "$@" c; do
		netns_add "$host"
		plug_port "$host" "$(ip_of "$host")/16"
	done
	CAP=$TMP/captured
	# What a switch does is not the hosts' load: it goes first.
	on_exec sw chrt -f 50 "$TOOLS/lanswitch" -u "$TMP/lan" -s "$SEED" -w "$CAP" ${LAB_ALL:+-a} run "$@" c 2>"$TMP/switch.log" &
	SWITCH=$!
	busywait 5000 lan sync >/dev/null || fail "the switch does not run"
	busywait 5000 on c ping -c 1 -W 1 -q "$(ip_of "$1")" >/dev/null || fail "the LAN does not work"
}

# lan "COMMAND FROM TO ...; ...": prints when it was in force, in ns.
lan() {
	on sw "$TOOLS/lanswitch" -u "$TMP/lan" ask "$*"
}

# cut_both A B [CLASS]: and what lan_heal undoes.
cut_both() {
	lan "cut $1 $2 ${3:-all}; cut $2 $1 ${3:-all}" >/dev/null
}

lan_heal() {
	lan "heal * *"
}

# A node's own key file where it has one.
key_of() {
	if [ -e "$TMP/key.$1" ]; then echo "$TMP/key.$1"; else echo "$TMP/key"; fi
}

# conf_lab NODE: for `run`, members as given to lab_up, variables as in conf_write.
conf_lab() {
	local other
	key_write
	{
		echo "node = \"$1\""
		echo "realtime = ${REALTIME:-true}"
		echo "heartbeat {"
		echo "    interval = \"${INTERVAL:-30ms}\""
		echo "    misses   = ${MISSES:-7}"
		echo "    drift    = \"${DRIFT:-0.1%}\""
		echo "    settle   = \"${SETTLE:-5ms}\""
		echo "    key-file = \"$(key_of "$1")\""
		[ -z "${ROLLOUT:-}" ] || echo "    rollout = \"$ROLLOUT\""
		echo "}"
		[ -z "${ALONE:-}" ] || echo "alone = \"$ALONE\""
		[ -z "${TOP:-}" ] || echo "$TOP"
		[ "$1" != w ] || echo "witness = true"
		for other in $NODES; do
			[ "$other" = "$1" ] && continue
			echo "peer \"$other\" {"
			echo "    address = \"$(ip_of "$other")\""
			[ "$other" != w ] || echo "    witness = true"
			echo "}"
		done
		echo "group \"web\" {"
		if [ "$1" != w ]; then
			echo "    interface = \"eth0\""
			echo "    addresses = { \"$VIP/$VIP_LEN\" }"
			echo "    address   = \"${ADDRESS:-owner}\""
			echo "    priority  = ${PRIORITY:-150}"
			[ -z "${GROUP:-}" ] || echo "$GROUP"
		fi
		echo "}"
	} >"$TMP/$1.conf"
}

lab_start() {
	local host
	for host in "$@"; do
		[ -e "$TMP/$host.conf" ] || conf_lab "$host"
		daemon_start "$host"
	done
}

# All nodes but the witness, which owns nothing.
owners_to_be() {
	echo "${NODES% w}"
}

# One node owns, every other that runs stands by: sets OWNER and STANDBY (one of them).
wait_settled() {
	# shellcheck disable=SC2046
	wait_agreed $(owners_to_be)
	find_standby
}

settled() {
	# shellcheck disable=SC2046
	agreed $(owners_to_be) >/dev/null
}

find_standby() {
	local host
	for host in $(owners_to_be); do
		[ "$host" = "$OWNER" ] || STANDBY=$host
	done
}

# split "A B" "C" ...: only hosts of the same set still hear each other; the client hears all.
split() {
	local one other a b command=
	for one in "$@"; do
		for other in "$@"; do
			[ "$one" = "$other" ] && continue
			for a in $one; do
				for b in $other; do
					command="$command cut $a $b;"
				done
			done
		done
	done
	lan "$command" >/dev/null
}

# All members but the owner.
others() {
	local host
	for host in $NODES; do
		[ "$host" = "$OWNER" ] || echo -n "$host "
	done
}

# three_in_lab NODE...: a quorum, its last member perhaps a witness, with an owner and a client that asks.
three_in_lab() {
	TOP="quorum = true"
	lab_up "$@"
	lab_start "$@"
	wait_settled
	ask_begin
}

# pair_in_lab: h1 and h2 with one owner, and a client that asks ASK_RATE times a second until lab_end.
pair_in_lab() {
	lab_up h1 h2
	lab_start h1 h2
	wait_settled
	ask_begin
}

# Who has no memory of a peer grants it the longest lease that there is, until it has heard otherwise for a while
# (I2): only after that does a takeover take G.
known_pair_in_lab() {
	pair_in_lab
	sleep 2
}

# What a pair with alone = always may do: own twice while nothing passes (S2). Of 30ms x 7, less what a cable takes.
pair_may_part() {
	ALONE=always SILENCE_US=183000
}

# judged: reads the capture up to now; then `saw FILTER` asks the verdict.
judged() {
	lan sync >/dev/null
	"$TOOLS/judge" -v $VIP -e "$(settle_us)" ${SILENCE_US:+-g "$SILENCE_US"} "$CAP" >"$TMP/judged.json" || fail "the judge failed"
}

# beat_after NS HOST: when its first heartbeat after that left, in ns, as captured up to now.
beat_after() {
	tcpdump -r "$CAP/from-$2.pcap" -n -tt "udp dst port 5694 and ether src $(mac_of "$2")" 2>/dev/null | awk -v after="$1" '
		{ split($1, t, "."); ns = t[1] * 1e9 + t[2] * (length(t[2]) == 9 ? 1 : 1000) }
		ns > after { printf "%.0f\n", ns; found = 1; exit }
		END { if (!found) printf "%.0f\n", after + 1e12 }'
}

settle_us() {
	local s=${SETTLE:-5ms}
	echo $((${s%ms} * 1000))
}

saw() {
	jq -r "$1" "$TMP/judged.json" || fail "no such verdict: $1"
}

# The switch lost nothing of its own accord, so what is missing was lost by command or by a host.
expect_honest_switch() {
	expect_eq "frames that the switch missed" 0 "$(lan stats | jq '[.ports[].missed] | add')"
}

# Whatever happened: nobody spoke without a lease, no request had two answers, no old owner after the new one.
expect_safe() {
	judged
	expect_honest_switch
	expect_eq "rules broken" "" "$(saw '[.faults[0:5][] | "\(.rule) by \(.node) (\(.count) times, \(.by_ns / 1000 | floor) us)"] | join(", ")')"
	[ -n "${SILENCE_US:-}" ] || expect_eq "requests answered by two hosts" 0 "$(saw .answered_by_two)"
	expect_ge "requests" 1 "$(saw .requests)"
}

# How often the address changed hands, as the heartbeats say it.
changes() {
	saw '[.owners[].node] | [range(1; length) as $i | select(.[$i] != .[$i - 1])] | length'
}

# seen TEXT: what the table of `make faults` shows.
seen() {
	say "seen: $*"
}

ms_of() {
	awk -v ns="$1" 'BEGIN { printf "%.0f ms", ns / 1e6 }'
}

# The longest time between the last answer of one host and the first of the next.
longest_handover() {
	saw '[.runs as $r | range(1; $r | length) | $r[.].first_ns - $r[. - 1].last_ns] | max // 0'
}

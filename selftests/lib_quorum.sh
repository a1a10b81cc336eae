# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Members of a quorum on the LAN of lib.sh: h1, h2, ... and w, a witness. Sourced by tests that have one.

ip_of() {
	case $1 in
	w) echo 198.18.0.8 ;;
	*) echo "198.18.0.${1#h}" ;;
	esac
}

quorum_conf() {
	local other
	key_write
	{
		echo "node = \"$1\""
		if [ "$(wc -w <<<"$MEMBERS")" -gt 2 ]; then
			echo "quorum = true"
		else
			echo "alone = \"${ALONE:-never}\""
		fi
		echo "realtime = ${REALTIME:-true}"
		echo "heartbeat { interval = \"${INTERVAL:-50ms}\" misses = ${MISSES:-7} drift = \"0.1%\"" \
			"settle = \"${SETTLE:-5ms}\" key-file = \"$TMP/key\" }"
		for other in $MEMBERS; do
			[ "$other" = "$1" ] || echo "peer \"$other\" { address = \"$(ip_of "$other")\"" \
				"$([ "$other" != w ] || echo "witness = true") }"
		done
		if [ "$1" = w ]; then
			echo "witness = true"
			echo "group \"web\" { }"
		else
			echo "group \"web\" { interface = \"eth0\" addresses = { \"$VIP/$VIP_LEN\" } ${GROUP:-} }"
		fi
	} >"$TMP/$1.conf"
}

# quorum_lan MEMBER...: the LAN and the files; nothing runs.
quorum_lan() {
	local host
	MEMBERS=$*
	lan_up
	for host in $MEMBERS; do
		[ "$host" = h1 ] || [ "$host" = h2 ] || host_add "$host" "$(ip_of "$host")/16"
		quorum_conf "$host"
	done
}

quorum_start() {
	local host
	for host in "$@"; do
		daemon_start "$host"
	done
}

quorum_up() {
	quorum_lan "$@"
	quorum_start "$@"
	wait_one "$@"
	voters_ready
}

# A member votes once no promise of before could stand any more: that long after its own first heartbeat, which on a busy
# machine may be much later than the others'.
voters_ready() {
	local host
	for host in $MEMBERS; do
		busywait 20000 grep -q 'init -> ' "$TMP/$host.log" || fail "$host has not begun"
	done
	sleep 1.2
}

# wait_one HOST...: of these, one owns and all others stand by; sets OWNER and REST.
wait_one() {
	local host
	wait_agreed "$@"
	REST=
	for host in "$@"; do
		[ "$host" = "$OWNER" ] || REST="$REST $host"
	done
}

# First and second of REST.
rest() {
	echo "$REST" | awk -v n="$1" '{ print $n }'
}

wait_silent() {
	busywait 5000 state_is "$1" lease none || fail "$1 still holds its lease: $(states "$MEMBERS")"
}

all_agree() {
	local host
	for host in $MEMBERS; do
		busywait 3000 state_is "$host" owner "$OWNER" || fail "$host takes another for the owner: $(states "$MEMBERS")"
		expect_eq "term as $host sees it" "$(state "$OWNER" term)" "$(state "$host" term)"
	done
}

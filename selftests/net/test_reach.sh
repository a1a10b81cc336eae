# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One group of two IPv4 and two IPv6 addresses on two interfaces, all asked for all the time: one voice, one flip, and
# nothing lost at a planned handover. `make bench-reach` plays it at 10,000 probes a second on each, and round by round.
# alone: four clients ask at once, and what a full queue loses is lost.

# shellcheck source=selftests/lib_lans.sh
. "${BASH_SOURCE[0]%/*}/../lib_lans.sh"

# Client and address.
REACHED="c=$VIP e=$VIP2 c=2001:db8::10 e=2001:db8:1::10"
REACH_ADDRESSES="\"$VIP/16\", \"$VIP2/16 dev eth1\", \"2001:db8::10/64\", \"2001:db8:1::10/64 dev eth1\""
RATE=${RATE:-2000}

reach_up() {
	local host one
	INTERVAL=${INTERVAL:-20ms} SETTLE=2ms ADDRESSES=$REACH_ADDRESSES
	lan_up
	second_lan_up
	for host in h1 h2; do
		host6 $host "2001:db8::${host#h}"
		host6 $host "2001:db8:1::${host#h}" eth1
		conf_both $host
		# Over before the load ends, so that the old owner is seen to serve and to send on.
		sed -i 's/^    preempt .*/&\n    drain = "300ms"/' "$TMP/$host.conf"
	done
	host6 c 2001:db8::9
	host6 e 2001:db8:1::9
	for host in h1 h2 c e; do
		busywait 5000 link_local_there $host || fail "$host has no link-local address"
	done
	daemon_start h1
	daemon_start h2
	wait_pair
	for one in $REACHED; do
		busywait 5000 on "${one%%=*}" ping -c 1 -W 1 -q "${one#*=}" >/dev/null || fail "${one#*=} does not answer"
	done
}

# load_begin TOOL: one for each address; load_end: what each saw is in $TMP/load.ADDRESS.
load_begin() {
	local one
	LOADS=()
	for one in $REACHED; do
		on_exec "${one%%=*}" "$TOOLS/$1" -i eth0 -r "$RATE" -d 60000 "${one#*=}" >"$TMP/load.${one#*=}" &
		LOADS+=($!)
	done
	for one in "${LOADS[@]}"; do
		wait_hears "$one"
	done
	sleep 0.3
}

load_end() {
	local pid
	kill -TERM "${LOADS[@]}"
	for pid in "${LOADS[@]}"; do
		wait "$pid" || fail "the load tool failed"
	done
}

# seen_at FILTER: of each address in turn.
seen_at() {
	local one
	for one in $REACHED; do
		json "$1" "$TMP/load.${one#*=}"
	done | xargs
}

expect_one_voice_each() {
	expect_eq "requests with two answers" "0 0 0 0" "$(seen_at .answered_more)"
	expect_eq "hosts that answered" "2 2 2 2" "$(seen_at '.answers_by_mac | length')"
	expect_eq "stretches of answers" "2 2 2 2" "$(seen_at .run_count)"
}

# ms in which nobody answered, from the old owner's last answer to the new one's first.
gaps() {
	seen_at '(.runs[1].first_ns - .runs[0].last_ns) / 1e4 | floor / 100'
}

takeover() {
	load_begin arpload
	unplug_all "$OWNER"
	wait_owner "$STANDBY"
	sleep 0.4
	load_end
	expect_one_voice_each
}

# Both cables at once: its lease ends by itself.
unplug_all() {
	ip -n sw -batch - <<-END || fail "the cables of $1 stay"
		link set $1 down
		link set ${1}b down
	END
}

plugged_again() {
	plug_back "$1"
	plug_back "${1}b"
	wait_standby "$1"
	wait_pair
}

planned() {
	load_begin echoload
	expect_ok ctl "$OWNER" release web
	wait_owner "$STANDBY"
	sleep 0.7
	load_end
}

test_takeover() {
	reach_up
	takeover
	say "nobody answered, ms: $(gaps), of $(for one in $REACHED; do echo -n "${one#*=} "; done)"
}

test_planned_handover() {
	reach_up
	planned
	expect_eq "echoes that the clients dropped" "0 0 0 0" "$(seen_at .own_drops)"
	expect_eq "echoes lost of $(seen_at .sent)" "0 0 0 0" "$(seen_at .lost)"
	expect_eq "echoes answered twice" "0 0 0 0" "$(seen_at .duplicates)"
	say "echoes: $(seen_at .sent), none lost"
}

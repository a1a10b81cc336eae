# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The first takeover of README.md with the words that stand there: its file on n1, what its sed makes of that for n2, and
# the steps after it. Only the key, made as it says, lies elsewhere.

readme_conf() {
	local make
	make=$(grep -m 1 '^(umask .* >/etc/ip-takeover/key)$' README.md) || fail "README.md makes no key"
	make=${make//ip-takeover-ctl/"$CTL"}
	eval "${make//\/etc\/ip-takeover\/key/"$TMP/key"}"
	sed -n '/^node = "n1"$/,/^END$/p' README.md | sed '/^END$/d' >"$TMP/h1.conf"
	sed -e "$(sed -n "s/^sed -e '\(.*\)' .*/\1/p" README.md)" "$TMP/h1.conf" >"$TMP/h2.conf"
	grep -q '^node = "n2"$' "$TMP/h2.conf" || fail "README.md has no file for n2: $(cat "$TMP/h2.conf")"
	echo "heartbeat { key-file = \"$TMP/key\" }" | tee -a "$TMP/h1.conf" >>"$TMP/h2.conf"
}

test_first_takeover() {
	local host ping
	lan_up
	readme_conf
	for host in h1 h2; do
		ctl $host check -c "$TMP/$host.conf" >/dev/null || fail "README.md's file for $host is refused"
		daemon_start $host
	done
	wait_pair
	for host in h1 h2; do
		busywait 5000 status_is $host '.alarms[].text' "" || fail "$host shows an alarm"
	done
	stamp STOP "$OWNER" >/dev/null
	sleep 2
	stamp CONT "$OWNER" >/dev/null
	wait_owner "$STANDBY"
	wait_standby "$OWNER"
	on_exec c "$TOOLS/prober" -d 60000 $VIP >"$TMP/ping.json" &
	ping=$!
	sleep 1
	ctl "$STANDBY" release web || fail "$STANDBY does not give it back"
	wait_owner "$OWNER"
	sleep 1
	kill -TERM $ping && wait $ping
	expect_eq "pings lost in the release" 0 "$(json '.sent - .answered' "$TMP/ping.json")"
	for host in h1 h2; do
		ctl $host detach --all || fail "$host stays attached"
	done
	expect_eq "who answers in the end" "" "$(answers c $VIP)"
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Bad input: the right exit status, the word quoted in one line, and nothing half attached.

untouched() {
	expect_no_trace h1
	expect_eq "who answers" "" "$(answers c $VIP)"
}

one_line() {
	local out
	out=$("$@" 2>&1 >/dev/null)
	expect_eq "lines said by \"$*\" ($out)" 1 "$(wc -l <<<"$out")"
}

test_words_on_the_command_line() {
	lan_up
	expect_fail 2 frobnicate ctl h1 frobnicate
	expect_fail 2 rel ctl h1 rel web
	expect_fail 2 usage ctl h1
	expect_fail 2 usage ctl h1 attach
	expect_fail 2 usage ctl h1 take
	expect_fail 2 usage ctl h1 run
	expect_eq "wrong usage in JSON" '{"error":"usage: ip-takeover-ctl take GROUP [--force]"}' \
		"$(ctl h1 --json take 2>/dev/null)"
	ctl h1 take --help | grep -q '^usage' || fail "--help is for everywhere"
	[[ $(ctl h1 take web --version) == "ip-takeover-ctl "* ]] || fail "--version is for everywhere"
	expect_fail 2 sideways ctl h1 attach eth0 --mode sideways
	expect_fail 1 eth7 ctl h1 attach eth7
	expect_fail 1 "bad/name" ctl h1 attach eth0 --instance bad/name
	untouched
}

test_addresses_and_groups_by_hand() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_fail 1 eth7 ctl h1 add web $VIP/16 dev eth7
	expect_fail 1 198.18.1.300 ctl h1 add web 198.18.1.300/16 dev eth0
	expect_fail 1 "$VIP" ctl h1 add web $VIP dev eth0
	expect_fail 1 /33 ctl h1 add web $VIP/33 dev eth0
	expect_fail 1 224.0.0.1 ctl h1 add web 224.0.0.1/16 dev eth0
	expect_fail 1 "we b" ctl h1 add "we b" $VIP/16 dev eth0
	expect_fail 1 nosuch ctl h1 take nosuch
	expect_fail 1 nosuch ctl h1 release nosuch
	expect_fail 1 nosuch ctl h1 announce nosuch
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_fail 1 "$VIP" ctl h1 add mail $VIP/16 dev eth0
	expect_fail 1 198.18.1.77 ctl h1 del web 198.18.1.77/16 dev eth0
	expect_ok ctl h1 detach eth0
	untouched
}

test_output_that_goes_nowhere() {
	lan_up
	expect_ok ctl h1 attach eth0
	on h1 "$CTL" status --json >/dev/full 2>"$TMP/err" && fail "status into a full disk succeeds"
	grep -q "standard output" "$TMP/err" || fail "it says: $(cat "$TMP/err")"
	expect_ok ctl h1 detach eth0
}

test_not_attached() {
	lan_up
	expect_fail 1 eth0 ctl h1 add web $VIP/16 dev eth0
	expect_fail 1 eth0 ctl h1 detach eth0
	expect_fail 1 attached ctl h1 status
	one_line ctl h1 status
	untouched
}

# conf_bad SED WORD: the good file changed by SED is refused, naming file, line and WORD.
conf_bad() {
	conf_write h1
	sed -i "$1" "$TMP/h1.conf"
	expect_fail 1 "$2" ctl h1 check -c "$TMP/h1.conf"
	expect_fail 1 "$2" ctl h1 run -c "$TMP/h1.conf"
	one_line ctl h1 run -c "$TMP/h1.conf"
}

test_configuration() {
	lan_up
	conf_write h1
	expect_ok ctl h1 check -c "$TMP/h1.conf"
	expect_fail 1 /no/such/file ctl h1 run -c /no/such/file
	conf_bad 's/^group/gruppe/' gruppe
	conf_bad 's/198.18.1.1/198.18.1.256/' 198.18.1.256
	conf_bad 's,198.18.1.1/16,198.18.1.1/40,' /40
	conf_bad 's,198.18.1.1/16",198.18.1.1/16"\, "198.18.1.1/16",' 198.18.1.1
	conf_bad 's/"owner"/"owned"/' owned
	conf_bad 's/misses .*/misses = 3/' misses
	conf_bad 's/"50ms"/"50parsecs"/' 50parsecs
	conf_bad 's/.*key-file.*//' key-file
	conf_bad "s,key-file = .*,key-file = \"$TMP/nokey\"," nokey
	conf_bad 's/^alone.*/quorum = true/' witness
	conf_bad 's/^alone.*/alone = "gateway"/' gateway
	conf_bad '1 i peer "n3" { address = "198.18.0.3" }' quorum
	conf_bad '1 i track "t" { script = "check.sh" }' check.sh
	conf_bad 's/preempt .*/preempt-delay = "1s"/' 1s
	conf_bad '$ r /dev/stdin' "$VIP" <<-END
		group "mail" {
		    interface = "eth0"
		    addresses = { "$VIP/16" }
		}
	END
	untouched
}

test_key_file() {
	lan_up
	conf_write h1
	chmod 644 "$TMP/key"
	expect_fail 1 "$TMP/key" ctl h1 run -c "$TMP/h1.conf"
	chmod 600 "$TMP/key"
	echo "1 tooshort" >"$TMP/key"
	expect_fail 1 "$TMP/key:1" ctl h1 run -c "$TMP/h1.conf"
	: >"$TMP/key"
	expect_fail 1 "$TMP/key" ctl h1 run -c "$TMP/h1.conf"
	untouched
}

test_interface_of_the_configuration() {
	lan_up
	conf_write h1
	sed -i 's/"eth0"/"eth7"/' "$TMP/h1.conf"
	expect_fail 1 eth7 ctl h1 run -c "$TMP/h1.conf"
	untouched
}

test_address_that_is_there_already() {
	lan_up
	ip -n h1 addr add $VIP/16 dev eth0
	conf_write h1
	expect_fail 1 $VIP ctl h1 run -c "$TMP/h1.conf"
	expect_eq "the address" 1 "$(ip -n h1 -o addr show dev eth0 to $VIP | wc -l)"
	ip -n h1 addr del $VIP/16 dev eth0
	untouched
}

test_group_held_by_hand_is_not_run() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 take web
	conf_write h1
	expect_fail 1 web ctl h1 run -c "$TMP/h1.conf"
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
}

test_group_of_the_daemon_is_not_added_to() {
	pair_up
	expect_fail 1 web ctl "$OWNER" add web 198.18.1.2/16 dev eth0
}

test_second_daemon_is_refused() {
	pair_up
	expect_fail 1 run timeout 5 nsenter --net=/run/netns/h1 "$CTL" run -c "$TMP/h1.conf"
	owner_is "$OWNER" || fail "$OWNER lost its group to a second start"
}

test_without_permission() {
	lan_up
	expect_fail 1 permi on h1 setpriv --bounding-set -all --inh-caps -all --reuid 65534 --regid 65534 \
		--clear-groups "$CTL" attach eth0
	untouched
}

# A bpffs that is not mounted is mounted, where that is possible.
test_absent_bpffs() {
	lan_up
	umount /sys/fs/bpf
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 status --json
	expect_ok ctl h1 detach eth0
	untouched
}

# Two hosts with different keys both own; at least they say why.
test_different_keys_are_an_alarm() {
	lan_up
	conf_write h1
	conf_write h2
	echo "1 00112233445566778899aabbccddeeff" >"$TMP/key2"
	chmod 600 "$TMP/key2"
	sed -i "s,$TMP/key,&2," "$TMP/h2.conf"
	daemon_start h1
	daemon_start h2
	busywait 5000 alarm_says h1 "not the same key" || fail "alarms: $(ctl h1 status --json | jq -c .alarms)"
	expect_eq "state of the peer" down "$(ctl h1 status --json | jq -r '.peers[0].state')"
}

alarm_says() {
	ctl "$1" status --json | jq -e --arg text "$2" '[.alarms[].text | select(contains($text))] != []' >/dev/null
}

# Its element would go to the next group that is made, with the open gate.
test_group_that_is_no_more_held_by_hand() {
	lan_up
	daemon_start h1
	wait_owner h1
	stamp TERM h1 >/dev/null
	wait "$(pid_of h1)"
	expect_ok ctl h1 take web --force
	sed -i "s/group \"web\"/group \"mail\"/; s/$VIP/198.18.1.2/" "$TMP/h1.conf"
	expect_fail 1 "group 'web' is held by hand" ctl h1 run -c "$TMP/h1.conf"
	expect_eq "who answers" "$MAC1" "$(answers c $VIP)"
	expect_ok ctl h1 release web
	daemon_start h1
	wait_owner h1
	expect_eq "who answers" "" "$(answers c $VIP)"
}

# Silence that cannot be had is an error before any address stands there.
test_sysctls_that_cannot_be_set() {
	lan_up
	plug h1 eth1 h1b
	ADDRESS=standing conf_write h1
	on h1 sysctl -qw net.ipv4.conf.all.arp_ignore=3
	expect_fail 1 "net.ipv4.conf.all.arp_ignore is 3" ctl h1 run -c "$TMP/h1.conf"
	untouched
	on h1 sysctl -qw net.ipv4.conf.all.arp_ignore=0
	expect_fail 1 "arp_ignore: Read-only file system" on h1 unshare -m sh -c 'mount --bind /proc/sys /proc/sys &&
		mount -o remount,bind,ro /proc/sys && exec "$0" run -c "$1"' "$CTL" "$TMP/h1.conf"
	expect_no_trace h1 eth0 eth1
	expect_eq "on lo" "" "$(ip -n h1 -o addr show dev lo to $VIP)"
	untouched
}

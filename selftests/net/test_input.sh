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

test_address_that_is_there_already() {
	lan_up
	ip -n h1 addr add $VIP/16 dev eth0
	conf_write h1
	expect_fail 1 $VIP ctl h1 run -c "$TMP/h1.conf"
	expect_eq "the address" 1 "$(ip -n h1 -o addr show dev eth0 to $VIP | wc -l)"
	ip -n h1 addr del $VIP/16 dev eth0
	untouched
}

# Two interfaces that are not two VLANs of one: a mistake, as well by hand. Link-local ones are two.
test_same_address_on_two_interfaces() {
	lan_up
	ip -n sw link add br1 up type bridge stp_state 0 mcast_snooping 0 forward_delay 0
	plug h1 eth1 h1b br1
	host6 h1 2001:db8::1
	host6 h1 2001:db8:1::1 eth1
	ADDRESSES="\"$VIP/16\", \"198.18.1.2/16\", \"$VIP/24 dev eth1\"" conf_write h1
	expect_ok ctl h1 check -c "$TMP/h1.conf"
	expect_fail 1 "'$VIP' of group 'web' on eth1 is in group 'web' on eth0 already: these are not two VLANs" \
		ctl h1 run -c "$TMP/h1.conf"
	untouched
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 attach eth1
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_fail 1 "'$VIP/16' is in group 'web' on 'eth0' already" ctl h1 add db $VIP/16 dev eth1
	expect_ok ctl h1 add web fe80::1:1/64 dev eth0
	expect_ok ctl h1 add db fe80::1:1/64 dev eth1
	expect_fail 1 "'fe80::1:1/64' is in group" ctl h1 add other fe80::1:1/64 dev eth1
	expect_ok ctl h1 take db
	expect_eq "where it is" "eth1" "$(ip -n h1 -6 -o addr show to fe80::1:1 | awk '{ print $2 }')"
	expect_ok ctl h1 take web
	expect_eq "where it is" "eth0 eth1" "$(ip -n h1 -6 -o addr show to fe80::1:1 | awk '{ print $2 }' | xargs)"
	expect_ok ctl h1 release db --force
	expect_eq "where it is" "eth0" "$(ip -n h1 -6 -o addr show to fe80::1:1 | awk '{ print $2 }')"
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
	expect_fail 1 run timeout 30 nsenter --net=/run/netns/h1 "$CTL" run -c "$TMP/h1.conf"
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
	on h1 sysctl -qw net.ipv4.conf.all.arp_ignore=4
	expect_fail 1 "net.ipv4.conf.all.arp_ignore is 4" ctl h1 run -c "$TMP/h1.conf"
	untouched
	on h1 sysctl -qw net.ipv4.conf.all.arp_ignore=0
	expect_fail 1 "arp_ignore: Read-only file system" on h1 unshare -m sh -c 'mount --bind /proc/sys /proc/sys &&
		mount -o remount,bind,ro /proc/sys && exec "$0" run -c "$1"' "$CTL" "$TMP/h1.conf"
	expect_no_trace h1 eth0 eth1
	expect_eq "on lo" "" "$(ip -n h1 -o addr show dev lo to $VIP)"
	untouched
}

# A witness has no address to be silent for: not refused, nothing set, but for what an operator adds beside it.
test_witness_needs_no_silence() {
	lan_up
	plug h1 eth1 h1b
	conf_write h1
	sed -i -e 's/^alone.*/quorum = true\nwitness = true\npeer "n3" { address = "198.18.0.9" }/' -e '/^group/,$d' \
		"$TMP/h1.conf"
	echo 'group "web" { }' >>"$TMP/h1.conf"
	on h1 sysctl -qw net.ipv4.conf.all.arp_ignore=4
	daemon_start h1
	busywait 5000 state_is h1 phase witness || fail "it does not start"
	expect_eq "arp_ignore, arp_announce of eth1" "0 0" \
		"$(on h1 sysctl -n net.ipv4.conf.eth1.arp_ignore net.ipv4.conf.eth1.arp_announce | xargs)"
	expect_ok ctl h1 add mail $VIP/16 dev eth0
	busywait 5000 grep -q 'ALARM: the kernel may answer.*all.arp_ignore is 4' "$TMP/h1.log" || fail "nothing said"
	expect_eq "arp_ignore of eth1" 3 "$(on h1 sysctl -n net.ipv4.conf.eth1.arp_ignore)"
	expect_ok ctl h1 del mail $VIP/16 dev eth0
	expect_ok ctl h1 detach --all
	expect_no_trace h1 eth0 eth1
}

# neighbours MAP: on h1, of each element that is used whether it has a MAC, and which addresses float.
neighbours() {
	local skip=0
	[ "$1" = nets ] || skip=24 # its key
	bpftool -j map dump pinned "/sys/fs/bpf/ip-takeover/$(instance_of h1)/$1" | jq -c --argjson skip $skip \
		'[.[].value[$skip:] | {mac: any(.[:6][]; . != "0x00"), at: [.[8:] | to_entries[] | select(.value != "0x00").key]} |
			select(.mac or .at != [])]'
}

# out_of_memory N COMMAND...: on h1, at its N-th call of bpf(); at N+, from that on. Does it succeed? If not, it says so.
out_of_memory() {
	on h1 strace -f -o /dev/null -e trace=bpf -e "inject=bpf:error=ENOMEM:when=$1" "$CTL" "${@:2}" >/dev/null 2>"$TMP/err" &&
		return
	[ -s "$TMP/err" ] || fail "\"${*:2}\" fails at call $1 and does not say so"
	return 1
}

# calls COMMAND...: of bpf(), on h1; of `del` those before it has deleted, then it looks for what nobody needs any more.
calls() {
	on h1 strace -f -o "$TMP/trace" -e trace=bpf "$CTL" "$@" >/dev/null || skip "strace does not work here"
	awk '/bpf\(/ { n++ } /MAP_DELETE_ELEM/ { exit } END { print n }' "$TMP/trace"
}

# Whose element of `near` is another's: the last byte but one, in C. Two addresses of it float.
neighbours_in_nets() {
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web 198.18.1.1/16 dev eth0
	for ((C = 255; C > 1; C--)); do
		expect_ok ctl h1 add web "198.18.$C.1/16" dev eth0
		[ "$(neighbours nets)" = "[]" ] || break
	done
	[ "$C" -gt 1 ] || fail "no two share an element"
	expect_ok ctl h1 add web "198.18.$C.2/16" dev eth0
}

# A look that fails says nothing of what is there: taken for "none", 255 neighbours would not float any more.
test_failed_look_costs_no_neighbour() {
	local n adds dels one
	local -r two='[{"mac":true,"at":[1,2]}]' three='[{"mac":true,"at":[1,2,3]}]'
	lan_up
	neighbours_in_nets
	one=(web "198.18.$C.3/16" dev eth0)
	adds=$(calls add "${one[@]}") || skip "strace does not work here"
	expect_eq "added" "$three" "$(neighbours nets)"
	dels=$(calls del "${one[@]}")
	expect_eq "taken out" "$two" "$(neighbours nets)"
	for ((n = 1; n <= adds; n++)); do
		if out_of_memory "$n" add "${one[@]}"; then
			expect_eq "added, call $n failed" "$three" "$(neighbours nets)"
		else
			expect_eq "not added, call $n failed" "$two" "$(neighbours nets)"
			! ctl h1 del "${one[@]}" >/dev/null 2>&1 || fail "not added, call $n failed: half of it is left"
			continue
		fi
		expect_ok ctl h1 del "${one[@]}"
	done
	for ((n = 1; n <= dels; n++)); do
		expect_ok ctl h1 add "${one[@]}"
		out_of_memory "$n" del "${one[@]}" && expect_eq "taken out, call $n failed" "$two" "$(neighbours nets)"
		ctl h1 del "${one[@]}" >/dev/null 2>&1
		expect_eq "taken out in the end" "$two" "$(neighbours nets)"
	done
	say "$adds calls of add, $dels of del"
}

# Written over while frames are looked up in it: where nothing was, the MAC is there before any address floats.
test_first_neighbour_comes_with_its_mac() {
	local n one=(web "$VIP/16" dev eth0)
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web 198.18.2.2/16 dev eth0
	n=$(calls add "${one[@]}") || skip "strace does not work here"
	expect_ok ctl h1 del "${one[@]}"
	# Its last deed.
	while out_of_memory "$n+" add "${one[@]}"; do
		expect_ok ctl h1 del "${one[@]}"
		((--n)) || fail "no call of \"add\" matters"
	done
	expect_eq "of 198.18.1 and 198.18.2" '[{"mac":true,"at":[]},{"mac":true,"at":[2]}]' "$(neighbours near | jq -c sort)"
	expect_ok ctl h1 del "${one[@]}"
	expect_eq "of 198.18.2" '[{"mac":true,"at":[2]}]' "$(neighbours near)"
}

# Under systemd the journal takes "<3>" for the priority of a line; anywhere else that would be dirt.
test_alarms_have_a_priority_in_the_journal() {
	local stream
	lan_up
	conf_write h1
	: >"$TMP/h1.log"
	for stream in "$(stat -c %d:%i "$TMP/h1.log")" 1:1; do
		: >"$TMP/h1.log"
		JOURNAL_STREAM=$stream daemon_start h1
		wait_owner h1
		mv "$TMP/h1.conf" "$TMP/h1.good"
		echo bogus >"$TMP/h1.conf"
		expect_fail 1 bogus ctl h1 reload
		mv "$TMP/h1.good" "$TMP/h1.conf"
		daemon_kill h1
		grep -q 'ALARM: reload: ' "$TMP/h1.log" || fail "no alarm"
		if [ "$stream" = 1:1 ]; then
			expect_eq "priorities in a file" 0 "$(grep -c '^<' "$TMP/h1.log")"
		else
			grep -q '^<3>\[[0-9.]*\] ALARM: reload: ' "$TMP/h1.log" || fail "no priority: $(grep ALARM "$TMP/h1.log")"
			expect_eq "lines with a priority" "$(grep -c 'ALARM: ' "$TMP/h1.log")" "$(grep -c '^<3>' "$TMP/h1.log")"
		fi
	done
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A changed file is read while the daemon runs: refused whole, or taken over as a difference that groups which
# did not change do not notice.

# A busy machine may stall for longer than the usual 300 ms lease.
INTERVAL=150ms

VIP2=198.18.1.2
VIP3=198.18.1.3

log_has() {
	grep -q "$2" "$TMP/$1.log"
}

times() {
	grep -c "$2" "$TMP/$1.log"
}

said() {
	[ "$(times "$1" "$2")" -ge "$3" ]
}

# group_of HOST GROUP FIELD
group_of() {
	ctl "$1" status --json | jq -r ".groups[] | select(.name == \"$2\") | .$3"
}

group_is() {
	local got
	got=$(group_of "$1" "$2" "$3")
	[ "$got" = "$4" ] || {
		echo "$2 of $1: $3 is $got"
		return 1
	}
}

# group_text NAME ADDRESS...: a group as the file has it.
group_text() {
	local name=$1 list
	shift
	list=$(printf '"%s/16", ' "$@")
	echo "group \"$name\" { interface = \"eth0\" addresses = { ${list%, } } }"
}

# conf_groups HOST TEXT...: the file of HOST with these groups instead of its own.
conf_groups() {
	local host=$1
	shift
	conf_write "$host"
	sed -i '/^group/,$d' "$TMP/$host.conf"
	printf '%s\n' "$@" >>"$TMP/$host.conf"
}

# Two groups, both of the same owner.
two_groups_up() {
	local host
	lan_up
	# The load is the other client's, which takes any answer to these for its own.
	host_add c2 198.18.0.8/16
	for host in h1 h2; do
		conf_groups "$host" "$(group_text web $VIP)" "$(group_text db $VIP2)"
	done
	daemon_start h1
	wait_owner h1
	daemon_start h2
	busywait 5000 group_is h1 db state owner || fail "h1 does not own both"
	busywait 5000 group_is h2 db state standby || fail "h2 does not stand by"
	TERM1=$(group_of h1 web term)
}

# reload HOST: and waits until the new process is at work.
reload() {
	local before
	before=$(times "$1" 'first heartbeat')
	kill -HUP "$(pid_of "$1")"
	busywait 10000 said "$1" 'first heartbeat' $((before + 1)) || fail "$1 was not replaced"
}

load_start() {
	on_exec c "$TOOLS/arpload" -i eth0 -r 1000 -d 250000 $VIP >"$TMP/load.json" &
	LOAD=$!
	wait_hears $LOAD
}

# The group that did not change: every request answered once, by one host, under the same term.
expect_unbroken() {
	sleep 0.2
	kill -TERM "$LOAD"
	wait "$LOAD"
	say "$(json '"\(.requests) requests, \(.unanswered) unanswered"' "$TMP/load.json")"
	expect_eq "answered more than once" 0 "$(json .answered_more "$TMP/load.json")"
	expect_eq "unanswered" 0 "$(json '.unanswered - .send_failed' "$TMP/load.json")"
	expect_eq "hosts that answered" 1 "$(json '.answers_by_mac | length' "$TMP/load.json")"
	expect_eq "term of the group that did not change" "$TERM1" "$(group_of h1 web term)"
	group_is h1 web state owner || fail "the group that did not change has changed"
}

# refused WORD: the file as it is now is refused with WORD, and nothing else happens.
refused() {
	local before
	before=$(times h1 'ALARM: reload')
	kill -HUP "$(pid_of h1)"
	busywait 5000 said h1 'ALARM: reload' $((before + 1)) || fail "no word about the file with '$1'"
	grep 'ALARM: reload' "$TMP/h1.log" | tail -n 1 | grep -qF "$1" ||
		fail "'$1' is not named: $(grep 'ALARM: reload' "$TMP/h1.log" | tail -n 1)"
	expect_eq "processes" 1 "$(times h1 'first heartbeat')"
}

test_wrong_files_change_nothing() {
	two_groups_up
	load_start
	conf_groups h1 "$(group_text web $VIP)" 'group "db" {'
	refused h1.conf:
	conf_groups h1 "$(group_text web $VIP)" 'colour = "blue"'
	refused colour
	MISSES=3
	conf_groups h1 "$(group_text web $VIP)"
	refused misses
	MISSES=7
	conf_groups h1 "$(group_text web $VIP | sed s/eth0/eth7/)"
	refused eth7
	conf_groups h1 "$(group_text web $VIP)" "$(group_text new 198.18.0.1)"
	refused 198.18.0.1
	conf_groups h1 "$(group_text web $VIP)"
	sed -i 's/node = "n1"/node = "other"/' "$TMP/h1.conf"
	refused other
	rm "$TMP/h1.conf"
	refused 'No such file'
	expect_unbroken
	expect_eq "owner of the other group" owner "$(group_of h1 db state)"
	expect_eq "h2 took part" 0 "$(times h2 ' -> owner')"
}

test_group_removed_and_added() {
	local host
	two_groups_up
	load_start
	for host in h1 h2; do
		conf_groups "$host" "$(group_text web $VIP)"
		reload "$host"
		expect_eq "groups of $host" web "$(ctl "$host" status --json | jq -r '.groups[].name')"
		ip -n "$host" addr show dev eth0 | grep -q $VIP2 && fail "its address is still on $host"
	done
	expect_eq "who answers for it" "" "$(answers c2 $VIP2)"
	for host in h1 h2; do
		conf_groups "$host" "$(group_text web $VIP)" "$(group_text db $VIP2)" "$(group_text more $VIP3)"
		reload "$host"
	done
	busywait 5000 one_owner_of db || fail "the group that came back has no owner"
	busywait 5000 one_owner_of more || fail "the new group has no owner"
	expect_unbroken
}

one_owner_of() {
	[ "$(group_of h1 "$1" state) $(group_of h2 "$1" state)" = "owner standby" ] ||
		[ "$(group_of h1 "$1" state) $(group_of h2 "$1" state)" = "standby owner" ]
}

test_addresses_added_removed_moved() {
	two_groups_up
	load_start
	conf_groups h1 "$(group_text web $VIP $VIP3)" "$(group_text db $VIP2)"
	reload h1
	busywait 3000 eval "[ \"\$(answers c2 $VIP3)\" = $MAC1 ]" || fail "the new address has no answer"
	ip -n h1 addr show dev eth0 | grep -q $VIP3 || fail "the new address is not on h1"
	# From one group to the other, both of them ours.
	conf_groups h1 "$(group_text web $VIP)" "$(group_text db $VIP2 $VIP3)"
	reload h1
	expect_eq "group of the address that moved" db \
		"$(ctl h1 status --json | jq -r ".groups[] | select(.addresses[] | tostring | contains(\"$VIP3\")).name")"
	expect_eq "who answers for it" "$MAC1" "$(answers c2 $VIP3)"
	# Another prefix length is another address to the kernel.
	conf_groups h1 "$(group_text web $VIP)" "$(group_text db $VIP2 $VIP3 | sed "s,$VIP3/16,$VIP3/32,")"
	reload h1
	busywait 3000 eval "ip -n h1 addr show dev eth0 | grep -q $VIP3/32" || fail "the address is not there anew"
	conf_groups h1 "$(group_text web $VIP)" "$(group_text db $VIP2)"
	reload h1
	expect_eq "who answers for what was removed" "" "$(answers c2 $VIP3)"
	ip -n h1 addr show dev eth0 | grep -q $VIP3 && fail "the address is still on h1"
	expect_unbroken
	expect_eq "h2 took part" 0 "$(times h2 ' -> owner')"
}

# What another host answers for must not come into a group that is owned: nobody would ask again.
test_address_in_use_is_refused() {
	two_groups_up
	load_start
	ip -n c addr add $VIP3/16 dev eth0
	conf_groups h1 "$(group_text web $VIP $VIP3)" "$(group_text db $VIP2)"
	refused "$MACC"
	expect_unbroken
}

# The rehearsal cannot see everything: then what the process before ran is there to go back to.
test_what_fails_after_all_goes_back() {
	two_groups_up
	load_start
	# A good file for the process that reads it, a bad one for its heir: giving a group up takes a while.
	conf_groups h1 "$(group_text web $VIP)"
	kill -HUP "$(pid_of h1)"
	busywait 5000 log_has h1 'reload: a new process takes over' || fail "the file was not taken"
	echo 'colour = "blue"' >"$TMP/h1.conf"
	busywait 10000 said h1 'first heartbeat' 2 || fail "h1 was not replaced"
	log_has h1 'ALARM: .*colour.*going on with the configuration of the process before' ||
		fail "the log does not say so"
	busywait 5000 one_owner_of db || fail "the group that was to go has no owner"
	expect_unbroken
}

# Votes were given for leases of the length that was announced: a longer one begins with a new claim.
test_longer_lease() {
	local host
	two_groups_up
	on_exec c "$TOOLS/arpload" -i eth0 -r 1000 -d 250000 $VIP >"$TMP/load.json" &
	LOAD=$!
	INTERVAL=300ms
	for host in h2 h1; do
		conf_groups "$host" "$(group_text web $VIP)" "$(group_text db $VIP2)"
		reload "$host"
	done
	log_has h1 'group web: left open by the process before, closed: its leases were shorter' ||
		fail "the log does not say so"
	busywait 5000 one_owner_of web || fail "no owner"
	busywait 5000 group_is h1 web state owner || fail "the roles have changed"
	kill -TERM "$LOAD"
	wait "$LOAD"
	say "$(json '"\(.requests) requests, \(.unanswered) unanswered"' "$TMP/load.json")"
	expect_eq "answered more than once" 0 "$(json .answered_more "$TMP/load.json")"
}

# The client that waits for the word may come late to a host with many groups, each of which has a lot to tell.
test_word_is_not_displaced() {
	local i states groups=()
	lan_up
	for ((i = 1; i <= 24; i++)); do
		groups+=("$(group_text "g$i" "198.18.1.$i")")
	done
	conf_groups h1 "${groups[@]}"
	daemon_start h1
	busywait 10000 owns_groups 24 || fail "h1 does not own all groups"
	# A longer lease: every group is closed and claimed anew.
	INTERVAL=200ms
	conf_groups h1 "${groups[@]}"
	expect_ok ctl h1 reload
	busywait 10000 owns_groups 24 || fail "h1 does not own all groups again"
	# Of 64 kept, but for what else a busy machine has to tell.
	states=$(told 'event == "state"')
	[ "$states" -ge 56 ] || fail "only $states states were told"
	expect_eq "how the reload ended" true "$(told 'event == "reload"' .ok)"
}

owns_groups() {
	[ "$(ctl h1 status --json | jq '[.groups[] | select(.state == "owner")] | length')" = "$1" ]
}

# told CONDITION [FIELD]: of the last 64 events, FIELD of those for which it holds, or their number.
told() {
	on_exec h1 "$CTL" events --json --last 64 >"$TMP/told" 2>/dev/null &
	sleep 0.5
	kill $!
	if [ $# = 2 ]; then
		jq -r "select(.$1) | $2" "$TMP/told"
	else
		jq -s "[.[] | select(.$1)] | length" "$TMP/told"
	fi
}

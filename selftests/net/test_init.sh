# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A first configuration by init: two hosts that become a pair with it, and whatever is wrong writes nothing.

WORDS=(--node n1=198.18.0.1 --peer n2=198.18.0.2 --interface eth0 --address "$VIP/16")

# bring HOST DIR: what init has printed for the other host, carried out with DIR as its /etc/ip-takeover.
bring() {
	local command
	while read -r command; do
		[[ $command =~ ^ssh\ root@([0-9.]+)\ \'(.*)\'\ \<([^ ]+)$ ]] || fail "no command: $command"
		expect_eq "whose" "$1" "${BASH_REMATCH[1]}"
		sh -c "${BASH_REMATCH[2]//\/etc\/ip-takeover/"$2"}" <"${BASH_REMATCH[3]}" || return 1
	done < <(grep "^ssh root@$1 " "$TMP/said")
}

# with_key DIR: the file in DIR, which stands for /etc/ip-takeover.
with_key() {
	cat "$1/ip-takeover.conf"
	echo "heartbeat { key-file = \"$1/key\" }"
}

test_first_pair() {
	local host
	lan_up
	umask 022
	"$CTL" init --out "$TMP/n1" "${WORDS[@]}" >"$TMP/said" || fail "status $?"
	bring 198.18.0.2 "$TMP/n2" || fail "$(cat "$TMP/said")"
	expect_eq "files" "ip-takeover.conf key n2.conf" "$(ls "$TMP/n1" | paste -sd ' ')"
	expect_eq "files of n2" "ip-takeover.conf key" "$(ls "$TMP/n2" | paste -sd ' ')"
	expect_eq "modes of the keys" "600 600" "$(stat -c %a "$TMP/n1/key" "$TMP/n2/key" | paste -sd ' ')"
	expect_ok cmp "$TMP/n1/key" "$TMP/n2/key"
	bring 198.18.0.2 "$TMP/n2" 2>/dev/null && fail "n2 was overwritten"
	for host in 1 2; do
		with_key "$TMP/n$host" >"$TMP/h$host.conf"
		expect_ok "$CTL" check -c "$TMP/h$host.conf"
		daemon_start h$host
	done
	wait_pair
}

test_three_are_a_quorum() {
	local name
	"$CTL" init --out "$TMP/n1" "${WORDS[@]}" --peer n3=2001:db8::3 --address 2001:db8:1::1/64 --group web >"$TMP/said" ||
		fail "status $?"
	expect_eq "commands" 4 "$(grep -c '^ssh root@' "$TMP/said")"
	mv "$TMP/n1/ip-takeover.conf" "$TMP/n1/n1.conf"
	for name in n1 n2 n3; do
		mv "$TMP/n1/$name.conf" "$TMP/n1/ip-takeover.conf"
		with_key "$TMP/n1" >"$TMP/conf"
		"$CTL" check -c "$TMP/conf" >"$TMP/checked" || fail "the file of $name is refused"
		expect_ok grep -q "^node = \"$name\"" "$TMP/checked"
		expect_ok grep -q '^quorum = true' "$TMP/checked"
		expect_ok grep -q '^group "web"' "$TMP/checked"
		expect_eq "peers of $name" 2 "$(grep -c '^peer ' "$TMP/checked")"
	done
}

# refused STATUS MESSAGE WORD...: and no directory is made.
refused() {
	expect_fail "$1" "$2" "$CTL" init --out "$TMP/out" "${@:3}"
	[ ! -e "$TMP/out" ] || fail "$TMP/out was made"
}

test_bad_words_write_nothing() {
	local n1=(--node n1=198.18.0.1) n2=(--peer n2=198.18.0.2) eth=(--interface eth0) vip=(--address 198.18.1.1/16)
	refused 2 "--node is missing" "${n2[@]}"
	refused 2 "--peer is missing" "${n1[@]}" "${vip[@]}"
	refused 2 "--interface is missing" "${n1[@]}" "${n2[@]}"
	refused 2 "--address is missing" "${n1[@]}" "${n2[@]}" "${eth[@]}"
	refused 2 "usage: " --node
	refused 2 "usage: " --nodes n1
	refused 2 "usage: " "${n1[@]}" "${n1[@]}"
	refused 1 "'n2': a host is NAME=ADDRESS" "${n1[@]}" --peer n2 "${eth[@]}" "${vip[@]}"
	refused 1 "'n2=here'" "${n1[@]}" --peer n2=here "${eth[@]}" "${vip[@]}"
	refused 1 "../n2" "${n1[@]}" --peer ../n2=198.18.0.2 "${eth[@]}" "${vip[@]}"
	refused 1 "fe80::2" "${n1[@]}" --peer n2=fe80::2 "${eth[@]}" "${vip[@]}"
	refused 1 "n1" "${n1[@]}" --peer n1=198.18.0.2 "${eth[@]}" "${vip[@]}"
	refused 1 "'198.18.1.1': prefix length missing" "${n1[@]}" "${n2[@]}" "${eth[@]}" --address 198.18.1.1
	refused 1 "own address of peer 'n2'" "${n1[@]}" "${n2[@]}" "${eth[@]}" --address 198.18.0.2/16
	refused 1 "own address of peer 'n1'" "${n1[@]}" "${n2[@]}" "${eth[@]}" --address 198.18.0.1/16
	refused 1 "twice in group 'vip'" "${n1[@]}" "${n2[@]}" "${eth[@]}" "${vip[@]}" "${vip[@]}"
	refused 1 "interface 'lo'" "${n1[@]}" "${n2[@]}" --interface lo "${vip[@]}"
	refused 1 "no place between quotes" "${n1[@]}" "${n2[@]}" --interface 'e"0' "${vip[@]}"
	refused 1 "group 'a b'" "${n1[@]}" "${n2[@]}" "${eth[@]}" "${vip[@]}" --group 'a b'
	expect_fail 1 "it stands in commands" "$CTL" init "${WORDS[@]}" --out "$TMP/a'b"
}

test_no_file_is_overwritten() {
	local name
	for name in key ip-takeover.conf n2.conf; do
		mkdir "$TMP/out"
		echo mine >"$TMP/out/$name"
		expect_fail 1 "$name: File exists" "$CTL" init --out "$TMP/out" "${WORDS[@]}"
		expect_eq "files" "$name" "$(ls "$TMP/out")"
		expect_eq "$name" mine "$(cat "$TMP/out/$name")"
		rm -r "$TMP/out"
	done
}

# On a terminal what is missing is asked for, and nothing else.
test_asks_on_a_terminal() {
	printf '%s\n' n2=198.18.0.2 eth7 198.18.1.9/16 |
		TERM=xterm script -qec "'$CTL' init --out '$TMP/out' --node n1=198.18.0.1" /dev/null >"$TMP/said" ||
		fail "$(cat "$TMP/said")"
	expect_eq "asked" 3 "$(grep -oE 'The other host|Interface of|Floating address' "$TMP/said" | wc -l)"
	expect_ok grep -q 'interface = "eth7"' "$TMP/out/ip-takeover.conf"
	expect_ok grep -q '"198.18.1.9/16"' "$TMP/out/n2.conf"
	rm -r "$TMP/out"
	printf '\n' | TERM=xterm script -qec "'$CTL' init --out '$TMP/out'" /dev/null >"$TMP/said" && fail "nothing was said"
	expect_ok grep -q -e '--node is missing' "$TMP/said"
	[ ! -e "$TMP/out" ] || fail "$TMP/out was made"
}

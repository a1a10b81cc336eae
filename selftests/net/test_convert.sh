# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# keepalived's configurations of selftests/convert as ours: what is lost is said, what is written is accepted by check once
# the placeholders are filled in, and what cannot be read writes nothing.

CONFS=selftests/convert

# convert_set NAME: its files into $TMP/NAME, the report into $TMP/report; the status in STATUS.
convert_set() {
	local files=("$CONFS/$1".conf)
	[ -e "${files[0]}" ] || files=("$CONFS/$1".[0-9].conf)
	STATUS=0
	"$CTL" convert --out "$TMP/$1" "${files[@]}" 2>"$TMP/report" || STATUS=$?
}

# The programs that file $1 names below /opt exist.
programs_of() {
	local path
	grep -oE '/opt/[a-z_]+(\.sh)?' "$1" | sort -u | while read -r path; do
		printf '#!/bin/sh\n' >"$path"
		chmod 0755 "$path"
	done
	return 0
}

# accepted FILE: by check, with a key; a placeholder is refused by its name, and then filled in.
accepted() {
	local file=$1 word place n=0
	if grep -q '^heartbeat {' "$file"; then
		sed -i "s,^heartbeat {,&\n\tkey-file = \"$TMP/key\"," "$file"
	else
		echo "heartbeat { key-file = \"$TMP/key\" }" >>"$file"
	fi
	programs_of "$file"
	for word in $(grep -oE 'FILL-IN-[A-Za-z0-9.-]*' "$file" | sort -u); do
		n=$((n + 1))
		expect_fail 1 "'$word': a placeholder that convert has left" "$CTL" check -c "$file"
		case $word in
		*address) place=198.18.9.$n ;;
		*) place=filled$n ;;
		esac
		sed -i "s,$word,$place," "$file"
	done
	expect_ok "$CTL" check -c "$file"
}

test_table() {
	local name status lines file seen sets=0
	mount -t tmpfs tmpfs /opt
	(umask 077 && echo "1 000102030405060708090a0b0c0d0e0f" >"$TMP/key")
	while read -r name status lines; do
		[[ $name != \#* ]] || continue
		sets=$((sets + 1))
		convert_set "$name"
		[ "$STATUS" = "$status" ] || fail "$name: status $STATUS, not $status: $(cat "$TMP/report")"
		seen=$(sed -nE "s,^$CONFS/([^:]*:[0-9]+): lost: .*,\1,p" "$TMP/report" | uniq | paste -sd ' ')
		[ "$seen" = "$lines" ] || fail "$name: lost \"$seen\", not \"$lines\""
		[ "$status" = 1 ] && continue
		for file in "$TMP/$name"/*.conf; do
			accepted "$file"
		done
	done <"$CONFS/expected"
	[ "$sets" -ge 20 ] || fail "only $sets sets"
	[ "$sets" = "$(for file in "$CONFS"/*.conf; do file=${file##*/} && echo "${file%%.*}"; done | sort -u | wc -l)" ] ||
		fail "not every file of $CONFS is in its table"
	echo "# $sets sets converted"
}

# What check says of the labels, scopes, routes and rules that were written.
test_routes_and_labels() {
	local line
	(umask 077 && echo "1 000102030405060708090a0b0c0d0e0f" >"$TMP/key")
	convert_set policy
	accepted "$TMP/policy/policy.conf"
	"$CTL" check -c "$TMP/policy/policy.conf" >"$TMP/said"
	while read -r line; do
		grep -qF "\"$line\"" "$TMP/said" || fail "no \"$line\": $(cat "$TMP/said")"
	done <<-'END'
		198.18.1.1/24 label eth0:vip
		198.18.2.1/24 dev eth1 label eth1 scope link
		2001:db8:1::1/64
		198.18.3.1/24 dev eth1 label eth1:1
		203.0.113.0/24 via 198.18.1.254 dev eth0 src 198.18.1.1 metric 5 table 254 scope global
		198.51.100.0/24 via 198.18.2.254 dev eth1 metric 0 table 254 scope global onlink
		::/0 via 2001:db8:1::fe dev eth0 metric 1024 table 254
		192.0.2.1/32 dev eth1 metric 0 table 253 scope link
		192.0.2.128/25 via 198.18.3.254 dev eth1 metric 0 table 254 scope global
		from 198.18.1.1/32 to 0.0.0.0/0 table 100 priority 100
		from 0.0.0.0/0 to 203.0.113.0/24 iif eth1 fwmark 0x10/0xff table 254 priority 7
		from ::/0 to 2001:db8:9::/48 table 100 priority 8
	END
	expect_eq "routes and rules written" 8 "$(grep -c ' table ' "$TMP/said")"
}

# Each line with a word is in the report, or a brace, or the head of a list whose lines are.
test_nothing_is_silent() {
	local file line text
	for file in "$CONFS"/owner.conf "$CONFS"/routes.conf "$CONFS"/policy.conf "$CONFS"/multipath.conf "$CONFS"/snmp.conf "$CONFS"/unicast.1.conf "$CONFS"/both.conf; do
		"$CTL" convert "$file" >/dev/null 2>"$TMP/report"
		line=0
		while IFS= read -r text; do
			line=$((line + 1))
			[[ $text =~ ^[[:space:]]*([#!].*|[{}]|)[[:space:]]*$ ]] && continue
			[[ $text =~ ^[[:space:]]*(global_defs|virtual_(ip|ro|ru)|unicast_peer|track_|group|root@) ]] && continue
			grep -q "^$file:$line: " "$TMP/report" || fail "$file:$line is not in the report: $text"
		done <"$file"
	done
}

# broken TEXT MESSAGE: status 1, the message, and nothing is written.
broken() {
	printf '%b' "$1" >"$TMP/broken.conf"
	expect_fail 1 "$2" "$CTL" convert --out "$TMP/out" "$CONFS/pair.1.conf" "$TMP/broken.conf"
	[ ! -e "$TMP/out" ] || fail "$TMP/out was made"
}

test_broken_input_writes_nothing() {
	local v='vrrp_instance v { interface eth0\n virtual_ipaddress { 198.18.1.7/24\n } }\n'
	broken 'vrrp_instance v {\n interface eth0\n' 'broken.conf:1: brace is not closed'
	broken 'global_defs {\n}\n}\n' 'broken.conf:3: this brace closes nothing'
	broken '{\n}\n' 'broken.conf:1: this brace opens nothing'
	broken 'global_defs {\n router_id "x\n}\n' 'broken.conf:2: quoted word is not closed'
	broken 'global_defs { router_id x\n}\n' 'no vrrp_instance: nothing to convert'
	broken '$A=${B}\n$B=${A}\n${A}\n' 'broken.conf:3: parameters that stand for each other'
	broken '~SEQ(A, 1, 0, 5) x\n' 'broken.conf:1: not a sequence'
	broken '~SEQ(A, 1, 10000) ~SEQ(B, 1, 10000) x$A\n' 'too many statements'
	broken "include $TMP/broken.conf\n" 'one that includes itself'
	broken '$A= \\\\\n ${B}${B}${B}${B}${B}${B}${B}${B}\n$B= ${C}${C}${C}${C}${C}${C}${C}${C}\n$C=${D}${D}${D}${D}${D}${D}${D}${D}\n$D=${E}${E}${E}${E}${E}${E}${E}${E}\n$E=${F}${F}${F}${F}${F}${F}${F}${F}\n$F=${G}${G}${G}${G}${G}${G}${G}${G}\n$G=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n$A\n' 'parameters make more of this than fits'
	broken '\001\n' 'broken.conf:1: control character'
	broken "@ x\n$v" 'no name behind @'
	broken "include $TMP\n$v" 'not a regular file'
	expect_fail 1 "nowhere.conf: No such file" "$CTL" convert "$CONFS/pair.1.conf" "$TMP/nowhere.conf"
	expect_fail 2 "usage: " "$CTL" convert
	expect_fail 2 "usage: " "$CTL" convert --out "$TMP/out"
	expect_fail 2 "usage: " "$CTL" convert -x "$CONFS/pair.1.conf"
}

# What was there stays, and no other file is written.
test_no_file_is_overwritten() {
	mkdir "$TMP/out"
	echo mine >"$TMP/out/pair.2.conf"
	expect_fail 1 "pair.2.conf: File exists" "$CTL" convert --out "$TMP/out" "$CONFS"/pair.[12].conf
	[ "$(ls "$TMP/out")" = pair.2.conf ] || fail "$(ls "$TMP/out")"
	[ "$(cat "$TMP/out/pair.2.conf")" = mine ] || fail "the file was changed"
}

# Without --out to standard output, and nothing but files there.
test_standard_output() {
	"$CTL" convert "$CONFS"/peers.1.conf "$CONFS"/peers.2.conf >"$TMP/said" 2>"$TMP/report" || fail "status $?"
	[ "$(grep -c '^node = ' "$TMP/said")" = 2 ] || fail "$(cat "$TMP/said")"
	expect_ok grep -q '^# --- n2.conf' "$TMP/said"
	grep -A1 '^peer "n2"' "$TMP/said" | grep -q 198.18.0.2 || fail "n1 does not know n2"
	# A password is nobody's to read in a report.
	"$CTL" convert "$CONFS"/pair.1.conf 2>&1 | grep 1111 && fail "the password is shown"
	return 0
}

# A key that check accepts, another each time, and never for others to read.
test_genkey() {
	local n
	for n in 1 255; do
		(umask 077 && "$CTL" genkey $n >"$TMP/key") || fail "genkey $n"
		grep -Eqx "$n [0-9a-f]{32}" "$TMP/key" || fail "$(cat "$TMP/key")"
		printf 'node = a\nheartbeat { key-file = "%s" }\npeer "b" { address = "198.18.0.2" }\n%s\n' "$TMP/key" \
			'group "g" { interface = eth0 addresses = { "198.18.1.1/16" } }' >"$TMP/conf"
		expect_ok "$CTL" check -c "$TMP/conf"
	done
	[ "$("$CTL" genkey)" != "$("$CTL" genkey)" ] || fail "the same key twice"
	for n in 0 256 -1 1x ''; do
		expect_fail 2 "'$n': a key number is 1 to 255" "$CTL" genkey "$n"
	done
	expect_fail 2 "usage: " "$CTL" genkey 1 2
	(umask 022 && "$CTL" genkey >"$TMP/open" 2>/dev/null) && fail "a key for all to read"
	[ ! -s "$TMP/open" ] || fail "it was written"
}

# What is notified is called as keepalived calls it.
test_notify_line() {
	local line
	mount -t tmpfs tmpfs /opt
	printf '#!/bin/sh\necho "$0 $*" >>%s\n' "$TMP/called" | tee /opt/notify.sh >/opt/m.sh
	chmod 0755 /opt/*.sh
	convert_set nopreempt
	line=$(sed -n 's/.*notify = { "[^"]*", "-c", "\(.*\)", "notify" }/\1/p' "$TMP/nopreempt/nopreempt.conf" | sed 's/\\\(.\)/\1/g')
	/bin/sh -c "$line" notify db owner 7 reason
	/bin/sh -c "$line" notify db standby 8 reason
	convert_set quotes
	line=$(sed -n 's/.*notify = { "[^"]*", "-c", "\(.*\)", "notify" }/\1/p' "$TMP/quotes/quotes.conf" | sed 's/\\\(.\)/\1/g')
	HOME=/home /bin/sh -c "$line" notify db owner 7 reason
	diff "$TMP/called" - <<-END || fail "called otherwise"
		/opt/notify.sh db INSTANCE db MASTER 100
		/opt/notify.sh db INSTANCE db BACKUP 100
		/opt/m.sh x y /home
	END
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A group moves from keepalived to us and back, as ip-takeover-migrate(7) has it: the address has a short gap, and never two
# hosts that answer.
# alone: gaps of milliseconds are measured under load.

# keepalived_start HOST PRIORITY [STATE]: the group on the interface, as most have it.
keepalived_start() {
	cat >"$TMP/$1.keepalived" <<-END
		global_defs {
			router_id $1
		}
		vrrp_instance web {
			state ${3:-BACKUP}
			interface eth0
			virtual_router_id 51
			priority $2
			advert_int 1
			virtual_ipaddress {
				$VIP/16
			}
		}
	END
	on_exec "$1" keepalived --vrrp --dont-fork --log-console --no-syslog --use-file "$TMP/$1.keepalived" \
		--pid "$TMP/$1.ka" --vrrp_pid "$TMP/$1.ka_vrrp" >>"$TMP/$1.ka_log" 2>&1 &
	busywait 5000 test -s "$TMP/$1.ka_vrrp" || fail "keepalived does not start on $1"
}

keepalived_stop() {
	kill -TERM "$(tr -d ' \n' <"$TMP/$1.ka")"
	busywait 5000 has_not "$1" || fail "keepalived has left the address on $1"
}

has() {
	ip -n "$1" addr show dev eth0 | grep -q "inet $VIP/"
}

has_not() {
	! has "$1"
}

gap() {
	json '.longest_gap | (.length_ns - .own_late_ns) / 1e6 | floor' "$TMP/ask.json"
}

# keepalived on both, the address on h1: out of h2's file first, then ours there, then the owner's last word.
test_from_keepalived_and_back() {
	command -v keepalived >/dev/null || skip "keepalived is not installed"
	lan_up
	keepalived_start h1 150
	keepalived_start h2 100
	busywait 10000 has h1 || fail "keepalived does not own: $(cat "$TMP/h1.ka_log")"
	keepalived_stop h2
	daemon_start h2
	busywait 5000 fault_is h2 || fail "h2 does not see that another has the address: $(ctl h2 status)"
	expect_fail 1 "answers for the address" ctl h2 take web
	# Alone it claims nothing before it has been heard for G (Boot wait in ip-takeover.conf(5)): people are slower.
	sleep 2
	ask_begin
	keepalived_stop h1
	expect_ok ctl h2 take web
	wait_owner h2
	sleep 1
	ask_end_judged
	expect_le "gap to us, ms" 300 "$(gap)"
	daemon_start h1
	wait_standby h1 10000
	agreed h1 h2 || fail "no pair"

	# And back: the standby first. keepalived takes the address at its start if it is to be its for ever.
	kill -TERM "$(pid_of h1)"
	busywait 5000 test ! -e "/proc/$(pid_of h1)" || fail "h1 goes on"
	ctl h1 detach --all >/dev/null
	ask_begin
	expect_ok ctl h2 drain web --force
	keepalived_start h1 255 MASTER
	busywait 10000 has h1 || fail "keepalived does not own again"
	sleep 1
	expect_ok ctl h2 detach --all
	ask_end_judged
	expect_le "gap to keepalived, ms" 300 "$(gap)"
}

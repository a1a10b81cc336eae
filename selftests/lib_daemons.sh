# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Daemons on the LAN of lib.sh: their files, their lives, who of them owns and when all agree on that; and a client
# that asks all the time. Sourced by lib.sh.

counter() {
	ctl "$1" status --json | jq -r ".counters.$2"
}

# status HOST FILTER
status() {
	ctl "$1" status --json 2>/dev/null | jq -r "$2"
}

status_is() {
	local got
	got=$(status "$1" "$2")
	[ "$got" = "$3" ] || {
		echo "$2 is $got"
		return 1
	}
}

state() {
	status "$1" ".groups[0].$2"
}

state_is() {
	status_is "$1" ".groups[0].$2" "$3"
}

key_write() {
	[ -e "$TMP/key" ] && return
	echo "1 $(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" >"$TMP/key"
	chmod 600 "$TMP/key"
}

# conf_write HOST: a file for `run`; the upper-case variables change it.
conf_write() {
	local n=${1#h} other
	other=$((3 - n))
	key_write
	cat >"$TMP/$1.conf" <<-END
		node = "n$n"
		realtime = ${REALTIME:-true}
		heartbeat {
		    interval = "${INTERVAL:-50ms}"
		    misses   = ${MISSES:-7}
		    drift    = "${DRIFT:-0.1%}"
		    settle   = "${SETTLE:-5ms}"
		    key-file = "$TMP/key"
		}
		alone = "${ALONE:-always}"
		peer "n$other" { address = "198.18.0.$other" }
		group "web" {
		    interface = "eth0"
		    addresses = { ${ADDRESSES:-\"$VIP/$VIP_LEN\"} }
		    address   = "${ADDRESS:-owner}"
		    ${PREFIX:+prefix = "$PREFIX"}
		    refresh   = "${REFRESH:-10s}"
		    burst     = ${BURST:-10000}
		    priority  = ${PRIORITY:-150}
		    preempt   = ${PREEMPT:-false}
		}
	END
}

# track_conf HOST SECTIONS GROUP-LINES: conf_write's file, with more of both.
track_conf() {
	conf_write "$1"
	sed -i '/^group/,/^}/ s|^}||' "$TMP/$1.conf"
	printf '%s\n}\n%s\n' "$3" "$2" >>"$TMP/$1.conf"
}

# program NAME: what comes on standard input, to be run.
program() {
	cat >"$TMP/$1"
	chmod +x "$TMP/$1"
}

daemon_start() {
	[ -e "$TMP/$1.conf" ] || conf_write "$1"
	on_exec "$1" "$CTL" run -c "$TMP/$1.conf" >>"$TMP/$1.log" 2>&1 &
	echo $! >"$TMP/$1.pid"
}

pid_of() {
	cat "$TMP/$1.pid"
}

# stamp SIGNAL HOST: sends it to HOST's daemon and prints the moment on CLOCK_BOOTTIME.
stamp() {
	"$TOOLS/sig" "$(kill -l "$1")" "$(pid_of "$2")"
}

daemon_kill() {
	stamp KILL "$1" >/dev/null
	wait "$(pid_of "$1")" 2>/dev/null
}

fault_is() {
	state_is "$1" state fault
}

owner_is() {
	local got
	got=$(ctl "$1" status --json 2>/dev/null | jq -r '.groups[0] | "\(.state) \(.lease)"')
	[ "$got" = "owner live" ] || {
		echo "$1 is $got"
		return 1
	}
}

wait_owner() {
	busywait "${2:-5000}" owner_is "$1" || fail "$1 did not become owner"
}

wait_standby() {
	busywait "${2:-5000}" state_is "$1" state standby || fail "$1 did not become standby"
}

# --- who owns, as all see it -------------------------------------------------

# What HOST says of its first group: its own name there, state, lease, owner, term.
said() {
	echo "$1 $(ctl "$1" status --json 2>/dev/null |
		jq -r '.node as $node | .groups[0] | "\($node) \(.state) \(.lease) \(.owner) \(.term)"')"
}

# agreed HOST...: one of these owns, all others stand by, and name that owner and its term. Prints both.
agreed() {
	local host
	for host in "$@"; do
		said "$host"
	done | awk '{ view[$5 " " $6]; term = $6 }
		$3 " " $4 == "owner live" && $2 == $5 { owner = $1; owners++; next }
		$3 " " $4 != "standby none" { others++ }
		END { for (v in view) views++
			if (owners != 1 || others || views != 1) exit 1
			print owner, term }'
}

# Hosts are read one after the other, and while one hands over to the next, or two that were apart have not heard each
# other, such a picture may hold for a moment: only what is the same after the next heartbeats counts. Sets OWNER.
agreed_and_stays() {
	local first interval=${INTERVAL:-50ms}
	first=$(agreed "$@") || return
	sleep "$(printf '0.%03d' $((2 * ${interval%ms} + 20)))"
	[ "$first" = "$(agreed "$@")" ] && OWNER=${first% *}
}

# In this shell, unlike busywait: OWNER is wanted.
wait_agreed() {
	local end
	end=$(end_after 10000)
	until agreed_and_stays "$@"; do
		[ "$(ms_now)" -lt "$end" ] || fail "no single owner among $*: $(states "$*")"
		sleep "${LOOK_EVERY:-0.02}"
	done
}

# states "HOST..."
states() {
	local host
	for host in $1; do
		said "$host" | awk '{ printf "%s: %s, lease %s, owner %s, term %s; ", $1, $3, $4, $5, $6 }'
	done
}

# One of h1, h2 owns and the other stands by: sets OWNER and STANDBY.
wait_pair() {
	wait_agreed h1 h2
	STANDBY=h$((3 - ${OWNER#h}))
}

pair_up() {
	lan_up
	daemon_start h1
	daemon_start h2
	wait_pair
}

# --- a client that asks ------------------------------------------------------

# ARP requests from c, until ask_end.
ask_begin() {
	on_exec c "$TOOLS/arpload" -i eth0 -r "${ASK_RATE:-1000}" -d 900000 -g 50 $VIP >"$TMP/ask.json" &
	ASK=$!
	wait_hears $ASK
	sleep 0.1
}

ask_end() {
	kill -TERM "$ASK"
	wait "$ASK"
}

# The same, and what a client may never see.
ask_end_judged() {
	ask_end
	expect_ge "requests" 100 "$(json .requests "$TMP/ask.json")"
	expect_eq "requests with two answers" 0 "$(json .answered_more "$TMP/ask.json")"
	say "$(json '"\(.requests) requests, \(.unanswered) without an answer, longest gap \(.longest_gap.length_ns / 1e6 | floor) ms"' "$TMP/ask.json")"
}

# alarm_is HOST TEXT: one of its alarms has it.
alarm_is() {
	ctl "$1" status --json | jq -e --arg text "$2" '.alarms | any(.text | contains($text))' >/dev/null
}

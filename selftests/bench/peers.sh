# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# keepalived and ucarp on the hosts of lib.sh's LAN, set up as somebody would who wants them fast. Sourced
# after lib.sh; files, logs and process ids of HOST are below $TMP/peers/HOST and go with it.

peer_dir() {
	mkdir -p "$TMP/peers/$1"
	echo "$TMP/peers/$1"
}

# peer_missing NAME: true, and says so, where the program is not installed.
peer_missing() {
	command -v "$1" >/dev/null && return 1
	echo "$1 is not installed: not measured" >&2
}

# --- keepalived -------------------------------------------------------------

# The first address is carried in the advertisements, all others are excluded from them: that is what
# keepalived's manual asks for beyond 20 addresses.
keepalived_excluded() {
	[ $# -gt 0 ] || return
	echo '	virtual_ipaddress_excluded {'
	printf '		%s/32 dev eth0\n' "$@"
	echo '	}'
}

# VRRP version 3 alone has intervals below a second; 0.01 is its minimum. DOWN_AFTER= is after how many missing
# advertisements a standby takes over: three, as RFC 9568 has it, if not given. Everything that would wait is off:
#  - nopreempt on both: who has it keeps it, as with us; so both begin as BACKUP.
#  - one round of gratuitous ARP at once, one more a second later (the default waits 5 s and sends five of
#    each, which for 1,000 addresses delays the rest of the takeover).
#  - real-time scheduling and no swapping, as our own daemon has it. rlimit_rttime at its default of 10 ms
#    kills the VRRP process when it adds 1,000 addresses. PEER_REALTIME= (empty) leaves it out.
#  - no process scripts, no SMTP, no checks: nothing else to do.
keepalived_conf() {
	local host=$1 priority=$2 interval_s=$3 first=$4
	shift 4
	cat <<-END
		global_defs {
			router_id $host
			vrrp_version 3
		$([ -z "${PEER_REALTIME-1}" ] || printf '\t%s\n' "vrrp_rt_priority 50" "vrrp_rlimit_rttime 5000000" vrrp_no_swap)
			vrrp_garp_master_delay 1
			vrrp_garp_master_repeat 1
			vrrp_garp_lower_prio_repeat 1
		}
		vrrp_instance web {
			state BACKUP
			nopreempt
			interface eth0
			virtual_router_id 51
			priority $priority
			advert_int $interval_s
			down_timer_adverts ${DOWN_AFTER:-3}
			virtual_ipaddress {
				$first/32 dev eth0
			}
		$(keepalived_excluded "$@")
		}
	END
}

# keepalived_start HOST PRIORITY INTERVAL_S ADDRESS...: the nearer PRIORITY is to 254, the less is added to
# DOWN_AFTER intervals of silence.
keepalived_start() {
	local host=$1 dir
	dir=$(peer_dir "$host")
	keepalived_conf "$@" >"$dir/keepalived.conf"
	rm -f "$dir"/keepalived*.pid
	on_exec "$host" keepalived --vrrp --dont-fork --log-console --no-syslog --use-file "$dir/keepalived.conf" \
		--pid "$dir/keepalived.pid" --vrrp_pid "$dir/keepalived_vrrp.pid" >>"$dir/keepalived.log" 2>&1 &
	started "$dir"
	busywait 5000 test -s "$dir/keepalived_vrrp.pid" || fail "keepalived does not start on $host"
}

# The process that speaks comes last, the one that would start it again first.
keepalived_pids() {
	local dir
	dir=$(peer_dir "$1")
	cat "$dir/keepalived.pid" "$dir/keepalived_vrrp.pid" | tr -d ' '
}

keepalived_stop() {
	peer_end "$1" SIGTERM
}

# --- ucarp ------------------------------------------------------------------

# What ucarp calls: all addresses in one `ip -batch`. ucarp itself announces only the one it was given.
ucarp_scripts() {
	local dir=$1 what
	shift
	for what in add del; do
		printf "addr $what %s/32 dev eth0\n" "$@" >"$dir/$what.batch"
		printf '#!/bin/sh\nexec ip -force -batch %s/%s.batch 2>/dev/null\n' "$dir" "$what" >"$dir/$what.sh"
		chmod +x "$dir/$what.sh"
	done
}

# ucarp_start HOST ADVSKEW ADDRESS...: advertisements every 1 s + ADVSKEW/256 s, DOWN_AFTER of them missing (three
# if not given) are a takeover. --advbase=0 would allow less than a second, but then the two take the address from each other
# without end, as was seen here. No --preempt, as above; --shutdown takes the addresses off when it ends.
ucarp_start() {
	local host=$1 skew=$2 dir
	shift 2
	dir=$(peer_dir "$host")
	ucarp_scripts "$dir" "$@"
	on_exec "$host" ucarp --interface=eth0 --srcip="$(ucarp_source "$host")" --vhid=51 --pass=bench --addr="$1" \
		--advbase=1 --advskew="$skew" --deadratio="${DOWN_AFTER:-3}" --upscript="$dir/add.sh" --downscript="$dir/del.sh" \
		--shutdown >"$dir/ucarp.log" 2>&1 &
	started "$dir"
	# Signals that come earlier would not reach ucarp but the shell that is about to become it.
	busywait 5000 grep -q "Switching to state" "$dir/ucarp.log" || fail "ucarp does not start on $host"
}

# Its link was down: ucarp does not look at anything for 10 s from then on, which is longer than it needs to take over,
# so that a fault of the other host within these would find no standby. Started anew it listens at once.
ucarp_plugged() {
	ucarp_stop "$1"
	peer_sweep "$1"
	host_start "$1"
}

ucarp_source() {
	ip -n "$1" -4 -j addr show dev eth0 | jq -r '[.[].addr_info[] | select(.prefixlen == 16)][0].local'
}

ucarp_pids() {
	cat "$(peer_dir "$1")/started.pid"
}

ucarp_stop() {
	peer_end "$1" SIGTERM
}

# --- both -------------------------------------------------------------------

# The newest background job is what runs for a host, no job of this shell: which would tell of each one killed.
started() {
	echo $! >"$1/started.pid"
	disown
}

# ended PID: waits until it is gone.
ended() {
	while kill -0 "$1" 2>/dev/null; do
		sleep 0.005
	done
}

peer_end() {
	local pid file=$TMP/peers/$1/started.pid
	[ -s "$file" ] || return 0
	pid=$(cat "$file")
	kill -CONT "$pid" 2>/dev/null
	kill "-$2" "$pid" 2>/dev/null
	ended "$pid"
	rm -f "$file"
}

# What a peer that was killed left behind: its kernel would go on answering.
peer_sweep() {
	ip -n "$1" -4 -j addr show dev eth0 | jq -r '.[].addr_info[] | select(.prefixlen == 32) |
		"addr del \(.local)/32 dev eth0"' | ip -n "$1" -force -batch - 2>/dev/null
}

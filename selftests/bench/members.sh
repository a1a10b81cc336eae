# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Any number of members with any number of groups, and what each of them costs: processor time, memory, frames.
# Sourced after lib.sh of the benchmark. Member I is host PREFIXI with the address 198.18.0.I.

# peers_conf I N
peers_conf() {
	local j
	for ((j = 1; j <= $2; j++)); do
		[ "$j" = "$1" ] || echo "peer \"n$j\" { address = \"198.18.0.$j\" }"
	done
	[ "$2" = 2 ] && echo 'alone = "always"' || echo "quorum = true"
}

# Standing addresses: a takeover is the lease word alone, and nothing is announced but after one.
groups_conf() {
	local j
	for ((j = 1; j <= $1; j++)); do
		cat <<-END
			group "g$j" {
			    interface = "eth0"
			    addresses = { "198.18.1.$j/16" }
			    address   = "standing"
			    refresh   = "0s"
			}
		END
	done
}

# member_conf HOST I N GROUPS INTERVAL [MISSES]: with the times of the table in ip-takeover.conf(5).
member_conf() {
	key_write
	cat >"$TMP/$1.conf" <<-END
		node = "n$2"
		realtime = ${REALTIME:-true}
		heartbeat {
		    interval = "$5"
		    misses   = ${6:-5}
		    drift    = "0.1%"
		    settle   = "200us"
		    key-file = "$TMP/key"
		}
		$(peers_conf "$2" "$3")
		$(groups_conf "$4")
	END
}

# owned_groups HOST...: how many groups have a live owner among these hosts.
owned_groups() {
	local host
	for host; do
		ctl "$host" status --json 2>/dev/null
	done | jq -s '[.[].groups[] | select(.state == "owner" and .lease == "live")] | length'
}

all_owned() {
	local want=$1 got
	shift
	got=$(owned_groups "$@")
	[ "$got" = "$want" ] || {
		echo "$got of $want groups have an owner"
		return 1
	}
}

# Processor time of all its threads, as the scheduler counts it: not by ticks, which such short runs often miss.
cpu_ns() {
	cat "/proc/$1"/task/*/schedstat 2>/dev/null | awk '{ ns += $1 } END { printf "%.0f\n", ns }'
}

# programs_of HOST: the numbers of our XDP program and of the egress filter there.
programs_of() {
	ip -n "$1" -j link show dev eth0 | jq -r '.[0].xdp.prog.id // empty'
	on "$1" tc -j filter show dev eth0 egress | jq -r '[.[].options.prog.id // empty] | unique[]'
}

# What the programs of HOST have run, in ns; the kernel counts it while progstats runs.
programs_ns() {
	local id
	for id in $(programs_of "$1"); do
		bpftool prog show id "$id" --json | jq '.run_time_ns // 0'
	done | awk '{ ns += $1 } END { printf "%.0f\n", ns }'
}

# Frames that HOST has sent.
sent_by() {
	ip -n "$1" -j -s link show dev eth0 | jq '.[0].stats64.tx.packets'
}

# memory_mib FIELD FILE: of /proc.
memory_mib() {
	awk -v field="$1:" '$1 == field { print $2 / 1024 }' "$2"
}

# What the kernel holds for the maps of HOST.
maps_bytes() {
	local pin
	find "/sys/fs/bpf/ip-takeover/$(instance_of "$1")" -type f | while read -r pin; do
		bpftool map show pinned "$pin" --json 2>/dev/null
	done | jq -s '[.[] | select(.id) | {id, bytes: .bytes_memlock}] | unique_by(.id) | map(.bytes) | add // 0'
}

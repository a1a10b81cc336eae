# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The packages, installed by dpkg in two hosts that systemd has booted: run.sh here says how. ROOT is a Debian root with
# systemd that stays as it is, DEB and NEXT_DEB are two versions of the package.
#
# The hosts h1 and h2 of lib.sh's LAN get a root and a systemd of their own, in the network namespaces that are there.

# inside HOST COMMAND...: as if logged in there.
inside() {
	nsenter -t "$(cat "$TMP/$1.leader")" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "${@:2}"
}

is_booted() {
	local state
	state=$(inside "$1" systemctl is-system-running 2>/dev/null)
	[ "$state" = running ] || [ "$state" = degraded ]
}

leader_is_there() {
	pgrep -P "$(cat "$TMP/$1.nspawn")" -x systemd >"$TMP/$1.leader"
}

# Where control groups of systemd's are; two systems must not meet in one.
hierarchies() {
	if [ -e /sys/fs/cgroup/cgroup.procs ]; then
		echo /sys/fs/cgroup
	else
		echo /sys/fs/cgroup/systemd /sys/fs/cgroup/unified
	fi
}

# apart_exec HOST COMMAND...: in a control group of its own.
apart_exec() {
	local dir
	for dir in $(hierarchies); do
		mkdir -p "$dir/ipt-$1" && echo "$BASHPID" >"$dir/ipt-$1/cgroup.procs"
	done
	exec "${@:2}"
}

# The group can be removed when the host has ended.
down() {
	local dir
	inside "$1" journalctl -b -q -o short-monotonic -u 'ip-takeover*' >"$TMP/$1.log" 2>&1
	kill -KILL "$(cat "$TMP/$1.leader")" 2>/dev/null
	wait "$(cat "$TMP/$1.nspawn")" 2>/dev/null
	for dir in $(hierarchies); do
		find "$dir/ipt-$1" -depth -type d -exec rmdir {} \; 2>/dev/null
	done
	umount -l "$TMP/$1.root" "$TMP/$1.upper"
}

# boot HOST: as a Debian host that has the packages on its disk.
boot() {
	local root=$TMP/$1.root
	mkdir -p "$TMP/$1.upper" "$root"
	mount -t tmpfs tmpfs "$TMP/$1.upper"
	mkdir "$TMP/$1.upper/up" "$TMP/$1.upper/work"
	mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$TMP/$1.upper/up,workdir=$TMP/$1.upper/work" "$root" ||
		skip "no overlay file system"
	mkdir -p "$root/debs"
	cp "$DEB" "$root/debs/old.deb"
	cp "$NEXT_DEB" "$root/debs/next.deb"
	SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes apart_exec "$1" systemd-nspawn -q -b -D "$root" -M "$1" --register=no --keep-unit \
		--network-namespace-path="/run/netns/$1" --bind=/sys/fs/bpf --capability=all \
		--system-call-filter='bpf perf_event_open keyctl' </dev/null >"$TMP/$1.boot" 2>&1 &
	echo $! >"$TMP/$1.nspawn"
	defer down "$1"
	busywait 30000 leader_is_there "$1" || fail "$1: no systemd"
	busywait 60000 is_booted "$1" || fail "$1 does not boot"
	# What nspawn puts over it is not in the fresh /proc of a unit's sandbox: pins of another boot, to all but that unit.
	inside "$1" umount /proc/sys/kernel/random/boot_id
}

# configure HOST: what README says, on a LAN of veth.
configure() {
	local dir=$TMP/$1.root/etc/ip-takeover
	conf_write "$1"
	sed -i "s|$TMP/key|/etc/ip-takeover/key|" "$TMP/$1.conf"
	[ -d "$dir" ] || fail "the package brings no /etc/ip-takeover"
	inside "$1" sh -c "umask 077; cat >/etc/ip-takeover/key" <"$TMP/key"
	inside "$1" sh -c "cat >/etc/ip-takeover/ip-takeover.conf" <"$TMP/$1.conf"
}

install_deb() {
	inside "$1" env DEBIAN_FRONTEND=noninteractive dpkg -i "/debs/$2.deb" >"$TMP/dpkg.txt" 2>&1 || {
		cat "$TMP/dpkg.txt"
		fail "$1: dpkg -i $2 failed"
	}
}

unit() {
	inside "$1" systemctl show -P "$2" "${3:-ip-takeover}"
}

state_of() {
	inside "$1" ip-takeover-ctl status --json | jq -r ".groups[0].$2"
}

host_is() {
	[ "$(state_of "$1" state)" = "$2" ]
}

runs_from() {
	inside "$1" readlink "/proc/$(unit "$1" MainPID)/exe"
}

hosts_up() {
	lan_up
	boot h1
	boot h2
	install_deb h1 old
	install_deb h2 old
	configure h1
	configure h2
}

ping_begin() {
	on_exec c ping -i 0.002 $VIP >"$TMP/ping.txt" 2>&1 &
	PING=$!
	busywait 5000 grep -q icmp_seq "$TMP/ping.txt" || fail "no echo comes back"
}

# ping_end WHAT: no echo was lost.
ping_end() {
	local echoes
	sleep 1
	kill -INT "$PING"
	wait "$PING"
	echoes=$(sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' "$TMP/ping.txt" | awk '{ n++; if ($1 > m) m = $1 } END { print m, m - n }')
	say "$1: echoes and those lost: $echoes"
	expect_eq "$1: echoes lost" 0 "${echoes#* }"
}

start_both() {
	inside h1 systemctl start ip-takeover || fail "h1: no start"
	# Ready means that it is known who owns.
	expect_eq "h1 as soon as systemctl returns" owner "$(state_of h1 state)"
	inside h2 systemctl start ip-takeover || fail "h2: no start"
	expect_eq "owner as h2 knows it then" n1 "$(state_of h2 owner)"
	busywait 5000 host_is h2 standby || fail "h2 does not stand by"
}

# timeout: test_install_upgrade_remove 600
test_install_upgrade_remove() {
	local pid term
	hosts_up
	expect_eq "not enabled by itself" disabled "$(inside h1 systemctl is-enabled ip-takeover)"
	expect_eq "not started by itself" inactive "$(inside h1 systemctl is-active ip-takeover)"
	start_both
	inside h1 systemctl enable -q ip-takeover
	pid=$(unit h1 MainPID) term=$(state_of h1 term)
	ping_begin
	inside h1 systemctl reload ip-takeover || fail "no reload"
	install_deb h1 next
	install_deb h2 next
	ping_end "reload, and an upgrade of both"
	expect_eq "process" "$pid" "$(unit h1 MainPID)"
	expect_eq "term" "$term" "$(state_of h1 term)"
	expect_eq "program" /usr/sbin/ip-takeover-ctl "$(runs_from h1)"
	expect_eq "program of h2" /usr/sbin/ip-takeover-ctl "$(runs_from h2)"
	expect_eq "restarts" 0 "$(unit h1 NRestarts)"
	grep -q 'instance .* is not the new program' "$TMP/dpkg.txt" && fail "$(cat "$TMP/dpkg.txt")"
	ping_begin
	inside h1 dpkg -r ip-takeover >"$TMP/dpkg.txt" 2>&1 || fail "no removal: $(cat "$TMP/dpkg.txt")"
	ping_end "removal from the owner"
	busywait 5000 host_is h2 owner || fail "h2 did not take over"
	expect_no_trace h1
	inside h1 test -e /etc/ip-takeover/key || fail "the key is gone"
	inside h1 dpkg -P ip-takeover >"$TMP/dpkg.txt" 2>&1 || fail "no purge: $(cat "$TMP/dpkg.txt")"
	inside h1 test -e /etc/ip-takeover/key || fail "purge removed what somebody has written"
	expect_eq "links of the unit" "" "$(inside h1 find /etc/systemd -lname '*ip-takeover*')"
}

restarts_are() {
	[ "$(unit "$1" NRestarts)" = "$2" ]
}

# A loop that hangs is noticed though the process is there; the address was at the other host long before.
# timeout: test_watchdog 600
test_watchdog() {
	hosts_up
	inside h1 sh -c 'mkdir -p /etc/systemd/system/ip-takeover.service.d
		printf "[Service]\nWatchdogSec=3\nTimeoutAbortSec=2\n" >/etc/systemd/system/ip-takeover.service.d/t.conf
		systemctl daemon-reload'
	start_both
	sleep 7
	expect_eq "restarts while all is well" 0 "$(unit h1 NRestarts)"
	inside h1 systemctl kill -s STOP ip-takeover
	busywait 3000 host_is h2 owner || fail "h2 did not take over"
	expect_eq "restarts before the watchdog's time" 0 "$(unit h1 NRestarts)"
	busywait 15000 restarts_are h1 1 || fail "the watchdog did nothing"
	busywait 10000 host_is h1 standby || fail "h1 did not come back"
	host_is h2 owner || fail "h2 does not own any more"
	sleep 4
	expect_eq "restarts" 1 "$(unit h1 NRestarts)"
}

# Who ends takes as long as the last call of `notify`, and no watchdog cuts that short.
# timeout: test_slow_end 600
test_slow_end() {
	local begun
	hosts_up
	inside h1 sh -c 'printf "#!/bin/sh\nsleep 8\ndate +%%s >/run/hook.end\n" >/etc/ip-takeover/hook
		chmod 755 /etc/ip-takeover/hook
		sed -i "s|^ *interface = .*|& notify = \"/etc/ip-takeover/hook\"|" /etc/ip-takeover/ip-takeover.conf
		mkdir -p /etc/systemd/system/ip-takeover.service.d
		printf "[Service]\nWatchdogSec=3\n" >/etc/systemd/system/ip-takeover.service.d/t.conf
		systemctl daemon-reload'
	start_both
	sleep 10
	begun=$(date +%s)
	inside h1 systemctl stop ip-takeover
	say "the end took $(($(date +%s) - begun)) s"
	expect_ge "seconds" 7 $(($(date +%s) - begun))
	expect_eq "result" success "$(unit h1 Result)"
	expect_ge "end of the hook" "$begun" "$(inside h1 cat /run/hook.end)"
}

# What the daemon and operators' programs need is there in the sandbox, and what they do not need is not.
# timeout: test_sandbox 600
test_sandbox() {
	local conf=/etc/ip-takeover/ip-takeover.conf
	ADDRESS=standing
	lan_up
	boot h1
	install_deb h1 old
	configure h1
	inside h1 sh -c "cat >/etc/ip-takeover/try; chmod 755 /etc/ip-takeover/try" <<-'END'
		#!/bin/sh
		# Its own word, who it is, and what it may: the first line of each is looked for.
		{
			echo "$1 $(id -un)"
			[ "$1" != user ] && true >/run/check.ran && echo "$1 writes to /run"
			pgrep -x systemd >/dev/null && echo "$1 sees processes"
			# Another user needs rights that ping brings along, or net.ipv4.ping_group_range.
			[ "$1" != user ] && ping -c 1 -W 1 -q 198.18.0.9 >/dev/null && echo "$1 pings"
			systemctl is-active ip-takeover >/dev/null && echo "$1 asks systemd"
			mount -t tmpfs none /mnt 2>/dev/null && echo "$1 mounts"
			true >/etc/mark 2>/dev/null && echo "$1 writes to /etc"
			date -s now >/dev/null 2>&1 && echo "$1 sets the clock"
		} >>/tmp/said 2>/dev/null
		exit 0
	END
	inside h1 sh -c 'touch /tmp/said; chmod 666 /tmp/said'
	inside h1 sh -c "sed -i '/^group/,/^}/ s|^}||' $conf; cat >>$conf" <<-'END'
		    notify = { "/etc/ip-takeover/try", "notify" }
		    track = { "root", "nobody" }
		}
		track "root" { script = { "/etc/ip-takeover/try", "check" } interval = "5s" timeout = "4s" }
		track "nobody" { script = { "/etc/ip-takeover/try", "user" } interval = "5s" timeout = "4s" user = "nobody" }
	END
	inside h1 systemctl start ip-takeover || fail "no start: $(inside h1 journalctl -u ip-takeover -o cat)"
	busywait 10000 host_is h1 owner || { inside h1 ip-takeover-ctl status; inside h1 journalctl -b -u ip-takeover -o cat; fail "no owner"; }
	sleep 6
	inside h1 sort -u /tmp/said >"$TMP/said"
	expect_eq "said by programs" "$(sort <<-'END'
		check asks systemd
		check pings
		check root
		check sees processes
		check writes to /run
		notify asks systemd
		notify pings
		notify root
		notify sees processes
		notify writes to /run
		user asks systemd
		user nobody
		user sees processes
	END
	)" "$(cat "$TMP/said")"
	inside h1 journalctl -q -b -u ip-takeover -o cat >"$TMP/journal"
	grep -E 'no real-time priority|memory is not locked|ALARM' "$TMP/journal" | grep -v 'n2 is not heard' >"$TMP/complaints"
	expect_eq "complaints" "" "$(cat "$TMP/complaints")"
	expect_eq "address on lo" 1 "$(inside h1 ip -o addr show dev lo | grep -c "$VIP/32")"
	inside h1 systemctl reload ip-takeover || fail "no reload"
	on c ping -c 3 -i 0.2 -W 1 -q $VIP >/dev/null || fail "not reached"
}

# The unit of a network namespace: its own configuration, its own instance.
# timeout: test_namespace 600
test_namespace() {
	lan_up
	boot h1
	install_deb h1 old
	configure h1
	inside h1 sh -c 'ip netns add blue && ip -n blue link set lo up && ip link add port0 type veth peer name eth0 netns blue &&
		ip link set port0 up && ip -n blue link set eth0 up && ip -n blue addr add 198.18.0.1/16 dev eth0
		mv /etc/ip-takeover/ip-takeover.conf /etc/ip-takeover/blue.conf'
	inside h1 systemctl start ip-takeover@blue || fail "no start"
	expect_eq "state" owner "$(inside h1 nsenter --net=/run/netns/blue ip-takeover-ctl --instance blue status --json | jq -r '.groups[0].state')"
	inside h1 systemctl reload ip-takeover@blue || fail "no reload"
	install_deb h1 next
	expect_eq "program" /usr/sbin/ip-takeover-ctl "$(inside h1 readlink "/proc/$(unit h1 MainPID ip-takeover@blue)/exe")"
	inside h1 dpkg -r ip-takeover >"$TMP/dpkg.txt" 2>&1 || fail "no removal: $(cat "$TMP/dpkg.txt")"
	grep -q 'stays attached' "$TMP/dpkg.txt" && fail "$(cat "$TMP/dpkg.txt")"
	expect_eq "programs" false "$(inside h1 ip -n blue -j link show dev eth0 | jq '.[0] | has("xdp")')"
	[ ! -e /sys/fs/bpf/ip-takeover/blue ] || fail "pins are left"
}

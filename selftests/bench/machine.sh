# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Describes the machine that figures come from, as JSON.

# version_of COMMAND...: the first thing in its output that looks like a version.
version_of() {
	command -v "$1" >/dev/null 2>&1 || {
		echo "not installed"
		return
	}
	"$@" 2>&1 | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1
}

# ucarp prints its version only among its options.
version_of_ucarp() {
	command -v ucarp >/dev/null 2>&1 || {
		echo "not installed"
		return
	}
	dpkg-query -W -f '${Version}' ucarp 2>/dev/null || echo installed
}

version_of_library() {
	pkg-config --modversion "$1" 2>/dev/null || echo unknown
}

virtual() {
	if command -v systemd-detect-virt >/dev/null 2>&1; then
		systemd-detect-virt --vm 2>/dev/null
	elif grep -qw hypervisor /proc/cpuinfo; then
		echo yes
	else
		echo none
	fi
}

# Busy and all ticks of all processors since boot.
cpu_ticks() {
	awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i; print all - $5 - $6, all }' /proc/stat
}

# What others take of the processors, over two seconds.
busy_percent() {
	local busy0 all0 busy1 all1
	read -r busy0 all0 < <(cpu_ticks)
	sleep 2
	read -r busy1 all1 < <(cpu_ticks)
	echo $((100 * (busy1 - busy0) / (all1 - all0 + 1)))
}

machine_json() {
	jq -n --arg cpu "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)" \
		--argjson cores "$(nproc)" --arg kernel "$(uname -r)" --arg virtual "$(virtual)" \
		--arg load "$(awk '{ print $1, $2, $3 }' /proc/loadavg)" --argjson busy "$(busy_percent)" \
		--arg memory "$(awk '/^MemTotal/ { print int($2 / 1024) " MiB" }' /proc/meminfo)" \
		--arg keepalived "$(version_of keepalived --version)" --arg ucarp "$(version_of_ucarp)" \
		--arg libbpf "$(version_of_library libbpf)" --arg libxdp "$(version_of_library libxdp)" \
		--arg clang "$(version_of "${CLANG:-clang}" --version)" '
		{cpu: $cpu, cores: $cores, memory: $memory, kernel: $kernel, virtual: $virtual, load: $load,
		 busy_percent: $busy,
		 versions: {keepalived: $keepalived, ucarp: $ucarp, libbpf: $libbpf, libxdp: $libxdp, clang: $clang}}'
}

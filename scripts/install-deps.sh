#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Brings what the build ("build"), the unit and program tests ("unit"), Debian packages ("deb"), all tests and the demo
# ("check"), the tests on a stock kernel ("vm") or the benchmark and its peers ("bench") need and this machine lacks.
# With --look it installs nothing: it names what is missing and how to get it, and fails.
set -u

only_look=
[ "${1:-}" != --look ] || {
	only_look=1
	shift
}
what=${1:-build}
out=${OUT:-.out}
missing_tools=
missing_libs=
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

build_tools="gcc clang llvm-strip pkg-config bpftool ar"
build_libs="libbpf libxdp libelf zlib libmnl libconfuse json-c libmicrohttpd"
deb_tools="g++ dpkg-buildpackage dh"
check_tools="ip bridge ping nsenter unshare tcpdump arping arp-scan ethtool nft clang-format shellcheck mandoc jq spin strace ndisc6"
check_libs="cmocka libpcap"
vm_tools="qemu-system-x86_64 busybox cpio depmod modprobe xz gzip timeout"
bench_tools="keepalived ucarp gnuplot git"

build_packages="gcc libc6-dev linux-libc-dev make clang llvm pkg-config binutils bpftool libbpf-dev
	libxdp-dev libelf-dev zlib1g-dev libmnl-dev libconfuse-dev libjson-c-dev libmicrohttpd-dev"
deb_packages="build-essential dpkg-dev debhelper"
check_packages="libcmocka-dev libpcap-dev iproute2 iputils-ping util-linux tcpdump arping arp-scan ethtool nftables clang-format
	shellcheck mandoc jq procps spin strace ndisc6 libclang-rt-dev"
vm_packages="qemu-system-x86 busybox-static cpio kmod xz-utils gzip coreutils"
bench_packages="keepalived ucarp gnuplot-nox git"

look() {
	missing_tools=
	missing_libs=
	for tool in $1; do
		command -v "$tool" >/dev/null 2>&1 || missing_tools="$missing_tools $tool"
	done
	command -v pkg-config >/dev/null 2>&1 || return 1
	for lib in $2; do
		pkg-config --exists "$lib" 2>/dev/null || missing_libs="$missing_libs $lib"
	done
	# The package of the same name holds another arping; both are wanted (see iputils below).
	case " $1 " in *" arping "*)
		arping --help 2>&1 | grep -qi 'habets\|-0aABCdDe' || missing_tools="$missing_tools arping(Habets)"
		;;
	esac
	[ -z "$missing_tools$missing_libs" ]
}

by_hand() {
	echo "install-deps: missing tools:${missing_tools:- none}" >&2
	case " $missing_tools " in *" pkg-config "*) missing_libs=" not known without pkg-config" ;; esac
	echo "install-deps: missing libraries (with headers, as pkg-config names them):${missing_libs:- none}" >&2
}

apt_line() {
	# The list is meant to be split into words, and printed on one line.
	# shellcheck disable=SC2086
	echo apt-get install -y --no-install-recommends $packages
}

fetch() {
	set -- apt-get -q -o APT::Sandbox::User=root download "$1"
	"$@" >/dev/null 2>&1 || { apt-get -q update >/dev/null && "$@" >/dev/null; }
}

# unpack PACKAGE DIR PROGRAM: beside our own outputs, for what is not to be installed.
unpack() {
	[ -x "$out/tools/$2/usr/bin/$3" ] && return 0
	mkdir -p "$out/tools/$2" || return 1
	dir=$(mktemp -d) || return 1
	chmod 755 "$dir"
	(cd "$dir" && fetch "$1") && dpkg -x "$dir/$1"_*.deb "$out/tools/$2"
	ret=$?
	rm -rf "$dir"
	return $ret
}

case $what in
build)
	tools=$build_tools libs=$build_libs packages=$build_packages
	;;
unit)
	tools=$build_tools libs="$build_libs $check_libs" packages="$build_packages libcmocka-dev libpcap-dev"
	;;
deb)
	tools="$build_tools $deb_tools" libs="$build_libs $check_libs"
	packages="$build_packages libcmocka-dev libpcap-dev $deb_packages"
	;;
check)
	tools="$build_tools $check_tools" libs="$build_libs $check_libs"
	packages="$build_packages $check_packages"
	;;
vm)
	tools="$build_tools $check_tools $vm_tools" libs="$build_libs $check_libs"
	packages="$build_packages $check_packages $vm_packages"
	;;
bench)
	tools="$build_tools $check_tools" libs="$build_libs $check_libs"
	packages="$build_packages $check_packages"
	;;
*)
	echo "usage: install-deps.sh [--look] build|unit|deb|check|vm|bench" >&2
	exit 2
	;;
esac

if ! look "$tools" "$libs"; then
	by_hand
	if [ -n "$only_look" ]; then
		if command -v apt-get >/dev/null 2>&1; then
			echo "install-deps: \"scripts/install-deps.sh $what\" as root brings them, or:" >&2
			apt_line >&2
		fi
		exit 1
	fi
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "install-deps: only Debian and Ubuntu are known here: install these, then run make again" >&2
		exit 1
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "install-deps: not root; run this as root, then make again:" >&2
		apt_line >&2
		exit 1
	fi
	echo "install-deps: $(apt_line)"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update >/dev/null || exit 1
	# shellcheck disable=SC2086
	apt-get install -q -y --no-install-recommends $packages >/dev/null || exit 1
	look "$tools" "$libs" || {
		by_hand
		exit 1
	}
fi

[ -z "$only_look" ] || exit 0

# Without the second arping one test says SKIP; that is no reason to stop the others.
# The second arping conflicts with the first as a package.
if [ "$what" = check ] && ! unpack iputils-arping iputils arping; then
	echo "install-deps: iputils-arping could not be fetched: its test will be skipped" >&2
fi

# promtool and Prometheus itself: as packages they would bring a service, which nobody asked for.
if [ "$what" = check ] && ! command -v promtool >/dev/null 2>&1 && ! unpack prometheus prometheus promtool; then
	echo "install-deps: prometheus could not be fetched: its tests will be skipped" >&2
fi

# A peer that is not there is a line of the report, and a plot less is no reason to stop either.
if [ "$what" = bench ] && ! look "$bench_tools" ""; then
	echo "install-deps: $bench_packages" >&2
	apt-get -q update >/dev/null 2>&1
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $bench_packages >/dev/null 2>&1
	look "$bench_tools" "" || echo "install-deps: not there, and not measured:$missing_tools" >&2
fi
exit 0

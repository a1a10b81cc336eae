#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Boots a stock Debian kernel in QEMU and runs a command there as root, in this directory:
#
#   scripts/vm.sh [--kernel PACKAGE] [--with PACKAGE] [--time SECONDS] COMMAND [ARGUMENT...]
#
# --kernel: linux-image-amd64 (Linux 6.1) unless told, linux-image-6.12-amd64 for example. --with: a package
# whose programs are wanted in the guest without installing it here. --time: when to give up.
# The guest sees this machine's files, read-only below a layer of its own that ends with it: it can write
# everywhere and changes nothing. Its two virtio interfaces have a cable between them.
# Output is the command's, the exit status too; 125: the guest did not get that far (its console is in
# .out/vm/console). Without hardware help (VM_ACCEL=kvm, where it works) it is 20 to 50 times slower than the
# machine: good for functions, never for times.

set -u
cd "$(dirname "$0")/.." || exit 125
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
kernel=linux-image-amd64
limit=3600
with=
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=${2:?} && shift 2 ;;
	--with) with=${2:?} && shift 2 ;;
	--time) limit=${2:?} && shift 2 ;;
	--*) set -- && break ;;
	*) break ;;
	esac
done
if [ $# = 0 ]; then
	echo "usage: vm.sh [--kernel PACKAGE] [--with PACKAGE] [--time SECONDS] COMMAND [ARGUMENT...]" >&2
	exit 125
fi
mkdir -p "${OUT:-.out}/vm" || exit 125
vm=$(realpath "${OUT:-.out}/vm")
# The guest's ttyS0 is its console, ttyS1 the command's output, ttyS2 its exit status.
modules="virtio_pci 9pnet_virtio 9p overlay"

fail() {
	echo "vm: $*" >&2
	exit 125
}

# unpack PACKAGE DIR: unpacked below DIR, once.
unpack() {
	local dir
	[ -e "$2/unpacked" ] && return
	dir=$(mktemp -d) && chmod 755 "$dir" || fail "no temporary directory"
	(cd "$dir" && apt-get -q -o APT::Sandbox::User=root download "$1") >"$vm/download.log" 2>&1 &&
		mkdir -p "$2" && dpkg -x "$dir"/*.deb "$2" && touch "$2/unpacked"
	rm -rf "$dir"
	[ -e "$2/unpacked" ] || fail "package $1 cannot be downloaded: $(tail -n 1 "$vm/download.log")"
}

# The meta-package names the newest kernel of its line.
kernel_unpack() {
	local package
	package=$(apt-cache depends "$kernel" 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2 }')
	root=$vm/${package:-$kernel}
	unpack "${package:-$kernel}" "$root"
	# shellcheck disable=SC2012
	version=$(ls "$root/lib/modules" | head -n 1)
	[ -n "$version" ] && [ -e "$root/boot/vmlinuz-$version" ] || fail "$root holds no kernel"
	[ -e "$root/lib/modules/$version/modules.dep.bin" ] || depmod -b "$root" "$version" || fail "depmod"
}

# Prints the files to load for our modules, in order.
module_files() {
	local name
	for name in $modules; do
		modprobe -d "$root" -S "$version" --show-depends "$name" | awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++'
}

# write_init DIR COMMAND...
write_init() {
	local dir=$1
	shift
	cat >"$dir/init" <<-END
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mount -t proc proc /proc
		mount -t devtmpfs dev /dev
		for file in \$(cat /modules.list); do
			insmod /modules/\$file || echo "vm: insmod \$file failed"
		done
		mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose root /lower &&
			mount -t tmpfs -o size=75% upper /upper && mkdir /upper/files /upper/work &&
			mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work root /root ||
			poweroff -f
		cp /start /root/.vm-start
		umount /proc
		exec switch_root /root /.vm-start
	END
	cat >"$dir/start" <<-END
		#!/bin/bash
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		mkdir -p /dev/pts /dev/shm
		mount -t devpts pts /dev/pts
		# What udev would have made: bash's <(...) is a name below /dev/fd.
		ln -sfn /proc/self/fd /dev/fd
		ln -sfn fd/0 /dev/stdin
		ln -sfn fd/1 /dev/stdout
		ln -sfn fd/2 /dev/stderr
		mount -t tmpfs shm /dev/shm
		mount -t tmpfs run /run
		mount -t cgroup2 cgroup /sys/fs/cgroup
		mount -t bpf bpf /sys/fs/bpf
		mkdir -p /lib/modules /run/lock
		ln -sfn $(printf %q "$root/lib/modules/$version") /lib/modules/$version
		ip link set lo up
		cd $(printf %q "$PWD") || exit
		export HOME=/root PATH=$(printf %q "$PATH") OUT=$(printf %q "$(realpath "${OUT:-.out}")") VM=$version
		stty -F /dev/ttyS1 raw -echo
		setsid $(printf '%q ' "$@") </dev/null >/dev/ttyS1 2>&1
		echo "status \$?" >/dev/ttyS2
		stty -F /dev/ttyS1 115200
		exec /bin/busybox poweroff -f
	END
	chmod 755 "$dir/init" "$dir/start"
}

initramfs_build() {
	local dir file name
	dir=$(mktemp -d) || fail "no temporary directory"
	mkdir -p "$dir"/{bin,modules,proc,dev,lower,upper,root}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	for file in $(module_files); do
		name=${file##*/}
		case $file in
		*.xz) xz -dc "$file" >"$dir/modules/${name%.xz}" ;;
		*) cp "$file" "$dir/modules/" ;;
		esac
		echo "${name%.xz}" >>"$dir/modules.list"
	done
	write_init "$dir" "${command[@]}"
	(cd "$dir" && find . | cpio -o -H newc --quiet) | gzip -1 >"$run/initramfs"
	rm -rf "$dir"
}

boot() {
	nice timeout --foreground -k 5 "$limit" qemu-system-x86_64 \
		-machine q35 -accel "${VM_ACCEL:-tcg,thread=multi}" -cpu max -smp 2 -m 2048 \
		-nodefaults -no-user-config -display none -no-reboot -device virtio-rng-pci \
		-netdev hubport,id=a,hubid=0 -device virtio-net-pci,netdev=a,romfile= \
		-netdev hubport,id=b,hubid=0 -device virtio-net-pci,netdev=b,romfile= \
		-kernel "$root/boot/vmlinuz-$version" -initrd "$run/initramfs" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off" \
		-virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
		-chardev file,id=console,path="$run/console" -serial chardev:console \
		-chardev stdio,id=output,signal=on -serial chardev:output \
		-chardev file,id=status,path="$run/status" -serial chardev:status </dev/null
}

main() {
	for tool in qemu-system-x86_64 busybox cpio depmod modprobe; do
		command -v $tool >/dev/null || fail "$tool is missing: scripts/install-deps.sh vm brings it"
	done
	command=("$@")
	run=$(mktemp -d) || fail "no temporary directory"
	trap 'cp "$run/console" "$vm/console" 2>/dev/null; rm -rf "$run"' EXIT
	kernel_unpack
	if [ -n "$with" ]; then
		unpack "$with" "$vm/$with"
		PATH=$vm/$with/usr/sbin:$vm/$with/usr/bin:$PATH
	fi
	initramfs_build
	boot
	status=$(sed -n 's/^status \([0-9]*\).*/\1/p' "$run/status" 2>/dev/null)
	[ -n "$status" ] || fail "the guest ended before the command did; the end of its console:
$(tail -n 15 "$run/console")"
	exit "$status"
}

# All of it is read before it starts: the file may change while the guest runs.
main "$@"

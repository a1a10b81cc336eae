# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Whoever may write where our pins, socket and locks lie has put something there first: nothing of it is followed,
# emptied or waited for, and the command says what stands in its way.

BPFFS=/sys/fs/bpf
ROOT=$BPFFS/ip-takeover

# as_user COMMAND...: as somebody without rights.
as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

planted_up() {
	lan_up
	conf_write h1
	INSTANCE=$(instance_of h1)
	VICTIM=$TMP/victim
	mkdir "$VICTIM" "$VICTIM/$INSTANCE"
	touch "$VICTIM/"{file,leases,meta} "$VICTIM/$INSTANCE/"{file,leases,prog_fence}
	chmod a+x "$TMP"
	chmod -R a+rwX "$VICTIM"
	BEFORE=$(find "$VICTIM" | sort)
	mountpoint -q $BPFFS || fail "no bpffs"
	chmod 1777 $BPFFS
}

# refused WORD: each command ends, with an error that names WORD, and what the link points to is as it was.
refused() {
	local word=$1 command
	for command in "attach eth0" "run -c $TMP/h1.conf" "detach --all" "detach eth0" "status"; do
		# shellcheck disable=SC2086
		expect_fail 1 "$word" timeout -k 1 "${LIMIT:-20}" nsenter --net=/run/netns/h1 "$CTL" $command
		expect_eq "what the link points to, after $command" "$BEFORE" "$(find "$VICTIM" | sort)"
	done
}

# refused_where_libxdp_works WORD: likewise those that give it something to do.
refused_where_libxdp_works() {
	expect_fail 1 "$1" timeout -k 1 20 nsenter --net=/run/netns/h1 "$CTL" attach eth0
	expect_fail 1 "$1" timeout -k 1 20 nsenter --net=/run/netns/h1 "$CTL" run -c "$TMP/h1.conf"
	expect_eq "what the link points to" "$BEFORE" "$(find "$VICTIM" | sort)"
	expect_no_trace h1
}

# removed_and_well: what stood in the way is taken away, and all is as ever.
removed_and_well() {
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 detach --all
	expect_no_trace h1
}

test_link_in_place_of_our_directory() {
	planted_up
	as_user ln -s "$VICTIM" $ROOT || fail "nobody cannot plant a link"
	refused $ROOT
	rm $ROOT
	removed_and_well
}

test_directory_of_somebody_else() {
	planted_up
	as_user mkdir $ROOT
	refused "$ROOT belongs to user 65534"
	as_user ln -s "$VICTIM/$INSTANCE" "$ROOT/$INSTANCE"
	refused "$ROOT belongs to user 65534"
	rm -r $ROOT
	removed_and_well
}

# The owner of a lock that is waited for may hold it for ever.
test_lock_of_somebody_else() {
	planted_up
	as_user mkdir $ROOT
	as_user flock -F $ROOT sleep 1000 &
	busywait 5000 grep -q FLOCK /proc/locks || fail "no lock"
	refused "$ROOT belongs to user 65534"
	kill $!
	rm -r $ROOT
	as_user mkdir $BPFFS/xdp
	as_user flock -F $BPFFS/xdp sleep 1000 &
	refused_where_libxdp_works "$BPFFS/xdp belongs to user 65534"
	kill $!
	rm -r $BPFFS/xdp
	removed_and_well
}

test_link_in_place_of_libxdps_directory() {
	planted_up
	as_user ln -s "$VICTIM" $BPFFS/xdp
	refused_where_libxdp_works $BPFFS/xdp
	rm $BPFFS/xdp
	removed_and_well
}

# One level down only root can have put it there: a slip, no attack, and the files are lost all the same.
test_link_in_place_of_an_instance() {
	planted_up
	mkdir -m 700 $ROOT
	ln -s "$VICTIM/$INSTANCE" "$ROOT/$INSTANCE"
	refused "$ROOT/$INSTANCE"
	rm "$ROOT/$INSTANCE"
	removed_and_well
}

test_directory_that_others_may_write() {
	planted_up
	mkdir -m 777 $ROOT
	as_user ln -s "$VICTIM/$INSTANCE" "$ROOT/$INSTANCE"
	refused "$ROOT may be written"
	rm -r $ROOT
	removed_and_well
}

# Without the sticky bit the others may rename what is ours.
test_bpffs_without_sticky_bit() {
	planted_up
	chmod 0777 $BPFFS
	refused "$BPFFS may be written"
	chmod 1777 $BPFFS
	removed_and_well
}

# Half made: no `meta`. Only pins of ours go.
test_foreign_things_among_the_pins() {
	local command
	planted_up
	expect_ok ctl h1 attach eth0
	cp_pin "$ROOT/$INSTANCE/leases" "$BPFFS/mine"
	expect_ok ctl h1 detach --all
	mkdir -m 700 "$ROOT" "$ROOT/$INSTANCE"
	mkdir "$ROOT/$INSTANCE/groups"
	ln -s "$VICTIM/file" "$ROOT/$INSTANCE/leases"
	mv "$BPFFS/mine" "$ROOT/$INSTANCE/mine"
	for command in "attach eth0" "run -c $TMP/h1.conf" "detach --all"; do
		# shellcheck disable=SC2086
		expect_fail 1 "$ROOT/$INSTANCE" timeout -k 1 20 nsenter --net=/run/netns/h1 "$CTL" $command
	done
	[ -e "$ROOT/$INSTANCE/mine" ] || fail "a pin that is not ours has been removed"
	[ -L "$ROOT/$INSTANCE/leases" ] || fail "a link has been removed"
	expect_eq "what the link points to" "$BEFORE" "$(find "$VICTIM" | sort)"
	rm -r "${ROOT:?}/$INSTANCE"
	removed_and_well
}

# cp_pin FROM TO: a second pin of the same map.
cp_pin() {
	bpftool map pin pinned "$1" "$2" || fail "cannot pin $2"
}

# The sizes are the same, the meaning is not.
test_renamed_pins() {
	local pins=$ROOT command
	planted_up
	expect_ok ctl h1 attach eth0
	pins+=/$INSTANCE
	mv "$pins/leases" "$pins/other"
	mv "$pins/drain" "$pins/leases"
	mv "$pins/other" "$pins/drain"
	for command in "attach eth0" "run -c $TMP/h1.conf" "status"; do
		# shellcheck disable=SC2086
		expect_fail 1 "$pins/leases" timeout -k 1 20 nsenter --net=/run/netns/h1 "$CTL" $command
	done
	mv "$pins/leases" "$pins/other"
	mv "$pins/drain" "$pins/leases"
	mv "$pins/other" "$pins/drain"
	expect_ok ctl h1 detach --all
	expect_no_trace h1
}

# A command of root's that was stopped while it held the lock.
test_lock_held_by_a_stopped_command() {
	local holder
	planted_up
	mkdir -m 700 $ROOT
	flock -F $ROOT sleep 1000 &
	holder=$!
	busywait 5000 grep -q FLOCK /proc/locks || fail "no lock"
	expect_fail 1 "process" timeout -k 1 100 nsenter --net=/run/netns/h1 "$CTL" attach eth0
	kill $holder
	removed_and_well
}

test_link_in_place_of_the_sockets_directory() {
	planted_up
	rmdir /run/ip-takeover
	ln -s "$VICTIM" /run/ip-takeover
	expect_fail 1 /run/ip-takeover timeout -k 1 20 nsenter --net=/run/netns/h1 "$CTL" run -c "$TMP/h1.conf"
	expect_ok ctl h1 attach eth0
	expect_fail 1 /run/ip-takeover timeout -k 1 20 nsenter --net=/run/netns/h1 "$CTL" detach eth0
	expect_eq "what the link points to" "$BEFORE" "$(find "$VICTIM" | sort)"
	rm /run/ip-takeover
	mkdir -m 777 /run/ip-takeover
	expect_fail 1 "/run/ip-takeover may be written" timeout -k 1 20 nsenter --net=/run/netns/h1 "$CTL" run -c "$TMP/h1.conf"
	chmod 755 /run/ip-takeover
	removed_and_well
}

test_strange_things_in_place_of_the_lock() {
	local lock
	planted_up
	lock=/run/ip-takeover/$INSTANCE.sock.lock
	mkfifo "$lock"
	expect_fail 1 "$lock" timeout -k 1 20 nsenter --net=/run/netns/h1 "$CTL" run -c "$TMP/h1.conf"
	rm "$lock"
	ln -s "$VICTIM/new" "$lock"
	expect_fail 1 "$lock" timeout -k 1 20 nsenter --net=/run/netns/h1 "$CTL" run -c "$TMP/h1.conf"
	expect_eq "what the link points to" "$BEFORE" "$(find "$VICTIM" | sort)"
	rm "$lock"
	daemon_start h1
	wait_owner h1
}

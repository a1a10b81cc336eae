/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs on an interface, put there and taken away: both or none, others' left alone, the record telling the truth. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "instance.h"
#include "kern/kern_int.h"
#include "net/netdev_tc.h"
#include "xdp_pass.skel.h"

static uint32_t ifindex;
static struct err e;

static void sh(const char *command)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "PATH=$PATH:/usr/sbin:/sbin; %s", command);
	if (system(line))
		fail_msg("%s", command);
}

static int setup(void **state)
{
	sh("ip link add ve0 type veth peer name ve1; ip link set ve0 up; ip link set ve1 up");
	ifindex = if_nametoindex("ve0");
	return instance_setup(state);
}

static int teardown(void **state)
{
	struct ipt_iface left[IPT_MAX_IFACES];

	for (int i = kern_ifaces(k, left); i > 0; i--)
		assert_int_equal(kern_detach(k, &left[i - 1], &e), 0);
	sh("ip link del ve0 2>/dev/null || :");
	return instance_teardown(state);
}

static int attach(enum kern_mode mode)
{
	return kern_attach(k, ifindex, "ve0", mode, &e);
}

static int attached(void)
{
	struct ipt_iface all[IPT_MAX_IFACES];

	return kern_ifaces(k, all);
}

static struct ipt_iface record(void)
{
	struct ipt_iface all[IPT_MAX_IFACES];

	assert_int_equal(kern_ifaces(k, all), 1);
	return all[0];
}

static uint32_t xdp_id(void)
{
	uint32_t id = 0;

	assert_int_equal(bpf_xdp_query_id((int)ifindex, 0, &id), 0);
	return id;
}

static uint32_t fence_id(void)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1);

	return bpf_tc_query(&hook, &opts) ? 0 : opts.prog_id;
}

static bool bare(void)
{
	return !xdp_id() && !fence_id() && !netdev_tc_clsact(ifindex);
}

static void test_attach(void **state)
{
	struct ipt_iface iface, again;

	(void)state;
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
	iface = record();
	assert_int_equal(iface.ifindex, ifindex);
	assert_string_equal(iface.name, "ve0");
	assert_true(iface.fence_prog_id && iface.fence_prog_id == fence_id());
	assert_true(iface.xdp_prog_id && xdp_id());
	assert_true((iface.flags & IPT_IF_CLSACT_OURS) && (iface.flags & IPT_IF_NATIVE));
	assert_true(kern_iface_healthy(k, &iface));
	assert_int_equal(kern_iface_stranger(k, &iface), 0);
	/* Again: nothing to do, if it is the mode that was meant. */
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
	assert_int_equal(attach(KERN_MODE_NATIVE), 0);
	assert_int_equal(attach(KERN_MODE_GENERIC), -EBUSY);
	assert_string_equal(e.text, "ve0 is attached in native mode already: detach it first");
	again = record();
	assert_memory_equal(&again, &iface, sizeof(iface));
	assert_int_equal(kern_detach(k, &iface, &e), 0);
	assert_true(bare());
	assert_int_equal(attached(), 0);
	assert_false(kern_iface_healthy(k, &iface));
	assert_int_equal(kern_detach(k, &iface, &e), 0);
}

static void test_generic(void **state)
{
	struct ipt_iface iface;

	(void)state;
	assert_int_equal(attach(KERN_MODE_GENERIC), 0);
	iface = record();
	assert_false(iface.flags & IPT_IF_NATIVE);
	assert_true(kern_iface_healthy(k, &iface));
	assert_int_equal(attach(KERN_MODE_NATIVE), -EBUSY);
	assert_string_equal(e.text, "ve0 is attached in generic mode already: detach it first");
	assert_int_equal(attach(KERN_MODE_GENERIC), 0);
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
}

/* One of the two taken away by hand is missed, and put back beside the other. */
static void test_lost_and_put_back(void **state)
{
	static const char *const take[] = {"tc filter del dev ve0 egress",
					   "tc qdisc del dev ve0 clsact",
					   "ip link set ve0 xdp off"};
	struct ipt_iface iface;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(attach(KERN_MODE_AUTO), 0);
		iface = record();
		sh(take[i]);
		assert_false(kern_iface_healthy(k, &iface));
		assert_int_equal(attach(KERN_MODE_AUTO), 0);
		iface = record();
		assert_true(kern_iface_healthy(k, &iface));
		assert_true(fence_id() == iface.fence_prog_id && xdp_id());
	}
	assert_int_equal(kern_detach(k, &iface, &e), 0);
	assert_true(bare());
}

static void put_filter(enum bpf_tc_attach_point where, uint32_t priority, int fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = where);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = priority, .prog_fd = fd);

	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
}

/* A queueing discipline that was there before us, or has others' filters in it, stays. */
static void test_clsact_of_others(void **state)
{
	struct ipt_iface iface;

	(void)state;
	sh("tc qdisc add dev ve0 clsact");
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
	iface = record();
	assert_false(iface.flags & IPT_IF_CLSACT_OURS);
	assert_int_equal(kern_detach(k, &iface, &e), 0);
	assert_true(netdev_tc_clsact(ifindex) && !fence_id() && !xdp_id());
	sh("tc qdisc del dev ve0 clsact");
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
	iface = record();
	assert_true(iface.flags & IPT_IF_CLSACT_OURS);
	put_filter(BPF_TC_INGRESS, 9, k->fence_fd);
	assert_int_equal(kern_detach(k, &iface, &e), 0);
	assert_true(netdev_tc_clsact(ifindex) && !fence_id());
}

static uint32_t put_foreign_xdp(struct xdp_pass_bpf *skel)
{
	assert_int_equal(bpf_xdp_attach((int)ifindex, bpf_program__fd(skel->progs.xdp_pass),
					XDP_FLAGS_DRV_MODE, NULL),
			 0);
	return xdp_id();
}

static void test_xdp_of_others(void **state)
{
	struct xdp_pass_bpf *skel = xdp_pass_bpf__open_and_load();
	struct ipt_iface iface = {.ifindex = ifindex};
	uint32_t theirs;

	(void)state;
	assert_non_null(skel);
	theirs = put_foreign_xdp(skel);
	assert_int_equal(kern_iface_stranger(k, &iface), theirs);
	assert_int_equal(attach(KERN_MODE_AUTO), -EBUSY);
	assert_non_null(strstr(e.text, "(xdp_pass) is there and cannot be shared with"));
	/* Nothing half done. */
	assert_true(xdp_id() == theirs && !fence_id() && !netdev_tc_clsact(ifindex));
	assert_int_equal(attached(), 0);
	sh("ip link set ve0 xdp off");
	/* It takes our program's place: the filter stays, and keeps the kernel silent. */
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
	sh("ip link set ve0 xdp off");
	theirs = put_foreign_xdp(skel);
	assert_int_equal(attach(KERN_MODE_AUTO), -EBUSY);
	iface = record();
	assert_true(xdp_id() == theirs && fence_id() && fence_id() == iface.fence_prog_id);
	assert_int_equal(kern_iface_stranger(k, &iface), theirs);
	assert_int_equal(kern_detach(k, &iface, &e), 0);
	assert_true(xdp_id() == theirs && !fence_id() && !netdev_tc_clsact(ifindex));
	xdp_pass_bpf__destroy(skel);
}

static void test_filter_of_others(void **state)
{
	struct kern *other;
	uint32_t theirs;

	(void)state;
	assert_int_equal(kern_create(&other, "other", &e), 0);
	sh("tc qdisc add dev ve0 clsact");
	put_filter(BPF_TC_EGRESS, 1, other->fence_fd);
	theirs = fence_id();
	assert_int_equal(attach(KERN_MODE_AUTO), -EBUSY);
	assert_non_null(strstr(e.text, "(ipt_fence), of another instance or one"));
	assert_true(!xdp_id() && fence_id() == theirs && netdev_tc_clsact(ifindex));
	assert_int_equal(attached(), 0);
	assert_int_equal(kern_remove(other, &e), 0);
	kern_close(other);
}

static void test_no_room(void **state)
{
	struct ipt_iface iface = {.name = "x"}, none = {0};

	(void)state;
	for (uint32_t i = 0; i < IPT_MAX_IFACES; i++) {
		iface.ifindex = 1000 + i;
		assert_int_equal(kern_record_write(k, i, &iface, &e), 0);
	}
	assert_int_equal(attach(KERN_MODE_AUTO), -ENOSPC);
	assert_string_equal(e.text, "ve0: 16 interfaces are attached, no room for more");
	assert_true(bare());
	/* The first place, and the last one. */
	for (uint32_t i = 0; i < IPT_MAX_IFACES; i += IPT_MAX_IFACES - 1) {
		assert_int_equal(kern_record_write(k, i, &none, &e), 0);
		assert_int_equal(attach(KERN_MODE_AUTO), 0);
		iface.ifindex = ifindex;
		assert_int_equal(kern_detach(k, &iface, &e), 0);
		iface.ifindex = 1000 + i;
		assert_int_equal(kern_record_write(k, i, &iface, &e), 0);
	}
}

/* The pins are gone, or are another command's: what we attached nobody would find. */
static void test_detached_meanwhile(void **state)
{
	struct kern *other;

	(void)state;
	assert_int_equal(kern_open(&other, "default", &e), 0);
	assert_int_equal(kern_remove(k, &e), 0);
	assert_int_equal(kern_attach(other, ifindex, "ve0", KERN_MODE_AUTO, &e), -ESTALE);
	assert_string_equal(e.text, "ve0: instance 'default' was detached meanwhile: try again");
	assert_true(bare());
	kern_close(k);
	assert_int_equal(kern_create(&k, "default", &e), 0);
	assert_int_equal(kern_attach(other, ifindex, "ve0", KERN_MODE_AUTO, &e), -ESTALE);
	assert_int_equal(kern_turn(other, &e), -ESTALE);
	/* Nor does it remove what is not its own. */
	assert_int_equal(kern_remove(other, &e), 0);
	kern_close(other);
	assert_int_equal(kern_open(&other, "default", &e), 0);
	kern_close(other);
}

static void test_interface_gone(void **state)
{
	struct ipt_iface iface;

	(void)state;
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
	iface = record();
	sh("ip link del ve0");
	assert_false(kern_iface_healthy(k, &iface));
	assert_int_equal(kern_detach(k, &iface, &e), 0);
	assert_int_equal(attached(), 0);
	assert_int_equal(attach(KERN_MODE_AUTO), -ENODEV);
	assert_string_equal(e.text, "ve0: no such interface any more");
}

/* One program for all interfaces, as long as it stands alone. */
static void test_second_interface(void **state)
{
	struct ipt_iface all[IPT_MAX_IFACES];

	(void)state;
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
	assert_int_equal(kern_attach(k, if_nametoindex("ve1"), "ve1", KERN_MODE_AUTO, &e), 0);
	assert_int_equal(kern_ifaces(k, all), 2);
	assert_true(kern_iface_healthy(k, &all[0]) && kern_iface_healthy(k, &all[1]));
	assert_int_equal(all[0].fence_prog_id, all[1].fence_prog_id);
	if (!(all[1].flags & IPT_IF_CHAINED))
		assert_int_equal(all[0].xdp_prog_id, all[1].xdp_prog_id);
	/* Each is left alone when the other goes. */
	assert_int_equal(kern_detach(k, &all[0], &e), 0);
	assert_true(bare() && attached() == 1);
	assert_true(kern_iface_healthy(k, &all[1]) && !kern_iface_healthy(k, &all[0]));
}

/* What delays frames behind our filter is found, and nothing else is taken for it. */
static void test_shaper(void **state)
{
	char kind[16] = "";

	(void)state;
	assert_int_equal(netdev_tc_shaper(ifindex, kind), 0);
	assert_string_equal(kind, "");
	sh("tc qdisc add dev ve1 root tbf rate 1mbit burst 10kb latency 50ms");
	assert_int_equal(netdev_tc_shaper(ifindex, kind), 0);
	assert_int_equal(netdev_tc_shaper(if_nametoindex("ve1"), kind), 1);
	assert_string_equal(kind, "tbf");
}

/* Another build's leave both hooks, this one's take their places, and the record says so. */
static void test_renewed(void **state)
{
	struct ipt_iface before, after;

	(void)state;
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
	before = record();
	assert_int_equal(kern_replace(k, &e), 0);
	after = record();
	assert_int_not_equal(after.xdp_prog_id, before.xdp_prog_id);
	assert_int_not_equal(after.fence_prog_id, before.fence_prog_id);
	assert_int_equal(after.fence_prog_id, fence_id());
	if (!(after.flags & IPT_IF_CHAINED))
		assert_int_equal(after.xdp_prog_id, xdp_id());
	assert_true(after.ifindex == before.ifindex && after.flags == before.flags);
	assert_true(kern_iface_healthy(k, &after));
	assert_true(kern_prog_ours(k, after.xdp_prog_id) && kern_prog_ours(k, after.fence_prog_id));
}

/* The outermost program is not the one of the record: another dispatcher, say, that ours is in. */
static void test_known_by_what_was_seen(void **state)
{
	struct ipt_iface iface;

	(void)state;
	assert_int_equal(attach(KERN_MODE_AUTO), 0);
	iface = record();
	iface.xdp_prog_id = UINT32_MAX;
	assert_int_equal(kern_iface_stranger(k, &iface), xdp_id());
	k->xdp_seen[0] = (uint64_t)ifindex << 32 | xdp_id();
	assert_int_equal(kern_iface_stranger(k, &iface), 0);
	k->xdp_seen[0] = (uint64_t)(ifindex + 1) << 32 | xdp_id();
	assert_int_equal(kern_iface_stranger(k, &iface), xdp_id());
	k->xdp_seen[0] = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_attach, setup, teardown),
		cmocka_unit_test_setup_teardown(test_generic, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_and_put_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clsact_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_xdp_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filter_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_detached_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interface_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_interface, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shaper, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renewed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_known_by_what_was_seen, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the core is shown of the kernel's records, and where heartbeats are sent by them. */
#include <bpf/bpf.h>
#include <string.h>
#include "base/clock.h"
#include "daemon/daemon.h"
#include "instance.h"
#include "kern/kern_int.h"

#define SESSION 0x1122334455667788ull
#define D_NS 100000000ull
#define INDEX 9 /* the kernel's, of our second group */

static struct daemon d;
static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};

static int given(void **state)
{
	(void)instance_setup(state);
	memset(&d, 0, sizeof(d));
	d.k = k;
	d.session = SESSION;
	d.cfg.timing.d_ns = D_NS;
	d.cfg.ngroups = 2;
	d.groups[0].index = 3;
	d.groups[1].index = INDEX;
	d.cfg.npeers = 1;
	return view_open(&d);
}

static int done(void **state)
{
	view_close(&d);
	return instance_teardown(state);
}

static void put_frame(struct ipt_frame *f, uint64_t seq, uint64_t rx_ns)
{
	const struct beat beat = {.node = 2, .seq = seq, .lease_us = 1000, .hold_us = 1100};
	const struct sip_key key = {1, 2};

	f->len = (uint32_t)frame_beat_encode(&beat, &key, f->bytes, sizeof(f->bytes));
	f->rx_ns = rx_ns;
}

static void test_groups(void **state)
{
	(void)state;
	kern_leases(k)[INDEX] = 77;
	kern_groups(k)[INDEX].epoch_max = 0x501;
	kern_groups(k)[INDEX].owner_epoch = 0x402;
	kern_leases(k)[3] = 78;
	view_read(&d);
	assert_int_equal(d.view.group[1].word, 77);
	assert_int_equal(d.view.group[1].epoch_max, 0x501);
	assert_int_equal(d.view.group[1].owner_epoch, 0x402);
	assert_int_equal(d.view.group[0].word, 78);
	assert_int_equal(d.view.group[0].epoch_max, 0);
}

/* Of another session is a predecessor's run. */
static void test_run_start(void **state)
{
	struct ipt_sent sent = {.session = SESSION, .run_start_ns = 55};
	uint32_t zero = 0;

	(void)state;
	assert_int_equal(bpf_map_update_elem(k->map[KMAP_SENT], &zero, &sent, BPF_ANY), 0);
	view_read(&d);
	assert_int_equal(d.view.run_start_ns, 55);
	d.session++;
	view_read(&d);
	assert_int_equal(d.view.run_start_ns, 0);
}

static void test_records(void **state)
{
	static struct ipt_peer rec;
	const struct core_peer_view *v = &d.view.peer[0];

	(void)state;
	memset(&rec, 0, sizeof(rec));
	rec.node = 2;
	rec.last_ns = 99;
	assert_int_equal(kern_peer_set(k, 0, &rec), 0);
	view_read(&d);
	assert_int_equal(v->last_ns, 99);
	assert_true(!v->proven && !v->unproven && !v->proven_rx_ns && !v->unproven_rx_ns);
	put_frame(&rec.proven, 5, 90);
	put_frame(&rec.unproven, 6, 99);
	assert_int_equal(kern_peer_set(k, 0, &rec), 0);
	view_read(&d);
	assert_true(v->proven && v->proven->seq == 5 && v->proven_rx_ns == 90);
	assert_true(v->unproven && v->unproven->seq == 6 && v->unproven_rx_ns == 99);
	/* The same stamp is the same frame; one that does not decode says nothing. */
	put_frame(&rec.proven, 7, 90);
	put_frame(&rec.unproven, 8, 100);
	rec.unproven.len--;
	assert_int_equal(kern_peer_set(k, 0, &rec), 0);
	view_read(&d);
	assert_true(v->proven->seq == 5 && v->proven_rx_ns == 90);
	assert_true(v->unproven->seq == 6 && v->unproven_rx_ns == 99);
}

/* The longest that may still run. */
static void test_hold(void **state)
{
	static struct ipt_peer rec;

	(void)state;
	memset(&rec, 0, sizeof(rec));
	rec.node = 2;
	rec.hold_us_max = 5000000;
	rec.hold_max_ns = clock_now_ns();
	put_frame(&rec.proven, 5, 90);
	assert_int_equal(kern_peer_set(k, 0, &rec), 0);
	view_read(&d);
	assert_int_equal(d.view.peer[0].hold_us_max, 5000000);
	rec.hold_max_ns = clock_now_ns() - 5000000000ull;
	rec.hold_us_next = 1100;
	assert_int_equal(kern_peer_set(k, 0, &rec), 0);
	view_read(&d);
	assert_int_equal(d.view.peer[0].hold_us_max, 1100);
}

static void put_path(uint32_t i, uint64_t last_ns, uint64_t proven_ns)
{
	const struct ipt_path path = {.ifindex = 1,
				      .addr = ipt_addr_v4(1 + i),
				      .last_ns = last_ns,
				      .proven_ns = proven_ns,
				      .mac = {2, 0, 0, 0, 0, (uint8_t)(1 + i)}};

	assert_int_equal(bpf_map_update_elem(k->map[KMAP_PATHS], &i, &path, BPF_ANY), 0);
}

static void expect_aim(uint32_t i, bool at_peer)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(1 + i)};

	assert_memory_equal(d.plan.paths[i].to.mac, at_peer ? mac : all, 6);
}

/* At the peer's own MAC as long as it proves itself from there; else at all. */
static void test_aim(void **state)
{
	(void)state;
	d.plan.npaths = 4;
	put_path(0, 0, 0);
	put_path(1, 50 + 2 * D_NS, 50);
	put_path(2, 51 + 2 * D_NS, 50);
	put_path(3, 70, 0);
	view_read(&d);
	expect_aim(0, false);
	expect_aim(1, true);
	expect_aim(2, false);
	expect_aim(3, false);
}

static bool is_member(uint8_t last)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, last};

	return view_is_member(&d, mac);
}

static void test_members(void **state)
{
	static const uint8_t none[6];

	(void)state;
	d.plan.npaths = 3;
	put_path(0, 60, 50);
	put_path(1, 60, 0);
	put_path(2, 0, 0);
	put_path(3, 60, 50); /* beyond those in use */
	assert_true(is_member(1));
	assert_false(is_member(2) || is_member(3) || is_member(4) || view_is_member(&d, none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_groups, given, done),
		cmocka_unit_test_setup_teardown(test_run_start, given, done),
		cmocka_unit_test_setup_teardown(test_records, given, done),
		cmocka_unit_test_setup_teardown(test_hold, given, done),
		cmocka_unit_test_setup_teardown(test_aim, given, done),
		cmocka_unit_test_setup_teardown(test_members, given, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

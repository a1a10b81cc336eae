/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Floating addresses as the daemon writes them, and as the programs look them up: by neighbours, in two maps and a sieve. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bed.h"
#include "instance.h"
#include "kern/kern_int.h"

#define IFINDEX 7

static const struct ipt_vip first = {.group = 3, .prefix_len = 24, .mac = {2, 0, 0, 0, 0, 1}};
static const struct ipt_vip second = {.group = 0, .prefix_len = 24, .mac = {2, 0, 0, 0, 0, 1}};

static bool found(const char *ip, const struct ipt_vip *vip)
{
	return kern_vip_found(k, IFINDEX, ipt_addr_v4(bed_ip(ip)), vip);
}

static void set(const char *ip, const struct ipt_vip *vip)
{
	assert_int_equal(kern_vip_set(k, IFINDEX, ipt_addr_v4(bed_ip(ip)), vip), 0);
	assert_true(found(ip, vip));
}

static void del(const char *ip, const struct ipt_vip *vip)
{
	assert_int_equal(kern_vip_del(k, IFINDEX, ipt_addr_v4(bed_ip(ip))), 0);
	assert_false(found(ip, vip));
}

static void test_vips(void **state)
{
	struct ipt_vip vip = first;

	(void)state;
	assert_false(found("198.18.1.1", &first));
	set("198.18.1.1", &first);
	set("198.18.1.2", &second);
	assert_true(found("198.18.1.1", &first));
	assert_false(found("198.18.1.1", &second) || found("198.18.1.3", &second));
	assert_false(kern_vip_found(k, IFINDEX + 1, ipt_addr_v4(bed_ip("198.18.1.1")), &first));
	assert_int_equal(kern_vip_get(k, IFINDEX, ipt_addr_v4(bed_ip("198.18.1.1")), &vip), 0);
	assert_memory_equal(&vip, &first, sizeof(vip));
	assert_int_equal(kern_vip_get(k, IFINDEX + 1, ipt_addr_v4(bed_ip("198.18.1.1")), &vip),
			 -ENOENT);
	/* Another MAC is the interface's new one: of all its neighbours. */
	vip.mac[5] = 9;
	assert_false(found("198.18.1.1", &vip));
	set("198.18.1.1", &vip);
	assert_false(found("198.18.1.2", &second));
	vip.group = IPT_MAX_GROUPS;
	assert_int_equal(kern_vip_set(k, IFINDEX, ipt_addr_v4(bed_ip("198.18.1.9")), &vip),
			 -EINVAL);
	assert_int_equal(kern_vip_get(k, IFINDEX, ipt_addr_v4(bed_ip("198.18.1.9")), &vip),
			 -ENOENT);
	vip.group = IPT_MAX_GROUPS - 1;
	set("198.18.1.9", &vip);
}

static void test_vip_deleted(void **state)
{
	struct ipt_vip vip;

	(void)state;
	set("198.18.1.1", &first);
	set("198.18.1.2", &second);
	del("198.18.1.1", &first);
	assert_true(found("198.18.1.2", &second));
	assert_int_equal(kern_vip_get(k, IFINDEX, ipt_addr_v4(bed_ip("198.18.1.1")), &vip),
			 -ENOENT);
	assert_int_equal(kern_vip_del(k, IFINDEX, ipt_addr_v4(bed_ip("198.18.1.1"))), -ENOENT);
	del("198.18.1.2", &second);
	/* The place of its neighbours is free again, MAC and all. */
	set("198.18.1.3", &first);
}

/* An address of another block of 256 that falls on the same place: it goes into the second map. */
static void elsewhere(char ret[16], uint32_t n)
{
	uint32_t want =
		ipt_sieve_block(IFINDEX,
				ipt_net_key(IFINDEX, ipt_addr_v4(bed_ip("198.18.1.1"))).net);

	for (uint32_t i = 0; i < 0x10000; i++) {
		(void)snprintf(ret, 16, "198.%u.%u.1", 20 + i / 256, i % 256);
		if (ipt_sieve_block(IFINDEX, ipt_net_key(IFINDEX, ipt_addr_v4(bed_ip(ret))).net) ==
			    want &&
		    !n--)
			return;
	}
	fail_msg("no such address");
}

static bool in_nets(const char *ip)
{
	struct ipt_net_key key = ipt_net_key(IFINDEX, ipt_addr_v4(bed_ip(ip)));
	struct ipt_net net;

	return !bpf_map_lookup_elem(k->map[KMAP_NETS], &key, &net);
}

static void test_vips_on_one_place(void **state)
{
	char other[16], third[16];

	(void)state;
	elsewhere(other, 0);
	elsewhere(third, 1);
	set("198.18.1.1", &first);
	set(other, &second);
	set(third, &first);
	assert_true(!in_nets("198.18.1.1") && in_nets(other) && in_nets(third));
	assert_true(found("198.18.1.1", &first) && found(other, &second) && found(third, &first));
	del(other, &second);
	assert_true(!in_nets(other) && found("198.18.1.1", &first) && found(third, &first));
	del("198.18.1.1", &first);
	assert_true(found(third, &first));
	/* What stands in the second map is not made twice; what comes anew takes the first. */
	set(third, &second);
	assert_true(in_nets(third));
	set("198.18.1.1", &second);
	assert_true(!in_nets("198.18.1.1") && found(third, &second));
}

static bool sieved(const char *ip)
{
	struct ipt_net_key key = ipt_net_key(IFINDEX, ipt_addr_v4(bed_ip(ip)));
	uint32_t block = ipt_sieve_block(IFINDEX, key.net);
	struct ipt_sieve s;

	assert_int_equal(bpf_map_lookup_elem(k->map[KMAP_SIEVE], &block, &s), 0);
	return ipt_sieve_has(&s, ipt_addr_last_byte(ipt_addr_v4(bed_ip(ip))));
}

static void test_tidy(void **state)
{
	char other[16];

	(void)state;
	elsewhere(other, 0);
	set("198.18.1.1", &first);
	set("198.18.1.7", &first);
	set(other, &second);
	del("198.18.1.1", &first);
	del("198.18.1.7", &first);
	assert_true(sieved("198.18.1.7"));
	assert_int_equal(kern_vips_tidy(k), 0);
	assert_false(sieved("198.18.1.7"));
	assert_true(sieved(other) && found(other, &second));
	set("198.18.1.7", &first);
	assert_int_equal(kern_vips_tidy(k), 0);
	assert_true(sieved("198.18.1.7") && found("198.18.1.7", &first) && found(other, &second));
}

struct seen {
	uint32_t n, stop_at;
};

static int see(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg)
{
	struct seen *s = arg;

	assert_true(key->ifindex == IFINDEX && ipt_addr_is_v4(&key->addr));
	assert_memory_equal(vip, &first, sizeof(first));
	return ++s->n == s->stop_at ? 42 : 0;
}

static void test_vip_each(void **state)
{
	struct seen all = {0}, some = {.stop_at = 3};
	char ip[16];

	(void)state;
	assert_int_equal(kern_vip_each(k, see, &all), 0);
	assert_int_equal(all.n, 0);
	for (int i = 1; i <= 200; i++) {
		(void)snprintf(ip, sizeof(ip), "198.18.1.%d", i);
		set(ip, &first);
	}
	assert_int_equal(kern_vip_each(k, see, &all), 0);
	assert_int_equal(all.n, 200);
	assert_int_equal(kern_vip_each(k, see, &some), 42);
	assert_int_equal(some.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_vips, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_vip_deleted, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_vips_on_one_place, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_tidy, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_vip_each, instance_setup, instance_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

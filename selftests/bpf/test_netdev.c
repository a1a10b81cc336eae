/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel's tables say of interfaces and addresses, asked for in the namespace that a program test runs in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "bed.h"
#include "net/netdev.h"
#include "net/netdev_nl.h"
#include "net/probe.h"

#define LO 1

static struct err e;

static int setup(void **state)
{
	(void)state;
	return system("PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && ip addr add 198.18.7.7/32 "
		      "dev lo && "
		      "ip link add ve0 type veth peer name ve1 && ip link set ve0 up && ip link "
		      "set ve1 up");
}

static void test_by_name(void **state)
{
	struct netdev dev;
	struct rlimit was;
	int err;

	(void)state;
	assert_int_equal(netdev_by_name("lo", &dev, &e), 0);
	assert_int_equal(dev.ifindex, LO);
	assert_int_equal(netdev_by_name("nobody", &dev, &e), -ENODEV);
	assert_string_equal(e.text, "no interface 'nobody'");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_max = was.rlim_max}), 0);
	err = netdev_by_name("lo", &dev, &e);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(err, -EMFILE);
}

static struct {
	unsigned int v4, v6;
} met;

static void meet(uint32_t ifindex, const struct addr *addr, void *arg)
{
	struct ipt_addr v4 = bed_addr("198.18.7.7"), v6 = bed_addr("::1");

	(void)arg;
	met.v4 += ifindex == LO && ipt_addr_equal(&addr->ip, &v4) && addr->prefix_len == 32;
	met.v6 += ifindex == LO && ipt_addr_equal(&addr->ip, &v6) && addr->prefix_len == 128;
}

static void test_addresses(void **state)
{
	(void)state;
	assert_int_equal(netdev_addr_each(meet, NULL), 0);
	assert_int_equal(met.v4, 1);
	assert_int_equal(met.v6, 1);
}

/* The switches of an interface that are set while its addresses float. */
static void test_switches(void **state)
{
	int was = -1, now = -1;

	(void)state;
	assert_int_equal(netdev_sysctl_get("lo", "arp_ignore", &was), 0);
	assert_int_equal(netdev_sysctl_set("lo", "arp_ignore", 3), 0);
	assert_int_equal(netdev_sysctl_get("lo", "arp_ignore", &now), 0);
	assert_int_equal(now, 3);
	assert_int_equal(netdev_sysctl_set("lo", "arp_ignore", was), 0);
	assert_int_equal(netdev_sysctl_get("../all", "arp_ignore", &now), -EINVAL);
	assert_int_equal(netdev_sysctl_get("nobody", "arp_ignore", &now), -ENOENT);
}

/* Nobody has them, and of each it is said. */
static void test_probe(void **state)
{
	const struct ipt_addr ip[] = {bed_addr("198.18.9.1"), bed_addr("198.18.9.2")};
	const struct probe_ask ask = {.ifindex = if_nametoindex("ve0"),
				      .own_mac = (const uint8_t *)"\x02\x00\x00\x00\x00\x01",
				      .ip = ip,
				      .n = 2,
				      .count = 1,
				      .wait_ns = 1000000};
	struct probe_answer answer[2];

	(void)state;
	if (probe_run(&ask, answer, &e))
		fail_msg("%s", e.text);
	for (int i = 0; i < 2; i++) {
		assert_memory_equal(&answer[i].ip, &ip[i], sizeof(ip[i]));
		assert_int_equal(answer[i].answers, 0);
	}
}

static bool has_local(const char *ip)
{
	char command[160];

	(void)snprintf(command, sizeof(command),
		       "PATH=$PATH:/usr/sbin:/sbin; ip -6 route show table local %s | grep -q .",
		       ip);
	return system(command) == 0;
}

/* The kernel's work queue makes the local route late on a busy machine: 1.1 s after the answer was seen. */
static void test_served_late(void **state)
{
	const struct addr late = {.ip = bed_addr("fd00:9::7"), .prefix_len = 128};

	(void)state;
	assert_false(has_local("fd00:9::7"));
	assert_int_equal(system("PATH=$PATH:/usr/sbin:/sbin; (sleep 0.4; ip -6 route add local "
				"fd00:9::7 dev lo table local) >/dev/null 2>&1 &"),
			 0);
	netdev_addr_served(if_nametoindex("ve0"), &late, 1);
	assert_true(has_local("fd00:9::7"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_name),	    cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_switches),    cmocka_unit_test(test_probe),
		cmocka_unit_test(test_served_late),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

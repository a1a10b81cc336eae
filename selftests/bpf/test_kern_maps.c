/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The daemon's side of the maps, on pins of its own: groups, ways to the peers. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bed.h"
#include "core/frame.h"
#include "instance.h"
#include "kern/kern_int.h"

#define IFINDEX 7

/* --- groups ------------------------------------------------------------------------------------------ */

static int make(const char *name, bool managed)
{
	struct err e;

	return kern_group_make(k, name, managed, &e);
}

static bool wire_id_known(uint16_t id, uint32_t index)
{
	uint32_t there;

	return !bpf_map_lookup_elem(k->map[KMAP_GROUP_IDS], &id, &there) && there == index;
}

static void test_groups(void **state)
{
	struct ipt_group g;

	(void)state;
	assert_int_equal(kern_group_find(k, "web"), -ENOENT);
	assert_int_equal(kern_group_find(k, ""), -ENOENT);
	assert_int_equal(make("web", false), 0);
	assert_int_equal(make("db", true), 1);
	assert_int_equal(kern_group_find(k, "web"), 0);
	assert_int_equal(kern_group_find(k, "db"), 1);
	assert_int_equal(kern_group_get(k, 0, &g), 0);
	assert_string_equal(g.name, "web");
	assert_false(g.managed);
	assert_int_equal(g.wire_id, frame_group_id("web"));
	assert_true(wire_id_known(g.wire_id, 0) && wire_id_known(frame_group_id("db"), 1));
	/* Made again it is the same, and a daemon's from when one says so. */
	assert_int_equal(make("web", false), 0);
	assert_false(kern_groups(k)[0].managed);
	assert_int_equal(make("web", true), 0);
	assert_true(kern_groups(k)[0].managed);
	assert_int_equal(make("web", false), 0);
	assert_true(kern_groups(k)[0].managed && kern_groups(k)[1].managed);
}

/* What comes after in the element begins anew, but for the counter that its closed words are of. */
static void test_group_dropped(void **state)
{
	struct ipt_report report = {.owner = 3};
	uint64_t drain_ns;
	struct ipt_group g;

	(void)state;
	assert_int_equal(make("web", true), 0);
	kern_groups(k)[0].generation = 17;
	kern_groups(k)[0].epoch_max = 5;
	assert_int_equal(kern_report_set(k, 0, &report), 0);
	assert_int_equal(kern_drain_set(k, 0, 99), 0);
	assert_int_equal(kern_group_drop(k, 0), 0);
	assert_int_equal(kern_group_find(k, "web"), -ENOENT);
	assert_false(wire_id_known(frame_group_id("web"), 0));
	assert_int_equal(kern_group_drop(k, 0), -ENOENT);
	assert_int_equal(kern_group_drop(k, IPT_MAX_GROUPS), -ENOENT);
	assert_int_equal(make("db", false), 0);
	assert_int_equal(kern_group_get(k, 0, &g), 0);
	assert_true(g.generation == 17 && !g.epoch_max && !g.managed);
	assert_int_equal(kern_report_get(k, 0, &report), 0);
	assert_int_equal(report.owner, 0);
	assert_int_equal(kern_drain_get(k, 0, &drain_ns), 0);
	assert_int_equal(drain_ns, 0);
}

static void test_groups_full(void **state)
{
	char name[IPT_NAME_LEN];
	struct err e;
	int i, n = 0;

	(void)state;
	for (i = 0; n < IPT_MAX_GROUPS; i++) {
		(void)snprintf(name, sizeof(name), "g%d", i);
		n += make(name, true) == n;
	}
	assert_int_equal(kern_group_make(k, "web", true, &e), -ENOSPC);
	assert_string_equal(e.text, "group 'web': 48 groups are in use, no room for more");
	assert_int_equal(kern_group_find(k, "web"), -ENOENT);
	assert_int_equal(kern_group_drop(k, 20), 0);
	assert_int_equal(make("web", true), 20);
}

static void test_wire_id_taken(void **state)
{
	char name[IPT_NAME_LEN], text[sizeof(((struct err *)0)->text)];
	struct err e;
	int i = 0;

	(void)state;
	assert_int_equal(make("web", true), 0);
	do
		(void)snprintf(name, sizeof(name), "g%d", i++);
	while (frame_group_id(name) != frame_group_id("web"));
	assert_int_equal(kern_group_make(k, name, true, &e), -EEXIST);
	(void)snprintf(text, sizeof(text),
		       "group '%s' has the same number on the wire as group 'web': choose another "
		       "name",
		       name);
	assert_string_equal(e.text, text);
	assert_int_equal(kern_group_find(k, name), -ENOENT);
	assert_true(wire_id_known(frame_group_id("web"), 0));
}

/* --- ways to the peers -------------------------------------------------------------------------------- */

static struct ipt_path path(const char *local, const char *addr, uint8_t node, uint64_t proven_ns)
{
	return (struct ipt_path){.ifindex = IFINDEX,
				 .local = bed_addr(local),
				 .addr = bed_addr(addr),
				 .node = node,
				 .proven_ns = proven_ns,
				 .mac = {2, 0, 0, 0, 0, (uint8_t)proven_ns}};
}

/* The index that XDP finds, or -ENOENT. */
static int way(const char *local, const char *addr)
{
	struct ipt_path_key key = {.ifindex = IFINDEX,
				   .local = bed_addr(local),
				   .addr = bed_addr(addr ? addr : "::")};
	uint32_t index;
	int err = bpf_map_lookup_elem(k->map[KMAP_PATH_IDS], &key, &index);

	return err ? err : (int)index;
}

static void test_paths(void **state)
{
	struct ipt_path paths[IPT_MAX_PATHS] = {0}, there;

	(void)state;
	paths[0] = path("198.18.0.1", "198.18.0.2", 2, 5);
	paths[3] = path("198.18.0.1", "198.18.0.3", 3, 6);
	paths[IPT_MAX_PATHS - 1] = path("198.19.0.1", "198.19.0.2", 2, 7);
	assert_int_equal(kern_paths_put(k, paths), 0);
	assert_int_equal(way("198.18.0.1", "198.18.0.2"), 0);
	assert_int_equal(way("198.18.0.1", "198.18.0.3"), 3);
	assert_int_equal(way("198.19.0.1", "198.19.0.2"), IPT_MAX_PATHS - 1);
	assert_int_equal(way("198.18.0.1", NULL), IPT_MAX_PATHS);
	assert_int_equal(way("198.19.0.1", NULL), IPT_MAX_PATHS);
	assert_int_equal(way("198.18.0.1", "198.19.0.2"), -ENOENT);
	assert_int_equal(kern_path_get(k, 3, &there), 0);
	assert_memory_equal(&there, &paths[3], sizeof(there));
	/* One is gone, one has another number: what leads nowhere is forgotten. */
	paths[3] = paths[0];
	memset(&paths[0], 0, sizeof(paths[0]));
	memset(&paths[IPT_MAX_PATHS - 1], 0, sizeof(paths[0]));
	assert_int_equal(kern_paths_put(k, paths), 0);
	assert_int_equal(way("198.18.0.1", "198.18.0.2"), 3);
	assert_int_equal(way("198.18.0.1", "198.18.0.3"), -ENOENT);
	assert_int_equal(way("198.19.0.1", "198.19.0.2"), -ENOENT);
	assert_int_equal(way("198.19.0.1", NULL), -ENOENT);
	assert_int_equal(way("198.18.0.1", NULL), IPT_MAX_PATHS);
	assert_int_equal(kern_paths(k)[0].ifindex, 0);
}

static void test_newest_path(void **state)
{
	struct ipt_path paths[IPT_MAX_PATHS] = {{0}};
	uint8_t mac[6] = {0};

	(void)state;
	assert_int_equal(make("web", true), 0);
	paths[1] = path("198.18.0.1", "198.18.0.2", 2, 9);
	paths[2] = path("198.18.0.1", "198.19.0.2", 2, 12);
	paths[4] = path("198.18.0.1", "198.20.0.2", 2, 11);
	paths[5] = path("198.18.0.1", "198.18.0.3", 3, 99);
	paths[6] = path("198.18.0.1", "198.21.0.2", 2, 100);
	memset(paths[6].mac, 0, 6); /* nothing came by it */
	paths[7] = path("198.18.0.1", "198.22.0.2", 2, 101);
	paths[7].ifindex++;
	assert_int_equal(kern_paths_put(k, paths), 0);
	assert_int_equal(kern_path_newest(k, 2, IFINDEX), 2);
	assert_int_equal(kern_path_newest(k, 3, IFINDEX), 5);
	assert_int_equal(kern_path_newest(k, 2, IFINDEX + 1), 7);
	assert_int_equal(kern_path_newest(k, 4, IFINDEX), -ENOENT);
	kern_groups(k)[0].owner_epoch = 0x502;
	assert_true(kern_owner_mac(k, 0, IFINDEX, mac));
	assert_memory_equal(mac, paths[2].mac, 6);
	kern_groups(k)[0].owner_epoch = 0x504;
	assert_false(kern_owner_mac(k, 0, IFINDEX, mac));
}

/* --- saved switches ----------------------------------------------------------------------------------- */

static void count_switch(const struct ipt_sysctl_key *key, const struct ipt_sysctl *v, void *arg)
{
	unsigned int *met = arg;

	(void)v;
	met[key->ifindex]++;
}

static void test_switches(void **state)
{
	unsigned int met[5] = {0};

	(void)state;
	assert_int_equal(kern_sysctl_each(k, count_switch, met), 0);
	assert_int_equal(met[1] + met[2] + met[3], 0);
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(kern_sysctl_save(k, &(struct ipt_sysctl_key){.ifindex = i},
						  &(struct ipt_sysctl){0}),
				 0);
	assert_int_equal(kern_sysctl_each(k, count_switch, met), 0);
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(met[i], 1);
	assert_int_equal(met[0] + met[4], 0);
	/* They would keep the pins. */
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(kern_sysctl_forget(k, &(struct ipt_sysctl_key){.ifindex = i}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_groups, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_group_dropped, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_groups_full, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_wire_id_taken, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_paths, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_switches, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_newest_path, instance_setup,
						instance_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

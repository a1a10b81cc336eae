/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose pins are these, and may we use them? Taken up, refused, or made anew; and programs of another build replaced. */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <malloc.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "announce.skel.h"
#include "fence.skel.h"
#include "instance.h"
#include "kern/kern_int.h"
#include "takeover.skel.h"

static struct err e;

static struct ipt_meta meta(void)
{
	struct ipt_meta m;
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(k->map[KMAP_META], &zero, &m), 0);
	return m;
}

static void meta_set(const struct ipt_meta *m)
{
	uint32_t zero = 0;

	assert_int_equal(bpf_map_update_elem(k->map[KMAP_META], &zero, m, BPF_ANY), 0);
}

/* What opening and creating an instance whose pins say `m` come to; the one created is `k` from here on. */
static void expect_pins(const struct ipt_meta *m, int opened, int created, bool anew)
{
	struct kern *other;
	int err;

	kern_leases(k)[0] = 77;
	meta_set(m);
	err = kern_open(&other, "default", &e);
	assert_int_equal(err, opened);
	if (!err)
		kern_close(other);
	err = kern_create(&other, "default", &e);
	assert_int_equal(err, created);
	if (err)
		return;
	assert_int_equal(kern_leases(other)[0], anew ? 0 : 77);
	kern_close(k);
	k = other;
}

static void test_ours(void **state)
{
	struct ipt_meta m = meta();

	(void)state;
	assert_int_equal(m.abi, IPT_ABI);
	assert_true(m.netns_ino && m.netns_cookie && m.boot_id[0]);
	expect_pins(&m, 0, 0, false);
}

static void test_another_abi(void **state)
{
	struct ipt_meta right = meta(), m = right;

	(void)state;
	for (int i = -1; i <= 1; i += 2) {
		m.abi = IPT_ABI + (uint32_t)i;
		expect_pins(&m, -EPROTO, -EPROTO, false);
		assert_non_null(strstr(e.text, "run the matching version's detach"));
	}
	meta_set(&right);
}

/* Half made, of the boot before, of a network namespace that is no more: made anew, and nobody is asked. */
static void test_stale(void **state)
{
	struct ipt_meta m;

	(void)state;
	m = meta();
	m.abi = 0;
	expect_pins(&m, -ENOENT, 0, true);
	m = meta();
	m.boot_id[0] ^= 1;
	expect_pins(&m, -ENOENT, 0, true);
	m = meta();
	m.netns_cookie++;
	expect_pins(&m, -ENOENT, 0, true);
	m = meta();
	m.boot_id[0] ^= 1;
	m.netns_ino++;
	expect_pins(&m, -ENOENT, 0, true);
}

static void test_another_namespace(void **state)
{
	struct ipt_meta right = meta(), m = right;

	(void)state;
	m.netns_ino++;
	expect_pins(&m, -EXDEV, -EXDEV, false);
	assert_non_null(strstr(e.text, "belong to another network namespace"));
	m.netns_cookie++;
	expect_pins(&m, -EXDEV, -EXDEV, false);
	/* Nor are they cleaned away. */
	assert_int_equal(kern_clean("default", &e), -EXDEV);
	meta_set(&right);
	assert_int_equal(kern_clean("default", &e), 0);
	expect_pins(&right, 0, 0, false);
}

static void test_clean(void **state)
{
	struct ipt_meta m = meta();
	struct kern *other;

	(void)state;
	m.abi = 0;
	meta_set(&m);
	assert_int_equal(kern_clean("default", &e), 0);
	assert_int_equal(access(KERN_ROOT "/default", F_OK), -1);
	assert_int_equal(kern_clean("default", &e), 0);
	assert_int_equal(kern_open(&other, "default", &e), -ENOENT);
	assert_string_equal(e.text, "nothing is attached under instance 'default'");
	kern_close(k);
	assert_int_equal(kern_create(&k, "default", &e), 0);
}

/* As long as they hold what somebody needs to undo. */
static void test_kept(void **state)
{
	const struct ipt_sysctl_key key = {.ifindex = 1, .id = IPT_SYSCTL_ARP_IGNORE};
	const struct ipt_sysctl value = {.old_value = 1};
	struct ipt_iface iface = {.ifindex = 1, .name = "lo"}, none = {0};

	(void)state;
	assert_false(kern_sysctl_any(k));
	assert_int_equal(kern_sysctl_save(k, &key, &value), 0);
	assert_true(kern_sysctl_any(k));
	assert_int_equal(kern_remove(k, &e), 0);
	assert_int_equal(access(KERN_ROOT "/default", F_OK), 0);
	assert_int_equal(kern_sysctl_forget(k, &key), 0);
	assert_int_equal(kern_sysctl_forget(k, &key), 0);
	assert_int_equal(kern_record_write(k, 3, &iface, &e), 0);
	assert_int_equal(kern_remove(k, &e), 0);
	assert_int_equal(access(KERN_ROOT "/default", F_OK), 0);
	assert_int_equal(kern_record_write(k, 3, &none, &e), 0);
}

static void count_name(const char *instance, void *arg)
{
	unsigned int *seen = arg;

	*seen |= strcmp(instance, "default") ? strcmp(instance, "other") ? 4 : 2 : 1;
}

static void test_each_instance(void **state)
{
	unsigned int seen = 0;
	struct kern *other;

	(void)state;
	assert_int_equal(kern_create(&other, "other", &e), 0);
	assert_int_equal(kern_each_instance(count_name, &seen, &e), 2);
	assert_int_equal(seen, 3);
	kern_leases(other)[1] = 5;
	assert_int_equal(kern_leases(k)[1], 0);
	assert_int_equal(kern_remove(other, &e), 0);
	kern_close(other);
	seen = 0;
	assert_int_equal(kern_each_instance(count_name, &seen, &e), 1);
	assert_int_equal(seen, 1);
}

static void test_instance_names(void **state)
{
	static const char *const bad[] = {"", "a.b", "a/b", "a b",
					  "a-name-of-thirty-two-characters-"};
	char name[64], own[64];
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(kern_instance(bad[i], name, &e), -EINVAL);
	assert_int_equal(kern_instance("a-name-of-thirty-one-charac-rs_", name, &e), 0);
	assert_string_equal(name, "a-name-of-thirty-one-charac-rs_");
	assert_int_equal(kern_instance("Z", name, &e), 0);
	/* That process 1 is in this network namespace as well makes it no initial one. */
	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	(void)snprintf(own, sizeof(own), st.st_ino == 0xeffffff9u ? "default" : "net-%lu",
		       (unsigned long)st.st_ino);
	assert_int_equal(kern_instance(NULL, name, &e), 0);
	assert_string_equal(name, own);
}

static void test_counters(void **state)
{
	uint64_t per_cpu[1024] = {3, 4}, sum[CNT_MAX];
	uint32_t last = CNT_MAX - 1;

	(void)state;
	assert_int_equal(bpf_map_update_elem(k->map[KMAP_STATS], &last, per_cpu, BPF_ANY), 0);
	assert_int_equal(kern_counters(k, sum), 0);
	assert_int_equal(sum[last], 7);
	assert_int_equal(sum[0], 0);
}

/* Another build's programs leave, this one's take their places, pins and descriptors; the maps stay. */
static void test_renew(void **state)
{
	uint32_t fence = kern_prog_id(k->fence_fd), announce = kern_prog_id(k->announce_fd);
	struct ipt_meta m = meta();
	int fd = k->fence_fd;

	(void)state;
	assert_false(kern_is_old(k));
	m.build ^= 1;
	meta_set(&m);
	assert_true(kern_is_old(k));
	kern_leases(k)[0] = 77;
	assert_int_equal(kern_replace(k, &e), 0);
	assert_false(kern_is_old(k));
	assert_int_equal(k->fence_fd, fd);
	assert_int_not_equal(kern_prog_id(k->fence_fd), fence);
	assert_int_not_equal(kern_prog_id(k->announce_fd), announce);
	assert_int_equal(kern_leases(k)[0], 77);
	assert_int_equal(access(KERN_ROOT "/default/prog_fence_new", F_OK), -1);
	m = meta();
	fence = kern_prog_id(k->fence_fd);
	expect_pins(&m, 0, 0, false);
	assert_int_equal(kern_prog_id(k->fence_fd), fence);
	assert_true(kern_prog_ours(k, fence));
}

static uint64_t fnv(uint64_t hash, const void *bytes, size_t len)
{
	for (const uint8_t *p = bytes; len; len--)
		hash = (hash ^ *p++) * 1099511628211ull;
	return hash;
}

/* FNV-1a of all three programs. */
static void test_build(void **state)
{
	uint64_t hash = 14695981039346656037ull;
	size_t len;
	const void *bytes = takeover_bpf__elf_bytes(&len);

	(void)state;
	hash = fnv(hash, bytes, len);
	bytes = fence_bpf__elf_bytes(&len);
	hash = fnv(hash, bytes, len);
	bytes = announce_bpf__elf_bytes(&len);
	assert_int_equal(kern_build(), fnv(hash, bytes, len));
	assert_int_equal(meta().build, kern_build());
}

/* Mappings, descriptors, memory: `detach --all` and `status` open many, one after the other. */
static void held(size_t ret[3])
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int fd = dup(STDIN_FILENO), c;

	assert_true(maps && fd >= 0);
	ret[0] = (size_t)fd;
	ret[1] = 0;
	while ((c = fgetc(maps)) != EOF)
		ret[1] += c == '\n';
	(void)fclose(maps);
	(void)close(fd);
	ret[2] = mallinfo2().uordblks;
}

static void test_close_leaves_nothing(void **state)
{
	size_t before[3], after[3];
	struct kern *other;

	(void)state;
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			held(before);
		assert_int_equal(kern_open(&other, "default", &e), 0);
		kern_close(other);
		assert_int_equal(kern_open(&other, "none", &e), -ENOENT);
	}
	held(after);
	assert_memory_equal(after, before, sizeof(after));
	kern_close(NULL);
}

/* No bpffs: nothing is attached, and who attaches mounts one. */
static void test_no_bpffs(void **state)
{
	unsigned int seen = 0;

	(void)state;
	if (getpid() != 1)
		skip(); /* not below isolate.sh: an ancestor has another one */
	assert_int_equal(umount2(KERN_BPFFS, MNT_DETACH), 0);
	/* The machine's own lies below; what is pinned there is nobody's business here. */
	while (!umount2(KERN_BPFFS, MNT_DETACH))
		;
	assert_int_equal(kern_each_instance(count_name, &seen, &e), 0);
	assert_int_equal(kern_open(&k, "default", &e), -ENOENT);
	assert_string_equal(e.text, "nothing is attached under instance 'default'");
	assert_int_equal(kern_create(&k, "default", &e), 0);
	assert_int_equal(kern_each_instance(count_name, &seen, &e), 1);
	assert_int_equal(seen, 1);
}

static unsigned int open_fds(void)
{
	unsigned int n = 0;
	DIR *dir = opendir("/proc/self/fd");

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

/* libxdp's directory goes when nothing is in it, and looking there makes none. */
static void test_xdp_directory(void **state)
{
	struct ipt_iface iface = {.ifindex = 1, .name = "lo", .xdp_prog_id = UINT32_MAX};
	unsigned int before = open_fds();

	(void)state;
	assert_int_equal(kern_xdp_detach(k, &iface, &e), 0);
	assert_int_equal(access(KERN_BPFFS "/xdp", F_OK), -1);
	assert_int_equal(mkdir(KERN_BPFFS "/xdp", 0700), 0);
	assert_int_equal(kern_xdp_detach(k, &iface, &e), 0);
	kern_xdp_tidy();
	assert_int_equal(access(KERN_BPFFS "/xdp", F_OK), -1);
	assert_int_equal(open_fds(), before);
}

/* One at a time, and the next one when it is done. */
static void test_turns(void **state)
{
	int turn = kern_turn(k, &e);

	(void)state;
	assert_true(turn > 2);
	(void)close(turn);
	turn = kern_turn(k, &e);
	assert_true(turn > 2);
	(void)close(turn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ours, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_another_abi, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_stale, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_another_namespace, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_clean, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_kept, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_each_instance, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_instance_names, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_counters, instance_setup, instance_teardown),
		cmocka_unit_test_teardown(test_no_bpffs, instance_teardown),
		cmocka_unit_test_setup_teardown(test_build, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_close_leaves_nothing, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_renew, instance_setup, instance_teardown),
		cmocka_unit_test_setup_teardown(test_xdp_directory, instance_setup,
						instance_teardown),
		cmocka_unit_test_setup_teardown(test_turns, instance_setup, instance_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

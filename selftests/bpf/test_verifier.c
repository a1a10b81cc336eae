/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How much of our programs the verifier follows. Each start of a daemon waits for it, and a kernel refuses what is more than a
 * million instructions: Linux 6.1 followed more than that where 6.18 had followed 261,080.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "announce.skel.h"
#include "fence.skel.h"
#include "takeover.skel.h"

#define MOST 200000

static void assert_followed(struct bpf_object *obj, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, name);
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	assert_non_null(prog);
	assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len), 0);
	printf("# %s: %u instructions followed, %u at most\n", name, info.verified_insns, MOST);
	assert_int_not_equal(info.verified_insns, 0);
	assert_true(info.verified_insns <= MOST);
}

#define FOLLOWED(name)                                                                           \
	static void test_##name(void **state)                                                    \
	{                                                                                        \
		struct name##_bpf *skel = name##_bpf__open();                                    \
		struct bpf_map *map;                                                             \
                                                                                                 \
		(void)state;                                                                     \
		assert_non_null(skel);                                                           \
		/* For one load they need no place in the file system. */                        \
		bpf_object__for_each_map(map, skel->obj)(void) bpf_map__set_pin_path(map, NULL); \
		assert_int_equal(name##_bpf__load(skel), 0);                                     \
		assert_followed(skel->obj, "ipt_" #name);                                        \
		name##_bpf__destroy(skel);                                                       \
	}

FOLLOWED(takeover)
FOLLOWED(fence)
FOLLOWED(announce)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takeover),
		cmocka_unit_test(test_fence),
		cmocka_unit_test(test_announce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

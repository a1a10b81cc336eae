/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules that kernel and user space share: which of a peer's leases its silence is judged by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "judge.h"

#define MS 1000000ull
#define RHO 100000
#define SETTLE (5 * MS)

/* The longest lease ever announced counts until G of it has passed since it was announced last. */
static void test_lease_forgets(void **state)
{
	const uint64_t at_ns = 77 * MS, g_ns = judge_g_ns(5000 * MS, RHO, SETTLE);

	(void)state;
	assert_true(lease_forgets(0, 0, 300000, at_ns, RHO, SETTLE));
	assert_true(lease_forgets(300000, at_ns, 300000, at_ns, RHO, SETTLE));
	assert_true(lease_forgets(300000, at_ns, 5000000, at_ns + 1, RHO, SETTLE));
	assert_false(lease_forgets(5000000, at_ns, 300000, at_ns + 1, RHO, SETTLE));
	assert_false(lease_forgets(5000000, at_ns, 300000, at_ns + g_ns - 1, RHO, SETTLE));
	assert_true(lease_forgets(5000000, at_ns, 300000, at_ns + g_ns, RHO, SETTLE));
	/* A stamp that another CPU wrote a moment later. */
	assert_false(lease_forgets(5000000, at_ns, 300000, at_ns - 1, RHO, SETTLE));
	/* Without drift and settling: the G of the longer one all the same. */
	assert_true(lease_forgets(2000, at_ns, 1000, at_ns + judge_g_ns(2 * MS, 0, 0), 0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lease_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

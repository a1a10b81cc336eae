/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An instance of its own, pinned in the private bpffs, for a program that tests the daemon's side of the maps. */
#ifndef IPT_INSTANCE_H
#define IPT_INSTANCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "kern/kern.h"

static struct kern *k;

static inline int instance_setup(void **state)
{
	struct err e;

	(void)state;
	if (kern_create(&k, "default", &e))
		fail_msg("%s", e.text);
	return 0;
}

/* It must have come to hold nothing that keeps the pins. */
static inline int instance_teardown(void **state)
{
	struct kern *again = NULL;
	struct err e;

	(void)state;
	/* A test that was skipped has made none. */
	if (!k)
		return 0;
	assert_int_equal(kern_remove(k, &e), 0);
	assert_int_equal(kern_open(&again, "default", &e), -ENOENT);
	kern_close(k);
	k = NULL;
	return 0;
}

#endif

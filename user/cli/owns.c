/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* owns: for scripts, whether this host owns a group at this moment, by the word that the programs in the kernel go by. */
#include <json-c/json.h>
#include <stdio.h>
#include "base/clock.h"
#include "cmd.h"
#include "config/config.h"
#include "kern/kern.h"
#include "kern/lease.h"

static void print_json(const char *group, bool owns, uint64_t remaining_ns)
{
	struct json_object *o = json_object_new_object();

	(void)json_object_object_add(o, "group", json_object_new_string(group));
	(void)json_object_object_add(o, "owns", json_object_new_boolean(owns));
	(void)json_object_object_add(o, "lease_remaining_ns", json_object_new_uint64(remaining_ns));
	(void)puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	(void)json_object_put(o);
}

static int look(const struct cmd_ctx *ctx, struct kern *k, const char *group)
{
	int index = kern_group_find(k, group);
	uint64_t word, now_ns = clock_now_ns(), remaining_ns = 0;
	bool owns;

	if (index < 0)
		return cmd_fail(1, "there is no group '%s'", group);
	word = kern_leases(k)[index];
	owns = lease_live(word, now_ns);
	if (owns && !lease_is_manual(word))
		remaining_ns = lease_deadline_ns(word) - now_ns;
	if (ctx->json)
		print_json(group, owns, remaining_ns);
	else if (!owns)
		(void)printf("group '%s': not owned by this host\n", group);
	else if (remaining_ns)
		(void)printf("group '%s': owned, lease %.1f ms\n", group,
			     (double)remaining_ns / 1e6);
	else
		(void)printf("group '%s': owned, held by hand\n", group);
	return !owns;
}

int cmd_owns(const struct cmd_ctx *ctx)
{
	char instance[64];
	struct kern *k;
	struct err e;
	int err, status;

	if (ctx->argc != 1 || ctx->argv[0][0] == '-')
		return CMD_USAGE;
	err = config_check_name("group", ctx->argv[0], &e);
	if (!err)
		err = kern_instance(ctx->instance, instance, &e);
	if (!err)
		err = kern_open(&k, instance, &e);
	if (err)
		return cmd_fail(1, "%s", e.text);
	status = look(ctx, k, ctx->argv[0]);
	kern_close(k);
	return status;
}

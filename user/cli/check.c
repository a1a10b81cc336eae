/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `check -c FILE`: reads a configuration, shows it in canonical form or says what is wrong with it. */
#include "cmd.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include "config/config.h"
#include "core/timing.h"
#include "daemon/beat_ifaces.h"

static int add_ns(struct json_object *o, const char *name, int64_t ns)
{
	return json_object_object_add(o, name, json_object_new_int64(ns));
}

static struct json_object *timing_json(const struct timing *t)
{
	struct json_object *o = json_object_new_object();
	int err = 0;

	if (!o)
		return NULL;
	err |= add_ns(o, "interval_ns", (int64_t)t->interval_ns);
	err |= add_ns(o, "settle_ns", (int64_t)t->settle_ns);
	err |= add_ns(o, "lease_ns", (int64_t)t->lease_ns);
	err |= add_ns(o, "g_ns", (int64_t)t->g_ns);
	err |= add_ns(o, "delta_ns", (int64_t)t->delta_ns);
	err |= add_ns(o, "sigma_ns", (int64_t)t->sigma_ns);
	err |= add_ns(o, "d_ns", (int64_t)t->d_ns);
	err |= add_ns(o, "d_min_ns", (int64_t)t->d_min_ns);
	err |= add_ns(o, "d_max_ns", (int64_t)t->d_max_ns);
	err |= add_ns(o, "c_ns", (int64_t)t->c_ns);
	err |= add_ns(o, "s_ns", (int64_t)t->s_ns);
	err |= add_ns(o, "f_ns", (int64_t)t->f_ns);
	err |= add_ns(o, "x_ns", (int64_t)t->x_ns);
	err |= add_ns(o, "b_ns", (int64_t)t->b_ns);
	err |= add_ns(o, "closed_ns", (int64_t)t->closed_ns);
	err |= add_ns(o, "slack_ns", t->slack_ns);
	err |= json_object_object_add(o, "misses", json_object_new_int64(t->misses));
	err |= json_object_object_add(o, "drift_ppm", json_object_new_int64(t->rho_ppm));
	if (!err)
		return o;
	json_object_put(o);
	return NULL;
}

/* Calls back for each line that is no error and yet worth knowing. */
static void each_note(const struct config *c, void (*fn)(const char *note, void *arg), void *arg)
{
	char note[BEAT_IFACES_NOTE_LEN];
	struct beat_ifaces ifaces;

	for (uint32_t i = 0; i < c->npeers; i++) {
		if (c->peers[i].hops <= 1)
			continue;
		(void)snprintf(note, sizeof(note),
			       "note: peer '%s' may be routed: a lease outlasts one lost heartbeat "
			       "up to a round trip of %.1f ms",
			       c->peers[i].name, (double)timing_round_trip_ns(&c->timing) / 1e6);
		fn(note, arg);
	}
	if (c->quorum && c->ranked)
		fn("note: id is not written for every member, it is the rank of the name: no "
		   "member "
		   "can be added whose name sorts before another's",
		   arg);
	if (c->witness)
		return;
	beat_ifaces_ask(c, &ifaces);
	for (uint32_t i = 0; i < c->ngroups; i++)
		for (uint32_t n = 0; n < c->groups[i].nifaces; n++)
			if (beat_ifaces_note(&ifaces, &c->groups[i], n, note))
				fn(note, arg);
}

static void note_into(const char *note, void *array)
{
	(void)json_object_array_add(array, json_object_new_string(note));
}

static void note_print(const char *note, void *f)
{
	(void)fprintf(f, "# %s\n", note);
}

static struct json_object *config_json(const struct config *c)
{
	struct json_object *o = json_object_new_object(), *timing = timing_json(&c->timing);
	struct json_object *notes = json_object_new_array();
	char promise[256];
	int err = !o || !timing || !notes;

	config_promise(c, promise, sizeof(promise));
	if (!err)
		err = json_object_object_add(o, "timing", timing);
	if (err) {
		json_object_put(timing);
		json_object_put(notes);
		json_object_put(o);
		return NULL;
	}
	err |= json_object_object_add(o, "ok", json_object_new_boolean(true));
	err |= json_object_object_add(o, "mode",
				      json_object_new_string(c->quorum ? "quorum" : "pair"));
	err |= json_object_object_add(o, "members", json_object_new_int64(c->npeers + 1));
	err |= json_object_object_add(o, "promise", json_object_new_string(promise));
	each_note(c, note_into, notes);
	err |= json_object_object_add(o, "notes", notes);
	if (!err)
		return o;
	json_object_put(o);
	return NULL;
}

static int print_json(const struct config *c)
{
	struct json_object *o = config_json(c);
	const char *text = o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN) : NULL;
	int status = 0;

	if (text)
		printf("%s\n", text);
	else
		status = cmd_fail(1, "out of memory");
	json_object_put(o);
	return status;
}

int cmd_check(const struct cmd_ctx *ctx)
{
	struct config c;
	struct err e;
	int status = 0;

	if (ctx->argc != 2 || strcmp(ctx->argv[0], "-c") != 0)
		return CMD_USAGE;
	if (config_load(ctx->argv[1], &c, &e))
		return cmd_fail(1, "%s", e.text);
	if (config_check_files(&c, ctx->argv[1], &e)) {
		status = cmd_fail(1, "%s", e.text);
	} else if (ctx->json) {
		status = print_json(&c);
	} else {
		config_print(&c, stdout);
		each_note(&c, note_print, stdout);
	}
	config_free(&c);
	return status;
}

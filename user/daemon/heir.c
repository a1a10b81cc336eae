/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the steps from the wish to be replaced to exec, and what must be true before each. */
#include "heir_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "edge.h"
#include "keep.h"
#include "net/packet.h"
#include "port.h"
#include "programs/children.h"
#include "queue.h"
#include "requests.h"
#include "standin.h"

#define SELF "/proc/self/exe"
#define LOOK_EVERY_NS 5000000000ull
#define REPLACE_EVERY_NS 3000000000ull
/* Groups that the new file has no more: released, and drained, which may take 5 s. */
#define RELEASE_LIMIT_NS 7000000000ull

static const char *what_text(enum heir_what what)
{
	switch (what) {
	case HEIR_UPGRADE:
		return "upgrade";
	case HEIR_RELOAD:
		return "reload";
	case HEIR_REPLACE:
		break;
	}
	return "start over";
}

static void refuse(struct daemon *d, const char *text)
{
	struct control_answer to = {.client = d->heir->client};

	log_line("ALARM: %s: %s", what_text(d->heir->what), text);
	edge_tell(d, &(struct edge){
			     .event = d->heir->what == HEIR_RELOAD ? "reload" : "upgrade",
			     .ok = EDGE_NO,
			     .text = text,
		     });
	if (!to.client)
		return;
	(void)snprintf(to.text, sizeof(to.text), "%s", text);
	control_answer(d->control, &to);
	d->heir->client = 0;
}

static void release_unwanted(struct daemon *d)
{
	struct heir *a = d->heir;

	a->release_until_ns = clock_now_ns() + RELEASE_LIMIT_NS;
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (a->unwanted[i])
			queue_put(d, (struct core_event){.type = CORE_EV_RELEASE,
							 .group = i,
							 .request.force = true});
}

/* Groups that were given up for a file that is not taken: back where nobody took them. */
static void want_again(struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (d->heir->unwanted[i] && d->core.group[i].stay_out && !d->core.group[i].drained)
			queue_put(d, (struct core_event){.type = CORE_EV_COME_BACK, .group = i});
}

/* This process goes on, and another one may be asked for. */
static void give_up(struct daemon *d, const char *why)
{
	struct heir *a = d->heir;

	a->stage = HEIR_IDLE;
	legacy_drop(&a->legacy);
	refuse(d, why);
}

static void prepared(struct job *job, void *daemon)
{
	struct daemon *d = daemon;
	struct heir *a = d->heir;
	struct err e;

	if (job->err) {
		give_up(d, job->text.text);
		return;
	}
	if (a->follow.guarded && heir_heard_refused(d, a->next_hash, &e)) {
		give_up(d, e.text);
		return;
	}
	a->stage = HEIR_RELEASING;
	release_unwanted(d);
	log_line("%s: a new process takes over", what_text(a->what));
}

static void post(struct heir *a, enum heir_stage stage, const struct job *job, size_t size)
{
	a->stage = worker_post(a->thread, job, size) ? stage : HEIR_IDLE;
}

static void post_prepare(struct heir *a)
{
	const struct job job = {.run = heir_run_prepare, .done = prepared};

	post(a, HEIR_PREPARING, &job, sizeof(job));
}

/* The thread is free for what was asked for meanwhile. */
static void thread_free(struct heir *a)
{
	a->stage = HEIR_IDLE;
	if (a->wish)
		post_prepare(a);
	a->wish = false;
}

static void replaced(struct job *job, void *daemon)
{
	struct daemon *d = daemon;

	if (job->err)
		log_line("ALARM: the programs of another build stay: %s", job->text.text);
	else
		log_line("programs of another build have been replaced");
	thread_free(d->heir);
}

static void looked(struct job *job, void *daemon)
{
	struct daemon *d = daemon;

	if (((struct way_job *)job)->found)
		queue_start_over(d, "there is another way to a peer");
	thread_free(d->heir);
}

static void post_replace(struct heir *a)
{
	const struct job job = {.run = heir_run_replace, .done = replaced};

	post(a, HEIR_REPLACING, &job, sizeof(job));
}

static void post_look(struct heir *a)
{
	const struct way_job way = {.job = {.run = heir_run_look, .done = looked}};

	post(a, HEIR_LOOKING, &way.job, sizeof(way));
}

int heir_open(struct heir **ret, struct daemon *d, const struct origin *origin, struct err *e)
{
	static const struct worker_kind kind = {"ipt-heir", THREAD_ORDINARY, 1};
	static char run[] = "run", c[] = "-c", instance[] = "--instance";
	struct heir *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return err_set(e, -ENOMEM, "out of memory");
	a->origin = *origin;
	a->replace_ns = origin->started_ns + REPLACE_EVERY_NS;
	memcpy(a->argv,
	       (char *[]){a->origin.program, instance, a->origin.instance, run, c, a->origin.config,
			  NULL},
	       sizeof(a->argv));
	a->legacy.conf_fd = a->legacy.key_fd = a->legacy.found_fd = -1;
	err = worker_start(&a->thread, &kind, d, e);
	if (err) {
		free(a);
		return err;
	}
	*ret = a;
	/* Beside the loop: the verifier takes longer than a lease. */
	if (kern_is_old(d->k))
		post_replace(a);
	return 0;
}

void heir_close(struct heir *a)
{
	if (!a)
		return;
	worker_stop(a->thread);
	legacy_drop(&a->legacy);
	free(a);
}

int heir_fd(struct heir *a)
{
	return worker_fd(a->thread);
}

static void begin(struct daemon *d, enum heir_what what, uint32_t client)
{
	struct heir *a = d->heir;
	bool soon = a->stage == HEIR_REPLACING || a->stage == HEIR_LOOKING;

	if (a->wish || (a->stage != HEIR_IDLE && !soon)) {
		struct control_answer busy = {.client = client,
					      .text = "busy with an earlier one: try again"};

		log_line("%s: %s", what_text(what), busy.text);
		if (client)
			control_answer(d->control, &busy);
		return;
	}
	a->what = what;
	a->client = client;
	if (soon)
		a->wish = true;
	else
		post_prepare(a);
}

void heir_upgrade(struct daemon *d, uint32_t client)
{
	begin(d, HEIR_UPGRADE, client);
}

void heir_reload(struct daemon *d, uint32_t client)
{
	begin(d, HEIR_RELOAD, client);
}

void heir_fetch(struct daemon *d)
{
	worker_fetch(d->heir->thread);
}

static bool still_held(const struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		const struct core_group *g = &d->core.group[i];

		if (d->heir->unwanted[i] && (g->state == HB_OWNER || g->state == HB_RELEASE ||
					     g->state == HB_CAND || g->drain_until_ns))
			return true;
	}
	return false;
}

void heir_tick(struct daemon *d)
{
	struct heir *a = d->heir;
	uint64_t now_ns = clock_now_ns();

	if (a->stage == HEIR_IDLE && d->start_over && now_ns >= a->replace_ns) {
		d->start_over = false;
		begin(d, HEIR_REPLACE, 0);
	}
	if (a->stage == HEIR_IDLE && d->plan.nmissing && now_ns >= a->look_ns) {
		a->look_ns = now_ns + LOOK_EVERY_NS;
		post_look(a);
	}
	/* Who stops does not begin anew. */
	if (d->core.stop_until_ns)
		return;
	if (a->stage != HEIR_RELEASING || (still_held(d) && now_ns < a->release_until_ns))
		return;
	a->stage = HEIR_LEAVING;
	queue_put(d, (struct core_event){.type = CORE_EV_UPGRADE});
}

void heir_go(struct daemon *d)
{
	struct heir *a = d->heir;
	char text[128];
	int err;

	/* SIGTERM came in the same wake-up: exec would lose it. */
	if (a->stage != HEIR_LEAVING || d->core.stop_until_ns || queue_has(d, CORE_EV_STOP))
		return;
	/* What was answered "done" in this very wake-up is for the next process as well. */
	keep_requests(d);
	log_flush();
	children_leave();
	track_leave(d->tracks);
	hook_leave(d->hooks);
	control_pass(d->control);
	packet_pass();
	port_pass(d);
	standin_spread(d->standin);
	/* The next version only when it was asked for; this very program is there even if its file is not. */
	err = legacy_exec(&a->legacy, a->what == HEIR_UPGRADE ? a->origin.program : SELF, a->argv);
	packet_keep();
	control_keep(d->control);
	children_stay();
	(void)snprintf(text, sizeof(text), "failed, this process goes on: %s", strerror(-err));
	give_up(d, text);
}

void heir_not(struct daemon *d, const char *reason)
{
	struct heir *a = d->heir;

	if (a->stage != HEIR_LEAVING)
		return;
	/* What nobody has asked for nobody asks for again. */
	if (a->what == HEIR_REPLACE) {
		d->start_over = true;
		a->replace_ns = clock_now_ns() + REPLACE_EVERY_NS;
	}
	want_again(d);
	give_up(d, reason);
}

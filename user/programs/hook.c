/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the queue of notify hooks and the thread that works it off. */
#include "hook.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/inherit.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "children.h"
#include "core/names.h"
#include "hook_rule.h"
#include "script.h"
#include "wire.h"

#define HOOK_ENV 4
#define NAME "hooks" /* of what is inherited: what each group was told */

struct hooks {
	const struct config *cfg;
	struct hook_told told;
	pthread_mutex_t mutex;
	pthread_cond_t posted;
	pthread_t thread;
	const char *told_last
		[IPT_MAX_GROUPS]; /* the state of the last call that was begun; NULL: none */
	const struct hook_call *running; /* NULL: none */
	uint64_t busy_ns; /* by when the call that runs will have ended */
	uint64_t stop_ns; /* by when all must have; 0: not stopping */
	int stop_fd; /* readable: stopping */
	struct hook_queue queue;
	struct script script;
	char **env; /* script_environment() of `text` */
	char text[HOOK_ENV][64];
};

void hook_state(struct hooks *h, uint32_t group, uint32_t state, uint64_t epoch, const char *reason)
{
	const struct hook_call call = {
		.group = group,
		.state = names_status(state),
		.reason = reason,
		.term = EPOCH_TERM(epoch),
	};

	/* INIT is not a state yet: the gate is about to be proven closed, or has been adopted. */
	if (!h || state == HB_INIT || !h->cfg->groups[group].notify.argv[0])
		return;
	pthread_mutex_lock(&h->mutex);
	if (hook_queue_put(&h->queue, &call))
		pthread_cond_signal(&h->posted);
	pthread_mutex_unlock(&h->mutex);
}

static void set_env(struct hooks *h, const struct hook_call *call)
{
	(void)snprintf(h->text[0], sizeof(h->text[0]), "IPT_NODE=%s", h->cfg->node);
	(void)snprintf(h->text[1], sizeof(h->text[1]), "IPT_GROUP=%s",
		       h->cfg->groups[call->group].name);
	(void)snprintf(h->text[2], sizeof(h->text[2]), "IPT_STATE=%s", call->state);
	(void)snprintf(h->text[3], sizeof(h->text[3]), "IPT_TERM=%llu",
		       (unsigned long long)call->term);
}

static void note_running(struct hooks *h, const struct hook_call *call)
{
	pthread_mutex_lock(&h->mutex);
	h->running = call;
	pthread_mutex_unlock(&h->mutex);
}

/* Before its process is collected, so that one of the two says at any time that it was begun. */
static void note_told(struct hooks *h, const struct hook_call *call)
{
	pthread_mutex_lock(&h->mutex);
	h->running = NULL;
	h->told_last[call->group] = call->state;
	pthread_mutex_unlock(&h->mutex);
}

/* In order, one at a time: those that wait do so for as long as one hangs in the kernel, but for the daemon's end. */
static void await_end(struct hooks *h, const char *group)
{
	if (script_reap(&h->script, clock_now_ns() + SCRIPT_GRACE_NS, -1))
		return;
	log_line("ALARM: group %s: its hook was killed and does not end: in the kernel?", group);
	if (!script_reap(&h->script, UINT64_MAX, h->stop_fd))
		script_leave(&h->script);
}

/* argv of the configuration, then GROUP STATE TERM REASON. */
static void run_call(struct hooks *h, const struct hook_call *call, uint64_t timeout_ns)
{
	const struct config_group *g = &h->cfg->groups[call->group];
	char *argv[SCRIPT_WORDS + 1] = {NULL};
	char group[IPT_NAME_LEN], state[16], term[24], reason[96];
	struct script_end end;
	unsigned int n = 0;

	(void)snprintf(group, sizeof(group), "%s", g->name);
	(void)snprintf(state, sizeof(state), "%s", call->state);
	(void)snprintf(term, sizeof(term), "%llu", (unsigned long long)call->term);
	(void)snprintf(reason, sizeof(reason), "%s", call->reason);
	for (; n < CONFIG_MAX_ARGS && g->notify.argv[n]; n++)
		argv[n] = g->notify.argv[n];
	argv[n++] = group;
	argv[n++] = state;
	argv[n++] = term;
	argv[n] = reason;
	set_env(h, call);
	note_running(h, call);
	script_run(&h->script,
		   &(struct script_call){.argv = argv,
					 .env = h->env,
					 .user = g->notify.user,
					 .timeout_ns = timeout_ns,
					 .stop_fd = -1},
		   &end);
	if (!end.ok)
		log_line("group %s: hook \"%s\" failed: %s", g->name, call->state, end.text);
	note_told(h, call);
	await_end(h, g->name);
}

/* Once we stop, those that wait share what is left of the time; before that, each has all of it. */
static uint64_t time_for(const struct hooks *h, uint64_t now_ns)
{
	if (!h->stop_ns)
		return HOOK_TIMEOUT_NS;
	return h->stop_ns > now_ns ? (h->stop_ns - now_ns) / (h->queue.n + 1) : 0;
}

static void *hook_thread(void *arg)
{
	struct hooks *h = arg;
	struct hook_call call;
	uint64_t now_ns, time_ns;
	uint32_t skipped;

	/* One that a program before had started comes first: what it does is older news than ours. */
	children_await_left(HOOK_TIMEOUT_NS);
	pthread_mutex_lock(&h->mutex);
	h->busy_ns = 0;
	for (;;) {
		if (!hook_queue_get(&h->queue, &call)) {
			if (h->stop_ns)
				break;
			pthread_cond_wait(&h->posted, &h->mutex);
			continue;
		}
		skipped = hook_queue_skipped(&h->queue);
		now_ns = clock_now_ns();
		time_ns = time_for(h, now_ns);
		h->busy_ns = now_ns + time_ns;
		pthread_mutex_unlock(&h->mutex);
		if (skipped)
			h->told.skipped(skipped, h->told.arg);
		if (time_ns)
			run_call(h, &call, time_ns);
		else
			log_line("group %s: hook \"%s\" skipped: no time is left",
				 h->cfg->groups[call.group].name, call.state);
		pthread_mutex_lock(&h->mutex);
		h->busy_ns = 0;
	}
	pthread_mutex_unlock(&h->mutex);
	return NULL;
}

static bool wanted(const struct config *cfg)
{
	for (uint32_t i = 0; i < cfg->ngroups; i++)
		if (cfg->groups[i].notify.argv[0])
			return true;
	return false;
}

/* Another program has not been told what this one was. */
static uint32_t program_mark(const struct config_command *notify)
{
	uint32_t mark = 2166136261u;

	for (int i = 0; notify->argv[i]; i++)
		for (const char *c = notify->argv[i];; c++) {
			mark = (mark ^ (unsigned char)*c) * 16777619u;
			if (!*c)
				break;
		}
	return mark;
}

/* What the process before has told this group's program, of static storage; NULL: nothing. */
static const char *told_before(const struct config_group *g, const char *record)
{
	static const enum hb_state told[] = {HB_OWNER, HB_BACKUP, HB_FAULT};
	char name[IPT_NAME_LEN], state[16];
	unsigned int mark;
	int len;

	for (; sscanf(record, "%31s %15s %x %n", name, state, &mark, &len) == 3; record += len)
		if (!strcmp(name, g->name) && mark == program_mark(&g->notify))
			for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
				if (!strcmp(state, names_status(told[i])))
					return names_status(told[i]);
	return NULL;
}

static void take_over(struct hooks *h)
{
	char *record = inherit_take(NAME);

	for (uint32_t i = 0; record && i < h->cfg->ngroups; i++) {
		h->told_last[i] = told_before(&h->cfg->groups[i], record);
		h->queue.last[i] = h->told_last[i];
	}
	free(record);
}

/* What waits in the queue is lost with it, and a call whose process has not been started: the next process tells it. */
void hook_leave(struct hooks *h)
{
	char line[IPT_MAX_GROUPS * (IPT_NAME_LEN + 32)] = "";
	size_t len = 0;

	if (!h)
		return;
	pthread_mutex_lock(&h->mutex);
	for (uint32_t i = 0; i < h->cfg->ngroups; i++) {
		const struct config_group *g = &h->cfg->groups[i];
		const char *told = h->told_last[i];

		if (h->running && h->running->group == i && atomic_load(&h->script.pid))
			told = h->running->state;
		if (told)
			len += (size_t)snprintf(line + len, sizeof(line) - len, "%s %s %x ",
						g->name, told, program_mark(&g->notify));
	}
	pthread_mutex_unlock(&h->mutex);
	inherit_put(NAME, line);
}

int hook_start(struct hooks **ret, const struct config *cfg, const struct hook_told *told,
	       struct err *e)
{
	char *more[HOOK_ENV];
	struct hooks *h;
	int err;

	if (!wanted(cfg))
		return 0;
	h = calloc(1, sizeof(*h));
	if (!h)
		return err_set(e, -ENOMEM, "hook thread: out of memory");
	h->cfg = cfg;
	h->told = *told;
	h->busy_ns = clock_now_ns() + HOOK_TIMEOUT_NS;
	take_over(h);
	for (unsigned int i = 0; i < HOOK_ENV; i++)
		more[i] = h->text[i];
	h->env = script_environment(more, HOOK_ENV);
	h->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = h->env && h->stop_fd >= 0 ? 0 : -ENOMEM;
	if (!err)
		err = mutex_init(&h->mutex);
	if (!err) {
		(void)pthread_cond_init(&h->posted, NULL);
		err = thread_start(&h->thread, "ipt-hooks", THREAD_ORDINARY, hook_thread, h);
	}
	if (err) {
		if (h->stop_fd >= 0)
			close(h->stop_fd);
		free(h->env);
		free(h);
		return err_set(e, err, "hook thread: %s", strerror(-err));
	}
	*ret = h;
	return 0;
}

void hook_stop(struct hooks *h)
{
	uint64_t now_ns = clock_now_ns();

	if (!h)
		return;
	pthread_mutex_lock(&h->mutex);
	hook_queue_newest(&h->queue);
	h->stop_ns = (h->busy_ns > now_ns ? h->busy_ns : now_ns) + HOOK_TIMEOUT_NS;
	pthread_cond_signal(&h->posted);
	pthread_mutex_unlock(&h->mutex);
	(void)eventfd_write(h->stop_fd, 1);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->posted);
	pthread_mutex_destroy(&h->mutex);
	close(h->stop_fd);
	free(h->env);
	free(h);
}

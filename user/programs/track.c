/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the threads that run `track` scripts, and what they found. */
#include "track.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/handover.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/wait.h"
#include "script.h"

/* In the handover: those that fail; the processes of those that run. */
#define NAME "tracks"
#define RUNS "runs"
#define RUNS_LEN (CONFIG_MAX_TRACKS * (IPT_NAME_LEN + 12))

struct check {
	struct tracks *all;
	const struct config_track *cfg;
	pthread_t thread;
	struct script script;
	atomic_bool killed; /* by us: that run proves nothing */
	struct track_status status; /* under the mutex */
};

struct tracks {
	pthread_mutex_t mutex;
	int fd, stop_fd;
	char **env;
	uint32_t n; /* threads that run */
	struct check check[CONFIG_MAX_TRACKS];
};

static void log_verdict(const struct config_track *cfg, bool failed, const struct script_end *end)
{
	if (failed)
		log_line("track %s failed: %s", cfg->name, end->text);
	else
		log_line("track %s is well again", cfg->name);
}

static void publish(struct check *c, const struct script_end *end)
{
	bool changed, failed;

	pthread_mutex_lock(&c->all->mutex);
	changed = track_judge(&c->status.verdict, c->cfg, end->ok);
	failed = c->status.verdict.failed;
	c->status.run_ns = clock_now_ns();
	memcpy(c->status.text, end->text, sizeof(c->status.text));
	pthread_mutex_unlock(&c->all->mutex);
	if (!changed)
		return;
	log_verdict(c->cfg, failed, end);
	(void)eventfd_write(c->all->fd, 1);
}

/*
 * Never two runs at once, however long one takes to die: as long as it does not, each interval is a bad result. False:
 * the end has come, and it is left to others.
 */
static bool await_end(struct check *c)
{
	static const struct script_end hangs = {
		.text = "was killed and does not end: in the kernel?"};
	uint64_t wait_ns =
		c->cfg->interval_ns > SCRIPT_GRACE_NS ? c->cfg->interval_ns : SCRIPT_GRACE_NS;

	while (!script_reap(&c->script, clock_now_ns() + wait_ns, c->all->stop_fd)) {
		if (!wait_until(0, c->all->stop_fd)) {
			publish(c, &hangs);
			continue;
		}
		if (script_reap(&c->script, clock_now_ns() + SCRIPT_GRACE_NS, -1))
			break;
		log_line("track %s %s", c->cfg->name, hangs.text);
		script_leave(&c->script);
		return false;
	}
	return true;
}

static void *check_thread(void *arg)
{
	struct check *c = arg;
	uint64_t next_ns = clock_now_ns();
	int stop_fd = c->all->stop_fd;
	struct script_end end;

	while (await_end(c) && !wait_until(next_ns, stop_fd)) {
		next_ns = clock_now_ns() + c->cfg->interval_ns;
		atomic_store(&c->killed, false);
		script_run(&c->script, c->cfg->script.argv, c->all->env, c->cfg->timeout_ns,
			   stop_fd, &end);
		if (!wait_until(0, stop_fd) && !atomic_load(&c->killed))
			publish(c, &end);
	}
	return NULL;
}

/*
 * A check that the program before saw fail has to rise first: nobody shall own on the strength of a new start. After
 * a daemon that ended, perhaps long ago, one good result is enough.
 */
static void take_over(struct check *c, const char *failed, bool replaced)
{
	char name[IPT_NAME_LEN];
	int len;

	for (; sscanf(failed, "%31s %n", name, &len) == 1; failed += len)
		if (!strcmp(name, c->cfg->name)) {
			c->status.verdict.failed = true;
			c->status.verdict.against = replaced ? 0 : c->cfg->rise - 1;
			(void)snprintf(c->status.text, sizeof(c->status.text),
				       "failed when this process began");
		}
}

/* What the program before had running of this check is ended first. */
static void take_over_run(struct check *c, const char *runs)
{
	char name[IPT_NAME_LEN];
	int len, pid, mine = 0;

	for (; runs && sscanf(runs, "%31s %d %n", name, &pid, &len) == 2; runs += len)
		if (!strcmp(name, c->cfg->name))
			mine = pid;
	script_adopt(&c->script, mine);
	script_kill(&c->script);
}

int track_start(struct tracks **ret, const struct config *cfg, const char *before, struct err *e)
{
	struct tracks *t = calloc(1, sizeof(*t));
	char *left = handover_take(NAME), *runs = handover_take(RUNS);
	char failed[TRACK_NAMES];
	int err;

	(void)snprintf(failed, sizeof(failed), "%s", left ? left : before);
	free(left);
	if (!t) {
		free(runs);
		return err_set(e, -ENOMEM, "track threads: out of memory");
	}
	t->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->env = script_environment(NULL, 0);
	err = t->fd < 0 || t->stop_fd < 0 || !t->env ? -errno : mutex_init(&t->mutex);
	for (uint32_t i = 0; i < cfg->ntracks && !err; i++) {
		struct check *c = &t->check[i];

		c->all = t;
		c->cfg = &cfg->tracks[i];
		take_over(c, failed, left);
		take_over_run(c, runs);
		err = thread_start(&c->thread, "ipt-track", THREAD_ORDINARY, check_thread, c);
		t->n += !err;
	}
	free(runs);
	if (err) {
		track_stop(t);
		return err_set(e, err, "track threads: %s", strerror(-err));
	}
	*ret = t;
	return 0;
}

void track_stop(struct tracks *t)
{
	if (!t)
		return;
	(void)eventfd_write(t->stop_fd, 1);
	for (uint32_t i = 0; i < t->n; i++)
		pthread_join(t->check[i].thread, NULL);
	if (t->fd >= 0)
		close(t->fd);
	if (t->stop_fd >= 0)
		close(t->stop_fd);
	pthread_mutex_destroy(&t->mutex);
	free(t->env);
	free(t);
}

void track_leave(struct tracks *t)
{
	char line[TRACK_NAMES] = "", runs[RUNS_LEN] = "";
	size_t len = 0;

	pthread_mutex_lock(&t->mutex);
	for (uint32_t i = 0; i < t->n; i++) {
		if (!t->check[i].status.verdict.failed)
			continue;
		strcat(line, t->check[i].cfg->name);
		strcat(line, " ");
	}
	pthread_mutex_unlock(&t->mutex);
	for (uint32_t i = 0; i < t->n; i++) {
		int pid = atomic_load(&t->check[i].script.pid);

		atomic_store(&t->check[i].killed, true);
		script_kill(&t->check[i].script);
		if (pid)
			len += (size_t)snprintf(runs + len, sizeof(runs) - len, "%s %d ",
						t->check[i].cfg->name, pid);
	}
	handover_put(NAME, line);
	handover_put(RUNS, runs);
}

int track_fd(const struct tracks *t)
{
	return t->fd;
}

void track_read(struct tracks *t, struct track_status *ret)
{
	eventfd_t count;

	(void)eventfd_read(t->fd, &count);
	pthread_mutex_lock(&t->mutex);
	for (uint32_t i = 0; i < t->n; i++)
		ret[i] = t->check[i].status;
	pthread_mutex_unlock(&t->mutex);
}

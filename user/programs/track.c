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
#include "base/inherit.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/wait.h"
#include "script.h"

/* Of what is inherited: those that fail, and those that do not; of the others nothing is known. The processes of those that run. */
#define NAME "tracks"
#define NAME_GOOD "tracks-good"
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

static void log_verdict(const struct config_track *cfg, bool first, bool failed,
			const struct script_end *end)
{
	if (failed)
		log_line("track %s failed: %s", cfg->name, end->text);
	else if (first)
		log_line("track %s: the first result is good", cfg->name);
	else
		log_line("track %s is well again", cfg->name);
}

static void publish(struct check *c, const struct script_end *end)
{
	bool changed, failed, first;

	pthread_mutex_lock(&c->all->mutex);
	first = c->status.verdict.waits;
	changed = track_judge(&c->status.verdict, c->cfg, end->ok);
	failed = c->status.verdict.failed;
	c->status.run_ns = clock_now_ns();
	memcpy(c->status.text, end->text, sizeof(c->status.text));
	pthread_mutex_unlock(&c->all->mutex);
	if (!changed)
		return;
	log_verdict(c->cfg, first, failed, end);
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
	const struct script_call call = {
		.argv = c->cfg->script.argv,
		.env = c->all->env,
		.user = c->cfg->script.user,
		.timeout_ns = c->cfg->timeout_ns,
		.stop_fd = stop_fd,
	};
	struct script_end end;

	while (await_end(c) && !wait_until(next_ns, stop_fd)) {
		next_ns = clock_now_ns() + c->cfg->interval_ns;
		atomic_store(&c->killed, false);
		script_run(&c->script, &call, &end);
		if (!wait_until(0, stop_fd) && !atomic_load(&c->killed))
			publish(c, &end);
	}
	return NULL;
}

static bool names(const char *list, const struct config_track *t)
{
	char name[IPT_NAME_LEN];
	int len;

	for (; list && sscanf(list, "%31s %n", name, &len) == 1; list += len)
		if (!strcmp(name, t->name))
			return true;
	return false;
}

/* What the process, or the daemon, before knew of the checks; NULL: nothing. */
struct known {
	const char *failed, *good;
	bool replaced; /* that process: by this one */
};

/*
 * A check that the process before saw fail has to rise first: nobody shall own on the strength of a new start. After
 * a daemon that ended, perhaps long ago, one good result is enough.
 */
static void begin_with(struct check *c, const struct known *known)
{
	struct track_verdict *v = &c->status.verdict;

	if (names(known->failed, c->cfg)) {
		v->failed = true;
		v->against = known->replaced ? 0 : c->cfg->rise - 1;
	} else if (!names(known->good, c->cfg)) {
		*v = track_initial(c->cfg);
	}
	if (v->failed)
		(void)snprintf(c->status.text, sizeof(c->status.text),
			       "failed when this process began");
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

static int start_all(struct tracks *t, const struct config *cfg, const struct known *known,
		     const char *runs)
{
	int err;

	t->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->env = script_environment(NULL, 0);
	err = t->fd < 0 || t->stop_fd < 0 || !t->env ? -errno : mutex_init(&t->mutex);
	for (uint32_t i = 0; i < cfg->ntracks && !err; i++) {
		struct check *c = &t->check[i];

		c->all = t;
		c->cfg = &cfg->tracks[i];
		begin_with(c, known);
		take_over_run(c, runs);
		err = thread_start(&c->thread, "ipt-track", THREAD_ORDINARY, check_thread, c);
		t->n += !err;
	}
	return err;
}

/* What was left to this process, taken, and put back for another attempt if this one has failed. */
struct left {
	const char *name;
	char *text;
};

static void let_go(struct left *left, unsigned int n, bool back)
{
	for (unsigned int i = 0; i < n; i++) {
		if (back && left[i].text)
			inherit_put(left[i].name, left[i].text);
		free(left[i].text);
	}
}

int track_start(struct tracks **ret, const struct config *cfg, const char *before, struct err *e)
{
	struct left left[] = {{NAME, inherit_take(NAME)},
			      {NAME_GOOD, inherit_take(NAME_GOOD)},
			      {RUNS, inherit_take(RUNS)}};
	const char *failed = left[0].text;
	const struct known known = {failed ? failed : before, left[1].text, failed != NULL};
	struct tracks *t = calloc(1, sizeof(*t));
	int err = t ? start_all(t, cfg, &known, left[2].text) : -ENOMEM;

	let_go(left, sizeof(left) / sizeof(left[0]), err != 0);
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

static void add_name(char *list, const char *name)
{
	strcat(list, name);
	strcat(list, " ");
}

void track_leave(struct tracks *t)
{
	char failed[TRACK_NAMES] = "", good[TRACK_NAMES] = "", runs[RUNS_LEN] = "";
	size_t len = 0;

	pthread_mutex_lock(&t->mutex);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct track_verdict *v = &t->check[i].status.verdict;

		if (!v->waits)
			add_name(v->failed ? failed : good, t->check[i].cfg->name);
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
	inherit_put(NAME, failed);
	inherit_put(NAME_GOOD, good);
	inherit_put(RUNS, runs);
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

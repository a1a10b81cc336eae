/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns job threads with their two queues. */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/mutex.h"
#include "queue.h"

#define WORKER_JOBS 256

struct job_queue {
	unsigned int first, count;
	struct job job[WORKER_JOBS];
};

struct worker {
	pthread_mutex_t mutex;
	pthread_cond_t posted;
	pthread_t thread[WORKER_MAX_THREADS];
	unsigned int threads; /* that run */
	bool stopping;
	int fd;
	void (*run)(struct job *job, void *arg);
	void *arg;
	struct job_queue todo, done;
	unsigned int owed; /* accepted, and not fetched yet */
};

static bool jobs_put(struct job_queue *q, const struct job *job)
{
	if (q->count == WORKER_JOBS)
		return false;
	q->job[(q->first + q->count++) % WORKER_JOBS] = *job;
	return true;
}

static bool jobs_put_first(struct job_queue *q, const struct job *job)
{
	if (q->count == WORKER_JOBS)
		return false;
	q->first = (q->first + WORKER_JOBS - 1) % WORKER_JOBS;
	q->job[q->first] = *job;
	q->count++;
	return true;
}

static bool jobs_get(struct job_queue *q, struct job *ret)
{
	if (!q->count)
		return false;
	*ret = q->job[q->first];
	q->first = (q->first + 1) % WORKER_JOBS;
	q->count--;
	return true;
}

static void finish(struct worker *w, struct job *job)
{
	int spent_fd = job->spent_fd;

	job->spent_fd = 0;
	pthread_mutex_lock(&w->mutex);
	/* There is room: no more jobs than that are accepted before their results are fetched. */
	(void)jobs_put(&w->done, job);
	(void)eventfd_write(w->fd, 1);
	pthread_mutex_unlock(&w->mutex);
	if (spent_fd > 0)
		(void)close(spent_fd);
}

static void *worker_thread(void *arg)
{
	struct worker *w = arg;
	struct job job;

	pthread_mutex_lock(&w->mutex);
	for (;;) {
		if (!jobs_get(&w->todo, &job)) {
			if (w->stopping)
				break;
			pthread_cond_wait(&w->posted, &w->mutex);
			continue;
		}
		pthread_mutex_unlock(&w->mutex);
		w->run(&job, w->arg);
		finish(w, &job);
		pthread_mutex_lock(&w->mutex);
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

static void join_all(struct worker *w)
{
	pthread_mutex_lock(&w->mutex);
	w->stopping = true;
	pthread_cond_broadcast(&w->posted);
	pthread_mutex_unlock(&w->mutex);
	while (w->threads)
		pthread_join(w->thread[--w->threads], NULL);
}

int worker_start(struct worker **ret, const struct worker_kind *kind,
		 void (*run)(struct job *job, void *arg), void *arg, struct err *e)
{
	struct worker *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return err_set(e, -ENOMEM, "%s thread: out of memory", kind->name);
	w->run = run;
	w->arg = arg;
	err = -mutex_init(&w->mutex);
	if (err)
		goto out_free;
	pthread_cond_init(&w->posted, NULL);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0) {
		err = errno;
		goto out_free;
	}
	while (!err && w->threads < kind->threads) {
		err = -thread_start(&w->thread[w->threads], kind->name, kind->class, worker_thread,
				    w);
		w->threads += !err;
	}
	if (err)
		goto out_close;
	*ret = w;
	return 0;
out_close:
	join_all(w);
	close(w->fd);
out_free:
	free(w);
	return err_set(e, -err, "%s thread: %s", kind->name, strerror(err));
}

void worker_drop(struct worker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->mutex);
	w->owed -= w->todo.count;
	w->todo.count = 0;
	pthread_mutex_unlock(&w->mutex);
}

void worker_stop(struct worker *w)
{
	if (!w)
		return;
	join_all(w);
	close(w->fd);
	pthread_cond_destroy(&w->posted);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

static bool post(struct worker *w, const struct job *job,
		 bool (*put)(struct job_queue *q, const struct job *job))
{
	bool ok;

	pthread_mutex_lock(&w->mutex);
	ok = w->owed < WORKER_JOBS && put(&w->todo, job);
	w->owed += ok;
	pthread_cond_signal(&w->posted);
	pthread_mutex_unlock(&w->mutex);
	return ok;
}

bool worker_post(struct worker *w, const struct job *job)
{
	return post(w, job, jobs_put);
}

bool worker_post_first(struct worker *w, const struct job *job)
{
	return post(w, job, jobs_put_first);
}

int worker_fd(struct worker *w)
{
	return w->fd;
}

bool worker_done(struct worker *w, struct job *ret)
{
	eventfd_t count;
	bool ok;

	(void)eventfd_read(w->fd, &count);
	pthread_mutex_lock(&w->mutex);
	ok = jobs_get(&w->done, ret);
	w->owed -= ok;
	pthread_mutex_unlock(&w->mutex);
	return ok;
}

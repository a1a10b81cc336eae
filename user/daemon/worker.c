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

#define WORKER_JOBS 256

struct job_queue {
	unsigned int first, count;
	struct job *job[WORKER_JOBS];
};

struct worker {
	pthread_mutex_t mutex;
	pthread_cond_t posted;
	pthread_t thread[WORKER_MAX_THREADS];
	unsigned int threads; /* that run */
	bool stopping;
	int fd;
	void *arg;
	struct job_queue todo, done;
	unsigned int owed; /* accepted, and not fetched yet */
};

static bool jobs_put(struct job_queue *q, struct job *job)
{
	if (q->count == WORKER_JOBS)
		return false;
	q->job[(q->first + q->count++) % WORKER_JOBS] = job;
	return true;
}

static bool jobs_put_first(struct job_queue *q, struct job *job)
{
	if (q->count == WORKER_JOBS)
		return false;
	q->first = (q->first + WORKER_JOBS - 1) % WORKER_JOBS;
	q->job[q->first] = job;
	q->count++;
	return true;
}

/* NULL: it is empty. */
static struct job *jobs_get(struct job_queue *q)
{
	struct job *job;

	if (!q->count)
		return NULL;
	job = q->job[q->first];
	q->first = (q->first + 1) % WORKER_JOBS;
	q->count--;
	return job;
}

static void jobs_forget(struct job_queue *q)
{
	while (q->count)
		free(jobs_get(q));
}

static void finish(struct worker *w, struct job *job)
{
	int spent_fd[WORKER_FDS];

	memcpy(spent_fd, job->spent_fd, sizeof(spent_fd));
	/* From here on it may be fetched, and freed. */
	pthread_mutex_lock(&w->mutex);
	/* There is room: no more jobs than that are accepted before their results are fetched. */
	(void)jobs_put(&w->done, job);
	(void)eventfd_write(w->fd, 1);
	pthread_mutex_unlock(&w->mutex);
	for (int i = 0; i < WORKER_FDS; i++)
		if (spent_fd[i] > 0)
			(void)close(spent_fd[i]);
}

static void *worker_thread(void *arg)
{
	struct worker *w = arg;
	struct job *job;

	pthread_mutex_lock(&w->mutex);
	for (;;) {
		job = jobs_get(&w->todo);
		if (!job) {
			if (w->stopping)
				break;
			pthread_cond_wait(&w->posted, &w->mutex);
			continue;
		}
		pthread_mutex_unlock(&w->mutex);
		job->run(job, w->arg);
		finish(w, job);
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

int worker_start(struct worker **ret, const struct worker_kind *kind, void *arg, struct err *e)
{
	struct worker *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return err_set(e, -ENOMEM, "%s thread: out of memory", kind->name);
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
	jobs_forget(&w->todo);
	pthread_mutex_unlock(&w->mutex);
}

void worker_stop(struct worker *w)
{
	if (!w)
		return;
	join_all(w);
	jobs_forget(&w->done);
	close(w->fd);
	pthread_cond_destroy(&w->posted);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

static bool post(struct worker *w, const struct job *job, size_t size,
		 bool (*put)(struct job_queue *q, struct job *job))
{
	struct job *copy = malloc(size);
	bool ok;

	if (!copy)
		return false;
	memcpy(copy, job, size);
	pthread_mutex_lock(&w->mutex);
	ok = w->owed < WORKER_JOBS && put(&w->todo, copy);
	w->owed += ok;
	pthread_cond_signal(&w->posted);
	pthread_mutex_unlock(&w->mutex);
	if (!ok)
		free(copy);
	return ok;
}

bool worker_post(struct worker *w, const struct job *job, size_t size)
{
	return post(w, job, size, jobs_put);
}

bool worker_post_first(struct worker *w, const struct job *job, size_t size)
{
	return post(w, job, size, jobs_put_first);
}

int worker_fd(struct worker *w)
{
	return w->fd;
}

static struct job *fetch(struct worker *w)
{
	struct job *job;
	eventfd_t count;

	(void)eventfd_read(w->fd, &count);
	pthread_mutex_lock(&w->mutex);
	job = jobs_get(&w->done);
	w->owed -= job != NULL;
	pthread_mutex_unlock(&w->mutex);
	return job;
}

void worker_fetch(struct worker *w)
{
	struct job *job;

	while ((job = fetch(w))) {
		job->done(job, w->arg);
		free(job);
	}
}

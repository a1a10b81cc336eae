/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns standard error of the daemon. */
#include "log.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"
#include "mutex.h"
#include "thread.h"

#define LOG_LINES 256
#define LOG_WIDTH 384
#define STOP_SECONDS 2
#define FLUSH_TRIES 50 /* a millisecond each */

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t filled;
	pthread_t thread;
	bool running, stopping, writing;
	unsigned int first, count, lost;
	char line[LOG_LINES][LOG_WIDTH];
} ring = {.filled = PTHREAD_COND_INITIALIZER};

/* Standard error is the journal's: it takes "<3>" before a line for its priority (sd-daemon(3)). */
static bool journal;
static pthread_once_t looked_for_journal = PTHREAD_ONCE_INIT;

static void write_line(const char *text)
{
	size_t len = strlen(text);

	/* Nobody to tell if standard error is gone. */
	while (len) {
		ssize_t n = write(STDERR_FILENO, text, len);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* Before there is a thread. Who holds a lease that a process before has left cannot wait for a reader of its log. */
static void write_now(const char *text)
{
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&out, 1, 0) == 1)
		write_line(text);
	else
		ring.lost++;
}

static void *log_thread(void *arg)
{
	char text[LOG_WIDTH];
	unsigned int lost;

	(void)arg;
	pthread_mutex_lock(&ring.mutex);
	while (!ring.stopping || ring.count) {
		if (!ring.count) {
			pthread_cond_wait(&ring.filled, &ring.mutex);
			continue;
		}
		memcpy(text, ring.line[ring.first], LOG_WIDTH);
		ring.first = (ring.first + 1) % LOG_LINES;
		ring.count--;
		lost = ring.lost;
		ring.lost = 0;
		ring.writing = true;
		pthread_mutex_unlock(&ring.mutex);
		write_line(text);
		if (lost) {
			(void)snprintf(text, sizeof(text), "%u log lines lost\n", lost);
			write_line(text);
		}
		pthread_mutex_lock(&ring.mutex);
		ring.writing = false;
	}
	pthread_mutex_unlock(&ring.mutex);
	return NULL;
}

int log_start(struct err *e)
{
	int err = -mutex_init(&ring.mutex);

	if (!err)
		err = -thread_start(&ring.thread, "ipt-log", THREAD_ORDINARY, log_thread, NULL);
	if (err)
		return err_set(e, -err, "log thread: %s", strerror(err));
	ring.running = true;
	return 0;
}

void log_stop(void)
{
	struct timespec until;

	if (!ring.running)
		return;
	pthread_mutex_lock(&ring.mutex);
	ring.stopping = true;
	pthread_cond_signal(&ring.filled);
	pthread_mutex_unlock(&ring.mutex);
	/* A full pipe that nobody reads would keep it, and us, for ever: then it ends with the process. */
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_SECONDS;
	if (!pthread_clockjoin_np(ring.thread, NULL, CLOCK_MONOTONIC, &until))
		ring.running = false;
}

void log_flush(void)
{
	struct timespec pause = {.tv_nsec = 1000000};
	bool busy = ring.running;

	for (int tries = 0; busy && tries < FLUSH_TRIES; tries++) {
		pthread_mutex_lock(&ring.mutex);
		busy = ring.count || ring.writing;
		pthread_mutex_unlock(&ring.mutex);
		if (busy)
			(void)nanosleep(&pause, NULL);
	}
}

static void look_for_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, inode;
	struct stat st;

	journal = stream && sscanf(stream, "%llu:%llu", &dev, &inode) == 2 &&
		  !fstat(STDERR_FILENO, &st) && st.st_dev == dev && st.st_ino == inode;
}

/* What somebody should look at: for the journal an error, which it shows as such and can be asked for. */
static const char *priority(const char *fmt)
{
	static const char alarm[] = "ALARM";

	(void)pthread_once(&looked_for_journal, look_for_journal);
	return journal && !strncmp(fmt, alarm, sizeof(alarm) - 1) ? "<3>" : "";
}

static void format_line(char *text, uint64_t now_ns, const char *fmt, va_list ap)
{
	int n = snprintf(text, LOG_WIDTH - 1, "%s[%llu.%06llu] ", priority(fmt),
			 (unsigned long long)(now_ns / 1000000000),
			 (unsigned long long)(now_ns / 1000 % 1000000));

	(void)vsnprintf(text + n, (size_t)(LOG_WIDTH - 1 - n), fmt, ap);
	strcat(text, "\n");
}

void log_line(const char *fmt, ...)
{
	uint64_t now_ns = clock_now_ns();
	char text[LOG_WIDTH];
	va_list ap;

	va_start(ap, fmt);
	format_line(text, now_ns, fmt, ap);
	va_end(ap);
	if (!ring.running) {
		write_now(text);
		return;
	}
	pthread_mutex_lock(&ring.mutex);
	if (ring.count == LOG_LINES) {
		ring.lost++;
	} else {
		memcpy(ring.line[(ring.first + ring.count) % LOG_LINES], text, LOG_WIDTH);
		ring.count++;
		pthread_cond_signal(&ring.filled);
	}
	pthread_mutex_unlock(&ring.mutex);
}

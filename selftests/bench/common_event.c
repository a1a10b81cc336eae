/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is done to the owner, at its moment and with the time it took: kill, stop, wake, or pull the cable. */
#include "common_event.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "common.h"

#define MAX_PIDS 8

static struct {
	struct event *event;
	uint64_t at_ns;
	pthread_t thread;
	int sig; /* 0: a cable */
	pid_t pid[MAX_PIDS];
	int npids;
	int netns_fd;
	struct ifreq port;
} plan;

static void signals_send(void)
{
	int i;

	/* One that is gone has been killed with the one before. */
	for (i = 0; i + 1 < plan.npids; i++)
		(void)kill(plan.pid[i], SIGSTOP);
	for (i = plan.npids; i-- > 0;)
		if (kill(plan.pid[i], plan.sig) < 0 && errno != ESRCH)
			die("kill %d: %s", plan.pid[i], strerror(errno));
}

static int port_socket(void)
{
	int fd;

	if (setns(plan.netns_fd, CLONE_NEWNET) < 0)
		die("setns: %s", strerror(errno));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &plan.port) < 0)
		die("interface \"%s\": %s", plan.port.ifr_name, strerror(errno));
	plan.port.ifr_flags &= (short)~IFF_UP;
	return fd;
}

static void *event_thread(void *arg)
{
	struct timespec at = {.tv_sec = (time_t)(plan.at_ns / 1000000000),
			      .tv_nsec = (long)(plan.at_ns % 1000000000)};
	int fd = plan.sig ? -1 : port_socket();

	(void)arg;
	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
	__atomic_store_n(&plan.event->begin_ns, clock_now_ns(), __ATOMIC_SEQ_CST);
	if (plan.sig)
		signals_send();
	else if (ioctl(fd, SIOCSIFFLAGS, &plan.port) < 0)
		die("\"%s\" down: %s", plan.port.ifr_name, strerror(errno));
	__atomic_store_n(&plan.event->end_ns, clock_now_ns(), __ATOMIC_SEQ_CST);
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static void parse_pids(char *text)
{
	char *save, *word;

	for (word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (plan.npids == MAX_PIDS)
			die("more than %d processes", MAX_PIDS);
		plan.pid[plan.npids] = (pid_t)parse_u64(word, "PID");
		if (plan.pid[plan.npids++] <= 1)
			die("\"%s\" is no process to hurt", word);
	}
}

static void parse_port(char *text)
{
	char *dev = strchr(text, ':'), path[128];

	if (!dev)
		die("down:NETNS:DEV is needed");
	*dev++ = '\0';
	(void)snprintf(path, sizeof(path), "/run/netns/%s", text);
	(void)snprintf(plan.port.ifr_name, IFNAMSIZ, "%s", dev);
	plan.netns_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (plan.netns_fd < 0)
		die("%s: %s", path, strerror(errno));
}

static void parse(const char *what)
{
	char *text = strdup(what), *rest = text ? strchr(text, ':') : NULL;

	if (!rest)
		die("\"%s\" is no event", what);
	*rest++ = '\0';
	if (!strcmp(text, "kill"))
		plan.sig = SIGKILL;
	else if (!strcmp(text, "stop"))
		plan.sig = SIGSTOP;
	else if (!strcmp(text, "wake"))
		plan.sig = SIGCONT;
	else if (strcmp(text, "down") != 0)
		die("\"%s\" is none of kill, stop, down", text);
	if (plan.sig)
		parse_pids(rest);
	else
		parse_port(rest);
	if (plan.sig && !plan.npids)
		die("\"%s\" names no process", what);
	free(text);
}

void event_start(struct event *e, const char *what, uint64_t at_ns)
{
	int err;

	parse(what);
	plan.event = e;
	plan.at_ns = at_ns;
	err = pthread_create(&plan.thread, NULL, event_thread, NULL);
	if (err)
		die("thread: %s", strerror(err));
}

void event_end(void)
{
	(void)pthread_join(plan.thread, NULL);
	if (plan.netns_fd > 0)
		(void)close(plan.netns_fd);
}

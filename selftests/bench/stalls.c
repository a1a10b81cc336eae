/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How late a thread of real-time priority is woken on each processor: the stalls that no program on this machine can
 * help, which the counts of takeovers must be read with. */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "common.h"

#define MAX_CPUS 64
#define MAX_STALLS 65536 /* of a processor, listed: what comes after them is counted only */
#define LISTED_NS 200000ull
#define STEP_NS 1000000ull
#define PRIORITY 60 /* above the daemons that are measured */

struct watcher {
	pthread_t thread;
	int cpu;
	uint64_t end_ns, looks, worst_ns, listed, over_1ms, over_10ms;
	uint64_t at_ns[MAX_STALLS],
		late_ns[MAX_STALLS]; /* CLOCK_BOOTTIME; ended then, after so long */
};

static void look(struct watcher *w, uint64_t now_ns, uint64_t late_ns)
{
	if (late_ns > LISTED_NS && w->listed < MAX_STALLS) {
		w->at_ns[w->listed] = now_ns;
		w->late_ns[w->listed++] = late_ns;
	}
	w->looks++;
	w->worst_ns = late_ns > w->worst_ns ? late_ns : w->worst_ns;
	w->over_1ms += late_ns > 1000000;
	w->over_10ms += late_ns > 10000000;
}

static void *watch(void *arg)
{
	struct sched_param param = {.sched_priority = PRIORITY};
	struct watcher *w = arg;
	struct timespec ts;
	uint64_t due_ns, now_ns;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(w->cpu, &cpus);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus) ||
	    pthread_setschedparam(pthread_self(), SCHED_FIFO, &param))
		die("stalls: no real-time priority on processor %d", w->cpu);
	for (due_ns = clock_now_ns() + STEP_NS; due_ns < w->end_ns && !stopped();) {
		ts = (struct timespec){.tv_sec = (time_t)(due_ns / 1000000000),
				       .tv_nsec = (long)(due_ns % 1000000000)};
		(void)clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &ts, NULL);
		now_ns = clock_now_ns();
		look(w, now_ns, now_ns > due_ns ? now_ns - due_ns : 0);
		due_ns = now_ns + STEP_NS;
	}
	return NULL;
}

static void print_stalls(const struct watcher *w, bool first)
{
	for (uint64_t i = 0; i < w->listed; i++)
		printf("%s{\"cpu\": %d, \"at_ns\": %lu, \"late_ns\": %lu}", first && !i ? "" : ", ",
		       w->cpu, w->at_ns[i], w->late_ns[i]);
}

int main(int argc, char **argv)
{
	static struct watcher watchers[MAX_CPUS];
	struct watcher all = {0};
	long i, n = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t end_ns, seen;

	if (argc != 2)
		die("usage: stalls SECONDS");
	n = n < MAX_CPUS ? n : MAX_CPUS;
	end_ns = clock_now_ns() + parse_u64(argv[1], "SECONDS") * 1000000000;
	stop_on_signals();
	for (i = 0; i < n; i++) {
		watchers[i] = (struct watcher){.cpu = (int)i, .end_ns = end_ns};
		if (pthread_create(&watchers[i].thread, NULL, watch, &watchers[i]))
			die("stalls: no thread");
	}
	for (i = 0; i < n; i++) {
		(void)pthread_join(watchers[i].thread, NULL);
		all.looks += watchers[i].looks;
		all.over_1ms += watchers[i].over_1ms;
		all.over_10ms += watchers[i].over_10ms;
		if (watchers[i].worst_ns > all.worst_ns)
			all.worst_ns = watchers[i].worst_ns;
	}
	printf("{\"looks\": %lu, \"worst_ms\": %.3f, \"over_1ms\": %lu, \"over_10ms\": %lu, "
	       "\"stalls\": [",
	       all.looks, (double)all.worst_ns / 1e6, all.over_1ms, all.over_10ms);
	for (i = 0, seen = 0; i < n; seen += watchers[i++].listed)
		print_stalls(&watchers[i], !seen);
	printf("]}\n");
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The daemon's announcing thread: orders come in through one slot per group, a short mutex apart. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "announce_task.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"

/* What the loop wants of a group, and what the thread tells about it. Under the mutex. */
struct slot {
	struct announce_order *begin;
	uint64_t begin_ns;
	bool again;
	struct announce_addr defend; /* ifindex 0: none */
	bool router; /* its forwarding has changed: an order may be older than that */
	bool end; /* what is being said now ends; `begin`, if any, comes after it */
	enum ipt_announce_via via;
	char why[64];
};

struct announcer {
	struct kern *k;
	pthread_t thread;
	pthread_mutex_t mutex;
	int wake_fd, timer_fd;
	bool stop; /* under the mutex */
	struct slot slots[IPT_MAX_GROUPS]; /* under the mutex */
	struct announce_task *tasks; /* the thread's own */
};

static void wake(struct announcer *a)
{
	uint64_t one = 1;

	/* Full means that the thread is about to wake already. */
	(void)!write(a->wake_fd, &one, sizeof(one));
}

/* --- the thread ------------------------------------------------------------------------------- */

static void drop_group(struct announcer *a, uint32_t group)
{
	struct announce_task **at = &a->tasks, *task;

	while ((task = *at)) {
		if (task->group != group) {
			at = &task->next;
			continue;
		}
		*at = task->next;
		task->next = NULL;
		announce_tasks_free(task);
	}
}

static void burst_group(struct announcer *a, uint32_t group, uint64_t now_ns)
{
	struct announce_task *task;

	for (task = a->tasks; task; task = task->next)
		if (task->group == group && !task->relinquish && !task->defence)
			(void)pace_again(&task->plan, now_ns);
}

static void say_router(struct announcer *a, uint32_t group)
{
	for (struct announce_task *task = a->tasks; task; task = task->next)
		if (task->group == group)
			announce_task_router(a->k, task, clock_now_ns());
}

static void append(struct announcer *a, struct announce_task *list)
{
	struct announce_task **at = &a->tasks;

	while (*at)
		at = &(*at)->next;
	*at = list;
}

/* Nothing to say about an address that is not announced, or while there is no room: its refresh comes. */
static void defend(struct announcer *a, uint32_t group, const struct announce_addr *addr)
{
	struct announce_task *task = a->tasks, *burst;

	for (; task; task = task->next) {
		if (task->group != group || task->ifindex != addr->ifindex || task->relinquish ||
		    task->defence)
			continue;
		if (!announce_task_defend(&burst, task, &addr->ip, clock_now_ns())) {
			append(a, burst);
			return;
		}
	}
}

/* Every task learns how much refreshing is wanted on its interface. */
static void count_load(struct announcer *a)
{
	struct announce_task *task, *other;

	for (task = a->tasks; task; task = task->next) {
		task->load_mpps = 0;
		for (other = a->tasks; other; other = other->next)
			if (other->ifindex == task->ifindex)
				task->load_mpps += pace_load_mpps(&other->plan);
	}
}

static void begin_group(struct announcer *a, const struct announce_order *order, uint64_t now_ns)
{
	struct announce_task *list = NULL;
	struct err e;
	int err = announce_tasks_make(&list, a->k, order, PACE_ROUNDS, now_ns, &e);

	append(a, list);
	if (!err)
		return;
	pthread_mutex_lock(&a->mutex);
	a->slots[order->group].via = ANNOUNCE_NONE;
	(void)snprintf(a->slots[order->group].why, sizeof(a->slots[0].why), "failed: %s",
		       strerror(-err));
	pthread_mutex_unlock(&a->mutex);
}

static void take_group(struct announcer *a, uint32_t group)
{
	struct slot *slot = &a->slots[group], want;

	pthread_mutex_lock(&a->mutex);
	want = *slot;
	slot->begin = NULL;
	slot->again = slot->end = false;
	slot->defend.ifindex = 0;
	pthread_mutex_unlock(&a->mutex);
	if (want.end)
		drop_group(a, group);
	if (want.begin)
		begin_group(a, want.begin, want.begin_ns);
	if (want.router)
		say_router(a, group);
	if (want.again)
		burst_group(a, group, clock_now_ns());
	if (want.defend.ifindex)
		defend(a, group, &want.defend);
	free(want.begin);
}

/* Takes what the loop has ordered. False: the thread is to end. */
static bool take_orders(struct announcer *a)
{
	uint32_t group;
	bool stop;

	pthread_mutex_lock(&a->mutex);
	stop = a->stop;
	pthread_mutex_unlock(&a->mutex);
	for (group = 0; group < IPT_MAX_GROUPS; group++)
		take_group(a, group);
	count_load(a);
	return !stop;
}

static void tell(struct announcer *a, const struct announce_task *task, int err)
{
	struct slot *slot = &a->slots[task->group];
	uint64_t takes_ns = pace_refresh_takes_ns(&task->plan, task->load_mpps);

	pthread_mutex_lock(&a->mutex);
	slot->via = task->via;
	if (err)
		(void)snprintf(slot->why, sizeof(slot->why), "failed: %s", strerror(-err));
	else if (task->drops)
		(void)snprintf(slot->why, sizeof(slot->why), "nothing leaves the interface");
	else if (task->plan.refresh_ns && takes_ns > task->plan.refresh_ns)
		(void)snprintf(slot->why, sizeof(slot->why), "a refresh takes %llu s, at %u/s",
			       (unsigned long long)(takes_ns / 1000000000), PACE_REFRESH_PPS);
	else
		(void)snprintf(slot->why, sizeof(slot->why), "%s", task->why);
	pthread_mutex_unlock(&a->mutex);
}

/* Lets every task do its next step; heads of rounds only, if there are any. When to look again. */
static uint64_t step_all(struct announcer *a, bool urgent_only)
{
	struct announce_task **at = &a->tasks, *task;
	uint64_t next_ns = PACE_NEVER, task_ns;
	int err;

	while ((task = *at)) {
		if (urgent_only && !announce_task_urgent(task, clock_now_ns())) {
			at = &task->next;
			continue;
		}
		err = announce_task_step(a->k, task, &task_ns);
		if (err != -ESTALE && !task->defence)
			tell(a, task, err);
		if (err) {
			*at = task->next;
			task->next = NULL;
			announce_tasks_free(task);
			continue;
		}
		next_ns = task_ns < next_ns ? task_ns : next_ns;
		at = &task->next;
	}
	return next_ns;
}

/* Waits for the time or an order. A wait that fails ends at once: looking too often does no harm. */
static void wait_until(struct announcer *a, uint64_t until_ns)
{
	struct pollfd fds[2] = {{.fd = a->wake_fd, .events = POLLIN},
				{.fd = a->timer_fd, .events = POLLIN}};
	struct itimerspec when = {0};
	uint64_t count;

	/* All zero disarms: for PACE_NEVER only an order wakes. */
	if (until_ns != PACE_NEVER) {
		when.it_value.tv_sec = (time_t)(until_ns / 1000000000);
		when.it_value.tv_nsec = (long)(until_ns % 1000000000) | 1;
	}
	(void)timerfd_settime(a->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
	(void)poll(fds, 2, -1);
	(void)!read(a->wake_fd, &count, sizeof(count));
	(void)!read(a->timer_fd, &count, sizeof(count));
}

static void *announcer_main(void *arg)
{
	struct announcer *a = arg;
	uint64_t next_ns;

	(void)pthread_setname_np(pthread_self(), "ipt-announce");
	while (take_orders(a)) {
		/* A bulk call can take 50 ms: no group's first frames wait behind another's bulk. */
		(void)step_all(a, true);
		next_ns = step_all(a, false);
		if (next_ns > clock_now_ns())
			wait_until(a, next_ns);
	}
	announce_tasks_free(a->tasks);
	return NULL;
}

/* --- the loop's side ---------------------------------------------------------------------------- */

static void announcer_free(struct announcer *a)
{
	for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++)
		free(a->slots[i].begin);
	if (a->wake_fd >= 0)
		(void)close(a->wake_fd);
	if (a->timer_fd >= 0)
		(void)close(a->timer_fd);
	free(a);
}

int announcer_start(struct announcer **ret, struct kern *k, struct err *e)
{
	struct announcer *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return err_set(e, -ENOMEM, "out of memory");
	a->k = k;
	a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	a->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	err = a->wake_fd < 0 || a->timer_fd < 0 ? -errno : mutex_init(&a->mutex);
	if (err)
		goto fail;
	err = thread_start(&a->thread, "ipt-announce", THREAD_URGENT, announcer_main, a);
	if (err) {
		(void)pthread_mutex_destroy(&a->mutex);
		goto fail;
	}
	*ret = a;
	return 0;
fail:
	announcer_free(a);
	return err_set(e, err, "cannot start the announcing thread: %s", strerror(-err));
}

void announcer_stop(struct announcer *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->mutex);
	a->stop = true;
	pthread_mutex_unlock(&a->mutex);
	wake(a);
	(void)pthread_join(a->thread, NULL);
	(void)pthread_mutex_destroy(&a->mutex);
	announcer_free(a);
}

/* Replaces what the group's slot holds, in one hold of the lock. */
static void order_group(struct announcer *a, uint32_t group, struct announce_order *begin)
{
	struct slot *slot = &a->slots[group];
	struct announce_order *unused;

	pthread_mutex_lock(&a->mutex);
	unused = slot->begin;
	slot->begin = begin;
	slot->begin_ns = clock_now_ns();
	slot->again = false;
	slot->defend.ifindex = 0;
	slot->end = true;
	pthread_mutex_unlock(&a->mutex);
	free(unused);
	wake(a);
}

static int order_copy(struct announcer *a, const struct announce_order *order, bool relinquish)
{
	struct announce_order *copy;

	if (order->group >= IPT_MAX_GROUPS)
		return -EINVAL;
	/* Sockets and netlink are the thread's work: they may wait for the kernel's network lock. And so
	 * is copying a megabyte of addresses. */
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *order;
	copy->relinquish = relinquish;
	order_group(a, order->group, copy);
	return 0;
}

int announcer_begin(struct announcer *a, const struct announce_order *order)
{
	return order_copy(a, order, false);
}

int announcer_relinquish(struct announcer *a, const struct announce_order *order)
{
	return order_copy(a, order, true);
}

void announcer_again(struct announcer *a, uint32_t group)
{
	if (group >= IPT_MAX_GROUPS)
		return;
	pthread_mutex_lock(&a->mutex);
	a->slots[group].again = true;
	pthread_mutex_unlock(&a->mutex);
	wake(a);
}

void announcer_defend(struct announcer *a, uint32_t group, const struct ipt_addr *ip,
		      uint32_t ifindex)
{
	if (group >= IPT_MAX_GROUPS)
		return;
	pthread_mutex_lock(&a->mutex);
	a->slots[group].defend = (struct announce_addr){.ip = *ip, .ifindex = ifindex};
	pthread_mutex_unlock(&a->mutex);
	wake(a);
}

void announcer_router(struct announcer *a, uint32_t group)
{
	if (group >= IPT_MAX_GROUPS)
		return;
	pthread_mutex_lock(&a->mutex);
	a->slots[group].router = true;
	pthread_mutex_unlock(&a->mutex);
	wake(a);
}

void announcer_end(struct announcer *a, uint32_t group)
{
	if (group < IPT_MAX_GROUPS)
		order_group(a, group, NULL);
}

enum ipt_announce_via announcer_via(struct announcer *a, uint32_t group, char why[64])
{
	enum ipt_announce_via via;

	if (group >= IPT_MAX_GROUPS) {
		why[0] = '\0';
		return ANNOUNCE_NONE;
	}
	pthread_mutex_lock(&a->mutex);
	via = a->slots[group].via;
	memcpy(why, a->slots[group].why, sizeof(a->slots[group].why));
	pthread_mutex_unlock(&a->mutex);
	return via;
}

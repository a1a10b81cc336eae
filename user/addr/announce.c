/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Announces in the foreground, for commands: one burst, then done. */
#include <errno.h>
#include <string.h>
#include "announce_task.h"
#include "base/clock.h"

/* So many tries in a row, PACE_RETRY_NS apart, of which not one frame left: the port is down. */
#define MAX_DROPS 100

static void sleep_until(uint64_t until_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000),
		.tv_nsec = (long)(until_ns % 1000000000),
	};

	/* An early return only makes the plan say once more that nothing is due. */
	(void)clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, NULL);
}

static int explain(const struct announce_task *task, int err, struct err *e)
{
	if (err == -ESTALE)
		return err_set(e, err, "no longer the owner: announcing stopped");
	return err_set(e, err, "announcing on interface #%u: %s", task->ifindex, strerror(-err));
}

int announce_now(struct kern *k, const struct announce_order *order, bool once, struct err *e)
{
	struct announce_task *list = NULL, *task = NULL;
	uint64_t next_ns = 0, task_ns;
	int err;

	err = announce_tasks_make(&list, k, order, once ? 1 : PACE_ROUNDS, clock_now_ns(), e);
	if (err)
		return err;
	for (task = list; task; task = task->next)
		task->plan.refresh_ns = 0;
	while (next_ns != PACE_NEVER) {
		next_ns = PACE_NEVER;
		for (task = list; task; task = task->next) {
			err = announce_task_step(k, task, &task_ns);
			if (!err && task->drops >= MAX_DROPS)
				err = -ENETDOWN;
			if (err) {
				(void)explain(task, err, e);
				goto out;
			}
			next_ns = task_ns < next_ns ? task_ns : next_ns;
		}
		if (next_ns != PACE_NEVER)
			sleep_until(next_ns);
	}
out:
	announce_tasks_free(list);
	return err;
}

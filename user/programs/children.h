/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The list of processes that script.c has started and not collected yet. */
#ifndef IPT_CHILDREN_H
#define IPT_CHILDREN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Around the start of a process: children_end() puts it on the list and into `running`, or 0 if there is none. */
void children_begin(void);
void children_end(atomic_int *running, pid_t pid);
void children_gone(pid_t pid); /* collected */

/*
 * A process that is replaced by exec keeps its children. The old program writes down which it has; the new one reads that
 * and collects each when it has ended. Both do so while no other thread uses the environment. After children_leave()
 * nobody starts a child: who wants to waits until the exec, or until children_stay() if the exec fails.
 */
void children_leave(void);
void children_stay(void);
void children_take_over(void);
void children_reap_left(void);
/* Returns when none of them is left; those that run for longer are killed, and one that hangs all the same is waited for
 * no more. */
void children_await_left(uint64_t timeout_ns);
/* One of them is this program's own again: into `running`, or 0 if there is no such. */
void children_adopt(atomic_int *running, pid_t pid);
/* Waits until a child can be collected, which it is not yet. `pidfd` -1: looked at again and again. False: `until_ns`
 * is over, or `stop_fd` (-1: none) is readable. */
bool children_await(pid_t pid, int pidfd, uint64_t until_ns, int stop_fd);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs one program of the operator's: no shell, an own process group, a time limit, nothing of ours inherited. */
#ifndef IPT_SCRIPT_H
#define IPT_SCRIPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "config/config.h"

#define SCRIPT_GRACE_NS 1000000000ull /* what is killed is gone by then, or hangs */

struct script {
	atomic_int pid; /* of the process and its group; 0: none */
	int pidfd, output_fd;
	char last[96]; /* the last line it wrote */
};

/* How it ended. */
struct script_end {
	bool ok; /* exit status 0, in time */
	char text[160]; /* "exit status 1: its last line" */
};

#define SCRIPT_WORDS (CONFIG_MAX_ARGS + 4) /* of the configuration, and those that a hook is told */

struct script_call {
	char *const *argv; /* SCRIPT_WORDS of them at most, then NULL; argv[0] is the program */
	char *const *env;
	const char *user; /* as whom; empty: as we are */
	uint64_t timeout_ns;
	int stop_fd; /* -1: none */
};

/*
 * Starts the program and waits: until it ends, for `timeout_ns`, or until `stop_fd` is readable. In the latter cases
 * the whole group is killed. script_reap() must follow.
 */
void script_run(struct script *s, const struct script_call *call, struct script_end *ret);
/* Waits until the process is gone: one that was killed may hang in the kernel. False: `until_ns` is over, or `stop_fd`
 * (-1: none) is readable, and it is still there. */
bool script_reap(struct script *s, uint64_t until_ns, int stop_fd);
/* One that the program before started is as if we had: to be reaped. */
void script_adopt(struct script *s, pid_t pid);
/* Of one that is still there: it is the next program's, or process 1's, to collect. */
void script_leave(struct script *s);
/* Kills the group of a script that runs; from any thread, never blocks. */
void script_kill(struct script *s);
/* What such a program finds in its environment: a path, the language, these `n` lines, and nothing of ours. NULL: no memory. */
char **script_environment(char *const more[], unsigned int n);

#endif

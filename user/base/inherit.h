/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one record that a process leaves to the one that takes its place by exec: named texts, and descriptors that stay
 * open. A name that the reader does not know is nobody's business. Not for two threads at a time.
 */
#ifndef IPT_INHERIT_H
#define IPT_INHERIT_H

#include <stdbool.h>
#include <sys/types.h>

/* `text` without a line's end; a name put twice counts once, the last time. */
void inherit_put(const char *name, const char *text);
/* Open in the next process, and in no other that is started meanwhile. */
void inherit_put_fd(const char *name, int fd);
/* What was put is forgotten; the descriptors are the caller's still. */
void inherit_drop(void);

/* Takes what the process before has left, or an earlier attempt in this one, under that name: to be freed; NULL: nothing. */
char *inherit_take(const char *name);
/* Likewise a descriptor, closed on exec again; -1: none. */
int inherit_take_fd(const char *name);

/* Becomes `program`, which finds what was put. Returns only on failure: -errno, and all is still put. */
int inherit_exec(const char *program, char *const argv[]);
/* Runs it beside us with what was put. 0 or -errno. */
int inherit_spawn(pid_t *ret, const char *program, char *const argv[]);

#endif

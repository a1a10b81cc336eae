/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The control socket's server: a thread that talks to clients, so that the loop never does. */
#ifndef IPT_CONTROL_H
#define IPT_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"
#include "base/err.h"

/* Fits the text of sockaddr_un. Returns -ENAMETOOLONG if the instance's name is too long for a socket. */
int control_path(const char *instance, char *path, unsigned int size);
/* The directory of all sockets, if it is root's: an fd, or -errno; -ENOENT: none, and not to be made. */
int control_dir(bool make, struct err *e);
/* A daemon that was killed leaves its socket and its lock; one that lives, or starts now, holds the lock. */
void control_remove(const char *instance);

#define CONTROL_KEPT 64 /* edges remembered for who asks later */
#define CONTROL_EDGE 768 /* longest line of one, NUL included */

enum control_command {
	CONTROL_TAKE,
	CONTROL_RELEASE,
	CONTROL_ANNOUNCE,
	CONTROL_DETACH,
	CONTROL_DRAIN,
	CONTROL_UNDRAIN,
	CONTROL_PRIORITY,
	CONTROL_RELOAD,
	CONTROL_UPGRADE,
	CONTROL_EVENTS, /* answered by the thread itself: the loop never sees it */
	CONTROL_COMMANDS
};

struct control_request {
	uint32_t client; /* to be given back with the answer */
	enum control_command command;
	bool force;
	bool follow; /* events: and all that come */
	uint8_t priority; /* 1..254; 0: as configured */
	uint8_t last; /* events: that many of the kept ones */
	char group[IPT_NAME_LEN]; /* empty: none named */
	char to[IPT_NAME_LEN]; /* release: the node that is to take it; empty: the best */
};

#define CONTROL_DONE "done" /* the text of an answer that says no more */
struct control_answer {
	uint32_t client;
	bool ok;
	char text[512];
};

struct control;

/* The lock and the socket, no thread yet: clients wait. -EADDRINUSE: a daemon of this instance runs already. */
int control_open(struct control **ret, const char *instance, struct err *e);
int control_serve(struct control *c, struct err *e); /* starts the thread */
/* Lock and socket outlive an exec, or control_stop(): until control_open() takes them up, who asks waits and a second
 * daemon is refused. Undone by control_keep() if the exec fails. Where no other thread uses the environment. */
void control_pass(struct control *c);
void control_keep(struct control *c);
/* Gives name and lock to the next daemon; who has asked can still be answered. */
void control_leave(struct control *c);
void control_stop(struct control *c);
int control_fd(struct control *c); /* readable: a request waits */
bool control_next(struct control *c, struct control_request *ret);
/* Never blocks. */
void control_answer(struct control *c, const struct control_answer *answer);
/* One line for those that follow events and for the kept ones. From any thread; never blocks: lines that
 * the thread cannot take are counted, and a line says so. */
void control_tell(struct control *c, const char *line);
/* The same for how a reload or an upgrade ended: no number of later lines takes its place among the kept ones. */
void control_tell_birth(struct control *c, const char *line);

/* One request as a client writes it. NULL, or what is wrong with it; then `ret` is not to be used. */
const char *control_parse(const char *line, struct control_request *ret);

#endif

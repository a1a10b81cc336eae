/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of the control socket's server share. */
#ifndef IPT_CONTROL_INT_H
#define IPT_CONTROL_INT_H

#include <pthread.h>
#include "control.h"

#define CONTROL_CLIENTS 32
#define CONTROL_FOLLOWERS 8
#define CONTROL_LINE 1024

struct client {
	int fd; /* -1: free */
	uint32_t id;
	bool asked; /* the loop has its request */
	uint64_t since_ns; /* when it came */
	unsigned int len;
	char line[CONTROL_LINE];
};

/* One that hears of edges. What it does not read in time it has lost; nobody waits for it. */
struct follower {
	int fd; /* -1: free */
	uint32_t lost; /* lines since it last took one */
	unsigned int len, done; /* of the line that left in part */
	char rest[CONTROL_EDGE];
};

/* The first byte of an edge on its way to the thread. */
#define EDGE_MARK '.'
#define EDGE_MARK_BIRTH '!'

struct control {
	pthread_t thread;
	bool serving;
	int listen_fd, lock_fd;
	bool passed; /* socket and lock are the next program's, or the next attempt's */
	int loop_fd, thread_fd; /* two ends of one packet socket: requests and answers */
	int edge_in_fd,
		edge_out_fd; /* edges have their own, so that they never displace an answer */
	uint32_t edges_lost; /* by the socket between the threads; atomic */
	uint32_t next_id;
	char path[108];
	struct client client[CONTROL_CLIENTS];
	struct follower follower[CONTROL_FOLLOWERS];
	unsigned int kept_first, kept;
	unsigned int birth; /* which of them says how this process came; CONTROL_KEPT: none */
	char edge[CONTROL_KEPT][CONTROL_EDGE];
};

void *control_thread(void *control);
/* What the thread does when it wakes; `wait`: until there is something to do. False: the loop has hung up. */
bool control_turn(struct control *c, bool wait);
/* All but lock, name and thread. */
int control_new(struct control **ret, struct err *e);

/* control_feed.c: edges, from the loop to the followers. */
/* Serves a client's `events`; it keeps the fd only where this returns true. Else `wrong` says why not, or
 * is NULL if all is told. */
bool feed_add(struct control *c, int fd, const struct control_request *req, const char **wrong);
void feed_close(struct follower *f);
bool feed_waits(const struct follower *f); /* something is to be told to it */
void feed_more(struct follower *f); /* it can take more */
void feed_fetch(struct control *c); /* edges have come */

#endif

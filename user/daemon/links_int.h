/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of links share: the interfaces as the loop knows them, and the jobs of their thread. */
#ifndef IPT_LINKS_INT_H
#define IPT_LINKS_INT_H

#include "abi.h"
#include "links.h"
#include "multicast.h"
#include "net/netdev.h"
#include "router_watch.h"
#include "worker.h"
#include "stack_watch.h"

struct link {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint8_t mac[6]; /* as set up: groups answer with it */
	bool serves; /* a group lives on it */
	bool up; /* there, with carrier */
	bool other_mac;
	bool gone; /* deleted since, ... */
	bool back; /* ... and there again: our sockets are still bound to what was */
	uint32_t below; /* of a VLAN device: where its programs are; 0: on itself */
	bool deaf; /* our ingress program is not on it */
	uint64_t deaf_ns; /* when the kernel said so: what was seen before is no news */
	bool alone; /* no bridge's port when it was attached */
	uint32_t master; /* whose member or port it has become: what comes in is that one's */
	bool port; /* of a bridge, however it was attached: our program still sees its frames first */
	uint32_t
		into; /* by which interface the kernel takes in what comes there; 0: it is not to be known */
	bool homed; /* the host's own address was on it, or nobody has looked yet */
	bool missed; /* heartbeats come in there that it does not hear */
	bool unfenced; /* our egress filter is not on it */
	bool attaching; /* an attach_job is out */
	bool down; /* as its groups and those who follow events were told */
	struct link_hold hold;
	struct link_hold fence_hold;
	struct link_retry attach;
	/* The thread's own: who stood there without ours when it last looked, and until when that is believed. */
	uint32_t stranger;
	uint64_t stranger_until_ns;
};

struct links {
	struct worker *worker;
	int watch_fd;
	int route_fd; /* -1: no group has routes */
	unsigned int n;
	struct link link[IPT_MAX_IFACES];
	bool guard_waits; /* a guard_job is out: a storm of link events makes no more, */
	bool guard_again; /* but one after it, since it may have looked before they came */
	bool changed; /* something has happened that a look may see */
	bool deaf; /* as the core was told */
	uint32_t unguarded; /* looks in a row that could not set all sysctls */
	bool lost; /* events were: look at every interface, */
	uint32_t looks; /* once these are done: look_jobs that are out */
	bool ready_waits; /* the job is out that finds out whether the daemon could start now */
	struct link_retry replace;
};

/* links_tell.c */
struct link *links_find(struct links *ls, uint32_t ifindex);
/* Where the link's programs are. */
static inline uint32_t link_programs(const struct link *l)
{
	return l->below ? l->below : l->ifindex;
}

/* links_note.c: what the kernel says of an interface, and what asking for one of ours came to. */
void links_note(struct daemon *d, const struct netdev *dev, bool deleted);
void links_learn(struct daemon *d, struct link *l, int err, const struct netdev *dev);

/* Sysctls again; on which interfaces are our programs not? */
struct guard_job {
	struct job job;
	struct stack_look stack;
	/* result */
	uint64_t began_ns;
	uint32_t deaf_mask; /* a bit for each of links->link[]: without our ingress program, */
	uint32_t unfenced_mask; /* without our egress filter */
	struct addr_census census;
	struct multicast_look multicast;
	struct router_look routers;
};

/* How is the interface? Asked when the kernel could not tell. */
struct look_job {
	struct job job;
	struct link *link;
	struct netdev dev; /* result */
};

/* Programs back on the interface. */
struct attach_job {
	struct job job;
	struct link *link;
	uint32_t below; /* result: of the link */
};

/* link_jobs.c: in the thread. */
void link_jobs_guard(struct job *job, void *daemon); /* struct guard_job */
void link_jobs_look(struct job *job, void *daemon); /* struct look_job */
void link_jobs_attach(struct job *job, void *daemon); /* struct attach_job */
void link_jobs_rehearse(struct job *job, void *daemon); /* could the daemon start now? */

#endif

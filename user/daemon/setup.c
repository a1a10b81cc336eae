/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the configuration to programs, maps, sockets and threads; on failure everything new is undone. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "addr/addrs.h"
#include "adopt.h"
#include "base/log.h"
#include "daemon.h"
#include "edge.h"
#include "kern/lease.h"
#include "port.h"
#include "queue.h"
#include "next_hop.h"
#include "setup.h"

/* In the hooks' thread. */
static void hooks_skipped(uint32_t n, void *daemon)
{
	edge_alarm(daemon, NULL, "%u hooks were skipped: too many were waiting", n);
}

static int start_threads(struct daemon *d, struct err *e)
{
	static const struct worker_kind addrs = {"ipt-addrs", THREAD_URGENT, 1};
	/* They wait for answers most of the time: 48 groups must not wait for each other as well. */
	static const struct worker_kind probes = {"ipt-probes", THREAD_ORDINARY,
						  WORKER_MAX_THREADS};
	char failed[TRACK_NAMES];
	int err = announcer_start(&d->announcer, d->k, e);

	if (!err)
		err = worker_start(&d->addrs, &addrs, d, e);
	if (!err)
		err = worker_start(&d->prober, &probes, d, e);
	if (!err)
		err = next_hop_start(d, e);
	if (!err && multicast_open(d))
		err = err_set(e, -ENOMEM, "out of memory");
	if (!err)
		err = links_start(d, e);
	checks_before(d, failed);
	if (!err)
		err = track_start(&d->tracks, &d->cfg, failed, e);
	if (!err)
		err = hook_start(&d->hooks, &d->cfg, &(struct hook_told){hooks_skipped, d}, e);
	if (!err)
		err = control_serve(d->control, e);
	return err;
}

/* What a reload is asked about (protocol 8) is asked of a start as well: the maps know who the members were. */
static int follow_members(struct daemon *d, struct err *e)
{
	struct ipt_self self;
	struct err why;

	if (kern_self_get(d->k, &self))
		memset(&self, 0, sizeof(self));
	if (!config_follow(&self, &d->cfg, d->path, &d->follow, &why))
		return 0;
	return err_set(e, -EBUSY,
		       "%.300s. Since the last daemon here had other members: start with its file "
		       "and reload, or, if nobody runs with those any more, detach --all first",
		       why.text);
}

/* What a process before had open is there: without the lock, whose holder may be waiting for netlink. */
static int create(struct daemon *d, struct err *e)
{
	struct err ignored;

	if (d->is_heir && !kern_open(&d->k, d->instance, &ignored))
		return 0;
	return kern_create(&d->k, d->instance, e);
}

static int open_kernel(struct daemon *d, struct err *e)
{
	struct ipt_iface before[IPT_MAX_IFACES];
	int nbefore, err = create(d, e);

	if (err)
		return err;
	nbefore = kern_ifaces(d->k, before);
	err = follow_members(d, e);
	if (!err)
		err = plan_check(&d->plan, d->k, e);
	/* Before any address stands on lo. */
	if (!err)
		err = setup_attach(d, e);
	if (!err) {
		adopt_predecessor(d);
		err = setup_maps(d, e);
	}
	vips_free(&d->plan.known);
	if (err)
		setup_undo_attach(d, before, nbefore);
	return err;
}

/*
 * The verifier takes half a second of a processor for programs that are not there yet. Nobody waits for this daemon then,
 * and those of other instances shall not be kept from their heartbeats.
 */
static int open_in_peace(struct daemon *d, struct err *e)
{
	int policy = sched_getscheduler(0), err;
	struct sched_param before, none = {0};

	if (d->is_heir || policy != SCHED_FIFO || sched_getparam(0, &before))
		return open_kernel(d, e);
	(void)sched_setscheduler(0, SCHED_OTHER, &none);
	err = open_kernel(d, e);
	(void)sched_setscheduler(0, policy, &before);
	return err;
}

static int find(struct daemon *d, struct err *e)
{
	struct kern *before = NULL;
	struct err none;
	int err;

	d->plan.lenient = true;
	/* Who takes another's place was given what that one found. */
	if (!d->plan.found.given)
		(void)kern_open(&before, d->instance, &none);
	err = plan_find(&d->plan, &d->cfg, before, e);
	kern_close(before);
	return err;
}

int setup_open(struct daemon *d, const char *instance, struct err *e)
{
	int err;

	d->instance = instance;
	d->port_fd = -1;
	d->plan.gateway.fd = -1;
	if (getrandom(&d->session, sizeof(d->session), 0) != (ssize_t)sizeof(d->session))
		return err_set(e, -errno, "random numbers: %s", strerror(errno));
	for (uint32_t i = 0; i < d->cfg.nkeys; i++)
		d->send_key[i] =
			frame_sender_key(&d->cfg.keys[i].master, d->cfg.keys[i].kid, d->cfg.id);
	err = queue_open(d);
	if (!err)
		err = view_open(d);
	if (err) {
		(void)err_set(e, err, "out of memory");
		goto out;
	}
	/* First of all outside, so that of two daemons of an instance the second touches nothing. */
	err = control_open(&d->control, instance, e);
	if (!err)
		err = find(d, e);
	if (err)
		goto out;
	port_open(d);
	err = open_in_peace(d, e);
	if (!err)
		err = start_threads(d, e);
out:
	if (err)
		setup_close(d);
	return err;
}

/* Only when nothing is ours any more: who asked goes on as if no daemon had been. So does who asks just now. */
static void answer_detaches(struct daemon *d)
{
	struct control_answer stopped = {.ok = true, .text = "stopped"};
	struct control_request req;

	while (d->control && control_next(d->control, &req))
		if (req.command == CONTROL_DETACH && d->requests.nstop < REQUESTS_MAX)
			d->requests.stop_client[d->requests.nstop++] = req.client;
	if (d->requests.nstop)
		control_leave(d->control);
	for (unsigned int i = 0; i < d->requests.nstop; i++) {
		stopped.client = d->requests.stop_client[i];
		control_answer(d->control, &stopped);
	}
	d->requests.nstop = 0;
}

void setup_close(struct daemon *d)
{
	/* Whatever the reason to end: no gate of ours stays open behind us. */
	for (uint32_t i = 0; d->announcer && i < d->cfg.ngroups; i++)
		if (kern_leases(d->k)[d->groups[i].index] >= LEASE_GEN_LIMIT)
			lease_close(d->k, d->groups[i].index);
	announcer_stop(d->announcer);
	worker_stop(d->addrs);
	links_stop(d);
	multicast_close(d);
	/* The thread of links counts by them. */
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		vips_free(&d->groups[i].list);
	/* Nobody waits for their answers any more, and each may take a second. */
	worker_drop(d->prober);
	worker_stop(d->prober);
	next_hop_stop(d);
	plan_close(&d->plan);
	port_close(d);
	kern_close(d->k);
	answer_detaches(d);
	/* Last, since an operator's program may take its time: nobody waits for us now but who waits for our end. */
	if (d->keep_socket && d->tracks)
		track_leave(d->tracks);
	track_stop(d->tracks);
	hook_stop(d->hooks);
	answer_detaches(d);
	/* The next attempt goes on with the socket. */
	if (d->control && d->keep_socket)
		control_pass(d->control);
	control_stop(d->control);
	view_close(d);
	queue_close(d);
}

void setup_core_config(const struct daemon *d, struct core_config *ret)
{
	*ret = (struct core_config){
		.t = d->cfg.timing,
		.cfg_hash = d->cfg.cfg_hash,
		.cfg_prev = d->follow.cfg_prev,
		.prev_over = d->follow.prev_over,
		.prev_votes = d->follow.prev_votes,
		.prev_not = d->follow.prev_not,
		.cfg_settled = d->follow.settled,
		.node = d->cfg.id,
		.nkeys = (uint8_t)d->cfg.nkeys,
		.rollout = (enum core_rollout)d->cfg.rollout,
		.quorum = d->cfg.quorum,
		.witness = d->cfg.witness,
		.alone = (enum core_alone)d->cfg.alone,
		.hold_off_ns = d->cfg.hold_off_ns,
		.npeers = (uint8_t)d->cfg.npeers,
		.ngroups = (uint8_t)d->cfg.ngroups,
	};
	for (uint32_t i = 0; i < d->cfg.nkeys; i++)
		ret->kid[i] = d->cfg.keys[i].kid;
	for (uint32_t i = 0; i < d->cfg.npeers; i++)
		ret->peer_node[i] = d->cfg.peers[i].id;
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		const struct config_group *g = &d->cfg.groups[i];

		ret->group[i] = (struct core_group_config){
			.wire_id = frame_group_id(g->name),
			.addr_mark = frame_addr_mark(g->addr_hash),
			.priority = g->priority,
			.preempt = g->preempt,
			.preempt_delay_ns = g->preempt_delay_ns,
			.drain_ns = g->drain_ns,
			/* A gate without its routes would be a hole for the answers. */
			.address_first =
				g->nroutes || (g->address == ADDRESS_OWNER && g->naddrs <= 64),
		};
	}
}

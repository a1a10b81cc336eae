/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Turns due announcements into frames: by AF_PACKET, or as live frames where that is worth its price. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "announce_task.h"
#include "base/clock.h"
#include "core/frame.h"
#include "core/frame_nd.h"
#include "net/netdev.h"
#include "net/packet.h"

/* A live-frame call costs tens of milliseconds whatever its size: at most so many a second... */
#define LIVE_CALLS_PER_S 20
/* ...and only where they carry more than AF_PACKET would in that time. Smaller ones are later to arrive, and keep the
 * processors from heartbeats for the milliseconds in which AF_PACKET lets the loop go first after each frame. */
#define LIVE_FRAMES 16384
/* Linux keeps a fresh neighbour entry locked for a second: what relinquishing says, it says again after it. */
#define RELINQUISH_AGAIN_NS 1100000000ull
#define RELINQUISH_DROPS 10

static void use_packet(struct announce_task *task, const char *why)
{
	task->via = ANNOUNCE_PACKET;
	task->chunk = ANNOUNCE_BATCH;
	(void)snprintf(task->why, sizeof(task->why), "%s", why);
}

/* Frames of one live-frame call, if its rate and number of addresses are all that limits it. */
static uint32_t live_chunk(const struct pace *p)
{
	uint32_t at_rate = p->burst_pps / LIVE_CALLS_PER_S;

	return at_rate < p->forms * p->addrs ? at_rate : p->forms * p->addrs;
}

/* Asked only when the bulk is due: the answer waits for the kernel's network lock, the head must not. */
static void choose_via(struct announce_task *task)
{
	uint32_t chunk = live_chunk(&task->plan);
	int can;

	task->chosen = true;
	if (chunk < LIVE_FRAMES) {
		use_packet(task, "live frames are for 16384 at a time and more");
		return;
	}
	can = netdev_xdp_xmit(task->ifindex);
	if (can == -EOPNOTSUPP) {
		use_packet(task, "kernel does not report xdp-features");
	} else if (can < 0) {
		use_packet(task, "xdp-features could not be read");
	} else if (can == 0) {
		use_packet(task, "interface cannot transmit XDP frames");
	} else {
		task->via = ANNOUNCE_LIVE;
		task->chunk = chunk;
		(void)snprintf(task->why, sizeof(task->why),
			       "interface transmits XDP frames; first %u by AF_PACKET", PACE_HEAD);
	}
}

static void task_free(struct announce_task *task)
{
	if (task->fd >= 0)
		(void)close(task->fd);
	free(task->list);
	free(task);
}

void announce_tasks_free(struct announce_task *list)
{
	struct announce_task *next;

	for (; list; list = next) {
		next = list->next;
		task_free(list);
	}
}

static bool is_for(const struct announce_task *task, const struct announce_addr *addr)
{
	return addr->ifindex == task->ifindex && ipt_addr_is_v4(&addr->ip) != task->v6;
}

static uint32_t count_for(const struct announce_task *task, const struct announce_order *order)
{
	uint32_t i, n = 0;

	for (i = 0; i < order->naddrs; i++)
		n += is_for(task, &order->addrs[i]);
	return n;
}

static void fill_list(struct announce_task *task, const struct announce_order *order)
{
	uint32_t i, n = 0;

	for (i = 0; i < order->naddrs; i++) {
		if (!is_for(task, &order->addrs[i]))
			continue;
		task->list[n].addr = order->addrs[i].ip;
		memcpy(task->list[n].mac, order->addrs[i].mac, sizeof(task->list[n].mac));
		task->list[n].flags = order->addrs[i].flags;
		n++;
	}
}

/* For the addresses of `like`'s family on its interface. */
static int task_make(struct announce_task **ret, const struct announce_order *order,
		     const struct announce_addr *like, uint32_t rounds, uint64_t now_ns,
		     struct err *e)
{
	struct announce_task *task = calloc(1, sizeof(*task));

	if (!task)
		return err_set(e, -ENOMEM, "out of memory");
	task->group = order->group;
	task->slot = order->slot;
	task->epoch = order->epoch;
	task->ifindex = like->ifindex;
	task->v6 = !ipt_addr_is_v4(&like->ip);
	task->again_ns = PACE_NEVER;
	task->plan = (struct pace){.addrs = count_for(task, order),
				   .forms = task->v6 ? 1 : 2,
				   .burst_pps = order->burst_pps,
				   .refresh_ns = order->refresh_ns,
				   .rounds = rounds};
	task->list = calloc(task->plan.addrs, sizeof(*task->list));
	task->fd = task->list ? packet_open(task->ifindex) : -ENOMEM;
	if (task->fd < 0) {
		int err = task->fd;

		task_free(task);
		return err_set(e, err, "cannot announce on interface #%u: %s", like->ifindex,
			       strerror(-err));
	}
	fill_list(task, order);
	use_packet(task, "at most 256 frames a round: live frames not needed");
	task->load_mpps = pace_load_mpps(&task->plan);
	pace_begin(&task->plan, now_ns);
	*ret = task;
	return 0;
}

int announce_task_defend(struct announce_task **ret, const struct announce_task *task,
			 const struct ipt_addr *ip, uint64_t now_ns)
{
	struct announce_addr addr = {.ip = *ip, .ifindex = task->ifindex};
	const struct announce_order order = {.group = task->group,
					     .slot = task->slot,
					     .epoch = task->epoch,
					     .burst_pps = task->plan.burst_pps,
					     .addrs = &addr,
					     .naddrs = 1};
	struct err e;
	uint32_t i = 0;
	int err;

	while (i < task->plan.addrs && !ipt_addr_equal(&task->list[i].addr, ip))
		i++;
	if (i == task->plan.addrs)
		return -ENOENT;
	memcpy(addr.mac, task->list[i].mac, sizeof(addr.mac));
	addr.flags = task->list[i].flags;
	err = task_make(ret, &order, &addr, PACE_ROUNDS, now_ns, &e);
	if (!err)
		(*ret)->defence = true;
	return err;
}

/*
 * In the owner's name, for the clients that its own first frames have missed. By AF_PACKET whatever the number:
 * the egress program lets these out, while announce.bpf.c knows no lease but ours.
 */
static void relinquish(struct announce_task *task, const uint8_t owner_mac[6], uint64_t now_ns)
{
	task->relinquish = true;
	memcpy(task->owner_mac, owner_mac, sizeof(task->owner_mac));
	task->again_ns = now_ns + RELINQUISH_AGAIN_NS;
	task->plan.rounds = 1;
	task->plan.refresh_ns = 0;
	task->chosen = true;
	use_packet(task, "relinquished: says the new owner's MAC");
}

static bool has_task(const struct announce_task *list, const struct announce_addr *addr)
{
	while (list && !is_for(list, addr))
		list = list->next;
	return list != NULL;
}

int announce_tasks_make(struct announce_task **ret, struct kern *k,
			const struct announce_order *order, uint32_t rounds, uint64_t now_ns,
			struct err *e)
{
	struct announce_task *list = NULL, *task = NULL;
	uint8_t owner_mac[6];
	uint32_t i;
	int err;

	for (i = 0; i < order->naddrs; i++) {
		const struct announce_addr *addr = &order->addrs[i];

		if (has_task(list, addr))
			continue;
		/* Where the owner's heartbeats do not come by, its MAC is not known. */
		if (order->relinquish && !kern_owner_mac(k, order->group, addr->ifindex, owner_mac))
			continue;
		err = task_make(&task, order, addr, rounds, now_ns, e);
		if (err) {
			announce_tasks_free(list);
			return err;
		}
		if (order->relinquish)
			relinquish(task, owner_mac, now_ns);
		task->next = list;
		list = task;
	}
	*ret = list;
	return 0;
}

/* May we still speak? Asked before every batch; each frame is asked once more in the kernel. */
static bool still_ours(struct kern *k, const struct announce_task *task)
{
	volatile struct ipt_group *g = &kern_groups(k)[task->group];
	volatile struct ipt_binding *b = &g->binding[task->slot & 1];
	uint64_t word = __atomic_load_n(&kern_leases(k)[task->group], __ATOMIC_SEQ_CST);

	if (task->relinquish)
		return !lease_live(word, clock_now_ns()) &&
		       __atomic_load_n(&g->owner_epoch, __ATOMIC_SEQ_CST) == task->epoch;
	return lease_live(word, clock_now_ns()) && lease_slot(word) == (task->slot & 1) &&
	       __atomic_load_n(&b->epoch, __ATOMIC_SEQ_CST) == task->epoch;
}

static size_t frame_len(const struct announce_task *task)
{
	return task->v6 ? FRAME_ND : FRAME_ETH_MIN;
}

static void build_nd(uint8_t *frame, const struct ipt_announce_entry *entry, const uint8_t mac[6])
{
	struct nd_packet nd =
		frame_nd_announcement(mac, &entry->addr, entry->flags & IPT_NET_F_ROUTER);

	(void)frame_nd_write(frame, &nd);
}

static void build_frame(const struct announce_task *task, const struct pace_step *step, uint32_t n,
			uint8_t *frame)
{
	uint32_t forms = step->what == PACE_BURST ? task->plan.forms : 1;
	uint64_t number = step->first + n;
	const struct ipt_announce_entry *entry = &task->list[number / forms];
	const uint8_t *mac = task->relinquish ? task->owner_mac : entry->mac;

	if (task->v6)
		build_nd(frame, entry, mac);
	else
		frame_arp_build(frame, number % forms ? ARP_FORM_REPLY : ARP_FORM_REQUEST, mac,
				entry->addr.word_be32[3]);
	/* The Ethernet source stays our own, or switches would look for the owner behind this port. */
	memcpy(frame + FRAME_ETH_SRC, entry->mac, sizeof(entry->mac));
}

/* How many of the step's frames left, or -errno. */
static int send_packet(struct kern *k, const struct announce_task *task,
		       const struct pace_step *step)
{
	uint8_t frames[ANNOUNCE_BATCH * FRAME_ND];
	size_t len = frame_len(task);
	uint32_t done = 0, now, i;
	int sent;

	while (done < step->frames) {
		now = step->frames - done;
		now = now < ANNOUNCE_BATCH ? now : ANNOUNCE_BATCH;
		for (i = 0; i < now; i++)
			build_frame(task, step, done + i, frames + i * len);
		if (!still_ours(k, task))
			return -ESTALE;
		sent = packet_send_many(task->fd, frames, len, now);
		if (sent < 0)
			return sent;
		done += (uint32_t)sent;
		if ((uint32_t)sent < now)
			break;
	}
	return (int)done;
}

/* What a live frame did after the kernel took it nobody can say: all count as sent. */
static int send_live(struct kern *k, const struct announce_task *task, const struct pace_step *step)
{
	uint32_t forms = task->plan.forms, first = (uint32_t)(step->first / forms);
	uint32_t done = step->first % forms; /* of the first one's forms */
	struct ipt_announce_job job = {
		.epoch = task->epoch,
		.group = task->group,
		.slot = task->slot,
		.forms = task->v6 ? IPT_FORM_ADVERT : IPT_FORM_REQUEST | IPT_FORM_REPLY,
		.count = (done + step->frames + forms - 1) / forms,
		.cursor = done,
	};
	int err;

	if (!still_ours(k, task))
		return -ESTALE;
	err = kern_announce_load(k, &job, task->list + first, job.count);
	if (!err)
		err = kern_announce_run(k, task->ifindex, frame_len(task), step->frames);
	return err < 0 ? err : (int)step->frames;
}

static int send_step(struct kern *k, struct announce_task *task, const struct pace_step *step)
{
	char why[64];
	int sent;

	if (task->via != ANNOUNCE_LIVE || step->what != PACE_BURST || step->first < PACE_HEAD)
		return send_packet(k, task, step);
	sent = send_live(k, task, step);
	if (sent >= 0 || sent == -ESTALE)
		return sent;
	(void)snprintf(why, sizeof(why), "live frames failed: %s", strerror(-sent));
	use_packet(task, why);
	return send_packet(k, task, step);
}

static struct pace_step next_step(struct announce_task *task, uint64_t now_ns)
{
	struct pace_step step = pace_next(&task->plan, now_ns, task->chunk, task->load_mpps);

	if (step.what != PACE_IDLE || step.next_ns != PACE_NEVER || task->again_ns == PACE_NEVER)
		return step;
	pace_begin(&task->plan, task->again_ns);
	task->again_ns = PACE_NEVER;
	return pace_next(&task->plan, now_ns, task->chunk, task->load_mpps);
}

int announce_task_step(struct kern *k, struct announce_task *task, uint64_t *next_ns)
{
	uint64_t now_ns = clock_now_ns();
	struct pace_step step = next_step(task, now_ns);
	int sent;

	if (step.what == PACE_BURST && step.first >= PACE_HEAD && !task->chosen) {
		choose_via(task);
		step = pace_next(&task->plan, now_ns, task->chunk, task->load_mpps);
	}
	if (step.what == PACE_IDLE) {
		*next_ns = step.next_ns;
		if (task->defence && step.next_ns == PACE_NEVER)
			return -ESTALE;
		return still_ours(k, task) ? 0 : -ESTALE;
	}
	sent = send_step(k, task, &step);
	if (sent < 0)
		return sent;
	task->drops = sent ? 0 : task->drops + 1;
	/* The egress program stopped it: the owner that we speak for is silent. */
	if (task->relinquish && task->drops >= RELINQUISH_DROPS)
		return -ESTALE;
	pace_sent(&task->plan, &step, (uint32_t)sent, now_ns, task->load_mpps);
	*next_ns = next_step(task, now_ns).next_ns;
	return 0;
}

void announce_task_router(struct kern *k, struct announce_task *task, uint64_t now_ns)
{
	struct ipt_vip vip;
	uint8_t flags;

	if (!task->v6 || !task->plan.addrs ||
	    kern_vip_get(k, task->ifindex, task->list[0].addr, &vip))
		return;
	flags = ipt_net_flags(&vip);
	if (task->list[0].flags == flags)
		return;
	for (uint32_t i = 0; i < task->plan.addrs; i++)
		task->list[i].flags = flags;
	if (!task->relinquish && !task->defence)
		(void)pace_again(&task->plan, now_ns);
}

bool announce_task_urgent(const struct announce_task *task, uint64_t now_ns)
{
	struct pace_step step = pace_next(&task->plan, now_ns, task->chunk, task->load_mpps);

	return step.what == PACE_BURST && step.first < PACE_HEAD;
}

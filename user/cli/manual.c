/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Carries out take, release and announce on the pinned maps, in the order that keeps silence safe. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "addr/announce.h"
#include "base/clock.h"
#include "base/mac.h"
#include "config/config.h"
#include "kern/lease.h"
#include "manual.h"
#include "net/netdev.h"
#include "net/probe.h"

#define PROBES 3
#define PROBE_WAIT_NS 300000000ull
#define DEFAULT_BURST_PPS 10000
/* Up to so many addresses stand before the gate opens; more would delay the takeover too long. */
#define ADDRESSES_FIRST 64

/* The group and its addresses, as the maps have them now. */
static int look_up(struct manual *m, struct err *e)
{
	int index = kern_group_find(m->k, m->name), err;

	if (index < 0)
		return err_set(e, index, "no group '%.64s' in instance '%s'", m->name, m->instance);
	m->group = (uint32_t)index;
	err = vips_collect(m->k, m->group, &m->vips);
	return err ? err_set(e, err, "group '%s': reading its addresses: %s", m->name,
			     strerror(-err))
		   : 0;
}

int manual_open(struct manual *ret, const char *instance, const char *group, struct err *e)
{
	struct manual m = {.instance = instance, .name = group};
	int err = kern_open(&m.k, instance, e);

	if (!err)
		*ret = m;
	return err;
}

void manual_close(struct manual *m)
{
	vips_free(&m->vips);
	kern_close(m->k);
}

/* An fd as of kern_turn(). Looked up before it, an address may be deleted by now, the group's element another's. */
static int begin_turn(struct manual *m, struct err *e)
{
	int turn = kern_turn(m->k, e), err;

	if (turn < 0)
		return turn;
	err = look_up(m, e);
	if (!err)
		return turn;
	(void)close(turn);
	return err;
}

static uint64_t lease_now(const struct manual *m)
{
	return __atomic_load_n(&kern_leases(m->k)[m->group], __ATOMIC_SEQ_CST);
}

/* The fence and the answers must be in place on every interface before anything is claimed there. */
static int check_attached(const struct manual *m, struct err *e)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = kern_ifaces(m->k, ifaces), i;
	char name[IFNAMSIZ] = "?";
	uint32_t at;

	for (at = 0; at < m->vips.n; at = vips_same_iface(&m->vips, at)) {
		uint32_t ifindex = m->vips.addrs[at].ifindex;

		for (i = 0; i < n && ifaces[i].ifindex != ifindex; i++)
			;
		if (i < n && kern_iface_healthy(m->k, &ifaces[i]))
			continue;
		(void)if_indextoname(ifindex, name);
		return err_set(e, -ENODEV,
			       "group '%s': the programs are not attached to interface '%s' (#%u): "
			       "'attach' it first",
			       m->name, name, ifindex);
	}
	return 0;
}

static int check_may_take(const struct manual *m, uint64_t lease, bool force, struct err *e)
{
	struct ipt_group group;
	int err = kern_group_get(m->k, m->group, &group);

	if (err)
		return err_set(e, err, "group '%s': %s", m->name, strerror(-err));
	if (m->vips.n == 0)
		return err_set(e, -ENOENT, "group '%s' has no addresses: 'add' one first", m->name);
	if (group.managed && !force)
		return err_set(e, -EBUSY,
			       "group '%s' belongs to a configuration whose daemon does not run: "
			       "start the daemon, or --force",
			       m->name);
	if (lease_live(lease, clock_now_ns()))
		return err_set(e, -EBUSY,
			       "group '%s': the lease of a daemon that is gone has not ended yet",
			       m->name);
	if (vips_to_install(&m->vips) > CONFIG_MAX_KERNEL_ADDRESSES)
		return err_set(e, -E2BIG,
			       "group '%s': more than %d addresses: use one 'local PREFIX dev lo' "
			       "route and address = \"none\"",
			       m->name, CONFIG_MAX_KERNEL_ADDRESSES);
	return check_attached(m, e);
}

static int refuse_answer(const struct manual *m, const struct probe_answer *answer, struct err *e)
{
	char text[ADDR_TEXT], mac[MAC_TEXT];

	mac_text(answer->mac, mac);
	return err_set(e, -EADDRINUSE,
		       "group '%s': %s answers for %s: release it there first, or --force", m->name,
		       mac, addr_text(&answer->ip, text));
}

/* Elements first..end-1 of the list, all on one interface. */
static int probe_iface(const struct manual *m, uint32_t first, uint32_t end, struct err *e)
{
	struct ipt_addr *ips = calloc(end - first, sizeof(*ips));
	struct probe_answer *answers = calloc(end - first, sizeof(*answers));
	const struct announce_addr *addrs = &m->vips.addrs[first];
	uint32_t i;
	int err;

	if (!ips || !answers) {
		err = err_set(e, -ENOMEM, "out of memory");
		goto out;
	}
	for (i = 0; i < end - first; i++)
		ips[i] = addrs[i].ip;
	err = probe_run(&(struct probe_ask){.ifindex = addrs[0].ifindex,
					    .own_mac = addrs[0].mac,
					    .ip = ips,
					    .n = end - first,
					    .count = PROBES,
					    .wait_ns = PROBE_WAIT_NS},
			answers, e);
	for (i = 0; !err && i < end - first; i++)
		if (answers[i].answers)
			err = refuse_answer(m, &answers[i], e);
out:
	free(answers);
	free(ips);
	return err;
}

static int probe_all(const struct manual *m, struct err *e)
{
	uint32_t first, end;
	int err = 0;

	for (first = 0; !err && first < m->vips.n; first = end) {
		end = vips_same_iface(&m->vips, first);
		err = probe_iface(m, first, end, e);
	}
	return err;
}

static uint64_t next_epoch(const struct manual *m)
{
	volatile struct ipt_group *g = &kern_groups(m->k)[m->group];
	uint64_t highest = g->epoch_max;
	struct ipt_self self;

	if (g->owner_epoch > highest)
		highest = g->owner_epoch;
	if (kern_self_get(m->k, &self))
		self.node = 0;
	return EPOCH_NEXT(highest, self.node);
}

/* Opens the gate if the lease word is still what the decision rested on. */
static int open_gate(const struct manual *m, uint64_t expect, struct announce_order *order,
		     struct err *e)
{
	volatile struct ipt_group *g = &kern_groups(m->k)[m->group];

	order->epoch = next_epoch(m);
	order->slot = lease_bind(m->k, m->group, order->epoch);
	if (!lease_take(m->k, m->group, expect, lease_word(LEASE_MANUAL, order->slot)))
		return err_set(e, -EBUSY, "group '%s': another owner was heard of just now",
			       m->name);
	lease_raise(&g->epoch_max, order->epoch);
	lease_raise(&g->owner_epoch, order->epoch);
	return 0;
}

static struct announce_order order_of(const struct manual *m)
{
	struct announce_order order = {
		.group = m->group,
		.burst_pps = DEFAULT_BURST_PPS,
		.addrs = m->vips.addrs,
		.naddrs = m->vips.n,
	};

	return order;
}

/* The addresses stand fenced, so silent, before the gate opens; many of them come after it. */
static int become_owner(struct manual *m, uint64_t expect, struct announce_order *order,
			struct err *e)
{
	bool addresses_first = vips_to_install(&m->vips) <= ADDRESSES_FIRST;
	struct err ignored;
	int err = 0;

	if (addresses_first)
		err = vips_install(m->k, &m->vips, e);
	if (err)
		return err;
	err = open_gate(m, expect, order, e);
	if (err) {
		/* Held now by a daemon that has started beside us: then the addresses are its. */
		if (!lease_live(lease_now(m), clock_now_ns()))
			(void)vips_uninstall(m->k, &m->vips, &ignored);
		return err;
	}
	if (!addresses_first)
		err = vips_install(m->k, &m->vips, e);
	if (err)
		lease_close(m->k, m->group);
	return err;
}

static int take_in_turn(struct manual *m, bool force, struct announce_order *order, struct err *e)
{
	uint64_t lease = lease_now(m);
	int err;

	if (lease_is_manual(lease))
		return MANUAL_ALREADY;
	err = check_may_take(m, lease, force, e);
	if (!err && !force)
		err = probe_all(m, e);
	if (err)
		return err;
	*order = order_of(m);
	return become_owner(m, lease, order, e);
}

int manual_take(struct manual *m, bool force, struct err *e)
{
	struct announce_order order;
	struct err why;
	int err, turn = begin_turn(m, e);

	if (turn < 0)
		return turn;
	err = take_in_turn(m, force, &order, e);
	(void)close(turn);
	if (err)
		return err;
	err = announce_now(m->k, &order, false, &why);
	if (err == -ESTALE)
		return err_set(e, err, "group '%s': taken, and lost again while announcing",
			       m->name);
	if (err)
		return err_set(e, err, "group '%s' is held, but was not announced: %s", m->name,
			       why.text);
	return 0;
}

static int release_in_turn(struct manual *m, struct err *e)
{
	bool held = lease_live(lease_now(m), clock_now_ns());

	/* Addresses without a lease are what a crash left: fenced, and ours to remove. */
	if (!held && !vips_installed(&m->vips))
		return err_set(e, -ENOENT, "group '%s' is not held here", m->name);
	lease_close(m->k, m->group);
	if (held)
		lease_settle(m->k, 0);
	return vips_uninstall(m->k, &m->vips, e);
}

int manual_release(struct manual *m, struct err *e)
{
	int err, turn = begin_turn(m, e);

	if (turn < 0)
		return turn;
	err = release_in_turn(m, e);
	(void)close(turn);
	return err;
}

int manual_announce(struct manual *m, struct err *e)
{
	volatile struct ipt_group *g;
	struct announce_order order;
	uint64_t lease;
	struct err why;
	int err = look_up(m, e);

	if (err)
		return err;
	g = &kern_groups(m->k)[m->group];
	order = order_of(m);
	lease = lease_now(m);
	if (!lease_live(lease, clock_now_ns()))
		return err_set(e, -ENOENT, "group '%s' is not held here", m->name);
	order.slot = lease_slot(lease);
	order.epoch = g->binding[order.slot].epoch;
	err = announce_now(m->k, &order, true, &why);
	if (err)
		return err_set(e, err, "group '%s': %s", m->name, why.text);
	return 0;
}

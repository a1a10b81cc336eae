/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The set-up without its consequences: what a reload must know before it gives up what is running. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/mac.h"
#include "kern/lease.h"
#include "net/probe.h"
#include "setup.h"

#define PROBE_MAX_ADDRS 64
#define PROBE_WAIT_NS 200000000ull

static bool owned_now(struct kern *k, const char *name)
{
	int index = kern_group_find(k, name);

	return index >= 0 && kern_leases(k)[index] >= LEASE_GEN_LIMIT;
}

/* Addresses that would be answered for at once: those that the open gate's group did not have there before. */
static uint32_t new_addresses(const struct plan *p, struct kern *k, uint32_t group, uint32_t iface,
			      struct ipt_addr ret[PROBE_MAX_ADDRS])
{
	const struct config_group *g = &p->cfg->groups[group];
	int index = kern_group_find(k, g->name);
	uint32_t n = 0;

	for (uint32_t a = 0; a < g->naddrs && n < PROBE_MAX_ADDRS; a++) {
		const struct ipt_vip *vip =
			vips_find(&p->known, p->group[group][iface].ifindex, &g->addrs[a].ip);

		if (g->addrs[a].iface == iface && (!vip || vip->group != (uint32_t)index))
			ret[n++] = g->addrs[a].ip;
	}
	return n;
}

/* One that moves to another interface of the same LAN is answered for by ourselves. */
static bool is_ours(const struct plan *p, const uint8_t mac[6])
{
	for (uint32_t i = 0; i < p->known.n; i++)
		if (!memcmp(p->known.vips[i].mac, mac, 6))
			return true;
	return false;
}

static const uint8_t *stranger(const struct plan *p, const struct probe_answer *a)
{
	static const uint8_t nobody[6];

	if (a->answers && !is_ours(p, a->mac))
		return a->mac;
	return memcmp(a->other_mac, nobody, 6) && !is_ours(p, a->other_mac) ? a->other_mac : NULL;
}

/* An address that comes into a group that we own is never claimed: whoever has it must be asked now. */
static int probe_iface(const struct plan *p, struct kern *k, uint32_t group, uint32_t iface,
		       struct err *e)
{
	struct probe_answer answers[PROBE_MAX_ADDRS] = {0};
	struct ipt_addr ips[PROBE_MAX_ADDRS];
	const struct plan_iface *on = &p->group[group][iface];
	uint32_t n = new_addresses(p, k, group, iface, ips);
	char text[ADDR_TEXT], mac[MAC_TEXT];
	int err;

	err = probe_run(&(struct probe_ask){.ifindex = on->ifindex,
					    .own_mac = on->mac,
					    .ip = ips,
					    .n = n,
					    .count = 2,
					    .wait_ns = PROBE_WAIT_NS},
			answers, e);
	for (uint32_t i = 0; i < n && !err; i++) {
		const uint8_t *who = stranger(p, &answers[i]);

		if (!who)
			continue;
		mac_text(who, mac);
		err = err_set(e, -EADDRINUSE,
			      "address '%s' is new in group '%s', which this node owns, "
			      "but %s answers for it",
			      addr_text(&ips[i], text), p->cfg->groups[group].name, mac);
	}
	return err;
}

static int probe_group(const struct plan *p, struct kern *k, uint32_t group, struct err *e)
{
	int err = 0;

	if (!owned_now(k, p->cfg->groups[group].name))
		return 0;
	for (uint32_t i = 0; i < p->cfg->groups[group].nifaces && !err; i++)
		err = probe_iface(p, k, group, i, e);
	return err;
}

/* Where our programs are recorded they must be: the next process does not look. */
static bool all_well(struct kern *k)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = kern_ifaces(k, ifaces);

	for (int i = 0; i < n; i++)
		if (!kern_iface_healthy(k, &ifaces[i]))
			return false;
	return true;
}

/* The process before stays attached as it is: another mode would leave the interface without programs for a while. */
static int check_modes(const struct plan *p, struct kern *k, struct err *e)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = kern_ifaces(k, ifaces);

	for (int i = 0; i < n; i++)
		for (unsigned int s = 0; s < p->nifaces; s++) {
			bool native = ifaces[i].flags & IPT_IF_NATIVE;

			if (p->iface[s].ifindex == ifaces[i].ifindex &&
			    p->mode[s] != KERN_MODE_AUTO &&
			    native != (p->mode[s] == KERN_MODE_NATIVE))
				return err_set(e, -EBUSY,
					       "mode '%s': %s is attached in %s mode, which a "
					       "reload cannot change: detach it and start again",
					       native ? "generic" : "native", p->iface[s].name,
					       native ? "native" : "generic");
		}
	return 0;
}

static int rehearse(struct plan *p, struct kern *k, struct err *e)
{
	int err = check_modes(p, k, e);

	if (!err)
		err = plan_check(p, k, e);
	for (uint32_t i = 0; i < p->cfg->ngroups && !err; i++)
		err = probe_group(p, k, i, e);
	return err;
}

int setup_rehearse(const struct daemon *d, const struct config *next, struct found *ret,
		   struct err *e)
{
	struct plan *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return err_set(e, -ENOMEM, "out of memory");
	/* What runs without an interface goes on without it; what has all of them gives up none for a file. */
	p->lenient = d->plan.waits;
	err = plan_find(p, next, d->k, e);
	if (!err)
		err = rehearse(p, d->k, e);
	if (!err && ret) {
		*ret = p->found;
		ret->well = all_well(d->k);
	}
	plan_close(p);
	free(p);
	return err;
}

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

static bool owned_now(const struct daemon *d, const char *name)
{
	int index = kern_group_find(d->k, name);

	return index >= 0 && kern_leases(d->k)[index] >= LEASE_GEN_LIMIT;
}

/* Addresses that would be answered for at once: those that the open gate's group did not have before. */
static uint32_t new_addresses(const struct daemon *d, uint32_t group, uint32_t ret[PROBE_MAX_ADDRS])
{
	const struct config_group *g = &d->cfg.groups[group];
	int index = kern_group_find(d->k, g->name);
	uint32_t n = 0;

	for (uint32_t a = 0; a < g->naddrs && n < PROBE_MAX_ADDRS; a++) {
		const struct ipt_vip *vip =
			vips_find(&d->known, d->groups[group].ifindex, g->addrs[a].ip_be32);

		if (!vip || vip->group != (uint32_t)index)
			ret[n++] = g->addrs[a].ip_be32;
	}
	return n;
}

/* An address that comes into a group that we own is never claimed: whoever has it must be asked now. */
static int probe_group(const struct daemon *d, uint32_t group, struct err *e)
{
	struct probe_answer answers[PROBE_MAX_ADDRS] = {0};
	uint32_t ips[PROBE_MAX_ADDRS], n;
	char text[INET_ADDRSTRLEN], mac[MAC_TEXT];
	int err;

	if (!owned_now(d, d->cfg.groups[group].name))
		return 0;
	n = new_addresses(d, group, ips);
	err = probe_run(&(struct probe_ask){.ifindex = d->groups[group].ifindex,
					    .own_mac = d->groups[group].mac,
					    .ip_be32 = ips,
					    .n = n,
					    .count = 2,
					    .wait_ns = PROBE_WAIT_NS},
			answers, e);
	for (uint32_t i = 0; i < n && !err; i++) {
		mac_text(answers[i].mac, mac);
		if (answers[i].answers)
			err = err_set(e, -EADDRINUSE,
				      "address '%s' is new in group '%s', which this node owns, "
				      "but %s answers for it",
				      inet_ntop(AF_INET, &ips[i], text, sizeof(text)),
				      d->cfg.groups[group].name, mac);
	}
	return err;
}

/* Where our programs are recorded they must be: the next process does not look. */
static bool all_well(const struct daemon *d)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = kern_ifaces(d->k, ifaces);

	for (int i = 0; i < n; i++)
		if (!kern_iface_healthy(d->k, &ifaces[i]))
			return false;
	return true;
}

static int rehearse(struct daemon *d, struct err *e)
{
	struct iface_set set = {0};
	int err = setup_find(d, &set, e);

	if (!err)
		err = setup_check(d, e);
	for (uint32_t i = 0; i < d->cfg.ngroups && !err; i++)
		err = probe_group(d, i, e);
	return err;
}

int setup_rehearse(const struct daemon *d, const struct config *next, struct found *ret,
		   struct err *e)
{
	struct daemon *stage = calloc(1, sizeof(*stage));
	int err;

	if (!stage)
		return err_set(e, -ENOMEM, "out of memory");
	stage->instance = d->instance;
	stage->k = d->k;
	stage->gateway.fd = -1;
	stage->cfg = *next;
	err = rehearse(stage, e);
	if (!err && ret) {
		*ret = stage->found;
		ret->well = all_well(stage);
	}
	for (unsigned int i = 0; i < stage->npaths; i++)
		beat_close(&stage->paths[i]);
	gateway_close(&stage->gateway);
	vips_free(&stage->known);
	free(stage);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the pinned maps and decides who owns what, daemon or not. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>
#include "client.h"
#include "clock.h"
#include "frame.h"
#include "names.h"
#include "status.h"

#define REPORT_STALE_NS 3000000000ull /* the daemon writes its reports every second */

/* The peers as they were at s->now_ns, with their newest accepted frame read. */
struct heard {
	bool up, decoded;
	struct beat beat;
};

struct collect {
	struct kern *k;
	struct status *s;
	struct ipt_self self;
	struct heard heard[IPT_MAX_PEERS];
};

__attribute__((format(printf, 3, 4))) static void alarm_add(struct status *s, const char *group,
							    const char *fmt, ...)
{
	struct status_alarm *alarm;
	va_list ap;

	if (s->nalarms == STATUS_MAX_ALARMS)
		return;
	alarm = &s->alarms[s->nalarms++];
	(void)snprintf(alarm->group, sizeof(alarm->group), "%s", group);
	va_start(ap, fmt);
	(void)vsnprintf(alarm->text, sizeof(alarm->text), fmt, ap);
	va_end(ap);
}

void status_addr(const struct vip_list *list, uint32_t i, char ret[STATUS_ADDR_LEN])
{
	const uint8_t *ip = (const uint8_t *)&list->addrs[i].ip_be32;

	(void)snprintf(ret, STATUS_ADDR_LEN, "%u.%u.%u.%u/%u", ip[0], ip[1], ip[2], ip[3],
		       list->vips[i].prefix_len);
}

static void collect_peer(struct collect *c, uint32_t i)
{
	struct status_peer *out = &c->s->peers[c->s->npeers];
	struct heard *h = &c->heard[c->s->npeers];
	struct ipt_peer peer;
	uint64_t lease_ns, g_ns;

	if (kern_peer_get(c->k, i, &peer) || !peer.node)
		return;
	lease_ns = peer.lease_us_max * 1000ull;
	if (lease_ns < c->self.lease_ns)
		lease_ns = c->self.lease_ns;
	g_ns = judge_g_ns(lease_ns, c->self.rho_ppm, c->self.settle_ns);
	(void)snprintf(out->name, sizeof(out->name), "%s", peer.name);
	out->last_ns = peer.last_ns;
	out->silence_ns = c->s->now_ns > peer.last_ns ? c->s->now_ns - peer.last_ns : 0;
	out->up = peer.last_ns && !peer_silent(peer.last_ns, c->s->now_ns, g_ns);
	h->up = out->up;
	h->decoded = peer.proven.rx_ns && peer.proven.len <= sizeof(peer.proven.bytes) &&
		     frame_beat_decode(peer.proven.bytes, peer.proven.len, &h->beat);
	c->s->npeers++;
}

/* The peer that is heard and whose newest accepted frame says that it owns the group. */
static void find_owner(const struct collect *c, const struct ipt_group *group,
		       struct status_group *out)
{
	const struct beat_group *g;
	uint64_t best = 0;
	uint32_t i, j;

	for (i = 0; i < c->s->npeers; i++) {
		if (!c->heard[i].up || !c->heard[i].decoded)
			continue;
		for (j = 0; j < c->heard[i].beat.ngroups; j++) {
			g = &c->heard[i].beat.group[j];
			if (g->group != group->wire_id || g->state != HB_OWNER || g->epoch < best)
				continue;
			best = g->epoch;
			(void)memcpy(out->owner, c->s->peers[i].name, sizeof(out->owner));
		}
	}
	/* Nobody: the last term that is known of, a peer's or ours. */
	for (i = 0; i < 2 && !out->owner[0]; i++)
		if (group->binding[i].epoch > best)
			best = group->binding[i].epoch;
	if (!out->owner[0] && group->owner_epoch > best)
		best = group->owner_epoch;
	out->term = EPOCH_TERM(best);
}

static void alarms_of(struct status *s, const struct status_group *g)
{
	const struct ipt_report *r = &g->report;
	const uint8_t *m = r->selftest_mac;

	switch ((enum ipt_selftest)r->selftest) {
	case SELFTEST_NONE:
	case SELFTEST_OK:
		break;
	case SELFTEST_SILENT:
		alarm_add(s, g->name, "self-test: nobody answers for its first address");
		break;
	case SELFTEST_LATE:
		alarm_add(s, g->name, "self-test: the answer came after %.1f ms",
			  (double)r->selftest_rtt_ns / 1e6);
		break;
	case SELFTEST_FOREIGN:
		alarm_add(s, g->name,
			  "self-test: %02x:%02x:%02x:%02x:%02x:%02x answers, which is not the "
			  "owner",
			  m[0], m[1], m[2], m[3], m[4], m[5]);
		break;
	}
	if (s->daemon && r->state == HB_FAULT)
		alarm_add(s, g->name, "fault: %s", r->reason);
	if (s->daemon && g->managed && s->now_ns > r->updated_ns + REPORT_STALE_NS)
		alarm_add(s, g->name, "its daemon has been silent for %.1f s: stopped or starved",
			  (double)(s->now_ns - r->updated_ns) / 1e9);
	if (!s->daemon && g->managed)
		alarm_add(s, g->name, "its daemon does not run");
}

static int collect_group(struct collect *c, uint32_t i, const struct ipt_group *group)
{
	struct status_group *out = &c->s->groups[c->s->ngroups++];
	uint64_t word = kern_leases(c->k)[i];
	bool live = lease_live(word, c->s->now_ns), manual = lease_is_manual(word);
	int err;

	(void)memcpy(out->name, group->name, sizeof(out->name));
	out->managed = group->managed;
	out->drained = group->drained;
	err = kern_report_get(c->k, i, &out->report);
	if (!err)
		err = vips_collect(c->k, i, &out->list);
	if (err)
		return err;
	out->lease = manual ? "manual" : live ? "live" : "none";
	out->phase = manual ? "manual" : c->s->daemon ? names_state(out->report.state) : "none";
	out->state = "standby";
	if (live) {
		out->state = "owner";
		out->term = EPOCH_TERM(group->binding[lease_slot(word)].epoch);
		out->remaining_ns = manual ? 0 : lease_deadline_ns(word) - c->s->now_ns;
		(void)memcpy(out->owner, c->s->node, sizeof(out->owner));
	} else {
		find_owner(c, group, out);
		if (c->s->daemon && out->report.state == HB_FAULT)
			out->state = "fault";
	}
	alarms_of(c->s, out);
	return 0;
}

static void collect_ifaces(struct collect *c)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	struct status *s = c->s;
	char now[IF_NAMESIZE];
	int i, n = kern_ifaces(c->k, ifaces);

	s->nifaces = (uint32_t)n;
	for (i = 0; i < n; i++) {
		if (if_indextoname(ifaces[i].ifindex, now)) /* renamed since? */
			(void)memcpy(ifaces[i].name, now, sizeof(ifaces[i].name));
		s->ifaces[i].record = ifaces[i];
		s->ifaces[i].healthy = kern_iface_healthy(c->k, &ifaces[i]);
		if (!s->ifaces[i].healthy)
			alarm_add(s, "", "%s: our program or filter is gone: attach it again",
				  ifaces[i].name);
	}
}

/* Two hosts that refuse each other's heartbeats both believe to be alone: say so, and why. */
static void alarm_refused(struct status *s)
{
	const uint64_t *n = s->counters;
	const char *why = n[CNT_hb_badtag]	  ? "wrong tag: not the same key"
			  : n[CNT_hb_unknown_key] ? "unknown key number: no key in common"
			  : n[CNT_hb_stranger]	  ? "they come from an address that is no peer's"
						  : NULL;

	for (uint32_t i = 0; why && i < s->npeers; i++)
		if (!s->peers[i].last_ns)
			alarm_add(s, "", "%s was never heard, and heartbeats are refused: %s",
				  s->peers[i].name, why);
}

static void name_node(struct collect *c)
{
	struct status *s = c->s;

	/* No configuration was ever loaded: the host's name must do. */
	if (c->self.name[0])
		(void)memcpy(s->node, c->self.name, sizeof(s->node));
	else if (gethostname(s->node, sizeof(s->node) - 1))
		(void)strcpy(s->node, "self");
}

int status_collect(struct kern *k, const char *instance, struct status *ret, struct err *e)
{
	static struct collect c;
	struct ipt_group group;
	uint32_t i;
	int err;

	memset(ret, 0, sizeof(*ret));
	memset(&c, 0, sizeof(c));
	c.k = k;
	c.s = ret;
	(void)snprintf(ret->instance, sizeof(ret->instance), "%s", instance);
	ret->daemon = client_daemon_alive(instance);
	err = kern_self_get(k, &c.self);
	name_node(&c);
	ret->now_ns = clock_now_ns();
	for (i = 0; i < IPT_MAX_PEERS; i++)
		collect_peer(&c, i);
	for (i = 0; i < IPT_MAX_GROUPS && !err; i++) {
		err = kern_group_get(k, i, &group);
		if (!err && group.name[0])
			err = collect_group(&c, i, &group);
	}
	collect_ifaces(&c);
	if (!err)
		err = kern_counters(k, ret->counters);
	if (!err)
		alarm_refused(ret);
	return err ? err_set(e, err, "the pinned maps: %s", strerror(-err)) : 0;
}

void status_free(struct status *s)
{
	uint32_t i;

	for (i = 0; i < s->ngroups; i++)
		vips_free(&s->groups[i].list);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status as people read it, table by table. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include "status.h"

void status_addr(const struct vip_list *list, uint32_t i, char ret[STATUS_ADDR_LEN])
{
	char ip[ADDR_TEXT];

	(void)snprintf(ret, STATUS_ADDR_LEN, "%s/%u", addr_text(&list->addrs[i].ip, ip),
		       list->vips[i].prefix_len);
}

void status_text_head(FILE *f, const struct status *s)
{
	(void)fprintf(f, "node %s, instance %s, daemon %s", s->node, s->instance,
		      s->daemon ? "running" : "not running");
	if (s->quorum)
		(void)fprintf(f, ", quorum %u of %u%s", s->votes, s->members,
			      s->witness ? ", witness" : "");
	(void)fputc('\n', f);
}

static void lease_text(const struct status_group *g, char ret[32])
{
	if (g->remaining_ns)
		(void)snprintf(ret, 32, "%s %.1f ms", g->lease, (double)g->remaining_ns / 1e6);
	else
		(void)snprintf(ret, 32, "%s", g->lease);
}

static void first_text(const struct vip_list *list, char ret[96])
{
	char addr[STATUS_ADDR_LEN], name[IF_NAMESIZE], more[24] = "";

	if (!list->n) {
		(void)snprintf(ret, 96, "-");
		return;
	}
	status_addr(list, 0, addr);
	if (!if_indextoname(list->addrs[0].ifindex, name))
		(void)snprintf(name, sizeof(name), "#%u", list->addrs[0].ifindex);
	if (list->n > 1)
		(void)snprintf(more, sizeof(more), " (+%u)", list->n - 1);
	(void)snprintf(ret, 96, "%s dev %s%s", addr, name, more);
}

void status_text_groups(FILE *f, const struct status *s)
{
	const struct status_group *g;
	char lease[32], addr[96];
	uint32_t i;

	(void)fprintf(f, "\n%-16s %-8s %-12s %6s  %-10s %-16s %s\n", "GROUP", "STATE", "OWNER",
		      "TERM", "PHASE", "LEASE", "ADDRESSES");
	for (i = 0; i < s->ngroups; i++) {
		g = &s->groups[i];
		lease_text(g, lease);
		first_text(&g->list, addr);
		(void)fprintf(f, "%-16s %-8s %-12s %6" PRIu64 "  %-10s %-16s %s%s\n", g->name,
			      g->state, g->owner[0] ? g->owner : "?", g->term, g->phase, lease,
			      addr, g->drained ? ", drained" : "");
	}
}

static void heard_text(uint64_t last_ns, uint64_t now_ns, char ret[32])
{
	if (!last_ns)
		(void)snprintf(ret, 32, "never");
	else
		(void)snprintf(ret, 32, "%.1f ms ago",
			       now_ns > last_ns ? (double)(now_ns - last_ns) / 1e6 : 0.0);
}

void status_text_peers(FILE *f, const struct status *s)
{
	const struct status_peer *p;
	char heard[32], ip[ADDR_TEXT];

	(void)fprintf(f, "\n%-16s %-8s %-15s %-4s %s\n", "PEER", "STATE", "LAST HEARD", "KEY",
		      "PATHS");
	for (uint32_t i = 0; i < s->npeers; i++) {
		p = &s->peers[i];
		heard_text(p->last_ns, s->now_ns, heard);
		(void)fprintf(f, "%-16s %-8s %-15s %-4u", p->name, p->up ? "up" : "down", heard,
			      p->key);
		for (uint32_t j = 0; j < p->npaths; j++) {
			(void)fprintf(f, "%s %s dev %s%s", j ? "," : "",
				      addr_text(&p->paths[j].ip, ip), p->paths[j].interface,
				      p->paths[j].up ? "" : " (down)");
		}
		(void)fprintf(f, "%s\n", p->witness ? ", witness" : "");
	}
}

void status_text_ifaces(FILE *f, const struct status *s)
{
	const struct status_iface *iface;
	uint32_t i;

	(void)fprintf(f, "\n%-16s %-8s %s\n", "INTERFACE", "MODE", "PROGRAM");
	for (i = 0; i < s->nifaces; i++) {
		iface = &s->ifaces[i];
		(void)fprintf(f, "%-16s %-8s %s%s%s%s\n", iface->record.name,
			      iface->record.flags & IPT_IF_NATIVE ? "native" : "generic",
			      iface->record.flags & IPT_IF_CHAINED ? "chained" : "single",
			      iface->on[0] ? ", on " : "", iface->on,
			      iface->healthy ? "" : ", GONE");
	}
}

void status_text_alarms(FILE *f, const struct status *s)
{
	for (uint32_t i = 0; i < s->nalarms; i++)
		(void)fprintf(f, "ALARM %s%s%s\n", s->alarms[i].group,
			      s->alarms[i].group[0] ? ": " : "", s->alarms[i].text);
}

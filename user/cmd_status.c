/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* status [--json]: the collected state, for people here, for scripts in status_json.c. */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include "cmd.h"
#include "kern.h"
#include "names.h"
#include "status.h"

static void lease_text(const struct status_group *g, char ret[32])
{
	if (g->remaining_ns)
		(void)snprintf(ret, 32, "%s %.1f ms", g->lease, (double)g->remaining_ns / 1e6);
	else
		(void)snprintf(ret, 32, "%s", g->lease);
}

static void addr_text(const struct vip_list *list, char ret[96])
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

static void print_groups(const struct status *s)
{
	const struct status_group *g;
	char lease[32], addr[96];
	uint32_t i;

	(void)printf("\n%-16s %-8s %-12s %6s  %-10s %-16s %s\n", "GROUP", "STATE", "OWNER", "TERM",
		     "PHASE", "LEASE", "ADDRESSES");
	for (i = 0; i < s->ngroups; i++) {
		g = &s->groups[i];
		lease_text(g, lease);
		addr_text(&g->list, addr);
		(void)printf("%-16s %-8s %-12s %6" PRIu64 "  %-10s %-16s %s\n", g->name, g->state,
			     g->owner[0] ? g->owner : "?", g->term, g->phase, lease, addr);
	}
}

static void print_peers(const struct status *s)
{
	const struct status_peer *p;
	uint32_t i;

	(void)printf("\n%-16s %-8s %s\n", "PEER", "STATE", "LAST HEARD");
	for (i = 0; i < s->npeers; i++) {
		p = &s->peers[i];
		(void)printf("%-16s %-8s ", p->name, p->up ? "up" : "down");
		if (p->last_ns)
			(void)printf("%.1f ms ago\n", (double)p->silence_ns / 1e6);
		else
			(void)printf("never\n");
	}
}

static void print_ifaces(const struct status *s)
{
	const struct status_iface *f;
	uint32_t i;

	(void)printf("\n%-16s %-8s %s\n", "INTERFACE", "MODE", "PROGRAM");
	for (i = 0; i < s->nifaces; i++) {
		f = &s->ifaces[i];
		(void)printf("%-16s %-8s %s%s\n", f->record.name,
			     f->record.flags & IPT_IF_NATIVE ? "native" : "generic",
			     f->record.flags & IPT_IF_CHAINED ? "chained" : "single",
			     f->healthy ? "" : ", GONE");
	}
}

static void print_announce(const struct status *s)
{
	const struct ipt_report *r;
	uint32_t i;

	for (i = 0; i < s->ngroups; i++) {
		r = &s->groups[i].report;
		if (r->announce_via != ANNOUNCE_NONE)
			(void)printf("announce %s: %s (%s)\n", s->groups[i].name,
				     names_announce(r->announce_via), r->announce_why);
	}
}

static void print_text(const struct status *s)
{
	uint32_t i;

	(void)printf("node %s, instance %s, daemon %s\n", s->node, s->instance,
		     s->daemon ? "running" : "not running");
	if (s->ngroups)
		print_groups(s);
	if (s->npeers)
		print_peers(s);
	if (s->nifaces)
		print_ifaces(s);
	(void)putchar('\n');
	print_announce(s);
	for (i = 0; i < s->nalarms; i++)
		(void)printf("ALARM %s%s%s\n", s->alarms[i].group,
			     s->alarms[i].group[0] ? ": " : "", s->alarms[i].text);
	for (i = 0; i < CNT_MAX; i++)
		if (s->counters[i])
			(void)printf("%12" PRIu64 "  %s\n", s->counters[i], names_counter_text(i));
}

static int all_owned(const struct status *s)
{
	uint32_t i;

	for (i = 0; i < s->ngroups; i++)
		if (!s->groups[i].owner[0])
			return 0;
	return 1;
}

int cmd_status(const struct cmd_ctx *ctx)
{
	static struct status s;
	struct kern *k = NULL;
	struct err e = {0};
	char instance[64];
	int err;

	if (ctx->argc)
		return cmd_usage("status");
	err = kern_instance(ctx->instance, instance, &e);
	if (!err)
		err = kern_open(&k, instance, &e);
	if (err)
		return cmd_fail(1, "%s", e.text);
	err = status_collect(k, instance, &s, &e);
	if (err)
		(void)cmd_fail(1, "%s", e.text);
	else if (ctx->json)
		status_print_json(&s);
	else
		print_text(&s);
	status_free(&s);
	kern_close(k);
	return !err && all_owned(&s) ? 0 : 1;
}

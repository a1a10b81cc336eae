/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status as JSON; scripts rely on these keys (ip-takeover-ctl.8). */
#include <json-c/json.h>
#include <net/if.h>
#include <stdio.h>
#include "base/json_text.h"
#include "base/mac.h"
#include "base/route.h"
#include "core/names.h"
#include "status.h"

static void put(struct json_object *o, const char *key, struct json_object *value)
{
	(void)json_object_object_add(o, key, value);
}

static void put_text(struct json_object *o, const char *key, const char *text)
{
	put(o, key, text && *text ? json_text(text, strlen(text)) : NULL);
}

static void put_number(struct json_object *o, const char *key, uint64_t value)
{
	put(o, key, json_object_new_uint64(value));
}

static void put_bool(struct json_object *o, const char *key, bool value)
{
	put(o, key, json_object_new_boolean(value));
}

static struct json_object *addresses(const struct vip_list *list)
{
	struct json_object *a = json_object_new_array();
	char text[STATUS_ADDR_LEN];
	uint32_t i;

	for (i = 0; i < list->n; i++) {
		status_addr(list, i, text);
		(void)json_object_array_add(a, json_object_new_string(text));
	}
	return a;
}

static struct json_object *routes(const struct route_list *list, bool rules)
{
	struct json_object *a = json_object_new_array(), *o;
	char text[ROUTE_TEXT];

	for (uint32_t i = 0; i < list->n; i++) {
		const struct ipt_route_mark *m = &list->mark[i];

		if (route_is_rule(&list->route[i]) != rules)
			continue;
		o = json_object_new_object();
		put_text(o, rules ? "rule" : "route", route_text(&list->route[i], text));
		put_text(o, "state",
			 m->flags & IPT_ROUTE_ADDED    ? "ours"
			 : m->flags & IPT_ROUTE_THEIRS ? "theirs"
						       : "none");
		(void)json_object_array_add(a, o);
	}
	return a;
}

static struct json_object *interfaces_of(const struct vip_list *list)
{
	struct json_object *a = json_object_new_array();
	char name[IF_NAMESIZE];
	uint32_t i;

	for (i = 0; i < list->n; i = vips_same_iface(list, i)) {
		if (!if_indextoname(list->addrs[i].ifindex, name))
			(void)snprintf(name, sizeof(name), "#%u", list->addrs[i].ifindex);
		(void)json_object_array_add(a, json_object_new_string(name));
	}
	return a;
}

static struct json_object *announce(const struct ipt_report *r)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "via", names_announce(r->announce_via));
	put_text(o, "why", r->announce_why);
	return o;
}

static struct json_object *selftest(const struct ipt_report *r)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "result", names_selftest(r->selftest));
	put_number(o, "time_ns", r->selftest_ns);
	put_number(o, "rtt_ns", r->selftest_rtt_ns);
	return o;
}

static struct json_object *rival(const struct status_group *g)
{
	struct json_object *o;
	char mac[MAC_TEXT];

	if (!g->rival_ns)
		return NULL;
	o = json_object_new_object();
	mac_text(g->rival_mac, mac);
	put_text(o, "mac", mac);
	put_text(o, "by", g->rival_v6 ? "nd" : "arp");
	put_number(o, "time_ns", g->rival_ns);
	return o;
}

static struct json_object *tracks(const struct ipt_report *r)
{
	struct json_object *o = json_object_new_object();

	put_number(o, "count", r->tracks);
	put_number(o, "failed", r->tracks_failed);
	put_text(o, "text", r->track_text);
	return o;
}

static struct json_object *group(const struct status_group *g)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "name", g->name);
	put_text(o, "state", g->state);
	put_text(o, "owner", g->owner);
	put_number(o, "term", g->term);
	put_text(o, "phase", g->phase);
	put_text(o, "lease", g->lease);
	put_number(o, "lease_remaining_ns", g->remaining_ns);
	put(o, "addresses", addresses(&g->list));
	put(o, "interfaces", interfaces_of(&g->list));
	put(o, "routes", routes(&g->routes, false));
	put(o, "rules", routes(&g->routes, true));
	put_bool(o, "managed", g->managed);
	put_number(o, "priority", g->report.priority);
	put_bool(o, "drained", g->drained);
	put_number(o, "drain_remaining_ns", g->drain_ns);
	put(o, "rival", rival(g));
	put(o, "tracks", tracks(&g->report));
	put_text(o, "reason", g->report.reason);
	put_number(o, "late_ns", g->report.late_ns);
	put(o, "announce", announce(&g->report));
	put(o, "selftest", selftest(&g->report));
	return o;
}

static struct json_object *path(const struct status_path *p)
{
	struct json_object *o = json_object_new_object();
	char ip[ADDR_TEXT];

	put_text(o, "address", addr_text(&p->ip, ip));
	put_text(o, "interface", p->interface);
	put_text(o, "state", p->up ? "up" : "down");
	put(o, "last_heard_ns", p->last_ns ? json_object_new_uint64(p->last_ns) : NULL);
	put_number(o, "frames", p->frames);
	return o;
}

static struct json_object *key(const struct status_key *k)
{
	struct json_object *o = json_object_new_object();

	put_number(o, "kid", k->kid);
	put(o, "used_ns", k->used_ns ? json_object_new_uint64(k->used_ns) : NULL);
	put_bool(o, "retired", k->retired);
	return o;
}

static struct json_object *membership(const struct status *s)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "mode", !s->members ? NULL : s->quorum ? "quorum" : "pair");
	put_number(o, "members", s->members);
	put(o, "votes_needed", s->votes ? json_object_new_uint64(s->votes) : NULL);
	put_bool(o, "witness", s->witness);
	return o;
}

static struct json_object *peer(const struct status_peer *p)
{
	struct json_object *o = json_object_new_object(), *paths = json_object_new_array();

	for (uint32_t i = 0; i < p->npaths; i++)
		(void)json_object_array_add(paths, path(&p->paths[i]));

	put_text(o, "name", p->name);
	put_text(o, "state", p->up ? "up" : "down");
	put(o, "last_heard_ns", p->last_ns ? json_object_new_uint64(p->last_ns) : NULL);
	put(o, "silence_ns", p->last_ns ? json_object_new_uint64(p->silence_ns) : NULL);
	put_bool(o, "witness", p->witness);
	put(o, "key", p->key ? json_object_new_int(p->key) : NULL);
	put(o, "paths", paths);
	return o;
}

static struct json_object *interface(const struct status_iface *i)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "name", i->record.name);
	put_text(o, "mode", i->record.flags & IPT_IF_NATIVE ? "native" : "generic");
	put_bool(o, "chained", i->record.flags & IPT_IF_CHAINED);
	put_text(o, "on", i->on[0] ? i->on : i->record.name);
	put_bool(o, "healthy", i->healthy);
	return o;
}

static struct json_object *alarm_entry(const struct status_alarm *a)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "kind", status_alarm_word(a->kind));
	put_text(o, "group", a->group);
	put_text(o, "text", a->text);
	return o;
}

static struct json_object *counters(const struct status *s)
{
	struct json_object *o = json_object_new_object();
	uint32_t i;

	for (i = 0; i < CNT_MAX; i++)
		put_number(o, names_counter(i), s->counters[i]);
	return o;
}

static struct json_object *lists(const struct status *s, struct json_object *o)
{
	struct json_object *groups = json_object_new_array(), *peers = json_object_new_array();
	struct json_object *ifaces = json_object_new_array(), *alarms = json_object_new_array();
	struct json_object *keys = json_object_new_array();
	uint32_t i;

	for (i = 0; i < s->ngroups; i++)
		(void)json_object_array_add(groups, group(&s->groups[i]));
	for (i = 0; i < s->npeers; i++)
		(void)json_object_array_add(peers, peer(&s->peers[i]));
	for (i = 0; i < s->nifaces; i++)
		(void)json_object_array_add(ifaces, interface(&s->ifaces[i]));
	for (i = 0; i < s->nalarms; i++)
		(void)json_object_array_add(alarms, alarm_entry(&s->alarms[i]));
	for (i = 0; i < s->nkeys; i++)
		(void)json_object_array_add(keys, key(&s->keys[i]));
	put(o, "groups", groups);
	put(o, "peers", peers);
	put(o, "interfaces", ifaces);
	put(o, "alarms", alarms);
	put(o, "keys", keys);
	return o;
}

void status_print_json(const struct status *s)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "instance", s->instance);
	put_text(o, "node", s->node);
	put_bool(o, "daemon", s->daemon);
	put_number(o, "now_ns", s->now_ns);
	put(o, "quorum", membership(s));
	put(lists(s, o), "counters", counters(s));
	(void)puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							     JSON_C_TO_STRING_SPACED |
							     JSON_C_TO_STRING_NOSLASHESCAPE));
	(void)json_object_put(o);
}

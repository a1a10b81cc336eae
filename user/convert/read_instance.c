/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns vrrp_instance and vrrp_sync_group. */
#include "read.h"

#include <string.h>
#include "known.h"
#include "say.h"
#include "value.h"

static void iface(struct host *h, void *into, const struct stmt *s)
{
	struct instance *i = into;

	if (!value_is_iface(stmt_word(s, 1))) {
		say(h, s, LOST, "no name of an interface");
		return;
	}
	i->iface = stmt_word(s, 1);
	say(h, s, KEPT, "interface");
}

static void vrid(struct host *h, void *into, const struct stmt *s)
{
	if (value_number(h, s, 1, 1, 255, &((struct instance *)into)->vrid))
		say(h, s, NEEDLESS, "groups are known by their names");
}

static void priority(struct host *h, void *into, const struct stmt *s)
{
	struct instance *i = into;

	if (!value_number(h, s, 1, 1, 255, &i->priority))
		return;
	if (i->priority == 255) {
		i->priority = 254;
		say(h, s, CHANGED,
		    "254: no host has the address for ever; take it off the interface");
	} else {
		say(h, s, KEPT, "priority");
	}
}

static void advert_int(struct host *h, void *into, const struct stmt *s)
{
	struct instance *i = into;

	value_seconds(h, s, &i->advert_us);
	say(h, s, CHANGED, "one heartbeat for all groups: interval in the section heartbeat");
}

static void nopreempt(struct host *h, void *into, const struct stmt *s)
{
	((struct instance *)into)->nopreempt = true;
	say(h, s, KEPT, "preempt = false");
}

static void preempt(struct host *h, void *into, const struct stmt *s)
{
	((struct instance *)into)->nopreempt = false;
	say(h, s, KEPT, "preempt = true");
}

static void preempt_delay(struct host *h, void *into, const struct stmt *s)
{
	struct instance *i = into;

	value_seconds(h, s, &i->delay_us);
	say(h, s, i->delay_us >= 5000000 ? KEPT : CHANGED, "preempt-delay%s",
	    i->delay_us >= 5000000 ? ""
				   : ": 5 s at least, so that an outage does not repeat itself");
}

static void refresh(struct host *h, void *into, const struct stmt *s)
{
	struct instance *i = into;

	value_seconds(h, s, &i->refresh_us);
	say(h, s, i->refresh_us && i->refresh_us < 15000000 ? KEPT : CHANGED,
	    "refresh: below 15 s, as neighbours forget; 10 s if nothing is said");
}

static void source_ip(struct host *h, void *into, const struct stmt *s)
{
	struct instance *i = into;

	i->source = value_host(h, stmt_word(s, 1));
	i->source_stmt = s;
	if (i->source)
		say(h, s, KEPT, "source of heartbeats, and address in the peers' files");
	else
		say(h, s, LOST, "heartbeats go to addresses of hosts, and none that is link-local");
}

static void unicast_peer(struct host *h, void *into, const struct stmt *block)
{
	struct instance *i = into;
	struct source *peer;
	const char *address;

	for (const struct stmt *s = block->child; s; s = s->next) {
		address = value_host(h, stmt_word(s, 0));
		if (!address) {
			say(h, s, LOST,
			    "heartbeats go to addresses of hosts, and none that is link-local");
			continue;
		}
		if (s->nwords > 1)
			say(h, s, NEEDLESS, "heartbeats are never routed");
		peer = arena_alloc(h->arena, sizeof(*peer));
		*peer = (struct source){.text = address, .stmt = s};
		APPEND(i->peers, peer);
		say(h, s, KEPT, "address of a peer");
	}
}

static void authentication(struct host *h, void *into, const struct stmt *block)
{
	(void)into;
	say_word(h, block, CHANGED,
		 "heartbeats are signed with the key file (KEY FILE in ip-takeover.conf(5))");
	for (const struct stmt *s = block->child; s; s = s->next)
		if (strncmp(stmt_word(s, 0), "auth_", 5))
			say_word(h, s, LOST, "a word that convert does not know");
		else
			say_word(h, s, NEEDLESS, "the key file takes its place");
}

static void use_vmac(struct host *h, void *into, const struct stmt *s)
{
	(void)into;
	say(h, s, LOST, "no virtual MAC address: the owner's own is announced");
}

static void vmac_xmit_base(struct host *h, void *into, const struct stmt *s)
{
	(void)into;
	say(h, s, NEEDLESS, "heartbeats leave by the interface itself");
}

static void vips(struct host *h, void *into, const struct stmt *block)
{
	struct instance *i = into;

	for (const struct stmt *s = block->child; s; s = s->next)
		read_vip(h, i, s);
}

void read_notify(struct host *h, void *into, const struct stmt *s)
{
	static const struct {
		const char *word;
		enum hook_kind kind;
	} kinds[] = {{"notify_master", HOOK_MASTER},
		     {"notify_backup", HOOK_BACKUP},
		     {"notify_fault", HOOK_FAULT},
		     {"notify", HOOK_ANY}};
	struct instance *i = into;
	struct notify *n = arena_alloc(h->arena, sizeof(*n));

	*n = (struct notify){.stmt = s, .command = value_line(h, stmt_word(s, 1)), .name = i->name};
	if (s->nwords > 2)
		n->user = value_user(h, s, 2);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (!strcmp(kinds[k].word, stmt_word(s, 0)))
			n->kind = kinds[k].kind;
	n->what = "INSTANCE";
	if (!*n->command)
		say(h, s, LOST, "no program behind it");
	else
		APPEND(i->notify, n);
}

static struct instance *start(struct host *h, const struct stmt *s)
{
	struct instance *i = arena_alloc(h->arena, sizeof(*i));

	*i = (struct instance){.stmt = s, .name = stmt_word(s, 1), .priority = 100};
	if (!s->block || !*i->name) {
		say(h, s, LOST, "it has no name or no block");
		return NULL;
	}
	return i;
}

/* What an instance and a sync group have alike: what is watched, and who is told. */
#define TRACKED_AND_TOLD                                                   \
	{"track_interface", read_track}, {"track_script", read_track},     \
		{"track_process", read_track}, {"track_file", read_track}, \
		{"notify", read_notify}, {"notify_master", read_notify},   \
		{"notify_backup", read_notify},                            \
	{                                                                  \
		"notify_fault", read_notify                                \
	}

void read_instance(struct host *h, void *unused, const struct stmt *s)
{
	static const struct known_reader readers[] = {
		{"interface", iface},
		{"virtual_router_id", vrid},
		{"priority", priority},
		{"advert_int", advert_int},
		{"nopreempt", nopreempt},
		{"preempt", preempt},
		{"preempt_delay", preempt_delay},
		{"garp_master_refresh", refresh},
		{"mcast_src_ip", source_ip},
		{"unicast_src_ip", source_ip},
		{"unicast_peer", unicast_peer},
		{"authentication", authentication},
		{"use_vmac", use_vmac},
		{"use_vmac_addr", use_vmac},
		{"vmac_xmit_base", vmac_xmit_base},
		{"virtual_ipaddress", vips},
		{"virtual_ipaddress_excluded", vips},
		{"virtual_routes", read_routes},
		{"virtual_rules", read_routes},
		TRACKED_AND_TOLD,
		{0},
	};
	struct instance *i = start(h, s);

	(void)unused;
	if (!i)
		return;
	known_read(h, i, s, INSTANCE, readers);
	APPEND(h->instances, i);
}

static void members(struct host *h, void *into, const struct stmt *block)
{
	struct instance *i = into;
	struct source *m;

	say(h, block, KEPT, "its instances become one group, which moves as one");
	for (const struct stmt *s = block->child; s; s = s->next)
		for (unsigned int w = 0; w < s->nwords; w++) {
			m = arena_alloc(h->arena, sizeof(*m));
			*m = (struct source){.text = s->words[w], .stmt = s};
			APPEND(i->members, m);
		}
}

static void own_weights(struct host *h, void *into, const struct stmt *s)
{
	((struct instance *)into)->own_weights = true;
	say(h, s, KEPT, "weights of the members' checks");
}

void read_sync(struct host *h, void *unused, const struct stmt *s)
{
	static const struct known_reader readers[] = {
		{"group", members},
		{"sync_group_tracking_weight", own_weights},
		TRACKED_AND_TOLD,
		{0},
	};
	struct instance *i = start(h, s);

	(void)unused;
	if (!i)
		return;
	known_read(h, i, s, SYNC, readers);
	for (struct notify *n = i->notify; n; n = n->next)
		n->what = "GROUP";
	APPEND(h->syncs, i);
}

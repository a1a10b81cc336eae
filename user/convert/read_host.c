/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the top of the file, and global_defs. */
#include "read.h"

#include <string.h>
#include "known.h"
#include "say.h"
#include "value.h"

static void router_id(struct host *h, void *into, const struct stmt *s)
{
	(void)into;
	h->router_id = stmt_word(s, 1);
	if (!*h->router_id)
		say(h, s, LOST, "no name behind it");
	else
		say(h, s, KEPT, "node, and the name of the file");
}

static void script_user(struct host *h, void *into, const struct stmt *s)
{
	(void)into;
	h->script_user = value_user(h, s, 1);
	if (!h->script_user)
		return;
	say(h, s, s->nwords > 2 ? CHANGED : KEPT, "user of each check and of notify%s",
	    s->nwords > 2 ? ", with the groups of that user" : "");
}

static void default_interface(struct host *h, void *into, const struct stmt *s)
{
	(void)into;
	if (!value_is_iface(stmt_word(s, 1))) {
		say(h, s, LOST, "no name of an interface");
		return;
	}
	h->default_iface = stmt_word(s, 1);
	say(h, s, KEPT, "interface of what names none");
}

static void startup_delay(struct host *h, void *into, const struct stmt *s)
{
	(void)into;
	value_seconds(h, s, &h->startup_us);
	if (h->startup_us > 3600000000u) {
		h->startup_us = 3600000000u;
		say(h, s, CHANGED, "hold-off: 60 minutes at most");
	} else if (h->startup_us) {
		say(h, s, KEPT, "hold-off: claims nothing that nobody owns for so long");
	}
}

static void garp_refresh(struct host *h, void *into, const struct stmt *s)
{
	(void)into;
	value_seconds(h, s, &h->refresh_us);
	say(h, s, h->refresh_us && h->refresh_us < 15000000 ? KEPT : CHANGED,
	    "refresh of each group: below 15 s, as neighbours forget; 10 s if nothing is said");
}

static void garp_interval(struct host *h, void *into, const struct stmt *s)
{
	(void)into;
	value_seconds(h, s, &h->garp_interval_us);
	say(h, s, CHANGED, "burst: so many announcements a second of each group");
}

static void globals(struct host *h, void *into, const struct stmt *s)
{
	static const struct known_reader readers[] = {
		{"router_id", router_id},
		{"script_user", script_user},
		{"default_interface", default_interface},
		{"vrrp_startup_delay", startup_delay},
		{"vrrp_garp_master_refresh", garp_refresh},
		{"vrrp_garp_interval", garp_interval},
		{"vrrp_gna_interval", garp_interval},
		{0},
	};

	known_read(h, into, s, GLOBAL, readers);
}

void read_host(struct host *h)
{
	static const struct known_reader readers[] = {
		{"global_defs", globals},
		{"vrrp_script", read_check},
		{"vrrp_track_process", read_check},
		{"track_process", read_check},
		{"vrrp_track_file", read_check},
		{"track_file", read_check},
		{"vrrp_instance", read_instance},
		{"vrrp_sync_group", read_sync},
		{0},
	};

	known_read(h, NULL, &h->tree.root, TOP, readers);
}

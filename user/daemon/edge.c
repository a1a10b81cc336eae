/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes edges as JSON lines and finds those that nobody reports: what differs since the last look. */
#include "edge.h"

#include <arpa/inet.h>
#include <json-c/json.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include "base/clock.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/mac.h"
#include "core/names.h"

static const struct {
	const char *key;
	size_t offset;
} text_fields[] = {
	{"group", offsetof(struct edge, group)},
	{"peer", offsetof(struct edge, peer)},
	{"track", offsetof(struct edge, track)},
	{"address", offsetof(struct edge, address)},
	{"interface", offsetof(struct edge, interface)},
	{"state", offsetof(struct edge, state)},
	{"from", offsetof(struct edge, from)},
	{"to", offsetof(struct edge, to)},
	{"mac", offsetof(struct edge, mac)},
	{"reason", offsetof(struct edge, reason)},
	{"text", offsetof(struct edge, text)},
};

/* Longer texts are cut: a line has its limit. */
#define EDGE_TEXT 256

static void put_text(struct json_object *o, const char *key, const char *text)
{
	if (text)
		(void)json_object_object_add(o, key, json_text(text, EDGE_TEXT - 1));
}

static void put_number(struct json_object *o, const char *key, uint64_t value)
{
	(void)json_object_object_add(o, key, json_object_new_uint64(value));
}

static const char *line_of(struct json_object *o)
{
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
							 JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Half a line is none; escapes may make six bytes of one. */
static void fit(struct json_object *o)
{
	if (strlen(line_of(o)) >= CONTROL_EDGE)
		json_object_object_del(o, "text");
}

static struct json_object *object_of(const struct edge *edge)
{
	struct json_object *o = json_object_new_object();

	put_number(o, "time_ns", clock_now_ns());
	put_text(o, "event", edge->event);
	for (unsigned int i = 0; i < sizeof(text_fields) / sizeof(*text_fields); i++) {
		const char *text;

		memcpy(&text, (const char *)edge + text_fields[i].offset, sizeof(text));
		put_text(o, text_fields[i].key, text);
	}
	if (edge->term)
		put_number(o, "term", edge->term);
	if (edge->silence_ns) {
		put_number(o, "silence_ns", edge->silence_ns);
		put_number(o, "late_ns", edge->late_ns);
	}
	if (edge->number)
		put_number(o, edge->event, edge->number);
	put_text(o, "owner", edge->owner);
	if (edge->ok != EDGE_UNSAID)
		(void)json_object_object_add(o, "ok",
					     json_object_new_boolean(edge->ok == EDGE_YES));
	return o;
}

void edge_tell(struct daemon *d, const struct edge *edge)
{
	struct json_object *o = object_of(edge);

	fit(o);
	control_tell(d->control, line_of(o));
	json_object_put(o);
}

void edge_alarm(struct daemon *d, const char *group, const char *fmt, ...)
{
	char text[EDGE_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_line("ALARM: %s%s%s%s", group ? "group " : "", group ? group : "", group ? ": " : "",
		 text);
	edge_tell(d, &(struct edge){.event = "alarm", .group = group, .text = text});
}

void edge_over(struct daemon *d, const char *group, const char *text)
{
	log_line("%s%s%sover: %s", group ? "group " : "", group ? group : "", group ? ": " : "",
		 text);
	edge_tell(d,
		  &(struct edge){.event = "alarm", .group = group, .text = text, .ok = EDGE_YES});
}

static const char *node_name(const struct daemon *d, uint8_t node)
{
	if (node == d->cfg.id)
		return d->cfg.node;
	for (uint32_t i = 0; i < d->cfg.npeers; i++)
		if (d->cfg.peers[i].id == node)
			return d->cfg.peers[i].name;
	return NULL;
}

void edge_state(struct daemon *d, const struct core_effect *fx)
{
	uint8_t owner = core_owner(&d->core, fx->group, clock_now_ns());

	edge_tell(d, &(struct edge){
			     .event = "state",
			     .group = d->cfg.groups[fx->group].name,
			     .from = names_state(fx->state.from),
			     .to = names_state(fx->state.to),
			     .reason = core_reason_text(fx->state.reason),
			     .term = EPOCH_TERM(fx->state.epoch),
			     .silence_ns = fx->state.silence_ns,
			     .late_ns = d->core.late_ns,
			     .owner = owner ? node_name(d, owner) : NULL,
		     });
}

void edge_rival(struct daemon *d, uint32_t group, const uint8_t mac[6], const struct ipt_addr *addr)
{
	char text[MAC_TEXT];

	mac_text(mac, text);
	log_line("ALARM: group %s: %s says by %s that it has a floating address",
		 d->cfg.groups[group].name, text,
		 ipt_addr_is_v4(addr) ? "ARP" : "neighbour discovery");
	edge_tell(d, &(struct edge){.event = "rival",
				    .group = d->cfg.groups[group].name,
				    .mac = text});
}

/* Up and down as `status` has them: silent for G of the peer's longest lease is down. */
static bool heard(const struct daemon *d, uint32_t peer, uint64_t last_ns, uint64_t now_ns)
{
	return last_ns && !peer_silent(last_ns, now_ns, d->core.peer[peer].g_ns);
}

/* What the process before has told is no news. */
static void know_peers(struct daemon *d)
{
	uint64_t now_ns = clock_now_ns();
	struct ipt_peer record;

	for (uint32_t i = 0; i < d->cfg.npeers; i++)
		d->told.peer_up[i] =
			!kern_peer_get(d->k, i, &record) && heard(d, i, record.last_ns, now_ns);
	for (uint32_t i = 0; i < d->plan.npaths; i++)
		d->told.path_up[i] =
			heard(d, d->plan.paths[i].peer, kern_paths(d->k)[i].last_ns, now_ns);
}

void edge_birth(struct daemon *d)
{
	bool good = !d->heir_trouble[0];
	struct json_object *o;

	if (!d->heir_by)
		return;
	o = object_of(&(struct edge){.event = d->heir_by,
				     .ok = good ? EDGE_YES : EDGE_NO,
				     .text = good ? NULL : d->heir_trouble});
	fit(o);
	control_tell_birth(d->control, line_of(o));
	json_object_put(o);
	know_peers(d);
}

void edge_started(struct daemon *d)
{
	/* Whoever took another's place has said so. */
	if (d->heir_by)
		return;
	log_line("started: programs, gates and sockets are there, a heartbeat is built");
	edge_tell(d, &(struct edge){.event = "started", .text = d->cfg.node});
}

static void look_at_path(struct daemon *d, uint32_t i, uint64_t now_ns)
{
	const volatile struct ipt_path *path = &kern_paths(d->k)[i];
	uint32_t peer = d->plan.paths[i].peer;
	bool up = heard(d, peer, path->last_ns, now_ns);
	char address[ADDR_TEXT], interface[IF_NAMESIZE];

	if (up == d->told.path_up[i])
		return;
	d->told.path_up[i] = up;
	edge_tell(d, &(struct edge){
			     .event = "path",
			     .peer = d->cfg.peers[peer].name,
			     .address = addr_text(&d->plan.paths[i].to.ip, address),
			     .interface = if_indextoname(path->ifindex, interface),
			     .state = up ? "up" : "down",
		     });
}

void edge_look(struct daemon *d, uint64_t now_ns)
{
	for (uint32_t i = 0; i < d->plan.npaths; i++)
		look_at_path(d, i, now_ns);
	for (uint32_t i = 0; i < d->cfg.npeers; i++) {
		bool up = heard(d, i, d->core.peer[i].last_ns, now_ns);

		if (up == d->told.peer_up[i])
			continue;
		d->told.peer_up[i] = up;
		edge_tell(d, &(struct edge){.event = "peer",
					    .peer = d->cfg.peers[i].name,
					    .state = up ? "up" : "down"});
	}
}

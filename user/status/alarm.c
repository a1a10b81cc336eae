/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a person should look at, found in what was collected. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/mac.h"
#include "core/differ.h"
#include "status_int.h"

#define RIVAL_FRESH_NS 60000000000ull
#define REPORT_STALE_NS 3000000000ull /* the daemon writes its reports every second */

#define ALARM_WORD(kind, word) [ALARM_##kind] = word,
static const char *const alarm_words[] = {STATUS_ALARM_KINDS(ALARM_WORD)};

const char *status_alarm_word(enum status_alarm_kind kind)
{
	return alarm_words[kind];
}

bool status_report_stale(const struct status *s, const struct status_group *g)
{
	return s->now_ns > g->report.updated_ns + REPORT_STALE_NS;
}

void status_alarm(struct status *s, enum status_alarm_kind kind, const char *group, const char *fmt,
		  ...)
{
	struct status_alarm *alarm;
	va_list ap;

	if (s->nalarms == STATUS_MAX_ALARMS)
		return;
	alarm = &s->alarms[s->nalarms++];
	alarm->kind = kind;
	(void)snprintf(alarm->group, sizeof(alarm->group), "%s", group);
	va_start(ap, fmt);
	(void)vsnprintf(alarm->text, sizeof(alarm->text), fmt, ap);
	va_end(ap);
}

static void alarm_rival(struct status *s, const struct status_group *g)
{
	char mac[MAC_TEXT];

	if (!g->rival_ns || s->now_ns > g->rival_ns + RIVAL_FRESH_NS)
		return;
	mac_text(g->rival_mac, mac);
	status_alarm(s, ALARM_RIVAL, g->name,
		     "%s, which is no member, said by %s that it has an address of it", mac,
		     g->rival_v6 ? "neighbour discovery" : "ARP");
}

void status_alarms_of(struct status *s, const struct status_group *g)
{
	const struct ipt_report *r = &g->report;
	char mac[MAC_TEXT];

	switch ((enum ipt_selftest)r->selftest) {
	case SELFTEST_NONE:
	case SELFTEST_OK:
		break;
	case SELFTEST_SILENT:
		status_alarm(s, ALARM_SELFTEST, g->name,
			     "self-test: nobody answers for its first address");
		break;
	case SELFTEST_LATE:
		status_alarm(s, ALARM_SELFTEST, g->name, "self-test: the answer came after %.1f ms",
			     (double)r->selftest_rtt_ns / 1e6);
		break;
	case SELFTEST_FOREIGN:
		mac_text(r->selftest_mac, mac);
		status_alarm(s, ALARM_SELFTEST, g->name,
			     "self-test: %s answers, which is not the owner", mac);
		break;
	}
	if (s->daemon && r->state == HB_FAULT)
		status_alarm(s, ALARM_FAULT, g->name, "fault: %s", r->reason);
	if (s->daemon && r->tracks_failed)
		status_alarm(s, ALARM_CHECK, g->name, "check failed: %s", r->track_text);
	if (s->daemon && r->notes & IPT_NOTE_SERVED)
		status_alarm(s, ALARM_SERVED, g->name,
			     "no heartbeats come, but somebody answers for its address");
	if (s->daemon && r->notes & IPT_NOTE_PLACE)
		status_alarm(s, ALARM_PLACE, g->name,
			     "an address lies on its interface already, put there by somebody "
			     "else");
	if (s->daemon && r->notes & IPT_NOTE_AMISS)
		status_alarm(s, ALARM_AMISS, g->name,
			     "an address lies on another interface of this host, put there by "
			     "somebody else");
	if (s->daemon && r->notes & IPT_NOTE_STACK)
		status_alarm(s, ALARM_STACK, g->name,
			     "traffic for its first address is not served by this host's kernel");
	for (uint32_t i = 0; s->daemon && i < s->npeers; i++)
		if (r->missed >> i & 1)
			status_alarm(s, ALARM_MISSED, g->name,
				     "heartbeats of %s reach this host past our ingress program, "
				     "which hears none",
				     s->peers[i].name);
	alarm_rival(s, g);
	if (s->daemon && g->managed && status_report_stale(s, g))
		status_alarm(s, ALARM_DAEMON_SILENT, g->name,
			     "its daemon has been silent for %.1f s: stopped or starved",
			     (double)(s->now_ns - r->updated_ns) / 1e9);
	if (!s->daemon && g->managed)
		status_alarm(s, ALARM_DAEMON_DEAD, g->name, "its daemon does not run");
}

/* Two hosts that refuse each other's heartbeats both believe to be alone: say so, and why. */
void status_alarm_refused(struct status *s)
{
	const uint64_t *n = s->counters;
	const char *why = n[CNT_hb_badtag]	  ? "wrong tag: not the same key"
			  : n[CNT_hb_unknown_key] ? "unknown key number: no key in common"
			  : n[CNT_hb_stranger]	  ? "no peer has their address and number"
						  : NULL;

	for (uint32_t i = 0; why && i < s->npeers; i++)
		if (!s->peers[i].up)
			status_alarm(s, ALARM_REFUSED, "",
				     "%s is not heard, and heartbeats are refused: %s",
				     s->peers[i].name, why);
}

/* Heartbeats flow all the same: XDP takes them in, and packet sockets send them. */
void status_alarm_port(struct collect *c)
{
	if (c->s->daemon && c->self.flags & IPT_SELF_NO_PORT)
		status_alarm(c->s, ALARM_PORT, "", "another program has the heartbeat port %u/udp",
			     ntohs(c->self.port_be16));
}

/* A peer is heard as long as one way to it works: the others must not fail unseen. */
void status_alarm_paths(struct status *s)
{
	char ip[ADDR_TEXT];

	for (uint32_t i = 0; i < s->npeers; i++)
		for (uint32_t p = 0; s->peers[i].up && p < s->peers[i].npaths; p++) {
			if (s->peers[i].paths[p].up)
				continue;
			status_alarm(s, ALARM_PATH, "", "%s is not heard from %s on %s",
				     s->peers[i].name, addr_text(&s->peers[i].paths[p].ip, ip),
				     s->peers[i].paths[p].interface);
		}
}

static void alarm_differ(struct collect *c, const struct differ_ours *ours, uint32_t peer)
{
	struct differ differ;
	char text[160];

	differ_find(ours, &c->heard[peer].beat, &differ);
	for (unsigned int kind = 0; kind < DIFFER_KINDS; kind++) {
		differ_text(kind, c->s->peers[peer].name, text, sizeof(text));
		for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++) {
			if (!(differ.bits[kind] >> i & 1))
				continue;
			if (kind == DIFFER_MORE)
				status_alarm(c->s, ALARM_DIFFER, "", "%s: %u", text, differ.more);
			else
				status_alarm(c->s, ALARM_DIFFER,
					     differ_is_of_group(kind) ? ours->group[i].name : "",
					     "%s", text);
		}
	}
}

static void our_side(const struct collect *c, struct differ_ours *ret)
{
	struct ipt_group group;

	*ret = (struct differ_ours){.cfg_hash = c->self.cfg_hash, .cfg_prev = c->self.cfg_prev};
	for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++) {
		struct differ_group *to = &ret->group[ret->ngroups];

		if (kern_group_get(c->k, i, &group) || !group.name[0] || !group.managed)
			continue;
		to->wire_id = group.wire_id;
		to->addr_mark = group.addr_mark;
		memcpy(to->name, group.name, sizeof(to->name));
		ret->ngroups++;
	}
}

void status_alarm_members(struct collect *c)
{
	struct differ_ours ours;

	our_side(c, &ours);
	for (uint32_t i = 0; i < c->s->npeers; i++) {
		if (!c->heard[i].up && c->heard[i].hello)
			status_alarm(
				c->s, ALARM_UNPROVEN, "",
				"heartbeats of %s come that prove nothing: it counts as dead, and "
				"does not hear this host, or somebody sends what he has recorded",
				c->s->peers[i].name);
		if (!c->heard[i].up)
			continue;
		if (!c->heard[i].proven)
			status_alarm(c->s, ALARM_UNHEARD, "",
				     "%s is heard, but does not hear this host, or refuses what it "
				     "hears",
				     c->s->peers[i].name);
		else
			alarm_differ(c, &ours, i);
	}
}

void status_alarm_odd(struct status *s)
{
	char text[ODD_TEXT];

	for (uint32_t i = 0; i < s->npeers; i++)
		for (unsigned int kind = 0; kind < ODD_KINDS; kind++) {
			const struct odd *odd = &s->peers[i].odd[kind];
			const char *whose = NULL;

			if (!odd->seen_ns || peer_silent(odd->seen_ns, s->now_ns, ODD_FRESH_NS))
				continue;
			for (uint32_t k = 0; k < s->npeers; k++)
				if (s->peers[k].node == odd->node)
					whose = s->peers[k].name;
			odd_text(kind, s->peers[i].name, odd->node, whose, text);
			status_alarm(s, ALARM_ODD, "", "%s", text);
		}
}

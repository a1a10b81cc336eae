/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What clients of the control socket ask for, checked against the configuration, as events for the core. */
#include "requests.h"

#include <stdio.h>
#include <string.h>
#include "edge.h"
#include "queue.h"
#include "heir.h"

_Static_assert(IPT_MAX_GROUPS <= 64, "a waiting request has one bit a group");

__attribute__((format(printf, 4, 5))) static void answer(struct daemon *d, uint32_t client, bool ok,
							 const char *fmt, ...)
{
	struct control_answer a = {.client = client, .ok = ok};
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(a.text, sizeof(a.text), fmt, ap);
	va_end(ap);
	control_answer(d->control, &a);
}

/* Every group that the request means, one bit each; 0: refused. */
static uint64_t find_groups(struct daemon *d, const struct control_request *req)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		if (req->group[0] && !strcmp(d->cfg.groups[i].name, req->group))
			return 1ull << i;
		all |= 1ull << i;
	}
	if (req->group[0]) {
		answer(d, req->client, false, "no such group in the daemon's configuration: '%s'",
		       req->group);
		return 0;
	}
	if (req->command == CONTROL_DRAIN || req->command == CONTROL_UNDRAIN)
		return all;
	answer(d, req->client, false, "a group must be named");
	return 0;
}

/* The node that `release` names: 0 where it names none. False: refused. */
static bool find_member(struct daemon *d, const struct control_request *req, uint8_t *ret)
{
	*ret = 0;
	if (!req->to[0])
		return true;
	if (!strcmp(req->to, d->cfg.node)) {
		answer(d, req->client, false, "'%s' is this node itself", req->to);
		return false;
	}
	for (uint32_t i = 0; i < d->cfg.npeers; i++) {
		if (strcmp(req->to, d->cfg.peers[i].name))
			continue;
		*ret = d->cfg.peers[i].id;
		if (d->cfg.peers[i].witness)
			answer(d, req->client, false, "'%s' is a witness: it owns nothing",
			       req->to);
		return !d->cfg.peers[i].witness;
	}
	answer(d, req->client, false, "no such member: '%s'", req->to);
	return false;
}

/* Numbers are new for each request, and never 0. */
static uint32_t next_ask(struct daemon *d)
{
	d->requests.last_ask = d->requests.last_ask == UINT32_MAX ? 1 : d->requests.last_ask + 1;
	return d->requests.last_ask;
}

/* The client hears when the core has replied for each of the groups. */
static void wait_for(struct daemon *d, uint64_t groups, uint32_t client, struct core_event ev)
{
	bool room = queue_has_room(d, d->cfg.ngroups);

	if (d->core.stop_until_ns) {
		answer(d, client, false, "the daemon is ending");
		return;
	}
	for (unsigned int i = 0; i < REQUESTS_MAX && room; i++) {
		if (d->requests.wait[i].client)
			continue;
		ev.request.ask = next_ask(d);
		d->requests.wait[i] = (struct request_wait){.client = client,
							    .ask = ev.request.ask,
							    .asked = ev.type,
							    .groups = groups};
		for (ev.group = 0; ev.group < d->cfg.ngroups; ev.group++)
			if (groups & 1ull << ev.group)
				queue_put(d, ev);
		return;
	}
	answer(d, client, false, "too many requests are waiting");
}

static void announce(struct daemon *d, const struct control_request *req, uint64_t groups)
{
	uint32_t i = (uint32_t)__builtin_ctzll(groups);

	if (d->core.group[i].state != HB_OWNER) {
		answer(d, req->client, false, "group '%s' is not ours to announce", req->group);
		return;
	}
	announcer_again(d->announcer, d->groups[i].index);
	answer(d, req->client, true, CONTROL_DONE);
}

static void set_priority(struct daemon *d, const struct control_request *req, uint64_t groups)
{
	uint32_t i = (uint32_t)__builtin_ctzll(groups);

	checks_priority(d, i, req->priority);
	report_write(d, i);
	answer(d, req->client, true, CONTROL_DONE);
}

/* CORE_EV_LOOK: it is none of the core's business. */
static enum core_event_type event_of(enum control_command command)
{
	switch (command) {
	case CONTROL_TAKE:
		return CORE_EV_TAKE;
	case CONTROL_RELEASE:
		return CORE_EV_RELEASE;
	case CONTROL_DRAIN:
		return CORE_EV_STAY_OUT;
	case CONTROL_UNDRAIN:
		return CORE_EV_COME_BACK;
	case CONTROL_ANNOUNCE:
	case CONTROL_PRIORITY:
	case CONTROL_DETACH:
	case CONTROL_RELOAD:
	case CONTROL_UPGRADE:
	case CONTROL_EVENTS:
	case CONTROL_COMMANDS:
		break;
	}
	return CORE_EV_LOOK;
}

static void take_group_request(struct daemon *d, const struct control_request *req)
{
	struct core_event ev = {.request.force = req->force};
	uint64_t groups = find_groups(d, req);

	if (!groups || !find_member(d, req, &ev.request.to_node))
		return;
	if (d->cfg.witness) {
		answer(d, req->client, false, "this node is a witness: it only votes");
		return;
	}
	ev.type = event_of(req->command);
	if (req->command == CONTROL_ANNOUNCE)
		announce(d, req, groups);
	else if (req->command == CONTROL_PRIORITY)
		set_priority(d, req, groups);
	else
		wait_for(d, groups, req->client, ev);
}

/* The first one ends the daemon; a second stop would cut its drains short. */
static void take_detach(struct daemon *d, uint32_t client)
{
	if (d->requests.nstop == REQUESTS_MAX) {
		answer(d, client, false, "too many requests are waiting");
		return;
	}
	d->requests.stop_client[d->requests.nstop++] = client;
	if (!d->core.stop_until_ns && !queue_has(d, CORE_EV_STOP))
		queue_put(d, (struct core_event){.type = CORE_EV_STOP});
}

void requests_take(struct daemon *d, const struct control_request *req)
{
	switch (req->command) {
	case CONTROL_DETACH:
		take_detach(d, req->client);
		break;
	case CONTROL_RELOAD:
		heir_reload(d, req->client);
		break;
	case CONTROL_UPGRADE:
		heir_upgrade(d, req->client);
		break;
	case CONTROL_TAKE:
	case CONTROL_RELEASE:
	case CONTROL_ANNOUNCE:
	case CONTROL_DRAIN:
	case CONTROL_UNDRAIN:
	case CONTROL_PRIORITY:
		take_group_request(d, req);
		break;
	case CONTROL_EVENTS:
	case CONTROL_COMMANDS:
		break;
	}
}

/* Its own number; or an end of what it, and perhaps others, asked for. A drain ends as a release does. */
static bool is_meant(const struct request_wait *w, const struct core_effect *fx)
{
	if (!w->client || !(w->groups & 1ull << fx->group))
		return false;
	if (fx->reply.ask)
		return w->ask == fx->reply.ask;
	return w->asked == fx->reply.of ||
	       (w->asked == CORE_EV_STAY_OUT && fx->reply.of == CORE_EV_RELEASE);
}

/* NULL: nothing is amiss. A group that was given up and has no owner now is not what was asked for. */
static const char *trouble(enum core_event_type asked, const struct core_effect *fx)
{
	if (fx->reply.reason == CORE_R_NO_GRANT && asked == CORE_EV_RELEASE)
		return "released, but nobody took it in time";
	if (fx->reply.reason == CORE_R_NO_GRANT && asked == CORE_EV_STAY_OUT)
		return "drained, but nobody took it in time";
	return fx->reply.done ? NULL : core_reason_text(fx->reply.reason);
}

static void reply(struct daemon *d, struct request_wait *w, const struct core_effect *fx)
{
	const char *text = trouble(w->asked, fx);

	w->groups &= ~(1ull << fx->group);
	/* Of several groups the first that fails is told; the others are done all the same. */
	if (text && !w->refused[0])
		(void)snprintf(w->refused, sizeof(w->refused), "group '%s': %s",
			       d->cfg.groups[fx->group].name, text);
	if (w->groups)
		return;
	answer(d, w->client, !w->refused[0], "%s", w->refused[0] ? w->refused : CONTROL_DONE);
	w->client = 0;
}

void requests_reply(struct daemon *d, const struct core_effect *fx)
{
	for (unsigned int i = 0; i < REQUESTS_MAX; i++)
		if (is_meant(&d->requests.wait[i], fx))
			reply(d, &d->requests.wait[i], fx);
}

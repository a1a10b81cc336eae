/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What clients of the control socket ask for, checked against the configuration, as events for the core. */
#include "requests.h"

#include <stdio.h>
#include <string.h>

static void refuse(struct daemon *d, uint32_t client, const char *text, const char *group)
{
	struct control_answer answer = {.client = client};

	(void)snprintf(answer.text, sizeof(answer.text), text, group);
	control_answer(d->control, &answer);
}

static void wait_for(struct daemon *d, uint32_t group, uint32_t client, struct core_event ev)
{
	uint32_t *waiting = d->groups[group].waiting;

	for (unsigned int i = 0; i < 4; i++)
		if (!waiting[i]) {
			waiting[i] = client;
			apply_queue(d, ev);
			return;
		}
	refuse(d, client, "group '%s': too many requests are waiting", d->cfg.groups[group].name);
}

void requests_take(struct daemon *d, const struct control_request *req)
{
	struct control_answer done = {.client = req->client, .ok = true, .text = "announced"};
	struct core_event ev = {.type = CORE_EV_TAKE, .ok = req->force};
	uint32_t i;

	if (req->command == CONTROL_DETACH) {
		d->stop_client = req->client;
		apply_queue(d, (struct core_event){.type = CORE_EV_STOP});
		return;
	}
	for (i = 0; i < d->cfg.ngroups; i++)
		if (!strcmp(d->cfg.groups[i].name, req->group))
			break;
	if (i == d->cfg.ngroups) {
		refuse(d, req->client, "no such group in the daemon's configuration: '%s'",
		       req->group);
		return;
	}
	ev.group = i;
	if (req->command == CONTROL_ANNOUNCE) {
		if (d->core.group[i].state != HB_OWNER) {
			refuse(d, req->client, "group '%s' is not ours to announce", req->group);
			return;
		}
		announcer_again(d->announcer, d->groups[i].index);
		control_answer(d->control, &done);
		return;
	}
	if (req->command == CONTROL_RELEASE)
		ev.type = CORE_EV_RELEASE;
	wait_for(d, i, req->client, ev);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the announcer only: one group's addresses of one family on one interface, from plan to wire. */
#ifndef IPT_ANNOUNCE_TASK_H
#define IPT_ANNOUNCE_TASK_H

#include "announce.h"
#include "announce_rule.h"

#define ANNOUNCE_BATCH 64 /* frames between two looks at the lease */

struct announce_task {
	struct announce_task *next;
	uint32_t group, slot;
	uint64_t epoch;
	uint32_t ifindex;
	bool v6;
	int fd;
	bool defence; /* of one address, besides the task of its group: ends with its burst */
	bool relinquish; /* announces `owner_mac` */
	uint8_t owner_mac[6];
	uint64_t again_ns; /* relinquishing: when its second round begins; PACE_NEVER: it has */
	struct pace plan;
	uint64_t load_mpps; /* refresh that all tasks on this interface want (announce_rule.h) */
	uint32_t chunk; /* frames at a time once a round's head has left */
	uint32_t drops; /* steps in a row of which nothing left */
	bool chosen; /* how the bulk goes */
	enum ipt_announce_via via;
	char why[64];
	struct ipt_announce_entry *list; /* plan.addrs of them */
};

/* One task for each interface and family of the order, their bursts begun at `now_ns`; *ret NULL: no addresses. */
int announce_tasks_make(struct announce_task **ret, struct kern *k,
			const struct announce_order *order, uint32_t rounds, uint64_t now_ns,
			struct err *e);
void announce_tasks_free(struct announce_task *list);
/* A burst of one of the task's addresses; -ENOENT: it has no such. */
int announce_task_defend(struct announce_task **ret, const struct announce_task *task,
			 const struct ipt_addr *ip, uint64_t now_ns);

/*
 * Sends what is due. 0; -ESTALE: lease, slot or epoch are no longer the task's, it must end; another
 * -errno: nothing can be sent at all; -ESTALE as well once a defence has said all. *next_ns: when to call again, PACE_NEVER when all is said.
 */
int announce_task_step(struct kern *k, struct announce_task *task, uint64_t *next_ns);
/* Says R or not from now on, as the maps have it, in a burst if that is new. */
void announce_task_router(struct kern *k, struct announce_task *task, uint64_t now_ns);
/* Is a round's head waiting to leave? Heads go before other groups' bulk. */
bool announce_task_urgent(const struct announce_task *task, uint64_t now_ns);

#endif

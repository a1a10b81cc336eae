/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Failure detection: one timer per peer that judges the silence between XDP's own receive stamps. */
#ifndef IPT_DETECT_H
#define IPT_DETECT_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/time.h>
#include "event.h"
#include "peer.h"

#define DETECT_MAX_LATE 2 /* looks that may come late in a row; the next one decides */

/* How long `rec` must be silent for the verdict of `stage`. */
static __always_inline __u64 detect_limit_ns(const struct ipt_self *me, const struct ipt_peer *rec,
					     __u32 stage)
{
	__u64 g_ns = peer_g_ns(me, rec);

	if (stage == STAGE_SILENT)
		return g_ns;
	return g_ns > me->ahead_ns ? g_ns - me->ahead_ns : 0;
}

/* Due at `due_ns`, or at once. Kernels before 6.4 have no absolute timers, so this takes `now_ns`. */
static __always_inline void detect_start(struct ipt_timer *t, __u64 due_ns, __u64 now_ns)
{
	t->due_ns = due_ns;
	if (bpf_timer_start(&t->timer, due_ns > now_ns ? due_ns - now_ns : 0, 0))
		count(CNT_timer_error);
}

static __always_inline void detect_verdict(const struct ipt_timer *t, __u32 peer, __u64 now_ns)
{
	int quiet = t->stage == STAGE_QUIET;
	struct ipt_event *ev;

	count(quiet ? CNT_timer_quiet : CNT_timer_silent);
	ev = event_begin(quiet ? IPT_EV_QUIET : IPT_EV_SILENT, now_ns);
	if (!ev)
		return;
	ev->due_ns = t->due_ns;
	ev->peer = peer;
	event_send(ev);
}

/* One look at the silence of `peer`. */
static __always_inline void detect_look(struct ipt_timer *t, __u32 peer, __u64 now_ns)
{
	__u32 zero = 0, index = peer;
	struct ipt_peer *rec = bpf_map_lookup_elem(&peers, &index);
	struct ipt_self *me = bpf_map_lookup_elem(&self, &zero);
	__u64 last_ns, due_ns;

	if (!rec || !rec->node || !me) /* no longer a peer: nobody waits for it */
		return;
	last_ns = *(volatile __u64 *)&rec->last_ns;
	if (!peer_silent(last_ns, now_ns, detect_limit_ns(me, rec, t->stage))) {
		t->stage = STAGE_QUIET;
		t->looks = 0;
		detect_start(t, last_ns + detect_limit_ns(me, rec, STAGE_QUIET), now_ns);
		return;
	}
	/* A look that comes late proves only that this host was asleep: frames may wait in its queues. */
	if (look_late(t->due_ns, now_ns, me->interval_ns / 2) && t->looks < DETECT_MAX_LATE) {
		t->looks++;
		count(CNT_timer_late);
		detect_start(t, now_ns + me->interval_ns, now_ns);
		return;
	}
	detect_verdict(t, peer, now_ns);
	t->looks = 0;
	if (t->stage == STAGE_SILENT)
		return;
	t->stage = STAGE_SILENT;
	due_ns = last_ns + detect_limit_ns(me, rec, STAGE_SILENT);
	detect_start(t, due_ns > now_ns ? due_ns : now_ns, now_ns);
}

static int detect_fire(void *map, __u32 *peer, struct ipt_timer *t)
{
	detect_look(t, *peer, bpf_ktime_get_boot_ns());
	return 0;
}

/* A frame of `peer` has come: its silence starts anew. */
static __always_inline void detect_arm(const struct ipt_self *me, const struct ipt_peer *rec,
				       __u32 peer, __u64 now_ns)
{
	struct ipt_timer *t = bpf_map_lookup_elem(&timers, &peer);
	long err;

	if (!t || !me->lease_ns)
		return;
	/* EBUSY: initialised before, as always but once. EPERM: nobody in user space holds the map. */
	err = bpf_timer_init(&t->timer, &timers, CLOCK_BOOTTIME);
	if (err && err != -EBUSY)
		goto failed;
	if (bpf_timer_set_callback(&t->timer, detect_fire))
		goto failed;
	t->stage = STAGE_QUIET;
	t->looks = 0;
	detect_start(t, now_ns + detect_limit_ns(me, rec, STAGE_QUIET), now_ns);
	return;
failed:
	count(CNT_timer_error);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Waking the daemon: the producer side of the ring buffer. */
#ifndef IPT_EVENT_H
#define IPT_EVENT_H

#include "count.h"

/* Where the event goes, all zero but for these two; NULL: there is no room. Written in place, as no stack has room for it. */
static __always_inline struct ipt_event *event_begin(enum ipt_event_type type, __u64 now_ns)
{
	struct ipt_event *ev = bpf_ringbuf_reserve(&events, sizeof(*ev), 0);

	if (!ev) {
		count(CNT_event_lost);
		return NULL;
	}
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->type = type;
	ev->time_ns = now_ns;
	return ev;
}

/* For what repeats: the daemon reads the record anyway, and edges must find room while it sleeps. */
static __always_inline struct ipt_event *event_begin_if_room(enum ipt_event_type type, __u64 now_ns)
{
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= IPT_EVENTS_BYTES / 2)
		return NULL;
	return event_begin(type, now_ns);
}

static __always_inline void event_send(struct ipt_event *ev)
{
	bpf_ringbuf_submit(ev, 0);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Waking the daemon: the producer side of the ring buffer. */
#ifndef IPT_EVENT_H
#define IPT_EVENT_H

#include "count.h"

static __always_inline void event_send(const struct ipt_event *ev)
{
	if (bpf_ringbuf_output(&events, (void *)ev, sizeof(*ev), 0))
		count(CNT_event_lost);
}

/* For what repeats: the daemon reads the record anyway, and edges must find room while it sleeps. */
static __always_inline void event_send_if_room(const struct ipt_event *ev)
{
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < IPT_EVENTS_BYTES / 2)
		event_send(ev);
}

#endif

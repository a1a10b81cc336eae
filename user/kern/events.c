/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel tells (the ring buffer) and what it is told to say (live announcements). */
#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "core/frame.h"
#include "core/frame_nd.h"
#include "kern_int.h"

/* The kernel's limit is 256; more than 64 frames between two looks at the queue gain nothing. */
#define LIVE_BATCH 64
/* Whoever makes the kernel tell things faster than they are dealt with must not keep the loop from its heartbeats. */
#define FETCH_MAX 64

/* Below 0 ends the look; what it was called for counts as read. */
static int on_sample(void *arg, void *sample, size_t size)
{
	struct kern *k = arg;

	if (size >= sizeof(struct ipt_event))
		k->event(sample, k->event_arg);
	return ++k->fetched < FETCH_MAX ? 0 : -EAGAIN;
}

int kern_events_open(struct kern *k, void (*fn)(const struct ipt_event *ev, void *arg), void *arg)
{
	k->event = fn;
	k->event_arg = arg;
	k->ring = ring_buffer__new(k->map[KMAP_EVENTS], on_sample, k, NULL);
	return k->ring ? 0 : -errno;
}

int kern_events_fd(struct kern *k)
{
	return ring_buffer__epoll_fd(k->ring);
}

void kern_events_fetch(struct kern *k)
{
	k->fetched = 0;
	(void)ring_buffer__consume(k->ring);
}

int kern_announce_load(struct kern *k, const struct ipt_announce_job *job,
		       const struct ipt_announce_entry *list, uint32_t count)
{
	uint32_t zero = 0;

	if (count > IPT_MAX_VIPS || job->count != count)
		return -EINVAL;
	(void)memcpy(k->list, list, count * sizeof(*list));
	return bpf_map_update_elem(k->map[KMAP_ANNOUNCE_JOB], &zero, job, BPF_ANY);
}

int kern_announce_run(struct kern *k, uint32_t ifindex, size_t len, uint32_t frames)
{
	unsigned char blank[FRAME_ND] = {0};
	struct xdp_md ctx = {.data_end = (uint32_t)len, .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = blank, .data_size_in = (uint32_t)len,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = (int)frames,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = LIVE_BATCH);

	return bpf_prog_test_run_opts(k->announce_fd, &opts);
}

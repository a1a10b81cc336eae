/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns which routers lead to the peers beyond the LAN, and at which MAC addresses they are. */
#include "next_hop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "edge.h"
#include "net/probe.h"
#include "queue.h"

#define WAIT_NS 200000000ull /* for an answer */
#define SILENT_LOOKS 5 /* in a row without one: an alarm */

struct next_hops {
	struct worker *worker;
	unsigned int asked; /* questions under way */
	uint32_t silent[IPT_MAX_PATHS]; /* looks in a row that nobody answered, by path */
};

struct hop_job {
	struct job job;
	uint32_t path;
	struct netdev_to to;
	struct netdev_way was, way;
	uint8_t own_mac[6];
	struct probe_answer answer;
};

/* Behind which nothing more is routed: the peer itself, if it is on the LAN after all. */
static struct ipt_addr hop_of(const struct hop_job *h)
{
	static const struct ipt_addr nobody;

	return ipt_addr_equal(&h->way.via, &nobody) ? h->to.ip : h->way.via;
}

static void run(struct job *job, void *daemon)
{
	struct hop_job *h = (struct hop_job *)job;
	struct ipt_addr hop;
	struct probe_ask ask = {.own_mac = h->own_mac,
				.from_be32 =
					ipt_addr_is_v4(&h->was.src) ? h->was.src.word_be32[3] : 0,
				.ip = &hop,
				.n = 1,
				.count = 1,
				.wait_ns = WAIT_NS};

	(void)daemon;
	job->err = netdev_route(&h->to, &h->way, &job->text);
	if (job->err)
		return;
	hop = hop_of(h);
	ask.ifindex = h->way.ifindex;
	job->err = probe_run(&ask, &h->answer, &job->text);
}

/* Once it begins, and when it is over. */
static void note_silence(struct daemon *d, const struct hop_job *h, bool silent)
{
	uint32_t *looks = &d->next_hops->silent[h->path];
	const char *peer = d->cfg.peers[d->plan.paths[h->path].peer].name;
	struct ipt_addr hop = hop_of(h);
	char text[ADDR_TEXT];

	if (!silent && *looks >= SILENT_LOOKS)
		edge_over(d, NULL, "the router to a peer answers");
	*looks = silent ? *looks + 1 : 0;
	if (*looks != SILENT_LOOKS)
		return;
	if (h->job.err)
		edge_alarm(d, NULL, "the way to %s: %.200s", peer, h->job.text.text);
	else
		edge_alarm(d, NULL, "the router to %s, %s, does not answer", peer,
			   addr_text(&hop, text));
}

static void take(struct daemon *d, const struct hop_job *h)
{
	const uint8_t *m = h->answer.mac;
	struct ipt_addr hop = hop_of(h);
	char text[ADDR_TEXT];

	if (!memcmp((const void *)kern_paths(d->k)[h->path].via, m, 6))
		return;
	kern_path_via(d->k, h->path, m);
	log_line("peer %s is reached by %s at %02x:%02x:%02x:%02x:%02x:%02x",
		 d->cfg.peers[d->plan.paths[h->path].peer].name, addr_text(&hop, text), m[0], m[1],
		 m[2], m[3], m[4], m[5]);
}

static void done(struct job *job, void *daemon)
{
	struct hop_job *h = (struct hop_job *)job;
	struct daemon *d = daemon;

	d->next_hops->asked--;
	/* By another interface the source is another, too: only a new set-up finds it. */
	if (!job->err && h->way.ifindex != h->was.ifindex) {
		queue_start_over(d, "another interface leads to a peer");
		return;
	}
	note_silence(d, h, job->err || !h->answer.answers);
	if (!job->err && h->answer.answers)
		take(d, h);
}

void next_hop_look(struct daemon *d)
{
	struct next_hops *n = d->next_hops;

	if (!n || n->asked)
		return;
	for (uint32_t i = 0; i < d->plan.npaths; i++) {
		const struct beat_path *path = &d->plan.paths[i];
		struct hop_job h = {.job = {.run = run, .done = done},
				    .path = i,
				    .to = {.ip = path->to.ip, .far = true},
				    .was = {.ifindex = path->ifindex, .src = path->from.ip}};

		if (path->hops <= 1)
			continue;
		memcpy(h.own_mac, path->from.mac, 6);
		n->asked += worker_post(n->worker, &h.job, sizeof(h));
	}
}

int next_hop_start(struct daemon *d, struct err *e)
{
	static const struct worker_kind kind = {"ipt-routers", THREAD_ORDINARY, 1};
	bool any = false;
	int err;

	for (unsigned int i = 0; i < d->plan.npaths; i++)
		any = any || d->plan.paths[i].hops > 1;
	if (!any)
		return 0;
	d->next_hops = calloc(1, sizeof(*d->next_hops));
	if (!d->next_hops)
		return err_set(e, -ENOMEM, "out of memory");
	err = worker_start(&d->next_hops->worker, &kind, d, e);
	if (!err)
		next_hop_look(d);
	return err;
}

int next_hop_fd(const struct daemon *d)
{
	return d->next_hops ? worker_fd(d->next_hops->worker) : -1;
}

void next_hop_fetch(struct daemon *d)
{
	worker_fetch(d->next_hops->worker);
}

void next_hop_stop(struct daemon *d)
{
	if (!d->next_hops)
		return;
	if (d->next_hops->worker) {
		worker_drop(d->next_hops->worker);
		worker_stop(d->next_hops->worker);
	}
	free(d->next_hops);
	d->next_hops = NULL;
}

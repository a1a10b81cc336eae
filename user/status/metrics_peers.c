/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Metrics of what is around an instance: peers, paths, interfaces; and what its programs have counted. */
#include <string.h>
#include "core/names.h"
#include "metrics_int.h"

typedef void (*peer_fn)(const struct metric_out *m, const struct status *s,
			const struct status_peer *p);

static void peer_up(const struct metric_out *m, const struct status *s, const struct status_peer *p)
{
	metric_number(m, p->up, "instance", s->instance, "peer", p->name, NULL);
}

static void peer_witness(const struct metric_out *m, const struct status *s,
			 const struct status_peer *p)
{
	metric_number(m, p->witness, "instance", s->instance, "peer", p->name, NULL);
}

static void peer_silence(const struct metric_out *m, const struct status *s,
			 const struct status_peer *p)
{
	if (p->last_ns)
		metric_seconds(m, p->silence_ns, "instance", s->instance, "peer", p->name, NULL);
}

static void peer_rtt(const struct metric_out *m, const struct status *s,
		     const struct status_peer *p)
{
	if (p->rtt_ns)
		metric_seconds(m, p->rtt_ns, "instance", s->instance, "peer", p->name, NULL);
}

static void path_up(const struct metric_out *m, const struct status *s, const struct status_peer *p)
{
	char ip[ADDR_TEXT];

	for (uint32_t i = 0; i < p->npaths; i++) {
		metric_number(m, p->paths[i].up, "instance", s->instance, "peer", p->name,
			      "interface", p->paths[i].interface, "address",
			      addr_text(&p->paths[i].ip, ip), NULL);
	}
}

static void path_silence(const struct metric_out *m, const struct status *s,
			 const struct status_peer *p)
{
	char ip[ADDR_TEXT];

	for (uint32_t i = 0; i < p->npaths; i++) {
		const struct status_path *path = &p->paths[i];

		if (!path->last_ns)
			continue;
		metric_seconds(m, s->now_ns > path->last_ns ? s->now_ns - path->last_ns : 0,
			       "instance", s->instance, "peer", p->name, "interface",
			       path->interface, "address", addr_text(&p->paths[i].ip, ip), NULL);
	}
}

static void path_frames(const struct metric_out *m, const struct status *s,
			const struct status_peer *p)
{
	char ip[ADDR_TEXT];

	for (uint32_t i = 0; i < p->npaths; i++) {
		metric_number(m, p->paths[i].frames, "instance", s->instance, "peer", p->name,
			      "interface", p->paths[i].interface, "address",
			      addr_text(&p->paths[i].ip, ip), NULL);
	}
}

static const struct {
	const char *name;
	enum metric_type type;
	const char *help;
	peer_fn print;
} peer_metrics[] = {
	{"peer_up", METRIC_GAUGE, "Whether the peer is heard, by whatever path.", peer_up},
	{"peer_witness", METRIC_GAUGE, "Whether the peer only votes.", peer_witness},
	{"peer_silence_seconds", METRIC_GAUGE,
	 "Since the last authentic heartbeat of the peer; not told if none has come.",
	 peer_silence},
	{"peer_round_trip_seconds", METRIC_GAUGE,
	 "From a heartbeat of this host to the peer's that echoes it, less its wait there; not "
	 "told if none was echoed.",
	 peer_rtt},
	{"path_up", METRIC_GAUGE, "Whether the peer is heard from that address.", path_up},
	{"path_silence_seconds", METRIC_GAUGE,
	 "Since the last authentic heartbeat that came this way; not told if none has come.",
	 path_silence},
	{"path_frames", METRIC_COUNTER, "Authentic heartbeats that came this way.", path_frames},
};

static void print_ifaces(struct metric_out *m, const struct metrics_host *host)
{
	metric_family(m, "interface_healthy", METRIC_GAUGE,
		      "Whether program and filter are still on the interface.");
	for (uint32_t i = 0; i < host->n; i++) {
		const struct status *s = &host->instance[i]->status;

		for (uint32_t j = 0; j < s->nifaces; j++)
			metric_number(m, s->ifaces[j].healthy, "instance", s->instance, "interface",
				      s->ifaces[j].record.name, "mode",
				      s->ifaces[j].record.flags & IPT_IF_NATIVE ? "native"
										: "generic",
				      NULL);
	}
}

void metrics_print_peers(struct metric_out *m, const struct metrics_host *host)
{
	for (unsigned int row = 0; row < sizeof(peer_metrics) / sizeof(*peer_metrics); row++) {
		metric_family(m, peer_metrics[row].name, peer_metrics[row].type,
			      peer_metrics[row].help);
		for (uint32_t i = 0; i < host->n; i++) {
			const struct status *s = &host->instance[i]->status;

			for (uint32_t j = 0; j < s->npeers; j++)
				peer_metrics[row].print(m, s, &s->peers[j]);
		}
	}
	print_ifaces(m, host);
}

/* What is no verdict on a frame. */
static bool is_event(uint32_t counter)
{
	switch (counter) {
	case CNT_hb_session:
	case CNT_timer_quiet:
	case CNT_timer_silent:
	case CNT_timer_late:
	case CNT_timer_error:
	case CNT_event_lost:
		return true;
	default:
		return false;
	}
}

static void print_counters(struct metric_out *m, const struct metrics_host *host, bool events)
{
	metric_family(m, events ? "kernel_events" : "frames", METRIC_COUNTER,
		      events ? "What the timers and the ring buffer of the programs have come to."
			     : "Frames, by the programs' verdict.");
	for (uint32_t i = 0; i < host->n; i++) {
		const struct status *s = &host->instance[i]->status;

		for (uint32_t c = 0; host->instance[i]->readable && c < CNT_MAX; c++)
			if (is_event(c) == events)
				metric_number(m, s->counters[c], "instance", s->instance,
					      events ? "event" : "verdict", names_counter(c), NULL);
	}
}

static void print_alarms(struct metric_out *m, const struct metrics_host *host)
{
	metric_family(m, "alarms", METRIC_GAUGE, "Alarms that are on, by kind.");
	for (uint32_t i = 0; i < host->n; i++) {
		const struct status *s = &host->instance[i]->status;
		uint64_t n[ALARM_KINDS] = {0};

		for (uint32_t j = 0; j < s->nalarms; j++)
			n[s->alarms[j].kind]++;
		for (uint32_t kind = 0; host->instance[i]->readable && kind < ALARM_KINDS; kind++)
			metric_number(m, n[kind], "instance", s->instance, "kind",
				      status_alarm_word(kind), NULL);
	}
}

void metrics_print_counts(struct metric_out *m, const struct metrics_host *host)
{
	print_alarms(m, host);
	print_counters(m, host, false);
	print_counters(m, host, true);
	metric_family(m, "daemon_lateness_seconds", METRIC_HISTOGRAM,
		      "How late the daemon woke for what was due, over all daemons of the "
		      "instance.");
	for (uint32_t i = 0; i < host->n; i++)
		if (host->instance[i]->readable)
			metric_histogram(m, host->instance[i]->status.late,
					 host->instance[i]->status.late_sum_ns,
					 host->instance[i]->name);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads what the switch captured and says who spoke for the address when, and whether that was allowed. Believes
 * no daemon: a heartbeat on the wire is at most a limit of what its sender may do (time stamp + lease).
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common.h"
#include "common_pcapng.h"
#include "common_way.h"
#include "frame.h"

#define OFF_BEAT FRAME_HB_OVERHEAD
#define MAX_LISTED 256
#define NOBODY UINT32_MAX

enum kind { REQUEST, ANSWER, CLAIM, BEAT };

struct event {
	uint64_t at_ns;
	uint32_t port;
	enum kind kind;
	uint8_t state;
	bool own; /* ARP: speaks of the sender's own MAC */
	uint8_t sha[6], eth_src[6];
	uint32_t who_be32; /* the asking address */
	uint64_t epoch, until_ns; /* BEAT: its lease cannot last longer */
	uint64_t serial;
};

struct asked {
	uint64_t answers;
	uint32_t first, other; /* ports */
	bool known;
};

struct stretch {
	uint32_t port;
	uint64_t epoch, first_ns, last_ns, count;
};

struct fault {
	const char *rule;
	uint32_t port;
	uint64_t at_ns, by_ns;
};

struct judge {
	struct pcapng log;
	uint32_t nports;
	uint32_t vip_be32;
	uint16_t beat_port;
	uint64_t settle_ns;
	struct event *event;
	size_t nevents, capacity;
	uint8_t mac[PCAPNG_MAX_IFACES][6]; /* of nodes: whoever sends heartbeats */
	bool node[PCAPNG_MAX_IFACES];
	struct asked asked[1 << 16]; /* by the last 16 bits of the asking address */
	uint64_t requests, answered, by_two, foreign;
	uint64_t answers[PCAPNG_MAX_IFACES], claims[PCAPNG_MAX_IFACES], healed[PCAPNG_MAX_IFACES];
	struct stretch run[MAX_LISTED], owner[MAX_LISTED];
	uint32_t nruns, nowners;
	struct fault fault[MAX_LISTED];
	uint32_t nfaults;
	uint64_t overlap_ns, both_owners_ns;
};

static struct event *event_add(struct judge *j, const struct pcapng_frame *f, enum kind kind)
{
	struct event *e;

	if (j->nevents == j->capacity) {
		j->capacity = j->capacity ? 2 * j->capacity : 65536;
		j->event = realloc(j->event, j->capacity * sizeof(*j->event));
		if (!j->event)
			die("judge: no memory");
	}
	e = &j->event[j->nevents];
	*e = (struct event){.at_ns = f->time_ns,
			    .port = f->iface,
			    .kind = kind,
			    .serial = j->nevents};
	j->nevents++;
	return e;
}

static void read_beat(struct judge *j, const struct pcapng_frame *f)
{
	uint32_t udp_len = (uint32_t)(f->bytes[38] << 8 | f->bytes[39]);
	struct event *e;
	struct beat b;

	if (udp_len < 8 || OFF_BEAT + udp_len - 8 > f->caplen ||
	    !frame_beat_decode(f->bytes + OFF_BEAT, udp_len - 8, &b) || !b.ngroups)
		return;
	e = event_add(j, f, BEAT);
	e->state = b.group[0].state;
	e->epoch = b.group[0].epoch;
	e->until_ns = b.ts_ns + b.lease_us * 1000ull;
	j->node[f->iface] = true;
	memcpy(j->mac[f->iface], f->bytes + 6, 6);
}

static void read_arp(struct judge *j, const struct pcapng_frame *f)
{
	struct arp_packet arp;
	struct event *e;
	enum kind kind;

	if (!frame_arp_parse(f->bytes, f->caplen, &arp))
		return;
	if (arp.oper == 1 && arp.tpa_be32 == j->vip_be32 && arp.spa_be32 != j->vip_be32)
		kind = REQUEST;
	else if (arp.spa_be32 == j->vip_be32)
		kind = arp.oper == 2 && arp.tpa_be32 != j->vip_be32 ? ANSWER : CLAIM;
	else
		return;
	e = event_add(j, f, kind);
	e->who_be32 = kind == REQUEST ? arp.spa_be32 : arp.tpa_be32;
	memcpy(e->sha, arp.sha, 6);
	memcpy(e->eth_src, arp.eth_src, 6);
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->serial < y->serial ? -1 : 1;
}

/* What came from the ports; the second half of the interfaces is what was delivered to them. */
static void load(struct judge *j, const char *path)
{
	struct pcapng_frame f;

	pcapng_open(&j->log, path);
	while (pcapng_next(&j->log, &f)) {
		j->nports = j->log.nifaces / 2;
		if (f.iface >= j->nports)
			continue;
		if (frame_class(f.bytes, f.caplen, j->beat_port) == CLASS_ARP)
			read_arp(j, &f);
		else if (frame_class(f.bytes, f.caplen, j->beat_port) == CLASS_BEAT)
			read_beat(j, &f);
	}
	pcapng_close(&j->log);
	qsort(j->event, j->nevents, sizeof(*j->event), by_time);
}

static void complain(struct judge *j, const char *rule, const struct event *e, uint64_t by_ns)
{
	if (j->nfaults < MAX_LISTED)
		j->fault[j->nfaults] = (struct fault){rule, e->port, e->at_ns, by_ns};
	j->nfaults++;
}

static bool speaks(uint8_t state)
{
	return state == HB_OWNER || state == HB_CAND;
}

/* The port's newest heartbeat before event i, and the first one after it. */
static void around(const struct judge *j, size_t i, uint32_t port, const struct event **before,
		   const struct event **after)
{
	size_t k;

	*before = *after = NULL;
	for (k = i; k-- > 0 && !*before;)
		if (j->event[k].kind == BEAT && j->event[k].port == port)
			*before = &j->event[k];
	for (k = i + 1; k < j->nevents && !*after; k++)
		if (j->event[k].kind == BEAT && j->event[k].port == port)
			*after = &j->event[k];
}

/*
 * A node that says "this address is at my MAC": under the lease that its last heartbeat can have bought at most,
 * and as owner. The first word of a new owner may overtake its first heartbeat. Returns the epoch, 0: none.
 */
static uint64_t judge_own(struct judge *j, size_t i)
{
	const struct event *e = &j->event[i], *before, *after;

	around(j, i, e->port, &before, &after);
	if (!before || e->at_ns > before->until_ns + j->settle_ns)
		complain(j, "S3 no lease", e, before ? e->at_ns - before->until_ns : e->at_ns);
	if (before && speaks(before->state))
		return before->epoch;
	if (after && speaks(after->state))
		return after->epoch;
	complain(j, "S3 not owner", e, before ? e->at_ns - before->at_ns : 0);
	return 0;
}

/* A node that says "it is at that other MAC": only of a member that is owner then. */
static void judge_other(struct judge *j, size_t i)
{
	const struct event *e = &j->event[i], *before, *after;
	uint32_t p;

	j->healed[e->port]++;
	for (p = 0; p < j->nports; p++)
		if (j->node[p] && !memcmp(j->mac[p], e->sha, 6))
			break;
	if (p == j->nports) {
		complain(j, "names a stranger", e, 0);
		return;
	}
	around(j, i, p, &before, &after);
	if (!(before && speaks(before->state)) && !(after && speaks(after->state)))
		complain(j, "names no owner", e, before ? e->at_ns - before->at_ns : 0);
}

static void stretch_note(struct stretch *list, uint32_t *count, const struct event *e,
			 uint64_t epoch)
{
	struct stretch *s = *count ? &list[(*count - 1) % MAX_LISTED] : NULL;

	if (!s || s->port != e->port || (epoch && s->epoch != epoch)) {
		s = &list[(*count)++ % MAX_LISTED];
		*s = (struct stretch){.port = e->port, .epoch = epoch, .first_ns = e->at_ns};
	}
	s->count++;
	s->last_ns = e->at_ns;
}

static void note_answer(struct judge *j, const struct event *e)
{
	struct asked *a = &j->asked[ntohl(e->who_be32) & 0xffff];

	j->answers[e->port]++;
	stretch_note(j->run, &j->nruns, e, 0);
	if (!a->known)
		return;
	if (!a->answers++) {
		a->first = e->port;
		j->answered++;
	} else if (e->port != a->first && a->other == NOBODY) {
		a->other = e->port;
		j->by_two++;
		complain(j, "S1 answered by two", e, 0);
	}
}

static void note_request(struct judge *j, const struct event *e)
{
	j->asked[ntohl(e->who_be32) & 0xffff] =
		(struct asked){.known = true, .first = NOBODY, .other = NOBODY};
	j->requests++;
}

/* A word under an epoch lower than one that another node has spoken under already: the old owner after the new. */
static void judge_order(struct judge *j, const struct event *e, uint64_t epoch)
{
	static uint64_t highest, since_ns;
	static uint32_t holder = NOBODY;

	if (epoch > highest) {
		highest = epoch;
		holder = e->port;
		since_ns = e->at_ns;
	} else if (epoch && epoch < highest && e->port != holder) {
		complain(j, "S1 after the new owner", e, e->at_ns - since_ns);
		if (e->at_ns - since_ns > j->overlap_ns)
			j->overlap_ns = e->at_ns - since_ns;
	}
}

/* Every heartbeat that says OWNER, in stretches of one epoch; how long two nodes said it of different epochs. */
static void note_owner(struct judge *j, const struct event *e)
{
	struct stretch *s;
	uint32_t i, n = j->nowners < MAX_LISTED ? j->nowners : MAX_LISTED;

	for (i = 0; i < n; i++)
		if (j->owner[i].port == e->port && j->owner[i].epoch == e->epoch)
			break;
	if (i == n) {
		stretch_note(j->owner, &j->nowners, e, e->epoch);
		return;
	}
	s = &j->owner[i];
	s->last_ns = e->at_ns;
	s->count++;
	for (i++; i < n; i++)
		if (j->owner[i].port != e->port &&
		    e->at_ns - j->owner[i].first_ns > j->both_owners_ns)
			j->both_owners_ns = e->at_ns - j->owner[i].first_ns;
}

static void judge_event(struct judge *j, size_t i)
{
	const struct event *e = &j->event[i];
	uint64_t epoch;

	if (e->kind == BEAT) {
		if (e->state == HB_OWNER)
			note_owner(j, e);
		return;
	}
	if (e->kind == REQUEST) {
		/* The nodes' own probes are answered at 0.0.0.0, or are meant to stay without an answer. */
		if (!j->node[e->port])
			note_request(j, e);
		return;
	}
	if (!j->node[e->port]) {
		j->foreign++;
		return;
	}
	if (memcmp(e->eth_src, j->mac[e->port], 6))
		complain(j, "wrong Ethernet source", e, 0);
	if (memcmp(e->sha, j->mac[e->port], 6)) {
		judge_other(j, i);
		return;
	}
	epoch = judge_own(j, i);
	judge_order(j, e, epoch);
	if (e->kind == ANSWER)
		note_answer(j, e);
	else
		j->claims[e->port]++;
}

static void print_stretches(const struct judge *j, const char *name, const struct stretch *list,
			    uint32_t count)
{
	uint32_t i;

	printf("\"%s_count\": %u, \"%s\": [", name, count, name);
	for (i = 0; i < count && i < MAX_LISTED; i++)
		printf("%s{\"node\": \"%s\", \"epoch\": \"%" PRIu64 "/%u\", \"first_ns\": %" PRIu64
		       ", \"last_ns\": %" PRIu64 ", \"count\": %" PRIu64 "}",
		       i ? ",\n  " : "", j->log.name[list[i].port], EPOCH_TERM(list[i].epoch),
		       EPOCH_NODE(list[i].epoch), list[i].first_ns, list[i].last_ns, list[i].count);
	printf("],\n");
}

static void report(const struct judge *j)
{
	uint32_t i;

	printf("{\"requests\": %" PRIu64 ", \"answered\": %" PRIu64
	       ", \"answered_by_two\": %" PRIu64 ", \"foreign\": %" PRIu64
	       ", \"overlap_ns\": %" PRIu64 ", \"both_owners_ns\": %" PRIu64 ",\n\"nodes\": {",
	       j->requests, j->answered, j->by_two, j->foreign, j->overlap_ns, j->both_owners_ns);
	for (i = 0; i < j->nports; i++)
		printf("%s\"%s\": {\"answers\": %" PRIu64 ", \"claims\": %" PRIu64
		       ", \"healed\": %" PRIu64 "}",
		       i ? ", " : "", j->log.name[i], j->answers[i], j->claims[i], j->healed[i]);
	printf("},\n");
	print_stretches(j, "runs", j->run, j->nruns);
	print_stretches(j, "owners", j->owner, j->nowners);
	printf("\"fault_count\": %u, \"faults\": [", j->nfaults);
	for (i = 0; i < j->nfaults && i < MAX_LISTED; i++)
		printf("%s{\"rule\": \"%s\", \"node\": \"%s\", \"at_ns\": %" PRIu64
		       ", \"by_ns\": %" PRIu64 "}",
		       i ? ",\n  " : "", j->fault[i].rule, j->log.name[j->fault[i].port],
		       j->fault[i].at_ns, j->fault[i].by_ns);
	printf("]}\n");
}

int main(int argc, char **argv)
{
	static struct judge j = {.beat_port = 5694, .settle_ns = 5000000};
	size_t i;
	int c;

	while ((c = getopt(argc, argv, "v:e:p:")) != -1) {
		if (c == 'v')
			j.vip_be32 = parse_ip(optarg);
		else if (c == 'e')
			j.settle_ns = parse_u64(optarg, "-e") * 1000;
		else if (c == 'p')
			j.beat_port = (uint16_t)parse_u64(optarg, "-p");
		else
			optind = argc + 1;
	}
	if (optind + 1 != argc || !j.vip_be32)
		die("usage: judge -v ADDR [-e SETTLE_US] [-p PORT] CAPTURE");
	load(&j, argv[optind]);
	for (i = 0; i < j.nevents; i++)
		judge_event(&j, i);
	report(&j);
	free(j.event);
	return 0;
}

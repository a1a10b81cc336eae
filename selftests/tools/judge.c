/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads what the switch captured and says who spoke for the address when, and whether that was allowed. Believes
 * no daemon: a heartbeat on the wire is at most a limit of what its sender may do (time stamp + lease).
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/addr.h"
#include "common.h"
#include "common_capture.h"

#define MAX_LISTED 256
#define NOBODY UINT32_MAX

struct asked {
	uint64_t answers;
	uint32_t first, other; /* ports */
	uint32_t
		who_be32; /* nodes ask from link-local addresses, some of which end like a client's */
	bool known;
};

struct stretch {
	uint32_t port;
	uint64_t epoch, first_ns, last_ns, count;
};

/* The same rule broken by the same node with pauses below 100 ms is one fault. */
#define SAME_FAULT_NS 100000000ull
struct fault {
	const char *rule;
	uint32_t port;
	uint64_t first_ns, last_ns, by_ns, count;
};

struct judge {
	struct capture c;
	uint64_t settle_ns;
	uint64_t silence_ns; /* G of a pair that may own twice while nothing passes; 0: never two */
	uint64_t wake_ns;
	struct asked asked[1 << 16]; /* by the last 16 bits of the asking address */
	uint64_t requests, answered, by_two, foreign;
	uint64_t answers[CAPTURE_PORTS], claims[CAPTURE_PORTS], healed[CAPTURE_PORTS];
	struct stretch run[MAX_LISTED], owner[MAX_LISTED];
	uint32_t nruns, nowners;
	struct fault fault[MAX_LISTED];
	uint32_t nfaults;
	uint64_t broken, apart, overlap_ns, both_owners_ns;
};

static void complain(struct judge *j, const char *rule, const struct event *e, uint64_t by_ns)
{
	struct fault *f;
	uint32_t i;

	j->broken++;
	for (i = j->nfaults; i-- > 0;) {
		f = &j->fault[i];
		if (f->rule == rule && f->port == e->port && e->at_ns - f->last_ns < SAME_FAULT_NS)
			break;
	}
	if (i == UINT32_MAX) {
		if (j->nfaults == MAX_LISTED)
			die("judge: more than %d faults", MAX_LISTED);
		f = &j->fault[j->nfaults++];
		*f = (struct fault){.rule = rule, .port = e->port, .first_ns = e->at_ns};
	}
	f->last_ns = e->at_ns;
	f->by_ns = by_ns > f->by_ns ? by_ns : f->by_ns;
	f->count++;
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
		if (j->c.event[k].kind == BEAT && j->c.event[k].port == port)
			*before = &j->c.event[k];
	for (k = i + 1; k < j->c.nevents && !*after; k++)
		if (j->c.event[k].kind == BEAT && j->c.event[k].port == port)
			*after = &j->c.event[k];
}

/*
 * A node that says "this address is at my MAC": under the lease that its last heartbeat can have bought at most,
 * and as owner. The first word of a new owner may overtake its first heartbeat. Returns the epoch, 0: none.
 */
static uint64_t judge_own(struct judge *j, size_t i)
{
	const struct event *e = &j->c.event[i], *before, *after;

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
	const struct event *e = &j->c.event[i], *before, *after;
	uint32_t p;

	j->healed[e->port]++;
	for (p = 0; p < j->c.nports; p++)
		if (j->c.node[p] && !memcmp(j->c.mac[p], e->sha, 6))
			break;
	if (p == j->c.nports) {
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
	if (!a->known || a->who_be32 != e->who_be32)
		return;
	if (!a->answers++) {
		a->first = e->port;
		j->answered++;
	} else if (e->port != a->first && a->other == NOBODY) {
		a->other = e->port;
		j->by_two++;
		if (!j->silence_ns)
			complain(j, "S1 answered by two", e, 0);
	}
}

static void note_request(struct judge *j, const struct event *e)
{
	j->asked[ntohl(e->who_be32) & 0xffff] = (struct asked){.known = true,
							       .first = NOBODY,
							       .other = NOBODY,
							       .who_be32 = e->who_be32};
	j->requests++;
}

/*
 * S2, of a pair: two may speak while nothing passes. The one that began later, at `since_ns`, had heard nothing of the
 * other for the silence before that, and no OWNER heartbeat sent since has come through, either way, by which one of
 * them has had the time to learn of the other. Seen from event `i`, a word of one of them.
 */
static bool cut_off(const struct judge *j, size_t i, uint32_t earlier, uint32_t later,
		    uint64_t since_ns)
{
	const struct event *e, *word = &j->c.event[i];

	for (; i-- > 0;) {
		e = &j->c.event[i];
		if (e->at_ns + j->silence_ns < since_ns)
			return true;
		if (e->kind != DELIVERED || !e->fresh || e->from >= j->c.nports)
			continue;
		if (e->at_ns <= since_ns && e->from == earlier && e->port == later)
			return false;
		if (e->sent_ns > since_ns && e->state == HB_OWNER &&
		    e->at_ns + j->wake_ns < word->at_ns)
			return false;
	}
	return true;
}

static void overlap(struct judge *j, const struct event *word, uint64_t since_ns)
{
	complain(j, "S1 after the new owner", word, word->at_ns - since_ns);
	if (word->at_ns - since_ns > j->overlap_ns)
		j->overlap_ns = word->at_ns - since_ns;
}

/*
 * A word under an epoch lower than one that another node has spoken under already: the old owner after the new. In
 * a pair the meeting of two may also end the one with the higher epoch (P4): then the old one goes on, alone, and only
 * a later word of the other makes them two.
 */
static void judge_order(struct judge *j, size_t i, uint64_t epoch)
{
	static struct stretch tenure[CAPTURE_PORTS]; /* of each port, under its epoch of now */
	static const struct event *unless_silent;
	static uint32_t holder;
	const struct event *e = &j->c.event[i];
	struct stretch *own = &tenure[e->port], *best = &tenure[holder];

	if (!epoch)
		return;
	if (own->epoch != epoch)
		*own = (struct stretch){.epoch = epoch, .first_ns = e->at_ns};
	if (epoch > best->epoch || e->port == holder) {
		if (unless_silent && epoch == best->epoch && own->first_ns < unless_silent->at_ns)
			overlap(j, unless_silent, best->first_ns);
		unless_silent = NULL;
		holder = e->port;
	} else if (!j->silence_ns) {
		overlap(j, e, best->first_ns);
	} else if (own->first_ns > best->first_ns
			   ? cut_off(j, i, holder, e->port, own->first_ns)
			   : cut_off(j, i, e->port, holder, best->first_ns)) {
		j->apart++;
	} else {
		unless_silent = e;
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
	const struct event *e = &j->c.event[i];
	uint64_t epoch;

	if (e->kind == DELIVERED)
		return;
	if (e->kind == BEAT) {
		if (e->state == HB_OWNER)
			note_owner(j, e);
		return;
	}
	if (e->kind == REQUEST) {
		/* The nodes' own probes are answered to nobody, or are meant to stay without an answer. */
		if (!j->c.node[e->port])
			note_request(j, e);
		return;
	}
	if (!j->c.node[e->port]) {
		j->foreign++;
		return;
	}
	if (memcmp(e->eth_src, j->c.mac[e->port], 6))
		complain(j, "wrong Ethernet source", e, 0);
	if (memcmp(e->sha, j->c.mac[e->port], 6)) {
		judge_other(j, i);
		return;
	}
	epoch = judge_own(j, i);
	judge_order(j, i, epoch);
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
		       i ? ",\n  " : "", j->c.name[list[i].port], EPOCH_TERM(list[i].epoch),
		       EPOCH_NODE(list[i].epoch), list[i].first_ns, list[i].last_ns, list[i].count);
	printf("],\n");
}

static void report(const struct judge *j)
{
	uint32_t i;

	printf("{\"requests\": %" PRIu64 ", \"answered\": %" PRIu64
	       ", \"answered_by_two\": %" PRIu64 ", \"foreign\": %" PRIu64 ", \"apart\": %" PRIu64
	       ", \"overlap_ns\": %" PRIu64 ", \"both_owners_ns\": %" PRIu64 ",\n\"nodes\": {",
	       j->requests, j->answered, j->by_two, j->foreign, j->apart, j->overlap_ns,
	       j->both_owners_ns);
	for (i = 0; i < j->c.nports; i++)
		printf("%s\"%s\": {\"answers\": %" PRIu64 ", \"claims\": %" PRIu64
		       ", \"healed\": %" PRIu64 "}",
		       i ? ", " : "", j->c.name[i], j->answers[i], j->claims[i], j->healed[i]);
	printf("},\n");
	print_stretches(j, "runs", j->run, j->nruns);
	print_stretches(j, "owners", j->owner, j->nowners);
	printf("\"broken\": %" PRIu64 ", \"fault_count\": %u, \"faults\": [", j->broken,
	       j->nfaults);
	for (i = 0; i < j->nfaults; i++)
		printf("%s{\"rule\": \"%s\", \"node\": \"%s\", \"first_ns\": %" PRIu64
		       ", \"last_ns\": %" PRIu64 ", \"by_ns\": %" PRIu64 ", \"count\": %" PRIu64
		       "}",
		       i ? ",\n  " : "", j->fault[i].rule, j->c.name[j->fault[i].port],
		       j->fault[i].first_ns, j->fault[i].last_ns, j->fault[i].by_ns,
		       j->fault[i].count);
	printf("]}\n");
}

int main(int argc, char **argv)
{
	static struct judge j = {.settle_ns = 5000000, .wake_ns = 50000000};
	uint16_t beat_port = 5694;
	struct ipt_addr vip = {{0}};
	bool known = false;
	size_t i;
	int c;

	while ((c = getopt(argc, argv, "v:e:p:g:w:")) != -1) {
		if (c == 'v')
			known = addr_parse(optarg, &vip);
		else if (c == 'e')
			j.settle_ns = parse_u64(optarg, "-e") * 1000;
		else if (c == 'g')
			j.silence_ns = parse_u64(optarg, "-g") * 1000;
		else if (c == 'w')
			j.wake_ns = parse_u64(optarg, "-w") * 1000;
		else if (c == 'p')
			beat_port = (uint16_t)parse_u64(optarg, "-p");
		else
			optind = argc + 1;
	}
	if (optind + 1 != argc || !known)
		die("usage: judge -v ADDR [-e SETTLE_US] [-g SILENCE_US [-w WAKE_US]] [-p PORT] "
		    "DIRECTORY");
	capture_load(&j.c, argv[optind], &vip, beat_port);
	for (i = 0; i < j.c.nevents; i++)
		judge_event(&j, i);
	report(&j);
	capture_free(&j.c);
	return 0;
}

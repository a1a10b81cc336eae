/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stores the lease word under a stream of requests: when does the first answer come, when the last? */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "../tools/common.h"
#include "common_cable.h"
#include "packets.skel.h"
#include "takeover.skel.h"

#define LOOK_NS 500000ull
#define QUIET_FRAMES \
	1024u /* asked after a store: what was under way at it has come, or never will */
#define LONGEST_NS 5000000000ull
#define CALL_FRAMES (1u << 16) /* a call that ends leaves a gap before the next */
#define STORE_MAX_NS 2000ull /* a store that took longer was interrupted: its moment is not known */

struct flips {
	struct rig rig;
	struct cable cable;
	uint32_t addresses;
	int cpu_asks, cpu_flips;
	atomic_bool stop;
	int err;
};

static void *ask(void *arg)
{
	struct flips *f = arg;

	rig_pin(f->cpu_asks);
	while (!atomic_load(&f->stop) && !f->err)
		f->err = rig_live(bpf_program__fd(f->rig.packets->progs.bench_ask),
				  f->cable.client_ifindex, CALL_FRAMES, RIG_ASK_BATCH);
	return NULL;
}

/* The moment before the store; 0: interrupted in it. */
static uint64_t store(struct flips *f, uint64_t word)
{
	uint64_t before_ns = rig_now_ns();

	__atomic_store_n(&f->rig.leases[RIG_GROUP], word, __ATOMIC_SEQ_CST);
	return rig_now_ns() - before_ns > STORE_MAX_NS ? 0 : before_ns;
}

static void say(const char *what, const struct flips *f, uint64_t stored_ns, uint64_t seen_ns)
{
	if (stored_ns)
		printf("%s %" PRIu32 " %" PRId64 "\n", what, f->addresses,
		       (int64_t)(seen_ns - stored_ns));
}

static uint64_t asked(const struct flips *f)
{
	return f->rig.packets->bss->askers[f->cpu_asks].asked;
}

/* However busy the machine is: what counts is that requests have gone by. */
static void wait_quiet(const struct flips *f)
{
	uint64_t begin_ns = rig_now_ns(), before = asked(f);

	while (asked(f) - before < QUIET_FRAMES && !f->err) {
		rig_sleep_ns(LOOK_NS);
		if (rig_now_ns() - begin_ns > LONGEST_NS)
			die("nothing is asked");
	}
}

/* Opens and closes the gate once. What an answer was allowed by, it was allowed by on the way in. */
static void flip(struct flips *f)
{
	uint64_t opened_ns, closed_ns;
	struct packets_sink s;

	rig_sink_clear(&f->rig);
	opened_ns = store(f, lease_word(LEASE_MANUAL, 0));
	wait_quiet(f);
	s = rig_sunk(&f->rig);
	if (!s.replies)
		die("no answer under a live lease");
	say("first", f, opened_ns, s.first_ns);
	closed_ns = store(f, lease_generation(1));
	wait_quiet(f);
	say("last", f, closed_ns, rig_sunk(&f->rig).last_ns);
}

static void flip_all(struct flips *f, uint64_t rounds)
{
	uint64_t begin_ns = rig_now_ns(), before = asked(f), i;

	for (i = 0; i < rounds && !f->err; i++)
		flip(f);
	if (f->err)
		die("live frames: %s", strerror(-f->err));
	printf("interval %" PRIu32 " %" PRIu64 "\n", f->addresses,
	       (rig_now_ns() - begin_ns) / (asked(f) - before));
}

int main(int argc, char **argv)
{
	static struct flips f = {.addresses = 1, .cpu_flips = 1};
	uint64_t rounds = 10;
	pthread_t asker;
	int opt;

	while ((opt = getopt(argc, argv, "n:r:a:f:")) != -1) {
		if (opt == 'n')
			f.addresses = (uint32_t)parse_u64(optarg, "-n");
		else if (opt == 'r')
			rounds = parse_u64(optarg, "-r");
		else if (opt == 'a')
			f.cpu_asks = (int)parse_u64(optarg, "-a");
		else if (opt == 'f')
			f.cpu_flips = (int)parse_u64(optarg, "-f");
		else
			die("usage: flips [-n ADDRESSES] [-r ROUNDS] [-a CPU] [-f CPU]");
	}
	rig_open(&f.rig);
	cable_up(&f.cable, &f.rig, bpf_program__fd(f.rig.takeover->progs.ipt_takeover),
		 f.addresses);
	f.rig.packets->bss->stamps = 1;
	if (pthread_create(&asker, NULL, ask, &f))
		die("no thread");
	rig_pin(f.cpu_flips);
	wait_quiet(&f);
	flip_all(&f, rounds);
	atomic_store(&f.stop, true);
	(void)pthread_join(asker, NULL);
	rig_close(&f.rig);
	return 0;
}

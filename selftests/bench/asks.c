/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks for addresses by live frames at an offered rate, and counts what comes back: ours, the kernel, a reflector. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "../tools/common.h"
#include "common_cable.h"
#include "packets.skel.h"
#include "takeover.skel.h"

#define CALL_FRAMES (1u << 18)
#define SETTLE_NS 50000000ull /* the last answers come in */

struct asks {
	struct rig rig;
	struct cable cable;
	uint32_t addresses;
	uint64_t rate; /* a second, of all processors together; 0: as fast as it goes */
	uint64_t duration_ns;
	uint32_t cpus[PACKETS_CPUS];
	uint32_t ncpus;
};

struct thread {
	struct asks *a;
	pthread_t id;
	uint32_t cpu;
	uint64_t cpu_ns;
	int err;
};

static int program_of(const struct asks *a, const char *who)
{
	if (!strcmp(who, "ours"))
		return bpf_program__fd(a->rig.takeover->progs.ipt_takeover);
	if (!strcmp(who, "reflector"))
		return bpf_program__fd(a->rig.packets->progs.bench_reflect);
	if (!strcmp(who, "leased"))
		return bpf_program__fd(a->rig.packets->progs.bench_leased);
	if (!strcmp(who, "nobody"))
		return bpf_program__fd(a->rig.packets->progs.bench_drop);
	if (!strcmp(who, "kernel"))
		return bpf_program__fd(a->rig.packets->progs.bench_pass);
	die("\"%s\" is not ours, reflector, leased, kernel or nobody", who);
}

/* Paced, a call asks for as long as it is to; else calls follow each other until the time is over. */
static void *ask(void *arg)
{
	struct thread *t = arg;
	const struct asks *a = t->a;
	struct packets_asker *asker = &a->rig.packets->bss->askers[t->cpu];
	uint64_t end_ns = rig_now_ns() + a->duration_ns;
	uint32_t frames = CALL_FRAMES;

	rig_pin((int)t->cpu);
	t->cpu_ns = rig_cpu_ns();
	if (a->rate) {
		asker->step_ns = 1000000000ull * a->ncpus / a->rate;
		frames = (uint32_t)(a->duration_ns / asker->step_ns);
	}
	do {
		t->err = rig_live(bpf_program__fd(a->rig.packets->progs.bench_ask),
				  a->cable.client_ifindex, frames, RIG_ASK_BATCH);
	} while (!t->err && !a->rate && rig_now_ns() < end_ns);
	t->cpu_ns = rig_cpu_ns() - t->cpu_ns;
	return NULL;
}

/* Returns the processor time that the threads took, what is done in their interrupts included. */
static uint64_t ask_all(struct asks *a)
{
	struct thread threads[PACKETS_CPUS];
	uint64_t cpu_ns = 0;
	uint32_t i;

	for (i = 0; i < a->ncpus; i++) {
		threads[i] = (struct thread){.a = a, .cpu = a->cpus[i]};
		if (pthread_create(&threads[i].id, NULL, ask, &threads[i]))
			die("no thread");
	}
	for (i = 0; i < a->ncpus; i++) {
		(void)pthread_join(threads[i].id, NULL);
		if (threads[i].err)
			die("live frames: %s", strerror(-threads[i].err));
		cpu_ns += threads[i].cpu_ns;
	}
	rig_sleep_ns(SETTLE_NS);
	return cpu_ns;
}

static void report(const struct asks *a, uint64_t cpu_ns)
{
	const struct packets_sink s = rig_sunk(&a->rig);
	uint64_t asked = 0, first_ns = UINT64_MAX, last_ns = 0;
	uint32_t i;

	for (i = 0; i < a->ncpus; i++) {
		const struct packets_asker *t = &a->rig.packets->bss->askers[a->cpus[i]];

		asked += t->asked;
		first_ns = t->first_ns < first_ns ? t->first_ns : first_ns;
		last_ns = t->last_ns > last_ns ? t->last_ns : last_ns;
	}
	printf("{\"asked\": %" PRIu64 ", \"came\": %llu, \"replies\": %llu, \"ns\": %" PRIu64
	       ", \"cpu_ns\": %" PRIu64 "}\n",
	       asked, s.frames, s.replies, last_ns - first_ns, cpu_ns);
}

int main(int argc, char **argv)
{
	static struct asks a = {.addresses = 1, .duration_ns = 1000000000};
	const char *who = "ours";
	int opt;

	while ((opt = getopt(argc, argv, "w:n:r:d:c:")) != -1) {
		if (opt == 'w')
			who = optarg;
		else if (opt == 'n')
			a.addresses = (uint32_t)parse_u64(optarg, "-n");
		else if (opt == 'r')
			a.rate = parse_u64(optarg, "-r");
		else if (opt == 'd')
			a.duration_ns = parse_u64(optarg, "-d") * 1000000;
		else if (opt == 'c' && a.ncpus < PACKETS_CPUS)
			a.cpus[a.ncpus++] = (uint32_t)parse_u64(optarg, "-c");
		else
			die("usage: asks [-w ours|kernel|reflector|leased|nobody] [-n ADDRESSES] "
			    "[-r RATE] [-d MS] -c CPU [-c CPU]");
	}
	if (!a.ncpus)
		a.ncpus = 1;
	rig_open(&a.rig);
	cable_up(&a.cable, &a.rig, program_of(&a, who), a.addresses);
	rig_lease(&a.rig, true);
	report(&a, ask_all(&a));
	rig_close(&a.rig);
	return 0;
}

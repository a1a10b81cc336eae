/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks for addresses, of IPv6 with -6, by live frames at an offered rate, and counts what comes back: ours, the kernel, a reflector. */
#include <getopt.h>
#include <inttypes.h>
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
	uint32_t addresses, cpu;
	uint64_t rate; /* a second; 0: as fast as it goes */
	uint64_t duration_ns;
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

/* Paced, one call asks for as long as it is to; else calls follow each other until the time is over. Returns the
 * processor time that it took, what is done in its interrupts included. */
static uint64_t ask(struct asks *a)
{
	struct packets_asker *asker = &a->rig.packets->bss->askers[a->cpu];
	uint64_t cpu_ns = rig_cpu_ns(), end_ns = rig_now_ns() + a->duration_ns;
	uint32_t frames = CALL_FRAMES;
	int err;

	if (a->rate) {
		asker->step_ns = 1000000000 / a->rate;
		frames = (uint32_t)(a->duration_ns / asker->step_ns);
	}
	do {
		err = rig_live(bpf_program__fd(a->rig.packets->progs.bench_ask),
			       a->cable.client_ifindex, frames, RIG_ASK_BATCH);
		if (err)
			die("live frames: %s", strerror(-err));
	} while (!a->rate && rig_now_ns() < end_ns);
	cpu_ns = rig_cpu_ns() - cpu_ns;
	rig_sleep_ns(SETTLE_NS);
	return cpu_ns;
}

static void report(const struct asks *a, uint64_t cpu_ns)
{
	const struct packets_asker *asker = &a->rig.packets->bss->askers[a->cpu];
	const struct packets_sink s = rig_sunk(&a->rig);

	printf("{\"asked\": %llu, \"came\": %llu, \"replies\": %llu, \"ns\": %llu, \"cpu_ns\": "
	       "%" PRIu64 "}\n",
	       asker->asked, s.frames, s.replies, asker->last_ns - asker->first_ns, cpu_ns);
}

int main(int argc, char **argv)
{
	static struct asks a = {.addresses = 1, .duration_ns = 1000000000};
	const char *who = "ours";
	int opt;

	while ((opt = getopt(argc, argv, "6w:n:r:d:c:")) != -1) {
		if (opt == 'w')
			who = optarg;
		else if (opt == '6')
			a.cable.v6 = true;
		else if (opt == 'n')
			a.addresses = (uint32_t)parse_u64(optarg, "-n");
		else if (opt == 'r')
			a.rate = parse_u64(optarg, "-r");
		else if (opt == 'd')
			a.duration_ns = parse_u64(optarg, "-d") * 1000000;
		else if (opt == 'c')
			a.cpu = (uint32_t)parse_u64(optarg, "-c");
		else
			die("usage: asks [-6] [-w ours|kernel|reflector|leased|nobody] [-n "
			    "ADDRESSES] "
			    "[-r RATE] [-d MS] [-c CPU]");
	}
	if (a.cpu >= PACKETS_CPUS)
		die("processor %u: at most %u", a.cpu, PACKETS_CPUS - 1);
	rig_open(&a.rig);
	cable_up(&a.cable, &a.rig, program_of(&a, who), a.addresses);
	rig_lease(&a.rig, true);
	rig_pin((int)a.cpu);
	report(&a, ask(&a));
	rig_close(&a.rig);
	return 0;
}

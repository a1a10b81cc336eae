/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The XDP and the egress program against a reference: the same frame, the same maps, and afterwards the same
 * verdict, bytes, counters, records, lease words and events. The programs read the clock themselves, so every time
 * in a map lies a second or more from where a decision changes, and a run that took longer is not judged.
 */
#include <arpa/inet.h>
#include <string.h>
#include "base/clock.h"
#include "fuzz.h"
#include "model.h"
#include "scene.h"

#define TOO_LONG_NS 400000000ull

static void differ(const char *what, uint64_t want, uint64_t got)
{
	(void)fprintf(stderr, "BROKEN: %s: %llu (%#llx) instead of %llu (%#llx)\n", what,
		      (unsigned long long)got, (unsigned long long)got, (unsigned long long)want,
		      (unsigned long long)want);
	abort();
}

static void same(const char *what, uint64_t want, uint64_t got)
{
	if (want != got)
		differ(what, want, got);
}

#define SAME(field) same(#field, a->field, b->field)

static void same_bytes(const char *what, const void *want, const void *got, size_t len)
{
	const uint8_t *a = want, *b = got;

	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i]) {
			(void)fprintf(stderr, "byte %zu of %zu\n", i, len);
			differ(what, a[i], b[i]);
		}
}

static uint64_t begin_ns, end_ns;

/* The reference stamped with the time before the run; the program with some time during it. */
static void same_time(const char *what, uint64_t want, uint64_t got)
{
	if (want == got || (want >= begin_ns && want <= end_ns + 100 * SCENE_SECOND_NS &&
			    got >= want && got - want <= end_ns - begin_ns))
		return;
	differ(what, want, got);
}

#define SAME_TIME(field) same_time(#field, a->field, b->field)

static void same_group(const struct ipt_group *a, const struct ipt_group *b)
{
	SAME(epoch_max);
	SAME(owner_epoch);
	SAME(generation);
	SAME_TIME(rival_ns);
	SAME_TIME(owner_ns);
	same_bytes("rival_mac", a->rival_mac, b->rival_mac, 6);
	SAME(rival_v6);
	same_bytes("binding", a->binding, b->binding, sizeof(a->binding));
}

static void same_frame(const char *what, const struct ipt_frame *a, const struct ipt_frame *b)
{
	same_time(what, a->rx_ns, b->rx_ns);
	SAME(len);
	same_bytes(what, a->mac, b->mac, 6);
	same_bytes(what, a->bytes, b->bytes, sizeof(a->bytes));
}

static void same_peer(const struct ipt_peer *a, const struct ipt_peer *b)
{
	SAME(node);
	SAME(hold_us_max);
	SAME(hold_us_next);
	SAME_TIME(hold_max_ns);
	SAME(session);
	SAME_TIME(session_ns);
	SAME(last_seq);
	SAME_TIME(last_ns);
	SAME_TIME(unproven_tat_ns);
	SAME_TIME(unproven_ns);
	SAME(life_session);
	SAME(life_seq);
	SAME_TIME(identity_ns);
	SAME(identity_node);
	SAME_TIME(bounds_ns);
	SAME(accepted);
	for (unsigned int i = 0; i < IPT_SEEN; i++) {
		SAME(seen[i].session);
		SAME(seen[i].seq);
		SAME_TIME(seen[i].since_ns);
	}
	same_frame("proven", &a->proven, &b->proven);
	same_frame("unproven", &a->unproven, &b->unproven);
}

static void same_path(const struct ipt_path *a, const struct ipt_path *b)
{
	SAME_TIME(last_ns);
	SAME_TIME(proven_ns);
	SAME(seq);
	SAME(frames);
	same_bytes("mac", a->mac, b->mac, 6);
	SAME(life_session);
	SAME(life_seq);
}

static void same_event(const struct ipt_event *a, const struct ipt_event *b)
{
	SAME(type);
	SAME(peer);
	SAME(group);
	SAME(ifindex);
	same_bytes("event address", (const uint8_t *)&a->addr, (const uint8_t *)&b->addr, 16);
	SAME(due_ns);
	SAME(node);
	same_bytes("event mac", a->mac, b->mac, 6);
	if (b->time_ns < begin_ns || b->time_ns > end_ns)
		differ("event time", begin_ns, b->time_ns);
}

static void same_counters(const struct model *a, const struct model *b)
{
	static const char *const names[] = {
#define NAME(name, text) #name,
		IPT_COUNTERS(NAME)
#undef NAME
	};

	for (unsigned int i = 0; i < CNT_MAX; i++)
		same(names[i], a->counter[i], b->counter[i]);
}

static void same_model(const struct model *a, const struct model *b)
{
	same_counters(a, b);
	for (unsigned int i = 0; i < MODEL_GROUPS; i++) {
		SAME(word[i]);
		same_group(&a->group[i], &b->group[i]);
	}
	for (unsigned int i = 0; i < MODEL_PEERS; i++)
		same_peer(&a->peer[i], &b->peer[i]);
	for (unsigned int i = 0; i < MODEL_PATHS; i++)
		same_path(&a->path[i], &b->path[i]);
	for (unsigned int i = 0; i < MODEL_KEYS; i++)
		SAME_TIME(key[i].used_ns);
	SAME(sent.session);
	SAME(sent.seq);
	SAME_TIME(sent.last_ns);
	SAME_TIME(sent.run_start_ns);
	SAME_TIME(stray_ns);
	if (a->stray_ns)
		same_bytes("stray", &a->stray, &b->stray, sizeof(a->stray));
	SAME(nevents);
	for (uint32_t i = 0; i < a->nevents; i++)
		same_event(&a->event[i], &b->event[i]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	programs_load();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct model want, got;
	static struct model_run expected, run;
	struct fuzz_in in = {bytes, size};
	bool egress;

	begin_ns = clock_now_ns();
	memset(&want, 0, sizeof(want));
	egress = scene_read(&want, &expected, &in, begin_ns);
	got = want;
	run = expected;
	if (!programs_run(&got, egress, &run))
		return 0;
	end_ns = clock_now_ns();
	if (end_ns - begin_ns > TOO_LONG_NS)
		return 0;
	if (egress)
		reference_egress(&want, begin_ns, &expected);
	else
		reference_ingress(&want, begin_ns, &expected);
	same("verdict", (uint32_t)expected.verdict, (uint32_t)run.verdict);
	same("length", expected.len, run.len);
	same_bytes("frame", expected.bytes, run.bytes, run.len);
	same_model(&want, &got);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The simulator: the daemon's own core on every node, and models of all else that counts: clocks that drift, the
 * kernel part that outlives its daemon, the wire, and a judge that knows the true time.
 */
#ifndef IPT_SIM_H
#define IPT_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "clock.h"
#include "core/core.h"
#include "core/timing.h"
#include "fault.h"
#include "kernel.h"

#define SIM_MS 1000000ull
#define SIM_SECOND 1000000000ull
#define SIM_FAULTS 64
#define SIM_INBOX 64
#define SIM_BEATS 2048
#define SIM_HEAP 8192
#define SIM_TAPE 64
#define SIM_FOREVER UINT64_MAX

enum sim_mode { MODE_PAIR, MODE_QUORUM3, MODE_QUORUM5, MODE_WITNESS, SIM_MODES };

/* What one pair of seed and mode stands for; drawn, or set by hand to replay something smaller. */
struct options {
	enum sim_mode mode;
	uint64_t seed;
	unsigned int classes; /* bits: enum fault_class */
	struct timing t;
	struct timing other; /* of the file that a FAULT_TIMING gives a node; interval 0: none */
	uint32_t nodes, groups;
	uint8_t witness; /* node index + 1; 0: none */
	enum core_alone alone;
	bool preempt, drift, races;
	enum core_rollout rollout;
	uint32_t paths; /* ways from host to host: each beat goes by all of them */
	uint64_t hold_off_ns, preempt_delay_ns, drain_ns;
	uint64_t without; /* bits: enum model_rule */
	uint32_t length; /* of the faulty part, in intervals */
	bool trace;
};

struct rng {
	uint64_t s;
};

/* The last one-way cut of a pair, as far as drawn. */
struct cuts {
	uint64_t end_ns;
	uint8_t from;
	bool any;
};

enum sim_event_kind {
	EV_FRAME, /* arrives at node; a: beat, b: from */
	EV_TIMER, /* bpf_timer of node; a: peer, b: time as queued */
	EV_WAKE, /* the daemon's timer; b: time as queued */
	EV_RUN, /* the daemon goes on; a: generation */
	EV_START, /* of a daemon; a: enum start_how, b: life that it follows */
	EV_ADDRS, /* netlink is done; a: group, b: life */
	EV_PROBED, /* a: group, b: life */
	EV_GATEWAY, /* b: life */
	EV_FAULT, /* a: index; begins */
	EV_FAULT_END,
	EV_HEAL,
	EV_CHECK, /* the judge's own; a: what */
};

struct sim_event {
	uint64_t at_ns, order;
	uint64_t b, c;
	uint32_t a;
	uint8_t kind, node;
};

enum start_how { START_ADOPT, START_FRESH };

enum phase { PHASE_IDLE, PHASE_NOW, PHASE_VIEW, PHASE_EFFECTS };

/* Where a daemon can be stopped between two of its actions. */
enum stall_point {
	STALL_VIEW,
	STALL_STEP,
	STALL_SEND,
	STALL_TAKE,
	STALL_RENEW,
	STALL_CLOSE,
	STALL_POINTS
};

struct node {
	struct clock clock;
	struct kernel k;
	struct timing t; /* of its file */
	uint32_t members; /* of its file: nodes 0 to members - 1 */
	uint32_t groups; /* of its file: the first ones */
	uint8_t id; /* of its file; two hosts have the same only by mistake */
	bool deaf; /* no XDP */
	uint32_t limited; /* unproven frames that the daemon has not seen */
	bool deaf_ring, bad_swap;
	bool up; /* the host */
	bool running, hung; /* the daemon */
	bool link_down, track_down[SIM_GROUPS], no_gateway;
	bool track_waits; /* its checks have no first result yet */
	bool egress_drops,
		egress_partly; /* partly: towards some peers only, and said to have failed */
	bool netlink_fails;
	uint64_t netlink_ns, late_ns;
	uint32_t verdicts; /* silences that its kernel has judged */
	uint64_t frozen_until_ns;
	uint8_t kids[CORE_MAX_KEYS], nkids;
	bool other_config; /* its file names other members, as its hash says */
	uint32_t life; /* of the daemon; events of another one are void */
	uint64_t wake_ns, wake_queued_ns; /* its timer, true time; the event that looks at it */
	uint32_t run_gen;
	bool run_pending, rang;
	/* one wake-up of the daemon */
	enum phase phase;
	uint32_t fx;
	bool stall_armed, just_stalled;
	enum stall_point stall_point;
	uint64_t stall_ns;
	struct core_event current;
	struct core_event queue[SIM_INBOX];
	uint32_t queue_first, queue_count;
	struct core_event inbox[SIM_INBOX];
	uint32_t inbox_count;
	struct core core;
	struct core_view view;
	struct beat proven[CORE_MAX_PEERS], unproven[CORE_MAX_PEERS];
	struct core_out out;
	uint64_t steps_at_ns;
	uint32_t steps;
};

struct slot {
	struct beat beat;
	uint64_t left_ns; /* true time at which it left */
	uint32_t refs;
	uint32_t next_free;
	uint8_t from;
	bool forged;
};

struct link {
	uint32_t cut; /* how many faults cut it */
	uint32_t beats_cut;
	uint32_t half_cut; /* the second way */
	uint32_t loss_ppm;
	uint64_t slow_from_ns; /* since when its delay grows; 0: it does not */
	uint64_t slow_ppm;
};

struct gate_track {
	bool live;
	uint64_t until_ns; /* true time */
	uint64_t word; /* that it was live with */
	uint64_t epoch;
	uint64_t opened_ns;
	uint64_t closed_ns; /* true time of the last end; 0: never was live */
	uint64_t dead_epoch; /* the highest that has ended */
};

struct handover {
	bool active;
	uint8_t from, to;
	uint64_t since_ns, accepted_until_ns;
};

struct stats {
	uint64_t seeds, virtual_ns, claims, moves, lapses, frames, steps, duals, handovers;
	uint64_t verdicts,
		refused; /* silences judged by the kernel; claims that its word refused */
};

struct judge {
	struct gate_track gate[SIM_NODES][SIM_GROUPS];
	uint64_t last_epoch[SIM_GROUPS];
	uint8_t last_owner[SIM_GROUPS];
	uint64_t heard_ns[SIM_NODES][SIM_NODES]; /* [at][from]: newest authentic frame, true time */
	uint64_t sent_ns[SIM_NODES][SIM_NODES]; /* when the newest accepted, proven one was sent */
	uint64_t unproven_ns[SIM_NODES]
			    [SIM_NODES]; /* the first since the newest proven one; 0: none */
	uint8_t signs[SIM_NODES]; /* the key of its newest frame; 0: it has sent none */
	uint64_t again_ns[SIM_NODES][SIM_NODES]; /* the newest that came after a silence of D */
	struct timing t[SIM_NODES]; /* of the file by which a gate was opened or extended last */
	uint64_t known_epoch[SIM_NODES][SIM_GROUPS]; /* highest accepted, proven */
	uint64_t dual_since_ns[SIM_GROUPS];
	bool must_close[SIM_NODES][SIM_GROUPS];
	uint64_t cand_epoch[SIM_NODES][SIM_GROUPS],
		cand_ns[SIM_NODES][SIM_GROUPS]; /* first announced */
	bool memory_lost;
	struct handover handover[SIM_GROUPS];
	bool calm; /* faults are over: liveness is judged */
	bool still; /* settled: nothing may change */
	bool handing; /* a handover that was asked for in peace is judged */
	uint64_t vacant_since_ns[SIM_GROUPS], outage_ns[SIM_GROUPS];
	char bad[200]; /* the violation */
	char rule[8]; /* its name */
};

struct sim {
	struct options o;
	struct stats stats; /* add up over seeds */
	uint32_t nfaults;
	struct fault fault[SIM_FAULTS];
	uint64_t now_ns;
	/* From here on a new world begins with zeros. */
	uint64_t order, session;
	struct rng rng;
	struct node node[SIM_NODES];
	struct link link[SIM_NODES][SIM_NODES]; /* [from][to] */
	uint64_t delay_ns; /* at most, on top of the usual */
	uint64_t disturbed_ns; /* until then something may have kept ARP from passing */
	uint32_t duplicate_ppm, replay_ppm, forge_ppm;
	struct slot slot[SIM_BEATS];
	uint32_t free_slot;
	uint32_t tape[SIM_TAPE]; /* slots that the attacker keeps */
	struct sim_event heap[SIM_HEAP];
	uint32_t nheap;
	struct judge j;
	bool done;
};

/* rng.c */
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t below); /* 0 for 0 */
uint64_t rng_range(struct rng *r, uint64_t from, uint64_t to); /* both included */
bool rng_ppm(struct rng *r, uint32_t ppm);

/* queue.c: what happens when, in true time; ties in the order in which they were put in. */
void queue_push(struct sim *s, struct sim_event ev);
bool queue_pop(struct sim *s, struct sim_event *ret);

/* net.c */
void net_init(struct sim *s);
void beat_copy(struct beat *to, const struct beat *from);
void net_send(struct sim *s, uint32_t from, const struct beat *b, bool partly);
void net_arrive(struct sim *s, const struct sim_event *ev);
void net_put(struct sim *s, uint32_t slot);
bool net_arp_passes(struct sim *s, uint32_t from, uint32_t to);
uint64_t net_delay(struct sim *s);

/* node.c: the process of the daemon. */
void node_start(struct sim *s, uint32_t n, enum start_how how);
uint32_t node_hash(const struct sim *s, uint32_t n, uint32_t members); /* of a file with these */
void node_die(struct sim *s, uint32_t n);
void node_hang(struct sim *s, uint32_t n);
void node_cont(struct sim *s, uint32_t n);
void node_post(struct sim *s, uint32_t n, struct core_event ev); /* something its loop finds */
void node_ring(struct sim *s, uint32_t n); /* the kernel has something new */
void node_run(struct sim *s, uint32_t n);
void node_arm(struct sim *s, uint32_t n); /* its timer, again after the clock's rate has changed */
void node_handle(struct sim *s, const struct sim_event *ev);

/* effect.c: what the daemon does. */
void effect_carry_out(struct sim *s, uint32_t n, const struct core_effect *fx);

/* fault.c, inject.c */
void fault_draw(struct sim *s);
/* One that somebody else thought of: made to fit as those that are drawn do. False: not in this world. */
bool fault_admit(const struct options *o, struct cuts *last, struct fault *f);
void fault_begin(struct sim *s, const struct fault *f);
void fault_end(struct sim *s, const struct fault *f);
const char *fault_name(enum fault_kind kind);
void fault_print(const struct sim *s, const struct fault *f, FILE *to);

/* world.c */
void options_draw(struct options *o, enum sim_mode mode, uint64_t seed);
void options_set_timing(struct options *o, unsigned int setting);
uint32_t options_drift_ppm(const struct options *o); /* how wrong a clock may really be */
void options_set_other(struct options *o); /* the times of the file that FAULT_TIMING gives */
const char *mode_name(enum sim_mode mode);
const char *model_rule_name(enum model_rule rule);
void options_print(const struct options *o, FILE *to);
void world_init(struct sim *s, const struct options *o);
bool world_run(struct sim *s); /* false: a rule is broken, see s->j */
bool world_until(struct sim *s, uint64_t until_ns);
uint64_t world_local_ns(const struct sim *s, uint32_t n);

/* properties.c */
void judge_gate(struct sim *s, uint32_t n,
		uint32_t g); /* the word, the clock's rate or the host has changed */
void judge_heard(struct sim *s, uint32_t at, uint32_t from, const struct slot *f, bool proven);
void judge_settled(struct sim *s, uint32_t n); /* the daemon is done with a wake-up */
void judge_left(struct sim *s, uint32_t n,
		const struct beat *b); /* a heartbeat has left the host */
void judge_tick(struct sim *s); /* before anything happens */
void judge_effect(struct sim *s, uint32_t n,
		  const struct core_effect *fx); /* before it is carried out */
bool judge_live(const struct sim *s, uint32_t n, uint32_t g);
void judge_fail(struct sim *s, const char *rule, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* live.c: what must be true once the faults are over. */
void live_heal(struct sim *s);
void live_check(struct sim *s, uint32_t what);

/* trace.c */
void trace(const struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trace_effect(const struct sim *s, uint32_t n, const struct core_effect *fx);

/* scenarios.c: what random search does not find; the number that failed. `name` NULL: all of them. */
unsigned int scenarios_run(struct sim *s, const char *name, const struct options *with);

/* measure.c */
int measure(struct sim *s, bool only_peace);

/* shrink.c: deletes faults while the same rule still breaks. */
void shrink(struct sim *s);

static inline bool without(const struct sim *s, enum model_rule rule)
{
	return s->o.without >> rule & 1;
}

/* Peer i of a node, as in its configuration: all others in order. */
static inline uint32_t peer_node(uint32_t n, uint32_t i)
{
	return i < n ? i : i + 1;
}

static inline uint32_t peer_index(uint32_t n, uint32_t other)
{
	return other < n ? other : other - 1;
}

#endif

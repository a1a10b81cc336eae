/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ownership protocol as a pure step function (protocol 6; of a pair: protocol 7): an event with its time and
 * a snapshot of the kernel's records go in, an ordered list of effects and the next deadline come out. No
 * I/O, no clock, no allocation, no globals.
 */
#ifndef IPT_CORE_H
#define IPT_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include "events.h"
#include "frame.h"
#include "timing.h"
#include "wire.h"

#define CORE_MAX_PEERS (HB_MAX_NODES - 1)
#define CORE_MAX_KEYS 4
#define CORE_NEVER UINT64_MAX

struct core_group_config {
	uint16_t wire_id;
	uint8_t addr_mark; /* told to the others, not judged here */
	uint8_t priority;
	bool address_first; /* few kernel addresses, or routes: added, still fenced, before the gate opens */
	bool preempt; /* of better priority, it asks the owner for the group after preempt_delay_ns */
	uint64_t preempt_delay_ns;
	uint64_t drain_ns; /* after a planned release established traffic is served that long */
};

/* A pair without its peer: claim and keep, do neither, or do it only while the gateway answers. */
enum core_alone { CORE_ALONE_ALWAYS, CORE_ALONE_NEVER, CORE_ALONE_GATEWAY };

/* Which key signs while several are loaded (protocol 5.4). */
enum core_rollout {
	CORE_ROLLOUT_RECEIVE_ONLY, /* the lowest; the others only verify */
	CORE_ROLLOUT_PERMISSIVE, /* the highest that every live peer can verify */
	CORE_ROLLOUT_ENFORCE, /* the highest, and frames under another are refused */
};

struct core_config {
	struct timing t;
	uint32_t cfg_hash; /* of mode, member names and numbers */
	uint32_t
		cfg_prev; /* the members before, until the change has settled; 0: none (protocol 8) */
	bool prev_over; /* this node votes with those no more */
	uint8_t prev_votes; /* how many are a majority of those, ... */
	uint8_t prev_not; /* ... and the number of the voter that is none of them; 0: one has gone */
	bool cfg_settled; /* a majority of these members was seen to vote with no others */
	uint8_t node;
	uint8_t nkeys;
	uint8_t kid[CORE_MAX_KEYS];
	enum core_rollout rollout;
	bool quorum; /* all members vote, the witness too; else a pair (protocol 7) */
	bool witness; /* votes, never stands */
	enum core_alone alone; /* pair only */
	uint64_t hold_off_ns; /* from the start on: claim nothing that is vacant */
	uint8_t npeers;
	uint8_t peer_node[CORE_MAX_PEERS];
	uint8_t ngroups;
	struct core_group_config group[HB_MAX_GROUPS];
};

/* What the kernel knows, read after `now_ns` was. */
struct core_peer_view {
	uint64_t last_ns; /* newest authentic frame, proven or not */
	uint64_t proven_rx_ns; /* 0: none */
	uint64_t unproven_rx_ns;
	const struct beat *proven;
	const struct beat *unproven;
	uint32_t hold_us_max; /* the longest that it may still rely on (hold_longest_us()) */
};

struct core_group_view {
	uint64_t word; /* the lease word */
	uint64_t epoch_max;
	uint64_t owner_epoch;
};

struct core_view {
	uint64_t run_start_ns; /* of this session; 0: nothing has left yet */
	struct core_peer_view peer[CORE_MAX_PEERS];
	struct core_group_view group[HB_MAX_GROUPS];
};

/* A group steps down (4), is tested (2), stands again (2), ...: never as many in one step. */
#define CORE_MAX_EFFECTS (12 * HB_MAX_GROUPS + 16)

struct core_out {
	uint32_t n;
	struct core_effect fx[CORE_MAX_EFFECTS];
	struct beat beat;
};

/* What a peer last said of a group. */
struct core_said {
	uint64_t epoch;
	uint64_t promise_epoch;
	uint64_t echo_ts_ns; /* our frame that this answered */
	uint8_t state;
	uint8_t priority;
	uint8_t flags;
	uint8_t release_to;
	uint8_t promise_holder;
	bool listed; /* its newest frame speaks of the group */
};

struct core_peer {
	uint64_t last_ns;
	uint64_t g_ns; /* of the longest lease that it may still hold */
	uint64_t proven_rx_ns, unproven_rx_ns; /* newest looked at */
	uint64_t session, echo_ts_ns, echo_rx_ns; /* what we echo */
	uint64_t proven_ts_ns; /* stamp of its newest proven frame, ... */
	uint64_t echoed_ts_ns; /* ... and of ours that this one echoes */
	uint64_t lease_ns, interval_ns; /* L or X, and T, as it says; 0: not heard yet */
	uint32_t hold_us; /* as it says of that lease */
	uint32_t cfg_hash, cfg_prev;
	bool restarting; /* said RESTARTING, and nothing since */
	bool acked; /* has answered a frame of this process: it knows how long our leases are */
	bool long_said; /* its newest proven frame announced X */
	uint64_t
		long_told_ns; /* stamp of our first frame that echoed one of its that announced X; 0: none */
	uint64_t quiet_for_ns,
		silent_for_ns; /* last_ns for which the kernel's timer gave its verdict */
	uint64_t keep_until_ns; /* an owner's late look judges no silence before */
	uint64_t look_again_ns; /* a claimant's neither */
	uint8_t late_looks;
	uint64_t alone_at_ns; /* from when on a claim may do without it */
	bool quiet, silent; /* this step's judgement: G - C, G */
	bool deaf; /* so says its newest frame, which is proven: nobody's lease needs its word */
	uint8_t key_id, key_max; /* what its newest frame was signed with, and could verify */
	struct core_said said[HB_MAX_GROUPS];
};

enum core_addrs { CORE_ADDRS_OFF, CORE_ADDRS_ADDING, CORE_ADDRS_ON };

struct core_group {
	enum hb_state state;
	enum core_reason why; /* of the candidacy or of the fault */
	uint64_t word; /* lease word as last read or written */
	uint64_t epoch; /* ours, in CAND, OWNER and RELEASE */
	uint64_t epoch_max, owner_epoch;
	uint64_t reach_ns; /* how far our gate could reach when we last looked */
	uint64_t closed_ns; /* since when the gate is known closed */
	uint64_t promise_until_ns, promise_epoch;
	uint64_t
		promise_ts_ns; /* of the holder's frame that refreshed it: a grant goes with an echo of that one only */
	uint64_t vacant_ns; /* since when nobody is promised anything */
	uint64_t cand_ns; /* candidacy began */
	uint64_t
		cand_said_ns; /* stamp of the first frame that says so with this epoch; 0: not yet made */
	uint64_t cand_sent_ns; /* when such a frame had left; 0: not yet */
	uint64_t hold_off_until_ns;
	uint64_t release_until_ns;
	uint64_t drain_until_ns; /* the address stays till then */
	uint64_t boot_until_ns; /* P9: no vote, no claim before */
	uint64_t stable_ns; /* since when it stands by under this owner, READY */
	uint64_t stable_epoch;
	uint64_t retry_ns; /* of a fault */
	uint64_t ask_until_ns; /* a `take` is waiting; 0: none */
	enum core_addrs addrs;
	uint8_t promise_holder;
	uint8_t release_to;
	uint8_t priority; /* now: configured, set by command or by checks */
	uint8_t named_by, named_node; /* a release that is under way: whose, for whom */
	bool taking; /* CORE_FX_TAKE is out, its answer is the next event */
	bool cold; /* nobody has been seen to own it since our start */
	bool probed, probing;
	/* Alone with the gateway: when it was asked who answers for the address, and the newest of these
	 * questions to which nobody did. */
	uint64_t take_asked_ns, take_probed_ns;
	bool take_probing;
	uint64_t take_at_ns; /* when somebody asked to take it last */
	bool probe_void; /* the link has been down since it was asked */
	uint64_t probe_again_ns; /* the last question could not be asked: not before */
	bool served; /* somebody does, though no heartbeats come */
	bool refused; /* the last candidacy found the votes given away */
	bool link_down;
	bool checks_bad, checks_wait; /* CORE_EV_TRACK */
	bool fence_bad; /* CORE_EV_FENCE */
	bool place_taken; /* its addresses lie on the interface already, put there by somebody else */
	bool tested_bad; /* CORE_EV_TESTED: this host does not reach the owner */
	bool fault_next; /* after the release under way: for `fault_why` */
	enum core_reason fault_why;
	bool preempted; /* named, with preempt: whether it can serve is to be seen */
	uint8_t preempt_fails; /* in a row: each doubles preempt_delay_ns */
	uint64_t took_ns; /* when the gate was opened last */
	uint64_t
		renumbered_ns; /* when a candidacy got another epoch, since a higher one was seen */
	bool drained;
	bool adopted; /* until the first step has told of it */
	bool unknown; /* the daemon before did not keep its promises */
	bool stay_out; /* released by force with nobody to take it */
	bool said_closed; /* the frame that says so has been asked for */
	uint64_t tested_epoch; /* of the owner that was probed last */
};

struct core {
	struct core_config cfg;
	uint64_t session, seq;
	uint64_t start_ns; /* of the first step */
	uint64_t random;
	uint64_t sent_ts_ns; /* last heartbeat handed to the kernel */
	uint64_t said_ts_ns; /* stamp of the newest frame made */
	uint64_t key_ts_ns
		[2]; /* stamp of the last that left and tells something to who has the lowest key, the highest */
	uint64_t next_send_ns;
	uint64_t answer_ns; /* an answer is due; CORE_NEVER: none */
	uint64_t deadline_ns; /* as last returned */
	uint64_t late_ns; /* of the last look */
	uint64_t stop_until_ns; /* 0: not stopping */
	uint64_t gateway_ns; /* when the newest question that the gateway answered was sent */
	uint64_t ask_gateway_ns; /* next question; CORE_NEVER: none */
	uint64_t first_ts_ns; /* of the first frame of this process; 0: none has left */
	uint64_t upgrade_until_ns; /* 0: none under way */
	uint64_t
		long_from_ns; /* stamp of the first frame that announced X, as all since have; 0: L is announced */
	uint64_t
		agree_ns; /* since when all members that are heard have our members; 0: they have not */
	uint64_t one_key_ns; /* since when all members sign with the highest key; 0: they do not */
	uint8_t said_keys; /* of key_ts_ns, whom that newest frame tells something: a bit each */
	uint8_t key_min; /* as last told */
	bool remembers; /* what was promised before our time */
	bool send_now;
	bool deaf; /* CORE_EV_HEARS */
	uint64_t deaf_until_ns; /* that is said until then; afterwards nothing is */
	uint64_t hears_ns; /* since when it hears again; 0: it always did */
	bool exited;
	struct core_peer peer[CORE_MAX_PEERS];
	struct core_group group[HB_MAX_GROUPS];
};

/* `session` must be random and new, or an adopted one; `seed` feeds the transmit jitter and the random back-off. */
void core_init(struct core *c, const struct core_config *cfg, uint64_t session, uint64_t seed);

/*
 * P8: what a predecessor of the same boot, configuration hash and session left in the pinned maps. Its
 * session is given to core_init(), its sequence goes on, and each group with an epoch is owned from here on,
 * as long as its gate lives and no record of a peer says otherwise: no frame, no address, no client notices.
 */
struct core_adopt {
	uint64_t seq; /* of the last frame that left */
	uint64_t epoch[HB_MAX_GROUPS]; /* of the live gate's binding, ours; 0: nothing to adopt */
	bool drained[HB_MAX_GROUPS];
	bool remembers; /* the predecessor kept its promises in the maps, and here they are (P9), ... */
	bool unknown[HB_MAX_GROUPS]; /* ... but for groups that it did not know */
	struct core_promise {
		uint64_t epoch, until_ns;
		uint64_t
			boot_until_ns; /* what was promised before is not known until then; 0: it is */
		uint8_t holder; /* 0: none */
	} promise[HB_MAX_GROUPS];
};

/* Right after core_init(), before the first step. */
void core_adopt(struct core *c, const struct core_adopt *a);

/*
 * One event. `view` was read after event->now_ns. Effects are to be carried out in their order, before the
 * next event; those that say "answer with" are answered by an event of that type.
 */
void core_step(struct core *c, const struct core_event *event, const struct core_view *view,
	       struct core_out *out);

/* For how long of real time the sender of a frame relies on the lease in it, in us. */
uint32_t core_hold_us(const struct core_config *cfg, const struct beat *b);

/* When to call next with CORE_EV_LOOK, CLOCK_BOOTTIME ns. */
uint64_t core_deadline(const struct core *c);

/* Node id of the owner as far as this node knows, 0: none. */
uint8_t core_owner(const struct core *c, uint32_t group, uint64_t now_ns);

/* State as it goes on the wire: BACKUP and FAULT are said only when the gate is proven closed (P8). */
enum hb_state core_wire_state(const struct core *c, uint32_t group, uint64_t now_ns);

const char *core_reason_text(enum core_reason reason);
const char *core_reason_word(enum core_reason reason); /* [a-z_]+ */

#endif

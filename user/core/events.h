/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What goes into a step of the core, and what comes out of it. Of each union the member that has the name of the type is
 * set, or the one that names the types it is for; a type that has none says all by itself.
 */
#ifndef IPT_EVENTS_H
#define IPT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include "wire.h"

enum core_event_type {
	CORE_EV_LOOK, /* time has come, or the kernel has something new */
	CORE_EV_SILENT, /* the kernel's timer: a peer is silent for G, or for G - C */
	CORE_EV_SENT, /* outcome of CORE_FX_SEND */
	CORE_EV_TOOK, /* outcome of CORE_FX_TAKE */
	CORE_EV_ADDRS, /* outcome of CORE_FX_ADDR_ADD */
	CORE_EV_PROBED, /* outcome of CORE_FX_PROBE */
	CORE_EV_LINK, /* the group's interface */
	CORE_EV_HEARS, /* our ingress programs of all paths: without them this host is deaf, and says so */
	CORE_EV_FENCE, /* the group's egress filter: without it an orderly handover, then FAULT */
	CORE_EV_PLACE, /* the addresses lie, or do not lie, where we would put them */
	CORE_EV_TESTED, /* outcome of CORE_FX_SELFTEST */
	CORE_EV_TAKE, /* asked to take `group` */
	CORE_EV_RELEASE, /* asked to release `group` */
	CORE_EV_STAY_OUT, /* asked to release `group` and to stay out */
	CORE_EV_COME_BACK, /* and to come back */
	CORE_EV_PRIORITY, /* the group's priority is another now */
	CORE_EV_TRACK, /* the group's checks: where they fail FAULT, with a planned release */
	CORE_EV_GATEWAY, /* the gateway has answered */
	CORE_EV_UPGRADE, /* asked to make room for an heir: longer leases, then CORE_FX_UPGRADE */
	CORE_EV_STOP, /* asked to end: release everything */
	CORE_EVENTS
};

/* Who answered for an address of the group. */
enum core_probed {
	CORE_PROBED_NOT, /* it could not be asked */
	CORE_PROBED_NOBODY,
	CORE_PROBED_MEMBER,
	CORE_PROBED_OTHER,
};

struct core_event {
	enum core_event_type type;
	uint32_t group; /* where it is about one */
	uint64_t now_ns;
	union {
		struct {
			uint64_t at_ns;
			uint32_t peer;
			bool whole; /* for all of G; else for G - C */
		} silent;
		struct {
			uint64_t ts_ns; /* its stamp */
			bool left;
		} sent;
		struct {
			bool taken;
			uint64_t word; /* that stands there now, if so */
		} took;
		struct {
			bool there; /* on their interfaces */
		} addrs;
		struct {
			uint64_t asked_ns;
			enum core_probed found;
		} probed;
		struct {
			bool up; /* with carrier, and our programs on it */
		} link;
		struct {
			bool there;
		} hears;
		struct {
			bool there;
		} fence;
		struct {
			bool taken; /* somebody else has put them there */
		} place;
		struct {
			bool well; /* the owner answered, and nobody else */
		} tested;
		struct core_request {
			uint32_t ask; /* its number, for the reply to it; 0: nobody waits */
			uint8_t to_node; /* of a release or a drain; 0: the best */
			bool force; /* of the same: even if no peer is ready */
		} request; /* CORE_EV_TAKE, CORE_EV_RELEASE, CORE_EV_STAY_OUT, CORE_EV_COME_BACK */
		struct {
			uint8_t now; /* 0: as configured */
		} priority;
		struct core_track {
			bool pass; /* the group can be served */
			bool waits; /* not all are known yet: it is neither claimed nor given up for that */
		} track;
		struct {
			uint64_t asked_ns; /* when the question was sent */
		} gateway;
	};
};

enum core_reason {
	CORE_R_CLOSED, /* gate proven closed */
	CORE_R_VACANT, /* nobody holds it, the peer agrees to vote */
	CORE_R_QUIET, /* peer quiet, claim announced */
	CORE_R_SILENCE, /* peer silent for G */
	CORE_R_GRANTED, /* the peer's promise */
	CORE_R_NAMED, /* named by RELEASE */
	CORE_R_LAPSED, /* lease ran out */
	CORE_R_FENCED, /* XDP heard a higher epoch */
	CORE_R_RIVAL, /* peer is owner and does not acknowledge us */
	CORE_R_OUTBID, /* peer is owner or the better candidate */
	CORE_R_NO_GRANT, /* candidacy without an answer */
	CORE_R_ASKED, /* by command or by the peer's request */
	CORE_R_STOPPING,
	CORE_R_LINK, /* link down or programs gone */
	CORE_R_FOREIGN, /* somebody else answers for the address */
	CORE_R_ADDRESS, /* address or route could not be added */
	CORE_R_RELEASED, /* release done */
	CORE_R_REPAIRED, /* the fault is gone */
	CORE_R_NO_PEER, /* no peer is ready to take it */
	CORE_R_NOT_OWNER,
	CORE_R_DRAINED, /* by command: stays out until `undrain` */
	CORE_R_TRACK, /* a check of the group failed */
	CORE_R_ADOPTED, /* a predecessor's live gate */
	CORE_R_PREEMPT, /* a better peer asked for it */
	CORE_R_WITNESS, /* votes only */
	CORE_R_FENCE, /* our egress filter is gone */
	CORE_R_NEEDED, /* a peer's lease needs our vote, and was not lengthened */
	CORE_R_RESTARTING, /* the peer that should take it is being replaced */
	CORE_R_EPOCH, /* no epoch is left above those that were seen */
	CORE_R_SERVED, /* heartbeats are silent, but somebody answers for the address */
	CORE_REASONS
};

enum core_effect_type {
	CORE_FX_SEND, /* out.beat to every peer; answer with CORE_EV_SENT */
	CORE_FX_TAKE, /* open the gate; answer with CORE_EV_TOOK */
	CORE_FX_RENEW, /* extend it */
	CORE_FX_CLOSE,
	CORE_FX_ADDR_ADD, /* answer with CORE_EV_ADDRS when done */
	CORE_FX_ADDR_DEL,
	CORE_FX_ANNOUNCE, /* begin */
	CORE_FX_ANNOUNCE_AGAIN,
	CORE_FX_ANNOUNCE_END,
	CORE_FX_DRAIN, /* traffic for the group is served on for a while (before CORE_FX_CLOSE) */
	CORE_FX_RELINQUISH, /* announce the new owner's MAC, as far as the fence lets us */
	CORE_FX_PROBE, /* does anybody answer? Answer with CORE_EV_PROBED */
	CORE_FX_AUDIT, /* took over by silence: does the old owner's kernel still answer? */
	CORE_FX_ASK_GATEWAY, /* one ARP request; each answer is a CORE_EV_GATEWAY */
	CORE_FX_KEY_MIN, /* from now on frames under a lower key are refused */
	CORE_FX_UPGRADE_NOT, /* leaving now would cost a peer its lease: this process goes on */
	CORE_FX_UPGRADE, /* every lease reaches as far as it can: replace the process now */
	CORE_FX_MEMBERS, /* to be kept across restarts */
	CORE_FX_SELFTEST, /* a new owner: does exactly one host answer, in time, the owner? */
	CORE_FX_ALARM, /* a person should know */
	CORE_FX_STATE, /* state change, to be logged */
	CORE_FX_REPLY, /* to a request, or to all that wait for the same outcome */
	CORE_FX_EXIT, /* CORE_EV_STOP is done */
};

struct core_effect {
	enum core_effect_type type;
	uint32_t group; /* where it is about one */
	union {
		struct {
			uint64_t expect; /* the word that must stand there */
			uint64_t deadline_ns;
			uint64_t epoch;
		} take;
		struct {
			uint64_t expect, deadline_ns;
		} renew;
		struct {
			uint64_t epoch; /* ours; relinquishing, the new owner's */
		} announce; /* CORE_FX_ANNOUNCE, CORE_FX_RELINQUISH */
		struct {
			uint64_t until_ns;
		} drain;
		struct {
			uint64_t wait_ns; /* for answers; 0: the usual */
		} probe;
		struct {
			uint8_t kid;
		} key_min;
		struct {
			enum core_reason reason;
		} upgrade_not;
		struct {
			uint32_t
				prev; /* as the configuration's cfg_prev, prev_over and cfg_settled */
			bool prev_over;
			bool settled;
		} members;
		struct {
			uint64_t epoch; /* of that owner */
		} selftest;
		struct {
			enum core_reason reason;
		} alarm;
		struct {
			enum hb_state from, to;
			enum core_reason reason;
			uint64_t epoch;
			uint64_t silence_ns; /* of the peer that is silent longest */
		} state;
		struct {
			uint32_t
				ask; /* the request's number; 0: all that wait for the outcome ... */
			enum core_event_type of; /* ... of CORE_EV_TAKE or CORE_EV_RELEASE */
			bool done;
			enum core_reason reason;
		} reply;
	};
};

#endif

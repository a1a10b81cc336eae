/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why a group changed its state: a sentence for people, a word for those who count. */
#include "abi.h"
#include "core.h"

static const struct {
	const char *word, *text;
} reasons[CORE_REASONS] = {
	[CORE_R_CLOSED] = {"closed", "gate proven closed"},
	[CORE_R_VACANT] = {"vacant", "nobody holds it"},
	[CORE_R_QUIET] = {"quiet", "peer quiet"},
	[CORE_R_SILENCE] = {"silence", "peer silent"},
	[CORE_R_GRANTED] = {"granted", "granted by the peer"},
	[CORE_R_NAMED] = {"named", "named by the peer's release"},
	[CORE_R_LAPSED] = {"lapsed", "lease ran out"},
	[CORE_R_FENCED] = {"fenced", "a higher epoch was heard"},
	[CORE_R_RIVAL] = {"rival", "the peer owns it without acknowledging us"},
	[CORE_R_OUTBID] = {"outbid", "the peer has it"},
	[CORE_R_NO_GRANT] = {"no_grant", "no grant came"},
	[CORE_R_ASKED] = {"asked", "asked to"},
	[CORE_R_STOPPING] = {"stopping", "stopping"},
	[CORE_R_LINK] = {"link", "link down"},
	[CORE_R_FOREIGN] = {"foreign", "another host answers for the address"},
	[CORE_R_ADDRESS] = {"address", "address or route could not be added"},
	[CORE_R_RELEASED] = {"released", "released"},
	[CORE_R_REPAIRED] = {"repaired", "fault is over"},
	[CORE_R_NO_PEER] = {"no_peer", "no peer is ready to take it"},
	[CORE_R_NOT_OWNER] = {"not_owner", "not the owner"},
	[CORE_R_DRAINED] = {"drained", "drained"},
	[CORE_R_TRACK] = {"track", "a check failed"},
	[CORE_R_ADOPTED] = {"adopted", "adopted from the daemon before"},
	[CORE_R_PREEMPT] = {"preempt", "a better peer asked for it"},
	[CORE_R_WITNESS] = {"witness", "witness: votes only"},
	[CORE_R_FENCE] = {"fence", "our egress filter is gone"},
	[CORE_R_NEEDED] = {"needed",
			   "the owner's lease needs this host's vote, and was not lengthened"},
	[CORE_R_RESTARTING] = {"restarting", "the peer that should take it is being replaced"},
	[CORE_R_EPOCH] = {"epoch", "no epoch is left above those that were seen"},
	[CORE_R_SERVED] = {"served", "no heartbeats come, but somebody answers for the address"},
};

_Static_assert(CORE_REASONS <= IPT_REASONS, "each has its place in the tally");

const char *core_reason_text(enum core_reason reason)
{
	return reason < CORE_REASONS ? reasons[reason].text : "?";
}

const char *core_reason_word(enum core_reason reason)
{
	return reason < CORE_REASONS ? reasons[reason].word : "?";
}

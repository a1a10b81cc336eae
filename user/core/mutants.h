/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rules of ip-takeover-protocol(7) that the mutation gate leaves out, one at a time: the tests build the core
 * with -DCORE_WITHOUT=RULE_NAME, and the simulator must notice. The daemon's core has them all.
 */
#ifndef IPT_MUTANTS_H
#define IPT_MUTANTS_H

enum core_rule {
	RULE_NONE,
	RULE_I1, /* without: G is L */
	RULE_P1, /* without: a promise does not keep others from being promised */
	RULE_P1_GRANT, /* without: a promise is told with an echo of a frame that has not refreshed it */
	RULE_P2_ANCHOR, /* without: a grant counts from its receipt, not from our echoed stamp */
	RULE_P2_SELF, /* without: the own grant counts from now, not from the last frame sent */
	RULE_P2_DROPPED, /* without: a frame that was dropped on its way out counts as sent */
	RULE_P2_ACKED, /* without: a lone lease is longer than the peer knows of */
	RULE_P2_LEFT_OVER, /* without: of a peer that was not heard in our time no lease is known */
	RULE_P2_MEMORY, /* without: a lease is longer than a voter that has lost its memory waits */
	RULE_P4_ECHO, /* without: the owner of a pair ignores that its peer does not hear it */
	RULE_P4_RIVAL, /* without: an owner keeps on beside another that does not acknowledge it */
	RULE_P4_UNLISTED, /* without: a record of before, of a peer without the group, carries a lease */
	RULE_P5_RESUME, /* without: a daemon that wakes renews without looking at its gate */
	RULE_P5_LAPSE, /* without: a lapsed owner renews */
	RULE_P6_G, /* without: a pair's peer is given up after D, not G */
	RULE_P6_C, /* without: a claim need not have been announced for C */
	RULE_P6_EPOCH, /* without: a claim goes on under an epoch that is no longer the highest */
	RULE_P7_NAMED, /* without: the node named by a release does not come first */
	RULE_P7_HOLDER, /* without: the last holder does not come first */
	RULE_P7_TURN, /* without: a turn is over before the other knows that it is heard */
	RULE_P7_SLEPT, /* without: a candidacy, a turn, a step back pass in sleep */
	RULE_P8_TRUTH, /* without: "holds nothing" is said before the gate is proven closed */
	RULE_P9_BOOT, /* without: a voter that lost its promises grants at once */
	RULE_P9_MEMORY, /* without: a voter that kept its promises in the maps does not read them */
	RULE_P11_STOP, /* without: a release is said before answering has stopped */
	RULE_RUN_START, /* without: a lone claim does not wait for G of own sending */
	RULE_UNPROVEN, /* without: an authentic frame that proves nothing is no life */
	RULE_INIT_GRANTS, /* without: a pair's node in INIT grants nothing */
	RULE_KEYS_LONE, /* without: a lone lease counts from a frame that the peer may be unable to verify */
	RULE_KEYS, /* without: a pair's peer that is not heard is spoken to under the highest key */
	RULE_D_PEER, /* without: a peer is dropped after D of our own interval, whatever its own is */
	RULE_TICK, /* without: no faster than the own interval, whoever listens */
	RULE_COMPATIBLE, /* without: members of any other set vote for us, and we for them */
	RULE_JOINT, /* without: while the members change, a majority of the new ones is enough */
	RULE_P7_FIRST, /* without: the last holder votes before it stands */
	RULE_LATE_OWNER, /* without: an owner that was late itself waits T for its peer, not D */
	RULE_LONG, /* without: an owner does not lengthen its lease when a voter is about to be replaced */
	RULE_EPOCH_END, /* without: the epoch after the last one is 0 */
	RULE_ONE_NUMBER, /* without: a candidate takes epochs as fast as it can count */
	RULE_PREEMPT_BACKOFF, /* without: a host that cannot serve asks again and again */
	RULE_DEAF, /* without: a host without its ingress programs goes on to send */
	RULE_LATE_LOOK, /* without: a judge that was late judges all the same */
	RULE_ANSWER_CAND, /* without: an owner does not answer a candidate at once */
	CORE_RULES
};

#ifndef CORE_WITHOUT
#define CORE_WITHOUT RULE_NONE
#endif

#define RULE(name) (CORE_WITHOUT != RULE_##name)

#endif

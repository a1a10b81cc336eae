/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pair mode (protocol 7): two nodes without a third voice. One tick is one heartbeat interval; a frame passes
 * within its tick or not at all. Daemons hang, wake, die and start anew while their kernel parts (gate, fence,
 * receive stamps, newest frame) live on. The question: are both gates ever live?
 *
 * Without TWOWAY only one direction is ever cut, and the cut changes its direction only after a frame has passed:
 * then never. With it, both may be: then only after the claimer heard nothing for G, and no owner's frame passes to
 * a daemon that is awake without ending it.
 *
 * Times are ages and rests, so the states are finite and runs have any length. Node 0 has the better priority; when
 * to stand is otherwise open, so that every order of ranks is among the runs.
 *
 * With LS shorter than LX there are two lengths of a lease, and a reload, while a daemon runs or as it starts, goes from
 * one to the other on each side alone (I2, P2, P8).
 */
#ifndef LX
#define LX 4
#endif
#ifndef LS
#define LS LX
#endif
#ifndef GN
#define GN LX
#endif
#ifndef CHANGES
#define CHANGES 2
#endif
#define G_OF(l) ((l) + GN - LX)
#ifndef D
#define D 3 /* silence after which an owner drops its peer; I4: more than the 2 T that leave run_start alone */
#endif
#ifndef CN
#define CN 1 /* how long a claim must be announced */
#endif
#define START (GN + 1) /* at most: own sending before a lone claim, G + delta + sigma */
#define UNBOUND (GN + 1) /* no frame has said a shorter lease yet */

mtype = { BACKUP, CAND, OWNER };

/* The rules as the mutants leave them out. */
#ifdef NO_RUN_START
#define SENT_LONG(x, t) true
#else
#define SENT_LONG(x, t) (sending[x] >= (t))
#endif
#ifdef NO_ECHO
#define ECHOED(x) (gap[x])
#else
#define ECHOED(x) (echo[x])
#endif
#ifdef D_CLAIM
#define SILENCE(x) D
#else
#define SILENCE(x) WAIT(x)
#endif
#ifdef NO_UNPROVEN
#define LIFE(proven) (proven)
#else
#define LIFE(proven) true
#endif
#ifdef RENEW_LAPSED
#define LAPSED(x) false
#else
#define LAPSED(x) (state[x] == OWNER && gate[x] == 0)
#endif
#ifdef TWOWAY
#define BOTH_WAYS true
#else
#define BOTH_WAYS false
#endif

/* Those of two lengths. */
#ifdef OWN_ALONE
#define LONGER(x) (size[x] == LX)
#elif defined(PEER_ALONE)
#define LONGER(x) (longer[x] > 0)
#else
#define LONGER(x) (size[x] == LX || longer[x] > 0)
#endif
#ifdef NOT_ACKED
#define BOUND(x) false
#else
#define BOUND(x) (!acked[x] && told[x] != 0 && told[x] < size[x])
#endif
#ifdef SHORTER_AT_ONCE
#define RUNS_OUT 0
#else
#define RUNS_OUT G_OF(LX)
#endif
#ifdef LONGER_IF_PROVEN
#define LENGTHENS(proven) (proven)
#else
#define LENGTHENS(proven) true
#endif
#ifdef OWN_FORGOTTEN
#define OWN_BEFORE longer[x]
#else
#define OWN_BEFORE UNBOUND
#endif
#ifdef NEW_IS_SHORT
#define NEW_RECORD 0
#else
#define NEW_RECORD UNBOUND
#endif
/* They begin with the shorter one, which both know; so many, from the second on, do so with records that are new. */
#ifndef NEW
#define NEW 0
#endif

#ifdef SPARSE /* one fault a tick: found sooner, and all the mutants are */
#define FAULTS if :: true -> fault(0, 1) :: true -> fault(1, 0) fi
#else
#define FAULTS fault(0, 1); fault(1, 0)
#endif

/* Kernel parts. */
byte gate[2]; /* what is left of the lease */
byte heard[2] = GN; /* age of the newest authentic frame */
byte sending[2]; /* time since run_start */
byte gap[2] = 3; /* age of the own newest frame; 3: more than two intervals */
byte told[2] = LS; /* the lease that the peer has said last; 0: never */
byte longer[2]; /* how long the peer may still hold the longer one */
bool unread[2]; /* the newest proven frame is still to be read: */
mtype said[2] = BACKUP; /* its state, ... */
bool granted[2]; /* ... whether it carries a promise for our present epoch, ... */
byte echoed[2]; /* ... and the age of the frame of ours that it echoes */

/* Daemons. */
bool runs[2];
bool exists[2];
byte size[2] = LS; /* of its leases */
bool acked[2]; /* the peer has answered this process */
mtype state[2] = BACKUP;
byte announced[2]; /* age of the candidacy */
byte echo[2] = LX; /* P2: age of our newest frame that came back with a promise for our epoch */
byte proven[2] = LX; /* age of the newest proven frame that was read: what we echo */
byte promised[2]; /* P1: what is left of the promise to the peer */
bool current[2]; /* it is for the peer's present epoch */
bool knows[2]; /* has the peer's present session: its frames are proven there */
bool saw[2]; /* the kernel has seen the peer's present epoch */
bit higher; /* whose epoch is the higher one, where both have one */

/* The wire. */
bool cut[2]; /* what this node sends is lost */
bool owed[2]; /* since its cut has ended no frame has passed */
byte i, n, most;
#if LS < LX
byte changes = CHANGES; /* of lengths, that are left */
#endif

#define OTHER(x) (1 - (x))
/* G, of the longest lease that either may hold. */
#define WAIT(x) (LONGER(x) -> GN : G_OF(LS))
#define QUIET(x) (heard[x] + CN >= SILENCE(x) && SENT_LONG(x, WAIT(x) + 1 - CN))
#define SILENT(x) (heard[x] >= SILENCE(x) && SENT_LONG(x, WAIT(x) + 1))
#define CLAIMS(x) (state[x] == CAND || state[x] == OWNER)

inline older(age, most) {
	if :: age < most -> age++ :: else fi
}

inline shorter(rest) {
	if :: rest > 0 -> rest-- :: else fi
}

inline tick() {
	for (i : 0 .. 1) {
		shorter(gate[i]);
		shorter(promised[i]);
		if :: longer[i] < UNBOUND -> shorter(longer[i]) :: else fi;
		older(heard[i], GN);
		older(sending[i], START);
		older(gap[i], 3);
		older(announced[i], CN);
		older(echo[i], LX);
		older(proven[i], LX);
		if :: unread[i] -> older(echoed[i], LX) :: else fi
	}
	i = 0
}

inline step_down(x) {
	state[x] = BACKUP;
	gate[x] = 0;
	echo[x] = LX
}

/* The daemon reads the peer's newest proven frame: heard[x] is its age. */
inline hear(x) {
	if
	:: unread[x] ->
		proven[x] = heard[x];
		acked[x] = LS < LX;
		if
		:: granted[x] && CLAIMS(x) && echoed[x] < echo[x] -> echo[x] = echoed[x]
		:: else
		fi;
		if
		:: said[x] == OWNER ->
			if
			/* P4: two owners, and the other does not acknowledge this one. */
			:: state[x] == CAND || (state[x] == OWNER && !granted[x]) -> step_down(x)
			:: else
			fi
		:: said[x] == CAND && state[x] == CAND && x == 1 -> step_down(x) /* P7 */
		:: else
		fi;
		if
		:: said[x] != BACKUP && !CLAIMS(x) ->
			promised[x] = WAIT(x) - heard[x]; /* P1: from arrival */
			current[x] = saw[x]
		:: said[x] == BACKUP -> promised[x] = 0
		:: else
		fi;
		unread[x] = false;
		said[x] = BACKUP;
		granted[x] = false;
		echoed[x] = 0
	:: else
	fi
}

inline stand(x) {
	state[x] = CAND;
	announced[x] = 0;
	echo[x] = LX;
	current[OTHER(x)] = false;
	saw[OTHER(x)] = false;
	granted[x] = false;
	if
	:: saw[x] || !CLAIMS(OTHER(x)) -> higher = x
	:: else -> if :: higher = x :: higher = OTHER(x) fi
	fi
}

/* `most` from a frame on that is n ticks old, if that is more than there is. */
inline lease(x) {
	if :: n < most && most - n > gate[x] -> gate[x] = most - n :: else fi;
	n = 0;
	most = 0
}

/* P2: without the peer, as far as that knows. */
inline lease_alone(x) {
	n = gap[x];
	most = size[x];
	if :: BOUND(x) -> most = told[x] :: else fi;
	lease(x)
}

inline take(x) {
	assert(gate[OTHER(x)] == 0 || (BOTH_WAYS && heard[x] >= G_OF(LS))); /* S2 */
	state[x] = OWNER;
	if
	:: SILENT(x) -> lease_alone(x)
	:: else ->
		n = gap[x];
		most = size[x];
		if :: echo[x] > n -> n = echo[x] :: else fi;
		lease(x)
	fi
}

/* (c) of the order of a step. */
inline judge(x) {
	if
	:: state[x] == BACKUP && gate[x] == 0 && (QUIET(x) || (promised[x] == 0 && proven[x] < D)) ->
		if :: stand(x) :: skip fi
	:: state[x] == CAND && announced[x] >= CN && gap[x] < 3 && promised[x] == 0 &&
			(SILENT(x) || echo[x] < LX) -> take(x)
	:: else
	fi
}

/* I2: y's kernel part learns how long the leases of x are. */
inline note_length(x, y) {
	if
	:: LS < LX ->
		told[y] = size[x];
		if
		:: size[x] == LX && LENGTHENS(knows[x]) -> longer[y] = UNBOUND
		:: size[x] < LX && knows[x] && longer[y] == UNBOUND -> longer[y] = RUNS_OUT
		:: else
		fi
	:: else
	fi
}

/* (d) The frame of x at the peer: y's kernel part, then its daemon if that is awake. */
inline send(x, y) {
	if :: gap[x] >= 3 -> sending[x] = 0 :: else fi;
	gap[x] = 0;
	if
	:: !cut[x] ->
		owed[x] = false;
		if
		:: LIFE(knows[x]) -> heard[y] = 0; note_length(x, y)
		:: else
		fi;
		if
		:: knows[x] ->
			unread[y] = true;
			said[y] = state[x];
			granted[y] = promised[x] > 0 && current[x];
			echoed[y] = proven[x];
			if :: CLAIMS(x) -> saw[y] = true :: else fi;
			/* P10 */
			if
			:: state[x] == OWNER && higher == x && gate[y] > 0 -> gate[y] = 0
			:: else
			fi
		:: else
		fi;
		if
		:: runs[y] ->
			if
			:: LAPSED(y) -> step_down(y)
			:: else
			fi;
			if
			:: knows[x] -> hear(y)
			/* P4, of an unproven frame: only if nothing proven came of late. */
			:: !knows[x] && state[x] == OWNER && state[y] == OWNER && proven[y] >= D ->
				step_down(y)
			:: else
			fi;
			knows[y] = true;
			/* S2: a frame has passed to somebody awake. */
			assert(!(state[x] == OWNER && gate[x] > 0 && gate[y] > 0 && !granted[y] &&
				 (knows[x] || proven[y] >= D)))
		:: else
		fi
	:: else
	fi
}

/* (e) An owner alone, or with the peer's word. */
inline extend(x) {
	if
	:: state[x] == OWNER ->
		if
		:: heard[x] < D -> n = ECHOED(x); most = size[x]; lease(x)
		:: else -> lease_alone(x)
		fi
	:: else
	fi
}

inline wake(x, y) {
	if
	:: runs[x] ->
		d_step {
			if :: LAPSED(x) -> step_down(x) :: else fi;
			hear(x)
		}
		judge(x);
		d_step {
			send(x, y);
			extend(x)
		}
	:: else
	fi
}

/* Another length at a start, or while the daemon runs: a gate goes on if it becomes no longer (P8). */
inline resize(x, l) {
	if :: l < size[x] -> longer[x] = OWN_BEFORE :: else fi;
	size[x] = l
}

inline start(x, y) {
	exists[x] = true;
	runs[x] = true;
	gate[x] = 0; /* P8: closed before anything is said */
	state[x] = BACKUP;
	echo[x] = LX;
	promised[x] = 0;
	proven[x] = LX;
	gap[x] = 3;
	unread[x] = false;
	said[x] = BACKUP;
	granted[x] = false;
	echoed[x] = 0;
	knows[x] = false;
	knows[y] = false;
	acked[x] = false;
#ifdef NOTHING_LEFT_OVER
	told[x] = 0;
#endif
	saw[x] = false
}

/* At most one a tick for each node: FAULTS. */
inline fault(x, y) {
	if
	:: skip
#ifndef NO_STOP
	:: runs[x] -> runs[x] = false /* stopped ... */
#endif
	:: runs[x] -> runs[x] = false; exists[x] = false /* ... or killed */
	:: exists[x] && !runs[x] -> runs[x] = true
	:: !exists[x] -> start(x, y)
#if LS < LX
	:: !exists[x] && changes > 0 -> changes--; resize(x, LX + LS - size[x]); start(x, y)
	:: runs[x] && changes > 0 && size[x] == LX -> changes--; resize(x, LS)
#ifdef ADOPTS_SHORTER
	:: runs[x] && changes > 0 && size[x] == LS -> changes--; resize(x, LX)
#else
	:: runs[x] && changes > 0 && size[x] == LS -> changes--; resize(x, LX); start(x, y)
#endif
#endif
	:: cut[x] -> cut[x] = false; owed[x] = true
	:: !cut[x] && (BOTH_WAYS || (!cut[y] && !owed[y])) -> cut[x] = true; owed[x] = false
	fi
}

/* What a dead daemon remembered is no part of the state. */
inline forget(x) {
	if
	:: !exists[x] ->
		if :: gate[x] == 0 -> state[x] = BACKUP :: else fi;
		announced[x] = 0; echo[x] = LX; proven[x] = LX; promised[x] = 0; current[x] = false;
		knows[x] = false; acked[x] = false; unread[x] = false; said[x] = BACKUP;
		granted[x] = false; echoed[x] = 0
	:: else
	fi
}

active proctype sys() {
#if NEW > 0
	d_step {
		told[1] = 0;
		longer[1] = NEW_RECORD;
		told[0] = (NEW > 1 -> 0 : LS);
		longer[0] = (NEW > 1 -> NEW_RECORD : 0)
	}
#endif
	do
	:: atomic {
		d_step { tick() }
		FAULTS;
		if
		:: true -> wake(0, 1); wake(1, 0)
		:: true -> wake(1, 0); wake(0, 1)
		fi;
		d_step {
			forget(0);
			forget(1)
		}
		assert(BOTH_WAYS || gate[0] == 0 || gate[1] == 0)
	}
	od
}

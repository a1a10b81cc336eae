/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pair mode (protocol 2.5a): two nodes without a third voice. One tick is one heartbeat interval; a frame passes
 * within its tick or not at all. Daemons hang, wake, die and start anew while their kernel parts (gate, fence,
 * receive stamps, newest frame) live on. The question: are both gates ever live?
 *
 * Without TWOWAY only one direction is ever cut, and the cut changes its direction only after a frame has passed:
 * then never. With it, both may be: then only after the claimer heard nothing for G, and no owner's frame passes to
 * a daemon that is awake without ending it.
 *
 * Times are ages and rests, so the states are finite and runs have any length. Node 0 has the better priority; when
 * to stand is otherwise open, so that every order of ranks is among the runs.
 */
#ifndef LX
#define LX 4
#endif
#ifndef GN
#define GN LX
#endif
#ifndef D
#define D 3 /* silence after which an owner drops its peer; I4: more than the 2 T that leave run_start alone */
#endif
#ifndef CN
#define CN 1 /* how long a claim must be announced */
#endif
#define START (GN + 1) /* own sending before a lone claim: G + delta + sigma */

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
#define SILENCE D
#else
#define SILENCE GN
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
bool unread[2]; /* the newest proven frame is still to be read: */
mtype said[2] = BACKUP; /* its state, ... */
bool granted[2]; /* ... whether it carries a promise for our present epoch, ... */
byte echoed[2]; /* ... and the age of the frame of ours that it echoes */

/* Daemons. */
bool runs[2];
bool exists[2];
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
byte i, n;

#define OTHER(x) (1 - (x))
#define QUIET(x) (heard[x] + CN >= SILENCE && SENT_LONG(x, START - CN))
#define SILENT(x) (heard[x] >= SILENCE && SENT_LONG(x, START))
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
			promised[x] = GN - heard[x]; /* P1: from arrival */
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

inline take(x) {
	assert(gate[OTHER(x)] == 0 || (BOTH_WAYS && heard[x] >= GN)); /* S2 */
	state[x] = OWNER;
	n = gap[x];
	if :: !SILENT(x) && echo[x] > n -> n = echo[x] :: else fi;
	if :: n < LX -> gate[x] = LX - n :: else fi;
	n = 0
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

/* (d) The frame of x at the peer: y's kernel part, then its daemon if that is awake. */
inline send(x, y) {
	if :: gap[x] >= 3 -> sending[x] = 0 :: else fi;
	gap[x] = 0;
	if
	:: !cut[x] ->
		owed[x] = false;
		if
		:: LIFE(knows[x]) -> heard[y] = 0
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
		:: heard[x] < D -> n = ECHOED(x)
		:: else -> n = gap[x]
		fi;
		if
		:: n < LX && LX - n > gate[x] -> gate[x] = LX - n
		:: else
		fi;
		n = 0
	:: else
	fi
}

inline wake(x, y) {
	if
	:: runs[x] ->
		if :: LAPSED(x) -> step_down(x) :: else fi;
		hear(x);
		judge(x);
		send(x, y);
		extend(x)
	:: else
	fi
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
	saw[x] = false
}

/* At most one a tick for each node: FAULTS. */
inline fault(x, y) {
	if
	:: skip
	:: runs[x] -> runs[x] = false /* stopped ... */
	:: runs[x] -> runs[x] = false; exists[x] = false /* ... or killed */
	:: exists[x] && !runs[x] -> runs[x] = true
	:: !exists[x] -> start(x, y)
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
		knows[x] = false; unread[x] = false; said[x] = BACKUP;
		granted[x] = false; echoed[x] = 0
	:: else
	fi
}

active proctype sys() {
	do
	:: atomic {
		tick();
		FAULTS;
		if
		:: true -> wake(0, 1); wake(1, 0)
		:: true -> wake(1, 0); wake(0, 1)
		fi;
		forget(0);
		forget(1);
		assert(BOTH_WAYS || gate[0] == 0 || gate[1] == 0)
	}
	od
}

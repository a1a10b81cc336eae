/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Liveness of the quorum (V1, V2): three members that all may own, frames that are lost and daemons that start anew
 * FAULTS times, whenever it hurts most. From then on: does one node own it, and keep it, for ever?
 *
 * One turn is one interval: all speak, all hear, in the order of their numbers, which is that of their priorities.
 * Every turn takes time and nothing waits, so no assumption of fairness is needed. How long a candidate that has
 * failed holds off is anybody's choice, not chance.
 */
#ifndef FAULTS
#define FAULTS 3
#endif
#define L 3
#define G 3
#define BOOT G
#define PATIENCE 3 /* turns after which a candidate gives up */
#define NOBODY 3

mtype = { BACKUP, CAND, OWNER };

#ifdef NO_WITHDRAW
#define YIELDS(r, s) false
#else
#define YIELDS(r, s) (s < r) /* P7: the worse candidate withdraws before the better one */
#endif
#ifdef NO_RANK
#define RANK(n) 0
#else
#define RANK(n) (n)
#endif

mtype state[3] = BACKUP;
byte holder[3] = NOBODY, promised[3]; /* P1; with NOBODY: the boot wait (P9) */
byte grant[9]; /* candidate * 3 + voter */
byte stood[3]; /* turns as a candidate */
byte vacant[3]; /* turns for which nobody has had this node's promise */
byte hold[3]; /* turns that a failed candidate still holds off */
byte faults = FAULTS;
bool lossy; /* in this turn frames may be lost */
byte n, r, s;

#define HOLDS(x) ((grant[(x) * 3] > 0) + (grant[(x) * 3 + 1] > 0) + (grant[(x) * 3 + 2] > 0) >= 2)
#define OWNS(x) (state[x] == OWNER && HOLDS(x))

inline shorter(rest) {
	if :: rest > 0 -> rest-- :: else fi
}

inline free(x) {
	holder[x] = NOBODY;
	promised[x] = 0;
	vacant[x] = 0
}

inline fall_back(x) {
	state[x] = BACKUP;
	grant[x * 3] = 0; grant[x * 3 + 1] = 0; grant[x * 3 + 2] = 0;
	stood[x] = 0;
	if :: holder[x] == x -> free(x) :: else fi
}

inline tick() {
	for (n : 0 .. 8) {
		shorter(grant[n])
	}
	for (n : 0 .. 2) {
		shorter(hold[n]);
		if
		:: promised[n] > 0 ->
			promised[n]--;
			if :: promised[n] == 0 -> free(n) :: else fi
		:: promised[n] == 0 && vacant[n] < 3 -> vacant[n]++
		:: else
		fi;
		if :: state[n] == CAND && stood[n] < PATIENCE -> stood[n]++ :: else fi
	}
	n = 0
}

inline judge(x) {
	if
	:: state[x] == OWNER && !HOLDS(x) -> fall_back(x) /* P5 */
	:: state[x] == CAND && stood[x] == PATIENCE ->
		fall_back(x);
		if :: hold[x] = 1 :: hold[x] = 2 :: hold[x] = 3 fi
	:: state[x] == BACKUP && holder[x] == NOBODY && promised[x] == 0 && hold[x] == 0 &&
			vacant[x] >= RANK(x) ->
		state[x] = CAND
	:: else
	fi;
	if
	:: state[x] != BACKUP && (holder[x] == NOBODY || holder[x] == x) ->
		holder[x] = x;
		promised[x] = G;
		grant[x * 3 + x] = L
	:: else
	fi
}

/* Receiver y hears what x says; its promise is an answer, which may be lost as well. */
inline hear(x, y) {
	if
	:: state[x] == BACKUP && holder[y] == x -> free(y) /* P8 */
	:: state[x] != BACKUP ->
		if
		:: state[y] == CAND && (state[x] == OWNER || YIELDS(y, x)) ->
			fall_back(y);
			hold[y] = 1
		:: else
		fi;
		if
		:: state[y] == BACKUP && (holder[y] == x || (holder[y] == NOBODY && promised[y] == 0)) ->
			holder[y] = x;
			promised[y] = G;
			if
			:: true -> grant[x * 3 + y] = L
			:: lossy -> skip
			fi
		:: else
		fi
	:: else
	fi
}

inline speak(x) {
	for (r : 0 .. 2) {
		if
		:: r != x -> if :: true -> hear(x, r) :: lossy -> skip fi
		:: else
		fi
	}
	r = 0;
	if
	:: state[x] == CAND && HOLDS(x) -> state[x] = OWNER; stood[x] = 0
	:: else
	fi
}

inline fault() {
	lossy = false;
	if
	:: faults == 0 -> skip
	:: faults > 0 -> skip
	:: faults > 0 -> faults--; lossy = true
	:: faults > 0 ->
		faults--;
		select (s : 0 .. 2);
		fall_back(s);
		holder[s] = NOBODY;
		promised[s] = BOOT;
		hold[s] = 0;
		s = 0
	fi
}

active proctype sys() {
	do
	:: atomic {
		tick();
		fault();
		judge(0); judge(1); judge(2);
		speak(0); speak(1); speak(2);
		assert(!(HOLDS(0) && HOLDS(1)) && !(HOLDS(0) && HOLDS(2)) && !(HOLDS(1) && HOLDS(2)))
	}
	od
}

/* Faults that never come to an end are no concern of this claim: they are counted. */
ltl v1 { <>[] OWNS(0) || <>[] OWNS(1) || <>[] OWNS(2) }

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Change of members (protocol 8): sets of 3, 4 and 5 voters, one voter more or less at a time, in any order, back
 * again too, and different changes on the two sides of a split. Nodes join with whatever file they have. Who hears whom
 * is open at every step, so that every partition is among the runs. The question: do two candidates, X and Y, ever own?
 *
 * There is no clock. A promise ends when no lease rests on it any more, which is what I1 says of times, and the wait of
 * G before the set before is forgotten is what it is for: leases counted from promises to members of that set are over.
 *
 * A node tells the set before until a majority of both sets has the new one. As a candidate it needs both majorities
 * until the change is settled, and no vote of a node that still needs another set's. Then the next change may begin.
 *
 * A vote counts as its frame said, however long ago. NO_DELAY: as its sender would say now, in far fewer states.
 * GROW: members are added and never removed. SMALL: the same with sets of 1, 2 and 3, where far fewer states are.
 */
#ifdef SMALL
#define N 3
#define LOW 1
#define MIDDLE 3
#define HIGH 7
#define SIZE(s) (IN(0, s) + IN(1, s) + IN(2, s))
#else
#define N 5
#define LOW 7
#define MIDDLE 15
#define HIGH 31
#define SIZE(s) (IN(0, s) + IN(1, s) + IN(2, s) + IN(3, s) + IN(4, s))
#endif
#ifndef X
#define X 0
#endif
#ifndef Y
#define Y (N - 1)
#endif

#define BIT(n) (1 << (n))
#define IN(n, s) (((s) >> (n)) & 1)
#define MOST(some, s) (2 * SIZE((some) & (s)) > SIZE(s))
#define BOTH(some, n) (MOST(some, set[n]) && (prev[n] == 0 || MOST(some, prev[n])))
#define NOBODY N

/* How far a node has come with its set. */
#define JOINED 0 /* started with it: nothing is known of a set before */
#define MOVED 1 /* votes for members of the set before as well */
#define LEFT 2 /* ... and does so no more */
#define SETTLED 3

/* The rules as the mutants leave them out. */
#ifdef NO_JOINT /* a candidate asks a majority of its own set only, and the set before is forgotten by that */
#define ENOUGH(some, n) MOST(some, set[n])
#define SAME(v, c) true
#else
#define ENOUGH(some, n) BOTH(some, n)
#define SAME(v, c) (SAID_PREV(v) == 0 || SAID_PREV(v) == prev[c])
#endif
#ifdef ANY_SAME
#undef SAME
#define SAME(v, c) true
#endif
#ifdef LEAVE_BY_NEW
#define AGREED(some, n) MOST(some, set[n])
#elif defined(LEAVE_AT_ONCE)
#define AGREED(some, n) true
#else
#define AGREED(some, n) ENOUGH(some, n)
#endif
#ifdef NO_WAIT
#define OVER(n) true
#else
#define OVER(n) (!foreign[n])
#endif
#ifdef TWO_AT_ONCE
#define NEXT(from, to) ((from) != (to))
#elif defined(GROW)
#define NEXT(from, to) ((to) > (from) && SIZE((from) ^ (to)) == 1)
#else
#define NEXT(from, to) (SIZE((from) ^ (to)) == 1)
#endif
#ifdef NO_SETTLED
#define MAY_MOVE(n) (set[n] != 0)
#else
#define MAY_MOVE(n) (step[n] == SETTLED)
#endif

byte set[N]; /* as bits; 0: does not run */
byte prev[N]; /* the set before, until settled; 0: none */
byte step[N];
byte holder[N] = NOBODY; /* P1 */
byte said_set[N]; /* what the frame with that promise said of its sender's set ... */
byte said_prev[N]; /* ... and of the one before */
bool foreign[N]; /* a lease may rest on its promise to a holder that had another set than its own */
byte owner = NOBODY;
byte n, c, s, some, i;

#define TOLD_PREV(n) (step[n] == MOVED -> prev[n] : 0)
#ifdef NO_DELAY
#define SAID_SET(v) set[v]
#define SAID_PREV(v) TOLD_PREV(v)
#define ASKS(v, c) (IN(c, set[v]) && COUNTS(v, c))
#else
#define SAID_SET(v) said_set[v]
#define SAID_PREV(v) said_prev[v]
#define ASKS(v, c) (IN(v, set[c]) && IN(c, set[v]))
#endif
/* Does what v said count for c? */
#define COUNTS(v, c) (IN(v, set[c]) && ((SAID_SET(v) == set[c] && SAME(v, c)) || \
	SAID_PREV(v) == set[c] || prev[c] == SAID_SET(v)))

/* Votes for candidate c, without the one of `but`. */
inline votes(c, but) {
	some = 0;
	for (i : 0 .. N - 1) {
		if
		:: holder[i] == c && i != but && COUNTS(i, c) -> some = some | BIT(i)
		:: else
		fi
	}
	i = 0
}

/* Who has the set of node n, and, if `last`, votes with no other. */
inline agreeing(n, last) {
	some = 0;
	for (i : 0 .. N - 1) {
		if
		:: set[i] == set[n] && (!last || TOLD_PREV(i) == 0) -> some = some | BIT(i)
		:: else
		fi
	}
	i = 0
}

inline unpromise(n) {
	holder[n] = NOBODY; said_set[n] = 0; said_prev[n] = 0; foreign[n] = false
}

inline choose_set() {
	if :: s = LOW :: s = MIDDLE :: s = HIGH fi
}

/* Who has joined with set s, with node n. */
inline newcomers(n, s) {
	some = BIT(n);
	for (i : 0 .. N - 1) {
		if :: set[i] == s && step[i] == JOINED -> some = some | BIT(i) :: else fi
	}
	i = 0
}

/* The first set is what all begin with; of any other, those who know of none before are no majority. */
inline join() {
	atomic {
		select (n : 0 .. N - 1);
		choose_set();
		if
		:: set[n] == 0 && holder[n] == NOBODY && IN(n, s) ->
			d_step {
				newcomers(n, s);
				if :: !MOST(some, s) -> set[n] = s :: else fi;
				some = 0
			}
		:: else
		fi;
		n = 0; s = 0
	}
}

/* A reload with another file. Promises live on, also those of a node that ends because it is no member any more. */
inline move() {
	atomic {
		select (n : 0 .. N - 1);
		choose_set();
		if
		:: MAY_MOVE(n) && NEXT(set[n], s) ->
			if
			:: IN(n, s) ->
				prev[n] = set[n]; set[n] = s; step[n] = MOVED; foreign[n] = holder[n] != NOBODY
			:: else ->
				prev[n] = 0; set[n] = 0; step[n] = JOINED; foreign[n] = false
			fi
		:: else
		fi;
		n = 0; s = 0
	}
}

inline leave() {
	atomic {
		select (n : 0 .. N - 1);
		if
		:: step[n] == MOVED && OVER(n) ->
			d_step {
				agreeing(n, false);
				if :: AGREED(some, n) -> step[n] = LEFT; foreign[n] = false :: else fi;
				some = 0
			}
		:: else
		fi;
		n = 0
	}
}

inline settle() {
	atomic {
		select (n : 0 .. N - 1);
		if
		:: set[n] != 0 && (step[n] == LEFT || step[n] == JOINED) ->
			d_step {
				agreeing(n, true);
				if :: MOST(some, set[n]) -> step[n] = SETTLED; prev[n] = 0 :: else fi;
				some = 0
			}
		:: else
		fi;
		n = 0
	}
}

/* P1, of a frame of c that node n reads. */
inline promise() {
	atomic {
		select (n : 0 .. N - 1);
		if :: c = X :: c = Y fi;
		if
		:: ASKS(n, c) && (holder[n] == NOBODY || holder[n] == c) ->
			holder[n] = c;
#ifndef NO_DELAY
			said_set[n] = set[n];
			said_prev[n] = TOLD_PREV(n);
#endif
			foreign[n] = step[n] == MOVED && (foreign[n] || set[c] != set[n])
		:: else
		fi;
		n = 0; c = 0
	}
}

/* The promise of node n ends, or only what it was worth to a holder with another set: no lease needs it (any more). */
inline promise_ends() {
	atomic {
		select (n : 0 .. N - 1);
		if
		:: holder[n] != NOBODY && owner != holder[n] -> unpromise(n)
		:: owner != NOBODY && owner == holder[n] && set[owner] != 0 && n != owner ->
			d_step {
				votes(owner, n);
				if
				:: ENOUGH(some, owner) -> unpromise(n)
				:: else ->
					votes(owner, NOBODY);
					if
					:: ENOUGH(some, owner) && set[n] == set[owner] && SAID_SET(n) == set[n] ->
						foreign[n] = false
					:: else
					fi
				fi;
				some = 0
			}
		:: else
		fi;
		n = 0
	}
}

/* P3 */
inline claim() {
	atomic {
		if :: c = X :: c = Y fi;
		if
		:: set[c] != 0 && step[c] != JOINED && holder[c] == c ->
			d_step {
				votes(c, NOBODY);
				if
				:: ENOUGH(some, c) ->
					assert(owner == NOBODY || owner == c);
					owner = c
				:: else
				fi;
				some = 0
			}
		:: else
		fi;
		c = 0
	}
}

init {
	atomic {
		do
		:: i < N && IN(i, LOW) -> set[i] = LOW; step[i] = SETTLED; i++
		:: else -> break
		od;
		i = 0;
#ifdef LATE /* the others have added two and are about to remove one of these again; node 0 has slept all the time */
		set[1] = MIDDLE; set[2] = MIDDLE; set[3] = MIDDLE; set[4] = HIGH;
		step[3] = SETTLED; step[4] = SETTLED
#endif
	}
	do
	:: join()
	:: move()
	:: leave()
	:: settle()
	:: promise()
	:: promise_ends()
	:: claim()
	:: owner != NOBODY -> owner = NOBODY
	od
}

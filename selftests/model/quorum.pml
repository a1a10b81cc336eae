/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Quorum mode (protocol 6): two candidates, three voters, any loss, delay below WINDOW, duplication and
 * reordering of requests and releases, any delay of answers, voters that lose their memory. The question is S6 of
 * the invariants: do two candidates ever hold unexpired grants of a majority?
 *
 * Time is discrete, and every time is kept as an age or as what is left, so that the states are finite and the
 * answer holds for runs of any length. Drift is in the two lengths: LX is what a lease of the fastest-lying clock
 * really lasts, GN what a promise really lasts at least. I1 says GN >= LX, and I2 says BOOT >= GN.
 *
 * Epochs: a candidate takes a new one when it releases, or withdraws, which looks the same to a voter. What counts of
 * them is which candidate's present one is the higher, and which voters have seen that; a frame sent before the last
 * release is of an earlier one. A voter does not refresh its promise for a lower epoch than it has seen, unless an owner
 * says it.
 *
 * Left out: ranks, what the voter would rather do: a candidate here asks whenever it likes, which is more than the core
 * does. Voters are alike, so they are kept in an order.
 */
#ifndef LX
#define LX 2
#endif
#ifndef GN
#define GN LX
#endif
#ifndef BOOT
#define BOOT GN
#endif
#ifndef WINDOW
#define WINDOW 3 /* a request or release is at most WINDOW - 1 ticks under way */
#endif

#define NOBODY 2
#define S_MAX (GN + WINDOW) /* older than any request that a live promise can rest on */
#define NEVER (S_MAX + 1)
#define NONE (ACK_OLD + 1)

/* The rules as the mutants leave them out. */
#ifdef VOTE_REORD
#define IN_ORDER true
#else
#define IN_ORDER (s <= newest[v]) /* only ever newer requests: an older release must not undo a newer grant */
#endif
#ifdef ANY_EPOCH
#define PRESENT(x, age) true
#else
#define PRESENT(x, age) ((age) < released[x]) /* P2: the grant names the epoch that it is for */
#endif
#ifdef REL_NOSEQ
#define IN_SEQUENCE true
#else
#define IN_SEQUENCE (released[c] <= newest[v]) /* P11: sent after the newest request of that holder */
#endif
#ifdef ACK_ANCHOR
#define WORTH LX
#define ACK_OLD WINDOW
#define FOREVER true
#else
#define WORTH (LX - ack[c * 3 + v]) /* P2: counted from when the request was sent */
#define ACK_OLD (LX - 1) /* the age of the oldest answer that is worth anything */
#define FOREVER false
#endif

byte holder[3] = NOBODY; /* P1: whom the voter has promised, ... */
byte promised[3]; /* ... for how long still; with NOBODY: its boot wait (P9) ... */
byte newest[3]; /* ... and the age of the newest request of that holder */
byte ack[6] = NONE; /* candidate * 3 + voter: age of the request that the answer under way echoes */
byte grant[6]; /* what is left of the grant, on the candidate's own clock */
byte released[2] = NEVER; /* age of the candidate's last release: what was sent before has an earlier epoch */
bit high; /* whose epoch is the higher one */
bool seen[3]; /* has the voter, while that of the lower one is its holder, seen a higher one? */
#ifdef ECHO_ALONE
bool present[3]; /* its promise is for the holder's present epoch */
#define FOR_PRESENT(x) present[x]
#else
#define FOR_PRESENT(x) true
#endif
byte c, v, s, i;
int n;

#define HOLDS(x) ((grant[(x) * 3] > 0) + (grant[(x) * 3 + 1] > 0) + (grant[(x) * 3 + 2] > 0) >= 2)

#define KEY(x) ((((((((((((((holder[x] << 4) + promised[x]) << 4) + newest[x]) << 4) + ack[x]) << 4) + ack[3 + x]) << 4) + \
	grant[x]) << 4) + grant[3 + x]) << 1) + seen[x])

inline swap(one, other) {
	n = one; one = other; other = n
}

inline order(x, y) {
	if
	:: KEY(x) > KEY(y) ->
		swap(holder[x], holder[y]); swap(promised[x], promised[y]); swap(newest[x], newest[y]); swap(seen[x], seen[y]);
		swap(ack[x], ack[y]); swap(ack[3 + x], ack[3 + y]); swap(grant[x], grant[y]); swap(grant[3 + x], grant[3 + y]);
#ifdef ECHO_ALONE
		swap(present[x], present[y]);
#endif
		n = 0
	:: else
	fi
}

inline order_all() {
	d_step { order(0, 1); order(1, 2); order(0, 1) }
}

inline tick() {
	d_step {
		i = 0;
		do
		:: i < 6 ->
			if :: grant[i] > 0 -> grant[i]-- :: else fi;
			if
			:: ack[i] < ACK_OLD -> ack[i]++
			:: ack[i] == ACK_OLD && !FOREVER -> ack[i] = NONE
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < 3 ->
			if :: promised[i] > 0 -> promised[i]-- :: else fi;
			if
			:: promised[i] == 0 -> holder[i] = NOBODY; newest[i] = 0; seen[i] = false
			:: promised[i] > 0 && holder[i] != NOBODY && newest[i] < S_MAX -> newest[i]++
			:: else
			fi;
			i++
		:: else -> break
		od;
		if :: released[0] < NEVER -> released[0]++ :: else fi;
		if :: released[1] < NEVER -> released[1]++ :: else fi;
		order(0, 1); order(1, 2); order(0, 1);
		i = 0
	}
}

inline echo() {
	if
	:: s <= ack[c * 3 + v] && s <= ACK_OLD && FOR_PRESENT(v) -> ack[c * 3 + v] = s
	:: else
	fi
}

/* Voter v reads a request of candidate c, sent s ticks ago. */
inline request() {
	atomic {
		select (c : 0 .. 1); select (v : 0 .. 2); select (s : 0 .. WINDOW - 1);
		if
		/* Sent in the tick of the release: which came first is not to be told, so it is left out. */
		:: s != released[c] ->
			if
			:: c == high && promised[v] > 0 && holder[v] == 1 - c -> seen[v] = true
			:: c != high || s > released[c] || promised[v] == 0 || holder[v] != 1 - c
			fi;
			if
			:: promised[v] == 0 || (holder[v] == c && IN_ORDER) ->
				if
				/* A lower epoch is enough for an owner whom none has succeeded. */
				:: true ->
					holder[v] = c;
					promised[v] = GN; /* P1: from its arrival */
					newest[v] = s;
#ifdef ECHO_ALONE
					present[v] = s < released[c];
#endif
					echo()
				/* A candidate's is not refreshed: of the grant nothing more is said. */
				:: ((c != high && seen[v]) || s > released[c]) && promised[v] > 0 ->
					newest[v] = s;
#ifdef ECHO_ALONE
					echo()
#endif
				fi
			:: else
			fi
		:: else
		fi;
		order_all();
		c = 0; v = 0; s = 0
	}
}

/* Candidate c reads the answer of voter v, at any time after it was given, any number of times. */
inline answer() {
	atomic {
		select (c : 0 .. 1); select (v : 0 .. 2);
		if
		:: ack[c * 3 + v] != NONE && PRESENT(c, ack[c * 3 + v]) ->
			if
			:: WORTH > grant[c * 3 + v] -> grant[c * 3 + v] = WORTH
			:: else
			fi
		:: else
		fi;
		order_all();
		c = 0; v = 0
	}
}

/* P11: answering stops, then the release is sent. What follows has a higher epoch than all that c has seen. */
inline release() {
	atomic {
		select (c : 0 .. 1);
		released[c] = 0;
#ifndef REL_EARLY
		grant[c * 3] = 0; grant[c * 3 + 1] = 0; grant[c * 3 + 2] = 0;
#endif
	#ifndef ANY_EPOCH
		ack[c * 3] = NONE; ack[c * 3 + 1] = NONE; ack[c * 3 + 2] = NONE;
#endif
#ifdef ECHO_ALONE
		for (i : 0 .. 2) {
			if :: holder[i] == c -> present[i] = false :: else fi
		}
		i = 0;
#endif
		if
		:: c == high
		:: c != high -> high = c; seen[0] = false; seen[1] = false; seen[2] = false
		:: c != high -> /* it has not seen the other's present one, at most earlier ones */
			if :: skip :: seen[0] = false fi;
			if :: skip :: seen[1] = false fi;
			if :: skip :: seen[2] = false fi
		fi;
		order_all();
		c = 0
	}
}

/* The release comes at voter v, at any time within the window of what it can undo, any number of times. */
inline released_at() {
	atomic {
		select (c : 0 .. 1); select (v : 0 .. 2);
		if
		:: released[c] < NEVER && holder[v] == c && IN_SEQUENCE ->
			promised[v] = 0; holder[v] = NOBODY; newest[v] = 0; seen[v] = false
		:: else
		fi;
		order_all();
		c = 0; v = 0
	}
}

/* A voter's daemon starts anew: its promises are forgotten, its answers under way are not. */
inline restart() {
	atomic {
		select (v : 0 .. 2);
		holder[v] = NOBODY;
		newest[v] = 0;
		promised[v] = BOOT;
		seen[v] = false;
		order_all();
		v = 0
	}
}

active proctype sys() {
	do
	:: tick()
	:: request()
	:: answer()
	:: release()
	:: released_at()
	:: restart()
	:: atomic { HOLDS(0) && HOLDS(1) -> assert(false) } /* S6 */
	od
}

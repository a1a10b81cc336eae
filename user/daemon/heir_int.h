/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of heir share: how far it is, and the jobs of its thread. */
#ifndef IPT_HEIR_INT_H
#define IPT_HEIR_INT_H

#include "heir.h"

enum heir_what { HEIR_UPGRADE, HEIR_RELOAD, HEIR_REPLACE };
enum heir_stage {
	HEIR_IDLE,
	HEIR_REPLACING, /* the thread puts our programs in the places of another build's */
	HEIR_LOOKING, /* the thread, for a way to a peer that was missing */
	HEIR_PREPARING, /* the thread reads, checks, keeps */
	HEIR_RELEASING, /* groups that are no more */
	HEIR_LEAVING, /* the core is making room */
};

struct heir {
	struct origin origin;
	char *argv[7]; /* of the next process */
	struct worker *thread;
	enum heir_what what;
	enum heir_stage stage;
	uint32_t client;
	bool wish; /* `what` waits for the thread to be free */
	uint64_t replace_ns; /* not before */
	uint64_t look_ns; /* next */
	uint64_t release_until_ns;
	/* The thread's, while it prepares. */
	bool unwanted[IPT_MAX_GROUPS]; /* groups that the new file does not have */
	struct config_follow follow; /* its members */
	uint32_t next_hash;
	struct found found;
	struct legacy legacy;
};

/* Is there a way to a peer that was missing? */
struct way_job {
	struct job job;
	bool found; /* result */
};

/* heir_jobs.c: in the thread. */
void heir_run_replace(struct job *job, void *daemon);
void heir_run_look(struct job *job, void *daemon); /* struct way_job */
void heir_run_prepare(struct job *job, void *daemon);

#endif

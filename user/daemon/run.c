/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The daemon's life, from the first look at what a process before has left to the end of the loop. */
#include "run.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include "base/log.h"
#include "base/rights.h"
#include "edge.h"
#include "net/packet.h"
#include "programs/children.h"
#include "beat_ifaces.h"
#include "signals.h"
#include "heir.h"

#define REALTIME_PRIORITY 50
#define THREADS 24u /* without those of checks */
#define THREAD_BYTES (66ul * 1024 * 1024) /* a stack, and what malloc() sets aside for one */

/* Is there room for what the threads will ask for? Nothing of it is touched. */
static bool room_to_lock(size_t need)
{
	void *p = mmap(NULL, need, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	(void)munmap(p, need);
	return true;
}

/* All or nothing: under a limit it succeeds now, and threads that come later cannot be made any more. */
static void lock_memory(const struct config *cfg)
{
	size_t need = (THREADS + cfg->ntracks) * THREAD_BYTES;
	struct rlimit limit = {0};

	if (mlockall(MCL_CURRENT | MCL_FUTURE)) {
		log_line("memory is not locked: %s", strerror(errno));
		return;
	}
	if (room_to_lock(need))
		return;
	(void)munlockall();
	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	log_line("memory is not locked, and pages may be fetched from disk: CAP_IPC_LOCK is "
		 "missing, and RLIMIT_MEMLOCK is %llu kB where %zu kB may be needed",
		 (unsigned long long)limit.rlim_cur / 1024, need / 1024);
}

/* Where it is allowed; a container that forbids it still gets its daemon. Before any thread starts. */
static void go_realtime(const struct config *cfg)
{
	struct sched_param sp = {.sched_priority = REALTIME_PRIORITY};

	if (!cfg->realtime) {
		/* A process before may have had it. */
		if (sched_getscheduler(0) == SCHED_FIFO)
			(void)sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0});
		return;
	}
	lock_memory(cfg);
	if (sched_setscheduler(0, SCHED_FIFO, &sp))
		log_line("no real-time priority: %s", strerror(errno));
}

static int check_clock(struct daemon *d, struct err *e)
{
	int64_t offset_ns;
	int err = kern_clock_offset(d->k, &offset_ns);

	if (err)
		return err_set(e, err, "clock: %s", strerror(-err));
	if (offset_ns > 1000000 || offset_ns < -1000000)
		return err_set(e, -EINVAL,
			       "this time namespace shifts CLOCK_BOOTTIME by %lld ns: run in the "
			       "initial one",
			       (long long)offset_ns);
	return 0;
}

/*
 * What a killed predecessor left on the interfaces goes, except where its gate is ours now: a standby reaches
 * the address by the LAN.
 */
static void remove_old_addresses(struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (!d->adopt.epoch[i])
			(void)addr_jobs_remove(d, i);
}

static int prepare(struct daemon *d, const struct origin *origin, struct err *e)
{
	int err;

	go_realtime(&d->cfg);
	err = setup_open(d, origin->instance, e);
	if (err)
		return err;
	err = check_clock(d, e);
	if (!err)
		err = heir_open(&d->heir, d, origin, e);
	if (err)
		setup_close(d);
	return err;
}

/* From the file, or from what the process before has left. *ret only on success. */
static int attempt(struct daemon **ret, const struct origin *origin, const struct legacy *left,
		   bool file, bool last, struct err *e)
{
	/* Too large for a stack, and locked into memory as a whole. */
	struct daemon *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return err_set(e, -ENOMEM, "out of memory");
	d->path = origin->config;
	d->is_heir = left->conf_fd >= 0;
	legacy_found(left, &d->plan.found);
	d->keep_socket = !last;
	err = file ? config_load(origin->config, &d->cfg, e) : legacy_load(left, &d->cfg, e);
	if (err)
		goto out;
	/* An heir's were checked by the process before: now a lease runs, and asking who a user is may take long. */
	if (!d->is_heir)
		err = config_check_files(&d->cfg, origin->config, e);
	if (!err)
		err = prepare(d, origin, e);
	if (err)
		config_free(&d->cfg);
out:
	if (err)
		free(d);
	else
		*ret = d;
	return err;
}

/* As the daemon was set up. */
static void beat_ifaces_of(const struct daemon *d, struct beat_ifaces *ret)
{
	*ret = (struct beat_ifaces){.partial = d->plan.nmissing != 0};
	for (unsigned int i = 0; i < d->plan.npaths; i++)
		if (!d->cfg.peers[d->plan.paths[i].peer].witness)
			ret->ifindex[ret->n++] = d->plan.paths[i].ifindex;
}

static void log_birth(const struct daemon *d)
{
	char note[BEAT_IFACES_NOTE_LEN];
	struct beat_ifaces ifaces;

	log_line("node %s (id %u), instance %s, groups: %u, peers: %u; T %.3f ms, L %.3f ms, G "
		 "%.3f ms",
		 d->cfg.node, d->cfg.id, d->instance, d->cfg.ngroups, d->cfg.npeers,
		 (double)d->cfg.timing.interval_ns / 1e6, (double)d->cfg.timing.lease_ns / 1e6,
		 (double)d->cfg.timing.g_ns / 1e6);
	beat_ifaces_of(d, &ifaces);
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		for (uint32_t n = 0; n < d->cfg.groups[i].nifaces; n++)
			if (beat_ifaces_note(&ifaces, &d->cfg.groups[i], n, note))
				log_line("%s", note);
}

static int serve(struct daemon *d, struct err *e)
{
	struct core_config cc;
	uint64_t seed = 1;
	int err;

	(void)getrandom(&seed, sizeof(seed), 0);
	setup_core_config(d, &cc);
	core_init(&d->core, &cc, d->session, seed);
	core_adopt(&d->core, &d->adopt);
	err = log_start(e);
	if (err)
		return err;
	log_birth(d);
	edge_birth(d);
	remove_old_addresses(d);
	err = loop_run(d, e);
	if (!err)
		log_line("released and stopped");
	return err;
}

static void note_birth(struct daemon *d, const struct origin *origin, const struct legacy *left,
		       const char *trouble)
{
	d->born_ns = left ? left->left_ns : origin->started_ns;
	if (!left)
		return;
	d->heir_by = left->how == LEGACY_REREAD ? "reload" : "upgrade";
	(void)snprintf(d->heir_trouble, sizeof(d->heir_trouble), "%s", trouble);
}

/* Before an upgrade: the configuration that runs, and the pins, of whatever ABI they are. */
static int try_only(const struct origin *origin, struct legacy *left, struct err *e)
{
	struct config *cfg = calloc(1, sizeof(*cfg));
	struct kern *k;
	int err;

	if (!cfg)
		return err_set(e, -ENOMEM, "out of memory");
	err = legacy_load(left, cfg, e);
	if (err)
		goto out;
	config_free(cfg);
	err = kern_open(&k, origin->instance, e);
	if (!err)
		kern_close(k);
out:
	free(cfg);
	return err;
}

/*
 * *ret NULL: there was only something to try. A process that takes another's place must not fail where that
 * one ran: what it ran is there to go back to.
 */
static int start(struct daemon **ret, const struct origin *origin, struct err *e)
{
	struct legacy left = {.conf_fd = -1, .key_fd = -1, .found_fd = -1};
	bool heir = legacy_take(&left), file = !heir || left.how == LEGACY_REREAD;
	char trouble[256] = "";
	int err;

	*ret = NULL;
	if (heir && left.how == LEGACY_TRY)
		return try_only(origin, &left, e);
	children_take_over();
	if (heir)
		packet_inherit();
	err = attempt(ret, origin, &left, file, !heir, e);
	if (err && heir) {
		(void)snprintf(trouble, sizeof(trouble), "%.*s", (int)sizeof(trouble) - 1, e->text);
		log_line("ALARM: %s: going on with the configuration %s", e->text,
			 file ? "of the process before" : "in the file");
		err = attempt(ret, origin, &left, !file, true, e);
	}
	if (!err)
		(*ret)->keep_socket = false;
	if (!err)
		note_birth(*ret, origin, heir ? &left : NULL, trouble);
	legacy_drop(&left);
	return err;
}

/* What must not be found missing half way; the kernel's door asks for its own. */
static int check_rights(struct err *e)
{
	static const int needed[] = {CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW, -1};

	return rights_need(needed, "run", e);
}

int run_daemon(const char *path, const char *instance, struct err *e)
{
	struct origin *origin = calloc(1, sizeof(*origin));
	struct daemon *d;
	int err;

	if (!origin)
		return err_set(e, -ENOMEM, "out of memory");
	err = heir_origin(origin, program_invocation_name, path, instance, e);
	if (err)
		goto out;
	signals_block();
	err = check_rights(e);
	if (err)
		goto out;
	err = start(&d, origin, e);
	if (err || !d)
		goto out;
	err = serve(d, e);
	heir_close(d->heir);
	setup_close(d);
	log_stop();
	config_free(&d->cfg);
	free(d);
out:
	free(origin);
	return err;
}

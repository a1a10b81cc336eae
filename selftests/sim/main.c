/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sim [--mode MODE|all] --seeds A-B [--jobs N]  runs seeds, prints a table; a failure is shrunk
 * sim --mode MODE --seed N [--trace]            replays one
 *     --classes N --setting N                   with faults of these classes, and these times, instead of drawn ones
 * sim --measure | --peace                       figures; a million intervals in which nothing may change
 * sim --scene NAME|all [--trace]                plays a directed scene
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sim.h"

struct request {
	enum sim_mode mode;
	bool all_modes, one, trace, keep_going;
	bool hunt; /* one line for the first that breaks, no table */
	uint64_t first, last, without;
	unsigned int jobs, classes, setting;
	const char *scene; /* "all": every one */
	bool measure, peace;
};

static int usage(void)
{
	(void)fprintf(stderr, "usage: sim [--mode pair|quorum3|quorum5|witness|all] --seeds A-B "
			      "[--jobs N]\n"
			      "       sim --mode MODE --seed N [--trace]\n");
	return 2;
}

static bool parse_mode(struct request *r, const char *text)
{
	r->all_modes = !strcmp(text, "all");
	if (r->all_modes)
		return true;
	for (unsigned int i = 0; i < SIM_MODES; i++)
		if (!strcmp(text, mode_name((enum sim_mode)i))) {
			r->mode = (enum sim_mode)i;
			return true;
		}
	return false;
}

static bool parse_without(struct request *r, const char *text)
{
	for (unsigned int i = 0; i < MODEL_RULES; i++)
		if (!strcmp(text, model_rule_name((enum model_rule)i))) {
			r->without |= 1ull << i;
			return true;
		}
	return false;
}

static bool parse_seeds(struct request *r, const char *text)
{
	char *end;

	errno = 0;
	r->first = r->last = strtoull(text, &end, 10);
	if (*end == '-')
		r->last = strtoull(end + 1, &end, 10);
	return !errno && end != text && !*end && r->last >= r->first;
}

static bool parse(struct request *r, int argc, char **argv)
{
	static const struct option options[] = {{"mode", required_argument, NULL, 'm'},
						{"seed", required_argument, NULL, 's'},
						{"seeds", required_argument, NULL, 'S'},
						{"jobs", required_argument, NULL, 'j'},
						{"trace", no_argument, NULL, 't'},
						{"keep-going", no_argument, NULL, 'k'},
						{"scene", required_argument, NULL, 'C'},
						{"measure", no_argument, NULL, 'M'},
						{"peace", no_argument, NULL, 'p'},
						{"hunt", no_argument, NULL, 'h'},
						{"without", required_argument, NULL, 'w'},
						{"classes", required_argument, NULL, 'c'},
						{"setting", required_argument, NULL, 'T'},
						{NULL, 0, NULL, 0}};
	bool ok = true, seeds = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'm')
			ok = ok && parse_mode(r, optarg);
		else if (c == 's' || c == 'S')
			seeds = parse_seeds(r, optarg);
		else if (c == 'j')
			r->jobs = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 't')
			r->trace = true;
		else if (c == 'k')
			r->keep_going = true;
		else if (c == 'w')
			ok = parse_without(r, optarg) && ok;
		else if (c == 'C')
			r->scene = optarg;
		else if (c == 'M')
			r->measure = true;
		else if (c == 'p')
			r->peace = true;
		else if (c == 'h')
			r->hunt = true;
		else if (c == 'T')
			r->setting = (unsigned int)strtoul(optarg, NULL, 0) + 1;
		else if (c == 'c')
			r->classes = (unsigned int)strtoul(optarg, NULL, 0);
		else
			ok = false;
		r->one = r->one || c == 's';
	}
	return ok && (seeds || r->scene || r->measure || r->peace) && optind == argc && r->jobs > 0;
}

/* 0: nothing broke. */
static int run_seed(struct sim *s, const struct request *r, enum sim_mode mode, uint64_t seed)
{
	struct options o;

	options_draw(&o, mode, seed);
	o.trace = r->trace;
	o.without = r->without;
	if (r->classes)
		o.classes = r->classes;
	if (r->setting)
		options_set_timing(&o, r->setting - 1);
	options_set_other(&o);
	if (r->one)
		options_print(&o, stdout);
	world_init(s, &o);
	fault_draw(s);
	if (world_run(s))
		return 0;
	(void)printf("%s seed %llu: %s: %s\n", mode_name(mode), (unsigned long long)seed, s->j.rule,
		     s->j.bad);
	if (!r->keep_going && !r->trace && !r->hunt)
		shrink(s);
	return 1;
}

static void add(struct stats *sum, const struct stats *one)
{
	sum->seeds += one->seeds;
	sum->virtual_ns += one->virtual_ns;
	sum->claims += one->claims;
	sum->moves += one->moves;
	sum->lapses += one->lapses;
	sum->frames += one->frames;
	sum->steps += one->steps;
	sum->duals += one->duals;
	sum->handovers += one->handovers;
}

/* One share of the seeds, in a process of its own; its figures go through the pipe. */
static int run_share(const struct request *r, enum sim_mode mode, unsigned int job, int fd)
{
	struct sim *s = calloc(1, sizeof(*s));
	int bad = 0;

	if (!s)
		return 1;
	for (uint64_t seed = r->first + job; seed <= r->last && (!bad || r->keep_going);
	     seed += r->jobs)
		bad += run_seed(s, r, mode, seed);
	(void)fflush(stdout);
	if (write(fd, &s->stats, sizeof(s->stats)) != (ssize_t)sizeof(s->stats))
		bad++;
	free(s);
	return bad > 100 ? 100 : bad;
}

static int run_jobs(const struct request *r, enum sim_mode mode, struct stats *sum)
{
	int fds[2], status, bad = 0;
	struct stats one;

	if (pipe(fds))
		return 1;
	(void)fflush(stdout);
	for (unsigned int job = 0; job < r->jobs; job++)
		if (!fork())
			_exit(run_share(r, mode, job, fds[1]));
	close(fds[1]);
	while (read(fds[0], &one, sizeof(one)) == (ssize_t)sizeof(one))
		add(sum, &one);
	close(fds[0]);
	while (wait(&status) > 0)
		bad += WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	return bad;
}

static double seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run_mode(const struct request *r, enum sim_mode mode)
{
	double begin = seconds_now();
	struct stats sum = {0};
	int bad = run_jobs(r, mode, &sum);

	if (r->hunt)
		return bad;

	(void)printf("# %-8s %8llu seeds %7.1f h %9llu claims %8llu moves %8llu lapses %6llu duals "
		     "%6llu handovers %8llu k steps  %d violations  %.0f seeds/s\n",
		     mode_name(mode), (unsigned long long)sum.seeds,
		     (double)sum.virtual_ns / 3.6e12, (unsigned long long)sum.claims,
		     (unsigned long long)sum.moves, (unsigned long long)sum.lapses,
		     (unsigned long long)sum.duals, (unsigned long long)sum.handovers,
		     (unsigned long long)sum.steps / 1000, bad,
		     (double)sum.seeds / (seconds_now() - begin));
	return bad;
}

static int run_scenes(const struct request *r)
{
	const struct options with = {.trace = r->trace, .without = r->without};
	struct sim *s = calloc(1, sizeof(*s));
	unsigned int failed;

	if (!s)
		return 1;
	if (r->scene)
		failed = scenarios_run(s, strcmp(r->scene, "all") != 0 ? r->scene : NULL, &with);
	else
		failed = (unsigned int)measure(s, r->peace);
	free(s);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct request r = {.jobs = 1};
	int bad = 0;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (!parse(&r, argc, argv))
		return usage();
	if (r.scene || r.measure || r.peace)
		return run_scenes(&r);
	for (unsigned int mode = 0; mode < SIM_MODES; mode++)
		if (r.all_modes || mode == r.mode)
			bad += run_mode(&r, (enum sim_mode)mode);
	return bad ? 1 : 0;
}

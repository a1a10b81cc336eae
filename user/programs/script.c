/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one place that starts processes. Its callers are threads that may block, never the loop. */
#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/as_user.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "base/wait.h"
#include "children.h"

#define READS_MAX 64

/* What the daemon was started with may be a secret, or make a program behave in another way by day than at boot. */
static char *const environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"LANG=C",
};

#define NENVIRONMENT (sizeof(environment) / sizeof(*environment))

char **script_environment(char *const more[], unsigned int n)
{
	char **env = calloc(NENVIRONMENT + n + 1, sizeof(*env));

	if (!env)
		return NULL;
	memcpy(env, environment, sizeof(environment));
	for (unsigned int i = 0; i < n; i++)
		env[NENVIRONMENT + i] = more[i];
	return env;
}

/* The daemon's real-time class, its blocked signals and its ignored SIGPIPE are not for others. */
static int set_attributes(posix_spawnattr_t *attr)
{
	struct sched_param ordinary = {0};
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF |
						     POSIX_SPAWN_SETSCHEDULER);
	if (!err)
		err = posix_spawnattr_setpgroup(attr, 0);
	if (!err)
		err = posix_spawnattr_setsigmask(attr, &none);
	if (!err)
		err = posix_spawnattr_setsigdefault(attr, &all);
	if (!err)
		err = posix_spawnattr_setschedpolicy(attr, SCHED_OTHER);
	if (!err)
		err = posix_spawnattr_setschedparam(attr, &ordinary);
	return err;
}

static int set_files(posix_spawn_file_actions_t *files, int output_fd)
{
	int err = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);

	if (!err)
		err = posix_spawn_file_actions_adddup2(files, output_fd, 1);
	if (!err)
		err = posix_spawn_file_actions_adddup2(files, output_fd, 2);
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(files, 3);
	return err;
}

static int spawn(pid_t *ret, const char *program, char *const argv[], char *const env[],
		 int output_fd)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int err = posix_spawnattr_init(&attr);

	if (err)
		return err;
	err = posix_spawn_file_actions_init(&files);
	if (err)
		goto out_attr;
	err = set_attributes(&attr);
	if (!err)
		err = set_files(&files, output_fd);
	if (!err)
		err = posix_spawn(ret, program, &files, &attr, argv, env);
	(void)posix_spawn_file_actions_destroy(&files);
out_attr:
	(void)posix_spawnattr_destroy(&attr);
	return err;
}

/* 0 or an errno. */
static int start(struct script *s, const struct script_call *call)
{
	char *as[SCRIPT_WORDS + 3] = {(char *)AS_USER, (char *)call->user};
	pid_t pid = 0;
	int fds[2], err;

	s->pidfd = s->output_fd = -1;
	s->last[0] = '\0';
	if (pipe2(fds, O_CLOEXEC))
		return errno;
	/* Our end only: the script shall not meet EAGAIN. */
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < SCRIPT_WORDS && call->argv[i]; i++)
		as[i + 2] = call->argv[i];
	children_begin();
	if (call->user[0])
		err = spawn(&pid, AS_USER_PROGRAM, as, call->env, fds[1]);
	else
		err = spawn(&pid, call->argv[0], call->argv, call->env, fds[1]);
	children_end(&s->pid, err ? 0 : pid);
	close(fds[1]);
	s->output_fd = fds[0];
	if (err)
		return err;
	s->pidfd = pidfd_open(pid, 0);
	return s->pidfd < 0 ? errno : 0;
}

void script_kill(struct script *s)
{
	int pid = atomic_load(&s->pid);

	if (!pid)
		return;
	(void)kill(-pid, SIGKILL);
	/* A leader that has left its group. */
	(void)kill(pid, SIGKILL);
}

/* Keeps the last line that says something. */
static void note_output(struct script *s, const char *text, size_t len)
{
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (!len)
		return;
	for (size_t i = len; i-- > 0;)
		if (text[i] == '\n') {
			text += i + 1;
			len -= i + 1;
			break;
		}
	(void)snprintf(s->last, sizeof(s->last), "%.*s", (int)len, text);
	utf8_plain(s->last);
}

/* As much as an ordinary pipe holds: one that never runs empty must not outlive its time limit. */
static void read_output(struct script *s)
{
	char buf[1024];
	ssize_t n;

	for (int reads = 0; reads < READS_MAX && s->output_fd >= 0; reads++) {
		n = read(s->output_fd, buf, sizeof(buf));
		if (n > 0) {
			note_output(s, buf, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		close(s->output_fd);
		s->output_fd = -1;
	}
}

/* True: it has ended by itself. */
static bool watch(struct script *s, uint64_t until_ns, int stop_fd)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = s->pidfd, .events = POLLIN},
			{.fd = stop_fd, .events = POLLIN},
			{.fd = s->output_fd, .events = POLLIN},
		};
		int n = wait_poll(fds, 3, until_ns);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0 && fds[2].revents)
			read_output(s);
		if (n > 0 && fds[0].revents)
			return true;
		if ((n > 0 && fds[1].revents) || clock_now_ns() >= until_ns)
			return false;
	}
}

static void tell_end(const struct script *s, struct script_end *ret)
{
	siginfo_t si = {0};
	char what[48];

	/* Looked at, not collected: until script_reap() the process id stays ours to kill. */
	if (waitid(P_PIDFD, (id_t)s->pidfd, &si, WEXITED | WNOWAIT))
		(void)snprintf(what, sizeof(what), "%s", strerror(errno));
	else if (si.si_code == CLD_EXITED)
		(void)snprintf(what, sizeof(what), "exit status %d", si.si_status);
	else
		(void)snprintf(what, sizeof(what), "signal %d", si.si_status);
	ret->ok = si.si_code == CLD_EXITED && !si.si_status;
	(void)snprintf(ret->text, sizeof(ret->text), "%s%s%s", what, s->last[0] ? ": " : "",
		       s->last);
}

void script_run(struct script *s, const struct script_call *call, struct script_end *ret)
{
	uint64_t until_ns = clock_now_ns() + call->timeout_ns;
	int err = start(s, call);

	*ret = (struct script_end){0};
	if (err) {
		script_kill(s);
		(void)snprintf(ret->text, sizeof(ret->text), "%s: %s", call->argv[0],
			       strerror(err));
		return;
	}
	if (watch(s, until_ns, call->stop_fd)) {
		read_output(s);
		tell_end(s, ret);
		return;
	}
	script_kill(s);
	read_output(s);
	(void)snprintf(ret->text, sizeof(ret->text), "still running after %llu ms, killed%s%s",
		       (unsigned long long)(call->timeout_ns / 1000000), s->last[0] ? ": " : "",
		       s->last);
}

static void close_files(struct script *s)
{
	if (s->output_fd >= 0)
		close(s->output_fd);
	if (s->pidfd >= 0)
		close(s->pidfd);
	s->output_fd = s->pidfd = -1;
}

bool script_reap(struct script *s, uint64_t until_ns, int stop_fd)
{
	pid_t pid = atomic_load(&s->pid);

	if (pid && !children_await(pid, s->pidfd, until_ns, stop_fd))
		return false;
	/* Forgotten first: from the moment it is collected the number may be another process's. */
	atomic_store(&s->pid, 0);
	close_files(s);
	if (!pid)
		return true;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	children_gone(pid);
	return true;
}

void script_adopt(struct script *s, pid_t pid)
{
	s->output_fd = -1;
	children_adopt(&s->pid, pid);
	s->pidfd = atomic_load(&s->pid) ? pidfd_open(pid, 0) : -1;
}

void script_leave(struct script *s)
{
	atomic_store(&s->pid, 0);
	close_files(s);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Knows what each signal means to the daemon. */
#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "base/log.h"
#include "daemon.h"
#include "queue.h"
#include "heir.h"

/* Not to be blocked: faults of our own, job control, and what the kernel ignores anyway. */
static const int others[] = {
	SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGSYS, SIGABRT,  SIGSTOP,
	SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGURG, SIGWINCH,
};

static void set_of(sigset_t *ret)
{
	sigfillset(ret);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		sigdelset(ret, others[i]);
}

void signals_block(void)
{
	sigset_t set;

	set_of(&set);
	/* Not in addition to what was blocked before: the program that execs this one may do so in any of its threads. */
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

int signals_open(void)
{
	sigset_t set;

	set_of(&set);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Once each: whoever sends it may do so all the time. */
static void say_ignored(int signo, int pid)
{
	static uint64_t said;

	if (!(said >> (signo & 63) & 1))
		log_line("signal %d (%s) from process %d means nothing here and is ignored", signo,
			 strsignal(signo), pid);
	said |= 1ull << (signo & 63);
}

void signals_fetch(struct daemon *d, int fd)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		switch (si.ssi_signo) {
		case SIGHUP:
			heir_reload(d, 0);
			break;
		case SIGUSR2:
			heir_upgrade(d, 0);
			break;
		case SIGTERM:
		case SIGINT:
		case SIGQUIT:
			log_line("%s: releasing", strsignal((int)si.ssi_signo));
			/* The second one ends the drains. */
			queue_put(d, (struct core_event){.type = CORE_EV_STOP});
			break;
		default:
			say_ignored((int)si.ssi_signo, (int)si.ssi_pid);
			break;
		}
}

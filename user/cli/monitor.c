/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* monitor: answers one request of the monitoring group, its standard input: runs the command, and says how it ended. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cmd.h"
#include "monitor_rule.h"

/* What is written for others goes into pipes: nothing that a write could change is behind one. */
static bool is_pipe_end(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISFIFO(st.st_mode) &&
	       (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
}

/* Length of the request, with the two pipes; or -1. */
static ssize_t receive(char bytes[MONITOR_BYTES], int ret_fd[2])
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = bytes, .iov_len = MONITOR_BYTES};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(STDIN_FILENO, &msg, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = len > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	if (!c || msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return -1;
	memcpy(ret_fd, CMSG_DATA(c), 2 * sizeof(int));
	return is_pipe_end(ret_fd[0]) && is_pipe_end(ret_fd[1]) ? len : -1;
}

static void become(char **words, const int fd[2])
{
	char *argv[MONITOR_WORDS + 2] = {(char *)"ip-takeover-ctl"};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (unsigned int i = 0; words[i]; i++)
		argv[i + 1] = words[i];
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(fd[0], STDOUT_FILENO) >= 0 &&
	    dup2(fd[1], STDERR_FILENO) >= 0)
		(void)execv("/proc/self/exe", argv);
	_exit(1);
}

int cmd_monitor(const struct cmd_ctx *ctx)
{
	char bytes[MONITOR_BYTES], *words[MONITOR_WORDS + 1];
	unsigned char end = 1;
	int fd[2], status;
	ssize_t len;
	pid_t pid;

	if (ctx->argc)
		return CMD_USAGE;
	len = receive(bytes, fd);
	if (len < 0 || !monitor_words(bytes, (size_t)len, words))
		return cmd_fail(1, "standard input is no request of the monitoring group: "
				   "ip-takeover-monitor.socket starts this");
	pid = fork();
	if (pid < 0)
		return cmd_fail(1, "fork: %s", strerror(errno));
	if (!pid)
		become(words, fd);
	(void)close(fd[0]);
	(void)close(fd[1]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return cmd_fail(1, "waitpid: %s", strerror(errno));
	if (WIFEXITED(status))
		end = (unsigned char)WEXITSTATUS(status);
	(void)send(STDIN_FILENO, &end, 1, MSG_NOSIGNAL);
	return 0;
}

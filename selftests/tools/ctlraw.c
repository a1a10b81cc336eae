// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Talks to a control socket as a client may that is not ours: ctlraw [-i N] SOCKET sends each line of
 * standard input on a connection of its own and prints what comes back. -i: behind N connections that say nothing.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "common.h"

#define ANSWER_MS 5000

static int connect_to(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(sa.sun_path))
		die("path too long: '%s'", path);
	strcpy(sa.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
		die("%s: %m", path);
	return fd;
}

/* Whatever comes until the other side hangs up. */
static void print_answer(int fd)
{
	char bytes[4096];
	ssize_t n;

	for (;;) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};

		if (poll(&pfd, 1, ANSWER_MS) <= 0)
			die("no answer within %d ms", ANSWER_MS);
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n <= 0)
			return;
		(void)fwrite(bytes, 1, (size_t)n, stdout);
	}
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int opt, idle = 0;

	while ((opt = getopt(argc, argv, "i:")) != -1) {
		if (opt != 'i')
			die("usage: ctlraw [-i N] SOCKET");
		idle = atoi(optarg);
	}
	if (optind + 1 != argc)
		die("usage: ctlraw [-i N] SOCKET");
	while (idle-- > 0)
		(void)connect_to(argv[optind]);
	while ((len = getline(&line, &size, stdin)) > 0) {
		int fd = connect_to(argv[optind]);

		if (send(fd, line, (size_t)len, MSG_NOSIGNAL) != len)
			die("send: %m");
		print_answer(fd);
		close(fd);
	}
	free(line);
	return 0;
}

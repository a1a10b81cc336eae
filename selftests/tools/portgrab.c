/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wants a UDP port: `portgrab PORT` tries to bind it all the time, says so when it has it, and keeps it. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common.h"

int main(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc != 2)
		die("usage: portgrab PORT");
	any.sin_port = htons((uint16_t)parse_u64(argv[1], "PORT"));
	if (fd < 0)
		die("socket: %s", strerror(errno));
	while (bind(fd, (struct sockaddr *)&any, sizeof(any)))
		;
	(void)puts("has it");
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

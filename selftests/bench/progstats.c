/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Has the kernel count how long BPF programs run, until SIGTERM: by a file descriptor and not by the sysctl, so that
 * the count, which costs everybody a little, ends with this process however that ends. */
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common.h"

int main(void)
{
	int fd;

	stop_on_signals();
	fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (fd < 0)
		die("progstats: %s", strerror(-fd));
	printf("counting\n");
	(void)fflush(stdout);
	while (!stopped())
		(void)pause();
	(void)close(fd);
	return 0;
}

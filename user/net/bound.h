/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A socket that is bound before anybody sees it. */
#ifndef IPT_BOUND_H
#define IPT_BOUND_H

#include <sys/socket.h>

/* `type` with its flags; SOCK_CLOEXEC always. Returns an fd or -errno. */
int bound_open(int domain, int type, int protocol, const void *addr, socklen_t len);

#endif

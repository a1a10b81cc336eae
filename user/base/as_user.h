/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A program as another user. A child that shares our memory must not change its user, and one that copies it holds up
 * the loop; so this program starts itself under another name, becomes the user, and then the program.
 */
#ifndef IPT_AS_USER_H
#define IPT_AS_USER_H

#define AS_USER "ip-takeover-as-user" /* argv[0]; then the user, the program's path and its words */
#define AS_USER_PROGRAM "/proc/self/exe"

/* Returns only where it fails: the exit status, when standard error has been told why. */
int as_user(char *const argv[]);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text that others wrote, made fit for JSON, which is UTF-8 (RFC 8259), and for a terminal. */
#ifndef IPT_UTF8_H
#define IPT_UTF8_H

/* Puts '?' in the place of each byte that is not part of a well-formed sequence (RFC 3629), as one cut in two is not. */
void utf8_clean(char *text);
/* The same, and for what a terminal obeys: control characters, C1 (U+0080 to U+009F) among them. One line remains. */
void utf8_plain(char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how a file is read whole. */
#include "slurp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int slurp(const char *path, int fd, size_t limit, char **ret, size_t *ret_len, struct err *e)
{
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	ssize_t n = 0;
	int err;

	if (fstat(fd, &st) < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, -EINVAL, "%s: not a regular file", path);
	if ((size_t)st.st_size > limit)
		return err_set(e, -EFBIG, "%s: larger than %zu bytes", path, limit);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return err_set(e, -ENOMEM, "%s: out of memory", path);
	while (len < (size_t)st.st_size) {
		n = read(fd, text + len, (size_t)st.st_size - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (n < 0) {
		err = -errno;
		free(text);
		return err_set(e, err, "%s: %s", path, strerror(-err));
	}
	text[len] = '\0';
	*ret = text;
	*ret_len = len;
	return 0;
}

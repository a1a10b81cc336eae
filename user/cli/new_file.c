/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how the files of convert and init are written. */
#include "new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_file(const char *path, const char *text, mode_t mode, struct err *e)
{
	size_t len = strlen(text), done = 0;
	ssize_t n = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	for (; done < len && n >= 0; done += (size_t)n)
		n = write(fd, text + done, len - done);
	if (n < 0)
		(void)err_set(e, 0, "%s: %s", path, strerror(errno));
	if (close(fd) && n >= 0)
		n = err_set(e, -1, "%s: %s", path, strerror(errno));
	if (n >= 0)
		return 0;
	(void)unlink(path);
	return -EIO;
}

static int path_of(const char *dir, const struct new_file *f, char *path, size_t size,
		   struct err *e)
{
	int len = snprintf(path, size, "%s/%s%s", dir, f->name, f->ending);

	return len < 0 || (size_t)len >= size
		       ? err_set(e, -ENAMETOOLONG, "%s: %s", dir, strerror(ENAMETOOLONG))
		       : 0;
}

int new_files(const char *dir, const struct new_file *files, unsigned int n, struct err *e)
{
	char path[4096];
	bool made = !mkdir(dir, 0755);
	struct err ignored;
	unsigned int i;
	int err = 0;

	for (i = 0; i < n && !err; i++) {
		err = path_of(dir, &files[i], path, sizeof(path), e);
		if (!err)
			err = write_file(path, files[i].text, files[i].mode, e);
	}
	if (!err)
		return 0;
	/* The last one was not made. */
	for (i--; i--;)
		if (!path_of(dir, &files[i], path, sizeof(path), &ignored))
			(void)unlink(path);
	if (made)
		(void)rmdir(dir);
	return err;
}

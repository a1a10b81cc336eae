/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the memory files with the configuration, its keys and netlink's answers that a process leaves to its heir. */
#include "legacy.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/inherit.h"
#include "programs/children.h"

#define TRY_NS 10000000000ull
#define KILL_NS 1000000000ull

static void fd_path(int fd, char *text, size_t size)
{
	(void)snprintf(text, size, "/proc/self/fd/%d", fd);
}

/* A stream into a new memory file; the file itself stays open behind `*ret_fd`. */
static FILE *memory_file(const char *name, int *ret_fd)
{
	int fd = memfd_create(name, MFD_CLOEXEC), twin;
	FILE *f;

	if (fd < 0)
		return NULL;
	/* Keys are read only from files that nobody else may read. */
	twin = fchmod(fd, 0600) ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	f = twin < 0 ? NULL : fdopen(twin, "w");
	if (!f) {
		if (twin >= 0)
			(void)close(twin);
		(void)close(fd);
		return NULL;
	}
	*ret_fd = fd;
	return f;
}

static int finish(FILE *f)
{
	bool failed = ferror(f);

	return fclose(f) || failed ? -EIO : 0;
}

static int write_keys(const struct config *c, int *ret_fd)
{
	FILE *f = memory_file("ip-takeover-keys", ret_fd);

	if (!f)
		return -errno;
	for (uint32_t i = 0; i < c->nkeys; i++) {
		const struct sip_key *key = &c->keys[i].master;

		(void)fprintf(f, "%u ", c->keys[i].kid);
		for (unsigned int byte = 0; byte < 16; byte++)
			(void)fprintf(f, "%02x",
				      (unsigned int)((byte < 8 ? key->k0 : key->k1) >>
						     8 * (byte % 8)) &
					      0xff);
		(void)fputc('\n', f);
	}
	return finish(f);
}

static int write_config(const struct config *c, int key_fd, int *ret_fd)
{
	struct config *copy = malloc(sizeof(*copy));
	FILE *f = memory_file("ip-takeover-conf", ret_fd);
	int err = -ENOMEM;

	if (!f || !copy) {
		if (f)
			(void)fclose(f);
		free(copy);
		return err;
	}
	/* The same lists, another key file. */
	*copy = *c;
	fd_path(key_fd, copy->key_file, sizeof(copy->key_file));
	config_print(copy, f);
	err = finish(f);
	free(copy);
	return err;
}

static int write_found(const struct found *found, int *ret_fd)
{
	FILE *f = memory_file("ip-takeover-found", ret_fd);

	if (!f)
		return -errno;
	found_write(found, f);
	return finish(f);
}

int legacy_make(struct legacy *ret, const struct config *running, const struct found *found,
		enum legacy_how how, struct err *e)
{
	struct legacy h = {.how = how, .conf_fd = -1, .key_fd = -1, .found_fd = -1};
	int err = write_keys(running, &h.key_fd);

	if (!err)
		err = write_config(running, h.key_fd, &h.conf_fd);
	if (!err)
		err = write_found(found, &h.found_fd);
	if (err) {
		legacy_drop(&h);
		return err_set(e, err, "the running configuration cannot be kept: %s",
			       strerror(-err));
	}
	(void)snprintf(h.key_file, sizeof(h.key_file), "%s", running->key_file);
	*ret = h;
	return 0;
}

static void put(const struct legacy *h, enum legacy_how how)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%d", how);
	inherit_put("how", text);
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)clock_now_ns());
	inherit_put("left-ns", text);
	inherit_put("key-file", h->key_file);
	inherit_put_fd("config", h->conf_fd);
	inherit_put_fd("keys", h->key_fd);
	inherit_put_fd("found", h->found_fd);
}

int legacy_exec(const struct legacy *h, const char *program, char *const argv[])
{
	int err;

	put(h, h->how);
	err = inherit_exec(program, argv);
	inherit_drop();
	return err;
}

/* 0: it ended well. */
static int wait_for(pid_t pid, struct err *e)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	bool ended = children_await(pid, fd, clock_now_ns() + TRY_NS, -1);

	if (!ended) {
		(void)kill(pid, SIGKILL);
		ended = children_await(pid, fd, clock_now_ns() + KILL_NS, -1);
	}
	if (fd >= 0)
		(void)close(fd);
	if (!ended)
		return err_set(e, -ENOEXEC, "it was killed and does not end: in the kernel?");
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return err_set(e, -ENOEXEC, "it cannot take over (status %d)",
		       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int legacy_try(const struct legacy *h, const char *program, char *const argv[], struct err *e)
{
	struct err why;
	pid_t pid;
	int err;

	put(h, LEGACY_TRY);
	err = inherit_spawn(&pid, program, argv);
	inherit_drop();
	if (err)
		return err_set(e, err, "%s: %s", program, strerror(-err));
	err = wait_for(pid, &why);
	return err ? err_set(e, err, "%s: %s", program, why.text) : 0;
}

/* 0: it was not left, or is no number. */
static uint64_t take_number(const char *name)
{
	char *text = inherit_take(name);
	uint64_t number = text ? strtoull(text, NULL, 10) : 0;

	free(text);
	return number;
}

bool legacy_take(struct legacy *ret)
{
	char *key_file = inherit_take("key-file");

	*ret = (struct legacy){
		.how = (enum legacy_how)take_number("how"),
		.left_ns = take_number("left-ns"),
		.conf_fd = inherit_take_fd("config"),
		.key_fd = inherit_take_fd("keys"),
		.found_fd = inherit_take_fd("found"),
	};
	(void)snprintf(ret->key_file, sizeof(ret->key_file), "%s", key_file ? key_file : "");
	free(key_file);
	return ret->conf_fd >= 0 && ret->key_fd >= 0;
}

int legacy_load(const struct legacy *h, struct config *ret, struct err *e)
{
	char path[32];
	int err;

	fd_path(h->conf_fd, path, sizeof(path));
	err = config_load(path, ret, e);
	if (!err)
		(void)snprintf(ret->key_file, sizeof(ret->key_file), "%s", h->key_file);
	return err;
}

void legacy_found(const struct legacy *h, struct found *ret)
{
	char path[32];
	FILE *f;

	fd_path(h->found_fd, path, sizeof(path));
	f = h->found_fd < 0 ? NULL : fopen(path, "re");
	if (!f)
		return;
	found_read(ret, f);
	(void)fclose(f);
}

void legacy_drop(struct legacy *h)
{
	if (h->conf_fd >= 0)
		(void)close(h->conf_fd);
	if (h->key_fd >= 0)
		(void)close(h->key_fd);
	if (h->found_fd >= 0)
		(void)close(h->found_fd);
	h->conf_fd = h->key_fd = h->found_fd = -1;
}

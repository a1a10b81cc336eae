/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The control socket from its lock to its end, and the loop's end of the sockets to its thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/inherit.h"
#include "base/place.h"
#include "base/thread.h"
#include "control_int.h"

#define CONTROL_PARENT "/run"
#define CONTROL_NAME "ip-takeover"
#define CONTROL_DIR CONTROL_PARENT "/" CONTROL_NAME
#define LISTENER "listener" /* of what is inherited */
#define LOCK "lock"

int control_path(const char *instance, char *path, unsigned int size)
{
	int n = snprintf(path, size, CONTROL_DIR "/%s.sock", instance);

	return n < 0 || (unsigned int)n >= size ? -ENAMETOOLONG : 0;
}

void control_pass(struct control *c)
{
	inherit_put_fd(LISTENER, c->listen_fd);
	inherit_put_fd(LOCK, c->lock_fd);
	c->passed = true;
}

void control_keep(struct control *c)
{
	c->passed = false;
}

int control_dir(bool make, struct err *e)
{
	return place_enter(CONTROL_PARENT, CONTROL_NAME, make, e);
}

/* `name` below `dir`; nothing but a file of ours is opened, let alone waited for. fd or -errno. */
static int open_lock(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	(void)close(fd);
	return -EINVAL;
}

/*
 * Held as long as the daemon lives, in whatever process: one that was passed is locked still, for locks belong to
 * the open file. A file that was unlinked, perhaps between open and lock, protects nothing.
 */
static int control_lock(struct control *c, int dir, const char *name)
{
	struct stat mine, there;

	for (c->lock_fd = inherit_take_fd(LOCK);; c->lock_fd = -1) {
		if (c->lock_fd < 0)
			c->lock_fd = open_lock(dir, name, O_CREAT);
		if (c->lock_fd < 0)
			return c->lock_fd;
		if (flock(c->lock_fd, LOCK_EX | LOCK_NB))
			return -EADDRINUSE;
		if (!fstat(c->lock_fd, &mine) && !fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) &&
		    mine.st_ino == there.st_ino)
			return 0;
		close(c->lock_fd);
	}
}

/* The socket that was passed, with all who wait at it; -1: none. */
static int take_socket(const char *path)
{
	struct sockaddr_un sa = {0};
	socklen_t len = sizeof(sa);
	int fd = inherit_take_fd(LISTENER);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&sa, &len) || sa.sun_family != AF_UNIX)
		return -1;
	/* Its name was removed: nobody finds it any more. */
	if (!strcmp(sa.sun_path, path) && !access(path, F_OK))
		return fd;
	(void)close(fd);
	return -1;
}

static int control_bind(struct control *c, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int err;

	strcpy(sa.sun_path, c->path);
	/* Ours by the lock: what lies there belongs to a daemon that died. */
	(void)unlink(c->path);
	c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listen_fd < 0)
		return err_set(e, -errno, "control socket: %s", strerror(errno));
	if (!bind(c->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) && !chmod(c->path, 0600) &&
	    !listen(c->listen_fd, 16))
		return 0;
	err = errno;
	return err_set(e, -err, "%s: %s", c->path, strerror(err));
}

static int control_listen(struct control *c, const char *instance, struct err *e)
{
	char lock[120];
	int err, dir;

	if (control_path(instance, c->path, sizeof(c->path)))
		return err_set(e, -ENAMETOOLONG, "instance name too long: '%s'", instance);
	dir = control_dir(true, e);
	if (dir < 0)
		return dir;
	(void)snprintf(lock, sizeof(lock), "%s.lock", c->path);
	err = control_lock(c, dir, lock + strlen(CONTROL_DIR "/"));
	(void)close(dir);
	if (err == -EADDRINUSE)
		return err_set(e, err, "a daemon of instance '%s' is running already", instance);
	if (err == -ELOOP || err == -EINVAL || err == -EISDIR)
		return err_set(e, err, "%s is not our lock file: remove it", lock);
	if (err)
		return err_set(e, err, "%s: %s", lock, strerror(-err));
	c->listen_fd = take_socket(c->path);
	return c->listen_fd < 0 ? control_bind(c, e) : 0;
}

void control_remove(const char *instance)
{
	char sock[80], lock[88];
	struct err ignored;
	int dir = control_dir(false, &ignored), fd;

	if (dir < 0)
		return;
	(void)snprintf(sock, sizeof(sock), "%s.sock", instance);
	(void)snprintf(lock, sizeof(lock), "%s.lock", sock);
	fd = open_lock(dir, lock, 0);
	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB)) {
		(void)unlinkat(dir, sock, 0);
		(void)unlinkat(dir, lock, 0);
	}
	if (fd >= 0)
		(void)close(fd);
	(void)close(dir);
	/* Unless other instances are there. */
	(void)rmdir(CONTROL_DIR);
}

void control_leave(struct control *c)
{
	char lock[120];

	/* Listening means that the lock was ours. */
	if (c->listen_fd >= 0 && c->lock_fd >= 0) {
		(void)unlink(c->path);
		(void)snprintf(lock, sizeof(lock), "%s.lock", c->path);
		(void)unlink(lock);
	}
	if (c->lock_fd >= 0)
		close(c->lock_fd);
	c->lock_fd = -1;
}

static void close_all(const int *fds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void control_free(struct control *c)
{
	const int own[] = {c->passed ? -1 : c->listen_fd, c->thread_fd, c->loop_fd, c->edge_in_fd,
			   c->edge_out_fd};

	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		close_all(&c->client[i].fd, 1);
	for (unsigned int i = 0; i < CONTROL_FOLLOWERS; i++)
		close_all(&c->follower[i].fd, 1);
	if (!c->passed)
		control_leave(c);
	close_all(own, sizeof(own) / sizeof(*own));
	free(c);
}

static int packet_pair(int *a, int *b, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return err_set(e, -errno, "control socket: %s", strerror(errno));
	*a = pair[0];
	*b = pair[1];
	return 0;
}

int control_new(struct control **ret, struct err *e)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return err_set(e, -ENOMEM, "control socket: out of memory");
	c->listen_fd = c->lock_fd = c->loop_fd = c->thread_fd = -1;
	c->edge_in_fd = c->edge_out_fd = -1;
	c->birth = CONTROL_KEPT;
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		c->client[i].fd = -1;
	for (unsigned int i = 0; i < CONTROL_FOLLOWERS; i++)
		c->follower[i].fd = -1;
	err = packet_pair(&c->loop_fd, &c->thread_fd, e);
	if (!err)
		err = packet_pair(&c->edge_in_fd, &c->edge_out_fd, e);
	if (err)
		control_free(c);
	else
		*ret = c;
	return err;
}

int control_open(struct control **ret, const char *instance, struct err *e)
{
	struct control *c;
	int err = control_new(&c, e);

	if (err)
		return err;
	err = control_listen(c, instance, e);
	if (err)
		control_free(c);
	else
		*ret = c;
	return err;
}

int control_serve(struct control *c, struct err *e)
{
	int err = thread_start(&c->thread, "ipt-control", THREAD_ORDINARY, control_thread, c);

	if (err)
		return err_set(e, err, "control thread: %s", strerror(-err));
	c->serving = true;
	return 0;
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	/* The thread passes what has been answered, then sees the end. */
	(void)shutdown(c->loop_fd, SHUT_RDWR);
	if (c->serving)
		pthread_join(c->thread, NULL);
	control_free(c);
}

int control_fd(struct control *c)
{
	return c->loop_fd;
}

bool control_next(struct control *c, struct control_request *ret)
{
	return recv(c->loop_fd, ret, sizeof(*ret), MSG_DONTWAIT) == (ssize_t)sizeof(*ret);
}

void control_answer(struct control *c, const struct control_answer *answer)
{
	(void)send(c->loop_fd, answer, sizeof(*answer), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void pass_edge(struct control *c, char mark, const char *line)
{
	struct iovec part[] = {
		{.iov_base = &mark, .iov_len = 1},
		{.iov_base = (char *)line, .iov_len = strnlen(line, CONTROL_EDGE - 1)},
	};
	struct msghdr msg = {.msg_iov = part, .msg_iovlen = 2};

	if (sendmsg(c->edge_in_fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		(void)__atomic_add_fetch(&c->edges_lost, 1, __ATOMIC_RELAXED);
}

void control_tell(struct control *c, const char *line)
{
	pass_edge(c, EDGE_MARK, line);
}

void control_tell_birth(struct control *c, const char *line)
{
	pass_edge(c, EDGE_MARK_BIRTH, line);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The control socket's server, turn by turn: who is answered, who gives way, and what followers of events hear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/inherit.h"
#include "control/control_int.h"

#define TOO_LATE_NS 4000000000ull
#define LINES 2000 /* more than a follower that does not read has room for */

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct control *c;

static int server_open(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(control_new(&c, &e), 0);
	c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* An abstract name: gone with the process. */
	(void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "ipt-unit-%d", getpid());
	assert_int_equal(bind(c->listen_fd, (void *)&address, sizeof(address)), 0);
	return listen(c->listen_fd, 64);
}

static int server_close(void **state)
{
	(void)state;
	control_stop(c);
	return 0;
}

static void turn(void)
{
	assert_true(control_turn(c, false));
}

static int client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(connect(fd, (void *)&address, sizeof(address)), 0);
	turn();
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	turn();
}

/* All that `fd` has been told; NULL: the server has hung up and told nothing. */
static const char *told(int fd)
{
	static char text[256 * 1024];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return n == 0 && len == 0 ? NULL : text;
}

static void expect_told(int fd, const char *want)
{
	const char *text = told(fd);

	assert_non_null(text);
	assert_string_equal(text, want);
}

static unsigned int lines_of(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int follower(const char *request)
{
	int fd = client();

	say(fd, request);
	return fd;
}

static void test_asked_and_answered(void **state)
{
	struct control_answer answer = {.ok = true, .text = CONTROL_DONE};
	struct control_request req;
	int first = client(), second = client();

	(void)state;
	say(first, "{\"command\":\"take\",");
	assert_false(control_next(c, &req));
	say(first, "\"group\":\"web\"}\n");
	assert_true(control_next(c, &req));
	assert_int_equal(req.command, CONTROL_TAKE);
	say(second, "{\"command\":\"drain\"}\n");
	expect_told(first, "");
	/* One request each: what it says now is not read. */
	say(first, "{\"command\":\"release\"}\n");
	answer.client = req.client;
	control_answer(c, &answer);
	turn();
	expect_told(first, "{\"ok\":true,\"text\":\"done\"}\n");
	assert_null(told(first));
	expect_told(second, "");
	assert_true(control_next(c, &req));
	assert_int_equal(req.command, CONTROL_DRAIN);
	(void)close(first);
	(void)close(second);
}

static void test_silent_client_gives_way(void **state)
{
	int silent = client(), asked = client();

	(void)state;
	say(asked, "{\"command\":\"take\"}\n");
	turn();
	expect_told(silent, "");
	c->client[0].since_ns = c->client[1].since_ns = clock_now_ns() - TOO_LATE_NS;
	/* And waits for nobody before that. */
	assert_true(control_turn(c, true));
	assert_null(told(silent));
	expect_told(asked, "");
	assert_int_equal(c->client[0].fd, -1);
	assert_true(c->client[1].fd >= 0);
	(void)close(silent);
	(void)close(asked);
	turn();
	assert_int_equal(c->client[1].fd, -1);
}

static void test_no_room_for_one_more(void **state)
{
	int fd[CONTROL_CLIENTS], more;

	(void)state;
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		fd[i] = client();
	for (unsigned int i = 1; i < CONTROL_CLIENTS; i++)
		say(fd[i], "{\"command\":\"take\"}\n");
	more = client(); /* the silent one gives way */
	assert_null(told(fd[0]));
	say(more, "{\"command\":\"take\"}\n");
	(void)close(fd[0]);
	fd[0] = client();
	expect_told(fd[0], "{\"ok\":false,\"text\":\"too many clients wait for an answer\"}\n");
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		(void)close(fd[i]);
	(void)close(more);
}

/* What the process was started without, standard input, say, is somebody's descriptor 0. */
static void test_follower_may_be_descriptor_0(void **state)
{
	int saved = dup(0), fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)state;
	assert_int_equal(connect(fd, (void *)&address, sizeof(address)), 0);
	(void)close(0);
	turn();
	assert_int_equal(c->client[0].fd, 0);
	say(fd, "{\"command\":\"events\",\"follow\":true}\n");
	control_tell(c, "one");
	turn();
	expect_told(fd, "one\n");
	(void)close(fd);
	turn();
	assert_int_equal(c->follower[0].fd, -1);
	assert_true(saved < 0 || dup2(saved, 0) == 0);
	(void)close(saved);
}

static void test_followers(void **state)
{
	int fd[CONTROL_FOLLOWERS], more;

	(void)state;
	for (unsigned int i = 0; i < CONTROL_FOLLOWERS; i++)
		fd[i] = follower("{\"command\":\"events\",\"follow\":true}\n");
	more = follower("{\"command\":\"events\",\"follow\":true}\n");
	expect_told(more, "{\"ok\":false,\"text\":\"too many clients follow events\"}\n");
	control_tell(c, "one");
	turn();
	for (unsigned int i = 0; i < CONTROL_FOLLOWERS; i++) {
		expect_told(fd[i], "one\n");
		(void)close(fd[i]);
	}
	(void)close(more);
}

/* A follower that does not read loses lines, is told how many, and hears the first that comes when it has read. */
static void test_what_is_lost(void **state)
{
	int slow = follower("{\"command\":\"events\",\"follow\":true}\n");
	const char *text, *lost;
	char line[64];
	unsigned int n, m;

	(void)state;
	for (unsigned int i = 0; i < LINES; i++) {
		(void)snprintf(line, sizeof(line), "%050u", i);
		control_tell(c, line);
		turn();
	}
	n = lines_of(told(slow));
	assert_true(n > 0 && n < LINES);
	control_tell(c, "now");
	turn();
	text = told(slow);
	lost = strstr(text, "{\"time_ns\":");
	assert_non_null(lost);
	/* The line that had left in part ends first. */
	n += lost != text;
	assert_int_equal(sscanf(strstr(lost, "\"lost\",\"lost\":"), "\"lost\",\"lost\":%u", &m), 1);
	assert_int_equal(n + m, LINES);
	assert_string_equal(strchr(lost, '\n'), "\nnow\n");
	assert_false(feed_waits(&c->follower[0]));
	(void)close(slow);
}

/* The socket between the threads is full, as the server does not run: how many were lost comes before what was not. */
static void test_what_is_lost_on_the_way_to_the_server(void **state)
{
	int fd = follower("{\"command\":\"events\",\"follow\":true}\n");
	unsigned int lost, m;
	const char *text;

	(void)state;
	for (unsigned int i = 0; i < 1000000 && c->edges_lost < 3; i++)
		control_tell(c, "edge");
	lost = c->edges_lost;
	assert_int_equal(lost, 3);
	turn();
	assert_int_equal(c->edges_lost, 0);
	text = told(fd);
	assert_memory_equal(text, "{\"time_ns\":", strlen("{\"time_ns\":"));
	assert_int_equal(sscanf(strstr(text, "\"lost\","), "\"lost\",\"lost\":%u", &m), 1);
	assert_int_equal(m, lost);
	(void)close(fd);
}

/* The next process finds where clients come, and that the instance is run. */
static void test_passed_on(void **state)
{
	int listener, lock;

	(void)state;
	c->lock_fd = dup(c->listen_fd);
	control_pass(c);
	listener = inherit_take_fd("listener");
	lock = inherit_take_fd("lock");
	assert_int_equal(listener, c->listen_fd);
	assert_int_equal(lock, c->lock_fd);
	control_keep(c);
}

static void expect_kept(const char *request, const char *first, unsigned int lines)
{
	int fd = follower(request);
	const char *text = told(fd);

	assert_non_null(text);
	assert_int_equal(lines_of(text), lines);
	assert_memory_equal(text, first, strlen(first));
	(void)close(fd);
}

/* The newest ones, and, whatever came later, how this process was born. */
static void test_what_is_kept(void **state)
{
	char line[16];

	(void)state;
	control_tell(c, "before");
	control_tell_birth(c, "birth");
	turn();
	expect_kept("{\"command\":\"events\",\"last\":64}\n", "before\nbirth\n", 2);
	for (unsigned int i = 0; i < CONTROL_KEPT - 2; i++) {
		(void)snprintf(line, sizeof(line), "%u", i);
		control_tell(c, line);
		turn();
	}
	expect_kept("{\"command\":\"events\",\"last\":64}\n", "before\nbirth\n0\n", CONTROL_KEPT);
	control_tell(c, "62");
	turn();
	expect_kept("{\"command\":\"events\",\"last\":64}\n", "birth\n0\n1\n", CONTROL_KEPT);
	control_tell(c, "63");
	control_tell(c, "64");
	turn();
	expect_kept("{\"command\":\"events\",\"last\":64}\n", "birth\n2\n3\n", CONTROL_KEPT);
	expect_kept("{\"command\":\"events\",\"last\":2}\n", "63\n64\n", 2);
	expect_kept("{\"command\":\"events\",\"follow\":true,\"last\":1}\n", "64\n", 1);
}

static void test_last_words(void **state)
{
	int fd = follower("{\"command\":\"events\",\"follow\":true}\n");

	(void)state;
	control_tell(c, "the end");
	(void)shutdown(c->loop_fd, SHUT_RDWR);
	assert_false(control_turn(c, false));
	expect_told(fd, "the end\n");
	(void)close(fd);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, server_open, server_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(test_asked_and_answered),
		SERVED(test_silent_client_gives_way),
		SERVED(test_no_room_for_one_more),
		SERVED(test_follower_may_be_descriptor_0),
		SERVED(test_followers),
		SERVED(test_what_is_lost),
		SERVED(test_what_is_lost_on_the_way_to_the_server),
		SERVED(test_passed_on),
		SERVED(test_what_is_kept),
		SERVED(test_last_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network between two machines, on loopback: that both ends count the same, that a wrong byte is seen, and that an end
 * whose other end is a stranger, closes, stands still or never comes ends by itself, says why, and listens no more.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "sys/burn_net.h"
#include "tap.h"

static const char token[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char other_token[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeF";
static const char local[] = "127.0.0.1";

typedef int (*burn_fn)(const struct burn_net *how, struct burnt_net *ret, struct error *err);
struct ended {
	int rc;
	struct burnt_net net;
	struct error err;
};
struct end {
	pid_t pid;
	int fd;
};

static struct sockaddr_in at_port(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, local, &at.sin_addr);
	return at;
}

/* A socket that listens where nobody did. */
static int listen_anywhere(uint16_t *ret_port)
{
	struct sockaddr_in at = at_port(0);
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) || listen(fd, 4) || getsockname(fd, (struct sockaddr *)&at, &len))
		abort();
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static struct burn_net on_free_port(void)
{
	struct burn_net how = { .ip = local, .token = token, .seconds = 1, .wait_ms = 20000, .stall_ms = 10000 };

	close(listen_anywhere(&how.port));
	return how;
}

/* FN in a process of its own. */
static struct end begin(burn_fn fn, const struct burn_net *how)
{
	struct ended e = { 0 };
	int ends[2];
	struct end ret;

	if (pipe(ends) || (ret.pid = fork()) < 0)
		abort();
	if (ret.pid) {
		close(ends[1]);
		ret.fd = ends[0];
		return ret;
	}
	close(ends[0]);
	e.rc = fn(how, &e.net, &e.err);
	_exit(write(ends[1], &e, sizeof(e)) != sizeof(e));
}

static struct ended finish(struct end e)
{
	struct ended r = { .rc = -2 };

	if (read(e.fd, &r, sizeof(r)) != sizeof(r))
		printf("# the other end said nothing\n");
	close(e.fd);
	waitpid(e.pid, NULL, 0);
	return r;
}

static bool listens(uint16_t port)
{
	struct sockaddr_in at = at_port(port);
	AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static bool same(const struct burnt_way *a, const struct burnt_way *b)
{
	return a->bytes == b->bytes && a->rate == b->rate && a->wrong == b->wrong && a->first_wrong == b->first_wrong;
}

static void good(void)
{
	struct burn_net how = on_free_port();
	struct end visitor = begin(burn_net_visit, &how); /* before anybody listens */
	struct burnt_net b;
	struct ended v;
	struct error err = { 0 };

	ok(!burn_net_serve(&how, &b, &err), "one serves: %s", err.msg);
	v = finish(visitor);
	ok(!v.rc, "the other comes: %s", v.err.msg);
	ok(b.from.bytes >= NET_BLOCK && b.to.bytes >= NET_BLOCK && b.from.rate && b.to.rate, "each way is told: %llu B/s and %llu B/s",
	   (unsigned long long)b.from.rate, (unsigned long long)b.to.rate);
	ok(!b.from.wrong && !b.to.wrong, "nothing of it is wrong");
	ok(same(&b.from, &v.net.to) && same(&b.to, &v.net.from), "both ends tell the same");
	ok(!listens(how.port), "nothing listens afterwards");
}

static void strangers(void)
{
	struct burn_net how = on_free_port(), wrong = how;
	struct end server;
	struct burnt_net b;
	struct ended s;
	struct error err = { 0 };

	how.seconds = 0;
	wrong.token = other_token;
	server = begin(burn_net_serve, &how);
	ok(burn_net_visit(&wrong, &b, &err) && err.kind == ERR_NET && strstr(err.msg, "before it began"), "a stranger is turned away: %s", err.msg);
	ok(!burn_net_visit(&how, &b, &err), "the one that is waited for is served after it: %s", err.msg);
	s = finish(server);
	ok(!s.rc && !s.net.from.wrong && !strstr(s.err.msg, token), "and no stranger ended that");
	how.wait_ms = 700;
	server = begin(burn_net_serve, &how);
	ok(burn_net_visit(&wrong, &b, &err) < 0, "one that only strangers come to");
	s = finish(server);
	ok(s.rc && s.err.kind == ERR_NET && strstr(s.err.msg, "; 1 who did not"), "says so: %s", s.err.msg);
	ok(!listens(how.port), "and listens no more");
	ok(!strstr(s.err.msg, "abcdef") && !strstr(err.msg, "abcdef"), "the token is in no error");
	wrong.token = "short";
	ok(burn_net_serve(&wrong, &b, &err) && err.kind == ERR_USAGE && burn_net_visit(&wrong, &b, &err) && err.kind == ERR_USAGE, "half a token is none");
}

static void nobody(void)
{
	struct burn_net how = on_free_port();
	struct error err = { 0 };
	struct burnt_net b;

	how.wait_ms = 100;
	ok(burn_net_serve(&how, &b, &err) && err.kind == ERR_NET && strstr(err.msg, "nobody came in 100 ms"), "nobody comes: %s", err.msg);
	ok(burn_net_visit(&how, &b, &err) && err.kind == ERR_NET && strstr(err.msg, "not reached in 100 ms"), "nobody is there: %s", err.msg);
	how.ip = "192.0.2.300";
	ok(burn_net_visit(&how, &b, &err) && err.kind == ERR_USAGE, "no address: %s", err.msg);
	how.ip = "192.0.2.1";
	ok(burn_net_serve(&how, &b, &err) && err.kind == ERR_IO, "an address of others: %s", err.msg);
}

/* --- another end made by hand */

static int come_by_hand(uint16_t port)
{
	struct sockaddr_in at = at_port(port);

	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
			return fd;
		close(fd);
		usleep(1000);
	}
}

static bool get_all(int fd, void *data, size_t len)
{
	return recv(fd, data, len, MSG_WAITALL) == (ssize_t)len;
}

static bool put_all(int fd, const void *data, size_t len)
{
	return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static int introduced(uint16_t port)
{
	int fd = come_by_hand(port);
	uint64_t welcome;

	if (!put_all(fd, token, NET_TOKEN) || !get_all(fd, &welcome, sizeof(welcome)))
		abort();
	return fd;
}

static void goes_away(void)
{
	struct burn_net how = on_free_port();
	struct end server;
	struct ended s;
	unsigned char byte = 1;
	int fd;

	how.stall_ms = 400;
	how.seconds = 0;
	server = begin(burn_net_serve, &how);
	close(introduced(how.port));
	s = finish(server);
	ok(s.rc && s.err.kind == ERR_NET && strstr(s.err.msg, "closed the connection before the end"), "one that closes: %s", s.err.msg);
	server = begin(burn_net_serve, &how);
	fd = introduced(how.port);
	s = finish(server);
	ok(s.rc && s.err.kind == ERR_NET && strstr(s.err.msg, "nothing moved for 400 ms"), "one that stands still: %s", s.err.msg);
	close(fd);
	server = begin(burn_net_serve, &how);
	fd = introduced(how.port);
	while (put_all(fd, &byte, 1))
		usleep(100 * 1000);
	s = finish(server);
	ok(s.rc && s.err.kind == ERR_NET && strstr(s.err.msg, "not done in the time"), "one that hardly moves: %s", s.err.msg);
	close(fd);
	ok(!listens(how.port), "nothing listens afterwards");
}

static void wrong_bytes(void)
{
	static unsigned char block[NET_BLOCK];
	struct burn_net how = on_free_port();
	uint64_t counted[4], end = 0;
	struct end server;
	struct ended s;
	int fd;

	how.seconds = 0;
	server = begin(burn_net_serve, &how);
	fd = introduced(how.port);
	for (uint64_t number = 1; number <= 4; number++) {
		burn_net_block(number, block);
		if (number == 2)
			block[NET_BLOCK - 1] ^= 0x40;
		if (number == 4)
			block[0] ^= 0x40; /* in its number */
		if (!put_all(fd, block, NET_BLOCK))
			abort();
	}
	ok(put_all(fd, &end, sizeof(end)) && get_all(fd, counted, sizeof(counted)), "four blocks are sent, two of them wrong");
	ok(le64toh(counted[0]) == 4 * NET_BLOCK && le64toh(counted[2]) == 2 && le64toh(counted[3]) == 2, "the sender is told");
	ok(get_all(fd, block, NET_BLOCK) && get_all(fd, &end, sizeof(end)) && !end, "however short it is to take, one block comes back");
	counted[2] = htole64(5);
	counted[3] = htole64(9);
	ok(put_all(fd, counted, sizeof(counted)), "what came is told");
	s = finish(server);
	ok(!s.rc && s.net.from.wrong == 2 && s.net.from.first_wrong == 2, "the one that serves saw them: %s", s.err.msg);
	ok(s.net.to.wrong == 5 && s.net.to.first_wrong == 9, "and believes what the other saw");
	close(fd);
}

/* What visits something that takes its token, and then says SAYS or nothing, and closes or stays. */
static struct ended visit_odd(const char *says, bool stays)
{
	struct burn_net how = on_free_port();
	char said[NET_TOKEN];
	struct end visitor;
	struct ended v;
	int listening, fd;

	how.stall_ms = 300;
	listening = listen_anywhere(&how.port);
	visitor = begin(burn_net_visit, &how);
	fd = accept(listening, NULL, NULL);
	if (!get_all(fd, said, sizeof(said)) || memcmp(said, token, NET_TOKEN) != 0)
		abort();
	if (says && !put_all(fd, says, strlen(says)))
		abort();
	if (!stays)
		close(fd);
	v = finish(visitor);
	if (stays)
		close(fd);
	close(listening);
	return v;
}

static void odd_servers(void)
{
	struct ended v = visit_odd("HTTP/1.1", true);

	ok(v.rc && v.err.kind == ERR_NET && strstr(v.err.msg, "something else answers there"), "another service: %s", v.err.msg);
	v = visit_odd(NULL, true);
	ok(v.rc && v.err.kind == ERR_NET && strstr(v.err.msg, "before it began: ") && strstr(v.err.msg, "nothing moved for 300 ms"), "a silent one: %s", v.err.msg);
	v = visit_odd(NULL, false);
	ok(v.rc && v.err.kind == ERR_NET && strstr(v.err.msg, "closed the connection"), "one that closes: %s", v.err.msg);
	v = visit_odd("FLRCMNT1", true); /* the welcome; then it reads nothing */
	ok(v.rc && v.err.kind == ERR_NET && strstr(v.err.msg, "nothing moved for 300 ms"), "one that knows it and reads nothing: %s", v.err.msg);
}

static void blocks(void)
{
	static unsigned char a[NET_BLOCK], b[NET_BLOCK];
	size_t equal = 0, steady = 0;

	burn_net_block(1, a);
	burn_net_block(2, b);
	for (size_t i = 8; i < NET_BLOCK; i++) {
		equal += a[i] == b[i];
		steady += a[i] == a[i - 1];
	}
	ok(a[0] == 1 && b[0] == 2 && !a[1] && equal < NET_BLOCK / 64 && steady < NET_BLOCK / 64, "blocks begin with their number, and are not alike (%zu, %zu)", equal,
	   steady);
	burn_net_block(1, b);
	ok(!memcmp(a, b, NET_BLOCK), "and are always the same");
}

static void own_address(void)
{
	char ip[INET_ADDRSTRLEN];
	struct error err;

	ok(!burn_net_own(local, ip, &err) && str_eq(ip, local), "the address from which this machine reaches another");
	ok(burn_net_own("admin", ip, &err) && err.kind == ERR_USAGE, "of an address alone: %s", err.msg);
}

int main(void)
{
	blocks();
	own_address();
	good();
	strangers();
	nobody();
	goes_away();
	wrong_bytes();
	odd_servers();
	return tap_end();
}

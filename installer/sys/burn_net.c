/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two ends of a connection that tells what the network between them is worth. */
#include "sys/burn_net.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sys/burn.h"

/* A stranger is not waited for as long as the other end; the one that comes tries again so often. */
enum { STRANGER_MS = 5000, AGAIN_MS = 250, BACKLOG = 4, ADDRESS_TEXT = INET_ADDRSTRLEN + 8 };
/* What the one that serves says to whom it knows. */
static const uint64_t welcome = UINT64_C(0x31544e4d43524c46);

void burn_net_block(uint64_t number, unsigned char ret[NET_BLOCK])
{
	/* xorshift64 goes on from there: cheaper than the fastest port, and no two blocks alike. */
	uint64_t x = burn_word(0, number) | 1, word = htole64(number);

	memcpy(ret, &word, sizeof(word));
	for (size_t i = sizeof(word); i < NET_BLOCK; i += sizeof(word)) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		word = htole64(x);
		memcpy(ret + i, &word, sizeof(word));
	}
}

/* --- a connection on which nothing is waited for without end */

struct line {
	int fd;
	unsigned int stall_ms;
	uint64_t until_ms; /* of all that is done on it */
	char who[ADDRESS_TEXT];
	unsigned char *block, *wanted;
};

static void line_release(struct line *l)
{
	fd_close(&l->fd);
	free(l->block);
	free(l->wanted);
}
#define AUTO_LINE CLEANUP(line_release) struct line

static void name_address(const struct sockaddr_in *at, char ret[ADDRESS_TEXT])
{
	char ip[INET_ADDRSTRLEN] = "?";

	inet_ntop(AF_INET, &at->sin_addr, ip, sizeof(ip));
	snprintf(ret, ADDRESS_TEXT, "%s:%u", ip, ntohs(at->sin_port));
}

static void line_begin(struct line *l, const struct burn_net *how)
{
	l->stall_ms = how->stall_ms;
	l->until_ms = clock_mono_ms() + 2 * how->seconds * 1000 + 4 * (uint64_t)how->stall_ms;
	l->block = malloc(NET_BLOCK);
	l->wanted = malloc(NET_BLOCK);
	if (!l->block || !l->wanted)
		abort();
}

/* Milliseconds until UNTIL, at most MOST. */
static int left(uint64_t until_ms, unsigned int most)
{
	uint64_t now = clock_mono_ms();

	if (now >= until_ms)
		return 0;
	return until_ms - now < most ? (int)(until_ms - now) : (int)most;
}

static int await(const struct line *l, short events, struct error *err)
{
	struct pollfd p = { .fd = l->fd, .events = events };
	int wait = left(l->until_ms, l->stall_ms), n;

	do
		n = poll(&p, 1, wait);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERR_IO, "poll: %s", strerror(errno));
	if (n)
		return 0;
	if (clock_mono_ms() >= l->until_ms)
		return error_set(err, ERR_NET, "%s: not done in the time that it may take", l->who);
	return error_set(err, ERR_NET, "%s: nothing moved for %u ms", l->who, l->stall_ms);
}

static int lost(const struct line *l, struct error *err)
{
	return error_set(err, ERR_NET, "%s: the connection broke: %s", l->who, strerror(errno));
}

static int put(const struct line *l, const void *data, size_t len, struct error *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = send(l->fd, (const char *)data + done, len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return lost(l, err);
		if (n > 0)
			done += (size_t)n;
		else if (await(l, POLLOUT, err))
			return -1;
		if (clock_mono_ms() >= l->until_ms)
			return error_set(err, ERR_NET, "%s: not done in the time that it may take", l->who);
	}
	return 0;
}

static int get(const struct line *l, void *data, size_t len, struct error *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = recv(l->fd, (char *)data + done, len - done, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return lost(l, err);
		if (n == 0)
			return error_set(err, ERR_NET, "%s: it closed the connection before the end", l->who);
		if (n > 0)
			done += (size_t)n;
		else if (await(l, POLLIN, err))
			return -1;
		/* One that sends a byte now and then does not stand still, and gets no further either. */
		if (clock_mono_ms() >= l->until_ms)
			return error_set(err, ERR_NET, "%s: not done in the time that it may take", l->who);
	}
	return 0;
}

static int put_number(const struct line *l, uint64_t v, struct error *err)
{
	v = htole64(v);
	return put(l, &v, sizeof(v), err);
}

/* --- the two directions */

static int give(const struct line *l, uint64_t seconds, struct burnt_way *ret, struct error *err)
{
	uint64_t until = clock_mono_ms() + seconds * 1000, counted[4];

	for (uint64_t number = 1; number == 1 || clock_mono_ms() < until; number++) {
		burn_net_block(number, l->block);
		if (put(l, l->block, NET_BLOCK, err))
			return -1;
	}
	if (put_number(l, 0, err) || get(l, counted, sizeof(counted), err))
		return -1;
	*ret = (struct burnt_way){ .bytes = le64toh(counted[0]), .wrong = le64toh(counted[2]), .first_wrong = le64toh(counted[3]) };
	ret->rate = ret->bytes / (counted[1] ? le64toh(counted[1]) : 1) * 1000;
	return 0;
}

static int take(const struct line *l, struct burnt_way *ret, struct error *err)
{
	uint64_t begun = 0, ms, head;

	*ret = (struct burnt_way){ 0 };
	for (uint64_t number = 1;; number++) {
		if (get(l, &head, sizeof(head), err))
			return -1;
		if (!begun)
			begun = clock_mono_ms();
		if (!head)
			break;
		memcpy(l->block, &head, sizeof(head));
		if (get(l, l->block + sizeof(head), NET_BLOCK - sizeof(head), err))
			return -1;
		burn_net_block(number, l->wanted);
		ret->bytes += NET_BLOCK;
		if (memcmp(l->block, l->wanted, NET_BLOCK) != 0 && !ret->wrong++)
			ret->first_wrong = number;
	}
	ms = clock_mono_ms() - begun;
	ret->rate = ret->bytes / (ms ? ms : 1) * 1000;
	return put_number(l, ret->bytes, err) || put_number(l, ms, err) || put_number(l, ret->wrong, err) ||
			       put_number(l, ret->first_wrong, err) ?
		       -1 :
		       0;
}

/* --- the one that serves */

static int address_of(const struct burn_net *how, struct sockaddr_in *ret, struct error *err)
{
	*ret = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(how->port) };
	if (inet_pton(AF_INET, how->ip, &ret->sin_addr) != 1)
		return error_set(err, ERR_USAGE, "\"%.40s\" is no IPv4 address", how->ip);
	if (strlen(how->token) != NET_TOKEN)
		return error_set(err, ERR_USAGE, "the token has %zu characters, not %d", strlen(how->token), NET_TOKEN);
	return 0;
}

static int begin_listening(const struct sockaddr_in *at, int *ret, struct error *err)
{
	AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char name[ADDRESS_TEXT];
	int on = 1;

	name_address(at, name);
	/* One that served a moment ago leaves its connection behind for a while. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) || bind(fd, (const struct sockaddr *)at, sizeof(*at)) ||
	    listen(fd, BACKLOG))
		return error_set(err, ERR_IO, "cannot listen on %s: %s", name, strerror(errno));
	*ret = fd_take(&fd);
	return 0;
}

/* Whether who came on L knows the token. How much of it was right no time tells. */
static bool knows(struct line *l, const struct burn_net *how)
{
	char token[NET_TOKEN];
	unsigned char differs = 0;
	struct error ignored;

	l->stall_ms = how->stall_ms < STRANGER_MS ? how->stall_ms : STRANGER_MS;
	l->until_ms = clock_mono_ms() + l->stall_ms;
	if (get(l, token, sizeof(token), &ignored))
		return false;
	for (size_t i = 0; i < NET_TOKEN; i++)
		differs |= (unsigned char)(token[i] ^ how->token[i]);
	return !differs && !put_number(l, welcome, &ignored);
}

static int await_other(int listening, const struct burn_net *how, struct line *l, struct error *err)
{
	uint64_t until = clock_mono_ms() + how->wait_ms;
	struct pollfd p = { .fd = listening, .events = POLLIN };
	unsigned int strangers = 0;
	int wait;

	while ((wait = left(until, how->wait_ms)) > 0) {
		struct sockaddr_in from = { 0 };
		socklen_t len = sizeof(from);

		if (poll(&p, 1, wait) <= 0)
			continue;
		l->fd = accept4(listening, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (l->fd < 0)
			continue;
		name_address(&from, l->who);
		if (knows(l, how))
			return 0;
		fd_close(&l->fd);
		strangers++;
	}
	error_set(err, ERR_NET, "nobody came in %u ms who knows what only the other knows; %u who did not", how->wait_ms, strangers);
	return error_hint(err, "see whether the other machine reaches %s", how->ip);
}

int burn_net_serve(const struct burn_net *how, struct burnt_net *ret, struct error *err)
{
	AUTO_LINE l = { .fd = -1 };
	AUTO_FD listening = -1;
	struct sockaddr_in at;

	*ret = (struct burnt_net){ 0 };
	if (address_of(how, &at, err) || begin_listening(&at, &listening, err) || await_other(listening, how, &l, err))
		return -1;
	fd_close(&listening);
	line_begin(&l, how);
	return take(&l, &ret->from, err) || give(&l, how->seconds, &ret->to, err) ? -1 : 0;
}

/* --- the one that comes */

static void pause_ms(unsigned int ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* 0 or an errno. */
static int try_connect(const struct sockaddr_in *at, unsigned int wait_ms, int *ret)
{
	AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int code = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)at, sizeof(*at))) {
		if (errno != EINPROGRESS)
			return errno;
		if (poll(&p, 1, (int)wait_ms) <= 0)
			return ETIMEDOUT;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len))
			return errno;
		if (code)
			return code;
	}
	*ret = fd_take(&fd);
	return 0;
}

static int reach(const struct sockaddr_in *at, const struct burn_net *how, struct line *l, struct error *err)
{
	uint64_t until = clock_mono_ms() + how->wait_ms;
	int code;

	name_address(at, l->who);
	do {
		/* A packet that was lost is sent again after 1 s, 3 s, 7 s: there is time for it, and for another try. */
		code = try_connect(at, STRANGER_MS < how->wait_ms ? STRANGER_MS : how->wait_ms, &l->fd);
		if (!code)
			return 0;
		pause_ms(AGAIN_MS);
	} while (clock_mono_ms() < until);
	error_set(err, ERR_NET, "%s: not reached in %u ms: %s", l->who, how->wait_ms, strerror(code));
	return error_hint(err, "look at cable, port, VLAN and switch between the two machines");
}

static int introduce(const struct line *l, const struct burn_net *how, struct error *err)
{
	uint64_t said = 0;

	if (put(l, how->token, NET_TOKEN, err) || get(l, &said, sizeof(said), err))
		return error_wrap(err, "before it began");
	return le64toh(said) == welcome ? 0 : error_set(err, ERR_NET, "%s: something else answers there", l->who);
}

int burn_net_visit(const struct burn_net *how, struct burnt_net *ret, struct error *err)
{
	AUTO_LINE l = { .fd = -1 };
	struct sockaddr_in at;

	*ret = (struct burnt_net){ 0 };
	if (address_of(how, &at, err) || reach(&at, how, &l, err))
		return -1;
	line_begin(&l, how);
	return introduce(&l, how, err) || give(&l, how->seconds, &ret->to, err) || take(&l, &ret->from, err) ? -1 : 0;
}

int burn_net_own(const char *ip, char ret[INET_ADDRSTRLEN], struct error *err)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9) };
	AUTO_FD fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);

	if (inet_pton(AF_INET, ip, &at.sin_addr) != 1)
		return error_set(err, ERR_USAGE, "\"%.40s\" is no IPv4 address", ip);
	/* A datagram socket is only told where it would send (connect(2)); by that the kernel gives it an address. */
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)) || getsockname(fd, (struct sockaddr *)&at, &len))
		return error_set(err, ERR_NET, "no address of this machine reaches %s: %s", ip, strerror(errno));
	inet_ntop(AF_INET, &at.sin_addr, ret, INET_ADDRSTRLEN);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libmicrohttpd under one poll loop. */
#include "admin/server.h"

#include <errno.h>
#include <grp.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/api.h"
#include "base/clock.h"
#include "base/fd.h"
#include "proto/proto.h"

enum { TICK_MS = 1000, CONNECTIONS = 1024, IDLE_S = 60, CONNECTION_MEMORY = 48 * 1024 };

struct listener {
	struct admin *ad;
	struct MHD_Daemon *daemon;
	bool operator;
};

struct server {
	struct admin *ad;
	struct listener agents, operators;
	int signals;
};

/* What one request has sent so far. */
struct incoming {
	struct str body;
	size_t max;
	bool too_long;
};

static enum MHD_Result send_answer(struct MHD_Connection *con, const struct api_answer *as)
{
	struct MHD_Response *r;
	enum MHD_Result result;

	r = MHD_create_response_from_buffer_copy(as->body.len, str_text(&as->body));
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, as->type ? as->type : "text/plain");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (as->sign[0])
		MHD_add_response_header(r, PROTO_HEADER, as->sign);
	result = MHD_queue_response(con, as->status, r);
	MHD_destroy_response(r);
	return result;
}

/* HEAD is answered as GET; the library leaves the body away (RFC 9110, 9.3.2). GRUB asks so before it loads by UEFI's HTTP. */
static const char *meant_method(const char *method)
{
	return strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 ? MHD_HTTP_METHOD_GET : method;
}

static enum MHD_Result finish(struct listener *l, struct MHD_Connection *con, const char *method,
			      const char *url, const struct incoming *in)
{
	AUTO_ARENA a = ARENA_INIT;
	struct api_request rq = {
		.method = meant_method(method), .path = url, .body = str_text(&in->body), .body_len = in->body.len,
		.too_long = in->too_long, .operator = l->operator, .arena = &a,
		.sign = MHD_lookup_connection_value(con, MHD_HEADER_KIND, PROTO_HEADER),
		.since = MHD_lookup_connection_value(con, MHD_GET_ARGUMENT_KIND, "since"),
	};
	struct api_answer as;
	enum MHD_Result result;

	api_dispatch(l->ad, &rq, &as);
	result = send_answer(con, &as);
	api_answer_release(&as);
	return result;
}

static size_t announced(struct MHD_Connection *con)
{
	const char *len = MHD_lookup_connection_value(con, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return len ? (size_t)strtoull(len, NULL, 10) : 0;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *con, const char *url, const char *method,
				  const char *version UNUSED, const char *data, size_t *len, void **state)
{
	struct listener *l = cls;
	struct incoming *in = *state;

	if (!in) {
		in = calloc(1, sizeof(*in));
		if (!in)
			return MHD_NO;
		in->max = api_body_max(method, url);
		*state = in;
		/* Known to be too long before it is sent: refused before it is read. */
		if (announced(con) > in->max) {
			in->too_long = true;
			return finish(l, con, method, url, in);
		}
		return MHD_YES;
	}
	if (*len) {
		if (in->body.len + *len > in->max) {
			in->too_long = true;
			str_clear(&in->body);
			in->max = 0; /* the rest is read and dropped */
		} else {
			str_addn(&in->body, data, *len);
		}
		*len = 0;
		return MHD_YES;
	}
	return finish(l, con, method, url, in);
}

static void on_completed(void *cls UNUSED, struct MHD_Connection *con UNUSED, void **state,
			 enum MHD_RequestTerminationCode why UNUSED)
{
	struct incoming *in = *state;

	if (!in)
		return;
	str_release(&in->body);
	free(in);
	*state = NULL;
}

/* --- sockets */

static int listen_unix(const char *path, mode_t mode, const char *group, struct error *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	AUTO_FD fd = -1;
	mode_t before;
	int bound;

	if (strlen(path) >= sizeof(to.sun_path))
		return error_set(err, ERR_USAGE, "%s: too long for a socket's path", path);
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_sys(err, errno, "socket");
	if (unlink(path) && errno != ENOENT)
		return error_sys(err, errno, "%s", path);
	/* Nobody else may connect before owner and mode are set. */
	before = umask(0177);
	bound = bind(fd, (struct sockaddr *)&to, sizeof(to));
	umask(before);
	if (bound)
		return error_sys(err, errno, "%s", path);
	if (group && geteuid() == 0) {
		const struct group *g = getgrnam(group);

		if (g && chown(path, 0, g->gr_gid))
			return error_sys(err, errno, "%s", path);
	}
	if (chmod(path, mode) || listen(fd, 512))
		return error_sys(err, errno, "%s", path);
	return fd_take(&fd);
}

static int start(struct listener *l, struct admin *ad, const char *name, mode_t mode, const char *group,
		 struct error *err)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", ad->paths.run, name);
	fd = listen_unix(path, mode, group, err);
	if (fd < 0)
		return -1;
	l->ad = ad;
	l->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, l, MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
	if (!l->daemon) {
		close(fd);
		return error_set(err, ERR_INTERNAL, "%s: libmicrohttpd does not start", path);
	}
	return 0;
}

int server_open(struct admin *ad, struct server **ret, struct error *err)
{
	struct server *s = calloc(1, sizeof(*s));
	sigset_t set;

	if (!s)
		abort();
	s->ad = ad;
	s->operators.operator = true;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0 || start(&s->agents, ad, "agent.sock", 0660, "www-data", err) ||
	    start(&s->operators, ad, "operator.sock", 0600, NULL, err)) {
		if (s->signals < 0)
			error_sys(err, errno, "signalfd");
		server_close(s);
		return -1;
	}
	*ret = s;
	return 0;
}

void server_close(struct server *s)
{
	if (!s)
		return;
	if (s->agents.daemon)
		MHD_stop_daemon(s->agents.daemon);
	if (s->operators.daemon)
		MHD_stop_daemon(s->operators.daemon);
	fd_close(&s->signals);
	free(s);
}

static int epoll_of(struct MHD_Daemon *d)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->epoll_fd : -1;
}

static int wait_ms(struct server *s, uint64_t next_tick)
{
	uint64_t now = clock_mono_ms(), wait = next_tick > now ? next_tick - now : 0;
	int64_t a = MHD_get_timeout64s(s->agents.daemon), b = MHD_get_timeout64s(s->operators.daemon);

	if (a >= 0 && (uint64_t)a < wait)
		wait = (uint64_t)a;
	if (b >= 0 && (uint64_t)b < wait)
		wait = (uint64_t)b;
	return (int)wait;
}

int server_run(struct server *s, server_tick tick, struct error *err)
{
	struct pollfd fds[] = {
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = epoll_of(s->agents.daemon), .events = POLLIN },
		{ .fd = epoll_of(s->operators.daemon), .events = POLLIN },
	};
	uint64_t next = clock_mono_ms();

	for (;;) {
		if (clock_mono_ms() >= next) {
			tick(s->ad);
			next = clock_mono_ms() + TICK_MS;
		}
		if (poll(fds, ARRAY_LEN(fds), wait_ms(s, next)) < 0 && errno != EINTR)
			return error_sys(err, errno, "poll");
		if (fds[0].revents)
			return 0;
		/* Also without news: idle connections are closed here. */
		if (MHD_run(s->agents.daemon) != MHD_YES || MHD_run(s->operators.daemon) != MHD_YES)
			return error_set(err, ERR_INTERNAL, "libmicrohttpd stopped");
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetching and posting, against a small server on a socket in the file system: no network is
 * needed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/fd.h"
#include "sys/sys.h"
#include "tap.h"

enum { BODY = 3000000 };

static struct sys *s;
static struct error err;
static char dir[64] = "/tmp/fulcrum-fetch-XXXXXX";
static char server[128]; /* "unix:/tmp/.../sock:" */

static char byte_at(size_t i)
{
	return (char)('a' + i % 23 + i / 1000 % 3);
}

/* --- the server, in a child: answers by path, one request a connection */

static void send_text(int fd, const char *text, size_t len)
{
	struct error ignored;

	if (fd_write_all(fd, text, len, &ignored))
		return;
}

static void send_body(int fd, const char *head, size_t from, size_t to)
{
	char *body = malloc(BODY);

	for (size_t i = 0; i < BODY; i++)
		body[i] = byte_at(i);
	send_text(fd, head, strlen(head));
	send_text(fd, body + from, to - from);
	free(body);
}

static void answer(int fd, const char *request, const char *body)
{
	char head[512], path[128] = "";
	const char *range = strstr(request, "Range: bytes=");
	size_t from = range ? strtoul(range + 13, NULL, 10) : 0;

	sscanf(request, "%*s %127s", path);
	if (!strcmp(path, "/file") && range && from >= BODY) {
		snprintf(
			head, sizeof(head),
			"HTTP/1.1 416 No\r\nContent-Range: bytes */%d\r\nContent-Length: 0\r\n\r\n",
			BODY);
		send_text(fd, head, strlen(head));
	} else if (!strcmp(path, "/file")) {
		snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n",
			 range ? "206 Partial" : "200 OK", BODY - from);
		send_body(fd, head, from, BODY);
	} else if (!strcmp(path, "/norange")) {
		snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BODY);
		send_body(fd, head, 0, BODY);
	} else if (!strcmp(path, "/cut")) {
		snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BODY);
		send_body(fd, head, 0, BODY / 2);
	} else if (!strcmp(path, "/busy")) {
		snprintf(head, sizeof(head),
			 "HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\ntry\r\nl8r");
		send_text(fd, head, strlen(head));
	} else if (!strcmp(path, "/page")) {
		snprintf(head, sizeof(head), "HTTP/1.1 404 No\r\nContent-Length: 28\r\n\r\n<html><h1>404</h1></html>\r\n\r\n");
		send_text(fd, head, strlen(head));
	} else if (!strcmp(path, "/moved")) {
		snprintf(
			head, sizeof(head),
			"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n");
		send_text(fd, head, strlen(head));
	} else if (!strcmp(path, "/echo")) {
		const char *header = strstr(request, "X-Ask: ");
		AUTO_STR reply = STR_INIT; /* as long as what was asked */

		str_addf(&reply,
			 "HTTP/1.1 409 Conflict\r\nx-answer: got %.*s\r\nContent-Length: %zu\r\n\r\n%.4s%s",
			 header ? (int)strcspn(header + 7, "\r") : 4, header ? header + 7 : "none",
			 strlen(body) + 4, request, body);
		send_text(fd, reply.s, reply.len);
	} else {
		snprintf(head, sizeof(head),
			 "HTTP/1.1 404 No\r\nContent-Length: 12\r\n\r\nno such file");
		send_text(fd, head, strlen(head));
	}
}

static void serve(int listener) __attribute__((noreturn));

static void serve(int listener)
{
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		AUTO_FD fd = accept(listener, NULL, NULL);
		char request[8192], *body = NULL, *length;
		size_t len = 0, want = 0;

		while (len + 1 < sizeof(request) && (!body || len < want)) {
			ssize_t n = read(fd, request + len, sizeof(request) - 1 - len);

			if (n <= 0)
				break;
			len += (size_t)n;
			request[len] = '\0';
			body = strstr(request, "\r\n\r\n");
			if (!body)
				continue;
			length = strstr(request, "Content-Length: ");
			want = (size_t)(body + 4 - request) +
			       (length ? strtoul(length + 16, NULL, 10) : 0);
		}
		if (body)
			answer(fd, request, body + 4);
	}
}

static pid_t start_server(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/sock", dir);
	snprintf(server, sizeof(server), "unix:%s:", a.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 8)) {
		printf("Bail out! socket: %s\n", strerror(errno));
		exit(1);
	}
	pid = fork();
	if (!pid)
		serve(fd);
	close(fd);
	return pid;
}

/* --- the client */

struct got {
	size_t at, len, stop_at;
	bool wrong;
};

static int sink(void *ctx, const void *data, size_t len, struct error *e)
{
	struct got *g = ctx;
	const char *p = data;

	for (size_t i = 0; i < len; i++)
		g->wrong |= p[i] != byte_at(g->at + g->len + i);
	g->len += len;
	if (g->stop_at && g->len >= g->stop_at)
		return error_set(e, ERR_MEDIUM, "chunk 3: not what was signed");
	return 0;
}

static int fetch(const char *path, uint64_t offset, struct got *g)
{
	char url[256];

	snprintf(url, sizeof(url), "%s%s", path[0] == '/' ? server : "", path);
	memset(&err, 0, sizeof(err));
	g->at = offset;
	g->len = 0;
	g->wrong = false;
	return s->ops->fetch(s, url, offset, 0, sink, g, &err);
}

static void test_fetch(void)
{
	struct got g = { 0 };

	ok(!fetch("/file", 0, &g) && g.len == BODY && !g.wrong, "a file comes whole");
	ok(!fetch("/file", 1234567, &g) && g.len == BODY - 1234567 && !g.wrong,
	   "and from where it was cut off");
	ok(!fetch("/file", BODY, &g) && !g.len, "resuming at the end is an end");
	ok(!fetch("/norange", 1234567, &g) && g.len == BODY - 1234567 && !g.wrong,
	   "a server that knows no ranges is skipped through");
	ok(fetch("/norange", BODY + 5, &g) && !g.len && err.kind == ERR_NET,
	   "but not past its end");
	ok(fetch("/cut", 0, &g) && err.kind == ERR_NET && g.len == BODY / 2 && !g.wrong,
	   "a connection that ends early is a network error: %s", err.msg);
	ok(fetch("/nothing", 0, &g) && err.kind == ERR_NOT_FOUND && !g.len,
	   "404 is not found, and not data");
	ok(str_ends(err.msg, ":/nothing: HTTP status 404: no such file"), "with URL and status: %s",
	   err.msg);
	ok(fetch("/page", 0, &g) && str_ends(err.msg, ":/page: HTTP status 404"), "of a page for browsers the status is enough: %s", err.msg);
	ok(fetch("/busy", 0, &g) && err.kind == ERR_NET &&
		   str_ends(err.msg, "HTTP status 503: try  l8r"),
	   "503 is worth another try: %s", err.msg);
	ok(fetch("/moved", 0, &g) && str_ends(err.msg, "HTTP status 302"),
	   "a redirect is not followed");
	g.stop_at = 1000;
	ok(fetch("/file", 0, &g) && err.kind == ERR_MEDIUM, "the sink's error stops the transfer");
	is_str(err.msg, "chunk 3: not what was signed", "and is the error");
	g.stop_at = 0;
	ok(fetch("http://127.0.0.1:1/x", 0, &g) && err.kind == ERR_NET &&
		   str_starts(err.msg, "http://127.0.0.1:1/x: "),
	   "nobody there is a network error: %s", err.msg);
	ok(fetch("ftp://host/x", 0, &g) && err.kind == ERR_INPUT, "other kinds of URL are refused");
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	ok(!fetch("/file", 0, &g), "a proxy in the environment is not asked");
}

static void test_file(void)
{
	char path[128], url[160];
	struct got g = { 0 };
	AUTO_FD fd = -1;
	struct error ignored;

	snprintf(path, sizeof(path), "%s/a file%%41", dir);
	snprintf(url, sizeof(url), "file://%s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	for (size_t i = 0; i < BODY; i++) {
		char c = byte_at(i);

		if (i < 5000 && fd_write_all(fd, &c, 1, &ignored))
			break;
	}
	ok(!fetch(url, 0, &g) && g.len == 5000 && !g.wrong, "a file: path is taken as it stands");
	ok(!fetch(url, 4999, &g) && g.len == 1 && !g.wrong, "and resumed");
	ok(!fetch(url, 5000, &g) && !g.len, "at its end, too");
	ok(fetch("file:///nonexistent/x", 0, &g), "a missing file is an error");
	is_str(err.msg, "/nonexistent/x: No such file or directory", "by its path");
	unlink(path);
}

/* The kernel gives EIO for what is not mapped: a file that cannot be read, and never will. */
static void test_file_unreadable(void)
{
	AUTO_STR told = STR_INIT;
	char log[128];
	struct got g = { 0 };
	struct error ignored;
	size_t n = 0;

	snprintf(log, sizeof(log), "%s/log", dir);
	channel_log(log);
	ok(fetch("file:///proc/self/mem", 0, &g) && err.kind == ERR_IO, "what cannot be read is an error");
	channel_log(NULL);
	is_str(err.msg, "/proc/self/mem: at byte 0: Input/output error", "with its place");
	ok(!file_read(log, 65536, &told, &ignored), "it was told");
	for (const char *p = str_text(&told); (p = strstr(p, "trying again")); p++)
		n++;
	ok(n == 3, "and tried three times more: %zu", n);
	unlink(log);
}

static void test_post(void)
{
	static const char *const headers[] = { "X-Ask: me", NULL };
	AUTO_STR body = STR_INIT;
	AUTO_STR header = STR_INIT;
	unsigned int status = 0;
	char url[256];

	snprintf(url, sizeof(url), "%s/echo", server);
	ok(!s->ops->post(s, &(struct sys_post){ .url = url, .headers = headers, .body = "{\"a\":1}", .len = 7, .ret_body = &body,
					       .want_header = "X-Answer", .ret_header = &header, .ret_status = &status }, &err),
	   "a request is answered");
	ok(status == 409, "any status is an answer");
	is_str(str_text(&body), "POST{\"a\":1}", "with its body");
	is_str(str_text(&header), "got me", "and the wanted header, whatever its case");
	str_clear(&body);
	str_clear(&header);
	ok(!s->ops->post(s, &(struct sys_post){ .url = url, .ret_body = &body, .want_header = "X-Other", .ret_header = &header,
					       .ret_status = &status }, &err) &&
		   str_eq(str_text(&body), "GET ") && !header.len,
	   "without a body it is a GET; a header that is not there is empty");
	ok(s->ops->post(s, &(struct sys_post){ .url = url, .body = "" }, &err) &&
		   err.kind == ERR_CONFLICT,
	   "when nobody wants the status, 409 is an error");
	snprintf(url, sizeof(url), "unix:%s/nobody:/x", dir);
	ok(s->ops->post(s, &(struct sys_post){ .url = url, .body = "", .ret_status = &status }, &err) &&
		   err.kind == ERR_NET,
	   "nobody there is a network error");
}

int main(void)
{
	char sock[128];
	pid_t pid;

	if (!mkdtemp(dir))
		return 1;
	s = sys_small_new();
	pid = start_server();
	test_fetch();
	test_file();
	test_file_unreadable();
	test_post();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(sock, sizeof(sock), "%s/sock", dir);
	unlink(sock);
	ok(!rmdir(dir), "nothing was left behind");
	sys_free(s);
	return tap_end();
}

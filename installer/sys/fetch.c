/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes by URL; the only user of libcurl. file:// is a plain read of a plain path (nothing in it is
 * decoded). Follows no redirect, uses no proxy, whatever the environment says: offline is offline.
 * Verifies nothing: every sink checks what it gets against a signed hash.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/fd.h"
#include "sys/real.h"

enum {
	STALL_S = 30,
	CONNECT_S = 15,
	POST_S = 60,
	BUFFER = 512 * 1024,
	ANSWER_MAX = 32 * 1024 * 1024,
	SAID_MAX = 160, /* of an error page: enough to see what it is */
};

static void free_curl(CURL **c)
{
	curl_easy_cleanup(*c);
}

static void free_headers(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

#define AUTO_CURL CLEANUP(free_curl) CURL

/* --- file:// */

static int hint_medium(struct error *err)
{
	return error_hint(err, "the medium cannot be read: look whether it still is plugged in; if so, try another one");
}

/* A drive that was reset, or a BMC's medium that stuttered, may give the same bytes a moment later. */
static bool again(const char *path, uint64_t offset, int code, unsigned int *tries)
{
	static const int pause_ms[] = { 250, 1000, 4000 };
	char text[PATH_MAX + 96];

	if (code != EIO || *tries == ARRAY_LEN(pause_ms))
		return false;
	snprintf(text, sizeof(text), "%s: at byte %" PRIu64 ": %s: trying again", path, offset, strerror(code));
	channel_emit("note", "install", "text", text, NULL);
	poll(NULL, 0, pause_ms[(*tries)++]);
	return true;
}

static int fetch_file(const char *url, uint64_t offset, uint64_t length, sys_sink sink, void *ctx, struct error *err)
{
	const char *path = url + strlen("file://");
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t left = length ? length : UINT64_MAX;
	unsigned int tries = 0;
	char *buf;
	int rc = -1;

	if (fd < 0 || (offset && lseek(fd, (off_t)offset, SEEK_SET) < 0)) {
		error_sys(err, errno, "%s", path);
		return errno == EIO || errno == ENXIO || errno == ENODEV ? hint_medium(err) : -1;
	}
	posix_fadvise(fd, (off_t)offset, 0, POSIX_FADV_SEQUENTIAL);
	buf = malloc(BUFFER);
	if (!buf)
		abort();
	for (;;) {
		ssize_t n = read(fd, buf, left < BUFFER ? (size_t)left : BUFFER);

		if (n < 0 && (errno == EINTR || again(path, offset, errno, &tries)))
			continue;
		if (n < 0) {
			error_sys(err, errno, "%s: at byte %" PRIu64, path, offset);
			hint_medium(err);
			break;
		}
		if (!n) {
			rc = 0;
			break;
		}
		if (sink(ctx, buf, (size_t)n, err))
			break;
		offset += (uint64_t)n;
		left -= (uint64_t)n;
		tries = 0;
	}
	free(buf);
	return rc;
}

/* --- http:// */

struct transfer {
	CURL *curl;
	sys_sink sink;
	void *ctx;
	uint64_t offset, skip; /* skip: the server sends from the start all the same */
	uint64_t left;	       /* bytes still wanted */
	long status;	       /* 0 until the first byte of the body */
	bool sink_failed;
	char said[SAID_MAX + 1];
	size_t said_len;
	char why[CURL_ERROR_SIZE];
	struct error *err;
};

static size_t take(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * n, all = len;

	if (!t->status) {
		curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &t->status);
		if (t->status == 200)
			t->skip = t->offset;
	}
	if (t->status != 200 && t->status != 206) {
		for (size_t i = 0; i < len && t->said_len < SAID_MAX; i++)
			t->said[t->said_len++] = (unsigned char)data[i] < ' ' ? ' ' : data[i];
		return all;
	}
	if (t->skip >= len) {
		t->skip -= len;
		return all;
	}
	data += t->skip;
	len -= (size_t)t->skip;
	t->skip = 0;
	/* A server that does not know ranges sends more than was asked for. */
	if (len > t->left)
		len = (size_t)t->left;
	t->left -= len;
	if (len && t->sink(t->ctx, data, len, t->err)) {
		t->sink_failed = true;
		return CURL_WRITEFUNC_ERROR;
	}
	return all;
}

/* True if URL is of a kind that we speak. */
static bool set_url(CURL *c, const char *url, struct error *err)
{
	/* unix:/path/of/socket:/path/of/request */
	if (str_starts(url, "unix:")) {
		const char *rest = strchr(url + strlen("unix:"), ':');
		AUTO_STR socket = STR_INIT;
		AUTO_STR http = STR_INIT;

		if (rest) {
			str_addn(&socket, url + strlen("unix:"),
				 (size_t)(rest - url) - strlen("unix:"));
			str_addf(&http, "http://localhost%s", rest + 1);
			curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, str_text(&socket));
			curl_easy_setopt(c, CURLOPT_URL, str_text(&http));
			return true;
		}
	}
	if (str_starts(url, "http://") || str_starts(url, "https://")) {
		curl_easy_setopt(c, CURLOPT_URL, url);
		return true;
	}
	error_set(err, ERR_INPUT, "%s: not a URL of a known kind", url);
	error_hint(err, "file:///path, http://host/path");
	return false;
}

static void set_common(CURL *c, char why[CURL_ERROR_SIZE])
{
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "fulcrum");
}

static enum error_kind status_kind(long status)
{
	switch (status) {
	case 401:
	case 403:
		return ERR_DENIED;
	case 404:
	case 410:
		return ERR_NOT_FOUND;
	case 409:
		return ERR_CONFLICT;
	default:
		return ERR_NET;
	}
}

static int net_error(struct error *err, const char *url, CURLcode code, const char *why)
{
	if (code == CURLE_OPERATION_TIMEDOUT && strstr(why, "Operation too slow"))
		return error_set(err, ERR_NET, "%s: no data for %d s", url, STALL_S);
	return error_set(err, ERR_NET, "%s: %s", url, *why ? why : curl_easy_strerror(code));
}

/* 416 to a resume at the very end: there is nothing left to fetch. */
static bool at_end(CURL *c, uint64_t offset)
{
	struct curl_header *h;
	unsigned long long size;

	if (!offset || curl_easy_header(c, "Content-Range", 0, CURLH_HEADER, -1, &h) ||
	    !str_starts(h->value, "bytes */"))
		return false;
	size = strtoull(h->value + strlen("bytes */"), NULL, 10);
	return size == offset;
}

static int judge(struct transfer *t, const char *url, CURLcode code)
{
	if (t->sink_failed)
		return -1; /* *ERR is the sink's */
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &t->status);
	/* A status is more telling than how the connection ended after it. */
	if (t->status == 416 && at_end(t->curl, t->offset))
		return 0;
	if (t->status && t->status != 200 && t->status != 206) {
		/* A page is for browsers: it has nothing to tell but the status, in many lines. */
		const char *said = *t->said == '<' ? "" : t->said;

		return error_set(t->err, status_kind(t->status), "%s: HTTP status %ld%s%s", url, t->status, *said ? ": " : "", said);
	}
	if (code)
		return net_error(t->err, url, code, t->why);
	if (t->skip)
		return error_set(t->err, ERR_NET,
				 "%s: shorter than the %" PRIu64 " bytes fetched before", url,
				 t->offset);
	return 0;
}

int real_fetch(struct sys *s UNUSED, const char *url, uint64_t offset, uint64_t length, sys_sink sink, void *ctx,
	       struct error *err)
{
	struct transfer t = { .sink = sink, .ctx = ctx, .offset = offset,
			      .left = length ? length : UINT64_MAX, .err = err };
	AUTO_CURL *c = NULL;
	char range[64];

	if (str_starts(url, "file://"))
		return fetch_file(url, offset, length, sink, ctx, err);
	c = curl_easy_init();
	if (!c)
		abort();
	t.curl = c;
	if (!set_url(c, url, err))
		return -1;
	set_common(c, t.why);
	/* What comes is judged by its hash alone: a closed site has no certificates that an installer would know. */
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, (long)BUFFER);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &t);
	if (offset || length) {
		/* Not CURLOPT_RESUME_FROM, which refuses servers that do not know ranges. */
		if (length)
			snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, offset, offset + length - 1);
		else
			snprintf(range, sizeof(range), "%" PRIu64 "-", offset);
		curl_easy_setopt(c, CURLOPT_RANGE, range);
	}
	return judge(&t, url, curl_easy_perform(c));
}

/* --- requests */

struct answer {
	struct str *body;
	size_t got;
};

static size_t take_answer(char *data, size_t size, size_t n, void *ctx)
{
	struct answer *a = ctx;

	a->got += size * n;
	if (a->got > ANSWER_MAX)
		return CURL_WRITEFUNC_ERROR;
	if (a->body)
		str_addn(a->body, data, size * n);
	return size * n;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *text)
{
	list = curl_slist_append(list, text);
	if (!list)
		abort();
	return list;
}

/*
 * What a server is known by is its key alone: no authority, name or date of its certificate is looked at, which a closed site
 * has none of, and a clock that is wrong cannot spoil.
 */
static void set_pin(CURL *c, const char *pin)
{
	if (!pin)
		return;
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(c, CURLOPT_PINNEDPUBLICKEY, pin);
}

static struct curl_slist *make_headers(const char *const *headers)
{
	struct curl_slist *list = NULL;

	if (!headers || !headers[0] || !str_starts(headers[0], "Content-Type:"))
		list = add_header(list, "Content-Type: application/json");
	list = add_header(list, "Expect:"); /* no round trip to ask whether it may be sent */
	for (size_t i = 0; headers && headers[i]; i++)
		list = add_header(list, headers[i]);
	return list;
}

int real_post(struct sys *s UNUSED, const struct sys_post *p, struct error *err)
{
	CLEANUP(free_headers) struct curl_slist *list = make_headers(p->headers);
	struct answer answer = { .body = p->ret_body };
	char why[CURL_ERROR_SIZE] = "";
	struct curl_header *h;
	AUTO_CURL *c = curl_easy_init();
	CURLcode code;
	long status = 0;

	if (!c)
		abort();
	if (!set_url(c, p->url, err))
		return -1;
	set_common(c, why);
	set_pin(c, p->pin);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)POST_S);
	if (p->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->len);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, p->body);
	}
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &answer);
	code = curl_easy_perform(c);
	if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH) {
		error_set(err, ERR_DENIED, "%s: the server has another key than %s: nothing was sent", p->url, p->pin);
		return error_hint(err, "another machine answers there, or its key was changed");
	}
	if (code)
		return net_error(err, p->url, code, why);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (p->want_header && p->ret_header && !curl_easy_header(c, p->want_header, 0, CURLH_HEADER, -1, &h))
		str_add(p->ret_header, h->value);
	if (p->ret_status)
		*p->ret_status = (unsigned int)status;
	else if (status >= 400)
		return error_set(err, status_kind(status), "%s: HTTP status %ld", p->url, status);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon under load, from its agents' side: daemon-load SOCKET NODES RATE SECONDS
 * NODES machines say hello; a tenth of them is deployed and claims its plan. Then RATE messages come every second, at even
 * distances whatever the answers take: progress of those that are deployed and polls of all others, in turn. A message's time is
 * from when it was due to its answer. Requests are signed before the clock runs; answers are not checked (tests/api does that).
 * Says: hellos N ms N, claims N ms N, messages N refused N p50 US p99 US max US.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/order.h"
#include "base/str.h"
#include "proto/proto.h"

enum { ANSWER_MAX = 1 << 20, DEPLOYED_SHARE = 10 };

struct machine_agent {
	char pub[KEY_PUB_HEX], sec[KEY_SEC_HEX];
	uint64_t attempt, seq;
	char node[64];
};

static int sock = -1;
static char answer[ANSWER_MAX];
static size_t answer_len;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "daemon-load: %s\n", what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void wait_until(uint64_t ns)
{
	const struct timespec t = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

static void connect_to(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(to.sun_path))
		die("the socket's path is too long");
	strcpy(to.sun_path, path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, (const struct sockaddr *)&to, sizeof(to)))
		die("no connection");
}

/* The whole HTTP request, signed. */
static void request(const struct machine_agent *m, const char *path, const char *body, struct str *out)
{
	AUTO_STR text = STR_INIT;
	char sig[SIG_HEX];
	struct error err;

	proto_request_text(path, body, &text);
	if (sign_buffer(m->sec, str_text(&text), text.len, sig, &err))
		die(err.msg);
	str_addf(out, "POST %s HTTP/1.1\r\nHost: x\r\n%s: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", path,
		 PROTO_HEADER, sig, strlen(body), body);
}

/* Sends it, takes the answer's body to `answer`; its status. */
static int exchange(const struct str *rq)
{
	size_t sent = 0, got = 0, want = 0;
	char *body = NULL;

	while (sent < rq->len) {
		ssize_t n = send(sock, rq->s + sent, rq->len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			die("the daemon hung up");
		sent += (size_t)n;
	}
	while (!body || got < want) {
		ssize_t n = recv(sock, answer + got, sizeof(answer) - 1 - got, 0);

		if (n <= 0)
			die("no answer");
		got += (size_t)n;
		answer[got] = '\0';
		if (!body && (body = strstr(answer, "\r\n\r\n"))) {
			const char *len = strcasestr(answer, "Content-Length:");

			body += 4;
			want = (size_t)(body - answer) + (len ? strtoul(len + strlen("Content-Length:"), NULL, 10) : 0);
		}
	}
	answer_len = want - (size_t)(body - answer);
	body[answer_len] = '\0';
	want = strtoul(answer + strlen("HTTP/1.1 "), NULL, 10);
	memmove(answer, body, answer_len + 1);
	return (int)want;
}

static void hello(struct machine_agent *m, size_t i)
{
	AUTO_STR body = STR_INIT;
	AUTO_STR rq = STR_INIT;
	AUTO_ARENA a = ARENA_INIT;
	struct msg_welcome *w = ARENA_NEW(&a, struct msg_welcome);
	struct error err;

	key_generate(m->pub, m->sec);
	str_addf(&body,
		 "{\"life\":\"ram\",\"boot_id\":\"boot-%zu\",\"key\":\"%s\",\"machine\":{\"machine\":1,\"system\":{\"vendor\":\"Example\",\"product\":\"one\","
		 "\"serial\":\"S-%zu\",\"uuid\":\"7d1f6f5e-0c3b-4a53-9f0e-%012zx\"},\"firmware\":\"uefi\",\"memory_bytes\":4294967296,\"cpus\":2,"
		 "\"disks\":[{\"name\":\"vda\",\"path\":\"/dev/vda\",\"serial\":\"D-%zu\",\"bus\":\"virtio\",\"size_bytes\":5368709120,\"sector_bytes\":512}],"
		 "\"nics\":[{\"name\":\"eth0\",\"mac\":\"52:54:%02zx:%02zx:%02zx:01\",\"link\":true}]}}",
		 i, m->pub, i, i, i, i >> 16 & 255, i >> 8 & 255, i & 255);
	request(m, PROTO_HELLO, str_text(&body), &rq);
	if (exchange(&rq) != 200 || field_from_json(&msg_welcome_schema, "welcome", answer, answer_len, w, &a, &err))
		die(answer);
	m->attempt = w->attempt;
	snprintf(m->node, sizeof(m->node), "%s", w->node);
}

static void poll_body(const struct machine_agent *m, struct str *out)
{
	str_addf(out, "{\"node\":\"%s\",\"attempt\":%" PRIu64 ",\"seq\":%" PRIu64 "}", m->node, m->attempt, m->seq);
}

static void claim(struct machine_agent *m)
{
	AUTO_STR body = STR_INIT;
	AUTO_STR rq = STR_INIT;
	AUTO_STR report = STR_INIT;
	AUTO_ARENA a = ARENA_INIT;
	struct msg_order *o = ARENA_NEW(&a, struct msg_order);
	struct error err;

	poll_body(m, &body);
	request(m, PROTO_POLL, str_text(&body), &rq);
	if (exchange(&rq) != 200 || field_from_json(&msg_order_schema, "order", answer, answer_len, o, &a, &err) || o->order != ORDER_DEPLOY)
		die(answer);
	str_addf(&report, "{\"node\":\"%s\",\"attempt\":%" PRIu64 ",\"seq\":%" PRIu64 ",\"report\":\"claim\",\"plan_hash\":\"%s\"}", m->node, m->attempt,
		 ++m->seq, o->plan_hash);
	str_clear(&rq);
	request(m, PROTO_REPORT, str_text(&report), &rq);
	if (exchange(&rq) != 200 || !strstr(answer, "\"accepted\":true"))
		die(answer);
}

/* The K-th message: progress of a machine that is deployed, then a poll of one that waits. */
static void message(struct machine_agent *all, size_t nodes, size_t deployed, size_t k, struct str *out)
{
	AUTO_STR body = STR_INIT;
	struct machine_agent *m = k % 2 ? &all[deployed + k / 2 % (nodes - deployed)] : &all[k / 2 % deployed];

	if (k % 2) {
		poll_body(m, &body);
		request(m, PROTO_POLL, str_text(&body), out);
		return;
	}
	str_addf(&body,
		 "{\"node\":\"%s\",\"attempt\":%" PRIu64 ",\"seq\":%" PRIu64 ",\"report\":\"progress\",\"op\":\"image:root\",\"done\":%zu,\"total\":1000000,\"percent\":50}",
		 m->node, m->attempt, ++m->seq, k);
	request(m, PROTO_REPORT, str_text(&body), out);
}

static void load(struct machine_agent *all, size_t nodes, size_t deployed, size_t rate, size_t seconds)
{
	size_t n = rate * seconds, refused = 0;
	uint64_t *took = calloc(n, sizeof(*took)), start;
	struct str *rq = calloc(n, sizeof(*rq));

	if (!took || !rq)
		die("no memory");
	for (size_t k = 0; k < n; k++)
		message(all, nodes, deployed, k, &rq[k]);
	start = now_ns() + 100000000u;
	for (size_t k = 0; k < n; k++) {
		uint64_t due = start + k * 1000000000u / rate;

		wait_until(due);
		refused += exchange(&rq[k]) != 200;
		took[k] = (now_ns() - due) / 1000;
		str_release(&rq[k]);
	}
	qsort(took, n, sizeof(*took), order_u64);
	printf("messages %zu refused %zu p50 %" PRIu64 " p99 %" PRIu64 " max %" PRIu64 "\n", n, refused, took[n / 2], took[n * 99 / 100], took[n - 1]);
	free(took);
	free(rq);
}

int main(int argc, char **argv)
{
	size_t nodes = argc == 5 ? strtoul(argv[2], NULL, 10) : 0, deployed = nodes / DEPLOYED_SHARE;
	size_t rate = argc == 5 ? strtoul(argv[3], NULL, 10) : 0, seconds = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
	struct machine_agent *all;
	uint64_t from;

	if (nodes < 2 * DEPLOYED_SHARE || nodes > 65536 || !rate || rate > 100000 || !seconds || seconds > 600) {
		fputs("usage: daemon-load SOCKET NODES RATE SECONDS\n", stderr);
		return 2;
	}
	all = calloc(nodes, sizeof(*all));
	if (!all)
		die("no memory");
	connect_to(argv[1]);
	from = now_ns();
	for (size_t i = 0; i < nodes; i++)
		hello(&all[i], i);
	printf("hellos %zu ms %" PRIu64 "\n", nodes, (now_ns() - from) / 1000000);
	fflush(stdout);
	from = now_ns();
	for (size_t i = 0; i < deployed; i++)
		claim(&all[i]);
	printf("claims %zu ms %" PRIu64 "\n", deployed, (now_ns() - from) / 1000000);
	fflush(stdout);
	load(all, nodes, deployed, rate, seconds);
	free(all);
	close(sock);
	return 0;
}

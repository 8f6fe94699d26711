/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links that come late. A switch that looks for loops or for partners of a bond lets a port pass 30 to 70 s after the
 * cable is there (IEEE 802.1D forward delay, 802.1AX): so ports are looked at for 90 s, and what is waited for is said.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "observe/observe.h"

enum { MOST = 64, NAME = 20, TELL_MS = 10000, SLOW_MS = 90000, STEP_MS = 500 };

struct link_watch {
	struct seen {
		char mac[NAME]; /* a port may be given another name meanwhile */
		bool link, told;
		uint64_t since_ms, said_ms;
	} ports[MOST];
	size_t n;
};

struct link_watch *links_new(void)
{
	struct link_watch *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	return w;
}

void links_free(struct link_watch *w)
{
	free(w);
}

static struct seen *port(struct link_watch *w, const struct nic *n, uint64_t now)
{
	const char *mac = nic_address(n);

	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->ports[i].mac, mac))
			return &w->ports[i];
	if (w->n == MOST || !mac || strlen(mac) >= NAME)
		return NULL;
	strcpy(w->ports[w->n].mac, mac);
	w->ports[w->n].since_ms = w->ports[w->n].said_ms = now;
	return &w->ports[w->n++];
}

static void tell_up(const struct nic *n, uint64_t waited_s, bool slow, void (*tell)(void *ctx, const char *line), void *ctx)
{
	AUTO_STR line = STR_INIT;

	str_addf(&line, "port %s %s: link", n->name, nic_address(n));
	if (n->speed_mbit)
		str_addf(&line, ", %" PRIu64 " Mbit/s", n->speed_mbit);
	if (slow)
		str_addf(&line, ", after %" PRIu64 " s", waited_s);
	tell(ctx, str_text(&line));
}

static void look_at(struct link_watch *w, const struct nic *n, uint64_t now, void (*tell)(void *ctx, const char *line), void *ctx)
{
	struct seen *s = port(w, n, now);
	AUTO_STR line = STR_INIT;

	if (!s)
		return;
	if (n->link) {
		if (!s->link)
			tell_up(n, (now - s->since_ms) / 1000, s->told, tell, ctx);
		s->link = true;
		return;
	}
	if (s->link) {
		s->link = false;
		s->since_ms = s->said_ms = now;
		str_addf(&line, "port %s %s: the link is gone", n->name, nic_address(n));
	} else if (now - s->since_ms <= SLOW_MS && now - s->said_ms >= TELL_MS) {
		s->said_ms = now;
		s->told = true;
		str_addf(&line, "port %s %s: no link, waiting %" PRIu64 " s", n->name, nic_address(n), (now - s->since_ms) / 1000);
	}
	if (line.len)
		tell(ctx, str_text(&line));
}

void links_look(struct link_watch *w, const char *root, uint64_t now_ms, void (*tell)(void *ctx, const char *line), void *ctx)
{
	struct machine m = { .machine = MACHINE_VERSION };
	AUTO_ARENA a = ARENA_INIT;
	struct error ignored;

	if (observe_nics(root, &a, &m, &ignored))
		return;
	for (size_t i = 0; i < m.n_nics; i++)
		look_at(w, &m.nics[i], now_ms, tell, ctx);
}

int observe_links_wait(struct sys *sys, bool (*ready)(void *ctx), void (*tell)(void *ctx, const char *line), void *ctx, struct error *err)
{
	uint64_t begin = clock_mono_ms(), now;
	struct link_watch *w;
	int rc = 0;

	if (observe_nics_up(sys, err))
		return -1;
	w = links_new();
	do {
		now = clock_mono_ms();
		links_look(w, "", now, tell, ctx);
		if (ready(ctx))
			break;
		rc = sys->ops->sleep_ms(sys, STEP_MS, err);
	} while (!rc && now - begin < SLOW_MS);
	links_free(w);
	return rc;
}

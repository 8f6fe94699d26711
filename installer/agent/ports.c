/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports, raised and listened to. */
#include "agent/ports.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/channel.h"
#include "observe/lldp.h"
#include "observe/observe.h"

enum { LISTEN_MS = 35000, STEP_MS = 500, NEWS_MS = 30000, NEWS_MOST = 16 };

struct ports {
	const char *root;
	struct lldp *lldp; /* NULL: that is not possible here */
	struct str told, seen; /* what was told; what the last look saw: a line a port */
	uint64_t next_ms;
	unsigned int news;
};

struct ports *ports_open(struct sys *sys, const char *root)
{
	struct machine m = { .machine = MACHINE_VERSION };
	struct ports *p = calloc(1, sizeof(*p));
	AUTO_ARENA a = ARENA_INIT;
	struct error err;

	if (!p)
		abort();
	p->root = root;
	if (observe_nics_wake(sys, root, &err))
		printf("fulcrum: network ports: %s\n", err.msg);
	if (!observe_nics(root, &a, &m, &err))
		p->lldp = lldp_open(&m);
	return p;
}

void ports_close(struct ports *p)
{
	if (!p)
		return;
	lldp_close(p->lldp);
	str_release(&p->told);
	str_release(&p->seen);
	free(p);
}

static void look(struct ports *p, struct machine *m, struct arena *a)
{
	struct error ignored;
	bool all;

	if (observe_nics(p->root, a, m, &ignored))
		m->n_nics = 0;
	if (!p->lldp)
		return;
	lldp_poll(p->lldp);
	lldp_fill(p->lldp, m, a, &all);
}

void ports_listen(struct ports *p, struct sys *sys)
{
	for (unsigned int ms = 0; p->lldp && ms < LISTEN_MS; ms += STEP_MS) {
		struct machine m = { .machine = MACHINE_VERSION };
		AUTO_ARENA a = ARENA_INIT;
		struct error ignored;
		bool all = true;

		if (observe_nics(p->root, &a, &m, &ignored))
			return;
		lldp_poll(p->lldp);
		lldp_fill(p->lldp, &m, &a, &all);
		if (all || sys->ops->sleep_ms(sys, STEP_MS, &ignored))
			return;
		if (!ms) {
			printf("fulcrum: listening for switches, up to %d s: this site's rules ask for them\n", LISTEN_MS / 1000);
			fflush(stdout);
			channel_emit("link", "agent", "text", "listening for switches", NULL);
		}
	}
}

static void add_line(const struct nic *n, struct str *out)
{
	str_addf(out, "port %s %s: %s", n->name, nic_address(n) ? nic_address(n) : "without an address", n->link ? "link" : "no link");
	if (n->speed_mbit)
		str_addf(out, ", %" PRIu64 " Mbit/s", n->speed_mbit);
	if (n->neighbour || n->neighbour_port)
		str_addf(out, ", at %s port %s", n->neighbour ? n->neighbour : "a switch,", n->neighbour_port ? n->neighbour_port : "unknown");
	str_addc(out, '\n');
}

static void add_lines(const struct machine *m, struct str *out)
{
	for (size_t i = 0; i < m->n_nics; i++)
		add_line(&m->nics[i], out);
}

void ports_tell(struct ports *p, struct machine *m, struct arena *a)
{
	AUTO_STR now = STR_INIT;

	look(p, m, a);
	for (size_t i = 0; i < m->n_nics; i++) {
		AUTO_STR line = STR_INIT;

		add_line(&m->nics[i], &line);
		str_add(&now, str_text(&line));
		if (strstr(str_text(&p->told), str_text(&line)))
			continue;
		str_cut(&line, line.len - 1);
		printf("fulcrum: %s\n", str_text(&line));
		channel_emit("link", "agent", "text", str_text(&line), NULL);
	}
	str_clear(&p->told);
	str_add(&p->told, str_text(&now));
	str_clear(&p->seen);
	str_add(&p->seen, str_text(&now));
}

bool ports_news(struct ports *p, uint64_t now_ms)
{
	struct machine m = { .machine = MACHINE_VERSION };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR now = STR_INIT;
	bool settled;

	look(p, &m, &a);
	add_lines(&m, &now);
	settled = str_eq(str_text(&now), str_text(&p->seen));
	str_clear(&p->seen);
	str_add(&p->seen, str_text(&now));
	if (!settled || str_eq(str_text(&now), str_text(&p->told)) || now_ms < p->next_ms || p->news == NEWS_MOST)
		return false;
	p->news++;
	p->next_ms = now_ms + NEWS_MS;
	return true;
}

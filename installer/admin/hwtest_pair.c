/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the network between two nodes: who begins when, where they meet, and by what they know each other. */
#include <string.h>

#include "admin/hwtests.h"
#include "base/clock.h"

/* An agent in memory polls every few seconds: one that was heard so lately is there. */
enum { THERE_S = 60 };

int hwtest_with(struct admin *ad, const struct node *n, struct arena *a, struct node **ret, struct hwtest **ret_run, struct error *err)
{
	struct hwtest *own = NULL, *run = NULL;

	*ret = NULL;
	if (n->hwtest && hwtest_load(ad->store, n->hwtest, a, &own, err))
		return -1;
	if (own && own->peer && (node_find_hwtest(ad->store, own->peer, a, ret, err) || hwtest_load(ad->store, own->peer, a, &run, err)))
		return -1;
	if (ret_run)
		*ret_run = run;
	return 0;
}

int hwtest_pair_ready(struct admin *ad, const struct node *n, struct arena *a, struct hwtest_order *o, const char **ret_why, struct error *err)
{
	struct hwtest *run;
	struct node *with;

	*ret_why = NULL;
	if (!o->peer)
		return 0;
	if (hwtest_with(ad, n, a, &with, &run, err))
		return -1;
	if (!with || !run)
		return error_set(err, ERR_INTERNAL, "%s is to be tested with %s, and nothing says how", node_title(n), o->peer);
	if (o->serves) {
		if (with->state != NODE_QUEUED || with->life != LIFE_RAM || clock_real_s() - with->heard_s > THERE_S)
			*ret_why = arena_printf(a, "hardware tests %lld wait until the agent of %s is there", (long long)n->hwtest, o->peer);
	} else if (run->address) {
		o->address = run->address;
	} else {
		*ret_why = arena_printf(a, "hardware tests %lld wait until %s listens", (long long)n->hwtest, o->peer);
	}
	return 0;
}

int hwtest_begin(struct admin *ad, const struct node *n, const struct msg_report *m, struct event_ctx *c, const char **ret_why, struct error *err)
{
	char ip[HWTEST_IP_SIZE];
	struct hwtest_order o;
	struct hwtest *w;
	uint16_t port;

	*ret_why = NULL;
	c->hwtest = (int64_t)m->hwtest;
	c->text = "the agent begins with the tests";
	if (hwtest_load(ad->store, n->hwtest, n->arena, &w, err) || (w && hwtest_read_order(w, n->arena, &o, err)))
		return -1;
	if (!w || !o.serves)
		return 0;
	if (hwtest_address(m->address, ip, &port))
		c->address = m->address;
	else
		*ret_why = "the claim does not say where this node listens";
	return 0;
}

/*
 * Both ends can be given the same without a word of it being kept anywhere: it is the site's secret key, which is random, hashed
 * with the numbers of both runs. What it protects is small: that a stranger takes no part in a measurement by accident.
 */
static void make_token(const struct admin *ad, const struct hwtest *w, char ret[HASH_HEX])
{
	int64_t low = w->id < w->peer ? w->id : w->peer, high = w->id < w->peer ? w->peer : w->id;
	AUTO_STR text = STR_INIT;

	str_addf(&text, "hardware tests %lld and %lld by %s", (long long)low, (long long)high, ad->site_sec);
	hash_buffer(str_text(&text), text.len, ret);
	explicit_bzero(text.s, text.len);
}

int hwtest_secret(struct admin *ad, const struct node *n, const char *key, struct msg_ack *ack, struct error *err)
{
	struct hwtest *w = NULL;
	AUTO_STR box = STR_INIT;
	char token[HASH_HEX];
	int rc;

	if (hwtest_load(ad->store, n->hwtest, n->arena, &w, err))
		return -1;
	if (!w || !w->peer)
		return 0;
	make_token(ad, w, token);
	rc = seal_buffer(key, token, sizeof(token) - 1, &box, err);
	explicit_bzero(token, sizeof(token));
	if (rc)
		return -1;
	ack->secrets = arena_array(n->arena, 1, sizeof(*ack->secrets));
	ack->secrets[0] = (struct sealed_secret){ .name = HWTEST_TOKEN, .sealed = arena_strdup(n->arena, str_text(&box)) };
	ack->n_secrets = 1;
	return 0;
}

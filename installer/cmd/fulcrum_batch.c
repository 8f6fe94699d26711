/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deploy and verify of several nodes. */
#include "cmd/fulcrum_batch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cmd/fulcrum_client.h"

enum { LOOK_MS = 1000, VERIFY_MS = 400000, EXIT_NOT_READY = 10 };

struct names {
	const char **v;
	size_t n;
};

/* Whether ROLE is one of LIST, names with commas between. */
static bool has_role(const char *list, const char *role)
{
	size_t len = strlen(role);

	for (const char *p = list; p && *p; p += strcspn(p, ","), p += *p == ',')
		if (strcspn(p, ",") == len && !strncmp(p, role, len))
			return true;
	return false;
}

static bool is_wanted(const struct batch *b, const struct tree *node, const char *const *states)
{
	const char *state = tree_get_text(node, "state");

	if (b->role && !has_role(tree_get_text(node, "roles"), b->role))
		return false;
	for (size_t i = 0; states[i]; i++)
		if (str_eq(states[i], state))
			return true;
	return false;
}

/* Those that B means: the named, or all in one of STATES. 0, or an exit code. */
static int choose(const struct batch *b, const char *const *states, struct arena *a, struct names *ret)
{
	const struct tree *nodes;
	struct tree *t;
	struct error err;

	for (size_t i = 0; i < b->n_names; i++) {
		ret->v = arena_grow(a, ret->v, ret->n, sizeof(*ret->v));
		ret->v[ret->n++] = b->names[i];
	}
	if (b->n_names)
		return 0;
	if (client_ask("/nodes", NULL, a, &t, &err))
		return client_fail("fulcrum", &err);
	nodes = tree_get(t, "nodes");
	for (size_t i = 0; nodes && i < nodes->n; i++) {
		if (!is_wanted(b, nodes->items[i], states))
			continue;
		ret->v = arena_grow(a, ret->v, ret->n, sizeof(*ret->v));
		ret->v[ret->n++] = tree_get_text(nodes->items[i], "name");
	}
	if (!ret->n)
		fprintf(stderr, "fulcrum: no node is in a state for that: fulcrum node list\n");
	return ret->n ? 0 : EXIT_NOT_READY;
}

int batch_deploy(const struct batch *b, const char *body)
{
	static const char *const states[] = { "planned", NULL };
	AUTO_ARENA a = ARENA_INIT;
	struct names names = { 0 };
	int code = choose(b, states, &a, &names);

	if (code)
		return code;
	for (size_t i = 0; i < names.n; i++) {
		struct error err;
		struct tree *t;

		if (!client_ask(client_path("/node/%s/deploy", names.v[i], &a), body, &a, &t, &err)) {
			show_deploy(b->show, t, &a);
			continue;
		}
		if (!code)
			code = error_exit_code(err.kind);
		client_fail(names.v[i], &err);
	}
	return code;
}

/* Waits until NAME is not being checked; *RET: its node, or NULL with the reason told. */
static void await_checks(const char *name, struct arena *a, uint64_t until_ms, struct tree **ret)
{
	static const struct timespec pause = { .tv_sec = LOOK_MS / 1000 };
	struct error err;

	for (;;) {
		if (client_ask(client_path("/node/%s", name, a), NULL, a, ret, &err)) {
			client_fail(name, &err);
			*ret = NULL;
			return;
		}
		if (!str_eq(tree_get_text(*ret, "state"), "checking") || clock_mono_ms() >= until_ms)
			return;
		nanosleep(&pause, NULL);
	}
}

static bool show_verdict(const struct batch *b, const char *name, const struct tree *t, struct arena *a)
{
	const char *state = tree_get_text(t, "state"), *message = tree_get_text(t, "message");
	bool good = str_eq(state, "ready");

	if (b->show->json) {
		show_json(b->show, t, a);
		return good;
	}
	printf("%s is %s%s%s\n", name, state, message ? ": " : "", message ? message : "");
	show_checks(tree_get(t, "checks"));
	fflush(stdout);
	return good;
}

int batch_verify(const struct batch *b)
{
	static const char *const states[] = { "ready", "drifted", NULL };
	AUTO_ARENA a = ARENA_INIT;
	struct names names = { 0 };
	uint64_t until = clock_mono_ms() + VERIFY_MS;
	size_t good = 0;
	int code = choose(b, states, &a, &names);

	if (code)
		return code;
	for (size_t i = 0; i < names.n; i++) {
		struct error err;
		struct tree *t;

		if (client_ask(client_path("/node/%s/verify", names.v[i], &a), "", &a, &t, &err)) {
			client_fail(names.v[i], &err);
			names.v[i] = NULL;
		}
	}
	for (size_t i = 0; i < names.n; i++) {
		struct tree *t = NULL;

		if (!names.v[i])
			continue;
		await_checks(names.v[i], &a, until, &t);
		if (t && show_verdict(b, names.v[i], t, &a))
			good++;
	}
	if (!b->show->json)
		printf("%zu of %zu as declared\n", good, names.n);
	return good == names.n ? 0 : EXIT_NOT_READY;
}

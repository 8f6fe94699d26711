/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening sealed keys. */
#include "agent/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static bool have(const struct keys *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (str_eq(k->list[i].name, name))
			return true;
	return false;
}

int keys_open(const struct msg_ack *ack, const struct plan *plan, const char *sec, struct arena *a, struct keys *ret,
	      struct error *err)
{
	size_t used = 0;

	*ret = (struct keys){ .list = arena_array(a, ack->n_secrets + 1, sizeof(*ret->list)) };
	for (size_t i = 0; i < ack->n_secrets; i++)
		ret->room_len += strlen(ack->secrets[i].sealed) / 2;
	ret->room = malloc(ret->room_len + 1);
	if (!ret->room)
		abort();
	for (size_t i = 0; i < ack->n_secrets; i++) {
		struct op_secret *k = &ret->list[ret->n++];

		*k = (struct op_secret){ .name = ack->secrets[i].name, .bytes = ret->room + used };
		if (seal_open(sec, ack->secrets[i].sealed, ret->room + used, ret->room_len - used, &k->len, err))
			return error_wrap(err, "the key of crypt %s", k->name);
		used += k->len;
	}
	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct op_crypt *op = plan->ops[i].params;

		if (plan->ops[i].kind != OP_CRYPT || have(ret, op->key))
			continue;
		error_set(err, ERR_INPUT, "the admin node sent no key for crypt %s; nothing was written", op->name);
		return error_hint(err, "is this agent of the admin node's release?");
	}
	return 0;
}

void keys_wipe(struct keys *k)
{
	if (k->room)
		explicit_bzero(k->room, k->room_len);
	free(k->room);
	*k = (struct keys){ 0 };
}

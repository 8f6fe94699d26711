/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of encrypted devices on their way to the agent: what opens them, and that nothing else does. */
#include <string.h>

#include "agent/secrets.h"
#include "base/str.h"
#include "tap.h"

static struct error err;
static char pub[KEY_PUB_HEX], sec[KEY_SEC_HEX], other_pub[KEY_PUB_HEX], other_sec[KEY_SEC_HEX];

static const char *sealed(struct arena *a, const char *to, const void *data, size_t len)
{
	AUTO_STR out = STR_INIT;

	return seal_buffer(to, data, len, &out, &err) ? NULL : arena_strdup(a, str_text(&out));
}

/* HEX with the digit at AT replaced. */
static const char *changed(struct arena *a, const char *hex, size_t at)
{
	char *s = arena_strdup(a, hex);

	s[at] = s[at] == '0' ? '1' : '0';
	return s;
}

static void test_box(void)
{
	static const unsigned char bytes[] = "a\0phrase\n";
	AUTO_ARENA a = ARENA_INIT;
	const char *box = sealed(&a, pub, bytes, sizeof(bytes)), *again = sealed(&a, pub, bytes, sizeof(bytes));
	unsigned char out[64];
	size_t n = 0;

	ok(box && !seal_open(sec, box, out, sizeof(out), &n, &err) && n == sizeof(bytes) && !memcmp(out, bytes, n),
	   "what was sealed for a key is opened with it, any byte in it");
	ok(again && strcmp(box, again) != 0, "sealed again it is another box");
	ok(seal_open(other_sec, box, out, sizeof(out), &n, &err) && err.kind == ERR_DENIED, "another key opens nothing");
	for (size_t at = 0; at < strlen(box); at += 7)
		if (!seal_open(sec, changed(&a, box, at), out, sizeof(out), &n, &err)) {
			ok(false, "a box that was changed at %zu does not open", at);
			return;
		}
	ok(true, "a box that was changed anywhere does not open");
	ok(seal_open(sec, arena_strndup(&a, box, strlen(box) - 2), out, sizeof(out), &n, &err), "nor a shorter one");
	ok(seal_open(sec, "", out, sizeof(out), &n, &err) && seal_open(sec, NULL, out, sizeof(out), &n, &err), "nor none");
	ok(seal_open(sec, box, out, sizeof(bytes) - 1, &n, &err) && err.kind == ERR_DENIED, "what is larger than its room is not opened");
	box = sealed(&a, pub, "", 0);
	ok(box && !seal_open(sec, box, out, 0, &n, &err) && n == 0, "nothing can be sealed, too");
	ok(!sealed(&a, "beef", bytes, 1) && err.kind == ERR_INPUT, "for a key that is none nothing is sealed");
	ok(!sealed(&a, "0000000000000000000000000000000000000000000000000000000000000000", bytes, 1), "nor for one of small order");
}

static void test_keys(void)
{
	static struct op_crypt root = { .name = "secret", .key = "secret" }, store = { .name = "store", .key = "store" };
	struct op ops[] = { { .kind = OP_CRYPT, .params = &root }, { .kind = OP_CRYPT, .params = &store } };
	struct plan plan = { .ops = ops, .n_ops = 2 };
	AUTO_ARENA a = ARENA_INIT;
	struct sealed_secret list[] = { { "secret", sealed(&a, pub, "correct horse", 13) }, { "store", sealed(&a, pub, "\0\1", 2) } };
	struct msg_ack ack = { .accepted = true, .secrets = list, .n_secrets = 2 };
	struct keys k;

	ok(!keys_open(&ack, &plan, sec, &a, &k, &err) && k.n == 2 && k.list[0].len == 13 &&
		   !memcmp(k.list[0].bytes, "correct horse", 13) && k.list[1].len == 2 && !memcmp(k.list[1].bytes, "\0\1", 2),
	   "all keys are opened, each by its name");
	keys_wipe(&k);
	ok(!k.n && !k.room, "and are gone afterwards");
	ack.n_secrets = 1;
	ok(keys_open(&ack, &plan, sec, &a, &k, &err) && strstr(err.msg, "store") && strstr(err.msg, "nothing was written"),
	   "a key that is missing stops the plan: %s", err.msg);
	keys_wipe(&k);
	ack.n_secrets = 2;
	list[1].sealed = sealed(&a, other_pub, "\0\1", 2);
	ok(keys_open(&ack, &plan, sec, &a, &k, &err) && err.kind == ERR_DENIED && strstr(err.msg, "store") && !strstr(err.msg, "horse"),
	   "so does one that was sealed for another boot: %s", err.msg);
	keys_wipe(&k);
	plan.n_ops = 0;
	ack.n_secrets = 0;
	ok(!keys_open(&ack, &plan, sec, &a, &k, &err) && !k.n, "a plan without encrypted devices needs none");
	keys_wipe(&k);
}

int main(void)
{
	key_generate(pub, sec);
	key_generate(other_pub, other_sec);
	test_box();
	test_keys();
	return tap_end();
}

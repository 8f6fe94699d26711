/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's side of the conversation, with an admin node of a few lines: what it takes for an answer,
 * what it makes of a refusal, what it says again and how. Then a whole life in RAM, to the reboot.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/client.h"
#include "agent/clock.h"
#include "agent/run.h"
#include "base/clock.h"
#include "data/json.h"
#include "machines/tree.h"
#include "observe/machine.h"
#include "sys/sys_fake.h"
#include "tap.h"

enum { SEEN = 64 };

static struct error err;
static char pub[KEY_PUB_HEX], sec[KEY_SEC_HEX], site_pub[KEY_PUB_HEX], site_sec[KEY_SEC_HEX], other_sec[KEY_SEC_HEX];

/* The admin node: answers every request with BODY, signed as told. */
static struct admin_node {
	const char *body, *key;	    /* key: NULL = unsigned */
	const char *sign_path;	    /* signed for this path; NULL = the one that was asked */
	const char *sign_request;   /* and for this request's signature */
	const char *sign_body;	    /* and for this body */
	const char *const *refusals; /* "503 {...}" for the first requests; "" = the network fails */
	size_t n_refusals;
	size_t asked, sleeps;
	bool badly_signed; /* a request's signature did not hold */
	uint64_t seqs[SEEN], attempts[SEEN];
	char last_url[128], last_sign[SIG_HEX], agent_key[KEY_PUB_HEX]; /* agent_key: of the last hello */
	int (*answer)(const char *path, const struct tree *request, struct str *ret); /* instead of BODY; -1 = network */
} node;

static const char *header_of(const char *const *headers, const char *name)
{
	for (; *headers; headers++)
		if (str_starts(*headers, name))
			return *headers + strlen(name) + 2;
	return "";
}

static void note_request(const char *path, const char *sign, const char *body, size_t len, const struct tree **ret,
			 struct arena *a)
{
	AUTO_STR text = STR_INIT;
	const char *seq, *attempt;

	*ret = json_parse("request", body, len, a, &err);
	if (!*ret)
		tree_die("parse", err.msg);
	if (str_eq(path, PROTO_HELLO))
		snprintf(node.agent_key, sizeof(node.agent_key), "%s", tree_get_text(*ret, "key"));
	proto_request_text(path, body, &text);
	node.badly_signed |= !sign_check(node.agent_key[0] ? node.agent_key : pub, str_text(&text), text.len, sign);
	seq = tree_get_text(*ret, "seq");
	attempt = tree_get_text(*ret, "attempt");
	if (node.asked < SEEN) {
		node.seqs[node.asked] = seq ? strtoull(seq, NULL, 10) : 0;
		node.attempts[node.asked] = attempt ? strtoull(attempt, NULL, 10) : 0;
	}
	snprintf(node.last_sign, sizeof(node.last_sign), "%s", sign);
	node.asked++;
}

static int node_post(struct sys *s UNUSED, const struct sys_post *p, struct error *e)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	const char *path = strchr(p->url + strlen("http://"), '/'), *sign = header_of(p->headers, PROTO_HEADER);
	const struct tree *request;
	char sig[SIG_HEX];
	size_t i = node.asked;

	snprintf(node.last_url, sizeof(node.last_url), "%s", p->url);
	note_request(path, sign, p->body, p->len, &request, &a);
	if (i < node.n_refusals) {
		if (!node.refusals[i][0])
			return error_set(e, ERR_NET, "%s: connection refused", p->url);
		*p->ret_status = (unsigned int)strtoul(node.refusals[i], NULL, 10);
		str_add(p->ret_body, node.refusals[i] + 4);
		return 0;
	}
	*p->ret_status = 200;
	if (!node.answer)
		str_add(p->ret_body, node.body);
	else if (node.answer(path, request, p->ret_body))
		return error_set(e, ERR_NET, "%s: connection refused", p->url);
	if (!node.key)
		return 0;
	proto_answer_text(node.sign_path ? node.sign_path : path, node.sign_request ? node.sign_request : sign,
			  node.sign_body ? node.sign_body : str_text(p->ret_body), &text);
	if (!str_eq(p->want_header, PROTO_HEADER) || sign_buffer(node.key, str_text(&text), text.len, sig, e))
		tree_die("sign", "answer");
	str_add(p->ret_header, sig);
	return 0;
}

static int node_sleep(struct sys *s UNUSED, unsigned int ms UNUSED, struct error *e)
{
	/* Who waits for ever would wait in the test, too. */
	if (++node.sleeps > 1000)
		return error_set(e, ERR_INTERNAL, "still waiting");
	return 0;
}

static const struct sys_ops node_ops = { .post = node_post, .sleep_ms = node_sleep };
static struct sys node_sys = { .ops = &node_ops };

static struct client client_new(void)
{
	node = (struct admin_node){ .body = "{\"accepted\":true}", .key = site_sec };
	memset(&err, 0, sizeof(err));
	return (struct client){ .sys = &node_sys, .server = "192.0.2.1", .site_key = site_pub, .pub = pub, .sec = sec,
				.node = "node-1", .attempt = 7 };
}

static int report(struct client *c, unsigned int tries, struct msg_ack *ack)
{
	AUTO_ARENA a = ARENA_INIT;
	struct msg_report r = { .report = REPORT_PROGRESS, .op = "image:root", .percent = 5 };

	*ack = (struct msg_ack){ 0 };
	return client_report(c, &r, tries, ack, &a, &err);
}

/* --- answers */

static void test_answers(void)
{
	struct client c = client_new();
	struct msg_ack ack;
	char old[SIG_HEX];

	ok(!report(&c, 1, &ack) && ack.accepted, "an answer that the site's key signed is taken");
	is_str(node.last_url, "http://192.0.2.1/agent/report", "it was asked at its path");
	ok(!node.badly_signed, "the request was signed with the agent's key");
	memcpy(old, node.last_sign, sizeof(old));
	node.key = other_sec;
	ok(report(&c, 3, &ack) && err.kind == ERR_DENIED && !ack.accepted, "another key's answer is refused");
	ok(strstr(err.msg, "/agent/report: the answer is not signed by this site's key") && strstr(err.hint, "192.0.2.1"),
	   "with what may be wrong");
	ok(node.asked == 2, "and is not asked for again");
	node.key = NULL;
	ok(report(&c, 1, &ack) && err.kind == ERR_DENIED, "an unsigned answer is refused");
	node.key = site_sec;
	node.sign_path = PROTO_POLL;
	ok(report(&c, 1, &ack) && err.kind == ERR_DENIED, "an answer of another path is refused");
	node.sign_path = NULL;
	node.sign_request = old;
	ok(report(&c, 1, &ack) && err.kind == ERR_DENIED, "an answer to an earlier request is refused");
	node.sign_request = NULL;
	node.sign_body = "{\"accepted\":false}";
	ok(report(&c, 1, &ack) && err.kind == ERR_DENIED && !ack.accepted, "an answer with another body is refused");
	node.sign_body = NULL;
	node.body = "{\"accepted\":true";
	ok(report(&c, 1, &ack) && err.kind == ERR_INPUT, "a signed answer that is no JSON is bad input: %s", err.msg);
	node.body = "{\"accepted\":true,\"reboot\":true}";
	ok(report(&c, 1, &ack) && err.kind == ERR_INPUT, "so is one that says more than is known: %s", err.msg);
}

static void test_refusals(void)
{
	static const struct {
		const char *answer;
		enum error_kind kind;
	} cases[] = {
		{ "400 {\"error\":\"no\"}", ERR_INPUT },    { "403 {\"error\":\"no\"}", ERR_DENIED },
		{ "404 {\"error\":\"no\"}", ERR_NOT_FOUND }, { "409 {\"error\":\"no\"}", ERR_CONFLICT },
		{ "413 {\"error\":\"no\"}", ERR_INPUT },    { "500 {\"error\":\"no\"}", ERR_NET },
		{ "502 <html>", ERR_NET },		     { "503 ", ERR_NET },
	};
	static const char *const hinted[] = { "409 {\"error\":\"the plan is older\",\"hint\":\"plan again\"}" };
	struct msg_ack ack;
	struct client c;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		c = client_new();
		node.refusals = &cases[i].answer;
		node.n_refusals = 1;
		ok(report(&c, 1, &ack) && err.kind == cases[i].kind, "%.3s is \"%s\": %s", cases[i].answer,
		   error_kind_name(cases[i].kind), err.msg);
	}
	c = client_new();
	node.refusals = hinted;
	node.n_refusals = 1;
	ok(report(&c, 1, &ack), "a refusal is an error");
	is_str(err.msg, "/agent/report: the admin node answered 409: the plan is older", "in the admin node's words");
	is_str(err.hint, "plan again", "with its hint");
}

/* --- saying it again */

static void test_retries(void)
{
	static const char *const busy[] = { "", "503 {}", "500 {\"error\":\"database is locked\"}" };
	static const char *const no[] = { "409 {}" };
	AUTO_ARENA a = ARENA_INIT;
	struct client c = client_new();
	struct msg_order o = { 0 };
	struct msg_ack ack;

	node.refusals = busy;
	node.n_refusals = ARRAY_LEN(busy);
	ok(!report(&c, 10, &ack) && ack.accepted && node.asked == 4 && node.sleeps == 3,
	   "a report is said again while the network fails");
	ok(node.seqs[0] == 1 && node.seqs[1] == 1 && node.seqs[2] == 1 && node.seqs[3] == 1, "under the same number");
	ok(node.attempts[0] == 7 && node.attempts[3] == 7, "for the same attempt");
	ok(!report(&c, 10, &ack) && node.seqs[4] == 2, "the next report has the next number");
	node.body = "{\"order\":\"wait\"}";
	ok(!client_poll(&c, &o, &a, &err) && !client_poll(&c, &o, &a, &err) && node.seqs[5] != node.seqs[6],
	   "no two polls are the same request: no old order can be played back: %s", err.msg);
	node.body = "{\"accepted\":true}";
	ok(!report(&c, 1, &ack) && node.seqs[7] > node.seqs[4], "and reports go on above them");
	c = client_new();
	node.refusals = busy;
	node.n_refusals = ARRAY_LEN(busy);
	ok(report(&c, 2, &ack) && err.kind == ERR_NET && node.asked == 2 && node.sleeps == 1, "as often as was asked");
	c = client_new();
	node.refusals = no;
	node.n_refusals = 1;
	ok(report(&c, 10, &ack) && err.kind == ERR_CONFLICT && node.asked == 1, "a refusal is not tried again");
}

static void test_hello(void)
{
	static const char *const later[] = { "", "", "503 {}", "404 {}", "409 {\"error\":\"not yet\"}", "400 {}" };
	static const char *const never[] = { "", "403 {\"error\":\"not your key\"}" };
	AUTO_ARENA a = ARENA_INIT;
	struct msg_hello hello = { .boot_id = "b", .key = pub, .machine = { .machine = MACHINE_VERSION } };
	struct client c = client_new();

	c.node = NULL;
	node.body = "{\"node\":\"node-3\",\"state\":\"bound\",\"attempt\":12,\"poll_ms\":0}";
	node.refusals = later;
	node.n_refusals = ARRAY_LEN(later);
	ok(!client_hello(&c, &hello, &a, &err) && node.asked == 7 && node.sleeps == 6, "hello is said until it is heard");
	ok(str_eq(c.node, "node-3") && c.attempt == 12, "and tells who we are");
	c = client_new();
	node.refusals = never;
	node.n_refusals = ARRAY_LEN(never);
	ok(client_hello(&c, &hello, &a, &err) && err.kind == ERR_DENIED && node.asked == 2, "but not to who denies us");
	c = client_new();
	node.key = other_sec;
	ok(client_hello(&c, &hello, &a, &err) && err.kind == ERR_DENIED && node.asked == 1, "nor to a stranger");
}

/* --- a life in RAM */

static char root[64] = "/tmp/fulcrum-client-XXXXXX";

static struct life {
	const char *plan, *hash; /* what is ordered */
	size_t polls, progress, claims, applied, failed, errors_shown;
	int time_s; /* what the admin node's clock says */
	bool progress_is_lost, claim_is_refused, spent;
	size_t cable_at; /* nothing is ordered, and at this poll eth1 gets a cable; 0: never mind */
	size_t hellos, links; /* links: ports with one, in the last hello */
} life;

/* What eth1 of the machine says of its cable. */
static void set_cable(const char *carrier)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/sys/class/net/eth1/carrier", root);
	if (file_replace(path, carrier, strlen(carrier), 0644, &err))
		tree_die("write", path);
}

static void on_hello(const struct tree *request)
{
	const struct tree *nics = tree_get(tree_get(request, "machine"), "nics");

	life.hellos++;
	life.links = 0;
	for (size_t i = 0; nics && i < nics->n; i++)
		life.links += str_eq(tree_get_text(nics->items[i], "link"), "true");
}

/* Orders of an admin node that waits for a cable. */
static void order_nothing(struct str *ret)
{
	if (life.polls == life.cable_at)
		set_cable("1\n");
	/* Without news it would go on for ever. */
	str_add(ret, life.hellos > 1 || life.polls > life.cable_at + 8 ? "{\"order\":\"reboot\"}" : "{\"order\":\"wait\"}");
}

static int live(const char *path, const struct tree *request, struct str *ret)
{
	const char *kind = tree_get_text(request, "report");
	AUTO_STR plan = STR_INIT;
	AUTO_ARENA a = ARENA_INIT;

	if (str_eq(path, PROTO_HELLO)) {
		on_hello(request);
		str_addf(ret, "{\"node\":\"node-1\",\"state\":\"approved\",\"attempt\":1,\"poll_ms\":0,\"time_s\":%d}", life.time_s);
	} else if (str_eq(path, PROTO_POLL)) {
		life.polls++;
		if (life.cable_at) {
			order_nothing(ret);
			return 0;
		}
		json_write(tree_string(&a, life.plan), false, &plan);
		if (life.spent)
			str_add(ret, "{\"order\":\"reboot\"}");
		else
			str_addf(ret, "{\"order\":\"deploy\",\"plan\":%s,\"plan_hash\":\"%s\"}", str_text(&plan), life.hash);
		life.spent = true;
	} else if (str_eq(kind, "progress")) {
		life.progress++;
		if (life.progress_is_lost)
			return -1;
		str_add(ret, "{\"accepted\":true}");
	} else {
		life.claims += str_eq(kind, "claim");
		life.applied += str_eq(kind, "applied");
		life.failed += str_eq(kind, "failed");
		str_addf(ret, "{\"accepted\":%s}", life.claim_is_refused && str_eq(kind, "claim") ? "false" : "true");
	}
	return 0;
}

static void no_step(void *ctx UNUSED, const struct progress *p UNUSED)
{
}

static void no_stage(void *ctx UNUSED, const char *stage UNUSED, const char *text UNUSED)
{
}

static void show(void *ctx UNUSED, const struct error *cause UNUSED)
{
	life.errors_shown++;
}

/* A plan of eight steps that a dry back end carries out at once. */
static void make_plan(struct sys *s, struct str *json, char hash[HASH_HEX])
{
	AUTO_ARENA a = ARENA_INIT;
	static struct op_clear clear = { .disk = "system" };
	char state[HASH_HEX];
	struct machine *m = NULL;
	struct plan_disk d = { .role = "system", .consent = "blank" };
	struct op ops[8] = { 0 };
	struct plan p = { .plan = PLAN_VERSION, .kind = "node", .subject = "node-1", .machine = "a test", .goal = "g", .seed = "s",
			  .disks = &d, .n_disks = 1, .ops = ops, .n_ops = ARRAY_LEN(ops) };

	if (observe_machine(s, root, &a, &m, &err) || !m->n_disks)
		tree_die("observe", err.msg);
	disk_state(&m->disks[0], state);
	d.name = m->disks[0].name;
	d.path = m->disks[0].path;
	d.serial = m->disks[0].serial;
	d.wwn = m->disks[0].wwn;
	d.topology = m->disks[0].topology;
	d.size_bytes = m->disks[0].size_bytes;
	d.sector_bytes = m->disks[0].sector_bytes;
	d.state = state;
	d.why = "it is there";
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		ops[i] = (struct op){ .kind = OP_CLEAR, .id = arena_printf(&a, "clear:%zu", i), .text = "wipe", .weight = 1000,
				      .params = &clear };
	plan_json(&p, json);
	plan_hash(&p, hash);
}

/* --- its clock */

static void is_followed(int64_t told, int64_t epoch, const char *want, const char *effects, const char *name)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR said = STR_INIT;
	struct sys *dry = sys_dry_new(&said);
	const char *got = clock_follow(dry, told, epoch, &a);

	ok(want ? got && strstr(got, want) : !got, "%s: %s", name, got ? got : "silence");
	is_str(str_text(&said), effects, "and that is what it does");
	sys_free(dry);
}

static void test_clock(void)
{
	AUTO_ARENA a = ARENA_INIT;
	int64_t now = clock_real_s(), year = 31556952;
	const char *back = arena_printf(&a, "exec date -u -s @%lld\nexec hwclock --systohc --utc\n", (long long)(now - year));
	const char *on = arena_printf(&a, "exec date -u -s @%lld\nexec hwclock --systohc --utc\n", (long long)(now + 25 * year));

	is_followed(now + 25 * year, now - year, "set to the admin node's", on, "a clock that is 25 years slow is set");
	is_followed(now - year, now - 2 * year, "set to the admin node's", back, "one that is fast is set back");
	is_followed(now - year, now - year / 2, "not followed", "", "but not to before this system was built");
	is_followed(now + 20, now - year, NULL, "", "seconds are nobody's business");
	is_followed(0, now - year, NULL, "", "an admin node that does not say is not followed");
}

static const char *fails_at;
static int failing_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e)
{
	return str_eq(x->argv[0], fails_at) ? error_set(e, ERR_IO, "%s: exit 1", fails_at) : 0;
}

static void test_clock_fails(void)
{
	static const struct sys_ops ops = { .exec = failing_exec };
	struct sys s = { .ops = &ops };
	AUTO_ARENA a = ARENA_INIT;

	fails_at = "date";
	ok(strstr(clock_follow(&s, 1, 0, &a), "cannot be set: date: exit 1"), "a clock that cannot be set is told");
	fails_at = "hwclock";
	ok(strstr(clock_follow(&s, 1, 0, &a), "but not in the hardware: hwclock: exit 1"), "and one whose battery is gone");
}

static int run_life(struct sys *s, const char *plan, const char *hash, struct life how)
{
	static const struct engine_sink console = { .step = no_step, .stage = no_stage };
	const struct ram_agent ra = { .root = root, .release_key = pub, .target = "/target", .console = &console,
				      .show_error = show };
	struct client c = client_new();

	c.sys = s;
	node.answer = live;
	life = how;
	life.plan = plan;
	life.hash = hash;
	return agent_run_ram(&c, &ra, &err);
}

/* A port that has no link when the machine is looked at, and gets one while it waits. */
static void test_cable(struct sys *s, const struct str *said)
{

	set_cable("0\n");
	ok(!run_life(s, "", "", (struct life){ .cable_at = 3 }), "an agent waits for orders: %s", err.msg);
	ok(strstr(str_text(said), "exec sysctl -q -e -w net/ipv6/conf/eth1/disable_ipv6=1\nexec ip link set dev eth1 arp off up\n"),
	   "a port without a link is raised, without addresses");
	ok(!strstr(str_text(said), "eth0"), "and one that has a link is left alone");
	ok(life.hellos == 2 && life.links == 2, "a cable that comes later is told in another hello (%zu, %zu)", life.hellos, life.links);
	ok(!node.badly_signed && strcmp(node.agent_key, pub) != 0, "which is signed by a key of its own, as is all that follows");
	ok(!run_life(s, "", "", (struct life){ .cable_at = 3 }) && life.hellos == 1 && !strcmp(node.agent_key, pub),
	   "without news nothing is said twice");
}

static void test_life(void)
{
	AUTO_STR said = STR_INIT;
	AUTO_STR plan = STR_INIT;
	AUTO_STR tree = STR_INIT;
	struct sys *dry = sys_dry_new(&said), *s = sys_fake_new(dry);
	char hash[HASH_HEX];

	sys_fake_override(s, &node_ops);
	if (!mkdtemp(root) || file_read("tests/machines/qemu-many.tree", 1 << 20, &tree, &err))
		tree_die("make", root);
	tree_make(root, tree.s);
	make_plan(s, &plan, hash);
	ok(!run_life(s, str_text(&plan), hash, (struct life){ 0 }) && life.claims == 1 && life.applied == 1 && !life.failed,
	   "a deployment is claimed, applied and told: %s", err.msg);
	ok(strstr(str_text(&said), "wipe /dev/") && str_ends(str_text(&said), "reboot\n") && life.polls == 1,
	   "and then the machine reboots");
	ok(!node.badly_signed, "every word was signed");
	ok(!run_life(s, str_text(&plan), hash, (struct life){ .progress_is_lost = true }) && life.applied == 1,
	   "lost progress is no reason to fail");
	ok(life.progress == 1, "nor to ask at every step for a network that does not answer (%zu)", life.progress);
	str_clear(&said);
	ok(!run_life(s, str_text(&plan), hash, (struct life){ .time_s = 2145916800 }) && life.applied == 1 &&
		   strstr(str_text(&said), "exec date -u -s @2145916800\n") < strstr(str_text(&said), "wipe /dev/") &&
		   strstr(str_text(&said), "exec date"), "its clock is set to the admin node's before anything is written");
	str_clear(&said);
	ok(!run_life(s, str_text(&plan), hash, (struct life){ .claim_is_refused = true }) && !life.applied && life.polls == 2 &&
		   !strstr(str_text(&said), "wipe"), "without an accepted claim nothing is written");
	str_clear(&said);
	ok(!run_life(s, str_text(&plan), pub, (struct life){ 0 }) && !life.claims && life.failed == 1 &&
		   !strstr(str_text(&said), "wipe"), "nor a plan of another hash");
	str_clear(&said);
	str_add(&plan, " ");
	plan.s[plan.len - 2] = ',';
	ok(!run_life(s, str_text(&plan), hash, (struct life){ 0 }) && !life.claims && life.failed == 1, "nor half a plan");
	str_clear(&said);
	test_cable(s, &said);
	sys_free(s);
	sys_free(dry);
	tree_remove(root);
}

int main(void)
{
	char unused[KEY_PUB_HEX];

	key_generate(pub, sec);
	key_generate(site_pub, site_sec);
	key_generate(unused, other_sec);
	test_answers();
	test_refusals();
	test_retries();
	test_hello();
	test_clock();
	test_clock_fails();
	test_life();
	return tap_end();
}

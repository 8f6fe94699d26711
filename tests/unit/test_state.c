/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One admin node's state on another machine: what is refused before anything changes, databases of other schemas, ports that differ, files
 * that lie about themselves; and that the power may fail at every effect.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/netrun.h"
#include "admin/state.h"
#include "base/fd.h"
#include "sys/sys_fake.h"
#include "tap.h"

static char root[] = "/tmp/test_state.XXXXXX";
static const char pass[] = "five words at random are good";
static const struct sealed_cost cheap = { .memory = 8192, .passes = 1 };
static struct error err;
static struct arena arena;
static struct sys *real;

static const char *at(const char *rel)
{
	return arena_printf(&arena, "%s%s", root, rel);
}

static void put(const char *rel, const char *text)
{
	char *dir = arena_strdup(&arena, at(rel));

	*strrchr(dir, '/') = '\0';
	if (make_dirs(dir, 0755, &err) || file_replace(at(rel), text, strlen(text), 0600, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
}

static const char *text_of(const char *rel)
{
	AUTO_STR text = STR_INIT;
	struct error ignored;

	return file_read(at(rel), 1 << 20, &text, &ignored) ? "" : arena_strdup(&arena, str_text(&text));
}

static bool is_there(const char *rel)
{
	return access(at(rel), F_OK) == 0;
}

static void gone(const char *rel)
{
	if (real->ops->remove(real, at(rel), &err))
		printf("# %s\n", err.msg);
}

/* --- two machines */

static const char head[] = "fulcrum: 1\nsite: %s\nadmin:\n  name: admin.lab.example\n  disk: { bus: nvme }\n  access: { ssh_keys: [ \"ssh-ed25519 "
			   "AAAAC3NzaC1lZDI1NTE5AAAAID1idgiaeJPvr6Nl/Twxy+gVcVF8aSWxhkJFHU8jh58L ops@lab\" ] }\n"
			   "networks:\n  admin: { subnet: 10.0.0.0/24, address: %s, hosts: .20-.30, discovery: .40-.50, nic: { %s } }\n";
static const char by_link[] = "link: up";
static const char by_mac[] = "mac: \"52:54:00:00:00:01\"";

static const char *site_text(const char *site, const char *address, const char *nic)
{
	AUTO_STR text = STR_INIT;

	/* Only the literal above is a format here. */
	str_addf(&text, head, site, address, nic);
	return arena_strdup(&arena, str_text(&text));
}

static void nic(const char *mac)
{
	put("/sys/class/net/eth0/address", mac);
	put("/sys/class/net/eth0/type", "1\n");
	put("/sys/class/net/eth0/addr_assign_type", "0\n");
	put("/sys/class/net/eth0/carrier", "1\n");
	put("/sys/class/net/eth0/device/uevent", "");
}

static struct state_env env_of(struct sys *s)
{
	return (struct state_env){ .sys = s, .root = root,
				   .paths = { .data = at("/d/fulcrum"), .run = at("/run"), .seed = at("/seed/current"), .release_key = at("/release.pub") } };
}

static void add_node(const char *db, const char *label)
{
	struct store *st;

	if (store_open(db, &st, &err) ||
	    store_run(st, "INSERT INTO node (label, state, since, heard, life, machine) VALUES (?, 'ready', 1, 1, 'disk', '{}')", &err, "s", label))
		printf("# %s\n", err.msg);
	store_close(st);
}

/* What lies on the data file system of the machine that is gone, as an export has it. */
static void old_machine(const char *nic_words)
{
	gone("/old");
	put("/old/site.yaml", site_text("lab", "10.0.0.1", nic_words));
	put("/old/site.key", "key-of-the-site\n");
	put("/old/disk.key", "key-of-a-disk\n");
	put("/old/records/m-1/000001-kernel", "what a boot said\n");
	put("/old/host_key", "ssh\n");
	add_node(at("/old/fulcrum.db"), "m-1");
	add_node(at("/old/fulcrum.db"), "m-2");
}

static void new_machine(void)
{
	gone("/d");
	put("/d/fulcrum/site.yaml", site_text("fresh", "10.0.0.9", by_link));
	put("/d/fulcrum/site.key", "key-of-a-fresh-one\n");
	put("/d/fulcrum/admin.json", "{\"slot_uuid\":\"here\"}\n");
	put("/d/dropbear/dropbear_ed25519_host_key", "fresh\n");
	nic("52:54:00:00:00:02\n");
}

struct lie {
	const char *path, *text; /* a file more */
	uint64_t schema, reader;
	bool digest; /* of the first file is not its own */
};

/* Seals the old machine into file REL, as LIE says. */
static int seal(const char *rel, const struct lie *lie)
{
	static const char *const files[][2] = { { "fulcrum/fulcrum.db", "/old/fulcrum.db" }, { "fulcrum/site.yaml", "/old/site.yaml" },
						{ "fulcrum/site.key", "/old/site.key" }, { "fulcrum/disk.key", "/old/disk.key" },
						{ "fulcrum/records/m-1/000001-kernel", "/old/records/m-1/000001-kernel" },
						{ "dropbear/dropbear_ed25519_host_key", "/old/host_key" }, { NULL, "/old/more" } };
	struct state_manifest m = { .fulcrum_state = STATE_FILE_VERSION, .site = "lab", .name = "admin.lab.example", .address = "10.0.0.1",
				    .release = "old-1", .written = "2026-01-01T00:00:00Z", .schema = lie->schema, .reader = lie->reader };
	AUTO_FD out = open(at(rel), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct sealed *s;

	put("/old/more", lie->text ? lie->text : "");
	if (out < 0 || sealed_create(out, pass, &cheap, &s, &err))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(files) - !lie->path; i++) {
		AUTO_FD fd = open(at(files[i][1]), O_RDONLY | O_CLOEXEC);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) || state_put(s, files[i][0] ? files[i][0] : lie->path, fd, (uint64_t)st.st_size, &m, &arena, &err))
			printf("# %s: %s\n", files[i][1], err.msg);
	}
	if (lie->digest)
		m.files[0].digest = m.files[1].digest;
	if (state_put_end(s, &m, &err))
		printf("# %s\n", err.msg);
	sealed_free(s);
	return 0;
}

static const struct lie honest = { .schema = STORE_SCHEMA, .reader = STORE_READER };

/* The plan's text, "" with ERR set if it is refused. */
static const char *look(const struct state_env *e, const char *rel, uint64_t own, bool replace, const char *site_file)
{
	AUTO_FD fd = open(at(rel), O_RDONLY | O_CLOEXEC);
	struct state_view v;
	const char *text = "";

	memset(&err, 0, sizeof(err));
	if (!state_import_look(e, fd, "x.state", pass, own, replace, site_file, &v, &err))
		text = arena_strdup(&arena, str_text(&v.plan));
	str_release(&v.plan);
	return text;
}

static bool settle(const struct state_env *e)
{
	AUTO_STR warnings = STR_INIT;

	state_settle(e, &warnings);
	return warnings.len == 0;
}

/* 'n': the new machine as it was, 'o': the old one's state is there, whole; '?': neither. */
static char whose(void)
{
	bool old = str_eq(text_of("/d/fulcrum/site.key"), "key-of-the-site\n"), fresh = str_eq(text_of("/d/fulcrum/site.key"), "key-of-a-fresh-one\n");

	if (fresh && str_eq(text_of("/d/dropbear/dropbear_ed25519_host_key"), "fresh\n"))
		return 'n';
	if (old && str_eq(text_of("/d/dropbear/dropbear_ed25519_host_key"), "ssh\n") && str_eq(text_of("/d/fulcrum/disk.key"), "key-of-a-disk\n") &&
	    strstr(text_of("/d/fulcrum/admin.json"), "here") && strstr(text_of("/d/fulcrum/admin.json"), "52:54:00:00:00:02") &&
	    is_there("/d/fulcrum/records/m-1/000001-kernel") && is_there("/d/fulcrum/fulcrum.db") && !is_there("/d/fulcrum/dropbear"))
		return 'o';
	return '?';
}

static bool clean(void)
{
	return !is_there("/d/fulcrum.new") && !is_there("/d/fulcrum.next") && !is_there("/d/fulcrum.drop");
}

/* --- */

static void taken_over(const struct state_env *e)
{
	struct state_manifest m;
	const char *plan;
	int64_t n = 0;
	struct store *st;
	AUTO_FD fd = -1;

	old_machine(by_link);
	new_machine();
	ok(!seal("/good", &honest), "sealed");
	fd = open(at("/good"), O_RDONLY | O_CLOEXEC);
	ok(!state_check(fd, "good", pass, &m, &arena, &err) && m.n_files == 6 && str_eq(m.site, "lab"), "it is good: %s", err.msg);
	plan = look(e, "/good", 0, false, NULL);
	ok(strstr(plan, "nodes     2: 2 ready\n") && strstr(plan, "address   10.0.0.9 here -> 10.0.0.1, where its nodes look for it\n") &&
		   strstr(plan, "52:54:00:00:00:02") && whose() == 'n',
	   "the plan says what comes, and nothing has changed: %s", err.msg);
	ok(settle(e) && whose() == 'n' && clean(), "a start before it was confirmed knows nothing of it");
	ok(look(e, "/good", 0, false, NULL)[0] && !state_commit(e, &err) && whose() == 'n', "confirmed, this machine is what it was until it starts");
	ok(settle(e) && whose() == 'o' && clean(), "then it is the other one");
	ok(str_eq(text_of("/d/fulcrum.former/site.key"), "key-of-a-fresh-one\n"), "what was there before is kept");
	ok(!store_open(at("/d/fulcrum/fulcrum.db"), &st, &err) && !store_number(st, "SELECT count(*) FROM node", &n, &err, "") && n == 2, "its nodes are there");
	store_close(st);
	ok(settle(e) && whose() == 'o' && str_eq(text_of("/d/fulcrum.former/site.key"), "key-of-a-fresh-one\n"), "the next start changes nothing");
}

static void refused(const struct state_env *e)
{
	struct lie lie = honest;

	old_machine(by_link);
	new_machine();
	seal("/good", &honest);
	ok(!look(e, "/good", 3, false, NULL)[0] && err.kind == ERR_REFUSED && err.hint[0], "a machine with nodes: %s", err.msg);
	ok(strstr(look(e, "/good", 3, true, NULL), "with 3 nodes;"), "unless it is told to");
	lie.schema = STORE_SCHEMA + 1;
	lie.reader = STORE_SCHEMA + 1;
	seal("/newer", &lie);
	ok(!look(e, "/newer", 0, false, NULL)[0] && err.kind == ERR_CONFLICT && strstr(err.hint, "old-1"), "a newer schema: %s", err.msg);
	lie = honest;
	lie.digest = true;
	seal("/lies", &lie);
	ok(!look(e, "/lies", 0, false, NULL)[0] && err.kind == ERR_MEDIUM, "a digest that is another file's: %s", err.msg);
	ok(whose() == 'n' && settle(e) && clean(), "nothing has changed, nothing is left");
}

/* The old machine's database as a release of schema 5 left it: what came since is taken out, the latest first. */
static void make_schema_5(void)
{
	static const char *const undo[] = {
		"DROP TABLE hwtest", "ALTER TABLE node DROP COLUMN hwtest", "ALTER TABLE node DROP COLUMN back", /* 8 */
		"DROP TABLE wipe", "ALTER TABLE node DROP COLUMN wipe", /* 7 */
		"DROP TABLE meta",					/* 6 */
		"PRAGMA user_version = 5",
	};
	struct store *st;
	int rc = store_open(at("/old/fulcrum.db"), &st, &err);

	for (size_t i = 0; i < ARRAY_LEN(undo) && !rc; i++)
		rc = store_run(st, undo[i], &err, "");
	if (rc)
		printf("# %s\n", err.msg);
	store_close(st);
}

static void earlier_schema(const struct state_env *e)
{
	const struct lie lie = { .schema = 5, .reader = 5 };
	int64_t schema = 0, reader;

	old_machine(by_link);
	new_machine();
	make_schema_5();
	seal("/older", &lie);
	ok(strstr(look(e, "/older", 0, false, NULL), "database  schema 5 -> "), "an earlier schema: %s", err.msg);
	ok(!state_commit(e, &err) && settle(e) && whose() == 'o' && !store_look(at("/d/fulcrum/fulcrum.db"), &schema, &reader, &err) &&
		   schema == STORE_SCHEMA,
	   "was brought to this release's before it took the place of anything");
}

/* Whoever knows the passphrase could seal anything. */
static void paths(const struct state_env *e)
{
	static const char *const bad[] = { "../x", "fulcrum/../../x", "/etc/passwd", "fulcrum//x", "fulcrum/./x", "fulcrum/", "seed/x", "fulcrum/a\nb", "x", "fulcrum/reset" };
	struct lie lie = honest;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		lie.path = bad[i];
		lie.text = "y";
		seal("/bad", &lie);
		ok(!look(e, "/bad", 0, false, NULL)[0] && err.kind == ERR_INPUT && !is_there("/d/x") && !is_there("/x") && clean(), "path %zu: %s", i, err.msg);
	}
}

static void other_ports(const struct state_env *e)
{
	const char *plan;

	old_machine(by_mac);
	new_machine();
	seal("/port", &honest);
	ok(!look(e, "/port", 0, false, NULL)[0] && strstr(err.hint, "--site FILE"), "a port that is not here: %s", err.hint);
	put("/other.yaml", site_text("lab", "10.0.0.7", by_link));
	plan = look(e, "/port", 0, false, at("/other.yaml"));
	ok(strstr(plan, "10.0.0.9 here -> 10.0.0.7\n") && strstr(plan, "its nodes know it as 10.0.0.1"), "a site file for this machine's");
	ok(!state_commit(e, &err) && settle(e) && strstr(text_of("/d/fulcrum/site.yaml"), "10.0.0.7"), "it is the one that holds");
	new_machine();
	put("/other.yaml", site_text("elsewhere", "10.0.0.7", by_link));
	ok(!look(e, "/port", 0, false, at("/other.yaml"))[0] && err.kind == ERR_INPUT && strstr(err.msg, "`site`"), "one of another site: %s", err.msg);
	put("/other.yaml", "fulcrum: 2\n");
	ok(!look(e, "/port", 0, false, at("/other.yaml"))[0] && err.kind == ERR_INPUT, "one that is none");
}

/* --- factory reset */

/* A machine that is in use for years; its site file names a key file. */
static void used_machine(void)
{
	gone("/d");
	put("/d/fulcrum/site.yaml", arena_printf(&arena, "%sprofiles:\n  server:\n    image: debian-13\n    disks: { system: { size: \">= 2G\" } }\n    layout: [ { esp: 256M }, "
							"{ boot: 512M }, { crypt: { name: secret, size: 2G, passphrase: \"a phrase of a disk\" } }, { root: { on: secret } }, { crypt: { name: store, "
							"size: rest, key_file: disk.key } }, { data: { name: files, on: store, mount: /store } } ]\n",
						 site_text("lab", "10.0.0.1", by_link)));
	put("/d/fulcrum/disk.key", "key-of-a-disk\n");
	put("/d/fulcrum/site.key", "key-of-the-site\n");
	put("/d/fulcrum/admin.json", "{\"slot_uuid\":\"here\"}\n");
	put("/d/fulcrum/records/m-1/000001-kernel", "what a boot said\n");
	put("/d/fulcrum.former/site.key", "from before\n");
	put("/d/dropbear/dropbear_ed25519_host_key", "ssh\n");
	put("/d/log/fulcrumd/current", "said\n");
	add_node(at("/d/fulcrum/fulcrum.db"), "m-1");
}

static bool used(void)
{
	return is_there("/d/fulcrum/fulcrum.db") && str_eq(text_of("/d/fulcrum/site.key"), "key-of-the-site\n") && is_there("/d/fulcrum/records/m-1/000001-kernel") &&
	       is_there("/d/log/fulcrumd/current") && is_there("/d/dropbear/dropbear_ed25519_host_key") && is_there("/d/fulcrum.former/site.key");
}

static bool reset_done(bool keep)
{
	bool anew = !is_there("/d/fulcrum/fulcrum.db") && !is_there("/d/fulcrum/site.key") && !is_there("/d/fulcrum/records") && !is_there("/d/fulcrum/reset") &&
		    !is_there("/d/dropbear");
	bool stays = is_there("/d/fulcrum/site.yaml") && str_eq(text_of("/d/fulcrum/disk.key"), "key-of-a-disk\n") && is_there("/d/fulcrum/admin.json");

	if (!keep)
		return anew && stays && clean() && !is_there("/d/fulcrum.former") && !is_there("/d/log");
	return anew && stays && clean() && str_eq(text_of("/d/fulcrum.former/site.key"), "key-of-the-site\n") && is_there("/d/log/fulcrumd/current") &&
	       str_eq(text_of("/d/fulcrum.former/dropbear/dropbear_ed25519_host_key"), "ssh\n") && is_there("/d/fulcrum.former/fulcrum.db");
}

static bool reset_look(const struct state_env *e, bool keep, const char *want)
{
	struct state_view v;
	const char *site;
	bool good = !state_reset_look(e, 1, keep, &v, &site, &arena, &err) && strstr(str_text(&v.plan), want) && str_eq(site, "lab");

	str_release(&v.plan);
	return good;
}

static void reset(const struct state_env *e, bool keep)
{
	used_machine();
	ok(reset_look(e, keep, keep ? "is kept" : "is dropped") && used() && settle(e) && used() && clean(), "a reset that was not confirmed does nothing");
	ok(reset_look(e, keep, "1 node with") && !state_commit(e, &err) && used(), "nor does one that was, until the start");
	ok(settle(e) && reset_done(keep), "then the site is as it was declared, and its data is %s", keep ? "kept" : "gone");
	ok(settle(e) && reset_done(keep), "the next start changes nothing");
}

static void reset_once(const struct state_env *e, bool keep)
{
	if (reset_look(e, keep, "reset") && !state_commit(e, &err))
		(void)settle(e);
}

static void reset_at_every_effect(bool keep)
{
	size_t lost = 0, was_used = 0, was_reset = 0;
	uint64_t n;

	for (n = 1; n < 500; n++) {
		struct sys *cut = sys_fake_new(real);
		struct state_env e = env_of(cut), again = env_of(real);
		bool past;

		used_machine();
		sys_fake_fail_at(cut, n, SYS_FAKE_CUT);
		reset_once(&e, keep);
		past = sys_fake_calls(cut) < n;
		sys_free(cut);
		if (!settle(&again) || (used() && clean() ? !++was_used : reset_done(keep) ? !++was_reset : true))
			printf("# cut at effect %llu: neither, %zu lost\n", (unsigned long long)n, ++lost);
		if (past)
			break;
	}
	ok(n > 15 && n < 500 && !lost && was_used > 5 && was_reset > 5, "reset: the power may fail at each of %llu effects: %zu times as it was, %zu times done",
	   (unsigned long long)n - 1, was_used, was_reset);
}

/* --- power cuts */

static void import_once(const struct state_env *e)
{
	if (look(e, "/good", 0, false, NULL)[0] && !state_commit(e, &err))
		(void)settle(e);
}

static void every_effect(void)
{
	size_t lost = 0, was_new = 0, was_old = 0;
	uint64_t n;

	old_machine(by_link);
	seal("/good", &honest);
	for (n = 1; n < 500; n++) {
		struct sys *cut = sys_fake_new(real);
		struct state_env e = env_of(cut), again = env_of(real);
		bool past;
		char is;

		new_machine();
		sys_fake_fail_at(cut, n, SYS_FAKE_CUT);
		import_once(&e);
		past = sys_fake_calls(cut) < n;
		sys_free(cut);
		/* Switched on again. */
		if (!settle(&again) || !clean())
			printf("# cut at effect %llu: not settled, %zu lost\n", (unsigned long long)n, ++lost);
		is = whose();
		was_new += is == 'n';
		was_old += is == 'o';
		if (is == '?')
			printf("# cut at effect %llu: neither, %zu lost\n", (unsigned long long)n, ++lost);
		/* And said again it is done, whatever the first one left. */
		import_once(&again);
		if (whose() != 'o' || !clean())
			printf("# cut at effect %llu: not done the second time, %zu lost\n", (unsigned long long)n, ++lost);
		if (past)
			break;
	}
	ok(n > 20 && n < 500 && !lost && was_new > 10 && was_old > 3, "the power may fail at each of %llu effects: %zu times the old state, %zu times the new",
	   (unsigned long long)n - 1, was_new, was_old);
}

int main(void)
{
	struct state_env e;

	if (!mkdtemp(root))
		return 1;
	real = sys_real_new();
	e = env_of(real);
	put("/seed/current/release.json", "{\"build_id\":\"new-1\"}");
	taken_over(&e);
	refused(&e);
	earlier_schema(&e);
	paths(&e);
	other_ports(&e);
	reset(&e, true);
	reset(&e, false);
	every_effect();
	reset_at_every_effect(true);
	reset_at_every_effect(false);
	if (real->ops->remove(real, root, &err))
		printf("# %s\n", err.msg);
	sys_free(real);
	arena_release(&arena);
	return tap_end();
}

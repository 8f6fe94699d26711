/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guide on recorded machines: from the first page to a plan, what stops it, what is asked again, and that its site
 * file makes the same plan. Linked without sys/ and observe/.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "guide/guide.h"
#include "plan/planner.h"
#include "tap.h"

static const char key[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEjNaAjzxlfpybxQ8QgIMxcYeS1DRVOZKqXxV8xR1v9C ops@lab";
static struct catalog_image image = { "debian-13", "20261122T0000Z", "ext4",
				      "1111111111111111111111111111111111111111111111111111111111111111",
				      433061888, 167952676, 1048576 };
static const struct catalog catalog = { .build_id = "20261122-test", .version = "1",
					.seed_hash = "2222222222222222222222222222222222222222222222222222222222222222",
					.seed_bytes = 450000000, .seed_files = 321, .images = &image, .n_images = 1 };

struct world {
	struct arena a;
	struct guide g;
	const struct guide_page *page;
};

static struct machine *machine(const char *name, struct arena *a)
{
	const char *path = arena_printf(a, "tests/machines/%s.json", name);
	struct machine *m = ARENA_NEW(a, struct machine);
	AUTO_STR text = STR_INIT;
	struct error err;

	if (file_read(path, 1 << 24, &text, &err) || field_from_json(&machine_schema, path, str_text(&text), text.len, m, a, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	return m;
}

static void begin(struct world *w, const char *name)
{
	*w = (struct world){ .a = ARENA_INIT };
	w->g = (struct guide){ .machine = machine(name, &w->a), .catalog = &catalog, .seed = "aa", .reason = "no site file", .installs = true };
	guide_begin(&w->g, &w->a);
	w->page = guide_page(&w->g);
}

/* Answers the page as it is proposed, but for field AT, which gets VALUE (NULL: none does). */
static enum guide_do answer_with(struct world *w, enum guide_do what, size_t at, const char *value)
{
	const char *values[8] = { NULL };
	struct guide_answer a = { .what = what, .item = w->page->item, .values = values };
	enum guide_do does;

	for (size_t i = 0; i < w->page->n_fields; i++)
		values[i] = value && i == at ? value : w->page->fields[i].value;
	does = guide_take(&w->g, &a);
	w->page = guide_page(&w->g);
	return does;
}

static enum guide_do choose(struct world *w, size_t item)
{
	struct guide_answer a = { .what = DO_NEXT, .item = item };
	enum guide_do does = guide_take(&w->g, &a);

	w->page = guide_page(&w->g);
	return does;
}

static enum guide_do next(struct world *w)
{
	return answer_with(w, DO_NEXT, 0, NULL);
}

static bool at(const struct world *w, const char *id)
{
	return !strcmp(w->page->id, id);
}

static bool says(const struct world *w, const char *text)
{
	return w->page->problem && strstr(w->page->problem, text);
}

/* To page ID, with a key and the consent that the machine needs. At most 20 pages: it may never come. */
static void go_to(struct world *w, const char *id)
{
	for (int i = 0; i < 20 && !at(w, id); i++) {
		if (at(w, "keys") && !w->g.said.n_keys)
			answer_with(w, DO_ADD, 0, key);
		else if (at(w, "consent"))
			answer_with(w, DO_NEXT, 0, plan_consent_name(w->g.machine, w->g.said.disk));
		else
			next(w);
	}
}

static void test_whole(void)
{
	struct world w;
	struct findings f;
	struct plan_request r;
	struct plan *again;
	char shown[HASH_HEX], hash[HASH_HEX];
	struct error err;

	begin(&w, "one-nvme");
	ok(at(&w, "welcome") && strstr(w.page->body, "S5GX") == NULL && strstr(w.page->body, "eth0"), "the first page says what was found");
	go_to(&w, "review");
	ok(at(&w, "review") && w.g.plan && w.g.plan->n_ops, "a blank machine comes to a plan, page by page");
	ok(w.page->careful, "which Enter alone does not carry out");
	plan_hash(w.g.plan, shown);
	ok(strstr(w.page->intro, arena_printf(&w.a, "plan %.*s.", PLAN_SHORT, shown)) != NULL, "its hash is told");
	f = (struct findings){ .arena = &w.a };
	r = (struct plan_request){ .site = site_parse("site.yaml", w.g.site_text, strlen(w.g.site_text), &w.a, &f),
				   .machine = machine("one-nvme", &w.a), .catalog = &catalog, .site_text = w.g.site_text, .seed = "aa" };
	ok(!f.n, "the site file is good: %s", w.g.site_text);
	ok(!plan_admin(&r, &w.a, &again, &err), "and is planned without the guide");
	plan_hash(again, hash);
	is_str(hash, shown, "to the same plan");
	ok(r.site->n_profiles == 1 && r.site->policy.approve == APPROVE_HOLD, "nodes get an image, and wait for a person");
	ok(next(&w) == DO_INSTALL, "only then it is to be installed");
	arena_release(&w.a);
}

static void test_consent(void)
{
	struct world w;
	struct machine *changed;

	begin(&w, "dirty-nvme");
	go_to(&w, "consent");
	ok(strstr(w.page->body, "old-root"), "what will be lost is told");
	answer_with(&w, DO_NEXT, 0, "");
	ok(at(&w, "consent") && w.page->problem, "nothing typed is no consent");
	answer_with(&w, DO_NEXT, 0, "S5GXNF0R12345");
	ok(at(&w, "consent") && says(&w, "is not S5GXNF0R123456"), "nor is half of the serial");
	ok(!strstr(guide_site_text(&w.g), "wipe: [ S"), "and the site file has none");
	go_to(&w, "review");
	ok(w.g.plan && strstr(w.g.site_text, "wipe: [ S5GXNF0R123456 ]"), "with it there is a plan, and the site file consents");
	changed = machine("dirty-nvme", &w.a);
	changed->disks[0].partitions[0].signatures[0].label = "NEW";
	guide_look(&w.g, changed);
	w.page = guide_page(&w.g);
	ok(at(&w, "map") && says(&w, "is not what it was"), "a disk that changed since is shown again");
	ok(!strstr(guide_site_text(&w.g), "wipe: [ S"), "and its content asked for again");
	guide_look(&w.g, machine("two-nics", &w.a));
	w.page = guide_page(&w.g);
	ok(at(&w, "map") || at(&w, "disk"), "another machine is looked at anew");
	arena_release(&w.a);
	begin(&w, "dirty-nvme");
	go_to(&w, "review");
	guide_look(&w.g, machine("no-disk", &w.a));
	w.page = guide_page(&w.g);
	ok(at(&w, "disk") && says(&w, "not there any more"), "a disk that is gone leads back to the disks");
	arena_release(&w.a);
}

/* Whichever disk is chosen, the site file takes that one, and on no other condition than what names it. */
static void each_disk(const char *name)
{
	size_t n = 1;

	for (size_t i = 0; i < n; i++) {
		struct world w;

		begin(&w, name);
		go_to(&w, "disk");
		n = w.page->n_items;
		if (!w.page->items[i].off) {
			const char *chosen = w.g.machine->disks[i].name;

			choose(&w, i);
			go_to(&w, "review");
			ok(w.g.plan && str_eq(w.g.plan->disks[0].name, chosen), "%s: %s is named, and no other: %s", name, chosen,
			   w.g.plan ? w.g.plan->disks[0].name : w.page->problem ? w.page->problem : w.page->body);
		}
		arena_release(&w.a);
	}
}

static void test_disks(void)
{
	struct world w;

	begin(&w, "only-stick");
	ok(w.page->items[0].off && w.page->item == 1, "without a disk to install on there is no way on");
	choose(&w, 0);
	ok(at(&w, "welcome") && says(&w, "No disk can be installed on"), "and the reason is told");
	ok(choose(&w, 1) == DO_AGAIN, "looking again is offered");
	arena_release(&w.a);
	begin(&w, "no-disk");
	choose(&w, 0);
	ok(at(&w, "welcome") && says(&w, "No disk was found"), "nor is there without any disk");
	arena_release(&w.a);
	begin(&w, "usb-only");
	go_to(&w, "disk");
	for (size_t i = 0; i < w.page->n_items; i++)
		if (w.page->items[i].off) {
			choose(&w, i);
			ok(at(&w, "disk") && says(&w, "boot medium"), "the boot medium is shown, and cannot be chosen");
			ok(strstr(w.page->items[i].detail, "boot medium"), "its line says why");
		}
	next(&w);
	ok(at(&w, "map"), "the other one can");
	arena_release(&w.a);
	begin(&w, "small-dom");
	go_to(&w, "map");
	ok(!w.page->problem || strstr(w.page->problem, "small"), "a small disk is planned, or told to be too small");
	arena_release(&w.a);
	each_disk("nvme-namespaces");
	each_disk("shared-serial");
	begin(&w, "half-finished");
	go_to(&w, "map");
	next(&w);
	ok(at(&w, "port"), "our own half-made install needs no consent");
	arena_release(&w.a);
}

static void test_network(void)
{
	struct world w;

	begin(&w, "two-nics");
	go_to(&w, "port");
	choose(&w, 1);
	ok(strstr(guide_site_text(&w.g), w.g.machine->nics[1].mac) != NULL, "the port is named by its address");
	answer_with(&w, DO_NEXT, 0, "10.1.0.0/16");
	ok(at(&w, "network") && says(&w, "computed from the new subnet"), "another subnet shows what follows from it");
	is_str(w.page->fields[1].value, "10.1.0.10", "the address follows");
	answer_with(&w, DO_NEXT, 0, "10.1.0.128/26");
	is_str(w.page->fields[2].value, ".130-.160", "ranges follow inside a small subnet");
	is_str(w.page->fields[3].value, ".161-.190", "both of them");
	next(&w);
	ok(at(&w, "names"), "and they are good: %s", w.page->problem ? w.page->problem : "");
	answer_with(&w, DO_BACK, 0, NULL);
	answer_with(&w, DO_NEXT, 1, "10.9.9.9");
	ok(at(&w, "network") && says(&w, "address: 10.9.9.9 is not in 10.1.0.128/26"), "an address outside is refused where it was typed");
	is_str(w.page->fields[1].value, "10.9.9.9", "and still stands there");
	answer_with(&w, DO_NEXT, 1, "");
	ok(says(&w, "address: is needed"), "an empty one is told");
	answer_with(&w, DO_NEXT, 1, "10.1.0.129");
	answer_with(&w, DO_BACK, 0, NULL);
	answer_with(&w, DO_NEXT, 2, ".1-.400");
	ok(says(&w, "discovery: "), "a range that is none, too");
	arena_release(&w.a);
	begin(&w, "no-link");
	go_to(&w, "port");
	ok(strstr(w.page->intro, "No port has a link") && w.page->items[0].detail, "no link is told, by port");
	go_to(&w, "review");
	ok(w.g.plan != NULL, "and does not stop the install");
	arena_release(&w.a);
}

static void test_names_and_keys(void)
{
	struct world w;

	begin(&w, "one-nvme");
	go_to(&w, "names");
	answer_with(&w, DO_NEXT, 0, "west");
	ok(at(&w, "names") && !strcmp(w.page->fields[1].value, "admin.west.example"), "the machine's name follows the site's");
	answer_with(&w, DO_NEXT, 1, "admin");
	ok(says(&w, "has no domain"), "a name without a domain is refused");
	answer_with(&w, DO_NEXT, 1, "admin.west.example");
	ok(at(&w, "keys"), "then come the keys");
	next(&w);
	ok(at(&w, "keys") && says(&w, "at least one is needed"), "of which one is needed");
	answer_with(&w, DO_ADD, 0, "ssh-ed25519 AAAAC3Nza cut");
	ok(says(&w, "is not a whole ssh-ed25519 key"), "a key that was cut is refused");
	guide_keys(&w.g, arena_printf(&w.a, "# mine\n%s\r\n\nssh-dss AAAA old\n%s\n", key, key), "authorized_keys");
	w.page = guide_page(&w.g);
	ok(says(&w, "authorized_keys: 1 key added") && says(&w, "2 lines were not taken"), "keys are read from a file: %s", w.page->problem);
	ok(w.g.said.n_keys == 1 && strstr(w.page->body, "ops@lab"), "and shown");
	answer_with(&w, DO_DROP, 0, NULL);
	ok(!w.g.said.n_keys, "the last one can be dropped");
	answer_with(&w, DO_NEXT, 0, key);
	ok(at(&w, "nodes") && w.g.said.n_keys == 1, "one that is left in the field is added");
	choose(&w, 1);
	ok(at(&w, "review") && !strstr(w.g.site_text, "profiles:"), "nodes may get nothing yet");
	answer_with(&w, DO_SHOW, 0, NULL);
	ok(at(&w, "file") && strstr(w.page->body, "site: west"), "the site file can be seen");
	ok(answer_with(&w, DO_SAVE, 0, NULL) == DO_SAVE, "and saved");
	answer_with(&w, DO_BACK, 0, NULL);
	ok(at(&w, "review"), "before going back");
	arena_release(&w.a);
}

/* Columns of the widest line of TEXT; a byte that is neither ASCII nor a box character makes it too wide. */
static size_t width(const char *text)
{
	size_t most = 0, n = 0;
	uint32_t c;

	for (size_t len; text && *text; text += len) {
		len = utf8_char(text, strlen(text), &c);
		if (!len || (c > '~' && (c < 0x2500 || c > 0x257f)) || (c < ' ' && c != '\n'))
			return 10000;
		n = c == '\n' ? 0 : n + 1;
		most = n > most ? n : most;
	}
	return most;
}

static size_t page_width(const struct guide_page *p)
{
	size_t most = width(p->body), n = width(p->drawing);

	most = n > most ? n : most;
	for (size_t i = 0; i < p->n_items; i++) {
		n = width(p->items[i].text);
		most = n > most ? n : most;
	}
	n = width(p->heading);
	return n > most ? n : most;
}

/* Every page that each machine comes to. */
static void test_all_machines(void)
{
	DIR *dir = opendir("tests/machines");
	struct dirent *e;
	size_t n = 0;

	while ((e = readdir(dir))) {
		char name[256];
		struct world w;
		size_t widest = 0, pages = 0, len = strlen(e->d_name);

		if (len < 6 || strcmp(e->d_name + len - 5, ".json") != 0 || strstr(e->d_name, ".observed."))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)len - 5, e->d_name);
		begin(&w, name);
		for (; pages < 20 && !at(&w, "review"); pages++) {
			size_t this = page_width(w.page);

			widest = this > widest ? this : widest;
			if (at(&w, "keys"))
				answer_with(&w, DO_ADD, 0, key);
			go_to(&w, at(&w, "welcome") ? "disk" : at(&w, "disk") ? "map" : at(&w, "map") ? "port" : "review");
		}
		widest = page_width(w.page) > widest ? page_width(w.page) : widest;
		ok(widest <= GUIDE_WIDTH, "%s fits: its widest line has %zu columns", name, widest);
		n++;
		arena_release(&w.a);
	}
	closedir(dir);
	ok(n > 40, "all recorded machines were tried: %zu", n);
}

int main(void)
{
	test_whole();
	test_consent();
	test_disks();
	test_network();
	test_names_and_keys();
	test_all_machines();
	return tap_end();
}

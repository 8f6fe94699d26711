/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine, with every operation there is, over a world in memory (world.h). What the plan did not
 * see stops the run before anything is written; every single effect fails once; and whatever
 * happens, nothing is left open and no failure passes for success.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine/engine.h"
#include "observe/machine.h"
#include "ops/source.h"
#include "plan/planner.h"
#include "sys/sys_fake.h"
#include "tap.h"
#include "unit/world.h"

static char root[64] = "/tmp/fulcrum-engine-XXXXXX";

/* --- the machine: a recorded one, and a disk worth installing on */

static const char vdz[] = "/sys/devices/pci0000:00/0000:00:1a.0/virtio9/block/vdz";
static const char site_text[] =
	"fulcrum: 1\nsite: lab\nadmin:\n  name: admin.lab.example\n  disk: { size: \">= 1G\" }\n  access:\n    ssh_keys:\n"
	"      - \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID1idgiaeJPvr6Nl/Twxy+gVcVF8aSWxhkJFHU8jh58L ops@lab\"\n"
	"networks:\n  admin:\n    subnet: 192.168.124.0/24\n    address: 192.168.124.10\n    hosts: .81-.160\n"
	"    discovery: .21-.80\n    nic: { mac: \"52:54:00:00:00:02\" }\n"
	"profiles:\n  server:\n    image: debian-13\n    disks: { system: { size: \">= 20G\" } }\n"
	"    layout: [ { bios: 1M }, { esp: 512M }, { root: { fs: ext4, size: rest } } ]\n    packages: [ openssh-server ]\n"
	"rules:\n  - { when: { memory: \">= 1G\" }, bind: { profile: server, name: \"node-{seq}\" } }\n"
	"policy: { approve: auto }\n";

static void set_file(const char *path, const char *text)
{
	tree_put(root, path, text, strlen(text), "w");
}

static void add_disk(const char *dir, const char *name, const char *serial, const char *sectors, const char *dev)
{
	AUTO_STR text = STR_INIT;

	str_addf(&text, "l /sys/block/%s ..%s\nl %s/device ../../../virtio9\n", name, dir + strlen("/sys"), dir);
	str_addf(&text, "f %s/size\n\t%s\nf %s/dev\n\t%s\nf %s/serial\n\t%s\n", dir, sectors, dir, dev, dir, serial);
	str_addf(&text, "f %s/queue/rotational\n\t0\nf %s/queue/logical_block_size\n\t512\n", dir, dir);
	tree_make(root, text.s);
}

static void make_machine(void)
{
	AUTO_STR text = STR_INIT;

	if (file_read("tests/machines/qemu-many.tree", 1 << 20, &text, &err))
		tree_die("read", err.msg);
	tree_make(root, text.s);
	add_disk(vdz, "vdz", "SEAT-0001", "52428800", "254:400");
}

static struct plan *make_plan(const char *kind, struct arena *a)
{
	static const char *keys[] = { "ssh-ed25519 AAAA test" }, *packages[] = { "openssh-server" };
	const struct identity who = { .node = "node-1", .hostname = "node-1", .address = "192.168.124.81", .prefix = 24,
				      .mac = "52:54:00:00:00:02", .admin_address = "192.168.124.10", .site_key = pub,
				      .attempt = 1, .ssh_keys = keys, .n_ssh_keys = 1, .packages = packages, .n_packages = 1 };
	struct plan_request r = { .site_text = site_text, .seed = "00112233445566778899aabbccddeeff" };
	struct findings f = { .arena = a };
	struct machine *m = NULL;
	struct catalog c;
	struct plan *p;

	r.site = site_parse("site.yaml", site_text, strlen(site_text), a, &f);
	if (f.n || observe_machine(&world_sys, root, a, &m, &err) ||
	    source_catalog(&world_sys, source, pub, a, &c, &err))
		tree_die(f.n ? "site" : "machine", f.n ? f.items[0].text : err.msg);
	r.machine = m;
	r.catalog = &c;
	if (!strcmp(kind, "admin") ? plan_admin(&r, a, &p, &err) : plan_node(&r, &r.site->profiles[0], &who, a, &p, &err))
		tree_die("plan", err.msg);
	return p;
}

/* --- one run, watched */

struct watch {
	struct arena *a;
	const struct plan *plan;
	unsigned int percent, finished, stages;
	size_t index;
	bool wrong;
	char note[160];
};

static void on_step(void *ctx, const struct progress *p)
{
	struct watch *k = ctx;

	k->wrong |= p->percent < k->percent || p->percent > 100 || p->index < k->index || p->count != k->plan->n_ops ||
		    p->op != &k->plan->ops[p->index] || p->done > p->total || (p->finished && p->done != p->total);
	k->percent = p->percent;
	k->index = p->index;
	k->finished += p->finished;
}

static void on_stage(void *ctx, const char *stage UNUSED, const char *text UNUSED)
{
	((struct watch *)ctx)->stages++;
}

static void on_note(void *ctx, const char *text)
{
	struct watch *k = ctx;

	snprintf(k->note, sizeof(k->note), "%s", text);
}

static const char *journal_path(void)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/journal", root);
	return path;
}

static int apply(struct sys *s, const struct plan *p, struct watch *k, struct engine *ret)
{
	static const struct engine_sink sink = { .step = on_step, .stage = on_stage, .note = on_note };
	struct engine_sink with = sink;
	struct engine e = { .sys = s, .root = root, .source = source, .release_key = pub, .site_text = site_text,
			    .target = "/target",
			    .journal = journal_path(), .sink = &with };
	int rc;

	*k = (struct watch){ .plan = p };
	with.ctx = k;
	memset(&err, 0, sizeof(err));
	unlink(journal_path());
	w.calls = 0;
	rc = engine_apply(&e, p, &err);
	e.sink = NULL;
	if (ret)
		*ret = e;
	return rc;
}

static bool verb_in(const char *verb, const char *list)
{
	const char *at = strstr(list, verb);

	return at && (at == list || at[-1] == ' ') && (at[strlen(verb)] == ' ' || !at[strlen(verb)]);
}

/* True if from the Ith effect on there came only those of LIST. */
static bool only(size_t i, const char *list)
{
	for (; i < w.calls && i < ARRAY_LEN(w.verbs); i++) {
		if (verb_in(w.verbs[i], list))
			continue;
		printf("# effect %zu is %s\n", i, w.verbs[i]);
		return false;
	}
	return true;
}

static bool journal_ends(const char *what, const char *id)
{
	AUTO_STR text = STR_INIT;
	AUTO_STR want = STR_INIT;
	struct error ignored;

	if (file_read(journal_path(), 1 << 20, &text, &ignored))
		return false;
	str_addf(&want, "\n%s %s\n", what, id);
	return str_starts(str_text(&text), "plan {") && str_ends(str_text(&text), str_text(&want));
}

/* --- what stops a run before it begins */

static void stopped(struct plan *p, const char *message, const char *what)
{
	struct watch k;
	int rc = apply(&world_sys, p, &k, NULL);

	ok(rc == -1 && err.kind == ERR_CHANGED && strstr(err.msg, message), "%s is ERR_CHANGED", what);
	if (rc != -1 || err.kind != ERR_CHANGED || !strstr(err.msg, message))
		printf("# rc %d, %s: %s\n", rc, error_kind_name(err.kind), err.msg);
	ok(only(0, "make_dirs fetch probe") && access(journal_path(), F_OK) && !k.finished, "and nothing was written");
}

static void test_changed(void)
{
	AUTO_ARENA a = ARENA_INIT;
	char link[128], part[192];
	struct plan *p;

	world_reset();
	p = make_plan("node", &a);
	w.foreign = true;
	stopped(p, "disk SEAT-0001 (vdz): its content is not what the plan saw", "content that the plan did not see");
	ok(strstr(err.hint, "plan again") != NULL, "with what to do");
	w.foreign = false;
	p->disks[0].size_bytes -= 512;
	stopped(p, "disk SEAT-0001: is not there any more", "a disk of another size");
	p->disks[0].size_bytes += 512;
	p->disks[0].wwn = "naa.5000c500a1b2c3d4";
	stopped(p, "is not there any more", "a disk of another WWN");
	p->disks[0].wwn = NULL;
	p->disks[0].serial = NULL;
	p->disks[0].topology = "/devices/pci0000:00/0000:00:1b.0/virtio";
	stopped(p, "is not there any more", "a disk without a serial in another place");
	p->disks[0].serial = "SEAT-0001";
	add_disk("/sys/devices/pci0000:00/0000:00:1c.0/virtio9/block/vdy", "vdy", "SEAT-0001", "52428800", "254:416");
	stopped(p, "both claim this identity", "a second disk of the same identity");
	snprintf(link, sizeof(link), "%s/sys/block/vdy", root);
	unlink(link);
	snprintf(part, sizeof(part), "f %s/vdz1/partition\n\t1\nf %s/vdz1/dev\n\t254:401\n", vdz, vdz);
	tree_make(root, part);
	set_file("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/vdz1\tpartition\t100\t0\t-2\n");
	stopped(p, "(vdz): may not be written: ", "a disk in use");
	set_file("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	snprintf(part, sizeof(part), "%s%s/vdz1", root, vdz);
	tree_remove(part);
	snprintf(link, sizeof(link), "%s/sys/block/vdz", root);
	unlink(link);
	stopped(p, "disk SEAT-0001: is not there any more", "a missing disk");
	snprintf(part, sizeof(part), "l /sys/block/vdz ..%s\n", vdz + strlen("/sys"));
	tree_make(root, part);
}

static void test_empty(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct watch k;
	struct plan *p;

	world_reset();
	p = make_plan("node", &a);
	p->n_ops = 0;
	w.foreign = true;
	ok(!apply(&world_sys, p, &k, NULL) && !w.calls && !k.stages, "an empty plan succeeds without any effect");
	ok(access(journal_path(), F_OK), "and without a journal");
}

static void test_lock(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_FD lock = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct engine e = { .sys = &world_sys, .root = root, .source = source, .release_key = pub, .site_text = site_text,
			    .target = root };
	struct plan *p;

	world_reset();
	p = make_plan("node", &a);
	w.calls = 0;
	ok(lock >= 0 && !flock(lock, LOCK_EX) && engine_apply(&e, p, &err) && err.kind == ERR_CONFLICT,
	   "while another run holds the target, none begins: %s", err.msg);
	ok(only(0, "make_dirs"), "and nothing was written");
}

/* --- whole plans */

static void test_whole(const char *kind)
{
	AUTO_ARENA a = ARENA_INIT;
	char bad_journal[96];
	struct engine e;
	struct watch k;
	struct plan *p;
	int rc;

	world_reset();
	p = make_plan(kind, &a);
	rc = apply(&world_sys, p, &k, &e);
	ok(!rc, "%s: a plan is applied and verified%s%s", kind, rc ? ": " : "", rc ? err.msg : "");
	ok(!k.wrong && k.percent == 100 && k.finished == p->n_ops && k.stages == 2,
	   "%s: progress never goes back and ends at 100 (%u)", kind, k.percent);
	is_str(w.table_guid, p->goal, "%s: the disk carries the goal's GUID", kind);
	ok(!w.mounts && !w.handles, "%s: nothing is left mounted or open", kind);
	ok(journal_ends("done", p->ops[p->n_ops - 1].id), "%s: the journal holds the plan and ends with its last step", kind);
	ok(!strcmp(kind, "admin") || hex_is(e.node_key, KEY_PUB_HEX - 1), "%s: a node's key is known", kind);
	/* A plan of one light step: its share is all there is. */
	p->n_ops = 1;
	p->ops[0].weight = 1000;
	world_reset();
	ok(!apply(&world_sys, p, &k, NULL) && !k.wrong && k.percent == 100, "%s: a light last step ends at 100, too", kind);
	snprintf(bad_journal, sizeof(bad_journal), "%s/no/such/dir/journal", root);
	e = (struct engine){ .sys = &world_sys, .root = root, .source = source, .release_key = pub, .site_text = site_text,
			    .target = "/target",
			     .journal = bad_journal };
	w.calls = 0;
	ok(engine_apply(&e, p, &err) && only(0, "make_dirs fetch probe guard_open guard_check"), "%s: without its journal nothing is written: %s", kind,
	   err.msg);
}

static void test_possible(void)
{
	static struct op_crypt crypt = { .name = "box", .dev = "system:2", .key = "box" };
	static const char *strange[] = { "openssh-server", "openssh" };
	AUTO_ARENA a = ARENA_INIT;
	struct plan *p = make_plan("node", &a);
	struct watch k;

	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == OP_IDENTITY) {
			((struct op_identity *)p->ops[i].params)->who.packages = strange;
			((struct op_identity *)p->ops[i].params)->who.n_packages = 2;
		}
	world_reset();
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_NOT_FOUND && only(0, "make_dirs fetch") &&
		   strstr(err.msg, "nothing was written: package openssh: is not in"),
	   "a package that the release has not stops the run before anything is touched: %s", err.msg);
	p = make_plan("node", &a);
	p->ops[p->n_ops - 1].kind = OP_CRYPT;
	p->ops[p->n_ops - 1].params = &crypt;
	world_reset();
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_INPUT && only(0, "make_dirs fetch") && strstr(err.msg, "the key of \"box\""),
	   "so does a key that is not here: %s", err.msg);
	p = make_plan("node", &a);
	world_reset();
	file_at("/release/mirror/dists/trixie/main/binary-amd64/Packages", false)->data.s[0] ^= 1;
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_MEDIUM && only(0, "make_dirs fetch"),
	   "and a damaged index of packages: %s", err.msg);
}

static void test_holders(void)
{
	static const char *holders[] = { "md0 raid1" };
	AUTO_ARENA a = ARENA_INIT;
	struct plan *p = make_plan("node", &a);
	struct watch k;

	world_reset();
	p->disks[0].holders = holders;
	p->disks[0].n_holders = 1;
	ok(!apply(&world_sys, p, &k, NULL) && w.taken_down == 1, "what stands on a disk is taken down once: %s", err.msg);
	world_reset();
	w.holder_stays = "md0 raid1";
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_CONFLICT &&
		   only(0, "make_dirs fetch probe guard_open guard_check take_down"),
	   "if it does not go, nothing is written: %s", err.msg);
	ok(!w.handles && !w.mounts, "and nothing stays open");
	world_reset();
}

/* A disk all of which is to go, whatever it carries by then: who it is counts, what is on it does not. */
static void test_any_state(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct plan *p = make_plan("node", &a);
	struct watch k;

	world_reset();
	p->disks[0].state = PLAN_ANY_STATE;
	w.foreign = true;
	ok(!apply(&world_sys, p, &k, NULL) && k.finished == p->n_ops, "content that no plan saw stops nothing: %s", err.msg);
	ok(w.taken_down == 1, "and what stands on it is taken down, though nothing was planned for");
	world_reset();
	w.foreign = true;
	p->disks[0].size_bytes -= 512;
	stopped(p, "disk SEAT-0001: is not there any more", "another disk, in any state,");
	p->disks[0].size_bytes += 512;
	world_reset();
	w.holder_stays = "md0 raid1";
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_CONFLICT && only(0, "make_dirs fetch probe guard_open guard_check take_down"),
	   "what does not go from it stops all: %s", err.msg);
	world_reset();
}

static void test_marks(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct plan *p = make_plan("node", &a);
	struct watch k;

	world_reset();
	ok(!apply(&world_sys, p, &k, NULL) && w.marked.finished && !w.marked.keeps &&
		   str_eq(w.marked_step, p->ops[p->n_ops - 1].id) && str_eq(w.marked.goal, p->goal),
	   "after it the disk says that the goal was reached: %s", err.msg);
	/* The third operation fails: what it was in is on the disk. */
	world_reset();
	((struct op_mkfs *)p->ops[2].params)->dev = "nobody:9";
	ok(apply(&world_sys, p, &k, NULL) && !w.marked.finished && str_eq(w.marked_step, p->ops[2].id),
	   "after a failure it says in which step: %s", w.marked_step);
	/* A partition of the plan lies where the record would. */
	world_reset();
	p = make_plan("node", &a);
	((struct op_table *)p->ops[1].params)->parts[0].start_bytes = DISK_JOURNAL_AT + DISK_JOURNAL_BYTES - 512;
	world_reset();
	ok(!apply(&world_sys, p, &k, NULL) && !w.marked.goal, "a disk without room for it is not marked: %s", err.msg);
	world_reset();
}

static void test_note(void)
{
	static const char old[IMAGE] = "an older version";
	AUTO_ARENA a = ARENA_INIT;
	struct plan *p = make_plan("node", &a);
	struct watch k;

	world_reset();
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == OP_IMAGE) {
			((struct op_image *)p->ops[i].params)->diff = true;
			file_put("/dev/vdz3", old, sizeof(old));
		}
	ok(!apply(&world_sys, p, &k, NULL) && str_starts(k.note, "image debian-13: "),
	   "what an operation has to say reaches the sink: %s%s", k.note, err.msg);
	world_reset();
}

/* --- guards: who a disk is, and its table, before every step */

static void test_guards(const char *kind)
{
	AUTO_ARENA a = ARENA_INIT;
	struct plan *p = make_plan(kind, &a);
	struct plan_disk twice[2] = { p->disks[0], p->disks[0] };
	struct watch k;

	world_reset();
	w.guard_refuses = "is a symbolic link, a disk was expected";
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_CHANGED && only(0, "make_dirs fetch probe guard_open"),
	   "%s: a link where the disk was expected: nothing is written: %s", kind, err.msg);
	world_reset();
	w.intrude_at = 2;
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_CHANGED && only(0, "make_dirs fetch probe guard_open guard_check") && !w.handles,
	   "%s: a disk that changed since the plan, under the lock: nothing is written: %s", kind, err.msg);
	world_reset();
	w.intrude_at = 6;
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_CHANGED && strstr(err.msg, "somebody else") && !w.handles,
	   "%s: a table that somebody writes between two steps stops the third: %s", kind, err.msg);
	twice[1].role = "data";
	p->disks = twice;
	p->n_disks = 2;
	world_reset();
	ok(apply(&world_sys, p, &k, NULL) && strstr(err.msg, "is both system and data") && !w.handles,
	   "%s: two roles on one disk are refused: %s", kind, err.msg);
}

/* --- what verifying sees */

static void test_lies(void)
{
	static const struct {
		const char *kind, *path, *lie, *message;
	} cases[] = {
		{ "node", "/etc/hostname", "node-10\n", "identity:root: verify: etc/hostname: is not as written" },
		{ "node", "/etc/hostname", "", "identity:root: verify: etc/hostname: is not as written" },
		{ "node", "/etc/fstab", "UUID=other / ext4\n", "identity:root: verify: etc/fstab: is not as written" },
		{ "node", "/root/.ssh/authorized_keys", "ssh-ed25519 AAAA other\n", "identity:root: verify: root/.ssh/authorized_keys: is not as written" },
		{ "node", "/etc/fulcrum/node.key", "00\n", "identity:root: verify: etc/fulcrum/node.key: is not the key" },
		{ "node", "/boot/grub/grub.cfg", "menuentry x {}\n", "identity:root: verify: boot/grub/grub.cfg: " },
		{ "node", "/EFI/debian/grub.cfg", "search x\n", "boot:system: verify: EFI/debian/grub.cfg: is not as written" },
		{ "admin", "/fulcrum/site.yaml", "fulcrum: 1\n", "admin:data: verify: fulcrum/site.yaml: differs" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct watch k;
		struct plan *p;

		world_reset();
		p = make_plan(cases[i].kind, &a);
		w.lie_path = cases[i].path;
		w.lie = cases[i].lie;
		ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_VERIFY && str_starts(err.msg, cases[i].message) &&
			   !str_eq(w.table_guid, p->goal) && !w.mounts,
		   "%s that is not as written is seen: %s", cases[i].path, err.msg);
	}
}

static void test_stream(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct file *root_part;
	AUTO_STR whole = STR_INIT;
	struct file *chunks;
	struct watch k;
	struct plan *p;

	world_reset();
	p = make_plan("node", &a);
	if (apply(&world_sys, p, &k, NULL))
		tree_die("apply", err.msg);
	root_part = file_at("/dev/vdz3", false);
	str_addn(&whole, root_part->data.s, root_part->data.len);
	ok(whole.len == IMAGE && !whole.s[CHUNK] && whole.s[2 * CHUNK] == 2, "an image is written whole, zeros too");
	world_reset();
	chunks = file_at("/release/images/debian-13/chunks", false);
	w.cut = chunks->data.len / 5;
	ok(!apply(&world_sys, p, &k, NULL) && w.cuts > 6 && w.sleeps == w.cuts && !k.wrong,
	   "a connection that is lost, again and again, is taken up where it was");
	root_part = file_at("/dev/vdz3", false);
	ok(root_part->data.len == whole.len && !memcmp(root_part->data.s, whole.s, whole.len), "and the image is the same");
	world_reset();
	w.cut = 1;
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_NET && w.cuts == 30 && w.sleeps == 29,
	   "one that brings nothing is given up: %s", err.msg);
	ok(!w.handles && !w.mounts, "with the disk closed");
	world_reset();
	chunks = file_at("/release/images/debian-13/chunks", false);
	chunks->data.s[chunks->data.len - 1] ^= 1;
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_MEDIUM && strstr(err.msg, "damaged: chunk 9") && !w.sleeps,
	   "a damaged chunk is named and not tried again: %s", err.msg);
	world_reset();
	chunks = file_at("/release/images/debian-13/chunks", false);
	str_addc(&chunks->data, 'x');
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_MEDIUM && strstr(err.msg, "longer than its list"),
	   "a chunks file that goes on is refused");
	world_reset();
	chunks = file_at("/release/images/debian-13/chunks", false);
	chunks->data.len -= 1;
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_MEDIUM && strstr(err.msg, "shorter than its list"),
	   "and one that ends early");
	world_reset();
	w.faulty = true;
	ok(apply(&world_sys, p, &k, NULL) && err.kind == ERR_VERIFY && strstr(err.msg, "the disk is faulty"),
	   "a disk that gives back other bytes, once they do not come from the cache, is seen: %s", err.msg);
}

/* Effects that may follow the one that failed: they only put away what is open. */
static const char tidy[] = "umount close remove";

static void test_every_effect_fails(const char *kind, enum sys_fake_mode mode)
{
	bool returned = true, tidied = true, closed = true, journalled = true, monotonic = true, uncommitted = true,
	     advised = true;
	/* A node's release is asked for its packages before the disks are looked at. */
	const size_t foreseen = strcmp(kind, "node") ? 0 : 3;
	uint64_t n;

	for (n = 1; n < 1000; n++) {
		AUTO_ARENA a = ARENA_INIT;
		struct sys *fake;
		const char *verb;
		struct plan *p;
		struct watch k;
		uint64_t asked;
		int rc;

		world_reset();
		p = make_plan(kind, &a);
		fake = sys_fake_new(&world_sys);
		sys_fake_fail_at(fake, n, mode);
		rc = apply(fake, p, &k, NULL);
		verb = sys_fake_failed(fake);
		asked = sys_fake_calls(fake);
		sys_free(fake);
		monotonic &= !k.wrong;
		if (!verb) {
			ok(!rc, "%s: with effect %d, past the last, the plan passes", kind, (int)n);
			break;
		}
		/* Another disk that cannot be probed is damaged, and none of our business. */
		if (!rc && mode == SYS_FAKE_ONCE && !strcmp(verb, "probe") && n <= 1 + foreseen + p->n_others)
			continue;
		/* A package that cannot be asked for is one that is not there: it is installed then. */
		if (mode == SYS_FAKE_ONCE && !rc && !strcmp(verb, "exec") && !strcmp(kind, "node") && !w.queries && w.installs == 1)
			continue;
		/* Once all is done and verified, a note that fails is told and undoes nothing. */
		if (!rc && !strcmp(verb, "journal_write") && str_eq(w.table_guid, p->goal) &&
		    strstr(k.note, "could not be noted"))
			continue;
		if (rc != -1 || (!strstr(err.msg, "injected") && err.kind != ERR_CHANGED)) {
			printf("# effect %d, %s: rc %d: %s\n", (int)n, verb, rc, err.msg);
			returned = false;
		}
		if (mode == SYS_FAKE_ONCE && asked - n <= w.calls && str_starts(err.msg, "injected") &&
		    !only(w.calls - (asked - n), tidy)) {
			printf("# after effect %d, %s\n", (int)n, verb);
			tidied = false;
		}
		if (mode == SYS_FAKE_ONCE && (w.mounts != !strcmp(verb, "umount") || w.handles)) {
			printf("# effect %d, %s: %d mounts, %d handles are left\n", (int)n, verb, w.mounts, w.handles);
			closed = false;
		}
		if (w.handles)
			closed = false;
		if (!access(journal_path(), F_OK) && !journal_ends("failed", p->ops[k.index].id))
			journalled = false;
		if ((!access(journal_path(), F_OK) || str_starts(verb, "guard_")) && err.kind == ERR_IO && !err.hint[0]) {
			printf("# effect %d, %s: no remedy: %s\n", (int)n, verb, err.msg);
			advised = false;
		}
		if (rc && str_eq(w.table_guid, p->goal) && strcmp(verb, "probe"))
			uncommitted = false;
	}
	ok(n > 50 && n < 1000, "%s: %d effects were made to fail%s", kind, (int)n - 1, mode == SYS_FAKE_CUT ? ", with all after it" : "");
	ok(returned, "%s: each failure is returned", kind);
	ok(tidied, "%s: after it nothing is done but closing and unmounting", kind);
	ok(closed, "%s: and that is done", kind);
	ok(journalled, "%s: the journal ends with the step that failed", kind);
	ok(advised, "%s: once the disks are held, each failure says what to do", kind);
	ok(uncommitted, "%s: a disk whose install failed does not look finished", kind);
	ok(monotonic, "%s: progress never goes back", kind);
}

int main(void)
{
	if (!mkdtemp(root))
		return 1;
	key_generate(pub, sec);
	make_machine();
	test_changed();
	test_empty();
	test_lock();
	test_whole("node");
	test_whole("admin");
	test_possible();
	test_holders();
	test_any_state();
	test_marks();
	test_note();
	test_guards("node");
	test_guards("admin");
	test_lies();
	test_stream();
	test_every_effect_fails("node", SYS_FAKE_ONCE);
	test_every_effect_fails("node", SYS_FAKE_CUT);
	test_every_effect_fails("admin", SYS_FAKE_ONCE);
	world_reset();
	for (size_t i = 0; i < w.n_files; i++)
		str_release(&w.files[i].data);
	tree_remove(root);
	return tap_end();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files on sticks, over the dry back end: where they go, that nothing is overwritten, and what is only read. */
#include <errno.h>
#include <string.h>

#include "engine/volume.h"
#include "sys/sys_fake.h"
#include "tap.h"

static const char *const names[] = { "site.yaml", "site-2.yaml" };
static const char *present; /* the file that is there, with this content */

static int read_present(struct sys *s, const char *path, size_t max, struct str *ret, struct error *err)
{
	(void)s;
	(void)max;
	if (!present || !str_ends(path, present))
		return error_sys(err, ENOENT, "%s", path);
	str_add(ret, "ssh-ed25519 AAAA x");
	return 0;
}

static const struct sys_ops over = { .read_file = read_present };

struct world {
	struct arena a;
	struct signature s;
	struct disk d;
	struct machine m;
	struct str said;
	struct sys *dry, *sys;
};

static void begin(struct world *w, const char *file)
{
	*w = (struct world){ .s = { .type = "vfat" }, .d = { .name = "sdb", .path = "/dev/sdb", .bus = BUS_USB, .model = "Stick" } };
	w->d.signatures = &w->s;
	w->d.n_signatures = 1;
	w->m.disks = &w->d;
	w->m.n_disks = 1;
	w->dry = sys_dry_new(&w->said);
	w->sys = sys_fake_new(w->dry);
	sys_fake_override(w->sys, &over);
	present = file;
}

static void end(struct world *w)
{
	sys_free(w->sys);
	sys_free(w->dry);
	str_release(&w->said);
	arena_release(&w->a);
}

static void test_save(void)
{
	const char *where = NULL;
	struct error err;
	struct world w;

	begin(&w, NULL);
	ok(!volume_save(w.sys, &w.m, NULL, names, 2, "text", "/mnt", &w.a, &where, &err) && strstr(where, "site.yaml on"), "a file is saved: %s", where);
	ok(strstr(str_text(&w.said), "/mnt/site.yaml") && strstr(str_text(&w.said), "unmount"), "on the volume, which is let go");
	end(&w);
	begin(&w, "site.yaml");
	ok(!volume_save(w.sys, &w.m, NULL, names, 2, "text", "/mnt", &w.a, &where, &err) && strstr(where, "site-2.yaml on"), "beside what is there: %s",
	   where);
	ok(!strstr(str_text(&w.said), "/mnt/site.yaml"), "which is not touched");
	end(&w);
	begin(&w, ".yaml");
	ok(volume_save(w.sys, &w.m, NULL, names, 2, "text", "/mnt", &w.a, &where, &err) && strstr(err.msg, "is there already"),
	   "when all names are taken, that is told: %s", err.msg);
	ok(strstr(str_text(&w.said), "unmount") != NULL, "and the volume let go");
	end(&w);
	begin(&w, NULL);
	w.d.read_only = true;
	ok(volume_save(w.sys, &w.m, NULL, names, 2, "text", "/mnt", &w.a, &where, &err) && err.kind == ERR_NOT_FOUND && err.hint[0],
	   "a stick that cannot be written to is none: %s", err.msg);
	is_str(str_text(&w.said), "", "and is left alone");
	end(&w);
}

static void test_read(void)
{
	static const char *const keys[] = { "authorized_keys", "id_ed25519.pub" };
	AUTO_STR text = STR_INIT;
	const char *from = NULL;
	struct error err;
	struct world w;

	begin(&w, "id_ed25519.pub");
	w.d.read_only = true;
	ok(!volume_read(w.sys, &w.m, keys, 2, "/mnt", &w.a, &text, &from, &err), "a stick that cannot be written to can be read");
	is_str(str_text(&text), "ssh-ed25519 AAAA x\n", "its file comes with a whole last line");
	ok(strstr(from, "id_ed25519.pub on") != NULL, "and it is told from where: %s", from);
	ok(!strstr(str_text(&w.said), "write"), "nothing is written");
	end(&w);
	begin(&w, NULL);
	ok(volume_read(w.sys, &w.m, keys, 2, "/mnt", &w.a, &text, &from, &err) && err.kind == ERR_NOT_FOUND && strstr(err.msg, "/dev/sdb"),
	   "a stick without such a file is named: %s", err.msg);
	end(&w);
	begin(&w, NULL);
	w.m.n_disks = 0;
	ok(volume_read(w.sys, &w.m, keys, 2, "/mnt", &w.a, &text, &from, &err) && err.kind == ERR_NOT_FOUND, "without a stick, that is told: %s", err.msg);
	end(&w);
}

int main(void)
{
	test_save();
	test_read();
	return tap_end();
}

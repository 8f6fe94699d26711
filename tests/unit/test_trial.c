/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two releases of an admin node, on a made-up machine: what each start makes of the boot loader's choice, keeping,
 * giving up, going back; and that the power may fail at every effect of each. GRUB is played by grub(), which does what
 * the stub of ops/boot.c says.
 */
#include <stdlib.h>
#include <unistd.h>

#include "admin/trial.h"
#include "base/fd.h"
#include "data/grubenv.h"
#include "sys/slots.h"
#include "sys/sys_fake.h"
#include "tap.h"

static const char *const uuids[2] = { "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002" };
static char root[] = "/tmp/test_trial.XXXXXX";
static struct error err;
static struct arena arena;
static size_t restarts;

static const char *at(const char *rel)
{
	return arena_printf(&arena, "%s%s", root, rel);
}

static void put(const char *rel, const char *data, size_t len)
{
	char *dir = arena_strdup(&arena, at(rel));

	*strrchr(dir, '/') = '\0';
	if (make_dirs(dir, 0755, &err) || file_replace(at(rel), data, len, 0644, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
}

static void put_text(const char *rel, const char *text)
{
	put(rel, text, strlen(text));
}

static const char *text_of(const char *rel)
{
	AUTO_STR text = STR_INIT;
	struct error ignored;

	return file_read(at(rel), 65536, &text, &ignored) ? "" : arena_strdup(&arena, str_text(&text));
}

static const char *served(void)
{
	char to[64];
	ssize_t n = readlink(at("/seed/current"), to, sizeof(to) - 1);

	to[n > 0 ? n : 0] = '\0';
	return arena_strdup(&arena, to);
}

/* --- the machine: one disk, its ESP and its other slot always where they are mounted */

static int probe(struct sys *s UNUSED, struct disk *d, struct arena *a, struct error *e UNUSED)
{
	static const char *const names[] = { "fulcrum-bios", "fulcrum-esp", "fulcrum-slot-a", "fulcrum-slot-b", "fulcrum-data" };

	d->n_partitions = ARRAY_LEN(names);
	d->partitions = arena_array(a, d->n_partitions, sizeof(*d->partitions));
	for (size_t i = 0; i < d->n_partitions; i++) {
		d->partitions[i].number = i + 1;
		d->partitions[i].name = names[i];
		if (i != 2 && i != 3)
			continue;
		d->partitions[i].signatures = ARENA_NEW(a, struct signature);
		*d->partitions[i].signatures = (struct signature){ .type = "ext4", .usage = "filesystem", .uuid = uuids[i - 2] };
		d->partitions[i].n_signatures = 1;
	}
	return 0;
}

static int no_mount(struct sys *s UNUSED, const char *source UNUSED, const char *target UNUSED, const char *type UNUSED,
		    unsigned long flags UNUSED, const char *options UNUSED, struct error *e UNUSED)
{
	return 0;
}

static int no_umount(struct sys *s UNUSED, const char *target UNUSED, struct error *e UNUSED)
{
	return 0;
}

static int restart(struct sys *s UNUSED, struct error *e UNUSED)
{
	restarts++;
	return 0;
}

static const struct sys_ops over = { .probe = probe, .mount = no_mount, .umount = no_umount, .reboot = restart };

static struct bootsel choice(void)
{
	struct bootsel b = { 0 };
	const char *text = text_of("/run/update/esp/" BOOTSEL_CHOICE);

	if (grubenv_read(text, strlen(text), &b, &err))
		printf("# %s\n", err.msg);
	return b;
}

static void choose(const struct bootsel *b)
{
	AUTO_STR text = STR_INIT;

	grubenv_write(b, &text);
	put("/run/update/esp/" BOOTSEL_CHOICE, str_text(&text), text.len);
	str_clear(&text);
	grubenv_write(&(struct bootsel){ .slot = b->slot }, &text);
	put("/run/update/esp/" BOOTSEL_COPY, str_text(&text), text.len);
}

static const char *release_of(char slot)
{
	return slot == 'b' ? "{\"build_id\":\"new\",\"schema\":4,\"reader\":4}" : "{\"build_id\":\"old\",\"schema\":4,\"reader\":4}";
}

/* The machine is switched on: spends the try, as GRUB does, and is then the slot that it returns. */
static char grub(void)
{
	struct bootsel b = choice();
	char slot = b.slot;
	bool trial = b.trial && b.tries == 1;

	if (trial) {
		slot = b.trial;
		b.tries = 0;
		choose(&b);
	}
	put_text("/proc/cmdline", arena_printf(&arena, "fulcrum.slot=%s %s\n", uuids[SLOT_INDEX(slot)], trial ? "fulcrum.trial=600" : ""));
	put_text("/run/slot/release.json", release_of(slot));
	put_text("/run/update/slot/release.json", release_of(SLOT_OTHER(slot)));
	put_text("/run/update/slot/grub.cfg", "menu");
	return slot;
}

/* As an update leaves it. */
static void armed(void)
{
	choose(&(struct bootsel){ .slot = 'a', .trial = 'b', .tries = 1, .seconds = 600 });
	put_text("/data/update.json", "{\"release\":\"new\",\"from\":\"old\",\"result\":\"trial\"}");
}

static struct trial trial_of(struct sys *s)
{
	return (struct trial){ .sys = s, .root = root,
			       .paths = { .data = at("/data"), .run = at("/run"), .seed = at("/seed/current") } };
}

/* --- whole lives */

static bool settle(const struct trial *t)
{
	AUTO_STR warnings = STR_INIT;

	trial_settle(t, &warnings);
	return warnings.len > 0;
}

static void kept(const struct trial *t)
{
	AUTO_STR out = STR_INIT;

	armed();
	ok(grub() == 'b', "the new release is started");
	ok(!settle(t) && str_eq(served(), "new"), "and serves its own mirror");
	ok(trial_seconds(t) == 600, "it knows how long it has");
	ok(!trial_confirm(t, &err) && choice().slot == 'b' && !choice().trial, "once kept, it is the good one");
	ok(trial_seconds(t) == 0 && trial_confirm(t, &err) && err.kind == ERR_CONFLICT && err.hint[0], "and no longer on trial");
	ok(grub() == 'b' && !settle(t) && str_eq(served(), "new"), "the next start is its own");
	ok(!trial_status(t, &out, &err) && strstr(str_text(&out), "slot b   release new   running, the good one\n") &&
		   strstr(str_text(&out), "slot a   release old\n") && strstr(str_text(&out), "to release new: kept\n") &&
		   strstr(str_text(&out), "watchdog: none"),
	   "the status says all that");
}

static void given_up(const struct trial *t)
{
	armed();
	restarts = 0;
	ok(grub() == 'b' && !settle(t) && !trial_give_up(t, "HTTP: nobody listens", &err) && restarts == 1, "a release gives itself up");
	ok(grub() == 'a' && settle(t), "the old one is back, and says so");
	ok(str_eq(served(), "old") && choice().slot == 'a' && !choice().trial, "with its mirror, and nothing on trial");
	ok(strstr(text_of("/data/update.json"), "rolled back") && strstr(text_of("/data/update.json"), "nobody listens"),
	   "why is kept");
	ok(grub() == 'a' && !settle(t), "it says so once");
	armed();
	ok(grub() == 'b' && grub() == 'a' && settle(t) && strstr(text_of("/data/update.json"), "it left no word"),
	   "one that could not say why is told apart");
}

static void by_hand(const struct trial *t)
{
	armed();
	ok(grub() == 'b' && !settle(t) && !trial_confirm(t, &err), "a release is kept");
	restarts = 0;
	ok(!trial_rollback(t, false, &err) && restarts == 1, "a person goes back");
	ok(grub() == 'a' && settle(t) && str_eq(served(), "old") && choice().slot == 'a' && !choice().trial, "and is there");
	unlink(at("/seed/new/SEED"));
	ok(trial_rollback(t, false, &err) && err.kind == ERR_CONFLICT && choice().slot == 'a', "one whose mirror is gone is none to go back to");
	put_text("/seed/new/SEED", "x");
	unlink(at("/run/update/slot/grub.cfg"));
	ok(trial_rollback(t, false, &err) && err.kind == ERR_CONFLICT && err.hint[0] && choice().slot == 'a',
	   "a slot that was left half-written is none to go back to: %s", err.msg);
}

static void bad_choice(const struct trial *t)
{
	armed();
	put_text("/run/update/esp/" BOOTSEL_CHOICE, "garbage");
	ok(trial_seconds(t) == 0 && !settle(t), "a damaged choice: its copy says which slot is good");
}

/* --- power cuts */

static void at_every_effect(struct sys *real, const char *what, char started, char after, int (*act)(const struct trial *t))
{
	uint64_t n;
	size_t lost = 0;

	for (n = 1; n < 200; n++) {
		struct sys *cut = sys_fake_new(real), *whole = sys_fake_new(real);
		struct trial t = trial_of(cut), again = trial_of(whole);
		bool past;
		char slot;

		sys_fake_override(cut, &over);
		sys_fake_override(whole, &over);
		armed();
		grub();
		if (started == 'a')
			grub();
		sys_fake_fail_at(cut, n, SYS_FAKE_CUT);
		(void)act(&t);
		past = sys_fake_calls(cut) < n;
		/* Switched on again, twice: what is started settles, is whole, and stays. */
		slot = grub();
		settle(&again);
		if ((slot != after && slot != 'a') || !str_eq(served(), slot == 'b' ? "new" : "old") || choice().trial ||
		    choice().slot != slot || grub() != slot)
			printf("# %s, cut at effect %llu: slot %c, %zu lost\n", what, (unsigned long long)n, slot, ++lost);
		sys_free(cut);
		sys_free(whole);
		if (past)
			break;
	}
	ok(n > 3 && n < 200 && !lost, "%s: the power may fail at each of %llu effects", what, (unsigned long long)n - 1);
}

static int act_settle(const struct trial *t)
{
	settle(t);
	return 0;
}

static int act_confirm(const struct trial *t)
{
	settle(t);
	return trial_confirm(t, &err);
}

static int act_give_up(const struct trial *t)
{
	settle(t);
	return trial_give_up(t, "x", &err);
}

int main(void)
{
	struct sys *real = sys_real_new(), *s = sys_fake_new(real);
	struct trial t;

	if (!mkdtemp(root))
		return 1;
	t = trial_of(s);
	sys_fake_override(s, &over);
	put_text("/sys/block/vda/size", "400000000\n");
	put_text("/seed/old/SEED", "x");
	put_text("/seed/new/SEED", "x");
	put_text("/data/site.yaml", "x");
	if (symlink("old", at("/seed/current")))
		return 1;
	kept(&t);
	given_up(&t);
	by_hand(&t);
	bad_choice(&t);
	at_every_effect(real, "settling after a trial", 'a', 'a', act_settle);
	at_every_effect(real, "keeping", 'b', 'b', act_confirm);
	at_every_effect(real, "giving up", 'b', 'a', act_give_up);
	if (real->ops->remove(real, root, &err))
		printf("# %s\n", err.msg);
	sys_free(s);
	sys_free(real);
	arena_release(&arena);
	return tap_end();
}

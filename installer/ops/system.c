/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling a system slot: root image, kernel, initramfs and the menu that boots them. */
#include "base/str.h"
#include "ops/ops.h"
#include "ops/source.h"

/* release.json says to others which release a slot has; what was cut down for tests need not have it. */
static const struct {
	const char *from, *to;
	bool optional;
} files[] = {
	{ "root.squashfs", "root.squashfs", false },
	{ "boot/vmlinuz", "vmlinuz", false },
	{ "boot/initrd.img", "initrd.img", false },
	{ "release.json", "release.json", true },
};

static int each_file(struct op_env *env, const struct seed *seed, const char *dir, bool copy, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct copy_sum sum = { .env = env };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const struct seed_entry *e = seed_find(seed, files[i].from);

		if (!e && files[i].optional)
			continue;
		if (!e)
			return error_set(err, ERR_MEDIUM, "SEED: %s is missing from this release", files[i].from);
		sum.total += e->size;
	}
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const struct seed_entry *e = seed_find(seed, files[i].from);
		const char *path = arena_printf(&a, "%s/%s", dir, files[i].to);

		if (!e)
			continue;
		if (copy ? source_copy(env->sys, env->source, e, path, copy_sum_tell, &sum, err) :
			   source_verify_file(env->sys, e, path, err))
			return -1;
		sum.before += e->size;
	}
	return 0;
}

/*
 * The slot's own menu: the ESP's stub finds the slot by UUID and reads this. A kernel that panics starts the machine
 * anew, and so does a kernel that cannot be loaded; $fulcrum_trial is the stub's (boot.c).
 */
static int write_menu(struct op_env *env, const struct op_system *p, const char *dir, struct error *err)
{
	AUTO_STR b = STR_INIT;

	str_add(&b, "serial --unit=0 --speed=115200\n"
		    "terminal_input console serial\nterminal_output console serial\nset timeout=1\nset default=0\nset fallback=1\n");
	str_addf(&b,
		 "menuentry \"Fulcrum admin node, release %s\" {\n"
		 "\tsearch --no-floppy --fs-uuid --set=root %s\n"
		 "\tlinux /vmlinuz fulcrum.mode=admin fulcrum.slot=%s fulcrum.data=%s panic=10 $fulcrum_trial %s\n"
		 "\tinitrd /initrd.img\n}\n"
		 "menuentry \"Start again\" {\n\treboot\n}\n",
		 p->build_id, p->slot_uuid, p->slot_uuid, p->data_uuid, p->console ? p->console : "");
	if (p->other_uuid)
		str_addf(&b,
			 "menuentry \"The release in the other slot, this once\" {\n"
			 "\tset fulcrum_trial=\n"
			 "\tsearch --no-floppy --fs-uuid --set=root %s\n\tconfigfile ($root)/grub.cfg\n}\n",
			 p->other_uuid);
	return op_write_text(env, dir, "grub.cfg", 0644, str_text(&b), err);
}

int system_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_system *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct seed seed;
	const char *dir;
	int rc;

	if (source_seed(env->sys, env->source, env->release_key, &a, &seed, err) ||
	    op_mount(env, p->dev, "ext4", false, "slot", &a, &dir, err))
		return -1;
	rc = each_file(env, &seed, dir, true, err);
	if (!rc)
		rc = write_menu(env, p, dir, err);
	return op_umount(env, dir, rc, err);
}

int system_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_system *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct seed seed;
	const char *dir;

	/* Mounted anew, so that the bytes come from the disk. */
	if (source_seed(env->sys, env->source, env->release_key, &a, &seed, err) ||
	    op_mount(env, p->dev, "ext4", true, "slot", &a, &dir, err))
		return -1;
	return op_umount(env, dir, each_file(env, &seed, dir, false, err), err);
}

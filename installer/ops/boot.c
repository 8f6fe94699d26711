/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot loader, after everything else is proved: Debian's signed shim and GRUB at the removable path (UEFI 2.10
 * section 3.5.1.1), which every firmware tries, and the stub that the signed GRUB reads (its prefix is /EFI/debian),
 * as does the GRUB for BIOS (boot_bios.c). An entry in the firmware's own list is an extra (boot_entry.c).
 */
#include <string.h>

#include "base/str.h"
#include "ops/boot.h"
#include "sys/slots.h"

static const struct loader {
	const char *seed, *to;
} loaders[] = {
	{ "efi/shimx64.efi", "EFI/BOOT/BOOTX64.EFI" },
	{ "efi/grubx64.efi", "EFI/BOOT/grubx64.efi" },
};
static const char stub_path[] = "EFI/debian/grub.cfg";

/*
 * Between two slots, by fulcrum.env (data/grubenv.h). A slot on trial is started once: GRUB spends the try on the disk
 * first, and only then starts it, so that whatever becomes of it, the next start is that of the good slot.
 */
static void stub_of_slots(const struct op_boot *p, struct str *out)
{
	str_addf(out,
		 "set esp=$root\nset slot=a\nset trial=\nset tries=0\nset seconds=\nset fulcrum_trial=\n"
		 "load_env -f ($esp)/EFI/debian/fulcrum.sav slot\n"
		 "load_env -f ($esp)/EFI/debian/fulcrum.env slot trial tries seconds\n"
		 "if [ -n \"$trial\" -a \"$tries\" = 1 ]; then\n"
		 "\tset tries=0\n"
		 "\tif save_env -f ($esp)/EFI/debian/fulcrum.env tries; then\n"
		 "\t\tset slot=$trial\n"
		 "\t\tset fulcrum_trial=fulcrum.trial=$seconds\n"
		 "\tfi\n"
		 "fi\n"
		 "export fulcrum_trial\n"
		 "if [ \"$slot\" = b ]; then\n"
		 "\tsearch --no-floppy --fs-uuid --set=root %s\n"
		 "else\n"
		 "\tsearch --no-floppy --fs-uuid --set=root %s\n"
		 "fi\n"
		 "configfile ($root)/grub.cfg\n"
		 "if [ -n \"$fulcrum_trial\" ]; then\n\treboot\nfi\n",
		 p->slot_b_uuid, p->root_uuid);
}

static void stub_text(const struct op_boot *p, struct str *out)
{
	if (p->slot_b_uuid)
		stub_of_slots(p, out);
	else
		str_addf(out, "search --no-floppy --fs-uuid --set=root %s\nconfigfile ($root)%s\n", p->root_uuid,
			 str_eq(p->kind, "admin") ? "/grub.cfg" : "/boot/grub/grub.cfg");
}

/* Slot A is the one that an install fills. */
static const char *const choices[] = { BOOTSEL_CHOICE, BOOTSEL_COPY };

static int write_choice(struct op_env *env, const struct op_boot *p, const char *esp, struct error *err)
{
	AUTO_STR block = STR_INIT;

	grubenv_write(&(struct bootsel){ .slot = 'a' }, &block);
	for (size_t i = 0; p->slot_b_uuid && i < ARRAY_LEN(choices); i++)
		if (op_write_text(env, esp, choices[i], 0644, str_text(&block), err))
			return -1;
	return 0;
}

static int verify_choice(struct op_env *env, const struct op_boot *p, const char *esp, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR want = STR_INIT;

	grubenv_write(&(struct bootsel){ .slot = 'a' }, &want);
	for (size_t i = 0; p->slot_b_uuid && i < ARRAY_LEN(choices); i++) {
		AUTO_STR got = STR_INIT;

		if (env->sys->ops->read_file(env->sys, arena_printf(&a, "%s/%s", esp, choices[i]), GRUBENV_BYTES, &got, err))
			return -1;
		if (!str_eq(str_text(&got), str_text(&want)))
			return error_set(err, ERR_VERIFY, "%s: is not as written", choices[i]);
	}
	return 0;
}

/* Copies the loaders from the release, or compares what is on the ESP with it. */
static int each_loader(struct op_env *env, const struct seed *seed, const char *esp, bool copy, struct arena *a,
		       struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(loaders); i++) {
		const struct seed_entry *e = seed_find(seed, loaders[i].seed);
		const char *path = arena_printf(a, "%s/%s", esp, loaders[i].to);

		if (!e)
			return error_set(err, ERR_MEDIUM, "SEED: %s is missing from this release", loaders[i].seed);
		if (copy ? source_copy(env->sys, env->source, e, path, NULL, NULL, err) :
			   source_verify_file(env->sys, e, path, err))
			return -1;
	}
	return 0;
}

static int fill_esp(struct op_env *env, const struct op_boot *p, const struct seed *seed, const char *dev, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR stub = STR_INIT;
	const char *esp;
	int rc;

	if (op_mount(env, dev, "vfat", false, "esp", &a, &esp, err))
		return -1;
	stub_text(p, &stub);
	rc = env->sys->ops->make_dirs(env->sys, arena_printf(&a, "%s/EFI/BOOT", esp), 0755, err);
	if (!rc)
		rc = op_write_text(env, esp, stub_path, 0644, str_text(&stub), err);
	if (!rc)
		rc = write_choice(env, p, esp, err);
	if (!rc)
		rc = each_loader(env, seed, esp, true, &a, err);
	return op_umount(env, esp, rc, err);
}

static int verify_esp(struct op_env *env, const struct op_boot *p, const struct seed *seed, const char *dev,
		      struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR want = STR_INIT;
	AUTO_STR got = STR_INIT;
	const char *esp;
	int rc;

	if (op_mount(env, dev, "vfat", true, "esp", &a, &esp, err))
		return -1;
	stub_text(p, &want);
	rc = env->sys->ops->read_file(env->sys, arena_printf(&a, "%s/%s", esp, stub_path), 4096, &got, err);
	if (!rc && strcmp(str_text(&got), str_text(&want)) != 0)
		rc = error_set(err, ERR_VERIFY, "%s: is not as written", stub_path);
	if (!rc)
		rc = verify_choice(env, p, esp, err);
	if (!rc)
		rc = each_loader(env, seed, esp, false, &a, err);
	return op_umount(env, esp, rc, err);
}

static int verify_all(struct op_env *env, const struct op_boot *p, const struct seed *seed, struct error *err)
{
	for (size_t i = 0; i < p->n_esps; i++)
		if (verify_esp(env, p, seed, p->esps[i], err))
			return -1;
	return boot_bios_verify(env, p, seed, err);
}

int boot_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_boot *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct seed seed;

	if (source_seed(env->sys, env->source, env->release_key, &a, &seed, err))
		return -1;
	for (size_t i = 0; i < p->n_esps; i++)
		if (fill_esp(env, p, &seed, p->esps[i], err))
			return -1;
	if (boot_bios_apply(env, p, &seed, err))
		return -1;
	if (!p->entry)
		return 0;
	/* The firmware is told of a loader only when that is proved. */
	if (verify_all(env, p, &seed, err))
		return -1;
	boot_entry_renew(env, p);
	return 0;
}

int boot_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_boot *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct seed seed;

	if (source_seed(env->sys, env->source, env->release_key, &a, &seed, err))
		return -1;
	return verify_all(env, p, &seed, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot loader, after everything else is proved: Debian's signed shim and GRUB at the removable path (UEFI 2.10
 * section 3.5.1.1), which every firmware tries, and the stub that the signed GRUB reads (its prefix is /EFI/debian),
 * as does the GRUB for BIOS (boot_bios.c). An entry in the firmware's own list is an extra (boot_entry.c).
 */
#include <string.h>

#include "base/str.h"
#include "ops/boot.h"

static const struct loader {
	const char *seed, *to;
} loaders[] = {
	{ "efi/shimx64.efi", "EFI/BOOT/BOOTX64.EFI" },
	{ "efi/grubx64.efi", "EFI/BOOT/grubx64.efi" },
};
static const char stub_path[] = "EFI/debian/grub.cfg";

static void stub_text(const struct op_boot *p, struct str *out)
{
	str_addf(out, "search --no-floppy --fs-uuid --set=root %s\nconfigfile ($root)%s\n", p->root_uuid,
		 str_eq(p->kind, "admin") ? "/grub.cfg" : "/boot/grub/grub.cfg");
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

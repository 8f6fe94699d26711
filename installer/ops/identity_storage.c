/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a deployed system is told about its storage: which file systems it mounts, what it opens and by which key, which
 * arrays are its own, and where GRUB finds the kernel.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/mount.h>

#include "base/str.h"
#include "ops/identity.h"

enum { COPY_MS = 300000 };

const struct fstab_line *identity_boot_line(const struct op_identity *p)
{
	for (size_t i = 0; i < p->n_fstab; i++)
		if (str_eq(p->fstab[i].where, "/boot"))
			return &p->fstab[i];
	return NULL;
}

/* "UUID=...", or where planning could not see one the device, whose name stays. */
static int spec_of(const struct op_env *env, const char *uuid, const char *dev, struct arena *a, const char **ret, struct error *err)
{
	if (!uuid)
		return op_dev_path(env, dev, a, ret, err);
	*ret = arena_printf(a, "UUID=%s", uuid);
	return 0;
}

static int fstab(const struct op_env *env, const struct op_identity *p, struct id_files *f, struct error *err)
{
	AUTO_STR b = STR_INIT;

	str_addf(&b, "UUID=%s / ext4 errors=remount-ro 0 1\n", p->root_uuid);
	if (p->n_esp_uuids)
		str_addf(&b, "UUID=%s /boot/efi vfat umask=0077,nofail,x-systemd.automount 0 2\n", p->esp_uuids[0]);
	for (size_t i = 0; i < p->n_fstab; i++) {
		const struct fstab_line *l = &p->fstab[i];
		bool swap = str_eq(l->fs, "swap");
		const char *spec;

		if (spec_of(env, l->uuid, l->dev, f->a, &spec, err))
			return -1;
		str_addf(&b, "%s %s %s %s 0 %d\n", spec, l->where, l->fs, swap ? "sw,nofail" : "defaults,nofail", swap ? 0 : 2);
	}
	id_file_add(f, "etc/fstab", 0644, &b);
	return 0;
}

static int crypttab(const struct op_env *env, const struct op_identity *p, struct id_files *f, struct error *err)
{
	AUTO_STR b = STR_INIT;

	for (size_t i = 0; i < p->n_crypttab; i++) {
		const struct crypttab_line *l = &p->crypttab[i];
		const struct op_secret *key;
		const char *spec, *file = "none";

		if (spec_of(env, l->uuid, l->dev, f->a, &spec, err))
			return -1;
		if (l->key) {
			if (op_secret(env, l->key, &key, err))
				return -1;
			/* Where systemd-cryptsetup(8) looks by itself, too. */
			file = arena_printf(f->a, "/etc/cryptsetup-keys.d/%s.key", l->name);
			f->v = arena_grow(f->a, f->v, f->n, sizeof(*f->v));
			f->v[f->n++] = (struct id_file){ .path = file + 1, .mode = 0400, .dir_mode = 0700, .secret = true,
							 .bytes = (const char *)key->bytes, .len = key->len };
		}
		/* "initramfs" is cryptsetup-initramfs' word; systemd ignores it. */
		str_addf(&b, "%s %s %s %s\n", l->name, spec, file, l->root ? "luks,initramfs" : "luks,nofail");
	}
	if (p->n_crypttab)
		id_file_add(f, "etc/crypttab", 0600, &b);
	return 0;
}

/*
 * mdadm.conf(5): without MAILADDR its monitor does not start. The arrays were made for any host; what is not listed here
 * is assembled by nothing, neither from udev nor in the initramfs.
 */
static void mdadm_conf(const struct op_identity *p, struct id_files *f)
{
	AUTO_STR b = STR_INIT;

	if (!p->n_arrays)
		return;
	str_add(&b, "HOMEHOST <ignore>\nMAILADDR root\nAUTO -all\n");
	for (size_t i = 0; i < p->n_arrays; i++)
		str_addf(&b, "ARRAY /dev/md/%s UUID=%s\n", p->arrays[i].name, p->arrays[i].uuid);
	id_file_add(f, "etc/mdadm/mdadm.conf", 0644, &b);
}

/* lvm.conf(5): the image's own activates no group by itself; a group that is not the layout's stays asleep. */
static void lvm_conf(const struct op_identity *p, struct id_files *f)
{
	AUTO_STR b = STR_INIT;

	if (!p->n_groups)
		return;
	str_add(&b, "activation {\n\tauto_activation_volume_list = [");
	for (size_t i = 0; i < p->n_groups; i++)
		str_addf(&b, "%s \"%s\"", i ? "," : "", p->groups[i]);
	str_add(&b, " ]\n}\n");
	id_file_add(f, "etc/lvm/lvmlocal.conf", 0644, &b);
}

/*
 * GRUB reads the menu from the file system that the kernel is on; the links to the newest kernel are kept in step by
 * linux-update-symlinks(1), in / or in /boot as kernel-img.conf(5) says.
 */
static void menu(const struct op_identity *p, struct id_files *f)
{
	AUTO_STR b = STR_INIT;
	bool own_boot = identity_boot_line(p) != NULL;

	if (own_boot) {
		str_add(&b, "do_symlinks = yes\ndo_initrd = yes\nlink_in_boot = yes\n");
		id_file_add(f, "etc/kernel-img.conf", 0644, &b);
	}
	str_add(&b, "serial --unit=0 --speed=115200\nterminal_input console serial\nterminal_output console serial\nset timeout=1\n");
	str_addf(&b,
		 "search --no-floppy --fs-uuid --set=root %s\n"
		 "menuentry \"Debian on %s\" {\n"
		 "\tlinux /vmlinuz root=%s ro %s\n\tinitrd /initrd.img\n}\n",
		 own_boot && p->boot_uuid ? p->boot_uuid : p->root_uuid, p->who.hostname, p->root_arg, p->console ? p->console : "");
	id_file_add(f, "boot/grub/grub.cfg", 0644, &b);
}

int identity_storage_files(const struct op_env *env, const struct op_identity *p, struct id_files *f, struct error *err)
{
	if (fstab(env, p, f, err) || crypttab(env, p, f, err))
		return -1;
	mdadm_conf(p, f);
	lvm_conf(p, f);
	menu(p, f);
	return 0;
}

/* --- /boot on a file system of its own */

static int in_root(struct op_env *env, const char *root, const char *const *argv, struct str *output, struct error *err)
{
	return env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = argv, .root = root, .output = output, .timeout_ms = COPY_MS }, err);
}

/*
 * A link of the image (/vmlinuz -> boot/vmlinuz-6.12...) becomes one beside its target. GRUB reads no link to another file
 * system.
 */
static int move_link(struct op_env *env, const char *root, const char *name, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct sys *s = env->sys;
	const char *at = arena_printf(&a, "/%s", name), *to;
	const char *const argv[] = { "/usr/bin/readlink", at, NULL };

	if (in_root(env, root, argv, &out, err))
		return -1;
	to = arena_strndup(&a, str_text(&out), strcspn(str_text(&out), "\n"));
	if (!str_starts(to, "boot/") || strchr(to + 5, '/'))
		return error_set(err, ERR_MEDIUM, "the image's %s leads to \"%s\", not to a file in /boot", at, to);
	return s->ops->symlink(s, to + 5, arena_printf(&a, "%s/mnt/%s", root, name), err);
}

/* What is in /boot is on /mnt, too, byte by byte. */
static int compare_boot(struct op_env *env, const char *root, struct error *err)
{
	static const char *const argv[] = { "/usr/bin/env", "-C", "/boot", "/usr/bin/find", ".", "-type", "f", "!", "-exec",
					    "/usr/bin/cmp", "-s", "{}", "/mnt/{}", ";", "-print", NULL };
	AUTO_STR out = STR_INIT;

	if (in_root(env, root, argv, &out, err))
		return -1;
	if (out.len)
		return error_set(err, ERR_VERIFY, "/boot: not the same on its own file system: %.*s", (int)strcspn(str_text(&out), "\n"),
				 str_text(&out));
	return 0;
}

static int fill_boot(struct op_env *env, const char *root, struct error *err)
{
	static const char *const copy[] = { "/usr/bin/cp", "-a", "/boot/.", "/mnt/", NULL };
	static const char *const links[] = { "vmlinuz", "initrd.img" };
	AUTO_ARENA a = ARENA_INIT;
	struct sys *s = env->sys;

	if (in_root(env, root, copy, NULL, err) || compare_boot(env, root, err))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		if (move_link(env, root, links[i], err))
			return -1;
	/* So that the menu has one place, whatever GRUB looks from: /boot/grub of the system. */
	return s->ops->symlink(s, ".", arena_printf(&a, "%s/mnt/boot", root), err);
}

int identity_move_boot(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	const struct fstab_line *boot = identity_boot_line(p);
	AUTO_ARENA a = ARENA_INIT;
	struct sys *s = env->sys;
	const char *dev, *mnt = arena_printf(&a, "%s/mnt", root), *old = arena_printf(&a, "%s/boot", root);
	int rc;

	if (!boot)
		return 0;
	if (op_dev_path(env, boot->dev, &a, &dev, err) || s->ops->mount(s, dev, mnt, boot->fs, MS_NODEV | MS_NOSUID, NULL, err))
		return error_wrap(err, "/boot");
	rc = op_umount(env, mnt, fill_boot(env, root, err), err);
	if (rc)
		return error_wrap(err, "/boot");
	/* What stays below the mount would be a kernel that nobody updates. */
	if (s->ops->remove(s, old, err) || s->ops->make_dirs(s, old, 0755, err) ||
	    s->ops->remove(s, arena_printf(&a, "%s/vmlinuz", root), err) ||
	    s->ops->remove(s, arena_printf(&a, "%s/initrd.img", root), err))
		return -1;
	return 0;
}

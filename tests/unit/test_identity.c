/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The identity of a node whose root stands on an array, LUKS and LVM, over the world in memory: what it is told about its
 * storage, where its packages come from, that its initramfs is looked into, and that no key shows.
 */
#include <stdlib.h>
#include <string.h>

#include "ops/ops.h"
#include "sys/sys_fake.h"
#include "tap.h"
#include "unit/world.h"

static const char key_bytes[] = "s3cret\0with a NUL and a line end\n";
static const struct op_secret secrets[] = { { "vault", (const unsigned char *)key_bytes, sizeof(key_bytes) - 1 } };
static struct fstab_line fstab[] = {
	{ .uuid = "b007", .where = "/boot", .fs = "ext4", .dev = "raid:md-boot" },
	{ .uuid = "5a9", .where = "none", .fs = "swap", .dev = "lv:vg0/swap" },
	{ .where = "/srv", .fs = "xfs", .dev = "lv:vg0/srv-1" },
};
static struct crypttab_line crypttab[] = {
	{ .name = "secret", .uuid = "1ec5", .dev = "raid:md-main", .root = true },
	{ .name = "vault", .dev = "system:3", .key = "vault" },
	{ .name = "asked", .uuid = "a5c", .dev = "system:2" },
};
static struct array_line arrays[] = { { "md-boot", "0:1:2:3" }, { "md-main", "4:5:6:7" } };
static const char *packages[] = { "mdadm", "lvm2", "cryptsetup-initramfs" }, *groups[] = { "vg0", "vg1" }, *esps[] = { "ABCD-1234", "ABCD-5678" };
static const char *ssh_keys[] = { "ssh-ed25519 AAAA ops" };
static struct net_dev devs[1];
static struct op_identity identity = {
	.dev = "lv:vg0/root", .root_uuid = "4007", .root_arg = "/dev/mapper/vg0-root", .boot_uuid = "b007", .console = "console=ttyS0",
	.esp_uuids = esps, .n_esp_uuids = 2, .fstab = fstab, .n_fstab = ARRAY_LEN(fstab), .crypttab = crypttab,
	.n_crypttab = ARRAY_LEN(crypttab), .arrays = arrays, .n_arrays = 2, .groups = groups, .n_groups = 2, .packages = packages, .n_packages = 3,
	.who = { .node = "n", .hostname = "n", .address = "10.0.0.5", .prefix = 24, .mac = "52:54:00:00:00:02",
		 .admin_address = "10.0.0.1", .ssh_keys = ssh_keys, .n_ssh_keys = 1 },
	.net = { devs, 1 },
};
static struct op op = { .kind = OP_IDENTITY, .id = "identity:root", .params = &identity };
static struct plan_disk disk = { .role = "system", .name = "vdz", .size_bytes = 1 << 30, .sector_bytes = 512 };
static struct plan plan = { .disks = &disk, .n_disks = 1, .ops = &op, .n_ops = 1, .seed = "00112233445566778899aabbccddeeff" };
static const char *disk_paths[] = { disk_node };
static struct op_env env = { .plan = &plan, .disk_paths = disk_paths, .source = source, .target = "/target", .secrets = secrets,
			     .n_secrets = 1 };

static const char *own[] = { "10.0.0.5/24" }, *dns[] = { "10.0.0.7", "10.0.0.8", "10.0.0.9" }, *search[] = { "store.example" };
static struct net_dev devs[] = {
	{ .kind = NET_PORT, .name = "enp1s0", .mac = "52:54:00:00:00:02", .network = "admin", .addresses = own, .n_addresses = 1,
	  .gateway = "10.0.0.254", .dns = dns, .n_dns = 3, .search = search, .n_search = 1 },
};

static const char whole[] =
	"lrwxrwxrwx   1 root     root            4 Jan  1 00:00 usr/sbin/lvchange -> lvm\n"
	"-rw-r--r--   1 root     root            0 Jan  1 00:00 cryptroot/crypttab\n"
	"-rwxr-xr-x   1 root     root        18848 Jan  1 00:00 usr/lib/cryptsetup/askpass\n"
	"-rwxr-xr-x   1 root     root        80000 Jan  1 00:00 usr/sbin/cryptsetup\n"
	"-rwxr-xr-x   1 root     root        90000 Jan  1 00:00 usr/sbin/mdadm\n"
	"-rwxr-xr-x   1 root     root       190000 Jan  1 00:00 usr/sbin/lvm\n";
static const char initramfs_path[] = "/target/root/boot/initrd.img-6.12", initramfs[] = "the image's initramfs";

static void start(void)
{
	world_reset();
	env.sys = &world_sys;
	w.table_guid = "disk";
	w.n_parts = 3;
	for (size_t i = 0; i < w.n_parts; i++)
		w.parts[i] = (struct partition){ .number = i + 1, .start_bytes = (i + 1) << 26, .size_bytes = 1 << 26 };
	w.initramfs = whole;
	file_put(initramfs_path, initramfs, strlen(initramfs));
	memset(&err, 0, sizeof(err));
}

static int apply(void)
{
	return op_types[OP_IDENTITY].apply(&env, &identity, &err);
}

static int verify(void)
{
	return op_types[OP_IDENTITY].verify(&env, &identity, &err);
}

static void holds(const char *path, const char *want)
{
	char at[160];
	const struct file *f;

	snprintf(at, sizeof(at), "/target/root/%s", path);
	f = file_at(at, false);
	is_str(f ? str_text(&f->data) : "not there", want, "%s", path);
}

static void test_written(void)
{
	start();
	ok(!apply() && !verify(), "it is written and looked at again: %s", err.msg);
	ok(!w.mounts && !w.handles, "nothing is left mounted");
	holds("etc/fstab", "UUID=4007 / ext4 errors=remount-ro 0 1\n"
			   "UUID=ABCD-1234 /boot/efi vfat umask=0077,nofail,x-systemd.automount 0 2\n"
			   "UUID=b007 /boot ext4 defaults,nofail 0 2\n"
			   "UUID=5a9 none swap sw,nofail 0 0\n"
			   "/dev/mapper/vg0-srv--1 /srv xfs defaults,nofail 0 2\n");
	holds("etc/crypttab", "secret UUID=1ec5 none luks,initramfs\n"
			      "vault /dev/vdz3 /etc/cryptsetup-keys.d/vault.key luks,nofail\n"
			      "asked UUID=a5c none luks,nofail\n");
	holds("etc/mdadm/mdadm.conf", "HOMEHOST <ignore>\nMAILADDR root\nAUTO -all\nARRAY /dev/md/md-boot UUID=0:1:2:3\n"
				      "ARRAY /dev/md/md-main UUID=4:5:6:7\n");
	holds("etc/lvm/lvmlocal.conf", "activation {\n\tauto_activation_volume_list = [ \"vg0\", \"vg1\" ]\n}\n");
	holds("etc/systemd/network/10-fulcrum-enp1s0.link", "[Match]\nPermanentMACAddress=52:54:00:00:00:02\n\n[Link]\nName=enp1s0\n");
	holds("etc/systemd/network/10-fulcrum-enp1s0.network",
	      "[Match]\nPermanentMACAddress=52:54:00:00:00:02\n\n[Network]\nAddress=10.0.0.5/24\nDHCP=no\nIPv6AcceptRA=no\n"
	      "LinkLocalAddressing=no\nLLMNR=no\nMulticastDNS=no\nGateway=10.0.0.254\n");
	holds("etc/resolv.conf", "nameserver 10.0.0.1\nnameserver 10.0.0.7\nnameserver 10.0.0.8\nsearch store.example\n");
	holds("etc/kernel-img.conf", "do_symlinks = yes\ndo_initrd = yes\nlink_in_boot = yes\n");
	holds("boot/grub/grub.cfg",
	      "serial --unit=0 --speed=115200\nterminal_input console serial\nterminal_output console serial\nset timeout=1\n"
	      "search --no-floppy --fs-uuid --set=root b007\nmenuentry \"Debian on n\" {\n"
	      "\tlinux /vmlinuz root=/dev/mapper/vg0-root ro console=ttyS0\n\tinitrd /initrd.img\n}\n");
	ok(file_at("/target/root/etc/cryptsetup-keys.d/vault.key", false)->data.len == sizeof(key_bytes) - 1,
	   "the key file has all bytes of the key");
	ok(w.installs == 1 && !w.renewals, "the packages are installed, and the initramfs made by them is good");
}

static void test_seen(void)
{
	static const char *const files[] = { "etc/systemd/network/10-fulcrum-enp1s0.network", "etc/fstab",	   "etc/crypttab",	  "etc/mdadm/mdadm.conf",
					     "etc/lvm/lvmlocal.conf", "etc/kernel-img.conf", "boot/grub/grub.cfg", "etc/cryptsetup-keys.d/vault.key",
					     "root/.ssh/authorized_keys" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		start();
		w.lie_path = files[i];
		w.lie = "s3cret";
		ok(!apply() && verify() && err.kind == ERR_VERIFY && str_starts(err.msg, files[i]) && !strstr(err.msg, "s3cret") && !w.mounts,
		   "%s that is not as written is seen: %s", files[i], err.msg);
	}
}

/* The archive behind the image's, unpacked; "" when there is none. */
static const char *appended(void)
{
	static char text[4096];
	const struct str *f = &file_at(initramfs_path, false)->data;
	size_t at = strlen(initramfs), n;

	ok(f->len >= at && !memcmp(f->s, initramfs, at), "the image's initramfs is in front as it was");
	memset(text, 0, sizeof(text));
	if (f->len == at)
		return text;
	n = ZSTD_decompress(text, sizeof(text) - 1, f->s + at, f->len - at);
	ok(!ZSTD_isError(n) && !(n % 4), "what was appended is one frame, of whole words");
	for (size_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = '~';
	return text;
}

#define ENTRY(mode, size, name_size) "070701" "00000000" mode "00000000" "00000000" "00000001" "00000000" size \
	"00000000" "00000000" "00000000" "00000000" name_size "00000000"

static void test_settings(void)
{
	size_t len;

	start();
	ok(!apply() && !verify() && !w.renewals, "the initramfs is not made again, but told of this machine");
	is_str(appended(),
	       ENTRY("000041ED", "00000000", "00000004") "etc~~~"
	       ENTRY("000041ED", "00000000", "0000000A") "etc/mdadm~"
	       ENTRY("000081A4", "00000070", "00000015") "etc/mdadm/mdadm.conf~~"
	       "HOMEHOST <ignore>\nMAILADDR root\nAUTO -all\nARRAY /dev/md/md-boot UUID=0:1:2:3\nARRAY /dev/md/md-main UUID=4:5:6:7\n"
	       ENTRY("000041ED", "00000000", "00000004") "etc~~~"
	       ENTRY("000041ED", "00000000", "00000008") "etc/lvm~~~"
	       ENTRY("000081A4", "0000003F", "00000016") "etc/lvm/lvmlocal.conf~"
	       "activation {\n\tauto_activation_volume_list = [ \"vg0\", \"vg1\" ]\n}\n~"
	       ENTRY("000041ED", "00000000", "0000000A") "cryptroot~"
	       ENTRY("000081A4", "00000025", "00000013") "cryptroot/crypttab~~~~"
	       "secret UUID=1ec5 none luks,initramfs\n~~~"
	       ENTRY("00000000", "00000000", "0000000B") "TRAILER!!!~~~~", "of what root stands on, and no more");
	len = file_at(initramfs_path, false)->data.len;
	ok(!apply() && !verify() && file_at(initramfs_path, false)->data.len == len, "and told once, however often it is done");
	file_at(initramfs_path, false)->data.s[len - 1] ^= 1;
	ok(verify() && err.kind == ERR_VERIFY && strstr(err.msg, "does not end in the settings"), "other settings are seen: %s", err.msg);
	start();
	w.lie_path = initramfs_path;
	w.lie = initramfs;
	ok(!apply() && verify() && err.kind == ERR_VERIFY && !w.mounts, "so are none: %s", err.msg);
}

/* A root on a partition, without arrays or groups. */
static void test_plain(void)
{
	const struct op_identity all = identity;

	start();
	identity.dev = "system:2";
	identity.n_arrays = identity.n_groups = 0;
	identity.n_crypttab = 0;
	ok(!apply() && !verify() && !w.looks && !w.renewals, "without anything below root nobody looks into the initramfs");
	is_str(appended(), "", "which stays as it is");
	identity = all;
}

static void test_programs(void)
{
	static const char *const names[] = { "usr/sbin/mdadm\n", "usr/sbin/lvm\n", "usr/sbin/cryptsetup", "cryptsetup/askpass" };

	start();
	w.stale = 1;
	ok(!apply() && !verify() && w.renewals == 1, "an initramfs that lacks a program is made again");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char list[sizeof(whole)];

		start();
		memcpy(list, whole, sizeof(whole));
		strstr(list, names[i])[strcspn(names[i], "\n") - 1] = '?';
		w.initramfs = list;
		ok(apply() && err.kind == ERR_VERIFY && strstr(err.msg, "initramfs has no") && w.renewals == 1 && !w.mounts,
		   "and refused when it still does: %s", err.msg);
	}
}

static void test_key(void)
{
	AUTO_STR said = STR_INIT;
	struct sys *dry = sys_dry_new(&said);

	start();
	env.sys = dry;
	(void)!apply();
	ok(said.len && !strstr(str_text(&said), "s3cret"), "nothing that is run or said holds the key");
	sys_free(dry);
	start();
	env.n_secrets = 0;
	ok(apply() && err.kind == ERR_INPUT && !w.mounts, "without the key it fails: %s", err.msg);
	env.n_secrets = 1;
}

/* Every effect fails once: an error, nothing left mounted, and the next try is good. */
static void test_fails(void)
{
	size_t n, bad = 0, asked = 0;

	for (n = 1; n < 300; n++) {
		struct sys *f;
		const char *verb;
		int rc;

		start();
		f = sys_fake_new(&world_sys);
		sys_fake_fail_at(f, n, SYS_FAKE_ONCE);
		env.sys = f;
		rc = apply() || verify();
		verb = sys_fake_failed(f);
		sys_free(f);
		env.sys = &world_sys;
		if (!verb)
			break;
		/* A package that cannot be asked for is installed again; a list that cannot be read is made again. */
		if (!rc && !strcmp(verb, "exec") && w.installs == 1 && (w.queries == 2 || w.renewals == 1)) {
			asked++;
			continue;
		}
		if (!rc || w.mounts != !strcmp(verb, "umount")) {
			printf("# effect %zu, %s: rc %d, %d mounts\n", n, verb, rc, w.mounts);
			bad++;
		}
	}
	ok(n > 60 && n < 300 && !bad && asked == 4, "each of its %zu effects may fail", n - 1);
}

int main(void)
{
	key_generate(pub, sec);
	env.release_key = pub;
	test_written();
	test_seen();
	test_settings();
	test_plain();
	test_programs();
	test_key();
	test_fails();
	world_reset();
	return tap_end();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LUKS2. The key's bytes go to cryptsetup's standard input and nowhere else: not into arguments, files, messages. What a
 * person types at boot are the same bytes, hence no line end. Without udev libdevmapper makes the nodes itself (it
 * looks for /run/udev/control). Seen by hand:
 *
 *   cryptsetup luksFormat --type luks2 --batch-mode --key-file - --uuid U --pbkdf argon2id ... DEV <key
 *   cryptsetup open --type luks2 --key-file - DEV NAME <key
 *   dmsetup info -c --noheadings -o name,uuid      NAME:CRYPT-LUKS2-<uuid without dashes>-NAME; "No devices found"
 */
#include <string.h>

#include "base/str.h"
#include "ops/ops.h"

/*
 * 256 MiB for the key derivation: a machine with 768 MiB opens it again from its initramfs. cryptsetup itself takes less
 * where the processor is slow.
 */
static const char memory_kib[] = "262144";

static int run(struct op_env *env, const char *const *argv, const struct op_secret *key, struct str *output, struct error *err)
{
	const struct sys_exec x = { .argv = argv, .output = output, .timeout_ms = 300000,
				    .input = key ? (const char *)key->bytes : NULL, .input_len = key ? key->len : 0 };

	return env->sys->ops->exec(env->sys, &x, err);
}

/* UUID that the device mapper has for NAME, NULL when nothing has that name. */
static int mapped(struct op_env *env, const char *name, struct arena *a, const char **ret, struct error *err)
{
	static const char *const argv[] = { "dmsetup", "info", "-c", "--noheadings", "-o", "name,uuid", NULL };
	AUTO_STR out = STR_INIT;
	char *save = NULL;
	size_t n = strlen(name);

	*ret = NULL;
	if (run(env, argv, NULL, &out, err))
		return -1;
	for (char *line = strtok_r(arena_strdup(a, str_text(&out)), "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, name, n) && line[n] == ':')
			*ret = line + n + 1;
	return 0;
}

static int format(struct op_env *env, const struct op_crypt *p, const char *dev, const struct op_secret *key, struct error *err)
{
	const char *const argv[] = { "cryptsetup", "luksFormat", "--type", "luks2", "--batch-mode", "--key-file", "-",
				     "--uuid", p->uuid, "--pbkdf", "argon2id", "--pbkdf-memory", memory_kib, dev, NULL };

	return run(env, argv, key, NULL, err);
}

int crypt_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_crypt *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const struct op_secret *key;
	const char *dev, *there;

	if (op_secret(env, p->key, &key, err) || op_dev_path(env, p->dev, &a, &dev, err) || mapped(env, p->name, &a, &there, err))
		return -1;
	if (there && run(env, (const char *const[]){ "cryptsetup", "close", p->name, NULL }, NULL, NULL, err))
		return -1;
	if (!p->keep && format(env, p, dev, key, err))
		return -1;
	if (run(env, (const char *const[]){ "cryptsetup", "open", "--type", "luks2", "--key-file", "-", dev, p->name, NULL }, key,
		NULL, err))
		return p->keep ? error_hint(err, "the key in the site file does not open what is kept: correct it, or release the device") :
				 -1;
	return 0;
}

/* As the device mapper names it: CRYPT-LUKS2-, the UUID without its dashes, the name. */
static const char *mapper_uuid(const struct op_crypt *p, struct arena *a)
{
	AUTO_STR t = STR_INIT;

	str_add(&t, "CRYPT-LUKS2-");
	for (const char *c = p->uuid; *c; c++)
		if (*c != '-')
			str_addc(&t, *c);
	str_addf(&t, "-%s", p->name);
	return arena_strdup(a, str_text(&t));
}

int crypt_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_crypt *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const char *dev, *there;
	struct disk d;

	if (op_dev_path(env, p->dev, &a, &dev, err) || op_probe_dev(env, p->dev, &a, &d, err))
		return -1;
	if (d.n_signatures != 1 || !str_eq(d.signatures[0].type, "crypto_LUKS") || !d.signatures[0].uuid ||
	    strcasecmp(d.signatures[0].uuid, p->uuid) != 0)
		return error_set(err, ERR_VERIFY, "%s: does not carry LUKS %s", dev, p->uuid);
	if (run(env, (const char *const[]){ "cryptsetup", "isLuks", "--type", "luks2", dev, NULL }, NULL, NULL, err))
		return error_set(err, ERR_VERIFY, "%s: is not LUKS version 2", dev);
	if (mapped(env, p->name, &a, &there, err))
		return -1;
	if (!there || strcasecmp(there, mapper_uuid(p, &a)) != 0)
		return error_set(err, ERR_VERIFY, "crypt %s: %s is open under that name, wanted LUKS %s", p->name,
				 there ? there : "nothing", p->uuid);
	return 0;
}

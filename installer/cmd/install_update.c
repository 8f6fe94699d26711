/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `update`: another release for the admin node that this runs on; `fulcrum update SOURCE` comes here. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/fd.h"
#include "base/size.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "engine/update.h"
#include "sys/watchdog.h"

static const char run_dir[] = "/run/fulcrum", data_dir[] = "/data", medium_dir[] = "/run/fulcrum/update/medium";
static const char key_path[] = "/usr/share/fulcrum/release.pub";

static void say(const char *line)
{
	printf("%s\n", line);
	fflush(stdout);
	channel_emit("update", "install", "text", line, NULL);
}

/* --- where the release is */

/* A directory with SEED in it, or in fulcrum/ below it, as on the medium. */
static int in_directory(struct job *j, const char *dir, const char **ret, struct error *err)
{
	const char *const places[] = { dir, arena_printf(&j->a, "%s/fulcrum", dir) };

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (!access(arena_printf(&j->a, "%s/SEED", places[i]), R_OK)) {
			*ret = arena_printf(&j->a, "file://%s", places[i]);
			return 0;
		}
	return error_set(err, ERR_NOT_FOUND, "%s: no release is there: neither SEED nor fulcrum/SEED", dir);
}

static int drop(void *ctx UNUSED, const void *data UNUSED, size_t len UNUSED, struct error *err UNUSED)
{
	return 0;
}

static int at_url(struct job *j, const char *url, const char **ret, struct error *err)
{
	size_t n = strlen(url);

	while (n && url[n - 1] == '/')
		n--;
	if (n > 4 && !strncmp(url + n - 4, ".iso", 4)) {
		error_set(err, ERR_USAGE, "%s: a URL names where the files of a release lie, not an ISO", url);
		return error_hint(err, "fetch it and give the file, or mount it on that server and give the directory");
	}
	*ret = arena_printf(&j->a, "%.*s", (int)n, url);
	if (!j->sys->ops->fetch(j->sys, arena_printf(&j->a, "%s/SEED.sig", *ret), 0, 0, drop, NULL, err))
		return 0;
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	*ret = arena_printf(&j->a, "%s/fulcrum", *ret);
	return j->sys->ops->fetch(j->sys, arena_printf(&j->a, "%s/SEED.sig", *ret), 0, 0, drop, NULL, err);
}

/* Busybox' mount sets up a loop device for a file, and the kernel takes it down after the unmount. */
static int mount_it(struct job *j, const char *path, bool device, struct error *err)
{
	static const char *const types[] = { "iso9660", "vfat", "ext4" };
	static const char *const options[] = { "ro,nodev,nosuid,noexec", "ro,nodev,nosuid,noexec", "ro,nodev,nosuid,noexec,noload" };

	if (j->sys->ops->make_dirs(j->sys, medium_dir, 0700, err))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const char *const argv[] = { "mount", "-t", types[i], "-o",
					     device ? options[i] : arena_printf(&j->a, "loop,%s", options[i]), path, medium_dir, NULL };

		if (!j->sys->ops->exec(j->sys, &(struct sys_exec){ .argv = argv }, err))
			return 0;
	}
	error_set(err, ERR_MEDIUM, "%s: carries no file system that can be read", path);
	return error_hint(err, "give a Fulcrum medium, its ISO, a directory that holds a release, or a URL of one");
}

static int find_release(struct job *j, const char *what, bool *ret_mounted, const char **ret, struct error *err)
{
	struct stat st;

	*ret_mounted = false;
	if (str_starts(what, "http://") || str_starts(what, "https://"))
		return at_url(j, what, ret, err);
	if (stat(what, &st))
		return error_sys(err, errno, "%s", what);
	if (S_ISDIR(st.st_mode)) {
		char real[PATH_MAX];

		return realpath(what, real) ? in_directory(j, arena_strdup(&j->a, real), ret, err) : error_sys(err, errno, "%s", what);
	}
	if (mount_it(j, what, S_ISBLK(st.st_mode), err))
		return -1;
	*ret_mounted = true;
	return in_directory(j, medium_dir, ret, err);
}

/* --- */

static void tell_view(const struct update *u, const struct update_view *v)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *dog = watchdog_hardware("", &a);
	char size[SIZE_TEXT_MAX], room[SIZE_TEXT_MAX];

	printf("release   %s into slot %c; %s in slot %c stays\n", v->new.build_id, SLOT_OTHER(v->slots.running), v->running,
	       v->slots.running);
	printf("content   %" PRIu64 " files, %s, every byte checked; %s are free\n", v->new.seed_files,
	       size_format(v->new.seed_bytes, size), size_format(v->free_bytes, room));
	printf("database  %s\n", v->database);
	printf("hangs     %s%s\n", dog ? dog : "no watchdog in hardware: ", dog ? " restarts a kernel that hangs" :
	       "if its kernel hangs, switch the machine off and on");
	printf("trial     this machine restarts; unless the checks pass within %u s of that, %s is back\n", u->seconds, v->running);
}

static int read_key(struct job *j, struct error *err)
{
	AUTO_STR key = STR_INIT;

	if (file_read(j->o.key ? j->o.key : key_path, 256, &key, err))
		return -1;
	j->release_key = arena_strndup(&j->a, str_text(&key), strcspn(str_text(&key), "\n"));
	return 0;
}

static int update(struct job *j, const char *source, struct error *err)
{
	const struct update u = { .sys = j->sys, .root = "", .run = run_dir, .data = data_dir, .source = source,
				  .release_key = j->release_key, .seconds = j->o.seconds ? j->o.seconds : UPDATE_SECONDS,
				  .allow_older = j->o.allow_older, .say = say };
	struct update_view v;

	if (update_look(&u, &v, &j->a, err))
		return -1;
	tell_view(&u, &v);
	if (j->o.dry)
		return 0;
	return update_write(&u, &v, err);
}

int verb_update(struct job *j, struct error *err)
{
	const char *source = NULL;
	struct error later;
	bool mounted;
	int rc;

	if (read_key(j, err))
		return -1;
	rc = find_release(j, j->o.site, &mounted, &source, err);
	if (!rc)
		rc = update(j, source, err);
	if (mounted && j->sys->ops->umount(j->sys, medium_dir, &later) && !rc) {
		*err = later;
		rc = -1;
	}
	if (rc)
		channel_emit("error", "install", "kind", error_kind_name(err->kind), "text", err->msg, "hint", err->hint, NULL);
	if (rc || j->o.dry)
		return rc;
	if (j->o.no_restart) {
		say("it is started at the next restart");
		return 0;
	}
	say("restarting into it");
	return j->sys->ops->reboot(j->sys, err);
}

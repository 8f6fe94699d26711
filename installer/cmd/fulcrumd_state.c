/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words and files of export and import, and the question before the plan; what is done is admin/state.h's. */
#include "cmd/fulcrumd_state.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/state.h"
#include "admin/trial.h"
#include "base/channel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/size.h"
#include "cmd/fulcrum_client.h"
#include "cmd/passphrase.h"

struct options {
	struct state_env env;
	const char *passphrase_file, *plan_hash, *site_file, *file;
	bool check, replace, no_restart, finish, keep, drop;
	struct arena *a;
};

static const char usage_text[] =
	"usage: fulcrum export [--passphrase-file FILE] FILE | -\n"
	"       fulcrum export --check [--passphrase-file FILE] FILE | -\n"
	"       fulcrum import [--passphrase-file FILE] [--site FILE] [--replace] [--plan-hash HASH] [--no-restart] FILE\n"
	"       fulcrum factory-reset --keep-data | --drop-data [--plan-hash HASH] [--no-restart]\n"
	"The passphrase is asked for at the terminal, or is the first line of a file; it is never an argument.\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return 2;
}

/* Said while it runs, where a person looks; at most once a second. */
static void tell(uint64_t done, uint64_t total)
{
	static uint64_t last_ms;
	char now[SIZE_TEXT_MAX], all[SIZE_TEXT_MAX];
	uint64_t ms = clock_mono_ms();

	if (!isatty(STDERR_FILENO) || (last_ms && ms - last_ms < 1000))
		return;
	last_ms = ms;
	fprintf(stderr, "\r%s%s%s   ", size_format(done, now), total ? " of " : "", total ? size_format(total, all) : "");
}

/* --- export */

/*
 * A copy of the database as *RET_PATH. The daemon has it to itself, and makes the copy; without a daemon we do. *RET_HASH: of the site file
 * that it works by, NULL without one.
 */
static int copy_database(const struct options *o, const char **ret_path, const char **ret_hash, struct error *err)
{
	struct tree *answer;

	*ret_path = state_database_copy(&o->env.paths, o->a);
	*ret_hash = NULL;
	if (!client_ask("/database/copy", "", o->a, &answer, err)) {
		*ret_path = arena_strdup(o->a, tree_get_text(answer, "path"));
		*ret_hash = arena_strdup(o->a, tree_get_text(answer, "site_hash"));
		return *ret_path && *ret_hash ? 0 : error_set(err, ERR_INTERNAL, "fulcrumd said nothing of the copy that it made");
	}
	if (err->kind != ERR_NET)
		return -1;
	return store_copy(arena_printf(o->a, "%s/fulcrum.db", o->env.paths.data), *ret_path, err);
}

static int write_export(const struct options *o, int fd, const char *pass, struct state_manifest *m, struct error *err)
{
	const char *database, *hash;
	AUTO_FD lock = -1;
	int rc;

	if (state_lock(&o->env, &lock, err) || copy_database(o, &database, &hash, err))
		return -1;
	rc = state_export(&o->env, database, hash, fd, pass, m, o->a, err);
	unlink(database);
	return rc;
}

static int taken(const char *file, struct error *err)
{
	error_set(err, ERR_CONFLICT, "%s is there already: nothing is overwritten", file);
	return error_hint(err, "name another file, or remove that one first");
}

/* RENAME to a name that is free; where the file system cannot promise that in one step (NFS), as well as it can be had. */
static int rename_new(const char *from, const char *to, struct error *err)
{
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	if (errno == EEXIST || (errno == EINVAL && !access(to, F_OK)))
		return taken(to, err);
	if (errno == EINVAL && !rename(from, to))
		return 0;
	return error_sys(err, errno, "%s", to);
}

/* Written beside, on the disk, and then renamed: FILE is whole or is not there. */
static int export_to_file(const struct options *o, const char *pass, struct state_manifest *m, struct error *err)
{
	const char *part = arena_printf(o->a, "%s.part", o->file);
	AUTO_FD fd = -1;
	int rc;

	if (!access(o->file, F_OK))
		return taken(o->file, err);
	/* What an export left there that was cut short. */
	if (unlink(part) && errno != ENOENT)
		return error_sys(err, errno, "%s", part);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_sys(err, errno, "%s", part);
	rc = write_export(o, fd, pass, m, err);
	if (!rc && fsync(fd))
		rc = error_sys(err, errno, "%s", part);
	if (!rc)
		rc = rename_new(part, o->file, err);
	if (rc)
		unlink(part);
	return rc;
}

static int do_export(const struct options *o, const char *pass, struct error *err)
{
	bool to_stdout = str_eq(o->file, "-");
	struct state_manifest m;
	AUTO_STR out = STR_INIT;

	if (to_stdout && isatty(STDOUT_FILENO))
		return error_set(err, ERR_USAGE, "standard output is a terminal: a file is wanted");
	if (to_stdout ? write_export(o, STDOUT_FILENO, pass, &m, err) : export_to_file(o, pass, &m, err))
		return -1;
	state_manifest_print(&m, &out);
	fprintf(stderr, "%s%s", isatty(STDERR_FILENO) ? "\r" : "", str_text(&out));
	if (!to_stdout)
		fprintf(stderr, "written   %s; read it once where it will be kept: fulcrum export --check FILE\n", o->file);
	return 0;
}

static int open_input(const char *file, struct error *err)
{
	int fd = str_eq(file, "-") ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? error_sys(err, errno, "%s", file) : fd;
}

static int do_check(const struct options *o, const char *pass, struct error *err)
{
	AUTO_FD fd = open_input(o->file, err);
	struct state_manifest m;
	AUTO_STR out = STR_INIT;

	if (fd < 0 || state_check(fd, o->file, pass, &m, o->a, err))
		return -1;
	state_manifest_print(&m, &out);
	for (size_t i = 0; i < m.n_files; i++)
		str_addf(&out, "%s  %12" PRIu64 "  %s\n", m.files[i].digest, m.files[i].bytes, m.files[i].path);
	printf("%severy byte is as it was written\n", str_text(&out));
	return 0;
}

/* --- import */

static int own_nodes(const struct options *o, uint64_t *ret, struct error *err)
{
	const char *path = arena_printf(o->a, "%s/fulcrum.db", o->env.paths.data);
	const struct tree *nodes;
	struct tree *answer;
	struct store *st;
	int64_t n;
	int rc;

	*ret = 0;
	if (!client_ask("/nodes", NULL, o->a, &answer, err)) {
		nodes = tree_get(answer, "nodes");
		*ret = nodes ? nodes->n : 0;
		return nodes ? 0 : error_set(err, ERR_INTERNAL, "fulcrumd said nothing of its nodes");
	}
	if (err->kind != ERR_NET)
		return -1;
	if (access(path, F_OK))
		return 0;
	if (store_open(path, &st, err))
		return -1;
	rc = store_number(st, "SELECT count(*) FROM node", &n, err, "");
	store_close(st);
	*ret = (uint64_t)n;
	return rc;
}

/* HASH, whole or its first digits, from the command line or typed; or WORD, typed, if it is not NULL. */
static int confirm(const struct options *o, const char *hash, const char *word, struct error *err)
{
	char line[HASH_HEX + 2];
	const char *given = o->plan_hash;
	size_t n;

	if (!given && isatty(STDIN_FILENO)) {
		printf("Type the plan's hash (%.*s)%s and Enter to do that, anything else to stop: ", PLAN_SHORT, hash, word ? " or the site's name" : "");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			line[0] = '\0';
		line[strcspn(line, "\n")] = '\0';
		given = line;
		if (word && str_eq(line, word))
			return 0;
	}
	if (!given) {
		error_set(err, ERR_REFUSED, "nobody confirmed the plan: nothing was changed");
		return error_hint(err, "--plan-hash %.*s", PLAN_SHORT, hash);
	}
	n = strlen(given);
	if (n >= PLAN_SHORT && !strncmp(hash, given, n))
		return 0;
	return error_set(err, o->plan_hash ? ERR_CHANGED : ERR_REFUSED, "\"%.64s\" is not the hash of this plan, %.*s: nothing was changed", given,
			 PLAN_SHORT, hash);
}

static int not_on_trial(const struct options *o, struct error *err)
{
	const struct trial t = { .sys = o->env.sys, .root = o->env.root, .paths = o->env.paths };

	if (!trial_seconds(&t))
		return 0;
	error_set(err, ERR_CONFLICT, "this machine's release is on trial");
	return error_hint(err, "wait until it is kept: fulcrum update --status");
}

static int do_it(const struct options *o, const struct state_view *v, const char *what, const char *word, struct error *err)
{
	printf("%splan      %.*s\n", str_text(&v->plan), PLAN_SHORT, v->hash);
	fflush(stdout);
	if (confirm(o, v->hash, word, err)) {
		state_drop(&o->env);
		return -1;
	}
	if (state_commit(&o->env, err))
		return -1;
	channel_emit("state", "admin", "text", what, NULL);
	if (o->no_restart) {
		printf("it is put in place at the next start of this machine\n");
		return 0;
	}
	printf("restarting into it\n");
	fflush(stdout);
	return o->env.sys->ops->reboot(o->env.sys, err);
}

static int do_import(const struct options *o, const char *pass, struct error *err)
{
	AUTO_FD fd = -1;
	AUTO_FD lock = -1;
	struct state_view v = { .plan = STR_INIT };
	uint64_t nodes;
	int rc;

	if (not_on_trial(o, err) || state_lock(&o->env, &lock, err) || own_nodes(o, &nodes, err))
		return -1;
	fd = open_input(o->file, err);
	if (fd < 0)
		return -1;
	rc = state_import_look(&o->env, fd, o->file, pass, nodes, o->replace, o->site_file, &v, err);
	if (!rc)
		rc = do_it(o, &v, "imported", NULL, err);
	str_release(&v.plan);
	return rc;
}

/* --- factory reset */

static int do_reset(const struct options *o, struct error *err)
{
	struct state_view v = { .plan = STR_INIT };
	AUTO_FD lock = -1;
	const char *site;
	uint64_t nodes;
	int rc;

	if (not_on_trial(o, err) || state_lock(&o->env, &lock, err) || own_nodes(o, &nodes, err))
		return -1;
	rc = state_reset_look(&o->env, nodes, o->keep, &v, &site, o->a, err);
	if (!rc)
		rc = do_it(o, &v, "reset", site, err);
	str_release(&v.plan);
	return rc;
}

/* What a start does, by hand. */
static int do_finish(const struct options *o)
{
	AUTO_STR warnings = STR_INIT;

	state_settle(&o->env, &warnings);
	fputs(str_text(&warnings), stderr);
	return warnings.len ? 8 : 0;
}

/* --- words */

enum { OPT_DATA = 256, OPT_RUN, OPT_SEED, OPT_KEY, OPT_ROOT, OPT_PASS, OPT_CHECK, OPT_REPLACE, OPT_HASH, OPT_SITE, OPT_STAY, OPT_FINISH, OPT_KEEP, OPT_DROP };

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "data", required_argument, NULL, OPT_DATA },
		{ "run", required_argument, NULL, OPT_RUN },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "release-key", required_argument, NULL, OPT_KEY },
		{ "root", required_argument, NULL, OPT_ROOT },
		{ "passphrase-file", required_argument, NULL, OPT_PASS },
		{ "check", no_argument, NULL, OPT_CHECK },
		{ "replace", no_argument, NULL, OPT_REPLACE },
		{ "plan-hash", required_argument, NULL, OPT_HASH },
		{ "site", required_argument, NULL, OPT_SITE },
		{ "no-restart", no_argument, NULL, OPT_STAY },
		{ "finish", no_argument, NULL, OPT_FINISH },
		{ "keep-data", no_argument, NULL, OPT_KEEP },
		{ "drop-data", no_argument, NULL, OPT_DROP },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0)
		switch (c) {
		case OPT_DATA: o->env.paths.data = optarg; break;
		case OPT_RUN: o->env.paths.run = optarg; break;
		case OPT_SEED: o->env.paths.seed = optarg; break;
		case OPT_KEY: o->env.paths.release_key = optarg; break;
		case OPT_ROOT: o->env.root = optarg; break;
		case OPT_PASS: o->passphrase_file = optarg; break;
		case OPT_CHECK: o->check = true; break;
		case OPT_REPLACE: o->replace = true; break;
		case OPT_HASH: o->plan_hash = optarg; break;
		case OPT_SITE: o->site_file = optarg; break;
		case OPT_STAY: o->no_restart = true; break;
		case OPT_FINISH: o->finish = true; break;
		case OPT_KEEP: o->keep = true; break;
		case OPT_DROP: o->drop = true; break;
		default: return -1;
		}
	return 0;
}

bool fulcrumd_state_verb(const char *word)
{
	return str_eq(word, "export") || str_eq(word, "import") || str_eq(word, "factory-reset");
}

enum verb { EXPORT, IMPORT, RESET };

/* What each verb takes, and needs. */
static bool makes_sense(const struct options *o, enum verb verb, int n_files)
{
	bool plan = o->plan_hash || o->no_restart;

	if (o->finish)
		return verb == IMPORT && !n_files;
	if (verb == RESET)
		return !n_files && o->keep != o->drop && !o->check && !o->replace && !o->site_file;
	if (n_files != 1 || o->keep || o->drop)
		return false;
	/* One standard input for both would be read in two pieces. */
	if (str_eq(o->file, "-") && str_eq(o->passphrase_file, "-") && (verb == IMPORT || o->check))
		return false;
	return verb == IMPORT ? !o->check : !o->replace && !o->site_file && !plan;
}

static int run_sealed(const struct options *o, enum verb verb, struct error *err)
{
	bool writes = verb == EXPORT && !o->check;
	AUTO_STR pass = STR_INIT;
	int rc = passphrase_read(o->passphrase_file, writes, &pass, err);

	if (!rc && writes)
		rc = sealed_pass_check(str_text(&pass), err);
	if (!rc)
		rc = verb == IMPORT ? do_import(o, str_text(&pass), err) : o->check ? do_check(o, str_text(&pass), err) : do_export(o, str_text(&pass), err);
	passphrase_wipe(&pass);
	return rc;
}

int fulcrumd_state(int argc, char **argv)
{
	AUTO_ARENA a = ARENA_INIT;
	struct options o = {
		.env = { .root = "", .paths = { "/data/fulcrum", "/run/fulcrum", "/data/seed/current", "/usr/share/fulcrum/release.pub" }, .tell = tell },
		.a = &a,
	};
	enum verb verb = str_eq(argv[1], "import") ? IMPORT : str_eq(argv[1], "export") ? EXPORT : RESET;
	struct error err;
	int code = 0, n_files;

	if (parse(argc - 1, argv + 1, &o))
		return usage();
	n_files = argc - 1 - optind;
	o.file = n_files > 0 ? argv[1 + optind] : NULL;
	if (!makes_sense(&o, verb, n_files))
		return usage();
	umask(0077);
	setenv("FULCRUM_SOCKET", arena_printf(&a, "%s/operator.sock", o.env.paths.run), 1);
	o.env.sys = sys_real_new();
	if (o.finish)
		code = do_finish(&o);
	else if (verb == RESET ? do_reset(&o, &err) : run_sealed(&o, verb, &err))
		code = client_fail("fulcrum", &err);
	sys_free(o.env.sys);
	return code;
}

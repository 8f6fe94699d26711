/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole copies of the database, by SQLite's backup (sqlite.org/backup.html), and what a release does with one of another schema. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/store.h"
#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"

static int open_db(const char *path, int flags, sqlite3 **ret, struct error *err)
{
	if (sqlite3_open_v2(path, ret, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
	    sqlite3_busy_timeout(*ret, 5000) == SQLITE_OK)
		return 0;
	error_set(err, ERR_IO, "%s: %s", path, sqlite3_errmsg(*ret));
	sqlite3_close(*ret);
	*ret = NULL;
	return -1;
}

/* The first column of the first row of SQL; OTHERWISE if that fails or there is none. */
static int64_t number(sqlite3 *db, const char *sql, int64_t otherwise)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		otherwise = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return otherwise;
}

int store_look(const char *path, int64_t *ret_schema, int64_t *ret_reader, struct error *err)
{
	sqlite3 *db;

	*ret_schema = *ret_reader = 0;
	if (access(path, F_OK) && errno == ENOENT)
		return 0;
	/* Not read-only: what an unclean end left in the WAL is part of it. */
	if (open_db(path, SQLITE_OPEN_READWRITE, &db, err))
		return -1;
	*ret_schema = number(db, "PRAGMA user_version", -1);
	/* A daemon has it to itself, and that is this release's: it has brought it to its own schema. */
	if (*ret_schema < 0 && sqlite3_errcode(db) == SQLITE_BUSY) {
		*ret_schema = STORE_SCHEMA;
		*ret_reader = STORE_READER;
		sqlite3_close(db);
		return 0;
	}
	/* Before that schema nobody said who may read it: only those that know that schema. */
	*ret_reader = *ret_schema < STORE_SCHEMA_SAYS_READER ? *ret_schema :
							       number(db, "SELECT value FROM meta WHERE name = 'reader'", *ret_schema);
	if (*ret_schema < 0)
		error_set(err, ERR_IO, "%s: %s", path, sqlite3_errmsg(db));
	sqlite3_close(db);
	return *ret_schema < 0 ? -1 : 0;
}

static int run_backup(sqlite3 *to, sqlite3 *from, const char *path, struct error *err)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int code;

	if (!b)
		return error_set(err, ERR_IO, "%s: %s", path, sqlite3_errmsg(to));
	code = sqlite3_backup_step(b, -1);
	if (sqlite3_backup_finish(b) == SQLITE_OK && code == SQLITE_DONE &&
	    /* One file: whoever opens it makes it a WAL database again. */
	    sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return error_set(err, ERR_IO, "%s: %s", path, sqlite3_errmsg(to));
}

static int sync_dir_of(const char *path, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	char *dir = arena_strdup(&a, path);
	AUTO_FD fd = -1;

	*strrchr(dir, '/') = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		return error_sys(err, errno, "%s", dir);
	return 0;
}

int store_copy(const char *from, const char *to, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *tmp = arena_printf(&a, "%s.new", to);
	sqlite3 *in, *out;
	int rc = 0;

	if (unlink(tmp) && errno != ENOENT)
		return error_sys(err, errno, "%s", tmp);
	if (open_db(from, SQLITE_OPEN_READWRITE, &in, err))
		return -1;
	if (open_db(tmp, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &out, err)) {
		sqlite3_close(in);
		return -1;
	}
	rc = run_backup(out, in, to, err);
	sqlite3_close(out);
	sqlite3_close(in);
	if (!rc && rename(tmp, to))
		rc = error_sys(err, errno, "%s", to);
	if (!rc)
		rc = sync_dir_of(to, err);
	if (rc)
		unlink(tmp);
	return rc;
}

static const char *copy_name(const char *path, int64_t schema, struct arena *a)
{
	return arena_printf(a, "%s.schema-%lld", path, (long long)schema);
}

int store_keep(const char *path, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	int64_t schema, reader;

	if (store_look(path, &schema, &reader, err))
		return -1;
	/* As long as it has that schema it is what counts, whatever an earlier attempt left. */
	return schema > 0 && schema < STORE_SCHEMA ? store_copy(path, copy_name(path, schema, &a), err) : 0;
}

/* Leaves PATH as one file without a WAL, so that another may take its place in one step. */
static int settle(const char *path, struct error *err)
{
	sqlite3 *db;
	int code;

	if (open_db(path, SQLITE_OPEN_READWRITE, &db, err))
		return -1;
	code = sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		error_set(err, ERR_IO, "%s: %s", path, sqlite3_errmsg(db));
	sqlite3_close(db);
	return code == SQLITE_OK ? 0 : -1;
}

bool store_reads(int64_t schema, int64_t reader)
{
	return schema <= STORE_SCHEMA || reader <= STORE_SCHEMA;
}

int store_take_back(const char *path, const char **ret_from, struct arena *a, struct error *err)
{
	int64_t schema, reader;
	const char *copy = NULL;

	*ret_from = NULL;
	if (store_look(path, &schema, &reader, err))
		return -1;
	if (store_reads(schema, reader))
		return 0;
	for (int64_t n = STORE_SCHEMA; n > 0 && !copy; n--)
		if (!access(copy_name(path, n, a), R_OK))
			copy = copy_name(path, n, a);
	if (!copy) {
		error_set(err, ERR_CONFLICT, "%s: schema %lld is newer than this release reads, and there is no copy from before", path,
			  (long long)schema);
		return error_hint(err, "start the release that wrote it");
	}
	/* The newer one is kept, too: a person may want to look at what happened in it. */
	if (store_copy(path, arena_printf(a, "%s.given-up", path), err) || settle(path, err) || store_copy(copy, path, err))
		return -1;
	*ret_from = copy;
	return 0;
}

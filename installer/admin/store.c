/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SQLite behind a few verbs. */
#include "admin/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum { KEPT = 128 };

struct store {
	sqlite3 *db;
	bool durable;
	size_t n;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} kept[KEPT];
};

struct store_row {
	sqlite3_stmt *stmt;
};

/*
 * One migration a number, never edited once released. Times are seconds since 1970. Foreign keys
 * are declared for readers and enforced (PRAGMA foreign_keys).
 */
static const char *const migrations[] = {
	/* 1 */
	"CREATE TABLE node ("
	" id INTEGER PRIMARY KEY,"
	" label TEXT NOT NULL UNIQUE," /* what it is called before it has a name */
	" name TEXT UNIQUE, profile TEXT, address TEXT UNIQUE, mac TEXT,"
	" state TEXT NOT NULL, since INTEGER NOT NULL, heard INTEGER NOT NULL,"
	" life TEXT NOT NULL, boot TEXT," /* who speaks now: the agent or the system on disk, and its boot */
	" fresh INTEGER NOT NULL DEFAULT 0," /* the inventory is of the running agent, nothing written since */
	" machine TEXT NOT NULL,"
	" intent TEXT NOT NULL DEFAULT '', intent_plan TEXT, intent_wipe TEXT NOT NULL DEFAULT '[]',"
	" reboots INTEGER NOT NULL DEFAULT 0,"
	" attempt INTEGER NOT NULL DEFAULT 0, installed INTEGER NOT NULL DEFAULT 0,"
	" own_goal TEXT, message TEXT, hint TEXT) STRICT;"
	"CREATE INDEX node_state ON node(state);"
	"CREATE TABLE nodekey ("
	" kind TEXT NOT NULL, value TEXT NOT NULL, node INTEGER NOT NULL REFERENCES node(id),"
	" PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX nodekey_node ON nodekey(node);"
	"CREATE TABLE boot (" /* every boot that ever said hello: an old hello must not count again */
	" node INTEGER NOT NULL REFERENCES node(id), token TEXT NOT NULL, time INTEGER NOT NULL,"
	" PRIMARY KEY (node, token)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE attempt ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" node INTEGER NOT NULL REFERENCES node(id), created INTEGER NOT NULL, seed TEXT NOT NULL,"
	" plan TEXT, plan_hash TEXT,"
	" agent_key TEXT, agent_seq INTEGER NOT NULL DEFAULT 0, claim_seq INTEGER NOT NULL DEFAULT 0,"
	" disk_key TEXT, disk_seq INTEGER NOT NULL DEFAULT 0,"
	" claimed INTEGER NOT NULL DEFAULT 0, applied INTEGER NOT NULL DEFAULT 0,"
	" op TEXT, text TEXT, done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,"
	" percent INTEGER NOT NULL DEFAULT 0, results TEXT) STRICT;"
	"CREATE INDEX attempt_node ON attempt(node);"
	"CREATE TABLE event ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" node INTEGER NOT NULL REFERENCES node(id), attempt INTEGER NOT NULL, time INTEGER NOT NULL,"
	" from_state TEXT NOT NULL, event TEXT NOT NULL, to_state TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
	"CREATE INDEX event_node ON event(node, id);"
	"CREATE TABLE effect ("
	" event INTEGER PRIMARY KEY REFERENCES event(id), kind TEXT NOT NULL,"
	" done INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE INDEX effect_pending ON effect(event) WHERE done = 0;"
	"CREATE TABLE counter (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
	/* 2: the operator may ask for the whole image */
	"ALTER TABLE node ADD COLUMN intent_full INTEGER NOT NULL DEFAULT 0;",
	/* 3: addresses on other networks than the admin network, whose are in node */
	"CREATE TABLE address ("
	" node INTEGER NOT NULL REFERENCES node(id), network TEXT NOT NULL, address TEXT NOT NULL,"
	" PRIMARY KEY (node, network), UNIQUE (network, address)) STRICT, WITHOUT ROWID;",
	/* 4: which rule bound it; whether it may be bound anew */
	"ALTER TABLE node ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN rule TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE node ADD COLUMN roles TEXT NOT NULL DEFAULT '';",
	/* 5: several nodes may have the same key; machines that nobody knows where to put; what changed in inventories */
	"CREATE TABLE identity ("
	" kind TEXT NOT NULL, value TEXT NOT NULL, node INTEGER NOT NULL REFERENCES node(id) ON DELETE CASCADE,"
	" PRIMARY KEY (kind, value, node)) STRICT, WITHOUT ROWID;"
	"INSERT INTO identity (kind, value, node) SELECT CASE kind WHEN 'board' THEN 'system' ELSE kind END, value, node FROM nodekey;"
	"DROP TABLE nodekey;"
	"ALTER TABLE identity RENAME TO nodekey;"
	"CREATE INDEX nodekey_node ON nodekey(node);"
	"CREATE TABLE held ("
	" label TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL, hint TEXT) STRICT, WITHOUT ROWID;"
	"CREATE TABLE inventory_change ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, node INTEGER NOT NULL REFERENCES node(id) ON DELETE CASCADE,"
	" time INTEGER NOT NULL, what TEXT NOT NULL, was TEXT, became TEXT) STRICT;"
	"CREATE INDEX inventory_change_node ON inventory_change(node, id);",
	/* 6: what a database says of itself: `reader`, the oldest schema whose programs may read it */
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
	/* 7: wipes, which outlive their nodes; the one that a node is in */
	"CREATE TABLE wipe ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, label TEXT NOT NULL, created INTEGER NOT NULL,"
	" plan TEXT NOT NULL, plan_hash TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, claim_seq INTEGER NOT NULL DEFAULT 0,"
	" claimed INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0, certificate TEXT) STRICT;"
	"CREATE INDEX wipe_title ON wipe(title); CREATE INDEX wipe_label ON wipe(label);"
	"ALTER TABLE node ADD COLUMN wipe INTEGER NOT NULL DEFAULT 0;",
	/* 8: hardware tests, which outlive their nodes; the last one of a node, and the state that it goes back to */
	"CREATE TABLE hwtest ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, label TEXT NOT NULL, product TEXT, created INTEGER NOT NULL,"
	" tests TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, claim_seq INTEGER NOT NULL DEFAULT 0,"
	" claimed INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0,"
	" outcome TEXT NOT NULL DEFAULT '', text TEXT, software TEXT, results TEXT) STRICT;"
	"CREATE INDEX hwtest_title ON hwtest(title); CREATE INDEX hwtest_label ON hwtest(label); CREATE INDEX hwtest_product ON hwtest(product);"
	"ALTER TABLE node ADD COLUMN hwtest INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE node ADD COLUMN back TEXT NOT NULL DEFAULT '';",
	/* 9: tests of two nodes: the other's run; where the one that serves is reached */
	"ALTER TABLE hwtest ADD COLUMN peer INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE hwtest ADD COLUMN address TEXT;"
	"CREATE INDEX hwtest_peer ON hwtest(peer) WHERE peer > 0;",
};
_Static_assert(ARRAY_LEN(migrations) == STORE_SCHEMA, "store.h says which schema this release has");

static int fail(const struct store *st, struct error *err, const char *what)
{
	int code = sqlite3_errcode(st->db);

	if (code == SQLITE_CONSTRAINT)
		return error_set(err, ERR_CONFLICT, "database: %s: %s", what, sqlite3_errmsg(st->db));
	return error_set(err, code == SQLITE_ERROR || code == SQLITE_MISUSE ? ERR_INTERNAL : ERR_IO,
			 "database: %s: %s", what, sqlite3_errmsg(st->db));
}

static int exec(struct store *st, const char *sql, struct error *err)
{
	if (sqlite3_exec(st->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(st, err, sql);
	return 0;
}

static int say_reader(struct store *st, struct error *err)
{
	char sql[96];

	sqlite3_snprintf(sizeof(sql), sql, "INSERT OR REPLACE INTO meta (name, value) VALUES ('reader', %d)", STORE_READER);
	return exec(st, sql, err);
}

static int refuse_newer(struct store *st, int64_t version, struct error *err)
{
	int64_t reader;

	if (store_number(st, "SELECT value FROM meta WHERE name = 'reader'", &reader, err, ""))
		reader = version;
	if (store_reads(version, reader))
		return 0;
	error_set(err, ERR_CONFLICT, "database: schema %lld is newer than this program's %d", (long long)version, STORE_SCHEMA);
	return error_hint(err, "start the release that wrote it, or restore the backup from before");
}

static int migrate(struct store *st, struct error *err)
{
	int64_t version;

	if (store_number(st, "PRAGMA user_version", &version, err, ""))
		return -1;
	if (version > STORE_SCHEMA)
		return refuse_newer(st, version, err);
	for (size_t i = (size_t)version; i < ARRAY_LEN(migrations); i++) {
		char set[64];

		sqlite3_snprintf(sizeof(set), set, "PRAGMA user_version = %d", (int)i + 1);
		if (store_begin(st, true, err))
			return -1;
		if (exec(st, migrations[i], err) || exec(st, set, err) || (i + 1 >= STORE_SCHEMA_SAYS_READER && say_reader(st, err))) {
			store_rollback(st);
			return error_wrap(err, "migration %zu", i + 1);
		}
		if (store_commit(st, err))
			return -1;
	}
	return 0;
}

int store_open(const char *path, struct store **ret, struct error *err)
{
	struct store *st;

	if (store_keep(path, err))
		return -1;
	st = calloc(1, sizeof(*st));
	if (!st)
		abort();
	if (sqlite3_open_v2(path, &st->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		error_set(err, ERR_IO, "%s: %s", path, sqlite3_errmsg(st->db));
		store_close(st);
		return -1;
	}
	st->durable = true; /* SQLite's default is synchronous=FULL */
	sqlite3_busy_timeout(st->db, 5000);
	/* EXCLUSIVE: one writer, and no shared-memory file that an unclean end could leave behind. */
	if (exec(st, "PRAGMA locking_mode = EXCLUSIVE", err) ||
	    exec(st, "PRAGMA journal_mode = WAL", err) || exec(st, "PRAGMA synchronous = FULL", err) ||
	    exec(st, "PRAGMA foreign_keys = ON", err) || exec(st, "PRAGMA trusted_schema = OFF", err) ||
	    migrate(st, err)) {
		store_close(st);
		return error_wrap(err, "%s", path);
	}
	*ret = st;
	return 0;
}

void store_close(struct store *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->n; i++)
		sqlite3_finalize(st->kept[i].stmt);
	sqlite3_close(st->db);
	free(st);
}

int store_write_copy(struct store *st, const char *to, struct error *err)
{
	AUTO_FD fd = -1;

	if (unlink(to) && errno != ENOENT)
		return error_sys(err, errno, "%s", to);
	/* SQLite takes an empty file, and its mode stays (sqlite.org/lang_vacuum.html). */
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_sys(err, errno, "%s", to);
	return store_run(st, "VACUUM INTO ?", err, "s", to);
}

int store_begin(struct store *st, bool durable, struct error *err)
{
	if (durable != st->durable) {
		if (exec(st, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err))
			return -1;
		st->durable = durable;
	}
	return store_run(st, "BEGIN IMMEDIATE", err, "");
}

int store_commit(struct store *st, struct error *err)
{
	if (store_run(st, "COMMIT", err, "")) {
		store_rollback(st);
		return -1;
	}
	return 0;
}

void store_rollback(struct store *st)
{
	if (!sqlite3_get_autocommit(st->db))
		sqlite3_exec(st->db, "ROLLBACK", NULL, NULL, NULL);
}

static sqlite3_stmt *prepared(struct store *st, const char *sql, struct error *err)
{
	sqlite3_stmt *s;

	for (size_t i = 0; i < st->n; i++)
		if (st->kept[i].sql == sql)
			return st->kept[i].stmt;
	if (st->n == KEPT) {
		error_set(err, ERR_INTERNAL, "database: more than %d statements", KEPT);
		return NULL;
	}
	if (sqlite3_prepare_v3(st->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK) {
		fail(st, err, sql);
		return NULL;
	}
	st->kept[st->n].sql = sql;
	st->kept[st->n++].stmt = s;
	return s;
}

static void bind(sqlite3_stmt *s, const char *binds, va_list ap)
{
	for (int i = 1; *binds; binds++, i++)
		switch (*binds) {
		case 's':
			sqlite3_bind_text(s, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		case 'i':
			sqlite3_bind_int64(s, i, va_arg(ap, int64_t));
			break;
		case 'u':
			sqlite3_bind_int64(s, i, (sqlite3_int64)va_arg(ap, uint64_t));
			break;
		case 'b':
			sqlite3_bind_int(s, i, va_arg(ap, int) != 0);
			break;
		default:
			abort();
		}
}

static int step_all(struct store *st, const char *sql, store_row_fn fn, void *ctx, struct error *err,
		    const char *binds, va_list ap)
{
	sqlite3_stmt *s = prepared(st, sql, err);
	struct store_row row = { s };
	int code, result = 0;

	if (!s)
		return -1;
	bind(s, binds, ap);
	while ((code = sqlite3_step(s)) == SQLITE_ROW)
		if (fn && fn(ctx, &row, err)) {
			result = -1;
			break;
		}
	if (result == 0 && code != SQLITE_DONE)
		result = fail(st, err, sql);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return result;
}

int store_run(struct store *st, const char *sql, struct error *err, const char *binds, ...)
{
	va_list ap;
	int result;

	va_start(ap, binds);
	result = step_all(st, sql, NULL, NULL, err, binds, ap);
	va_end(ap);
	return result;
}

int store_each(struct store *st, const char *sql, store_row_fn fn, void *ctx, struct error *err,
	       const char *binds, ...)
{
	va_list ap;
	int result;

	va_start(ap, binds);
	result = step_all(st, sql, fn, ctx, err, binds, ap);
	va_end(ap);
	return result;
}

static int number_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	*(int64_t *)ctx = row_i64(row, 0);
	return 0;
}

int store_number(struct store *st, const char *sql, int64_t *ret, struct error *err, const char *binds,
		 ...)
{
	va_list ap;
	int result;

	*ret = 0;
	va_start(ap, binds);
	result = step_all(st, sql, number_row, ret, err, binds, ap);
	va_end(ap);
	return result;
}

const char *row_text(const struct store_row *row, int column, struct arena *a)
{
	const unsigned char *t = sqlite3_column_text(row->stmt, column);

	return t ? arena_strndup(a, (const char *)t, (size_t)sqlite3_column_bytes(row->stmt, column)) : NULL;
}

int64_t row_i64(const struct store_row *row, int column)
{
	return sqlite3_column_int64(row->stmt, column);
}

uint64_t row_u64(const struct store_row *row, int column)
{
	return (uint64_t)sqlite3_column_int64(row->stmt, column);
}

bool row_bool(const struct store_row *row, int column)
{
	return sqlite3_column_int64(row->stmt, column) != 0;
}

int64_t store_last_id(const struct store *st)
{
	return sqlite3_last_insert_rowid(st->db);
}

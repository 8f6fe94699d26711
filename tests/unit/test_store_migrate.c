/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Databases that earlier releases wrote, opened by this one. Their schemas are kept here as they were: what is
 * tested is the way from there. The only test that speaks to SQLite itself.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/identity.h"
#include "admin/nodes.h"
#include "tap.h"

static char dir[] = "/tmp/test_store.XXXXXX";
static struct error err;

static const char schema_1[] =
	"CREATE TABLE node ("
	" id INTEGER PRIMARY KEY,"
	" label TEXT NOT NULL UNIQUE,"
	" name TEXT UNIQUE, profile TEXT, address TEXT UNIQUE, mac TEXT,"
	" state TEXT NOT NULL, since INTEGER NOT NULL, heard INTEGER NOT NULL,"
	" life TEXT NOT NULL, boot TEXT,"
	" fresh INTEGER NOT NULL DEFAULT 0,"
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
	"CREATE TABLE boot ("
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
	"CREATE TABLE counter (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/* A node that was deployed, and a word of its operator that was not spent yet. */
static const char content_1[] =
	"INSERT INTO node (id, label, name, profile, address, mac, state, since, heard, life, machine, intent, intent_plan,"
	" intent_wipe, attempt, installed, own_goal)"
	" VALUES (7, 'm-1', 'node-1', 'server', '192.168.124.81', '52:54:00:00:00:01', 'bound', 1000, 1001, 'disk', '{}',"
	" 'operator', NULL, '[\"S1\"]', 3, 3, 'aaaa');"
	"INSERT INTO attempt (id, node, created, seed, plan, plan_hash, claimed, applied) VALUES (3, 7, 900, 'ff', '{}', 'abcd', 901, 902);"
	"INSERT INTO nodekey (kind, value, node) VALUES ('mac', '52:54:00:00:00:01', 7),"
	" ('board', '7d1f6f5e-0c3b-4a53-9f0e-52540000fc11/s1', 7);"
	"INSERT INTO event (node, attempt, time, from_state, event, to_state, text) VALUES (7, 3, 1000, 'ready', 'deploy', 'bound', 'x');"
	"PRAGMA user_version = 1;";

static bool run_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	bool good = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

	if (!good)
		printf("# %s\n", sqlite3_errmsg(db));
	sqlite3_close(db);
	return good;
}

static void from_schema_1(const char *path, struct arena *a)
{
	struct event_ctx full = { .now_s = 2000, .full = true, .wipe_json = "[]" };
	struct machine machine = { .machine = MACHINE_VERSION };
	struct identified who;
	struct store *st = NULL;
	int64_t schema, reader;
	struct attempt *at;
	struct node *n = NULL;

	ok(run_sql(path, schema_1) && run_sql(path, content_1), "a database of schema 1");
	if (!ok(store_open(path, &st, &err) == 0, "is opened by this release")) {
		printf("# %s\n", err.msg);
		return;
	}
	ok(node_find(st, "node-1", a, &n, &err) == 0 && n && n->state == NODE_BOUND && n->installed == 3, "its node is there");
	ok(n && str_eq(n->intent, "operator") && str_eq(n->intent_wipe, "[\"S1\"]") && !n->intent_full,
	   "with what its operator said, and nothing that was not said");
	ok(attempt_find(st, 3, a, &at, &err) == 0 && at && str_eq(at->plan_hash, "abcd") && at->applied_s == 902, "and its attempt");
	machine.nics = &(struct nic){ .name = "eth0", .mac = "52:54:00:00:00:01" };
	machine.n_nics = 1;
	ok(identity_find(st, &machine, 9000, a, &who, &err) == 0 && who.node && who.node->id == 7, "its machine is known by its port");
	machine.nics->mac = "52:54:00:00:00:99";
	machine.system.uuid = "7d1f6f5e-0c3b-4a53-9f0e-52540000fc11";
	machine.system.serial = "S1";
	ok(identity_find(st, &machine, 9000, a, &who, &err) == 0 && who.node && who.node->id == 7, "and by its board");
	ok(n && node_apply(st, n, EV_DEPLOY, &full, &err) == 0 && n->intent_full, "what is new can be said of it");
	ok(!store_look(path, &schema, &reader, &err) && schema == STORE_SCHEMA && reader == STORE_READER,
	   "while it is in use, others are told what it is");
	store_close(st);
	ok(store_open(path, &st, &err) == 0 && node_find(st, "node-1", a, &n, &err) == 0 && n && n->intent_full,
	   "and is there after closing");
	ok(node_message(st, n, "refused", NULL, true, &err) == 0 && node_load(st, 7, a, &n, &err) == 0 && str_empty(n->intent) &&
		   !n->intent_full, "a word that is spent takes it along");
	store_close(st);
}

/* Whether the database at PATH is of that schema, and what its operator said of node 7 is INTENT. */
static bool is_of(const char *path, int64_t schema, const char *intent)
{
	sqlite3_stmt *s = NULL;
	sqlite3 *db;
	bool good;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		sqlite3_close(db);
		return false;
	}
	good = sqlite3_prepare_v2(db, "SELECT intent, user_version FROM node, pragma_user_version WHERE id = 7", -1, &s, NULL) == SQLITE_OK &&
	       sqlite3_step(s) == SQLITE_ROW && str_eq((const char *)sqlite3_column_text(s, 0), intent) &&
	       sqlite3_column_int64(s, 1) == schema;
	sqlite3_finalize(s);
	sqlite3_close(db);
	return good;
}

/* Goes on with what from_schema_1() left. */
static void back_again(const char *path, struct arena *a)
{
	const char *copy = arena_printf(a, "%s.schema-1", path), *given_up = arena_printf(a, "%s.given-up", path), *from;
	int64_t schema, reader;

	ok(is_of(copy, 1, "operator"), "before it was migrated, a copy was kept");
	ok(!store_look(path, &schema, &reader, &err) && schema == STORE_SCHEMA && reader == STORE_READER, "it says who may read it");
	ok(!store_take_back(path, &from, a, &err) && !from && is_of(path, STORE_SCHEMA, ""), "one that is read is not taken back");
	ok(run_sql(path, "PRAGMA user_version = 99"), "a later release, which leaves it readable");
	ok(!store_take_back(path, &from, a, &err) && !from && is_of(path, 99, ""), "neither is that");
	ok(run_sql(path, "UPDATE meta SET value = 98"), "one that does not");
	ok(!store_take_back(path, &from, a, &err) && str_eq(from, copy), "the copy takes its place");
	ok(is_of(path, 1, "operator") && is_of(given_up, 99, "") && is_of(copy, 1, "operator"), "and what was there is kept aside");
	ok(access(arena_printf(a, "%s-wal", path), F_OK) != 0, "no log of the one before is left beside it");
	ok(run_sql(path, "PRAGMA user_version = 99") && !unlink(copy), "without a copy");
	ok(store_take_back(path, &from, a, &err) && err.kind == ERR_CONFLICT && err.hint[0] && is_of(path, 99, "operator"),
	   "nothing is changed, and that is told: %s", err.msg);
	unlink(given_up);
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *path;

	if (!mkdtemp(dir))
		return 1;
	path = arena_printf(&a, "%s/db", dir);
	from_schema_1(path, &a);
	back_again(path, &a);
	unlink(path);
	unlink(arena_printf(&a, "%s-wal", path));
	rmdir(dir);
	return tap_end();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The admin node's state on disk: one SQLite file in WAL mode, its schema in numbered migrations.
 * The only user of SQLite. It knows tables and transactions; what a row means is nodes.h's business.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct store;
struct store_row; /* the current row of a query, valid during the callback */

/*
 * The schema of this release, and the oldest release, by its schema, that still reads a database of it. buildscripts/mk-iso
 * writes both into release.json: an update says from them, before it starts, what a way back would mean.
 */
enum { STORE_SCHEMA = 9, STORE_READER = 8, STORE_SCHEMA_SAYS_READER = 6 };

/*
 * Opens or creates PATH and brings its schema up to date, after a copy of it was kept (store_keep). A newer schema is
 * read as it is where it says that we may, else refused.
 */
MUST_CHECK int store_open(const char *path, struct store **ret, struct error *err);
void store_close(struct store *st); /* NULL is fine */

/* A copy of ST as it is between two transactions, as the one file TO of mode 0600, in place of what is there. Not made durable. */
MUST_CHECK int store_write_copy(struct store *st, const char *to, struct error *err);

/* --- store_copy.c: whole databases; none of them may be open here */

/*
 * Schema of PATH, and the oldest schema whose programs read it; 0 and 0 when there is none. Of one that a running daemon holds,
 * which is of this release, this release's.
 */
MUST_CHECK int store_look(const char *path, int64_t *ret_schema, int64_t *ret_reader, struct error *err);
/* Whether this release reads one of that schema that says that of its readers. */
bool store_reads(int64_t schema, int64_t reader);
/* Makes TO what FROM is now; TO is the old or the new one at any time. */
MUST_CHECK int store_copy(const char *from, const char *to, struct error *err);
/* Keeps PATH.schema-N beside PATH, if PATH is of an earlier schema N than ours. */
MUST_CHECK int store_keep(const char *path, struct error *err);
/*
 * If PATH is of a schema that this release does not read, the latest of these copies that it does read takes its place;
 * *RET_FROM is its name, else NULL. What was there is PATH.given-up.
 */
MUST_CHECK int store_take_back(const char *path, const char **ret_from, struct arena *a, struct error *err);

/*
 * A transaction. DURABLE survives a power cut once store_commit returned; otherwise the last ones
 * may be lost then (never torn). Only claims and other changes of state need it.
 */
MUST_CHECK int store_begin(struct store *st, bool durable, struct error *err);
MUST_CHECK int store_commit(struct store *st, struct error *err);
void store_rollback(struct store *st);

/*
 * SQL is a string literal (statements are kept by its address). BINDS has a letter a parameter: 's' const
 * char * (NULL is SQL's NULL), 'i' int64_t, 'u' uint64_t, 'b' bool as int.
 */
MUST_CHECK int store_run(struct store *st, const char *sql, struct error *err, const char *binds, ...);
typedef int (*store_row_fn)(void *ctx, const struct store_row *row, struct error *err);
MUST_CHECK int store_each(struct store *st, const char *sql, store_row_fn fn, void *ctx,
			  struct error *err, const char *binds, ...);
/* The first column of the first row, or 0 when there is none. */
MUST_CHECK int store_number(struct store *st, const char *sql, int64_t *ret, struct error *err,
			    const char *binds, ...);

const char *row_text(const struct store_row *row, int column, struct arena *a); /* NULL stays NULL */
int64_t row_i64(const struct store_row *row, int column);
uint64_t row_u64(const struct store_row *row, int column);
bool row_bool(const struct store_row *row, int column);

int64_t store_last_id(const struct store *st); /* of the last insert */

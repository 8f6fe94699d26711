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

/* Opens or creates PATH and brings its schema up to date. A newer schema than ours is refused. */
MUST_CHECK int store_open(const char *path, struct store **ret, struct error *err);
void store_close(struct store *st); /* NULL is fine */

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

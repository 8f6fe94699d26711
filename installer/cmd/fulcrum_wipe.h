/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wipes as a person reads them; they return the exit code. */
#pragma once
#include "cmd/fulcrum_show.h"

/* The plan that was asked for, or that it happens. */
int show_wipe(const struct show *o, const struct tree *t, struct arena *a);
/* All certificates. */
int show_wipes(const struct show *o, const struct tree *t, struct arena *a);
/*
 * The certificate in FILE, checked without anybody else: that its key signed it, that this is KEY if KEY is not NULL, and that what
 * it says of every disk fits together. 13: not signed so; 3: no certificate, or one that contradicts itself.
 */
int wipe_verify(const char *file, const char *key);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inventories in answers to the operator. */
#pragma once
#include "admin/admin.h"
#include "data/tree.h"

/* Adds "held" to T: machines that said hello and belong nowhere, with the reason; nothing if there are none. */
MUST_CHECK int inventory_add_held(struct admin *ad, struct arena *a, struct tree *t, struct error *err);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What switches say of themselves: LLDP frames (IEEE 802.1AB-2016, 8 and 9) that come in on ports that are up. Passive:
 * nothing is sent. A switch speaks every 30 s, so who wants to hear it has to listen as long.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "model/machine.h"

/*
 * Reads one frame of LEN bytes, from its destination address on: name of the system (or, without one, the id of its
 * chassis) and of its port (else its description), cleaned, A's. -1 if it is none that is well-formed up to its end,
 * or one that says good-bye (a time to live of 0).
 */
MUST_CHECK int lldp_parse(const uint8_t *frame, size_t len, struct arena *a, const char **ret_name, const char **ret_port);

struct lldp;
/* Listens on all ports of M, by their names; NULL if that is not possible. */
struct lldp *lldp_open(const struct machine *m);
void lldp_close(struct lldp *l); /* NULL is fine */
/* Takes in what came since, without waiting. */
void lldp_poll(struct lldp *l);
/* Sets the neighbours of M's ports that were heard, by name. *RET_ALL: every port with a link was. */
void lldp_fill(const struct lldp *l, struct machine *m, struct arena *a, bool *ret_all);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node that is installed from the medium itself, without an admin node: who it will be. */
#pragma once
#include "base/error.h"
#include "model/catalog.h"
#include "model/machine.h"
#include "model/plan.h"
#include "model/site.h"

/*
 * Fills WHO for a machine that becomes a node of profile P of S: HOSTNAME (NULL: the profile's name), ADDRESS (NULL:
 * the first of the admin network's `hosts`), the one port with a carrier (or, without any, the only port). There is
 * no key of a site and so no agent on it: an admin node does not know this node. Points into its arguments and A.
 * ERR_SELECT with the ports when none or several could be meant, ERR_INPUT for a bad name, or an address
 * that is not free for a node.
 */
MUST_CHECK int install_identity(const struct site *s, const struct profile *p, const struct machine *m,
				const char *hostname, const char *address, struct arena *a, struct identity *who, struct error *err);

/* Without a medium: the image that P names, of unknown size, so that disks and consent can be planned anywhere. */
void install_catalog_guess(const struct profile *p, struct arena *a, struct catalog *c);

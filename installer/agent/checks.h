/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Must-pass checks on the running system. A check is data: name, probe, argument, expected; the probes that
 * are known are a table here:
 *   root-uuid  -            UUID of the file system mounted on /
 *   hostname   -            host name
 *   address    MAC          "192.168.124.81/24" of the port with that address
 *   gateway    -            default route, or "none"
 *   http       URL          HTTP status of a GET, "200"
 *   clock      -            "in step" when chrony follows its source
 *   units      -            "none failed", or their names
 *   esps       serials      "in step" when all EFI system partitions that are there start the same
 *   listening  TCP port     "yes" or "no"
 * A check passes only if what is seen equals what is expected.
 */
#pragma once
#include "proto/proto.h"
#include "sys/sys.h"

/* Runs N checks; the results (same order) live in A. Never fails: what cannot be found out is not passed. */
struct check_result *checks_run(struct sys *sys, const struct check *checks, size_t n, struct arena *a);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's network as commands, one a line, words apart by one space: ip-link(8) and ip-address(8) of iproute2,
 * sysctl and udhcpc of busybox; "stop FILE" ends the process whose number is in FILE. Pure. Ports must be called by
 * their names in the value already.
 */
#pragma once
#include "base/str.h"
#include "model/net.h"

/* From nothing to all of NET. */
void net_ip_up(const struct net *net, struct str *out);
/* From all of NET to ports that have nothing; each line may fail where less is there. */
void net_ip_down(const struct net *net, struct str *out);

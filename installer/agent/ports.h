/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ports of a machine that runs from memory. It came here over one of them; the others are raised, without addresses,
 * because only a port that is up tells its link and its speed, and hears what its switch says of itself. They stay up: a
 * deploy does not use them, and the restart after it puts them down.
 */
#pragma once
#include "base/arena.h"
#include "model/machine.h"
#include "sys/sys.h"

struct ports;

/*
 * Raises the ports below ROOT and listens on all of them from now on. Waits for links, 3 s at most: a cable that comes
 * later, and a switch, which speaks every 30 s, are news for ports_news. A port that cannot be raised stops nothing.
 */
struct ports *ports_open(struct sys *sys, const char *root);
/* Listens until every port with a link has heard its switch, 35 s at most: for a site that decides by it. */
void ports_listen(struct ports *p, struct sys *sys);
void ports_close(struct ports *p); /* NULL is fine */
/* Sets M's ports to what is known of them now, in A, as told: ports_news compares with it. What is new is said, a line a port. */
void ports_tell(struct ports *p, struct machine *m, struct arena *a);
/*
 * Whether they say something else than was told: a link, its speed, a neighbour. The same must be seen twice in a row, and a
 * port whose cable is loose is no news for ever: once in 30 s at most, and 16 times. NOW_MS is of a clock that never jumps.
 */
bool ports_news(struct ports *p, uint64_t now_ms);

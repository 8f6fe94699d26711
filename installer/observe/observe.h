/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of an observation, each filling its members of a struct machine. See machine.h. */
#pragma once
#include "model/machine.h"
#include "sys/sys.h"

/*
 * Everything but the disks: firmware, identity, memory, processors, kernel, clock, devices, network ports.
 */
void observe_system(const char *root, struct arena *a, struct machine *m);
/* Firmware, identity, memory, processors, kernel, clock. */
void observe_firmware(const char *root, struct arena *a, struct machine *m);
/* Memory modules, PCI devices of note, TPM. */
void observe_devices(const char *root, struct arena *a, struct machine *m);
/* The physical network ports, by name. */
MUST_CHECK int observe_nics(const char *root, struct arena *a, struct machine *m,
			    struct error *err);
/* The disks, by name. SYS may be NULL: no probing. */
MUST_CHECK int observe_disks(struct sys *sys, const char *root, struct arena *a, struct machine *m,
			     struct error *err);

/*
 * Brings all physical ports up, because a port that is down knows no carrier, and waits until each
 * has one, 3 s at most. An effect: `ip link set` through SYS.
 */
MUST_CHECK int observe_nics_up(struct sys *sys, struct error *err);
/*
 * The same for a machine that is on the network already: ports below ROOT that have a link stay as they are, the others are
 * raised such that they get no address, not even by IPv6 (disable_ipv6, Documentation/networking/ip-sysctl.rst), and answer
 * for no other port's. A port that cannot be raised is one without a link.
 */
MUST_CHECK int observe_nics_wake(struct sys *sys, const char *root, struct error *err);

/* --- links.c: ports whose link comes late */

struct link_watch;
struct link_watch *links_new(void);
void links_free(struct link_watch *w);
/*
 * Looks at all ports, below ROOT, at NOW_MS of a clock that never jumps. TELL gets a line when a link comes or goes, and
 * for the first 90 s every 10 s for each port without one: "port enp3s0 52:54:...: no link, waiting 20 s".
 */
void links_look(struct link_watch *w, const char *root, uint64_t now_ms, void (*tell)(void *ctx, const char *line), void *ctx);
/*
 * Brings all ports up, and looks at them as above until READY says so, or 90 s are over: then it is for the caller to say
 * what is missing. READY is asked twice a second, and may take its time.
 */
MUST_CHECK int observe_links_wait(struct sys *sys, bool (*ready)(void *ctx), void (*tell)(void *ctx, const char *line), void *ctx,
				  struct error *err);

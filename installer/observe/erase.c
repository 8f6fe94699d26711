/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nvme-cli and hdparm ask, the kernel tells of discard; model/erase.c reads the answers. */
#include "observe/erase.h"

#include <string.h>

#include "model/erase.h"
#include "sys/host.h"

enum { ASK_MS = 20000 };

/* Active namespaces of the controller of PATH: a line "[   0]:0x1" each. 0: it did not say. */
static size_t namespaces(struct sys *sys, const char *path)
{
	const char *const argv[] = { "nvme", "list-ns", path, NULL };
	AUTO_STR out = STR_INIT;
	struct error ignored;
	size_t n = 0;

	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .output = &out, .timeout_ms = ASK_MS }, &ignored))
		return 0;
	for (const char *p = str_text(&out); (p = strstr(p, "]:0x")); p++)
		n++;
	return n;
}

static void ask_nvme(struct sys *sys, const char *path, struct erase_caps *caps)
{
	const char *const argv[] = { "nvme", "id-ctrl", path, "--raw-binary", NULL };
	AUTO_STR out = STR_INIT;
	struct error ignored;

	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .output = &out, .timeout_ms = ASK_MS }, &ignored) || !out.len)
		return;
	/* What it does not tell it cannot. */
	(void)!erase_read_nvme(out.s, out.len, namespaces(sys, path), caps);
}

static void ask_ata(struct sys *sys, const char *path, struct erase_caps *caps)
{
	const char *const argv[] = { "hdparm", "-I", path, NULL };
	AUTO_STR out = STR_INIT;
	struct error ignored;

	if (!sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .output = &out, .timeout_ms = ASK_MS }, &ignored))
		(void)!erase_read_ata(str_text(&out), caps);
}

void observe_erase(struct sys *sys, const char *root, struct arena *a, struct machine *m)
{
	const struct host h = { .root = root, .a = a };

	for (size_t i = 0; i < m->n_disks; i++) {
		struct disk *d = &m->disks[i];
		struct erase_caps caps = { 0 };
		uint64_t discard = 0;

		if (d->bus == BUS_NVME)
			ask_nvme(sys, d->path, &caps);
		else if (d->bus == BUS_SATA)
			ask_ata(sys, d->path, &caps);
		caps.read_only = d->read_only;
		caps.discard = host_u64(&h, &discard, "/sys/block/%s/queue/discard_max_bytes", d->name) && discard;
		d->erase = arena_array(a, ERASE__N, sizeof(*d->erase));
		d->n_erase = erase_choose(&caps, d->erase, &d->erase_note);
	}
	machine_set_source(m, "erase", "disks", a);
}

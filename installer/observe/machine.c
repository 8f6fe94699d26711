/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole observation: its parts, in order. */
#include "observe/machine.h"

#include <unistd.h>

#include "sys/host.h"

void observe_system(const char *root, struct arena *a, struct machine *m)
{
	struct error ignored;

	m->machine = MACHINE_VERSION;
	m->sources = NULL;
	m->n_sources = 0;
	observe_firmware(root, a, m);
	observe_devices(root, a, m);
	if (observe_nics(root, a, m, &ignored))
		m->n_nics = 0;
	else
		machine_set_source(m, "ports", "sysfs", a);
}

int observe_machine(struct sys *sys, const char *root, struct arena *a, struct machine **ret,
		    struct error *err)
{
	const struct host h = { .root = root, .a = a };
	struct machine *m = ARENA_NEW(a, struct machine);

	if (!host_exists(&h, "/sys/class") && !host_exists(&h, "/sys/block"))
		return error_set(err, ERR_IO, "%s/sys: there is no machine to look at", root);
	observe_system(root, a, m);
	if (observe_disks(sys, root, a, m, err))
		return -1;
	machine_set_source(m, "disks", "sysfs", a);
	*ret = m;
	return 0;
}

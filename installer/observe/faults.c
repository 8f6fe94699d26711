/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of faults. */
#include "observe/faults.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sys/host.h"

bool interrupts_sum(const char *text, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	*ret = 0;
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *p = line + strspn(line, " \t");
		char *end;

		if (strncmp(p, name, len) || p[len] != ':')
			continue;
		for (p += len + 1;; p = end) {
			p += strspn(p, " \t");
			if (!isdigit((unsigned char)*p))
				return true;
			*ret += strtoull(p, &end, 10);
		}
	}
	return false;
}

void observe_faults(const char *root, struct arena *a, struct faults *ret)
{
	const struct host h = { .root = root, .a = a };
	AUTO_STR text = STR_INIT;
	size_t n;
	const char **mc = host_list(&h, &n, "/sys/devices/system/edac/mc");

	*ret = (struct faults){ 0 };
	for (size_t i = 0; i < n; i++) {
		uint64_t ce, ue;

		if (!host_u64(&h, &ce, "/sys/devices/system/edac/mc/%s/ce_count", mc[i]) ||
		    !host_u64(&h, &ue, "/sys/devices/system/edac/mc/%s/ue_count", mc[i]))
			continue;
		ret->edac = true;
		ret->corrected += ce;
		ret->uncorrected += ue;
	}
	host_file(&h, &text, "/proc/interrupts");
	ret->mce = interrupts_sum(str_text(&text), "MCE", &ret->machine_checks);
}

bool observe_port_faults(const char *root, struct arena *a, const char *nic, uint64_t *ret_errors, uint64_t *ret_dropped)
{
	const struct host h = { .root = root, .a = a };
	uint64_t rx, tx, rx_dropped, tx_dropped;

	if (!host_u64(&h, &rx, "/sys/class/net/%s/statistics/rx_errors", nic) || !host_u64(&h, &tx, "/sys/class/net/%s/statistics/tx_errors", nic) ||
	    !host_u64(&h, &rx_dropped, "/sys/class/net/%s/statistics/rx_dropped", nic) ||
	    !host_u64(&h, &tx_dropped, "/sys/class/net/%s/statistics/tx_dropped", nic))
		return false;
	*ret_errors = rx + tx;
	*ret_dropped = rx_dropped + tx_dropped;
	return true;
}

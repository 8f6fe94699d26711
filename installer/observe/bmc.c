/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Three questions. */
#include "observe/bmc.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "observe/smbios.h"
#include "sys/host.h"
#include "sys/ipmi.h"

enum {
	NETFN_APP = 0x06,
	NETFN_TRANSPORT = 0x0c,
	GET_DEVICE_ID = 0x01,
	GET_LAN_PARAMETER = 0x02,
	LAN_ADDRESS = 3,
	LAN_MAC = 5,
	CHANNELS = 11, /* 1 to 11 may be networks: 6.3 */
	MODPROBE_MS = 10000,
};

bool bmc_read_id(const uint8_t *b, size_t len, struct arena *a, struct bmc *ret)
{
	if (len < 6 || b[0])
		return false;
	/* Major binary, minor BCD; the version of IPMI is BCD with its digits swapped. */
	ret->version = arena_printf(a, "%u.%x%x", b[3] & 0x7fU, b[4] >> 4U, b[4] & 15U);
	ret->ipmi = arena_printf(a, "%x.%x", b[5] & 15U, b[5] >> 4U);
	return true;
}

bool bmc_read_address(const uint8_t *b, size_t len, struct arena *a, struct bmc *ret)
{
	if (len < 6 || b[0])
		return false;
	if (b[2] || b[3] || b[4] || b[5])
		ret->address = arena_printf(a, "%u.%u.%u.%u", b[2], b[3], b[4], b[5]);
	return true;
}

bool bmc_read_mac(const uint8_t *b, size_t len, struct arena *a, struct bmc *ret)
{
	if (len < 8 || b[0] || !memcmp(b + 2, "\0\0\0\0\0\0", 6))
		return false;
	ret->mac = arena_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", b[2], b[3], b[4], b[5], b[6], b[7]);
	return true;
}

/* False: there is no use in going on. */
static bool ask_lan(int fd, uint8_t channel, uint8_t parameter, uint8_t answer[IPMI_ANSWER_MAX], size_t *len)
{
	const uint8_t question[] = { channel, parameter, 0, 0 };
	struct error err = { 0 };

	*len = 0;
	return !ipmi_ask(fd, NETFN_TRANSPORT, GET_LAN_PARAMETER, question, sizeof(question), answer, len, &err) || err.kind == ERR_REFUSED;
}

/* The first channel with a hardware address is its network port. */
static void read_lan(int fd, struct arena *a, struct bmc *ret)
{
	uint8_t answer[IPMI_ANSWER_MAX];
	size_t len;

	for (uint8_t channel = 1; channel <= CHANNELS; channel++) {
		if (!ask_lan(fd, channel, LAN_MAC, answer, &len))
			return;
		if (!bmc_read_mac(answer, len, a, ret))
			continue;
		if (ask_lan(fd, channel, LAN_ADDRESS, answer, &len) && !bmc_read_address(answer, len, a, ret))
			ret->address = NULL;
		return;
	}
}

static bool firmware_names_one(const struct host *h)
{
	enum { DMI_MAX = 256 * 1024, TYPE_IPMI = 38 };
	unsigned char *table = malloc(DMI_MAX);
	bool named;

	if (!table)
		abort();
	named = smbios_has(table, host_bytes(h, table, DMI_MAX, "/sys/firmware/dmi/tables/DMI"), TYPE_IPMI);
	free(table);
	return named;
}

static void load(struct sys *sys, const char *module)
{
	const char *const argv[] = { "modprobe", "-q", module, NULL };
	struct error ignored;

	/* Not there, built in, or no hardware for it: the device says which. */
	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .timeout_ms = MODPROBE_MS }, &ignored))
		return;
}

void observe_bmc(struct sys *sys, const char *root, struct arena *a, struct machine *m)
{
	const struct host h = { .root = root, .a = a };
	uint8_t answer[IPMI_ANSWER_MAX];
	AUTO_FD fd = -1;
	struct error ignored;
	size_t len = 0;

	/* A recorded tree has none to ask. */
	if (root[0] || !(host_exists(&h, "/sys/class/ipmi") || firmware_names_one(&h)))
		return;
	load(sys, "ipmi_si");
	load(sys, "ipmi_devintf");
	fd = ipmi_open();
	if (fd < 0 || ipmi_ask(fd, NETFN_APP, GET_DEVICE_ID, NULL, 0, answer, &len, &ignored) || !bmc_read_id(answer, len, a, &m->bmc))
		return;
	machine_set_source(m, "bmc", "ipmi", a);
	read_lan(fd, a, &m->bmc);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine is, besides its disks and ports: what its firmware says, its memory, processors,
 * kernel and clock. Vendors' placeholders ("To Be Filled By O.E.M.") are no identity and are left
 * out.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/cmdline.h"
#include "sys/host.h"
#include "observe/observe.h"
#include "sys/text.h"

/* File NAME of what firmware says, for MEMBER; a filler is no answer, but worth knowing. */
static const char *dmi(const struct host *h, struct machine_system *sys, const char *name, const char *member)
{
	const char *text = host_text(h, "/sys/class/dmi/id/%s", name);

	if (!text || !text_is_board_filler(text))
		return text;
	sys->placeholders = arena_grow(h->a, sys->placeholders, sys->n_placeholders, sizeof(*sys->placeholders));
	sys->placeholders[sys->n_placeholders++] = arena_printf(h->a, "%s: %s", member, text);
	return NULL;
}

static const char *lower(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text);

	for (char *p = copy; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* The variable's content follows 4 bytes of attributes. */
static bool secure_boot(const struct host *h)
{
	static const char path[] =
		"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	unsigned char v[8];

	return host_bytes(h, v, sizeof(v), path) == 5 && v[4] == 1;
}

/* "Key:   value" of a /proc file, or NULL. */
static const char *line_value(const char *text, const char *key, struct arena *a)
{
	size_t len = strlen(key);

	for (const char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		const char *colon;

		if (strncmp(p, key, len) || (p[len] != ':' && !isspace((unsigned char)p[len])))
			continue;
		colon = strchr(p, ':');
		if (!colon)
			return NULL;
		colon += 1 + strspn(colon + 1, " \t");
		return arena_strndup(a, colon, strcspn(colon, "\n"));
	}
	return NULL;
}

/*
 * Physical memory: the kernel's online memory blocks, whose sum is what was put into the machine,
 * so that a rule ">= 1G" holds for a machine of 1 GiB. Without them MemTotal, which is what the
 * kernel left over.
 */
static uint64_t memory(const struct host *h)
{
	const char *block = host_text(h, "/sys/devices/system/memory/block_size_bytes");
	uint64_t size = block ? strtoull(block, NULL, 16) : 0, online = 0;
	AUTO_STR meminfo = STR_INIT;
	const char *total;
	const char **names;
	size_t n;

	names = size ? host_list(h, &n, "/sys/devices/system/memory") : NULL;
	for (size_t i = 0; names && i < n; i++) {
		if (!str_starts(names[i], "memory") || !isdigit((unsigned char)names[i][6]))
			continue;
		if (str_eq(host_text(h, "/sys/devices/system/memory/%s/state", names[i]), "online"))
			online += size;
	}
	if (online)
		return online;
	host_file(h, &meminfo, "/proc/meminfo");
	total = line_value(str_text(&meminfo), "MemTotal", h->a);
	return total ? strtoull(total, NULL, 10) * 1024 : 0;
}

/* Number of processors in "0-3,8": a list of ranges. */
static uint64_t count_list(const char *text)
{
	uint64_t n = 0;

	while (text && isdigit((unsigned char)*text)) {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last >= first && last < 1UL << 20)
			n += last - first + 1;
		text = *end == ',' ? end + 1 : NULL;
	}
	return n;
}

/* All console= words, in order, as the kernel was given them. */
static const char *consoles(const struct host *h)
{
	AUTO_STR line = STR_INIT;

	host_file(h, &line, "/proc/cmdline");
	return cmdline_words(str_text(&line), "console=", h->a);
}

static void read_system(const struct host *h, struct machine_system *sys)
{
	sys->placeholders = NULL;
	sys->n_placeholders = 0;
	sys->vendor = dmi(h, sys, "sys_vendor", "vendor");
	sys->product = dmi(h, sys, "product_name", "product");
	sys->serial = dmi(h, sys, "product_serial", "serial");
	sys->uuid = lower(h->a, dmi(h, sys, "product_uuid", "uuid"));
	sys->board_vendor = dmi(h, sys, "board_vendor", "board_vendor");
	sys->board = dmi(h, sys, "board_name", "board");
	sys->board_serial = dmi(h, sys, "board_serial", "board_serial");
	sys->bios_version = host_text(h, "/sys/class/dmi/id/bios_version");
	sys->bios_date = host_text(h, "/sys/class/dmi/id/bios_date");
}

/* Packages and cores by their ids, one block of lines a thread; without ids (many virtual machines) they are not known. */
static void read_processors(const char *text, struct arena *a, struct machine *m)
{
	enum { CORES_MAX = 4096 };
	uint64_t cores[CORES_MAX];
	size_t n = 0, packages = 0;

	m->cpu_model = line_value(text, "model name", a);
	m->microcode = line_value(text, "microcode", a);
	if (m->cpu_model)
		machine_set_source(m, "processors", "procfs", a);
	for (const char *p = strstr(text, "physical id"); p; p = strstr(p + 1, "physical id")) {
		const char *package = line_value(p, "physical id", a), *core = line_value(p, "core id", a);
		uint64_t id;
		bool known = false, package_known = false;

		if (!package || !core || n == CORES_MAX)
			break;
		id = strtoull(package, NULL, 10) << 32 | (strtoull(core, NULL, 10) & UINT32_MAX);
		for (size_t i = 0; i < n; i++) {
			known = known || cores[i] == id;
			package_known = package_known || cores[i] >> 32 == id >> 32;
		}
		packages += !package_known;
		if (!known)
			cores[n++] = id;
	}
	m->cpu_sockets = packages;
	m->cpu_cores = n;
}

void observe_firmware(const char *root, struct arena *a, struct machine *m)
{
	const struct host h = { .root = root, .a = a };
	AUTO_STR cpuinfo = STR_INIT;
	uint64_t rtc;

	read_system(&h, &m->system);
	if (host_exists(&h, "/sys/class/dmi/id"))
		machine_set_source(m, "system", "smbios", a);
	m->firmware = host_exists(&h, "/sys/firmware/efi") ? "uefi" : "bios";
	m->secure_boot = secure_boot(&h);
	machine_set_source(m, "firmware", "sysfs", a);
	m->memory_bytes = memory(&h);
	machine_set_source(m, "memory", "sysfs", a);
	m->cpus = count_list(host_text(&h, "/sys/devices/system/cpu/online"));
	host_file(&h, &cpuinfo, "/proc/cpuinfo");
	read_processors(str_text(&cpuinfo), a, m);
	m->architecture = host_text(&h, "/proc/sys/kernel/arch");
	m->kernel = host_text(&h, "/proc/sys/kernel/osrelease");
	m->console = consoles(&h);
	/* The clock that survives a reboot; the system's may have been corrected since. */
	if (host_u64(&h, &rtc, "/sys/class/rtc/rtc0/since_epoch"))
		m->clock_s = (int64_t)rtc;
	else
		m->clock_s = root[0] ? 0 : clock_real_s();
}

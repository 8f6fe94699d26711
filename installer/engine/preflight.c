/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks before planning. */
#include "engine/preflight.h"

#include <inttypes.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/size.h"

enum { FAR_YEARS = 10, YEAR_S = 31556952 };

static void tell(const struct engine_sink *k, const char *stage, const char *text)
{
	if (k && k->stage)
		k->stage(k->ctx, stage, text);
}

int preflight_memory(const struct machine *m, struct error *err)
{
	const uint64_t need = (uint64_t)PREFLIGHT_MEMORY_MIB << 20;
	char has[SIZE_TEXT_MAX], wants[SIZE_TEXT_MAX];

	/* 0: the kernel does not say; a machine without memory blocks in sysfs is no reason to stop. */
	if (!m->memory_bytes || m->memory_bytes >= need)
		return 0;
	error_set(err, ERR_REFUSED, "too little memory: this machine has %s, an install needs %s; nothing was written",
		  size_format(m->memory_bytes, has), size_format(need, wants));
	return error_hint(err, "add memory; or check that all modules are seated and seen by the firmware");
}

void preflight_entropy(const struct engine_sink *sink)
{
	unsigned char byte;

	if (getrandom(&byte, sizeof(byte), GRND_NONBLOCK) == 1)
		return;
	tell(sink, "entropy", "waiting for the kernel's random numbers: typing on the keyboard helps");
	while (getrandom(&byte, sizeof(byte), 0) != 1) /* interrupted */
		;
}

void preflight_clock(struct sys *sys, const struct catalog *c, const struct engine_sink *sink)
{
	AUTO_ARENA a = ARENA_INIT;
	int64_t now = clock_real_s();
	struct error err;
	char is[21];

	if (!c->epoch)
		return;
	clock_text(now, is);
	if (now > (int64_t)c->epoch + (int64_t)FAR_YEARS * YEAR_S)
		tell(sink, "clock", arena_printf(&a, "the clock says %s, more than %d years after this release was built: "
						     "left as it is; set it right in the firmware", is, FAR_YEARS));
	if (now >= (int64_t)c->epoch)
		return;
	const char *const argv[] = { "date", "-u", "-s", arena_printf(&a, "@%" PRIu64, c->epoch), NULL };

	tell(sink, "clock", arena_printf(&a, "the clock says %s, before this release was built: set to the build's time", is));
	/* A wrong clock stops nothing: what needs a right one says so itself. */
	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv }, &err))
		tell(sink, "clock", arena_printf(&a, "the clock says %s and cannot be set: %s", is, err.msg));
}

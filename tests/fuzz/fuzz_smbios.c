/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz layers: base data model sys observe
 *
 * Any bytes as the firmware's table. What is taken from it can be written as a machine and read again.
 */
#include <assert.h>
#include <string.h>

#include "observe/smbios.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct machine m = { .machine = MACHINE_VERSION }, again = { 0 };
	struct error err;

	if (smbios_has(data, size, 38))
		assert(size >= 6);
	if (smbios_dimms(data, size, &a, &m.dimms, &m.n_dimms)) {
		assert(!m.dimms && !m.n_dimms);
		return 0;
	}
	field_to_json(&machine_schema, &m, false, false, &text);
	if (field_from_json(&machine_schema, "again", str_text(&text), text.len, &again, &a, &err))
		__builtin_trap();
	assert(again.n_dimms == m.n_dimms);
	for (size_t i = 0; i < m.n_dimms; i++)
		assert(str_eq(again.dimms[i].serial, m.dimms[i].serial) && again.dimms[i].size_bytes == m.dimms[i].size_bytes);
	return 0;
}

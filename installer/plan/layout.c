/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layout: sizes to sectors. */
#include "plan/layout.h"

#include "base/size.h"
#include "base/str.h"
#include "base/uuid.h"

static const uint64_t mib = 1024 * 1024;

/* Partition types (UEFI 2.10 table 5.6; Discoverable Partitions Specification for the Linux ones). */
static const char *const type_uuids[PART__N] = {
	[PART_NONE] = "0fc63daf-8483-4772-8e79-3d69d8477de4", [PART_BIOS] = "21686148-6449-6e6f-744e-656564454649",
	[PART_ESP] = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",  [PART_ROOT] = "0fc63daf-8483-4772-8e79-3d69d8477de4",
	[PART_SWAP] = "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", [PART_DATA] = "0fc63daf-8483-4772-8e79-3d69d8477de4",
};

/* Odd preferred sizes (33553920 from some USB bridges) would give weird bounds: they are ignored. */
static uint64_t alignment(const struct disk *d)
{
	uint64_t io = d->optimal_io_bytes;

	if (io > mib && io <= 16 * mib && io % mib == 0)
		return io;
	return mib;
}

static int too_small(const struct layout_part *parts, size_t n, const struct disk *d, uint64_t need,
		     struct error *err)
{
	AUTO_STR sum = STR_INIT;
	char size[SIZE_TEXT_MAX], have[SIZE_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		str_addf(&sum, "\n  %-18s %9s", parts[i].name,
			 parts[i].bytes ? size_format(parts[i].bytes, size) : "rest");
	error_set(err, ERR_INPUT, "disk %s %s is too small: %s, the layout needs %s%s\n  %-18s %9s", d->name,
		  disk_id(d), size_format(d->size_bytes, have), size_format(need, size), str_text(&sum),
		  "both ends, table", "2.0 MiB");
	return error_hint(err, "choose a larger disk or smaller sizes");
}

int layout_place(const struct layout_part *parts, size_t n, const struct disk *d, const char *seed,
		 struct arena *a, struct table_part *ret, struct error *err)
{
	uint64_t align = alignment(d), fixed = 0, at = align, rest, usable, smallest_rest = 16 * mib;

	for (size_t i = 0; i < n; i++)
		fixed += parts[i].bytes ? (parts[i].bytes + align - 1) / align * align : smallest_rest;
	/* The last MiB is kept free for the backup table (33 sectors of 512 bytes, 5 of 4096). */
	usable = d->size_bytes / align * align;
	if (usable + mib > d->size_bytes)
		usable -= usable ? align : 0;
	if (usable < align || usable - align < fixed)
		return too_small(parts, n, d, fixed + align + mib, err);
	rest = usable - align - fixed + smallest_rest;
	for (size_t i = 0; i < n; i++) {
		uint64_t bytes = parts[i].bytes ? (parts[i].bytes + align - 1) / align * align : rest;
		char uuid[UUID_TEXT];

		uuid_from_seed(seed, parts[i].name, uuid);
		ret[i] = (struct table_part){
			.number = i + 1,
			.name = parts[i].name,
			.type_uuid = type_uuids[parts[i].role],
			.uuid = arena_strdup(a, uuid),
			.start_bytes = at,
			.size_bytes = bytes / align * align,
		};
		at += ret[i].size_bytes;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of every plan: boot loaders, then the mark. UEFI always; BIOS on each disk that has a BIOS boot partition
 * and sectors that a BIOS reads. A machine that starts with UEFI gets one entry in its firmware's list.
 */
#include <inttypes.h>

#include "base/str.h"
#include "plan/work.h"

enum { BIOS_SECTOR = 512 };
static const uint64_t mib = PLAN_MIB;

static bool bios_reads(const struct work *w, const struct place *p)
{
	uint64_t sector = w->bounds[p->disk].disk->sector_bytes;

	return !sector || sector == BIOS_SECTOR;
}

static bool starts_with_bios(const struct work *w)
{
	return str_eq(w->r->machine->firmware, "bios");
}

int boot_check(struct work *w, struct error *err)
{
	const struct unit *bios = unit_by_role(w, PART_BIOS);

	if (!starts_with_bios(w))
		return 0;
	if (!bios) {
		error_set(err, ERR_INPUT, "%s: this machine starts with BIOS, and the layout has no bios line", w->where);
		return error_hint(err, "add { bios: 1M } to the layout, where esp is, or switch the machine's firmware to UEFI");
	}
	for (size_t i = 0; i < bios->n_places; i++) {
		const struct disk *d = w->bounds[bios->places[i].disk].disk;

		if (bios_reads(w, &bios->places[i]))
			continue;
		error_set(err, ERR_INPUT, "disk %s %s: this machine starts with BIOS, which reads no sectors of %" PRIu64 " bytes",
			  d->name, disk_id(d), d->sector_bytes);
		return error_hint(err, "choose another disk for bios, or switch the machine's firmware to UEFI");
	}
	return 0;
}

static bool is_written(const struct work *w, const struct disk *d)
{
	for (size_t i = 0; i < w->n_bounds; i++)
		if (w->bounds[i].disk == d)
			return !w->bounds[i].untouched;
	return false;
}

/*
 * The firmware's list outlives every disk: what bears our label and starts nothing that is there any more goes with this
 * install. Other installs of ours on this machine keep theirs.
 */
static void entry_wanted(struct work *w, struct op_boot *boot)
{
	const struct machine *m = w->r->machine;

	boot->entry = arena_printf(w->a, BOOT_ENTRY_LABEL "%s", w->plan->subject);
	for (size_t i = 0; i < m->n_disks; i++)
		for (size_t k = 0; !is_written(w, &m->disks[i]) && k < m->disks[i].n_partitions; k++) {
			const struct partition *p = &m->disks[i].partitions[k];

			if (p->uuid && str_eq(p->name, "fulcrum-esp"))
				add_line(w->a, &boot->others, &boot->n_others, p->uuid);
		}
}

static const char *boot_words(struct work *w, const struct op_boot *boot, const struct unit *esp, const struct unit *bios)
{
	AUTO_STR t = STR_INIT;
	size_t n = 0;

	if (esp->n_places > 1)
		str_addf(&t, "UEFI removable path on %zu ESPs, signed shim and GRUB", esp->n_places);
	else
		str_add(&t, "UEFI removable path on the ESP, signed shim and GRUB");
	for (size_t i = 0; bios && i < bios->n_places; i++)
		if (bios_reads(w, &bios->places[i]))
			str_addf(&t, "%s %s", n++ ? "," : "; BIOS on", w->bounds[bios->places[i].disk].disk->name);
	if (boot->entry)
		str_addf(&t, "; firmware entry \"%s\", %s", boot->entry,
			 str_eq(boot->kind, "admin") ? "the first" : "after those of the network");
	else
		str_add(&t, "; no firmware entry: it starts with BIOS");
	return arena_strdup(w->a, str_text(&t));
}

struct op_boot *boot_ops(struct work *w, const char *kind, const struct unit *menu)
{
	const struct unit *esp = unit_by_role(w, PART_ESP), *bios = unit_by_role(w, PART_BIOS);
	struct op_boot *boot = op_add(w, OP_BOOT, "boot:system", 8 * mib, NULL);
	struct op_commit *commit;

	boot->kind = kind;
	if (!starts_with_bios(w))
		entry_wanted(w, boot);
	w->plan->ops[w->plan->n_ops - 1].text = boot_words(w, boot, esp, bios);
	boot->root_uuid = fs_uuid(w, menu, 0);
	for (size_t i = 0; i < esp->n_places; i++)
		add_line(w->a, &boot->esps, &boot->n_esps, place_ref(w, &esp->places[i]));
	for (size_t i = 0; bios && i < bios->n_places; i++) {
		const struct bound *b = &w->bounds[bios->places[i].disk];

		if (!bios_reads(w, &bios->places[i]))
			continue;
		boot->bios = arena_grow(w->a, boot->bios, boot->n_bios, sizeof(*boot->bios));
		boot->bios[boot->n_bios++] = (struct bios_target){ b->role, b->parts[bios->places[i].part].number };
	}
	op_needs_all(w);
	commit = op_add(w, OP_COMMIT, "commit:system", mib,
			arena_printf(w->a, "mark the install as finished: disk GUID %s", w->plan->goal));
	op_needs(w, "boot:system");
	for (size_t i = 0; i < w->n_bounds; i++) {
		const struct bound *b = &w->bounds[i];

		if (b->untouched)
			continue;
		commit->disks = arena_grow(w->a, commit->disks, commit->n_disks, sizeof(*commit->disks));
		commit->disks[commit->n_disks++] = (struct disk_guid){
			b->role, goal_guid(w->plan->goal, b->role, is_first_written(w, b), w->a),
		};
	}
	return boot;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serial numbers and worldwide names, from where each kind of disk keeps them in sysfs. */
#include "sys/identity.h"

#include <string.h>

#include "sys/text.h"

/*
 * Vital product data page 0x80: four bytes of header with the length in the last two, then the
 * serial.
 */
static const char *scsi_serial(const struct host *h, const char *dir)
{
	unsigned char page[260];
	size_t len = host_bytes(h, page, sizeof(page),
				arena_printf(h->a, "%s/device/vpd_pg80", dir)),
	       n;

	if (len < 4 || page[1] != 0x80)
		return NULL;
	n = (size_t)page[2] << 8 | page[3];
	return text_clean(h->a, (const char *)page + 4, n < len - 4 ? n : len - 4);
}

/* Of the USB device that a path leads through: the nearest ancestor that has one. */
static const char *usb_serial(const struct host *h, const char *path)
{
	char *up = arena_strdup(h->a, path), *slash;

	while ((slash = strrchr(up, '/')) && strstr(up, "/usb")) {
		const char *serial = host_text(h, "%s/serial", up);

		if (serial)
			return serial;
		*slash = '\0';
	}
	return NULL;
}

static const char *serial_of(const struct host *h, const char *dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	bool nvme = slash && str_starts(slash, "/nvme");
	const char *serial = scsi_serial(h, dir);
	uint64_t space;

	if (!serial)
		serial = host_text(h, "%s/serial", dir); /* virtio */
	if (!serial)
		serial = host_text(h, "%s/device/serial", dir); /* NVMe, MMC */
	if (!serial && !nvme && strstr(path, "/usb"))
		serial = usb_serial(h, path);
	/*
	 * All namespaces of a controller have its serial: consent to the first is not consent to
	 * all.
	 */
	if (serial && nvme && host_u64(h, &space, "%s/nsid", dir) && space != 1)
		serial = arena_printf(h->a, "%s/n%llu", serial, (unsigned long long)space);
	return serial;
}

/* A worldwide name; "t10." ids are only vendor, model and serial again. */
static const char *wwn_of(const struct host *h, const char *dir)
{
	const char *id = host_text(h, "%s/wwid", dir);

	if (!id)
		id = host_text(h, "%s/device/wwid", dir);
	return id && !str_starts(id, "t10.") ? id : NULL;
}

/* "eui.0000000000000000": a controller whose maker bought no numbers. */
static bool is_placeholder_wwn(const char *wwn)
{
	const char *digits = wwn ? strchr(wwn, '.') : NULL;

	return digits && strspn(digits + 1, "0-") == strlen(digits + 1);
}

void disk_identity(const struct host *h, const char *dir, const char *path, const char **ret_serial,
		   const char **ret_wwn)
{
	*ret_serial = serial_of(h, dir, path);
	*ret_wwn = wwn_of(h, dir);
	if (text_is_placeholder(*ret_serial))
		*ret_serial = NULL;
	if (is_placeholder_wwn(*ret_wwn))
		*ret_wwn = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What smartctl answers, and which disks are asked. */
#include <errno.h>
#include <string.h>

#include "observe/health.h"
#include "sys/sys_fake.h"
#include "tap.h"

/* As smartctl 7.4 writes them, without what is not read. */
static const char nvme[] =
	"{\"json_format_version\":[1,0],\"smartctl\":{\"version\":[7,4],\"exit_status\":8},\"device\":{\"name\":\"/dev/nvme0\",\"type\":\"nvme\"},"
	"\"smart_status\":{\"passed\":false,\"nvme\":{\"value\":1}},\"nvme_smart_health_information_log\":{\"critical_warning\":1,"
	"\"temperature\":41,\"available_spare\":3,\"percentage_used\":104,\"power_on_hours\":20123,\"media_errors\":7},"
	"\"temperature\":{\"current\":41},\"power_on_time\":{\"hours\":20123}}";
static const char ata[] =
	"{\"smartctl\":{\"exit_status\":0},\"smart_status\":{\"passed\":true},\"ata_smart_attributes\":{\"revision\":16,\"table\":["
	"{\"id\":5,\"name\":\"Reallocated_Sector_Ct\",\"raw\":{\"value\":8,\"string\":\"8\"}},{\"id\":187,\"raw\":{\"value\":2}},"
	"{\"id\":197,\"raw\":{\"value\":16}},{\"id\":198,\"raw\":{\"value\":3}}]},\"power_on_time\":{\"hours\":42,\"minutes\":1},"
	"\"temperature\":{\"current\":30}}";
static const char scsi[] =
	"{\"smart_status\":{\"passed\":true},\"temperature\":{\"current\":33},\"power_on_time\":{\"hours\":7},\"scsi_grown_defect_list\":4,"
	"\"scsi_error_counter_log\":{\"read\":{\"total_uncorrected_errors\":1},\"write\":{\"total_uncorrected_errors\":5}}}";

static bool reads(const char *text, struct arena *a, struct disk_health *h)
{
	return !smartctl_read(text, strlen(text), a, h);
}

static void answers(struct arena *a)
{
	static const char *const nothing[] = {
		"", "[]", "{}", "smartctl: no", "{\"smartctl\":{\"exit_status\":2},\"power_mode\":\"STANDBY\"}", "{\"smart_status\":true}",
		"{\"smart_status\":{\"passed\":\"maybe\"},\"power_on_time\":[1]}",
	};
	struct disk_health h;

	ok(reads(nvme, a, &h) && str_eq(h.verdict, "failed") && h.temperature_c == 41 && h.hours == 20123 && h.wear_percent == 104 && h.errors == 7,
	   "an NVMe disk that is worn out");
	is_str(h.source, "smartctl", "who says so");
	ok(reads(ata, a, &h) && str_eq(h.verdict, "passed") && h.reallocated == 8 && h.pending == 16 && h.errors == 3 && h.hours == 42,
	   "an ATA disk with its attributes");
	ok(reads(scsi, a, &h) && str_eq(h.verdict, "passed") && h.reallocated == 4 && h.errors == 5, "a SAS disk with its counters");
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
		ok(!reads(nothing[i], a, &h) && !h.source, "says nothing: %s", nothing[i]);
	ok(reads("{\"smart_status\":{\"passed\":true},\"power_on_time\":{\"hours\":99999999999999999999}}", a, &h) && !h.hours,
	   "a number that does not fit is none");
}

static struct str asked;
static bool is_there;

static int scripted_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *err)
{
	size_t n = 0;

	while (x->argv[n])
		n++;
	str_addf(&asked, "%s%s", asked.len ? " " : "", x->argv[n - 1]);
	if (!is_there)
		return error_sys(err, ENOENT, "smartctl");
	if (strstr(x->argv[n - 1], "nvme")) {
		str_add(x->output, nvme);
		return error_set(err, ERR_IO, "smartctl: exit 8");
	}
	if (strstr(x->argv[n - 1], "sdd"))
		return error_set(err, ERR_IO, "smartctl: not done in 10 s, killed");
	str_add(x->output, ata);
	return 0;
}

static void asking(struct arena *a)
{
	static const struct sys_ops script = { .exec = scripted_exec };
	AUTO_STR said = STR_INIT;
	struct sys *dry = sys_dry_new(&said), *fake = sys_fake_new(dry);
	struct disk disks[] = {
		{ .path = "/dev/nvme0n1", .bus = BUS_NVME }, { .path = "/dev/sda", .bus = BUS_SATA }, { .path = "/dev/sdb", .bus = BUS_USB },
		{ .path = "/dev/sdc", .bus = BUS_SAS, .unread = true }, { .path = "/dev/sdd", .bus = BUS_SAS }, { .path = "/dev/vda", .bus = BUS_VIRTIO },
	};
	struct machine m = { .disks = disks, .n_disks = ARRAY_LEN(disks) };

	sys_fake_override(fake, &script);
	observe_health(fake, a, &m);
	is_str(str_text(&asked), "/dev/nvme0n1", "where there is no smartctl it is asked for once");
	ok(!machine_source(&m, "health"), "and nothing is known");
	str_clear(&asked);
	is_there = true;
	observe_health(fake, a, &m);
	is_str(str_text(&asked), "/dev/nvme0n1 /dev/sda /dev/sdd", "neither sticks, nor what does not answer, nor virtual disks are asked");
	ok(str_eq(disks[0].health.verdict, "failed"), "what a failing disk says counts, whatever the program ends with");
	ok(str_eq(disks[1].health.verdict, "passed") && !disks[4].health.source, "one that is silent makes the others no worse");
	is_str(machine_source(&m, "health"), "smartctl", "the source is said");
	str_release(&asked);
	sys_free(fake);
	sys_free(dry);
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;

	answers(&a);
	asking(&a);
	return tap_end();
}

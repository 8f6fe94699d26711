/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A medium that is read with patience: it fails and comes back, ends too early, or hangs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "sys/reader.h"
#include "tap.h"

enum { BYTES = 3000000, MIB = 1 << 20 };

static char dir[] = "/tmp/reader-XXXXXX";
static unsigned char want[BYTES], got[BYTES];

struct heard {
	struct str text;
	const char *mend; /* the file that is whole again once there was a complaint */
	unsigned int n;
};

static void on_tell(void *ctx, const char *text)
{
	struct heard *h = ctx;
	struct error err;

	str_addf(&h->text, "%s\n", text);
	h->n++;
	if (h->mend && file_replace(h->mend, want, BYTES, 0600, &err))
		printf("# %s\n", err.msg);
	h->mend = NULL;
}

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *path, size_t len)
{
	struct error err;

	ok(!file_replace(path, want, len, 0600, &err), "%s has %zu bytes", path, len);
}

static void whole(void)
{
	const char *path = path_of("whole");
	struct heard h = { .text = STR_INIT };
	const struct reader_how how = { .tell = on_tell, .ctx = &h };
	struct error err = { 0 };
	struct reader *r;

	put(path, BYTES);
	ok(!reader_open(path, &how, &r, &err), "a file opens");
	ok(reader_size(r) == BYTES, "and has its size");
	ok(!reader_read(r, 0, got, BYTES, &err) && !memcmp(got, want, BYTES), "all of it comes as it is");
	ok(!reader_read(r, 12345, got, MIB, &err) && !memcmp(got, want + 12345, MIB), "and a part from the middle");
	is_str(str_text(&h.text), "", "without a word");
	reader_close(&r);
	str_release(&h.text);
	ok(reader_open(path_of("none"), &how, &r, &err) && err.sys == ENOENT, "one that is not there does not");
}

/* The file loses its end while it is open, and is there again when it is opened anew. */
static void comes_back(void)
{
	const char *path = path_of("back");
	struct heard h = { .text = STR_INIT, .mend = path };
	const struct reader_how how = { .tell = on_tell, .ctx = &h, .pause_ms = { 200, 1, 1 } };
	struct error err = { 0 };
	struct reader *r;

	put(path, BYTES);
	ok(!reader_open(path, &how, &r, &err), "a file opens");
	ok(!truncate(path, MIB), "and gets shorter");
	ok(!reader_read(r, 0, got, BYTES, &err) && !memcmp(got, want, BYTES), "what comes back is read on from where it broke off");
	is_str(str_text(&h.text), "byte 1048576 cannot be read (No data available): trying again\n", "that it was tried again is told");
	reader_close(&r);
	str_release(&h.text);
}

static void stays_away(void)
{
	const char *path = path_of("away");
	struct heard h = { .text = STR_INIT };
	const struct reader_how how = { .tell = on_tell, .ctx = &h, .pause_ms = { 1, 1, 1 } };
	struct error err = { 0 };
	struct reader *r;

	put(path, BYTES);
	ok(!reader_open(path, &how, &r, &err), "a file opens");
	ok(!truncate(path, MIB), "and gets shorter");
	ok(reader_read(r, MIB - 10, got, MIB, &err) && err.sys == ENODATA, "what stays away is an error");
	is_str(err.msg, "byte 1048576 cannot be read: No data available", "with the first byte that did not come");
	ok(h.n == READER_TRIES - 1, "after as many tries as are due");
	ok(!reader_read(r, 0, got, MIB, &err) && !memcmp(got, want, MIB), "the rest is read still");
	reader_close(&r);
	str_release(&h.text);
}

/* Opening a pipe that nobody writes to hangs in the kernel, as a dead medium may. */
static void hangs(void)
{
	const char *path = path_of("pipe");
	struct heard h = { .text = STR_INIT };
	const struct reader_how how = { .tell = on_tell, .ctx = &h, .quiet_ms = 100, .give_up_ms = 1000 };
	struct error err = { 0 };
	uint64_t start = clock_mono_ms();
	struct reader *r = NULL;

	ok(!mkfifo(path, 0600), "a pipe");
	ok(reader_open(path, &how, &r, &err) && err.sys == ETIMEDOUT, "what hangs is given up");
	ok(clock_mono_ms() - start >= 1000, "not before its time");
	ok(h.n >= 2 && strstr(str_text(&h.text), "still waiting"), "and is told while it is waited for");
	ok(!r, "nothing is left of it");
	str_release(&h.text);
}

int main(void)
{
	for (size_t i = 0; i < BYTES; i++)
		want[i] = (unsigned char)(i * 2654435761u >> 13);
	if (!mkdtemp(dir))
		return 1;
	whole();
	comes_back();
	stays_away();
	hangs();
	for (const char *const *n = (const char *const[]){ "whole", "back", "away", "pipe", NULL }; *n; n++)
		unlink(path_of(*n));
	rmdir(dir);
	return tap_end();
}

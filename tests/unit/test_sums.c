/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A release beside its signed list: what holds, and every way in which it does not. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/sums.h"
#include "tap.h"

/* SHA-256 of "abc": the example of FIPS 180-4. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char dir[] = "/tmp/sums-XXXXXX";
static char pub[KEY_PUB_HEX], sec[KEY_SEC_HEX];
static struct error err;
static size_t files;

static void put(const char *name, const char *text)
{
	AUTO_STR path = STR_INIT;

	str_addf(&path, "%s/%s", dir, name);
	if (file_replace(str_text(&path), text, strlen(text), 0644, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
}

static void put_signed(const char *list)
{
	char sig[SIG_HEX], line[SIG_HEX + 16];

	put("SHA256SUMS", list);
	if (sign_buffer(sec, list, strlen(list), sig, &err))
		exit(1);
	snprintf(line, sizeof(line), "ed25519 %s\n", sig);
	put("SHA256SUMS.sig", line);
}

static bool refused(const char *one, enum error_kind kind, const char *part)
{
	memset(&err, 0, sizeof(err));
	return sums_check(dir, pub, one, &files, &err) != 0 && err.kind == kind && strstr(err.msg, part);
}

int main(void)
{
	char other_pub[KEY_PUB_HEX], other_sec[KEY_SEC_HEX];

	if (!mkdtemp(dir))
		return 1;
	key_generate(pub, sec);
	key_generate(other_pub, other_sec);
	put("a.iso", "abc");
	put("b.json", "abc");
	put_signed(ABC "  a.iso\n" ABC " *b.json\n");
	ok(!sums_check(dir, pub, NULL, &files, &err) && files == 2, "two files as signed hold");
	ok(!sums_check(dir, pub, "a.iso", &files, &err) && files == 1, "one of them is checked alone");
	ok(refused("c.iso", ERR_MEDIUM, "does not name c.iso"), "a file that the list does not name is refused");
	ok(sums_check(dir, other_pub, NULL, &files, &err) && err.kind == ERR_MEDIUM && err.hint[0], "another key is refused, with a remedy");

	put("b.json", "abd");
	ok(refused(NULL, ERR_MEDIUM, "b.json: its 3 bytes"), "a changed file is named");
	ok(!strstr(err.msg, "a.iso:"), "a file that holds is not");
	ok(!sums_check(dir, pub, "a.iso", &files, &err), "beside it, the good one still holds alone");
	put("a.iso", "abcd");
	ok(refused(NULL, ERR_MEDIUM, "a.iso: its 4 bytes") && strstr(err.msg, "b.json"), "all that is wrong is told at once");
	put_signed(ABC "  gone.iso\n");
	ok(refused(NULL, ERR_MEDIUM, "gone.iso: No such file"), "a missing file is named");

	put_signed(ABC "  ../etc/passwd\n");
	ok(refused(NULL, ERR_MEDIUM, "SHA256SUMS:1: malformed"), "a name that leads elsewhere is refused");
	put_signed("abc  a.iso\n");
	ok(refused(NULL, ERR_MEDIUM, "SHA256SUMS:1: malformed"), "a digest of another length is refused");
	put_signed("");
	ok(refused(NULL, ERR_MEDIUM, "does not name a single file"), "an empty list is no release");

	put("a.iso", "abc");
	put_signed(ABC "  a.iso\n");
	put("SHA256SUMS", ABC "  a.iso\n" ABC "  b.json\n");
	ok(refused(NULL, ERR_MEDIUM, "signature"), "a list that was changed after signing is refused");
	put("SHA256SUMS.sig", "");
	ok(refused(NULL, ERR_MEDIUM, "signature"), "an empty signature is refused");
	return tap_end();
}

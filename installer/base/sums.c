/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signed SHA256SUMS. */
#include "base/sums.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/str.h"

enum { LIST_MAX = 1 << 20, SIG_MAX = 256, DIGEST_HEX = HASH_HEX - 1 };

static int read_signed(const char *path, const char *pub_hex, struct str *ret, struct error *err)
{
	AUTO_STR sig_path = STR_INIT;
	AUTO_STR sig = STR_INIT;
	static const char head[] = "ed25519 ";

	str_addf(&sig_path, "%s.sig", path);
	if (file_read(path, LIST_MAX, ret, err) || file_read(str_text(&sig_path), SIG_MAX, &sig, err))
		return error_hint(err, "SHA256SUMS and SHA256SUMS.sig of the release belong beside its files");
	while (sig.len && sig.s[sig.len - 1] == '\n')
		str_cut(&sig, sig.len - 1);
	if (str_starts(str_text(&sig), head) && sign_check(pub_hex, str_text(ret), ret->len, str_text(&sig) + strlen(head)))
		return 0;
	error_set(err, ERR_MEDIUM, "%s: its signature is not the release key's: the list, the signature or the key is another", path);
	return error_hint(err, "fetch all files of the release again, and the key from where you trust it");
}

/* What is wrong with DIR/NAME, added to WRONG; nothing when it holds. */
static void check_file(const char *dir, const char *name, const char *digest, struct str *wrong)
{
	AUTO_STR path = STR_INIT;
	AUTO_FD fd = -1;
	struct error err = { 0 };
	char got[HASH_HEX];
	uint64_t bytes;

	str_addf(&path, "%s/%s", dir, name);
	fd = open(str_text(&path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		str_addf(wrong, "\n  %s: %s", name, strerror(errno));
	else if (sha256_fd(fd, got, &bytes, &err))
		str_addf(wrong, "\n  %s: %s", name, err.msg);
	else if (strcmp(got, digest) != 0)
		str_addf(wrong, "\n  %s: its %" PRIu64 " bytes have SHA-256 %.16s..., %.16s... was signed", name, bytes, got, digest);
}

/* "digest  name" at LINE, which is changed; false when it is not that. */
static bool split(char *line, char **ret_digest, char **ret_name)
{
	if (strlen(line) < DIGEST_HEX + 3 || line[DIGEST_HEX] != ' ' || !strchr(" *", line[DIGEST_HEX + 1]))
		return false;
	line[DIGEST_HEX] = '\0';
	*ret_digest = line;
	*ret_name = line + DIGEST_HEX + 2;
	return hex_is(line, DIGEST_HEX) && !strchr(*ret_name, '/') && strcmp(*ret_name, ".") && strcmp(*ret_name, "..");
}

int sums_check(const char *dir, const char *pub_hex, const char *one, size_t *ret_files, struct error *err)
{
	AUTO_STR path = STR_INIT;
	AUTO_STR list = STR_INIT;
	AUTO_STR wrong = STR_INIT;
	char *line, *rest, *digest, *name;
	size_t number = 0;

	*ret_files = 0;
	str_addf(&path, "%s/SHA256SUMS", dir);
	if (read_signed(str_text(&path), pub_hex, &list, err))
		return -1;
	rest = list.s;
	while (rest && (line = strsep(&rest, "\n"))) {
		size_t before = wrong.len;

		number++;
		if (!*line && !rest)
			break;
		if (!split(line, &digest, &name))
			return error_set(err, ERR_MEDIUM, "%s:%zu: malformed line", str_text(&path), number);
		if (one && strcmp(one, name) != 0)
			continue;
		check_file(dir, name, digest, &wrong);
		*ret_files += wrong.len == before;
	}
	if (wrong.len) {
		error_set(err, ERR_MEDIUM, "%s: what lies here is not what was signed:%s", dir, str_text(&wrong));
		return error_hint(err, "fetch these files again");
	}
	if (!*ret_files)
		return error_set(err, ERR_MEDIUM, "%s: does not name %s", str_text(&path), one ? one : "a single file");
	return 0;
}

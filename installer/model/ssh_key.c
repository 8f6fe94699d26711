/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Public SSH keys, checked as far as their form goes, so that a key that was cut or wrapped while
 * copying is found before an install and not at the first login. Does no cryptography.
 */
#include "model/ssh_key.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "data/tree.h"

/* Bytes of base64 TEXT (N characters) to RET, which holds 3*N/4; -1 when it is not base64. */
static long base64_decode(const char *text, size_t n, unsigned char *ret)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v = 0;
	long len = 0;
	size_t pad = 0;

	if (!n || n % 4)
		return -1;
	while (pad < 2 && text[n - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < n; i++) {
		const char *d = i < n - pad ? memchr(digits, text[i], sizeof(digits) - 1) : digits;

		if (!d)
			return -1;
		v = v << 6 | (uint32_t)(d - digits);
		if (i % 4 != 3)
			continue;
		ret[len++] = (unsigned char)(v >> 16);
		ret[len++] = (unsigned char)(v >> 8);
		ret[len++] = (unsigned char)v;
	}
	return len - (long)pad;
}

/* What is known of a type of key: how many strings its body has, and how long one of them must be. */
static const struct key_type {
	const char *name;
	unsigned int parts, which;
	size_t least, most;
} key_types[] = {
	{ "ssh-ed25519", 2, 1, 32, 32 },
	{ "ecdsa-sha2-nistp256", 3, 2, 65, 65 },
	{ "ecdsa-sha2-nistp384", 3, 2, 97, 97 },
	{ "ecdsa-sha2-nistp521", 3, 2, 133, 133 },
	{ "ssh-rsa", 3, 2, 256, 2049 }, /* 2048 bits */
	{ "sk-ssh-ed25519@openssh.com", 3, 1, 32, 32 },
	{ "sk-ecdsa-sha2-nistp256@openssh.com", 4, 2, 65, 65 },
};

/* Whether the LEN bytes are a body of TYPE: strings with their lengths in front (RFC 4253, 6.6). */
static bool key_body_is_good(const struct key_type *type, const unsigned char *body, size_t len)
{
	unsigned int parts = 0;
	size_t i = 0;

	for (; i + 4 <= len; parts++) {
		size_t n = (size_t)body[i] << 24 | (size_t)body[i + 1] << 16 | (size_t)body[i + 2] << 8 | body[i + 3];

		i += 4;
		if (n > len - i)
			return false;
		if (!parts && (n != strlen(type->name) || memcmp(body + i, type->name, n)))
			return false;
		if (parts == type->which && (n < type->least || n > type->most))
			return false;
		i += n;
	}
	return i == len && parts == type->parts;
}

const char *ssh_key_why_not(const char *line, struct arena *a, const char **ret_hint)
{
	size_t n = strcspn(line, " "), body = n + (line[n] == ' '), body_n = strcspn(line + body, " ");
	const struct key_type *type = NULL;
	unsigned char *bytes;
	long len;

	*ret_hint = NULL;
	if (strstr(line, "PRIVATE KEY")) {
		*ret_hint = "give the line of the .pub file; that private key should be replaced";
		return "is a private key";
	}
	for (size_t i = 0; i < ARRAY_LEN(key_types); i++)
		if (strlen(key_types[i].name) == n && !memcmp(key_types[i].name, line, n))
			type = &key_types[i];
	if (!type) {
		*ret_hint = "give the line of a .pub file, for example \"ssh-ed25519 AAAA... name\"";
		return arena_printf(a, "%s is not a type of SSH key that is accepted",
				    text_quoted(arena_strndup(a, line, n), a));
	}
	bytes = arena_alloc(a, body_n + 4);
	len = base64_decode(line + body, body_n, bytes);
	if (len >= 0 && key_body_is_good(type, bytes, (size_t)len))
		return NULL;
	if (str_eq(type->name, "ssh-rsa"))
		*ret_hint = "RSA keys have at least 2048 bits";
	return arena_printf(a, "is not a whole %s key: was it cut or wrapped?", type->name);
}

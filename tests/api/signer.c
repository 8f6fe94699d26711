/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of an agent that a shell cannot play: keys, signatures, and the check of the site's.
 *   signer key                                   -> "PUBLIC SECRET"
 *   signer sign SECRET PATH BODYFILE             -> signature of a request
 *   signer check SITEKEY PATH SIGN BODYFILE SIG  -> exit 0 if SIG is the site's, for that request's answer
 *   signer open SECRET FILE                      -> what the hex in FILE was sealed for that key
 *   signer hash FILE                             -> BLAKE2b-256
 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/hash.h"
#include "proto/proto.h"

static int fail(const struct error *err)
{
	fprintf(stderr, "signer: %s\n", err->msg);
	return 1;
}

int main(int argc, char **argv)
{
	AUTO_STR body = STR_INIT;
	AUTO_STR text = STR_INIT;
	char pub[KEY_PUB_HEX], sec[KEY_SEC_HEX], sig[SIG_HEX], hash[HASH_HEX];
	struct error err;

	if (argc == 2 && !strcmp(argv[1], "key")) {
		key_generate(pub, sec);
		printf("%s %s\n", pub, sec);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "hash")) {
		if (file_read(argv[2], 64u << 20, &body, &err))
			return fail(&err);
		hash_buffer(str_text(&body), body.len, hash);
		puts(hash);
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "open")) {
		unsigned char bytes[4096];
		size_t n;

		if (file_read(argv[3], sizeof(bytes), &body, &err) || seal_open(argv[2], str_text(&body), bytes, sizeof(bytes), &n, &err))
			return fail(&err);
		return fwrite(bytes, 1, n, stdout) == n ? 0 : 1;
	}
	if (argc == 5 && !strcmp(argv[1], "sign")) {
		if (file_read(argv[4], 64u << 20, &body, &err))
			return fail(&err);
		proto_request_text(argv[3], str_text(&body), &text);
		if (sign_buffer(argv[2], str_text(&text), text.len, sig, &err))
			return fail(&err);
		puts(sig);
		return 0;
	}
	if (argc == 7 && !strcmp(argv[1], "check")) {
		if (file_read(argv[5], 64u << 20, &body, &err))
			return fail(&err);
		proto_answer_text(argv[3], argv[4], str_text(&body), &text);
		return sign_check(argv[2], str_text(&text), text.len, argv[6]) ? 0 : 1;
	}
	fputs("signer: see the head of signer.c\n", stderr);
	return 2;
}

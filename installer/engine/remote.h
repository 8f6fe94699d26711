/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SSH into the live system, only when somebody asked: by the site file's keys, or by a password that lets in one login
 * and expires. Every login runs `fulcrum-install watch` and nothing else; no forwarding. The host key is made anew each
 * boot. dropbear does the rest.
 */
#pragma once
#include "model/site.h"
#include "sys/sys.h"

#define REMOTE_DIR "/run/fulcrum/remote"
/* Present while the password was made and not used; who renames it has used it. */
#define REMOTE_TOKEN REMOTE_DIR "/once"
#define REMOTE_USED REMOTE_DIR "/once.used"

enum {
	REMOTE_FINGERPRINT = 64,
	REMOTE_PASSWORD = 20, /* "xxxxx-xxxxx-xxxxx": 15 characters of 32, 75 bits */
	REMOTE_ONCE_MIN = 15, /* minutes until it expires, */
	REMOTE_ONCE_MS = REMOTE_ONCE_MIN * 60 * 1000,
	REMOTE_PORT = 22,
	REMOTE_PORT_ONCE = 2222, /* for the password, where keys have the other port */
};

/* Makes the host key, once a boot; its fingerprint, "SHA256:...". Waits for the kernel's random numbers. */
MUST_CHECK int remote_host_key(struct sys *sys, char ret[REMOTE_FINGERPRINT], struct error *err);
/* The same of what dropbearkey prints. */
MUST_CHECK int remote_fingerprint(const char *text, char ret[REMOTE_FINGERPRINT], struct error *err);
/* KEYS may log in from now on; once a boot. */
MUST_CHECK int remote_keys_start(struct sys *sys, const struct site *site, struct error *err);

/* A new password, from the kernel's random numbers. */
void remote_password(char ret[REMOTE_PASSWORD]);
/*
 * PASSWORD lets in the next login as root, at *RET_PORT, for LIVES_MS (REMOTE_ONCE_MS); an earlier password is void. It
 * is in no file and on no command line; its hash is, for as long. A process of its own sees to the end of it.
 */
MUST_CHECK int remote_once_start(struct sys *sys, const char *password, unsigned int lives_ms, unsigned int *ret_port, struct error *err);
/* SHADOW with HASH as root's; "*" locks it. Appended to RET. ERR_NOT_FOUND without a line of root. */
MUST_CHECK int remote_shadow(const char *shadow, const char *hash, struct str *ret, struct error *err);
/* For the login: uses the password up. ERR_DENIED if another login has. */
MUST_CHECK int remote_once_claim(struct sys *sys, struct error *err);

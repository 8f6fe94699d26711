/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SSH into the live system. */
#include "engine/remote.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "engine/preflight.h"
#include "sys/task.h"

static const char host_key[] = REMOTE_DIR "/host_key", keys_dir[] = REMOTE_DIR "/keys", no_keys_dir[] = REMOTE_DIR "/nobody";
static const char keys_pid[] = REMOTE_DIR "/keys.pid", once_pid[] = REMOTE_DIR "/once.pid", shadow_path[] = "/etc/shadow";
/* dropbear removes this file as it ends, whatever it is. */
static const char once_listener_pid[] = REMOTE_DIR "/once.listener.pid";
static const char watch_command[] = "/usr/sbin/fulcrum-install watch", watch_once_command[] = "/usr/sbin/fulcrum-install watch --once";

enum { START_MS = 10000, STEP_MS = 100, SHADOW_MAX = 64 << 10 };

/* --- the host key */

int remote_fingerprint(const char *text, char ret[REMOTE_FINGERPRINT], struct error *err)
{
	static const char mark[] = "Fingerprint: ";
	const char *at = strstr(text, mark);
	size_t n = at ? strcspn(at + strlen(mark), " \r\n") : 0;

	if (!at || n >= REMOTE_FINGERPRINT || !str_starts(at + strlen(mark), "SHA256:"))
		return error_set(err, ERR_IO, "dropbearkey says no fingerprint");
	snprintf(ret, REMOTE_FINGERPRINT, "%.*s", (int)n, at + strlen(mark));
	return 0;
}

int remote_host_key(struct sys *sys, char ret[REMOTE_FINGERPRINT], struct error *err)
{
	const char *const make[] = { "dropbearkey", "-t", "ed25519", "-f", host_key, NULL };
	const char *const show[] = { "dropbearkey", "-y", "-f", host_key, NULL };
	AUTO_STR text = STR_INIT;
	AUTO_STR there = STR_INIT;
	struct error none;

	preflight_entropy(NULL);
	if (sys->ops->make_dirs(sys, REMOTE_DIR, 0700, err))
		return -1;
	if (sys->ops->read_file(sys, host_key, 4096, &there, &none) && sys->ops->exec(sys, &(struct sys_exec){ .argv = make }, err))
		return -1;
	if (there.len)
		explicit_bzero(there.s, there.len);
	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = show, .output = &text }, err))
		return -1;
	return remote_fingerprint(str_text(&text), ret, err);
}

/* --- keys */

static bool keys_are_on(struct sys *sys)
{
	AUTO_STR pid = STR_INIT;
	struct error none;

	return !sys->ops->read_file(sys, keys_pid, 64, &pid, &none);
}

/* It says that it was started before it is: its pid file comes once it listens and is on its own. */
static int wait_keys(struct sys *sys, struct error *err)
{
	for (unsigned int ms = 0; ms < START_MS; ms += STEP_MS) {
		if (keys_are_on(sys))
			return 0;
		if (sys->ops->sleep_ms(sys, STEP_MS, err))
			return -1;
	}
	return error_set(err, ERR_VERIFY, "dropbear was started, and does not run");
}

int remote_keys_start(struct sys *sys, const struct site *site, struct error *err)
{
	/* It goes into the background by itself; -s: no passwords; -j -k: nothing is forwarded. */
	const char *const argv[] = { "dropbear", "-s", "-j", "-k", "-m", "-K", "15", "-r", host_key, "-D", keys_dir,
				     "-P", keys_pid, "-c", watch_command, NULL };
	const struct site_access *acc = &site->admin.access;
	AUTO_STR keys = STR_INIT;

	for (size_t i = 0; i < acc->n_ssh_keys; i++)
		str_addf(&keys, "%s\n", acc->ssh_keys[i]);
	/* Another site file may have come since: its keys count. */
	if (sys->ops->make_dirs(sys, keys_dir, 0700, err) ||
	    sys->ops->write_file(sys, REMOTE_DIR "/keys/authorized_keys", str_text(&keys), keys.len, 0600, err))
		return -1;
	if (keys_are_on(sys))
		return 0;
	return sys->ops->exec(sys, &(struct sys_exec){ .argv = argv }, err) ? -1 : wait_keys(sys, err);
}

/* --- the password */

void remote_password(char ret[REMOTE_PASSWORD])
{
	/* Without those that are easily taken for another: l, o, 0, 1. */
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char raw[REMOTE_PASSWORD];

	_Static_assert(sizeof(letters) - 1 == 32, "five bits each");
	random_bytes(raw, sizeof(raw));
	for (size_t i = 0; i < 17; i++)
		ret[i] = i % 6 == 5 ? '-' : letters[raw[i] & 31];
	ret[17] = '\0';
	explicit_bzero(raw, sizeof(raw));
}

int remote_shadow(const char *shadow, const char *hash, struct str *ret, struct error *err)
{
	static const char root[] = "root:";
	const char *line = str_starts(shadow, root) ? shadow : strstr(shadow, "\nroot:"), *rest;

	if (line && *line == '\n')
		line++;
	rest = line ? strchr(line + strlen(root), ':') : NULL;
	if (!rest)
		return error_set(err, ERR_NOT_FOUND, "%s: root has no line", shadow_path);
	str_addn(ret, shadow, (size_t)(line - shadow) + strlen(root));
	str_add(ret, hash);
	str_add(ret, rest);
	return 0;
}

static int set_hash(struct sys *sys, const char *hash, struct error *err)
{
	AUTO_STR old = STR_INIT;
	AUTO_STR new = STR_INIT;

	if (sys->ops->read_file(sys, shadow_path, SHADOW_MAX, &old, err) || remote_shadow(str_text(&old), hash, &new, err))
		return -1;
	return sys->ops->write_file(sys, shadow_path, str_text(&new), new.len, 0600, err);
}

static int hash_of(struct sys *sys, const char *password, struct str *ret, struct error *err)
{
	/* It is read from stdin: not on a command line. */
	const char *const argv[] = { "mkpasswd", "-m", "sha512", "-P", "0", NULL };

	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .input = password, .output = ret }, err))
		return -1;
	str_cut(ret, strcspn(str_text(ret), "\n"));
	/* What is no such hash could let anybody in. */
	if (!str_starts(str_text(ret), "$6$") || ret->len < 90 || strpbrk(ret->s, ": "))
		return error_set(err, ERR_IO, "mkpasswd made no hash");
	return 0;
}

struct once {
	struct sys *sys;
	unsigned int port, lives_ms;
	int fd; /* who started us hears there how it went */
	bool said;
};

static bool on_line(void *ctx, const char *line)
{
	struct once *o = ctx;

	/* It listens. What dropbear says before is why it does not. */
	if (strstr(line, "Not backgrounding") && !o->said)
		o->said = write(o->fd, "1", 1) == 1;
	return strstr(line, "Password auth succeeded") != NULL;
}

/* The life of one password, in a process of its own: until the first login, or its time is over. */
static void serve(void *ctx, int fd)
{
	struct once *o = ctx;
	char port[8], pid[16];
	const char *const argv[] = { "dropbear", "-F", "-E", "-j", "-k", "-m", "-K", "15", "-p", port, "-r", host_key,
				     "-D", no_keys_dir, "-P", once_listener_pid, "-c", watch_once_command, NULL };
	struct error err = { 0 };

	o->fd = fd;
	snprintf(port, sizeof(port), "%u", o->port);
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (!o->sys->ops->write_file(o->sys, once_pid, pid, strlen(pid), 0600, &err) &&
	    task_follow(argv, o->lives_ms, on_line, o, &err)) {
		if (!o->said)
			(void)!write(fd, err.msg, strlen(err.msg));
		/* Nobody came: nobody is to come. */
		(void)!o->sys->ops->remove(o->sys, REMOTE_TOKEN, &err);
	}
	for (int tries = 0; set_hash(o->sys, "*", &err) && tries < 100; tries++)
		poll(NULL, 0, 100);
	(void)!o->sys->ops->remove(o->sys, once_pid, &err);
}

/* An earlier password's process goes, and its listener with it. */
static void stop_earlier(struct sys *sys)
{
	AUTO_STR text = STR_INIT;
	struct error none;

	if (sys->ops->read_file(sys, once_pid, 32, &text, &none))
		return;
	str_cut(&text, strspn(str_text(&text), "0123456789"));
	const char *const argv[] = { "kill", str_text(&text), NULL };

	/* It may have ended meanwhile. */
	(void)!sys->ops->exec(sys, &(struct sys_exec){ .argv = argv }, &none);
	(void)!sys->ops->sleep_ms(sys, 500, &none);
}

static int wait_listening(struct task *t, struct error *err)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	char said[512];
	ssize_t n;

	if (poll(&p, 1, START_MS) != 1)
		return error_set(err, ERR_IO, "dropbear does not listen after %d s", START_MS / 1000);
	n = read(t->fd, said, sizeof(said) - 1);
	if (n == 1 && said[0] == '1')
		return 0;
	said[n > 0 ? n : 0] = '\0';
	return error_set(err, ERR_IO, "%s", said[0] ? said : "the server of the password ended");
}

int remote_once_start(struct sys *sys, const char *password, unsigned int lives_ms, unsigned int *ret_port, struct error *err)
{
	struct once o = { .sys = sys, .port = keys_are_on(sys) ? REMOTE_PORT_ONCE : REMOTE_PORT, .lives_ms = lives_ms };
	AUTO_STR hash = STR_INIT;
	struct task t;
	int rc;

	stop_earlier(sys);
	if (hash_of(sys, password, &hash, err) || set_hash(sys, str_text(&hash), err) || sys->ops->write_file(sys, REMOTE_TOKEN, "", 0, 0600, err) ||
	    task_start(serve, &o, &t, err))
		return -1;
	rc = wait_listening(&t, err);
	*ret_port = o.port;
	/* It lives on by itself. */
	close(t.fd);
	return rc;
}

int remote_once_claim(struct sys *sys, struct error *err)
{
	if (!sys->ops->rename(sys, REMOTE_TOKEN, REMOTE_USED, err))
		return 0;
	error_set(err, ERR_DENIED, "this password was used already");
	return error_hint(err, "ask for another at the machine's console: fulcrum-install remote, or p in the installer's menu");
}

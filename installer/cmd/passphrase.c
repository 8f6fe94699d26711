/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passphrases from a file or from the terminal. */
#include "cmd/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sealed.h"

enum { LINE_MOST = SEALED_PASS_MAX + 2 };

static volatile sig_atomic_t stopped;

static void stop(int sig UNUSED)
{
	stopped = 1;
}

void passphrase_wipe(struct str *pass)
{
	if (pass->s)
		explicit_bzero(pass->s, pass->cap);
	str_release(pass);
}

/* As large as it can get from the start: growing would leave a copy behind. */
static void reserve(struct str *s)
{
	*s = (struct str){ .s = calloc(1, LINE_MOST), .cap = LINE_MOST };
	if (!s->s)
		abort();
}

/* One line of FD, without its end; byte by byte, because what follows is somebody else's. */
static int read_line(int fd, const char *name, struct str *ret, struct error *err)
{
	char c;

	while (ret->len < LINE_MOST - 1) {
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR && !stopped)
			continue;
		if (n < 0 && stopped)
			return error_set(err, ERR_REFUSED, "stopped: nothing was done");
		if (n < 0)
			return error_sys(err, errno, "%s", name);
		if (!n || c == '\n')
			return 0;
		str_addc(ret, c);
	}
	return error_set(err, ERR_INPUT, "%s: the passphrase is longer than %d bytes", name, SEALED_PASS_MAX);
}

static int ask(int tty, const char *prompt, struct str *ret, struct error *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction was[ARRAY_LEN(signals)], now = { .sa_handler = stop };
	struct termios kept, quiet;
	int rc;

	if (tcgetattr(tty, &kept))
		return error_sys(err, errno, "terminal");
	quiet = kept;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON | ECHONL;
	/* Whatever ends us, the terminal echoes again. */
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &now, &was[i]);
	rc = tcsetattr(tty, TCSAFLUSH, &quiet) ? error_sys(err, errno, "terminal") : fd_write_all(tty, prompt, strlen(prompt), err);
	if (!rc)
		rc = read_line(tty, "terminal", ret, err);
	tcsetattr(tty, TCSAFLUSH, &kept);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &was[i], NULL);
	return rc;
}

static int from_terminal(bool twice, struct str *ret, struct error *err)
{
	AUTO_FD tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct str again;
	int rc;

	if (tty < 0) {
		error_set(err, ERR_REFUSED, "there is no terminal to ask for the passphrase");
		return error_hint(err, "give it in a file that only you can read: --passphrase-file FILE");
	}
	if (ask(tty, "Passphrase: ", ret, err))
		return -1;
	if (!twice)
		return 0;
	/* Refused at once, not after it was typed a second time. */
	if (sealed_pass_check(str_text(ret), err))
		return -1;
	reserve(&again);
	rc = ask(tty, "The same again: ", &again, err);
	if (!rc && !str_eq(str_text(ret), str_text(&again)))
		rc = error_set(err, ERR_REFUSED, "the two are not the same");
	passphrase_wipe(&again);
	return rc;
}

int passphrase_read(const char *file, bool twice, struct str *ret, struct error *err)
{
	AUTO_FD fd = -1;

	reserve(ret);
	if (!file)
		return from_terminal(twice, ret, err);
	fd = str_eq(file, "-") ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, errno, "%s", file);
	if (read_line(fd, file, ret, err))
		return -1;
	if (!ret->len)
		return error_set(err, ERR_INPUT, "%s: its first line is empty", file);
	return 0;
}

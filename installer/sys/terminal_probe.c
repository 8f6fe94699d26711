/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands at the other end of a line, found by asking it: a terminal answers ECMA-48's question for the cursor's
 * position (DSR 6, CPR). Where it stands after a character of three bytes says whether it reads UTF-8, where it stands
 * after a move to the far corner how large it is. A serial line has no other way to know.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "sys/terminal.h"

enum { ANSWER_MS = 1000, ANSWER_MAX = 64, SIDE_MAX = 999 };

static const char where_utf8[] = "\r\xe2\x94\x80\033[6n";
/* Away with the character, to the corner, and back to where it was. */
static const char where_corner[] = "\r\033[K\0337\033[999;999H\033[6n\0338";

/* A number of at most three digits at *S, which is moved behind it; 0: none. */
static int number(const char **s, const char *end)
{
	int v = 0;

	for (; *s < end && **s >= '0' && **s <= '9' && v <= SIDE_MAX / 10; (*s)++)
		v = v * 10 + (**s - '0');
	return v;
}

bool terminal_position(const char *text, size_t n, int *ret_row, int *ret_column)
{
	const char *end = text + n;

	/* Keys may have been pressed before: the answer is looked for among them. */
	for (const char *s = text; s + 2 < end; s++) {
		const char *p = s + 2;
		int row, column;

		if (s[0] != '\033' || s[1] != '[')
			continue;
		row = number(&p, end);
		if (!row || p >= end || *p++ != ';')
			continue;
		column = number(&p, end);
		if (!column || p >= end || *p != 'R')
			continue;
		*ret_row = row;
		*ret_column = column;
		return true;
	}
	return false;
}

/* True if TEXT was taken and answered in time. Neither a line that takes nothing nor one that is silent holds this up. */
static bool ask(int fd, const char *text, size_t len, int *ret_row, int *ret_column)
{
	uint64_t end = clock_mono_ms() + ANSWER_MS;
	char answer[ANSWER_MAX];
	size_t sent = 0, n = 0;

	for (;;) {
		uint64_t now = clock_mono_ms();
		struct pollfd p = { .fd = fd, .events = (short)(POLLIN | (sent < len ? POLLOUT : 0)) };
		ssize_t got;

		if (now >= end || n == sizeof(answer) || poll(&p, 1, (int)(end - now)) <= 0)
			return false;
		if (p.revents & POLLOUT && sent < len) {
			got = write(fd, text + sent, len - sent);
			if (got < 0 && errno != EAGAIN && errno != EINTR)
				return false;
			sent += got > 0 ? (size_t)got : 0;
		}
		if (p.revents & POLLIN) {
			got = read(fd, answer + n, sizeof(answer) - n);
			if (!got || (got < 0 && errno != EAGAIN && errno != EINTR))
				return false;
			n += got > 0 ? (size_t)got : 0;
			if (terminal_position(answer, n, ret_row, ret_column))
				return true;
		} else if (!(p.revents & POLLOUT)) {
			return false; /* hung up */
		}
	}
}

bool terminal_probe(int fd, struct terminal_kind *ret)
{
	struct termios was, raw;
	struct winsize size = { 0 };
	int row, column;

	*ret = (struct terminal_kind){ 0 };
	if (tcgetattr(fd, &was))
		return false;
	raw = was;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	tcsetattr(fd, TCSANOW, &raw);
	tcflush(fd, TCIFLUSH);
	if (ask(fd, where_utf8, sizeof(where_utf8) - 1, &row, &column)) {
		ret->answers = true;
		ret->utf8 = column == 2;
		if (ask(fd, where_corner, sizeof(where_corner) - 1, &row, &column)) {
			ret->rows = row;
			ret->columns = column;
		}
	}
	tcflush(fd, TCIFLUSH);
	tcsetattr(fd, TCSANOW, &was);
	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_row && size.ws_col) {
		ret->rows = size.ws_row;
		ret->columns = size.ws_col;
	} else if (ret->rows) {
		/* For whatever runs on it later: a shell, an editor. */
		size = (struct winsize){ .ws_row = (unsigned short)ret->rows, .ws_col = (unsigned short)ret->columns };
		ioctl(fd, TIOCSWINSZ, &size);
	}
	return ret->answers;
}

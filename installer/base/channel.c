/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The progress channel. */
#include "base/channel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static const char port_name[] = "org.fulcrum.progress";

enum { PORT_TRIES = 50, PORT_PAUSE_NS = 1000000 };

/* Device node of the port, looked for once per process (drivers/char/virtio_console.c: name attribute); "" if there is none. */
static const char *port_path(void)
{
	static char path[320];
	static bool looked;
	struct dirent *e;
	DIR *d;

	if (looked)
		return path;
	looked = true;
	d = opendir("/sys/class/virtio-ports");
	if (!d)
		return path;
	while ((e = readdir(d))) {
		char name[64];

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", e->d_name);
		if (e->d_name[0] != '.' && !file_read_line(path, name, sizeof(name)) && !strcmp(name, port_name)) {
			snprintf(path, sizeof(path), "/dev/%s", e->d_name);
			break;
		}
		path[0] = '\0';
	}
	closedir(d);
	return path;
}

/*
 * Opened for each line: the kernel gives a port to one process at a time (port_fops_open: EBUSY), and the admin node
 * has several that speak. One that finds it taken waits for the other's line, not for longer.
 */
static int port_open(void)
{
	const struct timespec pause = { .tv_nsec = PORT_PAUSE_NS };
	int fd;

	for (int i = 0; (fd = open(port_path(), O_WRONLY | O_CLOEXEC | O_NONBLOCK)) < 0 && errno == EBUSY && i < PORT_TRIES; i++)
		nanosleep(&pause, NULL);
	return fd;
}

/* The file of channel_log(), and whether its last line was cut by a full disk. */
static struct {
	int fd;
	bool torn;
} log_file = { .fd = -1 };

void channel_log(const char *path)
{
	fd_close(&log_file.fd);
	log_file.torn = false;
	if (path)
		log_file.fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

static void log_line(const struct str *line, uint64_t max)
{
	struct stat st;
	ssize_t n;

	if (log_file.fd < 0 || fstat(log_file.fd, &st) || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size + line->len > max)
		return;
	/* What a full disk cut off becomes a line of its own, not the beginning of this one. */
	if (log_file.torn && write(log_file.fd, "\n", 1) != 1)
		return;
	log_file.torn = false;
	n = write(log_file.fd, line->s, line->len);
	log_file.torn = n > 0 && (size_t)n < line->len;
}

static bool is_heard(void)
{
	return port_path()[0] || log_file.fd >= 0;
}

static void add_text(struct str *out, const char *s)
{
	str_addc(out, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			str_addf(out, "\\%c", c);
		else if (c < 0x20)
			str_addf(out, "\\u%04x", c);
		else
			str_addc(out, (char)c);
	}
	str_addc(out, '"');
}

static void send_line(struct str *line, uint64_t max)
{
	AUTO_FD fd = -1;
	ssize_t n;

	str_addf(line, ",\"ms\":%" PRIu64 "}\n", clock_mono_ms());
	log_line(line, max);
	if (!port_path()[0])
		return;
	fd = port_open();
	/* One write a line; a full port drops the line rather than hold up the work. */
	n = fd >= 0 ? write(fd, line->s, line->len) : 0;
	(void)n;
}

void channel_emit(const char *t, const char *who, ...)
{
	AUTO_STR line = STR_INIT;
	const char *key;
	va_list ap;

	if (!is_heard())
		return;
	str_add(&line, "{\"t\":");
	add_text(&line, t);
	str_add(&line, ",\"who\":");
	add_text(&line, who);
	va_start(ap, who);
	while ((key = va_arg(ap, const char *))) {
		const char *value = va_arg(ap, const char *);

		str_addc(&line, ',');
		add_text(&line, key);
		str_addc(&line, ':');
		add_text(&line, value ? value : "");
	}
	va_end(ap);
	send_line(&line, CHANNEL_LOG_MAX);
}

void channel_step(const char *who, const struct channel_move *m)
{
	AUTO_STR line = STR_INIT;

	if (!is_heard())
		return;
	str_add(&line, "{\"t\":\"step\",\"who\":");
	add_text(&line, who);
	str_add(&line, ",\"id\":");
	add_text(&line, m->id);
	str_addf(&line, ",\"n\":%u,\"of\":%u,\"done\":%" PRIu64 ",\"total\":%" PRIu64 ",\"percent\":%u,\"rate\":%" PRIu64, m->n,
		 m->of, m->done, m->total, m->percent, m->rate);
	if (m->left_s >= 0)
		str_addf(&line, ",\"left\":%" PRId64, m->left_s);
	/* The end of a long run must fit in, too. */
	send_line(&line, CHANNEL_LOG_MAX - CHANNEL_LOG_END);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The progress channel. */
#include "base/channel.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

static const char port_name[] = "org.fulcrum.progress";

/* Descriptor of the port, looked for once per process (drivers/char/virtio_console.c: name attribute). */
static int channel_fd(void)
{
	static int fd = -2;
	struct dirent *e;
	DIR *d;

	if (fd != -2)
		return fd;
	fd = -1;
	d = opendir("/sys/class/virtio-ports");
	if (!d)
		return fd;
	while ((e = readdir(d))) {
		char path[320], name[64];

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", e->d_name);
		if (e->d_name[0] == '.' || file_read_line(path, name, sizeof(name)) || strcmp(name, port_name) != 0)
			continue;
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
		break;
	}
	closedir(d);
	return fd;
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

static void send_line(struct str *line)
{
	ssize_t n;

	str_add(line, "}\n");
	/* One write a line; a full port drops the line rather than hold up the work. */
	n = write(channel_fd(), line->s, line->len);
	(void)n;
}

void channel_emit(const char *t, const char *who, ...)
{
	AUTO_STR line = STR_INIT;
	const char *key;
	va_list ap;

	if (channel_fd() < 0)
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
	send_line(&line);
}

void channel_step(const char *who, const char *id, unsigned int n, unsigned int of, uint64_t done,
		  uint64_t total, unsigned int percent)
{
	AUTO_STR line = STR_INIT;

	if (channel_fd() < 0)
		return;
	str_add(&line, "{\"t\":\"step\",\"who\":");
	add_text(&line, who);
	str_add(&line, ",\"id\":");
	add_text(&line, id);
	str_addf(&line, ",\"n\":%u,\"of\":%u,\"done\":%llu,\"total\":%llu,\"percent\":%u", n, of,
		 (unsigned long long)done, (unsigned long long)total, percent);
	send_line(&line);
}

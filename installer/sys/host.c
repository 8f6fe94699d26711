/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Below a root, everything is a read that may find nothing. Knows nothing of what the files mean.
 */
#include "sys/host.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/text.h"

enum { TEXT_MAX = 1024, FILE_MAX = 4 * 1024 * 1024 };

/* False when the path is too long to be one. */
__attribute__((format(printf, 3, 0))) static bool put_path(const struct host *h, char ret[PATH_MAX],
							   const char *fmt, va_list ap)
{
	int n = snprintf(ret, PATH_MAX, "%s", h->root), m;

	if (n < 0 || n >= PATH_MAX)
		return false;
	m = vsnprintf(ret + n, (size_t)(PATH_MAX - n), fmt, ap);
	return m >= 0 && m < PATH_MAX - n;
}

#define PATH_OF(h, buf, fmt)                                                                       \
	do {                                                                                       \
		va_list ap_;                                                                       \
		va_start(ap_, fmt);                                                                \
		if (!put_path((h), (buf), (fmt), ap_))                                             \
			(buf)[0] = '\0';                                                           \
		va_end(ap_);                                                                       \
	} while (0)

/* Path below the root; "" when it is too long. */
PRINTF(2, 3) static const char *host_path(const struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX];

	PATH_OF(h, path, fmt);
	return arena_strdup(h->a, path);
}

const char *host_text(const struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX], line[TEXT_MAX];

	PATH_OF(h, path, fmt);
	if (file_read_line(path, line, sizeof(line)))
		return NULL;
	return text_clean(h->a, line, sizeof(line));
}

bool host_u64(const struct host *h, uint64_t *ret, const char *fmt, ...)
{
	char path[PATH_MAX], line[64], *end;
	unsigned long long v;

	PATH_OF(h, path, fmt);
	if (file_read_line(path, line, sizeof(line)) || !isdigit((unsigned char)line[0]))
		return false;
	errno = 0;
	v = strtoull(line, &end, str_starts(line, "0x") ? 16 : 10);
	if (errno || (*end && !isspace((unsigned char)*end)))
		return false;
	*ret = v;
	return true;
}

bool host_exists(const struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX];

	PATH_OF(h, path, fmt);
	return !access(path, F_OK);
}

size_t host_bytes(const struct host *h, unsigned char *ret, size_t max, const char *path)
{
	AUTO_FD fd = open(host_path(h, "%s", path), O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	while (fd >= 0 && len < max) {
		ssize_t n = read(fd, ret + len, max - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

void host_file(const struct host *h, struct str *ret, const char *path)
{
	struct error ignored;

	if (file_read(host_path(h, "%s", path), FILE_MAX, ret, &ignored))
		str_clear(ret);
}

const char *host_real(const struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX], real[PATH_MAX], root[PATH_MAX] = "";

	PATH_OF(h, path, fmt);
	if (!realpath(path, real) || (h->root[0] && !realpath(h->root, root)) ||
	    !str_starts(real, root))
		return NULL;
	return arena_strdup(h->a, real + strlen(root));
}

const char *host_link_name(const struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	PATH_OF(h, path, fmt);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return NULL;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return text_clean(h->a, slash ? slash + 1 : target, sizeof(target));
}

/*
 * Same prefix of letters: shorter first (sdb before sdaa), then numbers by value (nvme2 before
 * nvme10).
 */
static int natural(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;
	size_t la = strcspn(*a, "0123456789"), lb = strcspn(*b, "0123456789");

	if (la != lb && !strncmp(*a, *b, 2))
		return la < lb ? -1 : 1;
	return strverscmp(*a, *b);
}

const char **host_list(const struct host *h, size_t *ret_n, const char *fmt, ...)
{
	const char **names = NULL;
	char path[PATH_MAX];
	struct dirent *e;
	size_t n = 0;
	DIR *dir;

	*ret_n = 0;
	PATH_OF(h, path, fmt);
	dir = opendir(path);
	if (!dir)
		return NULL;
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		names = arena_grow(h->a, names, n, sizeof(*names));
		names[n++] = arena_strdup(h->a, e->d_name);
	}
	closedir(dir);
	if (n)
		qsort(names, n, sizeof(*names), natural);
	*ret_n = n;
	return names;
}

/* "0000:00:04.0": a domain of at least four digits, bus, device, function; LEN of it, or 0. */
static size_t pci_length(const char *s)
{
	size_t domain = strspn(s, "0123456789abcdef");

	if (domain < 4 || s[domain] != ':' || strspn(s + domain + 1, "0123456789abcdef") != 2 ||
	    s[domain + 3] != ':' || strspn(s + domain + 4, "0123456789abcdef") != 2 ||
	    s[domain + 6] != '.' || !isdigit((unsigned char)s[domain + 7]) ||
	    (s[domain + 8] != '/' && s[domain + 8] != '\0'))
		return 0;
	return domain + 8;
}

const char *host_pci(const struct host *h, const char *sysfs_path)
{
	const char *found = NULL;
	size_t len = 0;

	for (const char *p = sysfs_path; (p = strchr(p, '/'));) {
		size_t n = pci_length(++p);

		if (n) {
			found = p;
			len = n;
		}
	}
	return found ? arena_strndup(h->a, found, len) : NULL;
}

int host_free_bytes(const char *path, uint64_t *ret, struct error *err)
{
	struct statvfs st;

	if (statvfs(path, &st))
		return error_sys(err, errno, "%s", path);
	*ret = (uint64_t)st.f_bavail * st.f_frsize;
	return 0;
}

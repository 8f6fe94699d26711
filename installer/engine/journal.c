/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journal file: append and fsync. */
#include "engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

static int add(struct journal *j, const struct str *line, struct error *err)
{
	if (j->fd < 0)
		return 0;
	if (fd_write_all(j->fd, line->s, line->len, err))
		return error_wrap(err, "journal");
	if (fsync(j->fd) && errno != EINVAL) /* EINVAL: a file system without stable storage, such as tmpfs */
		return error_sys(err, errno, "journal");
	return 0;
}

int journal_open(struct journal *j, const char *path, const struct plan *plan, struct error *err)
{
	AUTO_STR line = STR_INIT;

	j->fd = -1;
	if (!path)
		return 0;
	j->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->fd < 0)
		return error_sys(err, errno, "journal %s", path);
	str_add(&line, "plan ");
	plan_json(plan, &line);
	str_addc(&line, '\n');
	return add(j, &line, err);
}

int journal_add(struct journal *j, const char *op_id, const char *what, struct error *err)
{
	AUTO_STR line = STR_INIT;

	str_addf(&line, "%s %s\n", what, op_id);
	return add(j, &line, err);
}

void journal_close(struct journal *j)
{
	fd_close(&j->fd);
}

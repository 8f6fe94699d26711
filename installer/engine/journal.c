/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal: append and fsync, in the file and on the disks. */
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

int journal_open(struct journal *j, const char *path, struct sys *sys, const struct plan *plan,
		 const char *const *paths, struct error *err)
{
	AUTO_STR line = STR_INIT;

	*j = (struct journal){ .fd = -1, .sys = sys, .plan = plan, .paths = paths };
	plan_hash(plan, j->hash);
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

/* True if the plan writes the disk with ROLE, and nothing of the plan lies where the record does. */
static bool is_marked(const struct plan *p, const char *role)
{
	bool written = false;

	for (size_t i = 0; i < p->n_ops; i++) {
		const struct op_table *t = p->ops[i].params;
		const struct op_commit *c = p->ops[i].params;

		for (size_t k = 0; p->ops[i].kind == OP_TABLE && str_eq(t->disk, role) && k < t->n_parts; k++)
			if (t->parts[k].start_bytes < DISK_JOURNAL_AT + DISK_JOURNAL_BYTES)
				return false;
		for (size_t k = 0; p->ops[i].kind == OP_COMMIT && k < c->n_disks; k++)
			written = written || str_eq(c->disks[k].disk, role);
	}
	return written;
}

int journal_mark(const struct journal *j, const char *op_id, bool finished, struct error *err)
{
	for (size_t i = 0; i < j->plan->n_disks; i++) {
		const struct plan_disk *d = &j->plan->disks[i];
		const struct disk_journal note = { .goal = j->plan->goal, .plan = j->hash, .step = op_id,
						   .finished = finished, .keeps = d->n_keeps > 0 };

		if (is_marked(j->plan, d->role) && j->sys->ops->journal_write(j->sys, j->paths[i], &note, err))
			return -1;
	}
	return 0;
}

void journal_close(struct journal *j)
{
	fd_close(&j->fd);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `validate`: site files, checked on any machine; for people on stderr, with -o json for editors on stdout. */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "data/json.h"
#include "data/yaml.h"

struct verdict {
	const char *name; /* as it was given: a file, or stdin */
	struct findings findings;
	const struct site *site; /* good when there is no finding */
	struct error unread;	 /* its message is empty if it could be read */
};

static void check_file(const char *arg, struct arena *a, struct verdict *v)
{
	bool is_stdin = !strcmp(arg, "-");
	AUTO_STR text = STR_INIT;

	*v = (struct verdict){ .name = is_stdin ? "stdin" : arg, .findings = { .arena = a } };
	if (file_read(is_stdin ? "/proc/self/fd/0" : arg, YAML_MAX_BYTES + 1, &text, &v->unread))
		return;
	v->site = site_parse(v->name, arena_strndup(a, str_text(&text), text.len), text.len, a, &v->findings);
}

static size_t count(const struct findings *f)
{
	return f->n + f->dropped;
}

static void say_text(struct verdict *v)
{
	const struct site *s = v->site;
	AUTO_STR text = STR_INIT;

	if (v->unread.msg[0]) {
		fprintf(stderr, "fulcrum-install: %s\n", v->unread.msg);
		return;
	}
	if (count(&v->findings)) {
		findings_print(&v->findings, &text);
		fputs(str_text(&text), stderr);
		fprintf(stderr, "%s: %zu finding%s\n", v->name, count(&v->findings), count(&v->findings) == 1 ? "" : "s");
		return;
	}
	printf("%s: good: site %s, %zu network%s, %zu profile%s, %zu rule%s\n", v->name, s->site, s->n_networks,
	       s->n_networks == 1 ? "" : "s", s->n_profiles, s->n_profiles == 1 ? "" : "s", s->n_rules, s->n_rules == 1 ? "" : "s");
}

static struct tree *verdict_tree(const struct verdict *v, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP);

	tree_add(a, t, "file", tree_string(a, v->name));
	tree_add(a, t, "good", tree_bool(a, !v->unread.msg[0] && !count(&v->findings)));
	if (v->unread.msg[0])
		tree_add(a, t, "error", tree_string(a, v->unread.msg));
	tree_add(a, t, "findings", findings_tree(&v->findings, a));
	if (v->findings.dropped)
		tree_add(a, t, "more", tree_u64(a, v->findings.dropped));
	return t;
}

int verb_validate(struct job *j, struct error *err)
{
	struct tree *top = tree_new(&j->a, TREE_MAP), *files = tree_new(&j->a, TREE_SEQ);
	size_t bad = 0, unread = 0;
	AUTO_STR out = STR_INIT;

	for (size_t i = 0; i < j->o.n_args; i++) {
		struct verdict v;

		check_file(j->o.args[i], &j->a, &v);
		unread += v.unread.msg[0] != '\0';
		bad += count(&v.findings) > 0;
		if (j->o.json)
			tree_push(&j->a, files, verdict_tree(&v, &j->a));
		else
			say_text(&v);
	}
	if (j->o.json) {
		tree_add(&j->a, top, "files", files);
		json_write(top, true, &out);
		puts(str_text(&out));
	}
	if (unread)
		return error_set(err, ERR_IO, "%zu of %zu site files could not be read", unread, j->o.n_args);
	return bad ? error_set(err, ERR_INPUT, "%zu of %zu site files: not good", bad, j->o.n_args) : 0;
}

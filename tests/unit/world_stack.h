/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the world in memory that stands between partitions and file systems: md arrays, LUKS, LVM, as
 * their programs answer. Strict where the programs are: what is busy is not formatted, what is not on the named
 * devices is not found. Included by world.h only.
 */
#pragma once

enum { DEVS = 32, STACK_SIZE = 1 << 30 };

/* A device of ours above a partition: what it is called, what it is made of, what it carries. */
struct stack_dev {
	char path[64], uuid[64], name[32];
	char level[8], metadata[8], layout[16], pool[32], group[32];
	char members[8][64];
	size_t n_members;
	uint64_t size;
	bool running; /* what exists on members, but does not run, is there to be assembled, opened, activated */
	struct signature sig;
	bool signed_;
};

static struct stack {
	struct stack_dev devs[DEVS];
	size_t n;
	size_t made;		/* PVs made so far */
	char ids[64][64];	/* keeps texts of signatures */
	size_t n_ids;
	const char *seen_input; /* the key that cryptsetup was last given */
	size_t seen_len;
	const char *lie_level; /* what the kernel says of an array */
} stack;

static const char *kept_text(const char *t)
{
	if (stack.n_ids == ARRAY_LEN(stack.ids))
		tree_die("too many texts", t);
	snprintf(stack.ids[stack.n_ids], sizeof(stack.ids[0]), "%s", t);
	return stack.ids[stack.n_ids++];
}

static struct stack_dev *stack_find(const char *path)
{
	for (size_t i = 0; i < stack.n; i++)
		if (!strcmp(stack.devs[i].path, path))
			return &stack.devs[i];
	return NULL;
}

static struct stack_dev *stack_new(const char *path)
{
	struct stack_dev *d = stack_find(path);

	if (!d) {
		if (stack.n == DEVS)
			tree_die("too many devices", path);
		d = &stack.devs[stack.n++];
	}
	memset(d, 0, sizeof(*d));
	snprintf(d->path, sizeof(d->path), "%s", path);
	d->size = STACK_SIZE;
	d->running = true;
	return d;
}

static void stack_drop(struct stack_dev *d)
{
	*d = stack.devs[--stack.n];
}

/* Something runs on PATH. */
static bool stack_busy(const char *path)
{
	for (size_t i = 0; i < stack.n; i++)
		for (size_t k = 0; k < stack.devs[i].n_members; k++)
			if (stack.devs[i].running && !strcmp(stack.devs[i].members[k], path))
				return true;
	return false;
}

static struct partition *part_of(const char *dev);
static const struct signature *part_sig(const char *dev);
static void sign_dev(const char *dev, const char *type, const char *uuid);

static const struct signature *sig_of(const char *dev)
{
	const struct stack_dev *d = stack_find(dev);

	if (d)
		return d->signed_ ? &d->sig : NULL;
	return part_sig(dev);
}

static int refuse(struct error *e, const char *why, const char *what)
{
	return error_set(e, ERR_IO, "%s: %s", what, why);
}

static const char *option(const char *const *v, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; v[i]; i++) {
		if (!strncmp(v[i], name, n) && v[i][n] == '=')
			return v[i] + n + 1;
		if (!strcmp(v[i], name) && v[i + 1])
			return v[i + 1];
	}
	return NULL;
}

static void set_members(struct stack_dev *d, const char *const *v)
{
	d->n_members = 0;
	for (; *v && d->n_members < ARRAY_LEN(d->members); v++)
		snprintf(d->members[d->n_members++], sizeof(d->members[0]), "%s", *v);
}

/* The first word that is a device, after N words. */
static const char *const *devices_after(const char *const *v, size_t n)
{
	size_t i = n;

	while (v[i] && !str_starts(v[i], "/dev/"))
		i++;
	return v + i;
}

/* --- mdadm */

static int md_create(const char *const *v, struct error *e)
{
	const char *const *members = devices_after(v, 3);
	struct stack_dev *d;

	for (size_t i = 0; members[i]; i++)
		if (stack_busy(members[i]))
			return refuse(e, "Device or resource busy", members[i]);
	d = stack_new(v[2]);
	snprintf(d->uuid, sizeof(d->uuid), "%s", option(v, "--uuid"));
	snprintf(d->level, sizeof(d->level), "raid%s", option(v, "--level"));
	snprintf(d->metadata, sizeof(d->metadata), "%s", option(v, "--metadata"));
	set_members(d, members);
	if (strtoul(option(v, "--raid-devices"), NULL, 10) != d->n_members)
		return refuse(e, "wrong number of devices", d->path);
	for (size_t i = 0; i < d->n_members; i++)
		sign_dev(d->members[i], "linux_raid_member", d->uuid);
	return 0;
}

static int md_assemble(const char *const *v, struct error *e)
{
	const char *const *members = devices_after(v, 3);

	for (size_t i = 0; i < stack.n; i++) {
		struct stack_dev *d = &stack.devs[i];

		if (strcmp(d->uuid, option(v, "--uuid")) || d->running)
			continue;
		for (size_t k = 0; members[k]; k++)
			if (!sig_of(members[k]) || strcmp(sig_of(members[k])->uuid, d->uuid))
				return refuse(e, "has wrong uuid", members[k]);
		d->running = true;
		return 0;
	}
	return refuse(e, "no devices found", v[2]);
}

static int md_detail(const char *path, struct str *out, struct error *e)
{
	const struct stack_dev *d = stack_find(path);

	if (!d || !d->running)
		return refuse(e, "cannot open", path);
	str_addf(out, "MD_LEVEL=%s\nMD_DEVICES=%zu\nMD_METADATA=%s\nMD_UUID=%s\n", stack.lie_level ? stack.lie_level : d->level,
		 d->n_members, d->metadata, d->uuid);
	for (size_t i = 0; i < d->n_members; i++)
		str_addf(out, "MD_DEVICE_x_ROLE=%zu\nMD_DEVICE_x_DEV=%s\n", i, d->members[i]);
	return 0;
}

static int stack_mdadm(const struct sys_exec *x, struct error *e)
{
	const char *const *v = x->argv;

	if (!strcmp(v[1], "--create"))
		return md_create(v, e);
	if (!strcmp(v[1], "--assemble"))
		return md_assemble(v, e);
	if (!strcmp(v[1], "--stop")) {
		struct stack_dev *d = stack_find(v[2]);

		if (!d || !d->running || stack_busy(v[2]))
			return refuse(e, "error opening, or busy", v[2]);
		d->running = false;
		return 0;
	}
	if (!strcmp(v[2], "--scan")) {
		for (size_t i = 0; i < stack.n; i++)
			if (stack.devs[i].level[0] && stack.devs[i].running)
				str_addf(x->output, "ARRAY %s metadata=%s UUID=%s\n", stack.devs[i].path, stack.devs[i].metadata,
					 stack.devs[i].uuid);
		return 0;
	}
	if (!strcmp(v[1], "--detail"))
		return md_detail(v[3], x->output, e);
	if (!sig_of(v[3]))
		return refuse(e, "no md superblock", v[3]);
	str_addf(x->output, "MD_UUID=%s\n", sig_of(v[3])->uuid);
	return 0;
}

/* --- cryptsetup, dmsetup */

static int stack_crypt(const struct sys_exec *x, const char *dev, struct error *e)
{
	const char *const *v = x->argv;
	char path[64];
	struct stack_dev *d;

	if (x->input) {
		stack.seen_input = x->input;
		stack.seen_len = x->input_len;
	}
	if (!strcmp(v[1], "luksFormat")) {
		if (stack_busy(dev) || !x->input)
			return refuse(e, "cannot format", dev);
		for (size_t i = stack.n; i-- > 0;)
			if (!strcmp(stack.devs[i].members[0], dev))
				stack_drop(&stack.devs[i]);
		sign_dev(dev, "crypto_LUKS", option(v, "--uuid"));
		return 0;
	}
	if (!strcmp(v[1], "isLuks"))
		return sig_of(dev) && !strcmp(sig_of(dev)->type, "crypto_LUKS") ? 0 : refuse(e, "not LUKS", dev);
	snprintf(path, sizeof(path), "/dev/mapper/%s", dev);
	d = stack_find(path);
	if (!strcmp(v[1], "close")) {
		if (!d || !d->running || stack_busy(path))
			return refuse(e, "not active, or busy", dev);
		d->running = false;
		return 0;
	}
	dev = v[6];
	if ((d && d->running) || !sig_of(dev) || strcmp(sig_of(dev)->type, "crypto_LUKS"))
		return refuse(e, "is there already, or has no header", dev);
	if (d) { /* with all that it carries */
		d->running = true;
		return 0;
	}
	d = stack_new(path);
	snprintf(d->uuid, sizeof(d->uuid), "%s", sig_of(dev)->uuid);
	snprintf(d->name, sizeof(d->name), "%s", v[7]);
	set_members(d, (const char *const[]){ dev, NULL });
	return 0;
}

static void stack_dmsetup(struct str *out)
{
	for (size_t i = 0; i < stack.n; i++) {
		const struct stack_dev *d = &stack.devs[i];

		if (!d->name[0] || d->group[0] || !d->running)
			continue;
		str_addf(out, "%s:CRYPT-LUKS2-", d->name);
		for (const char *c = d->uuid; *c; c++)
			if (*c != '-')
				str_addc(out, *c);
		str_addf(out, "-%s\n", d->name);
	}
}

/* --- lvm: a group is a device without a node, its volumes have it as their member */

static bool on_devices(const struct stack_dev *g, const char *list)
{
	for (size_t i = 0; i < g->n_members; i++)
		if (!strstr(list, g->members[i]))
			return false;
	return true;
}

static struct stack_dev *group_called(const char *name, const char *list)
{
	struct stack_dev *g = stack_find(name);

	return g && on_devices(g, list) ? g : NULL;
}

static void drop_volumes(const char *group, const char *name)
{
	for (size_t i = stack.n; i-- > 0;)
		if (!strcmp(stack.devs[i].group, group) && (!name || !strcmp(stack.devs[i].name, name)))
			stack_drop(&stack.devs[i]);
}

static void lvm_vgs(const char *list, struct str *out)
{
	const char *comma = "";

	str_add(out, "{\"report\":[{\"vg\":[");
	for (size_t i = 0; i < stack.n; i++) {
		const struct stack_dev *g = &stack.devs[i];

		if (g->path[0] == '/' || !on_devices(g, list))
			continue;
		for (size_t k = 0; k < g->n_members; k++) {
			str_addf(out, "%s{\"vg_name\":\"%s\",\"pv_uuid\":\"%s\",\"vg_missing_pv_count\":\"0\"}", comma, g->path,
				 sig_of(g->members[k])->uuid);
			comma = ",";
		}
	}
	str_add(out, "]}],\"log\":[]}\n");
}

static void lvm_lvs(const char *list, struct str *out)
{
	const char *comma = "";

	str_add(out, "{\"report\":[{\"lv\":[");
	for (size_t i = 0; i < stack.n; i++) {
		const struct stack_dev *d = &stack.devs[i];

		if (!d->group[0] || !group_called(d->group, list))
			continue;
		str_addf(out, "%s{\"vg_name\":\"%s\",\"lv_name\":\"%s\",\"lv_size\":\"%llu\",\"lv_layout\":\"%s\",\"pool_lv\":\"%s\"," "\"lv_active\":\"%s\",\"stripes\":\"1\"}", comma, d->group, d->name, (unsigned long long)d->size, d->layout, d->pool,
			 d->running ? "active" : "");
		comma = ",";
	}
	str_add(out, "]}],\"log\":[]}\n");
}

static int lvm_create(const char *const *v, const char *group, struct error *e)
{
	static const char *const layouts[][2] = { { "thin-pool", "thin,pool" }, { "thin", "thin,sparse" } };
	const char *type = option(v, "--type"), *name = option(v, "-n"), *size = option(v, "-L");
	char path[64];
	struct stack_dev *d;

	/* No dashes in the names of these tests: the mapper would double them. */
	snprintf(path, sizeof(path), "/dev/mapper/%s-%s", group, name);
	if (stack_find(path))
		return refuse(e, "already exists in volume group", name);
	if (option(v, "--thinpool")) {
		snprintf(path, sizeof(path), "/dev/mapper/%s-%s", group, option(v, "--thinpool"));
		if (!stack_find(path))
			return refuse(e, "there is no such pool", path);
		snprintf(path, sizeof(path), "/dev/mapper/%s-%s", group, name);
		size = option(v, "-V");
	}
	d = stack_new(path);
	snprintf(d->group, sizeof(d->group), "%s", group);
	snprintf(d->name, sizeof(d->name), "%s", name);
	snprintf(d->pool, sizeof(d->pool), "%s", option(v, "--thinpool") ? option(v, "--thinpool") : "");
	snprintf(d->layout, sizeof(d->layout), "%s", type);
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		if (!strcmp(type, layouts[i][0]))
			snprintf(d->layout, sizeof(d->layout), "%s", layouts[i][1]);
	if (size)
		d->size = strtoull(size, NULL, 10);
	set_members(d, (const char *const[]){ group, NULL });
	return 0;
}

static int lvm_members(const char *verb, const char *const *v, struct error *e)
{
	struct stack_dev *g;
	size_t n = 0;

	while (strcmp(v[n], "--devices"))
		n++;
	n += 2;
	if (!strcmp(verb, "pvcreate")) {
		char uuid[32];

		if (stack_busy(*devices_after(v, n)))
			return refuse(e, "busy", *devices_after(v, n));
		snprintf(uuid, sizeof(uuid), "pv-%zu", ++stack.made);
		sign_dev(*devices_after(v, n), "LVM2_member", kept_text(uuid));
		return 0;
	}
	g = stack_new(v[n + 1]);
	set_members(g, devices_after(v, n + 2));
	return 0;
}

static int stack_lvm(const struct sys_exec *x, const char *target, struct error *e)
{
	const char *const *v = x->argv, *verb = v[1], *list = option(v, "--devices"), *slash = strchr(target, '/');
	char group[32];
	struct stack_dev *d;

	if (!list)
		tree_die("lvm may look at every device", verb);
	if (!strcmp(verb, "vgs") || !strcmp(verb, "lvs")) {
		(verb[0] == 'v' ? lvm_vgs : lvm_lvs)(list, x->output);
		return 0;
	}
	if (!strcmp(verb, "pvcreate") || !strcmp(verb, "vgcreate"))
		return lvm_members(verb, v, e);
	snprintf(group, sizeof(group), "%.*s", slash ? (int)(slash - target) : (int)strlen(target), target);
	d = group_called(group, list);
	if (!d)
		return refuse(e, "no such volume group on these devices", group);
	if (!strcmp(verb, "lvcreate"))
		return lvm_create(v, group, e);
	if (!strcmp(verb, "vgremove") || !strcmp(verb, "lvremove")) {
		drop_volumes(group, slash ? slash + 1 : NULL);
		if (!slash)
			stack_drop(stack_find(group));
		return 0;
	}
	for (size_t i = 0; i < stack.n; i++)
		if (slash && !strcmp(stack.devs[i].group, group) && !strcmp(stack.devs[i].name, slash + 1))
			return stack.devs[i].running = true, 0;
	return refuse(e, "no such volume", target);
}

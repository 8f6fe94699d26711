/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on what stands between partitions and file systems: md arrays, LUKS2, LVM. */
#include "ops/ops.h"

static int not_yet(struct error *err)
{
	return error_set(err, ERR_INPUT, "md, LUKS and LVM are not possible yet");
}

int raid_apply(struct op_env *env UNUSED, const void *params UNUSED, struct error *err) { return not_yet(err); }
int raid_verify(struct op_env *env UNUSED, const void *params UNUSED, struct error *err) { return not_yet(err); }
int crypt_apply(struct op_env *env UNUSED, const void *params UNUSED, struct error *err) { return not_yet(err); }
int crypt_verify(struct op_env *env UNUSED, const void *params UNUSED, struct error *err) { return not_yet(err); }
int group_apply(struct op_env *env UNUSED, const void *params UNUSED, struct error *err) { return not_yet(err); }
int group_verify(struct op_env *env UNUSED, const void *params UNUSED, struct error *err) { return not_yet(err); }
int volume_apply(struct op_env *env UNUSED, const void *params UNUSED, struct error *err) { return not_yet(err); }
int volume_verify(struct op_env *env UNUSED, const void *params UNUSED, struct error *err) { return not_yet(err); }

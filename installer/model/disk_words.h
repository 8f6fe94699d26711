/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks for people: what was seen, in words, without a judgement. All texts live in the arena. */
#pragma once
#include "model/machine.h"

/* "blank", or table, partitions and what is on them: "gpt, 2 partitions: vfat 512 MiB, ext4 "root" 120 GiB". */
const char *disk_content_words(const struct disk *d, struct arena *a);
/* Why it may not be written, what stands on it, its further paths; "free" when there is nothing of these. */
const char *disk_state_words(const struct disk *d, struct arena *a);
/* What is on one partition: "ext4 "root"", else its name, else "unknown". */
const char *partition_words(const struct partition *p, struct arena *a);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only door to the world. Everything an operation does goes through these verbs, so that the
 * same engine runs for real, dry (says what it would do) or against a fake (scripted answers, the
 * Nth call fails). All verbs: 0 on success, -1 with *ERR set; paths are absolute.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "model/disk_journal.h"
#include "model/machine.h"
#include "model/plan.h"

struct sys;

struct sys_exec {
	const char *const *argv; /* NULL-terminated; argv[0] is searched in PATH */
	const char *root;	 /* chroot there first, in a mount namespace of its own; or NULL */
	const char *input;	 /* to stdin, or NULL = /dev/null */
	size_t input_len;	 /* of its bytes; 0 = it is text and ends with its NUL */
	struct str *output;	 /* stdout is appended (at most 1 MiB), or NULL = dropped */
	unsigned int timeout_ms; /* 0 = 60 s; the child's process group is killed after it */
	void (*tick)(void *ctx); /* about once a second while it runs; or NULL */
	void *tick_ctx;
	const bool *stop; /* TICK may set it: the child is killed, which fails; or NULL */
};

/* One HTTP request and what is wanted of its answer. */
struct sys_post {
	const char *url; /* as for fetch, but for files, or unix:/a/socket:/path */
	const char *pin; /* https: the server's public key, "sha256//BASE64" (RFC 7469, 2.4): no other is spoken to; NULL: not checked */
	const char *const *headers; /* NULL-terminated "Name: value", or NULL; a Content-Type first takes the place of JSON's */
	const void *body; /* NULL: a GET */
	size_t len;
	struct str *ret_body; /* appended to, or NULL */
	const char *want_header;
	struct str *ret_header; /* receives the value of WANT_HEADER, or NULL */
	unsigned int *ret_status; /* any HTTP status is an answer, if this is there to say which; else 400 and more are errors */
};

/* Gets DATA as it arrives; returning -1 with *ERR set stops the transfer. */
typedef int (*sys_sink)(void *ctx, const void *data, size_t len, struct error *err);

/* Who else is on the network of a port. */
enum { NET_MAC = 18, NET_OFFERS_MAX = 8 };
struct net_look {
	char taken_by[NET_MAC]; /* MAC of who has the address, or wants it at the same time; "": nobody answered */
	struct net_offer {
		char mac[NET_MAC]; /* of the server, or of a relay agent */
		uint32_t server, offered; /* IPv4, host order */
	} offers[NET_OFFERS_MAX]; /* one a server */
	size_t n_offers;
};

struct sys_ops {
	/* Fails on a non-zero exit too (kind ERR_IO), with the tail of stderr in the message. */
	int (*exec)(struct sys *s, const struct sys_exec *x, struct error *err);
	int (*mount)(struct sys *s, const char *source, const char *target, const char *type,
		     unsigned long flags, const char *options, struct error *err);
	int (*umount)(struct sys *s, const char *target, struct error *err);
	int (*make_dirs)(struct sys *s, const char *path, mode_t mode, struct error *err);
	int (*write_file)(struct sys *s, const char *path, const void *data, size_t len,
			  mode_t mode, struct error *err);
	int (*read_file)(struct sys *s, const char *path, size_t max, struct str *ret,
			 struct error *err);
	/* Replaces what is there. */
	int (*symlink)(struct sys *s, const char *target, const char *path, struct error *err);
	int (*rename)(struct sys *s, const char *from, const char *to, struct error *err);
	/* A file or a tree; absent is fine. Follows no link and walks into no mount. */
	int (*remove)(struct sys *s, const char *path, struct error *err);
	/*
	 * A new regular file for streaming, or a block device opened O_EXCL. *RET_H is for the
	 * verbs below.
	 */
	int (*create)(struct sys *s, const char *path, mode_t mode, int *ret_h, struct error *err);
	int (*open_block)(struct sys *s, const char *path, int *ret_h, struct error *err);
	/*
	 * A whole disk, for its bytes outside of partitions: these may be mounted, or members of arrays.
	 * What this kernel remembers of it is dropped first. *RET_H is as above.
	 */
	int (*open_disk)(struct sys *s, const char *path, int *ret_h, struct error *err);
	int (*write_at)(struct sys *s, int h, uint64_t at, const void *data, size_t len,
			struct error *err);
	int (*read_at)(struct sys *s, int h, uint64_t at, void *data, size_t len,
		       struct error *err);
	/* The range reads as zeros after it: BLKZEROOUT, a hole, or written. */
	int (*zero_at)(struct sys *s, int h, uint64_t at, uint64_t len, struct error *err);
	/* fsync first if SYNC; the handle is gone either way. */
	int (*close)(struct sys *s, int h, bool sync, struct error *err);
	/*
	 * URL is file:///dir/x (a plain path, nothing is decoded) or http://...; OFFSET resumes.
	 * At most LENGTH bytes are asked for (0: to
	 * the end). The body goes to SINK as it comes. 30 s without data fail; so does an HTTP status
	 * other than 200 and 206: ERR_NOT_FOUND for 404 and 410, ERR_DENIED for 401 and 403, else
	 * ERR_NET.
	 */
	int (*fetch)(struct sys *s, const char *url, uint64_t offset, uint64_t length, sys_sink sink, void *ctx,
		     struct error *err);
	/* ERR_DENIED if the server has another key than P's pin: nothing was sent then. */
	int (*post)(struct sys *s, const struct sys_post *p, struct error *err);
	/*
	 * Asks for 4 s, on port NIC, which must be up, whether another machine has IPv4 ADDRESS (host order;
	 * RFC 5227), and which DHCP servers answer (RFC 2131; no lease is taken).
	 */
	int (*net_look)(struct sys *s, const char *nic, uint32_t address, struct net_look *ret, struct error *err);
	/*
	 * Look at one disk: table and signatures, by libblkid, in a child with a deadline of 20 s.
	 * Fills the table*, partitions, signatures, damage and journal* members of D, whose path, size
	 * and sector are set; a size of 0 is one that nobody knows yet, and is filled, too.
	 */
	int (*probe)(struct sys *s, struct disk *d, struct arena *a, struct error *err);
	/*
	 * The same for N disks, several at once: 200 disks that do not answer take about a minute, not an
	 * hour. RESULTS[i] says why disk i could not be looked at; its message is empty if it could.
	 */
	int (*probe_many)(struct sys *s, struct disk *const *disks, size_t n, struct arena *a,
			  struct error *results, struct error *err);
	/*
	 * Opens the whole disk at PATH and keeps it locked (flock) until `guard_close`: a link, a partition,
	 * or a disk that is not WANT by serial, WWN, size and sector is refused.
	 */
	int (*guard_open)(struct sys *s, const char *path, const struct plan_disk *want, int *ret_h,
			  struct error *err);
	/*
	 * Compares the same again through the guard's own descriptor, and both ends of the disk, where
	 * its tables stand, with what an earlier call left in SEEN; an empty SEEN is only filled.
	 * ERR_CHANGED says what is different.
	 */
	int (*guard_check)(struct sys *s, int h, const struct plan_disk *want, char seen[HASH_HEX],
			   struct error *err);
	/* Unlocks and lets go. Nothing was written through it, so nothing can be lost here. */
	void (*guard_close)(struct sys *s, int h);
	/*
	 * Takes down what stands on the disk at PATH and on its partitions, from the top: maps and arrays,
	 * which are stopped and not changed. What went is appended to SAID ("dm-1 LVM vg-root, md0 raid1").
	 * ERR_CONFLICT names the first that is in use and does not go.
	 */
	int (*take_down)(struct sys *s, const char *path, struct str *said, struct error *err);
	/*
	 * All signatures and both ends of the disk and its partitions; proved empty afterwards, but for our
	 * own journal. With KEEP, these ranges and the table stay as they are, and so do both ends of the
	 * disk: ERR_CHANGED if one of the ranges is no partition.
	 */
	int (*wipe)(struct sys *s, const char *path, const struct extent *keep, size_t n_keep,
		    struct error *err);
	/*
	 * A GPT, exactly T. Both ends of every new partition are zeroed before it is written;
	 * afterwards the kernel and the device nodes must agree. On a regular file SECTOR is what
	 * the file stands for.
	 */
	int (*table_write)(struct sys *s, const char *path, uint64_t sector,
			   const struct op_table *t, struct error *err);
	/*
	 * Writes J onto the disk at PATH, on stable storage, beside the record that is there, which stays
	 * readable until this one is whole; sets its turn. See model/disk_journal.h.
	 */
	int (*journal_write)(struct sys *s, const char *path, const struct disk_journal *j, struct error *err);
	/* The disk GUID in both copies of the GPT; its partitions may be mounted. */
	int (*table_guid)(struct sys *s, const char *path, uint64_t sector, const char *uuid,
			  struct error *err);
	int (*sync)(struct sys *s, struct error *err);
	int (*sleep_ms)(struct sys *s, unsigned int ms, struct error *err);
	int (*reboot)(struct sys *s, struct error *err);
};

struct sys {
	const struct sys_ops *ops;
	void *priv;
};

struct sys *sys_real_new(void);
/* The same without probe, wipe and tables, which fail: links neither libparted nor libblkid. */
struct sys *sys_small_new(void);
/* Prints what it would do, one line an effect, to OUT; answers success. */
struct sys *sys_dry_new(struct str *out);
void sys_free(struct sys *s);

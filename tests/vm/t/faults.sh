#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Disks, media and machines that fail: a disk that is read-only, too small, in use, another than was planned, a link;
# that fails to read or to write, at the table, in a file and in the second look; a data partition that runs full; a
# medium that is pulled while it is copied; a machine with too little memory. Each ends with the exit code of its kind,
# names the device or file, the cause and what to do, and never calls the disk finished; where the fault goes away, the
# same command then ends well.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/vm/release.sh
source "${BASH_SOURCE[0]%/*}/../release.sh"

# The disk of each fault; WORK goes through several.
KINDS=(WORK SMALL FIXED UNREAD ESP SLOT FULL)

# --- disks

disk_file()
{
	printf '%s/%s.raw\n' "$RUN_DIR" "$1"
}

# KIND [OPTION...]: its disk arrives, as vm_plug has it; prints its node
plug()
{
	local kind=$1
	shift
	vm_plug m "${kind,,}" "$(disk_file "$kind")" "FAULT-$kind" "$@" || die "$WAIT_ERROR"
	vm_guest_disk m 20 "FAULT-$kind" || die "the disk $kind did not appear"
}

# KIND
unplug()
{
	vm_unplug m "${1,,}" || die "$WAIT_ERROR"
}

# KIND read|write SECTOR...: plug's node= for a disk that fails at these sectors, of 512 bytes
failing()
{
	local file rules='' how=$2 sector
	file=$(disk_file "$1")
	shift 2
	for sector in "$@"; do
		rules+=",{\"event\":\"none\",\"iotype\":\"$how\",\"errno\":5,\"sector\":$sector}"
	done
	printf 'node={"driver":"blkdebug","image":{"driver":"file","filename":"%s","locking":"off","discard":"unmap"},"inject-error":[%s]}\n' \
		"$file" "${rules#,}"
}

# FILE NUMBER: the first byte of its partition
partition_start()
{
	local start
	start=$(sfdisk -d -- "$1" | sed -n "s/^[^ ]*$2 : start= *\([0-9]*\),.*/\1/p")
	printf '%d\n' $((start * 512))
}

# FILE OFFSET BYTES: a little-endian number there
number_at()
{
	od -An "-tu$3" -j "$2" -N "$3" -- "$1" | tr -d ' '
}

# FILE: the sector where a file on the ESP begins that is neither the first nor the last: the 21st cluster
esp_sector()
{
	local at reserved fats fat_sectors
	at=$(partition_start "$1" 2)
	reserved=$(number_at "$1" $((at + 14)) 2)
	fats=$(number_at "$1" $((at + 16)) 1)
	fat_sectors=$(number_at "$1" $((at + 36)) 4)
	printf '%d\n' $((at / 512 + reserved + fats * fat_sectors + 20 * $(number_at "$1" $((at + 13)) 1)))
}

# FILE: sectors of two blocks of the root image in slot A
slot_sectors()
{
	local at
	local -a blocks
	at=$(partition_start "$1" 3)
	read -ra blocks < <(debugfs -R "blocks root.squashfs" "$1?offset=$at" 2>/dev/null)
	((${#blocks[@]} > 8)) || die "no root image in slot A of $1"
	printf '%d\n%d\n' $((at / 512 + blocks[2] * 8)) $((at / 512 + blocks[8] * 8))
}

# --- commands

# KIND [RELEASE]: plans and installs; prints what was said
install()
{
	vm_shell m 150 "RELEASE=${2:-/run/volume/release} sh /run/volume/at_once $1.yaml" || true
}

# NAME SAID CODE PART...: an end with that code, what it names, and a remedy
fails()
{
	local name=$1 said=$2 part
	contains "$name: it ends with $3" "$said"$'\n' "exit: $3"$'\n'
	shift 3
	for part in "$@"; do
		contains "$name: it tells: $part" "$said" "$part"
	done
	contains "$name: and what to do" "$said" "what to do: "
}

# NAME SAID
succeeds()
{
	contains "$1" "$2" "exit: 0"
	contains "$1, as planned: nothing is left to do" "$2" "second: none"
	[[ $2 == *"second: none"* ]] || note "$2"
}

# --- faults before anything is written

test_selected()
{
	local said
	plug FIXED read-only=on >/dev/null
	said=$(install FIXED)
	contains "a read-only disk: it ends with 4" "$said" "exit: 4"
	contains "a read-only disk: it is named with the cause" "$said" "never a target: read-only"
	unplug FIXED
	plug SMALL >/dev/null
	said=$(install SMALL)
	contains "a disk that is too small: it ends with 3" "$said" "exit: 3"
	contains "a disk that is too small: it is named" "$said" "FAULT-SMALL"
	contains "a disk that is too small: the sum is told" "$said" "slot-b"
	unplug SMALL
	is "not one byte was written" "$(disk_is_blank "$(disk_file FIXED)" && disk_is_blank "$(disk_file SMALL)" && echo blank)" blank
}

# A table that cannot be read is no blank disk; with the consent for it, the first read that matters fails by name.
test_unread()
{
	local said dev
	dev=$(plug UNREAD "$(failing UNREAD read 1)")
	said=$(install UNREAD)
	fails "a table that cannot be read" "$said" 8 "$dev" "Input/output error"
	unplug UNREAD
	check "a table that cannot be read: nothing was written" disk_is_blank "$(disk_file UNREAD)"
}

# On one disk: each fault goes away, and in the end the install succeeds.
test_changed()
{
	local dev said
	dev=$(plug WORK)
	said=$(vm_shell m 90 "fulcrum-install plan --medium /run/volume/release /run/volume/WORK.yaml >/run/plan &&
		mke2fs -q -t ext4 -F -L other $dev 600M &&
		fulcrum-install apply --medium /run/volume/release --plan-hash \$(sed -n 's/^plan \([0-9a-f]*\) .*/\1/p' /run/plan) /run/volume/WORK.yaml 2>&1; echo exit: \$?") || true
	fails "a disk that changed after the plan" "$said" 7 "nothing was written"
	check "a mount by hand" vm_shell m 20 "mkdir -p /run/hand && mount -t ext4 $dev /run/hand"
	said=$(install WORK)
	contains "a disk that is mounted: it ends with 4" "$said" "exit: 4"
	contains "a disk that is mounted: where is told" "$said" "mounted on /run/hand"
	# in a namespace of its own the mount is seen by nobody; the kernel knows of it
	check "a mount out of sight" vm_shell m 20 "umount /run/hand && { unshare -m sh -c 'mount -t ext4 $dev /run/hand && : >/run/mounted && exec sleep 1000' & echo \$! >/run/holder; } &&
		until [ -e /run/mounted ]; do usleep 50000; done"
	said=$(install WORK)
	fails "a disk that something unknown holds" "$said" 8 "$dev" "busy" "held by"
	# shellcheck disable=SC2016  # for the guest's shell
	check "what held it ends" vm_shell m 20 'kill $(cat /run/holder)'
	check "its name becomes a link to another" vm_shell m 20 "mknod /dev/other b \$(tr : ' ' </sys/block/${dev#/dev/}/dev) && rm $dev && ln -s other $dev"
	said=$(install WORK)
	fails "a link where the disk should be" "$said" 5 "$dev" "symbolic link"
	check "its name is right again" vm_shell m 20 "mv /dev/other $dev"
	is "and nobody wrote to it in all this" "$(blkid -p -o value -s LABEL -- "$(disk_file WORK)")" other
	succeeds "all faults gone, the install ends well" "$(install WORK)"
	unplug WORK
}

# --- faults while it is written; where things lie is seen on WORK

test_write_errors()
{
	local said
	local -a sectors
	plug ESP "$(failing ESP write "$(esp_sector "$(disk_file WORK)")")" >/dev/null
	said=$(install ESP)
	fails "a sector of the ESP that cannot be written" "$said" 8 "boot" "FAULT-ESP" "not all that was written there reached the disk"
	unplug ESP
	plug ESP >/dev/null
	said=$(install ESP)
	lacks "the disk does not count as finished" "$said" "nothing to do"
	succeeds "with the disk well again, the install ends well" "$said"
	unplug ESP
	mapfile -t sectors < <(slot_sectors "$(disk_file WORK)")
	plug SLOT "$(failing SLOT write "${sectors[@]}")" >/dev/null
	said=$(install SLOT)
	fails "sectors of the root image that cannot be written" "$said" 8 "system:slot-a" "FAULT-SLOT" "not all that was written there reached the disk"
	unplug SLOT
	plug SLOT "$(failing SLOT read "${sectors[@]}")" >/dev/null
	said=$(install SLOT)
	fails "sectors of the root image that cannot be read back" "$said" 8 "system:slot-a" "read back" "Input/output error"
	lacks "the disk still does not count as finished" "$said" "nothing to do"
	unplug SLOT
}

# A medium that gives 3 MB a second, so that something can happen to it on the way.
slow_medium()
{
	local dir=$RUN_DIR/slow
	release_make "$dir" 20
	release_volume "$dir" "$RUN_DIR/slow.raw" 48
	vm_qmp_do m '{"execute":"object-add","arguments":{"qom-type":"throttle-group","id":"slow","limits":{"bps-read":3000000}}}' || die "$WAIT_ERROR"
	plug_slow
}

plug_slow()
{
	vm_plug m slow "$RUN_DIR/slow.raw" SLOW read-only=on \
		"node={\"driver\":\"throttle\",\"throttle-group\":\"slow\",\"file\":{\"driver\":\"file\",\"filename\":\"$RUN_DIR/slow.raw\",\"locking\":\"off\",\"read-only\":true}}" || die "$WAIT_ERROR"
	SLOW_DEV=$(vm_guest_disk m 20 SLOW) || die "the slow medium did not appear"
	check "a slow medium is there" vm_shell m 20 "mkdir -p /run/slow && mount -t ext4 -o ro,noload $SLOW_DEV /run/slow"
}

test_medium_pulled()
{
	local job said
	vm_mark m
	job=$(vm_shell_begin m "RELEASE=/run/slow/release sh /run/volume/at_once FULL.yaml </dev/null")
	check "the medium is being copied" vm_wait_event m 90 "t=step id=seed:data" "t=error"
	# the first event of a step is its beginning
	vm_mark m
	check "and not at its beginning any more" vm_wait_event m 30 "t=step id=seed:data" "t=error"
	check "it is pulled" vm_pull m slow
	said=$(vm_shell_end m 120 "$job") || true
	fails "a medium that is pulled" "$said" 8 "seed:data" "/run/slow/release/" "Input/output error" "plugged in"
	check "the medium is let go" vm_shell m 20 "umount -l /run/slow"
	vm_qmp_do m '{"execute":"blockdev-del","arguments":{"node-name":"slow"}}' || die "$WAIT_ERROR"
}

# What somebody else puts there while the mirror is copied.
test_full()
{
	local said
	plug_slow
	# shellcheck disable=SC2016  # for the guest's shell
	said=$(vm_shell m 150 '(
			until grep -q " /run/fulcrum/target/data " /proc/mounts; do usleep 20000; done
			for size in 256M 128M 64M 32M 16M 8M 4M 2M 1M 256k 64k 4k 4k; do
				fallocate -l $size /run/fulcrum/target/data/full.$size || true
			done
		) >/dev/null 2>&1 &
		RELEASE=/run/slow/release sh /run/volume/at_once FULL.yaml') || true
	fails "a file system that is filled" "$said" 8 "seed:data" "/run/fulcrum/target/data/seed/" "No space left on device" "FAULT-FULL"
	lacks "the disk does not count as finished" "$said" "nothing to do"
}

# --- a machine that is too small: the real medium, from its firmware on

test_memory()
{
	vm_new tiny 384 uefi
	vm_medium tiny "$ISO" usb
	vm_boot_order tiny stick
	vm_start tiny
	if vm_wait_event tiny 150 "t=error" "t=plan"; then
		tap_ok "384 MiB: the installer comes up and stops"
	else
		tap_not_ok "384 MiB: the installer comes up and stops" "$WAIT_ERROR"
		vm_explain tiny
	fi
	contains "384 MiB: it tells what there is and what it needs" "$EVENT_LINE" "this machine has 384 MiB, an install needs 512 MiB"
	check "384 MiB: the person at the console reads it" vm_expect tiny 30 "too little memory"
	vm_kill tiny
}

main()
{
	local kind
	local -a sites=()
	need_program sfdisk debugfs mke2fs blkid od
	vm_run_begin faults
	for kind in "${KINDS[@]}"; do
		release_site "$RUN_DIR/$kind.yaml" "FAULT-$kind" "FAULT-$kind"
		sites+=("$RUN_DIR/$kind.yaml")
		truncate -s 3G -- "$(disk_file "$kind")"
	done
	truncate -s 2G -- "$(disk_file SMALL)"
	release_machine m 1024 "${sites[@]}"
	test_selected
	test_unread
	test_changed
	test_write_errors
	slow_medium
	plug FULL >/dev/null
	test_medium_pulled
	test_full
	vm_kill m
	test_memory
	tap_end
}

main "$@"

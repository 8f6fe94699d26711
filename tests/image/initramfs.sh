#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Early userspace looks for its medium on every drive, other people's disks included: it must find the
# right one, and may change none. Its functions run here on a made-up /sys, with mount, blkid and the
# rest recorded instead of done.

# shellcheck source=tests/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

top=$(realpath -- "${BASH_SOURCE[0]%/*}/../..")

# Runs find_medium with drives sda (ext4, someone's), sdb (iso9660, the medium) and an empty sdc; prints the mounts.
search()
{
	local dir=$1 drive
	for drive in sda sdb sdc; do
		mkdir -p "$dir/sys/class/block/$drive"
		echo 2048 >"$dir/sys/class/block/$drive/size"
	done
	echo 0 >"$dir/sys/class/block/sdc/size"
	sed -e "s|/sys/class|$dir/sys/class|g" -e "s|/run/fulcrum|$dir/run|g" "$top/initramfs/early" >"$dir/early"
	cat >"$dir/search" <<-'END'
		dir=$1
		mkdir -p "$dir/run/medium/fulcrum"
		mount() {
			echo "mount $*"
			case "$*" in */dev/sdb*) echo right >"$dir/run/medium/fulcrum/build-id" ;; esac
		}
		umount() { echo umount; rm -f "$dir/run/medium/fulcrum/build-id"; }
		blkid() { case $1 in */sda) echo "$1: UUID=\"1\" TYPE=\"ext4\"" ;; */sdb) echo "$1: LABEL=\"X\" TYPE=\"iso9660\"" ;; esac; }
		. "$dir/early"
		build_id=right
		find_medium && echo found
	END
	sh "$dir/search" "$dir" | sed "s|$dir||g"
}

main()
{
	local dir said
	dir=$(mktemp -d)
	on_exit rm -rf "$dir"
	said=$(search "$dir")
	is "the medium is found, and what is looked at is not written: not even a journal is replayed" "$said" \
		"mount -t ext4 -o ro,noload /dev/sda /run/medium
umount
mount -t iso9660 -o ro /dev/sdb /run/medium
found"
	tap_end
}

main "$@"

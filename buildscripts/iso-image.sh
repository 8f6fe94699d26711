# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The medium's outer form, sourced by mk-iso and by tests that make other media: one image that boots from optical drives and
# sticks, with BIOS, UEFI and secure boot.

# write_image TREE ESP GRUB STAMP OUT [OPTION...]: TREE as an image, with the file ESP as its second partition; GRUB is the folder i386-pc,
# STAMP all dates in it, as YYYYMMDDhhmmsscc, OUT a file, or - for standard output. Level 3 is for files of 4 GiB and more, which it
# cuts into parts that lie side by side.
write_image() {
	local tree=$1 esp=$2 grub=$3 stamp=$4 out=$5
	shift 5
	xorriso -as mkisofs -quiet -iso-level 3 -r -J -joliet-long -V FULCRUM -o "$out" \
		-publisher FULCRUM -preparer FULCRUM -appid FULCRUM \
		--modification-date="$stamp" --set_all_file_dates "$stamp" \
		--grub2-mbr "$grub/boot_hybrid.img" -partition_offset 16 --mbr-force-bootable \
		-append_partition 2 0xef "$esp" -appended_part_as_gpt -iso_mbr_part_type 0x83 \
		--gpt_disk_guid modification-date -c /boot/boot.cat \
		-b boot/grub/i386-pc/eltorito.img -no-emul-boot -boot-load-size 4 -boot-info-table --grub2-boot-info \
		-eltorito-alt-boot -e --interval:appended_partition_2:all:: -no-emul-boot \
		"$@" "$tree"
}

# reserve_blocks TREE: room in it for a digest of every block, filled when the image is there: 65 bytes each, those of what is no file too.
# Counted by the files alone: what a directory weighs depends on where it is built.
reserve_blocks() {
	local bytes
	mkdir -p "$1/check"
	rm -f "$1/check/blocks"
	bytes=$(find "$1" -type f -printf '%s\n' | awk '{ n += int(($1 + 2047) / 2048) * 2048 + 1024 } END { printf "%.0f", n }')
	truncate -s $(((bytes / 1048576 + 64) * 65 / 2048 * 2048 + 4096)) "$1/check/blocks"
}

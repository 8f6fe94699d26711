#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An admin machine with BIOS: installed from the stick, it comes up from its disk; that disk comes up with UEFI,
# too, and with BIOS again. What GRUB wrote beside the partition table is looked at with tools of the host.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

# FIRMWARE: the machine, switched off, is switched on with it and comes up from its disk
comes_up()
{
	vm_kill admin
	VM_FIRMWARE[admin]=$1
	[[ $1 == bios ]] || cp -- "$(vm_firmware_file admin VARS)" "$RUN_DIR/admin/vars.fd"
	vm_mark admin
	vm_start admin
	vm_wait_event admin 180 "t=service who=admin text=ready" "t=boot mode=installer" "t=error who=admin" "t=qemu event=RESET" ||
		line_fail "services with $1" "$WAIT_ERROR"
}

# Settles what the system has in memory, so that switching off is not a power cut.
settle()
{
	vm_ssh_admin 'sync'
}

# BYTES FROM [FILE]: hex
hex()
{
	od -An -v -tx1 -j "$2" -N "$1" -- "${3:-$disk}" | tr -d ' \n'
}

look_at_disk()
{
	local at sectors
	at=$(sfdisk -J "$disk" 2>/dev/null | jq '.partitiontable.partitions[] | select(.type == "21686148-6449-6E6F-744E-656564454649").start')
	contains "the table is whole" "$(sfdisk --verify "$disk" 2>&1)" "No errors detected"
	# one entry of type EE from sector 1 to the end, not more
	is "the protective entry is alone and as it was made" "$(hex 1 450) $(hex 4 454) $(hex 48 462) $(hex 2 510)" \
		"ee 01000000 $(printf '%096d' 0) 55aa"
	is "the first sector starts the BIOS boot partition" "$((16#$(hex 8 92 | sed -E 's/(..)(..)(..)(..)(..)(..)(..)(..)/\8\7\6\5\4\3\2\1/')))" "$at"
	sectors=$((16#$(hex 2 $((at * 512 + 508)) | sed -E 's/(..)(..)/\2\1/')))
	xorriso -osirrox on -indev "$ISO" -extract /fulcrum/bios "$RUN_DIR/bios" >"$RUN_DIR/xorriso.log" 2>&1
	dd if="$disk" of="$RUN_DIR/core" bs=512 skip="$at" count=$((sectors + 1)) status=none
	# the eight bytes that say where the rest is are the disk's own
	dd if="$RUN_DIR/bios/core.img" of="$RUN_DIR/core" bs=1 skip=500 seek=500 count=8 conv=notrunc status=none
	check "its content is the release's GRUB" cmp -n "$(stat -c %s "$RUN_DIR/bios/core.img")" "$RUN_DIR/core" "$RUN_DIR/bios/core.img"
}

main()
{
	need_program sfdisk jq xorriso
	LINE_ADMIN_FIRMWARE=bios
	vm_run_begin bios
	line_machines
	vm_boot_order admin stick disk0
	disk=$(vm_disk_file admin 0)
	must "the stick starts with BIOS and installs" line_install
	must "it restarts" vm_wait_event admin 90 "t=qemu event=RESET"
	# this BIOS tries one disk, the first in its order: the stick is last from here on
	vm_boot_order admin disk0 stick
	must "the admin starts from its disk with BIOS and its services are ready" comes_up bios
	check "it says so itself" vm_ssh_admin 'test ! -e /sys/firmware/efi'
	must "what it wrote is settled" settle
	look_at_disk
	must "the same disk starts with UEFI" comes_up uefi
	check "with UEFI indeed" vm_ssh_admin 'test -e /sys/firmware/efi'
	must "what it wrote is settled again" settle
	must "and with BIOS again" comes_up bios
	vm_kill admin
	tap_end
}

main "$@"

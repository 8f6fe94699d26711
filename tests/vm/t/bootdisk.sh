#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "Boot from disk" in the medium's menu: a stick that was left in a machine with an installed disk, which the firmware tries first. By BIOS,
# by UEFI, and with secure boot; then on a machine without such a disk, where the entry says so. BOOTDISK="bios uefi" tries these alone.

# shellcheck source=tests/vm/installed.sh
source "${BASH_SOURCE[0]%/*}/../installed.sh"

BOOTDISK=${BOOTDISK:-bios uefi secure none}

# NAME TEXT: chooses the entry. The key is pressed until TEXT is there: what takes a key at the wrong time lost it.
choose_disk()
{
	local i
	vm_expect "$1" 60 "Boot from disk" || return 1
	for ((i = 0; i < 20; i++)); do
		vm_keys "$1" d
		! vm_expect "$1" 1 "$2" || return 0
	done
	return 1
}

# The disk's own menu: there the key means nothing, but stops the countdown
started()
{
	choose_disk admin "Fulcrum admin node, release" || return 1
	vm_type admin ""
	vm_wait_event admin 120 "t=boot mode=*" "t=qemu event=RESET"
}

# FIRMWARE
from_disk()
{
	VM_FIRMWARE[admin]=$1
	[[ $1 == bios ]] || cp -- "$(vm_firmware_file admin VARS)" "$RUN_DIR/admin/vars.fd"
	vm_mark admin
	: >"$RUN_DIR/admin/console.log"
	vm_start admin
	if started; then
		is "$1: the disk is started, by the stick's menu" "$(event_value "$EVENT_LINE" mode)" admin
	else
		tap_not_ok "$1: the disk is started, by the stick's menu" "$WAIT_ERROR"
		vm_explain admin
	fi
	vm_kill admin
}

without_one()
{
	vm_new blank 768 bios
	vm_medium blank "$ISO" usb
	vm_disk blank virtio BLANK 100M
	vm_boot_order blank stick disk0
	vm_start blank
	check "without an installed disk it says so" choose_disk blank "No disk with an installed system was found"
	vm_kill blank
}

main()
{
	local firmware
	vm_run_begin bootdisk
	installed_admin
	vm_medium admin "$ISO" usb
	vm_boot_order admin stick disk0
	for firmware in $BOOTDISK; do
		case $firmware in
		none) without_one ;;
		*) from_disk "$firmware" ;;
		esac
	done
	tap_end
}

main "$@"

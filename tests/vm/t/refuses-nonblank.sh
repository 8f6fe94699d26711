#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A disk that holds a file system and no consent to destroy it: the installer refuses, says which disk
# and what is on it, and not one byte of the disk changes.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

main()
{
	local text disk before
	need_program mkfs.ext4
	vm_run_begin refuses-nonblank
	line_machines
	disk=$(vm_disk_file admin 0)
	mkfs.ext4 -q -F -L precious "$disk" 2G
	before=$(disk_digest "$disk")
	line_site "$RUN_DIR/site.yaml" -e 's/^  wipe: \[ .* \]$/  wipe: []/'
	mcopy -o -i "$RUN_DIR/admin/config.fat" "$RUN_DIR/site.yaml" ::/
	vm_mark admin
	vm_start admin
	if vm_wait_event admin 180 "t=error" "t=stage stage=apply"; then
		tap_ok "the installer refuses"
	else
		tap_not_ok "the installer refuses" "$WAIT_ERROR"
		vm_explain admin
	fi
	vm_wait_event admin 10 "t=stage who=install stage=failed" || true
	text=$(vm_events admin "t=error")
	contains "the refusal names the disk by its serial" "$text" "$LINE_ADMIN_SERIAL"
	contains "the refusal says what would be destroyed" "$text" "ext4"
	is "no step ran" "$(vm_events admin "t=step")" ""
	vm_kill admin
	is "not one byte of the disk changed" "$(disk_digest "$disk")" "$before"
	tap_end
}

main "$@"

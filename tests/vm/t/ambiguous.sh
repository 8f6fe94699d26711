#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two disks that both match what the site file wants: the installer does not guess; it lists the
# candidates and writes to neither.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

main()
{
	local text
	vm_run_begin ambiguous
	line_machines
	vm_disk admin "$LINE_ADMIN_BUS" FULCRUM-ADMIN-2 7G
	vm_mark admin
	vm_start admin
	if vm_wait_event admin 180 "t=error" "t=stage stage=apply"; then
		tap_ok "the installer does not guess"
	else
		tap_not_ok "the installer does not guess" "$WAIT_ERROR"
		vm_explain admin
	fi
	vm_wait_event admin 10 "t=stage who=install stage=failed" || true
	text=$(vm_events admin "t=error")
	contains "the position of the selector is told" "$text" "site.yaml:5:"
	contains "the first candidate is listed" "$text" "$LINE_ADMIN_SERIAL"
	contains "the second candidate is listed" "$text" "FULCRUM-ADMIN-2"
	vm_kill admin
	check "the first disk is untouched" disk_is_blank "$(vm_disk_file admin 0)"
	check "the second disk is untouched" disk_is_blank "$(vm_disk_file admin 1)"
	tap_end
}

main "$@"

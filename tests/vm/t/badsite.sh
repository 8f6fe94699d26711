#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A site file with several mistakes: all of them are told at once with their positions, and the disk
# stays as it was.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

main()
{
	local text disk
	vm_run_begin badsite
	line_machines
	disk=$(vm_disk_file admin 0)
	# an unknown key, a size that is none, an address outside its subnet
	line_site "$RUN_DIR/site.yaml" -e 's/^site:/sight:/' -e 's/">= 5G"/">= 5X"/' -e 's/192\.168\.124\.10$/10.9.9.9/'
	mcopy -o -i "$RUN_DIR/admin/config.fat" "$RUN_DIR/site.yaml" ::/
	vm_mark admin
	vm_start admin
	if vm_wait_event admin 150 "t=error" "t=stage stage=plan" "t=stage stage=apply"; then
		tap_ok "the installer stops at the site file"
	else
		tap_not_ok "the installer stops at the site file" "$WAIT_ERROR"
		vm_explain admin
	fi
	# the rest of the findings, if they are events of their own, come at once
	vm_wait_event admin 10 "t=stage who=install stage=failed" || true
	text=$(vm_events admin "t=error")
	contains "the unknown key is told with its position" "$text" "site.yaml:2:"
	contains "the bad size is told with its position" "$text" "site.yaml:5:"
	contains "the bad address is told with its position" "$text" "site.yaml:12:"
	vm_kill admin
	check "nothing was written" disk_is_blank "$disk"
	tap_end
}

main "$@"

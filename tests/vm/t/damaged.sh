#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One byte of one package on the stick is wrong: the install stops and names the file.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

# Sets FILE, and OFFSET of a byte in its middle: the package in the middle of the medium's mirror.
pick_victim()
{
	local -a rows
	local lba size row
	mapfile -t rows < <(xorriso -indev "$ISO" -find /fulcrum/mirror/pool -name '*.deb' -exec report_lba 2>/dev/null | grep '^File data lba')
	((${#rows[@]} > 0)) || die "no package on the medium: $ISO"
	row=${rows[${#rows[@]} / 2]}
	IFS=, read -r _ lba _ size FILE <<<"$row"
	FILE=${FILE#*\'}
	FILE=${FILE%\'*}
	OFFSET=$((lba * 2048 + size / 2))
}

main()
{
	local text damaged
	need_program xorriso dd od
	vm_run_begin damaged
	pick_victim
	damaged=$RUN_DIR/damaged.iso
	cp --reflink=auto -- "$ISO" "$damaged"
	flip_byte "$damaged" "$OFFSET"
	note "one byte of $FILE is flipped, at $OFFSET"
	ISO=$damaged
	line_machines
	vm_mark admin
	vm_start admin
	if vm_wait_event admin 420 "t=error" "t=stage who=install stage=done"; then
		tap_ok "the installer stops"
	else
		tap_not_ok "the installer stops" "$WAIT_ERROR"
		vm_explain admin
	fi
	vm_wait_event admin 10 "t=stage who=install stage=failed" || true
	text=$(vm_events admin "t=error")
	contains "the damaged file is named" "$text" "${FILE##*/}"
	is "the install does not go on to its end" "$(vm_events admin "t=stage who=install stage=done")" ""
	vm_kill admin
	rm -f -- "$damaged"
	tap_end
}

main "$@"

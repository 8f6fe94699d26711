#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The menu's check of the medium, with a clone of it beside it; a system that runs from memory after its medium was pulled,
# and there: media that are damaged where no file is, cut short, slow. What needs no machine is in tests/cli/medium.sh.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

# A stick and its clone, UEFI: whichever is taken, all of it is what was signed.
test_menu()
{
	vm_new menu 768 uefi
	vm_medium menu "$ISO" usb
	vm_args menu -drive "if=none,id=clone,file=$ISO,format=raw,readonly=on,cache=unsafe" \
		-device usb-storage,bus=xhci.0,drive=clone,removable=on,serial=STICK-2
	vm_boot_order menu stick
	vm_mark menu
	vm_start menu
	check "the menu has the entry" vm_menu_key menu k
	if vm_wait_event menu 240 "t=stage who=install stage=done" "t=error" "t=stage who=install stage=failed"; then
		tap_ok "the medium, a clone of it beside it, is good"
	else
		tap_not_ok "the medium, a clone of it beside it, is good" "$WAIT_ERROR"
		vm_explain menu
	fi
	contains "and its rate is told" "$(vm_events menu "t=stage who=install stage=done")" "it reads "
	isnt "so is how far it is, on the way" "$(vm_events menu "t=step id=check-medium")" ""
	vm_mark menu
	vm_type menu ""
	check "Enter restarts the machine" vm_wait_event menu 30 "t=qemu event=RESET"
	vm_kill menu
}

test_too_little()
{
	vm_new little 768
	vm_medium little "$ISO" cdrom
	vm_direct little fulcrum.mode=rescue fulcrum.toram
	vm_start little
	check "too little memory is told" vm_expect little 90 "too little memory to run from it"
	check "with what is needed" vm_expect little 10 "needs 512 MiB more, [0-9]+ MiB are free"
	vm_kill little
}

# FILE SERIAL [OPTION...]: a medium is plugged in; sets DEV
plug()
{
	local file=$1 serial=$2
	shift 2
	DEV=
	if vm_plug m "$serial" "$file" "$serial" read-only=on "$@"; then
		DEV=$(vm_guest_disk m 30 "$serial") || DEV=
	else
		note "$WAIT_ERROR"
	fi
	isnt "the medium $serial arrives" "$DEV" ""
}

# SECONDS [DEVICE [WORDS]]: what check-medium says, started by WORDS, and as the last word its exit code
checked()
{
	vm_shell m "$1" "${3:-} fulcrum-install check-medium ${2:-} 2>&1; echo exit \$?" || true
}

test_from_memory()
{
	local said at
	vm_new m 1536
	vm_direct m fulcrum.mode=rescue fulcrum.rescue fulcrum.toram
	vm_hotplug m
	vm_args m -object throttle-group,id=slow,x-bps-read=3000000
	vm_start m
	check "a medium arrives" vm_plug m first "$ISO" FIRST read-only=on
	check "its size is told before it is copied" vm_expect m 90 "copying the medium to memory: [0-9]+ MiB; needed are [0-9]+ MiB"
	check "and how fast it is" vm_expect m 90 "copied [0-9]+ of [0-9]+ MiB, [0-9]+ MiB/s"
	check "then it is not needed any more" vm_expect m 120 "runs from memory now: the medium can be taken out"
	check "the shell comes up" vm_shell_ready m 120
	check "the medium is pulled" vm_unplug m first
	said=$(checked 120)
	contains "what is in memory is all there, as signed" "$said" "is good: "
	contains "and that is the verdict" "$said" "exit 0"

	cp --reflink=auto -- "$ISO" "$RUN_DIR/bad.iso"
	at=$(($(stat -c %s -- "$ISO") - 3000000))
	flip_byte "$RUN_DIR/bad.iso" "$at"
	plug "$RUN_DIR/bad.iso" BAD
	said=$(checked 120 "$DEV")
	contains "its bad block is named, with its place" "$said" "block $((at / 1048576)), bytes $((at / 1048576 * 1048576)) to "
	contains "no file is wrong" "$said" "outside of the release"
	contains "it is damaged" "$said" "exit 6"

	head -c 300000000 "$ISO" >"$RUN_DIR/short.iso"
	plug "$RUN_DIR/short.iso" SHORT
	said=$(checked 60 "$DEV")
	contains "it is cut short" "$said" "cut short"
	contains "and of no use" "$said" "exit 6"

	plug "$ISO" SLOW "node={\"driver\":\"throttle\",\"throttle-group\":\"slow\",\"file\":{\"driver\":\"file\",\"filename\":\"$ISO\",\"locking\":\"off\",\"read-only\":true}}"
	said=$(checked 40 "$DEV" "timeout 20")
	# 3 MB/s, and what QEMU lets through at once before that
	check "that it is slow is told early, with the time that it will take" \
		grep -E 'note: this medium reads [23]\.[0-9] MiB/s: reading the rest takes about [23] minutes' <<<"$said"
	vm_kill m
}

main()
{
	vm_run_begin medium
	test_too_little
	test_from_memory
	test_menu
	rm -f -- "$RUN_DIR"/*.iso
	tap_end
}

main "$@"

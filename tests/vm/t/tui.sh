#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An install without a site file, by keyboard alone, on a machine with a screen and two serial lines: begun as questions
# at a serial line that is a dumb terminal, taken over at the screen, finished at a second serial line with a terminal of
# 80 columns and 24 lines. The SSH key comes from a stick, the site file goes there, and makes the same install again.

# shellcheck source=tests/vm/guide.sh
source "${BASH_SOURCE[0]%/*}/../guide.sh"

DISK=FULCRUM-TUI-1

# KEY: pressed at the machine's own keyboard
press()
{
	vm_qmp_do m "{\"execute\":\"send-key\",\"arguments\":{\"keys\":[{\"type\":\"qcode\",\"data\":\"$1\"}]}}"
}

# A machine whose disk carries something; FULCRUM-CFG has a key on it, and no site file.
machine()
{
	local disk
	vm_new m 1536 bios
	vm_medium m "$ISO" cdrom
	vm_disk m virtio "$DISK" 6G
	disk=$(vm_disk_file m 0)
	mke2fs -q -t ext4 -L old-root "$disk"
	vm_nic_switch m 52:54:00:fc:00:01
	cp -- "$RUN_DIR/id_ed25519.pub" "$RUN_DIR/authorized_keys"
	mkfs.vfat -n FULCRUM-CFG -C "$RUN_DIR/config.fat" 2048 >/dev/null
	mcopy -i "$RUN_DIR/config.fat" -- "$RUN_DIR/authorized_keys" ::/
	vm_args m -drive "if=none,id=config,file=$RUN_DIR/config.fat,format=raw" -device virtio-blk-pci,drive=config,serial=CONFIG-1
	vm_args m -chardev "socket,id=second,path=$RUN_DIR/second.sock,server=on,wait=off" -serial chardev:second
	vm_direct m fulcrum.mode=installer console=ttyS1,115200
}

# The first pages at the dumb line: numbers and Enter.
at_the_dumb_line()
{
	if vm_wait_event m 150 "t=screen name=welcome at=all" "${install_stop[@]}"; then
		tap_ok "without a site file every console says what was found, and waits"
	else
		tap_not_ok "without a site file every console says what was found, and waits" "$WAIT_ERROR"
		vm_explain m
	fi
	check "nothing goes on by itself" vm_expect m 5 "Press Enter on the console that you want to use"
	term_start 80x24 "socat -,raw,echo=0 UNIX-CONNECT:$RUN_DIR/second.sock"
	vm_mark m
	vm_type m ""
	page welcome ttyS0 plain
	vm_expect m 20 "A number from 1 to" || true
	vm_type m 1
	page disk ttyS0 plain
	vm_expect m 20 "or again or back" || true
	contains "the disk is told with its serial, size and content" "$(vm_console m)" "$DISK"
	contains "what it carries is told" "$(vm_console m)" 'ext4 "old-root"'
	contains "the stick is told, and that it cannot be chosen" "$(vm_console m)" "Cannot be chosen, never a target: site-file medium."
	vm_type m ""
	page map ttyS0 plain
}

at_the_screen()
{
	press ret
	page map tty0 newt
	check "the line is told" vm_expect m 20 "took over. Enter here takes it back"
	sleep 2
	vm_screenshot m "$RUN_DIR/video.ppm"
}

at_the_second_line()
{
	local shown
	check "the other line follows" term_wait "Enter here takes over"
	term_keys Enter
	page map ttyS1 newt
	check "the disk is drawn there" term_wait "$(title "Before and after")"
	term_keys Tab Enter
	check "consent is asked for" term_wait "all of it will be LOST"
	term_keys -l "$DISK"
	term_keys Tab Enter
	check "then the port" term_wait "52:54:00:fc:00:01"
	term_keys Enter
	check "then addresses" term_wait "$(title "Addresses")"
	term_keys Tab Tab Tab Tab Tab Enter
	check "then names" term_wait "$(title "Names")"
	term_keys Tab Tab Enter
	check "then keys" term_wait "$(title "Access")"
	term_keys Tab Tab Tab Tab Enter
	check "one is read from the stick" term_wait "authorized_keys on the volume FULCRUM-CFG"
	term_keys Tab Enter
	check "then the other machines" term_wait "debian-13"
	term_keys Enter
	check "then all of it" term_wait "$(title "Review")"
	shown=$(term_text | sed -n 's/.*This is plan \([0-9a-f]*\)\..*/\1/p')
	isnt "with the plan's hash" "$shown" ""
	check "nothing is written yet" cmp -s -n 1024 -- "$(vm_disk_file m 0)" /dev/zero
	term_keys Tab Tab Tab Enter
	check "the site file is saved on the stick" term_wait "was saved as site.yaml on"
	vm_mark m
	term_keys Tab Enter
	installed "$shown"
}

# HASH: of the plan that was shown
installed()
{
	if vm_wait_event m 420 "t=stage who=install stage=done" "t=error" "t=stage who=install stage=failed"; then
		tap_ok "it installs, and is verified"
	else
		tap_not_ok "it installs, and is verified" "$WAIT_ERROR"
		vm_explain m
	fi
	contains "by the plan that was shown" "$(vm_events m t=plan)" "\"hash\":\"$1"
	contains "progress is on the dumb line, too" "$(vm_console m)" "[ 1/"
	check "and at the end of the other" term_wait "installed and verified"
	vm_wait_event m 60 "t=qemu event=RESET" || true
	vm_kill m
	term_end
}

# With the file on FULCRUM-CFG the machine already is what it asks for: the same build, site and disk.
again()
{
	mcopy -n -i "$RUN_DIR/config.fat" ::/site.yaml "$RUN_DIR/site.yaml"
	check "the saved file is a good one" "$TOP/buildscripts/sdk-run" build/bin/fulcrum-install validate build/vm/tui/site.yaml
	vm_mark m
	vm_start m
	if vm_wait_event m 150 "t=stage who=install stage=done text=*nothing*" "t=screen name=welcome" "t=error" "t=stage stage=apply"; then
		tap_ok "the saved file means that same install: nothing is left to do"
	else
		tap_not_ok "the saved file means that same install: nothing is left to do" "$WAIT_ERROR"
		vm_explain m
	fi
	vm_kill m
}

main()
{
	need_program tmux socat mke2fs
	vm_run_begin tui
	on_exit term_end
	machine
	vm_mark m
	vm_start m
	at_the_dumb_line
	at_the_screen
	at_the_second_line
	again
	tap_end
}

main "$@"

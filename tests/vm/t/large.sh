#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The medium with a file of more than 4 GiB in front of all others, so that loaders, menu, kernel, root image, mirror and images lie beyond.
# It starts from a stick and from a CD, with UEFI and with BIOS; it installs an admin node, and checks itself. What needs no machine is in
# tests/soak/large.sh.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"
# shellcheck source=buildscripts/iso-image.sh
source "$TOP/buildscripts/iso-image.sh"

LARGE=$((4 * 1073741824 + 100000000))

make_medium()
{
	local tree=$RUN_DIR/tree out=$RUN_DIR/large.iso path
	need_program xorriso
	cp -al -- "$O/iso/tree" "$tree"
	mkdir -p -- "$tree/extra"
	truncate -s "$LARGE" "$tree/extra/large"
	printf 'the end' >>"$tree/extra/large"
	reserve_blocks "$tree"
	write_image "$tree" "$O/iso/efi.img" "$O/debroot/usr/lib/grub/i386-pc" 2026010100000000 - --sort-weight 1000000 /extra/large \
		2>"$RUN_DIR/medium.log" | dd of="$out" bs=1M iflag=fullblock conv=sparse status=none
	"$O/bin/fulcrum-image" blocks "${KEYS:-$O/keys}/release.key" "$out"
	for path in /boot/grub/i386-pc/eltorito.img /boot/grub/grub.cfg /fulcrum/boot/vmlinuz /fulcrum/root.squashfs; do
		check "$path lies beyond 4 GiB" test "$(iso_place "$out" "$path")" -gt 4294967296
	done
	ISO=$out
}

# MEDIUM FIRMWARE: by the menu to a shell, which reads the file's end
start_from()
{
	local name=stick${1:0:1}$2
	vm_new "$name" 768 "$2"
	vm_medium "$name" "$ISO" "$1"
	vm_boot_order "$name" stick
	vm_mark "$name"
	vm_start "$name"
	must "$1, $2: the menu comes" vm_menu_key "$name" r
	must "$1, $2: it starts" vm_wait_event "$name" 120 "t=boot mode=rescue" "t=boot mode=installer"
	is "$1, $2: the file is whole" "$(vm_shell "$name" 60 'stat -c %s /run/fulcrum/medium/extra/large; tail -c 7 /run/fulcrum/medium/extra/large')" \
		"$((LARGE + 7))"$'\n'"the end"
}

test_check()
{
	local said
	# without the moving line
	said=$(vm_shell stickcbios 600 'fulcrum-install check-medium >/run/said 2>&1; echo exit $? >>/run/said; tail -n 2 /run/said')
	note "$said"
	contains "checked in the machine, it is good" "$said" "files are as signed; $(stat -c %s -- "$ISO") bytes"
	contains "which its exit code says" "$said" "exit 0"
}

test_install()
{
	SSH_PORT=$(free_port)
	HTTP_PORT=$(free_port)
	vm_ssh_config
	line_admin_machine
	vm_disk admin "$LINE_ADMIN_BUS" "$LINE_ADMIN_SERIAL" "$LINE_ADMIN_DISK"
	line_site "$RUN_DIR/site.yaml"
	line_give_site admin
	vm_boot_order admin disk0 stick
	must "usb, uefi: it installs an admin node" line_install
	must "which comes up, all its checks green" line_admin_services
	check "it says so itself" vm_ssh_admin fulcrum status
	vm_kill admin
}

main()
{
	vm_run_begin large
	make_medium
	start_from cdrom bios
	test_check
	vm_kill stickcbios
	start_from usb bios
	vm_kill stickubios
	start_from cdrom uefi
	vm_kill stickcuefi
	test_install
	rm -rf -- "$RUN_DIR/large.iso" "$RUN_DIR/tree"
	tap_end
}

main "$@"

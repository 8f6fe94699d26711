#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Site files that come from elsewhere than a volume FULCRUM-CFG, and the two consents. From a URL that the kernel command
# line pins, with the site file's consent alone: the installer asks. From a path on a labelled volume, with the kernel
# command line's consent alone: it asks. From inside a customised image that has both: it installs a blank disk.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

# Where the emulator answers for the host, and what it starts for each connection.
url=http://10.0.2.100/lab/site.yaml

# Kernel and initramfs of the medium, for machines that skip the menu.
extract_boot()
{
	xorriso -osirrox on -indev "$ISO" -extract /fulcrum/boot "$RUN_DIR/boot" 2>/dev/null
	[[ -s $RUN_DIR/boot/vmlinuz && -s $RUN_DIR/boot/initrd.img ]] || die "no kernel on $ISO"
}

# FILE: a program that answers one HTTP request with it
make_server()
{
	cat >"$RUN_DIR/serve" <<-END
		#!/bin/bash
		while IFS= read -r line && [[ \${line%\$'\\r'} ]]; do
			printf '%s\\n' "\$line" >>"$RUN_DIR/requests"
		done
		printf 'HTTP/1.0 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n' "$(stat -c %s -- "$1")"
		cat "$1"
	END
	chmod +x "$RUN_DIR/serve"
}

# NAME ARGUMENTS: a machine with a blank disk that starts the installer with these on its command line
direct_machine()
{
	local name=$1 arguments=$2
	vm_new "$name" "$LINE_ADMIN_MB" bios
	vm_medium "$name" "$ISO" usb
	vm_disk "$name" "$LINE_ADMIN_BUS" "$LINE_ADMIN_SERIAL" "$LINE_ADMIN_DISK"
	vm_nic_switch "$name" "$LINE_MAC_ADMIN"
	vm_nic_user "$name" "$LINE_MAC_OFFICE" "guestfwd=tcp:10.0.2.100:80-cmd:$RUN_DIR/serve"
	vm_args "$name" -kernel "$RUN_DIR/boot/vmlinuz" -initrd "$RUN_DIR/boot/initrd.img" \
		-append "fulcrum.mode=installer console=ttyS0,115200 $arguments"
}

# NAME FROM WHY: it takes its site file FROM there, then asks, because of WHY
expect_question()
{
	local name=$1
	vm_mark "$name"
	vm_start "$name"
	if vm_wait_event "$name" 180 "t=stage stage=confirm" "t=error" "t=stage stage=apply"; then
		tap_ok "$name: the installer asks"
		contains "$name: because $3" "$EVENT_LINE" "$3"
	else
		tap_not_ok "$name: the installer asks" "$WAIT_ERROR"
		vm_explain "$name"
	fi
	contains "$name: the site file came from there" "$(vm_events "$name" "t=site")" "$2"
	vm_kill "$name"
	check "$name: one consent alone writes nothing" disk_is_blank "$(vm_disk_file "$name" 0)"
}

test_url()
{
	line_site "$RUN_DIR/site.yaml"
	make_server "$RUN_DIR/site.yaml"
	direct_machine url "fulcrum.site=$url fulcrum.site_b2=$(b2sum -l 256 "$RUN_DIR/site.yaml" | cut -d' ' -f1)"
	expect_question url "$url" "the site file consents, the boot entry does not"
	contains "url: it was fetched" "$(cat "$RUN_DIR/requests")" "GET /lab/site.yaml "
}

test_label()
{
	line_site "$RUN_DIR/asks.yaml" -e '/unattended: true/d'
	mkfs.vfat -n OPS -C "$RUN_DIR/ops.fat" 2048 >/dev/null
	mmd -i "$RUN_DIR/ops.fat" ::/lab
	mcopy -i "$RUN_DIR/ops.fat" "$RUN_DIR/asks.yaml" ::/lab/site.yaml
	direct_machine label "fulcrum.unattended fulcrum.site=LABEL=OPS:/lab/site.yaml"
	vm_args label -drive "if=none,id=ops,file=$RUN_DIR/ops.fat,format=raw,readonly=on" -device virtio-blk-pci,drive=ops,serial=OPS-1
	expect_question label "lab/site.yaml on the volume labelled OPS" "the boot entry consents, the site file does not"
}

test_image()
{
	ln -f -- "$ISO" "$RUN_DIR/in.iso" 2>/dev/null || cp --reflink=auto -- "$ISO" "$RUN_DIR/in.iso"
	check "a site file goes into the image" "$TOP/buildscripts/sdk-run" build/bin/fulcrum-install customize --unattended \
		--key build/keys/release.pub build/vm/customize/in.iso build/vm/customize/site.yaml build/vm/customize/out.iso
	ISO=$RUN_DIR/out.iso
	line_admin_machine
	vm_disk admin "$LINE_ADMIN_BUS" "$LINE_ADMIN_SERIAL" "$LINE_ADMIN_DISK"
	vm_boot_order admin disk0 stick
	if line_install; then
		tap_ok "the customised image installs a blank disk, unattended, without any other volume"
	else
		tap_not_ok "the customised image installs a blank disk, unattended, without any other volume" "stage '$LINE_FAILED': $LINE_WHY"
		vm_explain admin
	fi
	isnt "with the site file inside it" "$(vm_events admin "t=site from=area")" ""
	vm_kill admin
	rm -f -- "$RUN_DIR/in.iso" "$RUN_DIR/out.iso"
}

main()
{
	need_program xorriso b2sum mmd
	vm_run_begin customize
	SSH_PORT=$(free_port)
	HTTP_PORT=$(free_port)
	extract_boot
	test_url
	test_label
	test_image
	tap_end
}

main "$@"

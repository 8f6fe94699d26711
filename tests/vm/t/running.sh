#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An install that a person watches at two serial lines, and that fails: the disk is pulled while it is written. The
# consoles say what happened and offer ways on; a shell, and back; a bundle, which the host reads; then the disk is
# plugged in again and the install repeated, while nobody reads the second line any more.
#
# The medium is the real one without its mirror and images, signed with the build's own key.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/vm/release.sh
source "${BASH_SOURCE[0]%/*}/../release.sh"

SECRET="correct horse battery 42"
SECOND_READER=

# The site file, with a passphrase that nobody else may see, on a volume that can be written to.
make_config()
{
	release_site "$RUN_DIR/site.yaml" RUN-1
	cat >>"$RUN_DIR/site.yaml" <<-END
		profiles:
		  vault:
		    image: debian-13
		    disks: { system: { size: ">= 20G" } }
		    layout:
		      - { esp: 512M }
		      - { boot: 1G }
		      - { crypt: { name: safe, size: rest, passphrase: "$SECRET" } }
		      - { root: { on: safe } }
		rules:
		  - { when: {}, bind: { profile: vault, name: "vault-{seq}" } }
	END
	mkfs.vfat -n FULCRUM-CFG -C "$RUN_DIR/config.fat" 16384 >/dev/null
	mcopy -i "$RUN_DIR/config.fat" -- "$RUN_DIR/site.yaml" ::/
}

make_machine()
{
	local name=$1 ISO_KEPT=$ISO dir=$RUN_DIR/$1
	vm_new "$name" 1024 bios
	# kernel and initramfs are the real medium's
	vm_direct "$name" fulcrum.mode=installer console=ttyS1,115200
	ISO=$RUN_DIR/medium.iso
	vm_medium "$name" "$ISO" cdrom
	ISO=$ISO_KEPT
	vm_hotplug "$name"
	vm_nic_switch "$name" 52:54:00:fc:00:01
	mkfifo -- "$dir"/second.{in,out}
	vm_args "$name" -chardev "pipe,id=second,path=$dir/second" -serial chardev:second
	: >"$dir/second.log"
	# in a session of its own, which can be stopped without this script
	setsid cat <>"$dir/second.out" >"$dir/second.log" &
	SECOND_READER=$!
	on_exit stop_reader
}

stop_reader()
{
	[[ -z $SECOND_READER ]] || kill -KILL "$SECOND_READER" 2>/dev/null || true
	SECOND_READER=
}

# NAME: what the second line said, as vm_console
second_line()
{
	tr -d '\000\r' <"$RUN_DIR/$1/second.log" | sed 's/\x1b\[[0-9;?=]*[A-Za-z]//g'
}

# NAME: nobody reads the second line any more, and it is full
block_second()
{
	kill -STOP "$SECOND_READER"
	dd if=/dev/zero of="$RUN_DIR/$1/second.out" bs=4096 count=64 oflag=nonblock conv=notrunc 2>/dev/null || true
}

# NAME: the disk that the site file names; slow, so that there is time to pull it
plug_target()
{
	vm_plug "$1" target "$RUN_DIR/target.raw" RUN-1 "node={\"driver\":\"throttle\",\"throttle-group\":\"slow\",\"file\":{\"driver\":\"file\",\"filename\":\"$RUN_DIR/target.raw\",\"locking\":\"off\",\"discard\":\"unmap\"}}"
}

# NAME FROM SECONDS: waits for the plan from byte FROM on and types its hash
confirm()
{
	local text
	vm_expect "$1" "$3" "Type the plan's hash \([0-9a-f]{8}\)" "$2" || { note "$WAIT_ERROR"; return 1; }
	text=$(vm_console "$1" "$2")
	[[ $text =~ "Type the plan's hash ("([0-9a-f]{8})")" ]] || return 1
	vm_type "$1" "${BASH_REMATCH[1]}"
}

test_failure()
{
	check "m: the plan is shown, and confirmed at the first line" confirm m 0 120
	check "the install begins to write" vm_wait_event m 60 "t=step id=seed* done=*" "t=error"
	check "the disk is pulled" vm_pull m target
	check "the install fails" vm_wait_event m 90 "t=stage stage=failed" "t=stage stage=done"
	check "the consoles offer a way on" vm_expect m 20 $'\n   r  retry .*\n   n  new .*\n   s  shell .*\n   b  bundle .*\n   p  password .*\n   x  restart .*r, n, s, b, p or x, and Enter: $'
	contains "with what to do" "$(vm_console m)" "what to do:"
	contains "the other line shows the same progress" "$(second_line m)" "] clear"
	contains "and the same menu" "$(second_line m)" "   r  retry"
	is "no text comes twice on one line" "$(vm_console m | grep -cE '^\[ 1/[0-9]+\] .* s ')" 1
}

test_shell()
{
	local from
	from=$(vm_console_size m)
	vm_type m s
	check "a shell opens" vm_expect m 30 '[#$] $' "$from"
	# shellcheck disable=SC2016  # for the guest's shell
	vm_type m 'echo "in-$((40 + 2))-shell on $(tty)"'
	check "and takes commands" vm_expect m 20 "in-42-shell on /dev/ttyS0" "$from"
	vm_type m 'exit'
	check "its end leads back to the menu" vm_expect m 20 $'back from the shell on ttyS0\n.*r, n, s, b, p or x, and Enter: $' "$from"
	contains "the other line was told" "$(second_line m)" "a shell is open on ttyS0"
}

test_bundle()
{
	local from dir=$RUN_DIR/bundle
	from=$(vm_console_size m)
	vm_type m b
	check "a bundle is saved" vm_expect m 60 "bundle: saved as fulcrum-bundle-[0-9]+-[0-9]+.tar on the volume FULCRUM-CFG" "$from"
	check "and the menu comes again" vm_expect m 20 $'r, n, s, b, p or x, and Enter: $' "$from"
	check "the volume is let go" vm_unplug m config
	mkdir -p -- "$dir"
	check "the host finds it" mcopy -n -i "$RUN_DIR/config.fat" '::/fulcrum-bundle-*.tar' "$dir/"
	check "and reads it" tar -C "$dir" -xf "$dir"/fulcrum-bundle-*.tar
	contains "the error is in it" "$(cat "$dir"/*/error.txt)" "what to do:"
	contains "so is the plan, with the disk" "$(cat "$dir"/*/plan.txt)" "RUN-1"
	contains "the machine as it now is" "$(cat "$dir"/*/machine.json)" '"memory_bytes"'
	lacks "without the disk that was pulled" "$(cat "$dir"/*/machine.json)" '"serial": "RUN-1"'
	contains "the journal" "$(tail -n 1 "$dir"/*/journal)" "failed"
	contains "what the kernel said" "$(cat "$dir"/*/dmesg)" "Linux version"
	contains "and every line that was told" "$(cat "$dir"/*/progress.jsonl)" '"stage":"failed"'
	contains "the site file without its secret" "$(cat "$dir"/*/site.json)" '"passphrase": "***"'
	is "which is in no file of it" "$(grep -rlF "$SECRET" "$dir" || true)" ""
	check "the volume is plugged in again" vm_plug m config "$RUN_DIR/config.fat" CONFIG-1
}

# NAME: retries until the kernel has seen the disk; the site file's volume, which has just been plugged in, is waited for
try_again()
{
	local i from
	for i in {1..10}; do
		from=$(vm_console_size "$1")
		vm_type "$1" r
		vm_expect "$1" 60 "(Type the plan's hash|r, n, s, b, p or x, and Enter: $)" "$from" || { note "$WAIT_ERROR"; return 1; }
		! confirm "$1" "$from" 1 || return 0
		note "attempt $i came back to the menu"
	done
	return 1
}

test_retry()
{
	local size from
	block_second m
	size=$(stat -c %s -- "$RUN_DIR/m/second.log")
	# from here on it is as fast as it can be
	check "the disk is mended" vm_qmp_do m '{"execute":"qom-set","arguments":{"path":"/objects/slow","property":"limits","value":{"bps-write":0}}}'
	# the emulator keeps what the disk stood on when it was pulled
	vm_qmp_do m '{"execute":"blockdev-del","arguments":{"node-name":"target"}}' || true
	check "the disk is plugged in again" plug_target m
	from=$(vm_console_size m)
	check "the machine is looked at anew, and the plan confirmed" try_again m
	# attempts without the disk have failed before this
	vm_mark m
	check "while nobody reads the second line, the install ends well" vm_wait_event m 300 "t=stage stage=done" "t=stage stage=failed"
	is "nothing more was read there" "$(stat -c %s -- "$RUN_DIR/m/second.log")" "$size"
	lacks "the kernel tells of disks where it holds up nobody" "$(vm_console m)" "Attached SCSI disk"
	contains "the first line showed the time left" "$(vm_console m "$from")" " left"
	check "the machine restarts" vm_wait_event m 60 "t=qemu event=RESET"
}

main()
{
	vm_run_begin running
	release_medium "$RUN_DIR/medium.iso"
	make_config
	truncate -s 3G "$RUN_DIR/target.raw"
	make_machine m
	vm_args m -object throttle-group,id=slow,x-bps-write=12000000
	vm_start m
	check "the target disk is there" plug_target m
	check "so is the site file" vm_plug m config "$RUN_DIR/config.fat" CONFIG-1
	test_failure
	test_shell
	test_bundle
	test_retry
	vm_kill m
	contains "the disk carries the admin node" "$(sfdisk -d -- "$RUN_DIR/target.raw")" 'name="fulcrum-data"'
	tap_end
}

main "$@"

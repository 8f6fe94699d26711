#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An admin node gets other releases: one that nobody signed, one whose writing is cut short, one whose checks fail, one
# whose kernel panics, and one that is good. Whatever happens, it comes back with the release that it had, or keeps
# the new one; and from that a person goes back. UPDATE_ONLY="signature cut checks panic hang stuck large good rollback url" chooses what is tried
# (hang.sh: those that wait for a watchdog; update-large.sh: with files of more than 4 GiB).

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"
# shellcheck source=tests/vm/release.sh
source "${BASH_SOURCE[0]%/*}/../release.sh"

UPDATE_ONLY=${UPDATE_ONLY:-signature cut checks panic good rollback url}
UPDATE_NAME=${UPDATE_NAME:-update}
UPDATE_FIRMWARE=${UPDATE_FIRMWARE:-uefi}
UPDATE_DISK=6G
LARGE=

wanted()
{
	[[ " $UPDATE_ONLY " == *" $1 "* ]]
}

# FILE SCRIPT: early userspace that only runs SCRIPT, which stands behind the real one's files
other_init()
{
	local dir=$1.d
	mkdir -p -- "$dir"
	printf '%s\n' "$2" >"$dir/init"
	chmod 755 "$dir/init"
	cp -- "$O/iso/tree/fulcrum/boot/initrd.img" "$1"
	(cd "$dir" && printf 'init\n' | cpio --quiet -H newc -o -R 0:0) >>"$1"
}

# NAME LABEL DAYS [INITRD]
make_release()
{
	release_variant "$RUN_DIR/$1" "$ID-$1" "$3" "${4:-}"
	release_iso "$RUN_DIR/$1" "$2" "$RUN_DIR/$1.iso"
}

# One whose ISO is a file on a disk, as somebody brings it from elsewhere.
make_large()
{
	local dir=$RUN_DIR/large.volume
	RELEASE_LARGE=$LARGE release_variant "$RUN_DIR/large" "$ID-large" 7
	mkdir -p -- "$dir"
	release_iso "$RUN_DIR/large" LARGE "$dir/large.iso"
	release_volume "$dir" "$RUN_DIR/large.iso" $((LARGE / 1048576 + 400))
	rm -rf -- "$dir"
}

make_releases()
{
	ID=$(<"$O/iso/tree/fulcrum/build-id")
	RELEASE_LARGE=$LARGE release_variant "$RUN_DIR/first" "$ID" 0
	release_iso "$RUN_DIR/first" FIRST "$RUN_DIR/first.iso"
	wanted large && make_large
	wanted url && make_release url URL 8
	make_release good GOOD 2
	RELEASE_NO_MIRROR=1 make_release red RED 3
	other_init "$RUN_DIR/panic.img" '#!/bin/sh
exit 1'
	make_release panic PANIC 4 "$RUN_DIR/panic.img"
	# shellcheck disable=SC2016  # for the guest's shell
	# as the real one begins; then nothing that the watchdog is fed by runs any more
	other_init "$RUN_DIR/hang.img" '#!/bin/sh
export PATH=/usr/bin:/usr/sbin
. /lib/fulcrum/early
early_mounts
watch_over
say "nothing goes on from here"
kill -STOP $(pidof watchdog)
while :; do sleep 1000; done'
	make_release hang HANG 5 "$RUN_DIR/hang.img"
	# shellcheck disable=SC2016  # for the guest's shell
	# the watchdog in hardware is content: only the kernel's own clock is left
	other_init "$RUN_DIR/stuck.img" '#!/bin/sh
export PATH=/usr/bin:/usr/sbin
. /lib/fulcrum/early
early_mounts
watch_over
say "fed, and going nowhere: $(cat /sys/class/watchdog/watchdog*/identity | tr "\n" ,)"
while :; do sleep 1000; done'
	make_release stuck STUCK 6 "$RUN_DIR/stuck.img"
}

# The first release, by the real installer, which finds it by its build id.
install_first()
{
	vm_new stick "$LINE_ADMIN_MB" bios
	vm_medium stick "$RUN_DIR/first.iso" cdrom
	vm_direct stick fulcrum.mode=installer fulcrum.unattended
	vm_disk stick virtio "$LINE_ADMIN_SERIAL" "$UPDATE_DISK"
	vm_nic_switch stick "$LINE_MAC_ADMIN"
	vm_nic_user stick "$LINE_MAC_OFFICE"
	line_site "$RUN_DIR/site.yaml"
	line_give_site stick
	vm_start stick
	check "the first release is installed" vm_wait_event stick "$((240 + LARGE / 4000000))" "t=stage who=install stage=done" "${install_stop[@]}" || return 1
	vm_wait_event stick 60 "t=qemu event=RESET" || return 1
	vm_kill stick
}

admin_machine()
{
	local name
	vm_new admin "$LINE_ADMIN_MB" "$UPDATE_FIRMWARE"
	mv -- "$(vm_disk_file stick 0)" "$(vm_disk_file admin 0)"
	vm_disk admin virtio "$LINE_ADMIN_SERIAL" "$UPDATE_DISK"
	for name in good red panic hang stuck large url; do
		[[ -e $RUN_DIR/$name.iso ]] || continue
		vm_args admin -drive "if=none,id=$name,file=$RUN_DIR/$name.iso,format=raw,readonly=on" \
			-device "virtio-blk-pci,drive=$name,serial=$name"
	done
	vm_args admin -device i6300esb -action watchdog=reset
	vm_nic_switch admin "$LINE_MAC_ADMIN"
	SSH_PORT=$(free_port)
	vm_nic_user admin "$LINE_MAC_OFFICE" "tcp:127.0.0.1:$SSH_PORT-10.0.2.15:22"
	vm_ssh_config
	vm_boot_order admin disk0
	vm_start admin
}

# WHAT: until its own checks are green
up()
{
	check "$1" vm_wait_event admin 180 "t=service who=admin text=ready"
}

running_release()
{
	# shellcheck disable=SC2016  # for the admin's shell
	vm_ssh_admin 'sed -n "s/.*\"build_id\":\"\([^\"]*\)\".*/\1/p" /run/fulcrum/slot/release.json; readlink /data/seed/current' | paste -sd' '
}

# NAME [OPTION...]: begins an update from that medium; its output is in $RUN_DIR/NAME.said
begin_update()
{
	local name=$1
	shift
	vm_mark admin
	SSH_DEADLINE=$((300 * VM_SLOW)) vm_ssh_admin "fulcrum update \$(findfs LABEL=${name^^}) $*" >"$RUN_DIR/$name.said" 2>&1 &
	UPDATING=$!
}

# NAME [SECONDS]: the machine goes into its trial, and what was shut down for that stays down
goes_into_trial()
{
	check "$1: the machine goes into its trial" vm_wait_event admin "${2:-180}" "t=qemu event=RESET" "t=error who=install"
	is "$1: no service was started again on the way down" "$(vm_events admin "t=service who=admin text=ready")" ""
	wait "$UPDATING" || true
	note "$(<"$RUN_DIR/$1.said")"
}

# NAME: as the machine was shut down in order
let_go()
{
	is "$1: no journal had to be played back after the restart" "$(vm_ssh_admin 'dmesg | grep -c "recovery complete"' || true)" 0
}

# NAME WHY-PATTERN: that release is given up, and the first one is back
rolled_back()
{
	local said
	goes_into_trial "$1"
	check "$1: and is back by itself" vm_wait_event admin 400 "t=update who=admin text=rolled*"
	up "$1: with the release before, ready"
	is "$1: whose mirror is served" "$(running_release)" "$ID $ID"
	said=$(vm_ssh_admin fulcrum update --status)
	note "$said"
	contains "$1: the status says that it was given up" "$said" "$ID-$1: rolled back"
	[[ -z $2 ]] || contains "$1: and why" "$said" "$2"
}

test_signature()
{
	local said
	# shellcheck disable=SC2016  # for the admin's shell
	said=$(vm_ssh_admin 'mkdir -p /run/m /tmp/bad && mount -o ro $(findfs LABEL=GOOD) /run/m && cp /run/m/fulcrum/SEED.sig /tmp/bad/ &&
		{ cat /run/m/fulcrum/SEED; echo; } >/tmp/bad/SEED; umount /run/m; fulcrum update /tmp/bad; echo "rc $?"' 2>&1)
	note "$said"
	contains "a release that nobody signed is refused" "$said" "signature does not hold"
	contains "with its exit code" "$said" "rc 6"
	said=$(vm_ssh_admin fulcrum update --status)
	note "$said"
	contains "nothing is on trial" "$said" "running, the good one"
	contains "the watchdog is told" "$said" "i6300ESB"
}

test_cut()
{
	begin_update good
	check "cut: the slot is being filled" vm_wait_event admin 180 "t=update who=install text=filling*" "t=qemu event=RESET" "t=error who=install"
	vm_kill admin
	wait "$UPDATING" || true
	note "$(<"$RUN_DIR/good.said")"
	vm_mark admin
	vm_start admin
	up "cut: after a power cut while the slot was written, it is up"
	is "cut: with the release before" "$(running_release)" "$ID $ID"
}

# A file of more than 4 GiB was installed; another one comes with the update, on an ISO that is a file.
test_large()
{
	local end="the end of $ID" rest=" /data/seed/current/mirror/pool/large.deb"
	is "large: what was installed is whole" "$(vm_ssh_admin "stat -Lc %s$rest; tail -c ${#end}$rest")" "$((LARGE + ${#end}))"$'\n'"$end"
	vm_mark admin
	SSH_DEADLINE=$((1200 * VM_SLOW)) vm_ssh_admin "mkdir -p /run/brought && mount -o ro \$(findfs LABEL=RELEASE) /run/brought &&
		fulcrum update /run/brought/large.iso --seconds $((300 * VM_SLOW))" >"$RUN_DIR/large.said" 2>&1 &
	UPDATING=$!
	goes_into_trial large 1200
	check "large: the new release is kept" vm_wait_event admin 240 "t=update who=admin text=kept" "t=update who=admin text=rolled*"
	is "large: it runs, and serves its own mirror" "$(running_release)" "$ID-large $ID-large"
	end+=-large
	is "large: its file is whole" "$(vm_ssh_admin "stat -Lc %s$rest; tail -c ${#end}$rest")" "$((LARGE + ${#end}))"$'\n'"$end"
}

test_good()
{
	local said
	begin_update good --seconds $((300 * VM_SLOW))
	goes_into_trial good
	check "good: the new release is kept" vm_wait_event admin 240 "t=update who=admin text=kept" "t=update who=admin text=rolled*"
	let_go good
	is "good: it runs, and serves its own mirror" "$(running_release)" "$ID-good $ID-good"
	said=$(vm_ssh_admin fulcrum update --status)
	note "$said"
	contains "good: it is the good one" "$said" "release $ID-good   running, the good one"
	contains "good: and the one before is still there" "$said" "release $ID"
}

test_rollback()
{
	local said
	vm_mark admin
	vm_ssh_admin fulcrum update --rollback || true
	check "rollback: by hand, the machine restarts" vm_wait_event admin 60 "t=qemu event=RESET"
	up "rollback: and is up"
	let_go rollback
	is "rollback: with the release before" "$(running_release)" "$ID $ID"
	said=$(vm_ssh_admin fulcrum update --status)
	note "$said"
	contains "rollback: which is the good one from now on" "$said" "release $ID   running, the good one"
	contains "rollback: the one that was given up is still in its slot" "$said" "release $ID-good"
	contains "rollback: and the status says who wanted that" "$said" "to release $ID-good: rolled back: a person wanted the release before"
	vm_kill admin
	vm_mark admin
	vm_start admin
	up "rollback: it starts again"
	is "rollback: and stays with that" "$(running_release)" "$ID $ID"
}

# From a server, which goes away in the middle the first time.
test_url()
{
	local said from=http://127.0.0.1:8099
	# shellcheck disable=SC2016  # for the admin's shell
	check "url: the release is served" vm_ssh_admin 'mkdir -p /run/web && mount -o ro $(findfs LABEL=URL) /run/web && httpd -p 127.0.0.1:8099 -h /run/web'
	said=$(SSH_DEADLINE=$((300 * VM_SLOW)) vm_ssh_admin "fulcrum update $from & sleep 3; kill -9 \$(pidof httpd); wait \$!; echo rc \$?" 2>&1) || true
	note "$said"
	contains "url: a server that goes away ends it" "$said" "$from"
	contains "url: with the exit code of the network" "$(tail -n 1 <<<"$said")" "rc 9"
	is "url: nothing is on trial" "$(running_release)" "$ID $ID"
	vm_mark admin
	vm_ssh_admin "httpd -p 127.0.0.1:8099 -h /run/web && fulcrum update $from --seconds $((300 * VM_SLOW))" >"$RUN_DIR/url.said" 2>&1 &
	UPDATING=$!
	goes_into_trial url
	check "url: the release is kept" vm_wait_event admin 240 "t=update who=admin text=kept" "t=update who=admin text=rolled*"
	is "url: it runs, and serves its own mirror" "$(running_release)" "$ID-url $ID-url"
}

main()
{
	vm_run_begin "$UPDATE_NAME"
	if wanted large; then
		LARGE=$((4 * 1073741824 + 50000000)) UPDATE_DISK=24G
	fi
	make_releases
	install_first || { vm_explain stick; tap_end; }
	admin_machine
	up "it comes up" || { vm_explain admin; tap_end; }
	wanted signature && test_signature
	wanted cut && test_cut
	if wanted checks; then
		begin_update red --seconds $((100 * VM_SLOW))
		rolled_back red "mirror"
	fi
	if wanted panic; then
		begin_update panic
		rolled_back panic ""
	fi
	if wanted hang; then
		begin_update hang
		rolled_back hang ""
		isnt "hang: it was the watchdog in hardware that restarted it" "$(vm_events admin "t=qemu event=WATCHDOG")" ""
	fi
	if wanted stuck; then
		begin_update stuck --seconds $((60 * VM_SLOW))
		rolled_back stuck ""
		is "stuck: it was the kernel's own clock, not the watchdog" "$(vm_events admin "t=qemu event=WATCHDOG")" ""
		contains "stuck: which ran" "$(vm_console admin | grep 'going nowhere')" "Software Watchdog"
	fi
	wanted large && test_large
	wanted good && test_good
	wanted rollback && test_rollback
	wanted url && test_url
	vm_explain admin
	tap_end
}

main "$@"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The firmware's list of what it starts, and its clock: installed again and again there is one entry of ours, before
# those of others, which stay; variables that cannot be written, or are not there, stop nothing. Nor do clocks of 2001
# (from the hardware, as with a dead battery), 1980 and 2099, and no check is left out for them: a damaged release is
# refused under each.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/vm/release.sh
source "${BASH_SOURCE[0]%/*}/../release.sh"

LABEL='Fulcrum admin.small.example'

# NAME [OPTION...]: installs, and says what came of it
install()
{
	local name=$1
	shift
	SAID=$(vm_shell m 240 "sh /run/volume/at_once site.yaml $*; cat /run/applied") || true
	printf '%s\n' "$SAID" >"$RUN_DIR/${name// /-}.txt"
	contains "$name: the install ends well" "$SAID" "exit: 0"
}

# NAME: one entry of ours, first, for the ESP that the last install made; the stranger's is there
list_is_good()
{
	local list number esp
	list=$(vm_shell m 30 efibootmgr) || true
	esp=$(sfdisk -J -- "$RUN_DIR/disk.raw" | jq -r '.partitiontable.partitions[1].uuid | ascii_downcase')
	printf '%s\n%s\n' "$list" "$esp" >"$RUN_DIR/list-${1// /-}.txt"
	number=$(sed -n "s/^Boot\([0-9A-F]\{4\}\)\* $LABEL\t.*/\1/p" <<<"$list")
	check "$1: one entry is ours" test "$(grep -c "^Boot[0-9A-F]*[* ] Fulcrum " <<<"$list")" = 1
	isnt "$1: the disk has an ESP" "$esp" ""
	contains "$1: it starts the ESP of this install" "$list" "$LABEL"$'\t'"HD(2,GPT,$esp,"
	contains "$1: it comes first" "$list" "BootOrder: ${number:-none},"
	contains "$1: the stranger's stays" "$list" "Stranger"
}

# NAME: a release with a flipped byte is refused
damage_is_found()
{
	local said
	said=$(vm_shell m 60 'RELEASE=/run/damaged sh /run/volume/at_once site.yaml --reinstall') || true
	contains "$1: a damaged release is refused" "$said" "exit: 6"
}

# NAME DATE: the system's and the hardware's clock say so
clock_says()
{
	check "$1: the clock is set" vm_shell m 20 "date -u -s '$2 00:00:00' && hwclock --systohc --utc"
}

# Lines of the progress port
notes()
{
	vm_events m "t=note who=install text=*firmware*"
}

test_entries()
{
	check "somebody else's entry is there" vm_shell m 30 "efibootmgr --create --label Stranger --iface eth0"
	# the hardware's clock says 2001 from power-on
	install "first"
	contains "first: and leaves nothing to do" "$SAID" "second: none"
	contains "first: the plan says what it makes" "$SAID" "firmware entry \"$LABEL\", the first"
	contains "first: the plan says what the clock says" "$SAID" "its clock says 2001-01-01"
	contains "first: the clock is set to the build's time" "$SAID" "set to the build's time"
	contains "first: what came of it is told" "$SAID" "\"$LABEL\", the first"
	contains "first: and reported" "$(notes)" "the first"
	contains "first: and noted in the journal" "$(vm_shell m 10 'cat /run/fulcrum/journal')" "note firmware entry Boot"
	list_is_good "first"
	install "second" --reinstall
	list_is_good "second"
}

test_without()
{
	clock_says "1980" "1980-01-01"
	damage_is_found "1980"
	check "the variables are read-only" vm_shell m 10 "mount -o remount,ro /sys/firmware/efi/efivars"
	install "1980" --reinstall
	contains "1980: the clock is set to the build's time" "$SAID" "set to the build's time"
	contains "1980: variables that cannot be written are told" "$SAID" "firmware entry not as wanted"
	check "the variables are gone" vm_shell m 10 "umount /sys/firmware/efi/efivars"
	clock_says "2099" "2099-12-31"
	damage_is_found "2099"
	install "2099" --reinstall
	contains "2099: the clock is left as it is" "$SAID" "left as it is"
	is "2099: indeed" "$(vm_shell m 10 'date -u +%Y')" "2099"
	contains "2099: variables that are not there are told" "$SAID" "EFI variables are not supported"
	check "the variables are there again" vm_shell m 10 "mount -t efivarfs efivarfs /sys/firmware/efi/efivars"
	install "last" --reinstall
	list_is_good "last"
}

main()
{
	need_program sfdisk jq
	vm_run_begin firmware
	release_site "$RUN_DIR/site.yaml" FIRMWARE-1 FIRMWARE-1
	RELEASE_FIRMWARE=uefi RELEASE_CLOCK=2001-01-01 release_machine m 768 "$RUN_DIR/site.yaml"
	truncate -s 3G -- "$RUN_DIR/disk.raw"
	vm_plug m disk "$RUN_DIR/disk.raw" FIRMWARE-1 || die "$WAIT_ERROR"
	vm_guest_disk m 20 FIRMWARE-1 >/dev/null || die "the disk did not appear"
	check "a damaged release lies beside the good one" vm_shell m 30 'mkdir /run/damaged && cp -r /run/volume/release/. /run/damaged/ &&
		printf x | dd of=/run/damaged/SEED bs=1 seek=100 conv=notrunc 2>/dev/null'
	test_entries
	test_without
	vm_kill m
	tap_end
}

main "$@"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Disks that carried something: arrays, whole and half assembled, volume groups and LUKS volumes that still stand on
# them, tables whose two copies disagree, a table of another system, several file systems at once. Without consent
# nothing is written; with it the first attempt gives a whole install and nothing old is found any more, while the
# disk beside, half of whose mirror went, stays as it was bit for bit. Then a partition that is kept amid others
# that go.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/vm/release.sh
source "${BASH_SOURCE[0]%/*}/../release.sh"

KINDS=(STACK HALF PARTS SHIFT MBR MANY)
# where the partition that is kept lies
KEPT_AT=1500 KEPT_SIZE=256
MIB=$((1 << 20))
DISK_BYTES=$((3 << 30))

# --- what is there before

# KIND: the file of its disk
disk_file()
{
	printf '%s/%s.raw\n' "$RUN_DIR" "$1"
}

# FILE OFFSET-MIB MIB LABEL: an ext4 there
put_ext4()
{
	mke2fs -q -t ext4 -F -L "$4" -E offset=$(($2 * MIB)) -- "$1" "${3}M"
}

# FILE OFFSET-MIB MIB LABEL: a FAT there
put_fat()
{
	mkfs.vfat -n "$4" -C "$RUN_DIR/fat" $(($3 << 10)) >/dev/null
	dd if="$RUN_DIR/fat" of="$1" bs=1M seek="$2" conv=notrunc,sparse status=none
	rm -f -- "$RUN_DIR/fat"
}

# What the host can prepare; the rest is raised in the machine.
make_disks()
{
	local kind backup=$RUN_DIR/backup
	for kind in "${KINDS[@]}"; do
		truncate -s "$DISK_BYTES" -- "$(disk_file "$kind")"
	done
	truncate -s 1500M -- "$(disk_file BESIDE)"
	sfdisk -q -- "$(disk_file STACK)" <<<$'label: gpt\nstart=3MiB, size=200MiB, type=U\nstart=300MiB, size=1500MiB, type=R'
	put_fat "$(disk_file STACK)" 3 200 OLD-ESP
	sfdisk -q -- "$(disk_file PARTS)" <<<$'label: gpt\nstart=3MiB, size=1000MiB, type=V\nstart=1200MiB, size=500MiB, type=L'
	# two tables, of which the first one's copy at the end is still there; the partitions of neither begin where new ones do
	sfdisk -q -- "$(disk_file SHIFT)" <<<$'label: gpt\nstart=5MiB, size=600MiB, type=L, name=first\nstart=700MiB, size=1000MiB, type=L'
	put_ext4 "$(disk_file SHIFT)" 700 1000 old-first
	tail -c 16896 -- "$(disk_file SHIFT)" >"$backup"
	sfdisk -q --wipe never -- "$(disk_file SHIFT)" <<<$'label: gpt\nstart=9MiB, size=400MiB, type=L, name=second\nstart=1700MiB, size=900MiB, type=L'
	put_ext4 "$(disk_file SHIFT)" 9 400 old-second
	put_fat "$(disk_file SHIFT)" 1700 900 OLD-SECOND
	dd if="$backup" of="$(disk_file SHIFT)" bs=512 seek=$((DISK_BYTES / 512 - 33)) conv=notrunc status=none
	sfdisk -q -- "$(disk_file MBR)" <<<$'label: dos\nstart=2048, size=1024000, type=7, bootable\nstart=1200MiB, size=1500MiB, type=f\nstart=1202MiB, size=600MiB, type=7'
	put_fat "$(disk_file MBR)" 1 500 SYSTEM
	put_fat "$(disk_file MBR)" 1202 600 WINDOWS
	put_ext4 "$(disk_file MANY)" 0 3072 old-many
}

# A disk with a partition that carries the label of ours, amid others that go.
make_kept()
{
	local tree=$RUN_DIR/kept file i
	file=$(disk_file KEEP)
	mkdir -p -- "$tree"
	for i in {1..40}; do
		repeatable_bytes 50000 "$i" >"$tree/letter$i"
	done
	truncate -s 4G -- "$file"
	sfdisk -q -- "$file" <<-END
		label: gpt
		start=3MiB, size=200MiB, type=U
		start=300MiB, size=900MiB, type=L, name=oldroot
		start=${KEPT_AT}MiB, size=${KEPT_SIZE}MiB, type=L, name=fulcrum-srv
		start=1800MiB, size=600MiB, type=V
		start=2500MiB, size=1500MiB, type=L
	END
	put_fat "$file" 3 200 OLD-ESP
	put_ext4 "$file" 300 900 old-root
	mke2fs -q -t ext4 -F -L letters -E offset=$((KEPT_AT * MIB)) -d "$tree" -- "$file" "${KEPT_SIZE}M"
	put_ext4 "$file" 2500 1500 old-home
}

# KIND: "START SIZE" in MiB of what it carried
old_ranges()
{
	case $1 in
	STACK) printf '%s\n' "3 200" "300 1500" ;;
	PARTS) printf '%s\n' "3 1000" "1200 500" ;;
	SHIFT) printf '%s\n' "700 1000" "9 400" "1700 900" ;;
	MBR) printf '%s\n' "1 500" "1202 600" ;;
	KEEP) printf '%s\n' "3 200" "300 900" "1800 600" "2500 1500" ;;
	*) ;;
	esac
}

# --- the machine

plug_all()
{
	local kind
	for kind in "${KINDS[@]}"; do
		vm_plug m "${kind,,}" "$(disk_file "$kind")" "DIRTY-$kind" || die "$WAIT_ERROR"
	done
	vm_plug m beside "$(disk_file BESIDE)" BESIDE || die "$WAIT_ERROR"
	vm_guest_disk m 20 BESIDE >/dev/null || die "the disks did not appear"
}

# KIND...: copies of their disks as they are now
remember()
{
	local kind
	for kind in "$@"; do
		cp --sparse=always -- "$(disk_file "$kind")" "$RUN_DIR/$kind.before"
	done
}

# KIND: true if its disk is as it was when it was remembered
is_as_before()
{
	qemu-img compare -q -U -f raw -F raw "$RUN_DIR/$1.before" "$(disk_file "$1")"
}

test_raised()
{
	local said
	check "what stands on the disks is raised" vm_shell m 90 "sh /run/volume/dirty raise"
	# a mirror that is idle marks itself clean
	said=$(vm_shell m 20 'sleep 1; sync; sh /run/volume/dirty standing; cat /proc/mdstat')
	contains "a mirror runs" "$said" "array md127 clean"
	contains "half of one waits" "$said" " inactive"
	for name in old--vg-secret old--vg-plain old-crypt old--group-home old-luks; do
		contains "$name stands" "$said" "map $name"
	done
	note "$said"
}

test_refused()
{
	local kind said
	remember "${KINDS[@]}" BESIDE
	for kind in "${KINDS[@]}"; do
		said=$(vm_shell m 60 "sh /run/volume/at_once $kind.no.yaml") || true
		contains "$kind: refused without consent" "$said" "exit: 5"
		contains "$kind: what it carries is said" "$said" "DIRTY-$kind carries"
	done
	for kind in "${KINDS[@]}" BESIDE; do
		check "$kind: not one bit was written" is_as_before "$kind"
	done
}

# FILE: a site file with a profile that keeps what is on its disk under the label srv; WIPE as for release_site
kept_site()
{
	release_site "$1" NONE
	cat >>"$1" <<-END
		profiles:
		  keeper:
		    image: debian-13
		    disks: { system: { serial: KEEP } }
		    layout:
		      - { bios: 1M }
		      - { esp: 128M }
		      - { root: 1G }
		      - { data: { name: srv, size: 256M, mount: /srv, preserve: true } }
		      - { data: { name: scratch, size: rest, fs: xfs, mount: /scratch } }
		    wipe: [ ${2:-} ]
	END
}

# FILE: the bytes of what is kept, whatever else is on the disk
kept_digest()
{
	dd if="$1" bs=1M skip="$KEPT_AT" count="$KEPT_SIZE" status=none | b2sum
}

test_kept()
{
	local said before file
	file=$(disk_file KEEP)
	vm_plug m keep "$file" KEEP || die "$WAIT_ERROR"
	vm_guest_disk m 20 KEEP >/dev/null || die "the disk did not appear"
	check "a group stands beside what is to be kept" vm_shell m 60 "sh /run/volume/dirty raise-keep"
	remember KEEP
	before=$(kept_digest "$file")
	said=$(vm_shell m 60 "RELEASE=/run/fulcrum/medium/fulcrum sh /run/volume/at_once KEEP.no.yaml --profile keeper") || true
	contains "KEEP: what goes needs a consent" "$said" "exit: 5"
	check "KEEP: not one bit was written" is_as_before KEEP
	said=$(vm_shell m 240 "RELEASE=/run/fulcrum/medium/fulcrum sh /run/volume/at_once KEEP.yaml --profile keeper") || true
	contains "KEEP: the first attempt succeeds" "$said" "exit: 0"
	contains "KEEP: the plan says what stays" "$said" "KEEPS     ext4 srv on /srv 256 MiB  (partition 3 fulcrum-srv)"
	contains "KEEP: and leaves nothing to do" "$said" "second: none"
	[[ $said == *"second: none"* ]] || note "$said"
	is "KEEP: nothing stands on it any more" "$(vm_shell m 10 'sh /run/volume/dirty standing')" ""
	vm_unplug m keep || die "$WAIT_ERROR"
	is "what is kept is as it was, bit for bit" "$(kept_digest "$file")" "$before"
	test_clean KEEP
}

# KIND: on a disk of which nobody uses anything any more
test_clean()
{
	local kind=$1 file start size
	file=$(disk_file "$kind")
	is "$kind: one table is on it, and nothing else" \
		"$(wipefs -n -O OFFSET,TYPE --noheadings -- "$file" | awk '{ print $2 }' | sort | tr '\n' ' ')" "PMBR gpt gpt "
	check "$kind: sfdisk finds it whole" sfdisk -q -V -- "$file"
	while read -r start size; do
		is "$kind: at $start MiB is nothing old" "$(blkid -p -O $((start * MIB)) -S $((size * MIB)) -- "$file")" ""
	done < <(old_ranges "$kind")
}

test_installed()
{
	local kind said
	for kind in "${KINDS[@]}"; do
		said=$(vm_shell m 120 "sh /run/volume/at_once $kind.yaml") || true
		contains "$kind: the first attempt succeeds" "$said" "exit: 0"
		contains "$kind: and leaves nothing to do" "$said" "second: none"
		[[ $said == *"second: none"* ]] || note "$said"
		[[ $kind != STACK ]] || contains "the plan tells who loses a companion" "$said" "which is not taken"
	done
	is "nothing stands any more" "$(vm_shell m 10 'sh /run/volume/dirty standing')" ""
	check "the disk beside is as it was, bit for bit" is_as_before BESIDE
	for kind in "${KINDS[@]}"; do
		vm_unplug m "${kind,,}" || die "$WAIT_ERROR"
		test_clean "$kind"
	done
}

main()
{
	local kind
	local -a sites=()
	need_program qemu-img mke2fs mkfs.vfat sfdisk wipefs blkid
	vm_run_begin dirty
	for kind in "${KINDS[@]}"; do
		release_site "$RUN_DIR/$kind.yaml" "DIRTY-$kind" "DIRTY-$kind"
		release_site "$RUN_DIR/$kind.no.yaml" "DIRTY-$kind"
		sites+=("$RUN_DIR/$kind.yaml" "$RUN_DIR/$kind.no.yaml")
	done
	make_disks
	make_kept
	kept_site "$RUN_DIR/KEEP.yaml" KEEP
	kept_site "$RUN_DIR/KEEP.no.yaml"
	sites+=("$RUN_DIR"/KEEP{,.no}.yaml)
	release_machine m 1024 "${sites[@]}"
	plug_all
	test_raised
	test_refused
	test_installed
	test_kept
	vm_kill m
	tap_end
}

main "$@"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the kernel has to agree to, made by the installer on sets of small disks and read again with other programs: RAID
# of levels 5, 6 and 10, a volume striped over three disks, a thin pool, XFS and ext4 on them. Then the machine is
# installed again: a whole array, and one volume of a group whose others are made anew, keep their content. Nothing
# of it is booted here: the image of this release is empty (release_image), and the installer stops, when all storage is
# made and the image written, for there is nothing in it to give an identity to.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/vm/release.sh
source "${BASH_SOURCE[0]%/*}/../release.sh"

# "SERIAL SIZE" of every disk
disks()
{
	local i
	printf 'SYSTEM 2500M\n'
	for i in 1 2 3; do
		printf 'FIVE-%d 192M\nLVM-%d 384M\n' "$i" "$i"
	done
	for i in 1 2 3 4; do
		printf 'SIX-%d 64M\nTEN-%d 192M\n' "$i" "$i"
	done
}

# FILE
site_file()
{
	local wipe
	wipe=$(disks | cut -d' ' -f1 | grep -v SIX | paste -sd,)
	release_site "$1" NONE
	cat >>"$1" <<-END
		profiles:
		  store:
		    image: debian-13
		    disks:
		      system: { serial: SYSTEM }
		      five: { serial: "FIVE-*", count: 3 }
		      six: { serial: "SIX-*", count: 4 }
		      ten: { serial: "TEN-*", count: 4 }
		      set: { serial: "LVM-*", count: 3 }
		    layout:
		      - { bios: 1M }
		      - { esp: 128M }
		      - { root: rest }
		      - { raid: { name: r5, level: 5, on: five } }
		      - { data: { name: five, on: r5, fs: xfs, mount: /five } }
		      - { raid: { name: r6, level: 6, on: six } }
		      - { data: { name: six, on: r6, mount: /six, preserve: true } }
		      - { raid: { name: r10, level: 10, on: ten } }
		      - { data: { name: ten, on: r10, fs: xfs, mount: /ten } }
		      - { group: { name: vg1, on: set } }
		      - { data: { name: fast, on: vg1, size: 96M, stripes: 3, mount: /fast } }
		      - { data: { name: kept, on: vg1, size: 64M, mount: /kept, preserve: true } }
		      - { pool: { name: thin, on: vg1, size: 400M } }
		      - { data: { name: promised, on: thin, size: 2G, fs: xfs, mount: /promised } }
		    wipe: [ $wipe ]
	END
}

plug_all()
{
	local serial size last=
	while read -r serial size; do
		last=$serial
		truncate -s "$size" -- "$RUN_DIR/$serial.raw"
		vm_plug m "${serial,,}" "$RUN_DIR/$serial.raw" "$serial" || die "$WAIT_ERROR"
	done < <(disks)
	vm_guest_disk m 20 "$last" >/dev/null || die "the disks did not appear"
}

# Plans and installs
install()
{
	vm_shell m 240 "sh /run/volume/at_once store.yaml --profile store" || true
}

# What mdadm, LVM and xfsprogs find.
made()
{
	# shellcheck disable=SC2016  # for the guest's shell
	vm_shell m 60 'for a in r5 r6 r10; do echo "$a" $(mdadm --detail --export /dev/md/$a | grep -E "^MD_(LEVEL|DEVICES)=") \
			$(mdadm --detail /dev/md/$a | grep -c -E " (active sync|spare rebuilding)"); done
		lvm lvs --noheadings -o lv_name,lv_layout,stripes,pool_lv vg1 | sed "s/^ */lv /; s/  */ /g; s/ $//"
		for d in /dev/md/r5 /dev/md/r10 /dev/mapper/vg1-promised; do echo "xfs $d $(xfs_db -r -c "sb 0" -c "p magicnum" $d)"; done
		for d in /dev/md/r6 /dev/mapper/vg1-fast /dev/mapper/vg1-kept; do echo "ext4 $d $(dumpe2fs -h $d 2>/dev/null | grep "state:")"; done
		lvm vgs --noheadings -o pv_count,lv_count vg1' || true
}

# NAME OUTPUT
test_made()
{
	local out=$2 line
	for line in "r5 MD_LEVEL=raid5 MD_DEVICES=3 3" "r6 MD_LEVEL=raid6 MD_DEVICES=4 4" "r10 MD_LEVEL=raid10 MD_DEVICES=4 4" \
		"lv fast striped 3" "lv kept linear 1" "lv promised thin,sparse 0 thin" "lv thin thin,pool 1" \
		"xfs /dev/md/r5 magicnum = 0x58465342" "xfs /dev/md/r10 magicnum = 0x58465342" "xfs /dev/mapper/vg1-promised magicnum = 0x58465342"; do
		contains "$1: other programs find: $line" "$out" "$line"
	done
	is "$1: every ext4 is clean" "$(grep -c '^ext4 .* clean$' <<<"$out")" 3
}

# Writes to all that has a file system; what is in the way of an install must go, and not by luck.
fill()
{
	# shellcheck disable=SC2016  # for the guest's shell
	vm_shell m 60 'set -e; modprobe xfs; mkdir -p /run/mnt
		for d in /dev/md/r5 /dev/md/r6 /dev/mapper/vg1-fast /dev/mapper/vg1-kept; do
			mount $d /run/mnt; dd if=/dev/urandom of=/run/mnt/letters bs=64k count=40 2>/dev/null; echo $d >/run/mnt/was; umount /run/mnt
		done'
}

# With an empty image no install ever ends, and what lies in an array of one that did not end is made anew: nobody can see
# whether it was whole. Without its journal the array is as after an install that ended.
array_is_finished()
{
	local i disk
	for i in 1 2 3 4; do
		disk=$(vm_guest_disk m 20 "SIX-$i")
		vm_shell m 20 "dd if=/dev/zero of=$disk bs=256k seek=2 count=1 conv=notrunc 2>/dev/null && sync"
	done
}

# Digests of what is kept, all of it.
digests()
{
	vm_shell m 60 'echo 3 >/proc/sys/vm/drop_caches; md5sum </dev/md/r6; md5sum </dev/mapper/vg1-kept'
}

# NAME FILE: installs, and keeps what was said
test_install()
{
	local said
	said=$(install)
	printf '%s\n' "$said" >"$2"
	contains "$1: it goes as far as an empty image can" "$said" "identity:root"
	contains "$1: which is a failure" "$said" "exit: 8"
	[[ $said == *"identity:root: "*"exit: 8"* ]] || note "$said"
	test_made "$1" "$(made)"
}

main()
{
	local before
	vm_run_begin storage
	site_file "$RUN_DIR/store.yaml"
	RELEASE_IMAGE=1 release_machine m 1024 "$RUN_DIR/store.yaml"
	plug_all
	test_install "first" "$RUN_DIR/first.txt"
	check "all of it is written to" fill
	check "the array is as after an install that ended" array_is_finished
	before=$(digests)
	test_install "again" "$RUN_DIR/second.txt"
	contains "the plan says that the array stays" "$(<"$RUN_DIR/second.txt")" "KEEPS     ext4 six on /six  (in r6)"
	contains "and the volume" "$(<"$RUN_DIR/second.txt")" "KEEPS     LVM volume kept 64 MiB on /kept  (in vg1)"
	is "the array and the volume that are kept are as they were, bit for bit" "$(digests)" "$before"
	# shellcheck disable=SC2016  # for the guest's shell
	is "what was not kept is gone" "$(vm_shell m 30 'for d in /dev/md/r5 /dev/mapper/vg1-fast; do mount -o ro $d /run/mnt && ls /run/mnt && umount /run/mnt; done')" "lost+found"
	vm_kill m
	tap_end
}

main "$@"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tables, probing and wiping on sparse files, as an ordinary user, looked at again with other tools: sfdisk,
# wipefs, blkid. Runs inside the SDK, after the C was built: buildscripts/sdk-run tests/image/disks.sh
#
# What files cannot show, and tests/vm does: the kernel's partitions and device nodes, exclusive opens,
# zeroing by the device itself. A file has no sector size of its own: sfdisk is told the same one.

# shellcheck source=tests/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

TOP=$(realpath "${BASH_SOURCE[0]%/*}/../..")
work=$(mktemp -d "${TMPDIR:-/tmp}/fulcrum-image-XXXXXX")
on_exit rm -rf "$work"
disk=$work/disk

bios=21686148-6449-6e6f-744e-656564454649
esp=c12a7328-f81f-11d2-ba4b-00a0c93ec93b
linux=0fc63daf-8483-4772-8e79-3d69d8477de4

# The program that is tested, with sanitizers, from the libraries that the build left.
build_disktool()
{
	local lib out=${O:-$TOP/build}/obj/clang-san
	local -a libs=()

	for lib in observe sys model data base; do
		[[ -f $out/lib$lib.a ]] || die "$out/lib$lib.a is missing: build with CC=clang SAN=1 first"
		libs+=("$out/lib$lib.a")
	done
	clang -std=gnu17 -D_GNU_SOURCE -I"$TOP/installer" -g -fsanitize=address,undefined \
		-fno-sanitize-recover=all -o "$1" "$TOP/tests/image/disktool.c" "${libs[@]}" \
		-lparted -lblkid -lcurl -lyaml -lyyjson -lsodium
}

# As root: builds, and starts over as an ordinary user, which is all that sys/ may need for files.
become_ordinary()
{
	chmod 755 "$work"
	build_disktool "$work/disktool"
	setpriv --reuid=65534 --regid=65534 --clear-groups env DISKTOOL="$work/disktool" "$0"
}

# SIZE: a new blank disk
new_disk()
{
	rm -f "$disk"
	truncate -s "$1" "$disk"
}

probe()
{
	"$DISKTOOL" probe "$disk" "${1:-512}"
}

# The members that say what is on it, without what it is.
content()
{
	probe "${1:-512}" | jq -cS 'del(.name, .path, .bus, .size_bytes, .sector_bytes, .physical_bytes)'
}

spec_usual()
{
	cat <<-END
	11111111-2222-8333-8444-555566667777
	1 fulcrum-bios $bios 00000001-0203-8405-8607-08090a0b0c0d 1048576 1048576
	2 fulcrum-esp $esp 00000002-0000-8000-8000-000000000002 2097152 67108864
	3 fulcrum-slot-a $linux 0a0b0c0d-0e0f-8101-9213-1415161718ff 69206016 104857600
	5 fulcrum-data $linux 00000005-0000-8000-8000-000000000005 174063616 93323264
	END
}

# What sfdisk must show for it with sectors of BYTES and disk GUID.
wanted_usual()
{
	jq -n --argjson s "$1" --arg id "$2" --arg bios "$bios" --arg esp "$esp" --arg linux "$linux" '
		{ label: "gpt", id: $id, unit: "sectors", sectorsize: $s, partitions: [
		{ node: 1, start: 1048576, size: 1048576, type: $bios, uuid: "00000001-0203-8405-8607-08090a0b0c0d", name: "fulcrum-bios" },
		{ node: 2, start: 2097152, size: 67108864, type: $esp, uuid: "00000002-0000-8000-8000-000000000002", name: "fulcrum-esp" },
		{ node: 3, start: 69206016, size: 104857600, type: $linux, uuid: "0a0b0c0d-0e0f-8101-9213-1415161718ff", name: "fulcrum-slot-a" },
		{ node: 5, start: 174063616, size: 93323264, type: $linux, uuid: "00000005-0000-8000-8000-000000000005", name: "fulcrum-data" } ] }'
}

# What sfdisk shows: bytes instead of sectors, numbers instead of node names, GUIDs in lower case.
seen_by_sfdisk()
{
	sfdisk --sector-size "$1" -J "$disk" 2>/dev/null | jq '.partitiontable | .sectorsize as $s |
		{ label, id: .id | ascii_downcase, unit, sectorsize, partitions: [ .partitions[] |
		{ node: .node | capture("(?<n>[0-9]+)$").n | tonumber, start: (.start * $s), size: (.size * $s),
		  type: .type | ascii_downcase, uuid: .uuid | ascii_downcase, name } ] }'
}

digest()
{
	local sum rest
	# shellcheck disable=SC2034
	read -r sum rest < <(sha256sum "$disk")
	printf '%s' "$sum"
}

# OFFSET BYTES of zeros over whatever is there
smash()
{
	dd if=/dev/zero of="$disk" bs=1 seek="$1" count="$2" conv=notrunc status=none
}

test_table()
{
	local sector=$1 id=11111111-2222-8333-8444-555566667777 final=99999999-aaaa-8bbb-8ccc-ddddeeeeffff

	new_disk 256M
	spec_usual >"$work/spec"
	check "table $sector: is written" "$DISKTOOL" table "$disk" "$sector" "$work/spec"
	is "table $sector: sfdisk sees exactly it" "$(seen_by_sfdisk "$sector")" "$(wanted_usual "$sector" "$id")"
	contains "table $sector: sfdisk finds no fault" "$(sfdisk --sector-size "$sector" --verify "$disk" 2>&1)" \
		"No errors detected"
	is "table $sector: probing sees the same" \
		"$(probe "$sector" | jq -c '[.table, .table_uuid, .damage, (.partitions[] | [.number, .name, .type_uuid, .uuid, .start_bytes, .size_bytes])]')" \
		"$(wanted_usual "$sector" "$id" | jq -c '[.label, .id, null, (.partitions[] | [.node, .name, .type, .uuid, .start, .size])]')"
	check "table $sector: its GUID is changed" "$DISKTOOL" guid "$disk" "$sector" "$final"
	is "table $sector: and nothing but that" "$(seen_by_sfdisk "$sector")" "$(wanted_usual "$sector" "$final")"
	smash "$sector" "$sector"
	is "table $sector: the backup says the same" "$(seen_by_sfdisk "$sector")" "$(wanted_usual "$sector" "$final")"
	is "table $sector: half a table is damage" "$(probe "$sector" | jq -r .damage)" "primary GPT: no signature"
	check_fails "table $sector: a GUID is not set on half a table" "$DISKTOOL" guid "$disk" "$sector" "$id"
	check "table $sector: is wiped" "$DISKTOOL" wipe "$disk"
	is "table $sector: wipefs sees nothing" "$(wipefs "$disk")" ""
	is "table $sector: probing sees nothing" "$(content "$sector")" "{}"
}

# NAME SED: a spec that must be refused, and the disk unchanged
refuse()
{
	spec_usual | sed "$2" >"$work/bad"
	check_fails "refuses $1" "$DISKTOOL" table "$disk" 512 "$work/bad"
}

test_refusals()
{
	local before

	new_disk 256M
	mkfs.ext4 -q -F "$disk"
	before=$(digest)
	refuse "partitions that overlap" 's/ 69206016 / 69000000 /; s/ 69000000 / 68157440 /'
	refuse "a partition that reaches into the backup" 's/93323264/94371840/'
	refuse "a partition over the primary" '2s/ 1048576 1048576/ 512 1048576/'
	refuse "half sectors" '2s/ 1048576$/ 1048575/'
	refuse "a number twice" 's/^5 /3 /'
	refuse "number 0" 's/^5 /0 /'
	refuse "number 129" 's/^5 /129 /'
	refuse "a disk GUID that is none" '1s/1/x/'
	refuse "a partition GUID that is none" 's/0a0b0c0d-/0a0b0c0d:/'
	refuse "a type that is none" "s/$esp/esp/"
	refuse "a name of 37 characters" 's/fulcrum-esp/abcdefghijklmnopqrstuvwxyz0123456789A/'
	is "what is refused changes nothing" "$(digest)" "$before"
}

# What a table keeps stays where it is with its content; the rest is laid out anew around it.
test_keep()
{
	local sector=$1 id=22222222-2222-8333-8444-555566667777 before content

	new_disk 256M
	spec_usual >"$work/spec"
	"$DISKTOOL" table "$disk" "$sector" "$work/spec"
	head -c 104857600 /dev/urandom | dd of="$disk" bs=1M seek=66 conv=notrunc status=none
	content=$(dd if="$disk" bs=1M skip=66 count=100 status=none | b2sum)
	spec_usual | sed -e "1s/.*/$id/" -e '4s/$/ keep/' -e '3s/ 67108864$/ 33554432/' -e '5d' >"$work/kept"
	check "keep $sector: a table is written around a partition" "$DISKTOOL" table "$disk" "$sector" "$work/kept"
	is "keep $sector: sfdisk sees the new one" "$(seen_by_sfdisk "$sector" | jq -c '[.id, (.partitions[] | [.node, .start, .size])]')" \
		"[\"$id\",[1,1048576,1048576],[2,2097152,33554432],[3,69206016,104857600]]"
	is "keep $sector: its content is what it was" "$(dd if="$disk" bs=1M skip=66 count=100 status=none | b2sum)" "$content"
	contains "keep $sector: sfdisk finds no fault" "$(sfdisk --sector-size "$sector" --verify "$disk" 2>&1)" "No errors detected"
	before=$(digest)
	sed -e '4s/ 69206016 / 70254592 /' "$work/kept" >"$work/bad"
	check_fails "keep $sector: one that is not where it should be is refused" "$DISKTOOL" table "$disk" "$sector" "$work/bad"
	sed -e '4s/0a0b0c0d-/0a0b0c0e-/' "$work/kept" >"$work/bad"
	check_fails "keep $sector: so is one with another id" "$DISKTOOL" table "$disk" "$sector" "$work/bad"
	is "keep $sector: and nothing has changed" "$(digest)" "$before"
	sed -e '1s/^2/3/' -e '2,$s/\( keep\)\{0,1\}$/ keep/' "$work/kept" >"$work/all"
	check "keep $sector: all of it" "$DISKTOOL" table "$disk" "$sector" "$work/all"
	is "keep $sector: only the disk GUID is new" "$(seen_by_sfdisk "$sector" | jq -c '[.id, (.partitions[] | [.node, .start, .size])]')" \
		"[\"3${id:1}\",[1,1048576,1048576],[2,2097152,33554432],[3,69206016,104857600]]"
	is "keep $sector: and the content stays" "$(dd if="$disk" bs=1M skip=66 count=100 status=none | b2sum)" "$content"
}

# A wipe around a partition: every other sign goes, it and the table stay as they are to the byte.
test_wipe_around()
{
	local sector=$1 kept before table

	new_disk 256M
	spec_usual >"$work/spec"
	"$DISKTOOL" table "$disk" "$sector" "$work/spec"
	"$DISKTOOL" dirty luks2 "$disk" 1048576 1048576
	"$DISKTOOL" dirty md0.90 "$disk" 2097152 67108864
	mkfs.ext4 -q -F -L olddata -E offset=69206016 "$disk" 102400k
	"$DISKTOOL" dirty lvm "$disk" 174063616 93323264
	"$DISKTOOL" dirty btrfs "$disk"
	kept=$(dd if="$disk" bs=1M skip=66 count=100 status=none | b2sum)
	table=$(seen_by_sfdisk "$sector")
	before=$(digest)
	check_fails "around $sector: what is no partition cannot be kept" "$DISKTOOL" wipe "$disk" 70254592 103809024
	check_fails "around $sector: nor what reaches out of one" "$DISKTOOL" wipe "$disk" 69206016 104861696
	is "around $sector: and nothing has changed" "$(digest)" "$before"
	check "around $sector: is wiped" "$DISKTOOL" wipe "$disk" 69206016 104857600
	is "around $sector: only what is kept carries something" \
		"$(probe "$sector" | jq -c '[.damage, [.signatures[]?.type], (.partitions[] | [.number, .signatures[]?.type])]')" \
		'[null,[],[1],[2],[3,"ext4"],[5]]'
	is "around $sector: it is as it was" "$(dd if="$disk" bs=1M skip=66 count=100 status=none | b2sum)" "$kept"
	check "around $sector: its file system is whole" fsck.ext4 -fn "$disk?offset=69206016"
	is "around $sector: the table is as it was" "$(seen_by_sfdisk "$sector")" "$table"
	check "around $sector: a second time changes nothing" "$DISKTOOL" wipe "$disk" 69206016 104857600
}

# Over 2 TiB, where 32 bits of sectors end.
test_huge()
{
	local sector=$1 tib=1099511627776

	new_disk 3T
	printf '%s\n' 11111111-2222-8333-8444-555566667777 \
		"1 fulcrum-esp $esp 00000002-0000-8000-8000-000000000002 1048576 536870912" \
		"2 fulcrum-data $linux 00000005-0000-8000-8000-000000000005 $((2 * tib + 1048576)) $((tib - 2 * 1048576))" >"$work/spec"
	check "huge $sector: a table on 3 TiB" "$DISKTOOL" table "$disk" "$sector" "$work/spec"
	is "huge $sector: sfdisk sees exactly it" "$(seen_by_sfdisk "$sector" | jq -c '[.partitions[] | [.start, .size]]')" \
		"[[1048576,536870912],[$((2 * tib + 1048576)),$((tib - 2 * 1048576))]]"
	is "huge $sector: so does probing" "$(probe "$sector" | jq -c '[.damage, (.partitions[] | [.start_bytes, .size_bytes])]')" \
		"[null,[1048576,536870912],[$((2 * tib + 1048576)),$((tib - 2 * 1048576))]]"
}

# KIND TYPE [TABLE]: a sign over the whole disk is found, named, and gone after a wipe
test_dirty()
{
	local kind=$1 type=$2 seen

	new_disk 64M
	case $kind in
	ext4) mkfs.ext4 -q -F -L old "$disk" ;;
	vfat) mkfs.vfat -n OLD "$disk" >/dev/null ;;
	*) "$DISKTOOL" dirty "$kind" "$disk" ;;
	esac
	[[ $kind == random ]] || contains "$kind: wipefs sees it" "$(wipefs "$disk")" "$type"
	seen=$(probe | jq -r '[.table, .damage, .signatures[]?.type] | join(" ")')
	contains "$kind: probing sees it" "$seen" "$type"
	check "$kind: is wiped" "$DISKTOOL" wipe "$disk"
	is "$kind: wipefs sees nothing" "$(wipefs "$disk")" ""
	is "$kind: blkid sees nothing" "$(blkid -p "$disk" || true)" ""
	is "$kind: probing sees nothing" "$(content)" "{}"
}

# Signs inside the partitions of an old table, at their starts and at their ends.
test_dirty_partitions()
{
	local sector=$1 seen

	new_disk 256M
	spec_usual >"$work/spec"
	"$DISKTOOL" table "$disk" "$sector" "$work/spec"
	"$DISKTOOL" dirty luks2 "$disk" 1048576 1048576
	"$DISKTOOL" dirty md0.90 "$disk" 2097152 67108864
	mkfs.ext4 -q -F -L olddata -E offset=69206016 "$disk" 102400k
	"$DISKTOOL" dirty lvm "$disk" 174063616 93323264
	seen=$(probe "$sector" | jq -c '[.damage, (.partitions[] | [.number, .signatures[]?.type, .signatures[]?.label // empty])]')
	is "partitions $sector: all signs are seen where they are" "$seen" \
		'[null,[1,"crypto_LUKS","oldsecret"],[2,"linux_raid_member"],[3,"ext4","olddata"],[5,"LVM2_member"]]'
	check "partitions $sector: are wiped" "$DISKTOOL" wipe "$disk"
	is "partitions $sector: the disk is blank" "$(content "$sector")" "{}"
	for seen in "1048576 1048576" "2097152 67108864" "69206016 104857600" "174063616 93323264"; do
		is "partitions $sector: nothing at ${seen% *}" \
			"$(blkid -p -O "${seen% *}" -S "${seen#* }" "$disk" || true)" ""
	done
	# The same layout again, written by another tool: nothing of the old life shows up.
	printf 'label: gpt\nsize=64MiB, start=2MiB\nstart=66MiB\n' | sfdisk -q --sector-size "$sector" "$disk"
	is "partitions $sector: a new table shows no old signs" \
		"$(probe "$sector" | jq -c '[.damage, (.partitions[] | .signatures // [])]')" '[null,[],[]]'
}

# What stood in the middle of the disk must not show up in new partitions either.
test_clean_partitions()
{
	new_disk 256M
	spec_usual >"$work/spec"
	"$DISKTOOL" dirty lvm "$disk" 2097152 67108864
	"$DISKTOOL" dirty md1.0 "$disk" 69206016 104857600
	"$DISKTOOL" table "$disk" 512 "$work/spec"
	is "new partitions are empty at both ends" \
		"$(probe | jq -c '[.damage, (.partitions[] | .signatures // [])]')" '[null,[],[],[],[]]'
}

# The table's copy at the end is of another time: what it names, and the table does not, is wiped all the same.
test_stale_copy()
{
	new_disk 256M
	printf 'label: gpt\nsize=40MiB, start=20MiB\nstart=100MiB, size=100MiB\n' | sfdisk -q "$disk"
	tail -c 16896 "$disk" >"$work/backup"
	printf 'label: gpt\nsize=30MiB, start=5MiB\nstart=210MiB\n' | sfdisk -q --wipe never "$disk"
	"$DISKTOOL" dirty md1.0 "$disk" $((5 << 20)) $((30 << 20))
	"$DISKTOOL" dirty lvm "$disk" $((100 << 20)) $((100 << 20))
	dd if="$work/backup" of="$disk" bs=512 seek=$((256 * 2048 - 33)) conv=notrunc status=none
	contains "stale copy: is damage" "$(probe | jq -r .damage)" "GPT"
	check "stale copy: the disk is wiped" "$DISKTOOL" wipe "$disk"
	is "stale copy: it is blank" "$(content)" "{}"
	is "stale copy: nothing is left of the table's partition" "$(blkid -p -O $((5 << 20)) -S $((30 << 20)) "$disk" || true)" ""
	is "stale copy: nothing is left of the copy's partition" "$(blkid -p -O $((100 << 20)) -S $((100 << 20)) "$disk" || true)" ""
}

test_damage()
{
	new_disk 256M
	spec_usual >"$work/spec"
	"$DISKTOOL" table "$disk" 512 "$work/spec"
	smash $((256 * 1024 * 1024 - 512)) 512
	is "damage: the backup is gone" "$(probe | jq -r .damage)" "backup GPT: no signature"
	"$DISKTOOL" wipe "$disk"
	"$DISKTOOL" table "$disk" 512 "$work/spec"
	printf 'X' | dd of="$disk" bs=1 seek=1080 conv=notrunc status=none
	is "damage: a byte in the partition array" "$(probe | jq -r .damage)" \
		"primary GPT: wrong checksum of the partition array"
	"$DISKTOOL" wipe "$disk"
	"$DISKTOOL" table "$disk" 512 "$work/spec"
	truncate -s 300M "$disk"
	is "damage: the disk has grown" "$(probe | jq -r .damage)" "backup GPT: not at the end of the device"
	check "damage: a grown disk is wiped" "$DISKTOOL" wipe "$disk"
	is "damage: and blank then" "$(content)" "{}"
	new_disk 256M
	"$DISKTOOL" table "$disk" 512 "$work/spec"
	truncate -s 200M "$disk"
	is "damage: the disk was cut off" "$(probe | jq -r .damage)" "backup GPT: not at the end of the device"
	check "damage: a cut disk is wiped" "$DISKTOOL" wipe "$disk"
	is "damage: and blank then, too" "$(content)" "{}"
	new_disk 64M
	mkfs.ext4 -q -F "$disk"
	"$DISKTOOL" dirty btrfs "$disk"
	contains "damage: two file systems at once" "$(probe | jq -r .damage)" "several at once: "
	check "damage: both are wiped" "$DISKTOOL" wipe "$disk"
	is "damage: and nothing is left" "$(wipefs "$disk")" ""
	new_disk 64M
	mkfs.ext4 -q -F -L $'\xff\x01bad' "$disk"
	is "a label that is no text is made one" "$(probe | jq -r '.signatures[0].label')" "??bad"
	# As a stick that was written with a hybrid image: a table and a file system, both legitimate.
	new_disk 64M
	"$DISKTOOL" dirty mbr "$disk"
	"$DISKTOOL" dirty iso "$disk"
	is "a hybrid stick has a table and a file system" \
		"$(probe | jq -c '[.table, .damage, .signatures[].type, .signatures[].label]')" \
		'["dos",null,"iso9660","OLDSTICK"]'
	check "a hybrid stick is wiped" "$DISKTOOL" wipe "$disk"
	is "and blank then" "$(content)" "{}"
	new_disk 64M
	mkfs.vfat -n FULCRUM-CFG "$disk" >/dev/null
	is "a site file's volume is known by its label" "$(probe | jq -r '.signatures[0].label')" "FULCRUM-CFG"
}

test_ends()
{
	new_disk 64M
	head -c 64M /dev/zero | tr '\0' '\377' >"$disk"
	is "a disk of ones is blank" "$(content)" "{}"
	new_disk 64M
	printf 'x' | dd of="$disk" bs=1 seek=$((64 * 1024 * 1024 - 1)) conv=notrunc status=none
	is "one odd byte at the end is not nothing" "$(probe | jq -r .damage)" "unknown data in the last MiB"
	check "it is wiped" "$DISKTOOL" wipe "$disk"
	is "and then it is nothing" "$(content)" "{}"
	new_disk 700000
	"$DISKTOOL" dirty random "$disk"
	check "a disk smaller than its ends is wiped" "$DISKTOOL" wipe "$disk"
	is "and blank" "$(content)" "{}"
	check_fails "a directory is not probed" "$DISKTOOL" probe "$work" 512
	check_fails "nothing is not probed" "$DISKTOOL" probe "$work/nothing" 512
}

test_zero()
{
	rm -f "$disk" "$work/wanted"
	head -c 3000000 /dev/urandom >"$disk"
	cp "$disk" "$work/wanted"
	dd if=/dev/zero of="$work/wanted" bs=1 seek=123457 count=2000003 conv=notrunc status=none
	check "a range is zeroed" "$DISKTOOL" zero "$disk" 123457 2000003
	check "exactly that range" cmp "$disk" "$work/wanted"
	check "a range past the end grows the file" "$DISKTOOL" zero "$disk" 2999999 5000000
	is "to its end" "$(stat -c %s "$disk")" 7999999
}

main()
{
	local pair

	need_program sfdisk wipefs blkid jq mkfs.ext4 mkfs.vfat clang setpriv
	if [[ $(id -u) == 0 ]]; then
		become_ordinary
		return
	fi
	if [[ -z ${DISKTOOL:-} ]]; then
		DISKTOOL=$work/disktool
		build_disktool "$DISKTOOL"
	fi
	test_table 512
	test_table 4096
	test_keep 512
	test_keep 4096
	test_wipe_around 512
	test_wipe_around 4096
	test_huge 512
	test_huge 4096
	test_refusals
	for pair in ext4:ext4 vfat:vfat lvm:LVM2_member md0.90:linux_raid_member md1.0:linux_raid_member \
		md1.1:linux_raid_member md1.2:linux_raid_member luks1:crypto_LUKS luks2:crypto_LUKS btrfs:btrfs \
		swap:swap iso:iso9660 mbr:dos "random:unknown data in the first MiB"; do
		test_dirty "${pair%%:*}" "${pair#*:}"
	done
	test_dirty_partitions 512
	test_dirty_partitions 4096
	test_clean_partitions
	test_stale_copy
	test_damage
	test_ends
	test_zero
	tap_end
}

main "$@"

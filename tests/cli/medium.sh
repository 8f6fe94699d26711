#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fulcrum-install check-medium on a small image: every byte of it is covered by something, and what is damaged is named, by
# file and by block. Runs inside the SDK root, sanitizers on.
# shellcheck source=tests/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

bin=build/obj/clang-san/bin
tool=$bin/fulcrum-install
image=$bin/fulcrum-image
dir=$(mktemp -d)
on_exit rm -rf "$dir"
deb=fulcrum/mirror/pool/main/a/package/package_1_amd64.deb

# expect CODE NAME PART COMMAND...: ends with CODE and says PART
expect()
{
	local want=$1 name=$2 part=$3 code=0
	shift 3
	"$@" >"$dir/out" 2>"$dir/err" || code=$?
	if [[ $code == "$want" ]] && cat "$dir/out" "$dir/err" | tr '\n' ' ' | grep -F -- "$part" >/dev/null; then
		tap_ok "$name"
	else
		tap_not_ok "$name" "exit $code, wanted $want and \"$part\""$'\n'"$(cat "$dir/out" "$dir/err")"
	fi
}

said() { cat "$dir/out" "$dir/err"; }

# What the medium has, a few bytes of each, with a partition behind it, as the ESP is.
make_image()
{
	local t=$dir/tree
	"$image" keygen "$dir/keys"
	mkdir -p "$t"/{boot/grub,check,fulcrum/keys} "$t/${deb%/*}"
	echo menu >"$t/boot/grub/grub.cfg"
	echo build-1 >"$t/fulcrum/build-id"
	cp "$dir/keys/release.pub" "$t/fulcrum/keys/"
	head -c 5000000 /dev/urandom >"$t/fulcrum/root.squashfs"
	head -c 300000 /dev/urandom >"$t/$deb"
	"$image" manifest "$t/fulcrum" >"$dir/SEED"
	"$image" sign "$dir/keys/release.key" "$dir/SEED"
	mv "$dir/SEED" "$dir/SEED.sig" "$t/fulcrum/"
	"$image" site-area "$t/custom"
	truncate -s 8192 "$t/check/blocks"
	head -c 1500000 /dev/urandom >"$dir/esp"
	xorriso -as mkisofs -quiet -r -J -joliet-long -V FULCRUM -append_partition 2 0xef "$dir/esp" -o "$dir/in.iso" "$t" 2>/dev/null
	"$image" blocks "$dir/keys/release.key" "$dir/in.iso"
}

# flipped OFFSET: bad.iso is the image with one byte flipped
flipped()
{
	cp "$dir/in.iso" "$dir/bad.iso"
	flip "$dir/bad.iso" "$1"
}

test_good()
{
	local size blocks
	size=$(stat -c %s "$dir/in.iso")
	blocks=$(((size + 1048575) / 1048576))
	expect 0 "a good image is good" "$dir/in.iso is good: build-1, $blocks blocks and 4 files are as signed; $size bytes" "$tool" check-medium "$dir/in.iso"
	expect 0 "so it is by the right key" "is good" "$tool" check-medium --key "$dir/keys/release.pub" "$dir/in.iso"
	cp "$dir/in.iso" "$dir/stick"
	truncate -s +10M "$dir/stick"
	expect 0 "and on a larger stick" "is good" "$tool" check-medium "$dir/stick"
	expect 0 "a copy with a site file inside" "inside" "$tool" customize "$dir/in.iso" tests/sites/lab.yaml "$dir/custom.iso"
	expect 0 "is good, too" "is good" "$tool" check-medium "$dir/custom.iso"
	cp "$dir/in.iso" "$dir/again.iso"
	"$image" blocks "$dir/keys/release.key" "$dir/again.iso"
	check "the same image has the same list" cmp "$dir/in.iso" "$dir/again.iso"
}

# A file of the release: the file and the block.
test_file()
{
	local at
	at=$(($(iso_place "$dir/in.iso" /fulcrum/root.squashfs) + 3000000))
	flipped "$at"
	expect 6 "a byte flipped in a file: the file is named" "differs: /fulcrum/root.squashfs" "$tool" check-medium "$dir/bad.iso"
	contains "and the block, with its place" "$(said)" "block $((at / 1048576)), bytes $((at / 1048576 * 1048576)) to "
	contains "and how many findings there are" "$(said)" "1 finding"
	# Two in one block: this one alone is damaged.
	at=$(($(iso_place "$dir/in.iso" "/$deb") + 7))
	flipped "$at"
	expect 6 "of several files in a block, the damaged one is named" "differs: /$deb" "$tool" check-medium "$dir/bad.iso"
	lacks "and no other" "$(said)" "build-id"
	flip "$dir/bad.iso" $(($(iso_place "$dir/in.iso" /fulcrum/root.squashfs) + 100))
	expect 6 "two of them in one block are both named" "differs: /$deb, /fulcrum/root.squashfs" "$tool" check-medium "$dir/bad.iso"
	flip "$dir/bad.iso" $(($(iso_place "$dir/in.iso" /fulcrum/root.squashfs) + 3000000))
	expect 6 "two blocks are two findings" "2 findings" "$tool" check-medium "$dir/bad.iso"
}

# What no file of the release is.
test_outside()
{
	local size
	flipped $(($(iso_place "$dir/in.iso" /boot/grub/grub.cfg) + 1))
	expect 6 "a byte flipped in the menu is found" "outside of the release's files" "$tool" check-medium "$dir/bad.iso"
	contains "with the file" "$(said)" "/boot/grub/grub.cfg"
	flipped 10
	expect 6 "one in the first sector" "block 0, bytes 0 to 1048575, differs" "$tool" check-medium "$dir/bad.iso"
	size=$(stat -c %s "$dir/in.iso")
	flipped $((size - 500000))
	expect 6 "one in the partition behind the files" "block $(((size - 500000) / 1048576)), bytes" "$tool" check-medium "$dir/bad.iso"
	contains "which no file explains" "$(said)" "outside of the release's files"
	flipped $(($(iso_place "$dir/in.iso" /custom/site.area) + 3000))
	expect 6 "one in the place for a site file" "/custom/site.area" "$tool" check-medium "$dir/bad.iso"
	flipped $(($(iso_place "$dir/in.iso" /custom/boot.cfg) + 20))
	expect 6 "one in the menu's own choice" "/custom/boot.cfg" "$tool" check-medium "$dir/bad.iso"
}

test_lists()
{
	flipped $(($(iso_place "$dir/in.iso" /check/blocks) + 200))
	expect 6 "a byte flipped in the list of blocks" "/check/blocks: its signature does not hold" "$tool" check-medium "$dir/bad.iso"
	contains "is all that is wrong" "$(said)" "1 finding"
	flip "$dir/bad.iso" $(($(iso_place "$dir/in.iso" "/$deb") + 7))
	expect 6 "without it, files are named still" "/$deb, bytes" "$tool" check-medium "$dir/bad.iso"
	flipped $(($(iso_place "$dir/in.iso" /check/blocks) + 8000))
	expect 6 "a byte behind its end" "something behind its end" "$tool" check-medium "$dir/bad.iso"
	flipped $(($(iso_place "$dir/in.iso" /fulcrum/SEED) + 70))
	expect 6 "a byte flipped in the manifest" "SEED: its signature does not hold" "$tool" check-medium "$dir/bad.iso"
	contains "is found as a block, too" "$(said)" "differs: outside"
	"$image" keygen "$dir/other"
	expect 6 "an image that another key signed" "signature does not hold" "$tool" check-medium --key "$dir/other/release.pub" "$dir/in.iso"
}

test_no_image()
{
	local size
	size=$(stat -c %s "$dir/in.iso")
	head -c $((size - 1)) "$dir/in.iso" >"$dir/bad.iso"
	expect 6 "an image cut short by a byte" "cut short: it has $((size - 1)) bytes of $size" "$tool" check-medium "$dir/bad.iso"
	head -c 2000000 "$dir/in.iso" >"$dir/bad.iso"
	expect 6 "one cut in its files" "cut short" "$tool" check-medium "$dir/bad.iso"
	expect 6 "another file" "not an ISO 9660 image" "$tool" check-medium tests/sites/lab.yaml
	expect 8 "none at all" "none.iso: No such file" "$tool" check-medium "$dir/none.iso"
	expect 11 "a machine that was started from none" "not started from a medium" "$tool" check-medium
}

# A medium that the files were copied to.
test_directory()
{
	expect 0 "a directory with the release" "4 files are as signed" "$tool" check-medium "$dir/tree/fulcrum"
	cp -r "$dir/tree/fulcrum" "$dir/copied"
	flip "$dir/copied/root.squashfs" 77
	rm "$dir/copied/build-id"
	expect 6 "in one, damage is named" "root.squashfs is damaged" "$tool" check-medium "$dir/copied"
	contains "and what is missing" "$(said)" "build-id"
}

make_image
test_good
test_file
test_outside
test_lists
test_no_image
test_directory
tap_end

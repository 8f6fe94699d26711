#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An image of more than 4 GiB, with a file of more than 4 GiB and one that lies wholly beyond: it is made as mk-iso makes it, a site file
# goes in, it is checked, and what is damaged beyond 4 GiB is named. Nearly all of it is zeros, most of which no disk keeps. Runs
# inside the SDK root.
# shellcheck source=tests/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=buildscripts/iso-image.sh
source "${BASH_SOURCE[0]%/*}/../../buildscripts/iso-image.sh"

bin=build/bin
tool=$bin/fulcrum-install
image=$bin/fulcrum-image
# not /tmp: that may be memory
mkdir -p build/tests
dir=$(mktemp -d build/tests/large.XXXXXX)
on_exit rm -rf "$dir"
GIB4=4294967296
chunks=/fulcrum/images/large/chunks root=/fulcrum/root.squashfs

# Loaders that start nothing stand in for GRUB's: an image has its form all the same.
make_image()
{
	local t=$dir/tree
	"$image" keygen "$dir/keys"
	mkdir -p "$t"/{boot/grub/i386-pc,fulcrum/{keys,images/large}} "$dir/grub"
	echo menu >"$t/boot/grub/grub.cfg"
	head -c 100000 /dev/zero >"$t/boot/grub/i386-pc/eltorito.img"
	head -c 512 /dev/zero >"$dir/grub/boot_hybrid.img"
	head -c 1500000 /dev/urandom >"$dir/esp"
	echo build-1 >"$t/fulcrum/build-id"
	cp "$dir/keys/release.pub" "$t/fulcrum/keys/"
	truncate -s $((GIB4 + 20000000)) "$t$chunks"
	head -c 5000000 /dev/urandom >"$t$root"
	"$image" manifest "$t/fulcrum" >"$dir/SEED"
	"$image" sign "$dir/keys/release.key" "$dir/SEED"
	mv "$dir/SEED" "$dir/SEED.sig" "$t/fulcrum/"
	"$image" site-area "$t/custom"
	reserve_blocks "$t"
	write_image "$t" "$dir/esp" "$dir/grub" 2026010100000000 - | dd of="$dir/in.iso" bs=1M iflag=fullblock conv=sparse status=none
	"$image" blocks "$dir/keys/release.key" "$dir/in.iso"
}

# ended CODE NAME: as the last command that said what it did did
ended()
{
	is "$2" "$code" "$1"
	[[ $code == "$1" ]] || note "$said"
}

# COMMAND...: sets said and code
run()
{
	code=0
	said=$("$@" 2>&1) || code=$?
}

# AT: the block that the byte is in, as a finding names it
block()
{
	printf 'block %d, bytes %d to ' $(($1 / 1048576)) $(($1 / 1048576 * 1048576))
}

code=0 said=
make_image
run "$tool" check-medium "$dir/tree/fulcrum"
ended 0 "a directory with such a file is good"
rm "$dir/tree$chunks"
at_root=$(iso_place "$dir/in.iso" "$root")
at_chunks=$(iso_place "$dir/in.iso" "$chunks")
check "there is a file beyond 4 GiB" test "$at_root" -gt "$GIB4"
run "$tool" customize "$dir/in.iso" tests/sites/lab.yaml "$dir/out.iso"
ended 0 "a site file goes into an image of more than 4 GiB"
rm "$dir/in.iso"
run "$tool" customize --show "$dir/out.iso"
contains "and comes out of it" "$said" "$(<tests/sites/lab.yaml)"
run "$tool" check-medium --key "$dir/keys/release.pub" "$dir/out.iso"
ended 0 "the copy is good"
contains "to its last byte" "$said" "4 files are as signed; $(stat -c %s "$dir/out.iso") bytes"
flip "$dir/out.iso" $((at_root + 3000000))
flip "$dir/out.iso" $((at_chunks + GIB4 + 10000000))
run "$tool" check-medium "$dir/out.iso"
ended 6 "two bytes beyond 4 GiB that are damaged are found"
contains "one in a file that lies there" "$said" "$(block $((at_root + 3000000)))"
contains "which is named" "$said" "differs: $root"
contains "one in the rest of a file that begins before it" "$said" "$(block $((at_chunks + GIB4 + 10000000)))"
contains "which is named, too" "$said" "differs: $chunks"
contains "and nothing else" "$said" "2 findings"
tap_end

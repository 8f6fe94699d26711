#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fulcrum-install customize on a small image: what goes in comes out, nothing else changes, the same inputs give the
# same image, and what is damaged or no image of ours is refused by name. Runs inside the SDK root, sanitizers on.
# shellcheck source=tests/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

bin=build/obj/clang-san/bin
tool=$bin/fulcrum-install
image=$bin/fulcrum-image
dir=$(mktemp -d)
on_exit rm -rf "$dir"
site=tests/sites/lab.yaml

# expect CODE NAME PART COMMAND...: ends with CODE and says PART
expect()
{
	local want=$1 name=$2 part=$3 code=0
	shift 3
	"$@" >"$dir/out" 2>"$dir/err" || code=$?
	if [[ $code == "$want" ]] && cat "$dir/out" "$dir/err" | grep -F -- "$part" >/dev/null; then
		tap_ok "$name"
	else
		tap_not_ok "$name" "exit $code, wanted $want and \"$part\""$'\n'"$(cat "$dir/out" "$dir/err")"
	fi
}

# A small release on a hybrid-like image: what the medium has, a few bytes of each.
make_image()
{
	local t=$dir/tree
	"$image" keygen "$dir/keys"
	mkdir -p "$t"/{boot/grub,fulcrum/{keys,mirror/pool/main/a/averylongnameofapackage}}
	echo menu >"$t/boot/grub/grub.cfg"
	echo build-1 >"$t/fulcrum/build-id"
	cp "$dir/keys/release.pub" "$t/fulcrum/keys/"
	head -c 3000000 /dev/urandom >"$t/fulcrum/root.squashfs"
	echo deb >"$t/fulcrum/mirror/pool/main/a/averylongnameofapackage/averylongnameofapackage-with-more_1.0+really2.0~rc3-4+deb13u1_amd64.deb"
	"$image" manifest "$t/fulcrum" >"$dir/SEED"
	"$image" sign "$dir/keys/release.key" "$dir/SEED"
	mv "$dir/SEED" "$dir/SEED.sig" "$t/fulcrum/"
	"$image" site-area "$t/custom"
	xorriso -as mkisofs -quiet -r -J -joliet-long -V FULCRUM -o "$dir/in.iso" "$t" 2>/dev/null
	before=$(b2sum <"$dir/in.iso")
}

test_way_in_and_out()
{
	local outside
	expect 0 "a site file goes in" "site lab-west inside; the boot menu asks" "$tool" customize "$dir/in.iso" "$site" "$dir/one.iso"
	expect 0 "what is inside is shown" "BLAKE2b-256 $(b2sum -l 256 "$site" | cut -d' ' -f1)" "$tool" customize --show "$dir/one.iso"
	check "byte by byte" cmp "$dir/out" "$site"
	contains "with the menu's default" "$(cat "$dir/err")" "the entry that asks"
	is "the original is what it was" "$(b2sum <"$dir/in.iso")" "$before"
	"$tool" customize "$dir/in.iso" "$site" "$dir/two.iso" >/dev/null
	check "the same again is the same image" cmp "$dir/one.iso" "$dir/two.iso"
	# Another reader: the files, and everything else.
	xorriso -osirrox on -indev "$dir/one.iso" -extract / "$dir/read" 2>/dev/null
	check "the release in it is as it was" diff -r "$dir/tree/fulcrum" "$dir/read/fulcrum"
	check "so are the loaders" diff -r "$dir/tree/boot" "$dir/read/boot"
	outside=$({ cmp -l "$dir/in.iso" "$dir/one.iso" || true; } | awk -v from="$(iso_place "$dir/in.iso" /custom/site.area)" '$1 <= from || $1 > from + 264192' | wc -l)
	is "no byte outside of the area differs" "$outside" 0
	expect 0 "an image with one inside takes another" "inside" "$tool" customize "$dir/one.iso" tests/sites/minimal.yaml "$dir/two.iso"
	"$tool" customize --show "$dir/two.iso" >"$dir/shown" 2>/dev/null
	check "which takes its place" cmp "$dir/shown" tests/sites/minimal.yaml
	expect 0 "it is taken out again" "no site file inside any more" "$tool" customize --remove "$dir/two.iso" "$dir/three.iso"
	check "and nothing is left" cmp "$dir/three.iso" "$dir/in.iso"
	expect 0 "an image without one shows none" "site file: none" "$tool" customize --show "$dir/in.iso"
}

test_unattended()
{
	sed 's/^admin:/&\n  unattended: true/' "$site" >"$dir/yes.yaml"
	expect 0 "the unattended entry can be made the default" "takes the unattended entry by itself" \
		"$tool" customize --unattended "$dir/in.iso" "$dir/yes.yaml" "$dir/one.iso"
	expect 0 "and is shown" "the unattended entry is taken by itself" "$tool" customize --show "$dir/one.iso"
	xorriso -osirrox on -indev "$dir/one.iso" -extract /custom/boot.cfg "$dir/boot.cfg" 2>/dev/null
	contains "the menu's file says so" "$(<"$dir/boot.cfg")" "set default=unattended"
	expect 0 "a site file that does not consent is told to" "does not say admin.unattended: true" \
		"$tool" customize --unattended "$dir/in.iso" "$site" "$dir/two.iso"
}

test_secrets()
{
	"$tool" customize "$dir/in.iso" "$site" "$dir/one.iso" >/dev/null
	is "an image is everybody's to read" "$(stat -c %a "$dir/one.iso")" 644
	expect 0 "one with a passphrase inside says so" "carries secrets" "$tool" customize "$dir/in.iso" tests/sites/example-lvm-luks.yaml "$dir/two.iso"
	is "and is not" "$(stat -c %a "$dir/two.iso")" 600
	lacks "the passphrase is not repeated" "$(cat "$dir/out" "$dir/err")" "correct horse"
}

test_refusals()
{
	local copy=$dir/copy.iso file name
	rm -f "$dir/new.iso"
	expect 3 "a bad site file is refused, with all findings" "bad-keys.yaml:" "$tool" customize "$dir/in.iso" tests/sites/bad-keys.yaml "$dir/new.iso"
	expect 2 "the original is never the copy" "same file" "$tool" customize "$dir/in.iso" "$site" "$dir/in.iso"
	ln "$dir/in.iso" "$dir/link.iso"
	expect 2 "not by another name either" "same file" "$tool" customize "$dir/in.iso" "$site" "$dir/link.iso"
	expect 2 "a device is no place for it" "not a file" "$tool" customize "$dir/in.iso" "$site" /dev/null
	expect 2 "an argument is missing" "customize" "$tool" customize "$dir/in.iso" "$site"
	expect 2 "options that exclude each other" "exclude" "$tool" customize --show --remove "$dir/in.iso"
	expect 2 "options of another verb" "usage" "$tool" validate --show "$site"
	expect 8 "a missing image is named" "none.iso" "$tool" customize "$dir/none.iso" "$site" "$dir/new.iso"
	expect 6 "another file is no image" "not an ISO 9660 image" "$tool" customize "$site" "$site" "$dir/new.iso"
	head -c 200000 "$dir/in.iso" >"$copy"
	expect 6 "an image that is cut short" "cut short" "$tool" customize "$copy" "$site" "$dir/new.iso"
	for file in fulcrum/root.squashfs fulcrum/SEED fulcrum/SEED.sig custom/site.area custom/boot.cfg; do
		cp "$dir/in.iso" "$copy"
		flip "$copy" $(($(iso_place "$dir/in.iso" "/$file") + 60))
		name=${file%.sig}
		expect 6 "a byte flipped in $file is found, and the file named" "${name##*/}" "$tool" customize "$copy" "$site" "$dir/new.iso"
	done
	"$image" keygen "$dir/other" >/dev/null
	expect 6 "an image that another key signed" "signature does not hold" "$tool" customize --key "$dir/other/release.pub" "$dir/in.iso" "$site" "$dir/new.iso"
	expect 0 "the right key is no hindrance" "inside" "$tool" customize --key "$dir/keys/release.pub" "$dir/in.iso" "$site" "$dir/one.iso"
	rm -r "$dir/tree/custom"
	xorriso -as mkisofs -quiet -r -o "$copy" "$dir/tree" 2>/dev/null
	expect 6 "an image without room" "without room" "$tool" customize "$copy" "$site" "$dir/new.iso"
	xorriso -as mkisofs -quiet -r -o "$copy" "$dir/tree/boot" 2>/dev/null
	expect 6 "an image of others" "no /fulcrum/SEED" "$tool" customize "$copy" "$site" "$dir/new.iso"
	check_fails "nothing is left of any refusal" test -e "$dir/new.iso" -o -e "$dir/new.iso.new"
	check "what was there before a refusal stays" test -s "$dir/in.iso"
}

# A copy that has no room: the old one stays, and nothing half is left.
test_no_room()
{
	echo old >"$dir/out.iso"
	# shellcheck disable=SC2016  # for the inner shell: files of at most 512 KiB, and the word of that is an error
	expect 8 "no room for all of it is told before it is filled" "no room for" bash -c 'trap "" XFSZ; ulimit -f 512; exec "$@"' limited \
		"$tool" customize "$dir/in.iso" "$site" "$dir/out.iso"
	is "what was there stays" "$(cat "$dir/out.iso")" old
	check_fails "and nothing half is left" test -e "$dir/out.iso.new"
}

make_image
test_way_in_and_out
test_unattended
test_secrets
test_refusals
test_no_room
tap_end

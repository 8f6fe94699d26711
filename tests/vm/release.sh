# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A small release, for tests that install many times: every file of the medium that planning and installing
# need has its place, but is cut to some KiB, and the manifest is signed with the build's own key, so that
# the installer on the real medium takes it. It does not boot.

RELEASE_PART=65536

# RELEASE_IMAGE=1 in front: with an image, see release_image.
# DIR [MIB]: the release below DIR/release (not /fulcrum: it is no boot medium), with some files standing for the
# mirror, and a large one of that size
release_make()
{
	local dir=$1/release from=$O/iso/tree/fulcrum key=${KEYS:-$O/keys}/release.key path n=24
	[[ -r $from/SEED && -r $key ]] || die "no medium below $from, or no key $key (run: make iso)"
	mkdir -p -- "$dir"
	# "HASH SIZE PATH" lines
	while read -r _ _ path; do
		case $path in
		mirror/* | images/*) continue ;;
		*) ;;
		esac
		mkdir -p -- "$dir/$(dirname -- "$path")"
		# GRUB for BIOS is read where it lies, by its own numbers: half of it is refused
		if [[ $path == bios/* ]]; then
			cp -- "$from/$path" "$dir/$path"
		else
			head -c "$RELEASE_PART" -- "$from/$path" >"$dir/$path"
		fi
	done <"$from/SEED"
	mkdir -p -- "$dir/mirror/pool"
	while ((n > 0)); do
		# no compressing of repeated bytes anywhere, and no zeros
		repeatable_bytes $((1000 * n)) "$n" >"$dir/mirror/pool/package_$n.deb"
		n=$((n - 1))
	done
	[[ -z ${RELEASE_IMAGE:-} ]] || release_image "$dir"
	[[ -z ${2:-} ]] || head -c "${2}M" -- "$from/images/debian-13/chunks" >"$dir/mirror/pool/large.deb"
	release_sign "$dir" "$key"
}

# DIR: an image debian-13 that is an empty file system, and the names of packages that storage wants. A node that is
# made of it has all its storage and its root; its identity is where the installer ends, for there is no program in it.
release_image()
{
	local image=$1.img name
	truncate -s 24M -- "$image"
	mke2fs -q -t ext4 -F -b 4096 -J size=4 -O metadata_csum,64bit -- "$image"
	mkdir -p -- "$1/images/debian-13" "$1/mirror/dists/trixie/main/binary-amd64"
	"$O/bin/fulcrum-image" pack --name debian-13 --version empty --fs ext4 "$image" "$1/images/debian-13" >/dev/null
	"$O/bin/fulcrum-image" sign "${KEYS:-$O/keys}/release.key" "$1/images/debian-13/list"
	for name in mdadm lvm2 xfsprogs cryptsetup-initramfs thin-provisioning-tools; do
		printf 'Package: %s\n\n' "$name"
	done >"$1/mirror/dists/trixie/main/binary-amd64/Packages"
	rm -f -- "$image"
}

# COUNT SEED: the same bytes every time
repeatable_bytes()
{
	awk -v n="$1" -v s="$2" 'BEGIN { for (i = 0; i < n; i += 8) { s = (s * 1103515245 + 12345) % 2147483648; printf "%08x", s } }' | head -c "$1"
}

release_sign()
{
	"$O/bin/fulcrum-image" manifest "$1" >"$1.seed"
	"$O/bin/fulcrum-image" sign "$2" "$1.seed"
	mv -- "$1.seed" "$1/SEED"
	mv -- "$1.seed.sig" "$1/SEED.sig"
}

# FILE: a medium like the real one, which boots, with 60 MiB of noise for the mirror and no images
release_medium()
{
	local from=$O/iso/tree/fulcrum tree=$RUN_DIR/medium n
	need_program xorriso
	mkdir -p -- "$tree/fulcrum/mirror/pool"
	for n in bios boot efi keys netboot build-id packages.manifest release.json root.squashfs; do
		cp -al -- "$from/$n" "$tree/fulcrum/"
	done
	for n in {1..20}; do
		head -c 3M /dev/urandom >"$tree/fulcrum/mirror/pool/package_$n.deb"
	done
	release_sign "$tree/fulcrum" "${KEYS:-$O/keys}/release.key"
	xorriso -as mkisofs -quiet -r -V FULCRUM -o "$1" "$tree" >"$RUN_DIR/medium.log" 2>&1 ||
		die "no medium: $(tail -n 2 "$RUN_DIR/medium.log")"
}

# DIR FILE MIB: DIR's content as an ext4 volume
release_volume()
{
	rm -f -- "$2"
	mke2fs -q -t ext4 -L RELEASE -d "$1" "$2" "$3M" >/dev/null
}

# FILE SERIAL [WIPE]: a site file of an admin node on the disk with that serial
release_site()
{
	local key
	key=$(<"$RUN_DIR/id_ed25519.pub")
	cat >"$1" <<-END
		fulcrum: 1
		site: small
		admin:
		  name: admin.small.example
		  disk: { serial: $2 }
		  wipe: [ ${3:-} ]
		  access: { ssh_keys: [ "$key" ] }
		networks:
		  admin:
		    subnet: 192.168.124.0/24
		    address: 192.168.124.10
		    hosts: .81-.160
		    discovery: .21-.80
		    nic: { mac: "52:54:00:fc:00:01" }
	END
}

# NAME MIB FILE...: a machine in the rescue shell with the small release and these files below /run/volume.
# RELEASE_FIRMWARE (bios) and RELEASE_CLOCK (now) are its firmware and what its clock says at power-on.
release_machine()
{
	local name=$1 mib=$2 dir=$RUN_DIR/volume
	shift 2
	mkdir -p -- "$dir"
	release_make "$dir"
	cp -- "$O/bin/fulcrum-verify" "$TOP/tests/vm/guest/"* "$@" "$dir/"
	release_volume "$dir" "$RUN_DIR/volume.raw" 32
	release_twin "$name" "$mib"
}

# NAME MIB: one more machine with the volume that is there
release_twin()
{
	vm_rescue "$1" "$2" "${RELEASE_FIRMWARE:-bios}"
	[[ -z ${RELEASE_CLOCK:-} ]] || vm_clock "$1" "$RELEASE_CLOCK"
	release_attach "$1"
	vm_start "$1"
	check "$1: the installer's machine is up" vm_shell_ready "$1" 90
	check "$1: and has the release" release_mount "$1"
}

# NAME: the volume, and the port that the site file names
release_attach()
{
	vm_nic_switch "$1" 52:54:00:fc:00:01
	vm_args "$1" -drive "if=none,id=volume,file=$RUN_DIR/volume.raw,format=raw,readonly=on" \
		-device virtio-blk-pci,drive=volume,serial=VOLUME
}

release_mount()
{
	# shellcheck disable=SC2016  # for the guest's shell
	vm_shell "$1" 30 'mkdir -p /run/volume
		for b in /sys/block/vd*; do
			[ "$(cat $b/serial)" = VOLUME ] && mount -t ext4 -o ro,noload /dev/${b##*/} /run/volume
		done
		test -s /run/volume/release/SEED'
}

# DIR ID DAYS [INITRD]: below DIR a release like the real one, small, built DAYS later and called ID, which starts INITRD. With
# RELEASE_NO_MIRROR=1 in front, its mirror lacks the file that an admin node's checks look for; with RELEASE_LARGE=BYTES it has one of that size.
release_variant()
{
	local from=$O/iso/tree/fulcrum tree=$1/fulcrum n epoch
	mkdir -p -- "$tree/boot" "$tree/mirror/dists/trixie" "$tree/mirror/pool"
	for n in bios efi keys netboot packages.manifest root.squashfs boot/vmlinuz; do
		cp -al -- "$from/$n" "$tree/${n%/*}"
	done
	cp -- "${4:-$from/boot/initrd.img}" "$tree/boot/initrd.img"
	printf '%s\n' "$2" >"$tree/build-id"
	epoch=$(sed -n 's/.*"epoch":\([0-9]*\).*/\1/p' "$from/release.json")
	sed -e "s/\"build_id\":\"[^\"]*\"/\"build_id\":\"$2\"/" -e "s/\"epoch\":$epoch/\"epoch\":$((epoch + $3 * 86400))/" \
		"$from/release.json" >"$tree/release.json"
	release_image "$tree"
	[[ -n ${RELEASE_NO_MIRROR:-} ]] || cp -- "$from/mirror/dists/trixie/InRelease" "$tree/mirror/dists/trixie/InRelease"
	for n in {1..8}; do
		repeatable_bytes 100000 "$n" >"$tree/mirror/pool/package_$n.deb"
	done
	if [[ -n ${RELEASE_LARGE:-} ]]; then
		truncate -s "$RELEASE_LARGE" "$tree/mirror/pool/large.deb"
		printf 'the end of %s' "$2" >>"$tree/mirror/pool/large.deb"
	fi
	release_sign "$tree" "${KEYS:-$O/keys}/release.key"
}

# DIR LABEL FILE: as a medium; zeros take no room in it
release_iso()
{
	need_program xorriso
	xorriso -as mkisofs -quiet -r -iso-level 3 -V "$2" -o - "$1" 2>"$3.log" | dd of="$3" bs=1M iflag=fullblock conv=sparse status=none ||
		die "no medium: $(tail -n 2 "$3.log")"
}

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The image onto storage of two kinds, by the installer from the medium: onto a partition of a disk, and onto a volume
# in LVM in LUKS on a mirror of two disks. The bound of each is a plain stream of the image's uncompressed bytes onto
# the same device, in the same machine. Medium and raw image lie on disks of the same kind, because an emulated CD
# would be what is measured.

STORAGE_MB=${STORAGE_MB:-1024}
STORAGE_DISK=2560M

storage_site()
{
	cat >"$RUN_DIR/site.yaml" <<-END
		fulcrum: 1
		site: bench
		bench: true
		admin:
		  name: admin.bench.example
		  disk: { serial: NONE }
		  access: { ssh_keys: [ "$(<"$RUN_DIR/id_ed25519.pub")" ] }
		networks:
		  admin: { subnet: 10.0.2.0/24, address: 10.0.2.10, hosts: .15-.20, discovery: .30-.40, nic: { link: up } }
		profiles:
		  plain:
		    image: debian-13
		    disks: { system: { serial: PLAIN-1 } }
		    layout: [ { esp: 64M }, { root: { size: rest } } ]
		  stack:
		    image: debian-13
		    disks: { system: { serial: "STACK-*", count: 2 } }
		    layout:
		      - { esp: 64M }
		      - { raid:  { name: md-boot, level: 1, size: 384M } }
		      - { boot:  { on: md-boot } }
		      - { raid:  { name: md-main, level: 1, size: rest } }
		      - { crypt: { name: secret, on: md-main, passphrase: "for the bench alone" } }
		      - { group: { name: vg0, on: secret } }
		      - { root:  { on: vg0, size: 1200M } }
		rules:
		  - { when: { memory: ">= 512M" }, bind: { profile: plain, name: "node-{seq}" } }
	END
}

# What the installer's machine sees as its medium: the release, and beside it the raw image.
# shellcheck disable=SC2016  # for the guest's shell
storage_medium='set -e
	mkdir -p /run/iso /run/medium/bench
	for b in /sys/block/vd*; do
		case $(cat $b/serial) in
		RAW) ln -s /dev/${b##*/} /run/medium/bench/debian-13.raw ;;
		MEDIUM) mount -t iso9660 -o ro /dev/${b##*/} /run/iso ;;
		esac
	done
	ln -s /run/iso/fulcrum/* /run/medium/
	test -b /run/medium/bench/debian-13.raw
	test -s /run/medium/SEED'

# PROFILE: prints the hash of its plan and applies that
storage_apply()
{
	local hash
	hash=$(vm_shell storage 120 "fulcrum-install plan --medium /run/medium --profile $1 /run/site.yaml 2>&1" |
		tee "$RUN_DIR/$1.plan" | sed -n 's/^plan \([0-9a-f]*\).*/\1/p' | head -n 1)
	[[ -n $hash ]] || { WAIT_ERROR="no plan: $(tail -n 3 -- "$RUN_DIR/$1.plan")"; return 1; }
	vm_shell storage 1800 "fulcrum-install apply --medium /run/medium --profile $1 --plan-hash $hash /run/site.yaml 2>&1" \
		>"$RUN_DIR/$1.apply" && return 0
	WAIT_ERROR="$(tail -n 5 -- "$RUN_DIR/$1.apply")"
	return 1
}

# PROFILE TITLE: no budget, that is for the way over HTTP; from disk to disk the bound has nothing to wait for, and what the
# image needs of the processor (hashes, decompression) shows whole.
storage_profile()
{
	vm_mark storage
	storage_apply "$1" || { missing "$2" "$WAIT_ERROR"; return 0; }
	forget_told
	collect storage "${VM_MARK[storage]}"
	against_bound "image to $2" agent/image-stream agent/plain-file-to-disk ""
	memory_rows "installer, node on $2" agent
}

bench_storage()
{
	local raw=$O/node-image/node.img
	[[ -r $raw ]] || { missing "the raw image $raw"; return 0; }
	vm_run_begin bench-storage
	vm_rescue storage "$STORAGE_MB" uefi
	vm_disk storage virtio PLAIN-1 "$STORAGE_DISK"
	vm_disk storage virtio STACK-1 "$STORAGE_DISK"
	vm_disk storage virtio STACK-2 "$STORAGE_DISK"
	vm_args storage -drive "if=none,id=raw,file=$raw,format=raw,readonly=on" -device virtio-blk-pci,drive=raw,serial=RAW \
		-drive "if=none,id=medium,file=$ISO,format=raw,readonly=on" -device virtio-blk-pci,drive=medium,serial=MEDIUM
	vm_nic_switch storage 52:54:00:fc:00:21
	storage_site
	vm_start storage
	table "storage: installer from the medium, $STORAGE_MB MiB; bound: the raw bytes plainly, disk to device"
	if ! vm_shell_ready storage 90 || ! vm_put storage "$RUN_DIR/site.yaml" /run/site.yaml || ! vm_shell storage 30 "$storage_medium"; then
		missing "storage" "$WAIT_ERROR"
		return 0
	fi
	storage_profile plain "a partition"
	storage_profile stack "md, LUKS and LVM"
	vm_stop storage
}

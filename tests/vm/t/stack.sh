#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A node on two mirrored disks, encrypted, divided by LVM: installed from the medium, it starts from its disks when
# somebody types the passphrase, has all that its layout says, and starts from the second disk alone, too. It never
# wakes what lies on disks from elsewhere: half of an array, and a volume group.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

DISK=1600M
PASSPHRASE='correct horse battery staple'
MAC=52:54:00:00:05:01

site_file()
{
	cat >"$RUN_DIR/site.yaml" <<-END
		fulcrum: 1
		site: lab
		admin:
		  name: admin.lab.example
		  disk: { serial: NONE }
		  access: { ssh_keys: [ "$(<"$RUN_DIR/id_ed25519.pub")" ] }
		networks:
		  admin: { subnet: 10.0.2.0/24, address: 10.0.2.10, hosts: .15-.20, discovery: .30-.40, nic: { link: up } }
		profiles:
		  vault:
		    image: debian-13
		    disks: { system: { bus: virtio, size: ">= 1G", count: 2 } }
		    packages: [ tree ]
		    layout:
		      - { esp: 64M }
		      - { raid:  { name: md-boot, level: 1, size: 256M } }
		      - { boot:  { on: md-boot } }
		      - { raid:  { name: md-main, level: 1, size: rest } }
		      - { crypt: { name: secret, on: md-main, passphrase: "$PASSPHRASE" } }
		      - { group: { name: vg0, on: secret } }
		      - { root:  { on: vg0, size: 800M } }
		      - { swap:  { on: vg0, size: 64M } }
		      - { data:  { name: srv, on: vg0, size: rest, mount: /srv } }
		rules:
		  - { when: {}, bind: { profile: vault, name: "vault-{seq}" } }
	END
}

# NAME: the machine's port, with the host's way in
node_nic()
{
	vm_nic_user "$1" "$MAC" "tcp:127.0.0.1:$SSH_PORT-10.0.2.15:22"
}

test_install()
{
	local out hash
	vm_rescue m 1024 uefi
	vm_disk m virtio LEFT-1 "$DISK"
	vm_disk m virtio RIGHT-1 "$DISK"
	vm_disk m virtio STRANGE-1 64M
	vm_disk m virtio STRANGE-2 64M
	node_nic m
	vm_start m
	check "the rescue shell comes up" vm_shell_ready m 90
	check "the site file goes in" vm_put m "$RUN_DIR/site.yaml" /run/site.yaml
	check "strange disks are there" vm_shell m 60 'set -e; mdadm --create /dev/md/strange --run --level=1 --raid-devices=2 --name=strange /dev/vdc missing
		mdadm --stop /dev/md/strange; lvm vgcreate --devices /dev/vdd strange /dev/vdd; lvm lvcreate --devices /dev/vdd -an -Zn -Wn -l 4 -n lv strange'
	out=$(vm_shell m 60 "fulcrum-install plan --profile vault /run/site.yaml 2>&1") || true
	printf '%s\n' "$out" >"$RUN_DIR/plan.txt"
	hash=$(sed -n 's/^plan \([0-9a-f]*\).*/\1/p' <<<"$out" | head -n1)
	contains "the plan makes all of it" "$out" "vg0/srv"
	check "a plan with another hash is refused" vm_shell m 60 "! fulcrum-install apply --profile vault --plan-hash 00000000 /run/site.yaml"
	out=$(vm_shell m 900 "fulcrum-install apply --profile vault --plan-hash $hash /run/site.yaml 2>&1; echo \"exit \$?\"") || true
	printf '%s\n' "$out" >"$RUN_DIR/apply.txt"
	is "apply ends well" "$(tail -n 1 <<<"$out")" "exit 0"
	is "the passphrase is nowhere to be read" "$(cat -- "$RUN_DIR/plan.txt" "$RUN_DIR/apply.txt" | grep -cF -- "$PASSPHRASE" || true)" 0
}

# What other programs see of it, before it has ever run.
test_made()
{
	local out
	# shellcheck disable=SC2016  # for the guest's shell
	out=$(vm_shell m 60 'for d in /dev/vda2 /dev/vdb2; do mdadm --examine $d; done; cryptsetup luksDump /dev/md/md-main; lvm lvs --noheadings -o lv_name,lv_layout vg0') || true
	printf '%s\n' "$out" >"$RUN_DIR/made.txt"
	is "both halves of /boot carry a superblock that GRUB does not see" "$(grep -c 'Version : 1.0' <<<"$out")" 2
	contains "LUKS is version 2" "$out" "Version:       	2"
	contains "with a memory-hard key derivation" "$out" "argon2id"
	contains "ext4 is clean" "$(vm_shell m 30 'dumpe2fs -h /dev/mapper/vg0-root 2>/dev/null' || true)" "Filesystem state:         clean"
	check "all is let go" vm_shell m 60 'lvm vgchange -an vg0 && cryptsetup close secret && mdadm --stop --scan && sync'
	vm_stop m
}

# NAME: types the passphrase, waits until somebody can log in
node_up()
{
	local name=$1 end
	vm_expect "$name" 240 "unlock disk secret" || { note "$WAIT_ERROR"; return 1; }
	sleep 1
	vm_type "$name" "$PASSPHRASE"
	clock
	end=$((NOW_MS + 300000 * VM_SLOW))
	until SSH_DEADLINE=60 vm_ssh_admin true 2>/dev/null; do
		clock
		((NOW_MS < end)) && vm_running "$name" || return 1
		sleep 2
	done
}

test_node()
{
	local out
	vm_new node 1024 uefi
	mv -- "$RUN_DIR"/m/disk[0-3].raw "$RUN_DIR/node/"
	vm_disk node virtio LEFT-1 "$DISK"
	vm_disk node virtio RIGHT-1 "$DISK"
	vm_disk node virtio STRANGE-1 64M
	vm_disk node virtio STRANGE-2 64M
	node_nic node
	vm_boot_order node disk0 disk1
	vm_start node
	check "it starts from its disks, given the passphrase" node_up node
	vm_ssh_admin 'systemctl is-system-running --wait' >"$RUN_DIR/running.txt" 2>&1 || true
	# It gives up after 120 s, in which a busy emulated machine may not have come to its port yet.
	check "it has its network" vm_ssh_admin 'systemctl is-active systemd-networkd-wait-online || systemctl restart systemd-networkd-wait-online'
	out=$(vm_ssh_admin 'findmnt -rno TARGET,SOURCE,FSTYPE; swapon --noheadings --show=NAME; lvs --noheadings -o vg_name,lv_name; mdadm --detail /dev/md/md-main /dev/md/md-boot; lsblk; systemctl --failed' 2>&1) || true
	printf '%s\n' "$out" >"$RUN_DIR/node.txt"
	is "root is the volume" "$(grep '^/ ' <<<"$out")" "/ /dev/mapper/vg0-root ext4"
	contains "/boot is the mirror" "$(grep '^/boot /dev' <<<"$out")" "/boot /dev/md"
	is "/srv is the other volume" "$(grep '^/srv ' <<<"$out")" "/srv /dev/mapper/vg0-srv ext4"
	contains "it swaps" "$out" "/dev/dm-"
	is "each mirror has both halves" "$(grep -c 'Working Devices : 2' <<<"$out")" 2
	is "no array from elsewhere was assembled" "$(vm_ssh_admin 'grep -c ^md /proc/mdstat' || true)" 2
	is "no volume from elsewhere was activated" "$(vm_ssh_admin 'lvs --noheadings -o vg_name,lv_name,lv_active strange' | xargs || true)" "strange lv"
	contains "nothing failed" "$out" "0 loaded units listed"
	check "the profile's package is there" vm_ssh_admin 'tree --version'
	is "crypttab is readable to root alone" "$(vm_ssh_admin 'stat -c %a /etc/crypttab')" 600
	check "something is written" vm_ssh_admin 'echo kept >/srv/kept && sync'
	vm_ssh_admin 'systemctl poweroff' || true
	check "it switches itself off" vm_wait_off node 120
}

test_degraded()
{
	vm_new one 1024 uefi
	mv -- "$RUN_DIR/node/disk1.raw" "$RUN_DIR/one/disk0.raw"
	vm_disk one virtio RIGHT-1 "$DISK"
	node_nic one
	vm_boot_order one disk0
	vm_start one
	check "it starts from the second disk alone" node_up one
	is "with what was written" "$(vm_ssh_admin 'cat /srv/kept' || true)" kept
	contains "and says that a half is missing" "$(vm_ssh_admin 'mdadm --detail /dev/md/md-main' || true)" "degraded"
	is "/boot is there" "$(vm_ssh_admin 'findmnt -rno FSTYPE /boot' || true)" ext4
	vm_kill one
}

main()
{
	vm_run_begin stack
	SSH_PORT=$(free_port)
	vm_ssh_config
	site_file
	test_install
	test_made
	test_node
	test_degraded
	tap_end
}

main "$@"

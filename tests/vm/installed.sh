# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An admin node that is installed once and started many times: tests of what comes after an install start from a copy of
# its disk. The disk is kept below build/vm/installed, under the digest of all that it was made from: the ISO's bytes,
# the site file, the size of disk and memory. A disk of another ISO is never found, for it has another name; one that was
# not finished has none.
#
#   vm_run_begin TEST
#   installed_admin         the machine "admin", off, with its disk; makes that first if need be
#   installed_up            powers it on, waits until its own checks are green
#   node_machine ...        machines beside it
#
# Its site holds every node for approval; other rules come while it runs (site_with, give_site). One profile that no node
# gets has a passphrase, for tests that look where it may have gone.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/mainline.sh"

INSTALLED_PASSPHRASE='a horse that nobody may read of'

# FILE: its site file
installed_site()
{
	line_site "$1" -e '/wipe: \[ FULCRUM-NODE-1 \]/d' -e 's/^policy:.*/policy: { approve: hold }/' -e "/^rules:/i\\
  vault:\\
    image: debian-13\\
    disks: { system: { serial: NOBODY-HAS-IT } }\\
    layout: [ { esp: 256M }, { boot: 512M }, { crypt: { name: locked, size: rest, passphrase: \"$INSTALLED_PASSPHRASE\" } }, { root: { on: locked } } ]"
}

# Prints what the disk is known by. The ssh key is made with it, and stays beside it.
installed_digest()
{
	{
		b2sum <"$ISO"
		printf '%s\n' "$LINE_ADMIN_DISK" "$LINE_ADMIN_MB" "$LINE_ADMIN_SERIAL"
		sed 's/ssh_keys: .*//' "$RUN_DIR/site.yaml"
	} | b2sum -l 128 | cut -d' ' -f1
}

# DIR: installs onto DIR/disk.raw
installed_make()
{
	vm_new stick "$LINE_ADMIN_MB" bios
	vm_medium stick "$ISO" cdrom
	vm_direct stick fulcrum.mode=installer fulcrum.unattended
	vm_disk stick virtio "$LINE_ADMIN_SERIAL" "$LINE_ADMIN_DISK"
	vm_nic_switch stick "$LINE_MAC_ADMIN"
	vm_nic_user stick "$LINE_MAC_OFFICE"
	line_give_site stick
	vm_start stick
	if ! vm_wait_event stick 300 "t=stage who=install stage=done" "${install_stop[@]}" || ! vm_wait_event stick 60 "t=qemu event=RESET"; then
		vm_explain stick
		die "no admin node was installed: $WAIT_ERROR"
	fi
	vm_kill stick
	mv -- "$(vm_disk_file stick 0)" "$1/disk.raw"
	cp -- "$RUN_DIR"/id_ed25519{,.pub} "$1/"
}

# The machine "admin" with a copy of the disk; the run's ssh key is the one that was installed.
installed_admin()
{
	local all=$O/vm/installed dir lock
	mkdir -p -- "$all"
	# two tests at once make one disk
	exec {lock}>"$all/lock"
	flock "$lock"
	installed_site "$RUN_DIR/site.yaml"
	dir=$all/$(installed_digest)
	if [[ ! -d $dir ]]; then
		note "an admin node is installed"
		find "$all" -mindepth 1 -maxdepth 1 -type d -exec rm -rf -- {} +
		mkdir -- "$dir.new"
		installed_make "$dir.new"
		mv -- "$dir.new" "$dir"
	fi
	cp -- "$dir"/id_ed25519{,.pub} "$RUN_DIR/"
	installed_site "$RUN_DIR/site.yaml"
	vm_new admin "$LINE_ADMIN_MB"
	cp --sparse=always --reflink=auto -- "$dir/disk.raw" "$(vm_disk_file admin 0)"
	exec {lock}>&-
	vm_identity admin 7d1f6f5e-0c3b-4a53-9f0e-52540000fc01 QEMU-0000
	vm_disk admin virtio "$LINE_ADMIN_SERIAL" "$LINE_ADMIN_DISK"
	vm_nic_switch admin "$LINE_MAC_ADMIN"
	SSH_PORT=$(free_port)
	vm_nic_user admin "$LINE_MAC_OFFICE" "tcp:127.0.0.1:$SSH_PORT-10.0.2.15:22"
	vm_ssh_config
	vm_boot_order admin disk0
}

installed_up()
{
	vm_mark admin
	vm_start admin
	vm_wait_event admin 180 "t=service who=admin text=ready" "t=boot mode=installer" "t=error who=admin" "t=qemu event=RESET"
}

# NAME NUMBER [FIRMWARE]: a node with the port 52:54:00:fc:00:1N, the serial QEMU-000N and the blank disk FULCRUM-NODE-N
node_machine()
{
	local -x VM_NIC_ROM=
	[[ ${3:-uefi} != bios ]] || VM_NIC_ROM=1
	vm_new "$1" "$LINE_NODE_MB" "${3:-uefi}"
	vm_identity "$1" "7d1f6f5e-0c3b-4a53-9f0e-52540000fc1$2" "QEMU-000$2"
	vm_disk "$1" virtio "FULCRUM-NODE-$2" "$LINE_NODE_DISK"
	vm_nic_switch "$1" "52:54:00:fc:00:1$2"
	vm_boot_order "$1" net0 disk0
}

# ADDRESS COMMAND: the admin node is told that, and the node at that address goes on from there to ready, stage by stage
node_to_ready()
{
	local from
	clock
	from=$NOW_MS
	vm_mark admin
	vm_ssh_admin "$2" || return 1
	line_node_deploy "$from" || { WAIT_ERROR="$LINE_FAILED: $LINE_WHY"; return 1; }
	vm_forget_node "$1"
}

# RULE...: prints the site file with these rules
site_with()
{
	local rule
	sed '/^rules:/,/^policy:/d' "$RUN_DIR/site.yaml"
	printf 'rules:\n'
	for rule in "$@"; do
		printf '  - %s\n' "$rule"
	done
	printf 'policy: { approve: hold }\n'
}

# FILE: its rules and profiles are in force from now on
give_site()
{
	ssh -F "$RUN_DIR/ssh_config" admin "cat >/run/site.yaml && fulcrum rules apply /run/site.yaml" <"$1"
}

# NODE STATE SECONDS [STOP-PATTERN...]: until it is in it; told after the mark
node_until()
{
	local node=$1 to=$2 seconds=$3
	shift 3
	vm_wait_event admin "$seconds" "t=event who=admin node=$node to=$to" "$@"
}

# NODE: prints its state, message and hint, one line each
node_says()
{
	vm_ssh_admin fulcrum node show "$1" -o json | jq -r '.state, .message, .hint'
}

# NODE: prints its own address
node_has_address()
{
	vm_ssh_admin fulcrum node show "$1" -o json | jq -r .address
}

# NODE: prints "event>state" of all that happened to it
node_way()
{
	vm_ssh_admin fulcrum node events "$1" -o json | jq -r '[.events[] | .event + ">" + .to] | join(" ")'
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What starts from what: media by firmware, a cell each, with the seconds from power-on. Every cell is proved from inside: with or
# without UEFI, and with secure boot its variable and the kernel's lockdown. Prints a table, and writes build/matrix.json.
# The cells marked + are run by themselves, all of them with MATRIX=all, or those that MATRIX names: MATRIX="usb/uefi net/bios".

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

CELLS=(
	+cdrom/bios cdrom/uefi cdrom/secure usb/bios usb/uefi +usb/secure
	+virtio/uefi +virtio/secure +virtio/bios
	sata/uefi sata/secure sata/bios nvme/uefi nvme/secure nvme/bios virtio4k/uefi virtio4k/secure
	+net/bios net/uefi +http/uefi +net/secure http/secure
)
# what starts later than this tells what it did meanwhile
SLOW_MS=60000
declare -A RESULT=() CELL_MS=()

wanted()
{
	local cell
	case ${MATRIX:-} in
	all) return 0 ;;
	'') for cell in "${CELLS[@]}"; do [[ $cell != "+$1" ]] || return 0; done ;;
	*) [[ " $MATRIX " != *" $1 "* ]] || return 0 ;;
	esac
	return 1
}

# CELL MILLISECONDS WHY: WHY is empty when it worked
cell()
{
	CELL_MS[$1]=$(($2 > 0 ? $2 : 0))
	if [[ -z $3 ]]; then
		RESULT[$1]=good
		tap_ok "$1 starts, $(seconds "${CELL_MS[$1]}") s"
	else
		RESULT[$1]=bad
		tap_not_ok "$1 starts" "$3"
	fi
}

# FIRMWARE: for a shell in the machine: true if it was started by that
proof()
{
	local var='/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'
	case $1 in
	bios) echo 'test ! -e /sys/firmware/efi' ;;
	uefi) echo "test -e /sys/firmware/efi && test \"\$(tail -c 1 $var 2>/dev/null | hexdump -e '1/1 \"%d\"')\" != 1" ;;
	secure) echo "test \"\$(tail -c 1 $var | hexdump -e '1/1 \"%d\"')\" = 1 && dmesg | grep -q 'locked down from EFI Secure Boot'" ;;
	*) die "no such firmware: $1" ;;
	esac
}

# --- the stick, to its rescue shell by the menu

stick_cell()
{
	EVENT_MS=0
	local medium=$1 firmware=$2 name=stick${1:0:1}$2 from why=''
	wanted "$medium/$firmware" || return 0
	vm_new "$name" 768 "$firmware"
	vm_medium "$name" "$ISO" "$medium"
	vm_boot_order "$name" stick
	vm_mark "$name"
	vm_start "$name"
	clock
	from=$NOW_MS
	if ! vm_menu_key "$name" r; then
		why=$WAIT_ERROR
	elif ! vm_wait_event "$name" 120 "t=boot mode=rescue" "t=boot mode=installer"; then
		why=$WAIT_ERROR
	elif [[ -z $why ]] && ! vm_shell "$name" 60 "$(proof "$firmware")"; then
		why="it is not what it should have started by"
	fi
	cell "$medium/$firmware" $((EVENT_MS - from)) "$why"
	[[ -z $why ]] || vm_explain "$name"
	vm_kill "$name"
}

# --- the installed admin node, on a disk of each kind, under each firmware

# NAME BUS
admin_disk()
{
	local bus=$1
	LINE_ADMIN_BUS=${bus%4k}
	SSH_PORT=$(free_port)
	HTTP_PORT=$(free_port)
	vm_ssh_config
	line_admin_machine
	vm_disk admin "$bus" "$LINE_ADMIN_SERIAL" "$LINE_ADMIN_DISK"
	line_site "$RUN_DIR/site.yaml"
	line_give_site admin
	vm_boot_order admin disk0 stick
}

# FIRMWARE: the machine, switched off, is switched on with it
admin_with()
{
	vm_kill admin
	VM_FIRMWARE[admin]=$1
	[[ $1 == bios ]] || cp -- "$(vm_firmware_file admin VARS)" "$RUN_DIR/admin/vars.fd"
	vm_mark admin
	vm_start admin
}

# BUS FIRMWARE: as it stands, switched on already
admin_up()
{
	local from=$3 why=''
	if ! vm_wait_event admin 180 "t=service who=admin text=ready" "t=boot mode=installer" "t=error who=admin" "t=qemu event=RESET"; then
		why=$WAIT_ERROR
	elif ! vm_ssh_admin "$(proof "$2")"; then
		why="it is not what it should have started by"
	fi
	cell "$1/$2" $((EVENT_MS - from)) "$why"
	[[ -z $why ]] || { vm_explain admin; return 1; }
	# one NVMe cell once took a minute more than its like, and nobody saw by what
	if ((EVENT_MS - from >= SLOW_MS * VM_SLOW)); then
		vm_explain admin
		note "$(vm_ssh_admin 'dmesg | tail -n 60' 2>&1)"
	fi
	# what it has in memory is settled, so that switching off is not a power cut
	vm_ssh_admin sync
}

admin_cells()
{
	local bus=$1 firmware any=no from
	for firmware in uefi secure bios; do
		wanted "$bus/$firmware" && any=yes
	done
	[[ $any == yes || $2 == needed ]] || return 0
	vm_kill admin
	rm -f -- "$(vm_disk_file admin 0)"
	vm_forget_node admin
	admin_disk "$bus"
	if ! line_install || ! vm_wait_event admin 90 "t=qemu event=RESET"; then
		tap_not_ok "an admin node is installed on $bus" "stage '$LINE_FAILED': $LINE_WHY $WAIT_ERROR"
		vm_explain admin
		return 0
	fi
	vm_boot_order admin disk0 stick
	for firmware in bios secure uefi; do
		wanted "$bus/$firmware" || [[ $firmware == uefi && $2 == needed ]] || continue
		[[ $bus != virtio4k || $firmware != bios ]] || continue
		admin_with "$firmware"
		clock
		from=$NOW_MS
		admin_up "$bus" "$firmware" "$from" || true
	done
}

# --- nodes over the network, to an agent that was heard

# net|http FIRMWARE NUMBER
net_cell()
{
	local how=$1 firmware=$2 name=node$3 why='' from said
	wanted "$how/$firmware" || return 0
	vm_new "$name" 1024 "$firmware"
	vm_identity "$name" "7d1f6f5e-0c3b-4a53-9f0e-52540000fc2$3" "QEMU-2$3"
	vm_disk "$name" virtio "FULCRUM-NODE-2$3" 5G
	if [[ $firmware == bios ]]; then
		VM_NIC_ROM=1 vm_nic_switch "$name" "52:54:00:fc:00:2$3"
	else
		vm_nic_switch "$name" "52:54:00:fc:00:2$3"
	fi
	[[ $how != http ]] || vm_args "$name" -fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=n
	vm_boot_order "$name" net0
	vm_mark admin
	vm_start "$name"
	clock
	from=$NOW_MS
	if ! vm_wait_event admin 300 "t=event who=admin to=discovered" "t=error who=admin"; then
		why=$WAIT_ERROR
	else
		said=$(vm_ssh_admin "fulcrum node show $(event_value "$EVENT_LINE" node) -o json" | jq -r '.machine | "\(.firmware) \(.secure_boot)"')
		case $firmware in
		bios) [[ $said == "bios null" ]] ;;
		uefi) [[ $said == "uefi null" ]] ;;
		secure) [[ $said == "uefi true" ]] ;;
		esac || why="it says of itself: $said"
	fi
	cell "$how/$firmware" $((EVENT_MS - from)) "$why"
	[[ -z $why ]] || vm_explain admin "$name"
	vm_kill "$name"
}

# --- what came of it

table()
{
	local c r ms sep='' json=''
	note "$(printf '%-10s %-8s %-8s %s' medium firmware result seconds)"
	for c in "${CELLS[@]}"; do
		c=${c#+}
		r=${RESULT[$c]:-not run} ms=null
		[[ -z ${CELL_MS[$c]:-} ]] || ms=$(seconds "${CELL_MS[$c]}")
		note "$(printf '%-10s %-8s %-8s %s' "${c%/*}" "${c#*/}" "$r" "${ms#null}")"
		json+=$(printf '%s\n  {"medium":"%s","firmware":"%s","result":"%s","seconds":%s}' "$sep" "${c%/*}" "${c#*/}" "$r" "$ms")
		sep=','
	done
	printf '[%s\n]\n' "$json" >"$O/matrix.json.tmp"
	mv -- "$O/matrix.json.tmp" "$O/matrix.json"
	is "the table is written for other programs, a row a cell" "$(jq length "$O/matrix.json")" "${#CELLS[@]}"
}

main()
{
	local c medium firmware need=no
	vm_run_begin matrix
	for medium in cdrom usb; do
		for firmware in bios uefi secure; do
			stick_cell "$medium" "$firmware"
		done
	done
	for medium in sata nvme virtio4k; do
		admin_cells "$medium" no
	done
	for c in net/bios net/uefi http/uefi net/secure http/secure; do
		wanted "$c" && need=needed
	done
	# the last one stays up: nodes start from it
	admin_cells virtio "$need"
	if [[ $need == needed ]]; then
		net_cell net bios 1
		net_cell net uefi 2
		net_cell http uefi 3
		net_cell net secure 4
		net_cell http secure 5
	fi
	table
	tap_end
}

main "$@"

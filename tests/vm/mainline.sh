# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The main line, as functions: a stick, a blank admin machine, a blank node on the same switch, and
# the way from the stick's power-on to the node's ready state, timed stage by stage. The line test,
# the demo and the bench all drive these; what they print around them is theirs.
#
# A line_* function returns 0, or 1 with LINE_FAILED (the stage) and LINE_WHY. Times are the host's,
# taken when the event's line arrived (SC2034: the globals are for those that source this).

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

LINE_ADMIN_MB=${LINE_ADMIN_MB:-1536}
LINE_NODE_MB=${LINE_NODE_MB:-1024}
LINE_ADMIN_DISK=${LINE_ADMIN_DISK:-6G}
LINE_NODE_DISK=${LINE_NODE_DISK:-5G}
# virtio, because this emulator (QEMU 7.2) now and then loses reads of its NVMe disk, and the kernel needs a
# minute to get over that; the test nvme installs on NVMe all the same.
LINE_ADMIN_BUS=${LINE_ADMIN_BUS:-virtio}
LINE_ADMIN_FIRMWARE=${LINE_ADMIN_FIRMWARE:-uefi}
LINE_ADMIN_SERIAL=FULCRUM-ADMIN-1
LINE_NODE_SERIAL=FULCRUM-NODE-1
LINE_MAC_ADMIN=52:54:00:fc:00:01
LINE_MAC_OFFICE=52:54:00:fc:01:01
LINE_MAC_NODE=52:54:00:fc:00:11
LINE_NODE=node-1
LINE_BENCH=${LINE_BENCH:-}

LINE_STAGES=()
declare -A LINE_MS=()
LINE_FAILED=
LINE_WHY=
# Called with (stage, milliseconds) as each stage ends.
LINE_ON_STAGE=:
HTTP_PORT=0
T_STICK=0 T_INSTALLED=0 T_ADMIN_OFF=0 T_NODE=0 T_DEPLOYED=0 T_READY=0

# --- bookkeeping

# NAME COMMAND...: a part without which the rest of a test has no meaning. Not in a subshell: it may start machines.
must()
{
	local name=$1
	shift
	LINE_FAILED='' LINE_WHY='' WAIT_ERROR=''
	if "$@"; then
		tap_ok "$name"
		return 0
	fi
	tap_not_ok "$name" "${LINE_FAILED:+stage $LINE_FAILED: }$LINE_WHY $WAIT_ERROR"
	vm_explain "${VM_NAMES[@]}"
	tap_end || true
	exit 1
}

# STAGE FROM_MS TO_MS
line_stage()
{
	LINE_STAGES+=("$1")
	LINE_MS[$1]=$(($3 - $2))
	$LINE_ON_STAGE "$1" "${LINE_MS[$1]}"
}

line_fail()
{
	LINE_FAILED=$1
	LINE_WHY=$2
	return 1
}

# STAGE FROM_MS VM SECONDS PATTERN [STOP-PATTERN...]: waits, and times the stage up to the event
line_until()
{
	local stage=$1 from=$2
	shift 2
	vm_wait_event "$@" || line_fail "$stage" "$WAIT_ERROR" || return 1
	line_stage "$stage" "$from" "$EVENT_MS"
}

# --- making the site

# FILE [SED-EXPRESSION...]: writes the site file of this run
line_site()
{
	local out=$1 key
	shift
	key=$(<"$RUN_DIR/id_ed25519.pub")
	sed -e "s|@SSH_KEY@|$key|" -e "s|@BUS@|$LINE_ADMIN_BUS|" -e "s|@WIPE@|$LINE_ADMIN_SERIAL|" -e "s|@NODE_WIPE@|$LINE_NODE_SERIAL|" \
		-e "s|@MAC_ADMIN@|$LINE_MAC_ADMIN|" -e "s|@MAC_OFFICE@|$LINE_MAC_OFFICE|" \
		"$TOP/tests/vm/site.yaml.in" >"$out"
	[[ -z $LINE_BENCH ]] || printf 'bench: true\n' >>"$out"
	[[ $# -eq 0 ]] || sed -i "$@" -- "$out"
}

# The two machines, both with blank disks, neither powered on.
line_machines()
{
	SSH_PORT=$(free_port)
	HTTP_PORT=$(free_port)
	while [[ $HTTP_PORT == "$SSH_PORT" ]]; do
		HTTP_PORT=$(free_port)
	done
	vm_ssh_config
	line_admin_machine
	vm_disk admin "$LINE_ADMIN_BUS" "$LINE_ADMIN_SERIAL" "$LINE_ADMIN_DISK"
	[[ -z $LINE_BENCH ]] || vm_args admin -drive "if=none,id=bench,file=$O/node-image/node.img,format=raw,readonly=on" \
		-device virtio-blk-pci,drive=bench,serial=BENCH
	line_site "$RUN_DIR/site.yaml"
	line_give_site admin
	vm_boot_order admin disk0 stick

	vm_new node "$LINE_NODE_MB"
	vm_identity node 7d1f6f5e-0c3b-4a53-9f0e-52540000fc11 QEMU-0001
	vm_disk node virtio "$LINE_NODE_SERIAL" "$LINE_NODE_DISK"
	vm_nic_switch node "$LINE_MAC_NODE"
	vm_boot_order node net0 disk0
}

# The admin machine without its disks.
line_admin_machine()
{
	vm_new admin "$LINE_ADMIN_MB" "$LINE_ADMIN_FIRMWARE"
	vm_identity admin 7d1f6f5e-0c3b-4a53-9f0e-52540000fc01 QEMU-0000
	vm_medium admin "$ISO" "${LINE_MEDIUM:-usb}"
	vm_nic_switch admin "$LINE_MAC_ADMIN"
	vm_nic_user admin "$LINE_MAC_OFFICE" \
		"tcp:127.0.0.1:$SSH_PORT-10.0.2.15:22" "tcp:127.0.0.1:$HTTP_PORT-10.0.2.15:80"
}

# NAME: attaches the site file, and the word for an unattended install
line_give_site()
{
	: >"$RUN_DIR/unattended"
	vm_config "$1" "$RUN_DIR/site.yaml" "$RUN_DIR/unattended"
}

# --- the admin machine

# A restart before the end is an early userspace that gave up, or a kernel that died.
install_stop=("t=error" "t=stage who=install stage=failed" "t=qemu event=RESET")

# Stick's power-on to the end of the install; the machine then restarts by itself.
line_install()
{
	local begin
	vm_mark admin
	vm_start admin
	clock
	T_STICK=$NOW_MS
	line_until "power-on to installer" "$T_STICK" admin 120 "t=stage who=install" "${install_stop[@]}" || return 1
	begin=$EVENT_MS
	vm_wait_event admin 420 "t=stage who=install stage=done" "${install_stop[@]}" ||
		line_fail "install" "$WAIT_ERROR" || return 1
	T_INSTALLED=$EVENT_MS
	line_install_stages
	line_stage "install, whole" "$begin" "$T_INSTALLED"
}

# One stage each for what the installer said it was at, in the order it said so; what it does twice is
# summed up.
line_install_stages()
{
	local line name='' prev=0 n=0
	local -a order=()
	local -A took=()
	while IFS= read -r line; do
		n=$((n + 1))
		if ((n <= VM_MARK[admin])) || ! event_matches "$line" t=stage who=install 'stage=*'; then
			continue
		fi
		event_take "$line"
		if [[ -n $name ]]; then
			[[ -n ${took[$name]:-} ]] || order+=("$name")
			took[$name]=$((${took[$name]:-0} + EVENT_MS - prev))
		fi
		name=$(event_value "$EVENT_LINE" stage)
		prev=$EVENT_MS
		[[ $name != "done" ]] || break
	done <"$RUN_DIR/admin/events"
	for name in "${order[@]}"; do
		line_stage "install: $name" 0 "${took[$name]}"
	done
}

# The restart into the installed disk, to the admin's own checks all green.
line_admin_services()
{
	# the guest's restart is the power-on of the installed disk
	vm_wait_event admin 90 "t=qemu event=RESET" || line_fail "restart" "$WAIT_ERROR" || return 1
	T_ADMIN_OFF=$EVENT_MS
	line_stage "restart of the admin" "$T_INSTALLED" "$T_ADMIN_OFF"
	vm_mark admin
	line_until "power-on to services" "$T_ADMIN_OFF" admin 180 "t=service who=admin text=ready" \
		"t=boot mode=installer" "t=error who=admin" "t=qemu event=RESET" || return 1
	[[ -z $LINE_BENCH ]] || line_offer_raw_image
}

# What a plain stream is made of: the node image as it is before it was cut into chunks.
line_offer_raw_image()
{
	# shellcheck disable=SC2016  # for the admin's shell
	vm_ssh_admin 'set -e; mkdir -p /data/bench; disk=$(grep -l BENCH /sys/block/*/serial | cut -d/ -f4)
		dd if=/dev/$disk of=/data/bench/debian-13.raw bs=1M 2>/dev/null' || line_fail "bench" "the raw image was not put on the admin"
}

# --- the node

node_stop=("t=event who=admin to=failed" "t=error who=admin")

# Node's power-on to an agent that has been heard.
line_node_discover()
{
	vm_mark admin
	vm_mark node
	vm_start node
	clock
	T_NODE=$NOW_MS
	line_until "node: power-on to discovered" "$T_NODE" admin 240 "t=event who=admin to=discovered" "${node_stop[@]}" || return 1
}

# FROM_MS: from then (discovered, or a deploy that was asked for) to ready
line_node_deploy()
{
	local prev=$1 claim
	line_until "node: approved" "$prev" admin 180 "t=event who=admin to=approved" "${node_stop[@]}" || return 1
	prev=$EVENT_MS
	line_until "node: to first write" "$prev" admin 240 "t=event who=admin to=deploying" "${node_stop[@]}" || return 1
	claim=$EVENT_MS
	line_until "node: deploy" "$claim" admin 300 "t=event who=admin to=deployed" "${node_stop[@]}" || return 1
	T_DEPLOYED=$EVENT_MS
	prev=$EVENT_MS
	line_until "node: first boot to report" "$prev" admin 360 "t=event who=admin to=verifying" "${node_stop[@]}" || return 1
	prev=$EVENT_MS
	line_until "node: checks to ready" "$prev" admin 120 "t=event who=admin to=ready" "${node_stop[@]}" || return 1
	T_READY=$EVENT_MS
}

# For LINE_ON_STAGE: each stage as a note
line_note_stage()
{
	note "$(printf '%8s s  %s' "$(seconds "$2")" "$1")"
}

# All of it.
line_whole()
{
	line_install || return 1
	line_admin_services || return 1
	line_node_discover || return 1
	line_node_deploy "$EVENT_MS" || return 1
	line_stage "node: power-on to ready" "$T_NODE" "$T_READY"
	line_stage "total: stick power-on to second machine ready" "$T_STICK" "$T_READY"
}

# --- asking

# Prints the node's record as JSON, from the operator's command.
line_node_json()
{
	vm_ssh_admin fulcrum node show "$LINE_NODE" -o json
}

# Prints the address in the hosts range that the node has as its own.
line_node_address()
{
	line_node_json | grep -oE "192\.168\.124\.[0-9]+" | awk -F. '$4 >= 81 && $4 <= 160 { print; exit }'
}

# Prints the stages as a table.
line_table()
{
	local s
	for s in "${LINE_STAGES[@]}"; do
		printf '%8s s  %s\n' "$(seconds "${LINE_MS[$s]}")" "$s"
	done
}

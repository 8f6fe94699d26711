# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A person at the serial line, played by a test: types into the console of a machine of lib.sh (which
# sources this file), runs commands in the rescue shell and gets their exit codes, and plugs disks in and
# out while the machine runs. Nothing in the product knows of it: there is no other door than the one that
# a person has.
#
#   vm_rescue NAME MIB [FIRMWARE]       a machine that boots the ISO's kernel straight into the rescue shell
#   vm_start NAME
#   vm_shell NAME SECONDS COMMAND       runs COMMAND there: prints its output, returns its exit code
#   vm_type NAME TEXT                   types TEXT and Enter; vm_keys without Enter
#   vm_menu_key NAME KEY                takes the entry of the boot menu that has KEY
#   vm_expect NAME SECONDS REGEX        waits until the console says something (a prompt)
#   vm_plug NAME ID FILE SERIAL [OPT]   a disk arrives (virtio-scsi); vm_unplug NAME ID takes it away
#   vm_guest_disk NAME SECONDS SERIAL   prints its device node in the guest
#   vm_put NAME FILE PATH               a small file of the host, into the guest
#
# A command may have many lines; it runs in a subshell of its own, without input, so that nothing of it but
# its effects is left. A command that asks questions is started with vm_shell_begin, answered with
# vm_expect and vm_type, and ended with vm_shell_end. All of these work in $(...).

# Status of vm_shell when the command did not end in time, or the machine did.
SHELL_LOST=124
# A line of the console is at most 4095 bytes long; what is longer is typed in parts.
SHELL_PART=1500

# --- the machine

# NAME MIB [FIRMWARE]: boots kernel and initramfs of the ISO directly, with the ISO as its medium, into the
# rescue shell; up to 32 disks can be plugged in
vm_rescue()
{
	local name=$1
	vm_new "$name" "$2" "${3:-bios}"
	vm_medium "$name" "$ISO" cdrom
	vm_direct "$name" fulcrum.mode=rescue fulcrum.rescue
	vm_hotplug "$name"
}

# NAME WORD...: the machine boots the ISO's kernel with these words on its command line, without firmware
# menus. The words of consoles come by themselves; VM_KERNEL_WORDS has more.
vm_direct()
{
	local name=$1 boot=$RUN_DIR/boot
	shift
	if [[ ! -r $boot/initrd.img ]]; then
		need_program xorriso
		mkdir -p -- "$boot"
		xorriso -osirrox on -indev "$ISO" -extract /fulcrum/boot "$boot" >"$boot/log" 2>&1 ||
			die "no kernel in $ISO: $(tail -n 2 "$boot/log")"
	fi
	vm_args "$name" -kernel "$boot/vmlinuz" -initrd "$boot/initrd.img" -append "$* ${VM_KERNEL_WORDS:+$VM_KERNEL_WORDS }console=tty0 console=ttyS0,115200"
}

# NAME: the machine gets a bus that takes disks while it runs
vm_hotplug()
{
	vm_args "$1" -device virtio-scsi-pci,id=plug
}

# --- typing

# NAME TEXT: as typed, without Enter
vm_keys()
{
	vm_running "$1" || return 1
	printf '%s' "$2" >&"${VM_CONSOLE_IN[$1]}"
}

vm_type()
{
	vm_keys "$1" "$2"$'\r'
}

vm_console_size()
{
	stat -c %s -- "$RUN_DIR/$1/console.log"
}

# NAME [FROM]: what the console said from byte FROM on, without carriage returns and colours
vm_console()
{
	tail -c "+$((${2:-0} + 1))" -- "$RUN_DIR/$1/console.log" | tr -d '\000\r' | sed 's/\x1b\[[0-9;?=]*[A-Za-z]//g'
}

# NAME KEY: presses KEY in the medium's boot menu until an entry is started. Returns 1 with WAIT_ERROR.
vm_menu_key()
{
	local name=$1 i
	vm_expect "$name" 60 "Check this medium" || return 1
	for ((i = 0; i < 20; i++)); do
		vm_keys "$name" "$2"
		! vm_expect "$name" 1 "Booting" || return 0
	done
	return 1
}

# NAME SECONDS REGEX [FROM]: waits until the console said it, at or after byte FROM (vm_console_size says where
# it is now). Returns 1 with WAIT_ERROR.
vm_expect()
{
	local name=$1 want=$3 from=${4:-0} end text
	clock
	end=$((NOW_MS + $2 * 1000 * VM_SLOW))
	while :; do
		# $(...) drops the last newlines, and marks end in one
		text=$(vm_console "$name" "$from"; printf .)
		[[ ! ${text%.} =~ $want ]] || return 0
		clock
		if ((NOW_MS > end)); then
			WAIT_ERROR="$name: the console did not say [$want] within $(($2 * VM_SLOW)) s"
			return 1
		fi
		if ! vm_running "$name"; then
			WAIT_ERROR="$name: QEMU ended while waiting for [$want] on the console"
			return 1
		fi
		$VM_TICK
		sleep 0.1
	done
}

# --- the shell

# NAME SECONDS: until the rescue shell takes commands. Called by itself by the first vm_shell.
vm_shell_ready()
{
	local name=$1 dir=$RUN_DIR/$1 end from loop
	[[ ! -e $dir/shell ]] || return 0
	clock
	end=$((NOW_MS + $2 * 1000 * VM_SLOW))
	from=${3:-$(<"$dir/console.from")}
	until vm_expect "$name" 2 $'[a-z]+@[^ \n]+:[^ \n]*[#$] $' "$from"; do
		clock
		if ! vm_running "$name" || ((NOW_MS > end)); then
			WAIT_ERROR="$name: no rescue shell within $(($2 * VM_SLOW)) s: $WAIT_ERROR"
			return 1
		fi
		vm_type "$name" ""
	done
	# Commands come as "ID TEXT". What is said between the two marks is the command's; the marks are put
	# together by the guest, so that the echo of what was typed is none.
	# shellcheck disable=SC2016  # for the guest's shell
	loop='dmesg -n 1; stty -echo; while read -r i c; do [ "$i" ] || continue; printf "\n%s%s <\n" @ "$i"; (eval "$c"); printf "\n%s%s %d>\n" @ "$i" $?; done'
	from=$(vm_console_size "$name")
	vm_type "$name" "$loop"
	# the shell's own echo of that line, then silence: a first empty command proves it
	sleep 0.3
	vm_type "$name" "hello :"
	vm_expect "$name" 20 $'\n@hello 0>\n' "$from" || return 1
	: >"$dir/shell"
}

# NAME COMMAND: starts COMMAND, prints what vm_shell_end wants; the command reads from the console
vm_shell_begin()
{
	local name=$1 text=$2 id from quoted part
	vm_shell_ready "$name" "${SHELL_BOOT:-90}" || return 1
	id=$EPOCHSECONDS.$BASHPID.$RANDOM
	printf -v quoted %q "$text"
	from=$(vm_console_size "$name")
	if ((${#quoted} > SHELL_PART)); then
		vm_type "$name" "- : >/run/typed"
		while [[ -n $text ]]; do
			part=${text:0:SHELL_PART}
			text=${text:SHELL_PART}
			printf -v quoted %q "$part"
			vm_type "$name" "$id printf %s $quoted >>/run/typed"
			vm_expect "$name" 20 $'\n@'"$id"$' 0>\n' "$from" || return 1
			from=$(vm_console_size "$name")
		done
		vm_type "$name" "$id . /run/typed"
	else
		# eval reads it again: what was one line for the console may be many for the shell
		vm_type "$name" "$id eval $quoted"
	fi
	printf '%s %s\n' "$id" "$from"
}

# NAME SECONDS "ID FROM": prints the output of the command that vm_shell_begin started, returns its exit code
vm_shell_end()
{
	local name=$1 id from text
	read -r id from <<<"$3"
	if ! vm_expect "$name" "$2" $'\n@'"$id"$' [0-9]+>\n' "$from"; then
		printf '%s\n' "$WAIT_ERROR" >&2
		vm_console "$name" "$from" | tail -n 20 >&2
		# the next command finds a shell, if there still is one
		rm -f -- "$RUN_DIR/$name/shell"
		vm_keys "$name" $'\003' || true
		vm_console_size "$name" >"$RUN_DIR/$name/console.from"
		return "$SHELL_LOST"
	fi
	text=$(vm_console "$name" "$from")$'\n'
	text=${text##*$'\n@'"$id"$' <\n'}
	[[ $text =~ ^(.*)$'\n@'"$id"\ ([0-9]+)\> ]] || return "$SHELL_LOST"
	[[ -z ${BASH_REMATCH[1]} ]] || printf '%s\n' "${BASH_REMATCH[1]%$'\n'}"
	return "${BASH_REMATCH[2]}"
}

# NAME SECONDS COMMAND
vm_shell()
{
	local job
	job=$(vm_shell_begin "$1" "exec </dev/null"$'\n'"$3") || { printf '%s\n' "$WAIT_ERROR" >&2; return "$SHELL_LOST"; }
	vm_shell_end "$1" "$2" "$job"
}

# NAME FILE PATH: a small file of the host (some KiB) as PATH in the guest
vm_put()
{
	local text
	text=$(base64 -w 0 -- "$2")
	vm_shell "$1" 60 "printf %s '$text' | base64 -d >'$3'"
}

# --- disks that come and go

# NAME JSON SECONDS: a QMP command and its answer; returns 1 with WAIT_ERROR if QEMU refuses
vm_qmp_do()
{
	local name=$1 id=q$EPOCHSECONDS$BASHPID$RANDOM end line log=$RUN_DIR/$1/qmp.log
	clock
	end=$((NOW_MS + ${3:-10} * 1000 * VM_SLOW))
	vm_qmp "$name" "${2%\}},\"id\":\"$id\"}" || { WAIT_ERROR="$name is not running"; return 1; }
	until line=$(grep -F -- "\"$id\"" "$log"); do
		clock
		if ((NOW_MS > end)) || ! vm_running "$name"; then
			WAIT_ERROR="$name: QEMU did not answer: $2"
			return 1
		fi
		sleep 0.02
	done
	[[ $line != *'"error": {'* ]] || { WAIT_ERROR="$name: QEMU refused: $2: $line"; return 1; }
}

# NAME ID FILE SERIAL [OPTION...]: OPTION is key=value of QEMU's scsi-hd (logical_block_size=4096, wwn=1), or
# read-only=on, or node=JSON: what QEMU shall read and write instead of the file as it is
vm_plug()
{
	local name=$1 id=$2 file=$3 serial=$4 inner option device='' readonly=false
	inner="{\"driver\":\"file\",\"filename\":\"$file\",\"locking\":\"off\",\"discard\":\"unmap\"}"
	shift 4
	for option in "$@"; do
		case $option in
		read-only=on) readonly=true ;;
		node=*) inner=${option#node=} ;;
		*) device+=",\"${option%%=*}\":$(json_scalar "${option#*=}")" ;;
		esac
	done
	vm_qmp_do "$name" "{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"raw\",\"node-name\":\"$id\",\"read-only\":$readonly,\"discard\":\"unmap\",\"cache\":{\"no-flush\":${VM_NO_FLUSH:-true}},\"file\":$inner}}" &&
		vm_qmp_do "$name" "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"scsi-hd\",\"bus\":\"plug.0\",\"id\":\"$id\",\"drive\":\"$id\",\"serial\":\"$serial\"$device}}"
}

json_scalar()
{
	case $1 in
	true | false) printf '%s' "$1" ;;
	*[!0-9]* | '') printf '"%s"' "$1" ;;
	*) printf '%s' "$1" ;;
	esac
}

# NAME ID: the device goes, whoever uses it; then its file is free
vm_unplug()
{
	local name=$1 id=$2
	vm_pull "$name" "$id" && vm_qmp_do "$name" "{\"execute\":\"blockdev-del\",\"arguments\":{\"node-name\":\"$id\"}}"
}

# NAME ID: the device alone
vm_pull()
{
	local name=$1 id=$2 end from
	from=$(wc -l <"$RUN_DIR/$1/qmp.log")
	vm_qmp_do "$name" "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"$id\"}}" || return 1
	clock
	end=$((NOW_MS + 20000 * VM_SLOW))
	until tail -n "+$((from + 1))" -- "$RUN_DIR/$name/qmp.log" | grep -F '"DEVICE_DELETED"' | grep -F "\"device\": \"$id\"" >/dev/null; do
		clock
		((NOW_MS < end)) || { WAIT_ERROR="$name: $id was not let go within 20 s"; return 1; }
		sleep 0.05
	done
}

# NAME SECONDS SERIAL: prints the device node of the disk that has it, once the guest has seen it
vm_guest_disk()
{
	# shellcheck disable=SC2016  # for the guest's shell
	vm_shell "$1" "$2" "serial='$3' end=\$((\$(date +%s) + $2 - 1))"'
		while [ "$(date +%s)" -le "$end" ]; do
			for f in /sys/block/*/device/vpd_pg80 /sys/block/*/serial /sys/block/*/device/serial; do
				[ -r "$f" ] || continue
				from=1; [ "${f##*/}" != vpd_pg80 ] || from=5
				[ "$(tail -c +$from "$f" | tr -d " \000\n")" = "$serial" ] || continue
				d=${f#/sys/block/}; d=/dev/${d%%/*}
				[ ! -b "$d" ] || { echo "$d"; exit 0; }
			done
			usleep 100000
		done
		exit 1'
}

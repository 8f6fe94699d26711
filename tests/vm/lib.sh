# shellcheck shell=bash disable=SC2034,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Virtual machines for the tests: make, start, cut the power of, listen to and talk to QEMU guests,
# as an ordinary user, without KVM, on a private switch that exists on the loopback only. It knows
# nothing of what the guests run, except the name of the progress port.
#
# Every machine has a directory $RUN_DIR/NAME with: console.log (serial), events (each line that came
# over the progress port, and each QEMU event, with the host's monotonic seconds in front), its
# disks, the command line and QEMU's own messages. All of it stays after the test.
#
# Its globals are read by the tests (SC2034), and QEMU arguments are full of commas (SC2054).
#
# The serial console can be typed at, too: shell.sh runs commands in the rescue shell and plugs disks.
#
# Verdicts come from the events file, never from console text or a fixed sleep. Every wait has a
# deadline, and ends early if QEMU dies or an event says that waiting is pointless.

# shellcheck source=tests/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

TOP=$(realpath -- "${BASH_SOURCE[0]%/*}/../..")
O=${O:-$TOP/build}
[[ $O == /* ]] || O=$TOP/$O
ISO=${ISO:-$O/fulcrum.iso}
RUN_DIR=

# The CPU was chosen by measurement, see tests/README.md.
VM_ACCEL=${VM_ACCEL:-tcg,tb-size=128}
VM_CPU=${VM_CPU:-qemu64}
# All deadlines are for a quiet two-core machine; a busy one sets 2 or 3.
VM_SLOW=${VM_SLOW:-1}

declare -A VM_PID=() VM_QMP_IN=() VM_QMP_OUT=() VM_CONSOLE_IN=() VM_CONSOLE_OUT=() VM_MEM=() VM_FIRMWARE=() VM_BOOT=() VM_MARK=() VM_NDISK=() VM_NNIC=() VM_RTC=()
VM_NAMES=()

# What the last wait found.
EVENT_MS=0
EVENT_LINE=
# Why the last wait found nothing, in one line.
WAIT_ERROR=
# A function called some times a second while waiting; the demo draws from it.
VM_TICK=:

# --- the run

# NAME: a clean directory for the run, a switch of its own, a key for ssh
vm_run_begin()
{
	local name=$1
	need_program qemu-system-x86_64 mkfs.vfat mcopy ssh ssh-keygen setsid tail
	RUN_DIR=$O/vm/$name
	rm -rf -- "$RUN_DIR"
	mkdir -p -- "$RUN_DIR"
	on_exit vm_stop_all
	find_firmware
	pick_switch
	ssh-keygen -q -t ed25519 -N '' -C "fulcrum-test" -f "$RUN_DIR/id_ed25519"
	: >"$RUN_DIR/known_hosts"
}

# Of Debian 13, whatever the host has: builds of 2020 to 2022 can stand still when there is a USB controller, for a timeout
# inside a timer's callback waits for that timer (tianocore/edk2 issue 9256).
find_firmware()
{
	OVMF=${OVMF_DIR:-$O/sdk/root/usr/share/OVMF}
	[[ -r $OVMF/OVMF_CODE_4M.fd && -r $OVMF/OVMF_VARS_4M.fd ]] ||
		die "UEFI firmware for QEMU (OVMF_CODE_4M.fd) not found in $OVMF: make sdk, or set OVMF_DIR"
}

# A multicast group and port of this run, so that two runs on one host never meet.
pick_switch()
{
	local try hex
	for try in {1..20}; do
		SWITCH_PORT=$((20000 + (BASHPID * 7 + RANDOM + try) % 12000))
		SWITCH_GROUP=239.$((RANDOM % 190 + 10)).$((RANDOM % 250 + 1)).$((BASHPID % 250 + 1))
		printf -v hex ':%04X ' "$SWITCH_PORT"
		grep -F -- "$hex" /proc/net/udp >/dev/null || return 0
	done
	die "no free UDP port for the virtual switch"
}

# Prints a TCP port on 127.0.0.1 that nothing listens on.
free_port()
{
	local port hex try
	for try in {1..50}; do
		port=$((32768 - 10000 + (RANDOM + try) % 9000))
		printf -v hex ':%04X ' "$port"
		if ! grep -F -- "$hex" /proc/net/tcp >/dev/null; then
			printf '%d\n' "$port"
			return 0
		fi
	done
	die "no free TCP port"
}

# --- describing a machine

# NAME MEMORY_MIB [uefi|secure|bios]
vm_new()
{
	local name=$1
	[[ $name =~ ^[a-z][a-z0-9_]*$ ]] || die "vm_new: '$name' is not a name"
	VM_NAMES+=("$name")
	VM_MEM[$name]=$2
	VM_FIRMWARE[$name]=${3:-uefi}
	VM_NDISK[$name]=0
	VM_NNIC[$name]=0
	VM_MARK[$name]=0
	mkdir -p -- "$RUN_DIR/$name"
	: >"$RUN_DIR/$name/events"
	: >"$RUN_DIR/$name/console.log"
	declare -ga "VM_ARGS_$name=()"
	[[ ${VM_FIRMWARE[$name]} == bios ]] || cp -- "$(vm_firmware_file "$name" VARS)" "$RUN_DIR/$name/vars.fd"
}

vm_firmware_file()
{
	case ${VM_FIRMWARE[$1]} in
	secure) printf '%s/OVMF_%s_4M.ms.fd\n' "$OVMF" "$2" ;;
	*) printf '%s/OVMF_%s_4M.fd\n' "$OVMF" "$2" ;;
	esac
}

# NAME ARG...: more QEMU arguments; "@id@" stands for the boot index of device id
vm_args()
{
	local -n args="VM_ARGS_$1"
	shift
	args+=("$@")
}

# NAME nvme|virtio|virtio4k|sata|scsi|usb SERIAL SIZE: a sparse disk, named disk0, disk1, ... in the boot order.
# An existing file is kept, so that a test can prepare one with vm_disk_file.
vm_disk()
{
	local name=$1 bus=$2 serial=$3 size=$4 n=${VM_NDISK[$1]} id file
	VM_NDISK[$name]=$((n + 1))
	id=disk$n
	file=$(vm_disk_file "$name" "$n")
	[[ -e $file ]] || truncate -s "$size" -- "$file"
	vm_args "$name" -drive "if=none,id=$id,file=$file,format=raw,cache=${VM_CACHE:-unsafe},discard=unmap"
	case $bus in
	nvme) vm_args "$name" -device "nvme,drive=$id,serial=$serial@$id@" ;;
	virtio) vm_args "$name" -device "virtio-blk-pci,drive=$id,serial=$serial@$id@" ;;
	virtio4k) vm_args "$name" -device "virtio-blk-pci,drive=$id,serial=$serial,logical_block_size=4096,physical_block_size=4096@$id@" ;;
	sata) vm_args "$name" -device "ide-hd,drive=$id,serial=$serial@$id@" ;;
	scsi) vm_args "$name" -device virtio-scsi-pci,id="hba$n" \
		-device "scsi-hd,bus=hba$n.0,drive=$id,serial=$serial@$id@" ;;
	usb) vm_args "$name" -device qemu-xhci,id="xhci$n" \
		-device "usb-storage,bus=xhci$n.0,drive=$id,serial=$serial@$id@" ;;
	*) die "vm_disk: no such bus: $bus" ;;
	esac
}

vm_disk_file()
{
	printf '%s/%s/disk%d.raw\n' "$RUN_DIR" "$1" "$2"
}

# NAME FILE usb|cdrom: the install medium, read-only, "stick" in the boot order
vm_medium()
{
	local name=$1 file=$2 how=$3
	[[ -r $file ]] || die "no install medium: $file (run: make iso)"
	vm_args "$name" -drive "if=none,id=stick,file=$file,format=raw,readonly=on,cache=unsafe"
	case $how in
	usb) vm_args "$name" -device qemu-xhci,id=xhci -device "usb-storage,bus=xhci.0,drive=stick,removable=on,serial=STICK-1@stick@" ;;
	cdrom) vm_args "$name" -device "ide-cd,drive=stick@stick@" ;;
	*) die "vm_medium: usb or cdrom, not '$how'" ;;
	esac
}

# NAME FILE...: a small FAT volume labelled FULCRUM-CFG with these files in its root
vm_config()
{
	local name=$1 image=$RUN_DIR/$1/config.fat
	shift
	rm -f -- "$image"
	mkfs.vfat -n FULCRUM-CFG -C "$image" 2048 >/dev/null
	mcopy -i "$image" -- "$@" ::/
	# In the boot order, last: firmware only connects what it may boot, and GRUB sees what is connected.
	vm_args "$name" -drive "if=none,id=config,file=$image,format=raw,readonly=on" \
		-device virtio-blk-pci,drive=config,serial=CONFIG-1,bootindex=99
}

# NAME MAC [SEGMENT [OPTIONS]]: a NIC on the private switch, "net0", "net1", ... in the boot order; SEGMENT, a number, is a
# switch (or a cable) of its own. The empty romfile makes the firmware use its own network boot; with VM_NIC_ROM=1 in front the
# card has its own, which is the only one that a BIOS knows.
vm_nic_switch()
{
	local name=$1 mac=$2 n=${VM_NNIC[$1]} port=$((SWITCH_PORT + ${3:-0})) options=${4:+,$4} rom=,romfile=
	[[ -z ${VM_NIC_ROM:-} ]] || rom=
	VM_NNIC[$name]=$((n + 1))
	vm_args "$name" \
		-netdev "dgram,id=net$n,remote.type=inet,remote.host=$SWITCH_GROUP,remote.port=$port,local.type=inet,local.host=127.0.0.1,local.port=$port" \
		-device "virtio-net-pci,netdev=net$n,mac=$mac$rom@net$n@$options"
}

# NAME NET true|false: the cable of a port, net0, net1, ...
vm_cable()
{
	vm_qmp_do "$1" "{\"execute\":\"set_link\",\"arguments\":{\"name\":\"$2\",\"up\":$3}}" || die "$WAIT_ERROR"
}

# NAME MAC HOSTFWD...: a NIC that reaches nothing, only lets the host in (tcp:127.0.0.1:P-10.0.2.15:22); a word that begins
# with guestfwd= is taken as it is: a service of the host's, a program for each connection
vm_nic_user()
{
	local name=$1 mac=$2 n=${VM_NNIC[$1]} fwd='' f
	VM_NNIC[$name]=$((n + 1))
	shift 2
	for f in "$@"; do
		[[ $f == guestfwd=* ]] && fwd+=",$f" || fwd+=",hostfwd=$f"
	done
	vm_args "$name" -netdev "user,id=net$n,restrict=on,ipv6=off$fwd" \
		-device "virtio-net-pci,netdev=net$n,mac=$mac,romfile="
}

# NAME UUID SERIAL: what the firmware says about the machine
vm_identity()
{
	vm_args "$1" -uuid "$2" -smbios "type=1,manufacturer=QEMU,product=Fulcrum test,serial=$3,uuid=$2"
}

# NAME DATE: what its clock says when it is switched on (2001-01-01)
vm_clock()
{
	VM_RTC[$1]=$2
}

# NAME DEVICE...: the firmware's boot order; devices that are left out are not booted
vm_boot_order()
{
	local name=$1 id key n=0
	shift
	for key in "${!VM_BOOT[@]}"; do
		[[ $key != "$name."* ]] || unset "VM_BOOT[$key]"
	done
	for id in "$@"; do
		n=$((n + 1))
		VM_BOOT[$name.$id]=$n
	done
}

# --- power

# NAME: power on
vm_start()
{
	local name=$1 dir=$RUN_DIR/$1 pid in out con_in con_out chan_from
	vm_running "$name" && die "vm_start: $name is already running"
	build_command "$name"
	rm -f -- "$dir"/{qmp,console}.{in,out} "$dir/monitor.sock" "$dir/shell"
	mkfifo -- "$dir"/{qmp,console}.{in,out}
	vm_console_size "$name" >"$dir/console.from"
	# held open from here to vm_reap: what is written is not lost before QEMU opens them, and no
	# opener waits if QEMU never does
	exec {in}<>"$dir/qmp.in" {out}<>"$dir/qmp.out" {con_in}<>"$dir/console.in" {con_out}<>"$dir/console.out"
	VM_QMP_IN[$name]=$in
	VM_QMP_OUT[$name]=$out
	VM_CONSOLE_IN[$name]=$con_in
	VM_CONSOLE_OUT[$name]=$con_out
	: >"$dir/qmp.log"
	touch -- "$dir/progress"
	printf '%q ' "${CMD[@]}" >"$dir/command"
	printf '\n' >>"$dir/command"
	chan_from=$(($(stat -c %s -- "$dir/progress") + 1))

	vm_event "$name" '{"t":"qemu","event":"POWER-ON"}'
	# a session of its own: Ctrl-C at the terminal reaches this script, which stops the machine
	setsid "${CMD[@]}" </dev/null >>"$dir/qemu.log" 2>&1 {in}>&- {out}>&- {con_in}>&- {con_out}>&- &
	pid=$!
	VM_PID[$name]=$pid
	printf '%s\n' "$pid" >"$dir/pid"
	record_lines "$dir/events" < <(exec setsid tail -c "+$chan_from" -s 0.1 -f --pid="$pid" -- "$dir/progress" 2>/dev/null) &
	record_qmp "$dir/events" "$dir/qmp.log" <"$dir/qmp.out" {in}>&- {out}>&- &
	# QEMU writes console.log itself; a pipe that nobody empties would stop the guest
	setsid cat "$dir/console.out" >/dev/null {in}>&- {out}>&- {con_in}>&- {con_out}>&- &
	vm_qmp "$name" '{"execute":"qmp_capabilities"}'
}

# Fills CMD with the command line.
build_command()
{
	local name=$1 dir=$RUN_DIR/$1 a key id index
	local -n extra="VM_ARGS_$name"
	CMD=(qemu-system-x86_64 -name "fulcrum-$name" -nodefaults -no-user-config
		-M q35 -accel "$VM_ACCEL" -cpu "$VM_CPU" -smp 1 -m "${VM_MEM[$name]}"
		-display none -vga std -rtc "base=${VM_RTC[$name]:-utc}"
		-chardev "pipe,id=console,path=$dir/console,logfile=$dir/console.log,logappend=on" -serial chardev:console
		-chardev "pipe,id=qmp,path=$dir/qmp" -mon chardev=qmp,mode=control
		-monitor "unix:$dir/monitor.sock,server=on,wait=off"
		-object rng-random,id=rng0,filename=/dev/urandom -device virtio-rng-pci,rng=rng0
		-device virtio-serial-pci
		-chardev "file,id=progress,path=$dir/progress,append=on"
		-device virtserialport,chardev=progress,name=org.fulcrum.progress)
	case ${VM_FIRMWARE[$name]} in
	bios) ;;
	secure) CMD+=(-machine smm=on -global driver=cfi.pflash01,property=secure,value=on) ;;
	*) CMD+=(-machine smm=off) ;;
	esac
	if [[ ${VM_FIRMWARE[$name]} != bios ]]; then
		CMD+=(-drive "if=pflash,unit=0,format=raw,readonly=on,file=$(vm_firmware_file "$name" CODE)"
			-drive "if=pflash,unit=1,format=raw,file=$dir/vars.fd"
			-fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n)
	fi
	for a in "${extra[@]}"; do
		while [[ $a =~ @([a-z]+[0-9]*)@ ]]; do
			id=${BASH_REMATCH[1]}
			key=$name.$id
			index=${VM_BOOT[$key]:-}
			a=${a/"@$id@"/${index:+,bootindex=$index}}
		done
		CMD+=("$a")
	done
}

# Reads lines, writes each with the time it came.
record_lines()
{
	local out=$1 line up rest
	trap '' INT
	while IFS= read -r line; do
		# shellcheck disable=SC2034
		read -r up rest </proc/uptime
		printf '%s %s\n' "$up" "${line//$'\r'/}" >>"$out"
	done
}

record_qmp()
{
	local out=$1 log=$2 line
	trap '' INT
	while IFS= read -r line; do
		printf '%s\n' "$line" >>"$log"
		if [[ $line =~ \"event\":\ *\"([A-Z_]+)\" ]]; then
			case ${BASH_REMATCH[1]} in
			RESET | SHUTDOWN | POWERDOWN | STOP | WATCHDOG | BLOCK_IO_ERROR | GUEST_PANICKED)
				record_lines "$out" <<<"{\"t\":\"qemu\",\"event\":\"${BASH_REMATCH[1]}\"}"
				;;
			*) ;;
			esac
		fi
	done
}

# NAME JSON: adds a line to the machine's events
vm_event()
{
	record_lines "$RUN_DIR/$1/events" <<<"$2"
}

vm_qmp()
{
	local name=$1
	vm_running "$name" || return 1
	printf '%s\n' "$2" >&"${VM_QMP_IN[$name]}"
}

vm_running()
{
	local pid=${VM_PID[$1]:-}
	[[ -n $pid && -e /proc/$pid ]] && [[ $(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null) != Z ]]
}

# NAME: the power cord is pulled
vm_kill()
{
	local pid=${VM_PID[$1]:-}
	[[ -n $pid ]] || return 0
	kill -KILL "$pid" 2>/dev/null || true
	vm_reap "$1"
}

# NAME: QEMU is told to end; what the guest had not flushed is lost as with vm_kill
vm_stop()
{
	local name=$1 i
	vm_running "$name" || { vm_reap "$name"; return 0; }
	vm_qmp "$name" '{"execute":"quit"}' || true
	for i in {1..50}; do
		vm_running "$name" || break
		sleep 0.1
	done
	vm_kill "$name"
}

vm_reap()
{
	local pid=${VM_PID[$1]:-}
	[[ -n $pid ]] || return 0
	wait "$pid" 2>/dev/null || true
	VM_PID[$1]=
	local in=${VM_QMP_IN[$1]} out=${VM_QMP_OUT[$1]} con_in=${VM_CONSOLE_IN[$1]} con_out=${VM_CONSOLE_OUT[$1]}
	exec {in}>&- {out}>&- {con_in}>&- {con_out}>&-
	vm_event "$1" '{"t":"qemu","event":"POWER-OFF"}'
}

vm_stop_all()
{
	local name
	for name in "${VM_NAMES[@]}"; do
		[[ -z ${VM_PID[$name]:-} ]] || vm_stop "$name"
	done
}

vm_reset()
{
	vm_qmp "$1" '{"execute":"system_reset"}'
}

vm_power_button()
{
	vm_qmp "$1" '{"execute":"system_powerdown"}'
}

# NAME FILE: what is on the machine's screen, as PPM
vm_screenshot()
{
	vm_qmp "$1" "{\"execute\":\"screendump\",\"arguments\":{\"filename\":\"$2\"}}"
}

# NAME SECONDS: waits until the machine has switched itself off
vm_wait_off()
{
	local name=$1 end
	clock
	end=$((NOW_MS + $2 * 1000 * VM_SLOW))
	while vm_running "$name"; do
		clock
		if ((NOW_MS > end)); then
			WAIT_ERROR="$name did not switch off within $2 s"
			return 1
		fi
		$VM_TICK
		sleep 0.2
	done
	vm_reap "$name"
}

# --- listening

# NAME: later waits see only events from here on
vm_mark()
{
	VM_MARK[$1]=$(wc -l <"$RUN_DIR/$1/events")
}

# The value at the start of a text, as a JSON string without its quotes or a number: BASH_REMATCH[1] or [3]
json_value='^"(([^"\\]|\\.)*)"|^([^],}" ]+)'

# LINE WORD...: true if the JSON object in LINE has every key=value. A value may end in * (the start
# is compared) or begin and end with * (found anywhere).
event_matches()
{
	local line=${1//\": /\":} pair key value rest
	shift
	for pair in "$@"; do
		key=${pair%%=*}
		value=${pair#*=}
		rest=${line#*"\"$key\":"}
		[[ $rest != "$line" ]] || return 1
		case $value in
		'*') ;;
		'*'*'*')
			value=${value#\*}
			[[ $rest =~ $json_value && ${BASH_REMATCH[1]} == *"${value%\*}"* ]] || return 1
			;;
		*'*') [[ $rest == \""${value%\*}"* ]] || return 1 ;;
		*) [[ $rest == \""$value"\"* || $rest == "$value"[,\}]* ]] || return 1 ;;
		esac
	done
}

# NAME SECONDS PATTERN [STOP-PATTERN...]: waits for an event after the mark. A pattern is a string of
# key=value words. A stop pattern ends the wait at once as a failure. Sets EVENT_MS and EVENT_LINE, or
# WAIT_ERROR.
vm_wait_event()
{
	local name=$1 seconds=$2 want=$3 line part='' end n=0 fd stop
	local -a words stop_words
	shift 3
	EVENT_MS=0 EVENT_LINE='' WAIT_ERROR=''
	clock
	end=$((NOW_MS + seconds * 1000 * VM_SLOW))
	read -ra words <<<"$want"
	exec {fd}<"$RUN_DIR/$name/events"
	while :; do
		while IFS= read -r line <&"$fd" || { part+=$line; false; }; do
			line=$part$line part=''
			n=$((n + 1))
			((n > VM_MARK[$name])) || continue
			if event_matches "$line" "${words[@]}"; then
				event_take "$line"
				exec {fd}<&-
				return 0
			fi
			for stop in "$@"; do
				read -ra stop_words <<<"$stop"
				if event_matches "$line" "${stop_words[@]}"; then
					event_take "$line"
					WAIT_ERROR="$name: while waiting for [$want] came: $EVENT_LINE"
					exec {fd}<&-
					return 1
				fi
			done
		done
		clock
		if ((NOW_MS > end)); then
			WAIT_ERROR="$name: [$want] did not come within $((seconds * VM_SLOW)) s"
			break
		fi
		if ! vm_running "$name"; then
			WAIT_ERROR="$name: QEMU ended while waiting for [$want]"
			break
		fi
		$VM_TICK
		sleep 0.1
	done
	exec {fd}<&-
	return 1
}

event_take()
{
	local t=${1%% *}
	EVENT_MS=$((10#${t/./} * 10))
	EVENT_LINE=${1#* }
}

# NAME PATTERN: prints the events after the mark that match, without times
vm_events()
{
	local name=$1 line n=0
	local -a words stop_words
	read -ra words <<<"$2"
	while IFS= read -r line; do
		n=$((n + 1))
		((n > VM_MARK[$name])) || continue
		! event_matches "$line" "${words[@]}" || printf '%s\n' "${line#* }"
	done <"$RUN_DIR/$name/events"
}

# LINE KEY: prints a value of a one-line JSON object; only for plain strings and numbers
event_value()
{
	local rest=${1//\": /\":}
	[[ $rest == *"\"$2\":"* ]] || return 0
	rest=${rest#*"\"$2\":"}
	[[ $rest =~ $json_value ]] || return 0
	printf '%s\n' "${BASH_REMATCH[1]}${BASH_REMATCH[3]}"
}

# NAME...: what a person needs to see first when something failed
vm_explain()
{
	local name
	for name in "$@"; do
		[[ -d $RUN_DIR/$name ]] || continue
		note "--- $name: last events ($RUN_DIR/$name/events)"
		note "$(tail -n 12 "$RUN_DIR/$name/events")"
		note "--- $name: last console lines ($RUN_DIR/$name/console.log)"
		note "$(tail -c 6000 "$RUN_DIR/$name/console.log" | tr -d '\000\r' | sed 's/\x1b\[[0-9;?=]*[A-Za-z]//g' | grep -v '^ *$' | tail -n 20)"
		[[ ! -s $RUN_DIR/$name/qemu.log ]] || note "--- qemu: $(tail -n 5 "$RUN_DIR/$name/qemu.log")"
	done
}

# --- talking: SSH_PORT is the host's way into the admin machine

SSH_PORT=0

# Writes the ssh configuration of this run: "admin", and any node address by way of admin.
vm_ssh_config()
{
	cat >"$RUN_DIR/ssh_config" <<-END
		Host *
		    User root
		    IdentityFile $RUN_DIR/id_ed25519
		    IdentitiesOnly yes
		    UserKnownHostsFile $RUN_DIR/known_hosts
		    StrictHostKeyChecking accept-new
		    LogLevel ERROR
		    BatchMode yes
		    ConnectTimeout 30
		    ServerAliveInterval 10
		    ServerAliveCountMax 6
		Host admin
		    HostName 127.0.0.1
		    HostKeyAlias admin
		    Port $SSH_PORT
		Host * !admin
		    ProxyCommand ssh -F $RUN_DIR/ssh_config -W [%h]:%p admin
	END
}

# COMMAND...: on the admin machine, with the site's key
vm_ssh_admin()
{
	timeout "${SSH_DEADLINE:-120}" ssh -F "$RUN_DIR/ssh_config" admin -- "$@" </dev/null
}

# ADDRESS COMMAND...: on a node, by way of the admin machine. A node that was deployed again has a new
# host key, so what is known of it is dropped with vm_forget_node.
vm_ssh_node()
{
	local host=$1
	shift
	timeout "${SSH_DEADLINE:-240}" ssh -F "$RUN_DIR/ssh_config" "$host" -- "$@" </dev/null
}

vm_forget_node()
{
	ssh-keygen -q -R "$1" -f "$RUN_DIR/known_hosts" >/dev/null 2>&1 || true
}

# --- bytes

# FILE: prints a digest of the whole file, to see that nothing was written
disk_digest()
{
	b2sum <"$1" | cut -d" " -f1
}

# FILE: true if the file is all zeros (a sparse disk that nothing was written to)
disk_is_blank()
{
	cmp -s -n "$(stat -c %s -- "$1")" -- "$1" /dev/zero
}

# FILE OFFSET: inverts the bits of one byte
flip_byte()
{
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 -- "$1")
	# shellcheck disable=SC2059  # the format is the byte
	printf "\\x$(printf '%02x' $((byte ^ 255)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# shellcheck source=tests/vm/shell.sh
source "${BASH_SOURCE[0]%/*}/shell.sh"

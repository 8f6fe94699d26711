#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rescue shell at the serial line, and with it the driver that other tests stand on: commands with their
# output and exit codes, prompts that are answered, disks that come and go, and the way back after a command
# that did not end.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

# COMMAND...: prints the exit code
status_of()
{
	local status=0
	"$@" >/dev/null 2>&1 || status=$?
	printf '%d\n' "$status"
}

test_commands()
{
	local long
	is "output is what the command said" "$(vm_shell m 10 'echo "a  b"; echo "c'"'"'d" >&2')" $'a  b\nc\'d'
	is "the exit code is the command's" "$(status_of vm_shell m 10 'exit 7')" 7
	is "a command may have lines" "$(vm_shell m 10 $'for i in 1 2\ndo\n\techo $i\ndone')" $'1\n2'
	printf -v long '%06000d' 0
	is "and be long" "$(vm_shell m 20 "printf %s '$long' | wc -c")" 6000
	is "it reads nothing of what is typed later" "$(vm_shell m 10 cat)" ""
	printf 'a\0b\n' >"$RUN_DIR/bytes"
	check "a file goes in" vm_put m "$RUN_DIR/bytes" /tmp/bytes
	is "as it was" "$(vm_shell m 10 'md5sum </tmp/bytes')" "$(md5sum <"$RUN_DIR/bytes")"
	is "messages of the kernel are not in between" "$(vm_shell m 10 'echo "<4>noise" >/dev/kmsg; echo quiet')" quiet
}

# A passphrase is asked for, and typed twice.
test_prompts()
{
	local dev=$1 job
	job=$(vm_shell_begin m "cryptsetup luksFormat --pbkdf pbkdf2 --pbkdf-force-iterations 1000 $dev")
	check "a question comes" vm_expect m 20 "Are you sure" "${job#* }"
	vm_type m YES
	check "a passphrase is asked for" vm_expect m 20 "Enter passphrase" "${job#* }"
	vm_type m sesame
	check "and again" vm_expect m 20 "Verify passphrase" "${job#* }"
	vm_type m sesame
	check "the command goes on to its end" vm_shell_end m 60 "$job"
	check "and did what it should" vm_shell m 20 "cryptsetup isLuks $dev"
}

main()
{
	local dev
	vm_run_begin rescue
	vm_rescue m 768
	vm_start m
	check "the rescue shell comes up" vm_shell_ready m 90
	test_commands
	truncate -s 64M "$RUN_DIR/hot.raw"
	check "a disk is plugged in" vm_plug m hot "$RUN_DIR/hot.raw" HOT-1
	dev=$(vm_guest_disk m 20 HOT-1) || dev=
	isnt "the machine sees it" "$dev" ""
	test_prompts "$dev"
	check "it is pulled" vm_unplug m hot
	is "the machine sees that it is gone" "$(vm_shell m 10 "sleep 1; ls $dev 2>&1")" "ls: $dev: No such file or directory"
	is "what does not end is given up" "$(status_of vm_shell m 2 'sleep 1000')" "$SHELL_LOST"
	is "and the shell is there again" "$(vm_shell m 20 'echo again')" again
	vm_kill m
	is "a machine without power does not answer" "$(status_of vm_shell m 2 true)" "$SHELL_LOST"
	tap_end
}

main "$@"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A machine without a site file, answered from elsewhere: the password is asked for on a page at the serial line, a login
# over SSH takes the page over and has it as screens, loses its connection in the middle, and the line takes it back.

# shellcheck source=tests/vm/guide.sh
source "${BASH_SOURCE[0]%/*}/../guide.sh"

DISK=FULCRUM-TUI-2
REMOTE_ITEM=5

machine()
{
	vm_new m 1024 bios
	vm_medium m "$ISO" cdrom
	vm_disk m virtio "$DISK" 6G
	mke2fs -q -t ext4 -L old-root "$(vm_disk_file m 0)"
	vm_nic_user m 52:54:00:fc:00:01 "tcp:127.0.0.1:$SSH_PORT-10.0.2.15:22"
	vm_direct m fulcrum.mode=installer
}

# The password's page, asked for at the line.
ask_for_password()
{
	local text
	must "without a site file every console waits" vm_wait_event m 150 "t=screen name=welcome at=all" "${install_stop[@]}"
	vm_mark m
	vm_type m ""
	page welcome ttyS0 plain
	vm_expect m 20 "A number from 1 to" || true
	vm_type m "$REMOTE_ITEM"
	must "a password is shown at the line" vm_expect m 90 "  password [a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{5}"$'\n'
	text=$(vm_console m)
	[[ $text =~ "  password "([a-z0-9-]+) ]]
	printf '#!/bin/sh\necho %s\n' "${BASH_REMATCH[1]}" >"$RUN_DIR/askpass"
	chmod 700 "$RUN_DIR/askpass"
}

# One login with a terminal of 80 columns and 24 lines, and how ssh is to be ended.
log_in()
{
	printf '%s\n' "#!/bin/sh" \
		"echo \$\$ >$RUN_DIR/ssh.pid" \
		"export SSH_ASKPASS=$RUN_DIR/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=none" \
		"exec ssh -F /dev/null -tt -p $SSH_PORT -o UserKnownHostsFile=$RUN_DIR/known_hosts -o StrictHostKeyChecking=accept-new -o LogLevel=ERROR \\" \
		"	-o ConnectionAttempts=60 -o ConnectTimeout=$((30 * VM_SLOW)) -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 root@127.0.0.1" \
		>"$RUN_DIR/login"
	chmod 700 "$RUN_DIR/login"
	term_start 80x24 "$RUN_DIR/login"
	must "it lets a person in, who sees what stands at the line" term_wait "Enter goes back to the page"
}

at_the_login()
{
	vm_mark m
	term_keys Enter
	page welcome ttyS0 plain
	check "the page stands at the line, and the login is told" term_wait "Enter here takes over"
	term_keys Enter
	page welcome pts/0 newt
	check "Enter there takes it over, as screens" term_wait "$(title "Welcome")"
	check "the line is told" vm_expect m 20 "took over. Enter here takes it back"
	term_keys Enter
	page disk pts/0 newt
	check "the disk is told with its serial" term_wait "$DISK"
	term_keys Enter
	page map pts/0 newt
	check "and drawn before and after" term_wait "$(title "Before and after")"
	term_text >"$RUN_DIR/map.txt"
}

# As when a cable is pulled: nothing says goodbye.
connection_is_lost()
{
	vm_mark m
	kill -KILL "$(<"$RUN_DIR/ssh.pid")"
	vm_expect m 60 "Press Enter on the console that you want to use" "$1" || vm_type m ""
	vm_type m ""
	page map ttyS0 plain
	vm_type m back
	page disk ttyS0 plain
	is "nothing was written" "$(dumpe2fs -h "$(vm_disk_file m 0)" 2>/dev/null | grep -c "old-root")" 1
}

main()
{
	need_program tmux mke2fs ssh
	vm_run_begin tui-remote
	on_exit term_end
	SSH_PORT=$(free_port)
	machine
	vm_mark m
	vm_start m
	ask_for_password
	log_in
	at_the_login
	connection_is_lost "$(vm_console_size m)"
	vm_kill m
	tap_end
}

main "$@"

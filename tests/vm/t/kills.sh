#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A sweep over one node's life. First its agent dies in every state that it can be in: the machine is reset. Then the
# admin node's daemon dies at every transition of one more life: SIGKILL, as soon as the transition is told; its
# supervisor starts it again. After each kill the life must go on to the state that the list names, by itself or by the
# command that the node's hint names; a point where it does not is lost. In the end: what was claimed was written
# once, and the disk that no plan names is blank. Its last words: "kill points: N, lost: N".

# shellcheck source=tests/vm/installed.sh
source "${BASH_SOURCE[0]%/*}/../installed.sh"

POINTS=0 LOST=0
NODE=spot
ADDRESS=192.168.124.81

# WHO AT NEXT COMMAND...: the life goes on to NEXT, which COMMAND sees, or the point is lost
point()
{
	local who=$1 at=$2 next=$3
	shift 3
	POINTS=$((POINTS + 1))
	WAIT_ERROR=
	if "$@"; then
		tap_ok "$who killed at $at: then $next"
		note "kill point $POINTS: $who at $at: then $next"
		return 0
	fi
	LOST=$((LOST + 1))
	tap_not_ok "$who killed at $at: then $next" "$WAIT_ERROR"
	note "LOST: kill point $POINTS: $who at $at: $(node_says "$NODE" || true)"
	vm_explain admin node
	# what follows would stand on it
	finish || true
	exit 1
}

finish()
{
	note "kill points: $POINTS, lost: $LOST"
	tap_end
}

# STATE SECONDS [EVENT]: until the node is in it; later waits see what was told after that, and nothing twice
comes()
{
	vm_wait_event admin "$2" "t=event who=admin to=$1${3:+ event=$3}" || return 1
	VM_MARK[admin]=$(grep -nF -- "$EVENT_LINE" "$RUN_DIR/admin/events" | tail -n 1 | cut -d: -f1)
}

# --- the two that die

reset_node()
{
	vm_mark admin
	vm_mark node
	vm_reset node
}

# A shell on the admin node that waits for the word, so that the kill comes within the blink of a transition.
killer_begin()
{
	# shellcheck disable=SC2016  # for the admin's shell
	coproc KILLER { exec ssh -F "$RUN_DIR/ssh_config" admin 'while read -r what; do
		for p in $(pidof fulcrumd); do grep -q run "/proc/$p/cmdline" && kill -KILL $p && echo "killed $what $p"; done; done' 2>>"$RUN_DIR/killer.log"; }
	vm_mark admin
	kill_daemon first && vm_wait_event admin 120 "t=service who=admin text=ready"
}

# AT: waits until that is done
kill_daemon()
{
	local said=
	printf '%s\n' "$1" >&"${KILLER[1]}"
	read -r -t $((20 * VM_SLOW)) said <&"${KILLER[0]}" || true
	[[ $said == "killed $1 "[0-9]* ]] || { WAIT_ERROR="the daemon was not killed: '$said'"; return 1; }
}

daemon_is_back()
{
	local i
	for ((i = 0; i < 30; i++)); do
		! SSH_DEADLINE=30 vm_ssh_admin fulcrum node list >/dev/null 2>&1 || return 0
		sleep 1
	done
	WAIT_ERROR="the daemon did not come back"
	return 1
}

# AT NEXT SECONDS [EVENT]: the daemon dies now, and the life goes on to NEXT
daemon_dies()
{
	local at=$1 next=$2 seconds=$3
	shift 3
	must "fulcrumd dies" kill_daemon "$at"
	point fulcrumd "$at" "$next" comes "$next" "$seconds" "$@"
}

# --- rules

# CONSENT: "" or the serial that may be wiped
rules()
{
	site_with '{ when: { serial: QEMU-0001 }, bind: { profile: server, name: spot } }' |
		sed "${1:+0,/^    packages:/s/^    packages:.*/&\\n    wipe: [ $1 ]/}"
}

give_rules()
{
	rules "$1" >"$RUN_DIR/rules.yaml"
	vm_mark admin
	give_site "$RUN_DIR/rules.yaml"
}

# --- the first sweep: the machine is reset

# QEMU holds the machine still while it is approved, so that it cannot claim.
reset_approved()
{
	vm_qmp_do node '{"execute":"stop"}' || return 1
	vm_mark admin
	vm_ssh_admin fulcrum deploy "$NODE" >/dev/null || return 1
	comes approved 30 || return 1
	vm_mark admin
	vm_reset node
	vm_qmp_do node '{"execute":"cont"}'
}

interrupted()
{
	comes failed 240 hello && [[ $(node_says "$NODE") == *"deploy was interrupted"*"fulcrum deploy $NODE"* ]]
}

agent_sweep()
{
	vm_mark admin
	vm_start node
	must "the node is discovered; no rule binds it" comes discovered 240
	reset_node
	point agent discovered discovered comes discovered 240 hello
	must "a rule binds it, and its disk needs a consent" give_rules ""
	must "it is bound" comes bound 60
	contains "and waits for that" "$(node_says "$NODE")" "precious"
	reset_node
	point agent bound bound comes bound 240 hello
	must "the profile may wipe that disk" give_rules FULCRUM-NODE-1
	must "it is planned, and held" comes planned 60
	reset_node
	point agent planned planned comes planned 240
	must "it is approved while it stands still, and is reset" reset_approved
	point agent approved deploying comes deploying 300
	vm_mark node
	must "it writes" vm_wait_event node 240 "t=step who=agent id=image*" "t=error"
	reset_node
	point agent deploying "failed, with its cause and a way on" interrupted
	vm_mark admin
	must "that way is gone" vm_ssh_admin fulcrum deploy "$NODE"
	must "it is deployed" comes deployed 600
	reset_node
	point agent deployed verifying comes verifying 500
	reset_node
	point agent verifying ready comes ready 600
	is "no loader had to ask twice after a reset" "$(vm_console node | grep -c 'has no answer' || true)" 0
}

# --- the second sweep: the daemon is killed

kill_disk_agent()
{
	vm_mark admin
	vm_ssh_node "$ADDRESS" systemctl kill -s KILL fulcrum-node
}

check_again()
{
	vm_mark admin
	vm_ssh_admin "setsid fulcrum verify $NODE </dev/null >/dev/null 2>&1 &" && comes checking 60
}

still()
{
	daemon_is_back && [[ $(node_says "$NODE" | head -n 1) == "$1" ]]
}

daemon_sweep()
{
	local state
	must "a shell waits on the admin node" killer_begin
	must "checks are wanted again" check_again
	daemon_dies checking ready 240
	must "once more" check_again
	must "the agent on the disk is killed" kill_disk_agent
	point "agent on the disk" checking ready comes ready 240
	must "it is to be deployed again" vm_ssh_admin fulcrum deploy "$NODE"
	daemon_dies bound approved 500
	daemon_dies approved deploying 120
	daemon_dies deploying deployed 900
	daemon_dies deployed verifying 600
	daemon_dies verifying ready 300
	must "fulcrumd dies" kill_daemon ready
	point fulcrumd ready ready still ready
	vm_ssh_admin fulcrum node release "$NODE" >/dev/null
	daemon_dies released released 400 hello
	vm_ssh_admin fulcrum node rebind m-525400fc0011 >/dev/null
	state=$(node_says "$NODE" | head -n 1)
	must "fulcrumd dies" kill_daemon "$state"
	point fulcrumd "$state, again" "$state" still "$state"
}

# --- nothing twice, nothing elsewhere

test_written()
{
	local claims images
	claims=$(vm_ssh_admin fulcrum events -o json | jq '[.events[] | select(.event == "claimed")] | length')
	VM_MARK[node]=0
	images=$(vm_events node "t=plan who=agent" | wc -l)
	is "three deploys were asked for, three were claimed" "$claims" 3
	is "three plans were followed" "$images" 3
	check "the disk that no plan names is blank" disk_is_blank "$(vm_disk_file node 1)"
	check "the admin node is green" vm_ssh_admin fulcrum status
}

main()
{
	need_program jq
	vm_run_begin kills
	note "the table's states:"
	note "$(sed -n 's/^\tX(NODE_[A-Z]*, "\([a-z]*\)".*/\1/p' "$TOP/installer/admin/life.h" | paste -sd' ')"
	installed_admin
	mkdir -p -- "$RUN_DIR/node"
	truncate -s "$LINE_NODE_DISK" -- "$(vm_disk_file node 0)"
	mke2fs -q -t ext4 -F -L precious -- "$(vm_disk_file node 0)"
	node_machine node 1
	vm_disk node virtio NOT-THIS-ONE 6G
	must "the admin node is up" installed_up
	site_with '{ when: { serial: NOBODY }, bind: { profile: server, name: spot } }' >"$RUN_DIR/none.yaml"
	must "no rule binds anything" give_site "$RUN_DIR/none.yaml"
	agent_sweep
	daemon_sweep
	test_written
	finish
}

main "$@"

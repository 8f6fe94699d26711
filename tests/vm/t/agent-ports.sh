#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The agent on a machine of two ports, one without a cable: both are raised, without addresses, and told. The site's rules
# ask for neighbours, and a switch says who it is. No admin node is there: what the agent makes of one is in
# t/network-node.sh and unit/test_client.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/vm/lldp.sh
source "${BASH_SOURCE[0]%/*}/../lldp.sh"

MAC_0=52:54:00:fc:00:21 MAC_1=52:54:00:fc:00:22

# The agent is told by the kernel's command line whom to talk to: this one is of a machine that netbooted.
start_agent()
{
	vm_shell m 20 "printf 'fulcrum.server=192.0.2.1 fulcrum.listen fulcrum.key=%064d\n' 0 >/run/cmdline && mount --bind /run/cmdline /proc/cmdline &&
		{ setsid fulcrum-agent </dev/null >/run/agent.log 2>&1 & }"
}

# MAC WORD...: what the agent told of the port
told()
{
	local pattern="t=link who=agent text=*$1:*" word
	for word in "${@:2}"; do
		pattern+=" text=*$word*"
	done
	vm_wait_event m 60 "$pattern" "t=error"
}

main()
{
	local ports
	need_program socat
	vm_run_begin agent-ports
	vm_rescue m 768
	vm_nic_switch m "$MAC_0"
	vm_nic_switch m "$MAC_1"
	vm_start m
	vm_cable m net1 false
	check "the machine comes up" vm_shell_ready m 90
	check "its agent starts" start_agent
	check "and listens for switches, as the rules ask" vm_wait_event m 60 "t=link who=agent text=listening*" "t=error"
	check "one speaks" switch_speaks sw-rack-7 Gi1/0/7
	check "a port with a cable is told, and where it goes to" told "$MAC_0" sw-rack-7 Gi1/0/7
	check "and one without" told "$MAC_1" no
	ports=$(vm_shell m 20 'ip -o link; ip -o address')
	is "both are up, and answer for no other's address" "$(grep -c 'eth[01]: <.*NOARP.*UP' <<<"$ports")" 2
	is "neither has an address" "$(grep -c 'eth[01] *inet' <<<"$ports")" 0
	# shellcheck disable=SC2016  # for the machine's shell
	check "the agent goes on to the admin node" vm_shell m 60 \
		'for i in $(seq 40); do ! grep -q "waiting for the admin node" /run/agent.log || exit 0; sleep 1; done; cat /run/agent.log; exit 1'
	tap_end
}

main "$@"

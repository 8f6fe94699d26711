#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The agent on a machine of two ports, one without a cable: both are raised, without addresses, and told. The site's rules
# ask for neighbours, and a switch says who it is. No admin node is there: what the agent makes of one is in
# t/network-node.sh and unit/test_client.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

MAC_0=52:54:00:fc:00:21 MAC_1=52:54:00:fc:00:22

# The agent is told by the kernel's command line whom to talk to: this one is of a machine that netbooted.
start_agent()
{
	vm_shell m 20 "printf 'fulcrum.server=192.0.2.1 fulcrum.listen fulcrum.key=%064d\n' 0 >/run/cmdline && mount --bind /run/cmdline /proc/cmdline &&
		{ setsid fulcrum-agent </dev/null >/run/agent.log 2>&1 & }"
}

# TYPE TEXT: one TLV of LLDP (IEEE 802.1AB-2016, 8.4): seven bits of type, nine of length, as printf's escapes
tlv()
{
	local text=$2 hex
	hex=$(printf '%s' "$text" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')
	printf '\\x%02x\\x%02x%s' $(($1 << 1)) $((${#text} + ${3:-0})) "${4:-}$hex"
}

# What the switch of all ports of this test says of itself: chassis (7: locally assigned), port (5: interface name),
# time to live, the system's name.
switch_speaks()
{
	local frame
	frame='\x01\x80\xc2\x00\x00\x0e\x02\x00\x00\x00\x00\x01\x88\xcc'
	frame+=$(tlv 1 rack-7 1 '\x07')$(tlv 2 Gi1/0/7 1 '\x05')
	frame+='\x06\x02\x00\x78'$(tlv 5 sw-rack-7)'\x00\x00'
	# shellcheck disable=SC2059  # it is made of escapes
	printf "$frame" | socat -u - "UDP4-DATAGRAM:$SWITCH_GROUP:$SWITCH_PORT,ip-multicast-if=127.0.0.1,ip-multicast-loop=1"
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
	check "one speaks" switch_speaks
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

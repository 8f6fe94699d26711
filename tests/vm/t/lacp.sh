#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Link aggregation by LACP (IEEE 802.1AX) between two machines with two cables: each is the other's switch. Both ports carry
# one aggregate, which goes on over one of them, and takes the other back when its cable is there again.

# shellcheck source=tests/vm/netadmin.sh
source "${BASH_SOURCE[0]%/*}/../netadmin.sh"

# FILE LAST MAC MAC: a site file of a machine with both ports in one bond, whose address ends in LAST
lacp_site()
{
	site_head "$1"
	cat >>"$1" <<-END
		links:
		  pair:
		    bond: { mode: 802.3ad, nics: [ { mac: "$3" }, { mac: "$4" } ] }
		    mtu: 9000
		networks:
		  admin: { on: pair, subnet: 192.168.124.0/24, address: 192.168.124.$2, hosts: .81-.160, discovery: .21-.80 }
		  storage: { on: pair, vlan: 200, mtu: 9000, subnet: 10.20.0.0/16, address: 10.20.0.$2 }
	END
}

# NAME LAST DIGIT: the last of its address, the last but one of its ports' addresses
machine()
{
	local mac=52:54:00:fc:00
	vm_rescue "$1" 512
	# two cables from machine to machine; an aggregate wants to know how fast they are
	vm_nic_switch "$1" "$mac:${3}1" 0 speed=1000,duplex=full
	vm_nic_switch "$1" "$mac:${3}2" 1 speed=1000,duplex=full
	lacp_site "$RUN_DIR/$1.yaml" "$2" "$mac:${3}1" "$mac:${3}2"
}

# COUNT SECONDS: the ports that machine a's active aggregate has
ports()
{
	# shellcheck disable=SC2016  # for the guest's shell
	vm_shell a $(($2 + 10)) 'i=0; until grep -A4 "^Active Aggregator Info" /proc/net/bonding/pair | grep -q "Number of ports: '"$1"'$"; do
		i=$((i + 1)); [ $i -lt '$(($2 * VM_SLOW))' ] || { cat /proc/net/bonding/pair; exit 1; }; sleep 1; done'
}

main()
{
	local said
	vm_run_begin lacp
	machine a 10 0
	machine b 11 1
	vm_start a
	vm_start b
	prepare a "$RUN_DIR/a.yaml"
	prepare b "$RUN_DIR/b.yaml"
	said=$(vm_shell b 60 'fulcrumd setup; echo "setup: $?"')
	contains "one machine raises its network" "$said" "setup: 0"
	said=$(vm_shell a 60 'fulcrumd setup; echo "setup: $?"; fulcrum network show')
	note "$said"
	contains "so does the other" "$said" "setup: 0"
	check "both ports are one aggregate" ports 2 60
	said=$(vm_shell a 10 'cat /proc/net/bonding/pair')
	note "$said"
	contains "by LACP" "$said" "Bonding Mode: IEEE 802.3ad Dynamic link aggregation"
	contains "with the other machine" "$said" "Partner Mac Address: 52:54:00:fc:00:11"
	check "it answers" vm_shell a 30 'ping -c 1 -W 20 192.168.124.11'
	check "large packets pass the VLAN" vm_shell a 30 'ping -c 1 -W 20 -s 8900 10.20.0.11'
	# both ends of it
	vm_cable a net0 false
	vm_cable b net0 false
	check "a cable is pulled: one port carries on" ports 1 30
	check "over which it answers" vm_shell a 60 'ping -c 2 -W 40 192.168.124.11'
	vm_cable a net0 true
	vm_cable b net0 true
	check "the cable is back, and so is the port" ports 2 60
	check "it answers still" vm_shell a 60 'ping -c 2 -W 40 192.168.124.11'
	tap_end
}

main "$@"

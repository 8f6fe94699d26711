#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The admin node's network, between two machines that both raise theirs from a site file as an admin node's start does: two
# ports in an active-backup bond, an untagged network and a VLAN of large packets over it, a bridge, IPv4 and IPv6, and a
# third port with DHCP and SLAAC. A port that loses its link and gets it back late, a lease that comes with the cable, a
# change that goes back by itself, one that is confirmed. t/network-node.sh goes the whole way to a deployed node.

# shellcheck source=tests/vm/netadmin.sh
source "${BASH_SOURCE[0]%/*}/../netadmin.sh"

MAC_A0=52:54:00:fc:00:01 MAC_A1=52:54:00:fc:00:02 MAC_OFFICE=52:54:00:fc:01:01
MAC_B0=52:54:00:fc:00:11

# FILE LAST [STORAGE]: a site file of a machine with bond and VLAN, whose addresses end in LAST
bonded_site()
{
	site_head "$1"
	cat >>"$1" <<-END
		links:
		  pair:
		    bond: { mode: active-backup, nics: [ { mac: "$MAC_A0" }, { mac: "$MAC_A1" } ] }
		    mtu: 9000
		networks:
		  admin: { on: pair, subnet: 192.168.124.0/24, address: 192.168.124.$2, hosts: .81-.160, discovery: .21-.80 }
		  storage:
		    on: pair
		    vlan: 200
		    bridge: br-store
		    mtu: 9000
		    subnet: 10.20.0.0/16
		    address: ${3:-10.20.0.$2}
		    subnet6: fd00:20::/64
		    address6: fd00:20::$2
		    routes: [ { to: 10.30.0.0/16, via: 10.20.0.11 } ]
		  office: { nic: { mac: "$MAC_OFFICE" }, dhcp: true, ipv6: slaac }
	END
}

# FILE: the machine at the other end: one port, the same VLAN
single_site()
{
	site_head "$1"
	cat >>"$1" <<-END
		links: { only: { nic: { driver: virtio_net }, mtu: 9000 } }
		networks:
		  admin: { on: only, subnet: 192.168.124.0/24, address: 192.168.124.11, hosts: .81-.160, discovery: .21-.80 }
		  storage: { on: only, vlan: 200, mtu: 9000, subnet: 10.20.0.0/16, address: 10.20.0.11, subnet6: "fd00:20::/64", address6: "fd00:20::11" }
	END
}

# SECONDS COMMAND: until it succeeds in machine a
until_in_a()
{
	vm_shell a $(($1 + 10)) "i=0; until $2; do i=\$((i + 1)); [ \$i -lt $(($1 * VM_SLOW)) ] || exit 1; sleep 1; done"
}

test_raised()
{
	local said
	said=$(vm_shell a 60 'fulcrumd setup; echo "setup: $?"; fulcrum network show')
	note "$said"
	contains "a site file raises the network" "$said" "setup: 0"
	contains "which is shown" "$said" "storage: br-store, bridge of pair.200, VLAN 200 on pair, active-backup of"
	said=$(vm_shell b 60 'fulcrumd setup; echo "setup: $?"')
	contains "on the other machine, too" "$said" "setup: 0"
	said=$(vm_shell a 20 'ip -o address; cat /proc/net/bonding/pair; ip route; ip -6 route; ip -o link')
	note "$said"
	contains "the bond is one" "$said" "Bonding Mode: fault-tolerance (active-backup)"
	is "of two ports, by their names" "$(grep -c 'Slave Interface: enp' <<<"$said")" 2
	contains "the bridge has the address" "$said" "br-store    inet 10.20.0.10/16"
	contains "and the IPv6 address" "$said" "br-store    inet6 fd00:20::10/64"
	contains "the admin network's packets stay small" "$said" "192.168.124.0/24 dev pair scope link mtu 1500"
	contains "a further route is there" "$said" "10.30.0.0/16 via 10.20.0.11 dev br-store"
	check_fails "nobody made an IPv6 address up" grep -E "^[0-9]+: pair +inet6" <<<"$said"
	check_fails "nor a bond" grep -F "bond0" <<<"$said"
	check "the other machine answers" vm_shell a 30 'ping -c 1 -W 20 192.168.124.11'
	check "large packets pass the VLAN" vm_shell a 30 'ping -c 1 -W 20 -s 8900 10.20.0.11'
	check "by IPv6, too" vm_shell a 30 'ping -6 -c 1 -W 20 -s 8900 fd00:20::11'
	# shellcheck disable=SC2016  # for the guest's shell
	check "and none does without its tag" vm_shell b 30 'ip link set dev only.200 down 2>/dev/null; ip link set dev enp0s3.200 down 2>/dev/null; ! ping -c 1 -W 3 10.20.0.10; for d in /sys/class/net/*.200; do ip link set dev ${d##*/} up; done'
}

test_office()
{
	check "an address comes by DHCP" until_in_a 30 "ip -o -4 address | grep -F 10.0.2.15/24"
	check "and one from a router" until_in_a 40 "ip -o -6 address | grep -F fec0:"
}

test_links()
{
	check "the ports are watched" vm_shell a 10 'mkdir -p /run/fulcrum/s.network; printf "#!/bin/sh\nexec fulcrumd network watch >/run/watch.log 2>&1\n" >/run/fulcrum/s.network/run; chmod +x /run/fulcrum/s.network/run; ln -s /run/fulcrum/s.network /run/service/network'
	check "each link is told" vm_wait_event a 30 "t=link who=admin text=*$MAC_A0* text=*link*"
	vm_mark a
	vm_cable a net0 false
	check "one that is lost as well" vm_wait_event a 20 "t=link who=admin text=*$MAC_A0* text=*gone*"
	check "the other port carries on" vm_shell a 30 'ping -c 2 -W 20 10.20.0.11'
	check "it is waited for" vm_wait_event a 40 "t=link who=admin text=*$MAC_A0* text=*waiting*"
	vm_cable a net0 true
	check "until it comes, late" vm_wait_event a 20 "t=link who=admin text=*$MAC_A0* text=*after*"
	vm_cable a net2 false
	# shellcheck disable=SC2016  # for the guest's shell
	check "a cable is pulled, and its address goes" vm_shell a 20 'ip -4 address flush dev "$(grep -l '"$MAC_OFFICE"' /sys/class/net/enp*/address | cut -d/ -f5)"; kill -USR2 $(cat /run/fulcrum/udhcpc.*.pid); sleep 1; kill -USR1 $(cat /run/fulcrum/udhcpc.*.pid)'
	vm_cable a net2 true
	check "it is asked for again by itself when the cable is back" until_in_a 40 "ip -o -4 address | grep -F 10.0.2.15/24"
}

has_address()
{
	vm_shell a 10 "ip -o address show dev br-store | grep -F ' $1/16'" >/dev/null
}

test_change()
{
	local said
	bonded_site "$RUN_DIR/new.yaml" 10 10.20.0.12
	check "a new site file" vm_put a "$RUN_DIR/new.yaml" /tmp/new.yaml
	said=$(vm_shell a 20 'fulcrum network check /tmp/new.yaml')
	contains "what it would change is shown" "$said" "10.20.0.12/16"
	check "and nothing is done" has_address 10.20.0.10
	vm_mark a
	said=$(vm_shell a 120 'fulcrum network apply /tmp/new.yaml --timeout 10') || true
	contains "it is applied, and says what to do" "$said" "fulcrum network confirm"
	check "without a word it goes back" vm_wait_event a 90 "t=network who=admin text=reverted"
	check "to the old address" has_address 10.20.0.10
	check "over which the other machine is reached" vm_shell a 30 'ping -c 1 -W 20 10.20.0.11'
	said=$(vm_shell a 120 'fulcrum network apply /tmp/new.yaml --timeout 600 && fulcrum network confirm; echo "rc $?"') || true
	contains "another time it is confirmed" "$said" "rc 0"
	check "and stays" has_address 10.20.0.12
	check "it is what a start would raise" vm_shell a 10 'grep -F 10.20.0.12 /data/fulcrum/site.yaml && grep -F 10.20.0.12/16 /data/fulcrum/admin.json'
	check "large packets pass still" vm_shell a 30 'ping -c 1 -W 20 -s 8900 10.20.0.11'
}

main()
{
	vm_run_begin network
	vm_rescue a 512
	vm_nic_switch a "$MAC_A0"
	vm_nic_switch a "$MAC_A1"
	# the emulator's own network: its DHCP server and its router advertisements
	vm_args a -netdev "user,id=net2,restrict=on" -device "virtio-net-pci,netdev=net2,mac=$MAC_OFFICE,romfile="
	vm_rescue b 512
	vm_nic_switch b "$MAC_B0"
	bonded_site "$RUN_DIR/a.yaml" 10
	single_site "$RUN_DIR/b.yaml"
	vm_start a
	vm_start b
	prepare a "$RUN_DIR/a.yaml"
	prepare b "$RUN_DIR/b.yaml"
	test_raised
	test_office
	test_links
	test_change
	tap_end
}

main "$@"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The networks of a site from the stick to a deployed node: both machines have two ports in one active-backup bond, an
# untagged admin network over it and a VLAN of large packets, IPv4 and IPv6. Links come late while the admin node is
# installed, which asks for them; the node netboots over one port of its bond, and is deployed with the same networks,
# by conditions that only ports that are up can meet.
# What the admin node's network does by itself is in t/network.sh.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

MAC_A0=52:54:00:fc:00:01 MAC_A1=52:54:00:fc:00:02 MAC_OFFICE=52:54:00:fc:01:01
MAC_N0=52:54:00:fc:00:11 MAC_N1=52:54:00:fc:00:12
STORAGE_NODE=10.20.1.1 STORAGE_NODE6=fd00:20::a14:101

# FILE: the site file
site_file()
{
	cat >"$1" <<-END
		fulcrum: 1
		site: lab-net
		admin:
		  name: admin.lab.example
		  disk: { bus: virtio }
		  unattended: true
		  access: { ssh_keys: [ "$(<"$RUN_DIR/id_ed25519.pub")" ] }
		links:
		  pair:
		    bond: { mode: active-backup, nics: [ { mac: "$MAC_A0", link: up }, { mac: "$MAC_A1", link: up } ] }
		    mtu: 9000
		networks:
		  admin: { on: pair, subnet: 192.168.124.0/24, address: 192.168.124.10, hosts: .81-.160, discovery: .21-.80 }
		  storage:
		    on: pair
		    vlan: 200
		    mtu: 9000
		    subnet: 10.20.0.0/16
		    address: 10.20.0.10
		    hosts: .1.1-.1.200
		    subnet6: fd00:20::/64
		    address6: fd00:20::10
		  office: { nic: { mac: "$MAC_OFFICE" }, dhcp: true, ipv6: slaac }
		profiles:
		  server:
		    image: debian-13
		    disks: { system: { bus: virtio } }
		    layout: [ { esp: 256M }, { root: { fs: ext4, size: rest } } ]
		    packages: [ openssh-server ]
		    networks: [ admin, storage ]
		    links: { pair: { bond: { mode: active-backup, nics: [ { driver: virtio_net, link: up, count: 2 } ] }, mtu: 9000 } }
		rules: [ { when: {}, bind: { profile: server, name: "node-{seq}" } } ]
		policy: { approve: auto }
	END
}

machines()
{
	SSH_PORT=$(free_port)
	vm_ssh_config
	vm_new admin "$LINE_ADMIN_MB"
	vm_identity admin 7d1f6f5e-0c3b-4a53-9f0e-52540000fc01 QEMU-0000
	vm_medium admin "$ISO" usb
	vm_nic_switch admin "$MAC_A0"
	vm_nic_switch admin "$MAC_A1"
	# the emulator's own network: its DHCP server and its router advertisements
	vm_args admin -netdev "user,id=net2,restrict=on,hostfwd=tcp:127.0.0.1:$SSH_PORT-10.0.2.15:22" \
		-device "virtio-net-pci,netdev=net2,mac=$MAC_OFFICE,romfile="
	vm_disk admin virtio "$LINE_ADMIN_SERIAL" "$LINE_ADMIN_DISK"
	site_file "$RUN_DIR/site.yaml"
	line_give_site admin
	vm_boot_order admin disk0 stick

	vm_new node "$LINE_NODE_MB"
	vm_identity node 7d1f6f5e-0c3b-4a53-9f0e-52540000fc11 QEMU-0001
	vm_disk node virtio "$LINE_NODE_SERIAL" "$LINE_NODE_DISK"
	vm_nic_switch node "$MAC_N0"
	vm_nic_switch node "$MAC_N1"
	vm_boot_order node net0 disk0
}

# Both ports of the bond have no link until the installer has said that it waits for them.
late_links()
{
	vm_wait_event admin 120 "t=link who=install text=*$MAC_A1* text=*waiting*" "${install_stop[@]}" || return 1
	vm_cable admin net0 true
	vm_cable admin net1 true
	vm_wait_event admin 30 "t=link who=install text=*$MAC_A1* text=*after*" "${install_stop[@]}"
}

install_admin()
{
	vm_mark admin
	vm_start admin
	vm_cable admin net0 false
	vm_cable admin net1 false
	late_links || return 1
	vm_wait_event admin 420 "t=stage who=install stage=done" "${install_stop[@]}" || return 1
	clock
	T_INSTALLED=$NOW_MS
	line_admin_services
}

on_admin()
{
	vm_ssh_admin "$@"
}

on_node()
{
	vm_ssh_node 192.168.124.81 "$@"
}

# NAME MAC: the agent has told that the port has a link
linked()
{
	# It was said at some time since the machine was started: before the mark of what is waited for now.
	grep -F "\"t\":\"link\",\"who\":\"agent\"" "$RUN_DIR/$1/events" | grep -F "$2: link" >/dev/null
}

test_admin()
{
	local said
	said=$(on_admin 'fulcrum network show; ip -o address; ip -d link show pair; cat /proc/net/bonding/pair; ip route; ip -6 route')
	note "$said"
	contains "the bond is one" "$said" "Bonding Mode: fault-tolerance (active-backup)"
	contains "with the one port" "$said" "Slave Interface: enp"
	is "and the other" "$(grep -c 'Slave Interface' <<<"$said")" 2
	contains "the VLAN has its address" "$said" "inet 10.20.0.10/16"
	contains "and its IPv6 address" "$said" "inet6 fd00:20::10/64"
	contains "the office's server gave one" "$said" "inet 10.0.2.15/24"
	contains "its router advertised one" "$said" "inet6 fec0::"
	contains "the admin network's packets stay small" "$said" "192.168.124.0/24 dev pair scope link mtu 1500"
	contains "networks are shown" "$said" "storage: pair.200, VLAN 200 on pair, active-backup of"
	check_fails "nobody else is offered IPv6" grep -E "^[0-9]+: pair +inet6" <<<"$said"
}

test_node()
{
	local said
	said=$(on_node 'ip -o address; cat /proc/net/bonding/pair; ls /sys/class/net; ip -d link show pair.200; cat /etc/systemd/network/*.link')
	note "$said"
	contains "the deployed node's bond is one" "$said" "Bonding Mode: fault-tolerance (active-backup)"
	is "of both its ports" "$(grep -c 'Slave Interface' <<<"$said")" 2
	contains "its VLAN has its address" "$said" "inet $STORAGE_NODE/16"
	contains "and its IPv6 address" "$said" "inet6 $STORAGE_NODE6/64"
	contains "and its size" "$said" "mtu 9000"
	# shellcheck disable=SC2016  # for the node's shell
	is "its ports are called as the plan says" \
		"$(on_node 'for n in $(grep -h ^Name= /etc/systemd/network/*.link | cut -d= -f2); do cat /sys/class/net/$n/address; done' | wc -l)" 2
	check "large packets pass, whole" on_node ping -c 1 -W 10 -M "do" -s 8900 10.20.0.10
	check "by IPv6, too" on_node ping -6 -c 1 -W 10 -M "do" -s 8900 fd00:20::10
	check "the admin network answers" on_node ping -c 1 -W 10 192.168.124.10
	check_fails "and takes no large ones" on_node ping -c 1 -W 5 -M "do" -s 8900 192.168.124.10
	contains "the node's addresses are on record" "$(on_admin fulcrum node plan node-1)" "$STORAGE_NODE/16"
}

main()
{
	vm_run_begin network-node
	machines
	must "links that come late are waited for, and the admin node comes up" install_admin
	test_admin
	must "the node is discovered" line_node_discover
	check "with a link at the port that it did not boot from" linked node "$MAC_N1"
	must "and deployed" line_node_deploy "$EVENT_MS"
	test_node
	tap_end
}

main "$@"

@SITE tests/net/lacp.yaml
@MACHINE tests/machines/four-nics.json
@KIND server
@EXPECT
admin: enp5s0 (52:54:00:aa:cc:00, now eth0): 192.168.124.83/24, default by 192.168.124.1
public: enp5s0f1.7, VLAN 7 on enp5s0f1 (52:54:00:aa:cc:01, now eth1): DHCP, SLAAC
storage: br-storage, bridge of enp5s0f1.200, VLAN 200 on enp5s0f1 (52:54:00:aa:cc:01, now eth1): 10.20.1.3/16, fd00:20::a14:103/64, default by fe80::1, 10.30.0.0/16 by 10.20.0.1, fd00:30::/64 by fd00:20::1, MTU 9000
--- etc/systemd/network/10-fulcrum-enp5s0.link
[Match]
PermanentMACAddress=52:54:00:aa:cc:00

[Link]
Name=enp5s0
--- etc/systemd/network/10-fulcrum-enp5s0.network
[Match]
PermanentMACAddress=52:54:00:aa:cc:00

[Network]
Address=192.168.124.83/24
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=no
LLMNR=no
MulticastDNS=no
Gateway=192.168.124.1
--- etc/systemd/network/10-fulcrum-enp5s0f1.link
[Match]
PermanentMACAddress=52:54:00:aa:cc:01

[Link]
Name=enp5s0f1
--- etc/systemd/network/10-fulcrum-enp5s0f1.network
[Match]
PermanentMACAddress=52:54:00:aa:cc:01

[Link]
MTUBytes=9000
RequiredForOnline=no

[Network]
VLAN=enp5s0f1.200
VLAN=enp5s0f1.7
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=no
LLMNR=no
MulticastDNS=no
--- etc/systemd/network/10-fulcrum-enp5s0f1.200.netdev
[NetDev]
Name=enp5s0f1.200
Kind=vlan
MTUBytes=9000

[VLAN]
Id=200
--- etc/systemd/network/10-fulcrum-enp5s0f1.200.network
[Match]
Name=enp5s0f1.200

[Link]
MTUBytes=9000
RequiredForOnline=no

[Network]
Bridge=br-storage
LinkLocalAddressing=no
LLMNR=no
MulticastDNS=no
--- etc/systemd/network/10-fulcrum-enp5s0f1.7.netdev
[NetDev]
Name=enp5s0f1.7
Kind=vlan

[VLAN]
Id=7
--- etc/systemd/network/10-fulcrum-enp5s0f1.7.network
[Match]
Name=enp5s0f1.7

[Link]
RequiredForOnline=no

[Network]
DHCP=ipv4
IPv6AcceptRA=yes
LinkLocalAddressing=ipv6
LLMNR=no
MulticastDNS=no

[DHCPv4]
UseDNS=no
UseNTP=no
UseHostname=no
--- etc/systemd/network/10-fulcrum-br-storage.netdev
[NetDev]
Name=br-storage
Kind=bridge
MACAddress=52:54:00:aa:cc:01
MTUBytes=9000

[Bridge]
STP=no
ForwardDelaySec=0
--- etc/systemd/network/10-fulcrum-br-storage.network
[Match]
Name=br-storage

[Link]
MTUBytes=9000
RequiredForOnline=no

[Network]
Address=10.20.1.3/16
Address=fd00:20::a14:103/64
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=ipv6
LLMNR=no
MulticastDNS=no
Gateway=fe80::1

[Route]
Destination=10.30.0.0/16
Gateway=10.20.0.1

[Route]
Destination=fd00:30::/64
Gateway=fd00:20::1

@SITE tests/sites/example-two-networks.yaml
@MACHINE tests/machines/four-nics.json
@KIND storage
@EXPECT
admin: pair, active-backup of enp5s0 (52:54:00:aa:cc:00, now eth0) and enp5s0f1 (52:54:00:aa:cc:01, now eth1): 192.168.124.83/24, MTU 1500
storage: pair.200, VLAN 200 on pair, active-backup of enp5s0 (52:54:00:aa:cc:00, now eth0) and enp5s0f1 (52:54:00:aa:cc:01, now eth1): 10.20.1.3/16, fd00:20::a14:103/64, 10.30.0.0/16 by 10.20.0.1, MTU 9000
--- etc/systemd/network/10-fulcrum-enp5s0.link
[Match]
PermanentMACAddress=52:54:00:aa:cc:00

[Link]
Name=enp5s0
--- etc/systemd/network/10-fulcrum-enp5s0.network
[Match]
PermanentMACAddress=52:54:00:aa:cc:00

[Link]
MTUBytes=9000
RequiredForOnline=no

[Network]
Bond=pair
LinkLocalAddressing=no
LLMNR=no
MulticastDNS=no
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
Bond=pair
LinkLocalAddressing=no
LLMNR=no
MulticastDNS=no
--- etc/systemd/network/10-fulcrum-pair.netdev
[NetDev]
Name=pair
Kind=bond
MACAddress=52:54:00:aa:cc:00
MTUBytes=9000

[Bond]
Mode=active-backup
MIIMonitorSec=100ms
--- etc/systemd/network/10-fulcrum-pair.network
[Match]
Name=pair

[Link]
MTUBytes=9000

[Network]
VLAN=pair.200
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=no
LLMNR=no
MulticastDNS=no

[Address]
Address=192.168.124.83/24
AddPrefixRoute=no

[Route]
Destination=192.168.124.0/24
Scope=link
MTUBytes=1500
--- etc/systemd/network/10-fulcrum-pair.200.netdev
[NetDev]
Name=pair.200
Kind=vlan
MTUBytes=9000

[VLAN]
Id=200
--- etc/systemd/network/10-fulcrum-pair.200.network
[Match]
Name=pair.200

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

[Route]
Destination=10.30.0.0/16
Gateway=10.20.0.1

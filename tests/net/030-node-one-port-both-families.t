@SITE tests/sites/example-lab-thirty.yaml
@MACHINE tests/machines/lab-seat.json
@KIND seat
@EXPECT
admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.30.103/24, fd00:30::c0a8:1e67/64
--- etc/systemd/network/10-fulcrum-enp0s3.link
[Match]
PermanentMACAddress=52:54:00:aa:bb:01

[Link]
Name=enp0s3
--- etc/systemd/network/10-fulcrum-enp0s3.network
[Match]
PermanentMACAddress=52:54:00:aa:bb:01

[Network]
Address=192.168.30.103/24
Address=fd00:30::c0a8:1e67/64
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=ipv6
LLMNR=no
MulticastDNS=no

@SITE tests/sites/example-two-networks.yaml
@MACHINE tests/machines/four-nics.json
@KIND admin
@EXPECT
public: enp3s0 (52:54:00:aa:cc:02, now eth2): DHCP, SLAAC
admin: pair, active-backup of enp5s0 (52:54:00:aa:cc:00, now eth0) and enp5s0f1 (52:54:00:aa:cc:01, now eth1): 192.168.124.10/24, MTU 1500
storage: pair.200, VLAN 200 on pair, active-backup of enp5s0 (52:54:00:aa:cc:00, now eth0) and enp5s0f1 (52:54:00:aa:cc:01, now eth1): 10.20.0.10/16, fd00:20::10/64, 10.30.0.0/16 by 10.20.0.1, MTU 9000
--- up
ip link add name pair address 52:54:00:aa:cc:00 type bond mode active-backup miimon 100
ip link set dev enp5s0 down
ip link set dev enp5s0 master pair
ip link set dev enp5s0f1 down
ip link set dev enp5s0f1 master pair
ip link add link pair name pair.200 type vlan id 200
ip link set dev enp5s0 mtu 9000
ip link set dev enp5s0 addrgenmode none
sysctl -q -e -w net/ipv6/conf/enp5s0/accept_ra=0
ip link set dev enp5s0 up
ip link set dev enp5s0f1 mtu 9000
ip link set dev enp5s0f1 addrgenmode none
sysctl -q -e -w net/ipv6/conf/enp5s0f1/accept_ra=0
ip link set dev enp5s0f1 up
sysctl -q -e -w net/ipv6/conf/enp3s0/accept_ra=1
ip link set dev enp3s0 up
ip link set dev pair mtu 9000
ip link set dev pair addrgenmode none
sysctl -q -e -w net/ipv6/conf/pair/accept_ra=0
ip link set dev pair up
ip link set dev pair.200 mtu 9000
sysctl -q -e -w net/ipv6/conf/pair.200/accept_ra=0
ip link set dev pair.200 up
ip address replace 192.168.124.10/24 dev pair noprefixroute
ip address replace 10.20.0.10/16 dev pair.200
ip address replace fd00:20::10/64 dev pair.200 nodad
ip route replace 192.168.124.0/24 dev pair mtu 1500
ip route replace 10.30.0.0/16 via 10.20.0.1 dev pair.200
udhcpc -b -S -t 2 -T 1 -A 5 -i enp3s0 -p /run/fulcrum/udhcpc.enp3s0.pid -s /usr/share/udhcpc/network.script
--- down
ip link delete dev pair.200
ip link delete dev pair
stop /run/fulcrum/udhcpc.enp3s0.pid
ip link set dev enp3s0 down
ip address flush dev enp3s0
ip link set dev enp3s0 mtu 1500
ip link set dev enp3s0 addrgenmode eui64
ip link set dev enp5s0f1 down
ip address flush dev enp5s0f1
ip link set dev enp5s0f1 mtu 1500
ip link set dev enp5s0f1 addrgenmode eui64
ip link set dev enp5s0 down
ip address flush dev enp5s0
ip link set dev enp5s0 mtu 1500
ip link set dev enp5s0 addrgenmode eui64

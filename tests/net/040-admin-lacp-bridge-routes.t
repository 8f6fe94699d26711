@SITE tests/net/lacp.yaml
@MACHINE tests/machines/four-nics.json
@KIND admin
@EXPECT
bmc: fast, 802.3ad of enp5s0 (52:54:00:aa:cc:00, now eth0) and enp5s0f1 (52:54:00:aa:cc:01, now eth1): 10.40.0.10/24, MTU 1500
admin: enp3s0.5, VLAN 5 on enp3s0 (52:54:00:aa:cc:02, now eth2): 192.168.124.10/24, default by 192.168.124.1
public: fast.7, VLAN 7 on fast, 802.3ad of enp5s0 (52:54:00:aa:cc:00, now eth0) and enp5s0f1 (52:54:00:aa:cc:01, now eth1): DHCP, SLAAC
storage: br-storage, bridge of fast.200, VLAN 200 on fast, 802.3ad of enp5s0 (52:54:00:aa:cc:00, now eth0) and enp5s0f1 (52:54:00:aa:cc:01, now eth1): 10.20.0.10/16, fd00:20::10/64, default by fe80::1, 10.30.0.0/16 by 10.20.0.1, fd00:30::/64 by fd00:20::1, MTU 9000
--- up
ip link add name fast address 52:54:00:aa:cc:00 type bond mode 802.3ad miimon 100 xmit_hash_policy layer3+4 lacp_rate fast
ip link set dev enp5s0 down
ip link set dev enp5s0 master fast
ip link set dev enp5s0f1 down
ip link set dev enp5s0f1 master fast
ip link add link enp3s0 name enp3s0.5 type vlan id 5
ip link add link fast name fast.200 type vlan id 200
ip link add link fast name fast.7 type vlan id 7
ip link add name br-storage address 52:54:00:aa:cc:00 type bridge stp_state 0 forward_delay 0
ip link set dev fast.200 master br-storage
ip link set dev enp3s0 addrgenmode none
sysctl -q -e -w net/ipv6/conf/enp3s0/accept_ra=0
ip link set dev enp3s0 up
ip link set dev enp5s0 mtu 9000
ip link set dev enp5s0 addrgenmode none
sysctl -q -e -w net/ipv6/conf/enp5s0/accept_ra=0
ip link set dev enp5s0 up
ip link set dev enp5s0f1 mtu 9000
ip link set dev enp5s0f1 addrgenmode none
sysctl -q -e -w net/ipv6/conf/enp5s0f1/accept_ra=0
ip link set dev enp5s0f1 up
ip link set dev fast mtu 9000
ip link set dev fast addrgenmode none
sysctl -q -e -w net/ipv6/conf/fast/accept_ra=0
ip link set dev fast up
ip link set dev enp3s0.5 addrgenmode none
sysctl -q -e -w net/ipv6/conf/enp3s0.5/accept_ra=0
ip link set dev enp3s0.5 up
ip link set dev fast.200 mtu 9000
ip link set dev fast.200 addrgenmode none
sysctl -q -e -w net/ipv6/conf/fast.200/accept_ra=0
ip link set dev fast.200 up
sysctl -q -e -w net/ipv6/conf/fast.7/accept_ra=1
ip link set dev fast.7 up
ip link set dev br-storage mtu 9000
sysctl -q -e -w net/ipv6/conf/br-storage/accept_ra=0
ip link set dev br-storage up
ip address replace 10.40.0.10/24 dev fast noprefixroute
ip address replace 192.168.124.10/24 dev enp3s0.5
ip address replace 10.20.0.10/16 dev br-storage
ip address replace fd00:20::10/64 dev br-storage nodad
ip route replace 10.40.0.0/24 dev fast mtu 1500
ip route replace default via 192.168.124.1 dev enp3s0.5
ip route replace default via fe80::1 dev br-storage
ip route replace 10.30.0.0/16 via 10.20.0.1 dev br-storage
ip route replace fd00:30::/64 via fd00:20::1 dev br-storage
udhcpc -b -S -t 2 -T 1 -A 5 -i fast.7 -p /run/fulcrum/udhcpc.fast.7.pid -s /usr/share/udhcpc/network.script
--- down
ip link delete dev br-storage
stop /run/fulcrum/udhcpc.fast.7.pid
ip link delete dev fast.7
ip link delete dev fast.200
ip link delete dev enp3s0.5
ip link delete dev fast
ip link set dev enp5s0f1 down
ip address flush dev enp5s0f1
ip link set dev enp5s0f1 mtu 1500
ip link set dev enp5s0f1 addrgenmode eui64
ip link set dev enp5s0 down
ip address flush dev enp5s0
ip link set dev enp5s0 mtu 1500
ip link set dev enp5s0 addrgenmode eui64
ip link set dev enp3s0 down
ip address flush dev enp3s0
ip link set dev enp3s0 mtu 1500
ip link set dev enp3s0 addrgenmode eui64

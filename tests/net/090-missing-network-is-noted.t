@SITE tests/sites/lab.yaml
@MACHINE tests/machines/one-nvme.json
@KIND admin
@EXPECT
admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.10/24
note: network office is not configured: site.yaml:20:10: networks.office.nic: no port matches, exactly 1 is needed
--- up
ip link set dev enp0s3 addrgenmode none
sysctl -q -e -w net/ipv6/conf/enp0s3/accept_ra=0
ip link set dev enp0s3 up
ip address replace 192.168.124.10/24 dev enp0s3
--- down
ip link set dev enp0s3 down
ip address flush dev enp0s3
ip link set dev enp0s3 mtu 1500
ip link set dev enp0s3 addrgenmode eui64

@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND mirror
@AFTER mirror
@EXPECT
plan 1164eb96  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile mirror
disk system.0 -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, the only 2 that match of 6
disk system.1 -> sdb  SSD-0002  224 GiB  Example SSD
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
nothing to do: the machine is as wanted

@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND partition
@AFTER partition
@EXPECT
plan 1d7a0965  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile partition
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  sdb not taken: the tie-break chose another (SSD-0002, 224 GiB)
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
nothing to do: the machine is as wanted

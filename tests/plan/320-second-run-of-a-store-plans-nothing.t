@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND store
@AFTER store
@EXPECT
plan ad08824d  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile store
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
disk data.0 -> sdc  HDD-0001  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
disk data.1 -> sdd  HDD-0002  3.6 TiB  Example HDD
disk data.2 -> sde  HDD-0003  3.6 TiB  Example HDD
disk data.3 -> sdf  HDD-0004  3.6 TiB  Example HDD
  sdb not taken: system: the tie-break chose another; data: not rotational,
      wanted rotational (SSD-0002, 224 GiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
nothing to do: the machine is as wanted

@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND partition
@AFTER partition
@AGAIN
@COMPARED 405 405 0 0
@EXPECT
plan 1447edbb  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile partition
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  KEEPS     xfs srv on /srv 112 GiB  (partition 3 fulcrum-srv)
  DESTROYS  vfat 512 MiB  (partition 1 fulcrum-esp)
  DESTROYS  ext4 20 GiB  (partition 2 fulcrum-root)
  DESTROYS  swap 2.0 GiB  (partition 4 fulcrum-swap)
  DESTROYS  ext4 89 GiB  (partition 5 fulcrum-scratch)
  consent: own earlier deployment
  sdb not taken: the tie-break chose another (SSD-0002, 224 GiB)
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
     -- from step 1 on the old content is gone --
   1 table     gpt: esp 512 MiB, root 20 GiB, srv 112 GiB, swap 2.0 GiB, scratch
               89 GiB; all stay where they are
   2 mkfs      vfat on partition 1, fulcrum-esp
   3 mkfs      swap on partition 4, fulcrum-swap
   4 mkfs      ext4 on partition 5, fulcrum-scratch
   5 image     debian-13@20261122T0000Z, 0 of 405 chunks differ: 0 B to fetch, 0
               B to write
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
   8 commit    mark the install as finished: disk GUID
               65542611-b346-8011-a89e-a6854ee6074b

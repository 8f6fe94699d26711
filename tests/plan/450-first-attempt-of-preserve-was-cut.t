@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND partition
@AFTER partition
@CUT 3
@EXPECT
plan eab6a5d5  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile partition
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  DESTROYS  vfat 512 MiB  (partition 1 fulcrum-esp)
  DESTROYS  unknown content 20 GiB  (partition 2 fulcrum-root)
  DESTROYS  unknown content 112 GiB  (partition 3 fulcrum-srv)
  DESTROYS  unknown content 2.0 GiB  (partition 4 fulcrum-swap)
  DESTROYS  unknown content 89 GiB  (partition 5 fulcrum-scratch)
  consent: own unfinished attempt, cut in step mkfs:fulcrum-srv
  sdb not taken: the tie-break chose another (SSD-0002, 224 GiB)
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
note: nothing to keep was found for srv: it is made new
     -- from step 1 on the old content is gone --
   1 clear     wipe 5 things listed above from sda
   2 table     gpt: esp 512 MiB, root 20 GiB, srv 112 GiB, swap 2.0 GiB, scratch
               89 GiB
   3 mkfs      vfat on partition 1, fulcrum-esp
   4 mkfs      xfs on partition 3, fulcrum-srv
   5 mkfs      swap on partition 4, fulcrum-swap
   6 mkfs      ext4 on partition 5, fulcrum-scratch
   7 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   8 identity  name node-1, address 192.168.124.81/24, keys, ids
   9 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
  10 commit    mark the install as finished: disk GUID
               65542611-b346-8011-a89e-a6854ee6074b

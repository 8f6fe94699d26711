@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND store
@AFTER store
@AGAIN
@EXPECT
plan 756849a1  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile store
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  DESTROYS  unknown content 1.0 MiB  (partition 1 fulcrum-bios)
  DESTROYS  vfat 512 MiB  (partition 2 fulcrum-esp)
  DESTROYS  ext4 30 GiB  (partition 3 fulcrum-root)
  DESTROYS  ext4 193 GiB  (partition 4 fulcrum-log)
  consent: own earlier deployment
disk data.0 -> sdc  HDD-0001  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
  KEEPS     xfs store on /store  (in big)
  destroys nothing
disk data.1 -> sdd  HDD-0002  3.6 TiB  Example HDD
  KEEPS     xfs store on /store  (in big)
  destroys nothing
disk data.2 -> sde  HDD-0003  3.6 TiB  Example HDD
  KEEPS     xfs store on /store  (in big)
  destroys nothing
disk data.3 -> sdf  HDD-0004  3.6 TiB  Example HDD
  KEEPS     xfs store on /store  (in big)
  destroys nothing
  sdb not taken: system: the tie-break chose another; data: not rotational,
      wanted rotational (SSD-0002, 224 GiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
     -- from step 1 on the old content is gone --
   1 clear     wipe 4 things listed above from sda
   2 table     gpt on sda: bios 1.0 MiB, esp 512 MiB, root 30 GiB, log 193 GiB
   3 mkfs      vfat on partition 2 of sda, fulcrum-esp
   4 mkfs      ext4 on partition 4 of sda, fulcrum-log
   5 raid      big, as it is, from 4 partitions
   6 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   7 identity  name node-1, address 192.168.124.81/24, keys, ids
   8 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; firmware entry "Fulcrum node-1", after those of the network
   9 commit    mark the install as finished: disk GUID
               d4567e85-71e8-895a-9d92-7e70bc2532b2

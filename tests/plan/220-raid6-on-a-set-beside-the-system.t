@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND store
@EXPECT
plan c8a93599  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile store
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  destroys nothing: the disk is blank
disk data.0 -> sdc  HDD-0001  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
  destroys nothing: the disk is blank
disk data.1 -> sdd  HDD-0002  3.6 TiB  Example HDD
  destroys nothing: the disk is blank
disk data.2 -> sde  HDD-0003  3.6 TiB  Example HDD
  destroys nothing: the disk is blank
disk data.3 -> sdf  HDD-0004  3.6 TiB  Example HDD
  destroys nothing: the disk is blank
  sdb not taken: system: the tie-break chose another; data: not rotational,
      wanted rotational (SSD-0002, 224 GiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
note: nothing to keep was found for store: it is made new
   1 clear     both ends of sda, to be sure
   2 clear     both ends of sdc, to be sure
   3 clear     both ends of sdd, to be sure
   4 clear     both ends of sde, to be sure
   5 clear     both ends of sdf, to be sure
   6 table     gpt on sda: bios 1.0 MiB, esp 512 MiB, root 30 GiB, log 193 GiB
   7 table     gpt on sdc: big 3.6 TiB
   8 table     gpt on sdd: big 3.6 TiB
   9 table     gpt on sde: big 3.6 TiB
  10 table     gpt on sdf: big 3.6 TiB
  11 mkfs      vfat on partition 2 of sda, fulcrum-esp
  12 mkfs      ext4 on partition 4 of sda, fulcrum-log
  13 raid      big: level 6 over 4 partitions, 7.3 TiB
  14 mkfs      xfs on big, fulcrum-store
  15 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
  16 identity  name node-1, address 192.168.124.81/24, keys, ids
  17 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; firmware entry "Fulcrum node-1", after those of the network
  18 commit    mark the install as finished: disk GUID
               d4567e85-71e8-895a-9d92-7e70bc2532b2

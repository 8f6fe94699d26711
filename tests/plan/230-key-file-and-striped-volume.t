@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND keys
@EXPECT
plan 581eaf58  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile keys
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  destroys nothing: the disk is blank
disk data.0 -> sdc  HDD-0001  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
  destroys nothing: the disk is blank
disk data.1 -> sdd  HDD-0002  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
  destroys nothing: the disk is blank
disk data.2 -> sde  HDD-0003  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
  destroys nothing: the disk is blank
disk data.3 -> sdf  HDD-0004  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
  destroys nothing: the disk is blank
  sdb not taken: system: the tie-break chose another; data: not rotational,
      wanted rotational (SSD-0002, 224 GiB)
note: the key file of safe lies on the root file system, which is not encrypted
   1 clear     both ends of sda, to be sure
   2 clear     both ends of sdc, to be sure
   3 clear     both ends of sdd, to be sure
   4 clear     both ends of sde, to be sure
   5 clear     both ends of sdf, to be sure
   6 table     gpt on sda: esp 512 MiB, root 40 GiB, safe 50 GiB
   7 table     gpt on sdc: vg1 1.8 TiB
   8 table     gpt on sdd: vg1 1.8 TiB
   9 table     gpt on sde: vg1 1.8 TiB
  10 table     gpt on sdf: vg1 1.8 TiB
  11 mkfs      vfat on partition 1 of sda, fulcrum-esp
  12 crypt     safe on partition 3 of sda, LUKS2, key file
  13 mkfs      ext4 on safe, fulcrum-safe-data
  14 group     vg1 on 4 partitions, 7.3 TiB
  15 volume    vg1/fast over 4 stripes, 2.0 TiB
  16 mkfs      ext4 on volume vg1/fast, fulcrum-fast
  17 volume    vg1/slow, 1.0 TiB
  18 mkfs      ext4 on volume vg1/slow, fulcrum-slow
  19 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
  20 identity  name node-1, address 192.168.124.81/24, keys, ids
  21 boot      UEFI removable path on the ESP, signed shim and GRUB
  22 commit    mark the install as finished: disk GUID
               b9a3ece1-4491-8966-8172-defddd1a2ee9

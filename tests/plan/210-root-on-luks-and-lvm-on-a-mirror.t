@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND vault
@EXPECT
plan 2df034c9  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile vault
disk system.0 -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, the only 2 that match of 6
  destroys nothing: the disk is blank
disk system.1 -> sdb  SSD-0002  224 GiB  Example SSD
  because: not rotational, the only 2 that match of 6
  destroys nothing: the disk is blank
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
note: volumes of pool thin promise 200 GiB, it has 111 GiB
   1 clear     both ends of sda, to be sure
   2 clear     both ends of sdb, to be sure
   3 table     gpt on sda: esp 512 MiB, md-boot 1.0 GiB, md-main 222 GiB
   4 table     gpt on sdb: esp 512 MiB, md-boot 1.0 GiB, md-main 222 GiB
   5 mkfs      vfat on partition 1 of sda, fulcrum-esp
   6 mkfs      vfat on partition 1 of sdb, fulcrum-esp
   7 raid      md-boot: level 1 over 2 partitions, 1018 MiB
   8 mkfs      ext4 on md-boot, fulcrum-boot
   9 raid      md-main: level 1 over 2 partitions, 222 GiB
  10 crypt     secret on md-main, LUKS2, passphrase
  11 group     vg-0 on secret, 222 GiB
  12 volume    vg-0/root, 20 GiB
  13 volume    vg-0/swap, 2.0 GiB
  14 mkfs      swap on volume vg-0/swap, fulcrum-swap
  15 volume    vg-0/thin, thin pool, 111 GiB
  16 volume    vg-0/srv, 89 GiB, all that is free
  17 mkfs      ext4 on volume vg-0/srv, fulcrum-srv
  18 volume    vg-0/home in pool thin, 200 GiB
  19 mkfs      xfs on volume vg-0/home, fulcrum-home
  20 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
  21 identity  name node-1, address 192.168.124.81/24, keys, ids
  22 boot      UEFI removable path on 2 ESPs, signed shim and GRUB
  23 commit    mark the install as finished: disk GUID
               12023e23-fc4a-8c6d-b585-504f15ac89ca

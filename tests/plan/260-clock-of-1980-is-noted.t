@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store-1980.json
@KIND mirror
@EXPECT
plan 2b1c074d  node-1  (serial STORE-0002, 2 CPUs, 16 GiB)
profile mirror
disk system.0 -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, the only 2 that match of 6
  destroys nothing: the disk is blank
disk system.1 -> sdb  SSD-0002  224 GiB  Example SSD
  destroys nothing: the disk is blank
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
note: its clock says 1980-01-04: times in its logs will be wrong until it is set
   1 clear     both ends of sda, to be sure
   2 clear     both ends of sdb, to be sure
   3 table     gpt on sda: bios 1.0 MiB, esp 512 MiB, md-root 223 GiB
   4 table     gpt on sdb: bios 1.0 MiB, esp 512 MiB, md-root 223 GiB
   5 mkfs      vfat on partition 2 of sda, fulcrum-esp
   6 mkfs      vfat on partition 2 of sdb, fulcrum-esp
   7 raid      md-root: level 1 over 2 partitions, 223 GiB
   8 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   9 identity  name node-1, address 192.168.124.81/24, keys, ids
  10 boot      UEFI removable path on 2 ESPs, signed shim and GRUB; BIOS on sda,
               sdb; firmware entry "Fulcrum node-1", after those of the network
  11 commit    mark the install as finished: disk GUID
               4f7aad6f-6fb6-8d03-b161-288f1a5ec189

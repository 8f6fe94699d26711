@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND in-array
@EXPECT
plan 0e54468e  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile in-array
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
note: nothing to keep was found for srv: it is made new
note: a later install cannot keep srv: nobody can see into md1 from outside
   1 clear     both ends of sda, to be sure
   2 clear     both ends of sdb, to be sure
   3 table     gpt on sda: esp 512 MiB, md0 1.0 GiB, md1 222 GiB
   4 table     gpt on sdb: esp 512 MiB, md0 1.0 GiB, md1 222 GiB
   5 mkfs      vfat on partition 1 of sda, fulcrum-esp
   6 mkfs      vfat on partition 1 of sdb, fulcrum-esp
   7 raid      md0: level 1 over 2 partitions, 1018 MiB
   8 mkfs      ext4 on md0, fulcrum-boot
   9 raid      md1: level 1 over 2 partitions, 222 GiB
  10 group     vg0 on md1, 222 GiB
  11 volume    vg0/root, 20 GiB
  12 volume    vg0/srv, 100 GiB
  13 mkfs      ext4 on volume vg0/srv, fulcrum-srv
  14 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
  15 identity  name node-1, address 192.168.124.81/24, keys, ids
  16 boot      UEFI removable path on 2 ESPs, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
  17 commit    mark the install as finished: disk GUID
               6d250552-9b1d-8079-88c5-2941515a0caf

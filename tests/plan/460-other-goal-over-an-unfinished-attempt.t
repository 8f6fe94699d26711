@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND plain
@AFTER volumes
@CUT 5
@EXPECT
plan f31b27ee  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile plain
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  DESTROYS  vfat 512 MiB  (partition 1 fulcrum-esp)
  DESTROYS  ext4 1.0 GiB  (partition 2 fulcrum-boot)
  DESTROYS  LVM group "vg0" 222 GiB  (partition 3 fulcrum-vg0)
  consent: own unfinished attempt, cut in step volume:vg0/root
  sdb not taken: the tie-break chose another (SSD-0002, 224 GiB)
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
     -- from step 1 on the old content is gone --
   1 clear     wipe 3 things listed above from sda
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, root 20 GiB, swap 2.0 GiB, data
               201 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 4, fulcrum-swap
   5 mkfs      ext4 on partition 5, fulcrum-data
   6 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   7 identity  name node-1, address 192.168.124.81/24, keys, ids
   8 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; firmware entry "Fulcrum node-1", after those of the network
   9 commit    mark the install as finished: disk GUID
               722eabd9-16fb-855c-bb2a-10c85d62bf57

@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND other-volumes
@AFTER volumes
@EXPECT
plan d3fe614e  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile other-volumes
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  KEEPS     LVM volume srv 100 GiB on /srv  (in vg0)
  DESTROYS  vfat 512 MiB  (partition 1 fulcrum-esp)
  DESTROYS  ext4 1.0 GiB  (partition 2 fulcrum-boot)
  DESTROYS  LVM volume root 20 GiB  (group vg0)
  DESTROYS  LVM volume swap 2.0 GiB  (group vg0)
  consent: own earlier deployment
  sdb not taken: the tie-break chose another (SSD-0002, 224 GiB)
  sdc not taken: rotational, wanted not (HDD-0001, 3.6 TiB)
  sdd not taken: rotational, wanted not (HDD-0002, 3.6 TiB)
  sde not taken: rotational, wanted not (HDD-0003, 3.6 TiB)
  sdf not taken: rotational, wanted not (HDD-0004, 3.6 TiB)
     -- from step 1 on the old content is gone --
   1 clear     wipe 4 things listed above from sda
   2 table     gpt: esp 512 MiB, boot 1.0 GiB, vg0 222 GiB kept
   3 mkfs      vfat on partition 1, fulcrum-esp
   4 mkfs      ext4 on partition 2, fulcrum-boot
   5 group     vg0, as it is, on partition 3, without: root swap
   6 volume    vg0/srv, 100 GiB, as it is
   7 volume    vg0/root, 122 GiB, all that is free
   8 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   9 identity  name node-1, address 192.168.124.81/24, keys, ids
  10 boot      UEFI removable path on the ESP, signed shim and GRUB
  11 commit    mark the install as finished: disk GUID
               4e49bd16-700c-837d-b679-864b313c03dc

@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND safe
@AFTER safe
@CUT 13
@EXPECT
plan 611d15c8  node-1  (serial STORE-0001, 2 CPUs, 16 GiB)
profile safe
disk system -> sda  SSD-0001  224 GiB  Example SSD
  because: not rotational, first by path of 2
  DESTROYS  vfat 512 MiB  (partition 1 fulcrum-esp)
  DESTROYS  unknown content 223 GiB  (partition 2 fulcrum-root)
  consent: own unfinished attempt, cut in step mkfs:fulcrum-safe
disk data.0 -> sdc  HDD-0001  3.6 TiB  Example HDD
  because: rotational, the only 4 that match of 6
  DESTROYS  raid10 array "big", a member of 3.6 TiB  (partition 1 fulcrum-big)
  consent: own unfinished attempt, cut in step mkfs:fulcrum-safe
disk data.1 -> sdd  HDD-0002  3.6 TiB  Example HDD
  DESTROYS  raid10 array "big", a member of 3.6 TiB  (partition 1 fulcrum-big)
  consent: own unfinished attempt, cut in step mkfs:fulcrum-safe
disk data.2 -> sde  HDD-0003  3.6 TiB  Example HDD
  DESTROYS  raid10 array "big", a member of 3.6 TiB  (partition 1 fulcrum-big)
  consent: own unfinished attempt, cut in step mkfs:fulcrum-safe
disk data.3 -> sdf  HDD-0004  3.6 TiB  Example HDD
  DESTROYS  raid10 array "big", a member of 3.6 TiB  (partition 1 fulcrum-big)
  consent: own unfinished attempt, cut in step mkfs:fulcrum-safe
  sdb not taken: system: the tie-break chose another; data: not rotational,
      wanted rotational (SSD-0002, 224 GiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
note: nothing to keep was found for vault: it is made new
     -- from step 1 on the old content is gone --
   1 clear     wipe 2 things listed above from sda
   2 clear     wipe 1 thing listed above from sdc
   3 clear     wipe 1 thing listed above from sdd
   4 clear     wipe 1 thing listed above from sde
   5 clear     wipe 1 thing listed above from sdf
   6 table     gpt on sda: esp 512 MiB, root 223 GiB
   7 table     gpt on sdc: big 3.6 TiB
   8 table     gpt on sdd: big 3.6 TiB
   9 table     gpt on sde: big 3.6 TiB
  10 table     gpt on sdf: big 3.6 TiB
  11 mkfs      vfat on partition 1 of sda, fulcrum-esp
  12 raid      big: level 10 over 4 partitions, 7.3 TiB
  13 crypt     vault on big, LUKS2, passphrase
  14 mkfs      ext4 on vault, fulcrum-safe
  15 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
  16 identity  name node-1, address 192.168.124.81/24, keys, ids
  17 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
  18 commit    mark the install as finished: disk GUID
               aa86e19f-6b2d-877f-addb-cc082d7a06d4

@SITE tests/plan/any.yaml
@MACHINE tests/machines/dirty-raid.json
@KIND first
@WIPE WD-WCC7K0AB12C0
@EXPECT
plan 1b3b578e  node-1  (serial M80-C7012345, 8 CPUs, 32 GiB)
profile first
disk system -> sda  WD-WCC7K0AB12C0  3.6 TiB  WDC WD40EFRX-68N
  because: any disk, first by path of 3
  DESTROYS  unknown content 1.0 MiB  (partition 1 bios)
  DESTROYS  raid1 array "boot", a member of 1.0 GiB; also has a member on sdc,
              sdd, which are not taken; 3 of 4 members are here  (partition 2
              boot)
  DESTROYS  raid5 array "main", a member of 3.6 TiB; also has a member on sdc,
              sdd, which are not taken; 3 of 4 members are here  (partition 3
              main)
  consent: operator
  sdc not taken: the tie-break chose another (WD-WCC7K1AB12C1, 3.6 TiB)
  sdd not taken: the tie-break chose another (WD-WCC7K2AB12C2, 3.6 TiB)
note: array boot loses its member on sda; another is on sdc, sdd, which are not
      taken
note: array main loses its member on sda; another is on sdc, sdd, which are not
      taken
     -- from step 1 on the old content is gone --
   1 clear     wipe 3 things listed above from sda
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 3.6 TiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; firmware entry "Fulcrum node-1", after those of the network
   8 commit    mark the install as finished: disk GUID
               cf34d350-bf78-8bad-b263-6aaea0decfbb

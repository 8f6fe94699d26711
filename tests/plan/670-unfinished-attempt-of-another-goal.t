@SITE tests/plan/any.yaml
@MACHINE tests/machines/half-finished.json
@KIND largest
@EXPECT
plan 268a233b  node-1  (serial 7XK2LM3, 8 CPUs, 16 GiB)
profile largest
disk system -> nvme0n1  S5GXNF0R123456  477 GiB  SAMSUNG MZVLB512HBJQ
  because: any disk, the only match of 1
  DESTROYS  unknown content 1.0 MiB  (partition 1 fulcrum-bios)
  DESTROYS  vfat "FULCRUM-ESP" 512 MiB  (partition 2 fulcrum-esp)
  DESTROYS  unknown content 476 GiB  (partition 3 fulcrum-root)
  consent: own unfinished attempt, cut in step image:system:3
     -- from step 1 on the old content is gone --
   1 clear     wipe 3 things listed above from nvme0n1
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 475 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               nvme0n1; firmware entry "Fulcrum node-1", after those of the
               network
   8 commit    mark the install as finished: disk GUID
               18eb7d01-6726-806f-9408-7bdf4c76f819

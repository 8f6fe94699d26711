@SITE tests/plan/any.yaml
@MACHINE tests/machines/held-raid-lvm.json
@KIND first
@WIPE S4EMNX0R600100
@EXPECT
plan 108bcd7d  node-1  (serial A365012X9C04187, 32 CPUs, 64 GiB)
profile first
disk system -> sda  S4EMNX0R600100  1.7 TiB  SAMSUNG MZ7LH1T9
  because: any disk, first by path of 2
  DESTROYS  unknown content 1.0 MiB  (partition 1 bios)
  DESTROYS  raid1 array "main", a member of 1.7 TiB; also has a member on sdb,
              which is not taken  (partition 2 main)
  takes down first: dm-1 LVM vg0-home, dm-0 LVM vg0-root, md127 raid1
  consent: operator
  sdb not taken: the tie-break chose another (S4EMNX0R600101, 1.7 TiB)
note: array main loses its member on sda; another is on sdb, which is not taken
     -- from step 1 on the old content is gone --
   1 clear     wipe 2 things listed above from sda
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 1.7 TiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; firmware entry "Fulcrum node-1", after those of the network
   8 commit    mark the install as finished: disk GUID
               b6053119-9a04-88ca-965e-6d0b634d7862

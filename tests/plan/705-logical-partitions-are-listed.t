@SITE tests/plan/any.yaml
@MACHINE tests/machines/dos-logicals.json
@KIND first
@WIPE WD-WXH1A70C1234
@EXPECT
plan 577c91fb  node-1  (serial S1XYZ42, 2 CPUs, 4.0 GiB)
profile first
disk system -> sda  WD-WXH1A70C1234  298 GiB  WDC WD3200BEVT-7
  because: any disk, the only match of 1
  DESTROYS  ntfs "OS" 98 GiB  (partition 1)
  DESTROYS  ext4 1.0 GiB  (partition 2)
  DESTROYS  unknown content 199 GiB  (partition 3)
  DESTROYS  swap 4.0 GiB  (partition 5)
  DESTROYS  ext4 "home" 195 GiB  (partition 6)
  consent: operator
     -- from step 1 on the old content is gone --
   1 clear     wipe 5 things listed above from sda
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 297 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; no firmware entry: it starts with BIOS
   8 commit    mark the install as finished: disk GUID
               a9779688-d0b9-80fe-a274-73eb23ee9056

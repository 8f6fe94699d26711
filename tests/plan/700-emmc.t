@SITE tests/plan/any.yaml
@MACHINE tests/machines/emmc-only.json
@KIND first
@EXPECT
plan 20e9e95d  node-1  (serial unknown, 4 CPUs, 8.0 GiB)
profile first
disk system -> mmcblk0  0x2f1b6a03  29 GiB  DF4032
  because: any disk, the only match of 1
  destroys nothing: the disk is blank
   1 clear     both ends of mmcblk0, to be sure
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 28 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               mmcblk0; firmware entry "Fulcrum node-1", after those of the
               network
   8 commit    mark the install as finished: disk GUID
               44b5c82a-b5bd-86f3-bcfd-4d26c06e8e0c

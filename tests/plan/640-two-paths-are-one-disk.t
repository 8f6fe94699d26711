@SITE tests/plan/any.yaml
@MACHINE tests/machines/multipath-fc.json
@KIND largest
@EXPECT
plan b61ca0f2  node-1  (serial CZ22460ABC, 24 CPUs, 128 GiB)
profile largest
disk system -> sdb  6842b2b006024f3e  2.0 TiB  HSV300
  because: any disk, largest of 2
  takes down first: dm-1 multipath mpathb
  destroys nothing: the disk is blank
  sda not taken: the tie-break chose another (6842b2b006014f3e, 500 GiB)
   1 clear     both ends of sdb, to be sure
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 2.0 TiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sdb; no firmware entry: it starts with BIOS
   8 commit    mark the install as finished: disk GUID
               d12063d8-9afc-847c-b526-bc69991cf2d2

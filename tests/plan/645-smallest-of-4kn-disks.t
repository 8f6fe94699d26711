@SITE tests/plan/any.yaml
@MACHINE tests/machines/4kn-sas.json
@KIND smallest
@EXPECT
plan 36497fca  node-1  (serial A365012X9C04187, 32 CPUs, 64 GiB)
profile smallest
disk system -> sde  S2NANX0K9001  447 GiB  MZILS480HEGR0D3
  because: >= 8G, smallest of 5
  destroys nothing: the disk is blank
  sda not taken: the tie-break chose another (VLH04KNX, 7.3 TiB)
  sdb not taken: the tie-break chose another (VLH14KNX, 7.3 TiB)
  sdc not taken: the tie-break chose another (VLH24KNX, 7.3 TiB)
  sdd not taken: the tie-break chose another (VLH34KNX, 7.3 TiB)
   1 clear     both ends of sde, to be sure
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 446 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sde; firmware entry "Fulcrum node-1", after those of the network
   8 commit    mark the install as finished: disk GUID
               1c3aa0f7-4e34-8614-9446-9e0de423494c

@SITE tests/plan/any.yaml
@MACHINE tests/machines/raid-controller.json
@KIND first
@EXPECT
plan 72a9ba25  node-1  (serial 9BQ4KL3, 32 CPUs, 64 GiB)
profile first
disk system -> sda  00005d4c1e2a3b4c2d00ffa1b2605d0  447 GiB  PERC H755 Front
  because: any disk, first by path of 13
  destroys nothing: the disk is blank
  sdb not taken: the tie-break chose another (00015d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdc not taken: the tie-break chose another (00025d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdd not taken: the tie-break chose another (00035d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sde not taken: the tie-break chose another (00045d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdf not taken: the tie-break chose another (00055d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdg not taken: the tie-break chose another (00065d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdh not taken: the tie-break chose another (00075d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdi not taken: the tie-break chose another (00085d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdj not taken: the tie-break chose another (00095d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdk not taken: the tie-break chose another (000a5d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdl not taken: the tie-break chose another (000b5d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
  sdm not taken: the tie-break chose another (000c5d4c1e2a3b4c2d00ffa1b2605d0, 7.3 TiB)
   1 clear     both ends of sda, to be sure
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 445 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; BIOS on
               sda; firmware entry "Fulcrum node-1", after those of the network
   8 commit    mark the install as finished: disk GUID
               8bf6ce0a-8c38-8095-aa38-9331c09bcb4d

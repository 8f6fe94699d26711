@SITE tests/sites/lab-layout.yaml
@MACHINE tests/machines/lab-seat.json
@KIND node
@EXPECT
plan 12b6dcbe  node-1  (serial QEMU-0001, 2 CPUs, 1.0 GiB)
profile server
disk system -> vda  SEAT-0001  20 GiB  virtio
  because: not rotational, >= 20G, smallest of 2
  destroys nothing: the disk is blank
  vdb not taken: the tie-break chose another (SEAT-0002, 40 GiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
   1 clear     both ends of vda, to be sure
   2 table     gpt: esp 512 MiB, root 8.0 GiB, swap 2.0 GiB, data 9.5 GiB
   3 mkfs      vfat on partition 1, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 mkfs      xfs on partition 4, fulcrum-data
   6 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   7 identity  name node-1, address 192.168.124.81/24, keys, ids
   8 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
   9 commit    mark the install as finished: disk GUID
               18410737-37c3-86d0-bbe8-6680d0b35c9f

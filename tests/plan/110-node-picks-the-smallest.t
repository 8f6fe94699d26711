@SITE tests/sites/lab.yaml
@MACHINE tests/machines/lab-seat.json
@KIND node
@EXPECT
plan 9d831e55  node-1  (serial QEMU-0001, 2 CPUs, 1.0 GiB)
profile server
disk system -> vda  SEAT-0001  20 GiB  virtio
  because: not rotational, >= 20G, smallest of 2
  destroys nothing: the disk is blank
  vdb not taken: the tie-break chose another (SEAT-0002, 40 GiB)
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
   1 clear     both ends of vda, to be sure
   2 table     gpt: esp 512 MiB, root 19 GiB
   3 mkfs      vfat on partition 1, fulcrum-esp
   4 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   5 identity  name node-1, address 192.168.124.81/24, keys, ids
   6 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
   7 commit    mark the install as finished: disk GUID
               8264c1f9-646a-8432-bd98-2fa9d5cf35bd

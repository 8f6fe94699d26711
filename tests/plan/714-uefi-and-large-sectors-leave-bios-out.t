@SITE tests/plan/any.yaml
@MACHINE tests/machines/4kn-nvme.json
@KIND largest
@EXPECT
plan 0f810700  node-1  (serial QEMU-0001, 2 CPUs, 4.0 GiB)
profile largest
disk system -> nvme0n1  S5GXNF0R123456  477 GiB  QEMU NVMe Ctrl
  because: any disk, the only match of 1
  destroys nothing: the disk is blank
network admin: enp0s3 (52:54:00:aa:bb:01, now eth0): 192.168.124.81/24
   1 clear     both ends of nvme0n1, to be sure
   2 table     gpt: bios 1.0 MiB, esp 512 MiB, swap 1.0 GiB, root 475 GiB
   3 mkfs      vfat on partition 2, fulcrum-esp
   4 mkfs      swap on partition 3, fulcrum-swap
   5 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   6 identity  name node-1, address 192.168.124.81/24, keys, ids
   7 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
   8 commit    mark the install as finished: disk GUID
               18eb7d01-6726-806f-9408-7bdf4c76f819

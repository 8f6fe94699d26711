@SITE tests/plan/any.yaml
@MACHINE tests/machines/usb-only.json
@KIND usb
@EXPECT
plan ddd80952  node-1  (serial G6BE91200ABC, 4 CPUs, 8.0 GiB)
profile usb
disk system -> sda  S4GHNF0M812345  466 GiB  Portable SSD T5
  because: bus usb, the only match of 2
  destroys nothing: the disk is blank
  sdz not taken: never a target: boot medium (4C530001230912116524, 15 GiB)
   1 clear     both ends of sda, to be sure
   2 table     gpt: esp 512 MiB, root 465 GiB
   3 mkfs      vfat on partition 1, fulcrum-esp
   4 image     debian-13@20261122T0000Z, 413 MiB in 1 MiB chunks, 160 MiB to
               fetch, then grow
   5 identity  name node-1, address 192.168.124.81/24, keys, ids
   6 boot      UEFI removable path on the ESP, signed shim and GRUB; firmware
               entry "Fulcrum node-1", after those of the network
   7 commit    mark the install as finished: disk GUID
               ef0ff545-4dae-8695-ab15-f2c6d8e4060c
